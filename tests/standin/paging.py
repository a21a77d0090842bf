"""Lists that go on: what changed on some days, page by page, with a cursor that only its service understands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from standin.http import Answer

BY_DATE = frozenset({"from-index-date", "until-index-date", "prefix"})
_SPAN = re.compile(r"updated:\[(\S+) TO (\S+)\]")


def is_span(query: str) -> bool:
    """Tell whether a query of DataCite's asks for a span of time."""
    return _SPAN.fullmatch(query) is not None


def crossref(
    given: Mapping[str, str], filters: list[tuple[str, str]], works: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return the message with the works indexed in a span of days, None for a cursor that is none of ours."""
    asked = dict(filters)
    prefixes = tuple(f"{value}/" for name, value in filters if name == "prefix") or ("",)
    found = [
        works[name]
        for name in sorted(works)
        if name.startswith(prefixes)
        and asked.get("from-index-date", "") <= _day(works[name]) <= asked.get("until-index-date", "9")
    ]
    begin = _place(given["cursor"], "*")
    if begin is None:
        return None
    rows = int(given.get("rows", "20"))
    message = {
        "facets": {},
        "total-results": len(found),
        "items": found[begin : begin + rows],
        "items-per-page": rows,
    }
    return message | {"next-cursor": f"DnF1+ZXJ/{begin + rows}=="}  # with what must be escaped in a query


def _day(work: Any) -> str:
    return str(work.get("indexed", {}).get("date-time", ""))[:10]


def _place(cursor: str, first: str) -> int | None:
    match = re.fullmatch(r"(?:DnF1\+ZXJ/)?([0-9]+)(?:==)?", cursor)
    return 0 if cursor == first else int(match[1]) if match else None


def datacite(given: Mapping[str, str], data: Mapping[str, Any], url: str) -> Answer:
    """Return the resources updated in a span of time, `data` by name, with the address of the next page."""
    first, last = _SPAN.fullmatch(given["query"]).groups()  # type: ignore[union-attr]  # is_span was asked
    found = [
        data[name] for name in sorted(data) if first <= str(data[name]["attributes"].get("updated", "")) <= last
    ]
    size, begin = int(given.get("page[size]", "25")), _place(given.get("page[cursor]", "1"), "1")
    if begin is None:
        return Answer(400, {"errors": [{"status": "400", "title": "Bad cursor"}]})
    content: dict[str, Any] = {"data": found[begin : begin + size], "meta": {"total": len(found)}}
    if begin + size < len(found):
        cursor = quote(f"DnF1+ZXJ/{begin + size}==", safe="")
        content["links"] = {"next": f"{url}?page%5Bcursor%5D={cursor}&page%5Bsize%5D={size}"}
    return Answer(200, content)

"""What an agency described anew on a day, page by page: the increments of a snapshot.

Crossref: `from-index-date` and `until-index-date`, which count every change and not the publishers' alone, with a cursor
that is forgotten after five minutes without use
(https://www.crossref.org/documentation/retrieve-metadata/rest-api/tips-for-using-the-crossref-rest-api/). The last page with
works names a cursor too, so a page that is not full is the last. DataCite: `updated` in the query, and a cursor in
`links.next` (https://support.datacite.org/docs/pagination).

A day is asked for at a time: what is read of it can be begun again, and a day that was read need not be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import parse_qs, quote, urlsplit

from enrich.agencies import base
from enrich.agencies.values import mappings, member
from enrich.model.wire import Answer, Failure, Flow, Request

ROWS: Final = 1000
_PREFIXES: Final = 20  # in a filter; more are sorted out by whoever reads the pages


class Page(NamedTuple):
    """Works as their agency answered them, and the cursor of the next page; None where there is none."""

    items: tuple[Mapping[str, Any], ...]
    cursor: str | None


class Unread(NamedTuple):
    """No usable answer, and why; `is_forgotten` says that the cursor was, so that the day must be begun again."""

    reason: str
    is_forgotten: bool = False


Read: TypeAlias = Page | Unread


class _Ways(NamedTuple):
    """How an agency is asked for a page, and how its answer is read."""

    first: str
    request: Callable[[date, str, Sequence[str]], Request]
    page: Callable[[Any], Page | None]


def pages(agency: str, day: date, cursor: str | None = None, prefixes: Sequence[str] = ()) -> Flow[Read]:
    """Ask for one page of what changed on a day (UTC), of these prefixes where the agency can be asked for them."""
    ways = WAYS[agency]
    answer = yield ways.request(day, cursor or ways.first, prefixes)
    return _heard(ways, answer, is_first=cursor is None)


def _heard(ways: _Ways, answer: Answer, *, is_first: bool) -> Read:
    if isinstance(answer, Failure):
        return Unread(f"{answer.reason}: {answer.detail}")
    if answer.status != 200:
        return Unread(f"HTTP {answer.status}", is_forgotten=not is_first and answer.status in {400, 404, 410, 422})
    page = ways.page(base.parsed(answer))
    return page if page is not None else Unread("malformed: the answer is no list of works")


def _at_crossref(day: date, cursor: str, prefixes: Sequence[str]) -> Request:
    wanted = [f"from-index-date:{day}", f"until-index-date:{day}"]
    wanted += [f"prefix:{each}" for each in prefixes] if len(prefixes) <= _PREFIXES else []
    query = f"filter={','.join(wanted)}&rows={ROWS}&cursor={quote(cursor, safe='')}"
    return Request(service="crossref", kind="list", path="/works", query=query)


def _of_crossref(content: Any) -> Page | None:
    items = member(content, "message", "items")
    if not isinstance(items, list):
        return None
    cursor = member(content, "message", "next-cursor")
    goes_on = len(items) >= ROWS and isinstance(cursor, str) and cursor
    return Page(tuple(mappings(items)), cursor if goes_on else None)


def _at_datacite(day: date, cursor: str, prefixes: Sequence[str]) -> Request:  # noqa: ARG001 -- the signature both have
    span = quote(f"updated:[{day}T00:00:00Z TO {day}T23:59:59.999Z]", safe="")
    wanted = "affiliation=true&publisher=true&disable-facets=true"
    query = f"query={span}&page%5Bcursor%5D={quote(cursor, safe='')}&page%5Bsize%5D={ROWS}&{wanted}"
    return Request(service="datacite", kind="list", path="/dois", query=query)


def _of_datacite(content: Any) -> Page | None:
    items = member(content, "data")
    if not isinstance(items, list):
        return None
    following = member(content, "links", "next")
    cursor = parse_qs(urlsplit(following).query).get("page[cursor]") if isinstance(following, str) else None
    return Page(tuple(mappings(items)), cursor[0] if cursor and items else None)


WAYS: Final[Mapping[str, _Ways]] = {
    "crossref": _Ways("*", _at_crossref, _of_crossref),
    "datacite": _Ways("1", _at_datacite, _of_datacite),
}
"""Agency -> how it tells what changed; the other agencies do not."""

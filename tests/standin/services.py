"""What the services answer when nothing is wrong."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from standin import paging, search
from standin.http import LONGEST_LINE, Answer, Asked

_DOI = re.compile(r"10\.[0-9]{4,}/[^\s]+")
_LIST_PARAMETERS = frozenset({"filter", "rows", "select", "mailto", "cursor", "offset", "sort", "order"})
_SELECTABLE = frozenset({
    "DOI", "title", "subtitle", "author", "editor", "issued", "published", "container-title", "volume", "issue", "page",
    "type", "score",
})  # fmt: skip
_PLAIN = {"content-type": "text/plain;charset=utf-8"}


def _failed(kind: str, value: str, message: str) -> Answer:
    complaint = [{"type": kind, "value": value, "message": message}]
    return Answer(400, {"status": "failed", "message-type": "validation-failure", "message": complaint})


def _ok(kind: str, message: Any) -> Answer:
    return Answer(200, {"status": "ok", "message-type": kind, "message-version": "1.0.0", "message": message})


def crossref(asked: Asked, works: Mapping[str, Any], agencies: Mapping[str, str]) -> Answer:
    """Answer as api.crossref.org does (`asked.path` without the prefix)."""
    if asked.line > LONGEST_LINE:
        return Answer(414, b"<html>414 Request-URI Too Large</html>", {"content-type": "text/html"})
    if asked.path == "/works":
        return _crossref_list(asked, works)
    doi = asked.under("/works/")
    if doi is None:
        return _failed("route-not-found", asked.path, "Route not found") if asked.path != "/" else _ok("home", {})
    for parameter in asked.parameters:
        if parameter != "mailto":
            return _failed("parameter-not-allowed", parameter, "This route does not support " + parameter)
    if asked.path.endswith("/agency"):
        doi = doi.removesuffix("/agency").lower()
        label = agencies.get(doi) or ("Crossref" if doi in works else None)
        if label is None:
            return Answer(404, b"Resource not found.", _PLAIN)
        return _ok("work-agency", {"DOI": doi, "agency": {"id": label.lower(), "label": label}})
    found = works.get(doi.lower())
    return _ok("work", found) if found is not None else Answer(404, b"Resource not found.", _PLAIN)


def _crossref_list(asked: Asked, works: Mapping[str, Any]) -> Answer:
    given = asked.parameters
    for parameter in given:
        if parameter not in _LIST_PARAMETERS and parameter not in search.FIELD_QUERIES:
            return _failed("unknown-parameter", parameter, f"Parameter {parameter} is not recognised")
    rows = given.get("rows", "20")
    if not rows.isdigit() or int(rows) > 1000:
        return _failed("integer-not-valid", rows, "Integer specified as rows must be between 0 and 1000")
    filters = _filters(given)
    if isinstance(filters, Answer):
        return filters
    wanted = [value.lower() for name, value in filters if name == "doi"]
    if "cursor" in given:
        page = paging.crossref(given, filters, works)
        return _ok("work-list", page) if page else _failed("cursor-invalid", given["cursor"], "No such cursor")
    selected = given.get("select", "")
    if not _SELECTABLE.issuperset(filter(None, selected.split(","))):
        return _failed("select-not-available", selected, "Select specified but there is no such select")
    found = _listed(given, wanted, works)
    items = [search.selected(item, selected) if selected else item for item in found[: int(rows)]]
    return _ok(
        "work-list", {"facets": {}, "total-results": len(found), "items": items, "items-per-page": int(rows)}
    )


def _filters(given: Mapping[str, str]) -> list[tuple[str, str]] | Answer:
    filters = []
    for pair in filter(None, given.get("filter", "").split(",")):
        name, colon, value = pair.partition(":")
        if not colon:
            return _failed(
                "pair-list-form-invalid", pair, "Pair list form is a comma separated list of name:value"
            )
        if name != "doi" and name not in paging.BY_DATE:
            return _failed("filter-not-available", name, f"Filter {name} specified but there is no such filter")
        if name == "doi" and not _DOI.fullmatch(value):
            return _failed("doi-not-valid", value, f"DOI {value} is not valid")
        filters.append((name, value))
    return filters


def _listed(given: Mapping[str, str], wanted: list[str], works: Mapping[str, Any]) -> list[Any]:
    """Return the works named, or found, in the order of the answer."""
    named = {doi: works[doi] for doi in wanted if doi in works}
    if search.FIELD_QUERIES.keys() & given.keys():
        return search.crossref(given, named if wanted else works)
    found = list(named.values())
    random.Random(len(found)).shuffle(found)  # noqa: S311 -- the order of an answer is no secret
    return found


def datacite(asked: Asked, attributes: Mapping[str, Any]) -> Answer:
    """Answer as api.datacite.org does."""
    if asked.path == "/dois" and paging.is_span(asked.parameters.get("query", "")):
        data = {doi: _datum(doi, value) for doi, value in attributes.items()}
        return paging.datacite(asked.parameters, data, "https://api.datacite.org/dois")
    if asked.path == "/dois" and "query" in asked.parameters:
        found = search.datacite(asked.parameters["query"], attributes)
        size = int(asked.parameters.get("page[size]", "25"))
        data = [_datum(doi, attributes[doi]) for doi in found[:size]]
        return Answer(200, {"data": data, "meta": {"total": len(found), "totalPages": 1, "page": 1}})
    if asked.path == "/dois":
        wanted = [doi.lower() for doi in asked.parameters.get("ids", "").split(",") if doi]
        found = [doi for doi in dict.fromkeys(wanted) if doi in attributes]
        size = int(asked.parameters.get("page[size]", "25"))
        data = [_datum(doi, attributes[doi]) for doi in sorted(found)[:size]]
        return Answer(200, {"data": data, "meta": {"total": len(found), "totalPages": 1, "page": 1}})
    doi = (asked.under("/dois/") or "").lower()
    if doi in attributes and attributes[doi].get("state", "findable") == "findable":
        return Answer(200, {"data": _datum(doi, attributes[doi])})
    errors = [{"status": "404", "title": "The resource you are looking for doesn't exist."}]
    return Answer(404, {"errors": errors})


def _datum(doi: str, attributes: Any) -> dict[str, Any]:
    return {"id": doi, "type": "dois", "attributes": {"doi": doi, "state": "findable", **attributes}}


def jalc(asked: Asked, data: Mapping[str, Any]) -> Answer:
    """Answer as api.japanlinkcenter.org does."""
    found = data.get((asked.under("/dois/") or "").lower())
    if found is None:
        return Answer(404, {"status": "NG", "apiType": "doi", "apiVersion": "1.0.0", "message": {"total": 0}})
    return Answer(200, {"status": "OK", "apiType": "doi", "apiVersion": "1.0.0", "data": found})


def medra(asked: Asked, documents: Mapping[str, bytes]) -> Answer:
    """Answer as api.medra.org does."""
    found = documents.get((asked.under("/metadata/") or "").lower())
    if found is None:
        return Answer(404, b"", {"content-type": "text/plain"})
    return Answer(200, found, {"content-type": "application/vnd.medra.onixdoi+xml"})


def doi(
    asked: Asked, handles: Mapping[str, str], agencies: Mapping[str, str], documents: Mapping[Any, Answer]
) -> Answer:
    """Answer as doi.org does: which agency, handles, content negotiation."""
    for route in ("/doiRA/", "/ra/"):
        if asked.path.startswith(route):
            named = [unquote(part) for part in asked.path[len(route) :].split(",")]
            return Answer(200, [_agency(name, agencies, handles) for name in named])
    handle = asked.under("/api/handles/")
    if handle is not None:
        return _handle(handle, handles)
    name = unquote(asked.path[1:]).lower()
    kind = asked.headers.get("accept", "").split(",", 1)[0].split(";", 1)[0].strip()
    if (name, kind) in documents:
        return documents[name, kind]
    if name not in handles:
        return Answer(404, b"<html>DOI Not Found</html>", {"content-type": "text/html"})
    return Answer(302, b"", {"location": handles[name], "content-type": "text/html", "vary": "Accept"})


def _agency(name: str, agencies: Mapping[str, str], handles: Mapping[str, str]) -> dict[str, str]:
    prefix = name.partition("/")[0]
    if name.lower() in agencies or prefix in agencies:
        return {"DOI": name, "RA": agencies.get(name.lower()) or agencies[prefix]}
    if not _DOI.fullmatch(name) and not re.fullmatch(r"10\.[0-9.]+", name):
        return {"DOI": name, "status": "Invalid DOI"}
    return {"DOI": name, "status": "Unknown" if name.lower() in handles else "DOI does not exist"}


def _handle(name: str, handles: Mapping[str, str]) -> Answer:
    if name.lower() not in handles:
        return Answer(404, {"responseCode": 100, "handle": name})
    value = {"format": "string", "value": handles[name.lower()]}
    values = [{"index": 1, "type": "URL", "data": value, "ttl": 86400, "timestamp": "2020-01-01T00:00:00Z"}]
    return Answer(200, {"responseCode": 1, "handle": name, "values": values})


def as_path(doi_name: str) -> str:
    """Return a DOI as it stands in a path."""
    return quote(doi_name, safe="")

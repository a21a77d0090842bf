"""Crossref's REST dialect under `/crossref`: a client that lets its base URL be set works against this service unchanged.

https://www.crossref.org/documentation/retrieve-metadata/rest-api/ , https://api.crossref.org/swagger-ui/index.html

Answered are the routes about works that are named: `/works/{doi}`, `/works/{doi}/agency` and `/works?filter=doi:...` with
`rows`, `offset`, `select`, `cursor` and `mailto`; what would search is refused in Crossref's own words. A work has what the
service keeps of Crossref's answer (no references, links or assertions), and what follows from its DOI. A list comes in the
order asked, each work once. Unlike Crossref, a DOI with a comma does not spoil a filter, and one that is unknown just is
absent; but where an agency could not be asked the whole answer is a 503, for absence may not be guessed.

>>> split_filter("doi:10.1000/a,b,doi:10.1000/2")
[('doi', '10.1000/a,b'), ('doi', '10.1000/2')]
"""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from enrich.agencies import AGENCIES, crossref
from enrich.errors import IdentifierError
from enrich.identifiers import doi as doi_names
from enrich.identifiers.doi import Doi
from enrich.model.outcome import Elsewhere, Found, NotFound, Outcome, Refused, Unavailable
from enrich.service.desk import AGAIN, client_of, desk_of

MOST_ROWS: Final = 1000
MOST_NAMED: Final = 2000  # DOIs in a filter; more do not fit into a request line anyway
_ROWS: Final = 20
_LIST: Final = frozenset({"filter", "rows", "offset", "select", "cursor", "mailto"})
_PAIR: Final = re.compile(r",(?=[a-z][a-z.-]{2,}:)")
_COMPUTED: Final = ("URL", "prefix", "source")
_ABSENT: Final = frozenset({
    "accepted", "alternative-id", "archive", "assertion", "chair", "clinical-trial-number", "content-created",
    "content-domain", "contributor", "created", "deposited", "funder", "indexed", "is-referenced-by-count", "issn-type",
    "link", "member", "reference", "references-count", "relation", "review", "score", "subject", "update-policy",
    "update-to", "updated-by",
})  # fmt: skip
SELECTABLE: Final = frozenset(crossref.SHAPE) | frozenset(_COMPUTED) | _ABSENT
"""What may be selected: what we keep, and what Crossref's own documentation lists and we do not keep."""


class Complaint(Exception):  # noqa: N818 -- the dialect's word for a request it does not accept is a complaint, not our error
    """A request that Crossref would refuse with 400: type, value, message."""

    def __init__(self, kind: str, value: str, message: str) -> None:
        super().__init__(message)
        self.entry: Final = {"type": kind, "value": value, "message": message}


class Question(NamedTuple):
    """What `/works?...` asks: which DOIs, which part of the list, which members of each work."""

    dois: tuple[Doi, ...]
    rows: int = _ROWS
    offset: int = 0
    select: frozenset[str] = frozenset()
    cursor: bool = False


def routes() -> list[Route]:
    """Return the routes of the dialect."""
    return [
        Route("/crossref/works", works),
        Route("/crossref/works/{doi:rest}", work),
        Route("/crossref/{rest:rest}", _nowhere),
    ]


async def works(request: Request) -> Response:
    """Answer `/works?filter=doi:...`."""
    try:
        asked = question(request.query_params.multi_items())
        outcomes = await _outcomes(request, asked.dois)
    except Complaint as complaint:
        return _refusal(complaint)
    except _Trouble as trouble:
        return trouble.answer()
    found = [each for doi in asked.dois if (each := message(outcomes[doi])) is not None]
    return _ok("work-list", listing(found, asked))


async def work(request: Request) -> Response:
    """Answer `/works/{doi}` and `/works/{doi}/agency`."""
    text: str = request.path_params["doi"]
    unknown = next((name for name in request.query_params if name != "mailto"), None)
    if unknown is not None:
        told = f"This route does not support {unknown[:80]}"
        return _refusal(Complaint("parameter-not-allowed", unknown[:80], told))
    name = text.removesuffix("/agency")
    try:
        doi = doi_names.compact(name)
        outcome = (await _outcomes(request, (doi,)))[doi]
    except IdentifierError:
        return _unknown()
    except _Trouble as trouble:
        return trouble.answer()
    if name == text:
        found = message(outcome)
        return _ok("work", found) if found is not None else _unknown()
    agency = _agency(outcome)
    return _ok("work-agency", {"DOI": doi, "agency": agency}) if agency else _unknown()


async def _outcomes(request: Request, dois: Sequence[Doi]) -> dict[Doi, Outcome]:
    """Return what is known of DOIs; raises _Trouble where something could not be found out: absence is not guessed."""
    outcomes = await desk_of(request).outcomes(dois, client_of(request))
    for doi, outcome in outcomes.items():
        match outcome:
            case Unavailable(agency=agency, reason=reason):
                raise _Trouble(503, f"{agency} cannot be asked about {doi} now: {reason}")
            case Refused(agency=agency, reason=reason):
                raise _Trouble(502, f"{agency} refused to answer for {doi}: {reason}")
            case Found() | NotFound() | Elsewhere():
                continue
    return outcomes


class _Trouble(Exception):  # noqa: N818 -- it becomes an answer
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self._status = status

    def answer(self) -> Response:
        """Answer as Crossref does where it fails itself; what was wrong stands where it stands in a complaint."""
        entry = {"type": "exception", "value": str(self._status), "message": str(self)}
        body = {"status": "error", "message-type": "exception", "message-version": "1.0.0", "message": [entry]}
        headers = {"retry-after": str(int(AGAIN))} if self._status == 503 else None
        return Response(orjson.dumps(body), self._status, headers, "application/json")


async def _nowhere(request: Request) -> Response:
    """Answer any other route of Crossref's as Crossref answers a route it does not have."""
    path = f"/{request.path_params['rest']}"
    complaint = Complaint(
        "route-not-found", path[:200], "Route not found: only /works of named DOIs is served here"
    )
    return _refusal(complaint, status=404)


def question(parameters: Sequence[tuple[str, str]]) -> Question:
    """Return what the parameters of a list ask; raises Complaint where Crossref, or we, would not know what to say."""
    given: dict[str, str] = {}
    for name, value in parameters:
        if name.partition(".")[0] == "query" or name in {"sample", "facet", "sort", "order"}:
            raise Complaint(
                "parameter-not-allowed", name[:80], "This service looks up named works: use filter=doi:..."
            )
        if name not in _LIST:
            raise Complaint("unknown-parameter", name[:80], f"Parameter {name[:80]} is not recognised")
        if name in given:
            raise Complaint("parameter-not-allowed", name, f"Parameter {name} is given more than once")
        given[name] = value
    dois = _named(given.get("filter", ""))
    select = frozenset(filter(None, given.get("select", "").split(",")))
    for member in select - SELECTABLE:
        raise Complaint(
            "select-not-available", member[:80], f"Select {member[:80]} specified but there is no such select"
        )
    cursor = given.get("cursor")
    offset = _whole(given, "offset", 0, len(dois) + MOST_NAMED) if cursor is None else _position(cursor)
    return Question(dois, _whole(given, "rows", _ROWS, MOST_ROWS), offset, select, cursor is not None)


def _named(text: str) -> tuple[Doi, ...]:
    """Return the DOIs of a filter, each once, in its order."""
    found: dict[Doi, None] = {}
    for name, value in split_filter(text):
        if name != "doi":
            raise Complaint(
                "filter-not-available", name[:80], f"Filter {name[:80]} specified but only doi is served here"
            )
        try:
            found[doi_names.compact(value)] = None
        except IdentifierError as error:
            raise Complaint("doi-not-valid", value[:200], f"DOI {value[:200]} is not valid") from error
    if not found:
        raise Complaint(
            "filter-missing", "", "This service looks up named works: use filter=doi:10.1000/1,doi:10.1000/2"
        )
    if len(found) > MOST_NAMED:
        raise Complaint(
            "too-many-filters", str(len(found)), f"At most {MOST_NAMED} DOIs may be named in one request"
        )
    return tuple(found)


def split_filter(text: str) -> list[tuple[str, str]]:
    """Return the pairs of a filter; a comma parts them only where a name and a colon follow."""
    pairs = []
    for pair in _PAIR.split(text) if text else ():
        name, colon, value = pair.partition(":")
        if not colon:
            raise Complaint(
                "pair-list-form-invalid", pair[:200], "Pair list form is a comma separated list of name:value"
            )
        pairs.append((name, value))
    return pairs


def _whole(given: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = given.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 9 and int(text) <= most):
        raise Complaint(
            "integer-not-valid", text[:80], f"Integer specified as {name} must be between 0 and {most}"
        )
    return int(text)


def _position(cursor: str) -> int:
    """Return the place in the list that a cursor of ours stands for."""
    if cursor == "*":
        return 0
    try:
        text = urlsafe_b64decode(cursor.encode("ascii")).decode("ascii")
    except (ValueError, binascii.Error):
        text = ""
    if not (text.isdigit() and len(text) < 9):
        raise Complaint("cursor-not-valid", cursor[:80], "Cursor specified is not one that was handed out")
    return int(text)


def listing(works: Sequence[Mapping[str, Any]], asked: Question) -> dict[str, Any]:
    """Return the message of a list: the part asked for, and where the next one begins."""
    end = asked.offset + asked.rows
    items = [_selected(work, asked.select) for work in works[asked.offset : end]]
    found = {"facets": {}, "total-results": len(works), "items": items, "items-per-page": asked.rows}
    if asked.cursor:  # Crossref hands one out always; a list is at its end when nothing comes
        found["next-cursor"] = urlsafe_b64encode(str(asked.offset + len(items)).encode()).decode()
    else:
        found["query"] = {"start-index": asked.offset, "search-terms": None}
    return found


def _selected(work: Mapping[str, Any], select: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in work.items() if not select or name in select}


def message(outcome: Outcome) -> dict[str, Any] | None:
    """Return Crossref's message about a work; None where the work is not one of Crossref's."""
    source = outcome.record.source if isinstance(outcome, Found) else None
    if source is None or source.format != "crossref-json":
        return None
    kept: dict[str, Any] = orjson.loads(source.raw)
    doi = str(kept.get("DOI") or outcome.doi)
    return kept | {
        "DOI": doi,
        "URL": doi_names.to_url(Doi(doi)),
        "prefix": doi.partition("/")[0],
        "source": "Crossref",
    }


def _agency(outcome: Outcome) -> dict[str, str] | None:
    match outcome:
        case Found(record=record):
            name = record.origin.agency or ""
        case Elsewhere(agency=agency):
            name = agency
        case _:
            return None
    return {"id": name, "label": AGENCIES[name].label if name in AGENCIES else name}


def _unknown() -> Response:
    return PlainTextResponse("Resource not found.", 404)


def _refusal(complaint: Complaint, status: int = 400) -> Response:
    body = {"status": "failed", "message-type": "validation-failure", "message": [complaint.entry]}
    return Response(orjson.dumps(body), status, media_type="application/json")


def _ok(kind: str, found: Mapping[str, Any]) -> Response:
    body = {"status": "ok", "message-type": kind, "message-version": "1.0.0", "message": found}
    return Response(orjson.dumps(body), media_type="application/json")

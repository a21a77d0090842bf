"""`GET /works/{doi}`: what the registration agency says of a work, in the type the client wants.

A DOI stands in the path as it is or escaped; everything behind `/works/` is the DOI. `application/json` is the record
with its provenance, as `enrich resolve` prints it; the other types are files of one record.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Hashable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from enrich import formats
from enrich.formats import csl_json
from enrich.identifiers import doi as doi_names
from enrich.identifiers.doi import Doi
from enrich.model.outcome import Found
from enrich.model.unread import Unread
from enrich.report.outcome import explanation, row
from enrich.service.desk import AGAIN, Desk, client_of, desk_of
from enrich.service.guard import HEADERS, OF_BODY, matches
from enrich.service.negotiation import chosen
from enrich.service.printed import etag_of
from enrich.service.problems import ProblemError, absent, dumped
from enrich.service.rendered import LIFE, Answer, Headers, Made

JSON: Final = "application/json"
TYPES: Final[Mapping[str, str | None]] = {
    JSON: None,
    "application/vnd.citationstyles.csl+json": "csl-json",
    "application/x-bibtex": "bibtex",
    "application/x-research-info-systems": "ris",
    "application/x-endnote-refer": "refer",
    "application/x-endnote+xml": "endnote-xml",
    "application/citeproc+json": "csl-json",
    "text/x-bibtex": "bibtex",
    "application/x-refer": "refer",
}
"""The types a work can be had in, the usual ones first and older names last, and the format that each is."""


_MOMENT: Final = struct.Struct(">d")


def routes() -> list[Route]:
    """Return the endpoint."""
    return [Route("/works/{doi:rest}", work)]


def at_hand(desk: Desk, scope: Any, accept: bytes) -> Answer | None:
    """Return the answer to a request for a work that is at hand: in memory, or made from what snapshot or cache hold.

    None: there is more to it than that. Raises EnrichError where there is no answer, which the endpoint explains.
    """
    key = (scope["raw_path"], accept)
    answer = desk.rendered.find(key)
    if answer is not None:
        return answer
    kind = _wanted(accept.decode("latin-1"))
    if kind is None:
        return None
    version = desk.version()
    made = desk.rendered.past(key)
    if made is None or version is None or version != made.version or made.end < time.time():
        doi = doi_names.compact(scope["path"].removeprefix("/works/"))
        unread = desk.enricher.resolver.unread(doi)
        made = None if unread is None else _made(desk, doi, unread, kind, version, made)
        if made is None:
            return None
    seconds = freshness(made.at, desk)
    answer = _answer(made.body, made.etag, kind, seconds, desk, made)
    desk.rendered.keep(key, answer, seconds)
    return answer


@lru_cache(256)
def _wanted(accept: str) -> str | None:
    return chosen(accept, list(TYPES))


def _made(
    desk: Desk, doi: Doi, unread: Unread, kind: str, version: Hashable | None, before: Made | None
) -> Made | None:
    """Return what an answer is made into: as before, found on disk, or made anew; None for what is no found work."""
    words = f"{unread.agency} {kind} {doi}".encode("utf-8", "replace")
    mark = desk.printed.digest(words, _MOMENT.pack(unread.at), unread.kept)
    if before is not None and before.mark == mark:
        return replace(before, end=unread.until, version=version)
    printed = desk.printed.find(mark)
    if printed is None:
        outcome = unread.read()
        if not isinstance(outcome, Found):
            return None
        body = rendered(outcome, kind)
        printed = body, etag_of(body)
        desk.printed.keep(mark, *printed)
    return Made(*printed, mark, unread.at, unread.until, version)


async def work(request: Request) -> Response:
    """Answer with one work."""
    desk = desk_of(request)
    accept = ", ".join(request.headers.getlist("accept"))
    kind = _wanted(accept)
    if kind is None:
        raise ProblemError("not-acceptable", f"a work can be had as {', '.join(TYPES)}", types=list(TYPES))
    doi = doi_names.compact(request.path_params["doi"])
    outcome = (await desk.outcomes([doi], client_of(request)))[doi]
    if not isinstance(outcome, Found):
        absent(outcome, explanation(outcome), wait=AGAIN)
    body = rendered(outcome, kind)
    moment = outcome.record.origin.retrieved_at
    seconds = 0.0 if outcome.stale else freshness(moment.timestamp() if moment else time.time(), desk)
    answer = _answer(body, etag_of(body), kind, seconds, desk)
    desk.rendered.keep((request.scope["raw_path"], accept.encode("latin-1")), answer, seconds)
    asked = request.headers.get("if-none-match")
    if asked is not None and matches(asked.encode("latin-1"), answer.etag):
        return _Raw(304, [pair for pair in answer.headers if pair[0] not in OF_BODY])
    return _Raw(200, answer.headers, body)


class _Raw(Response):
    """An answer with its headers as they are."""

    def __init__(self, status: int, headers: Headers, body: bytes = b"") -> None:
        self.status_code = status
        self.body = body
        self.background = None
        self.raw_headers = headers


def _answer(body: bytes, etag: bytes, kind: str, seconds: float, desk: Desk, made: Made | None = None) -> Answer:
    audience = "private" if desk.settings.serve_tokens else "public"
    headers = [
        (b"content-type", kind.encode()),
        (b"etag", etag),
        (b"vary", b"Accept"),
        (b"cache-control", f"{audience}, max-age={int(seconds)}".encode()),
        (b"content-length", str(len(body)).encode()),
        *HEADERS,
    ]
    return Answer(headers, body, etag, made)


def rendered(found: Found, kind: str) -> bytes:
    """Return a work as a body of a type; as CSL-JSON one item and no list of one, as doi.org answers."""
    form = TYPES[kind]
    if form is None:
        return dumped(described(found.doi, found))
    if form == csl_json.NAME:
        return dumped(csl_json.to_csl(found.record.work))
    return b"".join(formats.write([found.record], form))


def described(doi: Doi, found: Found) -> dict[str, Any]:
    """Return the record with its provenance."""
    return {name: value for name, value in row(doi, found).items() if name != "asked"}


def freshness(at: float, desk: Desk) -> float:
    """Return for how many seconds an answer of a moment (Unix time) holds.

    What stands in a snapshot is as old as the snapshot, and nothing newer is known here: it holds for a moment.
    """
    return max(LIFE, desk.settings.ttl_found.total_seconds() - (time.time() - at))

"""`GET /works/{doi}`: what the registration agency says of a work, in the type the client wants.

A DOI stands in the path as it is or escaped; everything behind `/works/` is the DOI. `application/json` is the record
with its provenance, as `enrich resolve` prints it; the other types are files of one record.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from enrich import formats
from enrich.formats import csl_json
from enrich.identifiers import doi as doi_names
from enrich.identifiers.doi import Doi
from enrich.model.outcome import Found
from enrich.report.outcome import explanation, row
from enrich.service.desk import AGAIN, Desk, client_of, desk_of
from enrich.service.guard import HEADERS, matches
from enrich.service.negotiation import chosen
from enrich.service.problems import ProblemError, absent, dumped
from enrich.service.rendered import LIFE

JSON: Final = "application/json"
TYPES: Final[Mapping[str, str | None]] = {
    JSON: None,
    "application/vnd.citationstyles.csl+json": "csl-json",
    "application/x-bibtex": "bibtex",
    "application/x-research-info-systems": "ris",
    "application/x-endnote-refer": "refer",
    "application/x-endnote+xml": "endnote-xml",
}
"""The types a work can be had in, the usual one first, and the format that each is."""


def routes() -> list[Route]:
    """Return the endpoint."""
    return [Route("/works/{doi:path}", work)]


async def work(request: Request) -> Response:
    """Answer with one work."""
    desk = desk_of(request)
    kind = chosen(request.headers.get("accept"), list(TYPES))
    if kind is None:
        raise ProblemError("not-acceptable", f"a work can be had as {', '.join(TYPES)}", types=list(TYPES))
    doi = doi_names.compact(request.path_params["doi"])
    outcome = (await desk.outcomes([doi], client_of(request)))[doi]
    if not isinstance(outcome, Found):
        absent(outcome, explanation(outcome), wait=AGAIN)
    return _answer(request, desk, rendered(outcome, kind), kind, freshness(outcome, desk))


def _answer(request: Request, desk: Desk, body: bytes, kind: str, seconds: float) -> Response:
    etag = b'"' + blake2b(body, digest_size=12).hexdigest().encode() + b'"'
    audience = "private" if desk.settings.serve_tokens else "public"
    headers = {
        "Content-Type": kind,
        "ETag": etag.decode(),
        "Vary": "Accept",
        "Cache-Control": f"{audience}, max-age={int(seconds)}",
    }
    asked = request.headers.get("if-none-match")
    if asked is not None and matches(asked.encode("latin-1"), etag):
        del headers["Content-Type"]
        return Response(status_code=304, headers=headers)
    response = Response(body, headers=headers)
    if not request.url.query:
        key = (request.scope["raw_path"], request.headers.get("accept", "").encode("latin-1"))
        desk.rendered.keep(key, [*response.raw_headers, *HEADERS], body, etag, seconds)
    return response


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


def freshness(found: Found, desk: Desk) -> float:
    """Return for how many seconds an answer holds: an old one that serves while its agency is down, not at all.

    What stands in a snapshot is as old as the snapshot, and nothing newer is known here: it holds for a moment.
    """
    if found.stale:
        return 0.0
    moment = found.record.origin.retrieved_at
    age = (datetime.now(UTC) - moment).total_seconds() if moment is not None else 0.0
    return max(LIFE, desk.settings.ttl_found.total_seconds() - age)

"""`POST /resolve`: what the agencies say of a list of DOIs. `GET /resolve/{doi}`: on to the page a DOI leads to.

The redirect goes where the handle of the DOI, or what its agency stored, says and nowhere else; the service itself
never asks for that page.
"""

from __future__ import annotations

import codecs
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, aclosing
from typing import Any, Final
from urllib.parse import quote, urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from enrich.identifiers import doi as doi_names
from enrich.model.outcome import Landing
from enrich.report.jsonl import dump
from enrich.report.outcome import explanation, row
from enrich.service.bodies import whole
from enrich.service.desk import AGAIN, PORTION, Desk, client_of, desk_of
from enrich.service.libraries import NDJSON
from enrich.service.negotiation import chosen
from enrich.service.problems import ProblemError, absent, busy, interrupted
from enrich.service.turnstile import BusyError

JSON: Final = "application/json"
_MOST_BYTES: Final = 16 << 20
_AS_WRITTEN: Final = "".join(map(chr, range(0x21, 0x7F)))
_ON_THE_WEB: Final = ("http", "https")


def routes() -> list[Route]:
    """Return the two endpoints."""
    return [Route("/resolve", resolve, methods=["POST"]), Route("/resolve/{doi:rest}", redirect)]


async def redirect(request: Request) -> Response:
    """Send the client on to where a DOI leads."""
    desk = desk_of(request)
    doi = doi_names.compact(request.path_params["doi"])
    place = await desk.place(doi, client_of(request))
    if not isinstance(place, Landing):
        absent(place, explanation(place), wait=AGAIN)
    address = quote(place.url, safe=_AS_WRITTEN)
    if not _is_web(address):
        raise ProblemError("odd-address", "what is registered for it is no address of the web", doi=doi)
    return RedirectResponse(address, 302, {"Cache-Control": "max-age=3600"})


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in _ON_THE_WEB and bool(parts.hostname)
    except ValueError:
        return False


async def resolve(request: Request) -> Response:
    """Answer with one object for each DOI, in order: lines as they are known, or a JSON array of them."""
    desk = desk_of(request)
    sent, *_ = request.headers.get("content-type", "").split(";")
    usual = [JSON, NDJSON] if sent.strip().lower() == JSON else [NDJSON, JSON]  # who sends JSON reads JSON
    kind = chosen(request.headers.get("accept"), usual)
    if kind is None:
        raise ProblemError("not-acceptable", f"the answer can be had as {NDJSON} or {JSON}", types=[NDJSON, JSON])
    advice = f"a list of DOIs may have {_MOST_BYTES:,} bytes; send it in parts"
    texts = _texts(await whole(request, _MOST_BYTES, advice))
    rows = _rows(desk, texts, client_of(request))
    first = await anext(rows, b"")  # whoever is turned away hears of it by the status
    answer = _lines(first, _told(rows)) if kind == NDJSON else _array(first, rows)
    return StreamingResponse(answer, media_type=kind, headers={"Cache-Control": "no-store", "Vary": "Accept"})


def _texts(body: bytes) -> list[str]:
    """Return the DOIs of a JSON list, of an object with one as `dois`, or of lines."""
    body = body.removeprefix(codecs.BOM_UTF8)
    if body.lstrip()[:1] not in {b"[", b"{", b'"'}:
        return [line for line in map(str.strip, body.decode("utf-8", "replace").splitlines()) if line]
    try:
        value: Any = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ProblemError("bad-request", f"the list is no JSON: {error}") from None
    value = value.get("dois") if isinstance(value, dict) else value
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise ProblemError("bad-request", 'send a list of texts, ["10.1000/182"], or one DOI on each line')
    return value


async def _rows(desk: Desk, texts: Iterable[str], client: str) -> AsyncIterator[bytes]:
    """Yield the rows in portions, each of whole lines; raises ProblemError when the service is stopped meanwhile."""
    asked, given = list(texts), 0
    turnstile = desk.singles if len(asked) <= PORTION else desk.libraries
    try:
        async with AsyncExitStack() as stack:
            async with desk.limit(None):
                await stack.enter_async_context(turnstile.turn(client))
            chunks = await stack.enter_async_context(aclosing(desk.enricher.outcome_chunks(asked)))  # type: ignore[type-var]  # it is a generator
            while True:
                async with desk.limit(None):  # whoever drives this need not be one task
                    results = await anext(chunks, None)
                if results is None:
                    break
                yield b"".join(dump(row(text, result)) for text, result in results)
                given += len(results)
    except BusyError as error:
        raise busy(error.wait) from None
    except TimeoutError:
        if not desk.is_closing:  # no limit of ours
            raise
        raise interrupted(records=given) from None


async def _told(rows: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the rows, and as their last line what kept them from going on."""
    try:
        async for lines in rows:
            yield lines
    except ProblemError as error:
        yield dump({"problem": error.document()})


async def _lines(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for lines in rest:
        yield lines


async def _array(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield b"[" + first.rstrip().replace(b"\n", b",\n")
    async for lines in rest:
        yield b",\n" + lines.rstrip().replace(b"\n", b",\n")
    yield b"]\n"

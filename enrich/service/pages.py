"""The page at `/`, and what it asks for: a library to review, and the library as decided.

Nothing is kept between the two: the page holds what was found and what was decided, and sends the values back with the
library. What it takes is smaller than what `POST /enrich` takes, since a browser holds all of it.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any, Final

import orjson
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from enrich import formats
from enrich.enricher import Enricher
from enrich.errors import EnrichError
from enrich.formats.base import Format
from enrich.merge import BUILT_IN
from enrich.model import Record
from enrich.model.base import Value
from enrich.report.jsonl import dump
from enrich.report.summary import Summary
from enrich.review import Fault, ReviewError, applied, shown
from enrich.service.assets import HEADERS, answer, asset
from enrich.service.bodies import whole
from enrich.service.desk import Desk, client_of, desk_of
from enrich.service.libraries import in_batches
from enrich.service.problems import ProblemError, busy
from enrich.service.turnstile import BusyError
from enrich.settings import Settings

LIMIT: Final = 32 << 20
"""Bytes of a library that the page takes."""
_LABELS: Final = {
    "refer": "EndNote / refer",
    "ris": "RIS",
    "csl-json": "CSL-JSON",
    "bibtex": "BibTeX",
    "biblatex": "biblatex",
    "endnote-xml": "EndNote XML",
    "mods": "MODS",
    "jats": "JATS references",
    "csv": "table (CSV)",
}
"""The formats offered on the page; those of the agencies hold only what an agency answered."""
_ENDINGS: Final = {"biblatex": ".bib", "crossref-json": ".json", "datacite-json": ".json"}


class Values(Value):
    """What is written into one record, by its index: field -> its CSL-JSON value, None to take the field out."""

    record: int = Field(ge=0)
    fields: Mapping[str, Any]


class Order(Value):
    """A library (base64), what is written into it, and the format it is wanted in; None: its own."""

    library: str
    source: str | None = None
    to: str | None = None
    decisions: tuple[Values, ...] = ()


def routes() -> list[Route]:
    """Return the page, its files, and its endpoints."""
    return [
        Route("/", asset),
        Route("/page/session", session),
        Route("/page/{name}", asset),
        Route("/review", review, methods=["POST"]),
        Route("/apply", apply, methods=["POST"]),
    ]


async def session(request: Request) -> Response:
    """Say what the page can do here."""
    settings = desk_of(request).settings
    return answer(
        {
            "mode": "service",
            "rows": "review",
            "limit": _limit(settings),
            "protected": bool(settings.serve_tokens),
            "policies": [
                {"name": name, "text": policy.description.rstrip(".")} for name, policy in BUILT_IN.items()
            ],
            "formats": [
                {"name": name, "label": label, "extension": _ending(name)} for name, label in _LABELS.items()
            ],
        }
    )


def _limit(settings: Settings) -> int:
    return min(LIMIT, settings.serve_max_bytes)


def _ending(name: str) -> str:
    form: Format = formats.FORMATS[name]
    return form.EXTENSIONS[0] if form.EXTENSIONS else _ENDINGS.get(name, ".txt")


async def review(request: Request) -> Response:
    """Look a library up and stream its records as a review shows them, then the summary."""
    desk = desk_of(request)
    pipeline = desk.pipeline(request.query_params.get("policy") or None, keeps_format=False)
    library = await _taken(request, _limit(desk.settings))
    formats.recognise(library)  # what is no library is a problem rather than the beginning of an answer
    return _Rows(desk, pipeline, library, client_of(request))


class _Rows(Response):
    """The records of a library as lines; a place is waited for before the answer begins."""

    def __init__(self, desk: Desk, pipeline: Enricher, library: bytes, client: str) -> None:
        super().__init__()
        self._desk = desk
        self._pipeline = pipeline
        self._library = library
        self._client = client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {**HEADERS, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        answered = StreamingResponse(self._lines(), media_type="application/x-ndjson", headers=headers)
        try:
            async with (
                self._desk.libraries.turn(self._client),
                asyncio.timeout(self._desk.settings.serve_max_seconds),
            ):
                await answered(scope, receive, send)
        except BusyError as error:
            raise busy(error.wait) from None

    async def _lines(self) -> AsyncIterator[bytes]:
        summary = Summary()
        batches = in_batches(self._desk, [self._library])
        try:
            async for results in self._pipeline.stream_chunks(
                record async for batch in batches for record in batch
            ):
                for result in results:
                    summary.add(result)
                yield b"".join(dump(shown(result)) for result in results)
            yield dump({"summary": summary.as_dict()})
        except (EnrichError, ProblemError) as error:
            yield dump({"error": str(error)})
        finally:
            self._desk.tallies.records.update(summary.statuses)


async def _taken(request: Request, limit: int) -> bytes:
    advice = f"the page takes no larger library (more than {limit:,} bytes); use enrich review, or POST /enrich"
    return await whole(request, limit, advice)


async def apply(request: Request) -> Response:
    """Answer with a library into which values were written, in its own format or another."""
    desk = desk_of(request)
    sent = await _taken(request, 2 * _limit(desk.settings))
    try:
        order = Order.model_validate(orjson.loads(sent))
        library = base64.b64decode(order.library, validate=True)
    except (ValueError, RecursionError):
        detail = "send a JSON object with library (base64), and decisions: [{record, fields}]"
        raise ProblemError("bad-request", detail) from None
    for wanted, known in ((order.to, formats.WRITABLE), (order.source, formats.READABLE)):
        if wanted is not None and wanted not in known:
            raise ProblemError("bad-request", f"there is no such format: there are {', '.join(known)}")
    try:
        async with desk.libraries.turn(client_of(request)):
            written, name, lost = await run_in_threadpool(_written, library, order)
    except BusyError as error:
        raise busy(error.wait) from None
    except ReviewError as error:
        faults = [fault._asdict() for fault in error.faults]
        raise ProblemError("unwritable", str(error), faults=faults) from None
    headers = {**HEADERS, "Cache-Control": "no-store", "X-Extension": _ending(name), "X-Lost": str(lost)}
    media_types = formats.FORMATS[name].MEDIA_TYPES
    kind = media_types[0] if media_types else "application/octet-stream"
    return Response(written, headers={**headers, "Content-Type": kind, "Content-Disposition": "attachment"})


def _written(library: bytes, order: Order) -> tuple[bytes, str, int]:
    """Return the library as ordered, its format, and how many values that had no place for."""
    own = order.source or formats.recognise(library)
    found = _Applied(formats.read([library], format=own), order)
    written = b"".join(formats.write(found.records(), order.to or own))
    if found.faults:
        raise ReviewError("some values cannot be written", tuple(found.faults))
    return written, order.to or own, found.lost


class _Applied:
    """Passes records on with what was ordered written into them."""

    def __init__(self, records: Iterable[Record], order: Order) -> None:
        self._records = records
        self._target = order.to
        self._values = {each.record: each.fields for each in order.decisions}
        self.faults: list[Fault] = []
        self.lost = 0

    def records(self) -> Iterator[Record]:
        """Yield every record."""
        place = -1
        for place, record in enumerate(self._records):
            values = self._values.get(place)
            if values is None:
                yield record
                continue
            try:
                done, lost = applied(place, record, values, self._target)
            except ReviewError as error:
                self.faults += error.faults
                yield record
            else:
                self.lost += lost
                yield done
        beyond = [each for each in self._values if each > place]
        self.faults += [Fault(each, "", "there is no such record in this library") for each in beyond]

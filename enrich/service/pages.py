"""The page at `/`, and what it asks for: a library to review, and the library as decided.

Nothing is kept between the two: the page holds what was found and what was decided, and sends the values back with the
library. What it takes is smaller than what `POST /enrich` takes, since a browser holds all of it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol

import orjson
from pydantic import Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from enrich import formats
from enrich.enricher import Enricher
from enrich.errors import EnrichError, FormatError
from enrich.formats.base import Format
from enrich.merge import BUILT_IN
from enrich.model import Record
from enrich.model.base import Value
from enrich.report.jsonl import dump
from enrich.report.summary import Summary
from enrich.review import Fault, ReviewError, applied, shown
from enrich.service.assets import HEADERS, answer, asset, problem
from enrich.service.review import body
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
_TO_TELL: Final = "application/x-ndjson"


class Turns(Protocol):
    """A queue for libraries."""

    def turn(self, client: str) -> AbstractAsyncContextManager[None]:
        """Wait for a place."""
        ...


class Desk(Protocol):
    """What the page needs of the service around it, in `app.state.desk`."""

    settings: Settings

    @property
    def libraries(self) -> Turns:
        """Where a library waits for its turn."""
        ...

    def pipeline(self, policy: str | None, *, keeps_format: bool) -> Enricher:
        """Return the pipeline under a built-in policy; raises where there is none of that name."""
        ...


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
    settings = _desk(request).settings
    return answer(
        {
            "mode": "service",
            "rows": "review",
            "limit": _limit(settings),
            "protected": bool(getattr(settings, "serve_tokens", ())),
            "policies": [
                {"name": name, "text": policy.description.rstrip(".")} for name, policy in BUILT_IN.items()
            ],
            "formats": [
                {"name": name, "label": label, "extension": _ending(name)} for name, label in _LABELS.items()
            ],
        }
    )


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def _limit(settings: Settings) -> int:
    return min(LIMIT, getattr(settings, "serve_max_bytes", LIMIT))


def _ending(name: str) -> str:
    form: Format = formats.FORMATS[name]
    return form.EXTENSIONS[0] if form.EXTENSIONS else _ENDINGS.get(name, ".txt")


async def review(request: Request) -> Response:
    """Look a library up and stream its records as a review shows them, then the summary."""
    desk = _desk(request)
    policy = request.query_params.get("policy") or None
    if policy is not None and policy not in BUILT_IN:
        return problem(400, f"there is no policy of that name: there are {', '.join(BUILT_IN)}")
    try:
        library = await body(request, _limit(desk.settings))
    except ValueError as error:
        return problem(413, f"the page takes no larger library ({error}); use enrich review or POST /enrich")
    try:
        formats.recognise(library)
    except FormatError as error:
        return problem(422, f"this {error}" if str(error).startswith("looks like") else str(error))
    lines = _lines(desk, library, policy, request.scope.get("enrich.client", "page"))
    return StreamingResponse(
        lines, media_type=_TO_TELL, headers={**HEADERS, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )


async def _lines(desk: Desk, library: bytes, policy: str | None, client: str) -> AsyncIterator[bytes]:
    summary = Summary()
    try:
        async with desk.libraries.turn(client):
            enricher = desk.pipeline(policy, keeps_format=False)
            async for results in enricher.stream_chunks(formats.read([library])):
                for result in results:
                    summary.add(result)
                yield b"".join(dump(shown(result)) for result in results)
        last: dict[str, Any] = {"summary": summary.as_dict()}
    except EnrichError as error:
        last = {"error": str(error)}
    yield dump(last)


async def apply(request: Request) -> Response:
    """Answer with a library into which values were written, in its own format or another."""
    try:
        sent = await body(request, 2 * _limit(_desk(request).settings))
        order = Order.model_validate(orjson.loads(sent))
        library = base64.b64decode(order.library, validate=True)
    except (ValidationError, orjson.JSONDecodeError, binascii.Error):
        return problem(400, "send a JSON object with library (base64), and decisions: [{record, fields}]")
    except ValueError as error:
        return problem(413, str(error))
    if order.to is not None and order.to not in formats.WRITABLE:
        return problem(400, f"there is no format of that name to write: there are {', '.join(formats.WRITABLE)}")
    if order.source is not None and order.source not in formats.READABLE:
        return problem(400, f"there is no format of that name to read: there are {', '.join(formats.READABLE)}")
    try:
        written, name, lost = await run_in_threadpool(_written, library, order)
    except ReviewError as error:
        return problem(422, str(error), faults=[fault._asdict() for fault in error.faults])
    except EnrichError as error:
        return problem(422, str(error))
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

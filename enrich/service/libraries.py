"""`POST /enrich`: a library in, the cleaned library or a report of every record out, while it is still being sent.

The format is told by `Content-Type` or by the content. The answer is the library in its own format, or in the one
wanted by `to` or `Accept`; with `Accept: application/x-ndjson` the report of a clean, one object for each record as it
is finished and a summary at the end. An answer that could not be finished is broken off, so that nobody takes it for
whole; a report ends with a line that says what went wrong.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from enrich import formats
from enrich.errors import EnrichError
from enrich.model.enrichment import Enrichment
from enrich.model.record import Record
from enrich.portions import portion
from enrich.report.jsonl import dump, row, summary_line
from enrich.report.summary import Summary
from enrich.service.desk import PORTION, Desk, client_of, desk_of
from enrich.service.intake import Intake
from enrich.service.negotiation import chosen
from enrich.service.problems import ProblemError, busy, interrupted, problem_of
from enrich.service.turnstile import BusyError

_LOG: Final = logging.getLogger("enrich.service")
NDJSON: Final = "application/x-ndjson"
_OWN: Final = "application/octet-stream"  # stands for the library in the format it came in
PARAMETERS: Final = ("policy", "to", "from")
_IDLE: Final = 55.0  # seconds without a byte after which an upload is given up; sooner than by `protocol`
_DRAIN: Final = 5.0  # seconds in which the rest of a refused upload may arrive, so that its sender sees the answer
_PARTS: Final = "multipart/form-data"


def media_types() -> dict[str, str]:
    """Return the media types of formats, each with its format; the first of a format is the usual one."""
    return {kind: name for name in formats.FORMATS for kind in formats.FORMATS[name].MEDIA_TYPES}


def routes() -> list[Route]:
    """Return the endpoint."""
    return [Route("/enrich", enrich, methods=["POST"])]


class Order(NamedTuple):
    """What is asked for: under which policy, from and into which format (None: as it comes), as a report or not."""

    policy: str | None
    source: str | None
    target: str | None
    is_report: bool


async def enrich(request: Request) -> Response:
    """Answer with what becomes of a library."""
    desk = desk_of(request)
    order = _order(request)
    desk.pipeline(order.policy, keeps_format=False)  # an unknown policy is told before anything is read
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > desk.settings.serve_max_bytes:
        raise ProblemError(
            "too-large", f"a library may have {desk.settings.serve_max_bytes:,} bytes; send it in parts"
        )
    return _Run(desk, order, client_of(request))


def _order(request: Request) -> Order:
    given = request.query_params
    for name in given:
        if len(given.getlist(name)) > 1:
            raise ProblemError("bad-request", f"`{name[:80]}` is given more than once; which one is meant?")
        if name not in PARAMETERS:
            raise ProblemError(
                "bad-request", f"there is no parameter of that name: there are {', '.join(PARAMETERS)}"
            )
    for name, table in (("to", formats.WRITABLE), ("from", formats.READABLE)):
        if name in given and given[name] not in table:
            raise ProblemError("bad-request", f"`{name}` is one of {', '.join(table)}")
    kinds = media_types()
    writable = {kind: name for kind, name in kinds.items() if name in formats.WRITABLE}
    wanted = chosen(request.headers.get("accept"), [_OWN, NDJSON, *writable])
    if wanted is None:
        offered = [NDJSON, *writable]
        raise ProblemError("not-acceptable", f"a library can be had as {', '.join(offered)}", types=offered)
    return Order(
        policy=given.get("policy"),
        source=given.get("from") or _source(request, kinds),
        target=given.get("to") or writable.get(wanted),
        is_report=wanted == NDJSON,
    )


def _source(request: Request, kinds: Mapping[str, str]) -> str | None:
    """Return the format that `Content-Type` names; None where the content is to tell."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == _PARTS:
        raise ProblemError("unknown-format", "send the library itself as the body, not as part of a form")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ProblemError("unknown-format", "send the library as it is, not compressed")
    name = kinds.get(kind)
    if name is not None and name not in formats.READABLE:
        raise ProblemError(
            "unknown-format", f"{name} is written, never read: {', '.join(formats.READABLE)} are read"
        )
    return None if name == "csl-json" else name  # JSON Lines and lists share a type; its reader tells them apart


class _Writer:
    """A format's writer that is handed records one at a time; a chunk comes when the record after it is known.

    Some writers look at the next record before they write one: what stands between two items depends on both.
    """

    def __init__(self, name: str) -> None:
        self._waiting: deque[Record] = deque()
        self._owed = 0
        self._chunks = formats.write(iter(self._next, None), name)

    def _next(self) -> Record | None:
        return self._waiting.popleft() if self._waiting else None

    def write(self, record: Record) -> bytes | None:
        """Take a record in, and return the chunk of the one before it; None for the first."""
        self._waiting.append(record)
        self._owed += 1
        if self._owed == 1:
            return None
        self._owed -= 1
        return next(self._chunks)

    def close(self) -> tuple[bytes, bytes]:
        """Return the chunk of the last record, and what closes the file."""
        last = next(self._chunks) if self._owed else b""
        return last, b"".join(self._chunks)


class _Run(Response):
    """One library on its way through; the answer begins when its first records are done."""

    def __init__(self, desk: Desk, order: Order, client: str) -> None:
        super().__init__()
        self._desk = desk
        self._order = order
        self._client = client
        self._intake = Intake(desk.settings.serve_max_bytes, desk.settings.cache_dir)
        self._summary = Summary()
        self._over = asyncio.Event()  # nothing of the upload comes any more
        self._is_gone = False
        self._given = 0  # lines of a report
        self._has_begun = False

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        """Work while listening; a client that goes away ends the work."""
        working = asyncio.create_task(self._work(send))
        listening = asyncio.create_task(self._listen(receive, working))
        try:
            await working
        except asyncio.CancelledError:
            working.cancel()
            if not self._is_gone:
                raise
        except ProblemError as error:
            if self._has_begun and self._order.is_report:
                last = dump({"problem": error.document()})
                await send({"type": "http.response.body", "body": last})
            elif self._has_begun:
                _LOG.warning("a library was broken off: %s", error)  # which is how its client hears of it
            else:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._over.wait(), _DRAIN)
                raise
        finally:
            listening.cancel()
            self._intake.close()
            await asyncio.gather(working, listening, return_exceptions=True)
            self._desk.tallies.records.update(self._summary.statuses)

    async def _listen(self, receive: Any, working: asyncio.Task[None]) -> None:
        """Take the upload in, then wait for the client to go away."""
        try:
            more = True
            while more:
                async with asyncio.timeout(_IDLE):
                    message = await receive()
                if message["type"] == "http.disconnect":
                    self._leave(working)
                    return
                self._intake.add(message.get("body", b""))
                more = message.get("more_body", False)
        except (ProblemError, EnrichError) as error:
            self._end(error)
        except TimeoutError:
            self._end(ProblemError("too-slow", f"nothing came for {_IDLE:.0f} seconds; send it again"))
        else:
            self._end()
            while (await receive())["type"] != "http.disconnect":
                pass
            self._leave(working)

    def _end(self, error: Exception | None = None) -> None:
        self._intake.end(error)
        self._over.set()

    def _leave(self, working: asyncio.Task[None]) -> None:
        self._is_gone = True
        self._over.set()
        self._intake.close()
        working.cancel()

    async def _work(self, send: Any) -> None:
        seconds = self._desk.settings.serve_max_seconds
        try:
            async with self._desk.limit(None) as limit, self._desk.libraries.turn(self._client):
                if not self._desk.is_closing:
                    limit.reschedule(asyncio.get_running_loop().time() + seconds)
                await self._answer(send)
        except BusyError as error:
            raise busy(error.wait) from None
        except TimeoutError:
            if self._desk.is_closing:
                raise interrupted(records=self._given) from None
            detail = f"the library took longer than {seconds:g} seconds; send it in parts"
            raise ProblemError("too-large", detail) from None
        except EnrichError as error:
            raise problem_of(error) from None

    async def _answer(self, send: Any) -> None:
        batches = in_batches(self._desk, self._intake.pieces(), self._order.source)
        first: list[Record] = await anext(batches, [])
        source = _format(first) if first else self._recognised()
        target = self._order.target or source
        if target not in formats.WRITABLE and not self._order.is_report:
            detail = f"{source} is read, never written: say `to` with one of {', '.join(formats.WRITABLE)}"
            raise ProblemError("bad-request", detail)
        pipeline = self._desk.pipeline(self._order.policy, keeps_format=target == source)
        chunks = pipeline.stream_chunks(_flat(first, batches))
        if self._order.is_report:
            body = self._report(chunks)
        elif first or target != source:
            body = self._library(chunks, target)
        else:  # `[]` is a library, and comes back as it is
            body = _each(self._intake.pieces())
        piece = await anext(body, b"")  # until then whatever happens can be told by the status
        await _start(send, NDJSON if self._order.is_report else _type(target, first))
        self._has_begun = True
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        async for piece in body:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def _recognised(self) -> str:
        """Return the format of an upload that has no record to tell it by."""
        return self._order.source or formats.recognise(next(self._intake.pieces(), b""))

    async def _library(self, chunks: AsyncIterator[tuple[Enrichment, ...]], name: str) -> AsyncIterator[bytes]:
        writer = _Writer(name)
        async for results in chunks:
            for result in results:
                self._summary.add(result)
            if piece := b"".join(filter(None, (writer.write(result.record) for result in results))):
                yield piece
        yield b"".join(writer.close())

    async def _report(self, chunks: AsyncIterator[tuple[Enrichment, ...]]) -> AsyncIterator[bytes]:
        """Yield the lines of a report; with a format wanted, each has its record in it, as `output`."""
        lines = _Lines(self._order.target)
        async for results in chunks:
            for result in results:
                self._summary.add(result)
            pieces = list(filter(None, map(lines.of, results)))
            if pieces:
                yield b"".join(pieces)
                self._given += len(pieces)
        yield lines.close(summary_line(self._summary))


class _Lines:
    """The lines of a report, each with its record where a format is wanted."""

    def __init__(self, name: str | None) -> None:
        self._writer = _Writer(name) if name is not None else None
        self._held: dict[str, Any] = {}

    def of(self, result: Enrichment) -> bytes:
        """Return the line of a result, or of the one before it."""
        if self._writer is None:
            return dump(row(result))
        before, self._held = self._held, row(result)
        chunk = self._writer.write(result.record)
        return b"" if chunk is None else dump(before | {"output": _text(chunk)})

    def close(self, summary: dict[str, Any]) -> bytes:
        """Return what is left, and the summary."""
        if self._writer is None:
            return dump(summary)
        last, end = self._writer.close()
        line = dump(self._held | {"output": _text(last)}) if self._held else b""
        return line + dump(summary | {"output": _text(end)})


async def in_batches(
    desk: Desk, pieces: Iterable[bytes], source: str | None = None
) -> AsyncIterator[list[Record]]:
    """Yield records as they are read, in a thread; raises what their reader raises, ProblemError where they are too many."""
    records, read = formats.read(pieces, format=source), 0
    loop, most = asyncio.get_running_loop(), desk.settings.serve_max_records
    while batch := await loop.run_in_executor(desk.readers, portion, records, PORTION):
        read += len(batch)
        if read > most:
            raise ProblemError("too-large", f"a library may have {most:,} records; send it in parts")
        yield batch


async def _flat(first: list[Record], batches: AsyncIterator[list[Record]]) -> AsyncIterator[Record]:
    for record in first:
        yield record
    async for batch in batches:
        for record in batch:
            yield record


async def _each(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def _format(records: list[Record]) -> str:
    source = records[0].source
    return source.format if source is not None else next(iter(formats.FORMATS))


def _type(name: str, first: list[Record]) -> str:
    """Return the type of a library; what cannot be read stands in it as it came, and then it may be no sound JSON or XML."""
    kind = next(iter(formats.FORMATS[name].MEDIA_TYPES), _OWN)
    is_sound = all(record.readable for record in first)
    return kind if is_sound or not kind.endswith(("json", "xml")) else _OWN


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


async def _start(send: Any, kind: str) -> None:
    headers = [(b"content-type", kind.encode()), (b"cache-control", b"no-store"), (b"vary", b"Accept")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})

"""The review of one file on the loopback interface: what `enrich review` serves.

The address holds a token, so that neither another user of the machine nor another page in the browser can speak to it. The
library is looked up in a thread; the page gets the records as they are ready. Nothing is written before it says so, and then
through the journal, so that `enrich undo` takes it back. docs/decisions/0024-the-review-and-the-page.md
"""

from __future__ import annotations

import asyncio
import re
import secrets
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

import orjson
from pydantic import Field, TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from enrich.errors import EnrichError
from enrich.model import Enrichment
from enrich.model.base import Value
from enrich.report.journal import sha256_of
from enrich.report.jsonl import dump
from enrich.report.keeps import keep, keep_file
from enrich.report.rewrite import rewrite
from enrich.report.summary import Summary
from enrich.report.undo import undo
from enrich.review import Decision, Fault, ReviewError, lock_name, reviewed, shown
from enrich.service.assets import HEADERS, answer, asset, problem

LIMIT: Final = 64 << 20
"""Bytes of a request with decisions."""
_PORTION: Final = 100
_PAUSE: Final = 0.05  # seconds between two looks at what is ready
_HOST: Final = re.compile(
    r"(\[[0-9a-f:]*\]|[^:\[\]]*)(?::[0-9]{1,5})?", re.ASCII
)  # its port goes without saying where it is 80
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})

Clean = Callable[[], AbstractContextManager[Iterator[Enrichment]]]


class Decided(Value):
    """What was decided about one record, by its index: field -> decision."""

    record: int = Field(ge=0)
    fields: Mapping[str, Decision]


_DECIDED: Final = TypeAdapter(tuple[Decided, ...])


class ConflictError(EnrichError):
    """The file is not what was reviewed, or there is nothing that could be done to it now."""


class Review:
    """One library being reviewed; `clean` looks it up, and is called again for another round."""

    def __init__(self, library: Path, clean: Clean, state_dir: Path) -> None:
        self.library = library
        self._clean = clean
        self._state_dir = state_dir
        self._lock = threading.Lock()
        self._begin(sha256_of(library))

    def _begin(self, sha256: str) -> None:
        self.run = secrets.token_hex(8)
        self.results: list[Enrichment] = []
        self.summary = Summary()
        self.error: str | None = None
        self.complete = False
        self.saved = False
        self._sha256 = sha256
        self._stop = threading.Event()
        self._worker = threading.Thread(
            target=self._look_up, args=(self._stop, self.results, self.summary), daemon=True, name="review"
        )
        self._worker.start()

    def _look_up(self, stop: threading.Event, results: list[Enrichment], summary: Summary) -> None:
        try:
            with self._clean() as found:
                for result in found:
                    if stop.is_set():
                        return
                    summary.add(result)
                    results.append(result)
        except EnrichError as error:
            self.error = str(error)
        except Exception as error:  # noqa: BLE001 -- the thread has nobody else to tell; the page says it
            self.error = f"the library could not be looked up ({type(error).__name__}: {error})"
        self.complete = True

    def end(self) -> None:
        """Stop looking up."""
        self._stop.set()

    def again(self) -> None:
        """Begin anew with the file as it is now; where it cannot be read, what there is stays."""
        with self._lock:
            sha256 = sha256_of(self.library)
            self.end()
            self._worker.join(timeout=5)
            self._begin(sha256)

    def save(self, decided: Sequence[Decided]) -> dict[str, Any]:
        """Write what was decided. Raises ReviewError or ConflictError with nothing written."""
        with self._lock:
            if not self.complete or self.error:
                raise ConflictError("the library is still being looked up; wait until all records are there")
            if self.saved:
                raise ConflictError("this review is saved already; undo it, or review what is left")
            if sha256_of(self.library) != self._sha256:
                raise ConflictError(
                    f"{self.library.name} was changed since this review began, so nothing was written"
                )
            by_record = {each.record: each.fields for each in decided}
            done = tuple(self._reviewed(by_record))
            locks = self._locks(by_record)
            counts = Summary()
            header = rewrite(
                self.library, iter(done), self._state_dir, lambda result, _restore: counts.add(result)
            )
            self.saved = header is not None
            if locks:
                keep(self.library, locks)
            return {
                "changes": counts.changes if header else 0,
                "records": counts.changed if header else 0,
                "kept": sum(map(len, locks.values())),
                "keep_file": keep_file(self.library).name,
            }

    def _reviewed(self, by_record: Mapping[int, Mapping[str, Decision]]) -> Iterator[Enrichment]:
        """Yield every result as decided; raises ReviewError with all faults of all records."""
        faults: list[Fault] = []
        beyond = [record for record in by_record if record >= len(self.results)]
        if beyond:
            raise ConflictError(f"there is no record {beyond[0] + 1} in this library")
        for place, result in enumerate(self.results):
            try:
                yield reviewed(result, by_record.get(place, {}))
            except ReviewError as error:
                faults += error.faults
        if faults:
            raise ReviewError(f"{len(faults)} decisions cannot be carried out", tuple(faults))

    def _locks(self, by_record: Mapping[int, Mapping[str, Decision]]) -> dict[str, set[str]]:
        locks: dict[str, set[str]] = {}
        for record, fields in by_record.items():
            kept = {field for field, decision in fields.items() if decision.choice == "keep"}
            name = lock_name(self.results[record].before)
            if kept and name is None:
                text = "the record has neither a DOI nor a label by which it could be kept"
                raise ReviewError(text, tuple(Fault(record, field, text) for field in sorted(kept)))
            if kept and name is not None:
                locks.setdefault(name, set()).update(kept)
        return locks

    def take_back(self) -> None:
        """Undo what was saved; the decisions can be saved again."""
        with self._lock:
            if not self.saved:
                raise ConflictError("nothing was saved, so there is nothing to take back")
            undo(self.library, state_dir=self._state_dir)
            self.saved = False


class _Gate:
    """Lets in who knows the token, at a loopback address; to everybody else there is nothing here."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        token, slash, _ = scope["path"].removeprefix("/").partition("/")
        host = _HOST.fullmatch(dict(scope["headers"]).get(b"host", b"").decode("latin-1").lower())
        if slash and host and host[1] in _LOOPBACK and secrets.compare_digest(token.encode(), self._token):
            await self._app({**scope, "root_path": f"/{token}"}, receive, send)
        else:
            text = "There is nothing here. Copy the whole address that enrich review printed, to its end."
            await Response(text, status_code=404, headers=HEADERS)(scope, receive, send)


def create_app(review: Review, token: str, close: Callable[[], None]) -> ASGIApp:
    """Return the application for one review; `close` is called when the user is done."""
    pages = _Pages(review, close)
    routes = [
        Route("/", asset),
        Route("/page/session", pages.session),
        Route("/page/rows", pages.rows),
        Route("/page/save", pages.save, methods=["POST"]),
        Route("/page/undo", pages.undo, methods=["POST"]),
        Route("/page/again", pages.again, methods=["POST"]),
        Route("/page/close", pages.close, methods=["POST"]),
        Route("/page/{name}", asset),
    ]
    return _Gate(Starlette(routes=routes), token)


class _Pages:
    """The answers of a review."""

    def __init__(self, review: Review, close: Callable[[], None]) -> None:
        self._review = review
        self._close = close

    async def session(self, _request: Request) -> Response:
        """Say what is reviewed."""
        review = self._review
        return answer({"mode": "review", "library": review.library.name, "run": review.run, "saved": review.saved})

    async def rows(self, _request: Request) -> Response:
        """Stream the records as they are ready, then the summary."""
        headers = {**HEADERS, "Cache-Control": "no-store"}
        return StreamingResponse(self._lines(), media_type="application/x-ndjson", headers=headers)

    async def _lines(self) -> AsyncIterator[bytes]:
        review, sent = self._review, 0
        results = review.results
        while True:
            complete = review.complete
            while portion := results[sent : sent + _PORTION]:
                sent += len(portion)
                yield b"".join(dump(shown(result)) for result in portion)
            if complete or review.results is not results:
                break
            await asyncio.sleep(_PAUSE)
        yield dump({"error": review.error} if review.error else {"summary": review.summary.as_dict()})

    async def save(self, request: Request) -> Response:
        """Write what was decided."""
        try:
            decided = _DECIDED.validate_python(orjson.loads(await body(request, LIMIT)).get("decisions"))
        except (ValueError, AttributeError, RecursionError) as error:
            return problem("bad-request", f"these are no decisions: {_first(error)}")
        return await _tried(self._review.save, decided)

    async def undo(self, _request: Request) -> Response:
        """Take back what was saved."""
        return await _tried(self._review.take_back)

    async def again(self, _request: Request) -> Response:
        """Look the file up once more, as it is now."""
        return await _tried(self._review.again)

    async def close(self, _request: Request) -> Response:
        """End the review."""
        self._close()
        return answer({})


async def body(request: Request, limit: int) -> bytes:
    """Return the body of a request; raises ValueError where it is longer than `limit` bytes."""
    held = bytearray()
    try:
        async for chunk in request.stream():
            held += chunk
            if len(held) > limit:
                raise ValueError(f"more than {limit:,} bytes")
    except ClientDisconnect as error:
        raise ValueError("the connection was closed") from error
    return bytes(held)


async def _tried(verb: Callable[..., Any], *arguments: Any) -> Response:
    """Answer with what a verb returns, or with a problem that says what is wrong and what to do."""
    try:
        return answer(await run_in_threadpool(verb, *arguments) or {})
    except ReviewError as error:
        return problem("unwritable", str(error), faults=[fault._asdict() for fault in error.faults])
    except ConflictError as error:
        return problem("changed", str(error))
    except EnrichError as error:
        return problem("internal", str(error))


def _first(error: Exception) -> str:
    if isinstance(error, ValidationError):
        found = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, found['loc']))}: {found['msg']}"
    return str(error)

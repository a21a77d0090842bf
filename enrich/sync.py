"""The blocking façade: the same verbs for callers without an event loop.

The loop runs in a thread of its own, so that requests under way go on while the caller works on a result.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias, TypeVar, overload

from enrich import formats
from enrich.enricher import Enricher
from enrich.errors import FormatError, IdentifierError, unreadable
from enrich.merge.policy import MergePolicy
from enrich.model.enrichment import Enrichment
from enrich.model.outcome import Outcome, Place
from enrich.model.record import Record
from enrich.settings import Settings, load

_T = TypeVar("_T")
_PIECE: Final = 1 << 18  # bytes read at once
_AHEAD: Final = 4  # results that may wait for the caller
Library: TypeAlias = "str | PathLike[str] | BinaryIO | Iterable[Record]"


def read(library: str | PathLike[str] | BinaryIO, *, format: str | None = None) -> Iterator[Record]:  # noqa: A002 -- the interface's word
    """Yield the records of a file or a binary stream; the format is recognised by content. Raises FormatError."""
    if isinstance(library, str | PathLike):
        path = Path(library)
        try:
            stream = path.open("rb")
        except OSError as error:
            raise FormatError(unreadable(error), file=str(path)) from error
        with stream:
            yield from formats.read(_pieces(stream, str(path)), file=str(path), format=format)
    else:
        yield from formats.read(_pieces(library, "-"), file="-", format=format)


def _pieces(stream: BinaryIO, name: str) -> Iterator[bytes]:
    try:
        while piece := stream.read(_PIECE):
            yield piece
    except OSError as error:
        raise FormatError(unreadable(error), file=name) from error


def clean(
    library: Library,
    *,
    policy: MergePolicy | str | None = None,
    settings: Settings | None = None,
    keeps_format: bool = False,
    observe: Callable[[Enricher], None] | None = None,
) -> Generator[Enrichment]:
    """Yield one enrichment for each record of a file, a stream or an iterable of records, in order.

    With `keeps_format` the records are going back into their own format: what it has no place for is not filled. `observe`
    is called with the running enricher, for those who show progress. Closing the iterator ends the run.
    """
    settings = settings or load()
    records = library if _is_records(library) else read(library)  # type: ignore[arg-type]  # narrowed by the guard

    async def produce(put: Callable[[tuple[Enrichment, ...]], Awaitable[None]]) -> None:
        async with Enricher(settings, policy=policy, keeps_format=keeps_format) as enricher:
            if observe is not None:
                observe(enricher)
            async for chunk in enricher.stream_chunks(records):  # type: ignore[arg-type]  # likewise
                await put(chunk)

    with contextlib.closing(_in_thread(produce)) as chunks:
        for chunk in chunks:
            yield from chunk


def _is_records(library: Library) -> bool:
    return not isinstance(library, str | PathLike) and not hasattr(library, "read")


@overload
def resolve(dois: str, *, settings: Settings | None = None) -> Outcome: ...  # type: ignore[overload-overlap]  # a str is a sequence, too
@overload
def resolve(dois: Sequence[str], *, settings: Settings | None = None) -> list[Outcome]: ...
def resolve(dois: str | Sequence[str], *, settings: Settings | None = None) -> Outcome | list[Outcome]:
    """Return what the agency says of a DOI in any spelling; a list for a list. Raises IdentifierError."""
    found: list[Outcome] = []
    for _, outcome in outcomes([dois] if isinstance(dois, str) else dois, settings=settings):
        if isinstance(outcome, IdentifierError):
            raise outcome
        found.append(outcome)
    return found[0] if isinstance(dois, str) else found


def outcomes(
    texts: Iterable[str],
    *,
    settings: Settings | None = None,
    observe: Callable[[Enricher], None] | None = None,
) -> Generator[tuple[str, Outcome | IdentifierError]]:
    """Yield every DOI of a stream of any length, in any spelling, with what is known of it; in order, bounded memory."""
    return _streamed(lambda enricher: enricher.outcome_chunks(texts), settings or load(), observe)


def places(
    texts: Iterable[str],
    *,
    settings: Settings | None = None,
    observe: Callable[[Enricher], None] | None = None,
) -> Generator[tuple[str, Place | IdentifierError]]:
    """Yield every DOI of a stream of any length, in any spelling, with the page it leads to; in order, bounded memory."""
    return _streamed(lambda enricher: enricher.place_chunks(texts), settings or load(), observe)


def _streamed(
    ask: Callable[[Enricher], AsyncIterator[list[_T]]],
    settings: Settings,
    observe: Callable[[Enricher], None] | None,
) -> Generator[_T]:
    async def produce(put: Callable[[list[_T]], Awaitable[None]]) -> None:
        async with Enricher(settings) as enricher:
            if observe is not None:
                observe(enricher)
            async for chunk in ask(enricher):
                await put(chunk)

    with contextlib.closing(_in_thread(produce)) as chunks:
        for chunk in chunks:
            yield from chunk


def _in_thread(produce: Callable[[Callable[[_T], Awaitable[None]]], Awaitable[None]]) -> Generator[_T]:
    """Run `produce` on an event loop in a thread and yield what it puts; its error is raised here.

    Who stops listening ends it: what is under way is given up, and what was promised to other processes is taken back.
    """
    results: queue.Queue[tuple[_T] | BaseException | None] = queue.Queue()
    stop = threading.Event()
    give_up: list[Callable[[], object]] = []

    async def put(item: _T) -> None:
        # Waiting for a slow caller must not stop the loop: requests under way have their time limits.
        while results.qsize() >= _AHEAD and not stop.is_set():  # noqa: ASYNC110 -- the caller's thread cannot set an asyncio event
            await asyncio.sleep(0.002)
        if stop.is_set():
            raise asyncio.CancelledError
        results.put((item,))

    async def run() -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None  # noqa: S101 -- whatever asyncio.run() runs is a task
        give_up.append(lambda: loop.call_soon_threadsafe(task.cancel))
        await produce(put)

    worker = threading.Thread(target=_run, args=(run, results.put), name="enrich", daemon=True)
    worker.start()
    try:
        while (item := results.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item[0]
    finally:
        stop.set()
        with contextlib.suppress(RuntimeError):  # the loop may have come to its end by itself
            for end in give_up:
                end()
        worker.join(timeout=2)


def _run(work: Callable[[], Coroutine[None, None, None]], tell: Callable[[BaseException | None], None]) -> None:
    """Run `work` on an event loop and tell how it ended."""
    try:
        asyncio.run(work())
    except BaseException as error:  # noqa: BLE001 -- whatever it is, it belongs to the caller's thread
        tell(error)
    else:
        tell(None)

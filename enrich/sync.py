"""The blocking façade: the same verbs for callers without an event loop.

The loop runs in a thread of its own, so that requests under way go on while the caller works on a result.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from os import PathLike
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias, TypeVar, overload

from enrich import formats
from enrich.enricher import Enricher
from enrich.errors import FormatError, IdentifierError
from enrich.merge.policy import MergePolicy
from enrich.model.enrichment import Enrichment
from enrich.model.outcome import Outcome
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
            raise FormatError(f"cannot be read: {error.strerror}; check the path", file=str(path)) from error
        with stream:
            yield from formats.read(_pieces(stream, str(path)), file=str(path), format=format)
    else:
        yield from formats.read(_pieces(library, "-"), file="-", format=format)


def _pieces(stream: BinaryIO, name: str) -> Iterator[bytes]:
    try:
        while piece := stream.read(_PIECE):
            yield piece
    except OSError as error:
        raise FormatError(f"cannot be read: {error.strerror}; check the path", file=name) from error


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

    with closing(_in_thread(produce)) as chunks:
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
    settings = settings or load()

    async def produce(put: Callable[[list[tuple[str, Outcome | IdentifierError]]], Awaitable[None]]) -> None:
        async with Enricher(settings) as enricher:
            if observe is not None:
                observe(enricher)
            async for chunk in enricher.outcome_chunks(texts):
                await put(chunk)

    with closing(_in_thread(produce)) as chunks:
        for chunk in chunks:
            yield from chunk


def _in_thread(produce: Callable[[Callable[[_T], Awaitable[None]]], Awaitable[None]]) -> Generator[_T]:
    """Run `produce` on an event loop in a thread and yield what it puts; its error is raised here."""
    results: queue.Queue[tuple[_T] | BaseException | None] = queue.Queue()
    stop = threading.Event()

    async def put(item: _T) -> None:
        # Waiting for a slow caller must not stop the loop: requests under way have their time limits.
        while results.qsize() >= _AHEAD and not stop.is_set():  # noqa: ASYNC110 -- the caller's thread cannot set an asyncio event
            await asyncio.sleep(0.002)
        if stop.is_set():
            raise asyncio.CancelledError
        results.put((item,))

    async def run() -> None:
        await produce(put)

    def thread() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:  # noqa: BLE001 -- whatever it is, it belongs to the caller's thread
            results.put(error)
        else:
            results.put(None)

    worker = threading.Thread(target=thread, name="enrich", daemon=True)
    worker.start()
    try:
        while (item := results.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item[0]
    finally:
        stop.set()
        worker.join(timeout=2)

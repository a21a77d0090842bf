"""A stream in portions, worked on side by side and handed on in order; so many are in flight, by number and by bytes.

Records are of any size: two thousand that wait for an agency may be a megabyte of memory or eight gigabytes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable, Iterator
from typing import Final, TypeVar

from enrich.model.record import Record

_A = TypeVar("_A")
_B = TypeVar("_B")
_LARGE: Final = 1 << 20  # bytes of records beyond which no more of them go together
ROOM: Final = 16 << 20
"""Bytes of records in flight beyond which no more are begun; what is read of them takes several times as much."""


async def portions(items: Iterable[_A] | AsyncIterable[_A], size: int) -> AsyncIterator[list[_A]]:
    """Yield the items of a stream, `size` together; fewer of large records."""
    if isinstance(items, AsyncIterable):
        chunk: list[_A] = []
        weight = 0
        async for item in items:
            chunk.append(item)
            weight += _bytes(item)
            if len(chunk) == size or weight > _LARGE:
                yield chunk
                chunk, weight = [], 0
        if chunk:
            yield chunk
        return
    iterator = iter(items)
    while chunk := portion(iterator, size):
        yield chunk


def portion(items: Iterator[_A], size: int) -> list[_A]:
    """Return the next items of a stream, `size` at most; fewer of large records."""
    taken: list[_A] = []
    weight = 0
    for item in items:
        taken.append(item)
        weight += _bytes(item)
        if len(taken) == size or weight > _LARGE:
            break
    return taken


def _bytes(item: object) -> int:
    return len(item.source.raw) if isinstance(item, Record) and item.source is not None else 0


async def in_order(
    chunks: AsyncIterator[list[_A]],
    work: Callable[[list[_A]], Coroutine[None, None, _B]],
    depth: int,
) -> AsyncIterator[_B]:
    """Yield the work of each chunk in order, `depth` chunks under way at once, or those that take ROOM."""
    under_way: deque[asyncio.Task[_B]] = deque()
    weights: deque[int] = deque()
    try:
        async for chunk in chunks:
            under_way.append(asyncio.create_task(work(chunk)))
            weights.append(sum(map(_bytes, chunk)))
            del chunk
            # A chunk that waits for nobody is done after one turn of the loop, and handed on before more is read.
            await asyncio.sleep(0)
            while under_way and (under_way[0].done() or len(under_way) >= depth or sum(weights) > ROOM):
                weights.popleft()
                yield await under_way.popleft()
        while under_way:
            yield await under_way.popleft()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

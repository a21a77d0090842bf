"""A stream in portions: in order, nothing lost, and in flight only so many records and so many bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

import pytest

from enrich.model import Origin, Record, Source, Work
from enrich.portions import ROOM, in_order, portion, portions

LARGE = b"x" * (ROOM // 4)


def record(raw: bytes) -> Record:
    return Record(work=Work(), origin=Origin(), source=Source(format="refer", raw=raw, work=Work()))


def most_in_flight(records: Iterable[Record], size: int, depth: int) -> tuple[int, int]:
    """Work on records, none of which is done before no more are begun; return how many there were, and how many at most."""
    most = 0

    async def run() -> int:
        nonlocal most
        begun, given, go_on = 0, 0, asyncio.Event()

        async def work(chunk: list[Record]) -> list[Record]:
            nonlocal begun
            begun += len(chunk)
            go_on.clear()
            asyncio.get_running_loop().call_later(0, go_on.set)
            await go_on.wait()
            return chunk

        async for done in in_order(portions(records, size), work, depth):
            most = max(most, begun - given)
            given += len(done)
        return given

    return asyncio.run(run()), most


@pytest.mark.parametrize(
    ("raw", "size", "depth", "most"), [(b"x", 5, 4, 20), (LARGE, 5, 4, 5), (LARGE, 100, 20, 5)]
)
def test_records_in_flight_are_bounded_by_number_and_by_bytes(
    raw: bytes, size: int, depth: int, most: int
) -> None:
    """However many wait for an answer, they are no more than the window, and take no more than the room and one record."""
    number, found = most_in_flight((record(raw) for _ in range(60)), size, depth)
    assert number == 60
    assert found <= most


def test_large_records_go_together_in_smaller_numbers() -> None:
    """A portion has its size, or what is large; whether its stream is asynchronous or not; joined, they are the stream."""
    records = [record(b"x")] * 7 + [record(LARGE)] * 3 + [record(b"x")] * 4

    async def asynchronous() -> AsyncIterator[Record]:
        for each in records:
            yield each

    async def run(stream: Iterable[Record] | AsyncIterator[Record]) -> list[list[Record]]:
        return [chunk async for chunk in portions(stream, 5)]

    found = asyncio.run(run(records))
    assert [len(chunk) for chunk in found] == [5, 3, 1, 1, 4]
    assert asyncio.run(run(asynchronous())) == found
    assert [each for chunk in found for each in chunk] == records
    assert portion(iter([]), 5) == []

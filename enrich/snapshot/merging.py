"""Runs and older layers into one new layer, shard by shard, a range of keys at a time.

Of several answers for one DOI the one described later stays, of equals the one loaded last; an answer goes before an alias.
Values are moved as they are compressed, with the dictionaries they need.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Final

from enrich.snapshot import runs, table
from enrich.snapshot.layers import Layer, OpenLayer, Shard, checksum
from enrich.snapshot.table import ALIAS, WHOSE, least_of

_IN_HAND: Final = 64 << 20  # bytes of rows sorted at a time by one process
_PER_SHARD: Final = 1_000_000  # works
_MOST: Final = 64
_ALIAS: Final = WHOSE.index(ALIAS)
_ORDER: Final = itemgetter(0, 1, 2, 3)
Packed = tuple[int, bool, int, int, str, int, bytes]
"""Key, whether it is an answer, stamp, order of loading, DOI, whose, frame: in the order in which the last one stays."""


@dataclass(frozen=True)
class Merge:
    """One shard to be made: of `shards`, from runs (in the order of loading) and the layers they go over, oldest first."""

    number: int
    shards: int
    place: Path
    directory: Path
    runs: tuple[Path, ...]
    layers: tuple[Layer, ...]
    dictionaries: tuple[bytes, ...]
    bytes: int


@dataclass(frozen=True)
class Merged:
    """A shard made, with its works by agency and their dates."""

    number: int
    shard: Shard
    records: Counter[str]
    oldest: int | None
    newest: int | None


def shards_for(rows: int) -> int:
    """Return how many shards so many rows are parted into: a power of two."""
    return min(_MOST, 1 << max(0, (rows // _PER_SHARD).bit_length() - 1))


def merge(task: Merge) -> Merged:
    """Make one shard and return what is in it; it is on the disk then."""
    path = task.place / f"{task.number:02}.sqlite3"
    path.unlink(missing_ok=True)
    records: Counter[str] = Counter()
    dates: list[int] = []
    with ExitStack() as stack:
        older = [stack.enter_context(closing(OpenLayer(task.directory, layer))) for layer in task.layers]
        database = stack.enter_context(closing(table.created(path, task.dictionaries)))
        database.execute("BEGIN")
        for first, behind in _ranges(task):
            rows = list(_last(sorted(_gathered(task, older, first, behind), key=_ORDER)))
            database.executemany(
                "INSERT INTO work VALUES (?, ?, ?, ?, ?)",
                ((key, doi, whose, stamp, value) for key, _, stamp, _, doi, whose, value in rows),
            )
            records.update(WHOSE[row[5]] for row in rows)
            dates = _extremes([*dates, *(row[2] for row in rows if row[1])])
        database.execute("COMMIT")
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
    shard = Shard(path.name, path.stat().st_size, checksum(path), sum(records.values()))
    return Merged(task.number, shard, records, dates[0] if dates else None, dates[-1] if dates else None)


def _ranges(task: Merge) -> Iterator[tuple[int, int]]:
    """Yield the ranges of the runs' 256 that are sorted together: what is in hand at a time is bounded."""
    begin, end = (runs.RANGES * number // task.shards for number in (task.number, task.number + 1))
    at_once = max(1, min(end - begin, runs.RANGES * _IN_HAND // max(1, task.bytes)))
    for first in range(begin, end, at_once):
        yield first, min(first + at_once, end)


def _gathered(task: Merge, older: Sequence[OpenLayer], first: int, behind: int) -> Iterator[Packed]:
    least, greatest = least_of(first, runs.RANGES), least_of(behind, runs.RANGES) - 1
    for order, layer in enumerate(older, -len(older)):
        for key, doi, whose, stamp, value in layer.rows(least, greatest):
            yield key, whose != _ALIAS, stamp, order, doi, whose, value
    for order, path in enumerate(task.runs):
        for row in runs.part(path, first, behind):
            yield row.key, row.whose != _ALIAS, row.stamp, order, row.doi, row.whose, row.value


def _last(rows: Sequence[Packed]) -> Iterator[Packed]:
    """Yield the last row of each key."""
    held: Packed | None = None
    for row in rows:
        if held is not None and held[0] != row[0]:
            yield held
        held = row
    if held is not None:
        yield held


def _extremes(dates: list[int]) -> list[int]:
    return [min(dates), max(dates)] if dates else []

"""Runs: what one data file gave, sorted by key, between reading it and merging it into a layer.

A run is complete when its note is there, which is renamed into place after the rows are on the disk; whatever else a killed
process left is written over. Layout: rows one after the other, then where each of 256 equal ranges of keys begins, then a
mark. A merge reads one range out of every run, so it holds a part of the keys at a time and not a part of the files.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from enrich.snapshot.table import WHOSE, Row, part_of

RANGES: Final = 256
_HEAD: Final = struct.Struct("<qqBHI")
_INDEX: Final = struct.Struct(f"<{RANGES + 1}Q8s")
_PLACE: Final = struct.Struct("<Q")
_MARK: Final = b"enrichR2"


class Packed(NamedTuple):
    """A row as it stands in a run; `whose` is a number."""

    key: int
    stamp: int
    whose: int
    doi: str
    value: bytes


def packed(row: Row) -> bytes:
    """Return a row as it stands in a run."""
    doi = row.doi.encode("utf-8", "replace")
    return _HEAD.pack(row.key, row.stamp, WHOSE.index(row.agency), len(doi), len(row.value)) + doi + row.value


def write(path: Path, rows: Sequence[tuple[int, bytes]]) -> int:
    """Write packed rows with their keys, in any order, and return the number of bytes; they are on the disk then."""
    places, at, lately = [0] * (RANGES + 1), 0, -1
    ordered = sorted(rows, key=lambda row: row[0])
    for key, row in ordered:
        bucket = part_of(key, RANGES)
        if bucket != lately:
            places[lately + 1 : bucket + 1] = [at] * (bucket - lately)
            lately = bucket
        at += len(row)
    places[lately + 1 :] = [at] * (RANGES - lately)
    with path.open("wb") as stream:
        stream.write(b"".join(row for _, row in ordered))
        stream.write(_INDEX.pack(*places, _MARK))
        stream.flush()
        os.fsync(stream.fileno())
    return at


def size_of(path: Path) -> int:
    """Return the bytes of the rows of a run; raises ValueError where it is none."""
    with path.open("rb") as stream:
        stream.seek(-_INDEX.size, os.SEEK_END)
        *places, mark = _INDEX.unpack(stream.read(_INDEX.size))
    if mark != _MARK:
        raise ValueError(f"{path} is not what was written")
    return int(places[-1])


def part(path: Path, first: int, behind: int) -> Iterator[Packed]:
    """Yield the rows of a run whose keys are in the ranges from `first` to before `behind`."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        index = os.fstat(descriptor).st_size - _INDEX.size
        begin, end = (
            _PLACE.unpack(os.pread(descriptor, _PLACE.size, index + _PLACE.size * place))[0]
            for place in (first, behind)
        )
        data = os.pread(descriptor, end - begin, begin)
    finally:
        os.close(descriptor)
    at = 0
    while at < len(data):
        key, stamp, whose, width, size = _HEAD.unpack_from(data, at)
        middle = at + _HEAD.size + width
        yield Packed(key, stamp, whose, data[at + _HEAD.size : middle].decode(), data[middle : middle + size])
        at = middle + size

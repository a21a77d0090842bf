"""What a snapshot consists of: layers of shards, and the manifest that names them.

A directory holds `snapshot.json` and one directory for each layer. A layer is what a load made and never changes; its
shards are SQLite files (:mod:`enrich.snapshot.table`), each for an equal range of keys. A load adds a layer, or merges those
that are not much larger than itself into it; the manifest, renamed into place, is what makes it count.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
import zstandard

from enrich.errors import StoreError
from enrich.snapshot import table
from enrich.snapshot.table import ALIAS, WHOSE, Codec, key_of, least_of, part_of

MANIFEST: Final = "snapshot.json"
SOURCES: Final = "sources.jsonl"
_MOST: Final = 512  # keys in a statement
_COLUMNS: Final = "key, stamp, doi, agency, value"
_ONE: Final = f"SELECT {_COLUMNS} FROM work WHERE key = ?"  # noqa: S608 -- names of columns only
# As many statements as powers of two: SQLite's connection remembers a hundred, and has them ready.
_MARKS: Final = {1 << power: ",".join("?" * (1 << power)) for power in range(_MOST.bit_length())}
_MANY: Final = {
    count: f"SELECT {_COLUMNS} FROM work WHERE key IN ({marks})"  # noqa: S608 -- question marks only
    for count, marks in _MARKS.items()
}
_WHOSE: Final = {
    count: f"SELECT key, agency FROM work WHERE key IN ({marks})"  # noqa: S608 -- question marks only
    for count, marks in _MARKS.items()
}
_ALIAS: Final = WHOSE.index(ALIAS)
Held = tuple[int, int, str, int, bytes]
"""A row: key, stamp, DOI, whose (a number in WHOSE), frame."""


@dataclass(frozen=True)
class Shard:
    """A file, its bytes, its checksum and how many rows it has."""

    file: str
    bytes: int
    blake2b: str
    rows: int


@dataclass(frozen=True)
class Layer:
    """What one load made: its shards, its works by agency, how many of them older layers have too, their dates."""

    name: str
    shards: tuple[Shard, ...]
    records: Mapping[str, int]
    also_below: Mapping[str, int]
    oldest: int | None
    newest: int | None

    @property
    def rows(self) -> int:
        """All rows, aliases included."""
        return sum(shard.rows for shard in self.shards)


@dataclass(frozen=True)
class Manifest:
    """The layers, oldest first; as of when each agency's works are complete (Unix time); what was loaded, and when."""

    layers: tuple[Layer, ...] = ()
    as_of: Mapping[str, int] = field(default_factory=dict)
    scopes: tuple[Mapping[str, Any], ...] = ()
    loaded: int = 0

    @property
    def records(self) -> dict[str, int]:
        """Works by agency, each counted once; aliases are no works of their own."""
        total: Counter[str] = Counter()
        for layer in self.layers:
            total.update(layer.records)
            total.subtract(layer.also_below)
        return {agency: total[agency] for agency in WHOSE if total[agency] and agency != ALIAS}

    def write(self, directory: Path) -> None:
        """Let these layers count from now on."""
        content = {"version": table.VERSION, **asdict(self)}
        data = orjson.dumps({**content, "check": _digest(orjson.dumps(content))}, option=orjson.OPT_INDENT_2)
        new = directory / f".{MANIFEST}.new"
        with new.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(directory / MANIFEST)
        synced(directory)


def read(directory: Path) -> Manifest:
    """Return the manifest of a directory, an empty one where there is none. Raises StoreError."""
    file = directory / MANIFEST
    try:
        content = orjson.loads(file.read_bytes())
        check = content.pop("check")
        is_whole = check == _digest(orjson.dumps(content))
        version = content.pop("version")
        named = tuple(
            Layer(**{**layer, "shards": tuple(Shard(**shard) for shard in layer["shards"])})
            for layer in content.pop("layers")
        )
        manifest = Manifest(**{**content, "layers": named, "scopes": tuple(content["scopes"])})
    except FileNotFoundError:
        return Manifest()
    except OSError as error:  # nothing says that it is damaged: it must not be removed
        raise StoreError(f"the snapshot {file} cannot be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"the snapshot {file} cannot be read ({error}); {remedy(directory)}") from error
    if version != table.VERSION:
        raise StoreError(f"the snapshot {file} is of another version ({version}); {remedy(directory)}")
    if not is_whole:
        raise StoreError(f"the snapshot {file} is not as it was written; {remedy(directory)}")
    return manifest


def remedy(directory: Path) -> str:
    """Return what to do about a snapshot that is damaged."""
    return f"remove {directory / MANIFEST} and load the data files again"


def synced(directory: Path) -> None:
    """Have the names in a directory on the disk."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def checksum(path: Path) -> str:
    """Return the checksum of a file as it is."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _opened(path: Path, shard: Shard) -> sqlite3.Connection:
    if path.stat().st_size != shard.bytes:
        raise sqlite3.DatabaseError(f"{path} has not the size it was written with")
    return table.opened(path)


class OpenLayer:
    """A layer being read: a connection to each shard."""

    def __init__(self, directory: Path, layer: Layer) -> None:
        self.name = layer.name
        self._shards: list[sqlite3.Connection] = []
        try:
            for shard in layer.shards:
                self._shards.append(_opened(directory / layer.name / shard.file, shard))
            self.codec = Codec(self.dictionaries)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the files."""
        for shard in self._shards:
            shard.close()

    def one(self, key: int) -> Held | None:
        """Return what stands under a key, None where nothing does."""
        found: Held | None = self._shards[part_of(key, len(self._shards))].execute(_ONE, (key,)).fetchone()
        return found

    def held(self, keys: Sequence[int]) -> Iterator[Held]:
        """Yield what stands under these keys, which are sorted."""
        for database, few in self._parted(keys):
            yield from database.execute(_MANY[len(few)], few)

    def present(self, keys: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Yield those of these keys, which are sorted, that have a row, and whose it is."""
        for database, few in self._parted(keys):
            yield from database.execute(_WHOSE[len(few)], few)

    def _parted(self, keys: Sequence[int]) -> Iterator[tuple[sqlite3.Connection, Sequence[int]]]:
        """Yield, shard by shard, as many keys as a statement takes; the last is repeated until they are a power of two."""
        parts, begin = len(self._shards), 0
        for part, shard in enumerate(self._shards):
            end = bisect_left(keys, least_of(part + 1, parts), begin)
            for first in range(begin, end, _MOST):
                few = keys[first : min(first + _MOST, end)]
                room = 1 << (len(few) - 1).bit_length()
                yield shard, [*few, *[few[-1]] * (room - len(few))]
            begin = end

    def rows(self, least: int, greatest: int) -> Iterator[tuple[int, str, int, int, bytes]]:
        """Yield key, DOI, whose, stamp and frame of the rows between two keys, both included, in order."""
        parts = len(self._shards)
        for shard in self._shards[part_of(least, parts) : part_of(greatest, parts) + 1]:
            yield from shard.execute(
                "SELECT key, doi, agency, stamp, value FROM work WHERE key BETWEEN ? AND ? ORDER BY key",
                (least, greatest),
            )

    def keys_by_the_hundred(self) -> Iterator[dict[int, int]]:
        """Yield all keys in order, as many as go into a statement at a time, and whose row each is."""
        for shard in self._shards:
            rows = shard.execute("SELECT key, agency FROM work ORDER BY key")
            while some := rows.fetchmany(_MOST):
                yield dict(some)

    @property
    def dictionaries(self) -> list[bytes]:
        """The dictionaries of its values, oldest first."""
        return table.dictionaries_of(self._shards[0]) if self._shards else []


def damage(directory: Path, layer: Layer, shard: Shard) -> Iterator[str]:
    """Yield what is wrong with a shard, in sentences: its checksum, and where that is another, each row that is damaged."""
    path = directory / layer.name / shard.file
    try:
        if path.stat().st_size == shard.bytes and checksum(path) == shard.blake2b:
            return
        yield f"{path}: is not as it was written"
        database = table.opened(path)
        try:
            yield from (f"{path}: {line}" for (line,) in database.execute("PRAGMA quick_check") if line != "ok")
            yield from _damaged_rows(database)
        finally:
            database.close()
    except (OSError, sqlite3.Error, zstandard.ZstdError, UnicodeDecodeError) as error:
        yield f"{path}: cannot be read ({error})"


def _damaged_rows(database: sqlite3.Connection) -> Iterator[str]:
    codec = Codec(table.dictionaries_of(database))
    for key, doi, whose, value in database.execute("SELECT key, doi, agency, value FROM work ORDER BY key"):
        if whose != _ALIAS:
            try:
                codec.decompress(value)
            except (zstandard.ZstdError, TypeError) as error:
                yield f"{doi}: {error}"
        if not isinstance(doi, str) or key != key_of(doi):
            yield f"{doi}: stands under another's key"

"""A shard of the snapshot, one SQLite file: its tables, its keys, and how its values are compressed.

A work is found by a 64-bit hash of its DOI, which is the table's own key: rows lie in the order of the hash, so a sorted
load fills the pages and a sorted batch reads them in order. The DOI stands in the row and is compared; of two DOIs with one
hash the later stays and the other is absent, never mistaken for it. (Two among all works now registered share a hash with
a probability of one in four hundred.)

Values are Zstandard frames (RFC 8878) with a checksum; a frame names the dictionary it was written with. An alias has no
answer of its own: its value is the name of its prime.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import zstandard

VERSION: Final = 2
SCHEMA: Final = f"""
    PRAGMA page_size = 16384;
    PRAGMA user_version = {VERSION};
    CREATE TABLE work (
        key INTEGER PRIMARY KEY, doi TEXT NOT NULL, agency INTEGER NOT NULL, stamp INTEGER NOT NULL, value BLOB NOT NULL
    );
    CREATE TABLE dictionary (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
"""
ALIAS: Final = "alias"
WHOSE: Final = ("crossref", "datacite", "doi.org", ALIAS)
"""Whose answer a row is, by its number there; new ones join at the end."""
_LEVEL: Final = 5
_DICTIONARY: Final = 1 << 18  # bytes; beyond it little is gained (docs/decisions/0020-snapshot-layers.md)
_USUAL: Final = (0b00100111, 0b01100111)
"""How frames begin (RFC 8878, 3.1.1.1.1) that tell a size below 65,792 in one or two bytes, and their dictionary in four."""
LARGEST: Final = 64 << 20  # bytes of one value, against a file that says it is larger than it can be
KEYS: Final = 1 << 64
LEAST: Final = -(1 << 63)


class Row(NamedTuple):
    """One answer: where it stands, whose it is, when it was described (Unix time), and the answer or its frame."""

    key: int
    doi: str
    agency: str
    stamp: int
    value: bytes


def key_of(doi: str) -> int:
    """Return the key of a DOI in compact form: a signed 64-bit hash."""
    return int.from_bytes(
        hashlib.blake2b(doi.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True
    )


def part_of(key: int, parts: int) -> int:
    """Return which of `parts` equal ranges of keys, in their order, a key is in.

    >>> [part_of(key, 4) for key in (-(2**63), -1, 0, 2**63 - 1)]
    [0, 1, 2, 3]
    """
    return (key - LEAST) * parts >> 64


def least_of(part: int, parts: int) -> int:
    """Return the least key of a part; for `parts` the number behind the greatest of all."""
    return part * KEYS // parts + LEAST


def created(path: Path, dictionaries: Iterable[bytes]) -> sqlite3.Connection:
    """Return a new shard to be filled, with the dictionaries its values need; a crash costs it, so it keeps no journal."""
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript(SCHEMA)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -16384"):
        database.execute(f"PRAGMA {pragma}")
    for data in dictionaries:
        number = zstandard.ZstdCompressionDict(data).dict_id()
        database.execute("INSERT OR REPLACE INTO dictionary VALUES (?, ?)", (number, data))
    return database


def opened(path: Path) -> sqlite3.Connection:
    """Return a shard to be read: it never changes, so no locks are needed (https://www.sqlite.org/uri.html, `immutable`)."""
    database = sqlite3.connect(
        f"{path.absolute().as_uri()}?immutable=1", uri=True, isolation_level=None, check_same_thread=False
    )
    (found,) = database.execute("PRAGMA user_version").fetchone()
    if found != VERSION:
        database.close()
        raise sqlite3.DatabaseError(f"it is of another version, {found}")
    return database


def dictionaries_of(database: sqlite3.Connection) -> list[bytes]:
    """Return the dictionaries of a shard, oldest first."""
    return [data for (data,) in database.execute("SELECT data FROM dictionary ORDER BY rowid")]


def trained(samples: Sequence[bytes]) -> bytes:
    """Return a dictionary learnt from samples."""
    # Searching for other k and d takes three times as long and compressed real works no better (3.5 to 1).
    return zstandard.train_dictionary(_DICTIONARY, list(samples), k=256, d=8).as_bytes()


class Codec:
    """Compresses with the last of the dictionaries, decompresses with the one a value was written with."""

    def __init__(self, dictionaries: Iterable[bytes] = ()) -> None:
        self._decompressors = {0: zstandard.ZstdDecompressor()}
        self._usual: dict[bytes, zstandard.ZstdDecompressor] = {}
        self._compressor: zstandard.ZstdCompressor | None = None
        self._last: zstandard.ZstdCompressionDict | None = None
        for data in dictionaries:
            self._last = zstandard.ZstdCompressionDict(data)
            number = self._last.dict_id()
            self._decompressors[number] = zstandard.ZstdDecompressor(dict_data=self._last)
            for sign in _USUAL:
                self._usual[bytes([sign]) + number.to_bytes(4, "little")] = self._decompressors[number]

    def compress(self, value: bytes) -> bytes:
        """Return `value` as a frame."""
        if self._compressor is None:  # prepared by the first who writes: a reader need not wait for it
            if self._last is not None:
                self._last.precompute_compress(level=_LEVEL)
            self._compressor = zstandard.ZstdCompressor(level=_LEVEL, dict_data=self._last, write_checksum=True)
        return self._compressor.compress(value)

    def decompress(self, frame: bytes) -> bytes:
        """Return what a frame holds; raises ZstdError where it is damaged."""
        usual = self._usual.get(frame[4:9])
        if usual is not None:
            return usual.decompress(frame)
        head = zstandard.get_frame_parameters(frame)
        decompressor = self._decompressors.get(head.dict_id)
        if decompressor is None or head.content_size > LARGEST:
            raise zstandard.ZstdError("the frame names a dictionary that is not there, or a size that cannot be")
        return decompressor.decompress(frame)

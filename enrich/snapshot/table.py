"""The snapshot's SQLite file: its tables, its keys, and how its values are compressed.

A work is found by a 64-bit hash of its DOI, which is the table's own key: rows lie in the order of the hash, so a sorted
load fills the pages and a sorted batch reads them in order. The DOI stands in the row and is compared; of two DOIs with one
hash the later stays and the other is absent, never mistaken for it. (Two among all works now registered share a hash with
a probability of one in four hundred.)

Values are Zstandard frames (RFC 8878); a frame names the dictionary it was written with.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from typing import Final, NamedTuple

import zstandard

FILE: Final = "snapshot.sqlite3"
VERSION: Final = 1
SCHEMA: Final = f"""
    PRAGMA page_size = 16384;
    PRAGMA user_version = {VERSION};
    CREATE TABLE work (
        key INTEGER PRIMARY KEY, doi TEXT NOT NULL, agency TEXT NOT NULL, stamp INTEGER NOT NULL, value BLOB NOT NULL
    );
    CREATE TABLE dictionary (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
    CREATE TABLE source (
        name TEXT PRIMARY KEY, records INTEGER NOT NULL, bytes INTEGER NOT NULL, modified INTEGER NOT NULL,
        loaded INTEGER NOT NULL
    );
    CREATE TABLE total (
        agency TEXT PRIMARY KEY, records INTEGER NOT NULL, oldest INTEGER NOT NULL, newest INTEGER NOT NULL
    );
"""
_LEVEL: Final = 3
_DICTIONARY: Final = 112_640  # bytes, what zstd's own tool makes
LARGEST: Final = 64 << 20  # bytes of one value, against a file that says it is larger than it can be


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


class Codec:
    """Compresses with the newest dictionary of a snapshot, decompresses with the one a value was written with."""

    def __init__(self, dictionaries: Sequence[bytes] = ()) -> None:
        self._decompressors = {0: zstandard.ZstdDecompressor()}
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL)
        self.has_dictionary = False
        for data in dictionaries:
            self._add(zstandard.ZstdCompressionDict(data))

    @classmethod
    def of(cls, database: sqlite3.Connection) -> Codec:
        """Return the codec of a snapshot."""
        return cls([data for (data,) in database.execute("SELECT data FROM dictionary ORDER BY rowid")])

    def _add(self, dictionary: zstandard.ZstdCompressionDict) -> None:
        dictionary.precompute_compress(level=_LEVEL)
        self._decompressors[dictionary.dict_id()] = zstandard.ZstdDecompressor(dict_data=dictionary)
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL, dict_data=dictionary)
        self.has_dictionary = True

    def train(self, samples: Sequence[bytes], database: sqlite3.Connection) -> None:
        """Learn a dictionary from samples and keep it in the snapshot."""
        # Searching for other k and d takes three times as long and compressed real works no better (3.5 to 1).
        dictionary = zstandard.train_dictionary(_DICTIONARY, list(samples), k=256, d=8)
        database.execute(
            "INSERT OR REPLACE INTO dictionary VALUES (?, ?)", (dictionary.dict_id(), dictionary.as_bytes())
        )
        self._add(dictionary)

    def compress(self, value: bytes) -> bytes:
        """Return `value` as a frame."""
        return self._compressor.compress(value)

    def decompress(self, frame: bytes) -> bytes:
        """Return what a frame holds; raises ZstdError where it is damaged."""
        head = zstandard.get_frame_parameters(frame)
        decompressor = self._decompressors.get(head.dict_id)
        if decompressor is None or head.content_size > LARGEST:
            raise zstandard.ZstdError("the frame names a dictionary that is not there, or a size that cannot be")
        return decompressor.decompress(frame)

"""Works that were rendered once, on disk for all processes that share the cache directory, and for the next run.

A body is found by a digest of what it was made from: the stored answer, the media type and this very code, so an entry is
right or it is not found, and nothing has to be removed when an answer changes. What is lost is made again: nothing waits
for the disk, and whatever is wrong with the file ends its use for a while and nothing else, which the log says. It is
bounded: when it is full, a part of it goes, which one is left to chance, since digests come in no order.
"""

from __future__ import annotations

import contextlib
import logging
import re
import secrets
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from hashlib import blake2b
from importlib import metadata
from pathlib import Path
from typing import Final

import enrich
from enrich import sharing

_LOG: Final = logging.getLogger("enrich.service")
FILE: Final = "rendered.db"
ROOM: Final = 256 << 20  # bytes
BATCH: Final = 64  # bodies written at a time
_MOST: Final = 8 * BATCH  # bodies that wait for another process to end its writing
_PAGE: Final = 4096  # bytes
_LARGEST: Final = 1 << 17  # bytes of a body; a larger one is as quickly made as read
_DIGEST: Final = 16  # bytes
_ETAG: Final = 12  # bytes
_FIND: Final = "SELECT body FROM body WHERE key = ? AND digest = ?"
_KEEP: Final = "INSERT OR REPLACE INTO body VALUES (?, ?, ?)"
_NAME: Final = re.compile(r"[\w.-]+")
_LEAST, _GREATEST = -(1 << 63), (1 << 63) - 1
_PART: Final = 1 << 58  # of the 1 << 64 keys: as many as are gone in a few milliseconds


def etag_of(body: bytes) -> bytes:
    """Return the validator of a body."""
    return b'"' + blake2b(body, digest_size=_ETAG).hexdigest().encode() + b'"'


def edition() -> bytes:
    """Return what tells this code from any other: its files, their sizes and times, and the versions of what it needs."""
    root = Path(enrich.__file__).parent
    files = sorted((path, path.stat()) for path in root.rglob("*.py"))
    named = [f"{path.relative_to(root)} {status.st_size} {status.st_mtime_ns}" for path, status in files]
    made = "\n".join((sys.version, *_needed(), *named))
    return blake2b(made.encode("utf-8", "replace"), digest_size=_DIGEST).digest()


def _needed() -> Iterator[str]:
    """Yield the packages that this one needs, with their versions; nothing where it runs without being installed."""
    with contextlib.suppress(metadata.PackageNotFoundError):
        for requirement in metadata.requires("doi-enrich") or ():
            name = _NAME.match(requirement)
            if name is not None and "extra ==" not in requirement:
                yield f"{name[0]} {metadata.version(name[0])}"


class Printed:
    """The bodies in a directory, for one process. `found` counts those that were there, `kept` those written."""

    def __init__(self, directory: Path, *, room: int = ROOM, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = directory / FILE
        self._pages = room // _PAGE
        self._edition = edition()
        self._new: dict[bytes, bytes] = {}
        self._database: sqlite3.Connection | None = None
        self._rest = sharing.Rest(clock)
        self._is_closed = False
        self.found = 0
        self.kept = 0

    def digest(self, *parts: bytes) -> bytes:
        """Return the name of a body made by this code from some parts."""
        made = blake2b(self._edition, digest_size=_DIGEST)
        for part in parts:
            made.update(len(part).to_bytes(8, "big") + part)
        return made.digest()

    def find(self, digest: bytes) -> tuple[bytes, bytes] | None:
        """Return a body with its validator; None where it is not here, or not as it was written."""
        database = self._opened()
        if database is None:
            return None
        try:
            row = database.execute(_FIND, (_key(digest), digest)).fetchone()
        except sqlite3.Error as error:
            if not _is_busy(error):  # another process may be tidying up after one that was killed
                self._give_up(error)
            return None
        held = row[0] if row is not None else None
        if not isinstance(held, bytes):
            return None
        cut = held.find(b'"', 1) + 1
        etag, body = held[:cut], held[cut:]
        if etag_of(body) != etag:
            return None
        self.found += 1
        return body, etag

    def keep(self, digest: bytes, body: bytes, etag: bytes) -> None:
        """Keep a body, in company: some are written at a time; while too many wait, it is not kept."""
        if len(body) <= _LARGEST and len(self._new) < _MOST and not self._rest.is_on:
            self._new[digest] = etag + body
            if len(self._new) >= BATCH:
                self.write()

    def write(self) -> None:
        """Write what was kept since; where another process is writing, later."""
        new, database = self._new, self._opened()
        if not new or database is None:
            return
        try:
            with database:
                database.execute("BEGIN IMMEDIATE")
                self._make_room(database)
                database.executemany(_KEEP, [(_key(digest), digest, held) for digest, held in new.items()])
        except sqlite3.Error as error:
            if not _is_busy(error):
                self._give_up(error, reads_on=isinstance(error, sqlite3.OperationalError))
        else:
            self.kept += len(new)
            self._new = {}
            self._rest.end()

    def close(self) -> None:
        """Write what is left and close the file."""
        self.write()
        if self._database is not None:
            self._database.close()
        self._database, self._is_closed = None, True

    def _make_room(self, database: sqlite3.Connection) -> None:
        while self._is_crowded(database):
            least = secrets.randbelow(_GREATEST - _PART - _LEAST) + _LEAST
            database.execute("DELETE FROM body WHERE key BETWEEN ? AND ?", (least, least + _PART))

    def _is_crowded(self, database: sqlite3.Connection) -> bool:
        pages, free = (
            database.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "freelist_count")
        )
        return bool(pages - free > self._pages * 15 // 16)

    def _opened(self) -> sqlite3.Connection | None:
        if self._database is None and not self._is_closed and not self._rest.is_on:
            try:
                self._database = self._open()
            except (sqlite3.OperationalError, OSError) as error:
                if not _is_busy(error):
                    self._give_up(error)
            except sqlite3.Error as error:  # none of SQLite's, or broken: nothing in it is missed
                with contextlib.suppress(OSError):
                    for end in ("", "-wal", "-shm"):
                        Path(f"{self._path}{end}").unlink(missing_ok=True)
                self._give_up(error)
        return self._database

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        database = sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            for pragma in (
                f"page_size = {_PAGE}",
                "journal_mode = WAL",
                "synchronous = OFF",  # a body is compared with its validator when it is read
                f"max_page_count = {self._pages}",
            ):
                database.execute(f"PRAGMA {pragma}")
            database.execute(
                "CREATE TABLE IF NOT EXISTS body (key INTEGER PRIMARY KEY, digest BLOB NOT NULL, body BLOB NOT NULL)"
            )
        except BaseException:
            database.close()
            raise
        return database

    def _give_up(self, error: Exception, *, reads_on: bool = False) -> None:
        """Leave the file alone for a while; `reads_on`: it is the disk that has no room, and what is there is good."""
        if not self._rest.has_failed:
            _LOG.warning("%s is left alone for a while: %s", self._path, error)
        self._rest.fail()
        self._new = {}
        if self._database is not None and not reads_on:
            self._database.close()
            self._database = None


def _is_busy(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", None)  # an extended one, https://www.sqlite.org/rescode.html
    return code is not None and code & 0xFF == sqlite3.SQLITE_BUSY


def _key(digest: bytes) -> int:
    return int.from_bytes(digest[:8], "big", signed=True)

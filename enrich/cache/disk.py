"""The rows of the cache: a diskcache that holds bytes and nothing else, and never stops a run.

https://grantjenks.com/docs/diskcache/. It pickles what is no plain value, and unpickling a file that somebody else
wrote runs his code (CVE-2025-69872); it also reads and removes files that its rows name. So here nothing is unpickled
and no file is touched. Rows are read by queries on diskcache's own table, since it asks for one key at a time.

What cannot be written, because of permissions or a full disk, is read all the same, and tried again after a while.
"""

from __future__ import annotations

import contextlib
import math
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

import diskcache

from enrich import sharing
from enrich.errors import StoreError

_RAW: Final = 1  # diskcache's mode of a value that stands in its row
_SOUND: Final = f"raw = 1 AND mode = {_RAW}"
_WAIT: Final = 10.0  # seconds for another process to finish writing
_FAILURES: Final = 3  # after which the cache is left alone for a while, or not written for a while
_ASIDE: Final = 9  # damaged files that are kept; the disk that spoils them has an end
_TAG: Final = "Signature: 8a477f597d28d172789f06886806bc55\n# https://bford.info/cachedir/\n"
_REMEDY: Final = "; --cache-dir names another place"
_UNUSABLE: Final = (sqlite3.Error, diskcache.Timeout, OSError)
_T = TypeVar("_T")
Sql: TypeAlias = Callable[..., sqlite3.Cursor]


class BytesDisk(diskcache.Disk):  # type: ignore[misc]  # diskcache has no types
    """Rows of text keys and bytes values, all inside the database; anything else is refused, unread."""

    def put(self, key: object) -> tuple[str, bool]:
        """Return the key as it is stored. Raises StoreError unless it is text."""
        if type(key) is not str:
            raise StoreError(f"the cache takes text as a key, not {type(key).__name__}")
        return key, True

    def get(self, key: object, raw: object) -> str:
        """Return the key of a row. Raises StoreError unless it is text."""
        if not raw or type(key) is not str:
            raise StoreError("a row of the cache has a key that is no text")
        return key

    def store(self, value: object, read: object, key: object = None) -> tuple[int, int, None, bytes]:  # noqa: ARG002 -- diskcache's signature
        """Return the columns of a value. Raises StoreError unless it is bytes."""
        if type(value) is not bytes:
            raise StoreError(f"the cache takes bytes, not {type(value).__name__}")
        return 0, _RAW, None, value

    def fetch(self, mode: object, filename: object, value: object, read: object) -> bytes:  # noqa: ARG002 -- diskcache's signature
        """Return the value of a row. Raises StoreError unless it is bytes in the row itself."""
        if mode != _RAW or type(value) is not bytes:
            raise StoreError("a row of the cache holds something else than bytes")
        return value

    def remove(self, file_path: object) -> None:
        """Leave files alone: no row of ours has one, and a row of somebody else's may name any."""


class ReadOnly:
    """As much of a diskcache as reading takes, over a database that this process cannot write."""

    def __init__(self, path: Path) -> None:
        self._connection = sharing.read_only(path, "SELECT count(*) FROM Settings")
        self._sql = self._connection.execute

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


class Shelf:
    """Rows of key, value and tag in `<root>/answers/`, opened when first asked. `note` is what a person should know.

    `beside` is a table that others keep in the same file.
    """

    def __init__(
        self, root: Path, *, keep: float, beside: str = "", clock: Callable[[], float] = time.time
    ) -> None:
        self._root = root
        self._keep = keep
        self._beside = beside
        self._disk: diskcache.Cache | ReadOnly | None = None
        self._file: tuple[int, int] | None = None
        self._opening = sharing.Rest(clock, _FAILURES)
        self._writing = sharing.Rest(clock, _FAILURES)
        self._openings = 0
        self._changes = 0
        self.path = root / "answers"
        self._name = str(
            self.path / "cache.db"
        )  # looked at again and again, which a Path makes three times as slow
        self.note: str | None = None

    def rows(self, keys: Iterable[str]) -> dict[str, object]:
        """Return the values of the rows that exist, in one query (thrice as fast as one `get` for each)."""
        wanted = list(keys)
        marks = ",".join("?" * len(wanted))
        return self._query(f"key IN ({marks})", wanted)

    def under(self, prefix: str) -> dict[str, object]:
        """Return the values of all rows whose key begins with an ASCII prefix."""
        return self._query("key >= ? AND key < ?", (prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)))

    def _query(self, condition: str, parameters: Sequence[str]) -> dict[str, object]:
        query = f"SELECT key, value FROM Cache WHERE {_SOUND} AND {condition}"  # noqa: S608 -- constants and marks only
        return dict(self.ask(query, parameters))

    def ask(self, query: str, parameters: Sequence[object] = ()) -> list[Any]:
        """Return the rows a query finds; none where the file cannot be read."""
        disk = self._opened()
        if disk is None:
            return []
        try:
            rows: list[Any] = disk._sql(query, parameters).fetchall()  # noqa: SLF001 -- see the module's docstring
        except _UNUSABLE as error:
            self._apologise(error)
            return []
        return rows

    def version(self) -> tuple[int, int, int] | None:
        """Return what stays equal while nobody, of this process or another, writes here; None where that is not known.

        SQLite counts for a connection what others committed (https://www.sqlite.org/pragma.html#pragma_data_version).
        """
        count = self.ask("PRAGMA data_version")
        return (self._openings, self._changes, count[0][0]) if count else None

    @property
    def is_writable(self) -> bool:
        """Whether what is written will be there."""
        return isinstance(self._opened(), diskcache.Cache) and not self._writing.is_on

    @property
    def is_impaired(self) -> bool:
        """Whether it could not be opened, or not be written, when that was tried last."""
        return self._opening.has_failed or self._writing.has_failed

    def write(self, rows: Iterable[tuple[str, bytes, str]], also: Callable[[Sql], object] = id) -> None:
        """Keep rows of key, value and tag, and do what is `also` to be done, all or nothing."""

        def keep(disk: diskcache.Cache) -> None:
            for key, value, tag in rows:
                disk.set(key, value, expire=self._keep, tag=tag)
            also(disk._sql)  # noqa: SLF001 -- likewise

        self._change(keep)

    def change(self, work: Callable[[Sql], _T]) -> _T | None:
        """Return what `work` returns after one transaction; None where nothing can be written."""
        return self._change(lambda disk: work(disk._sql))  # noqa: SLF001 -- likewise

    def _change(self, work: Callable[[diskcache.Cache], _T]) -> _T | None:
        disk = self._opened()
        if not isinstance(disk, diskcache.Cache) or self._writing.is_on:
            return None
        try:
            with disk.transact():
                self._changes += 1
                done = work(disk)
        except _UNUSABLE as error:
            self._apologise(error, writing=True)
            return None
        self._writing.end()
        return done

    def close(self) -> None:
        """Close the files; a later use opens them again."""
        disk, self._disk = self._disk, None
        if disk is not None:
            disk.close()

    def tags(self) -> list[tuple[str, int, float, float]]:
        """Return each tag with its number of rows, and when the first and last of them were written."""
        query = "SELECT tag, count(*), min(store_time), max(store_time) FROM Cache GROUP BY tag ORDER BY tag"
        with self._for_certain() as disk:
            rows: list[tuple[str, int, float, float]] = disk._sql(query).fetchall()  # noqa: SLF001 -- likewise
        return rows

    def size(self) -> int:
        """Return the bytes of all files."""
        return sum(file.stat().st_size for file in self.path.glob("cache.db*") if ".corrupt-" not in file.name)

    def clear(self) -> None:
        """Forget all rows."""
        with self._for_certain(writing=True) as disk:
            disk._sql("DELETE FROM Cache")  # noqa: SLF001 -- diskcache's own clear() reads every key, which may be a planted one

    def prune(self, max_bytes: int, now: float, *, spare: str) -> None:
        """Forget the rows that expired, then the oldest without the tag `spare`, until the rest fits."""
        expendable = "FROM Cache WHERE tag IS NOT ?"
        with self._for_certain(writing=True) as disk:
            sql = disk._sql  # noqa: SLF001 -- likewise
            sql("DELETE FROM Cache WHERE expire_time < ?", (now,))
            while (size := disk.volume()) > max_bytes:
                count = sql(f"SELECT count(*) {expendable}", (spare,)).fetchone()[0]
                share = math.ceil(count * max(0.05, 0.9 * (1 - max_bytes / size)))
                oldest = f"SELECT rowid {expendable} ORDER BY store_time LIMIT ?"
                removed = sql(f"DELETE FROM Cache WHERE rowid IN ({oldest})", (spare, share)).rowcount  # noqa: S608 -- constants
                if removed <= 0:
                    break

    def sweep(self, is_readable: Callable[[str, bytes], bool]) -> int:
        """Read every row back; forget those that cannot be read, and return how many."""
        with self._for_certain(writing=True) as disk:
            sql = disk._sql  # noqa: SLF001 -- likewise
            bad = [
                (rowid,)
                for rowid, key, raw, mode, value in sql("SELECT rowid, key, raw, mode, value FROM Cache")
                if (raw, mode, type(key), type(value)) != (1, _RAW, str, bytes) or not is_readable(key, value)
            ]
            with disk.transact():
                for row in bad:
                    sql("DELETE FROM Cache WHERE rowid = ?", row)
        return len(bad)

    def _opened(self) -> diskcache.Cache | ReadOnly | None:
        """Return the open store; a damaged one is put aside and a new one begun. None while it is left alone.

        One that was deleted, or replaced, is left for what is there now: other processes use that.
        """
        if self._disk is not None and not (self._is_there() and self._is_enough()):
            self.close()
        for _ in range(2):
            if self._disk is not None or self._opening.is_on:
                break
            try:
                self._openings += 1
                self._disk = self._open()
                self._file = sharing.identity(self._name)
                if (
                    self._opening.has_failed
                ):  # else a file that is damaged each time it is begun would be begun for ever
                    self._opening.end()
            except _UNUSABLE as error:
                self._disk = self._readable(error)
            except (TypeError, ValueError, AttributeError, KeyError) as error:  # its settings are not diskcache's
                self._apologise(sqlite3.DatabaseError(str(error)), opening=True)
        return self._disk

    def _readable(self, error: Exception) -> ReadOnly | None:
        """Return what is there for reading, where opening it for more met an error; None where there is no sound file."""
        try:
            if not _is_damage(error):
                found = ReadOnly(self.path / "cache.db")
                self._file = sharing.identity(self._name)
                self._writing.fail(for_certain=True)
                self._note(f"cannot be written: what is there is used, nothing is added: {error}")
                return found
        except _UNUSABLE:
            pass
        self._apologise(error, opening=True)
        return None

    def _open(self) -> diskcache.Cache:
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.mkdir(mode=0o700, exist_ok=True)
        tag = self._root / "CACHEDIR.TAG"
        if not tag.exists():
            tag.write_text(_TAG, encoding="ascii")
        disk = diskcache.Cache(
            str(self.path),
            timeout=_WAIT,
            disk=BytesDisk,
            eviction_policy="none",
            cull_limit=0,
            size_limit=1 << 62,
            statistics=0,
            tag_index=0,
            sqlite_journal_mode="wal",
            sqlite_synchronous=1,
            sqlite_mmap_size=0,  # a file that is cut short under a mapping ends the process (SIGBUS)
        )
        if self._beside:
            disk._sql(self._beside)  # noqa: SLF001 -- likewise
        return disk

    def _apologise(self, error: Exception, *, opening: bool = False, writing: bool = False) -> None:
        """Note what went wrong, once; put a damaged file aside; give up, or writing alone, after a few failures."""
        damaged = _is_damage(error)
        if writing and not damaged:
            self._writing.fail()
            self._note(f"cannot be written: {str(error) or type(error).__name__}{_REMEDY}")
            return
        self._opening.fail(for_certain=opening and not damaged)
        if damaged:
            is_there = opening or self._is_there()
            self.close()
            if is_there:  # else somebody else has begun it anew
                self._put_aside()
        outcome, remedy = ("was damaged and is begun anew", "") if damaged else ("cannot be used", _REMEDY)
        self._note(f"{outcome}: {str(error) or type(error).__name__}{remedy}")
        if self._opening.is_on:
            self.close()

    def _is_there(self) -> bool:
        return sharing.identity(self._name) == self._file

    def _is_enough(self) -> bool:
        """Tell whether what is open is all that may be hoped for: what can be read alone may be writable by now."""
        return not isinstance(self._disk, ReadOnly) or self._writing.is_on

    def _note(self, what: str) -> None:
        self.note = self.note or f"the cache in {self.path} {what}"

    def _put_aside(self) -> None:
        """Rename the database, so that a new one is begun and a person can look at the old one."""
        number = min(1 + len(list(self.path.glob("cache.db.corrupt-*"))), _ASIDE)
        for name in ("cache.db-wal", "cache.db-shm"):
            with contextlib.suppress(OSError):
                self.path.joinpath(name).unlink()
        try:
            self.path.joinpath("cache.db").replace(self.path / f"cache.db.corrupt-{number}")
        except OSError:
            self._opening.fail(for_certain=True)

    @contextlib.contextmanager
    def _for_certain(self, *, writing: bool = False) -> Iterator[diskcache.Cache]:
        """Give the open store to those who look after it. Raises StoreError where it cannot be used."""
        disk = self._opened()
        if disk is None or (writing and isinstance(disk, ReadOnly)):
            raise StoreError(self.note or f"the cache in {self.path} cannot be used{_REMEDY}")
        self._changes += writing
        try:
            yield disk
        except _UNUSABLE as error:
            self._apologise(error)
            raise StoreError(self.note or str(error)) from error


def _is_damage(error: Exception) -> bool:
    """Tell whether a file is none of SQLite's, or broken; trouble of any other kind may pass."""
    return isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)

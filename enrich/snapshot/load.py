"""Loading data files into a snapshot, in bounded memory and all or nothing.

Works are written to a staging file as they come and from there, sorted by SQLite, into a copy of the snapshot, which then
takes the old one's place. The sorter spills to the directory for temporary files (`TMPDIR`). Of two answers for one DOI the
one described later counts, whatever the order of loading.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from enrich.agencies import crossref, datacite
from enrich.errors import StoreError
from enrich.snapshot.items import Item, Problem, data_files, read
from enrich.snapshot.table import FILE, SCHEMA, Codec, key_of

Progress = Callable[[int, int], None]
Row = tuple[int, str, str, int, bytes]

_TRIM: Final[dict[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "crossref": crossref.trim,
    "datacite": datacite.trim,
    "doi.org": dict,
}
_BATCH: Final = 1000  # rows in a statement
_WAITING: Final = 10_000  # works in hand from which a dictionary is learnt
_SAMPLES: Final = 2_500
_ENOUGH: Final = 1_000  # works below which a dictionary does not pay for itself
_REPORTED: Final = 100  # problems told one by one
_DAY: Final = 24 * 3600


@dataclass(slots=True)
class LoadResult:
    """What a load did: works read, files, works now in the snapshot, items passed over and where the first of them stand."""

    records: int = 0
    files: int = 0
    total: int = 0
    passed_over: int = 0
    problems: list[Problem] = field(default_factory=list)

    def note(self, problem: Problem) -> None:
        """Count a problem, and keep it while there are not too many."""
        self.passed_over += 1
        if len(self.problems) < _REPORTED:
            self.problems.append(problem)


def build(directory: Path, paths: Iterable[Path], progress: Progress = lambda _records, _read: None) -> LoadResult:
    """Load data files into the snapshot in `directory`; a failure leaves the old one. Raises StoreError."""
    files = [file for path in paths for file in data_files(path)]
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with _alone(directory), _beside(directory) as (new, staging):
            with closing(_database(new)) as database:
                database.execute("ATTACH ? AS staging", (str(staging),))
                database.execute("PRAGMA staging.journal_mode = OFF")
                database.execute("CREATE TABLE staging.work (key, doi, agency, stamp, value)")
                result = _Loader(database, progress).load(files)
                database.execute("PRAGMA optimize")
            _replace(new, directory / FILE)
    except sqlite3.Error as error:
        raise StoreError(
            f"the snapshot in {directory} cannot be written: {error}; the old one is untouched."
            f" If it is the old one that is damaged, remove {directory / FILE} and load again"
        ) from error
    except OSError as error:
        raise StoreError(
            f"the snapshot in {directory} cannot be written: {error.strerror or error}; the old one is untouched"
        ) from error
    return result


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Keep a second load out until this one is done; the lock is SQLite's and ends with the process."""
    with closing(sqlite3.connect(directory / ".lock", timeout=0.2, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise StoreError(f"another load into {directory} is under way; wait for it ({error})") from error
        yield


@contextmanager
def _beside(directory: Path) -> Iterator[tuple[Path, Path]]:
    """Yield the names of a new snapshot, begun as a copy of the old one, and of a staging file; both go in the end."""
    for stale in directory.glob(".building-*"):  # of a load that was killed; nobody else is loading
        stale.unlink(missing_ok=True)
    name = f".building-{secrets.token_hex(6)}"
    new, staging = directory / f"{name}.sqlite3", directory / f"{name}.staging"
    try:
        if (directory / FILE).exists():
            shutil.copyfile(directory / FILE, new)
        yield new, staging
    finally:
        for path in (new, staging):
            path.unlink(missing_ok=True)


def _database(path: Path) -> sqlite3.Connection:
    fresh = not path.exists()
    database = sqlite3.connect(path, isolation_level=None)
    if fresh:
        database.executescript(SCHEMA)
    # A crash costs the copy, never the snapshot, so the copy needs no journal.
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -65536"):
        database.execute(f"PRAGMA {pragma}")
    return database


def _replace(new: Path, old: Path) -> None:
    with new.open("rb+") as stream:
        os.fsync(stream.fileno())
    new.replace(old)


class _Loader:
    """One load: counts, and the works in hand."""

    def __init__(self, database: sqlite3.Connection, progress: Progress) -> None:
        self._database = database
        self._progress = progress
        self._codec = Codec.of(database)
        self._waiting: list[Row] = []  # values not compressed yet
        self._rows: list[Row] = []
        self._result = LoadResult()
        self._read = 0

    def load(self, files: list[Path]) -> LoadResult:
        self._database.execute("BEGIN")
        for file in files:
            self._load(file)
        if len(self._waiting) >= _ENOUGH:
            self._train()
        self._flush()
        self._stage()
        self._merge()
        self._database.execute("COMMIT")
        return self._result

    def _load(self, file: Path) -> None:
        earlier, before = self._read, self._result.records

        def seen(read: int) -> None:
            self._read = earlier + read

        for item in read(file, seen):
            if isinstance(item, Problem):
                self._result.note(item)
            else:
                self._add(item)
        status = file.stat()
        self._read = earlier + status.st_size
        self._result.files += 1
        self._progress(self._result.records, self._read)
        self._database.execute(
            "INSERT OR REPLACE INTO source VALUES (?, ?, ?, ?, ?)",
            (str(file), self._result.records - before, status.st_size, int(status.st_mtime), int(time.time())),
        )

    def _add(self, item: Item) -> None:
        value = orjson.dumps(_TRIM[item.agency](item.data), default=str)
        row = (key_of(item.doi), item.doi, item.agency, item.stamp, value)
        self._result.records += 1
        if self._codec.has_dictionary:
            self._compress(row)
        else:
            self._waiting.append(row)
            if len(self._waiting) >= _WAITING:
                self._train()
                self._flush()
        if self._result.records % _BATCH == 0:
            self._progress(self._result.records, self._read)

    def _train(self) -> None:
        """Learn a dictionary from works spread over those in hand: neighbours in a sorted file have one publisher."""
        step = max(1, len(self._waiting) // _SAMPLES)
        self._codec.train([row[-1] for row in self._waiting[::step]], self._database)

    def _flush(self) -> None:
        for row in self._waiting:
            self._compress(row)
        self._waiting.clear()

    def _compress(self, row: Row) -> None:
        self._rows.append((*row[:-1], self._codec.compress(row[-1])))
        if len(self._rows) >= _BATCH:
            self._stage()

    def _stage(self) -> None:
        self._database.executemany("INSERT INTO staging.work VALUES (?, ?, ?, ?, ?)", self._rows)
        self._rows.clear()

    def _merge(self) -> None:
        self._database.execute(
            "INSERT INTO main.work SELECT key, doi, agency, stamp, value FROM staging.work WHERE true"
            " ORDER BY key, stamp, rowid"
            " ON CONFLICT (key) DO UPDATE SET doi = excluded.doi, agency = excluded.agency,"
            " stamp = excluded.stamp, value = excluded.value WHERE excluded.stamp >= stamp"
        )
        self._database.execute("DELETE FROM total")
        self._database.execute(
            "INSERT INTO total SELECT agency, count(*), min(stamp), max(stamp) FROM main.work GROUP BY agency"
        )
        (self._result.total,) = self._database.execute("SELECT coalesce(sum(records), 0) FROM total").fetchone()

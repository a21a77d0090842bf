"""The snapshot as it is read: answers of the registries on this disk, dated, found by DOI.

The file is never changed, only replaced (see :mod:`enrich.snapshot.load`), so reading needs no locks (`immutable=1`,
https://www.sqlite.org/uri.html), works on a read-only medium, and a reader notices a new snapshot by its inode. What is
absent from a snapshot is not therefore unknown to its agency: it is just absent.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson
import zstandard

from enrich import agencies
from enrich.errors import ProtocolError, StoreError
from enrich.identifiers.doi import Doi
from enrich.model import Elsewhere, Found, NotFound, Outcome
from enrich.snapshot import parquet
from enrich.snapshot.load import LoadResult, build
from enrich.snapshot.table import FILE, VERSION, Codec, Row, key_of

_MOST: Final = 500  # keys in a statement


class Snapshot:
    """The snapshot in a directory, which need not exist: then it knows nothing."""

    def __init__(self, directory: Path) -> None:
        self.directory = Path(directory)
        self._file = self.directory / FILE
        self._database: sqlite3.Connection | None = None
        self._codec = Codec()
        self._opened: tuple[int, int] | None = None

    @property
    def exists(self) -> bool:
        """Whether anything has been loaded."""
        return self._file.is_file()

    def load(self, dois: Sequence[Doi]) -> dict[Doi, Outcome]:
        """Return what the snapshot holds of these DOIs, in the order asked; the others are absent. Raises StoreError."""
        if not self.exists:
            return {}
        with self._reading() as database:
            found = dict(self._found(database, dois))
        return {doi: found[doi] for doi in dois if doi in found}

    def _found(self, database: sqlite3.Connection, dois: Sequence[Doi]) -> Iterator[tuple[Doi, Outcome]]:
        wanted = {key_of(doi): doi for doi in dois}
        keys = sorted(wanted)
        for begin in range(0, len(keys), _MOST):
            few = keys[begin : begin + _MOST]
            marks = ",".join("?" * len(few))
            rows = database.execute(f"SELECT key, doi, agency, stamp, value FROM work WHERE key IN ({marks})", few)  # noqa: S608 -- question marks only
            for key, doi, agency, stamp, value in rows:
                if doi == wanted[key]:  # else another DOI with the same hash
                    outcome = self._outcome(doi, agency, stamp, self._codec.decompress(value))
                    if outcome is not None:
                        yield wanted[key], outcome

    def _outcome(self, doi: Doi, agency: str, stamp: int, answer: bytes) -> Outcome | None:
        """Return the record of an answer; None where its agency's reader cannot make one, so that the agency is asked."""
        if agency == "doi.org":
            return _word_of_doi_org(doi, orjson.loads(answer))
        try:
            moment = datetime.fromtimestamp(stamp, UTC)
            return Found(doi=doi, record=agencies.read(agency, answer, doi=doi, retrieved_at=moment))
        except ProtocolError:
            return None

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection to the file as it is now; what SQLite or zstd finds wrong becomes a StoreError."""
        try:
            status = self._file.stat()
            if self._database is None or self._opened != (status.st_ino, status.st_mtime_ns):
                self.close()
                self._database = self._connect()
                self._opened = (status.st_ino, status.st_mtime_ns)
            yield self._database
        except (sqlite3.Error, zstandard.ZstdError, OSError) as error:
            raise StoreError(
                f"the snapshot {self._file} cannot be read ({error}); remove it and load the data files again"
            ) from error

    def _connect(self) -> sqlite3.Connection:
        address = f"{self._file.absolute().as_uri()}?immutable=1"
        database = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
        (found,) = database.execute("PRAGMA user_version").fetchone()
        if found != VERSION:
            database.close()
            raise StoreError(
                f"{self._file} is of another version ({found}); remove it and load the data files again"
            )
        self._codec = Codec.of(database)
        return database

    def close(self) -> None:
        """Let go of the file; the next look-up opens it again."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def build(
        self, paths: Iterable[Path], *, progress: Callable[[int, int], None] = lambda _records, _read: None
    ) -> LoadResult:
        """Load data files, or the directories that hold them; of two answers for one DOI the later described counts.

        `progress` is called with works and bytes read so far. Raises StoreError, and the snapshot is what it was before.
        """
        self.close()
        return build(self.directory, paths, progress)

    def info(self) -> dict[str, Any]:
        """Return works by agency, bytes, how old they are, and the files they came from."""
        with self._reading() as database:
            totals = database.execute(
                "SELECT agency, records, oldest, newest FROM total ORDER BY agency"
            ).fetchall()
            sources = database.execute(
                "SELECT name, records, bytes, modified, loaded FROM source ORDER BY rowid"
            ).fetchall()
            size = self._file.stat().st_size
        return {
            "records": {agency: records for agency, records, _, _ in totals},
            "bytes": size,
            "dated": {
                "oldest": _moment(min((oldest for _, _, oldest, _ in totals), default=None)),
                "newest": _moment(max((newest for *_, newest in totals), default=None)),
                "files": _moment(max((modified for _, _, _, modified, _ in sources), default=None)),
                "loaded": _moment(max((loaded for *_, loaded in sources), default=None)),
            },
            "sources": [
                {
                    "file": name,
                    "records": records,
                    "bytes": read,
                    "modified": _moment(modified),
                    "loaded": _moment(loaded),
                }
                for name, records, read, modified, loaded in sources
            ],
        }

    def verify(self) -> list[str]:
        """Return what is wrong with the file, in sentences: SQLite's own check, and every value decompressed."""
        wrong: list[str] = []
        with self._reading() as database:
            wrong += [line for (line,) in database.execute("PRAGMA quick_check") if line != "ok"]
            for key, doi, value in database.execute("SELECT key, doi, value FROM work ORDER BY key"):
                try:
                    self._codec.decompress(value)
                except zstandard.ZstdError as error:
                    wrong.append(f"{doi}: {error}")
                if key != key_of(doi):
                    wrong.append(f"{doi}: stands under another's key")
        return wrong

    def rows(self) -> Iterator[Row]:
        """Yield every answer, decompressed, in the order of the keys. Raises StoreError."""
        with self._reading() as database:
            for key, doi, agency, stamp, value in database.execute(
                "SELECT key, doi, agency, stamp, value FROM work ORDER BY key"
            ):
                yield Row(key, doi, agency, stamp, self._codec.decompress(value))

    def export(self) -> Iterator[bytes]:
        """Yield every answer as a line of JSON that can be loaded again, with the date it bears."""
        for row in self.rows():
            answer = orjson.loads(row.value)
            if row.agency == "crossref":
                answer |= {"indexed": {"date-time": _moment(row.stamp)}}
            elif row.agency == "datacite":
                answer = {"type": "dois", "attributes": answer | {"updated": _moment(row.stamp)}}
            yield orjson.dumps(answer) + b"\n"

    def to_parquet(self, directory: Path, *, parts: int = 1) -> int:
        """Write every answer as Parquet into a directory, parted by a hash of the DOI; return how many.

        Raises StoreError and OutputError.
        """
        return parquet.write(self.rows(), directory, parts)


def _word_of_doi_org(doi: Doi, told: dict[str, Any]) -> Outcome | None:
    """Return what an answer of doi.org settles: there is no such DOI, or its agency publishes nothing."""
    if "RA" not in told:
        return NotFound(doi=doi, source="doi.org")
    name = str(told["RA"]).lower()
    known = agencies.AGENCIES.get(name)
    return Elsewhere(doi=doi, agency=name) if known is not None and known.lookup is None else None


def _moment(stamp: int | None) -> str | None:
    return None if stamp is None else datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

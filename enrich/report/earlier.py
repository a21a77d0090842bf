"""What earlier runs left, so that what the user edited since is the user's.

Three states of a record are compared: as the last run left it (its journal, or a report), as it stands now, and as the
registry has it. A field that is not as the run left it was edited: filled in, changed, or taken away. It is the user's from
then on: marked in `Record.kept`, which no rule touches under any policy. docs/decisions/0013-edited-since.md

The rows of a report stay in its file. Of each only its place and what the record is called by (its DOI, its title) are kept,
in a temporary database on the disk, so that memory does not grow with the library.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

from enrich.errors import OutputError, StoreError
from enrich.model import Note, Record
from enrich.report.journal import entries_in, folder_of, journals_of, sha256_of
from enrich.report.jsonl import last_line, parse
from enrich.report.state import figure, figures
from enrich.report.takeback import stands

_BATCH: Final = 1000
_TABLE: Final = "CREATE TABLE named (name TEXT, place INTEGER, begin INTEGER)"
_INDEX: Final = "CREATE INDEX by_name ON named (name)"
_FIND: Final = "SELECT place, begin FROM named WHERE name = ? ORDER BY abs(place - ?) LIMIT 2"


class Base:
    """The rows of one report or journal, found by record; `libraries` are those it tells of, None any."""

    def __init__(self, lines: Path, libraries: frozenset[str] | None) -> None:
        self.lines = lines
        self.libraries = libraries
        self._file: BinaryIO | None = None
        self._names: sqlite3.Connection | None = None

    def open(self) -> None:
        """Read the report through; raises StoreError where it is none."""
        try:
            self._file = self.lines.open("rb")
            # An unnamed database is a temporary file, gone with the connection; records are read in another thread.
            self._names = sqlite3.connect("", check_same_thread=False)
            self._names.execute(_TABLE)
            batch: list[tuple[str, int, int]] = []
            for name in self._read(self._file):
                batch.append(name)
                if len(batch) == _BATCH:
                    self._names.executemany("INSERT INTO named VALUES (?, ?, ?)", batch)
                    batch.clear()
            self._names.executemany("INSERT INTO named VALUES (?, ?, ?)", batch)
            self._names.execute(_INDEX)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, sqlite3.Error) as error:
            raise StoreError(
                f"{self.lines} cannot be read as the report of an earlier run: {error}."
                " To go on without it, remove it, or clean with --afresh"
            ) from error

    def _read(self, file: BinaryIO) -> Iterator[tuple[str, int, int]]:
        begin = 0
        places: Counter[str | None] = Counter()
        for line in file:
            row = parse(line)
            if "state" in row:
                source = row["source"]["file"]
                for name in _names(row):
                    yield name, places[source], begin
                places[source] += 1
            begin += len(line)

    def edited(self, record: Record, place: int) -> Iterator[str]:
        """Yield the fields of a record that are not as the run left them; `place` is its number in its file."""
        row = self._row(record, place)
        if row is None:
            return
        yield from row["state"]["kept"]
        if row["state"]["fields"] == figures(record):
            return  # most
        changed = {change["field"]: change["after"] for change in row["changes"]}
        before, now = row["state"]["fields"], figures(record)
        # What a run put in came back from the file as far as its format holds it; the rest came from this format.
        is_same_format = record.source is not None and row["state"]["format"] == record.source.format
        for field in before.keys() | now.keys() if is_same_format else changed:
            if before.get(field) != now.get(field) and not (
                field in changed and _left(record, field, changed[field])
            ):
                yield field

    def _row(self, record: Record, place: int) -> Any:
        if self._names is None or self._file is None:
            raise StoreError(f"{self.lines} is not open")
        for name, must_be_single in _called(record):
            found = self._names.execute(_FIND, (name, place)).fetchall()
            # Editorials share a title: there only the same place, or being the only one, tells which is meant.
            if found and not (must_be_single and len(found) > 1 and found[0][0] != place):
                self._file.seek(found[0][1])
                return parse(self._file.readline())
        return None

    def close(self) -> None:
        """Let go of the file and the database."""
        for each in (self._file, self._names):
            if each is not None:
                each.close()


def _names(row: dict[str, Any]) -> set[str]:
    dois = {
        row["doi"],
        *(value for c in row["changes"] if c["field"] == "DOI" for value in (c["before"], c["after"])),
    }
    names = {f"doi {doi.lower()}" for doi in dois if doi}
    title = row["state"]["fields"].get("title")
    return names | {f"title {title}"} if title is not None else names


def _called(record: Record) -> Iterator[tuple[str, bool]]:
    """Yield what a record may be called by, best first, and whether that must be its alone."""
    if record.work.doi:
        yield f"doi {record.work.doi}", False
    elif record.doi_text:
        yield f"doi {record.doi_text.lower()}", False
    if record.work.title:
        yield f"title {figure(record.work.title)}", True


def _left(record: Record, field: str, after: Any) -> bool:
    """Tell whether a field still is what a run made it, as far as the file holds it."""
    if field == "DOI" and record.doi_text != after:
        return False
    return stands(record, field, after)


class Earlier:
    """The last runs on the libraries of this one. A context manager; without any, records pass through."""

    def __init__(self, bases: Iterable[Base] = ()) -> None:
        self._bases = tuple(bases)

    @classmethod
    def of(
        cls, libraries: Iterable[Path], state_dir: Path, *, reports: Iterable[Path], since: Iterable[Path]
    ) -> Self:
        """Find what tells of earlier runs on these libraries.

        That is whatever `since` names, which is taken at its word; else each library's last journal; else that of `reports`
        (files about to be written anew) which tells how the library was written. Raises StoreError where `since` names
        no report, or that of a run that wrote nothing.
        """
        if since := tuple(since):
            return cls(Base(_checked(lines, state_dir), None) for lines in since)
        left = {str(path.resolve()) for path in libraries}
        bases = []
        for name in sorted(left):
            if lines := _journal(Path(name), state_dir):
                bases.append(Base(lines, frozenset({name})))
                left.remove(name)
        told = ((lines, frozenset(left & _written(lines, state_dir))) for lines in reports)
        return cls([*bases, *(Base(lines, written) for lines, written in told if written)])

    def marked(self, records: Iterable[Record]) -> Iterator[Record]:
        """Yield the records, with what was edited since in `kept` and in a note."""
        if not self._bases:
            yield from records
            return
        for file, group in groupby(records, key=lambda record: record.origin.file):
            library = str(Path(file).resolve()) if file else None
            bases = [base for base in self._bases if base.libraries is None or library in base.libraries]
            for place, record in enumerate(group):
                yield _marked(record, place, bases) if bases and record.readable else record

    def __enter__(self) -> Self:
        try:
            for base in self._bases:
                base.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all files."""
        for base in self._bases:
            base.close()


def _marked(record: Record, place: int, bases: Iterable[Base]) -> Record:
    edited = {field for base in bases for field in base.edited(record, place)}
    if not edited:
        return record
    text = f"{', '.join(sorted(edited))}: edited since an earlier run, and left as it is now"
    note = Note(severity="info", code="edited-since", text=text, line=record.origin.line)
    return record.model_copy(update={"kept": frozenset(edited), "notes": (*record.notes, note)})


def _journal(library: Path, state_dir: Path) -> Path | None:
    """Return the journal of the last clean of a library that stands."""
    for path in journals_of(library, state_dir):
        if path.suffix == ".jsonl" or (path.suffix == ".pending" and _was_carried_out(path, library)):
            return path
    return None


def _was_carried_out(pending: Path, library: Path) -> bool:
    """Tell whether a run that broke off had put the library in its place already."""
    with suppress(StoreError, OutputError):
        return any(entry.before != sha256_of(library) for entry in entries_in(pending) or ())
    return False


def _checked(lines: Path, state_dir: Path) -> Path:
    if _summary(lines) is None:
        raise StoreError(f"{lines} is no report of an earlier run; name a .jsonl that `enrich clean` wrote")
    if not _written(lines, state_dir):
        raise StoreError(f"{lines} tells of a run that wrote nothing or was undone; leave it out")
    return lines


def _summary(lines: Path) -> dict[str, Any] | None:
    try:
        found = parse(last_line(lines))["summary"]
    except (OutputError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _written(lines: Path, state_dir: Path) -> frozenset[str]:
    """Return the files that the run of a report wrote and that were not undone since; "-" is standard output."""
    output = (_summary(lines) or {}).get("output")
    if isinstance(output, str):
        return frozenset({output})
    with suppress(StoreError, OutputError):
        return frozenset(
            str(entry.library)
            for entry in entries_in(lines) or ()
            if not (folder_of(entry.library, state_dir) / f"{entry.journal}.undone").exists()
        )
    return frozenset()

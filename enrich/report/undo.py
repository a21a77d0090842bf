"""Taking an in-place clean back.

The library must still be what the clean wrote, by its SHA-256: then it becomes what it was, byte for byte, and that is
checked by the SHA-256 of before, prior to the renaming. If it was edited since, only `merge` goes on: records that nobody
touched get their old bytes, the others are taken back field by field (see :mod:`enrich.report.takeback`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from enrich.errors import OutputError, StoreError
from enrich.report.atomic import AtomicFile
from enrich.report.journal import Entry, damaged, entries_in, folder_of, journals_of, settle, sha256_of
from enrich.report.summary import counted
from enrich.report.takeback import Takeback, take_back

_BLOCK: Final = 1 << 20


class Untouched(StoreError):  # noqa: N818 -- the answer to a question rather than a fault
    """There is nothing to undo: the file is as it was before any clean."""


class ChangedSince(StoreError):  # noqa: N818 -- likewise
    """The file was edited after the clean, so that its old bytes cannot simply be put back."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back: `records` whose old bytes stand again, `fields` taken back one by one in edited records.

    `kept` says in sentences what was left because it was edited since.
    """

    libraries: tuple[Path, ...]
    records: int
    fields: int = 0
    kept: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """Return what a person should read."""
        names = ", ".join(str(path) for path in self.libraries)
        lines = [f"{names}: {counted(self.records, 'record')} restored."]
        if self.fields:
            lines.append(f"{counted(self.fields, 'field')} taken back in records that were edited since.")
        if self.kept:
            lines += ["Left, because it was edited since:", *(f"  {sentence}" for sentence in self.kept)]
        return lines


def undo(target: Path, *, state_dir: Path, merge: bool = False) -> Undone:
    """Take back the last clean of a library, or the one a report tells of.

    Raises Untouched where there is nothing to undo, ChangedSince where the file was edited since and `merge` is not given,
    StoreError where the journal cannot be used, OutputError where the library is gone, or cannot be read or written.
    """
    if journals_of(target, state_dir):
        _require(target)
    entries = _of_report(target) if _is_lines(target) else (_latest(target, state_dir),)
    for entry in entries:  # all are looked at before one is written
        if not merge and sha256_of(entry.library) != entry.after:
            raise ChangedSince(
                f"{entry.library} was changed after it was cleaned; `enrich undo --merge` takes the clean back"
                " and keeps the later edits"
            )
    done = [_restore(entry) if sha256_of(entry.library) == entry.after else _merge(entry) for entry in entries]
    for entry in entries:
        _mark(entry, state_dir)
    return Undone(
        libraries=tuple(entry.library for entry in entries),
        records=sum(part.records for part in done),
        fields=sum(part.fields for part in done),
        kept=tuple(sentence for part in done for sentence in part.kept),
    )


def _require(library: Path) -> None:
    """Raise OutputError where a library that was cleaned is gone: a journal has the changed records alone."""
    if not os.path.exists(library):  # noqa: PTH110 -- a name that cannot be looked at is told by who opens it
        raise OutputError(
            f"{library} is not there: it was deleted, moved or renamed after it was cleaned. Undo needs the file, since the"
            " journal holds only the records that the clean changed: put it back under this name, then undo again"
        )


def _is_lines(target: Path) -> bool:
    if target.suffix.lower() == ".html":
        raise OutputError(f"{target} is a page to read; name the library, or the report that ends in .jsonl")
    return entries_in(target) is not None


def _of_report(report: Path) -> tuple[Entry, ...]:
    entries = entries_in(report) or ()
    if not entries:
        raise Untouched(f"the run {report} tells of wrote nothing in place: its input was never touched")
    for entry in entries:
        _require(entry.library)
    entries = tuple(entry for entry in entries if entry.before != sha256_of(entry.library))
    if not entries:
        raise Untouched(f"what {report} tells of is undone already, or never changed anything")
    return entries


def _latest(library: Path, state_dir: Path) -> Entry:
    """Return the last clean of a library that stands; those that were never carried out are passed over."""
    now = sha256_of(library)
    journals = journals_of(library, state_dir)
    for path in (path for path in journals if path.suffix in {".pending", ".jsonl"}):
        entries = entries_in(path)
        if not entries:
            raise damaged(path)
        if entries[0].before != now or entries[0].after == now:
            return entries[0]
        if path.suffix == ".pending":
            path.unlink()
    if any(path.suffix == ".undone" for path in journals):
        raise Untouched(f"{library} is as it was before it was cleaned; every clean of it is undone already")
    raise Untouched(
        f"{library} was never changed in place, so there is nothing to undo; after `-o` the input is as it was"
    )


def _restore(entry: Entry) -> Takeback:
    """Put the old bytes back; the file is written only where its SHA-256 is the old one."""
    sha256 = hashlib.sha256()
    records = 0
    with AtomicFile(entry.library) as output, entry.library.open("rb") as source:
        position = 0
        for row in entry.rows():
            restore = row["restore"]
            for chunk in (*_copied(source, position, restore["at"]), restore["bytes"]):
                sha256.update(chunk)
                output.write(chunk)
            position = restore["at"] + restore["length"]
            records += 1
        for chunk in _copied(source, position, entry.size - entry.closing):
            sha256.update(chunk)
            output.write(chunk)
        if sha256.hexdigest() != entry.before:
            raise damaged(entry.lines)
    return Takeback(records=records)


def _copied(source: BinaryIO, begin: int, end: int) -> Iterator[bytes]:
    source.seek(begin)
    while begin < end:
        chunk = source.read(min(_BLOCK, end - begin))
        if not chunk:
            return
        begin += len(chunk)
        yield chunk


def _merge(entry: Entry) -> Takeback:
    with AtomicFile(entry.library) as output:
        return take_back(entry, output)


def _mark(entry: Entry, state_dir: Path) -> None:
    """Mark the journal as undone, also where the undoing came from a report."""
    for suffix in (".pending", ".jsonl"):
        path = folder_of(entry.library, state_dir) / f"{entry.journal}{suffix}"
        if path.is_file():
            settle(path, ".undone")

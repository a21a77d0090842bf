"""What an in-place clean did, kept so that it can be undone.

A journal is a JSON Lines report whose rows carry, where a record's bytes changed, a member `restore`: where the record
stands in the cleaned file (`at`, `length`), what stood there `before` (text, or base64 where the bytes are no UTF-8), which
record of the library it is, and a digest by which an unedited record is recognised wherever it has moved since. The summary
names the library and its SHA-256 before and after.

Journals lie in `<state_dir>/journals/<hash of the library's path>/`, numbered; the last twenty are kept. The order of
writing makes a crash harmless: the journal is on the disk, as `.pending`, before the library is renamed over, and gets
its name (`.jsonl`) after. A library that still has the hash `before` shows that its journal was never carried out.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from enrich.errors import OutputError, StoreError, unreadable
from enrich.model import Enrichment
from enrich.report.atomic import TEMPORARY, AtomicFile, fail
from enrich.report.jsonl import dump, last_line, parse, row, summary_line, timestamp
from enrich.report.summary import Summary
from enrich.version import VERSION

KEPT: Final = 20
_NUMBERS: Final = ("record", "at", "length")
_WEEK: Final = 7 * 24 * 3600


def encoded(data: bytes) -> dict[str, str]:
    """Return bytes as JSON members: UTF-8 text where they are, base64 where not."""
    try:
        return {"before": data.decode("utf-8"), "encoding": "utf-8"}
    except UnicodeDecodeError:
        return {"before": base64.b64encode(data).decode("ascii"), "encoding": "base64"}


def decoded(restore: dict[str, Any]) -> bytes:
    """Return the bytes that :func:`encoded` was given."""
    text = restore["before"]
    return base64.b64decode(text, validate=True) if restore["encoding"] == "base64" else text.encode("utf-8")


def digest(data: bytes) -> str:
    """Return a short digest of a record's bytes, the blanks around it left out: they move with its neighbours."""
    return hashlib.blake2b(data.strip(), digest_size=12).hexdigest()


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content; raises OutputError where it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise OutputError(f"{path}: {unreadable(error)}") from error


def folder_of(library: Path, state_dir: Path) -> Path:
    """Return the directory of a library's journals; links to one file share it."""
    name = hashlib.sha256(os.fsencode(os.path.realpath(library))).hexdigest()[:24]
    return state_dir / "journals" / name


def journals_of(library: Path, state_dir: Path) -> list[Path]:
    """Return the journals of a library, the latest first, undone ones too. Raises StoreError where nobody can tell."""
    folder = folder_of(library, state_dir)
    try:
        names = os.listdir(folder)  # noqa: PTH208 -- a directory that may not be read is no empty one, as a glob has it
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise StoreError(f"{folder}, where the journals of {library} are, {unreadable(error)}") from error
    return [folder / name for name in sorted(names, reverse=True) if name[:1].isdecimal()]


class Journal:
    """The journal of one library being cleaned in place; leaving the context without `commit` gives it up.

    The caller reads the library, calls `record` for each with the bytes it had and those it gets, `closing` with the bytes
    that end the new file, and `commit` with the new file still open.
    """

    def __init__(self, library: Path, state_dir: Path) -> None:
        self.library = Path(os.path.realpath(library))
        self._folder = folder_of(library, state_dir)
        self._before = hashlib.sha256()
        self._after = hashlib.sha256()
        self._sizes = [0, 0, 0]  # before, after, the closing bytes of the latter
        self._records = 0
        self._time = datetime.now(UTC)
        self._id = ""
        self._file: AtomicFile | None = None

    def begin(self) -> Self:
        """Open the journal; raises OutputError where the state directory cannot be written."""
        try:
            for folder in (self._folder.parent, self._folder):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            taken = [int(path.name[:6]) for path in self._folder.glob("[0-9]*") if path.name[:6].isdecimal()]
        except OSError as error:
            fail(self._folder, error)
        self._id = f"{max(taken, default=0) + 1:06d}-{secrets.token_hex(4)}"
        self._file = AtomicFile(self._folder / f"{self._id}.pending", mode=0o600)
        return self

    def record(self, enrichment: Enrichment, before: bytes, after: bytes) -> dict[str, Any] | None:
        """Add one record and return its `restore`, None where its bytes stay; a report of the clean carries it too."""
        line = row(enrichment)
        restore: dict[str, Any] | None = None
        if before != after:
            restore = {
                "library": str(self.library),
                "record": self._records,
                "at": self._sizes[1],
                "length": len(after),
                "digest": digest(after),
                **encoded(before),
            }
            line["restore"] = restore
        self._write(line)
        self._before.update(before)
        self._after.update(after)
        self._sizes[0] += len(before)
        self._sizes[1] += len(after)
        self._records += 1
        return restore

    def closing(self, after: bytes) -> None:
        """Note the bytes that close the new file; in the old one they belonged to a record."""
        self._after.update(after)
        self._sizes[1] += len(after)
        self._sizes[2] += len(after)

    def _write(self, value: dict[str, Any]) -> None:
        if self._file is None:
            raise StoreError(f"the journal of {self.library} is not open")
        self._file.write(dump(value))

    @property
    def header(self) -> dict[str, Any]:
        """What the summary of journal and report says of the library."""
        return {
            "library": str(self.library),
            "journal": self._id,
            "time": timestamp(self._time),
            "version": VERSION,
            "records": self._records,
            "before": {"sha256": self._before.hexdigest(), "size": self._sizes[0]},
            "after": {"sha256": self._after.hexdigest(), "size": self._sizes[1]},
            "closing": self._sizes[2],
        }

    def commit(self, output: AtomicFile, summary: Summary) -> bool:
        """Put journal and library in their places, in this order; False where nothing changed and nothing was written.

        Raises OutputError, with the library untouched, where it is no longer what was read, or cannot be written.
        """
        if self._file is None:
            raise StoreError(f"the journal of {self.library} is not open")
        header = self.header
        try:
            if sha256_of(self.library) != header["before"]["sha256"]:
                raise OutputError(
                    f"{self.library} was changed while it was being cleaned; it is left as it is now. Run again"
                )
            if header["before"] == header["after"]:
                return False
            self._write(summary_line(summary, [header]))
            self._file.commit()
            pending = self._file.path
            try:
                output.commit()
            except BaseException:
                pending.unlink(missing_ok=True)
                raise
            settle(pending, ".jsonl")
            self._prune()
            return True
        finally:
            output.abort()  # after a commit there is nothing to abort
            self.abort()

    def _prune(self) -> None:
        entries = sorted(path for path in self._folder.glob("[0-9]*") if not path.is_dir())
        stale = time.time() - _WEEK
        left = [path for path in self._folder.glob(TEMPORARY) if path.stat().st_mtime < stale]
        for path in (*entries[:-KEPT], *left):
            path.unlink(missing_ok=True)

    def abort(self) -> None:
        """Give the journal up."""
        if self._file is not None:
            self._file.abort()
            self._file = None

    def __enter__(self) -> Self:
        return self.begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()


def settle(path: Path, suffix: str) -> None:
    """Give a journal the suffix that tells its state: `.pending`, `.jsonl` (carried out), `.undone`."""
    try:
        path.replace(path.with_suffix(suffix))
    except OSError as error:
        fail(path, error)


@dataclass(frozen=True, slots=True)
class Entry:
    """One clean that can be undone: the lines that tell of it, and its header."""

    lines: Path
    library: Path
    journal: str
    records: int
    before: str
    after: str
    size: int
    closing: int

    @classmethod
    def of(cls, lines: Path, header: dict[str, Any]) -> Self:
        """Read a header; raises StoreError where it is none."""
        try:
            return cls(
                lines=lines,
                library=Path(header["library"]),
                journal=str(header["journal"]),
                records=int(header["records"]),
                before=str(header["before"]["sha256"]),
                after=str(header["after"]["sha256"]),
                size=int(header["after"]["size"]),
                closing=int(header["closing"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise damaged(lines) from error

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of this library that carry a `restore`, in order; `restore["bytes"]` is what to put back."""
        try:
            with self.lines.open("rb") as stream:
                for line in stream:
                    value = parse(line)
                    restore = value.get("restore")
                    if restore and restore["library"] == str(self.library):
                        restore |= {"bytes": decoded(restore)} | {name: int(restore[name]) for name in _NUMBERS}
                        yield value
        except (OSError, ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
            raise damaged(self.lines) from error


def damaged(lines: Path) -> StoreError:
    """Return the error that says that a journal or report cannot be used."""
    return StoreError(f"{lines} is damaged; nothing was undone, the library is as it was")


def entries_in(lines: Path) -> tuple[Entry, ...] | None:
    """Return the cleans a journal or report tells of, none where it wrote elsewhere; None where the file is neither."""
    try:
        summary = parse(last_line(lines))["summary"]
        headers = summary.get("in_place", [])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return tuple(Entry.of(lines, header) for header in headers)

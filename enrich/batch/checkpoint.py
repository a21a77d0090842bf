"""Files that grow by whole batches, and the note of how far they have grown.

What a run writes grows under names of its own, `.unfinished`, beside the files it will become; a checkpoint names the
input as far as it was read, the settings, and the length of each file. A killed run leaves files that are longer than the
checkpoint says: they are cut to it. The note is written after what it tells of is on the disk, and replaced whole, so it is
never ahead. In the end each file is renamed; the note goes last, so that a run killed between two renames can finish them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Protocol, Self

from enrich.errors import OutputError, StoreError
from enrich.report.atomic import AtomicFile, fail, sync_directory
from enrich.report.jsonl import dump, parse

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

try:
    import fcntl
except ImportError:  # Windows has none; there two runs with one output are not told apart
    fcntl = None  # type: ignore[assignment]

VERSION: Final = 1
_ENDING: Final = ".unfinished"
_NOTE: Final = ".checkpoint"
_LOCK: Final = ".lock"
_PART: Final = "part-{:05}.parquet"


class Growing(Protocol):
    """An output that grows and can be taken up again."""

    every: int
    """Batches between two checkpoints."""

    def write(self, data: Any) -> None:
        """Append the output of a batch."""
        ...

    def settle(self) -> int:
        """Make sure that all that was written is on the disk, and return how much."""
        ...

    def finish(self) -> None:
        """Give it its name; nothing where that was done before."""
        ...

    def close(self) -> None:
        """Let go of it; it can be taken up again."""
        ...


class GrowingFile:
    """A file of lines. Taken up at a length, it is cut to it."""

    every: int = 8

    def __init__(self, path: Path, length: int = 0) -> None:
        self.path = path
        self._unfinished = _beside(path, _ENDING)
        self._stream: BinaryIO | None = None
        self._length = length
        if path.is_dir():
            raise OutputError(f"{path} is a directory; name a file in it")
        try:
            if length and not self._unfinished.exists():
                return  # it has its name already
            self._stream = self._unfinished.open("r+b" if self._unfinished.exists() else "x+b")
            if self._stream.seek(0, os.SEEK_END) < length:
                self.close()
                raise StoreError(f"{self._unfinished} is shorter than it was; use --afresh to begin again")
            self._stream.truncate(length)
            self._stream.seek(length)
        except OSError as error:
            fail(path, error)

    def write(self, data: bytes) -> None:
        """Append lines."""
        if self._stream is None:
            raise OutputError(f"{self.path} is finished already")
        try:
            self._stream.write(data)
        except OSError as error:
            fail(self.path, error)
        self._length += len(data)

    def settle(self) -> int:
        """Return the length, all of which is on the disk."""
        if self._stream is not None:
            try:
                self._stream.flush()
                os.fsync(self._stream.fileno())
            except OSError as error:
                fail(self.path, error)
        return self._length

    def finish(self) -> None:
        """Give the file its name."""
        self.close()
        _named(self._unfinished, self.path)

    def close(self) -> None:
        """Close the file."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None


class GrowingTable:
    """A directory of Parquet files, `part-00000.parquet` and so on: once closed, one cannot be appended to."""

    every: int = 200

    def __init__(self, path: Path, parts: int = 0) -> None:
        self.path = path
        self._unfinished = _beside(path, _ENDING)
        self._parts = parts
        self._writer: pq.ParquetWriter | None = None
        if parts and not self._unfinished.exists():
            return  # it has its name already
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise OutputError(f"{path} is there already; Parquet goes into a new directory")
        try:
            self._unfinished.mkdir(exist_ok=True)
            for number, file in enumerate(sorted(self._unfinished.iterdir())):
                if number >= parts:
                    file.unlink()
        except OSError as error:
            fail(path, error)

    def write(self, data: pa.RecordBatch) -> None:
        """Append rows."""
        import pyarrow.parquet as pq  # noqa: PLC0415 -- an extra: only who writes Parquet needs it

        try:
            if self._writer is None:
                target = self._unfinished / _PART.format(self._parts)
                self._writer = pq.ParquetWriter(target, data.schema, compression="zstd")
            self._writer.write_batch(data)
        except OSError as error:
            fail(self.path, error)

    def settle(self) -> int:
        """Complete a file, and return how many there are."""
        if self._writer is not None:
            try:
                self._writer.close()
                with (self._unfinished / _PART.format(self._parts)).open("rb") as stream:
                    os.fsync(stream.fileno())
            except OSError as error:
                fail(self.path, error)
            sync_directory(self._unfinished)
            self._writer = None
            self._parts += 1
        return self._parts

    def finish(self) -> None:
        """Give the directory its name."""
        _named(self._unfinished, self.path)

    def close(self) -> None:
        """Let go of a file that is not complete."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def _named(unfinished: Path, path: Path) -> None:
    if unfinished.exists():
        try:
            unfinished.replace(path)
        except OSError as error:
            fail(path, error)
        sync_directory(path.parent)


class Checkpoint:
    """The note beside an output, and the right to work on it: only one process has it. A context manager."""

    def __init__(self, output: Path) -> None:
        self._output = output
        self._path = _beside(output, _NOTE)
        self._lock: BinaryIO | None = None

    def __enter__(self) -> Self:
        try:
            while not self._locked(_beside(self._output, _LOCK)):
                pass  # who had it took it away between our opening and locking it
        except BlockingIOError as error:
            raise OutputError(
                f"another process is writing {self._output}; wait for it, or name another"
            ) from error
        except OSError as error:
            fail(self._output, error)
        return self

    def _locked(self, path: Path) -> bool:
        """Lock a file, and tell whether it still has its name."""
        with ExitStack() as stack:
            lock = stack.enter_context(path.open("wb"))
            if fcntl is not None:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not path.exists() or not os.path.samestat(path.stat(), os.fstat(lock.fileno())):
                return False
            self._lock = lock
            stack.pop_all()
            return True

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            _beside(self._output, _LOCK).unlink(missing_ok=True)
            self._lock.close()

    def load(self) -> dict[str, Any] | None:
        """Return what the note of an unfinished run says; None where there is none."""
        try:
            found = parse(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise StoreError(f"{self._path} cannot be read ({error}); use --afresh to begin again") from error
        if not isinstance(found, dict) or found.get("version") != VERSION:
            raise StoreError(f"{self._path} is of another version; use --afresh to begin again")
        return found

    def store(self, note: Mapping[str, Any]) -> None:
        """Replace the note; it is on the disk when this returns."""
        with AtomicFile(self._path) as file:
            file.write(dump({"version": VERSION, **note}))

    def forget(self, *outputs: Path) -> None:
        """Give an unfinished run up: its note, and what it wrote to these outputs."""
        self._path.unlink(missing_ok=True)
        for output in outputs:
            unfinished = _beside(output, _ENDING)
            if unfinished.is_dir():
                shutil.rmtree(unfinished)
            else:
                unfinished.unlink(missing_ok=True)


def _beside(path: Path, ending: str) -> Path:
    target = Path(os.path.realpath(path))
    return target.with_name(target.name + ending)

"""Files that are written whole or not at all.

A temporary file in the same directory, flushed to the disk, then renamed over the old one: a reader sees the old file or
the new one, never half of either, and a crash leaves the old one. https://man7.org/linux/man-pages/man2/rename.2.html

Oddities: a symbolic link is followed, so that the file it names is replaced and not the link; what is no regular file
(`/dev/stdout`, a named pipe) cannot be replaced and is written through; hard links to the old file keep the old content.

>>> import tempfile
>>> with tempfile.TemporaryDirectory() as folder, AtomicFile(Path(folder) / "library.enw") as output:
...     output.write(b"%0 Book")
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, NoReturn, Self

from enrich.errors import OutputError

TEMPORARY: Final = ".enrich-*.tmp"
_FLAGS: Final = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
_REMEDIES: Final[dict[int, str]] = {
    errno.EACCES: "the directory cannot be written; choose another place or ask for the permission",
    errno.EPERM: "the directory cannot be written; choose another place or ask for the permission",
    errno.EROFS: "the file system is read-only; choose another place",
    errno.ENOSPC: "the disk is full; make room and run again",
    errno.EDQUOT: "the disk quota is used up; make room and run again",
    errno.ENOENT: "there is no such directory; make it first",
    errno.ENOTDIR: "there is no such directory; make it first",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
    errno.EIO: "the disk reports an error; look at it before running again",
}


def fail(path: Path, error: OSError) -> NoReturn:
    """Raise the OutputError that says what went wrong with `path` and what to do."""
    remedy = _REMEDIES.get(error.errno or 0, error.strerror or str(error))
    raise OutputError(f"{path} cannot be written: {remedy}. Whatever stood there is untouched") from error


def is_same_file(one: Path | str, other: Path | str) -> bool:
    """Tell whether two paths lead to one file, links followed; the files need not exist."""
    return os.path.realpath(one) == os.path.realpath(other)


class AtomicFile:
    """A binary file that appears under its name only when it is complete.

    As a context manager it commits at the end and aborts on any exception. The mode of an existing file is kept; a new
    one has `mode`, less the umask. Every failure is an OutputError that leaves the old file as it was.
    """

    def __init__(self, path: Path, *, mode: int = 0o666) -> None:
        self.path = path
        self._before = self._stat()
        regular = self._before is None or stat.S_ISREG(self._before.st_mode)
        self._target = (
            Path(os.path.realpath(path)) if regular else path
        )  # what /dev/stdout links to may have no name
        self._temporary = self._target.with_name(f".enrich-{secrets.token_hex(8)}.tmp") if regular else None
        self._stream: BinaryIO | None = self._open(mode)

    def _stat(self) -> os.stat_result | None:
        try:
            before = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            fail(self.path, error)
        if stat.S_ISDIR(before.st_mode):
            raise OutputError(f"{self.path} is a directory; name a file in it")
        if not os.access(self.path, os.W_OK):
            raise OutputError(f"{self.path} is write-protected; allow writing or choose another name")
        return before

    def _open(self, mode: int) -> BinaryIO:
        try:
            if self._temporary is None:
                return self._target.open("wb")
            return os.fdopen(os.open(self._temporary, _FLAGS, mode), "wb")
        except OSError as error:
            fail(self.path, error)

    def write(self, data: bytes) -> None:
        """Append `data`."""
        if self._stream is None:
            raise OutputError(f"{self.path} is closed already")
        try:
            self._stream.write(data)
        except OSError as error:
            self.abort()
            fail(self.path, error)

    def commit(self) -> None:
        """Put the file in its place; it is on the disk when this returns."""
        if self._stream is None:
            raise OutputError(f"{self.path} is closed already")
        try:
            self._stream.flush()
            if self._temporary is not None:
                os.fsync(self._stream.fileno())
            self._stream.close()
            if self._temporary is not None:
                self._replace(self._temporary)
        except OSError as error:
            self.abort()
            fail(self.path, error)
        self._stream = None

    def _replace(self, temporary: Path) -> None:
        if self._before is not None:
            if hasattr(os, "chown"):
                with contextlib.suppress(
                    PermissionError
                ):  # another's file stays as readable as it was, under our name
                    os.chown(temporary, self._before.st_uid, self._before.st_gid)
            temporary.chmod(stat.S_IMODE(self._before.st_mode))
        temporary.replace(self._target)
        sync_directory(self._target.parent)

    def abort(self) -> None:
        """Give the new file up; the old one was never touched."""
        if self._stream is None:
            return
        with contextlib.suppress(
            OSError
        ):  # a full disk may refuse even the buffer's rest, which is not wanted any more
            self._stream.close()
        self._stream = None
        if self._temporary is not None:
            self._temporary.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._stream is not None:
            self.commit()
        else:
            self.abort()


def sync_directory(directory: Path) -> None:
    """Make a rename in `directory` survive a power failure, where the system lets a directory be synchronised."""
    with contextlib.suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

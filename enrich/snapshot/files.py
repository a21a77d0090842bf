"""From what a person names to pieces of work: data files, members of tars, chunks of a stream.

A piece is read by one process from its beginning to its end and is what a load that was killed need not read again. A file
is a piece, a member of a tar is one (DataCite's tar has a file for every ten thousand resources, and is never unpacked),
and so is every so many lines of a compressed tar's member or of standard input, which only one process can read.
"""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import tarfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from enrich.errors import StoreError, unreadable
from enrich.snapshot import inflate, items
from enrich.snapshot.items import DOCUMENT, LINES, TAR, Item, Problem, Quick, kind_of

STDIN: Final = Path("-")
_CUT: Final = 32 << 20  # bytes of lines in a piece of a stream
_UNREADABLE: Final[tuple[type[Exception], ...]] = (tarfile.TarError, OSError, *inflate.DAMAGE)
_BLOCK: Final = 512  # bytes of a tar's header
_MAGIC: Final = b"ustar"
_LIST: Final = re.compile(
    rb'\{\s*(?:"items"\s*:|"data"\s*:\s*\[|"status"|$)'
)  # how the registries' documents begin


@dataclass(frozen=True, slots=True)
class Piece:
    """Something to read: a file, the member whose header stands at `begin` in one, or `data` cut from a stream.

    `size` is how much of the source it stands for, in bytes as they lie there; `modified` is Unix time. What was cut from a
    stream `begin`s at that line.
    """

    name: str
    path: Path
    size: int
    modified: int
    begin: int | None = None
    data: bytes | None = None

    @property
    def identity(self) -> str:
        """A name for what was read from this: another file, or the same changed, has another."""
        told = (
            [self.name, self.begin] if self.data is not None else [self.name, self.begin, self.size, self.modified]
        )
        text = "\0".join(map(str, told)).encode("utf-8", "surrogateescape")
        return hashlib.blake2b(text + (self.data or b""), digest_size=12).hexdigest()

    def read(self, needles: tuple[bytes, ...] = (), quick: Quick | None = None) -> Iterator[Item | Problem]:
        """Yield what the piece holds; a file that cannot be read is a Problem as well as one that is damaged."""
        try:
            with self._opened() as stream:
                first = self.begin or 1 if self.data is not None else 1
                yield from items.read(stream, self.name, self.modified, needles, first=first, quick=quick)
        except (OSError, tarfile.TarError) as error:
            yield Problem(self.name, f"it cannot be read ({getattr(error, 'strerror', None) or error})")

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        if self.data is not None:
            yield io.BytesIO(self.data)
            return
        with self.path.open("rb") as stream:
            if self.begin is None:
                yield stream
                return
            stream.seek(self.begin)
            with tarfile.open(fileobj=stream, mode="r:") as archive:
                member = archive.next()
                content = archive.extractfile(member) if member is not None else None
                if content is None:
                    raise tarfile.TarError("the member is gone")
                yield cast("BinaryIO", content)


def data_files(path: Path, *, but: Path | None = None) -> list[Path]:
    """Return the data files a path names: itself, or those below it, in order, hidden ones and those in `but` left out.

    Raises StoreError where there are none.
    """
    if path == STDIN:
        return [path]
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.is_file() and _counts(file, path, but))
    else:
        found = [path] if path.is_file() and kind_of(path.name) else []
    if not found:
        what = (
            "no data files are in it"
            if path.is_dir()
            else "no data file"
            if path.exists()
            else "there is no such file"
        )
        raise StoreError(f"{path}: {what}; a data file ends in .jsonl or .json, with or without .gz, or in .tar")
    return found


def _counts(file: Path, under: Path, but: Path | None) -> bool:
    is_hidden = any(part.startswith(".") for part in file.relative_to(under).parts)
    return (
        bool(kind_of(file.name)) and not is_hidden and (but is None or but.resolve() not in file.resolve().parents)
    )


def size_of(files: Iterable[Path]) -> int | None:
    """Return the bytes of all files; None where one is a stream."""
    sizes = [None if path == STDIN else path.stat().st_size for path in files]
    return None if None in sizes else sum(size or 0 for size in sizes)


def pieces(files: Iterable[Path], room: Path, stdin: BinaryIO) -> Iterator[Piece | Problem]:
    """Yield the pieces of files, as they are needed; `room` is a directory for what must be seen whole.

    Raises StoreError where a file cannot be read at all.
    """
    for path in files:
        try:
            if path == STDIN:
                yield from _of_stream(stdin, room)
            elif kind_of(path.name) == TAR:
                with path.open("rb") as stream:
                    yield from _of_tar(stream, path)
            else:
                yield _whole(path)
        except OSError as error:
            raise StoreError(f"{path} {unreadable(error)}") from error


def _whole(path: Path, name: str | None = None) -> Piece:
    status = path.stat()
    return Piece(name or _named(str(path)), path, status.st_size, int(status.st_mtime))


def _named(text: str) -> str:
    """Return the name of a file as Unicode, which not every file has: what is read of it is kept under its name."""
    return text.encode("utf-8", "backslashreplace").decode()


def _of_tar(stream: io.BufferedReader, path: Path) -> Iterator[Piece | Problem]:
    """Yield the data files in a tar: places in it where it is not compressed, their contents where it is."""
    is_plain, before = stream.peek(_BLOCK)[257:262] == _MAGIC, 0
    try:
        with tarfile.open(fileobj=stream, mode="r:" if is_plain else "r|*") as archive:
            for member in archive:
                if not member.isfile() or kind_of(member.name) in {"", TAR}:
                    continue
                name, at = _named(f"{path}!{member.name}"), stream.tell()
                if is_plain:
                    yield Piece(name, path, member.size, int(member.mtime), begin=member.offset)
                elif (content := archive.extractfile(member)) is not None:
                    yield from _cut(cast("BinaryIO", content), name, int(member.mtime), max(at - before, 0))
                    before = at
                archive.members = []  # type: ignore[attr-defined]  # else it remembers every one
    except _UNREADABLE as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        yield Problem(str(path), f"the file is damaged, the rest of it was not read ({error})")


def _of_stream(stream: BinaryIO, room: Path) -> Iterator[Piece | Problem]:
    """Yield lines of standard input as they come; a tar or a document is kept in `room` first."""
    head = stream.read(1 << 16)
    ahead = cast("BinaryIO", io.BufferedReader(_Again(head, stream)))
    plain = _begun(head)
    if plain[257:262] == _MAGIC or not _is_lines(plain):
        kind = TAR if plain[257:262] == _MAGIC else DOCUMENT
        place = room / f"stdin{kind}"
        with place.open("wb") as copy:
            shutil.copyfileobj(ahead, copy)
        yield from pieces([place], room, stream)
        return
    try:
        yield from _cut(ahead, f"standard input{LINES}", int(time.time()), 0)
    except inflate.DAMAGE as error:
        yield Problem("standard input", f"it is damaged, the rest of it was not read ({error})")


def _begun(head: bytes) -> bytes:
    try:
        return next(items.chunks(io.BytesIO(head)), b"")
    except inflate.DAMAGE:
        return b""


def _is_lines(head: bytes) -> bool:
    """Tell lines from a document by the first line that says something: it is a whole object, or the stream is long."""
    first = head.lstrip().partition(b"\n")[0].rstrip()
    return not first or (first.startswith(b"{") and (first.endswith(b"}") or _LIST.match(first) is None))


def _cut(stream: BinaryIO, name: str, modified: int, size: int) -> Iterator[Piece | Problem]:
    """Yield the lines of a stream in pieces; a document is one."""
    if kind_of(name) != LINES:
        yield Piece(name, STDIN, size, modified, data=stream.read())
        return
    begun, room = 1, _CUT
    held: list[bytes] = []
    for number, line in enumerate(items.lines(stream), 1):
        held.append(line)
        room -= len(line)
        if room <= 0:
            yield Piece(name, STDIN, size, modified, begin=begun, data=b"\n".join(held))
            begun, held, room, size = number + 1, [], _CUT, 0
    if held:
        yield Piece(name, STDIN, size, modified, begin=begun, data=b"\n".join(held))


class _Again(io.RawIOBase):
    """A stream of which the head was read already."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head = memoryview(head)
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the library's type is wider
        part = self._head[: len(buffer)] or memoryview(self._stream.read(len(buffer)))
        self._head = self._head[len(part) :]
        buffer[: len(part)] = part
        return len(part)

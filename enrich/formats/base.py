"""What a format can do: recognise, read, write, and tell what it has no place for.

A format is a module with the members of :class:`Format`. Reading and writing stream: memory holds one record at a time. One
that is only read, or only written, says so in its line of the table; the verb it lacks raises FormatError with a way out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, runtime_checkable

from enrich.model.record import Record
from enrich.model.work import Work


class Format(Protocol):
    """The members every format module has."""

    NAME: str
    MEDIA_TYPES: tuple[str, ...]
    EXTENSIONS: tuple[str, ...]

    def sniff(self, head: bytes, /) -> float:
        """Return the confidence, 0.0 to 1.0, that a file beginning with `head` (at most 64 KiB) is of this format."""
        ...

    def read(self, chunks: Iterable[bytes], /, *, file: str | None = None) -> Iterator[Record]:
        """Yield the records of a file given as chunks of any size; how it is cut never changes the result.

        Joining `record.source.raw` of all records gives the bytes back. Raises FormatError only where nothing at all can be
        read; a broken record is yielded as unreadable, with a note.
        """
        ...

    def write(self, records: Iterable[Record], /) -> Iterator[bytes]:
        """Yield one chunk for each record, in order, then one last chunk that closes the file (often empty).

        A record that came from this format and has not changed is written back byte for byte; a changed one differs only in
        what changed.
        """
        ...

    def held(self, record: Record, /) -> Work:
        """Return what a file of this format can hold of the record's work: what is read back after writing it afresh."""
        ...

    def unheld(self, record: Record, fields: Iterable[str], /) -> tuple[str, ...]:
        """Return those of the fields, by their CSL names, for which a record of this type has no place in its own file.

        The record came from this format. What is withheld for it is neither written nor reported as changed.
        """
        ...

    def unencodable(self, record: Record, fields: Iterable[str], /) -> tuple[str, ...]:
        """Return those of the fields, by their CSL names, whose value the encoding of the record's own file cannot hold.

        The record came from this format. A change that is withheld for it becomes a conflict, with a note.
        """
        ...


@runtime_checkable
class Parted(Protocol):
    """What a format has besides whose records can be told apart at little cost before any is read: for several processes.

    `map(record, parts(chunks))` is what `read(chunks)` yields; a part is a value that can be sent to another process.
    """

    def parts(self, chunks: Iterable[bytes], /, *, file: str | None = None) -> Iterator[Any]:
        """Yield what :meth:`record` makes each record of; raises FormatError as `read` does."""
        ...

    def record(self, part: Any, /) -> Record:
        """Return the record in a part of a file."""
        ...

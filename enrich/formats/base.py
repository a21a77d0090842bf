"""What a format can do: recognise, read, write.

A format is a module with the members of :class:`Format`. Reading and writing stream: memory holds one record at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from enrich.model.record import Record


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

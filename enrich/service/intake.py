"""An upload on its way from the event loop to a reader in a thread: taken as fast as it comes, read as fast as it is used.

Many clients send all of a request before they read any of the answer. Were their upload held back until the answer
flows, both sides would wait for each other for ever; so what is not used yet goes to a temporary file, which has no
name and is as large as the upload at most. Memory holds the first mebibyte.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Final

from enrich.errors import StoreError
from enrich.service.problems import ProblemError

_IN_MEMORY: Final = 1 << 20
_PIECE: Final = 1 << 17


class Intake:
    """Bytes that are added by one thread and read by another; at most `most` of them."""

    def __init__(self, most: int, directory: Path | None = None) -> None:
        place = directory if directory is not None and directory.is_dir() else None
        self._spool = SpooledTemporaryFile(_IN_MEMORY, dir=str(place) if place else None)  # noqa: SIM115 -- closed by `close`
        self._most = most
        self._size = 0
        self._ended = False
        self._error: Exception | None = None
        self._news = threading.Condition()

    def add(self, piece: bytes) -> None:
        """Add what has come. Raises ProblemError when it is too much, StoreError when there is no room for it."""
        with self._news:
            if self._spool.closed:
                return
            if self._size + len(piece) > self._most:
                raise ProblemError("too-large", f"a library may have {self._most:,} bytes; send it in parts")
            try:
                self._spool.seek(self._size)
                self._spool.write(piece)
            except OSError as error:
                raise StoreError(f"an upload cannot be kept: {error}") from error
            self._size += len(piece)
            self._news.notify()

    def end(self, error: Exception | None = None) -> None:
        """Say that nothing more comes, or that whoever reads should stop with an error."""
        with self._news:
            self._ended = True
            self._error = self._error or error
            self._news.notify()

    def close(self) -> None:
        """Let go of the file; a reader that still waits is let go as well."""
        with self._news:
            self._ended = True
            self._spool.close()
            self._news.notify()

    def pieces(self) -> Iterator[bytes]:
        """Yield what was added, waiting for more; raises the error it was ended with."""
        at = 0
        while True:
            with self._news:
                self._news.wait_for(lambda: self._size > at or self._ended)  # noqa: B023 -- called before the next turn
                if self._error is not None:
                    raise self._error
                if self._spool.closed or self._size == at:
                    return
                self._spool.seek(at)
                piece = self._spool.read(_PIECE)
            at += len(piece)
            yield piece

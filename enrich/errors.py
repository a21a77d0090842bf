"""The errors of this project, one tree.

::

    EnrichError
    ├── IdentifierError     a string is no identifier of that scheme
    ├── FormatError         a bibliography cannot be read (file, line, column, excerpt)
    ├── SettingsError       a setting is wrong (where it was written, which key)
    ├── TransportError      a request could not be made at all (redacted)
    ├── ProtocolError       a service answered what it should not
    ├── StoreError          a cache, snapshot or journal cannot be used
    └── OutputError         a file cannot be written; what was there is untouched

A message says what happened, to what, and what to do about it. What is *known of a DOI* is never an error but an
:data:`enrich.Outcome`.
"""

from __future__ import annotations

import errno
from typing import Final

_FORBIDDEN: Final = "you may not read it; ask its owner for the permission, or read a copy of your own"
_REMEDIES: Final[dict[int, str]] = {
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EISDIR: "name a file in it",
    errno.EIO: "the disk reports an error; look at it before running again",
}


def unreadable(error: OSError) -> str:
    """Return why something cannot be read and what to do: `cannot be read: No such file or directory; check the path`."""
    remedy = _REMEDIES.get(error.errno or 0, "check the path")
    return f"cannot be read: {error.strerror or error}; {remedy}"


class EnrichError(Exception):
    """Anything this project raises on purpose."""


class IdentifierError(EnrichError, ValueError):
    """A string cannot be read as an identifier of the scheme."""


class FormatError(EnrichError, ValueError):
    """A bibliography, or a place in it, cannot be read."""

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        excerpt: str | None = None,
    ) -> None:
        super().__init__(message)
        self.file = file
        self.line = line
        self.column = column
        self.excerpt = excerpt

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        shown = f" ({self.excerpt!r})" if self.excerpt else ""
        return f"{where}: {self.args[0]}{shown}" if where else f"{self.args[0]}{shown}"


class SettingsError(EnrichError, ValueError):
    """A setting has a value that cannot be used."""

    def __init__(self, message: str, *, file: str | None = None, key: str | None = None) -> None:
        super().__init__(message)
        self.file = file
        self.key = key

    def __str__(self) -> str:
        where = ": ".join(part for part in (self.file, self.key) if part)
        return f"{where}: {self.args[0]}" if where else str(self.args[0])


class TransportError(EnrichError):
    """A request could not be made; `request` is its method and address with secrets and contact removed."""

    def __init__(self, message: str, *, request: str | None = None) -> None:
        super().__init__(message)
        self.request = request

    def __str__(self) -> str:
        return f"{self.request}: {self.args[0]}" if self.request else str(self.args[0])


class ProtocolError(EnrichError):
    """A service answered something that is not what its interface promises."""


class StoreError(EnrichError):
    """A cache, snapshot or journal on disk cannot be used."""


class OutputError(EnrichError):
    """An output cannot be written; whatever stood there before is untouched."""

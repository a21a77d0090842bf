"""An answer of an agency as it is kept: enough to tell whether it is the one met before, and how to read it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from enrich.model.outcome import Outcome


class Unread(NamedTuple):
    """What is kept of a DOI, not read yet.

    Whose word it is (an agency, or `doi.org`), the moment of it and until when it may be given (Unix time), the bytes as
    they are kept, and what to read them with, which gives None where they cannot be read. Equal words of equal moments in
    equal bytes read alike.
    """

    agency: str
    at: float
    until: float
    kept: bytes
    read: Callable[[], Outcome | None]

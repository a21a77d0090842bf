"""Citation keys for entries that have none: `breiman2001`, with a letter where it is taken: `breiman2001a`.

The same records in the same order get the same keys.
"""

from __future__ import annotations

import re
from typing import Final

from enrich.model.record import Record
from enrich.text.fold import key as folded

_KEY: Final = re.compile(r"[A-Za-z][A-Za-z0-9_:.+/-]{0,80}")
_GIVEN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_:.+/-]{0,99}")
_NAMING: Final = ("citation-key", "citekey", "id")
_NO_KEY: Final = re.compile(r"item-\d+|10[./]|https?:|doi:", re.IGNORECASE)
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


class Keys:
    """The keys given so far."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}  # of each key that was taken, the letters to try next

    def take(self, key: str) -> None:
        """Note that an entry has this key already."""
        self._taken.add(key.lower())

    def new(self, record: Record) -> str:
        """Return a key for a record: its own where it brings one, else made of the first name and the year."""
        return self.unique(next((key for key in map(_own, record.extra) if key), None) or made(record))

    def unique(self, stem: str) -> str:
        """Return a key that begins with `stem` and is not taken, and take it."""
        key, number = stem, self._next.get(stem.lower(), 0)
        while key.lower() in self._taken:
            key, number = stem + _suffix(number), number + 1
        if number:
            self._next[stem.lower()] = number
        self.take(key)
        return key


def _own(extra: tuple[str, str]) -> str | None:
    name, value = extra
    bare = value.strip('"')
    if name == _NAMING[0]:  # whoever calls it a citation key means it, a DOI too
        return bare if _GIVEN.fullmatch(bare) else None
    return bare if name in _NAMING and _KEY.fullmatch(bare) and not _NO_KEY.match(bare) else None


def made(record: Record) -> str:
    """Return a key made of the first name and the year, which may be taken already."""
    work = record.work
    first = next(iter(work.author or work.editor), None)
    name = (first.family or first.literal or first.given) if first else None
    words = folded(name or work.title or "").split()
    stem = "".join(words if first and first.family else words[:1])
    letters = re.sub(r"[^a-z0-9]", "", stem)[:40]
    year = f"{work.issued.year}" if work.issued and work.issued.year is not None else ""
    return f"{letters or 'entry'}{year}"


def _suffix(number: int) -> str:
    """Return a, b ... z, aa, ab ..."""
    suffix = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, 26)
        suffix = _LETTERS[letter] + suffix
    return suffix

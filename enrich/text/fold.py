"""Comparison keys: what is left of a text when spelling habits are taken away.

Two spellings of one title share a key: case, diacritics, ligatures, typographic signs and punctuation are folded, so that
a key is never shown to anybody. Folding is per character (Unicode's compatibility decomposition, then the letters it does
not decompose), therefore linear, and marks of scripts other than Latin, Greek and Cyrillic stay: there they are letters.

Registries lose blanks around markup ("CO2vent", 10.1111/1574-6941.12040); `squeezed` compares without any.
https://www.unicode.org/reports/tr15/

>>> key("L’Œuvre: Straße & Łódź—naïve")
'loeuvre strasse and lodz naive'
>>> squeezed("CO 2 vent") == squeezed("CO2vent")
True
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from typing import Final

# Letters that Unicode does not decompose, and signs that are read as words.
_LETTERS: Final[dict[str, str]] = {
    "ß": "ss", "ẞ": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ħ": "h", "ı": "i",
    "ŋ": "n", "ĸ": "k", "ƒ": "f", "ə": "e", "&": " and ",
}  # fmt: skip
# Dropped without leaving a blank: apostrophes of all kinds, soft hyphen, zero-width signs, marks of accent.
_DROPPED: Final[frozenset[str]] = frozenset("'’‘ʼʹʻ′`´\u00ad\u200b\u200c\u200d\u2060\ufeff")
_REMEMBERED: Final = 0x10000


class _Table(dict[int, str]):
    """Code point to folded text, filled on first use; bounded by the Basic Multilingual Plane."""

    def __missing__(self, code: int) -> str:
        folded = _folded(chr(code))
        if code < _REMEMBERED:
            self[code] = folded
        return folded


def _folded(char: str) -> str:
    if char in _DROPPED:
        return ""
    parts = []
    for part in unicodedata.normalize("NFKD", char.casefold() if char not in _LETTERS else char):
        mapped = _LETTERS.get(part)
        if mapped is not None:
            parts.append(mapped)
        elif part.isalnum():
            parts.append(part.casefold())
        elif not "\u0300" <= part <= "\u036f":
            parts.append(part if unicodedata.category(part) in ("Mc", "Mn") else " ")
    return "".join(parts)


_TABLE: Final = _Table()
# ASCII keeps a table of its own without deletions and expansions, which `str.translate` runs through in C.
_ASCII: Final = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}


def key(text: str) -> str:
    """Return the folded words of `text`, joined by single blanks; "" where nothing is left to compare."""
    if text.isascii():
        if "'" in text or "`" in text:
            text = text.replace("'", "").replace("`", "")
        if "&" in text:
            text = text.replace("&", " and ")
        return " ".join(text.translate(_ASCII).split())
    return " ".join(text.translate(_TABLE).split())


def words(text: str) -> list[str]:
    """Return the folded words of `text`."""
    return key(text).split()


def squeezed(text: str) -> str:
    """Return the key of `text` without blanks."""
    return key(text).replace(" ", "")


def position_after(text: str, count: int, offset: int = 0) -> int:
    """Return where in `text` the letter number `count` from `offset` ends, letters counted as `squeezed` leaves them."""
    # Each character is folded by itself, so the letters of a beginning only grow in number with its length.
    ends = range(offset, len(text))
    return offset + bisect_left(ends, count, key=lambda end: len(squeezed(text[offset:end])))


def is_latin(text: str) -> bool:
    """Tell whether most letters of `text` can be compared with Latin ones once folded (Latin script, or none at all)."""
    if text.isascii():
        return True
    letters = [char for char in key(text) if char.isalpha()]
    return sum(char.isascii() for char in letters) * 2 >= len(letters)

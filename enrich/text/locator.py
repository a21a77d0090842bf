"""Volumes, numbers and pages as keys that are equal where a reader would call them equal.

"Vol. XII" and "12", "e0123-45" and "E123", "123-5" and "123–125". Hindawi counts volumes by years, Wiley gives letters
("S194"), electronic articles a number instead of pages.

>>> number_key("Vol. 007"), number_key("XII"), first_page("pp. S123–9"), expanded("123--5")
('7', '12', 's123', '123-125')
"""

from __future__ import annotations

import re
from typing import Final

from enrich.text.fold import squeezed

_LABEL: Final = re.compile(
    r"\A\s*(?:volumes?|vols?|v\.|bd|band|tome|issues?|numbers?|num|nos?|nr|pages?|pp?|seiten?|s\.|art(?:icle|\.)?"
    r"(?:\s+(?:id|no|number))?)[.:]?\s*(?=[\dsei])",
    re.IGNORECASE,
)
_ZEROS: Final = re.compile(r"(?<!\d)0+(?=\d)")
_DASH: Final = re.compile(r"\s*(?:-{1,3}|[‐‑‒–—―−⁃])\s*")
_RANGE: Final = re.compile(r"([a-z]{0,3})(\d{1,7})-([a-z]{0,3})(\d{1,7})", re.IGNORECASE)
_ROMAN: Final = re.compile(r"(?=[ivxlcdm])m{0,4}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})")
_VALUES: Final = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}


def roman(text: str) -> int | None:
    """Return the value of a Roman numeral in lower case; None where `text` is none."""
    if not _ROMAN.fullmatch(text):
        return None
    values = [_VALUES[letter] for letter in text]
    following = [*values[1:], 0]
    return sum(-value if value < after else value for value, after in zip(values, following, strict=True))


def number_key(text: str) -> str:
    """Return the comparison key of a volume, an issue or an article number."""
    if text.isdecimal():
        return text.lstrip("0") or "0"
    plain = _ZEROS.sub("", squeezed(_LABEL.sub("", text)))
    value = roman(plain)
    return plain if value is None else str(value)


def first_page(text: str) -> str:
    """Return the comparison key of the page a range begins on."""
    first = text.partition("-")[0]
    if first.isdecimal():
        return number_key(first)
    return number_key(_DASH.split(_LABEL.sub("", text.strip()), maxsplit=1)[0].split(",", 1)[0])


def is_range(text: str) -> bool:
    """Tell whether `text` gives a last page too."""
    return _RANGE.fullmatch(_DASH.sub("-", _LABEL.sub("", text.strip()))) is not None


def page_key(text: str) -> str:
    """Return the comparison key of pages: ranges written out, dashes alike, no label."""
    return _ZEROS.sub("", expanded(_LABEL.sub("", text.strip())).lower().replace(" ", ""))


def prefixed(text: str) -> str:
    """Return the comparison key of a range whose last page left out what the first begins with: "S123-8" is S123-S128."""
    match = _RANGE.fullmatch(_DASH.sub("-", _LABEL.sub("", text.strip())))
    if match is None or not match[1] or match[3]:
        return page_key(text)
    prefix, first, _, last = match.groups()
    return page_key(f"{prefix}{first}-{prefix}{first[: len(first) - len(last)]}{last}")


def expanded(text: str) -> str:
    """Return a page range with one hyphen and its last page in full; anything else comes back as it is."""
    bare = text.strip()
    match = _RANGE.fullmatch(_DASH.sub("-", bare)) if len(bare) < 40 else None
    if match is None:
        return text
    prefix, first, last_prefix, last = match.groups()
    if not prefix and not last_prefix and len(last) < len(first):
        whole = first[: len(first) - len(last)] + last
        # "12-1" is page 1 of chapter 12, no range.
        last = whole if int(whole) > int(first) else last
    return f"{prefix}{first}-{last_prefix}{last}"

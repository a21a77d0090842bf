"""Text to bytes: what an encoding cannot hold is found before it is written.

Old files are in cp1252 or GB18030. A new value goes into such a file as it is, composed (NFC), or with the hyphens and
blanks that its typographic ones stand for; else the tag keeps its old value.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any, Final

from enrich.model.work import FIELDS, Work

_COMPATIBLE: Final = str.maketrans({
    "\u2010": "-", "\u2011": "-", "\u2212": "-", "\u02bc": "\u2019", "\u2009": " ", "\u202f": "\u00a0",
})  # fmt: skip
UNIVERSAL: Final = frozenset({"utf-8", "utf-16-le", "utf-16-be"})
"""Encodings that hold every character."""
CSL: Final = {attribute: name for name, attribute in FIELDS.items()}


def is_wide(codec: str) -> bool:
    """Tell whether a character takes two bytes or more, line ends too."""
    return codec.startswith("utf-16")


def encodable(text: str, codec: str) -> str | None:
    """Return `text`, or what says the same, as the codec can hold it; None where it cannot."""
    if text.isascii():
        return text
    for candidate in (text, composed := unicodedata.normalize("NFC", text), composed.translate(_COMPATIBLE)):
        try:
            candidate.encode(codec)
        except UnicodeEncodeError:
            continue
        return candidate
    return None


def unencodable(work: Work, codec: str, fields: Iterable[str]) -> tuple[str, ...]:
    """Return the CSL names of those `fields` of a work that hold what the codec cannot."""
    if codec in UNIVERSAL:
        return ()
    return tuple(
        CSL[field]
        for field in fields
        if any(encodable(text, codec) is None for text in _texts(getattr(work, field)))
    )


def fitting(work: Work, codec: str, fields: Iterable[str], before: Work) -> Work:
    """Return the work as the codec can hold it; of `fields` that it cannot hold the former value stands."""
    if is_wide(codec):
        return work
    withheld, update = set(unencodable(work, codec, fields)), {}
    for field in fields:
        value = getattr(work, field)
        if CSL[field] in withheld:
            update[field] = getattr(before, field)
        elif codec != "utf-8":
            update[field] = _fitted(value, codec)
    return work.model_copy(update=update) if update else work


def _texts(value: Any) -> list[str]:
    """Return all text in the value of a field."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for part in value for text in _texts(part)]
    return [] if value is None else [text for text in vars(value).values() if isinstance(text, str)]


def _fitted(value: Any, codec: str) -> Any:
    if isinstance(value, str):
        return encodable(value, codec)
    if isinstance(value, tuple):
        return tuple(_fitted(part, codec) for part in value)
    if value is None:
        return None
    texts = {name: encodable(text, codec) for name, text in vars(value).items() if isinstance(text, str)}
    return value.model_copy(update=texts)

"""Names as refer files spell them, and back.

EndNote wants `Last, First`, classic refer `First Last`; a body ends with a comma (`World Health Organization,`) and one
whose own name holds a comma doubles the first (`University of California,, Berkeley`). In the wild one tag also holds a
whole list: by semicolons, by `&`, or as old Wiley exports did, `Wiley A. Last, Next N. Author,`.

>>> [name.inverted() for name in read("Steffen Rendle; Marinho, L. B. & Nanopoulos, A.")[0]]
['Rendle, Steffen', 'Marinho, L. B.', 'Nanopoulos, A.']
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from enrich.model.name import Name

_SUFFIX: Final = re.compile(r"(?:jr|sr|junior|senior|ii|iii|iv|ph\.?d|m\.?d)\.?", re.IGNORECASE)
_PARTICLES: Final = frozenset({
    "van", "von", "der", "den", "de", "del", "della", "di", "da", "do", "dos", "das", "du", "la", "le", "el", "al", "ter",
    "ten", "te", "zu", "zum", "zur", "af", "av", "bin", "ibn", "ben",
})  # fmt: skip
_BODY: Final = re.compile(
    r"\b(?:agency|association|authority|board|bureau|centers?|centres?|collaboration|college|commission|committee|"
    r"company|consortium|corporation|council|department|federation|foundation|gmbh|group|inc|initiative|institut|"
    r"institute|institution|investigators|laboratory|ltd|ministry|network|office|organi[sz]ation|panel|"
    r"partnership|society|task force|team|trust|union|universit(?:y|ät|é|à)|working party)\b\.?(?!,)|\d",
    re.IGNORECASE,
)
_INITIALS: Final = re.compile(r"[A-Z]{1,3}")
_ENTITY_OR_MARK: Final = re.compile(r"&#?\w{1,31};|;")
_LONGEST: Final = 200
_EDITORS: Final = re.compile(r",?\s*\((?:eds?|hrsg|editors?)\.?\)\Z", re.IGNORECASE)


def read(value: str) -> tuple[tuple[Name, ...], bool]:
    """Return the names in the value of one tag, and whether it could be understood in another way too."""
    return _read(value) if len(value) <= _LONGEST else _read_list(value)


def _read_list(value: str) -> tuple[tuple[Name, ...], bool]:
    bare = without_editor_mark(value) or value
    if ";" in bare and len(parts := semicolons(bare)) > 1:
        names = tuple(name for part in parts for name in _by_ampersand(part))
        return names, any("," not in part or " & " in part for part in parts)
    if bare.endswith(",") and "," in (inner := bare[:-1].rstrip()) and ",," not in inner:
        return _trailing_comma(inner)
    if " & " in bare and not bare.endswith(","):
        names = tuple(_by_ampersand(bare))
        return names, len(names) > 1
    return (_one(bare),), False


# Names recur within a library; a value that is no single name is not worth keeping.
_read = lru_cache(maxsize=8192)(_read_list)


def is_ambiguous(value: str) -> bool:
    """Tell whether the value of a tag may hold one name or several."""
    return (value[-1:] == "," or ";" in value or " & " in value) and read(value)[1]


def without_editor_mark(value: str) -> str:
    """Cut classic refer's `, (eds)` from a name."""
    return value[: -len(mark[0])] if (mark := _editor_mark(value)) else value


def has_editor_mark(value: str) -> bool:
    """Tell whether classic refer's `, (eds)` stands at the end of a name: it and those before it are editors."""
    return _editor_mark(value) is not None


def _editor_mark(value: str) -> re.Match[str] | None:
    return _EDITORS.search(value[-16:]) if value.endswith(")") else None


def semicolons(value: str) -> list[str]:
    """Split at semicolons, but for those that end an entity; empty parts are dropped."""
    if ";" not in value:
        return [value]
    parts, start = [], 0
    for match in _ENTITY_OR_MARK.finditer(value):
        if match[0] == ";":
            parts.append(value[start : match.start()])
            start = match.end()
    parts.append(value[start:])
    return [part for part in map(str.strip, parts) if part]


def _by_ampersand(part: str) -> list[Name]:
    """Split `Marinho, L. B. & Nanopoulos, A.`, but not a firm's `Smith & Sons`."""
    sides = [side.strip(" ,") for side in part.split(" & ")]
    if len(sides) > 1 and all("," in side or (" " in side and not _BODY.search(side)) for side in sides):
        return [_one(side) for side in sides]
    return [_one(part)]


def _trailing_comma(inner: str) -> tuple[tuple[Name, ...], bool]:
    """Read a value with a comma at its end and others within: the old Wiley list, a person, else a body."""
    parts = [part.strip() for part in inner.split(",")]
    if all(" " in part and not _BODY.search(part) for part in parts):
        return tuple(_one(part) for part in parts), True
    if len(parts) == 2 and all(parts) and not _BODY.search(inner):
        return (_one(inner),), True
    return (Name.trusted(literal=inner),), True


def _one(text: str) -> Name:
    """Read one name."""
    if text.endswith(","):
        return Name.trusted(literal=text.rstrip(" ,").replace(",,", ",") or text)
    if ",," in text:
        return Name.trusted(literal=text.replace(",,", ","))
    if "," in text:
        return _inverted(text)
    if _BODY.search(text) or text.startswith("The "):
        return Name.trusted(literal=text)
    return _in_order(text.split())


def _inverted(text: str) -> Name:
    """Read `Last, First` and `Last, First, Jr.`; of `First Last, Jr.` the comma is the suffix's."""
    parts = [part.strip() for part in text.split(",")]
    if not all(parts) or len(parts) > 3:
        return Name.trusted(literal=text)
    if len(parts) == 2 and " " in parts[0] and _SUFFIX.fullmatch(parts[1]):
        return _in_order(parts[0].split()).model_copy(update={"suffix": parts[1]})
    if len(parts) == 3 and _SUFFIX.fullmatch(parts[1]) and not _SUFFIX.fullmatch(parts[2]):
        parts[1:] = parts[2], parts[1]
    return Name.trusted(family=parts[0], given=parts[1], suffix=parts[2] if len(parts) == 3 else None)


def _in_order(words: list[str]) -> Name:
    """Read `First Middle van Last Jr.`; `Khamis ZI` is the other way round."""
    suffix = words.pop() if len(words) > 2 and _SUFFIX.fullmatch(words[-1]) else None
    if len(words) == 2 and _INITIALS.fullmatch(words[1]) and not words[0].isupper() and len(words[0]) > 1:
        return Name.trusted(family=words[0], given=words[1], suffix=suffix)
    start = len(words) - 1
    while start > 1 and words[start - 1] in _PARTICLES:
        start -= 1
    return Name.trusted(family=" ".join(words[start:]), given=" ".join(words[:start]) or None, suffix=suffix)


def write(name: Name) -> str:
    """Return a name as EndNote wants it: `Last, First, Jr.`, or a body's with the comma that marks it."""
    if name.literal is None:
        return name.inverted()
    first, comma, rest = name.literal.partition(",")
    return f"{first},,{rest}" if comma else f"{first},"

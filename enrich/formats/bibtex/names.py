r"""Lists of names as BibTeX spells them, and back: `von Last, Jr, First and First von Last and {A Body} and others`.

What stands in braces is not parted: a name that is nothing else is a body's. biblatex also has `family=..., given=...`.
https://mirrors.ctan.org/info/bibtex/tamethebeast/ttb_en.pdf (chapter 11)

>>> [name.inverted() for name in read(r"van Gogh, Vincent and Martin King, Jr. and {Smith and Sons} and others")]
['van Gogh, Vincent', 'King, Martin, Jr.', 'Smith and Sons', 'others']
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from enrich.model.name import Name
from enrich.text import latex

OTHERS: Final = "others"
_AND: Final = re.compile(r"[{}]|[\s~]and(?=[\s~])", re.IGNORECASE)
_COMMA: Final = re.compile(r"[{},]")
_BLANK: Final = re.compile(r"[{}]|(?:[\s~]|\\ )+")
_SUFFIX: Final = re.compile(r"(?:jr|sr|junior|senior|ii|iii|iv|ph\.?d|m\.?d)\.?", re.IGNORECASE)
_ASSIGNED: Final = re.compile(
    r"\s*\"?(family|given|prefix|suffix|useprefix|id)(?:-i)?\s*=\s*(.*?)\"?\s*\Z", re.IGNORECASE | re.DOTALL
)
_LETTER: Final = re.compile(r"[^\W\d_]")
_LONGEST: Final = 400


def read(source: str) -> tuple[Name, ...]:
    """Return the names in the LaTeX source of a list."""
    return tuple(name for part in parted(source) if (name := one(part)) is not None)


def parted(source: str) -> list[str]:
    """Return the source of each name in a list."""
    found = _parted(source, _AND) if "{" in source else _AND.split(source)
    return [part for part in map(str.strip, found) if part]


def one(part: str) -> Name | None:
    """Return the name in the source of one; None where there is nothing in it."""
    return _read(part) if len(part) <= _LONGEST else _one(part)


def _parted(source: str, mark: re.Pattern[str]) -> list[str]:
    """Split at the marks that stand in no braces."""
    parts, depth, start = [], 0, 0
    for match in mark.finditer(source):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth = max(0, depth - 1)
        elif depth == 0:
            parts.append(source[start : match.start()])
            start = match.end()
    return [*parts, source[start:]]


def _one(part: str) -> Name | None:
    """Read one name."""
    if is_braced(part):
        return _literal(part)
    if "," not in part:
        return _in_order(part)
    pieces = [piece.strip() for piece in _parted(part, _COMMA)]
    if "=" in part and all(map(_ASSIGNED.match, pieces)):
        return _assigned(pieces)
    if len(pieces) == 1:
        return _in_order(part)
    if len(pieces) > 3:
        return _literal(part)
    if len(pieces) == 2 and _SUFFIX.fullmatch(pieces[1]) and len(words := _words(pieces[0])) > 1:
        return _from_words([*words, pieces[1]])
    if len(pieces) == 3 and _SUFFIX.fullmatch(pieces[2]) and not _SUFFIX.fullmatch(pieces[1]):
        pieces[1:] = pieces[2], pieces[1]
    suffix = _text(pieces[1]) if len(pieces) == 3 else ""
    family, given = _text(pieces[0]), _text(pieces[-1])
    if not (family or given):
        return None
    return Name.trusted(family=family or None, given=given or None, suffix=suffix or None)


_read = lru_cache(maxsize=8192)(_one)  # names recur within a library


def is_braced(part: str) -> bool:
    """Tell whether the first brace closes at the end, and not before."""
    if part[:1] != "{" or part[-1] != "}" or part.startswith("{\\"):
        return False
    depth = 0
    for match in re.finditer(r"[{}]", part):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.end() == len(part)
    return False


def _text(source: str) -> str:
    return " ".join(latex.decode(source).split())


def _literal(source: str) -> Name | None:
    text = _text(source)
    return Name.trusted(literal=text) if text else None


def _words(source: str) -> list[str]:
    return (
        [word for word in _parted(source, _BLANK) if word]
        if "{" in source or "\\" in source
        else source.replace("~", " ").split()
    )


def _in_order(part: str) -> Name | None:
    """Read `First von Last`; a Jr. at the end, which BibTeX would take for the last name, is one."""
    if part.lower() == OTHERS:
        return Name.trusted(literal=OTHERS)
    return _from_words(_words(part))


def _from_words(words: list[str]) -> Name | None:
    suffix = words.pop() if len(words) > 2 and _SUFFIX.fullmatch(words[-1]) else ""
    if not words:
        return None
    if len(words) == 1 and is_braced(words[0]):
        return _literal(words[0])
    start = next((at for at, word in enumerate(words[:-1]) if _is_particle(word)), len(words) - 1)
    family, given = _text(" ".join(words[start:])), _text(" ".join(words[:start]))
    if not family:
        return Name.trusted(literal=given) if given else None
    return Name.trusted(family=family, given=given or None, suffix=_text(suffix) or None)


def _is_particle(word: str) -> bool:
    r"""Tell whether a word begins with a small letter: `von`, `{\"o}sterreich`, but not `{von}`."""
    if word[0] == "{":
        if not word.startswith("{\\"):
            return False
        word = latex.decode(word)
    elif word[0] == "\\":
        word = latex.decode(word)
    letter = _LETTER.search(word)
    return letter is not None and letter[0].islower()


def _assigned(pieces: list[str]) -> Name | None:
    found = {match[1].lower(): _text(match[2]) for piece in pieces if (match := _ASSIGNED.match(piece))}
    family = " ".join(part for part in (found.get("prefix", ""), found.get("family", "")) if part)
    given, suffix = found.get("given"), found.get("suffix")
    return (
        Name.trusted(family=family or None, given=given or None, suffix=suffix or None)
        if family or given
        else None
    )


def write(names: Iterable[Name], codec: str = "utf-8") -> str:
    """Return the LaTeX source of a list of names."""
    listed = list(names)
    return " and ".join(
        OTHERS if name.literal == OTHERS and name is listed[-1] else text
        for name in listed
        if (text := _written(name, codec))
    )


def _written(name: Name, codec: str) -> str:
    if name.literal is not None:
        return _protected(name.literal, codec)
    family = " ".join(part for part in (name.non_dropping_particle, name.family) if part)
    given = " ".join(part for part in (name.given, name.dropping_particle) if part)
    if not family or not (given or name.suffix):
        alone = family or given
        return (
            _protected(alone, codec)
            if len(alone.split()) > 1 or _is_special(alone)
            else latex.encode(alone, codec)
        )
    return ", ".join(
        _piece(part, codec) for part in ((family, name.suffix, given) if name.suffix else (family, given))
    )


def _piece(text: str, codec: str) -> str:
    return _protected(text, codec) if _is_special(text) else latex.encode(text, codec)


def _is_special(text: str) -> bool:
    """Tell whether a part of a name would be parted further."""
    return "," in text or "=" in text or " and " in f" {text.lower()} " or text.lower() == OTHERS


def _protected(text: str, codec: str) -> str:
    return f"{{{latex.encode(' '.join(text.split()), codec)}}}"

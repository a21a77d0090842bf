"""The text of a record to its tags.

A tag stands at the beginning of a line, a value may go on over the following lines. A line on which further tags follow the
first is a flattened one (:mod:`enrich.formats.refer.flat`); what is wrapped below it belongs to it.
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from enrich.formats.refer import flat
from enrich.formats.refer.tags import TAGS

Token: TypeAlias = tuple[str, str, int]
"""Tag, value, and the line on which it stands, counted from 0 within the record's text."""

MULTILINE: Final = frozenset("XZKUR@+<>~1234FHO")
"""Tags whose lines are kept apart; the lines of the others are joined by blanks."""

_PARAGRAPHS: Final = frozenset("XZ")
_SPACES: Final = frozenset(("", " ", "\t", "\n", "\xa0", "\u3000"))
_UNKNOWN: Final = frozenset("5abcdefghijklmnopqrstuvwxyz|_{")
_KNOWN_OR_NOT: Final = TAGS | _UNKNOWN
_BLANK: Final = "\ufeff \t\n"
_HEADS: Final = frozenset(tag + space for tag in _KNOWN_OR_NOT - {")"} for space in " \t")
_LINE_HEADS: Final = frozenset("%" + head for head in _HEADS)
# EndNote leaves out the blank after these at times: "%(1990".
_UNSPACED: Final = frozenset("([")
_SHORTEST_PARAGRAPH: Final = 40
LINE_END: Final = re.compile(r"(\r+\n?|\n)")
_BREAK: Final = re.compile(r"<br ?/?>[ \t]*(?:\n|\Z|(?=%[0-46-9A-Z@]\s))", re.IGNORECASE)
FOLD: Final = "  "
"""A line of a value that begins with this and then what looks like a tag was broken off the line before by the writer."""


Logical: TypeAlias = tuple[str, str, int]
"""A tag, all text up to the next line that begins with one, and its line."""


class Oddities:
    """What was met in a record that a person should know of: tags, with the line where the first of its kind stands."""

    def __init__(self) -> None:
        self.rejected: dict[str, int] = {}
        self.stray: list[int] = []
        self.is_flat = False

    def __bool__(self) -> bool:
        return bool(self.rejected or self.stray or self.is_flat)


def normalized(text: str) -> str:
    """Return `text` with LF at the end of lines; CR CR LF ends one line, CR CR two."""
    if "\r" not in text:
        return text
    plain = text.replace("\r\n", "\n")
    return plain if "\r" not in plain else LINE_END.sub(lambda end: line_breaks(end[0]), text)


def line_breaks(end: str) -> str:
    """Return the LF or LFs that stand for a run of CR and LF."""
    return "\n" if end.endswith("\n") else "\n" * len(end)


def tokens(text: str, oddities: Oddities) -> list[Token]:
    """Return the tags of a record whose lines end with LF."""
    usual = _simple(text) if "\n" in text[:-1] else _flattened(text, oddities)
    if usual is not None:
        return usual
    if "<" in text and "<br" in text.lower():
        text = _BREAK.sub("\n", text)
    lead, logical = lines(text)
    if lead:
        oddities.stray.append(0)
    result: list[Token] = []
    for tag, rest, line in logical:
        if "\n" in rest or "%" in rest:
            result += parsed((tag, rest, line), logical, oddities)
        else:
            result.append((tag, rest.strip(), line))
    return result


def _simple(text: str) -> list[Token] | None:
    """Return the tags of a record with one on each line and no further percent sign, as most are; else None."""
    if text[:1] != "%" or "<" in text:
        return None
    whole = text.rstrip(_BLANK).split("\n")
    found = [(line[1], line[3:].strip(), at) for at, line in enumerate(whole) if line[:3] in _LINE_HEADS]
    return found if len(found) == len(whole) == text.count("%") else None


def _flattened(text: str, oddities: Oddities) -> list[Token] | None:
    """Return the tags of a record of which all stands on one line; else None."""
    whole = text.rstrip(_BLANK)
    if "\n" in whole or "<" in whole or whole[:1] != "%" or whole[1:3] not in _HEADS:
        return None
    split = flat.split(whole)
    if len(split.tags) < 2:
        return None
    oddities.is_flat = True
    for rejected in split.rejected:
        oddities.rejected.setdefault(rejected, 0)
    return [(tag, value, 0) for tag, value in split.tags]


def lines(text: str) -> tuple[str, list[Logical]]:
    """Split a text before each line that begins with a tag; returns what stands before the first, and the rest."""
    start = text.strip(_BLANK)
    at = 0 if text.startswith("%") else text.count("\n", 0, len(text) - len(text.lstrip(_BLANK)))
    if "\n\ufeff%" in start:
        start = start.replace("\n\ufeff%", "\n%")
    if "\n$] " in start:
        start = start.replace("\n$] ", "\n%] ")  # EndNote itself writes it so
    lead, *parts = ("\n" + start).split("\n%")
    at += lead.count("\n")
    logical: list[Logical] = []
    held: list[str] = []
    for part in parts:
        skip = 2 if part[:2] in _HEADS else _opening(part, logical, held)
        if not skip:
            held.append(part)
        else:
            if held:
                lead = _continued(logical, lead, held)
            logical.append((part[0], part[skip:], at))
        at += part.count("\n") + 1 if "\n" in part else 1
    if held:
        lead = _continued(logical, lead, held)
    return lead.strip(), logical


def _opening(part: str, logical: list[Logical], held: list[str]) -> int:
    """Return 1 where a line of an uncommon shape begins with a tag after all, else 0.

    `%)` goes on with a number: "(58", line break, "%) of patients".
    """
    tag, space = part[:1], part[1:2]
    if tag == ")":
        before = held[-1] if held else logical[-1][1] if logical else ""
        return int(space in _SPACES and not before[-1:].isdecimal())
    return int((tag in _KNOWN_OR_NOT and space in _SPACES) or (tag in _UNSPACED and space.isdecimal()))


def _continued(logical: list[Logical], lead: str, held: list[str]) -> str:
    """Give lines that only look like a tag back to the value before them."""
    text = "".join("\n%" + part for part in held)
    held.clear()
    if not logical:
        return lead + text
    tag, rest, line = logical[-1]
    logical[-1] = (tag, rest + text, line)
    return lead


def parsed(line: Logical, record: list[Logical], oddities: Oddities) -> list[Token]:
    """Return the tags of one logical line that goes on over several lines, or holds a percent sign."""
    tag, rest, at = line
    first = rest.partition("\n")[0]
    if "%" not in first or flat.CANDIDATE.search(first) is None:
        return [_plain(line, oddities)]
    in_lines = len(record) > 2 and tag != "0"
    seen = frozenset(other for other, _, _ in record) if in_lines else frozenset()
    text = rest if "\n" not in rest else " ".join(part.strip() for part in rest.split("\n"))
    split = flat.split(f"%{tag} {text}", seen=seen, in_lines=in_lines)
    for rejected in split.rejected:
        oddities.rejected.setdefault(rejected, at)
    if len(split.tags) == 1:
        return [_plain(line, oddities)]
    oddities.is_flat = oddities.is_flat or not in_lines
    return [(tag, value, at) for tag, value in split.tags]


def _plain(line: Logical, oddities: Oddities) -> Token:
    tag, rest, at = line
    value, used = joined(tag, rest)
    if stray := rest[used:].lstrip():
        oddities.stray.append(at + rest.count("\n", 0, len(rest) - len(stray)))
    return tag, value, at


def joined(tag: str, rest: str) -> tuple[str, int]:
    """Return the value in the text after a tag, and how much of the text it takes; what follows is stray."""
    value, used, blanks = "", 0, 0
    gap = "\n" if tag in MULTILINE else " "
    position = 0
    parts: list[str] = []
    for number, line in enumerate(rest.split("\n")):
        stripped = line.strip()
        end = position + len(line)
        if stripped:
            if blanks and not is_paragraph(tag, stripped, blanks):
                break
            if parts:
                parts.append("\n\n" if blanks else " " if _is_folded(line, stripped) else gap)
            parts.append(stripped)
            used, blanks = end, 0
        elif number:
            blanks += 1
        position = end + 1
    value = "".join(parts)
    return value, used


def _is_folded(line: str, stripped: str) -> bool:
    return stripped[0] == "%" and line.startswith(FOLD) and flat.CANDIDATE.match(stripped) is not None


def is_paragraph(tag: str, line: str, blanks: int) -> bool:
    """Tell whether the text after a blank line still belongs to an abstract or note, and is no heading between records."""
    return tag in _PARAGRAPHS and blanks == 1 and (len(line) > _SHORTEST_PARAGRAPH or line[-1] in ".!?;:…")

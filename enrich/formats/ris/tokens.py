"""The text of a record to its tags.

`TY  - JOUR`: two signs, two blanks, a hyphen, a blank. Met in the wild: one blank or none before the hyphen, a dash for it,
nothing behind it, every line indented, values that go on over further lines, and whole records flattened to one line by a
copy from a web page.
"""

from __future__ import annotations

import re
from string import ascii_uppercase, digits
from typing import Final, TypeAlias

from enrich.formats.numbers import LABELLED
from enrich.formats.ris.tags import PROSE, TAGS, csl_type

Token: TypeAlias = tuple[str, str, int]
"""Tag, value, and the line on which it stands, counted from 0 within the record's text."""

_SIGNS: Final = frozenset(first + second for first in ascii_uppercase for second in ascii_uppercase + digits)
_LENIENT: Final = re.compile(r"([A-Z][A-Z0-9])([ \t\xa0]{0,4}[-–—])(?:[ \t\xa0]|\Z)")
_WITHIN: Final = re.compile(r"(?<!\S)([A-Z][A-Z0-9])( {1,2}-)(?!\S)")
TAG_LIKE: Final = re.compile(r"[A-Z][A-Z0-9](?:  -|[ \t\xa0]{0,4}[-–—](?:[ \t\xa0]|\Z))")
"""What would be read as a tag at the beginning of a line."""
_STRICT: Final = "  -"
WIDTH: Final = 6
"""Signs that a tag and what parts it from its value take."""
_BLANK: Final = "\ufeff \t\xa0\n"
_CLOSING: Final = ".!?:;…"
_LOOK: Final = 120
KEPT: Final = " "
"""A line that begins with one blank is one of its own: a program that breaks lines puts none before them, or several."""
_ENDS: Final = frozenset({"", ","})
_SHAPES: Final = {
    tag: re.compile(pattern)
    for tags, pattern in {
        "PY Y1 Y2 YR DA": r"[12]\d{3}\b",
        "VL IS SP EP NV": r"[A-Za-z]{0,3}\d{1,7}\b",
        "SN": r"(?:97[89][-\d]{10,14}|\d[-\d]{8,12}|\d{4}-?\d{3})[\dXx]\b",
        "UR L1 L2 L3 L4 LK": r"(?:https?|ftp|file|doi):|www\.|10\.\d{4}",
        "DO DI M3": LABELLED.pattern[2:],
        "AU A1 A2 A3 A4 ED": r"[^\s,]{2,40}(?: [^\s,]{1,40}){0,3}, ?\w",
        "TY": r"[A-Z]{2,7}(?=\s|\Z)",
        "ER": r"(?:\s|,)*\Z",
    }.items()
    for tag in tags.split()
}
"""What the value of a tag looks like where a text goes before it, in which two letters and a hyphen may be just that."""
_WRAPPED: Final = range(60, 91)
"""Lengths of lines that a program has broken: Reference Manager's manual has 70, others up to 80."""


class Oddities:
    """What was met in a record that a person should know of: lines of text without a tag, and whether it was flattened."""

    def __init__(self) -> None:
        self.stray: list[int] = []
        self.is_flat = False


def tokens(text: str, oddities: Oddities | None = None) -> list[Token]:
    """Return the tags of a record whose lines end with LF."""
    lines = text.rstrip().split("\n")
    if text[:1] in _BLANK:
        lines = _without_indent(lines)
    found: list[Token] = []
    further: dict[int, list[str]] = {}
    for at, line in enumerate(lines):
        if line[2:5] == _STRICT and line[:2] in _SIGNS:
            found.append((line[:2], line[5:].strip(), at))
        elif (tag := _odd_tag(line, found)) is not None:
            found.append((*tag, at))
        else:
            further.setdefault(len(found) - 1, []).append(line)
    odd = oddities or Oddities()
    for index, rest in further.items():
        _continue(found, index, rest, odd)
    if 0 < len(found) <= 2 and " " in found[0][1] and _WITHIN.search(found[0][1]):
        odd.is_flat = True
        return _flat(found)
    return found


def indent(lines: list[str]) -> str:
    """Return the blanks before the first tag of a record, which may stand before all of them."""
    first = next((line for line in lines if line.strip(_BLANK)), "").removeprefix("\ufeff")
    blanks = first[: len(first) - len(first.lstrip(_BLANK))]
    return "" if blanks == KEPT else blanks


def _without_indent(lines: list[str]) -> list[str]:
    blanks = indent(lines)
    return [line.removeprefix("\ufeff").removeprefix(blanks) for line in lines]


def _odd_tag(line: str, found: list[Token]) -> tuple[str, str] | None:
    """Return tag and value of a line that is not written as it should be; None where it is no tag."""
    match = _LENIENT.match(line)
    if match is None or match[1] not in TAGS:
        return None
    tag, value = match[1], line[match.end(2) :].strip()
    if (tag == "ER" and value not in _ENDS) or (tag == "TY" and csl_type(value.partition(" ")[0]) is None):
        return None
    return None if found and found[-1][0] in PROSE and not _fits(tag, value) else (tag, value)


def _fits(tag: str, value: str) -> bool:
    shape = _SHAPES.get(tag)
    return shape is not None and shape.match(value) is not None


def _continue(found: list[Token], index: int, rest: list[str], odd: Oddities) -> None:
    """Give the lines that follow a tag to its value; those that do not belong to it are stray."""
    if index < 0:
        if any(line.strip(_BLANK) for line in rest):
            odd.stray.append(0)
        return
    tag, value, at = found[index]
    value, used = joined(tag, value, rest)
    found[index] = (tag, value, at)
    if any(line.strip() for line in rest[used:]):
        odd.stray.append(at + used + 1)


def joined(tag: str, value: str, rest: list[str]) -> tuple[str, int]:
    """Return the value of a tag with the lines that go on with it, and how many of them do; what follows is stray."""
    if tag == "ER":
        return value, 0
    parts, used, blanks, length = [value] if value else [], 0, 0, len(value) + WIDTH
    for number, line in enumerate(rest, 1):
        text = line.strip()
        if not text:
            blanks += 1
            continue
        if blanks and (tag not in PROSE or blanks > 1):
            break
        if parts:
            parts.append("\n\n" if blanks else gap(tag, line, parts[-1], length))
        parts.append(text)
        used, blanks, length = number, 0, len(line)
    return "".join(parts), used


def gap(tag: str, line: str, before: str, length: int) -> str:
    """Return what joins a line to the one before, which has this length: a person's break, or a blank for a program's."""
    if tag == "KW":
        return "\n"
    if tag not in PROSE:
        return " "
    is_kept = line[:1] == KEPT and line[1:2] not in _BLANK
    return " " if length in _WRAPPED and before[-1] not in _CLOSING and not is_kept else "\n"


def _flat(found: list[Token]) -> list[Token]:
    """Return the tags of a flattened record; behind a text a tag counts where its value has the right shape."""
    text = " ".join(f"{tag}{_STRICT} {value}" if number else value for number, (tag, value, _) in enumerate(found))
    first, line = found[0][0], found[0][2]
    marks = [mark for mark in _WITHIN.finditer(text) if mark[1] in TAGS]
    width = marks[0][2] if marks else ""
    result, start, tag = [], 0, first
    for mark in marks:
        value = text[mark.end() :].lstrip()[:_LOOK]
        # One blank and a hyphen stand in prose, too, but then no value begins there.
        is_sure = mark[2] == width == _STRICT or _fits(mark[1], value)
        if not is_sure and (tag in PROSE or value[:1].islower()):
            continue
        result.append((tag, text[start : mark.start()].strip(), line))
        tag, start = mark[1], mark.end()
    return [*result, (tag, text[start:].strip(), line)]

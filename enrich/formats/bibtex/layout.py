"""How an entry is laid out, so that what is put into it looks like the rest of it.

Indentation, the column of the equals sign, braces or quotes, bare numbers, capitals in names, the comma before the last
brace: all go by what most fields of the entry do.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from enrich.formats.bibtex.render import Pair
from enrich.formats.bibtex.syntax import Entry, Field

_EQUALS: Final = re.compile(r"(\s*)=(\s*)")
_NUMBER: Final = re.compile(r"[0-9]{1,9}", re.ASCII)


class Style(NamedTuple):
    """What most fields of an entry do. `width` is that of a name with the equals sign and its blanks, 0 if it varies."""

    separator: str
    delimiter: str
    has_bare_numbers: bool
    case: str
    before: str
    after: str
    width: int
    is_padded_before: bool

    def named(self, name: str) -> str:
        """Return a name and its equals sign as they stand in this entry."""
        shown = name.upper() if self.case == "upper" else name.title() if self.case == "title" else name
        if not self.width:
            return f"{shown}{self.before}={self.after}"
        if self.is_padded_before:
            return f"{shown}{' ' * max(1, self.width - len(shown) - 1 - len(self.after))}={self.after}"
        return f"{shown}{self.before}={' ' * max(1, self.width - len(shown) - 1 - len(self.before))}"

    def valued(self, pair: Pair) -> str:
        """Return a value as it is written in this entry."""
        if pair.is_bare or (self.has_bare_numbers and _NUMBER.fullmatch(pair.source)):
            return pair.source
        return delimited(pair.source, self.delimiter)


def delimited(source: str, delimiter: str) -> str:
    """Return a value in braces, or in quotes if it holds none outside of braces."""
    if delimiter == '"' and not _has_quote(source):
        return f'"{source}"'
    return f"{{{source}}}"


def _has_quote(source: str) -> bool:
    depth = 0
    for mark in re.findall(r'[{}"]', source):
        if mark == '"' and depth == 0:
            return True
        depth += 1 if mark == "{" else -1 if mark == "}" else 0
    return False


def style_of(text: str, entry: Entry, newline: str) -> Style:
    """Return what most fields of an entry do; for one without fields what is usual."""
    found = entry.fields
    if not found:
        return Style(
            f",{newline}  ",
            "{",
            has_bare_numbers=False,
            case="",
            before=" ",
            after=" ",
            width=0,
            is_padded_before=False,
        )
    befores, afters = zip(*(_around(text, field) for field in found), strict=True)
    width, count = Counter(field.begin - field.start for field in found).most_common(1)[0]
    is_aligned = 3 * count >= 2 * len(found) and len({len(field.name) for field in found}) > 2
    styles = Counter(field.parts[0].style for field in found if field.parts[0].style)
    numbers = [field.parts[0].style for field in found if _NUMBER.fullmatch(field.parts[0].text)]
    return Style(
        separator=_separator(text, entry, newline),
        delimiter=_most(styles, "{"),
        has_bare_numbers=bool(numbers) and all(not style for style in numbers),
        case=_most(Counter(_case(field.name) for field in found), ""),
        before=_most(Counter(befores), " "),
        after=_most(Counter(afters), " "),
        width=width if is_aligned else 0,
        is_padded_before=len(set(befores)) > 1,
    )


def _around(text: str, field: Field) -> tuple[str, str]:
    match = _EQUALS.match(text, field.start + len(field.name))
    return (match[1], match[2]) if match else (" ", " ")


def _most(counted: Counter[str], usual: str) -> str:
    return counted.most_common(1)[0][0] if counted else usual


def _case(name: str) -> str:
    return "upper" if name.isupper() else "title" if name.istitle() else ""


def _separator(text: str, entry: Entry, newline: str) -> str:
    """Return what stands between two fields; with one field only, what stands before it."""
    between = Counter(
        gap
        for gap in gaps(text, entry.fields, entry.close)[:-1]
        if gap.count(",") == 1 and not gap.strip(" \t\r\n,")
    )
    if between:
        return between.most_common(1)[0][0]
    first = text[entry.head : entry.fields[0].start]
    return f",{first}" if not first.strip() else f",{newline}  "


def gaps(text: str, found: Sequence[Field], close: int) -> list[str]:
    """Return what stands behind each field, up to the next or to the end of the entry."""
    if not found:
        return []
    starts = [*(field.start for field in found[1:]), close]
    return [text[field.end : start] for field, start in zip(found, starts, strict=True)]

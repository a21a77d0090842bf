r"""The text of one entry: its type, its key, its fields, and where each of them stands.

`@type{key, name = value, ...}`, where a value is `{...}`, `"..."`, a number or the name of a `@string`, or several of
these joined by `#`. Let pass: a missing comma, a missing key, comments (`%`) between fields, which biber reads and BibTeX
does not.

https://www.bibtex.org/Format/ , https://mirrors.ctan.org/info/bibtex/tamethebeast/ttb_en.pdf
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

_HEAD: Final = re.compile(r"@\s*([A-Za-z]+)\s*[{(]\s*")
_KEY: Final = re.compile(r"""([^\s,{}="#%()][^,{}="#%\r\n]*?|)\s*(?:,|(?=[)}]\Z))""")
_SKIPPED: Final = r"(?:[\s,\ufeff]++|%[^\r\n]*+)*+"
_NAMED: Final = r"""([^\s=,{}"#%()]++)\s*+=\s*+"""
_SKIP: Final = re.compile(_SKIPPED)
_NAME: Final = re.compile(_NAMED)
_PLAIN: Final = re.compile(r'\{([^{}\\]*+)\}|"([^"{}\\]*+)"|([^\s,{}"#=%()]++)')
# Most fields are a name and a value without braces in it; the groups are the name, and the value by its delimiters.
_USUAL: Final = re.compile(rf'{_SKIPPED}{_NAMED}(?:\{{([^{{}}\\]*+)\}}|"([^"{{}}\\]*+)")(?!\s*+#)')
_STYLES: Final = ("", "", "{", '"')
_JOIN: Final = re.compile(r"\s*#\s*")
_BRACE: Final = re.compile(r"[{}]")
_UNESCAPED_BRACE: Final = re.compile(r"(?<!\\)(?:\\\\)*([{}])")
_QUOTE: Final = re.compile(r'[{}"]')
_MACROS_LONGEST: Final = 1 << 16
_LONGEST: Final = 1 << 20

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class Part(NamedTuple):
    """A piece of a value: its text, and how it was written: `{`, `"`, or "" for a number or a macro's name."""

    text: str
    style: str


class Field(NamedTuple):
    """A field: its name as written, its value's parts, and where both stand in the entry's text."""

    name: str
    parts: tuple[Part, ...]
    start: int
    begin: int
    end: int


class Entry(NamedTuple):
    """An entry's type and key as written, the key's place, its fields, and where the delimiter stands that closes it."""

    type: str
    key: str
    head: int
    fields: tuple[Field, ...]
    close: int


class SyntaxFaultError(ValueError):
    """An entry cannot be read; `at` is where in its text."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


def parse(text: str, *, escapes: bool = False) -> Entry:
    """Return the entry that `text`, from its at sign to the delimiter that closes it, holds; raises SyntaxFaultError."""
    head = _HEAD.match(text)
    if head is None or text[-1:] not in {"}", ")"}:
        raise SyntaxFaultError("no entry", 0)
    key = _KEY.match(text, head.end())
    at = key.end() if key else head.end()
    fields, close = _fields(text, at, escapes=escapes)
    return Entry(head[1], key[1] if key else "", at, fields, close)


def _fields(text: str, at: int, *, escapes: bool) -> tuple[tuple[Field, ...], int]:
    fields: list[Field] = []
    close = len(text) - 1
    usual = _USUAL.match
    while True:
        match = usual(text, at)
        if match is not None:
            kind = match.lastindex or 2
            end = match.end()
            if end > close:
                raise SyntaxFaultError(f"the value of {match[1]} does not end", match.start(1))
            fields.append(
                Field(match[1], (Part(match[kind], _STYLES[kind]),), match.start(1), match.start(kind) - 1, end)
            )
            at = end
            continue
        at = _end(_SKIP.match(text, at), at)
        if at >= close:
            return tuple(fields), close
        name = _NAME.match(text, at)
        if name is None:
            raise SyntaxFaultError(f"no field begins at {text[at : at + 20]!r}", at)
        parts, end = _value(text, name.end(), escapes=escapes)
        if end > close:
            raise SyntaxFaultError(f"the value of {name[1]} does not end", at)
        fields.append(Field(name[1], parts, at, name.end(), end))
        at = end


def _end(match: re.Match[str] | None, at: int) -> int:
    return match.end() if match else at


def _value(text: str, at: int, *, escapes: bool = False) -> tuple[tuple[Part, ...], int]:
    """Return the parts of the value that begins at `at`, and where it ends."""
    parts: list[Part] = []
    while True:
        match = _PLAIN.match(text, at)
        if match is not None:
            kind = match.lastindex or 3
            parts.append(Part(match[kind], ("", "{", '"', "")[kind]))
            end = match.end()
        elif (style := text[at : at + 1]) in {"{", '"'} and style:
            end = _braced(text, at, escapes=escapes) if style == "{" else _quoted(text, at)
            parts.append(Part(text[at + 1 : end - 1], style))
        else:
            raise SyntaxFaultError(f"a value is missing before {text[at : at + 20]!r}", at)
        join = _JOIN.match(text, end)
        if join is None:
            return tuple(parts), end
        at = join.end()


def _braced(text: str, at: int, *, escapes: bool) -> int:
    depth = 0
    for match in (_UNESCAPED_BRACE if escapes else _BRACE).finditer(text, at):
        depth += 1 if match[0][-1] == "{" else -1
        if depth == 0:
            return match.end()
    raise SyntaxFaultError("a brace does not close", at)


def _quoted(text: str, at: int) -> int:
    depth = 0
    for match in _QUOTE.finditer(text, at + 1):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
        elif depth == 0:
            return match.end()
    raise SyntaxFaultError("a quote does not close", at)


class Macros:
    """The `@string` definitions seen so far; names of months are known and stand for themselves."""

    def __init__(self, known: Mapping[str, str] | None = None) -> None:
        self._known = dict(known or ())
        self._size = 0

    def define(self, text: str) -> None:
        """Take up a definition, `@string{name = value}`; one that cannot be read defines nothing."""
        head = _HEAD.match(text)
        name = _NAME.match(text, head.end()) if head else None
        if name is None:
            return
        try:
            value, unknown = self.expanded(_value(text, name.end())[0])
        except SyntaxFaultError:
            return
        # Definitions of definitions can double in size with each line: what is too long stays undefined.
        if not unknown and len(value) <= _MACROS_LONGEST and self._size + len(value) <= _LONGEST * 16:
            self._known[name[1].lower()] = value
            self._size += len(value)

    def expanded(self, parts: tuple[Part, ...]) -> tuple[str, tuple[str, ...]]:
        """Return the LaTeX source that a value stands for, and the names in it that nobody defined."""
        if len(parts) == 1 and parts[0].style:
            return parts[0].text, ()
        texts, unknown = [], []
        for text, style in parts:
            if not style and not text.isdecimal() and (name := text.lower()) not in MONTHS:
                if name not in self._known:
                    unknown.append(text)
                text = self._known.get(name, text)  # noqa: PLW2901 - the name gives way to what it stands for
            texts.append(text)
        return _within("".join(texts)), tuple(unknown)


def _within(text: str) -> str:
    """Return `text`, of which macros joined a thousand times over may have made a thousand times too much, in bounds."""
    return text[:_LONGEST]

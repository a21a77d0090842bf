"""An entry that changed, written with as few other bytes touched as can be.

A value that changes keeps its name, its place and its delimiters; a new field goes where its like stand, in the manner of
the entry; what goes takes its comma along. Then the entry is read again: where that does not give the wanted work, because
one field changes the meaning of another, what is still wrong is edited once more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from enrich.formats import decode, numbers
from enrich.formats.bibtex import fields, interpret, names
from enrich.formats.bibtex.interpret import Assignment, Token
from enrich.formats.bibtex.layout import delimited, gaps, style_of
from enrich.formats.bibtex.render import Manner, Pair, address, pairs, tokens_of
from enrich.formats.bibtex.split import Block, blocks
from enrich.formats.bibtex.syntax import Entry, Field, Macros, parse
from enrich.formats.decode import Encoding
from enrich.model.name import Name
from enrich.model.record import Record, Source
from enrich.model.work import FIELDS, Work
from enrich.text import latex

NAME: Final = "bibtex"
LATEX: Final = "ascii"
"""The encoding of records in which letters beyond ASCII are written as commands."""

_ROUNDS: Final = 3
_BARE: Final = re.compile(r"[0-9]+", re.ASCII)
_TYPE: Final = re.compile(r"(?<=@)(\s*)([A-Za-z]+)")
_WRAP: Final = re.compile(r"\s+and\s+", re.IGNORECASE)
_MOVING: Final = ("container_title", "publisher", "issue", "number")
_ORDER: Final = [
    "author",
    "editor",
    "translator",
    "title",
    "subtitle",
    "shorttitle",
    "origtitle",
    "journal",
    "journaltitle",
    "booktitle",
    "shortjournal",
    "eventtitle",
    "series",
    "date",
    "year",
    "month",
    "day",
    "volume",
    "volumes",
    "number",
    "issue",
    "eid",
    "articleno",
    "pages",
    "pagetotal",
    "numpages",
    "edition",
    "version",
    "type",
    "publisher",
    "institution",
    "school",
    "organization",
    "address",
    "location",
    "issn",
    "isbn",
    "doi",
    "pmid",
    "url",
    "urldate",
    "language",
    "keywords",
    "lccn",
    "note",
    "abstract",
]
_RANK: Final = {name: rank for rank, name in enumerate(_ORDER)}


class _Text(NamedTuple):
    """An entry's text and what was read from it."""

    text: str
    entry: Entry
    tokens: list[Token]
    assignment: Assignment


def rewritten(record: Record, source: Source) -> bytes:
    """Return the bytes of a record of this format that has changed, in the encoding and with the line ends it had."""
    encoding, block = _encoding(source), block_of(source)
    text = decode.lossless(decode.raw(block.data[block.start : block.end], encoding), encoding.codec)
    known = Macros()
    for start, end in block.strings:
        known.define(decode.text(block.data[start:end], encoding).text)
    edited = _edited(text, record, source, known, escapes=block.escapes)
    return (
        decode.raw(block.data[: block.start], encoding)
        + decode.encoded(edited, encoding.codec)
        + decode.raw(block.data[block.end :], encoding)
    )


def block_of(source: Source) -> Block:
    """Return the view of a record's bytes, and where in it the entry stands."""
    return next(blocks([decode.view_of(source.raw, _encoding(source))]))


def _encoding(source: Source) -> Encoding:
    return Encoding("utf-8" if source.encoding == LATEX else source.encoding, source.newline)


def unencodable(record: Record, names: Iterable[str], /) -> tuple[str, ...]:
    """Return those of the fields, by their CSL names, that the encoding cannot hold, nor LaTeX write."""
    source = record.source
    if source is None or source.encoding in {"utf-8", LATEX} or source.encoding.startswith("utf-16"):
        return ()
    manner = Manner(fields.kind_of(""), codec=source.encoding)
    return tuple(
        name
        for name in names
        if not all(
            latex.is_encodable(pair.source, source.encoding) for pair in pairs(FIELDS[name], record.work, manner)
        )
    )


def unheld(record: Record, names: Iterable[str], /) -> tuple[str, ...]:
    """Return those of the fields, by their CSL names, for which an entry of this type has no place."""
    if record.source is None:
        return ()
    return tuple(name for name in names if not _is_held(FIELDS[name], record))


def _is_held(field: str, record: Record) -> bool:
    if field == "type":
        # An entry type that nobody knows is its writer's own, and stays.
        is_own = any(name == "entry-type" for name, _ in record.extra)
        return not is_own and any(
            fields.csl_type(fields.type_name(record.work.type, record.work.genre, is_biblatex=both))
            == record.work.type
            for both in (False, True)
        )
    return fields.name_of(field, "other", is_biblatex=False) is not None or not getattr(record.work, field)


def _parsed(text: str, known: Macros, *, escapes: bool) -> _Text:
    entry = parse(text, escapes=escapes)
    tokens = tokens_of(entry.fields, known)
    return _Text(text, entry, tokens, interpret.assign(entry.type.lower(), tokens))


def _edited(text: str, record: Record, source: Source, known: Macros, *, escapes: bool) -> str:
    """Return the text of the entry such that reading it gives the record's work, as far as this format can hold it."""
    before, after = source.work, record.work
    changed = [field for field in Work.model_fields if getattr(after, field) != getattr(before, field)]
    current = _parsed(text, known, escapes=escapes)
    is_biblatex = fields.is_biblatex(current.entry.type.lower(), [token.name for token in current.tokens])
    is_latex = source.encoding == LATEX or (text.isascii() and latex.has_accents(text))
    manner = Manner(current.assignment.kind, is_biblatex, LATEX if is_latex else source.encoding, source.newline)
    if "type" in changed and "type" not in unheld(record, ["type"]):
        current = _parsed(_retyped(current, after, manner), known, escapes=escapes)
        manner = manner._replace(kind=current.assignment.kind)
    edits = _Edits(current, manner, source)
    if "doi" in changed or record.doi_text != source.doi_text:
        edits.doi(after, record.doi_text if record.doi_text != source.doi_text else None)
    wrong = [field for field in changed if field not in {"type", "doi"}]
    for _ in range(_ROUNDS):
        for field in wrong:
            edits.field(field, after)
        current = _parsed(edits.closed(), known, escapes=escapes)
        found = interpret.build(current.tokens, current.assignment)
        wrong = [field for field in wrong if found.get(field) != (getattr(after, field) or None)]
        if not wrong:
            break
        edits = _Edits(current, manner, source)
    return current.text


def _retyped(current: _Text, work: Work, manner: Manner) -> str:
    """Return the entry with another type, and the names of fields that have others there."""
    is_biblatex = manner.is_biblatex
    name = fields.type_name(work.type, work.genre, is_biblatex=is_biblatex)
    if fields.csl_type(name) != work.type:
        name = fields.type_name(work.type, work.genre, is_biblatex=True)
    kind, old = fields.kind_of(name), current.entry.type
    shown = name.upper() if old.isupper() else name.title() if old.istitle() else name
    text, present = current.text, {token.name for token in current.tokens}
    for field, meant in reversed(list(zip(current.entry.fields, current.assignment.fields, strict=True))):
        wanted = fields.name_of(meant, kind, is_biblatex=is_biblatex) if meant in _MOVING else None
        if wanted and field.name.lower() != wanted and wanted not in present:
            present.add(wanted)
            text = text[: field.start] + wanted + text[field.start + len(field.name) :]
    return _TYPE.sub(lambda match: match[1] + shown, text, count=1)


class _Edits:
    """Values to exchange, fields to take out and fields to put in, collected and then carried out at once."""

    def __init__(self, current: _Text, manner: Manner, source: Source) -> None:
        self._codec = _encoding(source).codec
        self._current = current
        self._manner = manner
        self._style = style_of(current.text, current.entry, manner.newline)
        self._values: dict[int, str] = {}
        self._gone: set[int] = set()
        self._new: list[Pair] = []

    def doi(self, work: Work, text: str | None) -> None:
        """Put the DOI into the field that is for it; what other fields say of it stays."""
        own = [at for at, token in enumerate(self._current.tokens) if token.name == "doi"]
        value = text or work.doi
        if value is None:
            self._gone.update(at for at in own if numbers.is_nothing_but_doi(self._current.tokens[at].source))
            return
        pair = Pair("doi", address(value))
        at = next((at for at in self._current.assignment.doi.own if at in own), own[0] if own else None)
        if at is None:
            self._new.append(pair)
        else:
            self._exchange(at, pair)

    def field(self, field: str, work: Work) -> None:
        """Make the entry say what the work says in one field."""
        tokens = self._current.tokens
        own = [at for at, meant in enumerate(self._current.assignment.fields) if meant == field]
        manner = self._manner
        if field == "issued" and own:
            manner = manner._replace(is_biblatex=any(tokens[at].name == "date" for at in own))
        wanted = pairs(field, work, manner)
        if any(not self._is_encodable(pair.source) for pair in wanted) or (not wanted and getattr(work, field)):
            return
        if len(wanted) == 1 and len(own) == 1:
            wanted = [wanted[0]._replace(name=tokens[own[0]].name)]
        by_name = {pair.name: pair for pair in wanted}
        for at in own:
            pair = by_name.pop(tokens[at].name, None)
            if pair is None:
                self._gone.add(at)
            elif not _is_same(field, pair.name, tokens[at].source, pair.source):
                self._exchange(at, self._respelt(field, at, pair, getattr(work, field)))
        self._new += by_name.values()

    def _is_encodable(self, source: str) -> bool:
        return latex.is_encodable(source, self._codec)

    def _respelt(self, field: str, at: int, pair: Pair, value: Any) -> Pair:
        """Return a new value with what it has in common with the old one as that was written."""
        old = self._current.tokens[at].source
        if field in fields.PEOPLE:
            return pair._replace(source=_people(old, value, self._manner.codec))
        if field == "title" and names.is_braced(old):
            return pair._replace(source=f"{{{pair.source}}}")
        return pair

    def _exchange(self, at: int, pair: Pair) -> None:
        parts = self._current.entry.fields[at].parts
        if pair.is_bare or (
            not parts[0].style and _BARE.fullmatch(parts[0].text) and _BARE.fullmatch(pair.source)
        ):
            self._values[at] = pair.source
        elif len(parts) == 1 and parts[0].style:
            self._values[at] = delimited(pair.source, parts[0].style)
        else:
            self._values[at] = delimited(pair.source, self._style.delimiter)

    def closed(self) -> str:
        """Return the text with all edits carried out."""
        if not (self._values or self._gone or self._new):
            return self._current.text
        text, entry = self._current.text, self._current.entry
        if not entry.fields:
            return self._first(text, entry)
        pieces = [self._shown(at, field) for at, field in enumerate(entry.fields)]
        between = [text[entry.head : entry.fields[0].start], *gaps(text, entry.fields, entry.close)]
        present = [token.name for token in self._current.tokens]
        for at in sorted(self._gone, reverse=True):
            _drop(pieces, between, at)
            del present[at]
        for pair in self._new:
            at = _place(present, pair.name)
            if pieces:
                between.insert(max(at, 1), self._style.separator)
            else:
                between.insert(0, text[entry.head : entry.fields[0].start])
            pieces.insert(at, self._style.named(pair.name) + self._style.valued(pair))
            present.insert(at, pair.name)
        body = (
            "".join(gap + piece for gap, piece in zip(between, [*pieces, ""], strict=True))
            if pieces
            else "".join(between)
        )
        return text[: entry.head] + body + text[entry.close :]

    def _first(self, text: str, entry: Entry) -> str:
        """Return the text of an entry that had no fields with the new ones."""
        start = text[: entry.head].rstrip()
        comma = "" if start.endswith(",") else ","
        new = self._style.separator.join(
            self._style.named(pair.name) + self._style.valued(pair) for pair in self._new
        )
        kept = (start + comma + text[entry.head : entry.close]).rstrip()
        return kept + self._style.separator[1:] + new + self._manner.newline + text[entry.close :]

    def _shown(self, at: int, field: Field) -> str:
        text = self._current.text
        value = self._values.get(at)
        return text[field.start : field.end] if value is None else text[field.start : field.begin] + value


def _drop(pieces: list[str], gaps_between: list[str], at: int) -> None:
    """Take a piece out; `gaps_between` are what stands before each piece and behind the last. A comment stays.

    The comma behind it goes, or with the last piece the one before it.
    """
    del pieces[at]
    is_last = at == len(pieces)
    gone = gaps_between.pop(at if is_last else at + 1)
    if "%" in gone:
        kept = gone.replace(",", "", 1)
        if is_last:
            gaps_between[at] = kept.rstrip() + gaps_between[at]
        else:
            gaps_between[at] += kept.lstrip(" \t")


def _place(present: Sequence[str], name: str) -> int:
    """Return where among the fields of an entry a new one goes: behind those that usually stand before it."""
    rank = _RANK.get(name, len(_RANK))
    before = [at for at, other in enumerate(present) if _RANK.get(other, -1) < rank and other in _RANK]
    if before:
        return max(before, key=lambda at: (_RANK[present[at]], at)) + 1
    return next((at for at, other in enumerate(present) if other in _RANK), len(present))


def _is_same(field: str, name: str, old: str, new: str) -> bool:
    """Tell whether a value that is there says what the new one would: `March` is `mar`, LaTeX is what it stands for."""
    if not old:
        return False
    if field == "issued" and name == "month":
        year = {"year": "2000"}
        return bool(interpret.value_of(field, year | {name: old}) == interpret.value_of(field, year | {name: new}))
    return bool(interpret.value_of(field, {name: old}) == interpret.value_of(field, {name: new}))


def _people(old: str, people: Sequence[Name], codec: str) -> str:
    """Return a list of names in which those that were there keep their spelling, and the lines their breaks."""
    spelt = {name: part for part in names.parted(old) if (name := names.one(part)) is not None}
    wrap = next((match[0] for match in _WRAP.finditer(old) if "\n" in match[0] or "\r" in match[0]), " and ")
    return wrap.join(spelt.get(name) or names.write((name,), codec) for name in people)

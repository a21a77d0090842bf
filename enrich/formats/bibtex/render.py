"""A work to fields: the inverse of :mod:`enrich.formats.bibtex.interpret`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from enrich.formats.bibtex import days, fields, interpret, names
from enrich.formats.bibtex.interpret import Token
from enrich.formats.bibtex.syntax import Field, Macros, parse
from enrich.model.record import Record
from enrich.model.work import Work
from enrich.text import latex

# A word that is not to be written small in a reference list: "DNA", "mRNA", "McNemar", not "Acid".
_CAPITALS: Final = re.compile(r"(?<![\\\w{])[^\W_]+?[A-Z][\w-]*+")
_BRACES: Final = str.maketrans({"{": "%7B", "}": "%7D"})
_BLANKS: Final = re.compile(r"(?<![ \t])[ \t]*+[\r\n]\s*+")


class Pair(NamedTuple):
    """A field as it is to be written: its name, the LaTeX source of its value, and whether that stands bare."""

    name: str
    source: str
    is_bare: bool = False


class Manner(NamedTuple):
    """How a work is written: the kind of entry, whose words, in what codec, and what ends a line."""

    kind: str
    is_biblatex: bool = False
    codec: str = "utf-8"
    newline: str = "\n"


def pairs(field: str, work: Work, manner: Manner) -> list[Pair]:
    """Return the fields one field of a work is written as; none where it is empty or there is no name for it."""
    value = getattr(work, field)
    if value is None or value == ():
        return []
    if field == "issued":
        return [
            Pair(name, latex.encode(_one_line(text), manner.codec), is_bare=not style)
            for name, text, style in days.write(value, is_biblatex=manner.is_biblatex)
        ]
    name = fields.name_of(field, manner.kind, is_biblatex=manner.is_biblatex)
    if name is None:
        return []
    source = _WRITERS.get(field, _text)(value, manner)
    return [Pair(name, source)] if source else []


def _one_line(text: str) -> str:
    return _BLANKS.sub(" ", text).strip(" ")


def _text(value: str, manner: Manner) -> str:
    return latex.encode(_one_line(value), manner.codec)


def _title(value: str, manner: Manner) -> str:
    """Write a title with braces around the words that reference lists must not write small."""
    source = _text(value, manner)
    if value.isupper() or "$" in source:
        return source
    return _CAPITALS.sub(lambda match: f"{{{match[0]}}}", source)


def _paragraphs(value: str, manner: Manner) -> str:
    lines = [_text(line, manner) for line in re.split(r"[\r\n]+", value)]
    return (manner.newline * 2).join(line for line in lines if line)


def _page(value: str, manner: Manner) -> str:
    return re.sub(r"-(?:\{\}-)*", "--", _text(value, manner))


def _keywords(value: tuple[str, ...], manner: Manner) -> str:
    words = [word for word in (_text(word, manner) for word in value) if word]
    if not any("," in word for word in words):
        return ", ".join(words)
    return "; ".join(words) if len(words) > 1 else f"{words[0]};"


def address(value: str, _manner: Manner | None = None) -> str:
    """Write an address as it is; only braces that do not close, which BibTeX cannot read anywhere, are escaped."""
    bare = "".join(value.split())
    return bare if latex.is_balanced(bare) and "\\" not in bare else bare.translate(_BRACES).replace("\\", "%5C")


_WRITERS: Final[dict[str, Callable[..., str]]] = {
    **dict.fromkeys(fields.PEOPLE, lambda value, manner: names.write(value, manner.codec)),
    "title": _title,
    "abstract": _paragraphs,
    "note": _paragraphs,
    "page": _page,
    "keyword": _keywords,
    "issn": lambda value, _: ", ".join(value),
    "isbn": lambda value, _: ", ".join(value),
    "accessed": lambda value, manner: _text(value.isoformat(), manner),
    "doi": address,
    "url": address,
}


def fresh(record: Record, key: str, manner: Manner) -> str:
    """Return the text of an entry for a record that did not come from this format."""
    work = record.work
    entry_type = fields.type_name(work.type, work.genre, is_biblatex=manner.is_biblatex)
    manner = manner._replace(kind=fields.kind_of(entry_type))
    found = [pair for field in fields.ORDER for pair in pairs(field, work, manner)]
    if entry_type == "mastersthesis" and work.genre == fields.MASTERS:
        found = [pair for pair in found if pair.name != "type"]
    if manner.is_biblatex and work.type in fields.SUBTYPE_OF:
        found.append(Pair("entrysubtype", fields.SUBTYPE_OF[work.type]))
    if work.doi is None and record.doi_text:
        found.append(Pair("doi", address(record.doi_text, manner)))
    lines = [f"  {name} = {source if is_bare else f'{{{source}}}'}," for name, source, is_bare in found]
    return manner.newline.join([f"@{entry_type}{{{key},", *lines, "}"])


def held(record: Record, /, *, is_biblatex: bool = False) -> Work:
    """Return what an entry can hold of the record's work: what is read back after writing it afresh."""
    return read(fresh(record, "key", Manner("other", is_biblatex)))


def read(text: str) -> Work:
    """Return the work that an entry that stands alone describes."""
    entry = parse(text)
    entry_type, tokens = entry.type.lower(), tokens_of(entry.fields)
    return Work(**interpret.build(tokens, interpret.assign(entry_type, tokens)))


def tokens_of(found: Iterable[Field], macros: Macros | None = None) -> list[Token]:
    """Return the fields of an entry with what their values stand for."""
    known = macros or Macros()
    return [Token(field.name.lower(), known.expanded(field.parts)[0].strip(), field.start) for field in found]

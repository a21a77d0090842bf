"""The fields of an entry to a work, and each field to what it feeds.

:func:`assign` tells for every field of an entry which field of the work it feeds, given the type and the other fields;
:func:`build` makes the values. The writer asks the first which fields to touch, so reading and writing share one mapping.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from enrich.formats import dates, numbers
from enrich.formats.bibtex import days, fields, names
from enrich.model.name import Name
from enrich.text import latex

_SPACE: Final = re.compile(r"(?<![ \t])[ \t]*+[\r\n]\s*+")  # a run of blanks within a line is somebody's own
_PARAGRAPH: Final = re.compile(r"[ \t]*(?:\r\n|\r(?!\n)|\n)(?:[ \t]*(?:\r\n|\r(?!\n)|\n))+[ \t]*")
_URL: Final = re.compile(r"(?:https?|ftp)://\S+", re.IGNORECASE)
_PMID: Final = re.compile(r"(?:PMID:?\s*)?(\d{1,8})", re.IGNORECASE | re.ASCII)
_SPAN: Final = re.compile(r"\s*[A-Za-z]{0,3}\d+\s*[-–—]{1,3}\s*[A-Za-z]{0,3}\d+\s*", re.ASCII)
_DASH: Final = re.compile(r"[ \t]*-{1,3}[ \t]*")
_ESCAPED: Final = re.compile(r"\{\\([_%&#$~^])\}|\\([_%&#$~{}])(?:\{\})?")
_TILDE: Final = re.compile(r"\{\\(?:textasciitilde|~\{\s*\})\s*\}|\\(?:textasciitilde\b|~)(?:\{\s*\})?|\$\\sim\$")
_WRAPPED: Final = re.compile(r"\A\s*\\(?:url|path|nolinkurl)\s*\{(.*)\}\s*\Z", re.DOTALL)
_END: Final = re.compile(r"[.?!:,;–—]\Z")
_FIRST_END: Final = ("?", "!", ":", ".")
_PARAGRAPHS: Final = frozenset({"abstract", "note"})
_SHAPES: Final[numbers.Shapes] = {
    "doi": (0, None),
    "url": (1, numbers.RESOLVER),
    "ee": (1, numbers.RESOLVER),
    "note": (2, numbers.LABELLED),
    "howpublished": (2, numbers.LABELLED),
}
_MANY: Final = frozenset({"issued", "title"})  # fields of a work that several fields of an entry make together


class Token(NamedTuple):
    """A field of an entry: its name in lower case, the LaTeX source of its value, and where it stands in the entry."""

    name: str
    source: str
    at: int = 0


class Assignment(NamedTuple):
    """The CSL type, the kind of entry, for each token the field of the work it feeds or "", and where the DOI was read."""

    type: str | None
    kind: str
    fields: list[str]
    doi: numbers.Reading
    entry_type: str


def assign(entry_type: str, tokens: Sequence[Token]) -> Assignment:
    """Tell which field of the work each token feeds; `entry_type` is in lower case."""
    kind = fields.kind_of(entry_type)
    read, present = fields.READ[kind], {token.name for token in tokens}
    best: dict[str, tuple[bool, int, int]] = {}
    found: list[str] = []
    for index, token in enumerate(tokens):
        field, rank = _meant(token, read, present, kind)
        found.append(field)
        if not field or field == "doi":
            continue
        key = field + token.name if field in _MANY else field
        candidate = (not token.source, rank, index)  # an empty one feeds a field only where there is no other
        if key not in best or candidate < best[key]:
            if key in best:
                found[best[key][2]] = ""
            best[key] = candidate
        else:
            found[index] = ""
    doi = _doi(tokens, present)
    subtype = next((token.source for token in tokens if token.name == "entrysubtype"), "")
    return Assignment(fields.csl_type(entry_type, subtype), kind, found, doi, entry_type)


def _meant(token: Token, read: Mapping[str, tuple[str, int]], present: set[str], kind: str) -> tuple[str, int]:
    """Return the field of the work a token may feed, and how good a source of it it is."""
    name, source, _ = token
    found = read.get(name)
    if found is None:
        if name == "subtitle" and "title" in present:
            return "title", 1
        if name in {"howpublished", "ee"} and _URL.match(address(source)):
            return "url", 1
        return "", 0
    if name == "pages" and kind in {"book", "thesis", "report"} and not _SPAN.fullmatch(source):
        is_total = not ({"pagetotal", "numpages"} & present) and source.strip().isdecimal()
        return ("number_of_pages", 0) if is_total else found
    if name in fields.DATED and name != "date" and "date" in present:
        return "", 0
    if name == "pmid" and not _PMID.fullmatch(source.strip()):
        return "", 0
    return found


def _doi(tokens: Sequence[Token], present: set[str]) -> numbers.Reading:
    if present.isdisjoint(_SHAPES):
        return numbers.Reading()
    return numbers.read_doi(
        [(name, address(source) if name in _SHAPES else "", at) for name, source, at in tokens], _SHAPES
    )


def build(tokens: Sequence[Token], assignment: Assignment) -> dict[str, Any]:
    """Return the members of the work, without those it lacks."""
    sources: dict[str, dict[str, str]] = {}
    for (name, source, _), field in zip(tokens, assignment.fields, strict=True):
        if field and source:
            if field in sources:
                sources[field][name] = source
            else:
                sources[field] = {name: source}
    members: dict[str, Any] = {}
    for field, found in sources.items():
        value = value_of(field, found)
        if value:
            members[field] = value
    if assignment.entry_type == "mastersthesis" and "genre" not in members:
        members["genre"] = fields.MASTERS
    members["type"] = assignment.type
    members["doi"] = assignment.doi.doi
    return members


def value_of(field: str, sources: Mapping[str, str]) -> Any:
    """Return what a field of a work is, given the LaTeX sources, by name, that feed it; None or () where it is nothing."""
    builder = _BUILDERS.get(field)
    if builder is not None:
        return builder(sources)
    return text(next(iter(sources.values()))) or None


def text(source: str) -> str:
    """Return the running text of a value: one line."""
    if "\n" in source or "\r" in source:
        source = _SPACE.sub(" ", source.strip())
    return latex.decode(source).strip(" ")


def paragraphs(source: str) -> str:
    """Return running text in which a blank line ends a paragraph."""
    parts = _PARAGRAPH.split(source) if "\n" in source or "\r" in source else [source]
    return "\n".join(part for part in map(text, parts) if part)


def address(source: str) -> str:
    """Return a value that is no running text, as a URL or a DOI, without what keeps LaTeX from stumbling over it."""
    value = _SPACE.sub(" ", source.strip())
    if "\\" in value:
        if wrapped := _WRAPPED.match(value):
            value = wrapped[1].strip()
        value = _ESCAPED.sub(lambda match: match[1] or match[2], _TILDE.sub("~", value))
    return value


def _people(sources: Mapping[str, str]) -> tuple[Name, ...]:
    return names.read(next(iter(sources.values())))


def _title(sources: Mapping[str, str]) -> str | None:
    """Read biblatex's title and subtitle as one title."""
    title, subtitle = text(sources.get("title", "")), text(sources.get("subtitle", ""))
    if not title or not subtitle:
        return title or subtitle or None
    return f"{title}{' ' if title.endswith(_FIRST_END) else ': '}{subtitle}"


def _keywords(sources: Mapping[str, str]) -> tuple[str, ...]:
    """Read keywords: a list by semicolons, else by commas."""
    whole = text(next(iter(sources.values())))
    return tuple(word for word in map(str.strip, whole.split(";" if ";" in whole else ",")) if word)


def _page(sources: Mapping[str, str]) -> str | None:
    """Read pages: `1--10` is 1-10."""
    source = next(iter(sources.values()))
    return source if source.isalnum() else _DASH.sub("-", text(_DASH.sub("-", source))) or None


def _url(sources: Mapping[str, str]) -> str | None:
    found = address(next(iter(sources.values())))
    match = _URL.search(found)
    return match[0] if match else found or None


def _pmid(sources: Mapping[str, str]) -> str | None:
    match = _PMID.fullmatch(next(iter(sources.values())).strip())
    return match[1] if match else None


def _serials(kind: str) -> Callable[[Mapping[str, str]], tuple[str, ...]]:
    def read(sources: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(getattr(numbers.serials(_plain(next(iter(sources.values())))), kind))

    return read


@lru_cache(maxsize=4096)  # the same journals again and again
def _plain(source: str) -> str:
    return text(source).replace("–", "-")


def _issued(sources: Mapping[str, str]) -> Any:
    return days.read({name: text(source) for name, source in sources.items()})


_BUILDERS: Final[dict[str, Callable[[Mapping[str, str]], Any]]] = {
    **dict.fromkeys(fields.PEOPLE, _people),
    "title": _title,
    "keyword": _keywords,
    "issn": _serials("issn"),
    "isbn": _serials("isbn"),
    "issued": _issued,
    "accessed": lambda sources: dates.read(text(next(iter(sources.values())))),
    "page": _page,
    "pmid": _pmid,
    "url": _url,
    "abstract": lambda sources: paragraphs(next(iter(sources.values()))) or None,
    "note": lambda sources: paragraphs(next(iter(sources.values()))) or None,
}

"""The elements of a record to a work, and each element to the field it feeds.

:func:`assign` tells for every element which field of the work it feeds, given the type and the other elements;
:func:`build` makes the values. The writer asks the first which elements to touch, so reading and writing share one mapping.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from enrich.formats import dates, numbers
from enrich.formats.endnote_xml.tables import EDITED, FAMILIES, PEOPLE, csl_type
from enrich.formats.fields import Values, keywords, people, serial_numbers
from enrich.formats.kinds import family
from enrich.formats.numbers import LABELLED, RESOLVER, Reading, serials
from enrich.model.date import PartialDate

Token: TypeAlias = tuple[str, str, int]
"""The path of an element, its text (of `ref-type` the name), and the line it stands on, from 0."""

_LISTS: Final = PEOPLE | {"keyword", "issn", "doi", "type"}
_DOIS: Final[numbers.Shapes] = {
    "electronic-resource-num": (0, None),
    **dict.fromkeys(("related-urls/url", "web-urls/url", "text-urls/url"), (1, RESOLVER)),
    **dict.fromkeys((*(f"custom{number}" for number in range(1, 8)), "notes", "accession-num", "label"), (2, LABELLED)),
}  # fmt: skip
"""Where exporters put the DOI."""
_PMID: Final = re.compile(r"(?:PMID:?\s*)?(\d{1,8})", re.IGNORECASE | re.ASCII)
_ADDRESS: Final = re.compile(r"(?:https?|ftp)://\S+", re.IGNORECASE)
_SPAN: Final = re.compile(r"\s*[A-Za-z]{0,3}\d+\s*[-–—]{1,2}\s*[A-Za-z]{0,3}\d+\s*", re.ASCII)
_AUTHORS, _SECOND = "authors/author", "secondary-authors/author"


class Assignment(NamedTuple):
    """The CSL type, the kind of work, and for each element its field or "" where CSL has none; and where the DOI was read.

    `roles` are the meanings of elements that hold for this record alone; `stated` is the type's name as written.
    """

    type: str | None
    kind: str
    fields: list[str]
    doi: Reading
    roles: dict[str, str]
    stated: str | None


class _Context(NamedTuple):
    """What the meaning of an element depends on besides itself."""

    kind: str
    texts: dict[str, str]


_Chooser: TypeAlias = Callable[[str, _Context], str]


def assign(tokens: Sequence[Token]) -> Assignment:
    """Tell which field of the work each element feeds."""
    texts = {path: text for path, text, _ in reversed(tokens) if text}
    stated = texts.get("ref-type")
    csl = csl_type(stated) if stated else None
    kind = family(csl)
    roles = roles_of(stated, texts.keys(), kind)
    doi = numbers.read_doi(tokens, _DOIS)
    fields = _fields(tokens, _PLANS[kind], roles, _Context(kind, texts), doi)
    return Assignment(csl, kind, fields, doi, roles, stated)


def roles_of(stated: str | None, paths: Any, kind: str) -> dict[str, str]:
    """Return in which records the authors are editors, and the secondary ones those of the book, not of its series."""
    if stated == EDITED:
        return {_AUTHORS: "editor"}
    return {_SECOND: "editor"} if _AUTHORS not in paths and kind in {"book", "report"} else {}


def _fields(
    tokens: Sequence[Token],
    plans: dict[str, dict[str, int]],
    roles: dict[str, str],
    context: _Context,
    doi: Reading,
) -> list[str]:
    """Return the field of each element; of those that hold one value the best counts, and whatever says the same."""
    fields = [""] * len(tokens)
    best: dict[str, tuple[int, int]] = {}
    rivals: list[tuple[int, str]] = []
    for index, (path, text, _) in enumerate(tokens):
        ranks = plans.get(path)
        if ranks is None or not text:
            continue
        field = roles.get(path) or _field(path, text, ranks, context)
        if field in _LISTS:
            fields[index] = field if field != "doi" or index in doi.own else ""
        elif field:
            rivals.append((index, field))
            key = field + path if field == "issued" else field
            best[key] = min(best.get(key, (ranks[field], index)), (ranks[field], index))
    for key, (_, index) in best.items():
        fields[index] = "issued" if key.startswith("issued") else key
    said = {(fields[index], tokens[index][1]) for _, index in best.values()}
    for index, field in rivals:
        if (field, tokens[index][1]) in said and field != "url":
            fields[index] = field
    return fields


def _field(path: str, text: str, ranks: dict[str, int], context: _Context) -> str:
    chooser = _CHOOSERS.get(path)
    return chooser(text, context) if chooser is not None else next(iter(ranks))


def _serial(text: str, context: _Context) -> str:
    """Choose between ISSN or ISBN and the number of a report or patent, which EndNote keeps in the same place."""
    found = serials(text)
    if found.issn or found.isbn:
        return "issn"
    return "number" if "isbn" in FAMILIES[context.kind].get("number", "").split() else ""


def _pages(text: str, context: _Context) -> str:
    return "number_of_pages" if "number_of_pages" in FAMILIES[context.kind] and not is_span(text) else "page"


def _secondary(_: str, context: _Context) -> str:
    """Choose for the secondary title: the conference beside its proceedings, the series of a book, else the container."""
    if context.kind == "conference":
        return "event_title" if "custom3" in context.texts else "container_title"
    return next(iter(_PLANS[context.kind]["titles/secondary-title"]))


def _accession(text: str, context: _Context) -> str:
    """Tell whether an accession number is a PMID: it says so, or the record comes from PubMed."""
    found = _PMID.fullmatch(text)
    is_told = found and not text[:1].isdecimal()
    return "pmid" if found and (is_told or _is_pubmed(context.texts)) else ""


def _is_pubmed(texts: dict[str, str]) -> bool:
    source = (texts.get("remote-database-name", "")[:80] + texts.get("remote-database-provider", "")[:80]).lower()
    return any(name in source for name in ("pubmed", "medline", "nlm"))


def _exact(text: str, context: _Context) -> str:
    """Tell whether a date within a year is that of issue: it speaks of no other year."""
    year = dates.read(context.texts.get("dates/year", "")).year
    found = dates.parse(text)
    return "issued" if found is not None and (year is None or found.year in {None, year}) else ""


def _address(text: str, _: _Context) -> str:
    return "url" if _ADDRESS.search(text) else ""


_CHOOSERS: Final[dict[str, _Chooser]] = {
    "isbn": _serial,
    "pages": _pages,
    "titles/secondary-title": _secondary,
    "accession-num": _accession,
    "pub-dates/date": _exact,
    "access-date": lambda text, _: "accessed" if dates.read(text).year else "",
    "notes": lambda text, _: "" if LABELLED.match(text) and numbers.is_nothing_but_doi(text) else "note",
    **dict.fromkeys(("related-urls/url", "web-urls/url", "text-urls/url"), _address),
}


def _plans(meanings: dict[str, str]) -> dict[str, dict[str, int]]:
    """Return for each element the fields it may feed, and how good it is for each."""
    plans: dict[str, dict[str, int]] = {}
    for field, listed in meanings.items():
        for rank, path in enumerate(listed.split()):
            plans.setdefault(path, {})[field] = rank
    return plans


_PLANS: Final = {kind: _plans(meanings) for kind, meanings in FAMILIES.items()}


def is_span(pages: str) -> bool:
    """Tell whether `pages` are a first and a last page, not a number of pages."""
    return _SPAN.fullmatch(pages) is not None


def build(tokens: Sequence[Token], assignment: Assignment) -> dict[str, Any]:
    """Return the members of the work, without those it lacks."""
    found: dict[str, Values] = {}
    for (path, text, _), field in zip(tokens, assignment.fields, strict=True):
        if field:
            found.setdefault(field, []).append((path, text))
    if "issn" in found:
        found["isbn"] = found["issn"]
    members: dict[str, Any] = {
        field: _BUILDERS[field](values) if field in _BUILDERS else values[0][1] for field, values in found.items()
    }
    members["type"] = assignment.type
    members["doi"] = assignment.doi.doi
    return members


def _issued(values: Values) -> PartialDate | None:
    """Read the date of issue: the year, made more exact by the date within it."""
    read = [dates.read(text) for _, text in sorted(values, key=lambda pair: pair[0] == "pub-dates/date")]
    best = next((found for found in read if found.year is not None), read[0])
    for found in read:
        best = dates.merged(best, found) or best
    return best


def _pmid(text: str) -> str | None:
    match = _PMID.fullmatch(text)
    return match[1] if match else None


def address(text: str) -> str | None:
    """Return the address in a text."""
    match = _ADDRESS.search(text)
    return match[0] if match else None


_BUILDERS: Final[dict[str, Callable[[Values], object]]] = {
    **dict.fromkeys(PEOPLE, people),
    "keyword": keywords,
    "issn": lambda values: serial_numbers(values, "issn"),
    "isbn": lambda values: serial_numbers(values, "isbn"),
    "issued": _issued,
    "accessed": lambda values: dates.read(values[0][1]),
    "pmid": lambda values: _pmid(values[0][1]),
    "url": lambda values: address(values[0][1]),
}

"""MODS 3.8, the Metadata Object Description Schema of the Library of Congress, a collection of records (`.xml`).

https://www.loc.gov/standards/mods/mods-outline-3-8.html, https://www.loc.gov/standards/mods/userguide/

What holds an article or chapter is a related item of type `host`: publisher, editors and numbers are its own, and volume,
issue and pages its `part`; a series is one of type `series`. Dates are W3CDTF, which has no seasons, roles MARC's relators,
genres MARC's where it has one, with CSL's word for the type beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from enrich.formats import writing
from enrich.formats.writing import sniff, unencodable, unheld
from enrich.model.date import PartialDate
from enrich.model.name import Name
from enrich.model.record import Record
from enrich.model.work import Work
from enrich.text.xmltext import attribute, element

__all__ = ["EXTENSIONS", "MEDIA_TYPES", "NAME", "held", "read", "sniff", "unencodable", "unheld", "write"]

NAME: Final = "mods"
MEDIA_TYPES: Final = ("application/mods+xml",)
EXTENSIONS: Final = (".mods",)

_OPENING: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<modsCollection xmlns="http://www.loc.gov/mods/v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://www.loc.gov/mods/v3 http://www.loc.gov/standards/mods/v3/mods-3-8.xsd">\n'
)
_CLOSING: Final = "</modsCollection>\n"
_RESOURCES: Final = {
    "map": "cartographic", "musical_score": "notated music", "song": "sound recording-musical",
    "figure": "still image", "graphic": "still image", "broadcast": "moving image", "motion_picture": "moving image",
    "software": "software, multimedia", "dataset": "software, multimedia",
}  # fmt: skip
"""CSL type -> MODS's type of resource; all others are text."""
_GENRES: Final = {
    "article-journal": "article", "article-magazine": "article", "article-newspaper": "article", "article": "article",
    "book": "book", "periodical": "periodical", "thesis": "thesis", "report": "technical report", "patent": "patent",
    "paper-conference": "conference publication", "webpage": "web site", "dataset": "database", "map": "map",
    "legislation": "legislation", "legal_case": "legal case and case notes", "review": "review", "review-book": "review",
    "entry-dictionary": "dictionary", "entry-encyclopedia": "encyclopedia", "interview": "interview", "speech": "speech",
    "standard": "standard or specification", "treaty": "treaty", "motion_picture": "motion picture",
}  # fmt: skip
"""CSL type -> the term of MARC's list of genres (marcgt)."""
_ROLES: Final = {"author": "aut", "editor": "edt", "translator": "trl", "collection_editor": "edt"}
_HELD: Final = frozenset(Work.model_fields)
_CODE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")


def read(_chunks: Iterable[bytes], /, *, file: str | None = None) -> Iterator[Record]:
    """Raise FormatError: MODS is written, never read."""
    writing.refuse(NAME, file)


def write(records: Iterable[Record], /) -> Iterator[bytes]:
    """Yield one `<mods>` for each record, then what closes the collection."""
    opening = _OPENING
    for record in records:
        yield (opening + "".join(f"{line}\n" for line in _lines(record))).encode()
        opening = ""
    yield (opening + _CLOSING).encode()


def held(record: Record, /) -> Work:
    """Return what MODS can hold of the record's work."""
    work = writing.without_forbidden(writing.only(record.work, _HELD, {"orcid", "affiliation"}))
    dates = {
        field: date.model_copy(update={"season": None, **({"literal": None} if date.year is not None else {})})
        for field in ("issued", "accessed")
        if (date := getattr(work, field)) is not None
    }
    return work.model_copy(update=dates)


def _lines(record: Record) -> Iterator[str]:
    work = record.work
    has_host = bool(work.container_title or work.container_title_short)
    yield '<mods version="3.8">'
    yield from _titles(work.title, work.title_short)
    if work.original_title:
        yield from _group(
            "titleInfo", {"type": "alternative", "displayLabel": "original title"}, title=work.original_title
        )
    yield from _people(work, "author", "translator", *(() if has_host else ("editor",)))
    if work.event_title:
        yield from _group("name", {"type": "conference"}, namePart=work.event_title)
    yield element("typeOfResource", _RESOURCES.get(work.type or "", "text"))
    yield from _genres(work)
    yield from _origin([*([] if has_host else _published(work)), *_dated(work)])
    if work.language:
        is_code = _CODE.fullmatch(work.language)
        kind = {"authority": "rfc5646", "type": "code"} if is_code else {"type": "text"}
        yield from _wrapped("language", [element("languageTerm", work.language, kind)])
    if work.number_of_pages and not has_host:
        yield from _group("physicalDescription", {}, extent=f"{work.number_of_pages} pages")
    yield from _plain("abstract", work.abstract)
    yield from _plain("note", work.note)
    for word in work.keyword:
        yield from _group("subject", {}, topic=word)
    if has_host:
        yield from _host(work)
    elif part := _part(work):
        yield from _wrapped("part", part)
    if work.collection_title or work.collection_editor:
        series = [*_titles(work.collection_title, None), *_people(work, "collection_editor")]
        yield from _wrapped("relatedItem", series, {"type": "series"})
    yield from _identifiers(record, has_host=has_host)
    yield from _location(work)
    yield from _plain("accessCondition", work.license, {"type": "use and reproduction"})
    yield "</mods>"


def _titles(title: str | None, short: str | None) -> Iterator[str]:
    if title:
        yield from _group("titleInfo", {}, title=title)
    if short:
        yield from _group("titleInfo", {"type": "abbreviated"}, title=short)


def _people(work: Work, *fields: str) -> Iterator[str]:
    for field in fields:
        for name in getattr(work, field):
            yield from _person(name, _ROLES[field])


def _person(name: Name, role: str) -> Iterator[str]:
    if name.literal is not None:
        parts = [element("namePart", name.literal)]
    else:
        family = " ".join(part for part in (name.non_dropping_particle, name.family) if part)
        given = " ".join(part for part in (name.given, name.dropping_particle) if part)
        found = (("family", family), ("given", given), ("termsOfAddress", name.suffix))
        parts = [element("namePart", text, {"type": kind}) for kind, text in found if text]
    if name.orcid:
        parts.append(element("nameIdentifier", f"https://orcid.org/{name.orcid}", {"type": "orcid"}))
    parts += [element("affiliation", place) for place in name.affiliation]
    term = element("roleTerm", role, {"authority": "marcrelator", "type": "code"})
    yield from _wrapped(
        "name", [*parts, *_wrapped("role", [term])], {"type": "corporate" if name.literal else "personal"}
    )


def _genres(work: Work) -> Iterator[str]:
    if work.type in _GENRES:
        yield element("genre", _GENRES[work.type], {"authority": "marcgt"})
    if work.type:
        yield element("genre", work.type, {"authority": "csl"})
    yield from _plain("genre", work.genre)


def _published(work: Work) -> list[str]:
    """Return publisher, place and edition: of the work, or of what holds it."""
    lines: list[str] = []
    if work.publisher_place:
        lines += _wrapped("place", [element("placeTerm", work.publisher_place, {"type": "text"})])
    return [*lines, *_plain("publisher", work.publisher), *_plain("edition", work.edition)]


def _dated(work: Work) -> list[str]:
    """Return the dates and the version, which are the work's own."""
    return [
        *_date("dateIssued", work.issued),
        *_date("dateCaptured", work.accessed),
        *_plain("edition", work.version),
    ]


def _origin(lines: list[str]) -> Iterator[str]:
    if lines:
        yield from _wrapped("originInfo", lines)


def _date(name: str, date: PartialDate | None) -> Iterator[str]:
    if date is not None and date.isoformat():
        yield element(name, date.isoformat(), {"encoding": "w3cdtf"} if date.year is not None else None)


def _host(work: Work) -> Iterator[str]:
    lines = [*_titles(work.container_title, work.container_title_short), *_people(work, "editor")]
    lines += _origin(_published(work))
    if work.number_of_pages:
        lines += _group("physicalDescription", {}, extent=f"{work.number_of_pages} pages")
    lines += [*_wrapped("part", _part(work))] if _part(work) else []
    lines += [element("identifier", number, {"type": kind}) for kind, number in _serials(work)]
    yield from _wrapped("relatedItem", lines, {"type": "host"})


def _part(work: Work) -> list[str]:
    """Return volume, issue, article number and pages."""
    lines: list[str] = []
    found = (
        ("volume", work.volume),
        ("issue", work.issue),
        ("number", work.number),
        ("volumes", work.number_of_volumes),
    )
    for kind, text in found:
        if text:
            lines += _wrapped("detail", [element("number", text)], {"type": kind})
    if work.page:
        first, dash, last = work.page.partition("-")
        is_span = dash and first and last and "-" not in last
        pages = [element("start", first), element("end", last)] if is_span else [element("list", work.page)]
        lines += _wrapped("extent", pages, {"unit": "page"})
    return lines


def _serials(work: Work) -> list[tuple[str, str]]:
    return [*(("issn", number) for number in work.issn), *(("isbn", number) for number in work.isbn)]


def _identifiers(record: Record, *, has_host: bool) -> Iterator[str]:
    work = record.work
    found = [("doi", work.doi or record.doi_text), ("pmid", work.pmid), *([] if has_host else _serials(work))]
    for kind, text in found:
        if text:
            yield element("identifier", text, {"type": kind})


def _location(work: Work) -> Iterator[str]:
    lines = [
        *_plain("physicalLocation", work.archive),
        *_plain("shelfLocator", work.call_number),
        *_plain("url", work.url),
    ]
    if lines:
        yield from _wrapped("location", lines)


def _plain(name: str, text: str | None, attributes: dict[str, str] | None = None) -> Iterator[str]:
    if text:
        yield element(name, text, attributes)


def _group(name: str, attributes: dict[str, str], **children: str) -> Iterator[str]:
    yield from _wrapped(name, [element(child, text) for child, text in children.items()], attributes)


def _wrapped(name: str, lines: Iterable[str], attributes: dict[str, str] | None = None) -> Iterator[str]:
    written = "".join(f' {key}="{attribute(value)}"' for key, value in (attributes or {}).items())
    yield f"<{name}{written}>"
    yield from (f"  {line}" for line in lines)
    yield f"</{name}>"

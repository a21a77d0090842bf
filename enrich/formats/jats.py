"""JATS references: a `<ref-list>` of `<element-citation>`, as journals and repositories take them (`.xml`).

https://jats.nlm.nih.gov/publishing/tag-library/1.3/element/element-citation.html, https://jats4r.niso.org

A reference cites a work, it does not describe it: abstracts, keywords, licences, shelfmarks and identifiers of people have
no place. The title of a book stands in `<source>`, that of a chapter in `<chapter-title>`, of data in `<data-title>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from enrich.formats import writing
from enrich.formats.dates import SEASON_NAMES
from enrich.formats.writing import sniff, unencodable, unheld
from enrich.model.date import PartialDate
from enrich.model.name import Name
from enrich.model.record import Record
from enrich.model.work import Work
from enrich.text.xmltext import attribute, element

__all__ = ["EXTENSIONS", "MEDIA_TYPES", "NAME", "held", "read", "sniff", "unencodable", "unheld", "write"]

NAME: Final = "jats"
MEDIA_TYPES: Final = ("application/jats+xml",)
EXTENSIONS: Final = (".jats",)

_OPENING: Final = '<?xml version="1.0" encoding="UTF-8"?>\n<ref-list>\n'
_CLOSING: Final = "</ref-list>\n"
_OTHER: Final = "other"
_TYPES: Final = {
    "article": "preprint", "article-journal": "journal", "article-magazine": "journal", "review": "journal",
    "review-book": "journal", "article-newspaper": "newspaper", "book": "book", "chapter": "book", "classic": "book",
    "collection": "book", "entry": "book", "entry-dictionary": "book", "entry-encyclopedia": "book",
    "dataset": "data", "software": "software", "paper-conference": "confproc", "speech": "confproc", "patent": "patent",
    "periodical": "journal", "report": "report", "standard": "standard", "thesis": "thesis", "webpage": "web",
    "post": "web", "post-weblog": "web", "legislation": "legal", "legal_case": "legal", "regulation": "legal",
    "bill": "legal", "treaty": "legal", "hearing": "legal",
}  # fmt: skip
"""CSL type -> `publication-type`."""
_SOURCES: Final = frozenset(
    {"book", "classic", "collection", "periodical", "thesis", "report", "software", "webpage", "standard"}
)
"""Types whose own title is the source, where nothing else holds them."""
_TITLES: Final = {
    "chapter": "chapter-title", "entry": "chapter-title", "entry-dictionary": "chapter-title",
    "entry-encyclopedia": "chapter-title", "dataset": "data-title",
}  # fmt: skip
_GROUPS: Final = {
    "author": "author",
    "editor": "editor",
    "translator": "translator",
    "collection_editor": "series-editor",
}
_PLAIN: Final = (
    ("conf-name", "event_title"), ("series", "collection_title"), ("edition", "edition"), ("version", "version"),
    ("publisher-loc", "publisher_place"), ("publisher-name", "publisher"), ("volume", "volume"), ("issue", "issue"),
)  # fmt: skip
"""Elements that hold one field as it is; others stand in the functions below."""
_HELD: Final = frozenset({
    *(field for _, field in _PLAIN), *_GROUPS, "title", "container_title", "issued", "accessed", "page", "number",
    "number_of_pages", "issn", "isbn", "doi", "pmid", "url", "note",
})  # fmt: skip
_CODE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
_PAGES: Final = re.compile(r"([^\s,;-]+)-([^\s,;-]+)")
_NUMBERS: Final = {"patent": ("patent", {}), "standard": ("pub-id", {"pub-id-type": "std-designation"})}


def read(_chunks: Iterable[bytes], /, *, file: str | None = None) -> Iterator[Record]:
    """Raise FormatError: references are written, never read."""
    writing.refuse(NAME, file)


def write(records: Iterable[Record], /) -> Iterator[bytes]:
    """Yield one `<ref>` for each record, then what closes the list."""
    opening = _OPENING
    for number, record in enumerate(records, 1):
        lines = "".join(f"  {line}\n" for line in _lines(record))
        language = record.work.language
        code = f' xml:lang="{language}"' if language and _CODE.fullmatch(language) else ""
        kind = attribute(_TYPES.get(record.work.type or "", _OTHER))
        citation = f'<element-citation publication-type="{kind}"{code}>\n{lines}</element-citation>'
        yield f'{opening}<ref id="ref{number}">\n{citation}\n</ref>\n'.encode()
        opening = ""
    yield (opening + _CLOSING).encode()


def held(record: Record, /) -> Work:
    """Return what a reference can hold of the record's work."""
    work = record.work
    held_too = {
        field
        for field, is_held in (
            ("type", work.type in _TYPES),
            ("language", work.language and _CODE.fullmatch(work.language)),
            ("container_title_short", not work.container_title),
        )
        if is_held
    }
    return writing.without_forbidden(writing.only(work, _HELD | held_too))


def _lines(record: Record) -> Iterator[str]:
    work = record.work
    for field, group in _GROUPS.items():
        if names := getattr(work, field):
            yield f'<person-group person-group-type="{group}">'
            yield from (f"  {_name(name)}" for name in names)
            yield "</person-group>"
    yield from _titles(work)
    yield from _date(work.issued)
    for name, field in _PLAIN:
        if value := getattr(work, field):
            yield element(name, value)
    yield from _pages(work)
    yield from _identifiers(record)
    if work.url:
        yield element("uri", work.url)
    if work.accessed is not None and (day := work.accessed.isoformat()):
        iso = {"iso-8601-date": day} if work.accessed.year is not None else {}
        yield element("date-in-citation", day, {"content-type": "access-date", **iso})
    if work.note:
        yield element("comment", work.note)


def _identifiers(record: Record) -> Iterator[str]:
    work = record.work
    for name, numbers in (("issn", work.issn), ("isbn", work.isbn)):
        yield from (element(name, number) for number in numbers)
    for kind, text in (("doi", work.doi or record.doi_text), ("pmid", work.pmid)):
        if text:
            yield element("pub-id", text, {"pub-id-type": kind})


def _titles(work: Work) -> Iterator[str]:
    container = work.container_title or work.container_title_short
    if work.title:
        is_source = work.type in _SOURCES and not container
        yield element("source" if is_source else _TITLES.get(work.type or "", "article-title"), work.title)
    if container:
        yield element("source", container)


def _name(name: Name) -> str:
    if name.literal is not None:
        return element("collab", name.literal)
    family = " ".join(part for part in (name.non_dropping_particle, name.family) if part)
    given = " ".join(part for part in (name.given, name.dropping_particle) if part)
    found = (("surname", family), ("given-names", given), ("suffix", name.suffix))
    return "<name>" + "".join(element(part, text) for part, text in found if text) + "</name>"


def _date(date: PartialDate | None) -> Iterator[str]:
    if date is None:
        return
    if date.year is None:
        yield element("year", date.literal or "")
        return
    yield element("year", f"{date.year:04d}", {"iso-8601-date": date.isoformat()})
    if date.month is not None:
        yield element("month", str(date.month))
    elif date.season is not None:
        yield element("season", SEASON_NAMES[date.season])
    if date.day is not None:
        yield element("day", str(date.day))


def _pages(work: Work) -> Iterator[str]:
    if work.page and (span := _PAGES.fullmatch(work.page)):
        yield element("fpage", span[1])
        yield element("lpage", span[2])
    elif work.page:
        yield element("page-range", work.page)
    if work.number:
        name, attributes = _NUMBERS.get(work.type or "", ("elocation-id", {}))
        yield element(name, work.number, attributes)
    if work.number_of_pages:
        yield element("size", work.number_of_pages, {"units": "pages"})

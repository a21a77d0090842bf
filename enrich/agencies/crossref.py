"""Crossref, the largest agency: articles, books, reports, preprints of most publishers.

API: https://api.crossref.org/swagger-ui/index.html , https://www.crossref.org/documentation/retrieve-metadata/rest-api/ .
Limits since December 2025, polite pool: 3 lists and 10 single works a second; what the answer's headers say goes.
Licence: the metadata are facts, free to reuse; abstracts may be their publishers'.

No member but `DOI` is guaranteed. Lists have no `select`, since `language` and others cannot be selected. A comma parts a
list in any encoding, and one name that is no DOI of Crossref's makes the whole list a 400. An alias is not known under its
own name, only its prime is. Titles and containers are lists; two containers are a series and a book, in either order
(10.1075/tsl.126.06cha). Everything may be `[[null]]`, 0, `&NA;` or absent (docs/decisions/0003-agency-flows.md).

Not given: pages of a book, the number of volumes, call numbers. Not read: references, links, assertions, awards, `subject`
(keywords are personal), `archive` (where a publisher preserves, not where a work is held), `created` (no publication date).

>>> describe({"DOI": "10.1155/2012/574025", "type": "journal-article", "page": "1–5"})[0].page
'1-5'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from enrich.agencies import base, kinds, values
from enrich.agencies.base import Agency
from enrich.agencies.values import Shape, first, mappings, member, number, text, texts
from enrich.errors import ProtocolError
from enrich.identifiers import doi as doi_names
from enrich.identifiers.doi import Doi
from enrich.model.date import PartialDate
from enrich.model.outcome import Found
from enrich.model.record import Record, Registration
from enrich.model.update import Update
from enrich.model.wire import Flow, Request, Response
from enrich.model.work import Work
from enrich.text.markup import abstract_text

# In this order, the first that is a date is the one that counts.
_PUBLISHED: Final = (
    *("issued", "published-print", "published-online", "posted", "published", "published-other", "approved"),
)
# The version whose licence a reader wants first; one for miners last.
_LICENCES: Final[Mapping[str | None, int]] = {"vor": 0, "unspecified": 1, None: 1, "am": 2, "tdm": 4}
# What stands in the titles of series, and in those of single volumes.
_SERIES: Final = re.compile(
    r"\b(?:advances in|briefs|contributions|frontiers in|lecture notes|library|monographs?|progress in|publications"
    r"|reihe|schriften|series|studien|studies|texts|topics in)\b|briefs in\b",
    re.IGNORECASE,
)
_VOLUME: Final = re.compile(
    r"\b(?:1[89]|20)[0-9]{2}\b|: |\b(?:vol(?:ume|\.)|band|part) ?[0-9ivx]+\b|\b[IVX]+$", re.IGNORECASE
)

_Reader: TypeAlias = tuple[str, Callable[[Any], Any], bool]
_WHOLE: Final = None
_DATE: Final[Shape] = {"date-parts": _WHOLE, "raw": _WHOLE, "literal": _WHOLE}
_PERSON: Final[Shape] = {
    **dict.fromkeys(("given", "family", "name", "literal", "suffix", "ORCID"), _WHOLE),
    **dict.fromkeys(("dropping-particle", "non-dropping-particle"), _WHOLE),
    "affiliation": {"name": _WHOLE, "id": {"id": _WHOLE}},
}
TARGET: Final[Shape] = {"id": _WHOLE}
_UPDATE: Final[Shape] = {"DOI": _WHOLE, "type": _WHOLE, "source": _WHOLE, "updated": _DATE}
SHAPE: Final[Shape] = {
    **dict.fromkeys(("DOI", "type", "subtype", "title", "subtitle", "short-title", "original-title"), _WHOLE),
    **dict.fromkeys(
        ("container-title", "short-container-title", "group-title", "volume", "issue", "page"), _WHOLE
    ),
    **dict.fromkeys(("article-number", "edition-number", "publisher", "publisher-location", "language"), _WHOLE),
    **dict.fromkeys(("ISSN", "ISBN", "abstract", "description", "degree", "aliases"), _WHOLE),
    **dict.fromkeys(("author", "editor", "translator"), _PERSON),
    **dict.fromkeys(_PUBLISHED, _DATE),
    "journal-issue": {"issue": _WHOLE, "published-print": _DATE, "published-online": _DATE},
    "institution": {"name": _WHOLE, "place": _WHOLE, "id": {"id": _WHOLE}},
    "standards-body": {"name": _WHOLE},
    "event": {"name": _WHOLE},
    "version": {"version": _WHOLE},
    "license": {"URL": _WHOLE, "content-version": _WHOLE},
    "funder": {"name": _WHOLE, "id": {"id": _WHOLE}},
    "resource": {"primary": {"URL": _WHOLE}},
    "update-to": _UPDATE,
    "updated-by": _UPDATE,
    "relation": _WHOLE,
}


def trim(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the message without what is never read: references, links, assertions, counts, awards."""
    relation = message.get("relation")
    if isinstance(relation, dict):
        kept = {kind: values.pruned(targets, TARGET) for kind, targets in relation.items() if targets}
        message = {**message, "relation": kept}
    trimmed: dict[str, Any] = values.pruned(message, SHAPE)
    return trimmed


def read(answer: bytes, *, doi: Doi, retrieved_at: datetime) -> Record:
    """Return the record of `doi` that a stored message holds; raises ProtocolError where it is none."""
    message = base.loaded(answer, "Crossref")
    if not isinstance(message.get("DOI"), str):
        raise ProtocolError(f"the stored answer of Crossref for {doi} is no work: it has no DOI")
    described = describe(message)
    return base.recorded(
        described, agency="crossref", form="crossref-json", raw=answer, doi=doi, retrieved_at=retrieved_at
    )


def plan(dois: Sequence[Doi], *, most: int = 50) -> list[tuple[Doi, ...]]:
    """Return the batches in which Crossref can be asked."""
    return base.listed(dois, most=most, before="doi:")


def lookup(dois: Sequence[Doi]) -> Flow[base.Outcomes]:
    """Ask for the works; a DOI that Crossref does not know is missing in the result."""
    return (yield from base.ask(_WORKS, plan(dois, most=base.MOST)))


def _request(batch: Sequence[Doi]) -> Request:
    if len(batch) == 1:
        return Request(service="crossref", kind="single", path=f"/works/{doi_names.quote(batch[0])}")
    filters = ",".join(f"doi:{base.in_list(doi)}" for doi in batch)
    return Request(service="crossref", kind="list", path="/works", query=f"filter={filters}&rows={len(batch)}")


def _taken(batch: Sequence[Doi], answer: Response) -> dict[Doi, Found] | None:
    """Return the works asked for; None where the answer is no such message."""
    message = member(base.parsed(answer), "message")
    items = [message] if len(batch) == 1 else member(message, "items")
    if not isinstance(items, list) or not isinstance(message, dict):
        return None
    if len(batch) == 1 and values.doi(message.get("DOI")) is None:
        return None  # a work has a name, if nothing else
    asked = set(batch)
    taken: dict[Doi, Found] = {}
    for item in mappings(items):
        names = [values.doi(item.get("DOI")), *map(values.doi, values.strings(item.get("aliases")))]
        for name in filter(None, names):
            if name in asked and name not in taken:
                taken[name] = base.found(read, trim(item), name, answer.received_at)
    # A list of nothing but works that nobody asked for is no answer to the question.
    return None if len(batch) > 1 and items and not taken else taken


_WORKS: Final = base.Question("crossref", _request, _taken)


def describe(message: Mapping[str, Any]) -> base.Described:
    """Return the work a message describes, and what else Crossref states about it."""
    members: dict[str, Any] = {}
    stated: dict[str, Any] = {}
    # Only what the message has is looked at: most lacks two members in three.
    for name, value in message.items():
        if name in _READERS:
            field, read_value, is_of_work = _READERS[name]
            if found := read_value(value):
                (members if is_of_work else stated)[field] = found
    members["type"] = kinds.of_crossref(message)
    titles, containers, published = _Titles(message), _Containers(message), _dates(message)
    members.update(titles.members)
    members.update(containers.members)
    if published:
        members["issued"] = published[0]
    if "issue" not in members and (issue := number(member(message, "journal-issue", "issue"))):
        members["issue"] = issue
    if not _SELDOM.isdisjoint(message):
        _add_seldom(members, message)
    if "updated-by" in message or "update-to" in message:
        stated["updates"] = (*_updates(message, "updated-by"), *_updates(message, "update-to"))
    if message.get("type") == "component":
        stated["is_component"] = True
    registration = Registration.trusted(
        published=published, titles=titles.all, container_titles=containers.all, **stated
    )
    return Work.trusted(**members), registration


def _add_seldom(members: dict[str, Any], message: Mapping[str, Any]) -> None:
    sponsor = next(iter((*mappings(message.get("institution")), *mappings(message.get("standards-body")))), None)
    event, version = message.get("event"), message.get("version")
    found = {
        "event_title": text(event) or text(member(event, "name")),
        "version": text(version) or text(member(version, "version")),
        "genre": _genre(message),
        "abstract": members.get("abstract") or _abstract(message.get("description")),
        "publisher": members.get("publisher") or text(member(sponsor, "name")),
        "publisher_place": members.get("publisher_place") or number(first(member(sponsor, "place"))),
    }
    members.update((name, value) for name, value in found.items() if value)


class _Titles:
    """The titles of a message: the first with its subtitle, and every other spelling."""

    all: tuple[str, ...]

    def __init__(self, message: Mapping[str, Any]) -> None:
        titles = texts(message.get("title"))
        if len(titles) == 1 and _OTHER_TITLES.isdisjoint(message):
            self.all = titles
            self.members: dict[str, str | None] = {"title": titles[0]}
            return
        subtitles = texts(message.get("subtitle"))
        originals, shorts = texts(message.get("original-title")), texts(message.get("short-title"))
        title = values.titled(titles[0], next(iter(subtitles), None)) if titles else None
        original = next((each for each in originals if each != title), None)
        short = next((each for each in shorts if each not in (title, *titles)), None)
        self.members = {"title": title, "original_title": original, "title_short": short}
        spellings = (title, *titles, *originals, *shorts) if title else (*originals, *shorts)
        self.all = tuple(dict.fromkeys(filter(None, (*spellings, *subtitles[1:]))))


_OTHER_TITLES: Final = frozenset(("subtitle", "original-title", "short-title"))


class _Containers:
    """What a work stands in: a journal or a book, perhaps a series, or where a preprint is posted."""

    members: dict[str, str | None]

    def __init__(self, message: Mapping[str, Any]) -> None:
        titles, shorts = texts(message.get("container-title")), texts(message.get("short-container-title"))
        kind = message.get("type")
        if kind == "journal-article" and len(titles) == 1:  # nothing to be told apart
            short = shorts[0] if shorts and shorts[0] != titles[0] else None
            self.members = {"container_title": titles[0], "container_title_short": short}
            self.all = tuple(dict.fromkeys((*titles, *shorts))) if shorts else titles
            return
        venues = _venues(message) if kind == "posted-content" else ()
        container, series = _told_apart(kind, titles)
        container = container or next(iter(venues), None)
        index = titles.index(container) if container in titles and len(shorts) == len(titles) else 0
        short = next((each for each in shorts[index:] if len(titles) < 2 or len(shorts) > 1), None)
        if short == container or container is None:
            short = None
        self.members = {"container_title": container, "container_title_short": short, "collection_title": series}
        self.all = tuple(dict.fromkeys((*titles, *shorts, *venues)))


def _told_apart(kind: Any, titles: Sequence[str]) -> tuple[str | None, str | None]:
    """Return the container and the series. A book stands in nothing but a series."""
    if isinstance(kind, str) and kinds.CROSSREF.get(kind) == "book":
        return None, min(titles, key=_bookishness, default=None)
    if len(titles) < 2 or kind == "journal-article":
        return next(iter(titles), None), None
    series = min(titles, key=_bookishness)
    return next((title for title in titles if title != series), None), series


def _bookishness(title: str) -> int:
    """Return how much more a title looks like that of a book than of a series; equal ones are a series first."""
    return len(_VOLUME.findall(title)) - 2 * len(_SERIES.findall(title))


def _venues(message: Mapping[str, Any]) -> tuple[str, ...]:
    """Return where a preprint is posted: bioRxiv is an institution, others name a group alone."""
    institutions = texts([place.get("name") for place in mappings(message.get("institution"))])
    return institutions or texts(message.get("group-title"))


def _dates(message: Mapping[str, Any]) -> tuple[PartialDate, ...]:
    """Return every date of publication, each once, the one that counts first."""
    dates = [values.date(message[key]) for key in _PUBLISHED if key in message]
    within = message.get("journal-issue")
    if within:
        dates += [values.date(member(within, key)) for key in ("published-print", "published-online")]
    return values.distinct(dates)


def _genre(message: Mapping[str, Any]) -> str | None:
    """Return the degree of a thesis, or what kind of posting a preprint is."""
    degrees = texts(message.get("degree"))
    if degrees:
        return ", ".join(degrees)
    subtype = text(message.get("subtype"))
    return subtype.replace("_", " ") if subtype and message.get("type") == "posted-content" else None


def _abstract(value: Any) -> str | None:
    return abstract_text(value) if isinstance(value, str) else None


def _license(value: Any) -> str | None:
    """Return the address of the licence under which the published version may be read."""
    licences = [(item.get("content-version"), values.address(item.get("URL"))) for item in mappings(value)]
    ranked = [
        (_LICENCES.get(version, 3), url) for version, url in licences if url and isinstance(version, str | None)
    ]
    return min(ranked, key=lambda pair: pair[0])[1] if ranked else None


def _updates(message: Mapping[str, Any], direction: Literal["updated-by", "update-to"]) -> Iterator[Update]:
    for item in mappings(message.get(direction)):
        kind, when = text(item.get("type")), values.date(item.get("updated"))
        if kind:
            yield Update(
                type=kind,
                doi=values.doi(item.get("DOI")),
                date=when.isoformat() if when else None,
                source=text(item.get("source")),
                direction=direction,
            )


def _relations(value: Any) -> Iterator[tuple[str, str]]:
    """Yield relation and target; a list of targets may be a lone one."""
    for kind, targets in value.items() if isinstance(value, dict) else ():
        for target in mappings(targets):
            identifier = values.doi(target.get("id")) or text(target.get("id"))
            if identifier:
                yield kind, identifier


# Members that are a field only here and there, or only where another is missing.
_SELDOM: Final = frozenset(
    ("event", "version", "institution", "standards-body", "degree", "subtype", "description")
)
# Members of a message -> the field of the work each is, and how it is read.
_OF_WORK: Final[dict[str, tuple[str, Callable[[Any], Any]]]] = {
    "author": ("author", values.people),
    "editor": ("editor", values.people),
    "translator": ("translator", values.people),
    "volume": ("volume", number),
    "issue": ("issue", number),
    "page": ("page", values.pages),
    "article-number": ("number", number),
    "edition-number": ("edition", number),
    "publisher": ("publisher", text),
    "publisher-location": ("publisher_place", text),
    "ISSN": ("issn", values.issn_list),
    "ISBN": ("isbn", values.isbn_list),
    "DOI": ("doi", values.doi),
    "abstract": ("abstract", _abstract),
    "language": ("language", text),
    "license": ("license", _license),
}
# Members of a message -> what else is stated, and how it is read.
_STATED: Final[dict[str, tuple[str, Callable[[Any], Any]]]] = {
    "aliases": ("aliases", lambda value: tuple(filter(None, map(values.doi, values.strings(value))))),
    "relation": ("relations", lambda value: tuple(_relations(value))),
    "funder": ("funders", lambda value: texts([funder.get("name") for funder in mappings(value)])),
    "resource": ("resource", lambda value: values.address(member(value, "primary", "URL"))),
}
_READERS: Final[Mapping[str, _Reader]] = {
    name: (*reader, is_of_work)
    for readers, is_of_work in ((_OF_WORK, True), (_STATED, False))
    for name, reader in readers.items()
}
"""Both, and whether it is a field of the work."""

AGENCY: Final = Agency("crossref", "Crossref", lookup, read, plan, roundabout=True)

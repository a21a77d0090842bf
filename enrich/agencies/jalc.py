"""JaLC, Japan Link Center: journals on J-STAGE, theses, books and data of Japan's universities, Jxiv.

API: https://api.japanlinkcenter.org/api-docs/index.html , https://japanlinkcenter.org/top/english.html . One DOI a
request; no limit is published. `/v2/dois` has more members: a base address that ends in `/v2` asks there. Licence: none is
stated with the interface; titles, names and numbers are facts, an abstract may be its publisher's.

Titles, names, journals and publishers come in several languages, most in Japanese and English. The language of the work is
taken, else Japanese, else the first; every other title is kept as a spelling. An entry without a language may hold two of
them on two lines, the second begun with `en:`; a given name may be `&nbsp;`; a former title of a journal has the type
`before`. Numbers and dates are strings. What is registered elsewhere through JaLC says so in `ra`, and is not taken. The
DOI stands in the path with its slash unescaped, as everybody writes it who gets an answer.

Not given: where a DOI leads. Not read: citations, keywords (they are personal), award numbers. Not established: what a
book's ISBN and edition are called, and whether an unknown DOI is ever answered with 200.

>>> describe({"doi": "10.11467/isss2003.7.1_11", "content_type": "JA", "first_page": "1_11", "last_page": "1_20"})[0].page
'1_11-1_20'
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from html import unescape
from typing import Any, Final, NamedTuple

from enrich.agencies import base, values
from enrich.agencies.base import Agency
from enrich.agencies.values import Shape, mappings, member, number, text
from enrich.errors import ProtocolError
from enrich.identifiers.doi import Doi
from enrich.model.date import PartialDate
from enrich.model.name import Name
from enrich.model.outcome import Found
from enrich.model.record import Record, Registration
from enrich.model.wire import Flow, Request, Response
from enrich.model.work import Work
from enrich.text.markup import abstract_text

# `content_type` -> CSL: journal article, book, research data; e-learning and general data may be anything.
TYPES: Final[Mapping[str, str]] = {
    "JA": "article-journal",
    "BK": "book",
    "RD": "dataset",
    "EL": "document",
    "GD": "document",
}
_PACKED: Final = re.compile(r"\n[ \t]*(en|ja)[ \t]*:")
_DATES: Final = ("issued", "available")

_WHOLE: Final = None
SHAPE: Final[Shape] = {
    **dict.fromkeys(("doi", "ra", "content_type", "content_language", "url", "publication_date", "date"), _WHOLE),
    **dict.fromkeys(("volume", "issue", "first_page", "last_page"), _WHOLE),
    "title_list": dict.fromkeys(("lang", "title", "subtitle"), _WHOLE),
    "creator_list": {
        "sequence": _WHOLE,
        "type": _WHOLE,
        "names": dict.fromkeys(("lang", "last_name", "first_name"), _WHOLE),
        "affiliation_list": dict.fromkeys(("lang", "affiliation_name"), _WHOLE),
        "researcher_id_list": dict.fromkeys(("id_code", "type"), _WHOLE),
    },
    "journal_title_name_list": dict.fromkeys(("lang", "type", "journal_title_name"), _WHOLE),
    "journal_id_list": dict.fromkeys(("journal_id", "type"), _WHOLE),
    "publisher_list": dict.fromkeys(("lang", "publisher_name"), _WHOLE),
    "description_list": dict.fromkeys(("lang", "type", "description"), _WHOLE),
    "date_list": dict.fromkeys(("date", "type"), _WHOLE),
    "rights_list": dict.fromkeys(("rights", "uri"), _WHOLE),
    "relation_list": dict.fromkeys(("content", "type", "relation"), _WHOLE),
    "fund_list": {"funder_name": dict.fromkeys(("lang", "funder_name"), _WHOLE)},
}


def trim(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `data` of an answer without what is never read: citations, keywords, the site."""
    trimmed: dict[str, Any] = values.pruned(data, SHAPE)
    return trimmed


def read(answer: bytes, *, doi: Doi, retrieved_at: datetime) -> Record:
    """Return the record of `doi` that stored data hold; raises ProtocolError where they are none."""
    data = base.loaded(answer, "JaLC")
    if not isinstance(data.get("doi"), str):
        raise ProtocolError(f"the stored answer of JaLC for {doi} describes nothing: it has no DOI")
    return base.recorded(
        describe(data), agency="jalc", form="jalc-json", raw=answer, doi=doi, retrieved_at=retrieved_at
    )


def lookup(dois: Sequence[Doi]) -> Flow[base.Outcomes]:
    """Ask for each DOI; one that JaLC does not know is missing in the result."""
    return (yield from base.ask(_DOIS, base.alone(dois)))


def _request(batch: Sequence[Doi]) -> Request:
    return Request(service="jalc", kind="single", path=f"/dois{base.path_at_doi_org(batch[0])}")


def _taken(batch: Sequence[Doi], answer: Response) -> dict[Doi, Found] | None:
    """Return the work asked for, if JaLC registered it; None where the answer is no message about it."""
    data = member(base.parsed(answer), "data")
    name = values.doi(member(data, "doi"))
    if name != batch[0]:
        return None
    if text(data.get("ra")) not in (None, "JaLC"):
        return {}
    return {name: base.found(read, trim(data), name, answer.received_at)}


_DOIS: Final = base.Question("jalc", _request, _taken)


class _Said(NamedTuple):
    """A text in one language, with the entry it stands in."""

    language: str | None
    text: str
    entry: Mapping[str, Any]


def describe(data: Mapping[str, Any]) -> base.Described:
    """Return the work that data describe, and what else JaLC states about it."""
    language = text(data.get("content_language"))
    titles = [*_titles(data)]
    title = _chosen(titles, language)
    journals = [*_said(data.get("journal_title_name_list"), "journal_title_name")]
    current = [each for each in journals if each.entry.get("type") != "before"]
    short = _chosen([each for each in current if each.entry.get("type") == "abbreviation"], language)
    container = _chosen([each for each in current if each.entry.get("type") != "abbreviation"], language) or short
    publisher = _chosen([*_said(data.get("publisher_list"), "publisher_name")], language)
    issued, published = _dates(data)
    identifiers = [*mappings(data.get("journal_id_list"))]
    kind = data.get("content_type")
    work = Work(
        type=TYPES.get(kind, "document") if isinstance(kind, str) else "document",
        title=title,
        container_title=container,
        container_title_short=short if short != container else None,
        author=_people(data.get("creator_list"), language),
        issued=issued,
        volume=number(data.get("volume")),
        issue=number(data.get("issue")),
        page=values.page_run(data.get("first_page"), data.get("last_page")),
        publisher=publisher,
        issn=values.issn_list([each.get("journal_id") for each in identifiers if each.get("type") == "ISSN"]),
        isbn=values.isbn_list([each.get("journal_id") for each in identifiers if each.get("type") == "ISBN"]),
        doi=values.doi(data.get("doi")),
        abstract=_abstract(data, language),
        language=language,
        license=_license(data),
    )
    registration = Registration(
        published=published,
        titles=tuple(dict.fromkeys(filter(None, (title, *(each.text for each in titles))))),
        container_titles=tuple(dict.fromkeys(filter(None, (container, *(each.text for each in journals))))),
        relations=tuple(_relations(data)),
        funders=tuple(_funders(data, language)),
    )
    return work, registration


def _said(value: Any, key: str) -> Iterator[_Said]:
    """Yield the texts under `key` with their languages; those that share an entry, each of its own."""
    for entry in mappings(value):
        raw, language = entry.get(key), text(entry.get("lang"))
        packed = _PACKED.split(unescape(raw)) if isinstance(raw, str) and language is None else [raw]
        languages = ["ja", *packed[1::2]] if len(packed) > 1 else [language]
        for spoken, each in zip(languages, packed[::2], strict=True):
            if plain := text(each):
                yield _Said(spoken, plain, entry)


def _titles(data: Mapping[str, Any]) -> Iterator[_Said]:
    """Yield the titles, each with its subtitle first and then, where it has one, without."""
    for said in _said(data.get("title_list"), "title"):
        whole = values.titled(said.text, text(said.entry.get("subtitle")))
        yield said._replace(text=whole)
        if whole != said.text:
            yield said


def _chosen(texts: Sequence[_Said], language: str | None) -> str | None:
    """Return the text in the language of the work, else in Japanese, else the first."""
    for wanted in (language, "ja"):
        for said in texts:
            if said.language == wanted and wanted is not None:
                return said.text
    return texts[0].text if texts else None


def _people(value: Any, language: str | None) -> tuple[Name, ...]:
    """Return the creators by their numbers, where all have one, else as they stand."""
    creators = [*mappings(value)]
    numbers = [number(creator.get("sequence")) or "" for creator in creators]
    if all(each.isdecimal() and len(each) < 6 for each in numbers):
        order = sorted(range(len(creators)), key=lambda place: int(numbers[place]))
        creators = [creators[place] for place in order]
    return tuple(name for creator in creators if (name := _person(creator, language)))


def _person(creator: Mapping[str, Any], language: str | None) -> Name | None:
    """Return a name in the language of the work; what is no person has one name."""
    names = [*mappings(creator.get("names"))]
    languages = [text(name.get("lang")) for name in names]
    wanted = next((each for each in (language, "ja") if each in languages and each), None)
    name = names[languages.index(wanted)] if wanted else next(iter(names), {})
    family, given = values.named(name.get("last_name")), values.named(name.get("first_name"))
    if text(creator.get("type")) not in (None, "person"):
        family, given = None, " ".join(filter(None, (family, given)))
    parts = {"family": family, "given": given} if family else {"literal": given}
    institutions = [*_said(creator.get("affiliation_list"), "affiliation_name")]
    spoken = [said.text for said in institutions if said.language == wanted] or [
        said.text for said in institutions
    ]
    return values.person({**parts, "affiliation": spoken, "ORCID": _orcid(creator)})


def _orcid(creator: Mapping[str, Any]) -> str | None:
    """Return the ORCID iD among a person's numbers; others are those of funders."""
    numbers = [*mappings(creator.get("researcher_id_list"))]
    return next((each.get("id_code") for each in numbers if each.get("type") == "ORCID"), None)


def _dates(data: Mapping[str, Any]) -> tuple[PartialDate | None, tuple[PartialDate, ...]]:
    """Return the date that counts, and every date of publication."""
    given = data.get("publication_date")
    parts = [member(given, f"publication_{part}") for part in ("year", "month", "day")]
    listed = [
        values.iso_date(each.get("date"))
        for each in mappings(data.get("date_list"))
        if (text(each.get("type")) or "").lower() in _DATES
    ]
    published = values.distinct((values.date({"date-parts": [parts]}), *listed))
    issued = next(iter(published), None) or values.iso_date(data.get("date"))
    return issued, published


def _abstract(data: Mapping[str, Any], language: str | None) -> str | None:
    texts = [
        _Said(text(each.get("lang")), said, each)
        for each in mappings(data.get("description_list"))
        if (text(each.get("type")) or "abstract").lower() == "abstract"
        and isinstance(each.get("description"), str)
        and (said := abstract_text(each["description"]))
    ]
    return _chosen(texts, language)


def _license(data: Mapping[str, Any]) -> str | None:
    found = [
        values.address(each.get(key)) for each in mappings(data.get("rights_list")) for key in ("uri", "rights")
    ]
    return next((each for each in found if each and each.startswith("http")), None)


def _relations(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield relation, spelt as Crossref spells it, and target; where the full text lies is no relation."""
    for each in mappings(data.get("relation_list")):
        kind, target = text(each.get("relation")), text(each.get("content"))
        if kind and target and not kind.startswith("fullText"):
            yield values.hyphened(kind), values.doi(target) or target


def _funders(data: Mapping[str, Any], language: str | None) -> Iterator[str]:
    for each in mappings(data.get("fund_list")):
        if name := _chosen([*_said(each.get("funder_name"), "funder_name")], language):
            yield name


AGENCY: Final = Agency("jalc", "JaLC", lookup, read, base.alone, roundabout=True)

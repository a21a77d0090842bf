"""mEDRA, the multilingual European agency: journals and books of publishers in Italy, Germany, Austria and their neighbours.

API: https://api.medra.org/metadata/{doi}, one DOI a request, 404 where there is none; no limit is published. Format: ONIX
for DOI, https://www.editeur.org/97/ONIX-for-DOI/ , codes: https://ns.editeur.org/onix/en . Licence: none is stated with the
interface; titles, names and numbers are facts, an abstract may be its publisher's.

A message describes a serial article, issue or title, a monograph or a chapter of one, as a work or as a version (product);
versions 1.0 to 2.0 of the format are read alike. A name is inverted, or parted into its key and what stands before it, or
whole; a body may stand where a person should. An ISSN has no hyphen, and may have lost its X. The stored answer is JSON made
of the elements that are read.

Not given: licences, funders, retractions. Not read: citations, copyright, what a copy costs.

>>> work = b"<DOISerialTitleWork><DOI>10.1430/1</DOI><PublicationDate>202207</PublicationDate></DOISerialTitleWork>"
>>> describe(trim(b"<Message>" + work + b"</Message>", Doi("10.1430/1")))[0].issued.isoformat()
'2022-07'
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from enrich.agencies import base, values
from enrich.agencies.base import Agency
from enrich.agencies.values import Shape, number, text
from enrich.errors import ProtocolError
from enrich.identifiers.doi import Doi
from enrich.model.date import PartialDate
from enrich.model.name import Name
from enrich.model.outcome import Found
from enrich.model.record import Record, Registration
from enrich.model.wire import Flow, Request, Response
from enrich.model.work import Work
from enrich.text.markup import abstract_text
from enrich.text.xmltree import Node, every, first, parsed, text_of

ONIX: Final = "application/vnd.medra.onixdoi+xml"

_SERIAL: Final = ("SerialPublication", "SerialWork")
_BOOK: Final = ("MonographicPublication", "MonographicWork")
_ITSELF: Final = ()
# The element a record stands in, without "Work", "Version" or "Product" -> CSL's type, where in it the work is described,
# and where that is what it stands in; books and journals stand in nothing.
KINDS: Final[Mapping[str, tuple[str, tuple[str, ...], tuple[str, ...] | None]]] = {
    "DOISerialArticle": ("article-journal", ("ContentItem",), _SERIAL),
    "DOISerialIssue": ("periodical", _ITSELF, _SERIAL),
    "DOISerialTitle": ("periodical", _SERIAL, None),
    "DOIMonographic": ("book", _ITSELF, None),
    "DOIMonographChapter": ("chapter", ("ContentItem",), _BOOK),
}
_OTHER: Final = ("document", _ITSELF, None)
_KIND: Final = re.compile(r"(DOI[A-Za-z]{1,40}?)(?:Work|Version|Product|Manifestation)")
# https://ns.editeur.org/onix/en/17 -> the list a contributor belongs to; others are not named by CSL.
_AUTHORS: Final = ("A01", "A02", "A09", "A14", "Z01")
_EDITORS: Final = ("B01", "B02", "B10", "B11", "B13", "B14", "B15", "B21", "B24")
_TRANSLATORS: Final = ("B06", "B08", "B10")
_SERIES_EDITORS: Final = ("B09",)
# Relations between works, list 51 -> Crossref's word.
RELATIONS: Final[Mapping[str, str]] = {
    "80": "has-part",
    "81": "is-part-of",
    "82": "is-new-version-of",
    "83": "has-new-version",
    "84": "is-variant-form-of",
    "85": "is-translation-of",
    "89": "is-manifestation-of",
    "90": "is-reply-to",
}
# ISO 639-2 -> what other agencies write.
_LANGUAGES: Final[Mapping[str, str]] = {
    "eng": "en",
    "ita": "it",
    "ger": "de",
    "deu": "de",
    "fre": "fr",
    "fra": "fr",
    "spa": "es",
    "por": "pt",
    "rus": "ru",
    "slv": "sl",
    "hrv": "hr",
    "srp": "sr",
    "gre": "el",
    "ell": "el",
    "dut": "nl",
    "nld": "nl",
    "lat": "la",
    "pol": "pl",
    "cze": "cs",
    "ces": "cs",
    "hun": "hu",
    "rum": "ro",
    "ron": "ro",
    "cat": "ca",
}
_DAY: Final = re.compile(r"([0-9]{4})-?([0-9]{2})?-?([0-9]{2})?")
_SEASON: Final = "04"
_SEASONS: Final = ("1", "2", "3", "4")
# Format of a date, list 55 -> how much of it is a year, month and day: not weeks, quarters, nor where a range ends.
_DIGITS: Final[Mapping[str | None, int]] = {
    "01": 6,
    "07": 6,
    **dict.fromkeys(("02", "03", "04", "08", "09", "10"), 4),
}
_MAIN: Final = ("00", "01", "02")
_ABSTRACTS: Final = ("01", "03", "02")
_DOI_TYPES: Final = ("06",)
_ISBN_TYPES: Final = ("02", "03", "15")
_ISSN_TYPES: Final = ("07", "16")

_WHOLE: Final = None
_TITLE: Final[Shape] = dict.fromkeys(
    ("@language", "TitleType", "TitleText", "TitlePrefix", "TitleWithoutPrefix", "Subtitle"), _WHOLE
)
_NAME: Final = ("PersonName", "PersonNameInverted", "NamesBeforeKey", "PrefixToKey", "KeyNames", "SuffixToKey")
_CONTRIBUTOR: Final[Shape] = {
    **dict.fromkeys(("SequenceNumber", "ContributorRole", "CorporateName", *_NAME), _WHOLE),
    "NameIdentifier": dict.fromkeys(("IDTypeName", "IDValue"), _WHOLE),
    "ProfessionalAffiliation": {"Affiliation": _WHOLE},
}
_IDENTIFIER: Final[Shape] = dict.fromkeys(("WorkIDType", "ProductIDType", "IDValue"), _WHOLE)
_RELATED: Final[Shape] = {"RelationCode": _WHOLE, "WorkIdentifier": _IDENTIFIER, "ProductIdentifier": _IDENTIFIER}
_ITEM: Final[Shape] = {
    "TextItem": {"PageRun": _WHOLE, "NumberOfPages": _WHOLE},
    "Title": _TITLE,
    "Contributor": _CONTRIBUTOR,
    "Language": _WHOLE,
    "OtherText": {"TextTypeCode": _WHOLE, "Text": _WHOLE},
    "PublicationDate": _WHOLE,
    "Publisher": {"PublishingRole": _WHOLE, "PublisherName": _WHOLE},
    "WorkIdentifier": _IDENTIFIER,
    "ProductIdentifier": _IDENTIFIER,
    "RelatedWork": _RELATED,
    "RelatedProduct": _RELATED,
    **dict.fromkeys(("EditionNumber", "NumberOfPages", "CityOfPublication", "DOI", "DOIWebsiteLink"), _WHOLE),
    "Series": {"Title": _TITLE, "NumberWithinSeries": _WHOLE},
}
SHAPE: Final[Shape] = {
    **_ITEM,
    "SerialPublication": {"SerialWork": _ITEM, "SerialVersion": {"ProductIdentifier": _IDENTIFIER}},
    "MonographicPublication": {"MonographicWork": _ITEM, "MonographicProduct": _ITEM},
    "JournalIssue": dict.fromkeys(("JournalVolumeNumber", "JournalIssueNumber", "JournalIssueDate"), _WHOLE),
    "DateFirstPublished": _WHOLE,
    "ContentItem": _ITEM,
}


class _Title(NamedTuple):
    """A title: its type, its language, and its spellings, that with the subtitle first."""

    kind: str
    language: str | None
    spellings: tuple[str, ...]


def trim(xml: bytes, doi: Doi) -> dict[str, Any]:
    """Return what a message says of `doi`: its element, trimmed, and the name of it; `{}` for nothing."""
    for message in (parsed(xml) or {}).values():
        for root in message:
            for kind, records in root.items() if isinstance(root, dict) else ():
                for record in records:
                    if _KIND.fullmatch(kind) and values.doi(first(record, "DOI")) == doi:
                        return {"DOI": doi, "kind": kind, "record": values.pruned(record, SHAPE)}
    return {}


def read(answer: bytes, *, doi: Doi, retrieved_at: datetime) -> Record:
    """Return the record of `doi` that a stored answer holds; raises ProtocolError where it is none."""
    stored = base.loaded(answer, "mEDRA")
    if not isinstance(stored.get("DOI"), str) or not isinstance(stored.get("record"), dict):
        raise ProtocolError(f"the stored answer of mEDRA for {doi} describes nothing: it has no DOI")
    return base.recorded(
        describe(stored), agency="medra", form="medra-json", raw=answer, doi=doi, retrieved_at=retrieved_at
    )


def lookup(dois: Sequence[Doi]) -> Flow[base.Outcomes]:
    """Ask for each DOI; one that mEDRA does not know is missing in the result."""
    return (yield from base.ask(_METADATA, base.alone(dois)))


def _request(batch: Sequence[Doi]) -> Request:
    path = f"/metadata{base.path_at_doi_org(batch[0])}"
    return Request(service="medra", kind="single", path=path, accept=f"{ONIX}, application/xml", expect="any")


def _taken(batch: Sequence[Doi], answer: Response) -> dict[Doi, Found] | None:
    """Return the record asked for; None where the answer is no message, or is about something else."""
    doi = batch[0]
    stored = trim(answer.body, doi)
    return {doi: base.found(read, stored, doi, answer.received_at)} if stored else None


_METADATA: Final = base.Question("medra", _request, _taken)


def describe(stored: Mapping[str, Any]) -> base.Described:
    """Return the work that a stored answer describes, and what else mEDRA states about it."""
    record = stored["record"]
    match = _KIND.fullmatch(str(stored.get("kind")))
    kind, inside, around = KINDS.get(match[1], _OTHER) if match else _OTHER
    inner: Node = next(iter(every(record, *inside)), {})
    outer: Node = next(iter(every(record, *around)), {}) if around else {}
    versions = [
        *every(record, "SerialPublication", "SerialVersion"),
        *every(record, *_BOOK[:1], "MonographicProduct"),
    ]
    places = (inner, outer, *versions, record)
    language = _language(places)
    titles, venues = _titles([inner], language), _titles([outer], language)
    people = every(inner, "Contributor")
    published = _dates(record, places)
    work = Work(
        type=kind,
        title=_main(titles),
        original_title=_of_type(titles, "03"),
        container_title=_main(venues),
        container_title_short=_of_type(venues, "05"),
        collection_title=_main(_titles([each for place in places for each in every(place, "Series")], language)),
        author=_people(people, _AUTHORS),
        editor=_people(people, _EDITORS) or _people(every(outer, "Contributor"), (*_EDITORS, *_AUTHORS)),
        translator=_people(people, _TRANSLATORS),
        collection_editor=_people(people, _SERIES_EDITORS),
        issued=next(iter(published), None),
        volume=number(first(record, "JournalIssue", "JournalVolumeNumber"))
        or number(first(inner, "Series", "NumberWithinSeries")),
        issue=number(first(record, "JournalIssue", "JournalIssueNumber")),
        page=values.page_run(
            *(first(inner, "TextItem", "PageRun", f"{end}PageNumber") for end in ("First", "Last"))
        ),
        number_of_pages=number(first(inner, "NumberOfPages")),
        edition=number(first(inner, "EditionNumber")),
        publisher=values.named(_first_of(places, "Publisher", "PublisherName")),
        publisher_place=text(_first_of(places, "CityOfPublication")),
        issn=values.issn_list([*_issns(places)]),
        isbn=values.isbn_list([*_identifiers(places, _ISBN_TYPES)]),
        doi=values.doi(stored.get("DOI")),
        abstract=_abstract(inner),
        language=language,
    )
    registration = Registration(
        published=published,
        titles=tuple(dict.fromkeys(title for *_, spellings in titles for title in spellings)),
        container_titles=tuple(dict.fromkeys(title for *_, spellings in venues for title in spellings)),
        relations=tuple(_relations(places)),
        resource=values.address(first(record, "DOIWebsiteLink")),
    )
    return work, registration


def _first_of(places: Sequence[Node], *path: str) -> str | None:
    return next((found for place in places if (found := first(place, *path))), None)


def _language(places: Sequence[Node]) -> str | None:
    """Return the language of the text (role 01) as other agencies write it."""
    for each in (each for place in places for each in every(place, "Language")):
        code = text(first(each, "LanguageCode"))
        if code and first(each, "LanguageRole") in (None, "01"):
            return _LANGUAGES.get(code.lower(), code)
    return None


def _titles(places: Sequence[Node], language: str | None) -> list[_Title]:
    """Return the titles, those in the language of the work first."""
    found = []
    for node in (node for place in places for node in every(place, "Title")):
        parts = (first(node, "TitlePrefix"), first(node, "TitleWithoutPrefix"))
        bare = text(first(node, "TitleText") or " ".join(filter(None, parts)))
        if bare:
            spoken = text(node.get("@language")) if isinstance(node, dict) else None
            whole = values.titled(bare, text(first(node, "Subtitle")))
            found.append(_Title(first(node, "TitleType") or "01", spoken, tuple(dict.fromkeys((whole, bare)))))
    return sorted(found, key=lambda title: _LANGUAGES.get(title.language or "", title.language) != language)


def _main(titles: Sequence[_Title]) -> str | None:
    """Return the title as such (type 01, or 00 for "of no type"), whatever it is where there is none of these."""
    ranked = sorted(titles, key=lambda title: title.kind not in _MAIN)
    return ranked[0].spellings[0] if ranked else None


def _of_type(titles: Sequence[_Title], kind: str) -> str | None:
    main = _main(titles)
    return next((each.spellings[0] for each in titles if each.kind == kind and each.spellings[0] != main), None)


def _people(contributors: Sequence[Node], roles: Sequence[str]) -> tuple[Name, ...]:
    """Return those with one of the roles by their numbers, or as they stand."""
    chosen = [each for each in contributors if (first(each, "ContributorRole") or "A01") in roles]
    return tuple(name for each in sorted(chosen, key=_sequence) if (name := _person(each)))


def _sequence(contributor: Node) -> int:
    given = first(contributor, "SequenceNumber") or ""
    return int(given) if given.isascii() and given.isdigit() and len(given) < 6 else 0


def _person(contributor: Node) -> Name | None:
    """Return a name from its parts, or from "Family, Given", or as it stands; a body has one name."""
    part = {name: first(contributor, name) for name in (*_NAME, "CorporateName")}
    family, _, given = (part["PersonNameInverted"] or "").partition(",")
    if part["KeyNames"]:
        family = " ".join(filter(None, (part["PrefixToKey"], part["KeyNames"])))
        given = part["NamesBeforeKey"] or ""
    named = {"family": family.strip(), "given": given.strip(), "suffix": part["SuffixToKey"]}
    if not named["family"]:
        named = {"literal": part["PersonName"] or part["CorporateName"]}
    institutions = [text_of(each) for each in every(contributor, "ProfessionalAffiliation", "Affiliation")]
    numbers = (values.orcid(text_of(each)) for each in every(contributor, "NameIdentifier", "IDValue"))
    return values.person({**named, "affiliation": institutions, "ORCID": next(filter(None, numbers), None)})


def _dates(record: Node, places: Sequence[Node]) -> tuple[PartialDate, ...]:
    """Return every date of publication, that of the work itself first."""
    issue = next(iter(every(record, "JournalIssue", "JournalIssueDate")), {})
    begun = next(iter(every(record, "DateFirstPublished")), {})
    plain = [_date(first(place, "PublicationDate")) for place in places]
    formatted = [_date(first(each, "Date"), first(each, "DateFormat")) for each in (issue, begun)]
    return values.distinct((*plain, *formatted))


def _date(written: str | None, form: str | None = None) -> PartialDate | None:
    """Return a date written as `20220720`, `202207` or `2022`; of weeks and quarters, and of ranges, the year it begins."""
    written = (written or "").strip()
    match = _DAY.match(written[: _DIGITS.get(form, 10)])
    if match is None:
        return None
    parts = [int(part) for part in match.groups() if part]
    if form == _SEASON and written[4:5] in _SEASONS:
        parts.append(20 + int(written[4:5]))
    return values.date({"date-parts": [parts]})


def _abstract(inner: Node) -> str | None:
    texts = {first(each, "TextTypeCode"): first(each, "Text") for each in every(inner, "OtherText")}
    found = (abstract_text(texts.get(code) or "") for code in _ABSTRACTS)
    return next(filter(None, found), None)


def _identifiers(places: Sequence[Node], kinds: Sequence[str]) -> Iterator[str]:
    """Yield the identifiers of some types, of works and of products."""
    for sort in ("Product", "Work"):
        for each in (each for place in places for each in every(place, f"{sort}Identifier")):
            value = first(each, "IDValue")
            if value and first(each, f"{sort}IDType") in kinds:
                yield value


def _issns(places: Sequence[Node]) -> Iterator[str]:
    """Yield the ISSNs; one of seven digits has lost its X."""
    for issn in _identifiers(places, _ISSN_TYPES):
        yield f"{issn}X" if len(issn.replace("-", "")) == 7 else issn


def _relations(places: Sequence[Node]) -> Iterator[tuple[str, str]]:
    """Yield relation, spelt as Crossref spells it, and target."""
    for each in (
        each for place in places for name in ("Work", "Product") for each in every(place, f"Related{name}")
    ):
        kind = RELATIONS.get(first(each, "RelationCode") or "")
        for target in map(values.doi, _identifiers([each], _DOI_TYPES)):
            if kind and target:
                yield kind, target


AGENCY: Final = Agency("medra", "mEDRA", lookup, read, base.alone, roundabout=True)

"""DataCite: data sets, software, preprints (arXiv), theses, grey literature of repositories.

API: https://support.datacite.org/docs/api , schema: https://schema.datacite.org/meta/kernel-4/ . Limits, per address and
five minutes: 1,000 requests of who is identified, 500 of others. Licence of the metadata: CC0.

A list (`ids=`) ignores `state`, so only what is findable is taken. Some DOIs of Crossref's publishers are described here
too (client `crossref.citations`): badly, with text lost at every bit of markup, and it does not make DataCite their agency.
`publisher` is a string or an object, an affiliation too; names come parted, or as "Family, Given", or both; a missing thing
is `(:unav)`. `resourceTypeGeneral` "Text" may be anything. Until 2019 the answers had other members (`author`, `title`,
`published`), which are read as far as they go.

Not read: references and citations, subjects (keywords are personal), sizes, formats, places, counts, `xml`.

>>> describe({"doi": "10.5281/zenodo.1", "titles": [{"title": "A"}], "publicationYear": 2016})[0].issued.year
2016
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from enrich.agencies import base, kinds, values
from enrich.agencies.base import Agency
from enrich.agencies.values import Shape, mappings, member, number, text, texts
from enrich.errors import ProtocolError
from enrich.identifiers import doi as doi_names
from enrich.identifiers.doi import Doi
from enrich.model.date import PartialDate
from enrich.model.name import Name
from enrich.model.outcome import Found
from enrich.model.record import Record, Registration
from enrich.model.update import Update
from enrich.model.wire import Flow, Request, Response
from enrich.model.work import Work
from enrich.text.markup import abstract_text

_CITATIONS: Final = frozenset(("References", "IsReferencedBy", "Cites", "IsCitedBy", "HasMetadata"))
_PERIODICAL: Final = ("article-journal", "article", "paper-conference")  # what calls its journal a series
_BODY: Final = re.compile(
    r"universi|institu|colleg|depart|laborator|museum|librar|minist|survey|cent(?:er|re)|team|group|consorti|committee"
    r"|project|archiv|\b(?:inc|ltd|llc|gmbh)\b|[0-9]",
    re.IGNORECASE,
)

_WHOLE: Final = None
_PERSON: Final[Shape] = {
    **dict.fromkeys(("name", "nameType", "givenName", "familyName", "raw_name", "contributorType"), _WHOLE),
    "affiliation": {"name": _WHOLE, "affiliationIdentifier": _WHOLE},
    "nameIdentifiers": {"nameIdentifier": _WHOLE, "nameIdentifierScheme": _WHOLE},
}
_IDENTIFIER: Final[Shape] = {"identifier": _WHOLE, "identifierType": _WHOLE}
_PLACE: Final = ("volume", "issue", "firstPage", "lastPage")
SHAPE: Final[Shape] = {
    **dict.fromkeys(("doi", "id", "client", "agency", "url", "publicationYear", "language", "version"), _WHOLE),
    "creators": _PERSON,
    "contributors": _PERSON,
    "titles": {"title": _WHOLE, "titleType": _WHOLE},
    "publisher": {"name": _WHOLE, "publisherIdentifier": _WHOLE},
    "container": dict.fromkeys(("type", "title", *_PLACE, *_IDENTIFIER), _WHOLE),
    "dates": {"date": _WHOLE, "dateType": _WHOLE},
    "types": dict.fromkeys(("resourceTypeGeneral", "resourceType", "citeproc"), _WHOLE),
    "identifiers": _IDENTIFIER,
    "relatedIdentifiers": dict.fromkeys(("relatedIdentifier", "relatedIdentifierType", "relationType"), _WHOLE),
    "relatedItems": {**dict.fromkeys(("relationType", *_PLACE), _WHOLE), "titles": {"title": _WHOLE}},
    "rightsList": {"rights": _WHOLE, "rightsUri": _WHOLE},
    "descriptions": {"description": _WHOLE, "descriptionType": _WHOLE},
    "fundingReferences": {"funderName": _WHOLE, "funderIdentifier": _WHOLE},
    # The members of answers until 2019.
    **dict.fromkeys(
        ("title", "container-title", "published", "resource-type-id", "resource-type-subtype"), _WHOLE
    ),
    **dict.fromkeys(("description", "license"), _WHOLE),
    "author": dict.fromkeys(("literal", "family", "given"), _WHOLE),
}


def trim(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of a JSON:API datum (or attributes as such) without what is never read."""
    attributes = data.get("attributes")
    if not isinstance(attributes, dict):
        attributes = data
    lists = {name: attributes.get(name) for name in ("descriptions", "relatedIdentifiers")}
    kept = {
        name: [item for item in items if not _is_ballast(item)]
        for name, items in lists.items()
        if isinstance(items, list)
    }
    client = member(data, "relationships", "client", "data", "id") or attributes.get("clientId")
    trimmed: dict[str, Any] = values.pruned({"client": client, **attributes, **kept}, SHAPE)
    return trimmed


def _is_ballast(item: Any) -> bool:
    """Tell whether a description is no abstract, or a related identifier a mere citation."""
    return isinstance(item, dict) and (
        item.get("descriptionType", "Abstract") != "Abstract" or _is_citation(item.get("relationType"))
    )


def _is_within(relation: Any) -> bool:
    return relation in ("IsPartOf", "IsPublishedIn")


def _is_citation(relation: Any) -> bool:
    return isinstance(relation, str) and relation in _CITATIONS


def read(answer: bytes, *, doi: Doi, retrieved_at: datetime) -> Record:
    """Return the record of `doi` that stored attributes hold; raises ProtocolError where they are none."""
    data = base.loaded(answer, "DataCite")
    attributes = trim(data) if "attributes" in data else data
    if not isinstance(attributes.get("doi"), str):
        raise ProtocolError(f"the stored answer of DataCite for {doi} describes nothing: it has no DOI")
    described = describe(attributes)
    return base.recorded(
        described, agency="datacite", form="datacite-json", raw=answer, doi=doi, retrieved_at=retrieved_at
    )


def plan(dois: Sequence[Doi], *, most: int = 50) -> list[tuple[Doi, ...]]:
    """Return the batches in which DataCite can be asked."""
    return base.listed(dois, most=most)


def lookup(dois: Sequence[Doi]) -> Flow[base.Outcomes]:
    """Ask for what is findable; a DOI that is not, or that is Crossref's, is missing in the result."""
    return (yield from base.ask(_DOIS, plan(dois, most=base.MOST)))


def _request(batch: Sequence[Doi]) -> Request:
    wanted = "affiliation=true&publisher=true"
    if len(batch) == 1:
        return Request(service="datacite", kind="single", path=f"/dois/{doi_names.quote(batch[0])}", query=wanted)
    ids = ",".join(map(base.in_list, batch))
    query = f"ids={ids}&page%5Bsize%5D={len(batch)}&{wanted}&disable-facets=true"
    return Request(service="datacite", kind="list", path="/dois", query=query)


def _taken(batch: Sequence[Doi], answer: Response) -> dict[Doi, Found] | None:
    """Return the works asked for that are DataCite's and findable; None where the answer is no such message."""
    data = member(base.parsed(answer), "data")
    if not isinstance(data, dict if len(batch) == 1 else list):
        return None
    asked = set(batch)
    taken: dict[Doi, Found] = {}
    for item in mappings(data):
        attributes = item.get("attributes")
        name = values.doi(member(attributes, "doi") or item.get("id"))
        if name is not None and name in asked and name not in taken and _is_own(item):
            taken[name] = base.found(read, {"doi": name, **trim(item)}, name, answer.received_at)
    return taken


def _is_own(datum: Mapping[str, Any]) -> bool:
    """Tell whether DataCite registered what a datum describes, and shows it to everybody."""
    attributes = datum.get("attributes")
    owners = (
        member(attributes, "agency"),
        member(attributes, "clientId"),
        member(datum, "relationships", "client", "data", "id"),
    )
    foreign = any(isinstance(owner, str) and owner.lower().startswith("crossref") for owner in owners)
    return not foreign and member(attributes, "state") in (None, "findable")


_DOIS: Final = base.Question("datacite", _request, _taken)


def describe(attributes: Mapping[str, Any]) -> base.Described:
    """Return the work that attributes describe, and what else DataCite states about it."""
    kind, titles = kinds.of_datacite(attributes), _titles(attributes)
    place, container, series = _place(attributes, kind)
    issued, published = _dates(attributes)
    contributors = [*mappings(attributes.get("contributors"))]
    work = Work(
        type=kind,
        title=titles[0] if titles else None,
        container_title=container,
        collection_title=series,
        author=_people(attributes.get("creators")) or values.people(attributes.get("author")),
        editor=_people([each for each in contributors if each.get("contributorType") == "Editor"]),
        translator=_people([each for each in contributors if each.get("contributorType") == "Translator"]),
        issued=issued,
        volume=number(place.get("volume")),
        issue=number(place.get("issue")),
        page=values.page_run(place.get("firstPage"), place.get("lastPage")),
        version=text(attributes.get("version")),
        publisher=_publisher(attributes),
        issn=values.issn_list([*_identifiers(attributes, "ISSN")]),
        isbn=values.isbn_list([*_identifiers(attributes, "ISBN")]),
        doi=values.doi(attributes.get("doi")),
        abstract=_abstract(attributes),
        language=text(attributes.get("language")),
        license=_license(attributes),
    )
    registration = Registration(
        published=published,
        titles=titles,
        container_titles=tuple(dict.fromkeys(title for title in (container, series) if title)),
        updates=tuple(_withdrawals(attributes)),
        relations=tuple(_relations(attributes.get("relatedIdentifiers"))),
        funders=texts([each.get("funderName") for each in mappings(attributes.get("fundingReferences"))]),
        resource=values.address(attributes.get("url")),
    )
    return work, registration


def _publisher(attributes: Mapping[str, Any]) -> str | None:
    """Return the publisher; the old answers called it the container."""
    publisher = attributes.get("publisher")
    return (
        values.named(publisher)
        or values.named(member(publisher, "name"))
        or text(attributes.get("container-title"))
    )


def _titles(attributes: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the title with its subtitle, then every other spelling; a title of a type is not the main one."""
    titles = [(item.get("titleType"), text(item.get("title"))) for item in mappings(attributes.get("titles"))]
    named = [(kind, title) for kind, title in titles if title] or [
        (None, title) for title in texts(attributes.get("title"))
    ]
    main = next((title for kind, title in named if not kind), None) or next((title for _, title in named), None)
    if main is None:
        return ()
    subtitle = next((title for kind, title in named if kind == "Subtitle" and title != main), None)
    return tuple(dict.fromkeys((values.titled(main, subtitle), main, *(title for _, title in named))))


def _people(value: Any) -> tuple[Name, ...]:
    return tuple(name for item in mappings(value) if (name := _person(item)))


def _person(creator: Mapping[str, Any]) -> Name | None:
    """Return a name from its parts, or from "Family, Given" (10.3929/ethz-b-000090595), or as it stands."""
    whole = text(creator.get("name")) or text(creator.get("raw_name"))
    family, given = text(creator.get("familyName")), text(creator.get("givenName"))
    if creator.get("nameType") == "Organizational" and whole:
        family = given = None
    elif not family and whole:
        family, given = _parted(whole, personal=creator.get("nameType") == "Personal")
    parts = {"family": family, "given": given} if family else {"literal": whole or given}
    return values.person({**parts, "affiliation": creator.get("affiliation"), "ORCID": _orcid(creator)})


def _parted(whole: str, *, personal: bool) -> tuple[str | None, str | None]:
    """Return family and given name of "Family, Given"; nothing where it may be a body or several people."""
    family, _, given = (part.strip() for part in whole.partition(","))
    if not family or not given or "," in given or ";" in whole:
        return None, None
    return (family, given) if personal or not _BODY.search(whole) else (None, None)


def _orcid(creator: Mapping[str, Any]) -> str | None:
    """Return the ORCID iD among the identifiers of a person."""
    found = (
        values.orcid(each.get("nameIdentifier"))
        for each in mappings(creator.get("nameIdentifiers"))
        if "orcid" in str(each).lower()
    )
    return next(filter(None, found), None)


def _place(attributes: Mapping[str, Any], kind: str) -> tuple[Mapping[str, Any], str | None, str | None]:
    """Return where the numbers stand, the container and the series; `container` goes before related items."""
    container = member(attributes, "container")
    related = next(
        (item for item in mappings(attributes.get("relatedItems")) if item.get("relationType") == "IsPublishedIn"),
        {},
    )
    place = {name: member(container, name) or related.get(name) for name in _PLACE}
    title = text(member(container, "title")) or text(next(iter(mappings(related.get("titles"))), {}).get("title"))
    in_series = member(container, "type") == "Series" and kind not in _PERIODICAL
    return place, None if in_series else title, title if in_series else None


def _dates(attributes: Mapping[str, Any]) -> tuple[PartialDate | None, tuple[PartialDate, ...]]:
    """Return the date that counts, and every date of publication; a day is taken only from a date that means it."""
    dates: dict[str, PartialDate] = {}
    for item in mappings(attributes.get("dates")):
        kind, when = item.get("dateType"), values.iso_date(item.get("date"))
        if isinstance(kind, str) and when:
            dates.setdefault(kind, when)
    issued, available = dates.get("Issued"), dates.get("Available")
    year = values.iso_date(attributes.get("publicationYear")) or values.iso_date(attributes.get("published"))
    if issued is None:
        refines = available is not None and (year is None or available.year == year.year)
        issued = available if refines else year or dates.get("Created")
    return issued, values.distinct((issued, available, year))


def _identifiers(attributes: Mapping[str, Any], scheme: str) -> Iterator[str]:
    """Yield the identifiers of a scheme (ISSN: EISSN and LISSN too) of the work, and of what it is part of."""
    candidates = [
        *((each.get("identifierType"), each.get("identifier")) for each in mappings(attributes.get("container"))),
        *(
            (each.get("identifierType"), each.get("identifier"))
            for each in mappings(attributes.get("identifiers"))
        ),
        *(
            (each.get("relatedIdentifierType"), each.get("relatedIdentifier"))
            for each in mappings(attributes.get("relatedIdentifiers"))
            if _is_within(each.get("relationType"))
        ),
    ]
    for kind, identifier in candidates:
        if isinstance(kind, str) and kind.upper().endswith(scheme) and isinstance(identifier, str):
            yield identifier


def _abstract(attributes: Mapping[str, Any]) -> str | None:
    """Return the first abstract that says anything."""
    abstracts = [
        each.get("description")
        for each in mappings(attributes.get("descriptions"))
        if each.get("descriptionType") == "Abstract"
    ]
    found = (abstract_text(each) for each in (*abstracts, attributes.get("description")) if isinstance(each, str))
    return next((each for each in found if each and each.lower() not in values.MISSING), None)


def _license(attributes: Mapping[str, Any]) -> str | None:
    """Return the first address of a licence, which may stand where its name should; "info:eu-repo/..." says who may read."""
    listed = [*mappings(attributes.get("rightsList"))]
    rights = [values.address(each.get(name)) for name in ("rightsUri", "rights") for each in listed]
    found = (
        each for each in (*rights, values.address(attributes.get("license"))) if each and each.startswith("http")
    )
    return next(found, None)


def _withdrawals(attributes: Mapping[str, Any]) -> Iterator[Update]:
    for item in mappings(attributes.get("dates")):
        if item.get("dateType") == "Withdrawn":
            when = values.iso_date(item.get("date"))
            yield Update(type="withdrawal", date=when.isoformat() if when else None, source="datacite")


def _relations(value: Any) -> Iterator[tuple[str, str]]:
    """Yield relation, spelt as Crossref spells them (`is-new-version-of`), and target; citations left out."""
    for item in mappings(value):
        kind = item.get("relationType")
        identifier = text(item.get("relatedIdentifier"))
        if isinstance(kind, str) and kind and identifier and not _is_citation(kind):
            yield values.hyphened(kind), values.doi(identifier) or identifier


AGENCY: Final = Agency("datacite", "DataCite", lookup, read, plan)

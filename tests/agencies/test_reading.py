"""Reading messages: every member finds its place, in any shape."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from agencies.world import NOW
from hypothesis import given
from hypothesis import strategies as st

from enrich.agencies import crossref, datacite, kinds, negotiation, read
from enrich.identifiers.doi import Doi
from enrich.model import Name, PartialDate, Update
from enrich.model.worktype import WORK_TYPES

CROSSREF_TYPES = (
    "book-section", "monograph", "report-component", "report", "peer-review", "book-track", "journal-article",
    "book-part", "other", "book", "journal-volume", "book-set", "reference-entry", "proceedings-article", "journal",
    "component", "book-chapter", "proceedings-series", "report-series", "proceedings", "database", "standard",
    "reference-book", "posted-content", "journal-issue", "dissertation", "grant", "dataset", "book-series",
    "edited-book",
)  # fmt: skip
DATACITE_TYPES = (
    "Audiovisual", "Award", "Book", "BookChapter", "Collection", "ComputationalNotebook", "ConferencePaper",
    "ConferenceProceeding", "DataPaper", "Dataset", "Dissertation", "Event", "Image", "InteractiveResource",
    "Instrument", "Journal", "JournalArticle", "Model", "OutputManagementPlan", "PeerReview", "PhysicalObject",
    "Poster", "Preprint", "Presentation", "Project", "Report", "Service", "Software", "Sound", "Standard",
    "StudyRegistration", "Text", "Workflow", "Other",
)  # fmt: skip

KEYS = (
    *("name", "title", "date-parts", "URL", "DOI", "family", "given", "type", "primary", "id", "date", "dateType"),
    *("relationType", "titleType", "contributorType", "nameType", "identifier", "content-version", "attributes"),
)
ATOMS = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**63), max_value=2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8, alphabet=st.characters(exclude_categories=["Cs"]))
)
JSON = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=6,
)


def test_every_type_of_crossref_has_a_csl_type() -> None:
    """The vocabulary is mapped whole, onto types that exist."""
    assert set(kinds.CROSSREF) == set(CROSSREF_TYPES)
    assert set(kinds.CROSSREF.values()) <= WORK_TYPES
    assert kinds.of_crossref({"type": "something-new"}) == "document"
    assert kinds.of_crossref({"type": "posted-content", "subtype": "blog"}) == "post-weblog"


@pytest.mark.parametrize("general", DATACITE_TYPES)
def test_every_type_of_datacite_has_a_csl_type(general: str) -> None:
    """The vocabulary of kernel 4.7 is mapped; what says too little is read from the other types."""
    assert kinds.of_datacite({"types": {"resourceTypeGeneral": general}}) in WORK_TYPES
    assert (general.lower() in kinds.DATACITE) == (general not in {"Text", "Other", "Collection"})


@pytest.mark.parametrize(
    ("types", "kind"),
    [
        ({"resourceTypeGeneral": "Text", "resourceType": "Thesis (PhD)"}, "thesis"),
        (
            {"resourceTypeGeneral": "Text", "resourceType": "JournalArticle", "citeproc": "article-journal"},
            "article-journal",
        ),
        ({"resourceTypeGeneral": "Text", "resourceType": "Working Paper"}, "article"),
        ({"resourceTypeGeneral": "Text", "resourceType": "Technical Report"}, "report"),
        ({"resourceTypeGeneral": "Text", "resourceType": "Brief", "citeproc": "article-journal"}, "document"),
        ({"citeproc": "book"}, "book"),
        ({"citeproc": "nonsense"}, "document"),
        ({}, "document"),
    ],
)
def test_texts_at_datacite(types: dict[str, str], kind: str) -> None:
    """A text is what its free type says, and a journal article only with a journal."""
    assert kinds.of_datacite({"types": types}) == kind


def test_a_crossref_article() -> None:
    """Every member of a full message stands where it belongs."""
    message = {
        "DOI": "10.1155/2012/574025",
        "type": "journal-article",
        "title": ["A <i>Study</i>"],
        "subtitle": ["Part &amp; Parcel"],
        "short-title": ["Study"],
        "original-title": ["Eine Studie"],
        "container-title": ["Journal of Tests"],
        "short-container-title": ["J. Tests"],
        "author": [
            {"family": "Roe", "given": "Jane", "suffix": "Jr.", "sequence": "additional"},
            {"name": "The Group"},
        ],
        "editor": [{"family": "Ed", "given": "I. T."}],
        "translator": [{"family": "Trans", "given": "L."}],
        "issued": {"date-parts": [[2012, 3]]},
        "published-print": {"date-parts": [[2012, 5]]},
        "created": {"date-parts": [[1999, 1, 1]]},
        "journal-issue": {"issue": "4", "published-online": {"date-parts": [[2012, 21]]}},
        "volume": "2012",
        "page": "1–5",
        "article-number": "574025",
        "publisher": "Hindawi",
        "publisher-location": "London",
        "ISSN": ["2090-3170"],
        "ISBN": ["http://id.crossref.org/isbn/9780471117094"],
        "language": "en",
        "edition-number": "2",
        "version": {"version": "v1"},
        "event": {"name": "A Meeting", "location": "Bonn"},
        "degree": ["PhD"],
        "abstract": "<jats:p>Text.</jats:p>",
        "license": [
            {"URL": "https://x.org/tdm", "content-version": "tdm"},
            {"URL": "https://x.org/u"},
            {"URL": "https://x.org/v", "content-version": "vor"},
        ],
        "funder": [{"name": "A Fund"}],
        "resource": {"primary": {"URL": "https://x.org/landing"}},
        "relation": {"has-preprint": {"id-type": "doi", "id": "10.1101/X", "asserted-by": "object"}},
        "update-to": [
            {
                "DOI": "10.1155/OLD",
                "type": "erratum",
                "label": "Erratum",
                "updated": {"date-parts": [[2013, 1, 2]]},
            }
        ],
        "reference": [{"key": "1"}],
    }
    work, registration = crossref.describe(crossref.trim(message))
    assert work.model_dump(exclude_defaults=True) == {
        "type": "article-journal",
        "title": "A Study: Part & Parcel",
        "title_short": "Study",
        "original_title": "Eine Studie",
        "container_title": "Journal of Tests",
        "container_title_short": "J. Tests",
        "event_title": "A Meeting",
        "author": ({"family": "Roe", "given": "Jane", "suffix": "Jr."}, {"literal": "The Group"}),
        "editor": ({"family": "Ed", "given": "I. T."},),
        "translator": ({"family": "Trans", "given": "L."},),
        "issued": {"year": 2012, "month": 3},
        "volume": "2012",
        "issue": "4",
        "page": "1-5",
        "number": "574025",
        "edition": "2",
        "version": "v1",
        "genre": "PhD",
        "publisher": "Hindawi",
        "publisher_place": "London",
        "issn": ("2090-3170",),
        "isbn": ("9780471117094",),
        "doi": "10.1155/2012/574025",
        "abstract": "Text.",
        "language": "en",
        "license": "https://x.org/v",
    }
    assert registration.titles == ("A Study: Part & Parcel", "A Study", "Eine Studie", "Study")
    assert registration.container_titles == ("Journal of Tests", "J. Tests")
    assert [date.isoformat() for date in registration.published] == ["2012-03", "2012-05", "2012"]
    assert registration.relations == (("has-preprint", "10.1101/x"),)
    assert registration.updates == (
        Update(type="erratum", doi="10.1155/old", date="2013-01-02", direction="update-to"),
    )
    assert registration.funders == ("A Fund",)
    assert registration.resource == "https://x.org/landing"


@pytest.mark.parametrize(
    ("kind", "titles", "container", "series"),
    [
        (
            "book-chapter",
            ["Lecture Notes in Computer Science", "Secure IT Systems"],
            "Secure IT Systems",
            "Lecture Notes in Computer Science",
        ),
        (
            "book-chapter",
            ["Secure IT Systems", "Lecture Notes in Computer Science"],
            "Secure IT Systems",
            "Lecture Notes in Computer Science",
        ),
        (
            "proceedings-article",
            ["Balisage Series on Markup Technologies", "Proceedings of Balisage 2010"],
            "Proceedings of Balisage 2010",
            "Balisage Series on Markup Technologies",
        ),
        (
            "book-chapter",
            ["Advances in Fuzzy Logic 2017", "Advances in Intelligent Systems and Computing"],
            "Advances in Fuzzy Logic 2017",
            "Advances in Intelligent Systems and Computing",
        ),
        (
            "other",
            ["Structured Matrices in Mathematics I", "Contemporary Mathematics"],
            "Structured Matrices in Mathematics I",
            "Contemporary Mathematics",
        ),
        ("monograph", ["OECD Multi-level Governance Studies"], None, "OECD Multi-level Governance Studies"),
        ("book-chapter", ["Secure IT Systems"], "Secure IT Systems", None),
        ("journal-article", ["Journal A", "Journal B"], "Journal A", None),
        ("dataset", [], None, None),
    ],
)
def test_series_and_books_are_told_apart(
    kind: str, titles: list[str], container: str | None, series: str | None
) -> None:
    """Of two containers one is the series; a book stands in a series only; every title is kept as a spelling."""
    work, registration = crossref.describe({"DOI": "10.1155/a", "type": kind, "container-title": titles})
    assert (work.container_title, work.collection_title) == (container, series)
    assert registration.container_titles == tuple(titles)


def test_a_datacite_record() -> None:
    """Every attribute stands where it belongs, placeholders are missing, citations are left out."""
    attributes = {
        "doi": "10.5281/zenodo.1",
        "creators": [
            {
                "name": "Roe, Jane",
                "nameIdentifiers": [
                    {"nameIdentifier": "https://orcid.org/0000-0002-1825-0097", "nameIdentifierScheme": "ORCID"}
                ],
                "affiliation": [{"name": "CERN"}],
            },
            {"name": "World Health Organization, Geneva", "nameType": "Organizational"},
            {"name": "Imperial College, London"},
            {"name": "(:unav)"},
        ],
        "contributors": [
            {"name": "Ed, I.", "contributorType": "Editor"},
            {"name": "Boss, A.", "contributorType": "Supervisor"},
        ],
        "titles": [
            {"title": "Other", "titleType": "TranslatedTitle"},
            {"title": "Main"},
            {"title": "Sub", "titleType": "Subtitle"},
        ],
        "publisher": {"name": "Zenodo"},
        "container": {
            "type": "Series",
            "title": "A Series",
            "identifier": "20903170",
            "identifierType": "ISSN",
            "volume": "3",
            "firstPage": "1",
            "lastPage": "9",
        },
        "publicationYear": 2016,
        "dates": [
            {"date": "2016-02-03", "dateType": "Available"},
            {"date": "2015-01-01", "dateType": "Created"},
            {"date": "2017", "dateType": "Withdrawn"},
        ],
        "types": {"resourceTypeGeneral": "Report"},
        "descriptions": [
            {"description": "Methods.", "descriptionType": "Methods"},
            {"description": "<p>One.</p><p>Two.</p>", "descriptionType": "Abstract"},
        ],
        "rightsList": [
            {"rightsUri": "info:eu-repo/semantics/openAccess"},
            {"rightsUri": "https://creativecommons.org/licenses/by/4.0"},
        ],
        "relatedIdentifiers": [
            {
                "relationType": "IsNewVersionOf",
                "relatedIdentifier": "10.5281/ZENODO.0",
                "relatedIdentifierType": "DOI",
            },
            {"relationType": "References", "relatedIdentifier": "10.1155/r", "relatedIdentifierType": "DOI"},
            {"relationType": "IsPartOf", "relatedIdentifier": "9780471117094", "relatedIdentifierType": "ISBN"},
        ],
        "language": "en",
        "version": "1.0",
        "url": "https://zenodo.org/record/1",
        "fundingReferences": [{"funderName": "A Fund"}],
    }
    work, registration = datacite.describe(datacite.trim({"id": "x", "attributes": attributes}))
    assert work.model_dump(exclude_defaults=True) == {
        "type": "report",
        "title": "Main: Sub",
        "collection_title": "A Series",
        "author": (
            {"family": "Roe", "given": "Jane", "orcid": "0000-0002-1825-0097", "affiliation": ("CERN",)},
            {"literal": "World Health Organization, Geneva"},
            {"literal": "Imperial College, London"},
        ),
        "editor": ({"family": "Ed", "given": "I."},),
        "issued": {"year": 2016, "month": 2, "day": 3},
        "volume": "3",
        "page": "1-9",
        "version": "1.0",
        "publisher": "Zenodo",
        "issn": ("2090-3170",),
        "isbn": ("9780471117094",),
        "doi": "10.5281/zenodo.1",
        "abstract": "One.\nTwo.",
        "language": "en",
        "license": "https://creativecommons.org/licenses/by/4.0",
    }
    assert registration.titles == ("Main: Sub", "Main", "Other", "Sub")
    assert registration.relations == (("is-new-version-of", "10.5281/zenodo.0"), ("is-part-of", "9780471117094"))
    assert registration.updates == (Update(type="withdrawal", date="2017", source="datacite"),)
    assert (registration.funders, registration.resource) == (("A Fund",), "https://zenodo.org/record/1")


@pytest.mark.parametrize(
    ("attributes", "issued"),
    [
        (
            {"dates": [{"date": "2012-05", "dateType": "Issued"}], "publicationYear": 2013},
            PartialDate(year=2012, month=5),
        ),
        (
            {"dates": [{"date": "2012-05", "dateType": "Available"}], "publicationYear": 2013},
            PartialDate(year=2013),
        ),
        ({"dates": [{"date": "2012", "dateType": "Created"}]}, PartialDate(year=2012)),
        ({"dates": [{"date": "uuuu", "dateType": "Issued"}], "publicationYear": "2013"}, PartialDate(year=2013)),
        ({"published": "2011"}, PartialDate(year=2011)),
        ({"dates": [{"dateType": "Issued"}], "publicationYear": ""}, None),
    ],
)
def test_dates_at_datacite(attributes: dict[str, Any], issued: PartialDate | None) -> None:
    """The date of issue counts; others only refine the year of publication."""
    assert datacite.describe({"doi": "10.5281/a", **attributes})[0].issued == issued


def test_answers_of_old() -> None:
    """The members of 2019 are read: title, author, year, and the publisher that was called a container."""
    attributes = {
        "doi": "10.13140/rg.1",
        "author": [{"literal": "Jane Roe"}, {"family": "Doe", "given": "J."}],
        "title": "A Report",
        "container-title": "Yale",
        "published": "2013",
        "resource-type-id": "text",
        "resource-type-subtype": "Technical Report",
    }
    work, _ = datacite.describe(datacite.trim(attributes))
    assert work.model_dump(exclude_defaults=True) == {
        "type": "report",
        "title": "A Report",
        "author": ({"literal": "Jane Roe"}, {"family": "Doe", "given": "J."}),
        "issued": {"year": 2013},
        "publisher": "Yale",
        "doi": "10.13140/rg.1",
    }


def test_a_csl_item() -> None:
    """A true CSL item is read by CSL's own names."""
    item = {
        "type": "chapter",
        "DOI": "10.1430/8105",
        "title": "T",
        "container-title": "A Book",
        "container-title-short": "Bk",
        "collection-title": "A Series",
        "publisher-place": "Roma",
        "number": "7",
        "edition": 2,
        "issued": {"raw": "2012-05-06"},
        "author": [{"family": "Berg", "given": "A.", "non-dropping-particle": "van den"}, {"literal": "WHO"}],
        "ISSN": "2090-3170",
        "event-title": "A Meeting",
        "copyright": "https://creativecommons.org/licenses/by/4.0",
        "PMID": "123",
    }
    work, _ = negotiation.describe(negotiation.trim(item, Doi("10.1430/8105")))
    assert work.model_dump(exclude_defaults=True) == {
        "type": "chapter",
        "title": "T",
        "container_title": "A Book",
        "container_title_short": "Bk",
        "collection_title": "A Series",
        "event_title": "A Meeting",
        "author": ({"family": "Berg", "given": "A.", "non_dropping_particle": "van den"}, {"literal": "WHO"}),
        "issued": {"year": 2012, "month": 5, "day": 6},
        "number": "7",
        "edition": "2",
        "publisher_place": "Roma",
        "issn": ("2090-3170",),
        "doi": "10.1430/8105",
        "license": "https://creativecommons.org/licenses/by/4.0",
        "pmid": "123",
    }


def test_an_alias_is_remembered() -> None:
    """A record read for a DOI that it is not under has that DOI among its aliases."""
    record = read("crossref", b'{"DOI":"10.1155/PRIME"}', doi=Doi("10.1155/alias"), retrieved_at=NOW)
    assert record.work.doi == "10.1155/prime"
    assert record.registration is not None
    assert record.registration.aliases == ("10.1155/alias",)


def test_a_name_with_nothing_is_nobody() -> None:
    """People without names leave no gap among those with names."""
    work, _ = crossref.describe({"DOI": "10.1155/a", "author": [{}, {"family": "Roe"}, {"given": ""}, 5, None]})
    assert work.author == (Name(family="Roe"),)


@given(st.dictionaries(st.sampled_from([*crossref.SHAPE, *negotiation.SHAPE]), JSON, max_size=8))
def test_any_crossref_message_is_read(members: dict[str, Any]) -> None:
    """No JSON in any member raises, and trimming changes nothing that is read."""
    message = {**members, "DOI": "10.1155/a"}
    whole = read("crossref", orjson.dumps(message), doi=Doi("10.1155/a"), retrieved_at=NOW)
    short = read("crossref", orjson.dumps(crossref.trim(message)), doi=Doi("10.1155/a"), retrieved_at=NOW)
    assert (whole.work, whole.registration) == (short.work, short.registration)
    item = orjson.dumps(negotiation.trim(message, Doi("10.1155/a")))
    assert read("medra", item, doi=Doi("10.1155/a"), retrieved_at=NOW).work.doi == "10.1155/a"


@given(st.dictionaries(st.sampled_from([*datacite.SHAPE, "relationships", "clientId"]), JSON, max_size=8))
def test_any_datacite_attributes_are_read(members: dict[str, Any]) -> None:
    """No JSON in any attribute raises, and trimming changes nothing that is read."""
    attributes = {**members, "doi": "10.5281/a"}
    whole = read("datacite", orjson.dumps(attributes), doi=Doi("10.5281/a"), retrieved_at=NOW)
    short = read("datacite", orjson.dumps(datacite.trim(attributes)), doi=Doi("10.5281/a"), retrieved_at=NOW)
    assert (whole.work, whole.registration) == (short.work, short.registration)

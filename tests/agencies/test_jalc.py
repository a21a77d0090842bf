"""JaLC: what is asked, and what is read of its answers."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from agencies.world import NOW, World, response
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.agencies import jalc, read, settle
from enrich.identifiers.doi import Doi
from enrich.model import Elsewhere, Failure, Found, Name, NotFound, PartialDate, Record, Unavailable

DOI = Doi("10.11467/isss2003.7.1_11")


def told(**members: Any) -> dict[str, Any]:
    """Return data as JaLC sends them: those of an article in two languages, changed."""
    return {
        "siteId": "SI/JST.JSTAGE",
        "content_type": "JA",
        "doi": "10.11467/ISSS2003.7.1_11",
        "url": "https://doi.org/10.11467/isss2003.7.1_11",
        "ra": "JaLC",
        "prefix": "10.11467",
        "publisher_list": [
            {"publisher_name": "Society of Tests", "lang": "en"},
            {"publisher_name": "試験学会", "lang": "ja"},
        ],
        "title_list": [
            {"lang": "en", "title": "On Tests", "subtitle": "A First Look"},
            {"lang": "ja", "title": "試験について", "subtitle": "序論"},
        ],
        "creator_list": [
            {
                "sequence": "2",
                "type": "person",
                "names": [{"lang": "en", "last_name": "Roe", "first_name": "Jane"}],
            },
            {
                "sequence": "1",
                "type": "person",
                "names": [
                    {"lang": "en", "last_name": "TANAKA", "first_name": "Taro"},
                    {"lang": "ja", "last_name": "田中", "first_name": "太郎"},
                ],
                "affiliation_list": [
                    {"affiliation_name": "University of Tests", "sequence": "1", "lang": "en"},
                    {"affiliation_name": "試験大学", "sequence": "1", "lang": "ja"},
                ],
                "researcher_id_list": [
                    {"id_code": "00123456", "type": "ERAD"},
                    {"id_code": "https://orcid.org/0000-0002-1825-0097", "type": "ORCID"},
                ],
            },
        ],
        "publication_date": {"publication_year": "2009", "publication_month": "03"},
        "relation_list": [
            {"content": "https://www.jstage.jst.go.jp/x/_pdf", "type": "URL", "relation": "fullTextPdf"},
            {"content": "10.11467/ISSS2003.6.1_1", "type": "DOI", "relation": "isNewVersionOf"},
        ],
        "content_language": "ja",
        "journal_id_list": [
            {"journal_id": "1348-5326", "type": "ISSN", "issn_type": "online"},
            {"journal_id": "isss2003", "type": "JID"},
        ],
        "journal_title_name_list": [
            {"journal_title_name": "試験", "type": "abbreviation", "lang": "ja"},
            {"journal_title_name": "旧試験学会誌", "type": "before", "lang": "ja"},
            {"journal_title_name": "Journal of Tests", "type": "full", "lang": "en"},
            {"journal_title_name": "試験学会誌", "type": "full", "lang": "ja"},
        ],
        "volume": "7",
        "issue": "1",
        "first_page": "1_11",
        "last_page": "1_20",
        "date": "2010-05-06",
        "keyword_list": [{"keyword": "tests", "sequence": "1", "lang": "en"}],
        "fund_list": [
            {"funder_name": [{"lang": "en", "funder_name": "A Fund"}, {"lang": "ja", "funder_name": "基金"}]}
        ],
        "rights_list": [{"rights": "CC BY", "uri": "https://creativecommons.org/licenses/by/4.0/"}],
        "description_list": [
            {"description": "方法。", "lang": "ja", "type": "Methods"},
            {"description": "<p>It is <i>tested</i>.</p>", "lang": "en", "type": "Abstract"},
            {"description": "試験する。", "lang": "ja", "type": "Abstract"},
        ],
        "citation_list": [{"sequence": "1", "original_text": "Somebody."}],
        **members,
    }


def record(data: dict[str, Any]) -> Record:
    """Return the record that trimmed data hold."""
    return read("jalc", orjson.dumps(jalc.trim(data)), doi=DOI, retrieved_at=NOW)


def test_an_article_in_two_languages() -> None:
    """Every member stands where it belongs, in the language of the work; the other title is kept as a spelling."""
    found = record(told())
    assert found.work.model_dump(exclude_defaults=True) == {
        "type": "article-journal",
        "title": "試験について: 序論",
        "container_title": "試験学会誌",
        "container_title_short": "試験",
        "author": (
            {"family": "田中", "given": "太郎", "orcid": "0000-0002-1825-0097", "affiliation": ("試験大学",)},
            {"family": "Roe", "given": "Jane"},
        ),
        "issued": {"year": 2009, "month": 3},
        "volume": "7",
        "issue": "1",
        "page": "1_11-1_20",
        "publisher": "試験学会",
        "issn": ("1348-5326",),
        "doi": DOI,
        "abstract": "試験する。",
        "language": "ja",
        "license": "https://creativecommons.org/licenses/by/4.0/",
    }
    assert found.registration is not None
    assert found.registration.titles == (
        "試験について: 序論",
        "On Tests: A First Look",
        "On Tests",
        "試験について",
    )
    assert set(found.registration.container_titles) == {"試験学会誌", "試験", "旧試験学会誌", "Journal of Tests"}
    assert found.registration.relations == (("is-new-version-of", "10.11467/isss2003.6.1_1"),)
    assert found.registration.funders == ("基金",)
    assert found.origin.agency == "jalc"


def test_the_language_of_the_work_decides() -> None:
    """What is written in English is described in English, although it has a Japanese title too."""
    work = record(told(content_language="en")).work
    assert (work.title, work.container_title, work.publisher) == (
        "On Tests: A First Look",
        "Journal of Tests",
        "Society of Tests",
    )
    assert work.author[0] == Name(
        family="TANAKA", given="Taro", orcid="0000-0002-1825-0097", affiliation=("University of Tests",)
    )
    assert work.abstract == "It is tested."


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"content_language": None}, {"title": "試験について: 序論", "language": None}),
        ({"title_list": [{"lang": "de", "title": "Von Tests"}]}, {"title": "Von Tests"}),
        ({"title_list": [{"title": "試験\nen: Tests"}], "content_language": "en"}, {"title": "Tests"}),
        ({"title_list": [{"title": "試験&#10; en : Tests"}]}, {"title": "試験"}),
        ({"title_list": [{"title": "Two\nlines"}]}, {"title": "Two lines"}),
        ({"title_list": []}, {"title": None}),
        ({"content_type": "RD"}, {"type": "dataset"}),
        ({"content_type": "BK"}, {"type": "book"}),
        ({"content_type": "XX"}, {"type": "document"}),
        ({"content_type": None}, {"type": "document"}),
        ({"last_page": None}, {"page": "1_11"}),
        ({"first_page": "", "last_page": ""}, {"page": None}),
        ({"volume": "0", "issue": "-"}, {"volume": "0", "issue": None}),
        ({"publication_date": {}}, {"issued": PartialDate(year=2010, month=5, day=6)}),
        ({"publication_date": {"publication_year": "0000"}, "date": None}, {"issued": None}),
        (
            {"publication_date": None, "date_list": [{"date": "2008-01-02", "type": "Issued"}]},
            {"issued": PartialDate(year=2008, month=1, day=2)},
        ),
        (
            {"journal_title_name_list": [{"journal_title_name": "J. Tests", "type": "abbreviation"}]},
            {"container_title": "J. Tests", "container_title_short": None},
        ),
        (
            {
                "creator_list": [
                    {"names": [{"last_name": "独立行政法人 科学技術振興機構", "first_name": "&nbsp;"}]}
                ]
            },
            {"author": (Name(literal="独立行政法人 科学技術振興機構"),)},
        ),
        (
            {
                "creator_list": [
                    {"type": "organization", "names": [{"lang": "ja", "last_name": "科学技術振興機構"}]}
                ]
            },
            {"author": (Name(literal="科学技術振興機構"),)},
        ),
        (
            {"creator_list": [{"sequence": "x", "names": [{"first_name": "湯川"}]}, {"names": []}, {}]},
            {"author": (Name(literal="湯川"),)},
        ),
        ({"rights_list": [{"rights": "All rights reserved"}]}, {"license": None}),
    ],
)
def test_odd_members(members: dict[str, Any], expected: dict[str, Any]) -> None:
    """Languages missing or packed into one entry, bodies, blanks and gaps are read for what they say."""
    work = record(told(**members)).work
    assert {field: getattr(work, field) for field in expected} == expected


def test_it_is_asked_for_one_doi_at_a_time(world: World) -> None:
    """The DOI stands in the path with its slash; what is stored reads as what was answered."""
    world.jalc = {DOI: told()}
    found = world.drive(settle("jalc", [DOI]))[DOI]
    assert isinstance(found, Found)
    assert [(request.service, request.target) for request in world.asked] == [
        ("jalc", "/dois/10.11467/isss2003.7.1_11")
    ]
    assert found.record.source is not None
    assert b"citation_list" not in found.record.source.raw
    assert read("jalc", found.record.source.raw, doi=DOI, retrieved_at=NOW) == found.record


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (response({"status": "OK", "data": told(ra="Crossref")}), Elsewhere),
        (response({"status": "OK", "data": told(doi="10.11467/other")}), Unavailable),
        (response({"status": "NG", "message": "error"}), Unavailable),
        (response({"status": "OK", "data": []}), Unavailable),
        (response([]), Unavailable),
        (response(b"", 503), Unavailable),
        (Failure(reason="malformed", detail="HTML"), Unavailable),
    ],
    ids=["of another agency", "another DOI", "NG", "no data", "a list", "503", "HTML"],
)
def test_what_is_no_answer(world: World, answer: Any, outcome: type) -> None:
    """What another agency registered is not taken; what is no answer about the DOI is never an absence."""
    world.agencies, world.handles = {DOI: "JaLC"}, {DOI: "https://example.org/x"}
    world.trouble = lambda request: answer if request.service == "jalc" else None
    assert type(world.drive(settle("jalc", [DOI]))[DOI]) is outcome


def test_negotiation_is_the_way_round(world: World) -> None:
    """While the interface fails, doi.org's CSL item serves; an absence is doi.org's word."""
    world.agencies = {DOI: "JaLC"}
    world.negotiated = {DOI: {"DOI": DOI, "title": "On Tests", "type": "article-journal"}}
    world.trouble = lambda request: Failure(reason="server", detail="502") if request.service == "jalc" else None
    found = world.drive(settle("jalc", [DOI]))[DOI]
    assert isinstance(found, Found)
    assert found.record.origin.agency == "jalc"
    world.trouble = lambda _request: None
    other = Doi("10.11467/none")
    assert world.drive(settle("jalc", [other])) == {other: NotFound(doi=other, source="doi.org")}


ATOMS = st.none() | st.booleans() | st.integers(-9, 3000) | st.text(alphabet="ja:en\n &;0-田", max_size=9)
KEYS = ("lang", "title", "names", "last_name", "first_name", "type", "sequence", "publication_year", "funder_name")
JSON = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*jalc.SHAPE]), JSON, max_size=8))
@settings(max_examples=60)
def test_any_data_are_read(members: dict[str, Any]) -> None:
    """No JSON in any member raises, and trimming changes nothing that is read."""
    data = {**members, "doi": DOI}
    whole = read("jalc", orjson.dumps(data), doi=DOI, retrieved_at=NOW)
    assert (whole.work, whole.registration) == (record(data).work, record(data).registration)

"""One CSL-JSON item and its work: a table of shapes, and what holds of every work and of every JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from enrich.formats import csl_json
from enrich.model import FIELDS, Name, PartialDate, Work
from enrich.model.worktype import WORK_TYPES

SHAPES = [
    ("title", "Random Forests", "Random Forests"),
    ("title", ["Random Forests", "Forests"], "Random Forests"),
    ("title", [], None),
    ("title", "", None),
    ("title", " ", None),
    ("title", None, None),
    ("title", {"en": "Random Forests"}, None),
    ("title", [[["x"]]], None),
    ("title", " Random\nForests ", " Random\nForests "),
    ("volume", 45, "45"),
    ("volume", 45.0, "45"),
    ("volume", 4.5, "4.5"),
    ("volume", True, None),
    ("volume", 10**400, None),
    ("volume", float("inf"), None),
    ("volume", float("nan"), None),
    ("volume", ["45"], "45"),
    ("type", "article-journal", "article-journal"),
    ("type", "journal-article", "article-journal"),
    ("type", "unheard-of", None),
    ("type", ["chapter"], "chapter"),
    ("event", "GECCO '07", None),
    ("DOI", "https://doi.org/10.1023/A:1010933404324", "10.1023/a:1010933404324"),
    ("DOI", ["10.1023/A:1010933404324"], "10.1023/a:1010933404324"),
    ("DOI", "none", None),
    ("ISSN", "0885-6125", "0885-6125"),
    ("ISSN", ["0885-6125", "1573-0565"], "0885-6125, 1573-0565"),
    ("ISSN", "0885-6125,1573-0565", "0885-6125, 1573-0565"),
    ("ISSN", [None, 8856125], "8856125"),
    ("keyword", "trees, forests", "trees, forests"),
    ("keyword", "trees; forests, random", "trees, forests, random"),
    ("keyword", ["trees", "forests", ""], "trees, forests"),
    ("keyword", [], None),
    ("license", "https://creativecommons.org/licenses/by/4.0/", "https://creativecommons.org/licenses/by/4.0/"),
    ("license", [{"URL": "https://example.org/l", "start": {}}], "https://example.org/l"),
    ("license", [{}], None),
    ("issued", {"date-parts": [[2001, 10, 1]]}, {"date-parts": [[2001, 10, 1]]}),
    ("issued", {"date-parts": [["2001", "10"]]}, {"date-parts": [[2001, 10]]}),
    ("issued", {"date-parts": [2001, 10]}, {"date-parts": [[2001, 10]]}),
    ("issued", {"date-parts": [[2001], [2002]]}, {"date-parts": [[2001]]}),
    ("issued", {"date-parts": [[None]]}, None),
    ("issued", {"date-parts": [[]]}, None),
    ("issued", {"date-parts": []}, None),
    ("issued", {"date-parts": None}, None),
    ("issued", {"date-parts": [[0]]}, None),
    ("issued", {"date-parts": [[20011001]]}, None),
    ("issued", {"date-parts": [[2001, 0, 0]]}, {"date-parts": [[2001]]}),
    ("issued", {"date-parts": [[2001, 10, 32]]}, {"date-parts": [[2001, 10]]}),
    ("issued", {"date-parts": [[2001, 13]]}, {"date-parts": [[2001]], "season": 1}),
    ("issued", {"date-parts": [[2001, 24]]}, {"date-parts": [[2001]], "season": 4}),
    ("issued", {"date-parts": [[2001, 33]]}, {"date-parts": [[2001]]}),
    ("issued", {"date-parts": [[-44, 3, 15]]}, {"date-parts": [[-44, 3, 15]]}),
    ("issued", {"date-parts": [[2001]], "season": "2"}, {"date-parts": [[2001]], "season": 2}),
    ("issued", {"date-parts": [[2001]], "season": "Fall"}, {"date-parts": [[2001]], "season": 3}),
    ("issued", {"date-parts": [[2001]], "season": "later"}, {"date-parts": [[2001]]}),
    ("issued", {"date-parts": [[2001]], "circa": True}, {"date-parts": [[2001]]}),
    ("issued", {"literal": "in press"}, {"literal": "in press"}),
    ("issued", {"raw": "2001-10-01"}, {"date-parts": [[2001, 10, 1]]}),
    ("issued", {"raw": "2001-10-01T00:00:00Z"}, {"date-parts": [[2001, 10, 1]]}),
    ("issued", {"raw": "Autumn 2001"}, {"literal": "Autumn 2001"}),
    ("issued", "2001", {"date-parts": [[2001]]}),
    ("issued", 2001, {"date-parts": [[2001]]}),
    ("issued", [[2001]], None),
    ("author", [{"family": "Breiman", "given": "Leo"}], [{"family": "Breiman", "given": "Leo"}]),
    ("author", {"family": "Breiman"}, [{"family": "Breiman"}]),
    ("author", ["Leo Breiman"], [{"literal": "Leo Breiman"}]),
    ("author", "Leo Breiman", [{"literal": "Leo Breiman"}]),
    ("author", [{"name": "The ATLAS Collaboration", "sequence": "first"}], [{"literal": "The ATLAS Collaboration"}]),
    ("author", [{}, None, {"family": ""}, 5, [], {"affiliation": []}], None),
    (
        "author",
        [{"family": "Gogh", "given": "Vincent", "non-dropping-particle": "van", "suffix": "Jr", "dropping-particle": "de"}],
        [{"family": "Gogh", "given": "Vincent", "suffix": "Jr", "dropping-particle": "de", "non-dropping-particle": "van"}],
    ),
    (
        "author",
        [{"family": "Carberry", "ORCID": "http://orcid.org/0000-0002-1825-0097", "affiliation": [{"name": "Brown"}, {}]}],
        [{"family": "Carberry", "ORCID": "https://orcid.org/0000-0002-1825-0097", "affiliation": [{"name": "Brown"}]}],
    ),
    ("author", [{"family": "Carberry", "ORCID": "none", "affiliation": "Brown"}],
     [{"family": "Carberry", "affiliation": [{"name": "Brown"}]}]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "expected"), SHAPES)
def test_shapes(name: str, value: Any, expected: Any) -> None:
    """An odd shape is read as what it means, or as absent; what is written is CSL's own shape, and is read as the same."""
    item = csl_json.to_csl(csl_json.from_csl({name: value}))
    if name == "event":
        assert item == {"event-title": value}
        return
    assert item.get(name) == expected
    assert set(item) <= {name}
    assert csl_json.to_csl(csl_json.from_csl(item)) == item
    assert csl_json.with_field(Work(), name, value) == csl_json.from_csl({name: value})


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("shortTitle", "title-short"),
        ("journalAbbreviation", "container-title-short"),
        ("short-container-title", "container-title-short"),
        ("publisher-location", "publisher-place"),
        ("article-number", "number"),
        ("keywords", "keyword"),
    ],
)
def test_other_words(key: str, name: str) -> None:
    """What others call a variable is read where CSL's own word is missing, and only there."""
    assert csl_json.field_value(csl_json.from_csl({key: "a"}), name) == "a"
    assert csl_json.field_value(csl_json.from_csl({key: "a", name: "b"}), name) == "b"


line = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)
listed = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters=",;"), min_size=1, max_size=12)
optional = st.none() | line
names = st.builds(
    Name,
    family=line,
    given=optional,
    suffix=optional,
    dropping_particle=optional,
    non_dropping_particle=optional,
    orcid=st.sampled_from([None, "0000-0002-1825-0097"]),
    affiliation=st.lists(line, max_size=2).map(tuple),
) | st.builds(Name, literal=line)
years = st.integers(-9999, 9999).filter(bool)
days = st.one_of(
    st.builds(PartialDate, year=years, season=st.none() | st.integers(1, 4), literal=optional),
    st.builds(PartialDate, year=years, month=st.integers(1, 12), day=st.none() | st.integers(1, 31)),
    st.builds(PartialDate, literal=line.filter(lambda text: not any(map(str.isdigit, text)))),
)
SPECIAL: dict[str, st.SearchStrategy[Any]] = {
    "type": st.none() | st.sampled_from(sorted(WORK_TYPES)),
    "doi": st.sampled_from([None, "10.1000/182", "10.1002/(sici)1097-0193(1997)5:3<206::aid-hbm5>3.0.co;2-7"]),
    **dict.fromkeys(
        ["author", "editor", "translator", "collection_editor"], st.lists(names, max_size=3).map(tuple)
    ),
    **dict.fromkeys(["issued", "accessed"], st.none() | days),
    **dict.fromkeys(["issn", "isbn", "keyword"], st.lists(listed, max_size=3).map(tuple)),
}
works = st.builds(Work, **{attribute: SPECIAL.get(attribute, optional) for attribute in FIELDS.values()})


@given(works)
@hypothesis_settings(max_examples=60)
def test_a_work_survives(work: Work) -> None:
    """Reading what was written of a work gives the same work, by the item, by the text, and field by field."""
    item = csl_json.to_csl(work)
    assert csl_json.from_csl(item) == work
    assert csl_json.from_csl(json.loads(json.dumps(item))) == work
    again = Work()
    for name in FIELDS:
        again = csl_json.with_field(again, name, csl_json.field_value(work, name))
    assert again == work


@given(works, st.sampled_from(sorted(FIELDS)))
@hypothesis_settings(max_examples=30)
def test_none_takes_a_field_away(work: Work, name: str) -> None:
    """None is the value of an absent field, in both directions, and no other field changes."""
    without = csl_json.with_field(work, name, None)
    assert csl_json.field_value(without, name) is None
    assert csl_json.to_csl(without) == {key: value for key, value in csl_json.to_csl(work).items() if key != name}


INNER = ["date-parts", "family", "literal", "raw", "season", "name", "URL", "ORCID", "affiliation"]
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(INNER), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*FIELDS, "keywords", "event"]), values, max_size=8))
@hypothesis_settings(max_examples=150)
def test_no_shape_raises(item: dict[str, Any]) -> None:
    """Whatever JSON stands where, a work comes of it, and writing that work and reading it again changes nothing."""
    work = csl_json.from_csl(item)
    written = csl_json.to_csl(work)
    assert csl_json.to_csl(csl_json.from_csl(written)) == written


def test_real_items(real_data: Path) -> None:
    """Every CSL-JSON answer of the agencies has its DOI, title, type, year and authors read."""
    rows = [
        json.loads(line)
        for name in ("content_negotiation_pairs.jsonl", "other.jsonl")
        for line in (real_data / name).read_bytes().splitlines()
    ]
    items = [row["csl"] for row in rows if "csl" in row] + [
        row["body"] for row in rows if row.get("kind", "").startswith("csl")
    ]
    assert len(items) > 250
    for item in items:
        work = csl_json.from_csl(item)
        assert work.doi == item["DOI"].lower()
        assert work.type
        assert (work.title or "") == item["title"]
        year = item["issued"]["date-parts"][0][0]
        assert (work.issued.year if work.issued else None) == (year and int(year))
        assert len(work.author) == len(item.get("author", []))
        assert csl_json.from_csl(csl_json.to_csl(work)) == work

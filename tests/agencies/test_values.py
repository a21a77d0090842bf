"""Single values: what is odd is no value, and nothing raises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.agencies import crossref, datacite, values
from enrich.model import Name, PartialDate

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["name", "date-parts", "x"]), inner)
    ),
    max_leaves=8,
)

SHAPES: tuple[values.Shape, ...] = (crossref.SHAPE, datacite.SHAPE, {"name": None, "x": {"name": None, "x": None}})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"date-parts": [[2012, 3, 14]]}, PartialDate(year=2012, month=3, day=14)),
        ({"date-parts": [["2012", "3"]]}, PartialDate(year=2012, month=3)),
        ({"date-parts": [2012, 3]}, PartialDate(year=2012, month=3)),
        ({"date-parts": [[2012, 22]]}, PartialDate(year=2012, season=2)),
        ({"date-parts": [[2012, 33]]}, PartialDate(year=2012)),
        ({"date-parts": [[2012, 13, 5]]}, PartialDate(year=2012)),
        ({"date-parts": [[2015, 2, 29]]}, PartialDate(year=2015, month=2)),
        ({"date-parts": [[2012, 3, 0]]}, PartialDate(year=2012, month=3)),
        ({"date-parts": [[2545]]}, PartialDate(year=2002)),
        ({"date-parts": [[None]]}, None),
        ({"date-parts": [[0]]}, None),
        ({"date-parts": [[99999]]}, None),
        ({"date-parts": [[True]]}, None),
        ({"date-parts": []}, None),
        ({"date-parts": [[]]}, None),
        ({"date-parts": [[None]], "raw": "2011-05"}, PartialDate(year=2011, month=5)),
        ({"raw": "2016-12-15T17:39:26Z"}, PartialDate(year=2016, month=12, day=15)),
        ("2014-10-27/2014-11-07", PartialDate(year=2014, month=10, day=27)),
        ("2019-01-17 07:51:17.1", PartialDate(year=2019, month=1, day=17)),
        (2003, PartialDate(year=2003)),
        ("uuuu", None),
        ("20200101", None),
        ("", None),
        (None, None),
    ],
)
def test_dates(value: object, expected: PartialDate | None) -> None:
    """A date has the precision that is right in it; a wrong part is left out."""
    assert values.date(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("54-61", "54-61"),
        ("54–61", "54-61"),
        ("145 — 150", "145-150"),
        ("54--61", "54-61"),
        ("123-", "123"),
        ("E27‐E29", "E27-E29"),
        ("1-4, 14", "1-4, 14"),
        ("xiii-xiv", "xiii-xiv"),
        ("n/a-n/a", None),
        ("n/a", None),
        ("0-0", None),
        ("-", None),
        ("null", None),
        (12, "12"),
        ([], None),
    ],
)
def test_pages(value: object, expected: str | None) -> None:
    """Pages have plain hyphens; what means "none" is none."""
    assert values.pages(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            {"family": "Roe", "given": "J. <i>Q.</i>", "suffix": "Jr."},
            Name(family="Roe", given="J. Q.", suffix="Jr."),
        ),
        ({"family": "Katie DiCola", "sequence": "first"}, Name(literal="Katie DiCola")),
        ({"family": "Stravopodis"}, Name(family="Stravopodis")),
        ({"given": "张三"}, Name(literal="张三")),
        ({"name": "The CMS Collaboration"}, Name(literal="The CMS Collaboration")),
        ({"literal": "WHO"}, Name(literal="WHO")),
        ({"affiliation": [], "role": [{"role": "author"}]}, None),
        ({"family": "&NA;"}, None),
        ({"family": "Null", "given": "Christopher"}, Name(family="Null", given="Christopher")),
        (
            {"family": "Berg", "given": "A.", "non-dropping-particle": "van den"},
            Name(family="Berg", given="A.", non_dropping_particle="van den"),
        ),
        (
            {"family": "Roe", "given": "J.", "ORCID": "http://orcid.org/0000-0002-1825-0097"},
            Name(family="Roe", given="J.", orcid="0000-0002-1825-0097"),
        ),
        ({"family": "Roe", "given": "J.", "ORCID": "0000-0002-1825-0098"}, Name(family="Roe", given="J.")),
        (
            {"family": "Roe", "given": "J.", "affiliation": [{"name": "A"}, {}, {"name": "A"}, "B"]},
            Name(family="Roe", given="J.", affiliation=("A", "B")),
        ),
        ("Jane Roe", Name(literal="Jane Roe")),
        ({}, None),
        (None, None),
        ([], None),
    ],
)
def test_names(value: Any, expected: Name | None) -> None:
    """Whoever is named is kept as parted as the source parts them; who is not named is nobody."""
    assert values.person(value) == expected


def test_standard_numbers() -> None:
    """Right numbers come in canonical form, from addresses too; wrong ones do not come at all."""
    assert values.issn_list(["2090-3170", "http://id.crossref.org/issn/20903170", "2090-3171", 5]) == (
        "2090-3170",
    )
    assert values.isbn_list(["http://id.crossref.org/isbn/9780471117094", "978-0-471-11709-4", "x"]) == (
        "9780471117094",
    )
    assert values.issn_list("2090-3170, 1545-7885") == ("2090-3170", "1545-7885")
    assert values.doi("10.1002/(SICI)1096-911X(199805)30:5<297::AID-MPO7>3.0.CO;2-A") == (
        "10.1002/(sici)1096-911x(199805)30:5<297::aid-mpo7>3.0.co;2-a"
    )


@pytest.mark.parametrize(
    "missing", [":unav", "(:unav)", "(:UNKN)", ":tba", "&NA;", "", "   ", "[No title]", True, None, {}, []]
)
def test_codes_for_missing_are_missing(missing: object) -> None:
    """A code that says that something is missing is not that thing."""
    assert values.text(missing) is None


@pytest.mark.parametrize(
    ("title", "subtitle", "whole"),
    [
        ("Cats", "A History", "Cats: A History"),
        ("Cats?", "A History", "Cats? A History"),
        ("Cats: a history", "A History", "Cats: a history"),
        ("Cats:", "A History", "Cats: A History"),
        ("Cats", None, "Cats"),
    ],
)
def test_subtitles(title: str, subtitle: str | None, whole: str) -> None:
    """A subtitle follows its title after a colon, unless it is there already."""
    assert values.titled(title, subtitle) == whole


@given(JSON)
def test_anything_is_a_value_or_none(value: Any) -> None:
    """No reader raises on any JSON."""
    for read in (
        *(values.text, values.texts, values.first, values.number, values.pages, values.date, values.iso_date),
        *(values.person, values.people, values.affiliations, values.doi, values.orcid, values.issn_list),
        *(values.isbn_list, values.address, values.mappings, values.strings),
    ):
        read(value)
    values.member(value, "x", "x")
    values.pruned(value, {"name": None, "x": {"x": None}})


def plainly_pruned(value: Any, shape: values.Shape | None) -> Any:
    """Prune as the definition says: the members named, in the shape's order, unless there is nothing in them."""
    if shape is None:
        return value
    if isinstance(value, dict):
        members = [(key, value.get(key), inner) for key, inner in shape.items()]
        return {key: plainly_pruned(held, inner) for key, held, inner in members if held not in (None, "", [], {})}
    return [plainly_pruned(item, shape) for item in value] if isinstance(value, list) else value


HELD = st.sampled_from([None, "", [], {}, 0, False, "x", [[2012, 3]], ["a", None], {"x": ""}])


@st.composite
def drawn(draw: st.DrawFn, shape: values.Shape) -> Any:
    """An object, a list of objects or no object, with members that a shape names and others, in any order."""
    named = draw(st.lists(st.sampled_from([*shape, "reference", "x"]), max_size=5, unique=True))
    made = {}
    for name in named:
        inner = shape.get(name)
        made[name] = draw(drawn(inner)) if inner is not None and draw(st.booleans()) else draw(HELD)
    return draw(st.sampled_from([made, [made, None, "x"], [[made]], made]))


@pytest.mark.parametrize("shape", SHAPES, ids=["Crossref", "DataCite", "small"])
@settings(max_examples=60)
@given(data=st.data())
def test_what_is_pruned_is_what_the_definition_says_byte_for_byte(
    shape: values.Shape, data: st.DataObject
) -> None:
    """The same members in the same order, whatever the JSON, so that what is stored is the same bytes."""
    value = data.draw(drawn(shape))
    assert json.dumps(values.pruned(value, shape)) == json.dumps(plainly_pruned(value, shape))

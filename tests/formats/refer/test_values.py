"""What single tags say: names, dates, numbers, and the fields they feed by type."""

from __future__ import annotations

import pytest

from enrich.formats import dates, names, refer
from enrich.formats.refer import tags
from enrich.model import Name, PartialDate, Work
from enrich.model.worktype import WORK_TYPES


def read(text: str) -> Work:
    (record,) = refer.read([text.encode()])
    return record.work


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2012", "2012"), ("2006-07-11", "2006-07-11"), ("May 20, 1998", "1998-05-20"), ("01/2018", "2018-01"),
        ("Feb. 6, 1990", "1990-02-06"), ("January 01, 2018", "2018-01-01"), ("10.01.2017", "2017-01-10"),
        ("May 2012", "2012-05"), ("3 May 2012", "2012-05-03"), ("31/12/1999", "1999-12-31"), ("12/31/1999", "1999-12-31"),
        ("03/04/2012", "2012"), ("20120801", "2012-08-01"), ("c1998", "1998"), ("[1998]", "1998"), ("2012-00-00", "2012"),
        ("Jul-Aug 2001", "2001-07"), ("2012-08-01T00:00:00Z", "2012-08-01"), ("octobre 1999", "1999-10"),
        ("in press", "in press"), ("1998-1999", "1998-1999"), ("²", "²"), ("٢٠١٢", "٢٠١٢"),
    ],
)  # fmt: skip
def test_dates_are_read_as_far_as_they_are_certain(text: str, iso: str) -> None:
    """Each spelling gives the date a person reads; of an ambiguous one only the year; what is no date is kept."""
    assert dates.read(text).isoformat() == iso


def test_seasons_are_read() -> None:
    """A season is no month."""
    assert dates.read("Spring 2010") == PartialDate(year=2010, season=1)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("%D 2010\n%8 2010-03-04", PartialDate(year=2010, month=3, day=4)),
        ("%D 2010\n%8 Aug", PartialDate(year=2010, month=8)),
        ("%D 2010\n%8 March 14", PartialDate(year=2010, month=3, day=14)),
        ("%D 2010\n%8 2009-12-30", PartialDate(year=2010)),
        ("%D May 2010\n%8 2010-03-04", PartialDate(year=2010, month=5)),
        ("%8 June 01, 2008", PartialDate(year=2008, month=6, day=1)),
    ],
)
def test_the_exact_date_joins_the_year(text: str, date: PartialDate) -> None:
    """%8 makes the year of %D exact unless it speaks of another one, as the day of putting online often does."""
    assert read(f"%0 Book\n{text}\n").issued == date


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Last, First", [Name(family="Last", given="First")]),
        ("First Middle Last", [Name(family="Last", given="First Middle")]),
        ("Vincent van Gogh", [Name(family="van Gogh", given="Vincent")]),
        ("Martin Luther King, Jr.", [Name(family="King", given="Martin Luther", suffix="Jr.")]),
        ("King, Martin Luther, Jr.", [Name(family="King", given="Martin Luther", suffix="Jr.")]),
        ("King, Jr., Martin", [Name(family="King", given="Martin", suffix="Jr.")]),
        ("Khamis ZI", [Name(family="Khamis", given="ZI")]),
        ("Plato", [Name(family="Plato")]),
        ("World Health Organization", [Name(literal="World Health Organization")]),
        ("Apple Computer,", [Name(literal="Apple Computer")]),
        ("U. S. Centers,, National Center", [Name(literal="U. S. Centers, National Center")]),
        ("M&uuml;ller, J", [Name(family="M&uuml;ller", given="J")]),
        ("Smith & Sons,", [Name(literal="Smith & Sons")]),
        ("Smith & Sons", [Name(family="Sons", given="Smith &")]),
        ("Jane Roe & John Doe", [Name(family="Roe", given="Jane"), Name(family="Doe", given="John")]),
        ("Smith, John,", [Name(family="Smith", given="John")]),
        ("a, b, c, d", [Name(literal="a, b, c, d")]),
        (",", [Name(literal=",")]),
        (";", [Name(family=";")]),
        ("(ed)", [Name(family="(ed)")]),
    ],
)
def test_names_are_parted(text: str, expected: list[Name]) -> None:
    """Persons, bodies and lists are told apart by their punctuation."""
    assert list(names.read(text)[0]) == expected


@pytest.mark.parametrize(
    "text", ["Last, First", "van Gogh, Vincent", "King, Martin, Jr.", "A, B,, C", "Body,", "Plato"]
)
def test_names_come_back(text: str) -> None:
    """A name that was written is read as the same name."""
    (name,), _ = names.read(text)
    assert names.read(names.write(name))[0] == (name,)


def test_editors_of_classic_refer() -> None:
    """With `(eds)` on the last one all %A are editors."""
    work = read("%A J. Doe\n%A R. Roe, (eds)\n%T a\n")
    assert work.author == ()
    assert work.editor == (Name(family="Doe", given="J."), Name(family="Roe", given="R."))


BY_TYPE = [
    ("Journal Article", "%J J\n%V 3\n%N 2\n%P 1-9", {"container_title": "J", "volume": "3", "issue": "2", "page": "1-9"}),
    ("Journal Article", "%B Journal", {"container_title": "Journal"}),
    ("Journal Article", "%J J\n%O Int. J. X.", {"container_title_short": "Int. J. X."}),
    ("Journal Article", "%J J\n%O Artn e214", {"container_title_short": None, "number": "e214"}),
    ("Journal Article", "%P Article 125", {"page": None, "number": "125"}),
    ("Journal Article", "%& 268\n%P 268 - 273", {"page": "268 - 273"}),
    ("Journal Article", "%M 123456\n%Z n", {"pmid": "123456", "note": "n"}),
    ("Journal Article", "%M WOS:000", {"pmid": None}),
    ("Book", "%A Roe, J\n%B Series\n%E Ed, X\n%P 327", {"collection_title": "Series", "number_of_pages": "327"}),
    ("Book", "%7 2nd\n%6 3", {"edition": "2nd", "number_of_volumes": "3"}),
    ("Book", "%A Roe, J\n%E Ed, X", {"collection_editor": (Name(family="Ed", given="X"),), "editor": ()}),
    ("Book", "%E Ed, X", {"editor": (Name(family="Ed", given="X"),), "collection_editor": ()}),
    ("Edited Book", "%A Ed, X", {"editor": (Name(family="Ed", given="X"),), "author": ()}),
    ("Book", "%P 12-34", {"page": "12-34", "number_of_pages": None}),
    ("Book Section", "%B Book\n%S Series\n%E Ed, X", {"container_title": "Book", "collection_title": "Series"}),
    ("Book Section", "%E Ed, X", {"editor": (Name(family="Ed", given="X"),)}),
    ("Conference Paper", "%B Proc.\n%C Rome", {"container_title": "Proc.", "publisher_place": "Rome"}),
    ("Conference Paper", "%J Proc.\n%B Conf", {"container_title": "Proc.", "event_title": "Conf"}),
    ("Thesis", "%I Uni\n%V PhD\n%B Dept", {"publisher": "Uni", "genre": "PhD", "container_title": None, "volume": None}),
    ("Thesis", "%9 PhD thesis\n%V PhD", {"genre": "PhD thesis"}),
    ("Report", "%N 7\n%B Series", {"number": "7", "collection_title": "Series"}),
    ("Report", "%@ TR-7", {"number": "TR-7", "issn": ()}),
    ("Report", "%@ 2090-3170", {"number": None, "issn": ("2090-3170",)}),
    ("Patent", "%@ US123\n%I Owner\n%N 9", {"number": "US123", "publisher": "Owner", "issue": None}),
    ("Web Page", "%B Series", {"collection_title": "Series"}),
    ("Web Page", "%[ 2020-01-02", {"accessed": PartialDate(year=2020, month=1, day=2)}),
    ("Computer Program", "%7 1.2", {"version": "1.2", "edition": None}),
    ("Book", "%U [URL-Abstract] http://x.org/a", {"url": "http://x.org/a"}),
    ("Book", "%U internal-pdf://a.pdf\nhttp://x.org", {"url": "http://x.org"}),
    ("Book", "%K\none\ntwo, three", {"keyword": ("one", "two, three")}),
    ("Book", "%K one\n%K two", {"keyword": ("one", "two")}),
    ("Book", "%K ", {"keyword": ()}),
    ("Book", "%@ 978-3-540-64939-7 (print)", {"isbn": ("978-3-540-64939-7",)}),
    ("Book", "%7 2017-01-02", {"edition": None}),
    ("Book", "$] x\n%(1990\n%[2020", {"accessed": PartialDate(year=2020)}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "expected"), BY_TYPE)
def test_tags_mean_what_the_type_makes_them(name: str, text: str, expected: dict[str, object]) -> None:
    """The same tag feeds another field in another reference type."""
    work = read(f"%0 {name}\n{text}\n")
    assert {member: getattr(work, member) for member in expected} == expected


@pytest.mark.parametrize(
    ("text", "csl"),
    [
        ("%J J\n%V 3", "article-journal"), ("%B Book", "chapter"), ("%I Press", "book"), ("%T a", "article-journal"),
        ("%R TR 7", "report"), ("%R 10.1000/182", "article-journal"), ("%0 zeitschrift\n%T a", None),
        ("%0 JOURNAL ARTICLE", "article-journal"),
        ("%0 Unpublished work", "manuscript"), ("%0 Miscellaneous", "document"), ("%0 ARTICLE", "article-journal"),
    ],
)  # fmt: skip
def test_the_type_is_known_or_guessed(text: str, csl: str | None) -> None:
    """Names of types are read in any case, old and new; without one the tags tell."""
    assert read(text + "\n").type == csl


def test_types_go_both_ways() -> None:
    """Every name leads to a type of CSL, and a name that is written leads back to its type."""
    assert set(tags.TYPES.values()) <= WORK_TYPES
    for name, csl in tags.TYPES.items():
        assert tags.csl_type(tags.type_name(csl)) == csl or tags.type_name(csl) == "Journal Article", name
    for kind, meanings in tags.FAMILIES.items():
        assert set(meanings) <= tags.TAGS, kind
        assert set(meanings.values()) <= Work.model_fields.keys(), kind
    assert set(tags.ORDER) == tags.TAGS


DOIS = [
    ("%R 10.1000/182", "10.1000/182", "10.1000/182"),
    ("%R DOI:10.1000/182", "10.1000/182", "DOI:10.1000/182"),
    ("%R https://doi.org/10.1000/182", "10.1000/182", "https://doi.org/10.1000/182"),
    ("%1 doi:10.1000/182", "10.1000/182", "doi:10.1000/182"),
    ("%3 doi:10.1000/182", "10.1000/182", "doi:10.1000/182"),
    ("%U http://dx.doi.org/10.1000/182", "10.1000/182", "http://dx.doi.org/10.1000/182"),
    ("%U http://x.org/10.1000/182", None, None),
    ("%U https://doi.org/10.1000/1\n%R 10.1000/2", "10.1000/2", "10.1000/2"),
    ("%R oai:x\n%R 10.1000/182", "10.1000/182", "10.1000/182"),
    ("%R doi:10.1000", None, "doi:10.1000"),
    ("%R doi:10.1000\n%U https://doi.org/10.1000/182", "10.1000/182", "https://doi.org/10.1000/182"),
    ("%R Technical Report 10", None, None),
    ("%R 2001Test...12a0034B", None, None),
]


@pytest.mark.parametrize(("text", "doi", "doi_text"), DOIS)
def test_the_doi_is_found_where_it_stands(text: str, doi: str | None, doi_text: str | None) -> None:
    """%R comes first, then the tags others use; the text is kept as written, also where no DOI can be read from it."""
    (record,) = refer.read([f"%0 Book\n%T a\n{text}\n".encode()])
    assert (record.work.doi, record.doi_text) == (doi, doi_text)
    assert ("invalid-doi" in {note.code for note in record.notes}) == (doi is None and doi_text is not None)


NOTES = [
    ("%0 Book\n%T a\n%9 \n", ["empty-tag"], [3]),
    ("%0 Book\n%T a\n%5 x\n", ["unknown-tag"], [3]),
    ("%0 Foo\n%T a\n", ["unknown-type"], [1]),
    ("%0 Book\n%T a\n%D sometime\n", ["bad-date"], [3]),
    ("%0 Book\n%T a\n%D in press\n", [], []),
    ("%0 Book\n%T a\n%@ 2090-3171\n", ["invalid-identifier"], [3]),
    ("%0 Book\n%T a\n%R 10.1000/1\n%R 10.1000/2\n", ["second-doi"], [4]),
    ("%0 Book\n%T a\n%A A. One, B. Two,\n", ["ambiguous-name"], [3]),
    ("Heading\n%0 Book\n%T a\n", ["stray-text"], [1]),
]


@pytest.mark.parametrize(("text", "codes", "lines"), NOTES)
def test_oddities_are_noted_with_their_line(text: str, codes: list[str], lines: list[int]) -> None:
    """Each oddity is one note with a stable code and the line where it stands."""
    (record,) = refer.read([text.encode()])
    assert [note.code for note in record.notes] == codes
    assert [note.line for note in record.notes] == lines


def test_nothing_is_lost_from_a_record() -> None:
    """What CSL has no name for is kept with its tag."""
    (record,) = refer.read([b"%0 Foo\n%T a\n%T b\n%1 key\n%5 x\n%> a.pdf\n%R oai:y\n"])
    assert record.extra == (("T", "b"), ("1", "key"), ("5", "x"), (">", "a.pdf"), ("R", "oai:y"), ("0", "Foo"))

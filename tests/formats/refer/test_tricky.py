"""What a person expects of twelve kinds of difficult input; each is composed here, and once more read from real data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from enrich.formats import refer
from enrich.model import Name, PartialDate, Record


def person(family: str, given: str | None = None) -> Name:
    return Name(family=family, given=given)


def read(text: str, encoding: str = "utf-8") -> list[Record]:
    return list(refer.read([text.encode(encoding)]))


def codes(record: Record) -> set[str]:
    return {note.code for note in record.notes}


PERCENT = (
    "%0 Journal Article %T Screening in two regions %A Ada Byron %J J. Trial %D 2014 %R 10.1000/182 "
    "%X Of those invited, most (61 %) of women and (39 %) of men came. 1. Introduction Screening is often %U http://a.org/9/"
)
ELEMENTS = (
    "%0 Journal Article %T Two nickel complexes %A B. Curie %J Polyhedron %D 1998 "
    "%X Anal. found: %C 51.2, %H 4.1, %N 7.3; calc. %C 51.0, %H 4.0, %N 7.4. %R 10.1000/183"
)
UNITS = (
    "%0 Journal Article %T Steel %A C %D 2011 "
    "%X The melt held 3 wt %C and 2 mol %K at first, and 30%X of it stayed. %P 11-19 %U http://b.org/"
)
LATE_TYPES = (
    "%A Byron, Ada\n%D 2015\n%T From a journal system\n%B 2015\n%9 \n%X Words.\n%U http://c.org/1\n%0 Journal Article\n"
    "%R 10.1000/184\n%& 21\n%P 8\n%J The Organ\n%8 2015-06-07\n\n%A Curie, M.\n%D 2016\n%T Following\n%0 Journal Article\n"
    "%R 10.1000/185\n"
)
MANY_NAMES = (
    "%A Max Frisch; Bohr, N. H. & Pauli, W.\n%A United Nations,\n%A Ida B. Wells, Rosa L. Parks,\n%T U\n%0 Book\n"
)
BIBCODE = (
    "%R 2001Test...12a0034B\n%T Notes from the editors\n%A Bohr, Niels; Pauli, Wolfgang\n%F AA(Office)\n%J Test Letters\n"
    "%V 12\n%D 07/2001\n%P 34\n%L 36\n%I ABSTRACT: Abstract;\n%B Not Available <P />\n%Y DOI: 10.1000/186\n"
)
CLASSIC = "%L Turing36\n%A Alan Turing\n%T Computable Numbers\n%R Memo 12\n%I Princeton Press\n%D Nov. 12, 1936\n"
IDENTIFIERS = (
    "%0 Book\n%R oai:lib.example:77\n%R URN:NBN:xx-1234\n%R https://dx.doi.org/10.1000%2FABC.7\n%@ 3540649395\n"
    "%@ 2090-3170 (Print)\n2090-3189 (Linking)\n"
)
ONE_LINE_AUTHORS = (
    "%0 Journal Article\n%A 王明 %A 李小龙 %A 张伟\n%T 土地利用研究\n%J 地理学报\n%D 2006\n%N 02\n"
    "%K 土地;利用\n%@ 0375-5444\n"
    "%L 11-1856/P\n%W CNKI\n"
)
TWO_ON_A_LINE = (
    "%0 Journal Article %T Faith %A Byron, Ada %A Curie, M. %J Quarterly %P 12-34 %@ 0276-7783 %D 2004 "
    "%0 Conference Paper %T Nets %A Lovelace, Zoé %B NETS 2021 %X It holds in the limit. %I then remark on it. %I ACM "
    "%D 2021 %P Article 7 %K nets, AI"
)


def test_a_percentage_in_brackets_is_text_and_the_last_address_is_a_tag() -> None:
    """`%)` within a line is text even though it is a tag; `%U` counts although the text before it is cut off."""
    (record,) = read(PERCENT)
    assert record.work.abstract == (
        "Of those invited, most (61 %) of women and (39 %) of men came. 1. Introduction Screening is often"
    )
    assert (record.work.doi, record.work.url) == ("10.1000/182", "http://a.org/9/")
    assert record.work.author == (person("Byron", "Ada"),)
    assert record.work.issued == PartialDate(year=2014)
    assert "cut-off" in codes(record)


def test_a_row_of_elements_is_text() -> None:
    """An elemental analysis holds no tags; the DOI after it is read."""
    (record,) = read(ELEMENTS)
    assert record.work.abstract == "Anal. found: %C 51.2, %H 4.1, %N 7.3; calc. %C 51.0, %H 4.0, %N 7.4."
    assert record.work.doi == "10.1000/183"
    assert record.work.publisher_place is None
    assert record.work.issue is None
    assert "uncertain-tag" in codes(record)


def test_units_before_a_candidate_make_it_text() -> None:
    """`3 wt %C` and `30%X` are text, a value in the shape of pages is not."""
    (record,) = read(UNITS)
    assert record.work.abstract == "The melt held 3 wt %C and 2 mol %K at first, and 30%X of it stayed."
    assert (record.work.page, record.work.url, record.work.keyword) == ("11-19", "http://b.org/", ())


def test_a_late_type_belongs_to_its_record() -> None:
    """OJS writes %0 in the middle: two records, the year in %B is no book, %P is a number of pages from %& on."""
    first, second = read(LATE_TYPES)
    assert (first.work.doi, second.work.doi) == ("10.1000/184", "10.1000/185")
    assert first.work.type == second.work.type == "article-journal"
    assert (first.work.page, first.work.container_title) == ("21-28", "The Organ")
    assert first.work.issued == PartialDate(year=2015, month=6, day=7)
    assert (first.origin.line, second.origin.line) == (1, 15)


def test_of_two_types_the_later_known_one_counts() -> None:
    """Two %0 in a row are one record, and the other is noted."""
    (record,) = read("%0 Serial\n%0 Audio\n%T Songs\n%D 2020\n")
    assert record.work.type == "song"
    assert "second-type" in codes(record)


def test_a_type_after_tags_with_a_type_begins_a_record() -> None:
    """No blank line is needed between records that begin with %0."""
    first, second = read("%0 Journal Article\n%T One\n%R 10.1000/1\n%0 Book\n%T Two\n%R 10.1000/2\n")
    assert (first.work.title, first.work.doi, second.work.title, second.work.doi) == (
        *("One", "10.1000/1"),
        *("Two", "10.1000/2"),
    )


def test_names_in_lists_and_bodies() -> None:
    """Semicolons, `&`, a body's trailing comma and the old Wiley list are told apart; order stays, doubt is noted."""
    (record,) = read(MANY_NAMES)
    assert record.work.author == (
        person("Frisch", "Max"),
        person("Bohr", "N. H."),
        person("Pauli", "W."),
        Name(literal="United Nations"),
        person("Wells", "Ida B."),
        person("Parks", "Rosa L."),
    )
    assert "ambiguous-name" in codes(record)


def test_the_generic_form_of_ads_has_meanings_of_its_own() -> None:
    """The bibcode in %R is no DOI, %Y holds it; %B is the abstract, %I links, %L the last page."""
    (record,) = read(BIBCODE)
    assert record.work.doi == "10.1000/186"
    assert record.work.type is record.work.publisher is record.work.abstract is None
    assert record.work.page == "34-36"
    assert record.work.issued == PartialDate(year=2001, month=7)
    assert record.work.author == (person("Bohr", "Niels"), person("Pauli", "Wolfgang"))
    assert ("R", "2001Test...12a0034B") in record.extra


def test_a_report_number_is_never_a_doi() -> None:
    """Classic refer's %R is a report number and %L a label; a DOI found later gets a line of its own."""
    (record,) = read(CLASSIC)
    assert (record.work.type, record.work.number) == ("report", "Memo 12")
    assert record.work.doi is record.doi_text is record.work.call_number is None
    assert record.work.issued == PartialDate(year=1936, month=11, day=12)
    work = record.work.model_copy(update={"doi": "10.1112/plms/s2-42.1.230"})
    changed = record.model_copy(update={"work": work, "doi_text": work.doi})
    written = b"".join(refer.write([changed])).decode()
    assert written.splitlines() == [
        *CLASSIC.splitlines()[:4],
        "%R 10.1112/plms/s2-42.1.230",
        *CLASSIC.splitlines()[4:],
    ]
    assert [again.work for again in read(written)] == [work]


def test_identifiers_are_told_apart() -> None:
    """Of three %R only a DOI is one, decoded; ISBN and ISSN share %@, also on a continuation line."""
    (record,) = read(IDENTIFIERS)
    assert record.work.doi == "10.1000/abc.7"
    assert record.doi_text == "https://dx.doi.org/10.1000%2FABC.7"
    assert record.work.isbn == ("3540649395",)
    assert record.work.issn == ("2090-3170", "2090-3189")
    assert {("R", "oai:lib.example:77"), ("R", "URN:NBN:xx-1234")} <= set(record.extra)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_authors_on_one_line_in_any_encoding(encoding: str) -> None:
    """Three authors may share a line; keywords part at semicolons; the CN number is no call number."""
    (record,) = read(ONE_LINE_AUTHORS, encoding)
    assert record.work.author == (person("王明"), person("李小龙"), person("张伟"))
    assert record.work.keyword == ("土地", "利用")
    assert record.work.issn == ("0375-5444",)
    assert record.work.call_number is None
    assert record.notes == ()


def test_two_records_on_one_line() -> None:
    """A second %0 with a known type begins a record; a remark after a sentence is no publisher, `ACM` is."""
    first, second = read(TWO_ON_A_LINE)
    assert (first.work.title, first.work.page, first.work.issn) == ("Faith", "12-34", ("0276-7783",))
    assert second.work.abstract == "It holds in the limit. %I then remark on it."
    assert (second.work.publisher, second.work.number, second.work.page) == ("ACM", "7", None)
    assert second.work.keyword == ("nets", "AI")


COMPOSED = [
    *(
        PERCENT,
        ELEMENTS,
        UNITS,
        LATE_TYPES,
        MANY_NAMES,
        BIBCODE,
        CLASSIC,
        IDENTIFIERS,
        ONE_LINE_AUTHORS,
        TWO_ON_A_LINE,
    ),
    *("%0 Serial\n%0 Audio\n%T S\n", "%0 Book\n%T a\n%0 Book\n%T b\n"),
]


@pytest.mark.parametrize("text", COMPOSED)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_line_ends_and_encodings_change_nothing(text: str, newline: str, encoding: str) -> None:
    """The same records are read whatever the line ends and the encoding, and written back byte for byte."""
    data = text.replace("\n", newline).encode(encoding)
    records = list(refer.read([data]))
    assert [record.work for record in records] == [record.work for record in read(text)]
    assert b"".join(refer.write(records)) == data


def _expected() -> dict[int, list[dict[str, Any]]]:
    """What a person expects of the real inputs, as members of the works."""
    return {
        1: [{"doi": "10.1155/2012/574025", "url": "http://x.org/1/", "publisher": None}],
        2: [{"doi": "10.1000/xyz", "publisher_place": None}],
        3: [{"page": "1-9", "url": "http://y.org/", "keyword": ()}],
        4: [{"doi": "10.1000/eee", "page": "5-16"}, {"doi": "10.1000/fff"}],
        5: [{"type": "song"}],
        6: [{"doi": "10.1/a"}, {"doi": "10.1/b"}],
        7: [{"type": "book"}],
        8: [{"doi": "10.1088/2053-1583/aa9403", "type": None, "publisher": None}],
        9: [{"doi": None, "type": "report", "issued": PartialDate(year=1990, month=2, day=6)}],
        10: [{"doi": "10.1175/2008bams2375.1", "isbn": ("8203107354",), "issn": ("0926-9630", "1386-5056")}],
        11: [{"call_number": None, "issn": ("1007-6301",)}],
        12: [{"page": "365-395"}, {"publisher": "ACM", "number": "14"}],
    }


def test_the_real_inputs(real_data: Path) -> None:
    """The twelve real inputs give what a person expects, and come back byte for byte."""
    for row in json.loads((real_data / "refer_tricky.json").read_text(encoding="utf-8")):
        data = row["input"].encode()
        records = list(refer.read([data]))
        found = [
            {name: getattr(record.work, name) for name in expected}
            for record, expected in zip(records, _expected()[row["n"]], strict=True)
        ]
        assert found == _expected()[row["n"]], row["n"]
        assert b"".join(refer.write(records)) == data
    assert len(records) == 2


def test_the_real_sample(real_data: Path) -> None:
    """The abstract that runs on into the article's body is kept whole."""
    data = (real_data / "sample.enw").read_bytes()
    (record,) = refer.read([data])
    assert record.work.doi == record.doi_text == "10.1155/2012/574025"
    assert len(record.work.author) == 3
    assert record.work.abstract is not None
    assert record.work.abstract.endswith("It is a poorly understood")
    assert "1. Introduction Breast cancer is" in record.work.abstract
    assert b"".join(refer.write([record])) == data

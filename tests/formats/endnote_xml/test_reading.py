"""What EndNote XML says, element by element, and what of a file is kept that no parser would let pass."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

from enrich import formats
from enrich.errors import FormatError
from enrich.formats import endnote_xml
from enrich.formats.endnote_xml.split import LIMIT
from enrich.formats.endnote_xml.tables import NUMBERS, csl_type, type_name
from enrich.model import Name, PartialDate, Record
from enrich.model.worktype import WORK_TYPES

HEAD, TAIL = b'<?xml version="1.0" encoding="UTF-8" ?><xml><records>', b"</records></xml>"


ARTICLE = "Journal Article"


def one(inner: str, kind: str = ARTICLE) -> Record:
    """Return the record that holds these elements."""
    text = f'<record><ref-type name="{kind}">{NUMBERS.get(kind, 0)}</ref-type>{inner}</record>'
    (record,) = endnote_xml.read([HEAD + text.encode() + TAIL])
    return record


@pytest.mark.parametrize(
    ("kind", "inner", "field", "value"),
    [
        (ARTICLE, "<titles><title><style face='italic'>H</style><style face='subscript'>2</style>O</title></titles>",
         "title", "H2O"),
        (ARTICLE, "<titles><title>\n  A\n  B </title></titles>", "title", "A B"),
        (ARTICLE, "<periodical><full-title>Cell</full-title></periodical>", "container_title", "Cell"),
        (ARTICLE, ("<titles><secondary-title>Cell</secondary-title></titles>"
         "<periodical><full-title>The Cell</full-title></periodical>"), "container_title", "Cell"),
        (ARTICLE, "<periodical><abbr-1>J. Tst.</abbr-1></periodical>", "container_title_short", "J. Tst."),
        ("Book", "<titles><secondary-title>Lecture Notes</secondary-title></titles>", "collection_title", "Lecture Notes"),
        ("Book Section", "<titles><secondary-title>B</secondary-title></titles>", "container_title", "B"),
        ("Conference Proceedings", "<titles><secondary-title>Conf</secondary-title></titles><custom3>Proc</custom3>",
         "event_title", "Conf"),
        ("Conference Proceedings", "<titles><secondary-title>Conf</secondary-title></titles>", "container_title", "Conf"),
        (ARTICLE, "<contributors><authors><author>Roe, J.</author><author>WHO,</author></authors></contributors>",
         "author", (Name(family="Roe", given="J."), Name(literal="WHO"))),
        ("Edited Book", "<contributors><authors><author>Roe, J.</author></authors></contributors>",
         "editor", (Name(family="Roe", given="J."),)),
        ("Book", "<contributors><tertiary-authors><author>Roe, J.</author></tertiary-authors></contributors>",
         "editor", (Name(family="Roe", given="J."),)),
        (ARTICLE, "<dates><year>1987</year><pub-dates><date>Sep 3</date></pub-dates></dates>",
         "issued", PartialDate(year=1987, month=9, day=3)),
        (ARTICLE, "<dates><year>1987</year><pub-dates><date>1990-01</date></pub-dates></dates>",
         "issued", PartialDate(year=1987)),
        (ARTICLE, "<isbn>0926-9630 (Print)&#xD;2090-3170 (Electronic)</isbn>", "issn", ("0926-9630", "2090-3170")),
        ("Book", "<isbn>8203107354</isbn>", "isbn", ("8203107354",)),
        ("Report", "<isbn>TR-5</isbn>", "number", "TR-5"),
        (ARTICLE, "<custom7>e5</custom7>", "number", "e5"),
        ("Book", "<pages>327</pages>", "number_of_pages", "327"),
        ("Book", "<pages>3-27</pages>", "page", "3-27"),
        (ARTICLE, "<keywords><keyword>a</keyword><keyword>b; c&#xD;d</keyword></keywords>",
         "keyword", ("a", "b", "c", "d")),
        (ARTICLE, "<abstract>One.&#xD;Two &lt;3 &amp;amp; four.</abstract>", "abstract", "One.\nTwo <3 &amp; four."),
        (ARTICLE, ("<urls><related-urls><url>&lt;Go to ISI&gt;://WOS:A1</url><url>http://a.b/c?d&amp;e</url>"
         "</related-urls></urls>"), "url", "http://a.b/c?d&e"),
        (ARTICLE, "<electronic-resource-num>Artn 5&#xD;10.1000/ABC</electronic-resource-num>", "doi", "10.1000/abc"),
        (ARTICLE, "<urls><web-urls><url>https://doi.org/10.1000/x</url></web-urls></urls>", "doi", "10.1000/x"),
        (ARTICLE, "<accession-num>12345678</accession-num><remote-database-provider>NLM</remote-database-provider>",
         "pmid", "12345678"),
        (ARTICLE, "<accession-num>12345678</accession-num>", "pmid", None),
        ("Computer Program", "<edition>1.0</edition>", "version", "1.0"),
        (ARTICLE, "<notes><![CDATA[a <b> & c]]></notes>", "note", "a <b> & c"),
    ],
)  # fmt: skip
def test_what_an_element_means(kind: str, inner: str, field: str, value: object) -> None:
    """The same element means one thing in one kind of work and another in another."""
    record = one(inner, kind)
    assert record.readable
    assert getattr(record.work, field) == value


def test_types_both_ways() -> None:
    """Every type is written under a name with a number, and read again by name, or by number where the name is a user's."""
    for csl in sorted(WORK_TYPES):
        name = type_name(csl)
        assert NUMBERS[name]
        assert csl_type(name) == csl or csl_type(name) in WORK_TYPES
    (record,) = endnote_xml.read([HEAD + b'<record><ref-type name="Zeitschrift">17</ref-type></record>' + TAIL])
    assert record.work.type == "article-journal"
    (record,) = endnote_xml.read([HEAD + b'<record><ref-type name="Zettel">99</ref-type></record>' + TAIL])
    assert record.work.type is None
    assert ("ref-type", "Zettel") in record.extra
    assert [note.code for note in record.notes] == ["unknown-type"]


def test_what_has_no_field_is_extra() -> None:
    """Custom fields, files, numbers of the library: kept by their names."""
    record = one(
        "<rec-number>7</rec-number><urls><pdf-urls><url>internal-pdf://a.pdf</url></pdf-urls></urls><custom1>c</custom1>"
    )
    assert record.extra == (("rec-number", "7"), ("pdf-urls/url", "internal-pdf://a.pdf"), ("custom1", "c"))


@pytest.mark.parametrize(
    ("inner", "title"),
    [
        (b"<titles><title>A & B</title></titles>", "A & B"),
        (b"<titles><title>caf&eacute; &lol;</title></titles>", "caf&eacute; &lol;"),
        (b"<titles><title>A\x02B\x0bC</title></titles>", "A B C"),
        (b"<titles><title>A&#2;B</title></titles>", "A    B"),
        (b"<titles><title>A\xef\xbf\xbeB</title></titles>", "A???B"),
        (b"<titles><title>M\xfcller</title></titles>", "Müller"),
    ],
)
def test_what_no_parser_lets_pass_is_read(inner: bytes, title: str) -> None:
    """Control characters, bare &, undeclared entities and bytes that are no UTF-8 spoil nothing; a note tells of them."""
    data = HEAD + b'<record><ref-type name="Book">6</ref-type>' + inner + b"</record>" + TAIL
    (record,) = endnote_xml.read([data])
    assert record.work.title == title
    assert [note.code for note in record.notes] == ["invalid-encoding"] or inner.isascii() is False
    assert b"".join(endnote_xml.write([record])) == data
    changed = record.model_copy(update={"work": record.work.model_copy(update={"volume": "3"})})
    (again,) = endnote_xml.read(endnote_xml.write([changed]))
    assert again.work == changed.work
    assert inner in b"".join(endnote_xml.write([changed]))


@pytest.mark.parametrize(
    "inner", [b"<titles><title>A</titles>", b"<a <b>", b"<title></title", b"<volume>1</volume><record>"]
)
def test_a_broken_record_is_kept(inner: bytes) -> None:
    """What is no XML is noted with its line, and its neighbours are read."""
    whole = b"<record><volume>1</volume></record>"
    data = HEAD + b"\n" + whole + b"\n<record>" + inner + b"</record>\n" + whole + TAIL
    records = list(endnote_xml.read([data]))
    broken = next(record for record in records if not record.readable)
    assert (broken.origin.line, broken.notes[0].code, broken.notes[0].line) == (3, "unreadable", 3)
    assert records[0].work.volume == records[-1].work.volume == "1"
    assert b"".join(endnote_xml.write(records)) == data


@pytest.mark.parametrize(
    "declared", [b"<!DOCTYPE xml SYSTEM 'a.dtd'>", b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;">]>']
)
def test_a_document_type_is_refused(declared: bytes) -> None:
    """Nothing is declared, fetched or expanded; the message says what to take out."""
    with pytest.raises(FormatError, match="declares a document type"):
        list(
            endnote_xml.read(
                [b'<?xml version="1.0"?>\n' + declared + b"<xml><records><record></record></records></xml>"]
            )
        )


@pytest.mark.parametrize("data", [b"<mods><title/></mods>", b"<html>", b"%0 Book\n", b""])
def test_a_file_without_records_is_refused(data: bytes) -> None:
    """Other XML is no library; an empty library is one."""
    if not data:
        assert list(endnote_xml.read([data])) == []
        return
    with pytest.raises(FormatError, match="no EndNote XML"):
        list(endnote_xml.read([data]))
    assert list(endnote_xml.read([HEAD + TAIL])) == []


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (HEAD + b"<record>", "endnote-xml"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<xml>\n <records>\n", "endnote-xml"),
        (("\ufeff" + HEAD.decode() + "\n<record></record>").encode("utf-16-le"), "endnote-xml"),
        (b"<records><record><rec-number>1</rec-number></record></records>", "endnote-xml"),
        (b"<EndNote><Cite><Author>Roe</Author><record></record></Cite></EndNote>", "endnote-xml"),
        (b"%0 Book\n%T <xml><records><record>\n", "refer"),
        (b'[{"title": "<xml><records><record>"}]', "csl-json"),
    ],
)
def test_recognised(data: bytes, name: str) -> None:
    """By what stands at the beginning, whatever the file is called."""
    assert formats.recognise(data) == name


def test_a_record_that_is_too_long_is_passed_on() -> None:
    """More than can be held is kept in parts and noted; what follows is read."""
    data = (
        HEAD
        + b"<record><notes>"
        + b"x" * (LIMIT + 100)
        + b"</notes></record><record><volume>1</volume></record>"
        + TAIL
    )
    records = list(endnote_xml.read(data[at : at + (1 << 20)] for at in range(0, len(data), 1 << 20)))
    assert [record.readable for record in records] == [False, False, True]
    assert records[0].notes[0].code == "too-long"
    assert b"".join(endnote_xml.write(records)) == data


def test_a_file_whose_last_record_is_too_long_is_closed_once() -> None:
    """What closes the file belongs to no record then, and is written as it stood, and not again."""
    data = HEAD + b"<record><notes>" + b"x" * (LIMIT + 100) + b"</notes></record>" + TAIL
    assert b"".join(endnote_xml.write(endnote_xml.read([data]))) == data


@pytest.mark.parametrize("piece", ["endnote_xml", "losses"])
def test_the_examples_are_true(piece: str) -> None:
    """What the docstrings show is what happens."""
    results = doctest.testmod(import_module(f"enrich.formats.{piece}"))
    assert results.attempted
    assert not results.failed

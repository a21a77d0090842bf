"""What RIS files say: both specifications, their mixtures, and every way of writing tags that is met."""

from __future__ import annotations

import doctest
from typing import Any

import pytest

from enrich.formats import recognise, ris
from enrich.formats.kinds import family
from enrich.formats.ris import tags, tokens
from enrich.model import Name, PartialDate, Record, Work
from enrich.model.worktype import WORK_TYPES


def read(text: str) -> list[Record]:
    return list(ris.read([text.encode()], file="a.ris"))


def said(text: str) -> dict[str, Any]:
    """Return the members of the work of the only record, without its type."""
    (record,) = read(text)
    return {
        name: getattr(record.work, name)
        for name in record.work.model_fields_set - {"type"}
        if getattr(record.work, name)
    }


def record(*lines: str, kind: str = "JOUR") -> str:
    return "\n".join([f"TY  - {kind}", *lines, "ER  - \n"])


SMITH = (Name(family="Smith", given="J."),)
CASES = {
    "2011": (
        record("AU  - Smith, J.", "TI  - T", "T2  - Cell", "J2  - C.", "PY  - 2012", "DA  - 2012/03/14/",
               "SP  - 1", "EP  - 9"),
        {"author": SMITH, "title": "T", "container_title": "Cell", "container_title_short": "C.",
         "issued": PartialDate(year=2012, month=3, day=14), "page": "1-9"},
    ),
    "2001": (
        record("A1  - Smith,J.", "T1  - T", "JF  - Cell", "JA  - C.", "Y1  - 2012/03//", "SP  - 1",
               "EP  - 9", "N2  - Text."),
        {"author": SMITH, "title": "T", "container_title": "Cell", "container_title_short": "C.",
         "issued": PartialDate(year=2012, month=3), "page": "1-9", "abstract": "Text."},
    ),
    "the journal under JO alone": (record("JO  - Cell"), {"container_title": "Cell"}),
    "JO beside the journal is its abbreviation": (
        record("JO  - C.", "JF  - Cell"), {"container_title": "Cell", "container_title_short": "C."},
    ),
    "the same twice says it once": (record("T2  - Cell", "JO  - Cell"), {"container_title": "Cell"}),
    "pages in one tag": (record("SP  - 1-10", "EP  - 10"), {"page": "1-10"}),
    "pages from EndNote's start page": (record("SE  - 12"), {"page": "12"}),
    "an article's number": (record("C7  - e123", "SP  - 4"), {"number": "e123", "page": "4"}),
    "the issue under M1": (record("M1  - 3"), {"issue": "3"}),
    "a season": (record("PY  - 2012///Spring"), {"issued": PartialDate(year=2012, season=1)}),
    "a month in DA": (record("PY  - 2012", "DA  - March"), {"issued": PartialDate(year=2012, month=3)}),
    "a date of another year is left alone": (record("PY  - 2012", "DA  - 2013/01/01"), {"issued": PartialDate(year=2012)}),
    "no date": (record("PY  - in press"), {"issued": PartialDate(literal="in press")}),
    "DOI": (record("DO  - https://doi.org/10.1000/X"), {"doi": "10.1000/x"}),
    "DOI under M3": (record("M3  - doi: 10.1000/x"), {"doi": "10.1000/x"}),
    "DOI under N1": (record("N1  - doi: 10.1000/x", "N1  - Mine."), {"doi": "10.1000/x", "note": "Mine."}),
    "DOI as the ID": (record("ID  - 10.1000/x"), {"doi": "10.1000/x"}),
    "DOI in the address": (
        record("UR  - https://doi.org/10.1000/x"), {"doi": "10.1000/x", "url": "https://doi.org/10.1000/x"},
    ),
    "an address with a semicolon": (record("UR  - http://x.org/a;b?c"), {"url": "http://x.org/a;b?c"}),
    "several addresses": (record("UR  - http://x.org/a;http://y.org"), {"url": "http://x.org/a"}),
    "an address that is no web page": (record("UR  - file:///c/a.pdf", "L2  - http://x.org"), {"url": "http://x.org"}),
    "ISSN and ISBN": (
        record("SN  - 0926-9630 (Print); 978-0-471-11709-4"), {"issn": ("0926-9630",), "isbn": ("978-0-471-11709-4",)},
    ),
    "keywords": (record("KW  - Neoplasms, Male", "KW  - a; b\nc"), {"keyword": ("Neoplasms, Male", "a", "b", "c")}),
    "PMID": (record("AN  - 12345678", "DB  - PubMed"), {"pmid": "12345678", "archive": "PubMed"}),
    "PMID from PubMed Central": (record("U1  - 12345678[pmid]"), {"pmid": "12345678"}),
    "some other accession number": (record("AN  - 12345678"), {}),
    "a body": (record("AU  - World Health Organization"), {"author": (Name(literal="World Health Organization"),)}),
    "book": (
        record("ED  - Smith, J.", "BT  - T", "T2  - LNCS", "SP  - 327", "CY  - Berlin", "PB  - S", kind="BOOK"),
        {"editor": SMITH, "title": "T", "collection_title": "LNCS", "number_of_pages": "327", "publisher_place": "Berlin",
         "publisher": "S"},
    ),
    "a book's A2 are its editors without authors": (record("A2  - Smith, J.", kind="BOOK"), {"editor": SMITH}),
    "and its series' beside them": (
        record("AU  - Smith, J.", "A2  - Smith, J.", kind="BOOK"), {"author": SMITH, "collection_editor": SMITH},
    ),
    "an edited book's AU": (record("AU  - Smith, J.", kind="EDBOOK"), {"editor": SMITH}),
    "chapter": (
        record("A2  - Smith, J.", "T2  - Book", "T3  - Series", kind="CHAP"),
        {"editor": SMITH, "container_title": "Book", "collection_title": "Series"},
    ),
    "chapter of 2001": (record("BT  - Book", kind="CHAP"), {"container_title": "Book"}),
    "conference": (
        record("T2  - Conf", "C3  - Proc.", kind="CONF"), {"event_title": "Conf", "container_title": "Proc."},
    ),
    "proceedings alone": (record("T2  - Proc.", kind="CPAPER"), {"container_title": "Proc."}),
    "thesis": (record("M3  - PhD", "PB  - MIT", "SP  - 200", kind="THES"),
               {"genre": "PhD", "publisher": "MIT", "number_of_pages": "200"}),
    "report": (record("SN  - TR-5", "T2  - Series", kind="RPRT"), {"number": "TR-5", "collection_title": "Series"}),
    "patent": (record("SN  - US 123", kind="PAT"), {"number": "US 123"}),
    "an abstract in paragraphs": (record("AB  - One.", "Two.", "", "Three."), {"abstract": "One.\nTwo.\n\nThree."}),
    "a title over two lines": (record("TI  - One", "two"), {"title": "One two"}),
    "an abstract that a program broke": (
        record("AB  - " + "word " * 12 + "end", "of it."), {"abstract": "word " * 12 + "end of it."},
    ),
    "estrogen receptors": (
        record("AB  - Short", "ER - positive", "AB - antibodies"),
        {"abstract": "Short\nER - positive\nAB - antibodies"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_read(name: str) -> None:
    """Each of these lines is understood as people mean it."""
    text, expected = CASES[name]
    assert said(text) == expected


SPELT = ("TY  - JOUR\nTI  - T\nDO  - 10.1000/x\nER  - \n", {"title": "T", "doi": "10.1000/x"})


@pytest.mark.parametrize(
    "spelling",
    [
        lambda text: text,
        lambda text: text.replace("  - ", " - "),
        lambda text: text.replace("  - ", "- "),
        lambda text: text.replace("  - ", "  -"),
        lambda text: text.replace("  - ", "  – "),
        lambda text: text.replace("  - ", "\t- "),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.replace("\n", "\n\n"),
        lambda text: "    " + text.replace("\n", "\n    "),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("ER  - \n", ""),
        lambda text: text.replace("ER  - ", "ER  -"),
        lambda text: text.replace("ER  - ", "ER  - ,"),
        lambda _: "TI  - T\nDO  - 10.1000/x\nTY  - JOUR\nER  - \n",
        lambda _: "TY  - JOUR\nTI  - T\nER  - \nDO  - 10.1000/x\n",
        lambda text: text.replace("\n", " "),
        lambda text: text.replace("\n", " ").replace("  - ", " - "),
        lambda text: "Dear all,\nhere it is:\n\n" + text,
    ],
)
def test_every_spelling_says_the_same(spelling: Any) -> None:
    """However the tags are written, two records in a row are two, and say what they say; the file is known as RIS."""
    text, expected = SPELT
    content = spelling(text)
    assert said(content) == expected
    assert recognise(content.encode()) == "ris"
    first, second = read(content + ("" if content[-1:] in "\r\n " else "\n") + content)
    assert first.work == second.work
    assert b"".join(ris.write([first, second])) == b"".join(
        found.source.raw for found in (first, second) if found.source
    )


@pytest.mark.parametrize("codec", ["utf-8", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings(codec: str) -> None:
    """Files of every age are read, and a value is written in the encoding its file has."""
    data = record("TI  - Über Köln").encode(codec)
    (found,) = ris.read([data])
    assert found.work.title == "Über Köln"
    changed = found.model_copy(update={"work": found.work.model_copy(update={"publisher": "Köln"})})
    assert b"".join(ris.write([changed])) == record("TI  - Über Köln", "PB  - Köln").encode(codec)
    polish = found.model_copy(update={"work": found.work.model_copy(update={"publisher": "Łódź"})})
    assert ris.unencodable(polish, ["publisher", "title"]) == (("publisher",) if codec == "cp1252" else ())


def test_what_has_no_field_is_kept_as_extra() -> None:
    """Unknown tags, a second DOI, a second abstract, a type nobody knows."""
    (found,) = read(
        record("ZZ  - z", "DO  - 10.1000/1", "DO  - 10.1000/2", "AB  - One.", "AB  - Two.", "C1  - x", kind="XYZ")
    )
    assert found.extra == (
        ("ZZ", "z"), ("DO", "10.1000/2"), ("AB", "Two."), ("C1", "x"), ("TY", "XYZ"),
    )  # fmt: skip
    assert [(note.code, note.line) for note in found.notes] == [
        ("unknown-tag", 2), ("unknown-type", 1), ("second-doi", 4),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("TY  - JOUR\nTI  - T\n", "no-end", 2),
        ("TI  - T\nER  - \n", "no-type", 1),
        ("TY  - JOUR\nTY  - BOOK\nTI  - T\nER  - \n", "second-type", 2),
        ("TY  - JOUR\nTI  - T\nVL  - \nER  - \n", "empty-tag", 3),
        ("TY  - JOUR\nTI  - T\nER  - \nfollows\n", "stray-text", 4),
        ("TY  - JOUR\nTI  - T\nPY  - long ago\nER  - \n", "bad-date", 3),
        ("TY  - JOUR\nTI  - T\nDO  - 10.1\nER  - \n", "invalid-doi", 3),
        ("TY  - JOUR\nSN  - 0926-9631\nER  - \n", "invalid-identifier", 2),
        ("TY  - JOUR\nAU  - Smith, J.; Doe\nER  - \n", "ambiguous-name", 2),
        ("TY  - JOUR\n\nER  - \n", "unreadable", 1),
    ],
)
def test_notes(text: str, code: str, line: int) -> None:
    """What is odd is said once, with the line where it stands."""
    (found,) = read("TY  - BOOK\nTI  - First\nER  - \n" + text if code != "unreadable" else text)[-1:]
    expected = line if code == "unreadable" else line + 3
    assert (code, expected) in [(note.code, note.line) for note in found.notes] or code == "unreadable"


def test_a_record_is_where_it_begins() -> None:
    """A record's line is that of its first tag; what stands before it belongs to the record before."""
    first, second = read("\n\nTY  - JOUR\nTI  - A\nER  - \n\nfrom another list\n\nTY  - BOOK\nTI  - B\nER  - \n")
    assert (first.origin.line, second.origin.line) == (3, 9)
    assert [note.code for note in first.notes] == ["stray-text"]


def test_types_both_ways() -> None:
    """Every name stands for a type of CSL; a type that has a name of its own is read back from it."""
    assert set(tags.TYPES.values()) <= WORK_TYPES
    for csl in WORK_TYPES:
        name = tags.type_name(csl)
        assert name in tags.TYPES
        assert tags.csl_type(name) == csl or name in {"GEN", *tags._NEAREST.values()}
        assert family(tags.csl_type(name)) == family(csl)


def test_tables_agree() -> None:
    """Every tag that feeds a field, or is written, is a known one, and every field is one of a work."""
    fed = {tag for meanings in tags.FAMILIES.values() for listed in meanings.values() for tag in listed.split()}
    assert fed | set(tags.ORDER) | tags.PROSE <= tags.TAGS
    assert {field for meanings in tags.FAMILIES.values() for field in meanings} <= set(Work.model_fields)
    for meanings in tags.FAMILIES.values():
        assert {listed.split()[0] for field, listed in meanings.items()} <= set(tags.ORDER)


def test_the_examples_are_true() -> None:
    """What the docstrings show is what happens."""
    results = doctest.testmod(ris)
    assert results.attempted
    assert not results.failed


def test_a_record_that_is_too_long_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit a record is not parsed but keeps its bytes, and those around it are read."""
    monkeypatch.setattr("enrich.formats.tagged.LIMIT", 1000)
    text = record("TI  - a") + record("AB  - " + "word " * 700, "TI  - b") + record("TI  - c")
    first, *parts, last = read(text)
    assert (first.work.title, last.work.title) == ("a", "c")
    assert [part.readable for part in parts] == [False] * len(parts)
    assert {note.code for part in parts for note in part.notes} == {"too-long"}
    assert b"".join(ris.write([first, *parts, last])) == text.encode()


def test_tokens_of_nothing() -> None:
    """A text without a tag has none."""
    assert tokens.tokens("") == tokens.tokens("\n \nabc\n") == []

"""Web of Science's export: what its tags say, and that it is read only."""

from __future__ import annotations

import doctest

import pytest

from enrich import formats
from enrich.errors import FormatError
from enrich.formats import isi
from enrich.model import Name, PartialDate, Record, Work

FILE = """\ufeffFN Clarivate Analytics Web of Science
VR 1.0
PT J
AU Breiman, L
   Cutler, A
AF Breiman, Leo
   Cutler, Adele
TI Random
   forests
SO MACHINE LEARNING
LA English
DT Article
DE classification; regression;
   ensemble
AB Text
   of it.
PU KLUWER
PI DORDRECHT
SN 0885-6125
EI 1573-0565
J9 MACH LEARN
JI Mach. Learn.
PD OCT
PY 2001
VL 45
IS 1
BP 5
EP 32
DI 10.1023/A:1010933404324
PG 28
UT WOS:000170489900001
ER

PT B
AU Roe, J
BE Doe, K
TI Book part
SO HANDBOOK
DT Article; Book Chapter
BN 978-0-471-11709-4
AR 7
CA Some Group
PY 1999
ER

EF
"""


def read(text: str) -> list[Record]:
    return list(isi.read([text.encode()], file="a.txt"))


def test_a_file() -> None:
    """Every tag that CSL has a name for is read, full names before initials; the frame of the file is no record."""
    first, second = read(FILE)
    assert first.work == Work(
        type="article-journal",
        title="Random forests",
        container_title="MACHINE LEARNING",
        container_title_short="Mach. Learn.",
        author=(Name(family="Breiman", given="Leo"), Name(family="Cutler", given="Adele")),
        issued=PartialDate(year=2001, month=10),
        volume="45",
        issue="1",
        page="5-32",
        publisher="KLUWER",
        publisher_place="DORDRECHT",
        issn=("0885-6125", "1573-0565"),
        doi=isi.reading.dois.compact("10.1023/a:1010933404324"),
        abstract="Text of it.",
        language="en",
        keyword=("classification", "regression", "ensemble"),
    )
    assert second.work == Work(
        type="chapter",
        title="Book part",
        container_title="HANDBOOK",
        author=(Name(family="Roe", given="J"), Name(literal="Some Group")),
        editor=(Name(family="Doe", given="K"),),
        issued=PartialDate(year=1999),
        number="7",
        isbn=("978-0-471-11709-4",),
    )
    assert [tag for tag, _ in first.extra] == ["DT", "J9", "PG", "UT"]
    assert [record.origin.line for record in (first, second)] == [1, 34]


def test_it_is_recognised_whatever_it_is_called() -> None:
    """By its first line, or by its tags where that is gone."""
    assert formats.recognise(FILE.encode()) == "isi"
    assert formats.recognise(FILE.partition("VR 1.0\n")[2].encode()) == "isi"
    assert isi.sniff(b"PT of the work is AU text\n") == 0.0


def test_records_without_their_end_are_two() -> None:
    """`PT` begins a record also where no `ER` ends the one before."""
    assert [record.work.title for record in read("PT J\nTI A\nPT J\nTI B\nER\n")] == ["A", "B"]


def test_it_is_never_written() -> None:
    """Whoever asks for it is told what to do instead."""
    with pytest.raises(FormatError, match="isi is read, never written; name another format"):
        formats.write([], "isi")


def test_the_examples_are_true() -> None:
    """What the docstring shows is what happens."""
    results = doctest.testmod(isi)
    assert results.attempted
    assert not results.failed

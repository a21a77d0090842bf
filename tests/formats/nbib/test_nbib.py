"""PubMed's format: what its tags say, and that it is read only."""

from __future__ import annotations

import doctest

import pytest

from enrich import formats
from enrich.errors import FormatError
from enrich.formats import nbib
from enrich.model import Name, Origin, PartialDate, Record, Work

ARTICLE = """
PMID- 12345678
OWN - NLM
STAT- MEDLINE
IS  - 1549-1676 (Electronic)
IS  - 1549-1277 (Linking)
VI  - 2
IP  - 8
DP  - 2005 Aug 30
TI  - Why most published research findings
      are false.
PG  - e124
LID - 10.1371/journal.pmed.0020124 [doi]
AB  - There is concern that
      most of them are.
FAU - Ioannidis, John P A
AU  - Ioannidis JP
AUID- ORCID: 0000-0003-3118-6859
AD  - Department of Hygiene, Ioannina, Greece.
FAU - Roe, Jane Jr
AU  - Roe J Jr
CN  - Some Study Group
LA  - eng
PT  - Journal Article
PT  - Review
PL  - United States
TA  - PLoS Med
JT  - PLoS medicine
MH  - *Bias
MH  - Humans
OT  - Statistics
AID - 04-PLME-E-0321R2 [pii]
AID - 10.1371/journal.pmed.0020124 [doi]
SO  - PLoS Med. 2005 Aug;2(8):e124.
"""


def read(text: str) -> list[Record]:
    return list(nbib.read([text.encode()], file="a.nbib"))


def test_an_article() -> None:
    """Every tag that CSL has a name for is read; wrapped lines are one; the others stand in extra."""
    (record,) = read(ARTICLE)
    assert record.work == Work(
        type="article-journal",
        title="Why most published research findings are false",
        container_title="PLoS medicine",
        container_title_short="PLoS Med",
        author=(
            Name(
                family="Ioannidis",
                given="John P A",
                orcid="0000-0003-3118-6859",
                affiliation=("Department of Hygiene, Ioannina, Greece.",),
            ),
            Name(family="Roe", given="Jane", suffix="Jr"),
            Name(literal="Some Study Group"),
        ),
        issued=PartialDate(year=2005, month=8, day=30),
        volume="2",
        issue="8",
        page="e124",
        publisher_place="United States",
        issn=("1549-1676", "1549-1277"),
        doi=nbib.reading.dois.compact("10.1371/journal.pmed.0020124"),
        pmid="12345678",
        abstract="There is concern that most of them are.",
        language="en",
        keyword=("Bias", "Humans", "Statistics"),
    )
    assert record.doi_text == "10.1371/journal.pmed.0020124"
    assert [tag for tag, _ in record.extra] == ["OWN", "STAT", "PT", "PT", "AID", "SO"]
    assert record.origin.line == 2
    assert record.notes == ()


@pytest.mark.parametrize(
    ("lines", "field", "value"),
    [
        ("DP  - 2012 Mar-Apr", "issued", PartialDate(year=2012, month=3)),
        ("DP  - 2012 Spring", "issued", PartialDate(year=2012, season=1)),
        ("DP  - 1998 Dec-1999 Jan", "issued", PartialDate(year=1998, month=12)),
        ("TI  - [On trees].\nTT  - Ueber Baeume.", "title", "On trees"),
        ("TI  - [On trees].\nTT  - Ueber Baeume.", "original_title", "Ueber Baeume"),
        ("TI  - [18F]FDG in [sic].", "title", "[18F]FDG in [sic]"),
        ("TI  - What is life?", "title", "What is life?"),
        ("TI  - And then...", "title", "And then..."),
        ("BTI - Handbook", "title", "Handbook"),
        ("BTI - Handbook", "type", "book"),
        ("TI  - Part.\nBTI - Handbook", "container_title", "Handbook"),
        ("TI  - Part.\nBTI - Handbook", "type", "chapter"),
        ("TI  - T.\nPT  - Preprint", "type", "article"),
        ("AU  - Roe J\nAU  - Doe KL", "author", (Name(family="Roe", given="J"), Name(family="Doe", given="KL"))),
        ("FED - Roe, Jane\nED  - Roe J", "editor", (Name(family="Roe", given="Jane"),)),
        ("AID - S0140-6736(97) [pii]\nAID - 10.1016/S0140-6736(97)1 [doi]", "doi", "10.1016/s0140-6736(97)1"),
        ("LA  - tlh", "language", "tlh"),
    ],
)  # fmt: skip
def test_read(lines: str, field: str, value: object) -> None:
    """Each of these lines is understood as PubMed means it."""
    (record,) = read(f"PMID- 1\n{lines}\n")
    assert getattr(record.work, field) == value


def test_a_record_begins_with_its_number() -> None:
    """Records follow each other with a blank line or without; older files have a second number before it."""
    assert [record.work.pmid for record in read("PMID- 1\nTI  - A\nPMID- 2\nTI  - B\n\n\nPMID- 3\nTI  - C\n")] == [
        "1",
        "2",
        "3",
    ]
    assert [
        record.work.title for record in read("UI  - 98\nPMID- 1\nTI  - A\n\nUI  - 99\nPMID- 2\nTI  - B\n")
    ] == ["A", "B"]


def test_it_is_recognised_and_not_taken_for_ris() -> None:
    """Both have `TI  - `; the number at the beginning tells."""
    assert formats.recognise(ARTICLE.encode()) == "nbib"
    assert formats.recognise(b"\xef\xbb\xbf" + ARTICLE.strip().encode()) == "nbib"
    assert formats.recognise(b"TY  - JOUR\nTI  - T\nAN  - PMID: 1\nER  - \n") == "ris"


def test_a_broken_doi_is_noted() -> None:
    """What is marked as a DOI and is none is said."""
    (record,) = read("PMID- 1\nTI  - A\nLID - doi:10.1 [doi]\n")
    assert (record.work.doi, record.doi_text) == (None, "doi:10.1")
    assert [note.code for note in record.notes] == ["invalid-doi"]


def test_it_is_never_written() -> None:
    """Whoever asks for it is told what to do instead; what would be filled is not withheld."""
    with pytest.raises(FormatError, match="read, never written; name another format"):
        formats.write([], "nbib")
    (record,) = read(ARTICLE)
    assert nbib.unheld(record, ["volume", "license"]) == nbib.unencodable(record, ["title"]) == ()
    assert nbib.held(Record(work=Work(title="x"), origin=Origin())) == Work(title="x")


def test_the_examples_are_true() -> None:
    """What the docstring shows is what happens."""
    results = doctest.testmod(nbib)
    assert results.attempted
    assert not results.failed

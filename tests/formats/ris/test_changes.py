"""Records that changed: the record goes on speaking as it did, and what did not change keeps its bytes."""

from __future__ import annotations

from typing import Any

import pytest

from enrich.formats import ris
from enrich.model import Name, Origin, PartialDate, Record, Work

SAMPLE = (
    "TY  - JOUR\r\nA1  - Roe,Jane\r\nT1  -  Spaced   title \r\nJO  - J. Test\r\nY1  - 2012///\r\nZZ  - unknown\r\n"
    "SP  - 1\r\nEP  - 9\r\nM3  - doi:10.1000/ABC\r\nN2  - Text of it.\r\nUR  - http://x.org/a;b\r\nER  - \r\n\r\n"
)
LINES = SAMPLE.split("\r\n")


def changed(text: str, *, doi_text: str | None = None, **update: Any) -> str:
    (record,) = ris.read([text.encode()])
    work = record.work.model_copy(update=update)
    record = record.model_copy(update={"work": work, "doi_text": doi_text or record.doi_text})
    data = b"".join(ris.write([record]))
    (again,) = ris.read([data])
    assert {name: getattr(again.work, name) for name in update} == update
    return data.decode()


def with_line(number: int, *lines: str, instead: int = 0) -> str:
    return "\r\n".join([*LINES[:number], *lines, *LINES[number + instead :]])


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        ({"volume": "7"}, with_line(4, "VL  - 7")),
        ({"volume": "7", "issue": "2"}, with_line(4, "VL  - 7", "IS  - 2")),
        ({"issn": ("2090-3170", "0926-9630")}, with_line(8, "SN  - 2090-3170", "SN  - 0926-9630")),
        ({"language": "en"}, with_line(9, "LA  - en")),
        ({"publisher": "P"}, with_line(8, "PB  - P")),
        ({"title": "New"}, with_line(2, "T1  - New", instead=1)),
        ({"container_title": "Journal"}, with_line(3, "JO  - Journal", instead=1)),
        ({"author": (Name(family="Roe", given="Janet"),)}, with_line(1, "A1  - Roe, Janet", instead=1)),
        (
            {"author": (Name(family="Roe", given="Jane"), Name(family="Doe", given="J."))},
            with_line(2, "A1  - Doe, J."),
        ),
        ({"issued": PartialDate(year=2013)}, with_line(4, "Y1  - 2013///", instead=1)),
        ({"issued": PartialDate(year=2012, month=3)}, with_line(4, "Y1  - 2012/03//", instead=1)),
        ({"page": "1-10"}, with_line(7, "EP  - 10", instead=1)),
        ({"page": None}, with_line(6, instead=2)),
        ({"abstract": "One.\nTwo."}, with_line(9, "N2  - One.", "Two.", instead=1)),
        ({"abstract": "One.\nER  -"}, with_line(9, "N2  - One.", " ER  -", instead=1)),
        ({"url": None}, with_line(10, instead=1)),
    ],
)
def test_only_the_changed_lines_change(update: dict[str, Any], expected: str) -> None:
    """A record of 2001 stays one; new tags stand where other programs have them; strange lines stay."""
    assert changed(SAMPLE, **update) == expected


def test_a_bare_doi_gets_a_line_of_its_own() -> None:
    """A DOI read from M3 is written as DO; M3 stays as it was."""
    assert changed(SAMPLE, doi_text="10.1000/abc") == with_line(8, "DO  - 10.1000/abc")


def test_a_doi_is_put_into_its_own_line() -> None:
    """Only the spelling of the DOI changes when the bare one is wanted; a second one stays."""
    text = "TY  - JOUR\nDO  - https://doi.org/10.1000/1\nDO  - 10.1000/2\nER  - \n"
    assert changed(text, doi_text="10.1000/1") == text.replace("https://doi.org/", "", 1)


def test_an_address_among_others_is_replaced_alone() -> None:
    """Of several addresses in one UR only the one that was read changes."""
    text = "TY  - JOUR\nTI  - T\nUR  - http://x.org/a;b;http://y.org\nER  - \n"
    assert changed(text, url="https://x.org/c") == text.replace("http://x.org/a;b", "https://x.org/c")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("TY - JOUR\nTI - T\nT2 - J\nER - \n", "VL - 3\n"),
        ("TY  – JOUR\nTI  – T\nT2  – J\nER  –\n", "VL  – 3\n"),
        ("   TY  - JOUR\n   TI  - T\n   T2  - J\n   ER  - \n", "   VL  - 3\n"),
    ],
)
def test_new_lines_are_written_as_the_others_are(text: str, line: str) -> None:
    """Separator and indent of the record's own lines are kept."""
    before, last, after = text.rpartition(text.split("\n")[-2])
    assert changed(text, volume="3") == before + line + last + after


@pytest.mark.parametrize("gap", [" ", "\n"])
def test_a_flattened_record_that_changes_gets_a_line_for_each_tag(gap: str) -> None:
    """Its values stay as they are."""
    text = f"TY  - JOUR TI  - A study AU  - Roe, Jane AB  - Uses UK - based things. ER  -{gap}"
    lines = [
        "TY  - JOUR",
        "TI  - A study",
        "AU  - Roe, Jane",
        "VL  - 3",
        "AB  - Uses UK - based things.",
        "ER  - ",
    ]
    assert changed(text, volume="3") == "\n".join(lines) + gap.strip(" ")


def test_a_record_without_its_end_is_ended_only_where_it_must_be() -> None:
    """Before a record with its type at the end an ER is put, and nowhere else."""
    open_, typed, late = ris.read(
        [b"TY  - JOUR\nTI  - Open\nTY  - BOOK\nTI  - Typed\nER  - \nTI  - Late\nTY  - BOOK\nER  - \n"]
    )
    assert b"".join(ris.write([open_, typed])) == b"TY  - JOUR\nTI  - Open\nTY  - BOOK\nTI  - Typed\nER  - \n"
    data = b"".join(ris.write([open_, late]))
    assert data == b"TY  - JOUR\nTI  - Open\nER  - \nTI  - Late\nTY  - BOOK\nER  - \n"
    assert [record.work.title for record in ris.read([data])] == ["Open", "Late"]


def test_huge_values_are_written_in_no_time() -> None:
    """An abstract of 30,000 lines and as many authors cost what their length costs: a slower writer would not end."""
    abstract = "\n".join(f"line {number}" for number in range(30_000))
    author = tuple(Name(family=f"Roe{number}", given="J.") for number in range(30_000))
    text = changed("TY  - JOUR\nTI  - T\nER  - \n", abstract=abstract, author=author)
    assert text.count("\n") == 60_003


def test_files_of_several_encodings_become_one() -> None:
    """The first record decides; the mark that begins a file is left out within one."""
    (first,) = ris.read(["TY  - JOUR\r\nTI  - Größe\r\nER  - \r\n".encode("utf-16")], file="a")
    (second,) = ris.read([b"\xef\xbb\xbfTY  - JOUR\nTI  - \xc3\xa4\nER  - \n"], file="b")
    data = b"".join(ris.write([first, second, Record(work=Work(title="New"), origin=Origin())]))
    assert [record.work.title for record in ris.read([data])] == ["Größe", "ä", "New"]
    assert data.decode("utf-16").count("\ufeff") == 0


def test_a_doi_that_cannot_be_read_is_not_lost() -> None:
    """A record of another format keeps what was meant to be its DOI, and is said to have none again."""
    record = Record(work=Work(type="book", title="T"), origin=Origin(), doi_text="doi:10.1")
    (again,) = ris.read(ris.write([record]))
    assert (again.work, again.doi_text) == (record.work, "doi:10.1")


def test_what_a_type_has_no_tag_for_is_named() -> None:
    """A licence has no tag, a book no issue; a value that is empty is no loss."""
    (record,) = ris.read([b"TY  - BOOK\nTI  - T\nER  - \n"])
    work = record.work.model_copy(
        update={"issue": "3", "license": "x", "publisher": "P", "isbn": ("0-471-11709-9",)}
    )
    record = record.model_copy(update={"work": work})
    assert ris.unheld(record, ["issue", "license", "publisher", "ISBN", "volume"]) == ("issue", "license")

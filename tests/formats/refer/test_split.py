"""Where records begin, and how several files become one."""

from __future__ import annotations

import pytest

from enrich.formats import refer
from enrich.model import Origin, PartialDate, Record, Work

LONG = "A paragraph of an abstract that is long enough to be one."
FILES = {
    "a blank line": ("%T a\n%D 2001\n\n%T b\n%D 2002\n", ["a", "b"]),
    "blank lines with blanks in them": ("%T a\n \t\n\r\n%T b\n", ["a", "b"]),
    "no blank line": ("%0 Book\n%T a\n%0 Book\n%T b\n", ["a", "b"]),
    "one record a line": ("%0 Book %T a %D 2001\n%0 Book %T b %D 2002\n", ["a", "b"]),
    "several records on a line": ("%0 Book %T a %D 2001 %0 book %T b %0 Thesis %T c", ["a", "b", "c"]),
    "an unknown type within a line": ("%0 Book %T a %D 2001 %0 期刊文章 %T b", ["a", "b"]),
    "lines and flat ones": ("%0 Book\n%T a\n\n%0 Book %T b %A Roe, J\n\n%0 Book\n%T c\n", ["a", "b", "c"]),
    "type after the title": ("%T a\n%0 Book\n%A Roe, J\n\n%T b\n%0 Book\n", ["a", "b"]),
    "type last and no blank line": ("%A Roe\n%T a\n%0 Book\n%D 1\n%A Doe\n%T b\n%0 Book\n%D 2\n", ["a", "b"]),
    "a blank line within a record": ("%A Roe\n%T a\n%0 Book\n%P 1-9\n\n%V 3\n%N 4\n\n%T b\n", ["a", "b"]),
    "two blank lines end a record": ("%0 Book\n%T a\n\n\n%V 3\n%R 10.1000/1\n", ["a", None]),
    "an abstract in paragraphs": (f"%0 Book\n%T a\n%X {LONG}\n\n{LONG}\n%U http://x.org\n\n%T b\n", ["a", "b"]),
    "an abstract in paragraphs before the authors": (
        f"%0 Book\n%T a\n%X {LONG}\n\n{LONG}\n%A Roe, J\n%D 2001\n",
        ["a"],
    ),
    "a heading before the first record": ("Results\n\n%T a\n", ["a"]),
    "a heading before each record": ("1.\n%0 Book\n%T a\n\n2.\n%0 Book\n%T b\n", ["a", "b"]),
    "a mark amid the file": ("%0 Book\n%T a\n\ufeff%0 Book\n%T b\n", ["a", "b"]),
    "a type named in a text": ("%0 Book\n%T a\n%X See %0 Book reviews.\n", ["a"]),
    "an indented record": ("  %0 Book %T a\n", ["a"]),
    "CR alone": ("%0 Book\r%T a\r\r%0 Book\r%T b\r", ["a", "b"]),
    "line breaks of the web": ("%0 Book<br>%T a<br />%A Roe, J<br>\n%0 Book<br>%T b<br>", ["a", "b"]),
}


@pytest.mark.parametrize(("text", "titles"), FILES.values(), ids=FILES)
def test_where_records_begin(text: str, titles: list[str | None]) -> None:
    """Each file holds the records a person sees in it, and comes back byte for byte."""
    records = list(refer.read([text.encode()]))
    assert [record.work.title for record in records] == titles
    assert b"".join(refer.write(records)) == text.encode()


@pytest.mark.parametrize(
    ("text", "lines"), [("\n\n%T a\n\n%T b\n", [3, 5]), ("%0 Book %T a %0 Book %T b\n%0 Book %T c", [1, 1, 2])]
)
def test_a_record_knows_its_line(text: str, lines: list[int]) -> None:
    """The origin names the file and the line of the record's first tag."""
    records = list(refer.read([text.encode()], file="a.enw"))
    assert [record.origin for record in records] == [Origin(file="a.enw", line=line) for line in lines]


def test_paragraphs_stay_paragraphs() -> None:
    """Line breaks of an abstract are kept, hard-wrapped titles are joined, a short line after a blank one is no abstract."""
    (record,) = refer.read([f"%T a\n  title\n%X {LONG}\nmore\n\n{LONG}\n\n12\n".encode()])
    assert record.work.title == "a title"
    assert record.work.abstract == f"{LONG}\nmore\n\n{LONG}"
    assert [(note.code, note.line) for note in record.notes] == [("stray-text", 8)]


ENDS = ["", "\n", "\n\n"]
ENCODED = [("utf-8", "é"), ("utf-8-sig", "é"), ("cp1252", "é"), ("gb18030", "中国科学院"), ("utf-16", "é中")]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(("first", "letter"), ENCODED)
@pytest.mark.parametrize(("second", "other"), ENCODED)
@pytest.mark.parametrize("beginning", ["%0 Book\n%T ", "%0 Book %T ", "%V 3\n%D ", "Export\n\n%T "])
def test_files_follow_each_other(
    end: str, first: str, letter: str, second: str, other: str, beginning: str
) -> None:
    """Records of several files stay apart and say the same, in one encoding, with no mark but at the beginning."""
    one = f"%0 Book\n%T {letter}\n%X {LONG}{end}".encode(first)
    two = (beginning + other + end).encode(second)
    records = [*refer.read([one], file="1"), *refer.read([two], file="2"), *refer.read([one], file="1")]
    data = b"".join(refer.write(records))
    again = list(refer.read([data]))
    assert [record.work for record in again] == [record.work for record in records]
    assert data.startswith(one[:10])
    assert data.count(b"\xef\xbb\xbf") == (first == "utf-8-sig")


def test_records_left_out_or_exchanged_stay_apart() -> None:
    """Any selection of a file's records, in any order, is read again as these."""
    text = f"%T a\n%X {LONG}\n\n%V 3\n%T b\n%0 Book\n%A Roe\n\n\n%V 4\n\n%0 Book %T c %0 Book %T d %U http://x.org"
    records = list(refer.read([text.encode()], file="a"))
    assert len(records) == 5
    for selection in ([0, 2], [2, 0], [4, 3], [4, 0, 3], [3, 2], [2, 2], [1, 0, 2]):
        chosen = [records[index] for index in selection]
        again = refer.read([b"".join(refer.write(chosen))])
        assert [record.work for record in again] == [record.work for record in chosen]


def test_a_changed_record_among_flat_ones() -> None:
    """A record that changes amid others on its line gets lines of its own; the others keep their bytes."""
    text = "%0 Book %T a %U http://a.org %0 Book %T b %U http://b.org %0 Book %T c %U http://c.org\n"
    records = list(refer.read([text.encode()], file="a"))
    records[1] = records[1].model_copy(update={"work": records[1].work.model_copy(update={"volume": "3"})})
    data = b"".join(refer.write(records)).decode()
    assert data == (
        "%0 Book %T a %U http://a.org \n%0 Book\n%T b\n%V 3\n%U http://b.org\n\n%0 Book %T c %U http://c.org\n"
    )


def test_one_chunk_for_each_record_and_one_to_close() -> None:
    """A writer yields as many chunks as there are records, and one more."""
    records = list(refer.read([b"%T a\n\n%T b\n"]))
    assert len(list(refer.write(iter(records)))) == 3
    assert list(refer.write([])) == [b""]


def test_records_of_other_formats_are_written_afresh() -> None:
    """Type first, then EndNote's order, and a blank line behind; a type nobody knows keeps its name."""
    work = Work(
        type="article-journal",
        title="T",
        doi="10.1000/182",
        issued=PartialDate(year=2012, month=3),
        issn=("2090-3170",),
        keyword=("a", "b"),
    )
    record = Record(work=work, origin=Origin(), extra=(("N1", "x"),))
    expected = "%0 Journal Article\n%D 2012\n%T T\n%8 2012-03\n%@ 2090-3170\n%R 10.1000/182\n%K a\nb\n\n"
    assert list(refer.write([record, record])) == [expected.encode(), expected.encode(), b""]
    odd = Record(work=Work(title="T"), origin=Origin(), extra=(("0", "期刊文章"),))
    assert b"".join(refer.write([odd])) == "%0 期刊文章\n%T T\n\n".encode()

"""Files put together from several formats: each record is read in its own, no byte is lost, and each goes back as it was."""

from __future__ import annotations

import doctest
from itertools import permutations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from enrich import formats
from enrich.errors import FormatError
from enrich.formats import mixed
from enrich.model import Origin, Record, Work

PIECES = {
    "refer": b"%0 Journal Article\n%T Random Forests\n%D 2001\n%R 10.1023/A:1010933404324\n",
    "ris": b"TY  - JOUR\nAU  - Breiman, Leo\nTI  - Random Forests\nPY  - 2001\nER  - \n",
    "nbib": b"PMID- 123\nOWN - NLM\nTI  - Random Forests\nAU  - Breiman L\n",
    "isi": b"PT J\nAU Breiman, L\nTI Random Forests\nSO MACH LEARN\nUT WOS:1\nER\n",
    "bibtex": b"@article{a,\n  title = {Random Forests}\n}\n",
}
BOTH_WAYS = {"refer", "ris", "bibtex"}
ANY = st.lists(st.sampled_from(sorted(PIECES)), min_size=1, max_size=5)
GAPS = st.lists(st.sampled_from([b"", b"\n", b"\n\n", b"\r\n", b"\xef\xbb\xbf"]), min_size=5, max_size=5)


def raw(record: Record) -> bytes:
    assert record.source is not None
    return record.source.raw


def chunks(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@example(names=["bibtex", "nbib", "refer"], gaps=[b"\n" * 100, b"\n\n", b"\n\n", b"", b""], size=1)
@settings(max_examples=150)
@given(names=ANY, gaps=GAPS, size=st.integers(1, 300))
def test_each_record_is_read_in_its_own_format(names: list[str], gaps: list[bytes], size: int) -> None:
    """Whatever stands before it: format, title and line are right, the bytes are all there, chunks change nothing."""
    data, lines = b"", []
    for name, gap in zip(names, gaps, strict=False):
        data += gap if gap != b"\xef\xbb\xbf" or name != "isi" else b""
        lines.append(data.count(b"\n") + 1)
        data += PIECES[name]
    records = list(formats.read(chunks(data, size), file="x"))
    assert [record.source.format for record in records if record.source] == names
    assert [record.origin.line for record in records] == lines
    assert {record.work.title for record in records} == {"Random Forests"}
    assert b"".join(map(raw, records)) == data
    assert list(formats.read([data], file="x")) == records
    name, parts = formats.parts(chunks(data, size), file="x")
    assert [formats.record(part, name) for part in parts] == records
    if BOTH_WAYS.issuperset(names):
        again = list(formats.rewrite(records))
        assert len(again) == len(records) + 1
        assert b"".join(again) == data


@pytest.mark.parametrize(("first", "second"), list(permutations(sorted(BOTH_WAYS), 2)))
def test_a_change_stays_in_its_record_and_its_format(first: str, second: str) -> None:
    """In a mixed file a changed record is written as it was read, its neighbours keep their bytes."""
    data = PIECES[first] + b"\n" + PIECES[second] + b"\n" + PIECES[first]
    records = list(formats.read([data], file="x"))
    for place in range(3):
        changed = list(records)
        work = records[place].work.model_copy(update={"volume": "45"})
        changed[place] = records[place].model_copy(update={"work": work})
        written = list(formats.rewrite(changed))
        again = list(formats.read([b"".join(written)], file="x"))
        assert [record.source.format for record in again if record.source] == [first, second, first]
        assert [record.work for record in again] == [record.work for record in changed]
        same = {0, 1, 2} - {place}
        assert all(written[at].strip() == raw(records[at]).strip() for at in same)


def test_a_changed_record_without_a_last_line_end_is_still_parted() -> None:
    """Between a record that ends without a line end and one of another format there is one."""
    ris = next(formats.read([PIECES["ris"].rstrip()], file="x"))
    refer = next(formats.read([PIECES["refer"]], file="x"))
    written = b"".join(formats.rewrite([ris, refer]))
    assert [record.source.format for record in formats.read([written]) if record.source] == ["ris", "refer"]


def test_records_of_other_files_take_the_first_ones_format() -> None:
    """A library of RIS appended to one of refer becomes refer; what was in the first file beside refer stays."""
    first = list(formats.read([PIECES["refer"] + PIECES["bibtex"]], file="a"))
    second = list(formats.read([PIECES["ris"]], file="b"))
    again = formats.read([b"".join(formats.rewrite([*first, *second]))])
    assert [record.source.format for record in again if record.source] == ["refer", "bibtex", "refer"]
    fresh = Record(work=Work(title="A", type="book"), origin=Origin())
    assert b"".join(formats.rewrite([fresh])).startswith(b"%0 Book")
    assert list(formats.rewrite([])) == [b""]


def test_what_is_never_written_is_refused() -> None:
    """A PubMed record in a library cannot be cleaned in place; the message says what to do."""
    records = list(formats.read([PIECES["refer"] + PIECES["nbib"]], file="x"))
    with pytest.raises(FormatError, match="nbib is read, never written"):
        list(formats.rewrite(records))


@pytest.mark.parametrize(
    "text",
    [b"%T A\n%X first\nTY  - JOUR\nsecond\nER  - \n", b"%T A\n%X see\nPMID- 12345\nthere\n%D 2001\n",
     b"%T A\n%X @article{x, y}\n",
     b"%T A\n%Z PT J\n", b"%T A\n%X one\n @article{x,\n  title = {y}}\n", b"%T A\n%X TY  - JOUR\nTI  - x\n"],
)  # fmt: skip
def test_one_line_of_another_format_is_text(text: bytes) -> None:
    """A record begins with two lines that only its format has; one alone, or one that is indented, is a text's own."""
    assert [record.source.format for record in formats.read([b"%0 Book\n" + text]) if record.source] == ["refer"]


def test_what_stands_in_the_braces_of_an_entry_is_its_own() -> None:
    """A RIS record quoted in a field of BibTeX is no record; one behind the entry is."""
    entry = b"@article{a,\n  title = {A},\n  note = {\n" + PIECES["ris"] + b"}}\n"
    records = list(formats.read([entry + PIECES["ris"]]))
    assert [record.source.format for record in records if record.source] == ["bibtex", "ris"]


def test_a_heading_belongs_to_the_record_below_it() -> None:
    """What stands above the first record is no record, of whatever format the rest of the file is."""
    data = b"My references, 2001\n\n" + PIECES["ris"] + PIECES["refer"] * 3
    records = list(formats.read([data], file="x"))
    assert [record.source.format for record in records if record.source] == ["ris", *["refer"] * 3]
    assert [record.origin.line for record in records] == [3, 8, 12, 16]
    assert b"".join(map(raw, records)) == data


def test_a_named_format_reads_everything() -> None:
    """Who says `--from` is believed: the rest is kept as stray text of the record before."""
    (record,) = formats.read([PIECES["ris"] + PIECES["refer"]], format="ris")
    assert raw(record) == PIECES["ris"] + PIECES["refer"]


def test_the_example_is_true() -> None:
    """What the docstring shows is what happens."""
    results = doctest.testmod(mixed)
    assert results.attempted
    assert not results.failed

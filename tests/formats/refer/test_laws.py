"""What holds of any bytes whatever."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.errors import FormatError
from enrich.formats import refer
from enrich.formats.refer import split
from enrich.formats.refer.layout import layout
from enrich.formats.refer.tokens import Oddities, normalized, tokens
from enrich.model import Record, Work

PIECES = [
    *(
        "%0 Journal Article",
        "%0 Book",
        "%0 Foo",
        "%0",
        "%T ",
        "%A Smith, J.",
        "%X ",
        "%D 2012",
        "%R 10.1000/x",
        "%U http://x.org",
    ),
    *(
        "%@ 2090-3170",
        "%K a;b",
        "%P 1-9",
        "%",
        "% ",
        "\n",
        "\n\n",
        "\n\n\n",
        "\r\n",
        "\r",
        "\r\r\n",
        " ",
        "  ",
        "\t",
        "\ufeff",
    ),
    *(
        "é",
        "中文",
        "\x00",
        "<br>",
        "text here.",
        "A longer paragraph that goes on for more than forty characters.",
    ),
    *(
        "%5 x",
        "%( 1",
        "%(1990",
        "%)",
        "$] 5",
        "\n%A Doe",
        "\n%0 Journal Article",
        "\n%T t",
        "\n%V 3",
        " %0 Book %T x",
    ),
    *(" %U http://y", " %D 2010", "\x0b", "\u2028", "Jr., X,", "0926-9630 (Print)", "%E Ed, X", "%J Jo", "%B Bo"),
]
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=25).map("".join)
ENCODINGS = ["utf-8", "utf-8", "utf-8-sig", "cp1252", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Files that look like refer, in some encoding, and perhaps broken."""
    data = bytearray(draw(TEXTS).encode(draw(st.sampled_from(ENCODINGS)), "replace"))
    for place, byte in draw(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=3)):
        if data:
            data[place % len(data)] = byte
    return bytes(data)


def read(data: bytes, size: int | None = None) -> list[Record] | None:
    """Read a file in chunks of `size` bytes; None where it is no bibliography."""
    chunks = [data] if size is None else [data[at : at + size] for at in range(0, len(data), size)]
    try:
        return list(refer.read(chunks, file="a.enw"))
    except FormatError:
        return None


@settings(max_examples=300)
@given(st.binary(max_size=300) | st.binary(max_size=100).map(lambda data: b"%T " + data) | files())
def test_joined_records_are_the_file(data: bytes) -> None:
    """Reading any bytes raises nothing but FormatError, and no byte is lost or written twice."""
    records = read(data)
    if records is not None:
        assert b"".join(record.source.raw for record in records if record.source) == data
        assert b"".join(refer.write(records)) == data


@settings(max_examples=150)
@given(files(), st.integers(1, 7))
def test_chunks_change_nothing(data: bytes, size: int) -> None:
    """How a file is cut into chunks never changes its records, and an error stays an error."""
    assert read(data, size) == read(data)


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from(["%0 Book\n%T a\n\n", "\n", " ", "x" * 90, "%0 Book %T b ", "\r\n"]), max_size=400),
    st.integers(1, 3),
)
def test_long_files_are_cut_alike(pieces: list[str], size: int) -> None:
    """Cuts depend on the bytes alone also where the buffer ends in the middle of a run of blanks."""
    data = "".join(pieces).encode() * 10
    whole = [segment for _, segment in split.segments([data])]
    step = 4999 * size
    assert [
        segment for _, segment in split.segments(data[at : at + step] for at in range(0, len(data), step))
    ] == whole
    assert b"".join(whole) == data


@settings(max_examples=200)
@given(files())
def test_what_is_written_is_read_again(data: bytes) -> None:
    """Reading what was written gives the same works, wherever they came from."""
    records = read(data)
    if records is None:
        return
    again = read(b"".join(refer.write(records)))
    assert again is not None
    assert [record.work for record in again] == [record.work for record in records]


@settings(max_examples=200)
@given(TEXTS)
def test_the_layout_is_the_text(text: str) -> None:
    """The chunks a writer edits hold the tags a reader sees, and all of the text."""
    lead, chunks = layout(text)
    assert lead + "".join(chunk.body + chunk.tail for chunk in chunks) == text
    found = [token[:2] for chunk in chunks for token in chunk.found]
    assert found == [token[:2] for token in tokens(normalized(text), Oddities())]


@given(files())
def test_works_are_what_validation_makes_of_them(data: bytes) -> None:
    """A work from the reader equals the same work built from its own description."""
    for record in read(data) or []:
        assert Work.model_validate(record.work.model_dump()) == record.work


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n", b"\xef\xbb\xbf\n", b"\n" * 100_000])
def test_an_empty_input_is_an_error(data: bytes) -> None:
    """Nothing is not a bibliography without records; the message says so."""
    with pytest.raises(FormatError, match="empty"):
        next(refer.read([data], file="a.enw"))


@pytest.mark.parametrize(
    "data",
    [
        b"TY  - JOUR\nTI  - x\nER  - \n",
        b"Dear all, 58 % of you\nhave %A nothing.\n",
        b"%% a comment\n%!PS-Adobe\n",
        b"%PDF-1.4\n%\x00\x01\x02\n%A x\n",
        bytes(range(256)) * 300,
        b"x" * (split.LIMIT + 70_000) + b"\n%T late\n",
    ],
)
def test_what_is_no_bibliography_is_an_error(data: bytes) -> None:
    """An input without a line that begins with a tag is refused before any record, naming file and line."""
    with pytest.raises(FormatError) as caught:
        next(refer.read([data], file="a.enw"))
    assert (caught.value.file, caught.value.line) == ("a.enw", 1)


def test_the_decision_comes_early() -> None:
    """A stream that cannot be refer is left after a bounded number of bytes."""
    seen = 0

    def stream() -> Iterator[bytes]:
        nonlocal seen
        for _ in range(2000):
            seen += 10_000
            yield b"0123456789" * 1000

    with pytest.raises(FormatError):
        next(refer.read(stream()))
    assert seen <= 3 * split.LIMIT


def test_a_record_that_is_too_long_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit a record is passed on in parts that are not parsed, however it is cut; those around it are read."""
    for module in ("split", "reader", "writer"):
        monkeypatch.setattr(f"enrich.formats.refer.{module}.LIMIT", 1000)
    data = b"%0 Book\n%T a\n\n%0 Book\n%X " + b"word " * 500 + b"\n%K b\n\n%0 Book\n%T c\n"
    first, *parts, last = refer.read([data])
    assert [[note.code for note in part.notes] for part in parts] == [["too-long"]] * 3
    assert (first.work.title, last.work.title) == ("a", "c")
    assert not any(part.readable for part in parts)
    assert b"".join(refer.write([first, *parts, last])) == data
    assert list(refer.read(bytes([byte]) for byte in data)) == [first, *parts, last]


def test_memory_holds_a_part_of_a_record_that_never_ends() -> None:
    """A line, or tags, without an end come out while they are still being read."""
    for unit in (b"word ", b"%K a word\n"):
        given = 0

        def chunks(unit: bytes = unit) -> Iterator[bytes]:
            nonlocal given
            yield b"%0 Book\n%T a\n%X "
            while given < 8 * split.LIMIT:
                given += 1 << 16
                yield unit * ((1 << 16) // len(unit))

        assert not next(refer.read(chunks())).readable
        assert given <= 3 * split.LIMIT


def test_an_odd_record_does_not_stop_the_rest() -> None:
    """A record without any value is unreadable, noted, and kept."""
    data = b"%0 Book\n%T a\n\n%0\n%T\n\n%0 Book\n%T c\n"
    first, odd, last = refer.read([data])
    assert [note.code for note in odd.notes] == ["unreadable"]
    assert (first.readable, odd.readable, last.readable) == (True, False, True)
    assert b"".join(refer.write([first, odd, last])) == data

"""Input made to hurt: bounded time and memory, and every byte kept."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.errors import FormatError
from enrich.formats import bibtex
from enrich.formats.bibtex import split

PIECES = ["{", "{}", "}", "@a{", "@a{\n", "@string{", "@comment{", "@comment{\n", "%@a{",
"@a{x}", '@a(x"', "@a{x}\n @b{\n", "x@a{",
          "@a{\\}", "\n @a{", "@string{a=a#a}", "@a{k,crossref={p}}\n", "\\", '"', "#", "=", ",", "t={},", "{x}#",
          " and ", "a, ",
          "{\\_}", "10.1000/", " \n", "-", "A", "1", "$", "%", ";"]  # fmt: skip


@pytest.mark.parametrize("before", ["", "@a{k,title={", "@a{k,author={", "@a{k,pages=", "@a{k,doi={", "@a{k,"])
@pytest.mark.parametrize("piece", PIECES)
def test_time_is_linear(before: str, piece: str) -> None:
    """Fifteen thousand characters of anything, anywhere, are refused or kept and written in little time."""
    data = (before + piece * (15_000 // len(piece)) + "}}\n@misc{z, title = {x}}\n").encode()
    start = time.process_time()
    try:
        records = list(bibtex.read([data]))
    except FormatError:
        return
    assert b"".join(bibtex.write(records)) == data
    for record in records[:2]:
        update = {"volume": "3", "title": "New"}
        if record.readable:
            list(bibtex.write([record.model_copy(update={"work": record.work.model_copy(update=update)})]))
    assert time.process_time() - start < 5


@settings(max_examples=150)
@given(
    st.lists(st.sampled_from([*PIECES, "title={x}", "@b(k, ", ")", "\n@c{k2,\n", "}\n"]), max_size=30).map(
        "".join
    ),
    st.integers(1, 9),
)
def test_blocks_are_the_file(text: str, size: int) -> None:
    """However the bytes are cut into chunks, the same blocks come, and joined they are the bytes."""
    data = text.encode()
    whole = list(split.blocks([data]))
    assert b"".join(block.data for block in whole) == data
    assert list(split.blocks(data[at : at + size] for at in range(0, len(data), size))) == whole


def test_what_is_too_long_is_kept_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit an entry, or what stands between two, is not parsed but keeps its bytes; those around it are read."""
    monkeypatch.setattr("enrich.formats.bibtex.split.LIMIT", 1000)
    data = b"@misc{a}\n" + b"x " * 3000 + b"\n@misc{b, title = {" + b"y " * 3000 + b"}}\n@misc{c}\n"
    for size in (7, 1 << 20):
        records = list(bibtex.read(data[at : at + size] for at in range(0, len(data), size)))
        assert b"".join(bibtex.write(records)) == data
        assert [dict(record.extra).get("citation-key") for record in records if record.readable] == ["a", "c"]
        assert {note.code for record in records for note in record.notes} == {"unreadable"}


def test_memory_does_not_grow_with_one_field() -> None:
    """Of a field of forty megabytes no more is held than the limit a few times over."""

    def stream() -> object:
        yield b"@misc{a, abstract = {"
        for _ in range(640):
            yield b"many words " * 5958
        yield b"}}\n@misc{b}\n"

    tracemalloc.start()
    try:
        last = None
        for record in bibtex.read(stream()):  # type: ignore[arg-type]  # a generator of bytes
            last = record
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert last is not None
    assert dict(last.extra)["citation-key"] == "b"
    assert peak < 12 * split.LIMIT


def test_definitions_that_double_are_bounded() -> None:
    """Sixty strings, each twice the former, and one of a thousand joined, take neither time nor memory."""
    doubled = "@string{a0 = {xxxxxxxxxx}}\n" + "".join(f"@string{{a{n + 1} = a{n} # a{n}}}\n" for n in range(60))
    joined = "@string{b = {" + "y" * 60_000 + "}}\n@misc{k, title = " + " # ".join(["b"] * 1000) + "}\n"
    (first, *_) = bibtex.read([(doubled + "@misc{a, title = a60}\n" + joined).encode()])
    assert [note.code for note in first.notes] == ["undefined-string"]

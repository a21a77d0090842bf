"""Files of CSL-JSON: cutting, reading, writing back byte for byte, and what a change does to the bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from enrich.errors import FormatError
from enrich.formats import csl_json, json_items
from enrich.model import Name, Origin, PartialDate, Record, Source, Work

ONE = b'{"id": "a", "type": "article-journal", "title": "Random {F]orests \\"x\\\\", "DOI": "10.1023/A:1010933404324"}'
TWO = b'{\n    "id": "b",\n    "volume": 45,\n    "custom": {"x": [1, null]},\n    "title": "Bagging"\n  }'
FILES = {
    "array": b"[\n  " + ONE + b",\n  " + TWO + b"\n]\n",
    "tight array": b"[" + ONE + b"," + ONE + b"]",
    "one in an array": b"[" + ONE + b"]\r\n",
    "byte order mark": b"\xef\xbb\xbf[" + ONE + b" , " + TWO + b"]",
    "wrapper": b'{"version": 1, "items": [' + ONE + b", " + TWO + b'], "total": 2}\n',
    "printed wrapper": b'{\n  "items":\n  [\n' + ONE + b"\n,\n" + TWO + b"\n  ]\n}",
    "lines": ONE + b"\n" + ONE + b"\n",
    "lines without a last break": ONE + b"\r\n" + ONE,
    "blank lines": b"\n" + ONE + b"\n\n" + ONE + b"\n\n",
    "one object": TWO + b"\n",
    "one line": ONE,
    "objects in a row": TWO + b"\n" + TWO + b"\n",
    "lines of two files": ONE + b"\n\xef\xbb\xbf" + ONE + b"\n",
    "a mark behind the last line": ONE + b"\n" + ONE + b"\xef\xbb\xbf",
    "a mark behind an array": b"[" + ONE + b"]\n\xef\xbb\xbf",
    "a mark within an array": b"[" + ONE + b",\xef\xbb\xbf" + ONE + b"]\n",
    "a word behind an array": b"[" + ONE + b"] end\n",
}
BROKEN = {
    "a broken item": (b"[" + ONE + b', {"title": }, ' + TWO + b"]", [True, False, True]),
    "lone values": (b'[1, null, "a,]", [2], ' + ONE + b", tru]", [False, False, False, False, True, False]),
    "a broken line": (ONE + b'\n{"title": "x\n' + ONE + b"\n", [True, False, True]),
    "a broken first line": (b'{"title": "x\n' + ONE + b"\n", [False, True]),
    "cut off": (b"[" + ONE + b', {"title": "x', [True, False]),
    "cut off before its first item": (b'{"items": [', [False]),
    "cut off at once": (b"\xef\xbb\xbf[\n", [False]),
    "a stray bracket": (b"[" + ONE + b", }, " + ONE + b"]", [True, False, True]),
    "not UTF-8": (b'[{"title": "\xe9"}, ' + ONE + b"]", [False, True]),
    "half a character": (b'[{"title": "\\ud800"}, ' + ONE + b"]", [False, True]),
    "nested too deeply": (b"[" + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b", " + ONE + b"]", [False, True]),
    "nested deeply": (b"[" + b'{"a":' * 600 + b"1" + b"}" * 600 + b", " + ONE + b"]", [False, True]),
}


def read(data: bytes, size: int = 1 << 16) -> list[Record]:
    """Read a file in chunks of a size."""
    return list(csl_json.read((data[at : at + size] for at in range(0, len(data), size)), file="x.json"))


def written(records: Iterable[Record]) -> bytes:
    """Write records as one piece."""
    return b"".join(csl_json.write(records))


def changed(record: Record, **fields: Any) -> Record:
    """Return the record with other fields."""
    return record.model_copy(update={"work": record.work.model_copy(update=fields)})


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_an_unchanged_file_keeps_its_bytes(data: bytes) -> None:
    """All records are read, their raw pieces join to the file, and writing them gives the file."""
    records = read(data)
    assert len(records) == data.count(b'"id"')
    assert all(record.readable and record.source for record in records)
    assert b"".join(record.source.raw for record in records if record.source) == data
    assert written(records) == data
    assert len(list(csl_json.write(records))) == len(records) + 1


@pytest.mark.parametrize("data", [*FILES.values(), *(data for data, _ in BROKEN.values())])
def test_how_a_file_is_cut_never_matters(data: bytes) -> None:
    """Chunks of one byte, of seven, or the whole file give the same records."""
    assert read(data, 1) == read(data, 7) == read(data, 1 << 20)


@pytest.mark.parametrize(("data", "readable"), BROKEN.values(), ids=BROKEN)
def test_a_broken_item_spoils_only_itself(data: bytes, readable: list[bool]) -> None:
    """What cannot be read is kept with a note that gives its line; the items around it are read."""
    records = read(data)
    assert [record.readable for record in records] == readable
    for record in records:
        assert [note.code for note in record.notes] == ([] if record.readable else ["unreadable-item"])
        assert all(note.line == record.origin.line for note in record.notes)
    assert b"".join(record.source.raw for record in records if record.source) == data


def test_nothing_is_lost() -> None:
    """The DOI as it was written, unknown members and odd values stand in the record, with the line it begins on."""
    records = read(FILES["array"])
    assert records[0].doi_text == "10.1023/A:1010933404324"
    assert records[0].work.doi == "10.1023/a:1010933404324"
    assert records[1].extra == (("id", '"b"'), ("custom", '{"x":[1,null]}'))
    assert [record.origin for record in records] == [Origin(file="x.json", line=2), Origin(file="x.json", line=3)]
    (odd,) = read(b'{"issued": {"year": 2001}, "volume": [[]], "DOI": "none"}')
    assert [(note.code, note.text.split()[3]) for note in odd.notes] == [
        ("odd-value", "issued"),
        ("odd-value", "DOI"),
    ]
    assert odd.work == Work()
    assert odd.doi_text == "none"
    assert odd.extra == (("issued", '{"year":2001}'), ("volume", "[[]]"), ("DOI", '"none"'))


@pytest.mark.parametrize("text", [b'{"title": "a\nb"}', b'{"title": "a\tb", "volume": NaN}'])
def test_small_sins_are_let_pass(text: bytes) -> None:
    """A raw line break in a string and NaN, which many programs write, do not make an item unreadable."""
    (record,) = read(b"[" + text + b"]")
    assert record.readable
    assert record.work.title
    assert record.work.volume is None


CHANGES = [
    ({"title": "Trees"}, b'"title": "Bagging"', b'"title": "Trees"'),
    ({"title": None}, b',\n    "title": "Bagging"', b""),
    ({"volume": "46"}, b'"volume": 45', b'"volume": "46"'),
    ({"volume": None}, b',\n    "volume": 45', b""),
    ({"issue": "1"}, b'"title": "Bagging"', b'"title": "Bagging",\n    "issue": "1"'),
    (
        {"author": (Name(family="Breiman"),)},
        b'"title": "Bagging"',
        b'"title": "Bagging",\n    "author": [\n      {\n        "family": "Breiman"\n      }\n    ]',
    ),
]


@pytest.mark.parametrize(("fields", "before", "after"), CHANGES)
@pytest.mark.parametrize("name", ["array", "wrapper", "byte order mark", "printed wrapper"])
def test_a_changed_item_differs_only_in_what_changed(
    name: str, fields: dict[str, Any], before: bytes, after: bytes
) -> None:
    """A changed, new or removed member is the only difference in the file, and is printed as its neighbours are."""
    first, second = read(FILES[name])
    result = written([first, changed(second, **fields)])
    assert result == FILES[name].replace(before, after)
    assert read(result)[1].work == changed(second, **fields).work


def test_changes_on_one_line() -> None:
    """In an item on one line a change stays on that line; the first and the only member can go, an empty item can grow."""
    (record,) = read(ONE)
    assert written([changed(record, type=None)]) == ONE.replace(b'"type": "article-journal", ', b"")
    assert written([changed(record, volume="1")]) == ONE[:-1] + b', "volume": "1"}'
    for text, fields, expected in [
        (b'{"volume":1}', {"volume": None}, b"{}"),
        (b'{"volume":1,"issue":2}', {"volume": None}, b'{"issue":2}'),
        (b'{"volume":1}', {"issue": "2"}, b'{"volume":1,"issue":"2"}'),
        (b"{}", {"issue": "2"}, b'{"issue": "2"}'),
        (b'{"publisher-location":"Ghent"}', {"publisher_place": "Gent"}, b'{"publisher-location":"Gent"}'),
        (
            b'{"issued":{"date-parts":[[2001],[2002]]}}',
            {"issued": PartialDate(year=2003)},
            b'{"issued":{"date-parts":[[2003]]}}',
        ),
    ]:
        (record,) = read(text)
        assert b"".join(list(csl_json.write([changed(record, **fields)]))[:-1]) == expected


def test_a_doi_comes_back_as_it_was_spelt() -> None:
    """A DOI is changed to its compact form, and back to the spelling that stood there when that is undone."""
    (record,) = read(ONE)
    assert record.source
    other = changed(record, doi="10.1000/182").model_copy(update={"doi_text": "10.1000/182"})
    (again,) = read(written([other]))
    assert again.work.doi == "10.1000/182"
    undone = changed(again, doi=record.work.doi).model_copy(update={"doi_text": record.doi_text})
    assert b"".join(list(csl_json.write([undone]))[:-1]) == ONE


@pytest.mark.parametrize("first", FILES)
@pytest.mark.parametrize("second", FILES)
def test_files_joined_or_in_part_are_sound(first: str, second: str) -> None:
    """Records of two files, the last only, or in another order make a file that reads as the same records."""
    one, two = read(FILES[first]), read(FILES[second])
    for records in (one + two, [*one, fresh], [fresh, *one], one[-1:], one[::-1], two[1:] + one[:1]):
        again = read(written(records))
        assert [record.work for record in again] == [record.work for record in records]
        assert all(record.readable for record in again)


fresh = Record(
    work=Work(title="Bagging", issued=PartialDate(year=1996)),
    origin=Origin(file="x.enw", line=1),
    source=Source(format="refer", raw=b"%T Bagging\n", work=Work(title="Bagging")),
    doi_text="10.x/none",
    extra=(("%9", "article"), ("%9", "journal")),
)


def test_a_record_of_another_format() -> None:
    """It is printed with an id; what CSL has no name for, a DOI that is none among it, is kept under `custom`."""
    assert json.loads(written([fresh, changed(fresh, doi="10.1000/182")])) == [
        {
            "id": "item-1",
            "title": "Bagging",
            "issued": {"date-parts": [[1996]]},
            "custom": {"%9": "article\njournal", "DOI": "10.x/none"},
        },
        {
            "id": "10.1000/182",
            "title": "Bagging",
            "issued": {"date-parts": [[1996]]},
            "DOI": "10.1000/182",
            "custom": {"%9": "article\njournal"},
        },
    ]
    assert written([]) == b"[]\n"
    unreadable = Record(
        work=Work(), origin=Origin(), source=Source(format="refer", raw=b"\xff", work=Work()), readable=False
    )
    assert json.loads(written([unreadable])) == [{"id": "item-1", "custom": {"unreadable": "\ufffd"}}]


@pytest.mark.parametrize("data", [b"%T Bagging\n", b"hello", b"<html>", b'"a"', b"12"])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    """A file that begins like nothing that holds items raises FormatError, showing how it begins."""
    with pytest.raises(FormatError, match="neither") as refused:
        read(data)
    assert refused.value.excerpt
    assert csl_json.sniff(data) == 0.0


@pytest.mark.parametrize("data", [b"", b" \n", b"[]", b"[ ]\n", b'{"items": []}'])
def test_empty_files(data: bytes) -> None:
    """A file without items has no records."""
    assert read(data) == []


@given(
    st.lists(
        st.sampled_from(
            [b"{", b"}", b"[", b"]", b'"', b"\\", b",", b":", b"\n", b"a", b'"a":', b'"items":[', b"1 "]
        ),
        max_size=30,
    )
)
@hypothesis_settings(max_examples=300)
def test_any_bytes_are_kept(parts: list[bytes]) -> None:
    """Whatever follows the first bracket, nothing raises, and every byte stands in one of the records or there is none."""
    data = b"[" + b"".join(parts)
    pieces = list(json_items.pieces([data]))
    assert not pieces or b"".join(piece.lead + piece.core + piece.tail for piece in pieces) == data
    for record in read(data):
        list(csl_json.write([record]))


@pytest.mark.parametrize(
    "unit", [b"[", b"{", b'"', b'{"a":', b"\\", b'"\\', b"1,", b"[],", b"{},", b"]", b"}", b"\n", b'{"a":"', b" "]
)
def test_hostile_files_take_linear_time(unit: bytes) -> None:
    """Eight times the bytes take about eight times as long, never sixty-four, however they are cut into chunks."""

    def seconds(count: int) -> float:
        data = b"[" + unit * (count // len(unit))
        started = perf_counter()
        for _ in json_items.pieces(data[at : at + 512] for at in range(0, len(data), 512)):
            pass
        return perf_counter() - started

    assert seconds(200_000) < 32 * max(seconds(25_000), seconds(25_000)) + 0.05


def test_memory_holds_one_item() -> None:
    """Records come out while the file is still being read: no more than a few chunks ahead."""
    given = 0

    def chunks() -> Iterable[bytes]:
        nonlocal given
        yield b"["
        for _ in range(1000):
            given += 1
            yield ONE + b" " * 10_000 + b","

    records = csl_json.read(chunks())
    next(records)
    assert given < 20


def test_real_files(real_data: Path) -> None:
    """The agencies' answers, as an array and as JSON Lines, are written back byte for byte."""
    items = []
    for line in (real_data / "other.jsonl").read_bytes().splitlines():
        row = json.loads(line)
        if row["kind"].startswith("csl"):
            items.append(row["body"])
    for data in (
        json.dumps(items, indent=1).encode(),
        b"".join(json.dumps(item).encode() + b"\n" for item in items),
    ):
        records = read(data, 4096)
        assert len(records) == len(items)
        assert all(record.readable and record.work.title is not None for record in records)
        assert written(records) == data
        again = read(written([changed(record, volume="999") for record in records]))
        assert all(record.work.volume == "999" for record in again)
        assert [changed(a, volume="1").work for a in again] == [changed(b, volume="1").work for b in records]

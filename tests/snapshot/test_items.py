"""Reading the registries' public data files."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from enrich.errors import StoreError
from enrich.snapshot import inflate
from enrich.snapshot.files import data_files, pieces
from enrich.snapshot.items import Item, Problem, chunks, recognised, stamp_of

Works = Any
LINES: dict[str, Callable[[list[Any]], str]] = {
    "lines": lambda items: "\n".join(map(json.dumps, items)) + "\n",
    "lines with blank ones and returns": lambda items: "\n\r\n \n".join(map(json.dumps, items)),
    "enveloped lines": lambda items: "\n".join(json.dumps({"status": "ok", "message": item}) for item in items),
    "JSON:API lines": lambda items: "\n".join(json.dumps({"data": item}) for item in items),
    "a list on a line": lambda items: json.dumps({"message": {"items": items}}),
}
DOCUMENTS: dict[str, Callable[[list[Any]], str]] = {
    "items": lambda items: json.dumps({"items": items}),
    "items, indented": lambda items: json.dumps({"items": items}, indent=2),
    "an answer of the API": lambda items: json.dumps(
        {"status": "ok", "message": {"total-results": 3, "items": items, "x": []}}
    ),
    "a JSON:API list": lambda items: "\ufeff" + json.dumps({"data": items, "meta": {"total": 3}}),
    "an array": json.dumps,
    "objects one after the other": lambda items: "\n".join(json.dumps(item, indent=1) for item in items),
    "one envelope each": lambda items: " ".join(json.dumps({"message": item}) for item in items),
}


@pytest.fixture
def items(works: Works) -> list[Any]:
    """Return works of both registries."""
    return [works.crossref(1), works.datacite(2), works.crossref(3)]


def read(path: Path) -> Iterator[Item | Problem]:
    """Yield what a data file of any kind holds."""
    for piece in pieces([path], path.parent, io.BytesIO()):
        yield from [piece] if isinstance(piece, Problem) else piece.read()


def dois(path: Path) -> list[str]:
    """Return what a file holds, in order."""
    return [item.doi if isinstance(item, Item) else str(item) for item in read(path)]


EXPECTED = ["10.1000/work.1", "10.5555/data.2", "10.1000/work.3"]


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("shape", LINES)
def test_every_shape_of_lines_gives_the_same_works(tmp_path: Path, items: list[Any], shape: str, *, zipped: bool):
    """Envelope, blank lines and compression make no difference."""
    content = LINES[shape](items).encode()
    path = tmp_path / ("works.jsonl.gz" if zipped else "works.jsonl")
    path.write_bytes(gzip.compress(content) if zipped else content)
    assert dois(path) == EXPECTED


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("shape", DOCUMENTS)
def test_every_shape_of_document_gives_the_same_works(
    tmp_path: Path, items: list[Any], shape: str, *, zipped: bool
):
    """What years of public data files were, and what the APIs answer."""
    content = DOCUMENTS[shape](items).encode()
    path = tmp_path / ("works.json.gz" if zipped else "works.json")
    path.write_bytes(gzip.compress(content) if zipped else content)
    assert dois(path) == EXPECTED


@pytest.mark.parametrize("name", ["dois.tar", "dois.tar.gz", "dois.tgz"])
def test_tar_is_read_without_unpacking(tmp_path: Path, items: list[Any], name: str):
    """DataCite's file: lines, compressed, in a tar, beside manifests; nothing is written to the disk."""
    path = tmp_path / name
    with tarfile.open(path, "w" if name == "dois.tar" else "w:gz") as archive:
        for inner, content in (
            ("README", b"no data"),
            ("dois/part_0.jsonl.gz", gzip.compress(LINES["lines"](items[:2]).encode())),
            ("../../part_1.jsonl", LINES["lines"](items[2:]).encode()),
        ):
            member = tarfile.TarInfo(inner)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    assert dois(path) == EXPECTED
    assert list(tmp_path.iterdir()) == [path]


def test_bad_lines_are_named_and_passed_over(tmp_path: Path, works: Works):
    """What cannot be used costs itself only, and is told with its place."""
    path = tmp_path / "works.jsonl"
    lines = [
        '{"_comment": "composed"}', "{broken", json.dumps(works.crossref(1)), "7", '{"DOI": "no doi"}', "[]",
        json.dumps(works.datacite(2, state="registered")), json.dumps(works.crossref(3) | {"title": "CSL has one"}),
        '{"DOI": null}', json.dumps(works.datacite(4)),
    ]  # fmt: skip
    path.write_text("\n".join(lines))
    found = list(read(path))
    assert [item.doi for item in found if isinstance(item, Item)] == ["10.1000/work.1", "10.5555/data.4"]
    places = [item.where.rpartition(":")[2] for item in found if isinstance(item, Problem)]
    assert places == ["2", "4", "5", "6", "7", "8", "9"]


@pytest.mark.parametrize("name", ["works.jsonl.gz", "works.json.gz"])
def test_cut_file_keeps_what_came_before(tmp_path: Path, works: Works, name: str):
    """A download that broke off is damage, told once; the works before it are there."""
    items = [works.crossref(number) for number in range(2000)]
    content = LINES["lines"](items) if "jsonl" in name else DOCUMENTS["items"](items)
    path = tmp_path / name
    path.write_bytes(gzip.compress(content.encode())[:-2000])
    found = list(read(path))
    assert isinstance(found[-1], Problem)
    assert [item.doi for item in found[:100] if isinstance(item, Item)] == [
        f"10.1000/work.{n}" for n in range(100)
    ]


@settings(max_examples=150)
@given(st.text('[]{}:,"1 \n\\ae') | st.text(), st.sampled_from(["x.json", "x.jsonl"]))
def test_no_content_makes_reading_fail(content: str, name: str):
    """Any text gives items and problems, never an exception."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content.encode("utf-8", "surrogatepass"))
        assert all(isinstance(item, Item | Problem) for item in read(path))


@pytest.mark.parametrize("name", ["deep.json", "deep.jsonl"])
def test_deep_nesting_is_a_problem(tmp_path: Path, name: str):
    """A file made to exhaust the stack is passed over."""
    path = tmp_path / name
    path.write_text("[" * 200_000)
    assert all(isinstance(item, Problem) for item in read(path))


def test_date_is_the_registrys_else_the_files(works: Works):
    """A work is as old as its registry says; without a date, as its file."""
    item = recognised(works.crossref(1), 7)
    assert item is not None
    assert item.stamp == stamp_of("2026-05-01T00:00:00Z")
    undated = recognised(works.crossref(1, indexed=None), 7)
    assert undated is not None
    assert undated.stamp == 7


@pytest.mark.parametrize("moment", [None, 7, "", "yesterday", "0001-01-01T00:00:00+14:00", "9999-99-99", []])
def test_no_moment_makes_dating_fail(moment: object):
    """An odd date is no date, or some date."""
    assert stamp_of(moment) is None or isinstance(stamp_of(moment), int)


def test_directories_are_searched_and_names_decide(tmp_path: Path):
    """Data files below a directory are found in order; others are left."""
    for name in (
        "b/2.jsonl.gz",
        "a/1.json",
        "README.md",
        "a/notes.txt",
        "c.TAR",
        ".building/plan.json",
        "a/.json",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [str(path.relative_to(tmp_path)) for path in data_files(tmp_path)] == [
        "a/1.json",
        "b/2.jsonl.gz",
        "c.TAR",
    ]


@pytest.mark.parametrize("name", ["missing.jsonl", "notes.txt", "empty"])
def test_what_holds_no_data_is_an_error(tmp_path: Path, name: str):
    """A wrong name is told with the endings there are."""
    (tmp_path / "notes.txt").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(StoreError, match=r"\.jsonl"):
        data_files(tmp_path / name)


@pytest.mark.parametrize(
    ("answer", "doi"),
    [
        ({"responseCode": 100, "handle": "10.1155/2012/574O25"}, "10.1155/2012/574o25"),
        ({"DOI": "10.3743/KOSIM.2011.28.2.117", "RA": "KISTI"}, "10.3743/kosim.2011.28.2.117"),
    ],
)
def test_an_answer_of_doi_org_is_an_item(answer: dict[str, object], doi: str) -> None:
    """That there is no such DOI, or whose it is, can be known offline too, on doi.org's word."""
    item = recognised(answer, 7)
    assert item is not None
    assert (item.agency, item.doi, item.stamp) == ("doi.org", doi, 7)


def test_a_handle_that_exists_is_no_item() -> None:
    """That a handle exists says nothing of a work."""
    assert recognised({"responseCode": 1, "handle": "10.1038/1"}, 7) is None


STREAMS: dict[str, Callable[[list[Any]], bytes]] = {
    "lines": lambda items: LINES["lines"](items).encode(),
    "lines, compressed": lambda items: gzip.compress(LINES["lines"](items).encode()),
    "a document": lambda items: DOCUMENTS["items, indented"](items).encode(),
    "a document on a line": lambda items: DOCUMENTS["items"](items).encode(),
    "a document, compressed": lambda items: gzip.compress(DOCUMENTS["items"](items).encode()),
    "a tar": lambda items: tarred(items, "w"),
    "a tar, compressed": lambda items: tarred(items, "w:gz"),
}


def tarred(items: list[Any], mode: str) -> bytes:
    """Return a tar of a file for each work."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode) as archive:
        for number, item in enumerate(items):
            content = gzip.compress(LINES["lines"]([item]).encode())
            member = tarfile.TarInfo(f"part_{number}.jsonl.gz")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return target.getvalue()


@pytest.mark.parametrize("shape", STREAMS)
def test_standard_input_has_any_shape(tmp_path: Path, items: list[Any], shape: str):
    """Without a name the content tells what it is."""
    found = pieces([Path("-")], tmp_path, io.BytesIO(STREAMS[shape](items)))
    read = [item for piece in found for item in (piece.read() if not isinstance(piece, Problem) else [piece])]
    assert [item.doi if isinstance(item, Item) else str(item) for item in read] == EXPECTED


def test_a_stream_is_cut_between_lines(tmp_path: Path, works: Works, monkeypatch: pytest.MonkeyPatch):
    """Every line is in one piece, and a bad one is named by its number in the whole."""
    monkeypatch.setattr("enrich.snapshot.files._CUT", 1000)
    lines = [json.dumps(works.crossref(n)) for n in range(20)]
    lines[13] = "{broken"
    found = list(pieces([Path("-")], tmp_path, io.BytesIO("\n".join(lines).encode())))
    assert len(found) > 5
    assert len({piece.identity for piece in found if not isinstance(piece, Problem)}) == len(found)
    read = [item for piece in found if not isinstance(piece, Problem) for item in piece.read()]
    assert [item.doi for item in read if isinstance(item, Item)] == [
        f"10.1000/work.{n}" for n in range(20) if n != 13
    ]
    assert [item.where.rpartition(":")[2] for item in read if isinstance(item, Problem)] == ["14"]


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=300), max_size=4), st.integers(0, 40))
@example([b"a"], len(gzip.compress(b"a")) - 1)  # one byte is left
def test_compressed_members_follow_each_other_or_are_cut(parts: list[bytes], cut: int):
    """Several gzip members are one stream, as gzip says; one that is cut gives what came before, then an error."""
    whole = b"".join(map(gzip.compress, parts))
    assert b"".join(chunks(io.BytesIO(whole))) == b"".join(parts)
    if parts and 0 < cut < len(gzip.compress(parts[-1])):
        got: list[bytes] = []
        with pytest.raises((EOFError, zlib.error)):
            got.extend(chunks(io.BytesIO(whole[:-cut])))
        assert b"".join(parts).startswith(b"".join(got))


def test_a_line_without_what_is_looked_for_is_not_read_and_a_broken_one_is(tmp_path: Path, works: Works):
    """Passing lines over unread finds the same works, and hides no damage that could have been one of them."""
    lines = [
        *(json.dumps(works.crossref(n)) for n in range(3)),
        json.dumps(works.datacite(7)),
        '{"DOI": "10.5555/cut',
    ]
    path = tmp_path / "works.jsonl"
    path.write_text("\n".join(lines))
    (piece,) = pieces([path], tmp_path, io.BytesIO())
    assert not isinstance(piece, Problem)
    found = list(piece.read((b"10.5555",)))
    assert [item.doi for item in found if isinstance(item, Item)] == ["10.5555/data.7"]
    assert [item.where.rpartition(":")[2] for item in found if isinstance(item, Problem)] == ["5"]


@pytest.mark.parametrize("by", ["chosen", "zlib"])
def test_harm_within_a_stream_is_told(by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: bytes that no longer decompress, or a wrong checksum, are a Problem, whoever decompresses; never an end."""
    if by == "zlib":
        monkeypatch.setattr(inflate, "decompressobj", zlib.decompressobj)
    sound = gzip.compress(b'{"DOI":"10.1000/182","title":["A"]}\n' * 50, mtime=0)
    for place in (12, -6):
        harmed = bytearray(sound)
        harmed[place] ^= 0xFF
        (tmp_path / "works.jsonl.gz").write_bytes(harmed)
        found = list(read(tmp_path / "works.jsonl.gz"))
        assert isinstance(found[-1], Problem), place
        assert "damaged" in found[-1].what

"""The journal of an in-place clean."""

from __future__ import annotations

import stat
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.errors import OutputError, StoreError
from enrich.model import Enrichment
from enrich.report import AtomicFile, Summary
from enrich.report.journal import KEPT, Journal, decoded, digest, encoded, entries_in, folder_of
from enrich.report.jsonl import parse

Result = Callable[..., Enrichment]


def clean(
    library: Path, state: Path, result: Result, pieces: Sequence[tuple[bytes, bytes]], closing: bytes = b""
) -> bool:
    """Clean a library in place: each piece is a record's bytes before and after."""
    summary = Summary()
    output = AtomicFile(library)
    with Journal(library, state) as journal:
        for index, (before, after) in enumerate(pieces):
            enrichment = result(index=index)
            summary.add(enrichment)
            journal.record(enrichment, before, after)
            output.write(after)
        journal.closing(closing)
        output.write(closing)
        return journal.commit(output, summary)


@given(st.binary(max_size=50))
def test_any_bytes_come_back_from_json(data: bytes):
    """Text stays readable, what is no text is carried as base64; both come back exactly."""
    assert decoded(dict(encoded(data))) == data


@given(st.binary(max_size=30), st.sampled_from([b"", b"\n", b"\r\n\r\n", b" "]))
def test_digest_ignores_the_blanks_around(data: bytes, blanks: bytes):
    """A record is recognised when its neighbours were moved."""
    assert digest(blanks + data + blanks) == digest(data)


def test_journal_is_a_report_with_restores(tmp_path: Path, result: Result):
    """Rows as in a report; `restore` where bytes changed; the header in the summary; all private."""
    library = tmp_path / "library.enw"
    library.write_bytes(b"onetwothree")
    assert clean(library, tmp_path / "state", result, [(b"one", b"one"), (b"two", b"2 \xff"), (b"three", b"3")])
    assert library.read_bytes() == b"one2 \xff3"
    folder = folder_of(library, tmp_path / "state")
    (path,) = folder.iterdir()
    rows = [parse(line) for line in path.read_bytes().splitlines()]
    assert "restore" not in rows[0]
    assert rows[2]["restore"] == {
        "library": str(library), "record": 2, "at": 6, "length": 1, "digest": digest(b"3"), "before": "three",
        "encoding": "utf-8",
    }  # fmt: skip
    (header,) = rows[-1]["summary"]["in_place"]
    assert (header["library"], header["records"], header["before"]["size"], header["after"]["size"]) == (
        str(library), 3, 11, 7,
    )  # fmt: skip
    assert path.suffix == ".jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(place.stat().st_mode) for place in (folder, folder.parent)} == {0o700}


def test_library_changed_meanwhile_is_left(tmp_path: Path, result: Result):
    """What somebody wrote while a clean ran is not overwritten."""
    library = tmp_path / "library.enw"
    library.write_bytes(b"something else")
    with pytest.raises(OutputError, match="changed while"):
        clean(library, tmp_path / "state", result, [(b"one", b"1")])
    assert library.read_bytes() == b"something else"
    assert not list(folder_of(library, tmp_path / "state").iterdir())


def test_nothing_to_change_writes_nothing(tmp_path: Path, result: Result):
    """A library that stays as it is keeps its time stamp, and no journal is made."""
    library = tmp_path / "library.enw"
    library.write_bytes(b"one")
    before = library.stat()
    assert not clean(library, tmp_path / "state", result, [(b"one", b"one")])
    assert library.stat() == before
    assert not list(folder_of(library, tmp_path / "state").iterdir())
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["library.enw"]


def test_journal_is_on_disk_before_the_library_changes(
    tmp_path: Path, result: Result, monkeypatch: pytest.MonkeyPatch
):
    """Write-ahead: at the moment of renaming the journal is complete, though not yet marked as carried out."""
    library = tmp_path / "library.enw"
    library.write_bytes(b"one")
    seen: list[tuple[str, object]] = []
    commit = AtomicFile.commit

    def watched(file: AtomicFile) -> None:
        if file.path == library:
            (path,) = (path for path in folder_of(library, tmp_path / "state").iterdir())
            seen.append((path.suffix, entries_in(path)))
        commit(file)

    monkeypatch.setattr(AtomicFile, "commit", watched)
    clean(library, tmp_path / "state", result, [(b"one", b"1")])
    assert seen[0][0] == ".pending"
    assert seen[0][1]


def test_failed_renaming_leaves_library_and_no_journal(
    tmp_path: Path, result: Result, monkeypatch: pytest.MonkeyPatch
):
    """A journal of what was not done would mislead."""
    library = tmp_path / "library.enw"
    library.write_bytes(b"one")
    commit = AtomicFile.commit

    def failing(file: AtomicFile) -> None:
        if file.path == library:
            raise OutputError("no")
        commit(file)

    monkeypatch.setattr(AtomicFile, "commit", failing)
    with pytest.raises(OutputError, match="no"):
        clean(library, tmp_path / "state", result, [(b"one", b"1")])
    assert library.read_bytes() == b"one"
    assert not list(folder_of(library, tmp_path / "state").iterdir())


def test_only_the_last_journals_are_kept(tmp_path: Path, result: Result):
    """The oldest go first."""
    library = tmp_path / "library.enw"
    library.write_bytes(b"0")
    for number in range(1, KEPT + 4):
        clean(library, tmp_path / "state", result, [(b"%d" % (number - 1), b"%d" % number)])
    names = sorted(path.name[:6] for path in folder_of(library, tmp_path / "state").iterdir())
    assert names == [f"{number:06d}" for number in range(4, KEPT + 4)]


def test_journal_that_is_not_open_takes_nothing(tmp_path: Path, result: Result):
    """Use in the wrong order is an error that says so."""
    library = tmp_path / "library.enw"
    with pytest.raises(StoreError, match="not open"):
        Journal(library, tmp_path).record(result(), b"", b"x")


def test_unwritable_state_is_told_before_the_clean(tmp_path: Path):
    """Without a place for the journal nothing is cleaned in place."""
    (tmp_path / "state").write_bytes(b"a file where a directory should be")
    with pytest.raises(OutputError, match="cannot be written"):
        Journal(tmp_path / "library.enw", tmp_path / "state").begin()

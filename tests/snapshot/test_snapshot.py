"""The snapshot: what is loaded is found, dated, and never mistaken."""

from __future__ import annotations

import json
import sqlite3
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.errors import StoreError
from enrich.identifiers.doi import Doi
from enrich.model import Elsewhere, Found, NotFound
from enrich.snapshot import Snapshot, load, table
from enrich.snapshot.load import LoadResult

Works = Any


def filled(directory: Path, *items: Any, name: str = "works.jsonl") -> tuple[Snapshot, LoadResult]:
    """Load works into the snapshot in a directory."""
    directory.mkdir(exist_ok=True, parents=True)
    path = directory / name
    path.write_text("\n".join(map(json.dumps, items)))
    snapshot = Snapshot(directory / "snapshot")
    return snapshot, snapshot.build([path])


def titles(snapshot: Snapshot, *dois: str) -> list[str | None]:
    """Return the titles of what is found, in the order asked."""
    found = snapshot.load([Doi(doi) for doi in dois])
    return [outcome.record.work.title for outcome in found.values() if isinstance(outcome, Found)]


def test_what_was_loaded_is_found(tmp_path: Path, works: Works):
    """Both registries, in the order asked; what is not there is absent, not `NotFound`."""
    snapshot, result = filled(tmp_path, works.crossref(1), works.datacite(2), works.crossref(3))
    assert (result.records, result.total, result.files, result.problems) == (3, 3, 1, [])
    found = snapshot.load([Doi("10.5555/data.2"), Doi("10.1000/absent"), Doi("10.1000/work.1")])
    assert list(found) == ["10.5555/data.2", "10.1000/work.1"]
    crossref = found[Doi("10.1000/work.1")]
    assert isinstance(crossref, Found)
    assert crossref.record.work.title == "A work 1"
    assert crossref.record.origin.agency == "crossref"
    assert crossref.record.origin.retrieved_at == datetime(2026, 5, 1, tzinfo=UTC)


def test_nothing_loaded_knows_nothing(tmp_path: Path):
    """A snapshot that does not exist is empty, not an error, and asking does not make one."""
    snapshot = Snapshot(tmp_path / "snapshot")
    assert not snapshot.exists
    assert snapshot.load([Doi("10.1000/work.1")]) == {}
    assert not list(tmp_path.iterdir())


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), min_size=1, max_size=12), st.integers(1, 3))
def test_the_later_description_counts(works: Works, described: list[tuple[int, int]], loads: int):
    """Of several answers for a DOI the later described stays, in one load or over many; of equals the last loaded."""
    with tempfile.TemporaryDirectory() as folder:
        expected: dict[str, tuple[int, str]] = {}
        items = []
        for order, (number, month) in enumerate(described):
            title = f"Version {order}"
            items.append(works.crossref(number, indexed=f"20{10 + month}-01-01T00:00:00Z", title=title))
            if month >= expected.get(f"10.1000/work.{number}", (-1, ""))[0]:
                expected[f"10.1000/work.{number}"] = (month, f"{title} {number}")
        size = -(-len(items) // loads)
        for begin in range(0, len(items), size):
            snapshot, result = filled(Path(folder), *items[begin : begin + size])
        assert result.total == len(expected)
        assert titles(snapshot, *expected) == [title for _, title in expected.values()]
        snapshot.close()


def test_dictionary_changes_nothing_but_the_size(tmp_path: Path, works: Works, monkeypatch: pytest.MonkeyPatch):
    """Values written without, with, and after a dictionary are all read."""
    few, many = [works.crossref(n) for n in range(5)], [works.crossref(n) for n in range(5, 1500)]
    filled(tmp_path, *few)
    monkeypatch.setattr(load, "_WAITING", 1200)
    snapshot, result = filled(tmp_path, *many)
    assert result.total == 1500
    filled(tmp_path, works.crossref(1500))
    dois = [f"10.1000/work.{n}" for n in range(1501)]
    assert titles(snapshot, *dois) == [f"A work {n}" for n in range(1501)]
    assert snapshot.verify() == []
    with sqlite3.connect(tmp_path / "snapshot" / table.FILE) as database:
        assert database.execute("SELECT count(*) FROM dictionary").fetchone() == (1,)
    database.close()


def test_two_dois_with_one_hash_are_never_mistaken(tmp_path: Path, works: Works, monkeypatch: pytest.MonkeyPatch):
    """The DOI in the row decides; the later loaded is there, the other absent."""
    for module in ("load", "store"):
        monkeypatch.setattr(f"enrich.snapshot.{module}.key_of", lambda _doi: 7)
    snapshot, _ = filled(tmp_path, works.crossref(1), works.crossref(2))
    assert titles(snapshot, "10.1000/work.1") == []
    assert titles(snapshot, "10.1000/work.2") == ["A work 2"]


def test_interrupted_load_leaves_the_old_snapshot(tmp_path: Path, works: Works, monkeypatch: pytest.MonkeyPatch):
    """A load that breaks off changes nothing and leaves nothing behind."""
    snapshot, _ = filled(tmp_path, works.crossref(1))

    def interrupted(_self: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("enrich.snapshot.load._Loader._merge", interrupted)
    with pytest.raises(KeyboardInterrupt):
        filled(tmp_path, works.crossref(2))
    assert titles(snapshot, "10.1000/work.1", "10.1000/work.2") == ["A work 1"]
    assert sorted(path.name for path in snapshot.directory.iterdir()) == [".lock", table.FILE]


def test_killed_load_is_cleared_away_by_the_next(tmp_path: Path, works: Works):
    """What a killed process left is removed."""
    (tmp_path / "snapshot").mkdir()
    (tmp_path / "snapshot" / ".building-dead.sqlite3").write_bytes(b"half")
    snapshot, _ = filled(tmp_path, works.crossref(1))
    assert sorted(path.name for path in snapshot.directory.iterdir()) == [".lock", table.FILE]


def test_second_load_waits_its_turn(tmp_path: Path, works: Works):
    """Two loads at once would lose one's works; the second is told."""
    (tmp_path / "snapshot").mkdir()
    with load._alone(tmp_path / "snapshot"), pytest.raises(StoreError, match="under way"):
        filled(tmp_path, works.crossref(1))


def test_reader_sees_a_new_snapshot(tmp_path: Path, works: Works):
    """A long-running reader need not be restarted, and may read from another thread."""
    _, _ = filled(tmp_path, works.crossref(1))
    reader = Snapshot(tmp_path / "snapshot")
    assert titles(reader, "10.1000/work.2") == []
    filled(tmp_path, works.crossref(2))
    seen: list[list[str | None]] = []
    thread = threading.Thread(target=lambda: seen.append(titles(reader, "10.1000/work.2", "10.1000/work.1")))
    thread.start()
    thread.join()
    assert seen == [["A work 2", "A work 1"]]


def test_problems_are_told_and_counted(tmp_path: Path, works: Works):
    """A bad line costs itself; a load of bad lines is not a long list."""
    snapshot, result = filled(tmp_path, *([7] * 150), works.crossref(1))
    assert (result.records, result.passed_over, len(result.problems)) == (1, 150, 100)
    assert str(result.problems[0]).startswith(f"{tmp_path / 'works.jsonl'}:1:")
    assert titles(snapshot, "10.1000/work.1") == ["A work 1"]


def test_info_tells_what_is_there_and_how_old(tmp_path: Path, works: Works):
    """Numbers by agency, dates of the data, of the files and of the load."""
    snapshot, _ = filled(tmp_path, works.crossref(1), works.crossref(2), works.datacite(3))
    info = snapshot.info()
    assert info["records"] == {"crossref": 2, "datacite": 1}
    assert info["bytes"] == (tmp_path / "snapshot" / table.FILE).stat().st_size
    assert (info["dated"]["oldest"], info["dated"]["newest"]) == ("2026-04-01T12:00:00Z", "2026-05-01T00:00:00Z")
    (source,) = info["sources"]
    assert (source["file"], source["records"]) == (str(tmp_path / "works.jsonl"), 3)


def test_export_can_be_loaded_again(tmp_path: Path, works: Works):
    """What is exported and loaded elsewhere is the same snapshot, dates included."""
    first, _ = filled(tmp_path / "a", works.crossref(1), works.datacite(2), works.crossref(3, indexed=None))
    second, _ = filled(tmp_path / "b", *map(orjson.loads, first.export()))
    dois = [Doi("10.1000/work.1"), Doi("10.5555/data.2"), Doi("10.1000/work.3")]
    assert first.load(dois) == second.load(dois)
    assert len(first.load(dois)) == 3


def test_damage_is_an_error_that_says_what_to_do(tmp_path: Path, works: Works):
    """A damaged file is neither an empty snapshot nor a wrong answer."""
    snapshot, _ = filled(tmp_path, works.crossref(1))
    file = tmp_path / "snapshot" / table.FILE
    with sqlite3.connect(file) as database:
        database.execute("UPDATE work SET value = x'00'")
    database.close()
    assert len(snapshot.verify()) == 1
    with pytest.raises(StoreError, match="load the data files again"):
        snapshot.load([Doi("10.1000/work.1")])
    file.write_bytes(b"no database at all, but long enough to be looked at" * 100)
    with pytest.raises(StoreError, match="load the data files again"):
        snapshot.load([Doi("10.1000/work.1")])


def test_snapshot_of_another_version_is_refused(tmp_path: Path, works: Works):
    """A later version's file is not guessed at."""
    snapshot, _ = filled(tmp_path, works.crossref(1))
    with sqlite3.connect(tmp_path / "snapshot" / table.FILE) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(StoreError, match="another version"):
        snapshot.load([Doi("10.1000/work.1")])


def test_unwritable_place_is_an_error(tmp_path: Path, works: Works):
    """A load that cannot begin says so."""
    (tmp_path / "snapshot").write_bytes(b"a file")
    with pytest.raises(StoreError, match="cannot be written"):
        filled(tmp_path, works.crossref(1))


def test_progress_is_told(tmp_path: Path, works: Works):
    """Works and bytes grow; the last call has them all."""
    path = tmp_path / "works.jsonl"
    path.write_text("\n".join(json.dumps(works.crossref(n)) for n in range(2500)))
    told: list[tuple[int, int]] = []
    Snapshot(tmp_path / "snapshot").build([path], progress=lambda records, read: told.append((records, read)))
    assert told == sorted(told)
    assert told[-1] == (2500, path.stat().st_size)
    assert len(told) == 3


def test_real_answers_are_loaded_and_read(real_data: Path, tmp_path: Path):
    """Every real answer that names a DOI is found again and can be read."""
    snapshot = Snapshot(tmp_path)
    result = snapshot.build([real_data / "crossref.jsonl", real_data / "datacite.jsonl"])
    dois = [
        Doi(orjson.loads(line)["doi"].lower()) for line in (real_data / "crossref.jsonl").read_bytes().splitlines()
    ]
    found = snapshot.load(dois)
    assert result.records > 1400
    assert len(found) >= 0.98 * len(set(dois))


def test_what_doi_org_said_is_an_outcome_of_its_own(tmp_path: Path) -> None:
    """Absence and an agency that publishes nothing are told apart; an agency that can be asked is asked."""
    lines = (
        b'{"responseCode":100,"handle":"10.1155/2012/574O25"}\n'
        b'{"DOI":"10.3743/KOSIM.2011.28.2.117","RA":"KISTI"}\n'
        b'{"DOI":"10.1038/nature14539","RA":"Crossref"}\n'
    )
    file = tmp_path / "doi.org.jsonl"
    file.write_bytes(lines)
    snapshot = Snapshot(tmp_path / "snapshot")
    snapshot.build([file])
    absent, silent, asked = (
        Doi("10.1155/2012/574o25"),
        Doi("10.3743/kosim.2011.28.2.117"),
        Doi("10.1038/nature14539"),
    )
    assert snapshot.load([absent, silent, asked]) == {
        absent: NotFound(doi=absent, source="doi.org"),
        silent: Elsewhere(doi=silent, agency="kisti"),
    }
    snapshot.close()

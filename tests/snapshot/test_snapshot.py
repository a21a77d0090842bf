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
from enrich.snapshot import LoadResult, Progress, Selection, Snapshot, layers, load, reading, table

Works = Any


def filled(directory: Path, *items: Any, name: str = "works.jsonl", **how: Any) -> tuple[Snapshot, LoadResult]:
    """Load works into the snapshot in a directory."""
    directory.mkdir(exist_ok=True, parents=True)
    path = directory / name
    path.write_text("\n".join(map(json.dumps, items)))
    snapshot = Snapshot(directory / "snapshot")
    return snapshot, snapshot.build([path], **how)


def shards(snapshot: Snapshot) -> list[Path]:
    """Return the SQLite files of a snapshot."""
    return sorted(snapshot.directory.glob("layer-*/*.sqlite3"))


def names(directory: Path) -> list[str]:
    """Return what lies in a directory."""
    return sorted(path.name for path in directory.iterdir())


def unmerged(patch: pytest.MonkeyPatch) -> None:
    """Let every load be a layer of its own, as if the older ones were large."""
    patch.setattr(load, "_SMALL", -1)
    patch.setattr(load, "_LARGER", -1)


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


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), min_size=1, max_size=12),
    st.integers(1, 3),
    st.booleans(),
)
def test_the_later_description_counts(
    works: Works,
    described: list[tuple[int, int]],
    loads: int,
    is_layered: bool,  # noqa: FBT001 -- drawn
):
    """Of several answers for a DOI the later described stays, of equals the last loaded: in one load, in many, in layers."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        if is_layered:
            unmerged(patch)
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
        assert sorted(row.doi for row in snapshot.rows()) == sorted(expected)
        assert snapshot.info()["layers"] == (-(-len(items) // size) if is_layered else 1)
        snapshot.close()


def test_dictionary_changes_nothing_but_the_size(tmp_path: Path, works: Works):
    """Values written without, with, and after a dictionary are all read."""
    few, many = [works.crossref(n) for n in range(5)], [works.crossref(n) for n in range(5, 1500)]
    filled(tmp_path, *few)
    snapshot, result = filled(tmp_path, *many)
    assert result.total == 1500
    filled(tmp_path, works.crossref(1500))
    dois = [f"10.1000/work.{n}" for n in range(1501)]
    assert titles(snapshot, *dois) == [f"A work {n}" for n in range(1501)]
    assert snapshot.verify() == []
    (shard,) = shards(snapshot)
    database = table.opened(shard)
    assert len(table.dictionaries_of(database)) == 1
    database.close()


def test_two_dois_with_one_hash_are_never_mistaken(tmp_path: Path, works: Works, monkeypatch: pytest.MonkeyPatch):
    """The DOI in the row decides; the later loaded is there, the other absent."""
    for module in ("reading", "store"):
        monkeypatch.setattr(f"enrich.snapshot.{module}.key_of", lambda _doi: 7)
    snapshot, _ = filled(tmp_path, works.crossref(1), works.crossref(2))
    assert titles(snapshot, "10.1000/work.1") == []
    assert titles(snapshot, "10.1000/work.2") == ["A work 2"]


def test_interrupted_load_leaves_the_old_snapshot(tmp_path: Path, works: Works):
    """A load that breaks off changes nothing; the same again goes on with what is left, and leaves nothing behind."""
    snapshot, _ = filled(tmp_path, works.crossref(1))

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("enrich.snapshot.load._Load._named", interrupted)
        with pytest.raises(KeyboardInterrupt):
            filled(tmp_path, works.crossref(2))
    assert titles(snapshot, "10.1000/work.1", "10.1000/work.2") == ["A work 1"]
    _, result = filled(tmp_path, works.crossref(2))
    assert result.again == 1
    assert titles(snapshot, "10.1000/work.1", "10.1000/work.2") == ["A work 1", "A work 2"]
    assert names(snapshot.directory) == [".lock", "layer-000002", layers.MANIFEST]


def test_killed_load_is_cleared_away_by_the_next(tmp_path: Path, works: Works):
    """What a killed process left is removed."""
    snapshot = Snapshot(tmp_path / "snapshot")
    for left in (".building/0-000.run", "layer-000001/00.sqlite3", "snapshot.sqlite3"):
        (snapshot.directory / left).parent.mkdir(parents=True, exist_ok=True)
        (snapshot.directory / left).write_bytes(b"half")
    filled(tmp_path, works.crossref(1))
    assert titles(snapshot, "10.1000/work.1") == ["A work 1"]
    assert names(snapshot.directory) == [".lock", "layer-000001", layers.MANIFEST]
    assert names(snapshot.directory / "layer-000001") == ["00.sqlite3", layers.SOURCES]


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
    assert info["bytes"] == sum(path.stat().st_size for path in shards(snapshot))
    assert info["as_of"] == {"crossref": "2026-05-01T00:00:00Z", "datacite": "2026-04-01T12:00:00Z"}
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
    """Damage is neither an empty snapshot nor a wrong answer; `verify` names what it hit, and the remedy works."""
    snapshot, _ = filled(tmp_path, works.crossref(1), works.crossref(2))
    (shard,) = shards(snapshot)
    whole = shard.read_bytes()
    with sqlite3.connect(shard) as database:
        (value,) = database.execute("SELECT value FROM work WHERE doi = '10.1000/work.1'").fetchone()
    database.close()
    shard.write_bytes(whole.replace(value[20:], bytes(len(value) - 20)))  # as a disk may turn bytes
    wrong = snapshot.verify()
    assert [line.partition(":")[0] for line in wrong] == [str(shard), "10.1000/work.1"]
    with pytest.raises(StoreError, match=r"remove .*snapshot\.json and load the data files again"):
        snapshot.load([Doi("10.1000/work.1")])
    assert titles(snapshot, "10.1000/work.2") == ["A work 2"]
    for content in (whole[:5000], b"no database at all, but long enough to be looked at" * 100, b""):
        snapshot.close()
        shard.write_bytes(content)
        assert snapshot.verify()
        with pytest.raises(StoreError, match="load the data files again"):
            snapshot.load([Doi("10.1000/work.1")])
        with pytest.raises(StoreError, match="load the data files again"):
            filled(tmp_path, works.crossref(3))
    (snapshot.directory / layers.MANIFEST).unlink()
    filled(tmp_path, works.crossref(3))
    assert titles(snapshot, "10.1000/work.3") == ["A work 3"]


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"version": 2, "layers": [{}], "check": ""}', b"\xff"])
def test_a_manifest_that_is_none_is_an_error(tmp_path: Path, works: Works, content: bytes):
    """Whatever stands there is not taken for a snapshot without works, however often it is looked at."""
    snapshot, _ = filled(tmp_path, works.crossref(1))
    (snapshot.directory / layers.MANIFEST).write_bytes(content)
    for ask in (snapshot.load, snapshot.load, lambda dois: snapshot.unread(dois[0]), lambda _: snapshot.version()):
        with pytest.raises(StoreError, match="load the data files again"):
            ask([Doi("10.1000/work.1")])


def test_a_changed_manifest_is_noticed(tmp_path: Path, works: Works):
    """One turned digit in it is damage, too."""
    snapshot, _ = filled(tmp_path, works.crossref(1))
    manifest = snapshot.directory / layers.MANIFEST
    manifest.write_bytes(manifest.read_bytes().replace(b'"loaded": 1', b'"loaded": 2'))
    with pytest.raises(StoreError, match="not as it was written"):
        snapshot.load([Doi("10.1000/work.1")])


def test_snapshot_of_another_version_is_refused(tmp_path: Path, works: Works):
    """A later version's file is not guessed at."""
    snapshot, _ = filled(tmp_path, works.crossref(1))
    manifest = snapshot.directory / layers.MANIFEST
    manifest.write_bytes(manifest.read_bytes().replace(b'"version": 2', b'"version": 99'))
    with pytest.raises(StoreError, match="another version"):
        snapshot.load([Doi("10.1000/work.1")])


def test_unwritable_place_is_an_error(tmp_path: Path, works: Works):
    """A load that cannot begin says so."""
    (tmp_path / "snapshot").write_bytes(b"a file")
    with pytest.raises(StoreError, match="cannot be written"):
        filled(tmp_path, works.crossref(1))


def test_progress_is_told(tmp_path: Path, works: Works):
    """Works and bytes grow file by file to all there are, and the time left to none."""
    for number in range(4):
        lines = [json.dumps(works.crossref(n)) for n in range(number * 100, number * 100 + 100)]
        (tmp_path / f"{number}.jsonl").write_text("\n".join(lines))
    told: list[Progress] = []
    Snapshot(tmp_path / "snapshot").build([tmp_path], progress=told.append)
    assert [each.records for each in told] == [100, 200, 300, 400, 400]
    assert [each.is_merging for each in told] == [False] * 4 + [True]
    assert told[-1].read == told[-1].size == sum(path.stat().st_size for path in tmp_path.glob("*.jsonl"))
    assert told[3].left == 0


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


def test_an_alias_is_found_under_its_own_name(
    tmp_path: Path, works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The prime's answer serves both names; one of its own goes before it, whichever was loaded or described later."""
    prime = works.crossref(1, indexed="2026-06-01T00:00:00Z") | {
        "aliases": ["10.1000/OLD.1", "no doi", 7, "10.1000/work.2"]
    }
    snapshot, result = filled(tmp_path, prime, works.crossref(2))
    assert (result.records, result.total, snapshot.info()["aliases"]) == (2, 2, 1)
    found = snapshot.load([Doi("10.1000/old.1"), Doi("10.1000/work.1"), Doi("10.1000/work.2")])
    alias = found[Doi("10.1000/old.1")]
    assert isinstance(alias, Found)
    assert alias.record.work.doi == "10.1000/work.1"
    assert alias.record.registration is not None
    assert Doi("10.1000/old.1") in alias.record.registration.aliases
    assert titles(snapshot, "10.1000/old.1", "10.1000/work.2") == ["A work 1", "A work 2"]
    unmerged(monkeypatch)
    _, result = filled(tmp_path, works.crossref(1, title="Of its own") | {"DOI": "10.1000/old.1"})
    assert titles(snapshot, "10.1000/old.1") == ["Of its own 1"]
    assert (result.total, snapshot.info()["layers"]) == (3, 2)
    assert len(list(snapshot.rows())) == 3


def test_an_alias_without_its_prime_is_absent(
    tmp_path: Path, works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A prime that was selected away, or lost to a collision, leaves no answer, not an empty one."""
    prime = works.crossref(1) | {"aliases": ["10.1000/old.1"]}
    monkeypatch.setattr("enrich.snapshot.reading.key_of", lambda doi: table.key_of(doi if "old" in doi else "x"))
    snapshot, _ = filled(tmp_path, prime)
    assert snapshot.load([Doi("10.1000/old.1"), Doi("10.1000/work.1")]) == {}
    assert list(snapshot.rows(aliases=True)) == [row for row in snapshot.rows() if row.doi != "10.1000/old.1"]


SELECTIONS = {
    "prefix": (Selection(prefixes=("10.5555",)), ["10.5555/data.3"]),
    "longer prefix": (Selection(prefixes=("10.1000/work.1",)), ["10.1000/work.1"]),
    "half a prefix is none": (Selection(prefixes=("10.100",)), []),
    "dois": (Selection(dois=frozenset({Doi("10.1000/work.2"), Doi("10.9999/absent")})), ["10.1000/work.2"]),
    "an alias": (Selection(dois=frozenset({Doi("10.7777/alias")})), ["10.1000/work.2"]),
    "the registry's type": (Selection(types=frozenset({"dataset"})), ["10.5555/data.3"]),
    "CSL's type": (Selection(types=frozenset({"article-journal"})), ["10.1000/work.1", "10.1000/work.2"]),
    "year": (Selection(from_year=2013), ["10.1000/work.2", "10.5555/data.3"]),
    "all of them": (Selection(prefixes=("10.1000",), types=frozenset({"dataset"})), []),
}


@pytest.mark.parametrize("name", SELECTIONS)
def test_a_selection_lets_through_what_it_names(tmp_path: Path, works: Works, name: str) -> None:
    """Each filter, and several together; what nobody dated is not called too old."""
    selection, expected = SELECTIONS[name]
    undated = works.crossref(2) | {"issued": {"date-parts": [[None]]}, "aliases": ["10.7777/alias"]}
    snapshot, result = filled(tmp_path, works.crossref(1), undated, works.datacite(3), selection=selection)
    assert sorted(row.doi for row in snapshot.rows()) == expected
    assert result.records == len(expected)
    assert result.problems == []
    assert snapshot.scopes == [selection]


def test_all_fields_are_kept_where_they_are_wanted(tmp_path: Path, works: Works) -> None:
    """References stay with `all`, and the answer reads the same."""
    few, _ = filled(tmp_path / "few", works.crossref(1), works.datacite(2))
    everything, _ = filled(
        tmp_path / "all", works.crossref(1), works.datacite(2), selection=Selection(fields="all")
    )
    dois = [Doi("10.1000/work.1"), Doi("10.5555/data.2")]
    assert [b"never read" in kept.answer for kept in few.answers(dois).values()] == [False, False]
    assert [b"never read" in kept.answer for kept in everything.answers(dois).values()] == [True, False]
    for one, other in zip(few.load(dois).values(), everything.load(dois).values(), strict=True):
        assert isinstance(one, Found)
        assert isinstance(other, Found)
        assert one.record.work == other.record.work
    again, _ = filled(
        tmp_path / "again", *map(orjson.loads, everything.export()), selection=Selection(fields="all")
    )
    assert again.load(dois).keys() == everything.load(dois).keys()


def test_many_processes_make_the_same_snapshot_as_one(tmp_path: Path, works: Works) -> None:
    """Which process read what, and what came first, changes nothing: later files count for equals."""
    for number in range(5):
        items = [works.crossref(n, title=f"File {number}") for n in range(number, number + 30)]
        (tmp_path / "data").mkdir(exist_ok=True)
        (tmp_path / "data" / f"{number}.jsonl").write_text("\n".join([*map(json.dumps, items), "{broken"]))
    one, many = Snapshot(tmp_path / "one"), Snapshot(tmp_path / "many")
    results = [one.build([tmp_path / "data"]), many.build([tmp_path / "data"], workers=2)]
    assert list(one.rows()) == list(many.rows())
    assert len(list(one.rows())) == 34
    assert results[0] == results[1]
    assert [str(problem).partition(": ")[0] for problem in results[1].problems] == [
        f"{tmp_path / 'data' / str(number)}.jsonl:31" for number in range(5)
    ]
    assert many.verify(workers=2) == []


def test_large_snapshots_have_shards(tmp_path: Path, works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parting the keys changes neither what is found nor the order of rows; shards are merged into other numbers of them."""
    plain, _ = filled(tmp_path / "plain", *(works.crossref(n) for n in range(300)))
    monkeypatch.setattr("enrich.snapshot.merging._PER_SHARD", 50)
    monkeypatch.setattr("enrich.snapshot.merging._IN_HAND", 2000)
    parted, _ = filled(tmp_path / "parted", *(works.crossref(n) for n in range(200)))
    assert len(shards(parted)) == 4
    filled(tmp_path / "parted", *(works.crossref(n) for n in range(200, 300)))
    assert len(shards(parted)) == 4
    assert list(parted.rows()) == list(plain.rows())
    dois = [Doi(f"10.1000/work.{n}") for n in range(299, -1, -1)]
    assert parted.load(dois) == plain.load(dois)
    assert parted.verify() == []


def test_files_that_changed_are_read_again(tmp_path: Path, works: Works) -> None:
    """A load that goes on takes a file it had read only as it was then, and another selection takes none."""
    stop = pytest.MonkeyPatch()
    stop.setattr("enrich.snapshot.load._Load._named", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        filled(tmp_path, works.crossref(1))
    with pytest.raises(ZeroDivisionError):
        filled(tmp_path, works.crossref(1), selection=Selection(from_year=1))
    stop.undo()
    snapshot, result = filled(tmp_path, works.crossref(1), works.crossref(2))
    assert (result.again, result.records) == (0, 2)
    assert snapshot.load([Doi("10.1000/work.2")])


def test_a_note_without_its_run_is_no_note(tmp_path: Path, works: Works) -> None:
    """What a power cut took is read again."""
    stop = pytest.MonkeyPatch()
    stop.setattr("enrich.snapshot.load._Load._named", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        filled(tmp_path, works.crossref(1))
    stop.undo()
    (run,) = (tmp_path / "snapshot" / ".building").glob("*.run")
    run.write_bytes(run.read_bytes()[:-1])
    snapshot, result = filled(tmp_path, works.crossref(1))
    assert result.again == 0
    assert titles(snapshot, "10.1000/work.1") == ["A work 1"]
    assert reading.PLAN not in names(snapshot.directory)


def test_the_date_of_a_snapshot_is_that_of_the_load_which_brought_most(tmp_path: Path, works: Works) -> None:
    """A few newer works do not make the others newer; an update says itself how far it went."""
    snapshot, _ = filled(tmp_path, *(works.crossref(n) for n in range(5)))
    filled(tmp_path, works.crossref(7, indexed="2026-11-01T00:00:00Z"))
    assert snapshot.as_of("crossref") == datetime(2026, 5, 1, tzinfo=UTC)
    moment = datetime(2026, 11, 2, tzinfo=UTC)
    filled(tmp_path, works.crossref(8), as_of={"crossref": int(moment.timestamp())})
    assert snapshot.as_of("crossref") == moment
    assert snapshot.as_of("datacite") is None

"""Tables in and out: a record in one column, the others carried along, and Parquet saying what JSON Lines says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as drawn
from hypothesis import strategies as st

from enrich import sync
from enrich.batch import Job, Pulse, checkpoint, columns, ingest
from enrich.errors import OutputError, SettingsError
from enrich.settings import Settings

moderately = drawn(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXT = "%0 Journal Article %T Deep learning %A LeCun, Y. %J Nature %D 2015 %R 10.1038/nature14539"


class Killed(BaseException):
    """What a test raises where a run would be killed."""


def rows(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def plain(table: pa.Table) -> list[dict[str, Any]]:
    """Return the rows of a table as JSON Lines would have them."""
    found = table.to_pylist()
    for row in found:
        row["record"] = json.loads(row["record"])
        if row["verdict"] is not None:
            row["verdict"]["evidence"] = dict(row["verdict"]["evidence"])
        for name, members in (("changes", ("before", "after")), ("conflicts", ("local", "remote"))):
            for each in row[name]:
                each.update({member: each[member] and json.loads(each[member]) for member in members})
                moment = each.get("retrieved_at")
                if moment is not None:
                    each["retrieved_at"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return found


@moderately
@given(
    st.lists(st.sampled_from([TEXT, "%T A\n\n%T B %A C", "", " ", None, 7, [], {}, {"title": "X"}, "<html>", "%"]))
)
def test_each_line_of_a_table_has_one_row(tmp_path: Path, settings: Settings, values: list[Any]) -> None:
    """Whatever stands in the column, or instead of the whole line, a row comes of it, with all the row had."""
    lines = [json.dumps({"id": number, "refer": value}) for number, value in enumerate(values)]
    (tmp_path / "in.jsonl").write_text("\n".join([*lines, "no object", "[]", '{"id": 1}', ""]))
    ingest(Job(inputs=[tmp_path / "in.jsonl"], output=tmp_path / "out.jsonl", column="refer", workers=1), settings)
    found = rows(tmp_path / "out.jsonl")
    assert [row.get("id") for row in found] == [*range(len(values)), None, None, 1]
    assert [row["source"]["line"] for row in found] == [*range(1, len(values) + 4)]
    for row, value in zip(found, values, strict=False):
        assert row["refer"] == value
        assert (row["status"] == "unreadable") == (value not in (TEXT, {"title": "X"}, {})), value


@pytest.mark.parametrize("deep", [150, 199, 200, 300, 900, 1000, 100_000])
def test_a_line_that_is_nested_too_deeply_ends_no_job(tmp_path: Path, settings: Settings, deep: int) -> None:
    """However deep a line goes, it has its row and keeps what it said, and the lines around it have theirs."""
    odd = '{"id": 1, "refer": ' + "[" * deep + "]" * deep + "}"
    (tmp_path / "in.jsonl").write_text(f'{{"id": 0, "refer": 7}}\n{odd}\n{{"id": 2, "refer": 7}}\n')
    ingest(Job(inputs=[tmp_path / "in.jsonl"], output=tmp_path / "out.jsonl", column="refer", workers=1), settings)
    lines = (tmp_path / "out.jsonl").read_bytes().splitlines()
    assert [orjson.loads(lines[place])["id"] for place in (0, 2)] == [0, 2]
    assert len(lines) == 3
    assert b"[" * deep in lines[1]


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")], ids=["compact", "spaced"])
def test_a_great_number_ends_no_job(tmp_path: Path, settings: Settings, separators: tuple[str, str]) -> None:
    """A number beyond 64 bits, in the column or beside it, has its row and stays what it is."""
    great = 1 << 70
    lines = [{"id": 0, "refer": great}, {"id": great, "refer": {"title": "X", "volume": great}}]
    (tmp_path / "in.jsonl").write_text("".join(f"{json.dumps(line, separators=separators)}\n" for line in lines))
    ingest(Job(inputs=[tmp_path / "in.jsonl"], output=tmp_path / "out.jsonl", column="refer", workers=1), settings)
    found = [json.loads(line) for line in (tmp_path / "out.jsonl").read_bytes().splitlines()]
    assert [{name: row[name] for name in ("id", "refer")} for row in found] == lines


def test_brackets_in_a_text_are_no_depth(tmp_path: Path, settings: Settings) -> None:
    """Only what is nested counts: a text of brackets, quotes and backslashes leaves a row its members."""
    odd = {"id": 1, "refer": '\\"[' * 500}
    (tmp_path / "in.jsonl").write_text(f"{json.dumps(odd)}\n")
    ingest(Job(inputs=[tmp_path / "in.jsonl"], output=tmp_path / "out.jsonl", column="refer", workers=1), settings)
    assert rows(tmp_path / "out.jsonl")[0]["id"] == 1


def test_what_could_not_be_read_is_kept_whole(tmp_path: Path, settings: Settings) -> None:
    """Each dead letter has the index of its row, a reason, and every byte."""
    broken = [b"\xff\xfe\x00 no text", b"%T A\n\n%T B\n%A C\n"]
    table = pa.table({"held": pa.array([TEXT.encode(), *broken], pa.binary())})
    pq.write_table(table, tmp_path / "in.parquet")
    files = {name: tmp_path / f"{name}.jsonl" for name in ("output", "unread")}
    ingest(Job(inputs=[tmp_path / "in.parquet"], column="held", workers=1, **files), settings)
    letters = rows(files["unread"])
    assert [letter["index"] for letter in letters] == [1, 2]
    assert all(letter["reason"] for letter in letters)
    import base64

    kept = [
        letter["text"].encode() if letter["base64"] is None else base64.b64decode(letter["base64"])
        for letter in letters
    ]
    assert kept == broken


@pytest.mark.usefixtures("few")
def test_parquet_says_what_json_lines_say(library: Path, settings: Settings) -> None:
    """Row for row the same values, where JSON text is read as JSON."""
    home = library.parent
    ingest(Job(inputs=[library], output=home / "out.jsonl", workers=1), settings)
    ingest(Job(inputs=[library], output=home / "out.parquet", to="parquet", workers=1), settings)
    table = pq.read_table(home / "out.parquet")
    assert table.schema == columns.schema()
    assert plain(table) == rows(home / "out.jsonl")


def test_parquet_in_keeps_its_columns(tmp_path: Path, settings: Settings) -> None:
    """The columns of the input come first, in their types; ours may have a prefix, and never take another's name."""
    table = pa.table({"doi": ["x", "y"], "n": pa.array([1, None], pa.int8()), "text": [TEXT, None]})
    pq.write_table(table, tmp_path / "in.parquet")
    there = {"inputs": [tmp_path / "in.parquet"], "column": "text", "workers": 1}
    with pytest.raises(SettingsError, match="'doi'"):
        ingest(Job(output=tmp_path / "a", to="parquet", **there), settings)
    with pytest.raises(SettingsError, match="'doi'"):
        ingest(Job(output=tmp_path / "b", **there), settings)
    ingest(Job(output=tmp_path / "c", to="parquet", prefix="e_", **there), settings)
    found = pq.read_table(tmp_path / "c")
    assert found.select(table.column_names).equals(table)
    assert found.column("e_doi").to_pylist() == ["10.1038/nature14539", None]
    assert found.column("e_status").to_pylist() == ["enriched", "unreadable"]


def test_a_table_needs_the_name_of_its_column(tmp_path: Path, settings: Settings) -> None:
    """Without one, or with one that is not there, the columns are named."""
    pq.write_table(pa.table({"text": [TEXT]}), tmp_path / "in.parquet")
    for column in (None, "nonsense"):
        with pytest.raises(SettingsError, match="text"):
            ingest(
                Job(inputs=[tmp_path / "in.parquet"], output=tmp_path / "o", column=column, workers=1), settings
            )


@pytest.mark.parametrize("moment", range(1, 16, 4))
def test_a_killed_run_into_parquet_goes_on(
    library: Path, settings: Settings, few: int, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    """The files are those of an undisturbed run, byte for byte; none that was finished is written again."""
    home = library.parent
    monkeypatch.setattr(checkpoint.GrowingTable, "every", 3)
    ingest(Job(inputs=[library], output=home / "whole", to="parquet", workers=1), settings)
    assert len(list((home / "whole").iterdir())) > 3

    def kill(pulse: Pulse) -> None:
        if pulse.records >= moment * few:
            raise Killed

    job = Job(inputs=[library], output=home / "out", to="parquet", workers=1)
    with pytest.raises(Killed):
        ingest(job, settings, observe=kill)
    assert not (home / "out").exists()
    ingest(job, settings)
    for name in ("whole", "out"):
        assert [path.name for path in sorted((home / name).iterdir())]
    pairs = zip(sorted((home / "whole").iterdir()), sorted((home / "out").iterdir()), strict=True)
    assert all(one.read_bytes() == two.read_bytes() for one, two in pairs)
    with pytest.raises(OutputError, match="new directory"):
        ingest(job, settings)


@pytest.mark.usefixtures("few")
def test_a_parquet_input_that_changed_is_refused(
    library: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table is compared by its rows."""
    home = library.parent
    monkeypatch.setattr(checkpoint.GrowingFile, "every", 1)
    texts = [(record.source.raw if record.source else b"").decode() for record in sync.read(library)]
    pq.write_table(pa.table({"text": texts}), home / "in.parquet")
    job = Job(inputs=[home / "in.parquet"], output=home / "out", column="text", workers=1)

    def kill(pulse: Pulse) -> None:
        if pulse.records > 20:
            raise Killed

    with pytest.raises(Killed):
        ingest(job, settings, observe=kill)
    pq.write_table(pa.table({"text": texts[1:]}), home / "in.parquet")
    with pytest.raises(ValueError, match="--afresh"):
        ingest(job, settings)
    pq.write_table(pa.table({"text": texts}), home / "in.parquet")
    assert ingest(job, settings)[0].records == len(texts)

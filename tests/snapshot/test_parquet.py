"""The snapshot as Parquet: the same answers, found where a join looks for them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from enrich import agencies
from enrich.errors import OutputError
from enrich.identifiers.doi import Doi
from enrich.model import Found
from enrich.snapshot import Snapshot, parquet
from enrich.snapshot.table import key_of

arrow = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
Works = Any


@pytest.fixture
def snapshot(tmp_path: Path, works: Works) -> Snapshot:
    """Return a snapshot of works of both registries."""
    items = [works.crossref(n) for n in range(40)] + [works.datacite(n) for n in range(10)]
    (tmp_path / "works.jsonl").write_text("\n".join(map(json.dumps, items)))
    snapshot = Snapshot(tmp_path / "snapshot")
    snapshot.build([tmp_path / "works.jsonl"])
    return snapshot


@pytest.mark.parametrize("parts", [1, 3, 64])
def test_every_answer_stands_once_in_the_part_its_hash_names(snapshot: Snapshot, tmp_path: Path, parts: int):
    """Parts without rows are files too, the manifest counts every one, and each answer reads as the snapshot's does."""
    assert snapshot.to_parquet(tmp_path / "out", parts=parts) == 50
    manifest = json.loads((tmp_path / "out" / "_manifest.json").read_bytes())
    assert [part["file"] for part in manifest["parts"]] == [f"part-{n:05}.parquet" for n in range(parts)]
    seen: dict[Doi, Any] = {}
    for number, part in enumerate(manifest["parts"]):
        rows = arrow.read_table(tmp_path / "out" / part["file"]).to_pylist()
        assert len(rows) == part["rows"]
        assert {parquet.part_of(key_of(row["doi"]), parts) for row in rows} <= {number}
        seen |= {Doi(row["doi"]): row for row in rows}
    found = snapshot.load(list(seen))
    assert len(found) == 50
    for doi, row in seen.items():
        outcome = found[doi]
        assert isinstance(outcome, Found)
        assert outcome.record == agencies.read(
            row["agency"], row["answer"], doi=doi, retrieved_at=row["retrieved_at"].astimezone(UTC)
        )
    assert seen[Doi("10.1000/work.1")]["retrieved_at"] == datetime(2026, 5, 1, tzinfo=UTC)


def test_the_schema_is_the_one_a_cluster_was_told(snapshot: Snapshot, tmp_path: Path):
    """Names and types are fixed: joins on other machines depend on them."""
    snapshot.to_parquet(tmp_path / "out")
    schema = arrow.read_schema(tmp_path / "out" / "part-00000.parquet")
    assert [(field.name, str(field.type)) for field in schema] == [
        ("doi", "string"), ("agency", "string"), ("retrieved_at", "timestamp[us, tz=UTC]"), ("answer", "binary"),
    ]  # fmt: skip


def test_an_earlier_export_is_replaced_and_nothing_else(snapshot: Snapshot, tmp_path: Path):
    """Fewer parts leave none of the old ones; somebody's own files are not touched."""
    snapshot.to_parquet(tmp_path / "out", parts=5)
    snapshot.to_parquet(tmp_path / "out", parts=2)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "_manifest.json", "part-00000.parquet", "part-00001.parquet",
    ]  # fmt: skip
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "thesis.tex").touch()
    with pytest.raises(OutputError, match="not empty"):
        snapshot.to_parquet(tmp_path / "own")
    assert [path.name for path in (tmp_path / "own").iterdir()] == ["thesis.tex"]

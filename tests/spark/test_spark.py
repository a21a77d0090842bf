"""On a cluster the same comes of each record as on one machine."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from standin.works import composed

from enrich import merge, sync
from enrich.batch import Job, columns, ingest
from enrich.errors import SettingsError
from enrich.identifiers.doi import Doi
from enrich.settings import Settings
from enrich.snapshot import Snapshot

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning"
)
ODD = [
    "%0 Book\n%T Nothing to look up",
    "%0 Journal Article\n%T Elsewhere and far away\n%R 10.1155/2012/000000",
    "%0 Journal Article\n%T No DOI can be read\n%R doi: 10.x",
    "%0 Journal Article\n%T Something else altogether\n%A Nobody, N.\n%D 1901\n%R 10.1038/nature14539",
    "%T One\n\n%T Two\n%A Both",
    "",
    None,
    "<html>",
]


@pytest.fixture(scope="module")
def texts() -> list[str | None]:
    """The sample library and records in which little is right, each twice."""
    sample = [
        record.source.raw.decode() for record in sync.read(ROOT / "examples" / "library.enw") if record.source
    ]
    return (sample + ODD) * 2


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, texts: list[str | None]) -> Path:
    """A table of records, and the sample snapshot, loaded and as Parquet."""
    directory = tmp_path_factory.mktemp("home")
    Snapshot(directory / "snapshot").build([ROOT / "examples" / "snapshot.jsonl"])
    Snapshot(directory / "snapshot").to_parquet(directory / "works", parts=2)
    table = pa.table({"id": range(len(texts)), "text": pa.array(texts, pa.string())})
    pq.write_table(table, directory / "in.parquet")
    return directory


def by_id(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(
        ({name: row[name] for name in row if name not in columns.PLACES} for row in rows), key=lambda r: r["id"]
    )


@pytest.mark.parametrize("policy", sorted(merge.BUILT_IN))
@pytest.mark.parametrize("written", [None, "refer"])
def test_a_cluster_says_what_one_machine_says(
    spark: Any, home: Path, tmp_path: Path, policy: str, written: str | None
) -> None:
    """Record for record the same status, verdict, changes, conflicts, notes and item, under every policy."""
    from enrich.spark import enrich_dataframe

    frame = spark.read.parquet(str(home / "in.parquet")).repartition(3)
    made = enrich_dataframe(frame, snapshot=home / "works", column="text", policy=policy, format=written)
    made.write.parquet(str(tmp_path / "cluster"))
    settings = Settings(snapshot=home / "snapshot", cache_dir=tmp_path / "cache", offline=True)
    job = Job(
        inputs=[home / "in.parquet"], output=tmp_path / "machine", to="parquet", column="text", policy=policy,
        format=written, workers=1, second_look=False,
    )  # fmt: skip
    ingest(job, settings)
    cluster = pq.read_table(tmp_path / "cluster")
    machine = pq.read_table(tmp_path / "machine")
    assert cluster.column_names == [name for name in machine.column_names if name not in columns.PLACES]
    assert by_id(cluster.to_pylist()) == by_id(machine.to_pylist())
    assert len(set(cluster.column("status").to_pylist())) >= 6


def test_one_row_comes_out_for_each(spark: Any, home: Path, texts: list[str | None]) -> None:
    """Records that share a DOI, and records without one, are neither lost nor doubled."""
    from enrich.spark import enrich_dataframe

    frame = spark.createDataFrame(
        [(number, text) for number, text in enumerate(texts * 5)], "id long, text string"
    )
    found = (
        enrich_dataframe(frame, snapshot=spark.read.parquet(str(home / "works" / "*.parquet")))
        .select("id")
        .collect()
    )
    assert sorted(row.id for row in found) == list(range(len(texts) * 5))


def test_a_work_that_is_there_twice_doubles_no_row(spark: Any, home: Path, tmp_path: Path) -> None:
    """Of two exports together, the later described answer counts for a DOI of both; so it is in a snapshot of both."""
    from enrich.spark import enrich_dataframe

    works = pq.read_table(sorted((home / "works").glob("*.parquet")))
    column = works.schema.get_field_index("retrieved_at")
    older = pa.array([moment - timedelta(days=90) for moment in works.column(column).to_pylist()])
    nothing = pa.array([b'{"title": ["Withdrawn"]}'] * len(works))
    (tmp_path / "both").mkdir()
    pq.write_table(works, tmp_path / "both" / "1.parquet")
    pq.write_table(
        works.set_column(column, works.field(column), older.cast(works.field(column).type)).set_column(
            works.schema.get_field_index("answer"), "answer", nothing
        ),
        tmp_path / "both" / "2.parquet",
    )
    frame = spark.read.parquet(str(home / "in.parquet"))
    twice, once = (
        by_id([row.asDict(recursive=True) for row in enrich_dataframe(frame, snapshot=place).collect()])
        for place in (tmp_path / "both", home / "works")
    )
    assert len(works) > 0
    assert twice == once


def test_columns_are_never_written_over(spark: Any, home: Path) -> None:
    """A frame with a column of one of our names is refused, unless ours are given a prefix."""
    from enrich.spark import enrich_dataframe

    frame = spark.createDataFrame([("x", "%T One %A Me")], "doi string, text string")
    with pytest.raises(SettingsError, match="prefix"):
        enrich_dataframe(frame, snapshot=home / "works")
    with pytest.raises(SettingsError, match="nonsense"):
        enrich_dataframe(frame, snapshot=home / "works", column="nonsense")
    (row,) = enrich_dataframe(frame, snapshot=home / "works", prefix="e_").collect()
    assert (row.doi, row.e_status, orjson.loads(row.e_record)["title"]) == ("x", "no-doi", "One")


def test_left_overs_are_asked_for(spark: Any, home: Path, tmp_path: Path, standin_thread: Any) -> None:
    """With settings, what the snapshot does not have is asked of the addresses they name: a gateway's, or a registry's."""
    from enrich.spark import enrich_dataframe

    doi = Doi("10.1016/j.only.2012.01.001")
    standin_thread.crossref[doi] = {
        "DOI": doi, "type": "journal-article", "title": ["Only a registry knows this"], "volume": "7",
        "author": [{"given": "A.", "family": "Me"}], "issued": {"date-parts": [[2012]]},
    }  # fmt: skip
    settings = Settings(**standin_thread.settings, cache_dir=tmp_path / "cache", mailto="tests@example.org")
    text = f"%0 Journal Article %T Only a registry knows this %A Me, A. %D 2012 %R {doi}"
    frame = spark.createDataFrame([(text,)], "text string")
    (alone,) = enrich_dataframe(frame, snapshot=home / "works").collect()
    (asked,) = enrich_dataframe(frame, snapshot=home / "works", settings=settings).collect()
    assert (alone.status, asked.status) == ("unavailable", "enriched")


def test_a_gateway_asks_for_all(spark: Any, home: Path, tmp_path: Path, standin_thread: Any, gateway: str) -> None:
    """Executors that ask `enrich serve` get what it has, and a registry is asked once for what many of them lack."""
    from enrich.spark import enrich_dataframe

    works = composed(6)
    standin_thread.crossref.update(works)
    addresses = {**standin_thread.settings, "crossref_url": f"{gateway}/crossref"}
    settings = Settings(**addresses, cache_dir=tmp_path / "executors", mailto="tests@example.org")
    texts = [
        f"%0 Journal Article\n%T {work['title'][0]}\n%A {work['author'][0]['family']}, {work['author'][0]['given']}\n"
        f"%D {work['issued']['date-parts'][0][0]}\n%R {doi}\n"
        for doi, work in works.items()
    ]
    unknown = "%0 Journal Article\n%T Nowhere\n%A Me, A.\n%D 2012\n%R 10.1016/j.nowhere.2012.01.001"
    frame = spark.createDataFrame([(text,) for text in [*texts, unknown] * 4], "text string").repartition(4)
    made = enrich_dataframe(frame, snapshot=home / "works", settings=settings).select("doi", "status").collect()
    assert Counter(row.status for row in made if row.doi in works) == {"enriched": 4 * len(works)}
    assert {row.status for row in made if row.doi not in works} == {"not-found"}
    by_registry = [request.target for request in standin_thread.requests]
    assert {doi: sum(doi in unquote(target) for target in by_registry) for doi in works} == dict.fromkeys(works, 1)


def test_the_script_of_the_page_runs(home: Path, tmp_path: Path, spark: Any) -> None:
    """What docs/ingest.md tells to export and to give to `spark-submit` runs as it stands there."""
    page = (ROOT / "docs" / "ingest.md").read_text()
    (script,) = re.findall(r"^```pyspark\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (lines,) = re.findall(r"^```\n(enrich snapshot export.*?)^```", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "job.py").write_text(script)
    (tmp_path / "records.jsonl").write_text('{"id": 1, "refer": "%0 Book %T One %A Me"}\n')
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    variables = {"PATH": beside, "ENRICH_SNAPSHOT": str(home / "snapshot"), "PYSPARK_PYTHON": sys.executable}
    for line in lines.splitlines():
        subprocess.run(shlex.split(line), check=True, cwd=tmp_path, env=os.environ | variables)
    assert pq.read_table(tmp_path / "enriched.parquet").column("status").to_pylist() == ["no-doi"]
    assert spark.version

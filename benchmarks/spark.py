"""`enrich.spark` beside `enrich ingest`: pace on one core and on two, memory, and whether both say the same of every record.

    python benchmarks/spark.py [--records 20000] [--works 50000] [--data DIR] [--cores 1 2]
    make bench-spark                           # a million records, two million works; an hour

Works are composed (tests/standin/corpus.py; `--data` names those of an earlier run), loaded into a snapshot and exported as
Parquet. Records are theirs without volume, issue, pages and ISSN; of 250 one has no DOI, one a DOI that nobody knows, one
another work's title, and one is two. Each run is a program of its own, on so many cores and no more. The processor's time is
that of all its processes, told apart by what they are: the JVM reads, shuffles, sorts, joins and writes, Python does our
part. The outputs are compared row by row, by digests of all columns, in streams; nothing is collected, and no more memory is
used than 16 bytes a record. On a few thousand records the JVM is still compiling itself: its part falls as they grow.
Without pyspark or Java (`make test-spark` installs the one), it says so and measures nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import hashlib
import importlib.util
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Iterator
from pathlib import Path

import orjson
from clean import WORDS
from ingest import held
from snapshot import data

from enrich.batch import Job, columns, ingest
from enrich.settings import Settings
from enrich.snapshot import Snapshot

DIGEST = 16  # bytes
MACHINE, CLUSTER = "machine", "cluster"  # programs, and the folders of what they write
ABSTRACT = " ".join(WORDS[(number * 7) % len(WORDS)] for number in range(130))
TICK = os.sysconf("SC_CLK_TCK")


def record(work: dict, number: int) -> str:
    """Return a refer record of a work in its registry's shape, about 1.3 KB."""
    about = work.get("attributes")
    if about is None:
        names = [f"{each['family']}, {each['given']}" for each in work["author"]]
        kind, doi, title = "Journal Article", work["DOI"], work["title"][0]
        year, journal = work["issued"]["date-parts"][0][0], f"%J {work['container-title'][0]}\n"
    else:
        names = [each["name"] for each in about["creators"]]
        kind, doi, title = "Dataset", about["doi"], about["titles"][0]["title"]
        year, journal = about["publicationYear"], ""
    odd = number % 250
    doi = {50: "", 100: f"%R {doi}.nobody\n"}.get(odd, f"%R {doi}\n")
    title = "Something else altogether, and by others" if odd == 150 else title
    authors = "%A Nobody, N.\n" if odd == 150 else "".join(f"%A {name}\n" for name in names)
    text = f"%0 {kind}\n{authors}%D {year}\n%T {title}\n{journal}{doi}%X {ABSTRACT}.\n"
    return f"{text}\n%0 Book\n%T Another\n" if odd == 200 else text


def write_records(path: Path, place: Path, first: int, count: int) -> None:
    """Write `count` records of the works of a data file as a table; they are numbered from `first`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    lines = gzip.decompress(path.read_bytes()).splitlines()
    works = (orjson.loads(lines[number * len(lines) // count]) for number in range(count))
    texts = [record(work, first + number) for number, work in enumerate(works)]
    pq.write_table(pa.table({"id": range(first, first + count), "refer": texts}), place, compression="zstd")


def prepare(home: Path, arguments: argparse.Namespace) -> None:
    """Load the snapshot, export it, and write the records."""
    _, paths = data(arguments.data or home / "data", arguments)
    snapshot = Snapshot(home / "snapshot")
    begun = time.perf_counter()
    snapshot.build(paths, workers=arguments.workers)
    loaded = time.perf_counter()
    rows = snapshot.to_parquet(home / "works", parts=arguments.parts)
    exported = time.perf_counter()
    print(f"{rows:,} rows: loaded in {loaded - begun:.0f} s, exported in {exported - loaded:.0f} s")
    bounds = [number * arguments.records // len(paths) for number in range(len(paths) + 1)]
    (home / "records").mkdir()
    tasks = [
        (path, home / "records" / f"{number:06}.parquet", bounds[number], bounds[number + 1] - bounds[number])
        for number, path in enumerate(paths)
    ]
    with multiprocessing.get_context("spawn").Pool(arguments.workers) as pool:
        pool.starmap(write_records, tasks, chunksize=1)


def on_one_machine(home: Path, workers: int) -> None:
    """Run `enrich ingest` in this process and its workers."""
    settings = Settings(
        snapshot=home / "snapshot", cache_dir=home / "cache", state_dir=home / "state", offline=True
    )
    job = Job(
        inputs=sorted((home / "records").iterdir()),
        output=home / MACHINE,
        to="parquet",
        column="refer",
        policy="fill",
        format="refer",
        workers=workers,
        second_look=False,
    )
    with told():
        ingest(job, settings)


def on_spark(home: Path, cores: int) -> None:
    """Run Spark in a JVM of this process."""
    from pyspark.sql import SparkSession

    from enrich.spark import enrich_dataframe

    os.environ["PYSPARK_PYTHON"] = sys.executable
    wanted = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "3g",
        "spark.local.dir": str(home / "spill"),
        "spark.sql.warehouse.dir": str(home / "warehouse"),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.parquet.compression.codec": "zstd",
    }
    session = SparkSession.builder.master(f"local[{cores}]").appName("benchmark").config(map=wanted).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    with told():
        frame = session.read.parquet(str(home / "records"))
        enriched = enrich_dataframe(frame, column="refer", snapshot=home / "works", format="refer")
        enriched.write.parquet(str(home / CLUSTER))
    session.stop()


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Tell what is done here: the seconds by the clock and the processor's; what was before, such as a start, by itself."""
    begun, before = time.perf_counter(), spent()
    yield
    seconds, after = time.perf_counter() - begun, spent()
    took = {kind: after[kind] - before[kind] for kind in after}
    print(orjson.dumps({"seconds": seconds, "start": sum(before.values())} | took).decode())


def tree(pid: int) -> Iterator[int]:
    """Yield a process and all below it, whichever thread began them: those of the JVM are not its first one's."""
    yield pid
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in listed.read_text().split():
                yield from tree(int(child))


def spent() -> dict[str, float]:
    """Return the seconds of processor that this process and all below it took so far, of the JVM and of Python."""
    seconds = {"java": 0.0, "python": 0.0}
    for pid in tree(os.getpid()):
        place = Path(f"/proc/{pid}")
        with contextlib.suppress(OSError):
            is_java = (place / "comm").read_text().strip() == "java"
            words = (place / "stat").read_text().rpartition(")")[2].split()
            # utime and stime, and those of children that were waited for, which are workers of Python everywhere
            own, waited = (sum(map(int, words[n : n + 2])) / TICK for n in (11, 13))
            seconds["java" if is_java else "python"] += own
            seconds["python"] += waited
    return seconds


def measured(home: Path, kind: str, cores: int, records: int) -> float:
    """Run a program of its own, print what it took, and return the seconds by the clock."""
    command = [sys.executable, __file__, "--be", kind, "--cores", str(cores), "--folder", str(home)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | {"TMPDIR": str(home)})
    peak, output = 0.0, None
    while output is None:
        peak = max(peak, sum(map(held, tree(process.pid))))
        with contextlib.suppress(subprocess.TimeoutExpired):
            output, _ = process.communicate(timeout=1)
    took = orjson.loads(output.splitlines()[-1])
    seconds, java, python = took["seconds"], took["java"], took["python"]
    print(
        f"{kind}, {cores} core(s): {seconds:.0f} s, {records / seconds:,.0f} records/s; processor "
        f"{(java + python) / records * 1e6:.0f} us a record ({python / records * 1e6:.0f} Python, "
        f"{java / records * 1e6:.0f} JVM), {took['start']:.0f} s before; all processes {peak:,.0f} MB",
        flush=True,
    )
    return float(seconds)


def digests(path: Path) -> tuple[array[int], bytes]:
    """Return the numbers of the rows of a file, and the digest of each."""
    import pyarrow.parquet as pq

    numbers, found = array("q"), bytearray()
    with pq.ParquetFile(path) as file:
        kept = [name for name in file.schema_arrow.names if name not in columns.PLACES]
        for batch in file.iter_batches(batch_size=1000, columns=kept):
            for row in batch.to_pylist():
                numbers.append(row["id"])
                plain = orjson.dumps([row[name] for name in kept])
                found += hashlib.blake2b(plain, digest_size=DIGEST).digest()
    return numbers, bytes(found)


def rows(folder: Path, workers: int) -> Iterator[tuple[int, bytes]]:
    """Yield number and digest of every row of a directory of Parquet files, file by file."""
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        for numbers, found in pool.imap_unordered(digests, sorted(folder.glob("*.parquet"))):
            for place, number in enumerate(numbers):
                yield number, found[place * DIGEST : (place + 1) * DIGEST]


def differing(home: Path, machine: bytes, records: int, workers: int) -> int:
    """Return how many records have another row on the cluster than on one machine, or none, or several."""
    left, wrong = bytearray(machine), 0
    nothing = bytes(DIGEST)
    for number, digest in rows(home / CLUSTER, workers):
        place = slice(number * DIGEST, (number + 1) * DIGEST)
        wrong += left[place] != digest
        left[place] = nothing
    return wrong + sum(left[n : n + DIGEST] != nothing for n in range(0, records * DIGEST, DIGEST))


def compared(home: Path, arguments: argparse.Namespace) -> int:
    """Run both, print what they took, and return how many records differ."""
    measured(home, MACHINE, arguments.workers, arguments.records)
    machine = bytearray(arguments.records * DIGEST)
    count = 0
    for number, digest in rows(home / MACHINE, arguments.workers):
        machine[number * DIGEST : (number + 1) * DIGEST] = digest
        count += 1
    wrong = abs(count - arguments.records)
    shutil.rmtree(home / MACHINE)
    first = 0.0
    for cores in arguments.cores:
        seconds = measured(home, CLUSTER, cores, arguments.records)
        first = first or seconds
        found = differing(home, bytes(machine), arguments.records, arguments.workers)
        print(
            f"  {first / seconds:.2f} times the pace of {arguments.cores[0]} core(s) by the clock; "
            f"{found:,} of {arguments.records:,} records differ from those of `enrich ingest`"
        )
        wrong += found
        shutil.rmtree(home / CLUSTER)
    return wrong


def main() -> int:
    """Be one of the programs, or run them all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--works", type=int, default=50_000, help="a multiple of 5,000")
    parser.add_argument("--of", type=int, help="of how many works the data files are a part, if not all")
    parser.add_argument("--data", type=Path, help="where the data files are, or go")
    parser.add_argument("--folder", type=Path, help="where everything else goes; a temporary folder without it")
    parser.add_argument("--parts", type=int, default=8, help="files of the export")
    parser.add_argument("--workers", type=int, default=2, help="processes of `enrich ingest`, and for preparing")
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 2], help="cores of Spark, run after run")
    parser.add_argument("--be", choices=[MACHINE, CLUSTER], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.be is not None:
        cores = arguments.cores[0]
        # The JVM compiles and collects in threads of its own, and Python works beside it: "one core" is one for all of them.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
        (on_one_machine if arguments.be == MACHINE else on_spark)(arguments.folder, cores)
        return 0
    if importlib.util.find_spec("pyspark") is None or shutil.which("java") is None:
        print("not measured: Spark needs pyspark (make test-spark installs it) and Java")
        return 0
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        prepare(Path(name), arguments)
        return 1 if compared(Path(name), arguments) else 0


if __name__ == "__main__":
    sys.exit(main())

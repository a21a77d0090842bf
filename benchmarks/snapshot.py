"""The snapshot: loading, bytes, look-ups; beside the bare store under it, and beside crossref-lmdb on the same works.

    python benchmarks/snapshot.py [--works 20000] [--data DIR] [--workers 1]
    make bench-snapshot                        # two millions, half an hour

Works are composed (tests/standin/corpus.py), 6.5 KB each with references, 1.6 KB of it kept; `--data` keeps them for the
next run. Rates of loading are for each core, by CPU time; those of look-ups by CPU time of each process, the best of three.
Two stores to compare with: "bare" is the same SQLite file asked by keys that are known and sorted, which gives frames that
are still compressed; "plain" asks the same for DOIs, that is with a key made of each, and decompresses the frames, and
neither compares the DOI nor looks at the manifest, at aliases, at other layers. crossref-lmdb is measured where
CROSSREF_LMDB names a Python that has it (`pip install crossref-lmdb "pyrate-limiter<3" "requests-ratelimiter<0.7"`).
"""

from __future__ import annotations

import argparse
import gzip
import multiprocessing
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import orjson
import zstandard

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from standin.corpus import PER_FILE, Composer  # noqa: E402 -- found through the line above

from enrich.agencies import crossref  # noqa: E402 -- likewise
from enrich.identifiers.doi import Doi  # noqa: E402 -- likewise
from enrich.snapshot import Snapshot, table  # noqa: E402 -- likewise
from enrich.snapshot.table import key_of, part_of  # noqa: E402 -- likewise

ASKED = 20_000
WORLD = 180_000_000
SHARES = (8, 4, 2, 1)  # of the files, for the curve
PEER = """
import sys, time
from pathlib import Path
from crossref_lmdb.db import DBReader
asked = Path(sys.argv[2]).read_text().split()
with DBReader(Path(sys.argv[1])) as reader:
    for order in (asked, sorted(asked)):
        begun = time.process_time()
        for doi in order:
            reader[doi].mini
        print(len(order) / (time.process_time() - begun))
"""


def spent() -> float:
    """Seconds of CPU, of this process and of those it started and waited for."""
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def bare_pipeline(path: Path) -> float:
    """Works a second: gunzip, lines, JSON, trimmed, compressed, and nothing else."""
    lines = zlib.decompress(path.read_bytes(), wbits=31).splitlines()
    trimmed = [orjson.dumps(crossref.trim(orjson.loads(line))) for line in lines]
    dictionary = zstandard.train_dictionary(1 << 18, trimmed, k=256, d=8)
    dictionary.precompute_compress(level=3)
    pack = zstandard.ZstdCompressor(level=3, dict_data=dictionary).compress
    begun = time.process_time()
    for line in zlib.decompress(path.read_bytes(), wbits=31).splitlines():
        pack(orjson.dumps(crossref.trim(orjson.loads(line))))
    return len(lines) / (time.process_time() - begun)


def full_runs(shards: list[sqlite3.Connection], keys: list[int]) -> list[tuple[sqlite3.Connection, list[int]]]:
    """Return the sorted keys of each shard, 500 at a time; what is left of them is left out."""
    parted: list[list[int]] = [[] for _ in shards]
    for key in sorted(keys):
        parted[part_of(key, len(shards))].append(key)
    return [
        (shard, some[n : n + 500])
        for shard, some in zip(shards, parted, strict=True)
        for n in range(0, len(some) - 499, 500)
    ]


def measured(task: tuple[Path, list[str]]) -> dict[str, float]:
    """Look-ups a second of CPU: bare and ours, one by one in any order and sorted batches."""
    place, asked = task
    snapshot = Snapshot(place)
    dois = [Doi(doi) for doi in asked]
    shards = [table.opened(path) for path in sorted(place.glob("layer-*/*.sqlite3"))]
    keys = [key_of(doi) for doi in dois]

    def rate(run: Callable[[], object]) -> float:
        run()  # once to warm the page cache
        seconds = []
        for _ in range(3):
            begun = time.process_time()
            run()
            seconds.append(time.process_time() - begun)
        return len(dois) / min(seconds)

    one = "SELECT value FROM work WHERE key = ?"
    many = f"SELECT value FROM work WHERE key IN ({','.join('?' * 500)})"  # noqa: S608 -- question marks only
    whole = full_runs(shards, keys)
    ordered = sorted(dois, key=key_of)
    batches = [ordered[n : n + 500] for n in range(0, len(ordered), 500)]

    def bare_one() -> None:
        for key in keys:
            shards[part_of(key, len(shards))].execute(one, (key,)).fetchone()

    decompress = table.Codec(table.dictionaries_of(shards[0])).decompress

    def plain_one() -> None:
        for doi in dois:
            key = key_of(doi)
            decompress(shards[part_of(key, len(shards))].execute(one, (key,)).fetchone()[0])

    names = {key_of(doi): doi for doi in dois}
    named = [(shard, [names[key] for key in some]) for shard, some in whole]

    def plain_many() -> None:
        for shard, some in named:
            for (frame,) in shard.execute(many, sorted(map(key_of, some))):
                decompress(frame)

    bare_many = len(whole) * 500 / len(dois) if whole else 1
    return {
        "bare get": rate(bare_one),
        "plain get": rate(plain_one),
        "get": rate(lambda: [snapshot.answers([doi]) for doi in dois]),
        "bare batch": rate(lambda: [shard.execute(many, some).fetchall() for shard, some in whole]) * bare_many,
        "plain batch": rate(plain_many) * bare_many,
        "batch": rate(lambda: [snapshot.answers(batch) for batch in batches]),
        "record": rate(lambda: [snapshot.load([doi]) for doi in dois[:2000]]) * min(2000, len(dois)) / len(dois),
    }


def data(folder: Path, arguments: argparse.Namespace) -> tuple[Composer, list[Path]]:
    """Return the data files, composed where they are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    composer = Composer(arguments.of or arguments.works)
    paths = [folder / f"{number:06}.jsonl.gz" for number in range(arguments.works // PER_FILE)]
    missing = [(composer, folder, number) for number, path in enumerate(paths) if not path.exists()]
    with multiprocessing.get_context("spawn").Pool(arguments.workers) as pool:
        pool.starmap(Composer.write, missing, chunksize=2)
    return composer, paths


def peer(python: str, paths: list[Path], folder: Path, asked: list[str]) -> None:
    """Print how crossref-lmdb does with the same works, as many as it may be asked to load in a minute."""
    source = folder / "peer"
    source.mkdir()
    (folder / "lmdb").mkdir()
    count = 0
    for number, path in enumerate(paths):
        items = [orjson.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
        items = [item for item in items if "DOI" in item]
        count += len(items)
        (source / f"{number}.json.gz").write_bytes(gzip.compress(orjson.dumps({"items": items}), 4))
    program = "import sys; from crossref_lmdb.cli import main; sys.argv[0] = 'crossref-lmdb'; main()"
    begun = spent()
    command = [python, "-c", program, "create", "--public-data-dir", str(source), "--db-dir", str(folder / "lmdb")]
    done = subprocess.run(
        [*command, "--no-show-progress", "--max-db-size-gb", "20"], check=False, capture_output=True
    )
    if done.returncode:
        print(f"crossref-lmdb: did not run ({(done.stdout + done.stderr).decode()[-200:]!r})")
        return
    seconds = spent() - begun
    size = sum(path.stat().st_blocks * 512 for path in (folder / "lmdb").iterdir())
    (folder / "asked").write_text("\n".join(asked))
    done = subprocess.run(
        [python, "-c", PEER, str(folder / "lmdb"), str(folder / "asked")], check=True, capture_output=True
    )
    get, batch = map(float, done.stdout.split())
    print(f"crossref-lmdb: load {count / seconds:,.0f} works/s, {size / count:,.0f} bytes a work (references too)")
    print(f"crossref-lmdb: get {get:,.0f} /s, in the order of the DOIs {batch:,.0f} /s (JSON parsed)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--works", type=int, default=20_000)
    parser.add_argument("--of", type=int, help="begin the files of a corpus of so many works")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        composer, paths = data(arguments.data or Path(folder) / "data", arguments)
        held = len(paths) * PER_FILE if arguments.of else arguments.works
        print(f"bare pipeline: {bare_pipeline(paths[0]):,.0f} works/s")
        rate = size = 0.0
        for share in SHARES:
            some = paths[: max(1, len(paths) // share)]
            place = Path(folder) / f"snapshot{share}"
            begun, wall = spent(), time.perf_counter()
            total = Snapshot(place).build(some, workers=arguments.workers).total
            rate, seconds = total / (spent() - begun), time.perf_counter() - wall
            size = sum(path.stat().st_size for path in place.glob("layer-*/*")) / total
            clock = f"{total / seconds:,.0f} /s by the clock"
            print(f"{total:>9,} works: load {rate:7,.0f} works/s a core ({clock}), {size:.0f} bytes a work")
        print(
            f"{WORLD:,} works at that: {WORLD / rate / 8 / 3600:.1f} hours on 8 cores, {WORLD * size / 1e9:.0f} GB"
        )
        chance = random.Random(7)
        asked = [composer.doi(number) for number in chance.sample(range(held), min(ASKED, held))]
        for processes in (1, 2):
            with multiprocessing.get_context("spawn").Pool(processes) as pool:
                found = pool.map(measured, [(Path(folder) / "snapshot1", asked)] * processes)
            rates = {name: sum(each[name] for each in found) for name in found[0]}
            for ours in ("get", "batch"):
                beside = "".join(
                    f"   {other} {rates[f'{other} {ours}']:9,.0f} /s, ratio {rates[ours] / rates[f'{other} {ours}']:.2f}"
                    for other in ("plain", "bare")
                )
                print(f"{processes} process(es): {ours:5} {rates[ours]:9,.0f} /s{beside}")
            print(f"{processes} process(es): read into records {rates['record']:9,.0f} /s")
        python = os.environ.get("CROSSREF_LMDB")
        if python:
            held_there = {doi for doi in _names(paths[:4]) if not doi.startswith("10.5072/")}
            peer(
                python,
                paths[:4],
                Path(folder),
                chance.sample(sorted(held_there), min(ASKED, len(held_there)) // 2),
            )
        else:
            print("crossref-lmdb: not measured, CROSSREF_LMDB names no Python that has it")


def _names(paths: list[Path]) -> set[str]:
    return {
        str(orjson.loads(line).get("DOI"))
        for path in paths
        for line in gzip.decompress(path.read_bytes()).splitlines()
    }


if __name__ == "__main__":
    main()

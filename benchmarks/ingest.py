"""`enrich ingest` of any number of records against the snapshot: pace, processor time, memory.

    python benchmarks/ingest.py [--records 20000] [--workers 2] [--data DIR] [--alone] [--to jsonl|parquet] [--folder DIR]
    make bench-ingest                        # a million records, some ten minutes

Works are composed (tests/standin/corpus.py), 6.5 KB each; those in the data files of `--data`, if there are any, serve
instead of new ones. A record has the names, year, title, journal, DOI and an abstract of its work, 1.3 KB in all, and lacks
volume, issue, pages and ISSN: every one is confirmed and most are enriched. Records stand in no order, and where there
are more than works they come again. The pace is given by the clock, and by the processor's time, which says what as many
quiet cores give; memory is what all processes hold together, at each tenth of the run. With `--alone` the same is done
without workers, and both must write the same.
"""

from __future__ import annotations

import argparse
import filecmp
import gzip
import itertools
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
from clean import WORDS

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from standin.corpus import PER_FILE, written  # noqa: E402 -- found through the line above

from enrich.snapshot import Snapshot  # noqa: E402 -- likewise

HEAPS = 64  # that records are dealt to: a batch of 500 comes from all over the data
KINDS = {"journal-article": "Journal Article", "book-chapter": "Book Section", "Dataset": "Dataset"}
PROSE = " ".join(WORDS[number * 7 % len(WORDS)] for number in range(130)).capitalize() + "."
TAG = re.compile(r"<[^>]*>")


def prepare(home: Path, records: int, data: Path | None, workers: int) -> Path:
    """Load a snapshot of as many works as there are records, or all there are, and write the library of their records."""
    files = sorted(data.glob("*.jsonl.gz")) if data is not None and data.is_dir() else []
    if not files:
        folder = data or home / "data"
        folder.mkdir(exist_ok=True)
        files = sorted(written(records, folder))
    files = files[: -(-records // PER_FILE)]
    begun = time.perf_counter()
    Snapshot(home / "snapshot").build(files, workers=workers)
    print(f"snapshot of {len(files)} data files: {time.perf_counter() - begun:.0f} s", flush=True)
    dice = random.Random(7)
    heaps = [(home / f"heap{number}").open("w+b") for number in range(HEAPS)]
    for work in itertools.islice(works(files), records):
        dice.choice(heaps).write(record(work).encode())
    library = home / "library.enw"
    with library.open("wb") as stream:
        for heap in heaps:
            heap.seek(0)
            shutil.copyfileobj(heap, stream)
            heap.close()
            Path(heap.name).unlink()
    return library


def works(files: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """Yield the works of data files, over and over."""
    for path in itertools.cycle(files):
        with gzip.open(path) as stream:
            yield from map(orjson.loads, stream)


def record(work: dict[str, Any]) -> str:
    """Return the refer record of a work in Crossref's shape or DataCite's."""
    told = work.get("attributes", work)
    kind = told["types"]["resourceTypeGeneral"] if "types" in told else told["type"]
    names = [(each.get("family") or each["familyName"], each.get("given") or each["givenName"])
             for each in told.get("author") or told["creators"]]  # fmt: skip
    title = told["title"][0] if "title" in told else told["titles"][0]["title"]
    year = told["issued"]["date-parts"][0][0] if "issued" in told else told["publicationYear"]
    journal = "".join(f"%J {name}\n" for name in told.get("container-title", ()))
    abstract = TAG.sub("", told["abstract"]).removeprefix("Abstract") if told.get("abstract") else PROSE
    authors = "".join(f"%A {family}, {given}\n" for family, given in names)
    return (
        f"%0 {KINDS.get(kind, 'Generic')}\n{authors}%D {year}\n%T {title}\n{journal}"
        f"%R {told.get('DOI') or told['doi']}\n%X {abstract}\n\n"
    )


def start(home: Path, library: Path, output: Path, *further: str) -> subprocess.Popen[bytes]:
    """Start the command in a process group of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ENRICH_")}
    places = {
        "ENRICH_CACHE_DIR": str(home / "cache"),
        "ENRICH_SNAPSHOT": str(home / "snapshot"),
        "ENRICH_STATE_DIR": str(home / "state"),
        "ENRICH_OFFLINE": "true",
    }
    command = [sys.executable, "-m", "enrich", "ingest", str(library), "-o", str(output), "-q", *further]
    return subprocess.Popen(command, env=kept | places, start_new_session=True)


class Memory(threading.Thread):
    """Looks now and then at what the processes of a run hold together, in MB, and remembers it."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._over = threading.Event()
        self.seen: list[float] = []

    def run(self) -> None:
        """Look until stopped."""
        while not self._over.wait(0.5):
            self.seen.append(sum(held(pid) for pid in (self._pid, *children(self._pid))))

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        self.join()


def children(pid: int) -> list[int]:
    """Return the processes that a process started."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def held(pid: int) -> float:
    """Return the proportional share of memory of a process in MB: what is shared counts once."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def pace(home: Path, library: Path, output: Path, records: int, *further: str) -> float:
    """Time an undisturbed run, print its figures, and return its seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    process = start(home, library, output, *further)
    memory = Memory(process.pid)
    memory.start()
    code = process.wait()
    seconds = time.perf_counter() - begun
    memory.stop()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"{records:,} records, {' '.join(further)}: {seconds:.1f} s (exit {code}), {records / seconds:,.0f} records/s"
    )
    print(
        f"  processor {busy:.1f} s, {busy / records * 1e6:.0f} us a record, {records / busy:,.0f} records/s and core"
    )
    looks = len(memory.seen)
    tenths = [max(memory.seen[looks * place // 10 : looks * (place + 1) // 10], default=0) for place in range(10)]
    print(f"  memory of all processes, MB, the most in each tenth: {' '.join(f'{each:.0f}' for each in tenths)}")
    files = [output] if output.is_file() else list(output.iterdir())
    size = sum(file.stat().st_size for file in files) / records
    print(f"  input {library.stat().st_size / records:.0f} bytes a record, output {size:.0f}", flush=True)
    return seconds


def main() -> int:
    """Prepare, and run with workers, and without where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--data", type=Path, help="a directory of data files; filled where it is empty")
    parser.add_argument("--to", default="jsonl", help="jsonl or parquet")
    parser.add_argument("--alone", action="store_true", help="the same without workers, and compare")
    parser.add_argument("--folder", help="where everything goes; a temporary folder without it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        home = Path(name)
        library = prepare(home, arguments.records, arguments.data, arguments.workers)
        kind = ("--to", arguments.to)
        pace(home, library, home / "many", arguments.records, *kind, "--workers", str(arguments.workers))
        if not arguments.alone:
            return 0
        pace(home, library, home / "alone", arguments.records, *kind, "--workers", "1")
        same = alike(home / "many", home / "alone")
        print(f"one process and {arguments.workers} write {'the same' if same else 'DIFFERENT FILES'}")
        return 0 if same else 1


def alike(left: Path, right: Path) -> bool:
    """Tell whether two outputs are the same byte for byte: files, or directories of files."""
    if left.is_file():
        return filecmp.cmp(left, right, shallow=False)
    names = sorted(path.name for path in left.iterdir())
    return names == sorted(path.name for path in right.iterdir()) and not any(
        filecmp.cmpfiles(left, right, names, shallow=False)[1:]
    )


if __name__ == "__main__":
    sys.exit(main())

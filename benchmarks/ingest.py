"""`enrich ingest` of any number of records against the snapshot: pace, memory, and what becomes of it when it is killed.

    python benchmarks/ingest.py [--records 20000] [--works 20000] [--workers 2] [--kills 0]

Records are composed, 1.3 KB each, and lack volume, issue, pages and ISSN; every one is confirmed and enriched. The pace is
given by the clock, and by the processor's time, which says what as many quiet cores give. With `--kills`, the same run is
killed (SIGKILL) at so many random moments and called again until it is done: the output must be that of the undisturbed one,
byte for byte, and no process may be left over.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import orjson
from clean import record, works

from enrich.snapshot import Snapshot


def prepare(home: Path, records: int, count: int) -> Path:
    """Load a snapshot of composed works, and write a library whose records are theirs, over and over."""
    with (home / "works.jsonl").open("wb") as stream:
        for work in works(count):
            stream.write(orjson.dumps(work) + b"\n")
    Snapshot(home / "snapshot").build([home / "works.jsonl"])
    library = home / "library.enw"
    with library.open("w") as stream:
        written = 0
        while written < records:
            for work in works(min(count, records - written)):
                stream.write(record(work))
            written += count
    return library


def start(home: Path, library: Path, output: Path, workers: int) -> subprocess.Popen:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ENRICH_")}
    places = {
        "ENRICH_CACHE_DIR": str(home / "cache"),
        "ENRICH_SNAPSHOT": str(home / "snapshot"),
        "ENRICH_STATE_DIR": str(home / "state"),
        "ENRICH_OFFLINE": "true",
    }
    command = [
        sys.executable,
        "-m",
        "enrich",
        "ingest",
        str(library),
        "-o",
        str(output),
        "--workers",
        str(workers),
    ]
    return subprocess.Popen([*command, "-q"], env=kept | places)


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


def pace(home: Path, library: Path, output: Path, records: int, workers: int) -> float:
    """Time an undisturbed run, print its figures, and return its seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    process = start(home, library, output, workers)
    memory = Memory(process.pid)
    memory.start()
    code = process.wait()
    seconds = time.perf_counter() - begun
    memory.stop()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"{records:,} records, {workers} workers: {seconds:.1f} s (exit {code}), {records / seconds:,.0f} records/s"
    )
    print(
        f"  processor {busy:.1f} s, {busy / records * 1e6:.0f} us a record: {records / busy:,.0f} records/s and core"
    )
    tenths = [memory.seen[int(len(memory.seen) * place / 10)] for place in range(1, 10)] if memory.seen else []
    print(f"  memory of all processes, MB, at each tenth of the run: {' '.join(f'{each:.0f}' for each in tenths)}")
    print(
        f"  largest process: {after.ru_maxrss // 1024} MB; output {output.stat().st_size / records:.0f} bytes a record"
    )
    return seconds


def killed(home: Path, library: Path, whole: Path, workers: int, times: int, longest: float) -> int:
    """Kill runs at random moments, finish each, and return how many ended otherwise than the undisturbed one."""
    dice = random.Random(20)
    wrong = 0
    for number in range(times):
        output = home / "killed.jsonl"
        process = start(home, library, output, workers)
        moment = dice.uniform(0, longest)
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            orphans = children(process.pid)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            wrong += outlive(orphans)
        was = "finished" if output.exists() else "unfinished"
        code = start(home, library, output, workers).wait()
        same = output.exists() and filecmp.cmp(output, whole, shallow=False)
        wrong += not same
        print(
            f"kill {number + 1} after {moment:.2f} s ({was}): exit {code}, {'the same' if same else 'DIFFERENT'}"
        )
        output.unlink(missing_ok=True)
    left = [path.name for path in home.iterdir() if path.name.startswith("killed.")]
    return wrong + len(left)


def outlive(orphans: list[int]) -> int:
    """Return how many of the workers are still there ten seconds after their parent."""
    for _ in range(100):
        orphans = [pid for pid in orphans if held(pid) > 0]
        if not orphans:
            return 0
        time.sleep(0.1)
    return len(orphans)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--works", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--folder", help="where the data go; a temporary folder without it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        home = Path(name)
        library = prepare(home, arguments.records, arguments.works)
        seconds = pace(home, library, home / "whole.jsonl", arguments.records, arguments.workers)
        if arguments.workers > 1:
            pace(home, library, home / "one.jsonl", arguments.records, 1)
            same = filecmp.cmp(home / "whole.jsonl", home / "one.jsonl", shallow=False)
            print(f"one process and {arguments.workers} write {'the same' if same else 'DIFFERENT FILES'}")
        wrong = killed(home, library, home / "whole.jsonl", arguments.workers, arguments.kills, seconds)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

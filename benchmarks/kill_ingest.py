"""`enrich ingest`, killed at random moments with all its workers and called again each time, until it is done.

    python benchmarks/kill_ingest.py [--kills 6] [--records 20000] [--workers 2] [--to jsonl|parquet] [--data DIR]

One run is undisturbed. Another is killed (SIGKILL to its whole process group, so that nobody can tidy up) so many times,
each time after up to the undisturbed run's seconds, goes on, and is killed again; one that ends before its moment comes is
compared and begun anew. After every tenth record the library has an odd one: without a DOI, with an unknown one or one that
cannot be read, or nothing but empty tags. Output, report and dead letters must be those of the undisturbed run, byte for
byte; no process and no file may be left over. One line is printed for each kill.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ingest import alike, prepare, start

ODD = (
    "%0 Book\n%T Nothing to look up\n\n",
    "%0 Journal Article\n%T Elsewhere and far away\n%R 10.1155/2012/000000\n\n",
    "%0 Journal Article\n%T No DOI can be read\n%R doi: 10.x\n\n",
    "%0\n%T\n%A\n\n",
)
NOTE = "output.checkpoint"


def mixed(library: Path, into: Path) -> None:
    """Write a library again, with an odd record after every tenth."""
    with library.open() as stream, into.open("w") as out:
        for number, block in enumerate(blocks(stream)):
            out.write(block)
            if number % 10 == 9:
                out.write(ODD[number // 10 % len(ODD)])


def blocks(lines: Iterable[str]) -> Iterator[str]:
    """Yield the records of a library, each up to the blank line after it."""
    held: list[str] = []
    for line in lines:
        held.append(line)
        if line == "\n":
            yield "".join(held)
            held = []


class Runs:
    """Runs of one job, each in a process group of its own."""

    def __init__(self, home: Path, library: Path, further: Sequence[str]) -> None:
        self.folder = home / "run"
        self.folder.mkdir()
        self._home, self._library = home, library
        self._further = [
            *further,
            "--report",
            str(self.folder / "report"),
            "--unread",
            str(self.folder / "unread"),
        ]

    def start(self) -> subprocess.Popen[bytes]:
        """Start, or go on."""
        return start(self._home, self._library, self.folder / "output", *self._further)

    def stands_at(self) -> str:
        """Return what there is: the bytes of each file that is not finished yet."""
        sizes = {path.name: size_of(path) for path in sorted(self.folder.iterdir()) if ".unfinished" in path.name}
        told = ", ".join(f"{name.removesuffix('.unfinished')} {size:,}" for name, size in sizes.items())
        return f"{told or 'nothing'}{', a checkpoint' if (self.folder / NOTE).exists() else ''}"


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all in a directory."""
    return sum(each.stat().st_size for each in path.iterdir()) if path.is_dir() else path.stat().st_size


def kill(process: subprocess.Popen[bytes]) -> bool:
    """Kill a process and all it started; tell whether all of them are gone."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for _ in range(100):  # they are gone at once, but for those the system still tidies up after
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def main() -> int:
    """Run undisturbed, run with kills, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--to", default="jsonl", help="jsonl or parquet")
    parser.add_argument("--data", type=Path, help="a directory of data files; filled where it is empty")
    parser.add_argument("--seed", type=int, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        library = home / "mixed.enw"
        mixed(prepare(home, arguments.records, arguments.data, arguments.workers), library)
        runs = Runs(home, library, ["--to", arguments.to, "--workers", str(arguments.workers)])
        begun = time.perf_counter()
        code = runs.start().wait()
        seconds = time.perf_counter() - begun
        print(f"undisturbed: {seconds:.1f} s, exit {code}", flush=True)
        whole = runs.folder.rename(home / "whole")
        runs.folder.mkdir()
        wrong = disturbed(runs, whole, arguments.kills, seconds, random.Random(arguments.seed))
        print("all the same, nobody and nothing left over" if not wrong else f"{wrong} things are wrong")
        return 1 if wrong else 0


def disturbed(runs: Runs, whole: Path, kills: int, longest: float, dice: random.Random) -> int:
    """Kill a run so many times, let it end, and return how much is wrong; one that ended before is begun anew."""
    wrong = number = 0
    while number < kills:
        process, moment = runs.start(), dice.uniform(0, longest)
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            number += 1
            is_gone = kill(process)
            wrong += not is_gone
            print(
                f"kill {number:2} after {moment:5.2f} s: {runs.stands_at()}",
                "" if is_gone else "PROCESSES ARE LEFT",
            )
        else:
            wrong += compared(runs.folder, whole)
    runs.start().wait()
    return wrong + compared(runs.folder, whole)


def compared(folder: Path, whole: Path) -> int:
    """Return in how many files a run's folder differs from the undisturbed one's, those left over included; empty it."""
    found, expected = ({path.name: path for path in each.iterdir()} for each in (folder, whole))
    differing = [name for name in expected if name not in found or not alike(expected[name], found[name])]
    left = sorted(found.keys() - expected.keys())
    sizes = ", ".join(f"{name} {size_of(path):,} bytes" for name, path in sorted(expected.items()))
    print(f"done: {sizes}: {'DIFFERENT: ' + ', '.join(differing) if differing else 'the same'}", *left, flush=True)
    shutil.rmtree(folder)
    folder.mkdir()
    return len(differing) + len(left)


if __name__ == "__main__":
    sys.exit(main())

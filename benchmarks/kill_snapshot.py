"""Kills loads of a snapshot, and the processes that work for them, at random moments; each time the same again goes on.

    python benchmarks/kill_snapshot.py --points 20 --works 40000

After the kills the snapshot must hold, row for row, what another made; in between, a reader finds all or nothing.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from standin.corpus import written  # noqa: E402 -- found through the line above

from enrich.snapshot import Snapshot  # noqa: E402 -- likewise

LOAD = """
import sys
from pathlib import Path
from enrich.snapshot import Snapshot
if __name__ == "__main__":
    Snapshot(Path(sys.argv[2])).build([Path(sys.argv[1])], workers=int(sys.argv[3]))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=6)
    parser.add_argument("--works", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    dice = random.Random(4)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.mkdir()
        list(written(arguments.works, data))
        whole = Snapshot(Path(folder) / "whole")
        begun = time.monotonic()
        whole.build([data], workers=arguments.workers)
        seconds = time.monotonic() - begun
        rows = {row.doi: row.value for row in whole.rows()}
        place, script = Path(folder) / "killed", Path(folder) / "load.py"
        script.write_text(LOAD)
        ended = 0
        for _ in range(arguments.points):
            command = [sys.executable, str(script), str(data), str(place), str(arguments.workers)]
            process = subprocess.Popen(command, env={"PYTHONPATH": str(ROOT)})
            try:
                process.wait(timeout=dice.uniform(0.1, 1.1) * seconds)
                ended += 1
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
            snapshot = Snapshot(place)
            if snapshot.exists and sum(1 for _ in snapshot.rows()) != len(rows):
                print("a reader found half a snapshot")
                return 1
        snapshot = Snapshot(place)
        again = snapshot.build([data], workers=arguments.workers).again
        same = {row.doi: row.value for row in snapshot.rows()} == rows
        wrong = snapshot.verify()
    killed = arguments.points - ended
    print(f"{arguments.points} loads begun, {killed} killed, the last found {again} files read; same: {same}")
    return 0 if same and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())

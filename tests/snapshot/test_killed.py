"""Loads that are killed, as nobody can prevent: the same again goes on, and the end is that of an undisturbed load."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from enrich.snapshot import Snapshot

Works = Any
FILES = 6
LOAD = """
import sys
from pathlib import Path
from enrich.snapshot import Snapshot
def tell(progress):
    print(progress.is_merging, flush=True)
    sys.stdin.readline()
Snapshot(Path(sys.argv[2])).build([Path(sys.argv[1])], progress=tell)
"""


def killed_after(steps: int, data: Path, place: Path) -> bool:
    """Load until so many steps were told, then kill the process; return whether it lived to the end."""
    command = [sys.executable, "-c", LOAD, str(data), str(place)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(steps):
            process.stdout.readline()
            process.stdin.write("\n")
            process.stdin.flush()
        process.stdout.readline()  # it waits now
        os.kill(process.pid, signal.SIGKILL)
    return process.returncode == 0


@pytest.mark.parametrize("steps", [0, 3, FILES])
def test_a_load_that_was_killed_goes_on_where_it_was(tmp_path: Path, works: Works, steps: int) -> None:
    """Killed after any file or before merging: nothing of it counts, no file is read twice, and nothing is missing."""
    data = tmp_path / "data"
    data.mkdir()
    for number in range(FILES):
        lines = [
            json.dumps(works.crossref(n, title=f"File {number}")) for n in range(number * 20, number * 20 + 30)
        ]
        (data / f"{number}.jsonl").write_text("\n".join(lines))
    snapshot = Snapshot(tmp_path / "snapshot")
    assert not killed_after(steps, data, snapshot.directory)
    assert not snapshot.exists
    result = snapshot.build([data])
    assert result.again == min(steps + 1, FILES)
    undisturbed = Snapshot(tmp_path / "undisturbed")
    undisturbed.build([data])
    assert list(snapshot.rows()) == list(undisturbed.rows())
    assert snapshot.verify() == []
    assert sorted(path.name for path in snapshot.directory.iterdir()) == [".lock", "layer-000001", "snapshot.json"]

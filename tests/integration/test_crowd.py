"""Several processes, each with several tasks, at one cache and one rate ledger."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "crowd.py"


def test_a_crowd_at_one_cache() -> None:
    """Nobody fails, nothing is lost or torn, nobody complains, and together they are one polite client."""
    command = [sys.executable, SCRIPT, "--processes", "3", "--tasks", "8", "--dois", "400"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr

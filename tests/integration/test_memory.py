"""The installed command holds one record at a time, whatever the format."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent.parent.parent / "benchmarks" / "memory.py"


def test_memory_does_not_grow_with_the_library() -> None:
    """Of 25 times the records none stays: 2,500 of them held would take 25 MB.

    The same script with 200,000 records is the benchmark.
    """
    done = subprocess.run([sys.executable, SCRIPT, "100", "2500"], capture_output=True, text=True, check=True)
    rows = re.findall(r"^ +(\d+) (.{18}) .* (\d+) MB", done.stdout, re.MULTILINE)
    peaks = {(label.strip(), int(count)): int(peak) for count, label, peak in rows}
    assert len(peaks) == 14
    for label in {label for label, _ in peaks}:
        assert peaks[label, 2500] - peaks[label, 100] < 10, (label, peaks)

"""What the pages for ingest jobs say is so: the line for cron runs, the table of sizes is computed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from integration.command import command_for

ROOT = Path(__file__).parent.parent.parent


def test_the_line_for_cron_runs(tmp_path: Path) -> None:
    """Five fields and a command that ends without asking anybody, twice in a row."""
    (line,) = re.findall(r"^```cron\n(.*)\n```", (ROOT / "docs" / "ingest.md").read_text(), re.MULTILINE)
    *moment, command = line.split(None, 5)
    assert len(moment) == 5
    enrich = command_for(tmp_path / "home")
    shutil.copy(ROOT / "examples" / "library.enw", enrich.home / "library.enw")
    program = f"{sys.executable} -m enrich"
    for _ in range(2):
        done = subprocess.run(
            ["sh", "-c", command.replace("enrich", program, 1)],
            env=enrich.variables(),
            capture_output=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 3, done.stderr  # there is no snapshot here, and nobody to ask
        assert not done.stdout + done.stderr
    assert (enrich.home / "library.jsonl").read_bytes().count(b"\n") > 20


def test_the_table_of_sizes_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/sizing.md has the table that benchmarks/sizing.py makes of the figures measured, which scale as they should."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import sizing

    assert sizing.table() in (ROOT / "docs" / "sizing.md").read_text()
    assert sizing.table(sizing.MEASURED._replace(processor=1e-3)) != sizing.table()
    assert (sizing.lasting(3600), sizing.lasting(1), sizing.held(1.5e12)) == ("1.0 h", "1 min", "1.5 TB")

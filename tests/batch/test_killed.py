"""The command, killed (SIGKILL) with two workers under way, goes on when it is called again; nobody is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from integration.command import command_for

ROOT = Path(__file__).parent.parent.parent
RECORDS = 12_000


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_the_command_killed_goes_on(tmp_path: Path) -> None:
    """Killed as soon as there is a checkpoint, and again: the end is the file of a run that nobody disturbed."""
    enrich = command_for(tmp_path / "home")
    assert enrich("snapshot", "load", ROOT / "examples" / "snapshot.jsonl").returncode == 0
    library, output = tmp_path / "library.enw", tmp_path / "out.jsonl"
    known = b"%0 Journal Article\n%A LeCun, Y.\n%T Deep learning\n%J Nature\n%D 2015\n%R 10.1038/nature14539\n\n"
    library.write_bytes(
        (known + b"%0 Book\n%T Nothing to look up\n\n" * 9 + b"%0 Book\n%T Odd\n%R 10.x\n\n") * (RECORDS // 11)
    )
    whole = tmp_path / "whole.jsonl"
    assert enrich("ingest", library, "-o", whole, "--workers", "1").returncode == 1
    command = [sys.executable, "-m", "enrich", "ingest", str(library), "-o", str(output), "--workers", "2", "-q"]
    note = tmp_path / "out.jsonl.checkpoint"
    stamp = 0
    for _ in range(2):
        process = subprocess.Popen(command, env=enrich.variables(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while process.poll() is None and (not note.exists() or note.stat().st_ino == stamp):
            pass  # no sleeping: what is waited for is the run's own sign
        stamp = note.stat().st_ino
        process.send_signal(signal.SIGKILL)
        # Workers hold the other ends of these pipes: they are at their end when the last of them is gone.
        _, said = process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL, said
        assert not output.exists()
    done = enrich("ingest", library, "-o", output, "--workers", "2")
    assert done.returncode == 1
    assert output.read_bytes() == whole.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "library.enw", "out.jsonl", "whole.jsonl"]


def test_exit_codes_are_those_of_a_clean(tmp_path: Path) -> None:
    """0 settled, 1 a person is needed, 3 somebody could not be asked, 2 an input that is no library or a table unnamed."""
    enrich = command_for(tmp_path / "home")
    assert enrich("snapshot", "load", ROOT / "examples" / "snapshot.jsonl").returncode == 0
    nature = "%0 Journal Article\n%A LeCun, Y.\n%T Deep learning\n%J Nature\n%D 2015\n%R 10.1038/nature14539\n\n"
    for code, text in (
        (0, nature),
        (1, nature.replace("Deep learning", "Something else altogether")),
        (3, nature.replace("nature14539", "nature14540")),
        (2, "<!doctype html><p>none"),
        (2, '{"refer": "%T A"}\n'),
    ):
        (tmp_path / "in").write_text(text)
        done = enrich("ingest", tmp_path / "in", "-o", tmp_path / "out", "--workers", "1")
        assert done.returncode == code, (text, done.stderr)
        assert b"Traceback" not in done.stderr
    assert b"--column" in done.stderr

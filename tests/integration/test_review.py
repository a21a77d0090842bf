"""`enrich review` as a user runs it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import orjson
import pytest
from integration.command import Command, command_for

pytest.importorskip("uvicorn")
EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def asked(address: str, body: Any = None) -> bytes:
    """Return what the page is answered."""
    data = None if body is None else orjson.dumps(body)
    with urllib.request.urlopen(urllib.request.Request(address, data=data), timeout=30) as answer:  # noqa: S310 -- loopback
        return answer.read()


def ready(home: Path) -> tuple[Command, Path]:
    """Return the command with the sample snapshot loaded, and a copy of the sample library."""
    command = command_for(home)
    assert command("snapshot", "load", EXAMPLES / "snapshot.jsonl").returncode == 0
    return command, Path(shutil.copy(EXAMPLES / "library.enw", home / "library.enw"))


def test_review_save_undo_and_keep(tmp_path: Path):
    """The address printed opens the review; Done ends it with 0; undo restores; what is kept is kept by the next clean."""
    command, library = ready(tmp_path)
    original = library.read_bytes()
    with subprocess.Popen(
        [sys.executable, "-m", "enrich", "review", "library.enw", "--no-browser"],
        cwd=tmp_path,
        env=command.variables(),
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stderr is not None
        found = re.search(r"http://127\.0\.0\.1:\d+/\S{20,}/", run.stderr.readline())
        assert found is not None
        *rows, _ = map(orjson.loads, asked(f"{found[0]}page/rows").splitlines())
        accept = {item["field"]: {"choice": "accept"} for item in rows[1]["items"] if item["kind"] == "change"}
        kept = rows[2]["items"][0]["field"]
        decisions = [
            {"record": 1, "fields": accept},
            {"record": 2, "fields": {kept: {"choice": "keep"}}},
        ]
        saved = orjson.loads(asked(f"{found[0]}page/save", {"decisions": decisions}))
        asked(f"{found[0]}page/close", {})
        assert run.wait(timeout=30) == 0
    assert saved["changes"] == len(rows[1]["changes"])
    assert library.read_bytes() != original
    assert command("undo", "library.enw").returncode == 0
    assert library.read_bytes() == original
    command("clean", "library.enw", "-o", "clean.enw", "--report", "report.jsonl")
    row = orjson.loads((tmp_path / "report.jsonl").read_bytes().splitlines()[2])
    assert row["changes"]
    assert kept not in {change["field"] for change in row["changes"]}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-"], "name a file"),
        (["nothing.enw"], "check the path"),
        (["paper.pdf"], "a PDF"),
        (["a.enw", "--policy", "b"], "no policy"),
        (["a.nbib"], "enrich convert a.nbib --to ris -o a.ris"),
    ],
)
def test_what_cannot_be_reviewed_is_told_before_a_page_opens(tmp_path: Path, arguments: list[str], says: str):
    """A usage error, a missing file and one that is no library end with 2 and one sentence."""
    command = command_for(tmp_path)
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "a.enw").write_bytes(b"%0 Book\n%T A\n")
    (tmp_path / "a.nbib").write_bytes(b"PMID- 1\nOWN - NLM\nTI  - A\n\n")
    done = command("review", *arguments, "--no-browser")
    assert done.returncode == 2
    assert says in done.stderr.decode()

"""The README is true: every command in it runs, the Python in it runs, and it shows what it says."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from integration.command import Command, command_for

ROOT = Path(__file__).parent.parent
PAGES = {
    name: (ROOT / name).read_text()
    for name in (
        "README.md",
        "docs/clean.md",
        "docs/check.md",
        "docs/export.md",
        "docs/library.md",
        "docs/ingest.md",
    )
}
BLOCKS = [
    (page, language, block)
    for page, text in PAGES.items()
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
]
LINES = [
    (page, line)
    for page, language, block in BLOCKS
    if not language
    for line in block.splitlines()
    if line.startswith("enrich ")
]


@pytest.fixture
def reader(tmp_path: Path) -> Command:
    """Someone who has the sample library, the sample snapshot and no network."""
    enrich = command_for(tmp_path / "home")
    shutil.copy(ROOT / "examples" / "library.enw", enrich.home / "library.enw")
    assert enrich("snapshot", "load", ROOT / "examples" / "snapshot.jsonl").returncode == 0
    return enrich


def test_the_readmes_commands_run_in_order(reader: Command) -> None:
    """Copied line by line into a shell, each does what it should."""
    assert LINES
    for page, line in LINES:
        done = reader(*shlex.split(line)[1:])
        assert done.returncode in {0, 1}, (page, line, done.stderr.decode())
        assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("block", [block for _, language, block in BLOCKS if language == "python"])
def test_the_python_runs_as_it_stands(reader: Command, block: str) -> None:
    """An example is a program: it ends without an error and prints something of the library."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block],
        cwd=reader.home,
        env=reader.variables(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"enriched" in done.stdout or b"Deep learning" in done.stdout


def test_make_targets_that_are_named_exist() -> None:
    """`make demo` and the like are in the Makefile."""
    makefile = (ROOT / "Makefile").read_text()
    named = {
        target
        for page in (*PAGES.values(), (ROOT / "docs" / "README.md").read_text())
        for target in re.findall(r"make ([a-z]+)\b", page)
        if target in {"demo", "test", "check", "bench", "kill", "format"}
    }
    assert named
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_demonstration_runs_without_a_network(tmp_path: Path) -> None:
    """What `make demo` runs cleans the sample library, says where the report is, and the report is there."""
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT / "examples", folder / "examples")
    done = subprocess.run(
        [sys.executable, str(folder / "examples" / "demo.py")],
        cwd=folder,
        env=command_for(tmp_path / "home").variables(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"demo/report.html" in done.stdout
    assert b"1 contradicted" in done.stderr
    assert (folder / "demo" / "report.html").stat().st_size > 10_000
    assert (folder / "demo" / "library.enw").read_bytes().startswith(b"%0 Journal Article\n")

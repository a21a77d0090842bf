"""Files and streams as people really name them: pipes, links, closed streams, one file in two places."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import orjson
import pytest
from integration.command import Command, command_for

RECORD = b"%0 Book\n%T On the Origin of Species\n%A Darwin, Charles\n%D 1859\n\n"
ITEM = b'{"id": "darwin", "type": "book", "title": "On the Origin of Species"}\n'
pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes and descriptors as POSIX has them")


@pytest.fixture
def enrich(tmp_path: Path) -> Command:
    """The command, offline, in a home with a library."""
    command = command_for(tmp_path / "home")
    (command.home / "library.enw").write_bytes(RECORD)
    (command.home / "items.jsonl").write_bytes(ITEM)
    return command


def shell(enrich: Command, line: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of shell in which `enrich` is the command."""
    program = f'enrich() {{ "{sys.executable}" -m enrich "$@"; }}\n'
    return subprocess.run(
        ["sh", "-c", program + line],
        capture_output=True,
        check=False,
        timeout=60,
        cwd=enrich.home,
        env=enrich.variables(),
    )


@pytest.mark.parametrize(
    "line",
    [
        "clean items.jsonl -o out.json --report items.jsonl",
        "clean library.enw -o out.jsonl --report ./out.jsonl",
        "clean library.enw --report r.jsonl --report link.jsonl",
        "convert library.enw --to csl-json -o library.enw",
        "convert library.enw --to csl-json -o ./link.enw",
        "clean library.enw -o loop",
    ],
)
def test_no_file_is_written_over_another_of_the_same_run(enrich: Command, line: str) -> None:
    """A report, a library and its other format are different files: asked for one file, nothing is written at all."""
    (enrich.home / "link.enw").symlink_to("library.enw")
    (enrich.home / "link.jsonl").symlink_to("r.jsonl")
    (enrich.home / "loop").symlink_to("loop")
    before = sorted(path.name for path in enrich.home.iterdir())
    done = enrich(*line.split())
    assert (done.returncode, done.stdout) == (2, b""), done.stderr
    assert b"Traceback" not in done.stderr
    assert sorted(path.name for path in enrich.home.iterdir()) == before
    assert (enrich.home / "library.enw").read_bytes() == RECORD
    assert (enrich.home / "items.jsonl").read_bytes() == ITEM


def test_a_library_may_come_through_a_named_pipe(enrich: Command) -> None:
    """A pipe can be read once only, and once is enough."""
    pipe = enrich.home / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(RECORD,), daemon=True)
    writer.start()
    done = enrich("clean", "pipe", "--quiet")
    assert (done.returncode, done.stdout) == (0, RECORD), done.stderr


def test_a_library_may_go_to_dev_stdout(enrich: Command) -> None:
    """The name of standard output is written through, also where it is a pipe."""
    done = enrich("clean", "library.enw", "--quiet", "-o", "/dev/stdout")
    assert (done.returncode, done.stdout) == (0, RECORD), done.stderr


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("enrich clean library.enw --quiet >&-", 2, b"output"),
        ("enrich clean library.enw -o out.enw >&-", 0, b""),
        ("enrich clean library.enw -o out.enw 2>&-", 0, b""),
        ("enrich clean - --quiet <&-", 2, b"-:1: the input is empty"),
    ],
)
def test_a_closed_stream_is_no_crash(enrich: Command, line: str, code: int, said: bytes) -> None:
    """Without its standard streams a command does what it can, and says what it cannot."""
    done = shell(enrich, line)
    assert (done.returncode, b"Traceback" in done.stderr, said in done.stderr) == (code, False, True), done.stderr
    if "out.enw" in line:
        assert (enrich.home / "out.enw").read_bytes() == RECORD


def test_who_stops_reading_gets_no_traceback(enrich: Command) -> None:
    """`| head` ends the run quietly, with the code of an output that cannot be written: a gate must not take it for 0."""
    items = [{"id": str(number), "type": "book", "title": "x" * 200} for number in range(3000)]
    (enrich.home / "many.json").write_bytes(orjson.dumps(items))
    done = shell(enrich, "{ enrich convert many.json --to refer; echo $? >&2; } | head -c 10")
    assert (done.stdout, done.stderr) == (b"%0 Book\n%T", b"2\n")


@pytest.mark.parametrize(
    ("data", "code"), [(b"", 0), (b'{"neither": "a work"}\n', 1), (b'{"DOI": "10.1000/cut", "ti', 1)]
)
def test_a_snapshot_that_lacks_something_is_not_called_whole(enrich: Command, data: bytes, code: int) -> None:
    """A load that passed items over ends with 1 and says which; a script does not take half a file for all of it."""
    (enrich.home / "works.jsonl").write_bytes(data)
    done = enrich("snapshot", "load", "works.jsonl")
    assert (done.returncode, b"works.jsonl:1" in done.stderr) == (code, code == 1), done.stderr


def test_a_damaged_snapshot_is_replaced_as_its_message_says(enrich: Command) -> None:
    """The remedy that a message names is one that works."""
    (enrich.home / "works.jsonl").write_bytes(b'{"DOI": "10.1000/182", "RA": "Crossref"}\n')
    assert enrich("snapshot", "load", "works.jsonl").returncode == 0
    file = enrich.home / "snapshot" / "snapshot.json"
    (shard,) = (enrich.home / "snapshot").glob("*/*.sqlite3")
    shard.write_bytes(b"no database")
    (enrich.home / "library.enw").write_bytes(RECORD + b"%0 Book\n%T Handbook\n%R 10.1000/182\n\n")
    for command in (("clean", "library.enw"), ("snapshot", "load", "works.jsonl")):
        done = enrich(*command)
        assert (done.returncode, b"remove" in done.stderr, str(file).encode() in done.stderr) == (2, True, True), (
            command
        )
    file.unlink()
    assert enrich("snapshot", "load", "works.jsonl").returncode == 0

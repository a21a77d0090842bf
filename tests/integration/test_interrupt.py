"""A run that is stopped, by whomever: at most the requests in flight are lost, and the next run goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from integration.command import Command, command_for
from standin import Asked, StandIn

from enrich.resolver import LANES

DOIS = [f"10.1038/test.{number}" for number in range(500)]
ANSWERED = 3  # lists that are answered before the service falls silent
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX'")


def named(asked: Asked) -> list[str]:
    """Return the DOIs that a list names."""
    return [part.removeprefix("doi:") for part in asked.parameters.get("filter", "").split(",") if part]


@pytest.fixture
def registry() -> Iterator[StandIn]:
    """Crossref, which is generous, and falls silent after some lists."""
    with StandIn(enforce=False) as server:
        server.gate.limits["crossref", True, "list"] = (50, 1.0, 10)
        server.crossref.update({doi: {"DOI": doi, "title": [f"Work {doi}"]} for doi in DOIS})
        server.fault("hang", path="/crossref/works?", after=ANSWERED)
        yield server


@pytest.fixture
def enrich(tmp_path: Path, registry: StandIn) -> Command:
    """The command, and a list of DOIs in its home."""
    command = command_for(tmp_path / "home", registry)
    (command.home / "dois.txt").write_text("\n".join(DOIS))
    return command


@contextmanager
def running(enrich: Command, registry: StandIn) -> Iterator[subprocess.Popen[bytes]]:
    """Run the command until all its lanes wait for an answer that does not come."""
    process = subprocess.Popen(
        [sys.executable, "-m", "enrich", "resolve", "--file", "dois.txt"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=enrich.home,
        env=enrich.variables(ENRICH_TIMEOUT="60"),
    )
    try:
        for _ in range(600):
            if len(registry.requests) == ANSWERED + LANES or process.poll() is not None:
                break
            time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)],
    ids=str,
)
def test_the_next_run_repeats_no_answered_request(
    enrich: Command, registry: StandIn, number: signal.Signals, code: int
) -> None:
    """However it ends, what was answered is kept, what was in flight is asked again, and nobody waits for the dead."""
    with running(enrich, registry) as process:
        process.send_signal(number)
        _, said = process.communicate(timeout=20)
    assert process.returncode == code, said
    assert b"Traceback" not in said
    if number != signal.SIGKILL:
        assert b"run the same command again to go on" in said
    first = [named(asked) for asked in registry.requests]
    assert len(first) == ANSWERED + LANES
    registry.faults.clear()
    registry.requests.clear()
    done = enrich("resolve", "--file", "dois.txt")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b'"status":"found"') == len(DOIS)
    answered = {doi for batch in first[:ANSWERED] for doi in batch}
    again = [doi for asked in registry.requests for doi in named(asked)]
    assert len(answered) >= ANSWERED * 50
    assert sorted(again) == sorted(set(DOIS) - answered)


def test_who_is_stopped_lets_go_of_what_it_had_reserved(enrich: Command, registry: StandIn) -> None:
    """After Ctrl-C another process asks at once: no claim and no place in the rate ledger is left behind."""
    import sqlite3

    with running(enrich, registry) as process:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    for file, table in (("answers/cache.db", "Claims"), ("ledger.sqlite", "flights")):
        with closing(sqlite3.connect(enrich.home / "cache" / file)) as left:
            assert left.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)  # noqa: S608 -- two names of the project's own


def test_a_clean_stopped_in_the_middle_writes_nothing_and_the_next_one_goes_on(
    enrich: Command, registry: StandIn
) -> None:
    """The library is whole or untouched; the second run asks only for what the first had no answer to."""
    library = "".join(f"%0 Journal Article\n%T Work {doi}\n%R {doi}\n\n" for doi in DOIS)
    (enrich.home / "library.enw").write_text(library)
    process = subprocess.Popen(
        [sys.executable, "-m", "enrich", "clean", "library.enw", "-o", "out.enw"],
        stderr=subprocess.DEVNULL,
        cwd=enrich.home,
        env=enrich.variables(ENRICH_TIMEOUT="60"),
    )
    for _ in range(600):
        if len(registry.requests) == ANSWERED + LANES:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 130
    assert not (enrich.home / "out.enw").exists()
    first = [doi for asked in registry.requests[:ANSWERED] for doi in named(asked)]
    registry.faults.clear()
    registry.requests.clear()
    enrich("clean", "library.enw", "-o", "out.enw")
    again = [doi for asked in registry.requests for doi in named(asked)]
    assert set(again).isdisjoint(first)
    assert (enrich.home / "out.enw").read_bytes().count(b"%R ") == len(DOIS)

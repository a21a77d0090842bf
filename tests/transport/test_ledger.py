from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from standin.timing import Clock, most_in_any_window

from enrich import sharing
from enrich.transport.ledger import LONGEST_PAUSE, Ledger

LIMIT = {"count": 2, "window": 1.0, "in_flight": 10, "lease": 30.0}


def test_processes_share_one_rate(tmp_path: Path) -> None:
    """Several processes with one cache directory together keep the limit of one."""
    script = """
import sys, time
from pathlib import Path
from enrich.transport.ledger import Ledger
ledger = Ledger(Path(sys.argv[1]), time.time, lambda sentence: sys.exit(sentence))
sent = 0
while sent < 12:
    turn = ledger.take("lane", "service", count=4, window=0.2, in_flight=2, lease=30)
    if turn.ticket:
        sent += 1
        ledger.landed(turn.ticket)
    else:
        time.sleep(turn.wait)
"""
    command = [sys.executable, "-c", script, str(tmp_path / "ledger.sqlite")]
    processes = [subprocess.Popen(command) for _ in range(4)]
    assert [process.wait(60) for process in processes] == [0] * 4
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as written:
        times = [at for (at,) in written.execute("SELECT at FROM sends")]
    assert len(times) == 48
    assert most_in_any_window(times, 0.2) <= 4


def test_requests_under_way_of_a_dead_process_are_forgotten(tmp_path: Path) -> None:
    """A process that was killed does not hold a place for ever."""
    path = tmp_path / "ledger.sqlite"
    script = (
        "import sys, os, time; from pathlib import Path; from enrich.transport.ledger import Ledger\n"
        "Ledger(Path(sys.argv[1]), time.time, print).take('l', 's', count=9, window=1, in_flight=1, lease=1e6)\n"
        "os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    ledger = Ledger(path, Clock(), pytest.fail)
    assert ledger.take("other", "s", count=9, window=1.0, in_flight=1, lease=30.0).ticket
    ledger.close()


def test_requests_under_way_of_another_machine_expire(tmp_path: Path) -> None:
    """A place held on a shared volume by a machine nobody can ask is free after its lease."""
    clock = Clock()
    ledger = Ledger(tmp_path / "ledger.sqlite", clock, pytest.fail)
    with sqlite3.connect(tmp_path / "ledger.sqlite") as other:
        other.execute("INSERT INTO flights VALUES (99, 's', 'elsewhere 1', ?)", (clock() + 30,))
    other.close()
    assert not ledger.take("l", "s", count=9, window=1.0, in_flight=1, lease=30.0).ticket
    clock.now += 31
    assert ledger.take("l", "s", count=9, window=1.0, in_flight=1, lease=30.0).ticket
    ledger.close()


def test_lanes_do_not_hinder_each_other() -> None:
    """Requests of one kind do not count for another."""
    ledger = Ledger(None, Clock(), pytest.fail)
    assert ledger.take("a", "s", **LIMIT).ticket
    assert ledger.take("a", "s", **LIMIT).ticket
    refused = ledger.take("a", "s", **LIMIT)
    assert not refused.ticket
    assert refused.wait == pytest.approx(1.0)
    assert ledger.take("b", "s", **LIMIT).ticket
    ledger.close()


def test_a_send_counts_from_when_it_left() -> None:
    """Connecting took a while: the window begins when the request left."""
    clock = Clock()
    ledger = Ledger(None, clock, pytest.fail)
    turn = ledger.take("a", "s", **LIMIT | {"count": 1})
    clock.now += 0.9
    ledger.sent(turn.ticket)
    assert ledger.take("a", "s", **LIMIT | {"count": 1}).wait == pytest.approx(1.0)
    ledger.close()


def test_the_longer_pause_stands() -> None:
    """A short pause does not shorten a long one, and a pause of years is one of a day."""
    clock = Clock()
    ledger = Ledger(None, clock, pytest.fail)
    ledger.pause("a", 60)
    ledger.pause("a", 5)
    assert ledger.take("a", "s", **LIMIT) == (0, 60.0, True)
    ledger.pause("b", 1e9)
    assert ledger.take("b", "s", **LIMIT).wait == LONGEST_PAUSE
    ledger.close()


def test_a_clock_set_back_does_not_stop_a_run() -> None:
    """Sends from the future are not waited for."""
    clock = Clock()
    ledger = Ledger(None, clock, pytest.fail)
    for _ in range(2):
        ledger.take("a", "s", **LIMIT)
    clock.now -= 86_400
    assert ledger.take("a", "s", **LIMIT).ticket
    ledger.close()


@pytest.mark.parametrize("damage", ["not a database at all " * 100, ""])
def test_a_damaged_ledger_is_begun_anew(tmp_path: Path, damage: str) -> None:
    """It holds nothing that is worth more than a second of waiting."""
    path = tmp_path / "ledger.sqlite"
    path.write_text(damage)
    ledger = Ledger(path, Clock(), pytest.fail)
    assert ledger.take("a", "s", **LIMIT).ticket
    ledger.close()


def test_without_a_directory_the_process_is_polite_alone(tmp_path: Path) -> None:
    """Where the ledger cannot be written the limits hold within the process, and a person is told."""
    (tmp_path / "file").write_text("")
    warnings: list[str] = []
    ledger = Ledger(tmp_path / "file" / "ledger.sqlite", Clock(), warnings.append)
    assert [bool(ledger.take("a", "s", **LIMIT).ticket) for _ in range(3)] == [True, True, False]
    assert len(warnings) == 1
    assert "this process alone" in warnings[0]
    ledger.close()


def test_a_ledger_that_breaks_is_replaced(tmp_path: Path) -> None:
    """A disk that fails in the middle of a run does not end it."""
    warnings: list[str] = []
    ledger = Ledger(tmp_path / "ledger.sqlite", Clock(), warnings.append)
    ledger._connection.execute("DROP TABLE sends")
    assert ledger.take("a", "s", **LIMIT).ticket
    assert len(warnings) == 1
    ledger.close()


def full(ledger: Ledger, *, is_full: bool = True) -> None:
    """Let the file of a ledger grow no more, as on a full disk, or grow again."""
    pages = ledger._connection.execute("PRAGMA page_count").fetchone()[0]
    ledger._connection.execute(f"PRAGMA max_page_count = {pages if is_full else 1 << 20}")


def test_a_ledger_that_could_not_be_written_is_shared_again(tmp_path: Path) -> None:
    """After a minute of being polite alone a process shares the rate again: two would send twice as much for ever."""
    clock, warnings = Clock(), list[str]()
    alone, other = (Ledger(tmp_path / "ledger.sqlite", clock, warnings.append) for _ in range(2))
    other.pause("before", 1000)
    early = alone.take("early", "s", **(LIMIT | {"lease": 1000.0})).ticket
    full(alone)
    for number in range(200):
        alone.take(f"{number} {'x' * 500}", f"s{number}", **LIMIT)
    assert len(warnings) == 1
    assert alone.take("before", "s", **LIMIT).paused, "what was known to all is known to who is alone"
    alone.landed(early)
    clock.now += sharing.REST - 1
    alone.pause("after", 1000)
    tickets = [alone.take("a", "s", **LIMIT).ticket for _ in range(2)]
    assert other.take("a", "t", **LIMIT).ticket, "they do not know of each other"
    assert other.take("t", "t", **LIMIT).ticket
    clock.now += 1
    assert not alone.take("a", "s", **(LIMIT | {"window": 60.0})).ticket, "what was sent alone was sent"
    assert [other.take(lane, "s", **(LIMIT | {"window": 60.0})).ticket for lane in ("a", "after")] == [0, 0]
    assert other.take("b", "s", **(LIMIT | {"in_flight": 2})).ticket == 0, "what was begun alone is under way"
    for ticket in tickets:
        alone.landed(ticket)
    assert other.take("b", "s", **(LIMIT | {"in_flight": 1})).ticket, "what has landed alone is not"
    assert not alone.take("b", "t", **(LIMIT | {"in_flight": 2})).ticket, "what others began is theirs to end"
    assert [said.rpartition(";")[2].rpartition(":")[2] for said in warnings] == [
        " the rate limits are kept by this process alone",
        " the rate limits are shared again",
    ]
    for ledger in (alone, other):
        ledger.close()


def test_a_ledger_that_cannot_be_shared_yet_is_tried_again(tmp_path: Path) -> None:
    """However often the way back is barred, the limits hold within the process, and nobody waits for a lock."""
    clock, path = Clock(), tmp_path / "place" / "ledger.sqlite"
    path.parent.write_text("")
    ledger = Ledger(path, clock, lambda _: None)
    for _ in range(3):
        assert [bool(ledger.take("a", "s", **LIMIT).ticket) for _ in range(3)] == [True, True, False]
        clock.now += sharing.REST
    path.parent.unlink()
    clock.now += sharing.REST
    assert ledger.take("a", "s", **LIMIT).ticket
    assert path.is_file()
    ledger.close()


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be deleted there")
@pytest.mark.parametrize("mischief", ["deleted", "damaged"])
def test_a_ledger_that_is_lost_amid_a_run_is_shared_again(tmp_path: Path, mischief: str) -> None:
    """Processes that had it open, and those that come later, keep to one rate, in one file."""
    path, clock = tmp_path / "ledger.sqlite", Clock()
    early = [Ledger(path, clock, pytest.fail) for _ in range(2)]
    for ledger in early:
        assert ledger.take("other", "s", **LIMIT).ticket
    if mischief == "deleted":
        for file in tmp_path.iterdir():
            file.unlink()
    else:
        early[0]._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        path.write_bytes(b"\xa5" * path.stat().st_size)
    late = Ledger(path, clock, pytest.fail)
    assert [bool(ledger.take("a", "s", **LIMIT).ticket) for ledger in (*early, late)] == [True, True, False]
    for ledger in (*early, late):
        ledger.close()


@pytest.mark.skipif(os.name == "nt", reason="permission bits are POSIX'")
def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    """The ledger tells whom this machine asks, and when."""
    ledger = Ledger(tmp_path / "cache" / "ledger.sqlite", Clock(), pytest.fail)
    ledger.take("a", "s", **LIMIT)
    for file in (tmp_path / "cache").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o700
    ledger.close()

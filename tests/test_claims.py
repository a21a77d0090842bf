"""Claims: two processes never ask for the same, and nobody waits for the dead."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from standin.timing import Clock
from test_cache import ONE, THREE, TWO, found, opened

from enrich.cache import Cache
from enrich.cache.claims import LEASE
from enrich.identifiers.doi import Doi
from enrich.model.outcome import Unavailable


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still."""
    return Clock()


@pytest.fixture
def both(tmp_path: Path, clock: Clock) -> Iterator[tuple[Cache, Cache]]:
    """Give two caches in one directory, as two processes have them."""
    pair = opened(tmp_path, clock), opened(tmp_path, clock)
    yield pair
    for cache in pair:
        cache.close()


def test_what_one_reserved_another_does_not_get(both: tuple[Cache, Cache]) -> None:
    """Until an outcome is stored, whatever it is; then it is known, or free."""
    one, two = both
    assert one.reserve([ONE, TWO]) == ({}, [ONE, TWO])
    assert one.reserve([TWO]) == ({}, [TWO])
    assert two.reserve([THREE, TWO, ONE]) == ({}, [THREE])
    one.store({ONE: found(ONE), TWO: Unavailable(doi=TWO, agency="crossref", reason="down")})
    assert two.reserve([ONE, TWO]) == ({ONE: found(ONE)}, [TWO])
    assert one.reserve([ONE, TWO, THREE]) == ({ONE: found(ONE)}, [])


def test_closing_lets_go(both: tuple[Cache, Cache]) -> None:
    """Who ends in good order leaves nothing reserved; what is known is reserved by nobody."""
    one, two = both
    one.store({ONE: found(ONE)})
    one.reserve([ONE, TWO])
    one.close()
    assert two.reserve([ONE, TWO]) == ({ONE: found(ONE)}, [TWO])
    two.close()
    assert one.reserve([TWO]) == ({}, [TWO])


def test_a_lease_ends(both: tuple[Cache, Cache], clock: Clock) -> None:
    """However long somebody takes, nobody waits longer than the lease; a clock set back makes no lease longer."""
    one, two = both
    one.reserve([ONE])
    clock.now += LEASE - 1
    assert two.reserve([ONE]) == ({}, [])
    clock.now += 2
    assert two.reserve([ONE]) == ({}, [ONE])
    clock.now -= 86_400
    assert one.reserve([ONE]) == ({}, [ONE])


def test_nobody_waits_for_the_dead(tmp_path: Path, clock: Clock) -> None:
    """What a killed process had reserved is free at once on this machine, and after its lease on another."""
    script = (
        "import sys, os; sys.path[:0] = sys.argv[2:]; from pathlib import Path; from test_cache import opened, ONE\n"
        "opened(Path(sys.argv[1])).reserve([ONE]); os._exit(9)"
    )
    tests = str(Path(__file__).parent)
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path), tests], check=False, capture_output=True)
    assert done.returncode == 9, done.stderr
    cache = opened(tmp_path, clock)
    with sqlite3.connect(tmp_path / "answers" / "cache.db") as file:
        assert file.execute("SELECT count(*) FROM Claims").fetchone() == (1,)
        file.execute("INSERT INTO Claims VALUES (?, 'elsewhere 1 1', ?)", (TWO, clock() + 30))
    file.close()
    assert cache.reserve([ONE, TWO]) == ({}, [ONE])
    clock.now += 31
    assert cache.reserve([ONE, TWO]) == ({}, [ONE, TWO])
    cache.close()


@pytest.mark.parametrize(
    ("holder", "until"),
    [
        ("", 30), ("nonsense", 30), (f"{platform.node()} x 1", 30), (f"{platform.node()} 99999999999999999999 1", 30),
        (b"\xff", 30), (7, 30), (f"{platform.node()} {os.getpid()}", "soon"), ("elsewhere 1 1", 1e300),
    ],
)  # fmt: skip
def test_planted_claims_harm_nobody(tmp_path: Path, clock: Clock, holder: object, until: object) -> None:
    """Whatever stands in the table, nothing is raised, and the lease ends the waiting."""
    cache = opened(tmp_path, clock)
    cache.load([ONE])
    moment = clock() + until if isinstance(until, int) else until
    with sqlite3.connect(tmp_path / "answers" / "cache.db") as file:
        file.execute("INSERT INTO Claims VALUES (?, ?, ?)", (ONE, holder, moment))
    file.close()
    assert cache.reserve([TWO]) == ({}, [TWO])
    cache.reserve([ONE])
    clock.now += LEASE + 1
    assert cache.reserve([ONE]) == ({}, [ONE])
    cache.close()


def test_where_claims_cannot_be_kept_everything_is_free(tmp_path: Path) -> None:
    """A directory that cannot be used hinders nobody."""
    (tmp_path / "file").write_text("")
    span = timedelta(days=1)
    for _ in range(2):
        cache = Cache(tmp_path / "file" / "cache", ttl_found=span, ttl_not_found=span, ttl_stale=span)
        assert cache.reserve([ONE, TWO]) == ({}, [ONE, TWO])
        cache.close()


def test_many_at_once(both: tuple[Cache, Cache]) -> None:
    """A whole window of DOIs, half of them another's."""
    one, two = both
    dois = [Doi(f"10.1000/{number}") for number in range(3000)]
    assert one.reserve(dois[:1500]) == ({}, dois[:1500])
    assert two.reserve(dois) == ({}, dois[1500:])

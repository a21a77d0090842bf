from __future__ import annotations

import pytest
from standin.timing import Clock

from enrich.transport.breaker import CONSECUTIVE, COOLDOWN, LONGEST, SAMPLE, Breaker, Patience


def patient(clock: Clock, seconds: float) -> Breaker:
    """Return a breaker of a service for which a run waits so long."""
    return Breaker(clock, Patience(clock, seconds))


def failed(breaker: Breaker, clock: Clock, times: int = CONSECUTIVE) -> None:
    """Let requests fail."""
    for _ in range(times):
        breaker.record(healthy=False, started=clock())


def test_it_opens_after_failures_in_a_row() -> None:
    """One success in between keeps it closed."""
    clock = Clock()
    breaker = patient(clock, 120)
    failed(breaker, clock, CONSECUTIVE - 1)
    breaker.record(healthy=True, started=clock())
    failed(breaker, clock, CONSECUTIVE - 1)
    assert breaker.closed
    failed(breaker, clock, 1)
    assert not breaker.closed
    assert breaker.admit() == pytest.approx(COOLDOWN)


def test_it_opens_at_a_tenth_of_the_requests() -> None:
    """Crossref's error budget: ten per cent of at least twenty."""
    clock = Clock()
    breaker = patient(clock, 120)
    for number in range(SAMPLE):
        breaker.record(healthy=number != 3, started=clock())
    assert breaker.closed
    failed(breaker, clock, 1)
    assert breaker.closed  # 2 of 21
    failed(breaker, clock, 1)
    assert not breaker.closed


def test_one_request_probes() -> None:
    """After the pause one request goes; the others wait for how it fares."""
    clock = Clock()
    breaker = patient(clock, 120)
    failed(breaker, clock)
    clock.now += COOLDOWN
    assert breaker.admit() == 0
    assert (breaker.admit() or 0) > 0
    breaker.record(healthy=True, started=clock(), probe=True)
    assert breaker.admit() == 0
    assert breaker.closed


def test_failed_probes_become_rarer() -> None:
    """The pause doubles up to its longest, and begins short with the next trouble."""
    clock = Clock()
    breaker = patient(clock, 1e6)
    failed(breaker, clock)
    pauses = []
    for _ in range(8):
        wait = breaker.admit()
        assert wait
        pauses.append(wait)
        clock.now += wait
        assert breaker.admit() == 0
        breaker.record(healthy=False, started=clock(), probe=True)
    assert pauses == pytest.approx([1, 2, 4, 8, 16, LONGEST, LONGEST, LONGEST])
    clock.now += LONGEST
    breaker.record(healthy=True, started=clock(), probe=True)
    failed(breaker, clock)
    assert breaker.admit() == pytest.approx(COOLDOWN)


def test_a_probe_that_says_nothing_lets_another_try() -> None:
    """A request that was cancelled does not leave everyone waiting."""
    clock = Clock()
    breaker = patient(clock, 120)
    failed(breaker, clock)
    clock.now += COOLDOWN
    assert breaker.admit() == 0
    breaker.record(healthy=None, started=clock(), probe=True)
    assert breaker.admit() == 0


@pytest.mark.parametrize("back", [3600.0, 365 * 86400.0])
def test_a_clock_set_back_keeps_nobody_waiting(back: float) -> None:
    """The next probe comes after the longest pause at most, and patience ends."""
    clock = Clock()
    breaker = patient(clock, 120)
    failed(breaker, clock)
    clock.now -= back
    assert (breaker.admit() or 0) <= LONGEST
    clock.now += LONGEST
    assert breaker.admit() == 0
    breaker.record(healthy=False, started=clock(), probe=True)
    clock.now += 120
    assert breaker.remaining == 0


def test_patience_is_one_budget_for_the_run() -> None:
    """Two outages share the seconds; when they are spent, only a probe now and then is allowed."""
    clock = Clock()
    breaker = patient(clock, 10)
    failed(breaker, clock)
    clock.now += 7
    breaker.record(healthy=True, started=clock(), probe=True)
    assert breaker.remaining == pytest.approx(3)
    failed(breaker, clock)
    clock.now += 3
    assert breaker.admit() == 0  # a probe was due
    assert breaker.admit() is None


def test_without_patience_it_gives_up_at_once() -> None:
    """Patience 0 waits for nothing."""
    clock = Clock()
    breaker = patient(clock, 0)
    failed(breaker, clock)
    assert breaker.admit() is None


def test_health_gives_patience_back() -> None:
    """The next outage is waited for as long as the service has been well since, and no longer than the first."""
    clock = Clock()
    breaker = patient(clock, 10)
    failed(breaker, clock)
    clock.now += 8
    breaker.record(healthy=True, started=clock(), probe=True)
    clock.now += 5
    assert breaker.remaining == pytest.approx(7)
    clock.now += 1e6
    assert breaker.remaining == 10
    failed(breaker, clock)
    clock.now += 10
    assert breaker.remaining == 0


def test_kinds_open_alone_and_share_the_patience() -> None:
    """Lists may fail while single works are answered; waiting for both at once is waited once."""
    clock = Clock()
    patience = Patience(clock, 10)
    lists, singles = Breaker(clock, patience), Breaker(clock, patience)
    failed(lists, clock)
    assert (lists.closed, singles.closed) == (False, True)
    assert singles.admit() == 0
    clock.now += 4
    failed(singles, clock)
    clock.now += 4
    assert lists.remaining == singles.remaining == pytest.approx(2)
    lists.record(healthy=True, started=clock(), probe=True)
    clock.now += 1
    assert lists.remaining == pytest.approx(1)  # the singles are still waited for
    singles.record(healthy=True, started=clock(), probe=True)
    clock.now += 1
    assert lists.remaining == pytest.approx(2)

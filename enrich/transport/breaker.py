"""Leaves a kind of question to a service alone while it is not answered.

Crossref asks scripts to stop at ten per cent of errors; a service that answers nothing is not helped by more
requests. After several failures in a row, or a tenth of the recent requests, the breaker opens: for a while nobody
asks, then one request probes. Only 429, 5xx and the network count. Each kind has its own, since lists may fail while
single works are answered; the patience is the service's. Once it is spent, a request fails at once, except for one
probe whenever the breaker allows it, so that a long run notices the service's return.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

CONSECUTIVE: Final = 5
SAMPLE: Final = 20
SHARE: Final = 0.1
COOLDOWN: Final = 1.0  # seconds until the first probe; doubled after each that fails
LONGEST: Final = 30.0
GRACE: Final = 2.0  # seconds of trouble in which a request may be repeated however little patience there is
_FORGET: Final = 60.0  # trouble longer ago than this is another trouble
_POLL: Final = 0.1


class Patience:
    """The seconds a run waits for a service: outages spend them, health gives them back, second for second."""

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        self._clock = clock
        self._most = seconds
        self._left = seconds
        self._since = clock()
        self._outages = 0

    @property
    def left(self) -> float:
        """Seconds the run is still willing to wait."""
        self._since = min(self._since, now := self._clock())  # unless the clock was set back
        passed = now - self._since
        return max(0.0, self._left - passed) if self._outages else min(self._most, self._left + passed)

    def begin(self) -> None:
        """Say that a breaker opens; while several are open the seconds count once."""
        self._reckon(1)

    def end(self) -> None:
        """Say that a breaker closes."""
        self._reckon(-1)

    def _reckon(self, outages: int) -> None:
        self._left, self._since = self.left, self._clock()
        self._outages += outages


class Breaker:
    """The state of one kind of question to a service: closed, open, or half-open while one request probes."""

    def __init__(self, clock: Callable[[], float], patience: Patience) -> None:
        self._clock = clock
        self._patience = patience
        self._recent: deque[bool] = deque(maxlen=50)
        self._failures = 0
        self._next_probe = 0.0
        self._cooldown = COOLDOWN
        self._probing = False
        self._trouble: tuple[float, float] | None = None  # when it began, when it was last seen
        self.opened: float | None = None
        """When it opened; None while it is closed."""

    @property
    def closed(self) -> bool:
        """Whether requests may go."""
        return self.opened is None

    @property
    def remaining(self) -> float:
        """Seconds the run is still willing to wait for this service."""
        return self._patience.left

    @property
    def worth_repeating(self) -> bool:
        """Whether a request that failed may be repeated, seen from how long the trouble lasts."""
        lasted = 0.0 if self._trouble is None else self._clock() - self._trouble[0]
        return lasted < max(self.remaining, GRACE)

    def admit(self) -> float | None:
        """Return 0 when a request may go (a probe, if the breaker is open), the seconds to wait, or None to give up."""
        if self.opened is None:
            return 0.0
        now = self._clock()
        self._next_probe = min(self._next_probe, now + LONGEST)  # unless the clock was set back
        if not self._probing and now >= self._next_probe:
            self._probing = True
            return 0.0
        if self.remaining <= 0:
            return None
        return min(self.remaining, max(_POLL, self._next_probe - now))

    def record(self, healthy: bool | None, started: float, *, probe: bool = False) -> None:  # noqa: FBT001 -- three-valued
        """Count one request that began at `started`: answered, failed, or (None) no statement about the service."""
        if probe:
            self._probing = False
        if healthy is None:
            return
        self._recent.append(healthy)
        if healthy:
            self._close()
            return
        now = self._clock()
        self._failures += 1
        begun = self._trouble[0] if self._trouble and started - self._trouble[1] < _FORGET else started
        self._trouble = (begun, now)
        if probe and self.opened is not None:
            self._cooldown = min(self._cooldown * 2, LONGEST)
            self._next_probe = now + self._cooldown
        elif self.opened is None and (self._failures >= CONSECUTIVE or self._too_many):
            self.opened, self._cooldown = now, COOLDOWN
            self._next_probe = now + self._cooldown
            self._patience.begin()

    @property
    def _too_many(self) -> bool:
        failed = self._recent.count(False)
        return len(self._recent) >= SAMPLE and failed >= SHARE * len(self._recent)

    def _close(self) -> None:
        self._failures = 0
        self._trouble = None
        if self.opened is not None:
            self._patience.end()
            self.opened = None
            self._recent.clear()

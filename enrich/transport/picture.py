"""The picture of what was asked of whom: read from the rate ledger, which is not touched by looking at it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from enrich import sharing
from enrich.errors import StoreError
from enrich.transport.ledger import DAY, SPAN, State

__all__ = ["Lane", "State", "Tally", "drawn"]
_HOUR: Final = 3600
_TALLIES: Final = (
    "SELECT lane, sum(answered + failed + limited), sum(failed), sum(limited) FROM tallies"
    " WHERE span > ? AND span <= ? GROUP BY lane"
)
_SENT: Final = "SELECT count(*) FROM sends WHERE lane = ? AND at > ?"
_STATES: Final = "SELECT lane, at, most, seconds, in_flight, pace, opened FROM states"


class Tally(NamedTuple):
    """How many requests went, and how many of them failed or were answered with 429."""

    asked: int = 0
    failed: int = 0
    limited: int = 0


class Lane(NamedTuple):
    """One kind of question to one service: the last hour, the last day, the state a run left it in.

    `left` is how many requests the lane's limit lets go at this moment, 0 where that is not known; `noted` is when the
    state was noted last: a breaker that stays open is noted each minute that somebody asks.
    """

    name: str
    hour: Tally
    day: Tally
    state: State | None
    left: int = 0
    noted: float = 0.0


def drawn(directory: Path, now: float) -> list[Lane]:
    """Return the lanes of the ledger in a cache directory, by name; an hour is counted in full spans. Raises StoreError."""
    path = directory / "ledger.sqlite"
    if not path.is_file():
        return []
    try:
        with closing(sharing.read_only(path, "SELECT count(*) FROM tallies")) as ledger:
            hour, day = (_tallies(ledger, now, seconds) for seconds in (_HOUR, DAY))
            states = {lane: (State(*state), noted) for lane, noted, *state in ledger.execute(_STATES)}
            left = {lane: _left(ledger, lane, state, now) for lane, (state, _) in states.items()}
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from error
    return [
        Lane(name, hour.get(name, Tally()), tally, state, left.get(name, 0), noted)
        for name, tally in sorted(day.items())
        for state, noted in [states.get(name, (None, 0.0))]
    ]


def _left(ledger: sqlite3.Connection, lane: str, state: State, now: float) -> int:
    (sent,) = ledger.execute(_SENT, (lane, now - state.seconds / max(state.pace, 1e-6))).fetchone()
    return max(0, state.most - int(sent))


def _tallies(ledger: sqlite3.Connection, now: float, seconds: int) -> dict[str, Tally]:
    last = now // SPAN
    return {lane: Tally(*tally) for lane, *tally in ledger.execute(_TALLIES, (last - seconds // SPAN, last))}

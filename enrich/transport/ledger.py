"""The rate ledger: who sent what when, shared by all processes of a machine that use the same cache directory.

Registries count requests per IP address, so several processes must share one rate. The ledger is a small SQLite file
(`<cache_dir>/ledger.sqlite`, https://www.sqlite.org/wal.html); one short transaction decides whether a request may go
*now* and notes that it went, so there is nothing to give back when a process dies. `enrich cache clear` spares it.
Where the file cannot be written, the same tables live in memory for a while, the process is polite on its own, and `warn`
is told so; then the file is tried again, which gets what this process did meanwhile.

When a request has landed, the same transaction that frees its place counts it, in spans of five minutes kept for a
day, and notes what was learnt of its lane: what `enrich cache info` draws its picture from (:mod:`picture`).

Times are the wall clock's, the only one processes share across reboots; entries from the future (the clock was set
back) are dropped.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeAlias, TypeVar

from enrich import sharing

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS sends (id INTEGER PRIMARY KEY, lane TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS sends_by_lane ON sends (lane, at);
CREATE TABLE IF NOT EXISTS flights
  (id INTEGER PRIMARY KEY, service TEXT NOT NULL, holder TEXT NOT NULL, until REAL NOT NULL);
CREATE TABLE IF NOT EXISTS pauses (lane TEXT PRIMARY KEY, until REAL NOT NULL);
CREATE TABLE IF NOT EXISTS tallies
  (lane TEXT, span INTEGER, answered INTEGER NOT NULL, failed INTEGER NOT NULL, limited INTEGER NOT NULL,
   PRIMARY KEY (lane, span)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS states
  (lane TEXT PRIMARY KEY, most INTEGER, seconds REAL, in_flight INTEGER, pace REAL, opened REAL, at REAL) WITHOUT ROWID;
"""
_LONGER: Final = (
    "INSERT INTO pauses VALUES (?, ?) ON CONFLICT (lane) DO UPDATE SET until = max(until, excluded.until)"
)
Told: TypeAlias = Literal["answered", "failed", "limited"]
SPAN: Final = 300  # seconds that are counted together
DAY: Final = 86_400
LONGEST_PAUSE: Final = 86_400.0  # seconds: a Retry-After of ten years would outlive the service
_KEEP: Final = 60.0
_CROWDED: Final = 0.02  # seconds until it is worth looking for a free place again
_BUSY: Final = 5.0
_ANEW: Final = 60.0  # seconds until what is still so is noted again
_AT_ONCE: Final = 0.005  # seconds between permission and sending that are not worth a transaction
_T = TypeVar("_T")


class Turn(NamedTuple):
    """What the ledger says: a `ticket` when the request may go, else the seconds to `wait`, and whether a pause is why."""

    ticket: int = 0
    wait: float = 0.0
    paused: bool = False


class State(NamedTuple):
    """What was learnt of a lane: its limit, its pace from 1 downwards, and since when its breaker is open (None: closed)."""

    most: int
    seconds: float
    in_flight: int
    pace: float
    opened: float | None


class Ledger:
    """Send times, requests under way and pauses; `path` None keeps them in memory."""

    def __init__(self, path: Path | None, clock: Callable[[], float], warn: Callable[[str], None]) -> None:
        self._clock = clock
        self._warn = warn
        self._holder = sharing.holder()
        self._aloft: dict[int, float] = {}  # tickets whose requests are under way, and when they were given
        self._noted: dict[str, tuple[State, float]] = {}
        self._rest = sharing.Rest(clock)
        self._shared = path
        self._path = path
        self._file: tuple[int, int] | None = None
        self._connection = self._open(path)

    def take(self, lane: str, service: str, *, count: int, window: float, in_flight: int, lease: float) -> Turn:
        """Let a request go if fewer than `count` went in the last `window` seconds and fewer than `in_flight` are under way.

        `lease` is how long, in seconds, the request counts as under way if its process is never heard of again.
        """

        def decide(sql: sqlite3.Connection) -> Turn:
            now = self._clock()
            self._forget(sql, lane, now, window)
            until = "SELECT max(until) FROM pauses WHERE lane IN (?, ?)"
            pause = sql.execute(until, (lane, service)).fetchone()[0]
            if pause is not None and pause > now:
                return Turn(wait=min(pause - now, LONGEST_PAUSE), paused=True)
            nth = "SELECT at FROM sends WHERE lane = ? ORDER BY at DESC LIMIT 1 OFFSET ?"
            last = sql.execute(nth, (lane, count - 1)).fetchone()
            if last is not None and last[0] + window > now:
                return Turn(wait=last[0] + window - now)
            if self._under_way(sql, service, now) >= in_flight:
                return Turn(wait=_CROWDED)
            ticket = sql.execute("INSERT INTO sends (lane, at) VALUES (?, ?)", (lane, now)).lastrowid or 0
            leased = (ticket, service, self._holder, now + lease)
            sql.execute("INSERT OR REPLACE INTO flights VALUES (?, ?, ?, ?)", leased)
            return Turn(ticket=ticket)

        turn = self._transaction(decide)
        if turn.ticket:
            self._aloft[turn.ticket] = self._clock()
        return turn

    def sent(self, ticket: int) -> None:
        """Move a send to this moment: connecting took a while, and the service counts arrivals."""
        now = self._clock()
        if now - self._aloft.get(ticket, 0.0) > _AT_ONCE:
            self._transaction(lambda sql: sql.execute("UPDATE sends SET at = ? WHERE id = ?", (now, ticket)))

    def landed(self, ticket: int, lane: str = "", told: Told | None = None, state: State | None = None) -> None:
        """Note that a request is no longer under way, what was `told` by its answer, and what is known of its lane."""
        self._aloft.pop(ticket, None)
        news = state if state is not None and self._is_news(lane, state) else None

        def note(sql: sqlite3.Connection) -> None:
            sql.execute("DELETE FROM flights WHERE id = ? AND holder = ?", (ticket, self._holder))
            if told is not None:
                self._count(sql, lane, told)
            if news is not None:
                sql.execute(
                    "INSERT OR REPLACE INTO states VALUES (?, ?, ?, ?, ?, ?, ?)", (lane, *news, self._clock())
                )

        self._transaction(note)
        if news is not None:
            self._noted[lane] = news, self._clock()

    def _is_news(self, lane: str, state: State) -> bool:
        """Tell whether a state is worth noting: another one, or that a service is left alone still."""
        noted, at = self._noted.get(lane, (None, 0.0))
        return state != noted or (state.opened is not None and not 0 <= self._clock() - at < _ANEW)

    def learnt(self, lane: str, seconds: float) -> State | None:
        """Return what anybody learnt of a lane in the last seconds."""
        query = "SELECT most, seconds, in_flight, pace, opened FROM states WHERE lane = ? AND at BETWEEN ? AND ?"
        now = self._clock()
        row = self._transaction(lambda sql: sql.execute(query, (lane, now - seconds, now)).fetchone())
        return State(*row) if row else None

    def pause(self, lane: str, seconds: float) -> None:
        """Let nobody send on a lane, or to a service, for so long; a longer pause stands."""
        until = self._clock() + min(seconds, LONGEST_PAUSE)
        self._transaction(lambda sql: sql.execute(_LONGER, (lane, until)))

    def close(self) -> None:
        """Close the file; what is still under way is taken back."""
        for ticket in tuple(self._aloft):
            self.landed(ticket)
        self._connection.close()

    def _open(self, path: Path | None) -> sqlite3.Connection:
        if path is not None:
            try:
                connection = _connected(path)
            except (OSError, sqlite3.Error) as error:
                self._apologise(path, error)
            else:
                self._file = sharing.identity(path)
                return connection
        self._path = None
        return _in_memory()

    def _apologise(self, path: Path | str, error: Exception) -> None:
        self._rest.fail()
        self._warn(f"{path}: {error}; the rate limits are kept by this process alone")

    def _transaction(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Run one write transaction; a file that fails is left for tables in memory, so that a run goes on.

        One that was deleted, or is damaged, is begun anew: by whoever finds it so first, and the others join him.
        """
        if self._path is None and self._shared is not None and not self._rest.is_on:
            self._rejoin(self._shared)
        if self._path is not None and sharing.identity(self._path) != self._file:
            self._reopen(self._path)
        try:
            return self._attempt(work)
        except sqlite3.DatabaseError as error:
            if self._path is None or isinstance(error, sqlite3.OperationalError):
                return self._alone(work, error)
            self._reopen(self._path)
        try:
            return self._attempt(work)
        except sqlite3.Error as error:
            return self._alone(work, error)

    def _reopen(self, path: Path) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
        self._connection = self._open(path)

    def _alone(self, work: Callable[[sqlite3.Connection], _T], error: sqlite3.Error) -> _T:
        self._apologise("the rate ledger", error)
        alone, self._path = _in_memory(), None
        with contextlib.suppress(sqlite3.Error):
            self._carry(self._connection, alone)
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
        self._connection = alone
        return self._attempt(work)

    def _rejoin(self, path: Path) -> None:
        """Go back to the file if it can be written, with what was sent meanwhile."""
        shared = None
        try:
            shared = _connected(path, wait=0)
            self._carry(self._connection, shared)
            shared.execute(f"PRAGMA busy_timeout = {_BUSY * 1000:.0f}")
        except (OSError, sqlite3.Error):
            self._rest.fail()
            if shared is not None:
                shared.close()
            return
        self._connection.close()
        self._connection, self._path, self._file = shared, path, sharing.identity(path)
        self._rest.end()
        self._warn(f"{path}: the rate limits are shared again")

    def _carry(self, old: sqlite3.Connection, new: sqlite3.Connection) -> None:
        """Let a ledger know what another does of sends, pauses, and requests of this process that are under way."""
        sends = old.execute("SELECT * FROM sends WHERE lane != ''").fetchall()
        pauses = old.execute("SELECT * FROM pauses").fetchall()
        flights = old.execute("SELECT * FROM flights WHERE holder = ?", (self._holder,)).fetchall()
        new.execute("BEGIN IMMEDIATE")
        with new:
            new.execute("DELETE FROM flights WHERE holder = ?", (self._holder,))
            new.executemany("INSERT OR REPLACE INTO flights VALUES (?, ?, ?, ?)", flights)
            new.executemany("INSERT OR IGNORE INTO sends VALUES (?, ?, ?)", sends)
            new.executemany(_LONGER, pauses)

    def _attempt(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(self._connection)
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
        return result

    @staticmethod
    def _forget(sql: sqlite3.Connection, lane: str, now: float, window: float) -> None:
        old = now - max(_KEEP, 10 * window)
        sql.execute("DELETE FROM sends WHERE lane = ? AND (at < ? OR at > ?)", (lane, old, now + _KEEP))
        sql.execute("DELETE FROM pauses WHERE until <= ? OR until > ?", (now, now + LONGEST_PAUSE + _KEEP))

    def _count(self, sql: sqlite3.Connection, lane: str, told: Told) -> None:
        now = self._clock()
        one = [told == each for each in ("answered", "failed", "limited")]
        sql.execute(
            "INSERT INTO tallies VALUES (?, ?, ?, ?, ?) ON CONFLICT (lane, span) DO UPDATE SET answered = answered"
            " + excluded.answered, failed = failed + excluded.failed, limited = limited + excluded.limited",
            (lane, now // SPAN, *one),
        )
        sql.execute("DELETE FROM tallies WHERE lane = ? AND span < ?", (lane, (now - DAY) // SPAN))

    def _under_way(self, sql: sqlite3.Connection, service: str, now: float) -> int:
        """Count the requests under way, without those of processes that are gone."""
        rows = sql.execute("SELECT id, holder, until FROM flights WHERE service = ?", (service,)).fetchall()
        others = [row for row in rows if row[0] not in self._aloft]
        gone = [(id_,) for id_, holder, until in others if until < now or sharing.is_dead(holder)]
        sql.executemany("DELETE FROM flights WHERE id = ?", gone)
        return len(rows) - len(gone)


def _in_memory() -> sqlite3.Connection:
    """Open a ledger of this process alone; its tickets are like nobody else's, since they may come into the file."""
    connection = _prepared(":memory:", _BUSY)
    connection.execute("INSERT INTO sends VALUES (?, '', 0)", (secrets.randbelow(1 << 61) + (1 << 61),))
    return connection


def _connected(path: Path, wait: float = _BUSY) -> sqlite3.Connection:
    """Open the ledger, making it anew where the file is none; `wait` in seconds. Raises OSError or sqlite3.Error."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return _private(path, wait)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
        return _private(path, wait)


def _private(path: Path, wait: float) -> sqlite3.Connection:
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    return _prepared(str(path), wait)


def _prepared(name: str, wait: float) -> sqlite3.Connection:
    connection = sqlite3.connect(name, timeout=wait, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(_SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    return connection

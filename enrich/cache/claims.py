"""Who is asking for what at this moment, so that no two processes with one cache ask the same question.

A claim is a row beside the answers: a key, its holder, and when its lease ends. It is let go of in the transaction that
writes the answer; when its holder has died, or the lease is over, it counts no longer, so nobody waits for the dead.
Somebody who asks for longer than his lease is asked alongside, which costs a request and harms nobody.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Final

from enrich import sharing
from enrich.cache.disk import Shelf, Sql

TABLE: Final = "CREATE TABLE IF NOT EXISTS Claims (key TEXT PRIMARY KEY, holder TEXT, until REAL) WITHOUT ROWID"
LEASE: Final = 60.0  # seconds


class Claims:
    """The claims of one cache, kept on its shelf; where they cannot be kept, everything is free."""

    def __init__(self, shelf: Shelf, clock: Callable[[], float]) -> None:
        self._shelf = shelf
        self._clock = clock
        self._holder = sharing.holder()
        self.in_use = False
        """Whether anything was claimed since it was opened."""

    def take(self, keys: Collection[str]) -> set[str]:
        """Claim keys, and return those that nobody else has claimed."""
        free = set(keys) - self._held(keys)
        if not free:
            return free
        now = self._clock()

        def claim(sql: Sql) -> bool:
            free.difference_update(self._held(free))  # somebody may have been quicker
            sql("DELETE FROM Claims WHERE until < ?", (now,))
            every = "INSERT OR REPLACE INTO Claims SELECT value, ?, ? FROM json_each(?)"
            sql(every, (self._holder, now + LEASE, json.dumps(list(free))))
            return True

        self.in_use = bool(self._shelf.change(claim)) or self.in_use
        return free

    def release(self, keys: Collection[str]) -> Callable[[Sql], None]:
        """Return what lets go of claims on keys, to be done where something is written."""

        def let_go(sql: Sql) -> None:
            if self.in_use:
                marks = ",".join("?" * len(keys))
                mine = f"DELETE FROM Claims WHERE holder = ? AND key IN ({marks})"  # noqa: S608 -- marks only
                sql(mine, (self._holder, *keys))

        return let_go

    def close(self) -> None:
        """Let go of all claims."""
        if self.in_use:
            self.in_use = False
            self._shelf.change(lambda sql: sql("DELETE FROM Claims WHERE holder = ?", (self._holder,)))

    def _held(self, keys: Collection[str]) -> set[str]:
        """Return the keys that somebody else has claimed who lives, with a lease neither over nor from the future."""
        if not self._shelf.is_writable:
            return set()
        now, marks = self._clock(), ",".join("?" * len(keys))
        others = f"SELECT key, holder FROM Claims WHERE holder != ? AND until BETWEEN ? AND ? AND key IN ({marks})"  # noqa: S608 -- likewise
        rows = self._shelf.ask(others, (self._holder, now, now + LEASE, *keys))
        dead = {holder for holder in {holder for _, holder in rows} if sharing.is_dead(str(holder))}
        return {key for key, holder in rows if holder not in dead}

"""What processes need that share files in one directory: who holds something, reading what may not be written, patience.

A holder is a process, named by its machine, its number and a serial; a place that a dead process holds is free. SQLite
reads a database with a write-ahead log only where it may keep an index beside it, or is told that nobody writes
(https://www.sqlite.org/wal.html#read_only_databases).
"""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Final

REST: Final = 60.0  # seconds
_SERIALS: Final = count(1)


def holder() -> str:
    """Return a name for somebody in this process that no other holder has."""
    return f"{platform.node()} {os.getpid()} {next(_SERIALS)}"


def is_dead(name: str) -> bool:
    """Tell whether the process of a holder has ended; of another machine (a shared volume) nothing is known."""
    node, pid, _ = (*name.rsplit(" ", 2), "", "")[:3]
    if node != platform.node() or os.name == "nt":  # on Windows os.kill() ends the process it is asked about
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (OSError, ValueError, OverflowError):
        return False
    return False


def identity(path: Path | str) -> tuple[int, int] | None:
    """Return what tells the file at a path from one that was put in its place; None where there is none.

    Who has a file open goes on with it when it is deleted, and shares it with nobody who comes later.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 -- a name of a file as a string is looked at thrice as fast
    except OSError:
        return None
    return status.st_dev, status.st_ino


def read_only(path: Path, probe: str) -> sqlite3.Connection:
    """Open a database that this process does not write; `probe` is a query it must answer. Raises sqlite3.Error.

    Where its directory cannot be written either, and the write-ahead log has no index, the file is read as it stands.
    """
    address = path.absolute().as_uri()
    for how in ("mode=ro", "immutable=1"):
        connection = sqlite3.connect(f"{address}?{how}", uri=True, isolation_level=None, check_same_thread=False)
        try:
            connection.execute(probe).fetchone()
        except sqlite3.OperationalError:
            connection.close()
            if how == "immutable=1" or not path.is_file():
                raise
        except sqlite3.Error:
            connection.close()
            raise
        else:
            return connection
    raise AssertionError("the last way either answers or raises")


class Rest:
    """How what failed is left alone: after so many failures for some seconds, then one attempt tells more.

    A disk is full for a while, a lock is held for a while; what runs for months must not go without them for ever.
    """

    def __init__(self, clock: Callable[[], float], most: int = 1, seconds: float | None = None) -> None:
        self._clock = clock
        self._most = most
        self._seconds = REST if seconds is None else seconds
        self._failures = 0
        self._since = 0.0

    @property
    def has_failed(self) -> bool:
        """Whether it failed so often, and no attempt has succeeded since."""
        return self._failures >= self._most

    @property
    def since(self) -> float | None:
        """When the last attempt failed; None where it may be used as far as is known."""
        return self._since if self.has_failed else None

    @property
    def is_on(self) -> bool:
        """Whether it is left alone at this moment; a clock that was set back ends that."""
        return self.has_failed and 0 <= self._clock() - self._since < self._seconds

    def fail(self, *, for_certain: bool = False) -> None:
        """Note a failure; one `for_certain` is as good as many."""
        self._failures = max(self._failures + 1, self._most if for_certain else 0)
        self._since = self._clock()

    def end(self) -> None:
        """Note that it can be used."""
        self._failures = 0

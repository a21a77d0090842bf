"""The processes of a running service, as /proc tells them (Linux)."""

from __future__ import annotations

import contextlib
from pathlib import Path


def descendants(pid: int) -> list[int]:
    """Return the processes that a process has started, and those that they have."""
    try:
        found = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:  # it has ended
        return []
    return found + [each for child in found for each in descendants(child)]


def serving_under(pid: int) -> list[int]:
    """Return the workers of a service that have begun to serve: they have its connections in memory."""
    found = []
    for each in descendants(pid):
        with contextlib.suppress(OSError):
            if "enrich-connections" in Path(f"/proc/{each}/maps").read_text():
                found.append(each)
    return found

"""Fixtures for tests against the stand-in; `tests/conftest.py` imports them by name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from enrich.settings import Settings
from standin import StandIn


@pytest.fixture
async def standin() -> AsyncIterator[StandIn]:
    """Serve a stand-in in the test's own event loop, for asynchronous tests."""
    async with StandIn() as server:
        yield server


@pytest.fixture
def standin_thread() -> Iterator[StandIn]:
    """Serve a stand-in in a thread of its own, for blocking tests and for commands."""
    with StandIn() as server:
        yield server


def settings_for(server: StandIn, cache_dir: Path, **others: object) -> Settings:
    """Return settings that point at a stand-in, identified, with little patience."""
    values: dict[str, object] = {
        **server.settings,
        "cache_dir": cache_dir / "cache",
        "state_dir": cache_dir / "state",
        "snapshot": cache_dir / "snapshot",
        "mailto": "tests@example.org",
        "timeout": 2.0,
        "patience": 1.0,
    }
    return Settings(**(values | others))


@pytest.fixture
def standin_settings(standin: StandIn, tmp_path: Path) -> Settings:
    """Return settings for `standin`, with a cache directory of the test's own."""
    return settings_for(standin, tmp_path)

"""What the tests of agencies share."""

from __future__ import annotations

import pytest
from agencies.world import World


@pytest.fixture
def world() -> World:
    """Return a world in which nothing is registered yet."""
    return World()

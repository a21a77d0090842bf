"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from standin.fixtures import standin, standin_settings, standin_thread

__all__ = ["standin", "standin_settings", "standin_thread"]

# A change is judged by the same examples each time; whoever runs the tests by hand gets new ones.
settings.register_profile(
    "project",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
    derandomize="CI" in os.environ,
)
settings.load_profile("project")


@pytest.fixture
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio, the only loop the project supports."""
    return "asyncio"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Real registry answers, which are no part of the project; tests on them are skipped without the folder."""
    folder = os.environ.get("ENRICH_TEST_DATA")
    if not folder:
        pytest.skip("ENRICH_TEST_DATA names no folder of real registry answers")
    return Path(folder).resolve()

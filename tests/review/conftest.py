"""The sample library, cleaned against the sample snapshot: what all tests of the review decide about."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from enrich import sync
from enrich.model import Enrichment
from enrich.settings import Settings
from enrich.snapshot import Snapshot

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@pytest.fixture(scope="session")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings that ask the sample snapshot and nobody else."""
    folder = tmp_path_factory.mktemp("review")
    places = {name: folder / name for name in ("cache_dir", "state_dir", "snapshot")}
    settings = Settings(offline=True, **places)
    Snapshot(settings.snapshot).build([EXAMPLES / "snapshot.jsonl"])
    return settings


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Return a copy of the sample library, to be written to."""
    return Path(shutil.copy(EXAMPLES / "library.enw", tmp_path / "library.enw"))


@pytest.fixture(scope="session")
def sample(offline: Settings) -> tuple[Enrichment, ...]:
    """The results for the sample library, as a clean in place has them."""
    return tuple(sync.clean(EXAMPLES / "library.enw", settings=offline, keeps_format=True))

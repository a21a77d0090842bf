"""A library in which every status occurs, and the snapshot that knows some of its works."""

from __future__ import annotations

from pathlib import Path

import pytest

from enrich.batch import intake
from enrich.settings import Settings
from enrich.snapshot import Snapshot

ROOT = Path(__file__).parent.parent.parent
ODD = (
    b"%0 Book\n%T Nothing to look up\n\n"
    b"%0 Journal Article\n%T Deep learning\n%A LeCun, Y.\n%D 2015\n%R 10.1038/nature1453\n\n"  # a digit is missing
    b"%0 Journal Article\n%T Elsewhere and far away\n%R 10.1155/2012/000000\n\n"
    b"%0 Journal Article\n%T No DOI can be read\n%R doi: 10.x\n\n"
    b"%0 Journal Article\n%T Something else altogether\n%A Nobody, N.\n%D 1901\n%R 10.1038/nature14539\n\n"
)


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample snapshot, loaded once."""
    directory = tmp_path_factory.mktemp("snapshot")
    Snapshot(directory).build([ROOT / "examples" / "snapshot.jsonl"])
    return directory


@pytest.fixture
def settings(tmp_path: Path, snapshot: Path) -> Settings:
    """Settings that ask nobody, with directories of the test's own."""
    return Settings(
        snapshot=snapshot, cache_dir=tmp_path / "cache", state_dir=tmp_path / "state", offline=True, mailto=None
    )


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Sixty records."""
    path = tmp_path / "library.enw"
    sample = (ROOT / "examples" / "library.enw").read_bytes()
    path.write_bytes(sample + b"\n\n" + ODD + sample + b"\n\n" + ODD)
    return path


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """Batches of so few records that a small library has many."""
    monkeypatch.setattr(intake, "RECORDS", 4)
    return 4

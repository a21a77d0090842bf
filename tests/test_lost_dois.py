"""Both trials of the second look, made small: spoilt DOIs, and records without one among look-alikes."""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Iterator
from importlib import util
from pathlib import Path
from types import ModuleType

import orjson
import pytest
from standin.direct import NOW, Direct
from standin.works import composed, real

from enrich import agencies
from enrich.identifiers import doi as names
from enrich.identifiers import doi_errors
from enrich.settings import Settings

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def load(name: str) -> Iterator[ModuleType]:
    """Load a benchmark, which knows how to make the trial."""
    spec = util.spec_from_file_location(f"benchmark_{name}", BENCHMARKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="module")
def repair() -> Iterator[ModuleType]:
    """The trial of repairs."""
    yield from load("doi_repair")


@pytest.fixture(scope="module")
def search() -> Iterator[ModuleType]:
    """The trial of searches."""
    yield from load("find_missing")


def settings(home: Path, name: str) -> Settings:
    """Settings with a cache of their own."""
    return Settings(cache_dir=home / name, snapshot=home / "none", state_dir=home / "state", find_missing=True)


def test_every_class_is_injected(repair: ModuleType) -> None:
    """Law: the trial spoils DOIs in every way that the table knows; some ways belong to a neighbouring class."""
    elsewhere = {"capital"}  # injected with letter-o and letter-l, which write capitals too
    assert set(doi_errors.table()) - elsewhere <= set(repair.ERRORS)


def test_spoilt_dois_are_repaired_and_good_ones_left_alone(repair: ModuleType, tmp_path: Path) -> None:
    """Law: 98 of 100 errors of all classes are repaired, none into another work, and no valid DOI is altered."""
    chance = random.Random(3)  # noqa: S311 -- composed data needs a fixed seed, not secrecy
    works = composed(300, 3)
    found = repair.targets(works, {}, chance)
    assert len(found) > 280
    share = repair.repairs(settings(tmp_path, "one"), Direct(works), found, 240, chance)
    assert share >= 0.98
    every = repair.with_neighbours(works, chance)
    assert len(every) > len(works)
    assert (
        repair.altered(settings(tmp_path, "two"), Direct(every), repair.targets(every, {}, chance), 400, chance)
        == 0
    )


def decided(search: ModuleType, works: tuple[dict, dict], count: int, home: Path) -> Counter[str]:
    """Return how the decisions about works came out."""
    chance = random.Random(4)  # noqa: S311 -- likewise
    targets = [
        search.Target(agency, doi, message)
        for agency, messages in zip(("crossref", "datacite"), works, strict=True)
        for doi, message in messages.items()
    ]
    kept = settings(home, "searches").model_copy(update={"ttl_found": Settings(ttl_found=0).ttl_found})
    return Counter(each.fate for each in asyncio.run(search.decided(targets, count, chance, kept)))


def test_no_look_alike_is_written(search: ModuleType, tmp_path: Path) -> None:
    """Law: among look-alikes the right DOI is written or none is, and mostly it is."""
    fates = decided(search, (composed(100, 5), {}), 160, tmp_path)
    assert fates["wrong"] == 0
    assert fates["right"] >= 0.85 * (fates["right"] + fates["suggested"] + fates["none"])
    assert fates["rightly none"] == 40


def test_no_real_look_alike_is_written(search: ModuleType, tmp_path: Path, real_data: Path) -> None:
    """Law: nor among look-alikes of what registries hold."""
    told = {}
    for doi, message in real(real_data)[0].items():
        if names.is_valid(doi) and len(told) < 120:
            answer = orjson.dumps({"DOI": doi, **message})
            if search.told(agencies.read("crossref", answer, doi=doi, retrieved_at=NOW).work):
                told[doi] = message
    fates = decided(search, (told, {}), 120, tmp_path)
    assert fates["wrong"] == 0
    assert fates["right"] > 40


@pytest.mark.parametrize(
    ("wrong", "written", "share"),
    [(0, 3000, 0.000998), (0, 300, 0.00994), (1, 100, 0.0466), (0, 1, 0.95), (0, 0, 1.0)],
)
def test_the_bound_is_the_exact_one(search: ModuleType, wrong: int, written: int, share: float) -> None:
    """Law: the bound is that of Clopper and Pearson, about three in n where nothing was wrong."""
    assert search.bound(wrong, written) == pytest.approx(share, rel=0.005)

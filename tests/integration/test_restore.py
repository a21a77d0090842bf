"""Damaged records restored: a small run of the benchmark, on composed works and on real answers."""

from __future__ import annotations

import sys
from importlib import util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "restore.py"


@pytest.fixture(scope="module")
def bench():
    """Load the benchmark, which makes the records, runs the pipeline over the stand-in, and counts."""
    spec = util.spec_from_file_location("benchmark_restore", SCRIPT)
    module = util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def measured(bench, known, home, seeds):
    """Return the tallies of several runs as one."""
    whole = bench.Tally()
    for seed in seeds:
        for tally in bench.restored(known, home, seed).values():
            whole.join(tally)
    return whole


def test_composed_records_are_restored(bench, tmp_path):
    """Law: of what was dropped or damaged 99 of 100 fields come back; nothing is changed wrongly, nothing is lost."""
    tally = measured(bench, list(bench.answers(None)), tmp_path, range(5))
    assert tally.statuses.total() >= 200
    assert tally.restored_of_confirmed >= 0.99, tally.examples
    assert tally.harmed == 0, tally.examples
    assert tally.statuses["contradicted"] == 0


def test_composed_records_take_nothing_from_another_work(bench, tmp_path):
    """Law: under the DOI of another work, or of a look-alike, nothing is merged; nearly all swaps are contradicted."""
    known = list(bench.answers(None))
    found = bench.swapped(known, tmp_path, 1, 300)
    assert not found.merged
    assert sum(states["contradicted"] for states in found.statuses.values()) >= 297
    found, _ = bench.mistaken(known, tmp_path, 600)
    assert len(found.merged) <= 6


def test_real_records_are_restored(bench, real_data, tmp_path):
    """Law: the same of real answers, whose titles, names and dates are odder; right records are not held against."""
    known = list(bench.answers(real_data))[::4]
    tally = measured(bench, known, tmp_path, [7])
    assert tally.restored_of_confirmed >= 0.99, tally.examples
    assert tally.harmed == 0, tally.examples
    assert tally.statuses["contradicted"] <= tally.statuses.total() / 200
    found = bench.swapped(known, tmp_path, 7, 600)
    assert not found.merged
    assert sum(states["contradicted"] for states in found.statuses.values()) >= 588

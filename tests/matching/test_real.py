"""Verdicts on real records."""

from __future__ import annotations

import sys
from importlib import util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "verdict.py"


@pytest.fixture(scope="module")
def bench():
    """Load the benchmark, which knows how to read the pairs."""
    spec = util.spec_from_file_location("benchmark_verdict", SCRIPT)
    module = util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_right_pairs_are_not_held_against_their_doi(bench, real_data):
    """Law: of pairs that describe one work at most one of 200 is contradicted, and most are confirmed."""
    pairs = list(bench.right_pairs(real_data, bench.registered(real_data)))
    counts = bench.judged(pairs)
    states = sum(counts.values(), start=type(counts["itself"])())
    assert states["contradicted"] <= len(pairs) / 200
    assert states["confirmed"] >= len(pairs) * 0.85


def test_swapped_dois_are_never_confirmed(bench, real_data):
    """Law: no record is confirmed by another's answer; 99 of 100 are contradicted where both sides say who or when."""
    pairs = list(bench.swapped(bench.registered(real_data), 6000))
    counts = bench.judged(pairs)
    assert all(states["confirmed"] == 0 for states in counts.values())
    assert counts["described"]["contradicted"] >= counts["described"].total() * 0.99

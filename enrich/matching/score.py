"""The weight of evidence: how much each field speaks for or against one work.

A weight is a log-likelihood ratio in bits, measured on pairs of records known to describe one work or two
(docs/decisions/0005-same-work.md, benchmarks/verdict.py), rounded, and bounded so that no field decides alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from enrich.matching.features import Feature

WEIGHTS: Final[Mapping[str, tuple[float, float]]] = {
    "title": (8.0, -7.0),
    "author": (6.0, -5.5),
    "year": (2.0, -4.0),
    "container-title": (3.5, -2.0),
    "volume": (3.5, -2.5),
    "page": (5.0, -3.0),
    "number": (4.0, -1.5),
    "ISSN": (3.5, -2.0),
    "type": (0.5, -3.5),
    "script": (0.0, -3.0),
    "abstract": (8.0, 0.0),
    "ISBN": (4.0, 0.0),
    "publisher": (2.0, 0.0),
}
"""Field -> bits for full agreement, bits for none; half agreement weighs nothing."""

CONFIRMED: Final = 9.5
"""More than any one field gives."""
CONTRADICTED: Final = -6.5
"""What only titles that have nothing in common give alone."""


COMMON: Final = ("year", "type")
"""What many works have in common by chance."""
_SHARED: Final = ("container-title", "ISSN")
_OWN: Final = ("author", "volume", "page", "number")
_TWINS: Final = (("container-title", "ISSN"), ("page", "number"))


def score(features: Mapping[str, Feature]) -> float:
    """Return the sum of the evidence in bits.

    A journal's name and its ISSN are one piece of evidence, and so are page and number: the better counts. Where the titles
    differ, or nothing else agrees, agreement in what many works share by chance (year, type) does not make up for it; nor
    does the journal, where neither the people nor the place in it agree.
    """
    weights = {}
    is_told = False
    for field, (agreement, telling, _) in features.items():
        agree, disagree = WEIGHTS[field]
        lean = 2.0 * agreement - 1.0
        weights[field] = weight = (agree * lean if lean > 0.0 else -disagree * lean) * telling
        is_told = is_told or (weight > 0.0 and field not in COMMON)
    for field, twin in _TWINS:
        if field in weights and twin in weights:
            weights[field] = max(weights[field], weights.pop(twin))
    if not is_told or weights.get("title", 0.0) <= CONTRADICTED / 2:
        nearby = COMMON if any(weights.get(field, 0.0) > 0.0 for field in _OWN) else (*COMMON, *_SHARED)
        weights.update((field, min(0.0, weights[field])) for field in nearby if field in weights)
    return sum(weights.values())

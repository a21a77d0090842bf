"""Whether two records describe the same work, and on what evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from enrich.model.base import Value

State = Literal["confirmed", "unconfirmed", "contradicted"]


class Verdict(Value):
    """The answer to "same work?".

    `evidence` gives each compared field's agreement from 0.0 to 1.0 (a field that one side lacks is absent); `reasons` are
    sentences a person can check.
    """

    state: State
    evidence: Mapping[str, float] = {}
    reasons: tuple[str, ...] = ()

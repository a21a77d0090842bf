"""What is known of a DOI. Absence, refusal and failure are different values.

`match` over an :data:`Outcome` ends in `assert_never`, so that a sixth kind cannot be forgotten.
"""

from __future__ import annotations

from typing import TypeAlias

from enrich.identifiers.doi import Doi
from enrich.model.base import Value
from enrich.model.record import Record


class Found(Value):
    """An agency describes the DOI. `stale` marks an old answer that serves while the agency is down."""

    doi: Doi
    record: Record
    stale: bool = False


class NotFound(Value):
    """The services that would know say that there is no such DOI; `source` names the one whose word it is."""

    doi: Doi
    source: str


class Refused(Value):
    """An agency refused to answer for this DOI (401, 403, a request it calls malformed)."""

    doi: Doi
    agency: str
    reason: str


class Unavailable(Value):
    """Nobody could be asked, or nobody answered as they should; nothing is known."""

    doi: Doi
    agency: str
    reason: str


class Elsewhere(Value):
    """Registered with an agency that publishes no metadata we can read."""

    doi: Doi
    agency: str


class Landing(Value):
    """The address that the handle of a DOI leads to, through its aliases; the resolver's own where it names none."""

    doi: Doi
    url: str


Place: TypeAlias = Landing | NotFound | Unavailable
Outcome: TypeAlias = Found | NotFound | Refused | Unavailable | Elsewhere

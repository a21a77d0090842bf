"""Registration agencies: whom to ask about a DOI, and how to read the answer.

An agency does no I/O: its look-up is a flow, which yields requests and is sent answers (:mod:`enrich.model.wire`). The
stored form of an answer is the agency's own JSON without what is never read, and :func:`read` is the one reader for what
comes from the interface, the cache and the snapshot.
"""

from collections.abc import Sequence
from datetime import datetime

from enrich.agencies import base, negotiation
from enrich.agencies.base import Agency
from enrich.agencies.settle import settle
from enrich.agencies.table import AGENCIES
from enrich.identifiers.doi import Doi
from enrich.model.record import Record

__all__ = ["AGENCIES", "Agency", "plan", "read", "settle"]


def read(agency: str, answer: bytes, *, doi: Doi, retrieved_at: datetime) -> Record:
    """Return the record of `doi` in a stored answer; raises ProtocolError where it is nothing the agency answers."""
    party = AGENCIES.get(agency)
    if party is None or negotiation.is_item(answer):
        return negotiation.read(answer, doi=doi, retrieved_at=retrieved_at, agency=agency)
    return party.read(answer, doi=doi, retrieved_at=retrieved_at)


def plan(agency: str, dois: Sequence[Doi], *, most: int = 50) -> list[tuple[Doi, ...]]:
    """Return `dois` in order, in batches of at most `most` that an agency takes in one request each."""
    party = AGENCIES.get(agency)
    return (party.plan if party else base.alone)(dois, most=most)

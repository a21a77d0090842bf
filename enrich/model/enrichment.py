"""The result for one input record."""

from __future__ import annotations

from typing import Literal

from enrich.identifiers.doi import Doi
from enrich.model.base import Value
from enrich.model.change import Change, Conflict
from enrich.model.note import Note
from enrich.model.record import Record
from enrich.model.update import Update
from enrich.model.verdict import Verdict

Status = Literal[
    "enriched",
    "unchanged",
    "no-doi",
    "elsewhere",
    "unconfirmed",
    "contradicted",
    "not-found",
    "invalid-doi",
    "refused",
    "unreadable",
    "unavailable",
]


class Enrichment(Value):
    """What became of one record: `before` as read, `record` as it is now, and an account of everything between."""

    index: int
    status: Status
    before: Record
    record: Record
    doi: Doi | None = None
    agency: str | None = None
    verdict: Verdict | None = None
    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    notes: tuple[Note, ...] = ()
    updates: tuple[Update, ...] = ()

"""Composed results of cleaning, for all tests of reports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from enrich.identifiers.doi import Doi
from enrich.model import Change, Conflict, Enrichment, Note, Origin, Record, Update, Verdict, Work

MOMENT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def enriched(**members: object) -> Enrichment:
    """Return a result with everything in it; `members` replace what it has."""
    work = Work(title="Random Forests", doi=Doi("10.1023/a:1010933404324"), volume="45")
    before = Record(work=work.model_copy(update={"volume": None}), origin=Origin(file="library.enw", line=12))
    usual: dict[str, object] = {
        "index": 0,
        "status": "enriched",
        "before": before,
        "record": before.model_copy(update={"work": work}),
        "doi": work.doi,
        "agency": "crossref",
        "verdict": Verdict(state="confirmed", evidence={"title": 1.0, "year": 0.98765}),
        "changes": (
            Change(field="volume", before=None, after="45", rule="fill", origin="crossref", retrieved_at=MOMENT),
        ),
        "conflicts": (Conflict(field="publisher", local="Kluwer", remote="Springer", origin="crossref"),),
        "notes": (Note(severity="warning", code="abstract-overrun", text="It ran on."),),
        "updates": (Update(type="correction", doi="10.1000/1", date="2026-01-02"),),
    }
    return Enrichment.model_validate(usual | members)


@pytest.fixture(scope="session")
def result() -> Callable[..., Enrichment]:
    """Make results of cleaning one record."""
    return enriched

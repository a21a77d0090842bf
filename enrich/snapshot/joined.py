"""Answers of a snapshot that came with the records: on a cluster a join brings them, so nobody looks anything up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from enrich.identifiers.doi import Doi
from enrich.model import Outcome
from enrich.snapshot.store import Kept, outcome_of


class Answer(NamedTuple):
    """A row of an exported snapshot: what an agency said of a DOI, and when; what a table does not say is None."""

    doi: str
    agency: str | None
    retrieved_at: datetime | None
    answer: bytes | None


class Joined:
    """A snapshot of the rows in hand."""

    exists = True

    def __init__(self) -> None:
        self._answers: dict[str, Answer] = {}

    def hold(self, answers: Iterable[Answer]) -> None:
        """Know these answers from now on, and no others."""
        self._answers = {answer.doi: answer for answer in answers}

    def load(self, dois: Sequence[Doi]) -> dict[Doi, Outcome]:
        """Return what is known of these DOIs, in the order asked; the others are absent."""
        found = ((doi, _outcome(doi, self._answers[doi])) for doi in dois if doi in self._answers)
        return {doi: outcome for doi, outcome in found if outcome is not None}

    def as_of(self, _agency: str) -> datetime | None:
        """Return None: how old a whole snapshot is, its rows do not say."""
        return None


def _outcome(doi: Doi, answer: Answer) -> Outcome | None:
    # A table may have been written by anybody: what is no answer is none, and one bad row ends no job.
    if answer.agency is None or answer.retrieved_at is None or answer.answer is None:
        return None
    try:
        return outcome_of(doi, Kept(answer.agency, int(answer.retrieved_at.timestamp()), answer.answer))
    except ValueError:  # no JSON
        return None

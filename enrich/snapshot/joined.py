"""Answers of a snapshot that came with the records: on a cluster a join brings them, so nobody looks anything up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import orjson

from enrich import agencies
from enrich.errors import ProtocolError
from enrich.identifiers.doi import Doi
from enrich.model import Found, Outcome
from enrich.snapshot.store import _word_of_doi_org


class Answer(NamedTuple):
    """A row of an exported snapshot: what an agency said of a DOI, and when."""

    doi: str
    agency: str
    retrieved_at: datetime
    answer: bytes


class Joined:
    """A snapshot of the rows in hand."""

    exists = True

    def __init__(self) -> None:
        self._answers: dict[str, Answer] = {}

    def hold(self, answers: Sequence[Answer]) -> None:
        """Know these answers from now on, and no others."""
        self._answers = {answer.doi: answer for answer in answers}

    def load(self, dois: Sequence[Doi]) -> dict[Doi, Outcome]:
        """Return what is known of these DOIs, in the order asked; the others are absent."""
        found = ((doi, _outcome(doi, self._answers[doi])) for doi in dois if doi in self._answers)
        return {doi: outcome for doi, outcome in found if outcome is not None}

    def as_of(self, _agency: str) -> datetime | None:
        """Return None: how old a whole snapshot is, its rows do not say."""
        return None


def _outcome(doi: Doi, kept: Answer) -> Outcome | None:
    try:
        if kept.agency == "doi.org":
            return _word_of_doi_org(doi, orjson.loads(kept.answer))
        record = agencies.read(kept.agency, kept.answer, doi=doi, retrieved_at=kept.retrieved_at)
    except (ProtocolError, ValueError):
        return None
    return Found(doi=doi, record=record)

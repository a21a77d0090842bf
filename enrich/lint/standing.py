"""RET: whether a work still stands; PUB: whether another version of it is the published one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from enrich.lint.rule import Check, Example, Found, Memory, Rule, record
from enrich.model.enrichment import Enrichment
from enrich.model.update import Update, in_force

_CONCERN: Final = "expression_of_concern"


def _retracted(result: Enrichment) -> Iterator[Update]:
    return (update for update in in_force(result.updates) if update.kind != _CONCERN)


def _doubted(result: Enrichment) -> Iterator[Update]:
    return (update for update in in_force(result.updates) if update.kind == _CONCERN)


def _noticed(result: Enrichment) -> Iterator[Update]:
    grave = in_force(result.updates)
    return (update for update in result.updates if update not in grave and update.direction == "updated-by")


def _told(result: Enrichment, update: Update) -> str:
    """Return what the note on a notice says, with date and source."""
    code = update.kind.replace("_", "-")
    said = [part for part in (update.doi, update.date) if part]
    notes = (note.text for note in result.notes if note.code == code)
    plain = f"the work carries a notice of {update.kind.replace('_', ' ')}"
    return next((text for text in notes if all(part in text for part in said)), plain)


def _check(chosen: Callable[[Enrichment], Iterable[Update]]) -> Check:
    def check(result: Enrichment, _memory: Memory) -> Iterator[Found]:
        for update in chosen(result):
            yield Found(_told(result, update))

    return check


def _example(kind: str) -> Example:
    return Example(record(), record(), updates=(Update(type=kind, doi="10.5555/notice", date="1954-02-01"),))


RULES: Final = (
    Rule(
        "RET001",
        "retracted",
        "error",
        "The work was retracted, withdrawn or removed, wholly or in part.",
        "Read the notice before you cite the work. One that was reinstated later is not reported here.",
        _example("retraction"),
        check=_check(_retracted),
    ),
    Rule(
        "RET002",
        "expression-of-concern",
        "error",
        "The publisher has expressed concern about the work.",
        "Read the notice: an inquiry may be under way.",
        _example("expression_of_concern"),
        check=_check(_doubted),
    ),
    Rule(
        "RET003",
        "corrected",
        "info",
        "There is a correction or another notice about the work.",
        "Look whether it touches what you cite.",
        _example("correction"),
        check=_check(_noticed),
    ),
    Rule(
        "RET004",
        "is-notice",
        "info",
        "The record is itself a notice about another work.",
        "Cite the notice only where the notice is meant.",
        Example(
            record(),
            record(),
            updates=(Update(type="correction", doi="10.5555/article", direction="update-to"),),
        ),
        notes=("notice",),
        is_default=False,
    ),
    Rule(
        "PUB001",
        "published-since",
        "info",
        "The record is a preprint, and a published version is registered.",
        "The DOI is left as it is. Cite the version you have read.",
        Example(record(), record(), registry={"relations": [["is-preprint-of", "10.5555/published"]]}),
        notes=("published-version",),
    ),
)

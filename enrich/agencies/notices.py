"""Notices that stand elsewhere than in a list of notices: in a title, or among the relations of a record.

Publishers write them into titles without telling the agency, in two ways: "RETRACTED: ..." is the work itself, "Retraction
notice to ..." is the notice. "Expression of Concern: ..." is either, and believed to be the notice unless it shouts. Words
that may begin an ordinary title ("Withdrawn adolescents") count only with a mark after them, and "withdrawn", "removed"
only in capitals, in brackets, or before "article".

>>> of_title("[Retracted] On tests", Doi("10.1155/a"))[0].type
'retraction'
>>> of_title("Retraction of the tongue", Doi("10.1155/a"))
()
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypeAlias

from enrich.identifiers import doi as doi_names
from enrich.identifiers.doi import Doi
from enrich.model.record import Registration
from enrich.model.update import Update

_Direction: TypeAlias = Literal["updated-by", "update-to"]
_WHAT: Final = r"(?:article|paper|chapter|manuscript|preprint|publication|proceedings)"
_MARK: Final = r"\s{0,2}[:\])】—–-]"
_ITSELF: Final[_Direction] = "updated-by"
_ANOTHER: Final[_Direction] = "update-to"
# What begins a title -> type and direction, the first that fits. `(?i:...)` where case does not matter.
_BEGINNINGS: Final = tuple(
    (re.compile(rf"[\[(【*\s]{{0,3}}(?:{pattern})"), kind, direction)
    for pattern, kind, direction in (
        (rf"(?i:retracted(?:\s{_WHAT})?){_MARK}|(?i:{_WHAT}\sretracted){_MARK}", "retraction", _ITSELF),
        (rf"(?i:partial(?:ly)?\sretract(?:ed|ion)){_MARK}", "partial_retraction", _ITSELF),
        (rf"WITHDRAWN(?:\s{_WHAT.upper()})?{_MARK}|(?i:withdrawn\s{_WHAT}){_MARK}", "withdrawal", _ITSELF),
        (rf"(?:TEMPORARY\s)?REMOV(?:ED|AL){_MARK}|(?i:removed\s{_WHAT}){_MARK}", "removal", _ITSELF),
        (rf"EXPRESSION OF CONCERN{_MARK}", "expression_of_concern", _ITSELF),
        (rf"(?i:retraction(?:\s(?:note|notice|statement))?(?:\s(?:to|for)\b|{_MARK}|$))", "retraction", _ANOTHER),
        (r"(?i:(?:notice|statement)\sof\s(?:the\s)?retraction\b)", "retraction", _ANOTHER),
        (rf"(?i:withdrawal\s(?:note|notice|statement)\b|withdrawal{_MARK})", "withdrawal", _ANOTHER),
        (
            rf"(?i:(?:editorial\s)?expressions?\sof\sconcern(?:\s(?:to|for|regarding)\b|{_MARK}|$))",
            "expression_of_concern",
            _ANOTHER,
        ),
        (rf"(?i:corrigend(?:um|a)(?:\s(?:to|for|on)\b|{_MARK}|$))", "corrigendum", _ANOTHER),
        (rf"(?i:(?:publisher['’]?s?\s)?errat(?:um|a)(?:\s(?:to|for|on)\b|{_MARK}|$))", "erratum", _ANOTHER),
        (rf"(?i:(?:author|publisher)['’]?s?\scorrections?(?:\s(?:to|for|on)\b|{_MARK}))", "correction", _ANOTHER),
        (rf"(?i:corrections?(?:\sto\b\s?[:“\"]|{_MARK}))", "correction", _ANOTHER),
        (rf"(?i:addend(?:um|a)(?:\s(?:to|for)\b|{_MARK}))", "addendum", _ANOTHER),
    )
)
_BRACKETED: Final = {"retracted": "retraction", "withdrawn": "withdrawal", "removed": "removal"}
_IN_BRACKETS: Final = re.compile(rf"[\[(【]\s?(?i:({'|'.join(_BRACKETED)})(?:\s{_WHAT})?)\s?[\])】]")
_CLOSING: Final = ("]", ")", "】")
_AT_END: Final = 40  # characters at the end of a title in which such a bracket may stand
# How any of these begins: most titles are done with here.
_WORTHWHILE: Final = re.compile(
    r"[\[(【*\s]{0,3}(?i:retract|withdraw|(?:temporary\s)?remov|(?:editorial\s)?expression|partial|notice of|statement of|"
    rf"corrig|errat|correction|author|publisher|addend|{_WHAT}\s(?:retract|withdraw))"
)
# Houses that use such words the other way round: IEEE renames the work itself, Hindawi calls its notices so.
_CUSTOMS: Final[Mapping[str, tuple[str, _Direction]]] = {
    "10.1109": ("notice of retraction", _ITSELF),
    "10.1155": ("retracted:", _ANOTHER),
}
# Relations as Crossref spells them -> the notice they speak of.
RELATIONS: Final[Mapping[str, tuple[str, _Direction]]] = {
    "is-retracted-by": ("retraction", _ITSELF),
    "has-retraction": ("retraction", _ITSELF),
    "is-withdrawn-by": ("withdrawal", _ITSELF),
    "has-expression-of-concern": ("expression_of_concern", _ITSELF),
    "is-corrected-by": ("correction", _ITSELF),
    "has-correction": ("correction", _ITSELF),
    "has-erratum": ("erratum", _ITSELF),
    "retracts": ("retraction", _ANOTHER),
    "is-retraction-of": ("retraction", _ANOTHER),
    "is-withdrawal-of": ("withdrawal", _ANOTHER),
    "is-expression-of-concern-of": ("expression_of_concern", _ANOTHER),
    "corrects": ("correction", _ANOTHER),
    "is-correction-of": ("correction", _ANOTHER),
    "is-erratum-of": ("erratum", _ANOTHER),
}


def completed(registration: Registration, title: str | None, doi: Doi) -> Registration:
    """Return what an agency states with the notices that its title and its relations speak of, where it lists none such."""
    found = (*(of_title(title, doi) if title else ()), *of_relations(registration.relations))
    if not found:
        return registration
    stated = {(update.kind, update.direction) for update in registration.updates}
    notices = {update.direction for update in registration.updates}
    # A list of notices is more exact than a title: "Correction: ..." that lists an erratum is not a second notice.
    new = [
        each
        for each in found
        if (each.kind, each.direction) not in stated
        and not (each.direction == _ANOTHER and each.source == "title" and _ANOTHER in notices)
    ]
    if not new:
        return registration
    return registration.model_copy(update={"updates": (*registration.updates, *new)})


def of_title(title: str, doi: Doi) -> tuple[Update, ...]:
    """Return the notice that a title says its work is, or has; at most one."""
    told = _told(title) if _WORTHWHILE.match(title) or title[-1:] in _CLOSING else None
    if told is None:
        return ()
    kind, direction = told
    custom = _CUSTOMS.get(doi_names.prefix(doi))
    if custom and title.lower().startswith(custom[0]):
        direction = custom[1]
    return (Update(type=kind, source="title", direction=direction),)


def _told(title: str) -> tuple[str, _Direction] | None:
    bracket = _IN_BRACKETS.match(title.lstrip()) or _IN_BRACKETS.search(title[-_AT_END:])
    if bracket and (bracket.start() == 0 or title.rstrip().endswith(bracket[0])):
        return _BRACKETED[bracket[1].lower()], _ITSELF
    return next(((kind, direction) for pattern, kind, direction in _BEGINNINGS if pattern.match(title)), None)


def of_relations(relations: Sequence[tuple[str, str]]) -> tuple[Update, ...]:
    """Return the notices that relations speak of."""
    told = [(*RELATIONS[relation], target) for relation, target in relations if relation in RELATIONS]
    return tuple([Update(type=kind, doi=doi, source="relation", direction=way) for kind, way, doi in told])

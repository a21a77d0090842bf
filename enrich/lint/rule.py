"""What a rule of the linter is: a code, a sentence, what to do, an example, and what of an enrichment it is about.

A rule is mostly data. It names the statuses, the codes of notes and the merge rules that are findings of its kind; what
cannot be named so has a `check`. Codes follow flake8's and ruff's custom: three letters for the family, three digits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

from enrich.model.enrichment import Enrichment
from enrich.model.note import Severity
from enrich.model.update import Update

_RECORD: Final = {
    "0": "Journal Article",
    "T": "Molecular Structure of Nucleic Acids",
    "A": "Watson, J. D.",
    "J": "Nature",
    "D": "1953",
    "V": "171",
    "P": "737-738",
    "R": "10.1038/171737a0",
}
REGISTRY: Final[Mapping[str, Any]] = {
    "type": "article-journal",
    "title": "Molecular Structure of Nucleic Acids",
    "author": [{"family": "Watson", "given": "J. D."}],
    "container-title": "Nature",
    "issued": {"date-parts": [[1953]]},
    "volume": "171",
    "page": "737-738",
    "DOI": "10.1038/171737a0",
}
"""What the registry of the examples says, but for what an example changes."""


class Example(NamedTuple):
    """A bad and a good file, as text (a surrogate stands for a stray byte), and what is known of the bad one's DOI.

    `outcome` is `found`, `not-found`, `refused`, `unavailable`, `elsewhere`, `stale`, or `misspelt` or `searched`, where the
    DOI of :data:`REGISTRY` was found in its place; `registry` is what the answer says in CSL's words beside
    :data:`REGISTRY`, `updates` the notices in it. The good one's DOI is found, without notices.
    `policy` is the merge policy under which the rule has something to say.
    """

    bad: str
    good: str
    registry: Mapping[str, Any] = {}
    outcome: str = "found"
    updates: tuple[Update, ...] = ()
    policy: str = "fill"


class Found(NamedTuple):
    """What a rule says of one record; `line` where that is not the record's first."""

    message: str
    field: str | None = None
    before: Any = None
    replacement: Any = None
    line: int | None = None


class Memory:
    """What earlier records of a run said, for rules that compare records; it grows with the number of DOIs."""

    def __init__(self) -> None:
        self.places: dict[bytes, int] = {}


Check: TypeAlias = Callable[[Enrichment, Memory], Iterable[Found]]


class Rule(NamedTuple):
    """One rule of the linter. `severity` is what it has unless the settings say otherwise; an error fails the check.

    `repairs` are names of merge rules, `rule/field` where only one field is meant. Rules without `is_default` are selected
    by name only.
    """

    code: str
    name: str
    severity: Severity
    sentence: str
    advice: str
    example: Example | None
    statuses: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()
    check: Check | None = None
    is_default: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with one record; `replacement` is what a clean would write in place of `before`."""

    code: str
    name: str
    severity: Severity
    message: str
    index: int
    file: str | None = None
    line: int | None = None
    doi: str | None = None
    field: str | None = None
    before: Any = None
    replacement: Any = None


def record(changed: Mapping[str, str | None] | None = None, *more: str) -> str:
    """Return the record of the examples in refer, with some tags changed (None: left out) and more lines behind it."""
    tags = _RECORD | dict(changed or {})
    lines = [f"%{tag} {value}" for tag, value in tags.items() if value is not None]
    return "\n".join((*lines, *more)) + "\n"

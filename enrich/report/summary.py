"""What a run did, in numbers and in a few plain sentences; and the exit code that says it to a script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, get_args

from enrich.model import Enrichment, Status
from enrich.model.update import in_force

STATUSES: Final[tuple[Status, ...]] = get_args(Status)
NEEDS_PERSON: Final[frozenset[Status]] = frozenset(
    {"unconfirmed", "contradicted", "not-found", "invalid-doi", "refused", "unreadable"}
)
WORDS: Final[dict[Status, str]] = {
    "enriched": "enriched",
    "unchanged": "unchanged",
    "no-doi": "without a DOI",
    "elsewhere": "registered elsewhere",
    "unconfirmed": "not confirmed",
    "contradicted": "contradicted",
    "not-found": "not found",
    "invalid-doi": "with an invalid DOI",
    "refused": "refused",
    "unreadable": "unreadable",
    "unavailable": "unavailable",
}
MEANINGS: Final[dict[Status, str]] = {
    "enriched": "the agency's answer describes this work; something was added or repaired",
    "unchanged": "the agency's answer describes this work; nothing to add",
    "no-doi": "no DOI, and none looked for or none found",
    "elsewhere": "registered with an agency that publishes no metadata",
    "unconfirmed": "an answer, but not enough to tell that it is the same work",
    "contradicted": "the DOI belongs to another work; nothing was merged",
    "not-found": "the agencies say that there is no such DOI",
    "invalid-doi": "no valid DOI could be read",
    "refused": "the agency refused to answer",
    "unreadable": "the record could not be parsed; it is kept as it is",
    "unavailable": "nobody could be asked; run again to go on",
}
_SHOWN: Final = 10
_NUMBERS: Final = ("records", "changes", "changed", "conflicts", "noticed")
_COUNTERS: Final = ("statuses", "rules", "fields", "notes", "updates")
_LISTS: Final = ("_attention", "_noticed")


class Summary:
    """Counts over the records of a run, added one by one.

    `needs_person` are the statuses that make the run end with 1; `check` counts more among them than `clean` does. `output`
    is the file the records were written to where that is none of the libraries, "-" for standard output. `offline` says
    that nobody was to be asked; `is_written` that what was changed is, or will be, in a file.
    """

    def __init__(self, *, needs_person: frozenset[Status] = NEEDS_PERSON) -> None:
        self.needs_person = needs_person
        self.records = 0
        self.statuses: Counter[Status] = Counter()
        self.changes = 0
        self.changed = 0
        self.rules: Counter[str] = Counter()
        self.fields: Counter[str] = Counter()
        self.conflicts = 0
        self.notes: Counter[str] = Counter()
        self.updates: Counter[str] = Counter()
        self.noticed = 0
        self.requests: Mapping[str, int] = {}
        self.output: str | None = None
        self.offline = False
        self.is_written = True
        self._unasked = ""
        self._attention: list[str] = []
        self._noticed: list[str] = []

    def add(self, enrichment: Enrichment) -> None:
        """Count one record."""
        self.records += 1
        self.statuses[enrichment.status] += 1
        if enrichment.changes:
            self.changed += 1
            self.changes += len(enrichment.changes)
            for change in enrichment.changes:
                self.rules[change.rule] += 1
                self.fields[change.field] += 1
        self.conflicts += len(enrichment.conflicts)
        for note in enrichment.notes:
            self.notes[note.code] += 1
        if enrichment.status in self.needs_person and len(self._attention) < _SHOWN:
            self._attention.append(f"{place(enrichment)}: {MEANINGS[enrichment.status]}")
        if enrichment.status == "unavailable" and not self._unasked:
            why = [note.text for note in enrichment.notes if note.code == "unavailable"]
            self._unasked = f"{place(enrichment)}: {printable(why[0])}" if why else ""
        self._add_updates(enrichment)

    def tally(self) -> dict[str, Any]:
        """Return all counts as JSON values, which :meth:`absorb` takes: across processes, and across a restart."""
        counted = {name: dict(getattr(self, name)) for name in _COUNTERS}
        return {name: getattr(self, name) for name in (*_NUMBERS, "_unasked", *_LISTS)} | counted

    def absorb(self, tally: Mapping[str, Any]) -> None:
        """Count what another summary counted, as if its records had been added here, in their order."""
        for name in _NUMBERS:
            setattr(self, name, getattr(self, name) + tally[name])
        for name in _COUNTERS:
            getattr(self, name).update(tally[name])
        for name in _LISTS:
            setattr(self, name, [*getattr(self, name), *tally[name]][:_SHOWN])
        self._unasked = self._unasked or tally["_unasked"]

    def _add_updates(self, enrichment: Enrichment) -> None:
        for update in enrichment.updates:
            self.updates[update.type] += 1
        for update in in_force(enrichment.updates):
            self.noticed += 1
            if len(self._noticed) < _SHOWN:
                self._noticed.append(f"{place(enrichment)}: {update.kind.replace('_', ' ')}")

    @property
    def attention(self) -> int:
        """Records that need a person."""
        return sum(self.statuses[status] for status in self.needs_person)

    @property
    def exit_code(self) -> int:
        """3 where somebody could not be asked, else 1 where a record needs a person, else 0."""
        if self.statuses["unavailable"]:
            return 3
        return 1 if self.attention else 0

    def as_dict(self) -> dict[str, Any]:
        """Return the counts as the report's last line has them; every status is named."""
        return {
            "records": self.records,
            "status": {status: self.statuses[status] for status in STATUSES},
            "changes": self.changes,
            "changed_records": self.changed,
            "rules": dict(self.rules.most_common()),
            "fields": dict(self.fields.most_common()),
            "conflicts": self.conflicts,
            "notes": dict(self.notes.most_common()),
            "updates": dict(self.updates.most_common()),
            "requests": dict(self.requests),
            "output": self.output,
            "exit_code": self.exit_code,
        }

    def headline(self) -> str:
        """Return the one sentence: `25 records: 17 enriched, 3 unchanged, 5 not found`."""
        if not self.records:
            return "No records."
        parts = ", ".join(f"{self.statuses[s]:,} {WORDS[s]}" for s in STATUSES if self.statuses[s])
        return f"{counted(self.records, 'record')}: {parts}."

    def sentences(self) -> list[str]:
        """Return the headline, and how much changed and differs."""
        lines = [self.headline()]
        if self.changes:
            how_much = f"{counted(self.changes, 'change')} in {counted(self.changed, 'record')}"
            lines.append(f"{how_much}." if self.is_written else f"Nothing was written; it would be {how_much}.")
        if self.conflicts:
            lines.append(f"{counted(self.conflicts, 'difference')} from the registry, left as in the library.")
        return lines

    def lines(self) -> list[str]:
        """Return what a person should read after a run, in plain words."""
        lines = self.sentences()
        lines += _listed("Notices about works in this library:", self._noticed, self.noticed)
        lines += _listed("These need a person:", self._attention, self.attention)
        if self.statuses["unavailable"]:
            remedy = "run without --offline to ask the registries" if self.offline else "run again to go on"
            lines.append(f"{counted(self.statuses['unavailable'], 'record')} could not be looked up; {remedy}.")
            lines += [f"  {self._unasked}"] if self._unasked else []
        return lines


def place(enrichment: Enrichment) -> str:
    """Return where a record stands and what it is: `library.enw:12 10.1000/182`."""
    origin = enrichment.before.origin
    where = f"{printable(origin.file or 'record')}:{origin.line or enrichment.index + 1}"
    doi = enrichment.doi or enrichment.before.doi_text
    return f"{where} {printable(doi)}" if doi else where


def printable(text: str, limit: int = 200) -> str:
    """Return foreign text fit for a terminal: no control characters, not too long."""
    clean = "".join(character if character.isprintable() else "\ufffd" for character in text[:limit])
    return clean + "…" if len(text) > limit else clean


def counted(number: int, noun: str) -> str:
    """Return `1 record` or `2,000 records`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _listed(heading: str, items: list[str], total: int) -> list[str]:
    if not items:
        return []
    more = [f"  … and {total - len(items):,} more"] if total > len(items) else []
    return [heading, *(f"  {item}" for item in items), *more]

"""Enrichments to findings.

Everything that a clean would change, that was noted, and that its status says becomes a finding of one rule: what no rule
names falls to the rules of :mod:`enrich.lint.others`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from enrich.lint import others
from enrich.lint.rule import Finding, Found, Memory, Rule
from enrich.lint.table import RULES
from enrich.model.change import Change
from enrich.model.enrichment import Enrichment
from enrich.model.note import Note, Severity

_OF_STATUS: Final = {status: rule for rule in RULES.values() for status in rule.statuses}
_OF_NOTE: Final = {note: rule for rule in RULES.values() for note in rule.notes}
_OF_REPAIR: Final = {repair: rule for rule in RULES.values() for repair in rule.repairs}
_CHECKED: Final = tuple((rule, rule.check) for rule in RULES.values() if rule.check is not None)
_MISSING: Final = _OF_REPAIR["fill"]
_SHOWN: Final = 300  # letters of a value or a note in a message
_BRIEF: Final = 40  # letters of each of several values
_PROBED: Final = 60  # letters by which a value is looked for in its record
_LEADING: Final = "\ufeff \t\r\n,["  # what may stand before a record's first line


class Linter:
    """Finds what is wrong with the records of one run, by the rules that are selected: code -> severity."""

    def __init__(self, severities: Mapping[str, Severity]) -> None:
        self._severities = severities
        self._memory = Memory()

    def findings(self, result: Enrichment) -> list[Finding]:
        """Return the findings about one record, those with the lowest line first."""
        origin = result.before.origin
        made = [
            Finding(
                rule.code,
                rule.name,
                self._severities[rule.code],
                found.message,
                result.index,
                origin.file,
                found.line or origin.line,
                result.doi or result.before.doi_text,
                found.field,
                found.before,
                found.replacement,
            )
            for rule, found in self._found(result)
            if rule.code in self._severities
        ]
        return sorted(made, key=lambda finding: finding.line or 0)

    def _found(self, result: Enrichment) -> Iterator[tuple[Rule, Found]]:
        told: set[str] = set()
        missing = [change for change in result.changes if of_repair(change).code == _MISSING.code]
        if missing:
            yield _MISSING, _lacking(missing)
        for change in result.changes:
            rule = of_repair(change)
            told.add(rule.code)
            if rule.code != _MISSING.code:
                yield rule, _change(result, change)
        repaired = frozenset(told)
        kinds = {
            update.kind.replace("_", "-") for update in result.updates
        }  # these notes are the RET rules' matter
        for note in result.notes:
            noted = None if note.code in kinds else of_note(note)
            if noted is not None and noted.code not in repaired:
                told.add(noted.code)
                yield noted, Found(shown(note.text), line=note.line)
        stated = _OF_STATUS.get(result.status)
        if stated is not None and stated.code not in told:
            reasons = result.verdict.reasons if result.verdict else ()
            yield stated, Found(" ".join((stated.sentence, *reasons)))
        for rule, check in _CHECKED:
            if rule.code in self._severities:
                for found in check(result, self._memory):
                    yield rule, found


def of_repair(change: Change) -> Rule:
    """Return the rule a change falls under."""
    return _OF_REPAIR.get(f"{change.rule}/{change.field}") or _OF_REPAIR.get(change.rule) or others.REPAIR


def of_note(note: Note) -> Rule | None:
    """Return the rule a note falls under; None where it is only to know and no rule names it."""
    other = {"error": others.ERROR, "warning": others.WARNING}.get(note.severity)
    return _OF_NOTE.get(note.code) or other


def _change(result: Enrichment, change: Change) -> Found:
    rule = of_repair(change)
    sentence = f"{rule.sentence} ({change.rule})" if rule.code == others.REPAIR.code else rule.sentence
    text = f"{sentence} The {change.field} would become: {shown(change.after)}"
    return Found(text, change.field, change.before, change.after, _line(result, change.before))


def _lacking(changes: Sequence[Change]) -> Found:
    """Return one finding for all fields that are missing: a record from a search lacks five."""
    told = ", ".join(f"{change.field} ({shown(change.after, _BRIEF)})" for change in changes)
    text = f"{changes[0].origin} has what is missing: {told}"
    after = {change.field: change.after for change in changes}
    return Found(text, ", ".join(after), dict.fromkeys(after), after)


def _line(result: Enrichment, value: Any) -> int | None:
    """Return the line of the file on which a value begins; None where it cannot be told."""
    source, first = result.before.source, result.before.origin.line
    if source is None or first is None or not isinstance(value, str) or not value.strip():
        return None
    text = source.raw.decode(source.encoding, "replace").lstrip(_LEADING)
    at = text.find(value[:_PROBED])
    return first + text.count("\n", 0, at) if at >= 0 else None


def shown(value: Any, most: int = _SHOWN) -> str:
    """Return a value of any shape in one line, not too long and without control characters."""
    text = value if isinstance(value, str) else _spoken(value)
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text[: most * 2]).split())
    return line if len(line) <= most and len(text) <= most * 2 else line[:most] + "…"


def _spoken(value: Any) -> str:
    """Return a list of names or numbers, or a date, as a person would write it."""
    if isinstance(value, list | tuple):
        return "; ".join(_spoken(each) for each in value[:20]) + (" …" if len(value) > 20 else "")
    if isinstance(value, dict):
        parts = value.get("date-parts")
        if parts:
            return "-".join(str(part) for part in parts[0])
        return ", ".join(str(value[key]) for key in ("family", "given", "literal") if value.get(key))
    return str(value)

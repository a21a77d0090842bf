"""Two statements about one work become one, and every change is accounted for.

No rule acts on the word of a registry without a confirmed verdict. A contradicted record is left exactly as it stood:
whether the record or its DOI is wrong, a person must say. docs/decisions/0006-merge.md
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from enrich.formats.csl_json import field_value
from enrich.merge.facts import Facts, Step
from enrich.merge.policy import LOCAL, FieldPolicy, MergePolicy
from enrich.merge.rules import RULES
from enrich.merge.same import same
from enrich.model.base import Value
from enrich.model.change import Change, Conflict
from enrich.model.note import Note
from enrich.model.record import Record
from enrich.model.verdict import Verdict
from enrich.model.work import FIELDS, Work

_NOBODY: Final = Work()
_ALWAYS: Final = frozenset(
    {"DOI", "page"}
)  # written in a way to be repaired even where the registry says the same


class Merged(Value):
    """The merged record, what changed in it, what differs but was kept, and what a person should know."""

    record: Record
    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    notes: tuple[Note, ...] = ()


def merge(local: Record, remote: Record | None, verdict: Verdict | None, policy: MergePolicy) -> Merged:
    """Merge what a registry says into a record, as far as verdict and policy allow.

    Without a confirmed verdict only repairs from the record itself are made; with a contradicted one, none.
    """
    state = verdict.state if verdict and remote else None
    if state == "contradicted" or not local.readable or policy.locks(local):
        return Merged(record=local)
    confirmed = remote if state == "confirmed" else None
    account = _Account(local, confirmed)
    ours, theirs = local.work, confirmed.work if confirmed else _NOBODY
    for field, attribute in FIELDS.items():
        value, other = getattr(ours, attribute), getattr(theirs, attribute)
        if (value or other) and (value != other or field in _ALWAYS):
            rules = policy.rules_for(field)
            if rules:
                account.settle(field, attribute, rules, reports_missing=policy.reports_missing)
    return account.closed()


class _Account:
    """Collects what happens to the fields of one record."""

    def __init__(self, local: Record, remote: Record | None) -> None:
        self._local = local
        self._remote = remote
        self._agency = remote.origin.name if remote else ""
        self._known: dict[tuple[str, ...], Facts] = {}
        self._steps: list[tuple[str, str, str, Step]] = []
        self._updates: dict[str, Any] = {}
        self._conflicts: list[Conflict] = []

    def settle(self, field: str, attribute: str, policy: FieldPolicy, *, reports_missing: bool) -> None:
        """Apply the rules of one field in their order, then report what still differs."""
        facts = self._facts(policy)
        value = getattr(self._local.work, attribute)
        for name in policy.rules:
            step = RULES[name].apply(facts, attribute, value)
            if step is not None:
                self._steps.append((field, attribute, name, step))
                self._updates[attribute] = value = step.value
        remote, theirs = facts.remote, facts.theirs(attribute)
        if remote and theirs and (not same(attribute, value, theirs, remote) if value else reports_missing):
            local = self._local.work.model_copy(update={attribute: value})
            self._conflicts.append(
                Conflict(
                    field=field,
                    local=field_value(local, field),
                    remote=field_value(remote.work, field),
                    origin=self._agency,
                )
            )

    def _facts(self, policy: FieldPolicy) -> Facts:
        facts = self._known.get(policy.trust)
        if facts is None:
            remote = self._remote if self._remote and policy.believes(self._agency) else None
            facts = Facts(self._local, remote, preferred=remote is not None and policy.prefers(self._agency))
            self._known[policy.trust] = facts
        return facts

    def closed(self) -> Merged:
        """Return the account with the new record."""
        if not self._steps:
            return Merged(record=self._local, conflicts=tuple(self._conflicts))
        merged = self._local.work.model_copy(update=self._updates)
        update: dict[str, Any] = {"work": merged}
        if "doi" in self._updates:
            update["doi_text"] = merged.doi
        return Merged(
            record=self._local.model_copy(update=update),
            changes=tuple(self._changes(merged)),
            conflicts=tuple(self._conflicts),
            notes=tuple(step.note for *_, step in self._steps if step.note),
        )

    def _changes(self, merged: Work) -> Iterator[Change]:
        before = dict.fromkeys(self._updates, self._local.work)
        for field, attribute, rule, step in self._steps:
            last = self._updates[attribute] is step.value
            after = merged if last else self._local.work.model_copy(update={attribute: step.value})
            origin = self._remote.origin if self._remote and step.registered else None
            yield Change(
                field=field,
                before=field_value(before[attribute], field) if step.before is None else step.before,
                after=field_value(after, field),
                rule=rule,
                origin=origin.name if origin else LOCAL,
                retrieved_at=origin.retrieved_at if origin else None,
            )
            before[attribute] = after

"""Two statements about one work become one, and every change is accounted for.

No rule acts on the word of a registry without a confirmed verdict. A contradicted record is left exactly as it stood:
whether the record or its DOI is wrong, a person must say. docs/decisions/0006-merge.md
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

from enrich.formats.csl_json import field_value
from enrich.merge.facts import Facts, Step
from enrich.merge.policy import LOCAL, FieldPolicy, MergePolicy
from enrich.merge.rules import OVERLAPPING, RULES
from enrich.merge.same import PEOPLE, same, written_alike
from enrich.model.base import Value
from enrich.model.change import Change, Conflict
from enrich.model.note import Note
from enrich.model.record import Record
from enrich.model.verdict import Verdict
from enrich.model.work import FIELDS, Work

_NOBODY: Final = Work()
_RUN_ON: Final = frozenset({"abstract", "page"})  # a registry's may run on into the body, or be 123-5
_NONE: Final[frozenset[str]] = frozenset()
_NAMES: Final = {attribute: field for field, attribute in FIELDS.items()}
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
    if state == "contradicted" or not local.readable:
        return Merged(record=local)
    if locked_as := policy.locks(local):
        return Merged(record=local, notes=(_locked(locked_as),))
    confirmed = remote if state == "confirmed" else None
    locked = policy.locked_in(local) if policy.parts else _NONE
    kept = policy.locked | locked | local.kept if locked or local.kept else policy.locked
    account = _Account(local, confirmed, kept)
    # Read from the members themselves: two thirds of them are empty on both sides.
    ours, theirs = local.work.__dict__, (confirmed.work if confirmed else _NOBODY).__dict__
    for attribute, always, part in _planned(policy, confirmed.origin.name if confirmed else None):
        value, other = ours[attribute], theirs[attribute]
        if (value or other) and (always or value != other) and not (locked and part.field in locked):
            account.settle(part, value, other, reports_missing=policy.reports_missing)
    return account.closed()


def _locked(name: str) -> Note:
    return Note(severity="info", code="locked", text=f"left alone: the policy keeps {name}")


_Rules: TypeAlias = tuple[tuple[str, Callable[[Facts, str, Any], Step | None]], ...]


class _Part(NamedTuple):
    """What a policy says of one field in the face of one agency; `trust` whether that is believed, and preferred.

    `after_fill` are the rules that are left once the registry's value has been taken; None where taking it needs a rule.
    """

    field: str
    attribute: str
    rules: _Rules
    repairs: _Rules
    after_fill: _Rules | None
    trust: tuple[bool, bool]


@lru_cache(maxsize=64)  # a run has one policy and a few agencies
def _planned(policy: MergePolicy, agency: str | None) -> tuple[tuple[str, bool, _Part], ...]:
    """Return what to do about each field that is not locked, by attribute; without an agency nobody is believed."""
    return tuple(
        (attribute, field in _ALWAYS, _part(field, attribute, chosen, agency))
        for field, attribute in FIELDS.items()
        if (chosen := policy.rules_for(field)) is not None
    )


def _part(field: str, attribute: str, chosen: FieldPolicy, agency: str | None) -> _Part:
    believed = agency is not None and chosen.believes(agency)
    rules = tuple((name, RULES[name].apply) for name in chosen.rules if RULES[name].fits(attribute))
    repairs = tuple(rule for rule in rules if RULES[rule[0]].is_repair)
    is_plain = believed and chosen.rules[:1] == ("fill",) and attribute not in OVERLAPPING
    return _Part(
        field=field,
        attribute=attribute,
        rules=rules,
        repairs=repairs,
        after_fill=(repairs if attribute in _RUN_ON else ()) if is_plain else None,
        trust=(believed, agency is not None and chosen.prefers(agency)),
    )


class _Account:
    """Collects what happens to the fields of one record."""

    def __init__(self, local: Record, remote: Record | None, kept: frozenset[str]) -> None:
        self._local = local
        self._remote = remote
        self._kept = kept
        self._settled = local.kept
        self._facts: dict[tuple[bool, bool], Facts] = {}
        self._steps: list[tuple[_Part, str, Step]] = []
        self._updates: dict[str, Any] = {}
        self._conflicts: list[Conflict] = []

    def settle(self, part: _Part, value: Any, theirs: Any, *, reports_missing: bool) -> None:
        """Apply the rules of one field in their order, then report what still differs."""
        attribute = part.attribute
        if attribute in self._updates:
            return  # moved here from another field
        if attribute in PEOPLE and written_alike(value, theirs):
            return  # what differs is an ORCID or an affiliation, of which few files know
        facts = self._facts.get(part.trust) or self._facts_for(*part.trust)
        is_settled = (
            self._settled and part.field in self._settled
        )  # by hand: it is compared, and the user's in any case
        if is_settled:
            rules: _Rules = ()
        elif theirs and not value and part.after_fill is not None:  # five of six changes: nothing to be asked
            self._steps.append((part, "fill", Step(theirs)))
            self._updates[attribute] = value = theirs
            rules = part.after_fill
        else:
            rules = part.rules if theirs else part.repairs
        for name, apply in rules:
            step = apply(facts, attribute, value)
            if step is not None:
                self._steps.append((part, name, step))
                self._updates[attribute] = value = step.value
                if step.also is not None:
                    self._move(part, name, *step.also)
        remote = facts.remote
        if value is theirs or not theirs or remote is None:
            return
        if not same(attribute, value, theirs, remote) if value else reports_missing or is_settled:
            local = self._local.work.model_copy(update={attribute: value})
            self._conflicts.append(
                Conflict(
                    field=part.field,
                    local=field_value(local, part.field),
                    remote=field_value(remote.work, part.field),
                    origin=remote.origin.name,
                )
            )

    def _move(self, part: _Part, rule: str, attribute: str, value: Any) -> None:
        moved = part._replace(field=_NAMES[attribute], attribute=attribute)
        self._steps.append((moved, rule, Step(value, registered=False)))
        self._updates[attribute] = value

    def _facts_for(self, believed: bool, preferred: bool) -> Facts:  # noqa: FBT001 - private, called once
        facts = Facts(self._local, self._remote if believed else None, preferred, kept=self._kept)
        self._facts[believed, preferred] = facts
        return facts

    def closed(self) -> Merged:
        """Return the account with the new record."""
        if not self._steps:
            return Merged.trusted(record=self._local, conflicts=tuple(self._conflicts))
        merged = self._local.work.model_copy(update=self._updates)
        update: dict[str, Any] = {"work": merged}
        if "doi" in self._updates:
            update["doi_text"] = merged.doi
        return Merged.trusted(
            record=self._local.model_copy(update=update),
            changes=tuple(self._changes(merged)),
            conflicts=tuple(self._conflicts),
            notes=tuple([step.note for *_, step in self._steps if step.note]),
        )

    def _changes(self, merged: Work) -> Iterator[Change]:
        local = self._local.work
        said: dict[str, Any] = {}
        origin = self._remote.origin if self._remote else None
        registry = (origin.name, origin.retrieved_at) if origin else (LOCAL, None)
        for part, rule, step in self._steps:
            field, attribute = part.field, part.attribute
            before = said[attribute] if attribute in said else _value(local, field, attribute)
            if step.value.__class__ is str:  # most are; its JSON value is itself
                after = step.value
            else:
                last = self._updates[attribute] is step.value
                work = merged if last else local.model_copy(update={attribute: step.value})
                after = field_value(work, field)
            said[attribute] = after
            by, when = registry if step.registered else (LOCAL, None)
            yield Change.trusted(
                field=field,
                before=before if step.before is None else step.before,
                after=after,
                rule=rule,
                origin=by,
                retrieved_at=when,
            )


def _value(work: Work, field: str, attribute: str) -> Any:
    """Return the JSON value of a field; nothing and a text, which most are, is its own."""
    value = getattr(work, attribute)
    return value if value is None or value.__class__ is str else field_value(work, field)

"""What a person decides about the result for a record, and the record that follows from it. Pure.

A review shows an :class:`~enrich.model.Enrichment` as items, one for each field that changed or differs. What is accepted is
written; what is rejected, and what nobody decided about, stays as the library has it and is told as a difference: nothing
changes unseen. A value of the user's own has the origin `user`; it is the user's from then on, as any edit is
(`Record.kept`). docs/decisions/0024-the-review-and-the-page.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

from enrich import formats
from enrich.errors import EnrichError
from enrich.formats.csl_json import field_value, to_csl, with_field
from enrich.formats.losses import losses
from enrich.merge.policy import names_of
from enrich.model import FIELDS, Change, Conflict, Enrichment, Name, Record, Work
from enrich.model.base import Value
from enrich.report.jsonl import row, timestamp

Choice = Literal["accept", "reject", "edit", "keep"]
Kind = Literal["change", "conflict"]
EDITED: Final = "edit"
"""The rule of a change that a person wrote."""
CHOSEN: Final = "choose"
"""The rule of a change by which a person took the registry's value of a field that differs."""
USER: Final = "user"
"""The origin of what a person wrote."""
LONGEST: Final = 200_000
"""Characters that a value written by hand may have."""
_TOGETHER: Final = frozenset({"container-title", "container-title-short"})
"""A journal is named in full only with its abbreviation beside it (rule `journal-in-full`)."""


class Decision(Value):
    """What to do about a field: `keep` is a rejection for ever, `value` (CSL-JSON's; None: nothing) that of an edit."""

    choice: Choice
    value: Any = None


class Item(Value):
    """A field to decide about: what the library has, what is proposed, by which rules, on whose word.

    `also` are fields that go the same way; `remote` is the registry's value where what is proposed differs from it still.
    """

    field: str
    kind: Kind
    local: Any = None
    proposed: Any = None
    remote: Any = None
    rules: tuple[str, ...] = ()
    origin: str
    retrieved_at: str | None = None
    also: tuple[str, ...] = ()


class Fault(NamedTuple):
    """A decision that cannot be carried out: the record, by its index, the field, and why."""

    record: int
    field: str
    text: str


class ReviewError(EnrichError):
    """Decisions that cannot be carried out; nothing was written."""

    def __init__(self, message: str, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults


def items(result: Enrichment) -> tuple[Item, ...]:
    """Return what there is to decide about a record, changes first."""
    remotes = {conflict.field: conflict for conflict in result.conflicts}
    grouped: dict[str, list[Change]] = {}
    for change in result.changes:
        grouped.setdefault(change.field, []).append(change)
    together = {change.field for change in result.changes if change.rule == "journal-in-full"} >= _TOGETHER
    found = [
        _changed(field, changes, remotes.pop(field, None), together=together)
        for field, changes in grouped.items()
        if not (together and field == "container-title-short")
    ]
    return (*found, *(_differing(conflict) for conflict in remotes.values() if conflict.field in FIELDS))


def _changed(field: str, changes: list[Change], conflict: Conflict | None, *, together: bool) -> Item:
    first, last = changes[0], changes[-1]
    moment = next((change.retrieved_at for change in changes if change.retrieved_at), None)
    return Item(
        field=field,
        kind="change",
        local=first.before,
        proposed=last.after,
        remote=conflict.remote if conflict else None,
        rules=tuple(change.rule for change in changes),
        origin=last.origin,
        retrieved_at=timestamp(moment) if moment else None,
        also=("container-title-short",) if together and field == "container-title" else (),
    )


def _differing(conflict: Conflict) -> Item:
    return Item(
        field=conflict.field,
        kind="conflict",
        local=conflict.local,
        proposed=conflict.remote,
        remote=conflict.remote,
        origin=conflict.origin,
    )


def shown(result: Enrichment) -> dict[str, Any]:
    """Return what a review shows of a record: its line of the report, its items, its fields, what a lock calls it by."""
    line = row(result)
    del line["state"]
    named = lock_name(result.before)
    return line | {
        "title": result.before.work.title or result.record.work.title,
        "doi_text": result.before.doi_text,
        "readable": result.before.readable,
        "lockable": named is not None,
        "items": [item.model_dump() for item in items(result)],
        "fields": to_csl(result.before.work),
    }


def lock_name(record: Record) -> str | None:
    """Return what a lock calls a record by: its DOI, else its label; None where it has neither."""
    return next(iter(names_of(record)), None)


def reviewed(result: Enrichment, decisions: Mapping[str, Decision], *, is_own: bool = True) -> Enrichment:
    """Return the result as decided, field by field; a field without a decision stays as the library has it.

    Raises ReviewError with every fault where a value cannot be read, or the record's own file, to which it goes back with
    `is_own`, cannot hold it.
    """
    known = items(result)
    plan = _Plan(result, is_own=is_own)
    for item in known:
        plan.settle(item, decisions.get(item.field))
    named = {item.field for item in known} | {field for item in known for field in item.also}
    for field in decisions.keys() - named:
        plan.edit(field, decisions[field], None)
    return plan.closed()


def applied(index: int, record: Record, values: Mapping[str, Any], target: str | None) -> tuple[Record, int]:
    """Return a record with values written into its fields, and how many of these the target format has no place for.

    Such values are left out of the record's own format (`target` None or its name). Raises ReviewError.
    """
    is_own = record.source is not None and target in {None, record.source.format}
    unheld = _unheld(record, values) if is_own else ()
    wanted = {
        field: Decision(choice="edit", value=value) for field, value in values.items() if field not in unheld
    }
    result = Enrichment(index=index, status="unchanged", before=record, record=record)
    done = reviewed(result, wanted, is_own=is_own).record
    lost = () if is_own or target is None else losses(done, target)
    return done, len(unheld) + len({loss.field.partition(".")[0] for loss in lost} & wanted.keys())


def _unheld(record: Record, values: Mapping[str, Any]) -> tuple[str, ...]:
    known = values.keys() & FIELDS.keys()
    work = record.work
    for field in known:
        work = with_field(work, field, values[field])
    return formats.unheld(record.model_copy(update={"work": work}), known)


class _Plan:
    """Collects what becomes of the fields of one record."""

    def __init__(self, result: Enrichment, *, is_own: bool) -> None:
        self._result = result
        self._is_own = is_own
        self._work = result.before.work
        self._doi_text = result.before.doi_text
        self._changes: list[Change] = []
        self._conflicts: list[Conflict] = []
        self._settled: set[str] = set()
        self._checked: set[str] = set()
        self._faults: list[Fault] = []

    def settle(self, item: Item, decision: Decision | None) -> None:
        """Carry out what was decided about an item; None: nothing was."""
        match decision.choice if decision else None:
            case "edit" if decision is not None:
                self.edit(item.field, decision, item)
            case "accept" if item.kind == "change":
                self._accept(item)
            case "accept":
                self._write(item.field, item.proposed, item)
            case "reject" if item.kind == "change":  # what a person turned down once is not done by the next clean
                self._settled.update((item.field, *item.also))
                self._leave(item)
            case _:
                self._leave(item)

    def _accept(self, item: Item) -> None:
        fields = {item.field, *item.also}
        theirs = self._result.record
        self._work = self._work.model_copy(
            update={FIELDS[field]: getattr(theirs.work, FIELDS[field]) for field in fields}
        )
        if "DOI" in fields:
            self._doi_text = theirs.doi_text
        if "type" in fields:
            self._checked.add("type")
        self._changes += [change for change in self._result.changes if change.field in fields]
        self._conflicts += [conflict for conflict in self._result.conflicts if conflict.field in fields]

    def _leave(self, item: Item) -> None:
        for field in (item.field, *item.also):
            here = [change for change in self._result.changes if change.field == field]
            told = [conflict for conflict in self._result.conflicts if conflict.field == field]
            if here:
                local, remote, origin = here[0].before, here[-1].after, here[-1].origin
                told = [Conflict(field=field, local=local, remote=remote, origin=origin)]
            self._conflicts += told

    def edit(self, field: str, decision: Decision, item: Item | None) -> None:
        """Take the value a person wrote."""
        if field not in FIELDS:
            self._fault(field, "there is no such field")
        elif decision.choice != "edit":
            if decision.choice != "keep":
                self._fault(
                    field, "there is nothing to decide about this field any more; look the library up again"
                )
        elif not self._result.before.readable:
            self._fault(field, "the record could not be read, and is kept as it is; edit the file itself")
        else:
            self._write(field, decision.value, item)

    def _write(self, field: str, value: Any, item: Item | None) -> None:
        if _size(value) > LONGEST:
            self._fault(field, f"the value is longer than {LONGEST:,} characters")
            return
        before = field_value(self._work, field)
        work = with_field(self._work, field, value)
        after = field_value(work, field)
        if after is None and _size(value) > 0:
            self._fault(field, _UNREAD.get(field, "this cannot be read as a value of the field"))
            return
        if item is not None and item.also:  # the abbreviation stays where it stood
            self._leave(item.model_copy(update={"field": item.also[0], "also": ()}))
        is_theirs = item is not None and item.remote is not None and value == item.remote
        if not is_theirs:
            self._settled.add(field)
        if field == "DOI":
            before = self._doi_text
            self._doi_text = work.doi
        self._work = work
        if before == after:
            return
        self._checked.add(field)
        rule, origin = (CHOSEN, item.origin) if is_theirs and item is not None else (EDITED, USER)
        self._changes.append(Change(field=field, before=before, after=after, rule=rule, origin=origin))

    def _fault(self, field: str, text: str) -> None:
        self._faults.append(Fault(self._result.index, field, text))

    def closed(self) -> Enrichment:
        """Return the result as decided; raises ReviewError where something cannot be done."""
        result = self._result
        kept = result.before.kept | self._settled
        before = result.before.model_copy(update={"kept": kept}) if self._settled else result.before
        record = before
        if self._changes:
            record = before.model_copy(update={"work": self._work, "doi_text": self._doi_text})
            self._faults += () if not self._is_own else unfit(result.index, before, record, self._checked)
        if self._faults:
            raise ReviewError(_told(self._faults), tuple(self._faults))
        status = result.status
        if status in {"enriched", "unchanged"}:
            status = "enriched" if self._changes else "unchanged"
        return result.model_copy(
            update={
                "status": status,
                "before": before,
                "record": record,
                "changes": tuple(self._changes),
                "conflicts": tuple(self._conflicts),
            }
        )


_UNREAD: Final = {
    "DOI": "this is no DOI; one begins with 10. and has a slash",
    "type": "this is no type of work that CSL knows",
}


def _told(faults: list[Fault]) -> str:
    first = faults[0]
    more = f" ({len(faults) - 1} more)" if len(faults) > 1 else ""
    return f"record {first.record + 1}, {first.field}: {first.text}{more}"


def _size(value: Any) -> int:
    """Return how many characters a JSON value has, keys left out."""
    pending, size = [value], 0
    while pending:
        match pending.pop():
            case None:
                pass
            case str() as text:
                size += len(text.strip())
            case dict() as members:
                pending += members.values()
            case list() | tuple() as parts:
                pending += parts
            case other:
                size += len(str(other))
    return size


def unfit(index: int, before: Record, record: Record, fields: set[str]) -> Iterator[Fault]:
    """Yield why the record's own file cannot hold what was written into `fields`, or would change others by it."""
    if not fields or record.source is None:
        return
    name = record.source.format
    unheld = formats.unheld(record, fields)
    for field in unheld:
        yield Fault(index, field, f"{name} has no place for this field in a record of this type")
    for field in formats.unencodable(record, fields.difference(unheld)):
        yield Fault(index, field, f"this cannot be written in {record.source.encoding}, the encoding of the file")
    again = next(formats.read([b"".join(formats.write([record], name))], format=name), None)
    old, new = _seen(before.work), _seen(again.work if again else Work())
    meant = _seen(record.work)
    for field in FIELDS:
        if field not in fields and new[field] not in (old[field], meant[field]):
            first = min(fields)
            yield Fault(index, first, f"written so, {name} would read another {field} in this record; left undone")
            return


def _seen(work: Work) -> dict[str, Any]:
    """Return what a file shows of a work: of names their letters alone."""
    return {field: _letters(getattr(work, attribute)) for field, attribute in FIELDS.items()}


def _letters(value: Any) -> Any:
    if isinstance(value, tuple):
        return [part.inverted() if isinstance(part, Name) else part for part in value]
    return value

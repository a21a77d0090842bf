"""What a merge is allowed to do, as data.

A policy gives every field the names of rules (:mod:`enrich.merge.rules`), tried in order, and an order of trust. It is read
from TOML by :mod:`enrich.merge.policies`; `config/policies/example.toml` is an annotated one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from enrich.model.base import Value
from enrich.model.record import Record

LOCAL: Final = "local"
AGENCY: Final = "agency"
"""In an order of trust: the record itself; whichever agency answered."""

PERSONAL: Final = frozenset({"note", "keyword", "call-number", "archive", "accessed"})
"""Fields that are the user's own. No policy can touch them, nor labels, attachments and tags that CSL has no name for."""

_LABEL_TAGS: Final = frozenset({"f", "l", "id", "key", "label", "citation-key", "citekey"})


class FieldPolicy(Value):
    """The rules for one field and whom to trust, most trusted first. An agency that is not named is not believed."""

    rules: tuple[str, ...] = ()
    trust: tuple[str, ...] = (LOCAL, AGENCY)

    def believes(self, agency: str) -> bool:
        """Tell whether values of `agency` may be used at all."""
        return agency in self.trust or AGENCY in self.trust

    def prefers(self, agency: str) -> bool:
        """Tell whether `agency` is trusted more than the record itself."""
        rank = self.trust.index(agency if agency in self.trust else AGENCY) if self.believes(agency) else None
        return rank is not None and (LOCAL not in self.trust or rank < self.trust.index(LOCAL))


_NOTHING: Final = FieldPolicy()


class MergePolicy(Value):
    """Rules for all fields by CSL name. Locked fields are neither changed nor compared, locked records left alone.

    `records` holds DOIs and labels (citation keys), `parts` the fields locked in one record, by its DOI or label. With
    `reports_missing`, what only the registry has is a conflict.
    """

    name: str
    description: str = ""
    fields: Mapping[str, FieldPolicy] = {}
    locked: frozenset[str] = frozenset()
    records: frozenset[str] = frozenset()
    parts: Mapping[str, frozenset[str]] = {}
    reports_missing: bool = False

    def __hash__(self) -> int:
        """Return the hash of the name: that of the fields cannot be taken, and few policies share a name."""
        return hash(self.name)

    def rules_for(self, field: str) -> FieldPolicy | None:
        """Return the rules for a field by its CSL name; None where it is locked, or personal."""
        return None if field in self.locked or field in PERSONAL else self.fields.get(field, _NOTHING)

    def locks(self, record: Record) -> str | None:
        """Return the name, a DOI or a label, under which `record` is one of those to be left alone; None where it is not."""
        return next((name for name in names_of(record) if name in self.records), None) if self.records else None

    def locked_in(self, record: Record) -> frozenset[str]:
        """Return the fields that are locked in `record` alone."""
        if not self.parts:
            return frozenset()
        return frozenset().union(*(self.parts[name] for name in names_of(record) if name in self.parts))


def names_of(record: Record) -> tuple[str, ...]:
    """Return what a policy may call a record by: its DOI, its call number, its labels (citation keys)."""
    labels = (value for tag, value in record.extra if tag.lstrip("%").lower() in _LABEL_TAGS)
    return tuple(name for name in (record.work.doi, record.work.call_number, *labels) if name)

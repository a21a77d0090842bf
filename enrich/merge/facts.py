"""What a rule may look at, and what it returns."""

from __future__ import annotations

from typing import Any, NamedTuple

from enrich.model.note import Note
from enrich.model.record import Record


class Step(NamedTuple):
    """A new value for a field.

    `registered` says that it is made on the registry's word, not from the record itself; `before` is what was written where
    that is not what the old value says; `note` is for a person; `also` is another field, by attribute, to which this one's
    value moves.
    """

    value: Any
    registered: bool = True
    before: str | None = None
    note: Note | None = None
    also: tuple[str, Any] | None = None


class Facts(NamedTuple):
    """Both records as they were. `remote` is there only when it is confirmed and believed for this field.

    `preferred` says that it is trusted more than the record itself; `kept` are the fields, by CSL name, that no rule
    may change, so that a rule which would need two of them does not stop half-way.
    """

    local: Record
    remote: Record | None
    preferred: bool
    kept: frozenset[str] = frozenset()

    def theirs(self, attribute: str) -> Any:
        """Return the registry's value of a field; None without a registry's word."""
        return getattr(self.remote.work, attribute) if self.remote else None

"""Where a statement comes from (W3C PROV's sense of origin)."""

from __future__ import annotations

from datetime import datetime

from enrich.model.base import Value


class Origin(Value):
    """A registration agency and the moment it answered, or a file and the line a record begins on (from 1)."""

    agency: str | None = None
    retrieved_at: datetime | None = None
    file: str | None = None
    line: int | None = None

    @property
    def name(self) -> str:
        """The word a report uses: the agency's, or `local`."""
        return self.agency or "local"

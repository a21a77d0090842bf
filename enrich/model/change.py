"""What a merge did, and what it left alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from enrich.model.base import Value


class Change(Value):
    """A field that changed by a named rule. `before` and `after` have the field's CSL-JSON shape; None means absent."""

    field: str
    before: Any = None
    after: Any = None
    rule: str
    origin: str
    retrieved_at: datetime | None = None


class Conflict(Value):
    """A field in which the local value and the registry's differ, and the local one was kept."""

    field: str
    local: Any
    remote: Any
    origin: str

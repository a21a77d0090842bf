"""Something a person should know about a record; never a change."""

from __future__ import annotations

from typing import Literal

from enrich.model.base import Value

Severity = Literal["info", "warning", "error"]


class Note(Value):
    """A finding with a stable `code` (`abstract-overrun`), one sentence, and the line where it was seen."""

    severity: Severity
    code: str
    text: str
    line: int | None = None

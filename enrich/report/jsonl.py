"""The report for programs: JSON Lines, one object for each input record, in order, then one summary object.

https://jsonlines.org/ The shape never depends on the data: a member without a value is null or empty. Text that is no
valid Unicode (lone surrogates from a broken file) is written escaped, so that every line can be read back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import orjson

from enrich.errors import OutputError, unreadable
from enrich.model import Change, Conflict, Enrichment, Note, Update, Verdict
from enrich.report.atomic import AtomicFile
from enrich.report.state import state
from enrich.report.summary import Summary

_DIGITS: Final = bytes(48 if sign in b"0123456789" else 32 for sign in range(256))
_GREAT: Final = b"0" * 19  # the digits of an integer that may be beyond 64 bits
_OPTIONS: Final = orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE


@lru_cache(maxsize=4096)
def timestamp(moment: datetime) -> str:
    """Return a moment as ISO 8601 in UTC with `Z`, to the second; a naive one is taken as UTC."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.strftime("%Y-%m-%dT%H:%M:%SZ")


def _verdict(verdict: Verdict | None) -> dict[str, Any] | None:
    if verdict is None:
        return None
    evidence = {field: round(score, 3) for field, score in verdict.evidence.items()}
    return {"state": verdict.state, "evidence": evidence, "reasons": verdict.reasons}


def _change(change: Change) -> dict[str, Any]:
    moment = change.retrieved_at
    return {
        "field": change.field,
        "before": change.before,
        "after": change.after,
        "rule": change.rule,
        "origin": change.origin,
        "retrieved_at": None if moment is None else timestamp(moment),
    }


def _conflict(conflict: Conflict) -> dict[str, Any]:
    return {
        "field": conflict.field,
        "local": conflict.local,
        "remote": conflict.remote,
        "origin": conflict.origin,
    }


def _note(note: Note) -> dict[str, Any]:
    return {"severity": note.severity, "code": note.code, "text": note.text, "line": note.line}


def _update(update: Update) -> dict[str, Any]:
    return {
        "type": update.type,
        "doi": update.doi,
        "date": update.date,
        "source": update.source,
        "direction": update.direction,
    }


def row(enrichment: Enrichment) -> dict[str, Any]:
    """Return the report's object for one record."""
    return account(enrichment) | {"state": state(enrichment)}


def account(enrichment: Enrichment) -> dict[str, Any]:
    """Return what was done with one record, and why; a report's line without what is for a later run."""
    origin = enrichment.before.origin
    return {
        "index": enrichment.index,
        "source": {"file": origin.file, "line": origin.line},
        "doi": enrichment.doi,
        "agency": enrichment.agency,
        "status": enrichment.status,
        "verdict": _verdict(enrichment.verdict),
        "changes": [_change(change) for change in enrichment.changes],
        "conflicts": [_conflict(conflict) for conflict in enrichment.conflicts],
        "notes": [_note(note) for note in enrichment.notes],
        "updates": [_update(update) for update in enrichment.updates],
    }


def dump(value: Any) -> bytes:
    """Return one line of JSON with its line feed."""
    try:
        return orjson.dumps(value, default=str, option=_OPTIONS)
    except TypeError:  # text that is no Unicode, an integer beyond 64 bits
        return json.dumps(value, default=str).encode("ascii") + b"\n"


def parse(line: bytes) -> Any:
    """Return the value of one line; raises ValueError where it is no JSON, or nested too deeply."""
    try:
        if _GREAT not in line.translate(_DIGITS):  # orjson reads an integer beyond 64 bits as a fraction
            with suppress(orjson.JSONDecodeError):
                return orjson.loads(line)
        return json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


class JsonlReport:
    """A report being written; it appears under its name when `close` is called, and not at all after `abort`."""

    def __init__(self, path: Path) -> None:
        self._file = AtomicFile(path)
        self._lines = 0

    @classmethod
    def open(cls, path: Path) -> Self:
        """Begin a report; raises OutputError where its file cannot be written."""
        return cls(path)

    def write(self, enrichment: Enrichment, restore: Mapping[str, Any] | None = None) -> None:
        """Add one record; `restore` is what an in-place clean's journal says of it."""
        line = row(enrichment)
        if restore is not None:
            line["restore"] = restore
        self._file.write(dump(line))

    def close(self, summary: Summary, in_place: Sequence[Mapping[str, Any]] = ()) -> None:
        """Add the summary and put the file in its place; `in_place` holds the header of each journal."""
        self._file.write(dump(summary_line(summary, in_place)))
        self._file.commit()

    def abort(self) -> None:
        """Give the report up."""
        self._file.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.abort()  # after a close there is nothing to abort


def summary_line(summary: Summary, in_place: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Return the last object of a report."""
    return {"summary": summary.as_dict() | ({"in_place": list(in_place)} if in_place else {})}


def last_line(path: Path) -> bytes:
    """Return a file's last line that is not empty (at most 1 MiB of it is looked at)."""
    size = 1 << 20
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - size))
            return stream.read(size).rstrip().rpartition(b"\n")[2]
    except OSError as error:
        raise OutputError(f"{path}: {unreadable(error)}") from error

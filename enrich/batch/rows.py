r"""Rows of a table, each with a record in one of its columns: as text in any format, or as a CSL-JSON item.

One row is one record. A value with none, or with two, is no record: it is kept as it is and told as unreadable.

>>> record("%T Random Forests\\n%D 2001\n", None, "works.jsonl", 7).work.title
'Random Forests'
>>> record("%T One %A Me\n\n%T Another %A You\n", "refer", None, 1).notes[0].text
'the value holds 2 records, where a row has one; it is kept as it is'
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from enrich import formats
from enrich.batch.intake import Batch
from enrich.errors import FormatError
from enrich.model.note import Note
from enrich.model.provenance import Origin
from enrich.model.record import Record, Source
from enrich.model.work import Work
from enrich.report.jsonl import dump, parse

if TYPE_CHECKING:
    import pyarrow as pa

LINE: Final = "line"
_NOTHING: Final = Work()
_DEEPEST: Final = 200  # arrays and objects within each other; what writes JSON takes 254
_SHAPE: Final = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)  # texts are passed over


class Row(NamedTuple):
    """A line of a table: its number, its members, and the value of the column that holds the record."""

    line: int
    members: Mapping[str, Any]
    value: Any


def carried(batch: Batch, column: str | None) -> Iterator[Row]:
    """Yield the lines of a batch as rows; one that is no object, or too deep, has no members, and itself for a value."""
    for number, line in batch.parts:
        try:
            members = None if _is_too_deep(line) else parse(line)
        except ValueError:
            members = None
        if isinstance(members, dict):
            yield Row(number, members, members.get(column))
        else:
            yield Row(number, {}, line)


def _is_too_deep(line: bytes) -> bool:
    if line.count(b"[") + line.count(b"{") <= _DEEPEST:
        return False
    depth = 0
    for mark in _SHAPE.finditer(line):
        depth += 1 if mark[0] in {b"[", b"{"} else -1 if mark[0] in {b"]", b"}"} else 0
        if depth > _DEEPEST:
            return True
    return False


def values(table: pa.RecordBatch, column: str) -> Sequence[Any]:
    """Return the values of a column as Python has them."""
    found: Sequence[Any] = table.column(column).to_pylist()
    return found


def plain(table: pa.RecordBatch) -> list[dict[str, Any]]:
    """Return the rows of a table as JSON could hold them."""
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def beside(batch: Batch) -> pa.RecordBatch:
    """Return the lines of a batch as the column that stands beside ours in a table: lines have no common schema."""
    import pyarrow as pa  # noqa: PLC0415 -- an extra: only who writes Parquet needs it

    texts = [line.decode("utf-8", "replace").strip() for _, line in batch.parts]
    return pa.RecordBatch.from_pydict({LINE: pa.array(texts, pa.string())})


def record(value: Any, format: str | None, file: str | None, line: int) -> Record:  # noqa: A002 -- the interface's word
    """Return the record that the value of a row holds; an unreadable one where it does not hold exactly one."""
    origin = Origin.trusted(agency=None, retrieved_at=None, file=file, line=line)
    if isinstance(value, dict):
        raw, format = dump(value).strip(), "csl-json"  # noqa: A001 -- likewise
    elif isinstance(value, str | bytes):
        raw = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    else:
        raw = b"" if value is None else dump(value).strip()
    if not raw.strip():
        return _unreadable(raw, format, origin, "there is nothing in the record's column")
    try:
        found = list(islice(formats.read([raw], file=file, format=format), 1000))
    except FormatError as error:
        return _unreadable(raw, format, origin, str(error.args[0]))
    if len(found) != 1:
        holds = f"the value holds {len(found) or 'no'} records, where a row has one; it is kept as it is"
        return _unreadable(raw, format, origin, holds)
    return found[0].model_copy(update={"origin": origin})


def _unreadable(raw: bytes, format_: str | None, origin: Origin, why: str) -> Record:
    note = Note(severity="error", code="unreadable-row", text=why)
    source = Source(format=format_ or "refer", raw=raw, work=_NOTHING)
    return Record(work=_NOTHING, origin=origin, source=source, notes=(note,), readable=False)

"""A table for spreadsheets, one line for each record, UTF-8, separated by commas (`.csv`).

https://www.rfc-editor.org/rfc/rfc4180, https://owasp.org/www-community/attacks/CSV_Injection

The columns are CSL's names of all fields, always and in the same order; several values stand in one cell with "; " between.
A spreadsheet takes a cell that begins with `= + - @`, a tab or a line break for a formula: such a cell, and one that does
so behind blanks or in full width, begins with an apostrophe instead.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from enrich.formats import writing
from enrich.formats.writing import sniff, unencodable, unheld
from enrich.model.date import PartialDate
from enrich.model.record import Record
from enrich.model.work import FIELDS, Work

__all__ = ["EXTENSIONS", "MEDIA_TYPES", "NAME", "held", "read", "sniff", "unencodable", "unheld", "write"]

NAME: Final = "csv"
MEDIA_TYPES: Final = ("text/csv",)
EXTENSIONS: Final = (".csv",)

_FORMULA: Final = re.compile("[\t\r\n]|\\s*[=+@\uff0b\uff0d\uff1d\uff20\u2212-]")
_DATES: Final = ("issued", "accessed")


def read(_chunks: Iterable[bytes], /, *, file: str | None = None) -> Iterator[Record]:
    """Raise FormatError: a table is written, never read."""
    writing.refuse(NAME, file)


def write(records: Iterable[Record], /) -> Iterator[bytes]:
    """Yield one line for each record, the names of the columns before the first, then an empty chunk."""
    heading = _line(FIELDS)
    for record in records:
        yield heading + _line(map(_safe, _cells(record)))
        heading = b""
    yield heading


def held(record: Record, /) -> Work:
    """Return what a line can hold of the record's work: names without identifiers, dates as far as figures go."""
    work = writing.only(record.work, set(Work.model_fields))
    dates = {field: _dated(date) for field in _DATES if (date := getattr(work, field)) is not None}
    return work.model_copy(update=dates)


def _dated(date: PartialDate) -> PartialDate:
    dropped = {"season": None} if date.year is None else {"season": None, "literal": None}
    return date.model_copy(update=dropped)


def _cells(record: Record) -> Iterator[str]:
    for field, attribute in FIELDS.items():
        value = getattr(record.work, attribute)
        yield (record.doi_text or "") if field == "DOI" and value is None else _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, PartialDate):
        return value.isoformat()
    if isinstance(value, tuple):
        return "; ".join(part if isinstance(part, str) else part.inverted() for part in value)
    return str(value)


def _safe(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _line(cells: Iterable[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().encode("utf-8", "replace")

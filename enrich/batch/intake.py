"""Input files to batches: what is told apart here is read, looked up and merged by a worker.

The same input makes the same batches, so a run that is taken up again passes over those that are done. Telling records
apart costs a fiftieth of what follows; therefore no reader's state is kept, but the input is read again from its
beginning and compared with what was read before, by a digest. That serves files and standard input alike.

Three kinds of input: a bibliography in any format that can be read, recognised by its content; and tables, one record to a
row in one column, as JSON Lines (https://jsonlines.org/) or Parquet.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal, NamedTuple

from enrich import formats
from enrich.errors import FormatError, SettingsError, unreadable
from enrich.model.record import Record

if TYPE_CHECKING:
    import pyarrow as pa

STDIO: Final = "-"
RECORDS: Final = 500  # in a batch: a fifth of a second's work, and five full requests
_BYTES: Final = 4 << 20  # of a batch: what 500 ordinary records never reach
_PIECE: Final = 1 << 18
_PARQUET: Final = b"PAR1"
_LONGEST: Final = 16 << 20  # bytes of a line of a table
Kind = Literal["parts", "lines", "table"]


class Batch(NamedTuple):
    """Records that a worker takes on together: parts of a file in a `format`, or rows of a table.

    `first` is the index of the first among all records of the run, `row` the number of the first row in a table of Parquet,
    from 1. In lines each part is the line's number and its bytes.
    """

    number: int
    first: int
    kind: Kind
    file: str
    format: str | None
    row: int
    parts: Sequence[Any] | pa.RecordBatch


class Mark(NamedTuple):
    """How much of the input was read, and the digest of it."""

    read: int = 0
    digest: str = ""


class Witness:
    """Sees all bytes of the input pass, and makes sure that they begin with those an earlier run saw."""

    def __init__(self, expected: Mark | None = None) -> None:
        self._expected = expected if expected is not None and expected.read else None
        self._hash = hashlib.blake2b(digest_size=16)
        self._read = 0

    @property
    def mark(self) -> Mark:
        """What was seen so far."""
        return Mark(self._read, self._hash.hexdigest())

    def see(self, data: bytes | memoryview) -> None:
        """Count and compare some more bytes. Raises FormatError where the input is another one."""
        expected = self._expected
        if expected is not None and self._read + len(data) >= expected.read:
            at = expected.read - self._read
            self._add(data[:at])
            if self._hash.hexdigest() != expected.digest:
                raise _changed()
            self._expected = None
            data = data[at:]
        self._add(data)

    def close(self) -> None:
        """Say that this was all. Raises FormatError where the earlier run had seen more."""
        if self._expected is not None:
            raise _changed()

    def _add(self, data: bytes | memoryview) -> None:
        self._hash.update(data)
        self._read += len(data)


def _changed() -> FormatError:
    return FormatError(
        "the input is not what it was when the unfinished run read it; use --afresh to begin again from its start"
    )


def batches(
    inputs: Iterable[str],
    witness: Witness,
    *,
    format: str | None = None,  # noqa: A002 -- the interface's word
    column: str | None = None,
) -> Iterator[Batch]:
    """Yield all records of all inputs, in order; `column` names the column of a table that holds them.

    Raises FormatError where an input cannot be read or is not what the witness expects.
    """
    numbers, first = count(), 0
    for name in inputs:
        before = first
        for kind, found, parts in _pieces_of(name, witness, format, column):
            yield Batch(next(numbers), first, kind, name, found, first - before + 1, parts)
            first += len(parts)
    witness.close()


_Piece = tuple[Kind, "str | None", "Sequence[Any] | pa.RecordBatch"]


def _pieces_of(name: str, witness: Witness, format_: str | None, column: str | None) -> Iterator[_Piece]:
    if name == STDIO:
        yield from _of_stream(sys.stdin.buffer, name, witness, format_, column)
        return
    try:
        with Path(name).open("rb") as stream:
            if stream.peek(4)[:4] == _PARQUET:
                yield from _of_parquet(name, witness, format_, column)
            else:
                yield from _of_stream(stream, name, witness, format_, column)
    except OSError as error:
        raise FormatError(unreadable(error), file=name) from error


def _of_stream(
    stream: BinaryIO, name: str, witness: Witness, format_: str | None, column: str | None
) -> Iterator[_Piece]:
    chunks = _seen(stream, witness)
    if column is not None:
        for lines in _portions(_lines(chunks, name), lambda line: len(line[1])):
            yield "lines", format_, lines
        return
    try:
        found, parts = formats.parts(chunks, file=name, format=format_)
    except FormatError as error:
        if (error.args[0] or "").startswith("looks like JSON"):
            error.args = (f"{error.args[0]}. If its lines are rows of a table, name their column: --column NAME",)
        raise
    for portion in _portions(parts, _weight):
        yield "parts", found, portion


def _seen(stream: BinaryIO, witness: Witness) -> Iterator[bytes]:
    while piece := stream.read(_PIECE):
        witness.see(piece)
        yield piece


def _portions(items: Iterable[Any], weight: Callable[[Any], int]) -> Iterator[list[Any]]:
    portion: list[Any] = []
    size = 0
    for item in items:
        portion.append(item)
        size += weight(item)
        if len(portion) >= RECORDS or size >= _BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _weight(part: Any) -> int:
    """Return about how many bytes a part holds: its longest member, or the source of a record."""
    if isinstance(part, Record):
        return len(part.source.raw) if part.source is not None else 0
    held = part[0]
    return len(held) if isinstance(held, bytes) else max(len(x) for x in held if isinstance(x, bytes))


def _lines(chunks: Iterable[bytes], name: str) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the bytes of each line that is not blank; raises FormatError for one that never ends."""
    rest, number = b"", 0
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n") if b"\n" in chunk else (rest + chunk,)
        for line in whole:
            number += 1
            if line.strip():
                yield number, line
        if len(rest) > _LONGEST:
            raise FormatError("a line of 16 MiB is no row of a table", file=name, line=number + 1)
    if rest.strip():
        yield number + 1, rest


def _of_parquet(name: str, witness: Witness, format_: str | None, column: str | None) -> Iterator[_Piece]:
    import pyarrow as pa  # noqa: PLC0415 -- an extra: only who reads Parquet needs it
    import pyarrow.parquet as pq  # noqa: PLC0415 -- likewise

    try:
        with pq.ParquetFile(name) as file:
            names = file.schema_arrow.names
            if column is None:
                raise SettingsError(f"name the column that holds the records: --column NAME ({', '.join(names)})")
            if column not in names:
                raise SettingsError(f"{name} has no column {column!r}; it has {', '.join(names)}")
            for batch in file.iter_batches(batch_size=RECORDS):
                witness.see(memoryview(batch.serialize()))
                yield "table", format_, batch
    except pa.ArrowException as error:
        raise FormatError(f"cannot be read as Parquet: {error}", file=name) from error

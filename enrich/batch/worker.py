"""What a worker does with a batch: read, look up, judge, merge, and put the rows of the output into bytes.

A worker is a process with an enricher and an event loop of its own; cache, claims and rate ledger are shared through the
cache directory (:mod:`enrich.sharing`). What goes back to the parent is bytes and counts, never records: they would cost as
much to send as to merge.
"""

from __future__ import annotations

import asyncio
import base64
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from enrich import formats
from enrich.batch import columns, rows
from enrich.batch.intake import Batch
from enrich.enricher import Enricher
from enrich.merge.policy import MergePolicy
from enrich.model.enrichment import Enrichment
from enrich.model.record import Record
from enrich.report.jsonl import dump
from enrich.report.jsonl import row as report_row
from enrich.report.summary import Summary
from enrich.settings import Settings
from enrich.snapshot import Joined

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker is to do with every batch."""

    settings: Settings
    policy: MergePolicy
    column: str | None = None
    prefix: str = ""
    as_table: bool = False
    reports: bool = False
    without: Sequence[str] = ()
    second_look: bool = True


class Done(NamedTuple):
    """What became of a batch: rows of the output, lines of report and dead letters, and counts."""

    number: int
    records: int
    output: bytes | pa.RecordBatch
    report: bytes
    unread: bytes
    tally: Mapping[str, Any]
    requests: Mapping[str, int]
    warnings: tuple[str, ...]


class Worker:
    """Works on one batch after the other. A context manager."""

    def __init__(self, order: Order, snapshot: Joined | None = None) -> None:
        self._order = order
        self._runner = asyncio.Runner()
        self._enricher = Enricher(
            order.settings, policy=order.policy, snapshot=snapshot, second_look=order.second_look
        )
        self._task: asyncio.Task[None] | None = None
        self._sent: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._runner.run(self._enricher.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._enricher.__aexit__(None, None, None))
        self._runner.close()

    def work(self, batch: Batch) -> Done:
        """Return what becomes of a batch."""
        carried = list(rows.carried(batch, self._order.column)) if batch.kind == "lines" else None
        told = _Told(batch, self._order, carried)
        # Not through the runner, which takes the signal handlers over, anew each time.
        self._runner.get_loop().run_until_complete(self._tell(told, self._records(batch, carried), batch.first))
        lane = Counter(self._enricher.transport.stats.by_lane)
        requests, self._sent = lane - self._sent, lane
        note = self._enricher.cache.note
        return Done(
            number=batch.number,
            records=told.summary.records,
            output=told.output(),
            report=b"".join(told.report),
            unread=b"".join(told.unread),
            tally=told.summary.tally(),
            requests=dict(requests),
            warnings=(*self._enricher.transport.warnings, *((note,) if note else ())),
        )

    def give_up(self) -> None:
        """Cancel what is under way; called from another thread."""
        task = self._task
        if task is not None:
            task.get_loop().call_soon_threadsafe(task.cancel)

    def _records(self, batch: Batch, carried: list[rows.Row] | None) -> Iterator[Record]:
        order = self._order
        if carried is not None:
            return (rows.record(row.value, batch.format, batch.file, row.line) for row in carried)
        if batch.kind == "table":
            assert order.column is not None  # noqa: S101 -- a table is read only by its column
            values = rows.values(batch.parts, order.column)
            return (
                rows.record(value, batch.format, batch.file, line) for line, value in enumerate(values, batch.row)
            )
        assert batch.format is not None  # noqa: S101 -- parts have a format
        return (formats.record(part, batch.format) for part in batch.parts)

    async def _tell(self, told: _Told, records: Iterator[Record], first: int) -> None:
        self._task = asyncio.current_task()
        try:
            async for results in self._enricher.stream_chunks(records, first):
                told.add(results)
        finally:
            self._task = None


class _Told:
    """What there is to write of a batch so far, put into bytes as the results come, so that they can be let go of."""

    def __init__(self, batch: Batch, order: Order, carried: Sequence[rows.Row] | None) -> None:
        self._order = order
        self._beside: pa.RecordBatch | None = None
        self._rows: list[dict[str, Any]] = []
        self._lines: list[bytes] = []
        self._members: Iterator[Mapping[str, Any] | None] = repeat(None)
        if order.as_table:
            self._beside = (
                batch.parts if batch.kind == "table" else None if carried is None else rows.beside(batch)
            )
        elif carried is not None:
            self._members = iter([row.members for row in carried])
        elif batch.kind == "table":
            self._members = iter(rows.plain(batch.parts))
        self.summary = Summary()
        self.report: list[bytes] = []
        self.unread: list[bytes] = []

    def add(self, results: Sequence[Enrichment]) -> None:
        """Add the next records."""
        order = self._order
        if order.as_table:
            of_table = self._beside is not None
            self._rows += [columns.flat(result, of_table=of_table) for result in results]
        else:
            self._lines += [columns.line(result, next(self._members), order.prefix) for result in results]
        if order.reports:
            self.report += [dump(report_row(result)) for result in results]
        self.unread += [dead_letter(result) for result in results if result.status == "unreadable"]
        for result in results:
            self.summary.add(result)

    def output(self) -> bytes | pa.RecordBatch:
        """Return the rows of the output."""
        if self._order.as_table:
            return columns.packed(self._rows, self._beside, self._order.prefix, self._order.without)
        return b"".join(self._lines)


def dead_letter(result: Enrichment) -> bytes:
    """Return the line about a record that could not be read: where it stood, why, and all of it, as text or in base 64."""
    source, origin = result.before.source, result.before.origin
    raw = source.raw if source is not None else b""
    try:
        text, packed = raw.decode(), None
    except UnicodeDecodeError:
        text, packed = None, base64.b64encode(raw).decode()
    reason = next((note.text for note in result.notes if note.severity == "error"), "it could not be read")
    place = {"file": origin.file, "line": origin.line}
    return dump({"index": result.index, "source": place, "reason": reason, "text": text, "base64": packed})

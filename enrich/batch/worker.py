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
        self._task: asyncio.Task[list[Enrichment]] | None = None
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
        records = self._records(batch, carried)
        # Not through the runner, which takes the signal handlers over, anew each time.
        results = self._runner.get_loop().run_until_complete(self._results(records, batch.first))
        summary = Summary()
        for result in results:
            summary.add(result)
        lane = Counter(self._enricher.transport.stats.by_lane)
        requests, self._sent = lane - self._sent, lane
        note = self._enricher.cache.note
        return Done(
            number=batch.number,
            records=len(results),
            output=self._output(batch, results, carried),
            report=b"".join(dump(report_row(each)) for each in results) if self._order.reports else b"",
            unread=b"".join(dead_letter(each) for each in results if each.status == "unreadable"),
            tally=summary.tally(),
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

    async def _results(self, records: Iterator[Record], first: int) -> list[Enrichment]:
        self._task = asyncio.current_task()
        try:
            return [result async for chunk in self._enricher.stream_chunks(records, first) for result in chunk]
        finally:
            self._task = None

    def _output(
        self, batch: Batch, results: list[Enrichment], carried: list[rows.Row] | None
    ) -> bytes | pa.RecordBatch:
        prefix = self._order.prefix
        if self._order.as_table:
            beside = batch.parts if batch.kind == "table" else rows.beside(batch) if carried is not None else None
            return columns.table(results, beside, prefix, self._order.without)
        held: Sequence[Mapping[str, Any] | None] = [None] * len(results)
        if carried is not None:
            held = [row.members for row in carried]
        elif batch.kind == "table":
            held = rows.plain(batch.parts)
        told = zip(results, held, strict=True)
        return b"".join(columns.line(result, members, prefix) for result, members in told)


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

"""Cleans a library in place as the command does, but with answers from a table: no socket, no cache, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from pathlib import Path

from enrich import formats
from enrich.enricher import judge
from enrich.merge.policy import MergePolicy
from enrich.model import Enrichment, Outcome, Record
from enrich.report import AtomicFile, Reports, Summary, open_reports
from enrich.report.earlier import Earlier
from enrich.report.journal import Journal
from enrich.report.rewrite import pump

Answers = Mapping[str, Outcome]


def read(library: Path) -> list[Record]:
    """Return the records of a refer library."""
    return list(formats.read([library.read_bytes()], file=str(library), format="refer"))


def judged(records: list[Record], answers: Answers, policy: MergePolicy) -> list[Enrichment]:
    """Return what becomes of each record."""
    return [
        judge(index, record, answers.get(record.work.doi or ""), policy, keeps_format=True)
        for index, record in enumerate(records)
    ]


def cleaned(
    library: Path, answers: Answers, policy: MergePolicy, *, report: Path | None = None, looks_back: bool = True
) -> list[tuple[Enrichment, bytes]]:
    """Clean a library in place, its state beside it, and return each result with the bytes it was written as."""
    state = library.parent / "state"
    records = read(library)
    if looks_back:
        with Earlier.of([library], state, reports=[report] if report else [], since=[]) as past:
            records = list(past.marked(records))
    results = judged(records, answers, policy)
    done: list[tuple[Enrichment, bytes]] = []
    summary = Summary()
    with (
        Journal(library, state) as journal,
        AtomicFile(library) as output,
        open_reports([report] if report else []) as reports,
    ):
        if results:
            _write(results, journal, output, summary, reports, done)
        if journal.commit(output, summary):
            reports.close(summary, [journal.header])
    return done


def _write(
    results: list[Enrichment],
    journal: Journal,
    output: AtomicFile,
    summary: Summary,
    reports: Reports,
    done: list[tuple[Enrichment, bytes]],
) -> None:
    def written(result: Enrichment, after: bytes) -> None:
        summary.add(result)
        reports.write(result, journal.record(result, raw(result.before), after))
        done.append((result, after))

    first = results[0].before.source
    journal.closing(pump(chain(results), first.format if first else "refer", output.write, written))


def raw(record: Record) -> bytes:
    """Return the bytes a record was read from."""
    return record.source.raw if record.source else b""

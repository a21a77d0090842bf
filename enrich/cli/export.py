"""`enrich export`: clean, verify, gate, convert; where a record does not pass, nothing is written."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Final, Self, get_args

import click

from enrich import export, sync
from enrich.cli.options import (
    STDIO,
    citation_options,
    find_missing_option,
    from_option,
    library_arguments,
    output_option,
    policy_option,
    quiet_option,
    report_option,
    settings_from,
    settings_options,
    target_option,
)
from enrich.cli.progress import Progress
from enrich.cli.writing import earlier_runs, policy_of, records_of, renderer, spare
from enrich.lint.linter import shown
from enrich.matching.duplicates import Duplicates
from enrich.model.enrichment import Enrichment
from enrich.model.record import Record
from enrich.report import Reports, open_reports
from enrich.report.atomic import AtomicFile, is_same_file
from enrich.report.summary import MEANINGS, Summary, counted, place, printable

_IN_MEMORY: Final = 1 << 24  # bytes of an export to standard output that wait in memory; more wait on the disk
_TITLE: Final = 60  # letters of a title by which a person knows a record
_VALUE: Final = 200  # letters of a value that is dropped


@click.command(
    "export",
    epilog="\b\nExample:\n  enrich export library.enw --to csl-json -o references.json\n"
    "  enrich export library.enw --to bibtex --keys author-year --sort author -o references.bib",
)
@library_arguments
@target_option(required=True, help="The format to write; citation: a list of references to read.")
@citation_options
@output_option
@click.option(
    "--require",
    type=click.Choice(get_args(export.Require)),
    default="verified",
    show_default=True,
    help="verified: each DOI is confirmed to be the work's; found: it exists and is not another work's; none: no gate.",
)
@click.option(
    "--keys",
    type=click.Choice(get_args(export.KeyStyle)),
    default="keep",
    show_default=True,
    help="The keys records are cited by: their own, made of author and year, or the DOI; a letter tells equals apart.",
)
@click.option(
    "--merge-duplicates",
    "merges",
    is_flag=True,
    help="Make one record of several of the same work; else they are reported only. Holds the library in memory.",
)
@click.option(
    "--sort",
    "order",
    type=click.Choice(get_args(export.Order)),
    default="none",
    show_default=True,
    help="Put the records in an order, which holds the library in memory.",
)
@policy_option
@report_option
@find_missing_option
@from_option
@quiet_option
@settings_options
def command(
    libraries: tuple[str, ...],
    *,
    target: str,
    output: Path | None,
    require: str,
    keys: export.KeyStyle,
    style: str | None,
    locale: str | None,
    order: export.Order,
    policy: str | None,
    reports: tuple[str, ...],
    source_format: str | None,
    find_missing: bool | None,
    merges: bool,
    quiet: bool,
    **options: Any,
) -> int:
    """Clean a library, make sure that every record passes, and write it in another format.

    Where a record does not pass, each that fails is named and nothing is written.
    """
    output = None if output is None or str(output) == STDIO else output
    _refuse(libraries, output, reports, target, keys)
    render = renderer(target, style, locale)
    settings = settings_from(options, policy=policy, find_missing=find_missing)
    with ExitStack() as stack:
        report = stack.enter_context(open_reports([Path(name) for name in reports]))
        progress = stack.enter_context(Progress(shown=not quiet))
        file = stack.enter_context(_Waiting(output))
        past = stack.enter_context(earlier_runs(libraries, settings))
        records = past.marked(records_of(libraries, source_format))
        run = sync.clean(
            records,
            policy=policy_of(libraries, settings),
            settings=settings,
            keeps_format=False,
            observe=progress.observe,
        )
        results = stack.enter_context(closing(run))
        gate = _Gate(require, report, progress)
        passed = _arranged(gate.passed(results), gate, order=order, merges=merges, style=keys, target=target)
        for chunk in render(passed):
            file.write(chunk)
        gate.summary.requests = dict(progress.requests)
        gate.summary.offline = settings.offline
        gate.summary.is_written = not gate.failures
        report.close(gate.summary)
        if not gate.failures:
            file.commit()
    gate.tell(quiet=quiet)
    return gate.exit_code


def _refuse(
    libraries: Sequence[str], output: Path | None, reports: Sequence[str], target: str, style: str
) -> None:
    if output is not None and any(name != STDIO and is_same_file(name, output) for name in libraries):
        raise click.UsageError(f"{output} is one of the inputs; to clean it use enrich clean --in-place")
    for report in reports:
        spare(report, libraries, output)
    if style != "keep" and target not in export.KEYED:
        raise click.UsageError(f"--keys: records have no keys in {target}, only in {', '.join(export.KEYED)}")


class _Gate:
    """Lets results pass as records, and remembers who failed and which are duplicates."""

    def __init__(self, require: str, report: Reports, progress: Progress) -> None:
        self._require = require
        self._report = report
        self._progress = progress
        self._places: dict[int, str] = {}
        self._seen = Duplicates()
        self.summary = Summary()
        self.failures = 0
        self._unavailable = 0
        self.twins: dict[int, int] = {}

    def passed(self, results: Iterable[Enrichment]) -> Iterator[Record]:
        """Yield the record of each result; those that fail are told, and then what is written is thrown away."""
        for result in results:
            self.summary.add(result)
            self._report.write(result)
            self._progress.count(found=result.verdict is not None, changed=bool(result.changes))
            if result.status in export.PASSES[self._require]:
                self._compare(result)
            else:
                self.failures += 1
                self._unavailable += result.status == "unavailable"
                click.echo(f"{place(result)}: {_named(result)}: {_why(result)}", err=True)
            yield result.record

    def _compare(self, result: Enrichment) -> None:
        self._places[result.index] = place(result)
        twin = export.twin_of(result, self._seen)
        if twin is not None:
            self.twins[result.index] = twin.number
            how = "the same DOI" if twin.by == "doi" else "the same work by title, people and year"
            click.echo(f"{place(result)}: {_named(result)}: {how} as {self._places[twin.number]}", err=True)

    @property
    def exit_code(self) -> int:
        """1 where a record failed, 3 where all that failed could not be asked about; without a gate that of a clean."""
        if self.failures:
            return 3 if self._unavailable == self.failures else 1
        return self.summary.exit_code if self._require == "none" else 0

    def tell(self, *, quiet: bool) -> None:
        """Say how it ended."""
        if self.failures:
            click.echo(
                f"enrich: nothing was written: {counted(self.failures, 'record')} of {self.summary.records:,} "
                f"did not pass --require {self._require}",
                err=True,
            )
        if not quiet:
            for line in self.summary.lines():
                click.echo(line, err=True)


def _named(result: Enrichment) -> str:
    title = " ".join((result.record.work.title or "").split())
    return f"record {result.index + 1}, {printable(title, _TITLE)!r}" if title else f"record {result.index + 1}"


def _why(result: Enrichment) -> str:
    reasons = result.verdict.reasons if result.verdict else ()
    told = [note.text for note in result.notes if note.code == result.status]
    return printable("; ".join(filter(None, (MEANINGS[result.status], *told, " ".join(reasons)))), 400)


def _arranged(
    records: Iterator[Record],
    gate: _Gate,
    *,
    order: export.Order,
    merges: bool,
    style: export.KeyStyle,
    target: str,
) -> Iterator[Record]:
    """Yield the records as they are to be written: merged, with their keys, in order."""
    moves = order != "none" or merges
    if moves or style != "keep":
        held = list(records)
        if gate.failures:
            return
        if target in {"bibtex", "biblatex"}:
            export.check_order(held, moves=moves, renames=style != "keep")
        named = export.keyed(_united(held, gate.twins) if merges else held, style)
        records = iter(export.ordered(named, order))
    yield from records


def _united(records: Sequence[Record], twins: dict[int, int]) -> list[Record]:
    """Return the records without duplicates, each merged into the first; what is dropped is told field by field."""
    kept = dict(enumerate(records))
    for number, first in twins.items():
        other = kept.pop(number)
        merger = export.united(kept[first], other)
        kept[first] = merger.record
        for conflict in merger.dropped:
            where = f"{printable(other.origin.file or 'record')}:{other.origin.line or number + 1}"
            lost = f"its {conflict.field} is dropped: {shown(conflict.remote, _VALUE)}"
            click.echo(f"{where}: merged into record {first + 1}; {lost}", err=True)
    return list(kept.values())


class _Waiting:
    """An output that appears when `commit` is called, and not at all without: a file, or standard output."""

    def __init__(self, path: Path | None) -> None:
        self._file = AtomicFile(path) if path is not None else None
        self._spool = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 -- closed in __exit__

    def write(self, data: bytes) -> None:
        """Append some bytes."""
        (self._file or self._spool).write(data)

    def commit(self) -> None:
        """Let the output appear."""
        if self._file is not None:
            self._file.commit()
            return
        self._spool.seek(0)
        shutil.copyfileobj(self._spool, sys.stdout.buffer)
        sys.stdout.buffer.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.abort()  # after a commit there is nothing to abort
        self._spool.close()

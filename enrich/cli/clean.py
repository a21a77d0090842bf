"""`enrich clean`: a better library, and an account of every change."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import click

from enrich import formats, sync
from enrich.cli.options import (
    STDIO,
    afresh_option,
    find_missing_option,
    from_option,
    library_arguments,
    output_option,
    policy_option,
    quiet_option,
    report_option,
    settings_from,
    settings_options,
    since_option,
    to_option,
)
from enrich.cli.progress import Progress, tell
from enrich.cli.writing import earlier_runs, output_to, policy_of, records_of, spare
from enrich.merge.policy import names_of
from enrich.model.enrichment import Enrichment
from enrich.model.record import Record
from enrich.report import Reports, open_reports
from enrich.report.atomic import is_same_file
from enrich.report.rewrite import pump, rewrite
from enrich.report.summary import Summary
from enrich.settings import Settings


@click.command(
    "clean",
    epilog="\b\nExample:\n  enrich clean library.enw -o clean.enw --report report.html\n"
    "  enrich clean library.enw --in-place && enrich undo library.enw",
)
@library_arguments
@output_option
@click.option("--in-place", is_flag=True, help="Write the library itself; `enrich undo` restores it.")
@to_option
@policy_option
@report_option
@since_option
@afresh_option
@find_missing_option
@click.option("--dry-run", is_flag=True, help="Do everything but write the library.")
@from_option
@quiet_option
@settings_options
def command(
    libraries: tuple[str, ...],
    output: Path | None,
    target_format: str | None,
    policy: str | None,
    reports: tuple[str, ...],
    since: tuple[Path, ...],
    source_format: str | None,
    *,
    afresh: bool,
    find_missing: bool | None,
    in_place: bool,
    dry_run: bool,
    quiet: bool,
    **options: Any,
) -> int:
    """Look every record up by its DOI, merge what is confirmed, and write the library anew.

    Without -o or --in-place the cleaned library goes to standard output. -o with the library's own name is --in-place.
    """
    output = None if output is None or str(output) == STDIO else output
    in_place = _is_in_place(libraries, output, target_format, in_place=in_place)
    for name in reports:
        spare(name, libraries, output)
    if afresh and since:
        raise click.UsageError("--afresh takes no account of earlier runs; leave --since out")
    settings = settings_from(options, policy=policy, find_missing=find_missing)
    summary = Summary()
    with ExitStack() as stack:
        report = stack.enter_context(open_reports([Path(name) for name in reports]))
        progress = stack.enter_context(Progress(shown=not quiet))
        records = records_of(libraries, source_format)
        if not afresh:
            past = earlier_runs(libraries, settings, reports=map(Path, reports), since=since)
            records = stack.enter_context(past).marked(records)
        found = sync.clean(
            records,
            policy=policy_of(libraries, settings),
            settings=settings,
            keeps_format=target_format is None,
            observe=progress.observe,
        )
        results = stack.enter_context(closing(found))
        run = _Run(settings, summary, report, progress)
        if dry_run:
            summary.is_written = False
            run.discard(results)
        elif in_place:
            run.rewrite(results)
        else:
            run.write(results, output, target_format, libraries)
        summary.requests = dict(progress.requests)
        summary.offline = settings.offline
        report.close(summary, run.headers)
    for name in sorted(run.unmet or ()):
        tell(f"enrich: the policy keeps {name}, but no record is called so; check the name")
    if not quiet:
        for line in summary.lines():
            click.echo(line, err=True)
        if output is not None and in_place and run.headers:
            tell(f"{output} is the library itself: written in place; `enrich undo {output}` restores it.")
    return summary.exit_code


def _is_in_place(libraries: Sequence[str], output: Path | None, target: str | None, *, in_place: bool) -> bool:
    """Tell whether the libraries themselves are written; refuses what cannot be meant."""
    if output is not None:
        if in_place:
            raise click.UsageError("--in-place writes the library itself; leave -o out")
        same = [name for name in libraries if name != STDIO and is_same_file(name, output)]
        if same and len(libraries) > 1:
            raise click.UsageError(f"{output} is one of the inputs; name another output")
        in_place = bool(same)  # the file is replaced either way, so it can be undone either way
    if in_place and STDIO in libraries:
        raise click.UsageError("standard input (-) cannot be written in place; use -o")
    if in_place and target is not None:
        raise click.UsageError("a library written in place keeps its format; use -o with --to")
    if in_place and len({os.path.realpath(name) for name in libraries}) < len(libraries):
        raise click.UsageError("a library is named twice; name each once")
    return in_place


def _files(libraries: Sequence[str]) -> Iterator[bytes]:
    return (Path(name).read_bytes() for name in libraries if name != STDIO)


class _Run:
    """Passes results on to the library, the reports and the summary, one at a time."""

    def __init__(self, settings: Settings, summary: Summary, report: Reports, progress: Progress) -> None:
        self._settings = settings
        self._summary = summary
        self._report = report
        self._progress = progress
        self.headers: list[dict[str, Any]] = []
        self.unmet: set[str] | None = None
        """The names of records that the policy locks and that were not met."""

    def _account(self, result: Enrichment, restore: dict[str, Any] | None = None) -> None:
        self._summary.add(result)
        self._meet(result.before)
        self._report.write(result, restore)
        self._progress.count(found=result.verdict is not None, changed=bool(result.changes))

    def _meet(self, record: Record) -> None:
        if self.unmet is None:
            policy = self._progress.policy
            self.unmet = {*policy.records, *policy.parts} if policy else set()
        if self.unmet:
            self.unmet.difference_update(names_of(record))

    def discard(self, results: Iterable[Enrichment]) -> None:
        """Write nothing: the reports alone."""
        for result in results:
            self._account(result)

    def write(
        self, results: Iterator[Enrichment], output: Path | None, target: str | None, libraries: Sequence[str]
    ) -> None:
        """Write all records to one output, in the first one's format unless another is asked for."""
        first = next(results, None)
        self._summary.output = os.path.realpath(output) if output else STDIO
        with output_to(output) as write:
            if first is None:  # libraries without records are written as they are
                for chunk in formats.write([], target) if target else _files(libraries):
                    write(chunk)
                return
            pump(chain([first], results), target, write, lambda result, _: self._account(result))

    def rewrite(self, results: Iterable[Enrichment]) -> None:
        """Write each library itself, with a journal; a file is replaced when all of it has been worked on."""
        for name, group in groupby(results, key=lambda result: result.before.origin.file or ""):
            header = rewrite(Path(name), group, self._settings.state_dir, self._account)
            if header is not None:
                self.headers.append(header)

"""`enrich check`: what a clean would find, with nothing written."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final

import click

from enrich import sync
from enrich.cli.options import (
    find_missing_option,
    from_option,
    library_arguments,
    policy_option,
    quiet_option,
    settings_from,
    settings_options,
)
from enrich.cli.progress import Progress
from enrich.cli.writing import earlier_runs, records_of
from enrich.model.enrichment import Enrichment, Status
from enrich.report.jsonl import dump, row, summary_line
from enrich.report.summary import MEANINGS, NEEDS_PERSON, Summary, place, printable

_FINDINGS: Final[frozenset[Status]] = NEEDS_PERSON | {"no-doi"}


@click.command("check", epilog="\b\nExample:\n  enrich check library.enw && cp library.enw export/")
@library_arguments
@click.option(
    "--output",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="text: a line for each finding; json: the report's lines.",
)
@policy_option
@find_missing_option
@from_option
@quiet_option
@settings_options
def command(
    libraries: tuple[str, ...],
    style: str,
    policy: str | None,
    source_format: str | None,
    *,
    find_missing: bool | None,
    quiet: bool,
    **options: Any,
) -> int:
    """Look every record up and say what is wrong with it; nothing is written."""
    settings = settings_from(options, policy=policy, find_missing=find_missing)
    summary = Summary(needs_person=_FINDINGS)
    grave = 0
    with Progress(shown=not quiet) as progress, earlier_runs(libraries, settings) as past:
        records = past.marked(records_of(libraries, source_format))
        run = sync.clean(records, settings=settings, keeps_format=True, observe=progress.observe)
        with closing(run) as results:
            for result in results:
                summary.add(result)
                progress.count(found=result.verdict is not None, changed=bool(result.changes))
                grave += any(note.severity == "error" for note in result.notes)
                if style == "json":
                    sys.stdout.buffer.write(dump(row(result)))
                else:
                    for line in findings(result):
                        click.echo(line)
    if style == "json":
        sys.stdout.buffer.write(dump(summary_line(summary)))
    elif not quiet:
        click.echo(summary.headline(), err=True)
    return summary.exit_code or (1 if grave else 0)


def findings(result: Enrichment) -> Iterator[str]:
    """Yield a line for each finding of a record: where, what, and what it means."""
    where = place(result)
    told = {note.code for note in result.notes}
    if (result.status in _FINDINGS or result.status == "unavailable") and result.status not in told:
        yield f"{where}: {result.status}: {MEANINGS[result.status]}"
    for note in result.notes:
        if note.severity != "info":
            yield f"{where}: {note.code}: {printable(note.text)}"
    for change in result.changes:
        yield f"{where}: {change.rule}: {change.field} would become {printable(str(change.after))}"

"""`enrich ingest`: millions of records on all cores, restartable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from enrich.batch import Job, Pulse, ingest
from enrich.cli.options import (
    find_missing_option,
    from_option,
    policy_option,
    quiet_option,
    settings_from,
    settings_options,
)
from enrich.cli.progress import Progress, tell
from enrich.cli.writing import policy_of

_KINDS = ("jsonl", "parquet")


@click.command(
    "ingest",
    epilog="\b\nExample:\n  enrich ingest library.enw -o library.jsonl --workers 2 --offline\n"
    "  enrich ingest works.jsonl --column refer -o works.parquet --to parquet",
)
@click.argument("inputs", metavar="IN...", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    required=True,
    type=click.Path(path_type=Path),
    help="Write to this file; to this directory, for Parquet. It appears when it is complete.",
)
@click.option(
    "--to",
    "kind",
    type=click.Choice(_KINDS),
    help="jsonl (default): a line for each record; parquet (default where OUT ends so): a directory of files.",
)
@click.option(
    "--column",
    metavar="NAME",
    help="The inputs are tables, JSON Lines or Parquet, and this column holds the records: text in any format, or CSL-JSON.",
)
@click.option(
    "--prefix", metavar="TEXT", default="", help="Put this before the names of the new columns of a table."
)
@click.option(
    "--workers", metavar="N", type=click.IntRange(min=1), help="Processes that work; without it one for each core."
)
@click.option("--unordered", is_flag=True, help="Write records as they are ready, not in the order of the input.")
@policy_option
@click.option(
    "--report",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the report of `enrich clean` as well: JSON Lines.",
)
@click.option(
    "--unread",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write what could not be read here, too, with the reason (dead letters).",
)
@find_missing_option
@click.option("--afresh", is_flag=True, help="Give an unfinished run up and begin again.")
@from_option
@quiet_option
@settings_options
def command(
    inputs: tuple[str, ...],
    output: Path,
    *,
    kind: str | None,
    column: str | None,
    prefix: str,
    workers: int | None,
    policy: str | None,
    report: Path | None,
    unread: Path | None,
    source_format: str | None,
    unordered: bool,
    find_missing: bool | None,
    afresh: bool,
    quiet: bool,
    **options: Any,
) -> int:
    """Enrich any number of records on all cores: one row of output for each record.

    A run that was interrupted or killed goes on where it stood when the same command is given again.
    """
    settings = settings_from(options, policy=policy, find_missing=find_missing)
    job = Job(
        inputs=inputs,
        output=output,
        to=kind or ("parquet" if output.suffix.lower() == ".parquet" else "jsonl"),
        format=source_format,
        column=column,
        prefix=prefix,
        policy=policy_of(inputs, settings),
        report=report,
        unread=unread,
        workers=workers or 0,
        ordered=not unordered,
        afresh=afresh,
    )
    with Progress(shown=not quiet) as progress:

        def observe(pulse: Pulse) -> None:
            progress.stand(pulse.records, pulse.resumed, pulse.found, pulse.changed, pulse.requests)

        summary, warnings = ingest(job, settings, observe=observe)
    for warning in warnings:
        tell(f"enrich: {warning}")
    if not quiet:
        for line in summary.lines():
            click.echo(line, err=True)
    return summary.exit_code

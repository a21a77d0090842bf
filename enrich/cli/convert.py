"""`enrich convert`: another format, and no look-up at all."""

from __future__ import annotations

from pathlib import Path

import click

from enrich import formats
from enrich.cli.options import STDIO, from_option, output_option
from enrich.cli.writing import output_to, records_of
from enrich.report.atomic import is_same_file


@click.command("convert", epilog="\b\nExample:\n  enrich convert library.enw --to csl-json -o library.json")
@click.argument("library", metavar="IN")
@output_option
@click.option(
    "--to",
    "target_format",
    metavar="FORMAT",
    required=True,
    type=click.Choice(sorted(formats.WRITABLE)),
    help="The format to write.",
)
@from_option
def command(library: str, output: Path | None, target_format: str, source_format: str | None) -> None:
    """Write a library in another format, without looking anything up."""
    if output is not None and STDIO not in {library, str(output)} and is_same_file(library, output):
        raise click.UsageError(f"{output} is the input, and another format may hold less; name another output")
    records = records_of((library,), source_format)
    with output_to(None if output is None or str(output) == STDIO else output) as write:
        for chunk in formats.write(records, target_format):
            write(chunk)

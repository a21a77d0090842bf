"""`enrich snapshot`: the local copy of the registries' public data."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from enrich.cli.options import STDIO, settings_from, settings_options
from enrich.cli.writing import output_to
from enrich.errors import StoreError
from enrich.report.summary import counted
from enrich.snapshot import Snapshot


@click.group("snapshot", epilog="\b\nExample:\n  enrich snapshot load works.jsonl.gz\n  enrich snapshot info")
def command() -> None:
    """Look works up in a local copy first."""


@command.command("load", epilog="\b\nExample:\n  enrich snapshot load examples/snapshot.jsonl")
@click.argument("paths", metavar="FILE_OR_DIR...", nargs=-1, required=True, type=click.Path(path_type=Path))
@settings_options
def load(paths: tuple[Path, ...], **options: object) -> int:
    """Add the registries' data files to the snapshot; what is there already is replaced."""
    settings = settings_from(options)
    shown = sys.stderr.isatty()

    def progress(records: int, read: int) -> None:
        if shown:
            click.echo(f"\r{records:,} records, {read / 1e6:,.0f} MB read", err=True, nl=False)

    result = Snapshot(settings.snapshot).build(paths, progress=progress)
    if shown:
        click.echo("\r", err=True, nl=False)
    for problem in result.problems:
        click.echo(f"enrich: {problem}", err=True)
    if result.passed_over > len(result.problems):
        click.echo(f"enrich: ... and {result.passed_over - len(result.problems):,} more like these", err=True)
    click.echo(f"{counted(result.records, 'record')} loaded into {settings.snapshot}", err=True)
    return 1 if result.passed_over else 0


@command.command("info", epilog="\b\nExample:\n  enrich snapshot info")
@settings_options
def info(**options: object) -> None:
    """Print what the snapshot holds and how old it is."""
    settings = settings_from(options)
    snapshot = Snapshot(settings.snapshot)
    if not snapshot.exists:
        click.echo(f"there is no snapshot at {settings.snapshot}; `enrich snapshot load FILE` makes one")
        return
    held = snapshot.info()
    click.echo(f"path: {settings.snapshot}")
    click.echo(f"bytes: {held['bytes']:,}")
    for agency, records in held["records"].items():
        click.echo(f"records from {agency}: {records:,}")
    for name, moment in held["dated"].items():
        click.echo(f"{name}: {moment}")
    for source in held["sources"]:
        click.echo(f"from {source['file']}: {counted(source['records'], 'record')}, loaded {source['loaded']}")


@command.command(
    "export",
    epilog="\b\nExample:\n  enrich snapshot export --to parquet -o works --partitions 64"
    "\n  enrich snapshot export --to jsonl | gzip > works.jsonl.gz",
)
@click.option(
    "--to",
    "target",
    metavar="parquet|jsonl",
    type=click.Choice(["parquet", "jsonl"]),
    required=True,
    help="parquet: a directory of files for joins; jsonl: lines that `snapshot load` reads.",
)
@click.option(
    "-o", "--output", metavar="OUT", type=click.Path(path_type=Path, allow_dash=True), help="Write to this place."
)
@click.option(
    "--partitions",
    metavar="N",
    type=click.IntRange(1, 99_999),
    default=16,
    show_default=True,
    help="How many Parquet files; a hash of the DOI decides which.",
)
@settings_options
def export(target: str, output: Path | None, partitions: int, **options: object) -> None:
    """Write what the snapshot holds as Parquet files, or as lines that can be loaded elsewhere."""
    snapshot = Snapshot(settings_from(options).snapshot)
    if not snapshot.exists:
        raise StoreError(f"there is no snapshot at {snapshot.directory}; `enrich snapshot load FILE` makes one")
    if target == "parquet":
        if output is None or str(output) == STDIO:
            raise click.UsageError("Parquet files need a directory: -o DIR")
        written = snapshot.to_parquet(output, parts=partitions)
        click.echo(f"{counted(written, 'record')} written to {output}", err=True)
    else:
        with output_to(None if output is None or str(output) == STDIO else output) as write:
            for line in snapshot.export():
                write(line)

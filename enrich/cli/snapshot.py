"""`enrich snapshot`: the local copy of the registries' public data."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import click

from enrich.agencies import changes
from enrich.cli.options import STDIO, quiet_option, settings_from, settings_options
from enrich.cli.progress import tell
from enrich.cli.writing import output_to
from enrich.errors import StoreError
from enrich.identifiers import doi as doi_names
from enrich.report.summary import counted, printable
from enrich.snapshot import LoadResult, Progress, Selection, Snapshot
from enrich.transport import Transport
from enrich.updater import Step, Updater, UpdateResult

_F = TypeVar("_F", bound=Callable[..., Any])
_SOURCES: Final = 20  # files that `info` names one by one
_SHOWN: Final = 1000  # letters of a name that are shown
_LONGEST: Final = 1 << 14  # bytes of a line; no DOI in any spelling is as long


@click.group("snapshot", epilog="\b\nExample:\n  enrich snapshot load works.jsonl.gz\n  enrich snapshot info")
def command() -> None:
    """Look works up in a local copy first."""


selection_options = (
    click.option(
        "--prefix",
        "prefixes",
        metavar="PREFIX",
        multiple=True,
        help="Only DOIs that begin so, 10.1155 or 10.1155/2012; may be given more than once.",
    ),
    click.option(
        "--dois",
        "listed",
        metavar="FILE",
        type=click.File("r", encoding="utf-8", errors="replace"),
        help="Only the DOIs in this file, one on a line, in any spelling.",
    ),
    click.option(
        "--type",
        "types",
        metavar="TYPE",
        multiple=True,
        help="Only works of this type, the registry's name or CSL's; may be given more than once.",
    ),
    click.option("--from-year", metavar="YEAR", type=int, help="Only works published in this year or later."),
    click.option(
        "--fields",
        type=click.Choice(["enrichment", "all"]),
        default="enrichment",
        show_default=True,
        help="How much of a work is kept: what enrichment reads, or all, references too.",
    ),
)
workers_option = click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(1, 256),
    default=lambda: os.cpu_count() or 1,
    show_default="one for each core",
    help="How many processes work.",
)


def _selecting(function: _F) -> _F:
    for option in reversed(selection_options):
        function = option(function)
    return function


@command.command(
    "load",
    epilog="\b\nExample:\n  enrich snapshot load examples/snapshot.jsonl"
    "\n  enrich snapshot load crossref/ dois.tar --workers 8"
    "\n  enrich snapshot load crossref/ --prefix 10.1155 --from-year 2015"
    "\n  zcat works.jsonl.gz | enrich snapshot load -",
)
@click.argument("paths", metavar="FILE_OR_DIR...", nargs=-1, required=True, type=click.Path(path_type=Path))
@_selecting
@workers_option
@quiet_option
@settings_options
def load(paths: tuple[Path, ...], workers: int, *, quiet: bool, **options: Any) -> int:
    """Add the registries' data files to the snapshot; of two answers for one DOI the later described stays.

    Started again after it was stopped, it goes on with the files that were not read yet. `-` reads standard input.
    """
    selection = _selection(options)
    settings = settings_from(options)
    with Meter(shown=not quiet) as meter:
        result = Snapshot(settings.snapshot).build(
            paths, selection=selection, workers=workers, progress=meter.show
        )
    return _told(result, f"loaded into {settings.snapshot}", quiet=quiet)


def _selection(options: dict[str, Any]) -> Selection:
    listed = options.pop("listed")
    dois = (
        None
        if listed is None
        else frozenset(doi for line in listed for doi in doi_names.find_all(line[:_LONGEST]))
    )
    if dois is not None and not dois:
        raise click.UsageError("there is no DOI in the file that --dois names")
    return Selection(
        prefixes=tuple(sorted({each.strip().lower() for each in options.pop("prefixes")})),
        dois=dois,
        types=frozenset(each.lower() for each in options.pop("types")),
        from_year=options.pop("from_year"),
        fields=options.pop("fields"),
    )


def _told(result: LoadResult, done: str, *, quiet: bool = False) -> int:
    """Say what a load did, and return the exit code."""
    for problem in result.problems:
        tell(f"enrich: {problem}")
    if result.passed_over > len(result.problems):
        click.echo(f"enrich: ... and {result.passed_over - len(result.problems):,} more like these", err=True)
    said = [f"{counted(result.records, 'record')} {done}, {result.total:,} there now"]
    if result.left_out:
        said.append(f"{result.left_out:,} not selected")
    if result.again:
        said.append(f"{counted(result.again, 'file')} had been read before it was stopped")
    if result.passed_over:
        said.append(f"{result.passed_over:,} passed over")
    if not quiet:
        click.echo("; ".join(said), err=True)
    return 1 if result.passed_over else 0


class Meter:
    """How far a load is, on standard error: a line that is redrawn on a terminal, a line a minute elsewhere."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown
        self._terminal = sys.stderr.isatty()
        self._every = 0.2 if self._terminal else 60.0
        self._drawn = time.monotonic() if not self._terminal else 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown and self._terminal:
            click.echo("\r\x1b[K", err=True, nl=False)

    def show(self, progress: Progress) -> None:
        """Draw, unless it was drawn a moment ago."""
        self._draw(said_of(progress))

    def show_step(self, step: Step) -> None:
        """Draw how far an update is."""
        self._draw(f"{step.agency} {step.day}: {counted(step.works, 'record')} received")

    def _draw(self, line: str) -> None:
        now = time.monotonic()
        if not self._shown or now - self._drawn < self._every:
            return
        self._drawn = now
        click.echo(f"\r\x1b[K{line}" if self._terminal else line, err=True, nl=not self._terminal)


def said_of(progress: Progress) -> str:
    """Return how far a load is in words."""
    size = f" of {progress.size / 1e6:,.0f}" if progress.size else ""
    pace = progress.records / max(progress.seconds, 0.001)
    said = [
        f"{counted(progress.records, 'record')}",
        f"{progress.read / 1e6:,.0f}{size} MB read",
        f"{pace:,.0f}/s",
    ]
    if progress.is_merging:
        said.append("merging")
    elif progress.left is not None:
        said.append(f"{timedelta(seconds=round(progress.left))} left")
    return " · ".join(said)


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
    click.echo(f"bytes: {held['bytes']:,} in {counted(held['layers'], 'layer')}")
    for agency, records in held["records"].items():
        since = f", complete to {held['as_of'][agency]}" if agency in held["as_of"] else ""
        click.echo(f"records from {agency}: {records:,}{since}")
    click.echo(f"aliases: {held['aliases']:,}")
    for name, moment in held["dated"].items():
        click.echo(f"{name}: {moment}")
    for scope in held["scopes"]:
        filters = ", ".join(f"{name}: {value}" for name, value in scope.items() if value)
        click.echo(f"selected: {filters}")
    for source in held["sources"][:_SOURCES]:
        name = printable(source["file"], _SHOWN)
        click.echo(f"from {name}: {counted(source['records'], 'record')}, loaded {source['loaded']}")
    if len(held["sources"]) > _SOURCES:
        click.echo(f"... and {len(held['sources']) - _SOURCES:,} files more")


@command.command(
    "update",
    epilog="\b\nExample:\n  enrich snapshot update --mailto me@example.org"
    "\n  enrich snapshot update --agency datacite --since 2026-11-01",
)
@click.option(
    "--agency",
    "agencies",
    type=click.Choice(sorted(changes.WAYS)),
    multiple=True,
    help="Ask this agency only; without it those whose works are there.",
)
@click.option(
    "--since",
    metavar="DATE",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Ask from this day on, not from where the snapshot ends.",
)
@workers_option
@quiet_option
@settings_options
def update(agencies: tuple[str, ...], since: datetime | None, workers: int, *, quiet: bool, **options: Any) -> int:
    """Ask the agencies for what they described anew since, and add it to the snapshot, filtered as the loads were.

    Started again after it was stopped, it goes on where it was. Ends with 3 where an agency did not answer to the end.
    """
    settings = settings_from(options)
    meter = Meter(shown=not quiet)

    async def run() -> UpdateResult:
        async with Transport(settings) as transport:
            updater = Updater(transport, Snapshot(settings.snapshot), watch=meter.show_step)
            return await updater.update(agencies, since=since.date() if since else None, workers=workers)

    with meter:
        result = asyncio.run(run())
    code = _told(result.load, f"of {result.received:,} received loaded into {settings.snapshot}", quiet=quiet)
    for agency, moment in result.until.items():
        click.echo(f"{agency}: complete to {moment:%Y-%m-%d %H:%M} UTC", err=True)
    remedy = "run without --offline to ask it" if settings.offline else "run the same again to go on"
    for agency, reason in result.unanswered.items():
        tell(f"enrich: {agency} did not answer to the end ({reason}); {remedy}")
    return 3 if result.unanswered else code


@command.command("verify", epilog="\b\nExample:\n  enrich snapshot verify")
@workers_option
@settings_options
def verify(workers: int, **options: Any) -> int:
    """Read the whole snapshot and name what is damaged; ends with 1 where something is."""
    snapshot = Snapshot(settings_from(options).snapshot)
    if not snapshot.exists:
        raise StoreError(f"there is no snapshot at {snapshot.directory}; `enrich snapshot load FILE` makes one")
    wrong = snapshot.verify(workers=workers)
    for line in wrong:
        click.echo(printable(line, _SHOWN))
    click.echo(f"{len(wrong):,} damaged" if wrong else "every file is as it was written", err=True)
    return 1 if wrong else 0


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

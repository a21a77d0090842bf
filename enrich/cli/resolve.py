"""`enrich resolve`: what the agencies say of DOIs, or where they lead, one result each, in order."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any, BinaryIO, Final

import click

from enrich import formats, sync
from enrich.cli.options import (
    STDIO,
    citation_options,
    quiet_option,
    settings_from,
    settings_options,
    target_option,
)
from enrich.cli.progress import Progress
from enrich.cli.writing import Render, renderer, standard_output
from enrich.errors import FormatError, unreadable
from enrich.model.outcome import Found
from enrich.model.provenance import Origin
from enrich.model.record import Record
from enrich.model.work import Work
from enrich.report.jsonl import dump
from enrich.report.outcome import Result, explanation, landing_page, row, status
from enrich.report.summary import printable

_NOTHING: Final = Record(work=Work(), origin=Origin())
_PERSON = frozenset({"not-found", "invalid-doi", "refused"})
_LONGEST: Final = 1 << 14  # bytes of a line; no DOI in any spelling is as long
_AHEAD: Final = 1 << 20  # bytes read at once: each reading gives the other threads their turn


@click.command(
    "resolve",
    epilog="\b\nExample:\n  enrich resolve 10.1038/nature14539\n  enrich resolve --file dois.txt --to refer"
    "\n  cut -f2 dois.tsv | enrich resolve - --to url"
    "\n  enrich resolve 10.1038/nature14539 --to citation --style apa --locale en-GB",
)
@click.argument("dois", metavar="DOI...", nargs=-1)
@click.option(
    "--file",
    "files",
    metavar="FILE",
    multiple=True,
    help="Read DOIs from this file, one on a line; may be given more than once.",
)
@target_option(
    "json",
    "url",
    *formats.ANSWERS,
    default="json",
    show_default=True,
    help="json: one object a line, with status and origin; url: the landing page; citation: a line to read; or a format.",
)
@citation_options
@quiet_option
@settings_options
def command(
    dois: tuple[str, ...],
    files: tuple[str, ...],
    target: str,
    style: str | None,
    locale: str | None,
    *,
    quiet: bool,
    **options: Any,
) -> int:
    """Print what the registration agency says of each DOI, in any spelling; `-` reads them from standard input.

    With `--to url` the handle of each DOI is asked where it leads; the line is empty where that is not known.
    """
    if not dois and not files:
        raise click.UsageError("name a DOI, a file of them (--file), or - for standard input")
    render = None if target in {"json", "url"} and not (style or locale) else renderer(target, style, locale)
    settings = settings_from(options)
    statuses: set[str] = set()
    with Progress(shown=not quiet) as progress:
        ask = sync.places if target == "url" else sync.outcomes
        asked = ask(_texts(dois, files), settings=settings, observe=progress.observe)

        def seen(results: Iterator[tuple[str, Result]]) -> Iterator[tuple[str, Result]]:
            for text, result in results:
                state = status(result)
                statuses.add(state)
                progress.count(found=state == "found", changed=False)
                if state != "found" and target != "json":
                    click.echo(f"enrich: {printable(text, 80)}: {explanation(result)}", err=True)
                yield text, result

        write = standard_output()
        with closing(asked) as results:
            for chunk in _rendered(seen(results), target, render):
                write(chunk)
    return 3 if "unavailable" in statuses else 1 if statuses & _PERSON else 0


def _texts(arguments: Sequence[str], files: Sequence[str]) -> Iterator[str]:
    """Yield the DOIs of the arguments, then those of the files. Raises FormatError where one cannot be read."""
    for argument in arguments:
        if argument == STDIO:
            yield from _read(argument, sys.stdin.fileno())
        elif "10." not in argument and os.path.isfile(argument):  # noqa: PTH113 -- no name is too long or too odd for it
            raise click.UsageError(f"{argument} is a file, not a DOI; --file {argument} reads the DOIs in it")
        else:
            yield argument
    for name in files:
        yield from _read(name, name)


def _read(name: str, place: str | int) -> Iterator[str]:
    try:
        with open(place, "rb", _AHEAD, closefd=isinstance(place, str)) as stream:
            yield from _lines(stream)
    except OSError as error:
        raise FormatError(unreadable(error), file=name) from error


def _lines(stream: BinaryIO) -> Iterator[str]:
    """Yield the lines that hold something; of one that is too long, what it begins with."""
    whole = True
    while line := stream.readline(_LONGEST):
        text = line.strip()
        if whole and text:
            yield text.decode("utf-8", "replace")
        whole = line.endswith(b"\n")


def _rendered(results: Iterator[tuple[str, Result]], target: str, render: Render | None) -> Iterator[bytes]:
    if render is not None and target in formats.ANSWERS:  # a line for each question: what was not found is `null`
        yield from render(r.record if isinstance(r, Found) else _NOTHING for _, r in results)
    elif render is not None:
        yield from render(r.record for _, r in results if isinstance(r, Found))
    elif target == "url":
        for _, result in results:
            yield f"{landing_page(result)}\n".encode()
    else:
        for text, result in results:
            yield dump(row(text, result))

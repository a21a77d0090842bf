"""Where a command's records come from, and where its output goes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import click

from enrich import citations, formats, merge, sync
from enrich.cli.options import STDIO
from enrich.errors import FormatError, unreadable
from enrich.merge.policy import MergePolicy
from enrich.model.record import Record
from enrich.report.atomic import AtomicFile, is_same_file
from enrich.report.earlier import Earlier
from enrich.report.keeps import with_keeps
from enrich.settings import Settings

Write: TypeAlias = Callable[[bytes], None]
Render: TypeAlias = Callable[[Iterable[Record]], Iterator[bytes]]
_HEAD = 1 << 16  # bytes that tell a format


def records_of(libraries: Sequence[str], source_format: str | None = None) -> Iterator[Record]:
    """Yield the records of all libraries, one after the other; each that is a file is looked at before any is worked on."""
    if libraries.count(STDIO) > 1:
        raise FormatError("standard input (-) can be read once only; name it once")
    for library in libraries:
        if library != STDIO and source_format is None:
            _recognise(Path(library))
    return chain.from_iterable(_read(library, source_format) for library in libraries)


def _read(library: str, source_format: str | None) -> Iterator[Record]:
    return sync.read(sys.stdin.buffer if library == STDIO else library, format=source_format)


def _recognise(path: Path) -> None:
    try:
        if path.is_fifo() or path.is_char_device():
            return  # what is read from a pipe is gone; who reads it will look by himself
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        raise FormatError(unreadable(error), file=str(path)) from error
    try:
        formats.recognise(head)
    except FormatError as error:
        raise FormatError(str(error.args[0]), file=str(path), line=error.line) from error


def renderer(target: str, style: str | None, locale: str | None) -> Render:
    """Return what makes records the bytes of a format, or citations; raises FormatError where a style cannot be had."""
    if target == citations.NAME:
        return citations.Citations(style or citations.DEFAULT, locale).write
    if style is not None or locale is not None:
        raise click.UsageError(f"--style and --locale say how to cite: they go with --to {citations.NAME}")
    return partial(formats.write, format=target)


def earlier_runs(
    libraries: Sequence[str], settings: Settings, *, reports: Iterable[Path] = (), since: Iterable[Path] = ()
) -> Earlier:
    """Return what is known of earlier runs on these libraries; see :meth:`enrich.report.earlier.Earlier.of`."""
    files = [Path(library) for library in libraries if library != STDIO]
    return Earlier.of(files, settings.state_dir, reports=reports, since=since)


def policy_of(libraries: Sequence[str], settings: Settings) -> MergePolicy:
    """Return the policy of a run, with what is kept for ever in these libraries."""
    policy = merge.load_policy(settings.policy, lambda name: Path(name).read_text(encoding="utf-8"))
    return with_keeps(policy, (Path(library) for library in libraries if library != STDIO))


def spare(report: str, libraries: Iterable[str], output: Path | None) -> None:
    """Refuse a report that would be written over a library, or be overwritten by the output."""
    if any(name != STDIO and is_same_file(name, report) for name in libraries):
        raise click.UsageError(f"--report {report} would overwrite the library; give the report another name")
    if output is not None and is_same_file(output, report):
        raise click.UsageError(f"--report and -o name the same file, {report}; give the report another name")


def standard_output() -> Write:
    """Return what writes bytes to standard output."""
    out = sys.stdout.buffer

    def write(data: bytes) -> None:
        out.write(data)

    return write


@contextmanager
def output_to(path: Path | None) -> Iterator[Write]:
    """Yield what writes to a file, which appears whole or not at all; None means standard output."""
    if path is None:
        yield standard_output()
        sys.stdout.buffer.flush()
    else:
        with AtomicFile(path) as file:
            yield file.write

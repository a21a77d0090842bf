"""`enrich convert`: another format, and no look-up at all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import click

from enrich import citations
from enrich.cli.options import (
    STDIO,
    citation_options,
    from_option,
    output_option,
    quiet_option,
    target_option,
)
from enrich.cli.progress import tell
from enrich.cli.writing import Write, output_to, records_of, renderer
from enrich.formats.losses import Loss, kept, losses
from enrich.model import Record
from enrich.report.atomic import is_same_file

_SHOWN = 8  # fields that are counted by name on standard error


@click.command(
    "convert",
    epilog="\b\nExample:\n  enrich convert library.enw --to csl-json -o library.json --loss lost.jsonl"
    "\n  enrich convert library.bib --to citation --style ieee",
)
@click.argument("library", metavar="IN")
@output_option
@target_option(required=True, help="The format to write; citation: a list of references to read.")
@citation_options
@from_option
@click.option(
    "--loss",
    "loss_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write what the new format cannot hold, record by record, as JSON Lines.",
)
@click.option("--keep-in-notes", is_flag=True, help="Put what the new format cannot hold into the notes.")
@quiet_option
def command(
    library: str,
    output: Path | None,
    target: str,
    style: str | None,
    locale: str | None,
    *,
    source_format: str | None,
    loss_file: Path | None,
    keep_in_notes: bool,
    quiet: bool,
) -> None:
    """Write a library in another format, without looking anything up.

    What the new format cannot hold is counted on standard error.
    """
    _refuse_same_files(library, output, loss_file)
    if target == citations.NAME and (loss_file is not None or keep_in_notes):
        raise click.UsageError(
            "citations are for eyes, not for keeping: --loss and --keep-in-notes are for formats"
        )
    render = renderer(target, style, locale)
    records = records_of((library,), source_format)
    destination = None if output is None or str(output) == STDIO else output
    with output_to(loss_file) if loss_file else nullcontext() as list_loss, output_to(destination) as write:
        watch = _Watch(target, list_loss, keeps=keep_in_notes)
        for chunk in render(records if target == citations.NAME else watch.passing(records)):
            write(chunk)
        watch.close()
    if not quiet:
        for line in watch.sentences():
            tell(line)


def _refuse_same_files(library: str, output: Path | None, loss_file: Path | None) -> None:
    if output is not None and STDIO not in {library, str(output)} and is_same_file(library, output):
        raise click.UsageError(f"{output} is the input, and another format may hold less; name another output")
    for other in (library, None if output is None else str(output)):
        if loss_file is not None and other not in {None, STDIO} and is_same_file(str(other), loss_file):
            raise click.UsageError(f"{loss_file} is the library; name another file for what is lost")


class _Watch:
    """Looks at records on their way into another format, and counts and lists what they lose."""

    def __init__(self, target: str, list_loss: Write | None, *, keeps: bool) -> None:
        self.target = target
        self.list_loss = list_loss
        self.keeps = keeps
        self.records = 0
        self.losing = 0
        self.lost = Counter[str]()
        self.kept = Counter[str]()

    def passing(self, records: Iterator[Record]) -> Iterator[Record]:
        """Yield the records, with what is to be kept in their notes."""
        for index, record in enumerate(records):
            self.records += 1
            found = losses(record, self.target)
            if not found:
                yield record
                continue
            noted, still = kept(record, self.target) if self.keeps else (record, found)
            self.losing += 1
            self.lost.update(loss.field for loss in found if loss in still)
            self.kept.update(loss.field for loss in found if loss not in still)
            self._list(index, record, found, still)
            yield noted

    def _list(self, index: int, record: Record, found: tuple[Loss, ...], still: tuple[Loss, ...]) -> None:
        lost = [{"field": loss.field, "value": loss.value, "kept": loss not in still} for loss in found]
        source = {"file": record.origin.file, "line": record.origin.line}
        self._write({"index": index, "source": source, "doi": record.work.doi, "lost": lost})

    def _write(self, row: dict[str, object]) -> None:
        if self.list_loss is not None:
            self.list_loss(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n")

    def close(self) -> None:
        """List the sums."""
        sums = {"records": self.records, "losing": self.losing, "lost": dict(self.lost), "kept": dict(self.kept)}
        self._write({"summary": {"to": self.target, **sums}})

    def sentences(self) -> Iterator[str]:
        """Yield what a person should know."""
        if self.kept:
            yield f"{self.target} cannot hold, kept in the notes: {_counted(self.kept)}"
        if self.lost:
            of = f"{self.losing} of {self.records} records"
            yield f"{self.target} cannot hold, lost from {of}: {_counted(self.lost)}"
            advice = "" if self.keeps else "; --keep-in-notes puts it into the notes"
            yield f"--loss FILE lists it record by record{advice}"


def _counted(fields: Counter[str]) -> str:
    shown = [f"{field} {number}" for field, number in fields.most_common(_SHOWN)]
    more = len(fields) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")

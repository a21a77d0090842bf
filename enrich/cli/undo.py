"""`enrich undo`: restores what a clean changed in place, byte for byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from enrich.cli.options import settings_from, settings_options
from enrich.cli.progress import tell
from enrich.report.undo import Untouched, undo


@click.command("undo", epilog="\b\nExample:\n  enrich clean library.enw --in-place\n  enrich undo library.enw")
@click.argument("target", metavar="LIBRARY|REPORT", type=click.Path(path_type=Path))
@click.option("--merge", is_flag=True, help="The library was edited since: take the clean back, keep the edits.")
@settings_options
def command(target: Path, *, merge: bool, **options: Any) -> int:
    """Take the last in-place clean of a library back; name the library, or the clean's report (.jsonl)."""
    settings = settings_from(options)
    try:
        done = undo(target, state_dir=settings.state_dir, merge=merge)
    except Untouched as nothing:
        tell(str(nothing))
        return 0
    for line in done.lines():
        tell(line)
    return 0

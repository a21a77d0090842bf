"""What was done, for people and programs; and how to undo it.

:func:`open_reports` opens the files named by `--report`: `.jsonl` for programs, `.html` to read. The
:class:`~enrich.report.journal.Journal` of an in-place clean is a JSON Lines report that also holds what was there before,
and :func:`~enrich.report.undo.undo` puts that back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from enrich.errors import OutputError
from enrich.model import Enrichment
from enrich.report.atomic import AtomicFile, is_same_file
from enrich.report.html import HtmlReport
from enrich.report.jsonl import JsonlReport
from enrich.report.summary import Summary

__all__ = ["AtomicFile", "HtmlReport", "JsonlReport", "Reports", "Summary", "open_reports"]

_KINDS: Final[Mapping[str, type[JsonlReport | HtmlReport]]] = {".jsonl": JsonlReport, ".html": HtmlReport}


class Reports:
    """Any number of reports written side by side; leaving the context without `close` gives them all up."""

    def __init__(self, reports: Sequence[JsonlReport | HtmlReport]) -> None:
        self._reports = reports

    def write(self, enrichment: Enrichment, restore: Mapping[str, Any] | None = None) -> None:
        """Add one record to each; `restore` is what the journal of an in-place clean returned for it."""
        for report in self._reports:
            report.write(enrichment, restore)

    def close(self, summary: Summary, in_place: Sequence[Mapping[str, Any]] = ()) -> None:
        """Complete each and put it in its place; `in_place` holds the header of each journal."""
        for report in self._reports:
            report.close(summary, in_place)

    def abort(self) -> None:
        """Give all up; files of these names that stood before are untouched."""
        for report in self._reports:
            report.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()  # after a close there is nothing to abort


def open_reports(paths: Iterable[Path | str]) -> Reports:
    """Begin a report for each path by its ending; raises OutputError before anything is written."""
    named = [Path(path) for path in paths]
    for path in named:
        if path.suffix.lower() not in _KINDS:
            raise OutputError(
                f"{path}: a report's name ends in .jsonl (lines for programs) or .html (a page to read)"
            )
        if [other for other in named if is_same_file(other, path)] != [path]:
            raise OutputError(f"{path}: two reports cannot share one file; give each a name of its own")
    opened: list[JsonlReport | HtmlReport] = []
    try:
        for path in named:
            opened.append(_KINDS[path.suffix.lower()].open(path))  # noqa: PERF401 -- those opened are closed if one fails
    except BaseException:
        Reports(opened).abort()
        raise
    return Reports(opened)

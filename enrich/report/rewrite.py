"""Writing a library anew in its own place, with the journal that takes it back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

from enrich import formats
from enrich.model import Enrichment, Record
from enrich.report.atomic import AtomicFile
from enrich.report.journal import Journal
from enrich.report.summary import Summary

Written: TypeAlias = Callable[[Enrichment, bytes], None]
Account: TypeAlias = Callable[[Enrichment, dict[str, Any] | None], None]


def pump(
    results: Iterable[Enrichment], target: str | None, write: Callable[[bytes], object], written: Written
) -> bytes:
    """Write the records of all results in a format, or (None) in those they were read from; returns the closing bytes.

    `written` is told each with its bytes.
    """
    waiting: deque[Enrichment] = deque()

    def records() -> Iterator[Record]:
        for result in results:
            waiting.append(result)
            yield result.record

    last = b""
    for chunk in formats.write(records(), target) if target else formats.rewrite(records()):
        write(chunk)
        if waiting:
            written(waiting.popleft(), chunk)
        else:
            last += chunk
    return last


def rewrite(
    library: Path, results: Iterator[Enrichment], state_dir: Path, account: Account
) -> dict[str, Any] | None:
    """Replace a library by its results when all of them are written; `account` is told each with what restores it.

    Returns the header of the journal, None where nothing changed. Raises OutputError, with the library untouched, where it
    is no longer what was read.
    """
    first = next(results, None)
    if first is None:
        return None
    part = Summary()
    with Journal(library, state_dir) as journal, AtomicFile(library) as file:

        def written(result: Enrichment, after: bytes) -> None:
            part.add(result)
            before = result.before.source.raw if result.before.source else b""
            account(result, journal.record(result, before, after))

        journal.closing(pump(chain([first], results), None, file.write, written))
        return journal.header if journal.commit(file, part) else None

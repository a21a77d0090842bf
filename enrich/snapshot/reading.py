"""One data file into runs: what a process of a load does with a piece of work.

What to keep and the dictionary to compress it with lie in the load's own directory, so that processes, and a load that goes
on after it was killed, need not be told.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Final

import orjson

from enrich.identifiers.doi import Doi
from enrich.snapshot import runs, slim, table
from enrich.snapshot.files import Piece
from enrich.snapshot.items import Item, Problem, Quick
from enrich.snapshot.selection import Selection, aliases
from enrich.snapshot.table import ALIAS, Codec, Row, key_of

PLAN: Final = "plan.json"
_DOIS: Final = "dois.txt"
_DICTIONARY: Final = "dictionary"
_ROWS: Final = 50_000  # in a run: some 25 MB in hand
_REPORTED: Final = 100  # problems told one by one
_SAMPLED: Final = 12_000  # works from which a dictionary is learnt
_PER_FILE: Final = 40  # of these from one file at least: neighbours in it have one publisher
_ENOUGH: Final = 1_000  # works below which a dictionary does not pay for itself


@dataclass
class Reading:
    """What came of a piece: works, those the selection left out, items passed over, and its runs (rows, files, bytes)."""

    identity: str
    name: str
    size: int
    modified: int
    records: int = 0
    left_out: int = 0
    passed_over: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)
    newest: dict[str, int] = field(default_factory=dict)
    by_agency: dict[str, int] = field(default_factory=dict)
    rows: int = 0
    files: int = 0
    bytes: int = 0

    def note(self, problem: Problem) -> None:
        """Count a problem, and keep it while there are not too many."""
        self.passed_over += 1
        if len(self.problems) < _REPORTED:
            self.problems.append((problem.where, problem.what))

    def count(self, item: Item) -> None:
        """Count a work."""
        self.records += 1
        self.by_agency[item.agency] = self.by_agency.get(item.agency, 0) + 1
        self.newest[item.agency] = max(self.newest.get(item.agency, item.stamp), item.stamp)


def planned(room: Path, selection: Selection) -> bool:
    """Tell whether a load with this selection was begun in `room`."""
    try:
        return (room / PLAN).read_bytes() == _plan(selection)
    except OSError:
        return False


def plan(room: Path, selection: Selection, dictionary: bytes | None) -> None:
    """Write down what every process of a load must know; the plan itself last, for it says that the rest is there."""
    (room / _DOIS).write_text("\n".join(sorted(selection.dois or ())), "utf-8", "surrogateescape")
    (room / _DICTIONARY).write_bytes(dictionary or b"")
    (room / PLAN).write_bytes(_plan(selection))


def _plan(selection: Selection) -> bytes:
    return orjson.dumps(selection.scope, option=orjson.OPT_SORT_KEYS)


def dictionary_of(room: Path) -> bytes | None:
    """Return the dictionary of a load, None where it has none."""
    return (room / _DICTIONARY).read_bytes() or None


def learnt(pieces: Iterable[Piece], files: int, selection: Selection) -> bytes | None:
    """Return a dictionary learnt from works spread over the pieces, None where there are too few to learn from."""
    most = max(_PER_FILE, _SAMPLED // max(1, files))
    samples: list[bytes] = []
    for piece in islice(pieces, 0, None, max(1, files * _PER_FILE // _SAMPLED)):
        works = (item for item in piece.read() if isinstance(item, Item))
        samples += (orjson.dumps(selection.kept(item), default=str) for item in islice(works, most))
        if len(samples) >= _SAMPLED:
            break
    return table.trained(samples) if len(samples) >= _ENOUGH else None


@lru_cache(maxsize=1)
def _tools(room: Path, _written: int) -> tuple[Selection, Codec, Quick | None]:
    """Return what a process needs for the plan in `room`, written at that moment, which it reads once."""
    dois = (room / _DOIS).read_text("utf-8", "surrogateescape").split("\n")
    selection = Selection.of(orjson.loads((room / PLAN).read_bytes()), (Doi(doi) for doi in dois if doi))
    dictionary = dictionary_of(room)
    quick = slim.Slim().item if slim.AT_HAND and selection.is_of_names else None
    return selection, Codec([dictionary] if dictionary else []), quick


def run_files(room: Path, identity: str, files: int) -> list[Path]:
    """Return the places of the runs of a piece."""
    return [room / f"{identity}-{number:03}.run" for number in range(files)]


def noted(room: Path, piece: Piece) -> Reading | None:
    """Return what came of a piece that was read before, None where it was not, or not to its end."""
    try:
        reading = Reading(**orjson.loads((room / f"{piece.identity}.json").read_bytes()))
        sizes = [runs.size_of(path) for path in run_files(room, reading.identity, reading.files)]
    except (OSError, ValueError, TypeError):
        return None
    return reading if sum(sizes) == reading.bytes else None


def read(room: Path, piece: Piece) -> Reading:
    """Read a piece into runs and note that it was done; a process that is killed before leaves no note."""
    selection, codec, quick = _tools(room, (room / PLAN).stat().st_mtime_ns)
    reading = Reading(piece.identity, piece.name, piece.size, piece.modified)
    rows = _rows(piece.read(selection.needles, quick), selection, codec, reading)
    while some := [(row.key, runs.packed(row)) for row in islice(rows, _ROWS)]:
        path = run_files(room, reading.identity, reading.files + 1)[-1]
        reading.bytes += runs.write(path, some)
        reading.rows += len(some)
        reading.files += 1
    new = room / f"{reading.identity}.{os.getpid()}"
    new.write_bytes(orjson.dumps(asdict(reading)))
    new.replace(room / f"{reading.identity}.json")
    return reading


def _rows(found: Iterable[Item | Problem], selection: Selection, codec: Codec, reading: Reading) -> Iterator[Row]:
    for item in found:
        if isinstance(item, Problem):
            reading.note(item)
        elif not selection.accepts(item):
            reading.left_out += 1
        else:
            reading.count(item)
            value = codec.compress(item.trimmed or orjson.dumps(selection.kept(item), default=str))
            yield Row(key_of(item.doi), item.doi, item.agency, item.stamp, value)
            for doi in aliases(item):
                yield Row(key_of(doi), doi, ALIAS, item.stamp, item.doi.encode("utf-8", "replace"))

"""Loading data files into a snapshot: over all cores, in bounded memory, all or nothing, and going on where it was stopped.

First every data file is read into runs (:mod:`enrich.snapshot.reading`), file by file and each by one process; what is read
need not be read again by a load that was killed. Then the runs, and those older layers that are not much larger, are merged
into one new layer (:mod:`enrich.snapshot.merging`), and the manifest that names it is renamed into place. A reader sees the
old snapshot or the new one, and whoever has the old one open keeps it.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final

import orjson

from enrich.errors import StoreError
from enrich.snapshot import files, layers, merging, reading
from enrich.snapshot.files import Piece
from enrich.snapshot.items import Problem
from enrich.snapshot.layers import SOURCES, Layer, Manifest, OpenLayer
from enrich.snapshot.merging import Merge, Merged
from enrich.snapshot.reading import Reading
from enrich.snapshot.selection import Selection
from enrich.snapshot.table import ALIAS, WHOSE
from enrich.snapshot.workforce import spread

_ROOM: Final = ".building"
_OF_BEFORE: Final = "snapshot.sqlite3"  # what the first version wrote
_REPORTED: Final = 100  # problems told one by one
_SMALL: Final = 100_000  # rows of a layer that is merged whatever comes
_LARGER: Final = 4  # times as large as what comes, and an older layer is left as it is
_ALIAS: Final = WHOSE.index(ALIAS)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a load is: works, bytes of the data files and how many there are (None: nobody knows), seconds so far."""

    records: int
    read: int
    size: int | None
    seconds: float
    is_merging: bool = False

    @property
    def left(self) -> float | None:
        """An estimate of the seconds left, None where there is nothing to go by."""
        if not self.size or not self.read or self.is_merging:
            return None
        return self.seconds * max(0.0, self.size / self.read - 1)


Watch = Callable[[Progress], None]


@dataclass(slots=True)
class LoadResult:
    """What a load did: works read, files, works now in the snapshot, items passed over and where the first of them stand.

    `left_out` were none of those selected; `again` is how many files an earlier load, which was stopped, had read.
    """

    records: int = 0
    files: int = 0
    total: int = 0
    left_out: int = 0
    again: int = 0
    passed_over: int = 0
    problems: list[Problem] = field(default_factory=list)

    def note(self, problem: Problem) -> None:
        """Count a problem, and keep it while there are not too many."""
        self.passed_over += 1
        if len(self.problems) < _REPORTED:
            self.problems.append(problem)


@dataclass(frozen=True)
class Order:
    """What to load: data files, of which works, by how many processes. `as_of` is known of an update, which is no scope."""

    paths: tuple[Path, ...]
    selection: Selection = field(default_factory=Selection)
    workers: int = 1
    as_of: Mapping[str, int] | None = None


def build(directory: Path, order: Order, watch: Watch = lambda _: None) -> LoadResult:
    """Load data files into the snapshot in `directory`; a failure leaves the old one. Raises StoreError."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with _alone(directory):
            return _Load(directory, order, watch).run()
    except sqlite3.Error as error:
        raise StoreError(
            f"the snapshot in {directory} cannot be written: {error}; the old one is untouched."
            f" If it is the old one that is damaged, {layers.remedy(directory)}"
        ) from error
    except OSError as error:
        raise StoreError(
            f"the snapshot in {directory} cannot be written: {error.strerror or error}; the old one is untouched"
        ) from error


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Keep a second load out until this one is done; the lock is SQLite's and ends with the process."""
    with closing(sqlite3.connect(directory / ".lock", timeout=0.2, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise StoreError(f"another load into {directory} is under way; wait for it ({error})") from error
        yield


class _Load:
    """One load: the order, the old manifest, what was read."""

    def __init__(self, directory: Path, order: Order, watch: Watch) -> None:
        self._directory = directory
        self._order = order
        self._watch = watch
        self._room = directory / _ROOM
        self._old = layers.read(directory)
        self._begun = time.monotonic()
        self._readings: dict[int, Reading] = {}
        self._result = LoadResult()
        self._read = 0

    def run(self) -> LoadResult:
        named = [file for path in self._order.paths for file in files.data_files(path, but=self._directory)]
        self._size = files.size_of(named)
        if not reading.planned(self._room, self._order.selection):
            shutil.rmtree(self._room, ignore_errors=True)
        self._room.mkdir(exist_ok=True)
        self._read_all(self._ready(files.pieces(named, self._room, sys.stdin.buffer), named))
        self._result.files = len(named)
        self._note_problems()
        self._tell(is_merging=True)
        manifest = self._merged()
        manifest.write(self._directory)
        self._result.total = sum(manifest.records.values())
        self._clear({layer.name for layer in manifest.layers})
        return self._result

    def _ready(self, pieces: Iterator[Piece | Problem], named: list[Path]) -> Iterator[Piece | Problem]:
        """Have the plan written, with a dictionary, and return all the pieces."""
        selection = self._order.selection
        if reading.planned(self._room, selection):
            return pieces
        dictionary = self._dictionary()
        if (
            dictionary is None and self._size is None
        ):  # what was read of a stream is gone, so its first piece must do
            first = next(pieces, None)
            pieces = chain([first] if first else [], pieces)
            samples, count = iter([first] if isinstance(first, Piece) else []), 1
            dictionary = reading.learnt(samples, count, selection)
        elif dictionary is None:
            samples = (
                piece for piece in files.pieces(named, self._room, sys.stdin.buffer) if isinstance(piece, Piece)
            )
            dictionary = reading.learnt(samples, len(named), selection)
        reading.plan(self._room, selection, dictionary)
        return pieces

    def _dictionary(self) -> bytes | None:
        """Return the dictionary used last: what has one dictionary can be merged as it is."""
        for layer in reversed(self._old.layers):
            with closing(OpenLayer(self._directory, layer)) as opened:
                if found := opened.dictionaries:
                    return found[-1]
        return None

    def _read_all(self, pieces: Iterator[Piece | Problem]) -> None:
        task = partial(_read, self._room)
        for number, found in spread(task, self._unread(pieces), self._order.workers):
            self._take(number, found)

    def _unread(self, pieces: Iterator[Piece | Problem]) -> Iterator[tuple[int, Piece]]:
        for number, piece in enumerate(pieces):
            if isinstance(piece, Problem):
                self._result.note(piece)
            elif (found := reading.noted(self._room, piece)) is not None:
                self._result.again += 1
                self._take(number, found)
            else:
                yield number, piece

    def _take(self, number: int, found: Reading) -> None:
        self._readings[number] = found
        self._read += found.size
        self._result.records += found.records
        self._result.left_out += found.left_out
        self._tell()

    def _note_problems(self) -> None:
        """Take over what was passed over, in the order of the files."""
        for _, found in sorted(self._readings.items()):
            for problem in found.problems:
                self._result.note(Problem(*problem))
            self._result.passed_over += found.passed_over - len(found.problems)

    def _tell(self, *, is_merging: bool = False) -> None:
        seconds = time.monotonic() - self._begun
        self._watch(Progress(self._result.records, self._read, self._size, seconds, is_merging))

    def _merged(self) -> Manifest:
        """Make the new layer and return the manifest that names it."""
        read = [self._readings[number] for number in sorted(self._readings)]
        rows = sum(found.rows for found in read)
        kept = list(self._old.layers)
        absorbed: list[Layer] = []
        while kept and kept[-1].rows <= max(_SMALL, _LARGER * (rows + sum(layer.rows for layer in absorbed))):
            absorbed.insert(0, kept.pop())
        place = self._room / "layer"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        tasks = self._tasks(place, read, absorbed, rows)
        done = sorted(
            spread(merging.merge, tasks, min(len(tasks), self._order.workers)), key=lambda each: each.number
        )
        self._write_sources(place, read, absorbed)
        layers.synced(place)
        return self._named(place, done, kept, read)

    def _tasks(self, place: Path, read: list[Reading], absorbed: list[Layer], rows: int) -> list[Merge]:
        paths = [path for found in read for path in reading.run_files(self._room, found.identity, found.files)]
        dictionaries: dict[bytes, None] = {}
        for layer in absorbed:
            with closing(OpenLayer(self._directory, layer)) as opened:
                dictionaries.update(dict.fromkeys(opened.dictionaries))
        own = reading.dictionary_of(self._room)
        if own is not None:
            dictionaries.pop(own, None)
            dictionaries[own] = None
        size = sum(found.bytes for found in read) + sum(s.bytes for layer in absorbed for s in layer.shards)
        shards = merging.shards_for(rows + sum(layer.rows for layer in absorbed))
        return [
            Merge(n, shards, place, self._directory, tuple(paths), tuple(absorbed), tuple(dictionaries), size)
            for n in range(shards)
        ]

    def _named(self, place: Path, done: list[Merged], kept: list[Layer], read: list[Reading]) -> Manifest:
        """Put the new layer among the others and return the manifest with it."""
        numbers = [int(layer.name.partition("-")[2]) for layer in self._old.layers]
        name = f"layer-{max(numbers, default=0) + 1:06}"
        shutil.rmtree(self._directory / name, ignore_errors=True)  # of a load that was killed before it counted
        place.rename(self._directory / name)
        records: Counter[str] = sum((each.records for each in done), Counter())
        layer = Layer(
            name,
            tuple(each.shard for each in done),
            dict(records),
            {},
            min((each.oldest for each in done if each.oldest is not None), default=None),
            max((each.newest for each in done if each.newest is not None), default=None),
        )
        layer = replace(layer, also_below=_also_below(self._directory, layer, kept))
        scope = [] if self._order.as_of is not None else [self._scope()]
        scopes = [*(each for each in self._old.scopes if each not in scope), *scope]
        as_of = _as_of(self._old, read, self._order.as_of or {})
        return Manifest((*kept, layer), as_of, tuple(scopes), int(time.time()))

    def _scope(self) -> dict[str, Any]:
        """Return the selection for the manifest; a list of DOIs is kept beside it."""
        selection = self._order.selection
        scope = selection.scope
        if selection.dois is not None:
            listed = "\n".join(sorted(selection.dois))
            (self._directory / f"dois-{scope['dois']}.txt").write_text(listed, "utf-8", "surrogateescape")
        return scope

    def _write_sources(self, place: Path, read: list[Reading], absorbed: list[Layer]) -> None:
        """Write which files the layer came from, a line for each."""
        sources: dict[str, dict[str, Any]] = {}
        for layer in absorbed:
            sources |= {source["file"]: source for source in sources_of(self._directory, layer)}
        fresh: dict[str, dict[str, Any]] = {}
        for found in read:
            source: dict[str, Any] = {"file": found.name, "modified": found.modified, "loaded": int(time.time())}
            source = fresh.setdefault(found.name, {**source, "records": 0, "bytes": 0})
            source["records"] += found.records
            source["bytes"] += found.size
        with (place / SOURCES).open("wb") as stream:
            stream.writelines(orjson.dumps(source) + b"\n" for source in (sources | fresh).values())

    def _clear(self, named: set[str]) -> None:
        """Remove what this load and those before it, finished or not, have left."""
        shutil.rmtree(self._room, ignore_errors=True)
        (self._directory / _OF_BEFORE).unlink(missing_ok=True)
        for path in self._directory.glob("layer-*"):
            if path.name not in named:
                shutil.rmtree(path, ignore_errors=True)


def _read(room: Path, task: tuple[int, Piece]) -> tuple[int, Reading]:
    number, piece = task
    return number, reading.read(room, piece)


def sources_of(directory: Path, layer: Layer) -> list[dict[str, Any]]:
    """Return the files a layer came from."""
    return [orjson.loads(line) for line in (directory / layer.name / SOURCES).read_bytes().splitlines()]


def _also_below(directory: Path, layer: Layer, below: list[Layer]) -> dict[str, int]:
    """Return, by agency, how many works of a layer those below have too."""
    again: Counter[str] = Counter()
    if below:
        with ExitStack() as stack:
            new, *older = [stack.enter_context(closing(OpenLayer(directory, each))) for each in (layer, *below)]
            for some in new.keys_by_the_hundred():
                present = {key for each in older for key, whose in each.present(list(some)) if whose != _ALIAS}
                again.update(WHOSE[some[key]] for key in present if some[key] != _ALIAS)
    return dict(again)


def _as_of(old: Manifest, read: Iterable[Reading], told: Mapping[str, int]) -> dict[str, int]:
    """Return the moment up to which each agency's works are here: that of the load which brought most of them."""
    records: Counter[str] = Counter()
    newest: dict[str, int] = {}
    for found in read:
        records.update(found.by_agency)
        newest |= {agency: max(stamp, newest.get(agency, stamp)) for agency, stamp in found.newest.items()}
    as_of = dict(old.as_of)
    if not told:
        as_of |= {agency: newest[agency] for agency in newest if records[agency] >= old.records.get(agency, 0)}
    return as_of | {agency: max(moment, as_of.get(agency, moment)) for agency, moment in told.items()}

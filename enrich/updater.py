"""The snapshot's increments: what the agencies described anew since, day by day, into files and then into a layer.

A page is on the disk before the cursor that leads behind it, so whatever ends an update costs one page; a cursor that was
forgotten meanwhile costs one day. The pages are then loaded as any data file is, with the filters of the loads before them.
The day of the update itself is asked for as far as it has come, and again by the next update.
"""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol, TypeVar

import orjson

from enrich.agencies import changes
from enrich.agencies.changes import Page, Unread
from enrich.errors import StoreError
from enrich.model.wire import Flow
from enrich.snapshot import LoadResult, Selection, Snapshot

_T = TypeVar("_T")
_ROOM: Final = ".updating"
_DONE: Final = "read"
_CURSOR: Final = "cursor"


class Driver(Protocol):
    """Whatever can carry out a flow; transport in earnest, a table of answers in tests."""

    async def drive(self, flow: Flow[_T]) -> _T:
        """Return what the flow returns."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """How far an update is: the day of an agency it is at, and works received so far."""

    agency: str
    day: date
    works: int


@dataclass(slots=True)
class UpdateResult:
    """What an update did: works received, up to when each agency was read, who did not answer and why, and the load."""

    received: int = 0
    until: dict[str, datetime] = field(default_factory=dict)
    unanswered: dict[str, str] = field(default_factory=dict)
    load: LoadResult = field(default_factory=LoadResult)


class Updater:
    """Brings a snapshot up to date; `clock` tells the time in UTC."""

    def __init__(
        self,
        transport: Driver,
        snapshot: Snapshot,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        watch: Callable[[Step], None] = lambda _: None,
    ) -> None:
        self._transport = transport
        self._snapshot = snapshot
        self._clock = clock
        self._watch = watch
        self._room = snapshot.directory / _ROOM
        self._result = UpdateResult()

    async def update(
        self, agencies: Sequence[str] = (), *, since: date | None = None, workers: int = 1
    ) -> UpdateResult:
        """Ask the agencies, by default those whose works are here, for what they described since, and load it.

        Days that were read count even where an agency falls silent after them. Raises StoreError.
        """
        if not self._snapshot.exists:
            raise StoreError(
                f"there is no snapshot at {self._snapshot.directory} to update; `enrich snapshot load FILE` makes one"
            )
        scopes = _widest(self._snapshot.scopes)
        prefixes = _prefixes(scopes)
        for agency in agencies or [name for name in changes.WAYS if self._snapshot.as_of(name)]:
            begin = since or self._known_to(agency)
            await self._read(agency, begin, prefixes)
        self._load(scopes, workers)
        return self._result

    def _known_to(self, agency: str) -> date:
        moment = self._snapshot.as_of(agency)
        if moment is None:
            raise StoreError(
                f"the snapshot has no works of {agency}; say with --since from which day to ask for them"
            )
        return moment.date()

    async def _read(self, agency: str, begin: date, prefixes: Sequence[str]) -> None:
        """Read day after day, and note how far that went."""
        now = self._clock()
        day = begin
        while day <= now.date():
            trouble = await self._read_day(agency, day, prefixes)
            if trouble is not None:
                self._result.unanswered[agency] = trouble
                return
            self._result.until[agency] = min(
                now, datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)
            )
            day += timedelta(days=1)

    async def _read_day(self, agency: str, day: date, prefixes: Sequence[str]) -> str | None:
        """Read what is not read yet of a day; return why that could not be done, None where it was."""
        place = self._room / agency / day.isoformat()
        if (place / _DONE).exists():
            if datetime.fromisoformat((place / _DONE).read_text()).date() > day:
                return None
            shutil.rmtree(place)  # the day had not ended then
        place.mkdir(parents=True, exist_ok=True)
        number, cursor = _reached(place)
        while True:
            said = await self._transport.drive(changes.pages(agency, day, cursor, prefixes))
            if isinstance(said, Unread):
                if not said.is_forgotten:
                    return said.reason
                number, cursor = 0, None  # its pages are written over
                _write(place / _CURSOR, orjson.dumps([number, cursor]))
                continue
            self._keep(place, number, said)
            self._watch(Step(agency, day, self._result.received))
            number, cursor = number + 1, said.cursor
            if cursor is None:
                self._end(place, number)
                return None
            _write(place / _CURSOR, orjson.dumps([number, cursor]))

    def _keep(self, place: Path, number: int, page: Page) -> None:
        self._result.received += len(page.items)
        lines = b"".join(orjson.dumps(item) + b"\n" for item in page.items)
        _write(place / f"{number:06}.jsonl.gz", gzip.compress(lines, 1, mtime=0))

    def _end(self, place: Path, pages: int) -> None:
        """Note that a day was read, and when; pages beyond are of a cursor that was forgotten."""
        for path in place.glob("*.jsonl.gz"):
            if int(path.name.partition(".")[0]) >= pages:
                path.unlink()
        _write(place / _DONE, self._clock().isoformat().encode())

    def _load(self, scopes: Sequence[Selection], workers: int) -> None:
        """Load the days that were read; they are removed when they are in the snapshot."""
        days = [path.parent for path in sorted(self._room.glob(f"*/*/{_DONE}"))]
        pages = [page for day in days for page in sorted(day.glob("*.jsonl.gz"))]
        as_of = {agency: int(moment.timestamp()) for agency, moment in self._result.until.items()}
        self._result.load = LoadResult(total=sum(self._snapshot.info()["records"].values()))
        for scope in scopes if as_of else ():
            self._result.load = self._snapshot.build(pages, selection=scope, workers=workers, as_of=as_of)
        for day in days:
            shutil.rmtree(day)


def _reached(place: Path) -> tuple[int, str | None]:
    """Return the number of pages read of a day, and the cursor of the next."""
    try:
        number, cursor = orjson.loads((place / _CURSOR).read_bytes())
    except (OSError, ValueError):
        return 0, None
    return number, cursor


def _write(path: Path, data: bytes) -> None:
    """Have a file whole under its name, and on the disk."""
    new = path.with_name(f".{path.name}.new")
    with new.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(path)


def _widest(scopes: Sequence[Selection]) -> list[Selection]:
    """Return what the loads were filtered by; one without filters is enough."""
    wide = [each for each in scopes if each in (Selection(), Selection(fields="all"))]
    return wide[-1:] or list(scopes)


def _prefixes(scopes: Sequence[Selection]) -> list[str]:
    """Return the prefixes that are enough to ask for, none where all are."""
    needed: list[str] = []
    for scope in scopes:
        if not scope.prefixes:
            return []
        needed += (each.partition("/")[0] for each in scope.prefixes)
    return sorted(set(needed))

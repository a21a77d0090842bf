"""The snapshot as it is read: answers of the registries on this disk, dated, found by DOI.

Its files are never changed, only replaced (see :mod:`enrich.snapshot.load`), so reading needs no locks, works on a read-only
medium and for any number of processes; a reader notices a new snapshot by its manifest. What is absent from a snapshot is
not therefore unknown to its agency: it is just absent.
"""

from __future__ import annotations

import heapq
import math
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
import zstandard

from enrich import agencies
from enrich.errors import ProtocolError, StoreError
from enrich.identifiers.doi import Doi
from enrich.model import Elsewhere, Found, NotFound, Outcome
from enrich.model.unread import Unread
from enrich.snapshot import layers, load, parquet
from enrich.snapshot.layers import MANIFEST, Held, Layer, Manifest, OpenLayer, Shard
from enrich.snapshot.load import LoadResult, Order, Watch
from enrich.snapshot.selection import Selection
from enrich.snapshot.table import ALIAS, LEAST, WHOSE, Row, key_of
from enrich.snapshot.workforce import spread

_MANY: Final = 1000  # rows in hand
_GREATEST: Final = (1 << 63) - 1
_ALIAS: Final = WHOSE.index(ALIAS)
_DAMAGE: Final = (sqlite3.Error, zstandard.ZstdError, OSError, UnicodeDecodeError)


class Kept(NamedTuple):
    """An answer as it is kept: whose, when it was described (Unix time), and the agency's JSON."""

    agency: str
    stamp: int
    answer: bytes


class Snapshot:
    """The snapshot in a directory, which need not exist: then it knows nothing."""

    def __init__(self, directory: Path) -> None:
        self.directory = Path(directory)
        self._file = self.directory / MANIFEST
        self._name = str(self._file)  # looked at before every look-up: a Path takes as long as the system does
        self._manifest = Manifest()
        self._layers: list[OpenLayer] = []
        self._opened: tuple[int, int] | None = None

    @property
    def exists(self) -> bool:
        """Whether anything has been loaded."""
        return self._file.is_file()

    def load(self, dois: Sequence[Doi]) -> dict[Doi, Outcome]:
        """Return what the snapshot holds of these DOIs, in the order asked; the others are absent. Raises StoreError."""
        kept = self.answers(dois)
        told = ((doi, outcome_of(doi, kept[doi])) for doi in dois if doi in kept)
        return {doi: outcome for doi, outcome in told if outcome is not None}

    def unread(self, doi: Doi) -> Unread | None:
        """Return what the snapshot holds of a DOI, not read yet; None where it holds nothing. Raises StoreError."""
        try:
            rows = self._one(doi) if self._is_open() else ()
        except _DAMAGE as error:
            raise self._damaged(error) from error
        row, layer = next(((row, layer) for _, row, layer in rows), (None, None))
        if row is None or layer is None:
            return None
        _, stamp, _, whose, frame = row
        if whose == _ALIAS:
            kept = self.answers([doi]).get(doi)
            return (
                None
                if kept is None
                else Unread(kept.agency, kept.stamp, math.inf, kept.answer, lambda: outcome_of(doi, kept))
            )

        def read() -> Outcome | None:
            try:
                return outcome_of(doi, Kept(WHOSE[whose], stamp, layer.codec.decompress(frame)))
            except _DAMAGE as error:
                raise self._damaged(error) from error

        return Unread(WHOSE[whose], stamp, math.inf, frame, read)

    def version(self) -> tuple[int, int] | None:
        """Return what stays equal while no load or update puts other layers here; None where none are. Raises StoreError."""
        try:
            return self._opened if self._is_open() else None
        except _DAMAGE as error:
            raise self._damaged(error) from error

    def answers(self, dois: Sequence[Doi]) -> dict[Doi, Kept]:
        """Return the answers to these DOIs as they are kept; an alias has its prime's. Raises StoreError."""
        try:
            return self._answers(dois) if self._is_open() else {}
        except _DAMAGE as error:
            raise self._damaged(error) from error

    def _answers(self, dois: Sequence[Doi]) -> dict[Doi, Kept]:
        answers: dict[Doi, Kept] = {}
        primes: dict[Doi, Doi] = {}
        for doi, (_, stamp, _, whose, value), layer in self._one(dois[0]) if len(dois) == 1 else self._some(dois):
            if whose == _ALIAS:
                primes[doi] = Doi(value.decode())
            else:
                answers[doi] = Kept(WHOSE[whose], stamp, layer.codec.decompress(value))
        if primes:
            behind = list(dict.fromkeys(primes.values()))
            known = {
                doi: Kept(WHOSE[row[3]], row[1], layer.codec.decompress(row[4]))
                for doi, row, layer in self._some(behind)
                if row[3] != _ALIAS
            }
            answers |= {doi: known[prime] for doi, prime in primes.items() if prime in known}
        return answers

    def _one(self, doi: Doi) -> Iterable[tuple[Doi, Held, OpenLayer]]:
        """Return the row that counts for a DOI, if there is one, and its layer, without what a batch needs."""
        key, best = key_of(doi), None
        for layer in self._layers:
            row = layer.one(key)
            if row is not None and row[2] == doi and (best is None or _rank(row) >= _rank(best[1])):
                best = doi, row, layer
        return () if best is None else (best,)

    def _some(self, dois: Sequence[Doi]) -> Iterable[tuple[Doi, Held, OpenLayer]]:
        """Return the row that counts for each DOI: an answer before an alias, then the later described, then loaded."""
        wanted = {key_of(doi): doi for doi in dois}
        keys = sorted(wanted)
        best: dict[Doi, tuple[Doi, Held, OpenLayer]] = {}
        for layer in self._layers:
            for row in layer.held(keys):
                doi = wanted[row[0]]
                if doi == row[2] and (doi not in best or _rank(row) >= _rank(best[doi][1])):
                    best[doi] = doi, row, layer  # else another with the same hash
        return [best[doi] for doi in dois if doi in best]

    def as_of(self, agency: str) -> datetime | None:
        """Return the moment up to which the agency's works are here as it describes them, None where there are none."""
        if not self.exists:
            return None
        with self._reading():
            stamp = self._manifest.as_of.get(agency)
        return None if stamp is None else datetime.fromtimestamp(stamp, UTC)

    @property
    def scopes(self) -> list[Selection]:
        """What the data files were filtered by, load by load: an update keeps what one of these accepts."""
        return [Selection.of(scope, self._listed(scope["dois"])) for scope in layers.read(self.directory).scopes]

    def _listed(self, name: str | None) -> Iterable[Doi]:
        if name is None:
            return ()
        text = (self.directory / f"dois-{name}.txt").read_text("utf-8", "surrogateescape")
        return (Doi(doi) for doi in text.split("\n") if doi)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Have the layers as they are now open; what SQLite or zstd finds wrong becomes a StoreError."""
        try:
            if not self._is_open():
                self._open()
            yield
        except _DAMAGE as error:
            raise self._damaged(error) from error

    def _is_open(self) -> bool:
        """Have the layers as they are now open, and tell whether there are any."""
        try:
            status = os.stat(self._name)  # noqa: PTH116 -- by its name, see there
        except (FileNotFoundError, NotADirectoryError):
            return False
        if self._opened != (status.st_ino, status.st_mtime_ns):
            self._open()
        return True

    def _damaged(self, error: Exception) -> StoreError:
        return StoreError(f"the snapshot {self._file} cannot be read ({error}); {layers.remedy(self.directory)}")

    def _open(self) -> None:
        """Open the layers that the manifest names; a load may replace it meanwhile, then those it names next."""
        while True:
            self.close()
            status = self._file.stat()
            found = status.st_ino, status.st_mtime_ns
            self._manifest = layers.read(self.directory)
            try:
                for layer in self._manifest.layers:
                    self._layers.append(OpenLayer(self.directory, layer))
            except (OSError, sqlite3.Error):
                self.close()
                status = self._file.stat()
                if found == (status.st_ino, status.st_mtime_ns):
                    raise
            else:
                self._opened = found  # not before: what cannot be opened is no snapshot without works
                return

    def close(self) -> None:
        """Let go of the files; the next look-up opens them again."""
        for layer in self._layers:
            layer.close()
        self._layers, self._opened = [], None

    def build(
        self,
        paths: Iterable[Path],
        *,
        selection: Selection | None = None,
        workers: int = 1,
        progress: Watch = lambda _: None,
        as_of: dict[str, int] | None = None,
    ) -> LoadResult:
        """Load data files, or the directories that hold them; of two answers for one DOI the later described counts.

        `as_of` tells up to which moment an update has them. Raises StoreError, and the snapshot is what it was before; the
        same load again goes on with the files that were not read yet.
        """
        self.close()
        return load.build(self.directory, Order(tuple(paths), selection or Selection(), workers, as_of), progress)

    def info(self) -> dict[str, Any]:
        """Return works by agency, bytes, how old they are, and the files they came from."""
        with self._reading():
            manifest = self._manifest
            sources = [source for layer in manifest.layers for source in load.sources_of(self.directory, layer)]
        return {
            "records": manifest.records,
            "aliases": sum(layer.records.get(ALIAS, 0) for layer in manifest.layers),
            "bytes": sum(shard.bytes for _, shard in _shards(manifest)),
            "layers": len(manifest.layers),
            "dated": {
                "oldest": _moment(
                    min((each.oldest for each in manifest.layers if each.oldest is not None), default=None)
                ),
                "newest": _moment(
                    max((each.newest for each in manifest.layers if each.newest is not None), default=None)
                ),
                "files": _moment(max((source["modified"] for source in sources), default=None)),
                "loaded": _moment(manifest.loaded),
            },
            "as_of": {agency: _moment(stamp) for agency, stamp in manifest.as_of.items()},
            "scopes": [dict(scope) for scope in manifest.scopes],
            "sources": [
                {**source, "modified": _moment(source["modified"]), "loaded": _moment(source["loaded"])}
                for source in sources
            ],
        }

    def verify(self, *, workers: int = 1) -> list[str]:
        """Return what is wrong with the files, in sentences: where a checksum is another, each damaged answer."""
        shards = _shards(layers.read(self.directory))
        found = spread(partial(_damage, self.directory), shards, min(workers, len(shards)))
        return [line for lines in found for line in lines]

    def rows(self, *, aliases: bool = False) -> Iterator[Row]:
        """Yield every answer, decompressed, in the order of the keys; aliases, with their primes' answers, if wished.

        Raises StoreError.
        """
        reader = Snapshot(
            self.directory
        )  # of its own: a load may replace the snapshot while it is read to its end
        with reader._reading():
            try:
                yield from reader._rows(aliases=aliases)
            finally:
                reader.close()

    def _rows(self, *, aliases: bool) -> Iterator[Row]:
        ordered = (_ordered(layer, number) for number, layer in enumerate(self._layers))
        merged = heapq.merge(*ordered, key=itemgetter(0))
        best = (max(rows, key=itemgetter(1, 2, 3)) for _, rows in groupby(merged, key=itemgetter(0)))
        while some := list(islice(best, _MANY)):
            primes = self._answers([Doi(row[4]) for row in some if not row[1]] if aliases else [])
            for key, is_answer, stamp, number, doi, whose, frame in some:
                if is_answer:
                    yield Row(key, doi, whose, stamp, self._layers[number].codec.decompress(frame))
                elif (prime := primes.get(Doi(doi))) is not None:
                    yield Row(key, doi, prime.agency, prime.stamp, prime.answer)

    def export(self) -> Iterator[bytes]:
        """Yield every answer as a line of JSON that can be loaded again, with the date it bears."""
        for row in self.rows():
            answer = orjson.loads(row.value)
            if row.agency == "crossref":
                answer |= {"indexed": {"date-time": _moment(row.stamp)}}
            elif row.agency == "datacite":
                attributes = answer.get("attributes", answer) | {"updated": _moment(row.stamp)}
                answer = {"type": "dois", **answer, "attributes": attributes} if "attributes" in answer else {
                    "type": "dois", "attributes": attributes
                }  # fmt: skip
            yield orjson.dumps(answer) + b"\n"

    def to_parquet(self, directory: Path, *, parts: int = 1) -> int:
        """Write every answer as Parquet into a directory, parted by a hash of the DOI; return how many.

        An alias is a row of its own with its prime's answer. Raises StoreError and OutputError.
        """
        return parquet.write(self.rows(aliases=True), directory, parts)


def _rank(row: Held) -> tuple[bool, int]:
    return row[3] != _ALIAS, row[1]


def _shards(manifest: Manifest) -> list[tuple[Layer, Shard]]:
    return [(layer, shard) for layer in manifest.layers for shard in layer.shards]


def _damage(directory: Path, place: tuple[Layer, Shard]) -> list[str]:
    return list(layers.damage(directory, *place))


def _ordered(layer: OpenLayer, number: int) -> Iterator[tuple[int, bool, int, int, str, str, bytes]]:
    """Yield the rows of a layer: key, whether it is an answer, stamp, number of the layer, DOI, whose, frame."""
    for key, doi, whose, stamp, frame in layer.rows(LEAST, _GREATEST):
        yield key, WHOSE[whose] != ALIAS, stamp, number, doi, WHOSE[whose], frame


def outcome_of(doi: Doi, kept: Kept) -> Outcome | None:
    """Return the record of an answer; None where its agency's reader cannot make one, so that the agency is asked."""
    if kept.agency == "doi.org":
        return _word_of_doi_org(doi, orjson.loads(kept.answer))
    try:
        moment = datetime.fromtimestamp(kept.stamp, UTC)
        return Found(doi=doi, record=agencies.read(kept.agency, kept.answer, doi=doi, retrieved_at=moment))
    except ProtocolError:
        return None


def _word_of_doi_org(doi: Doi, told: Any) -> Outcome | None:
    """Return what an answer of doi.org settles: there is no such DOI, or its agency publishes nothing; None: neither."""
    match told:
        case {"RA": str(name)}:
            known = agencies.AGENCIES.get(name.lower())
            return Elsewhere(doi=doi, agency=name.lower()) if known is not None and known.lookup is None else None
        case {"responseCode": 100}:
            return NotFound(doi=doi, source="doi.org")
        case _:  # an absence is what doi.org says, not what it does not say
            return None


def _moment(stamp: int | None) -> str | None:
    return None if stamp is None else datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""What is known of DOIs, as rows on disk, keyed by agency and DOI.

Five kinds of rows::

    <agency>/<doi>     what the agency answered: the trimmed answer, compressed
    doi.org/<doi>      there is no such DOI; or its agency publishes nothing; or the answer lies under another agency
                       than expected
    prefix/<prefix>    which agency a prefix was last seen with
    handle/<doi>       the address that its handle leads to
    search/<digest>    the names an agency's search answered with

A value begins with its version, its kind and the moment of the answer, so that freshness follows the settings of the
day and not those it was stored under. Whoever looks for a DOI asks for the row of the agency it expects and for the
row of doi.org, all in one query; of two statements the later one counts. Only a DOI whose agency was not the expected
one costs a second query.
"""

from __future__ import annotations

import math
import struct
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import zstandard

from enrich import agencies
from enrich.agencies import directory
from enrich.cache.claims import TABLE, Claims
from enrich.cache.disk import Shelf
from enrich.identifiers import doi as doi_names
from enrich.identifiers.doi import Doi
from enrich.model.outcome import Elsewhere, Found, Landing, NotFound, Outcome, Place
from enrich.model.unread import Unread

_VERSION: Final = 1
_HEADER: Final = struct.Struct(">Bcd")
_FOUND, _ABSENT, _ELSEWHERE, _POINTER, _PREFIX, _HANDLE = b"F", b"A", b"E", b"P", b"X", b"H"
_HITS, _NO_HITS = b"S", b"N"
_KINDS: Final = frozenset({_FOUND, _ABSENT, _ELSEWHERE, _POINTER, _PREFIX, _HANDLE, _HITS, _NO_HITS})
_NOWHERE: Final = "doi.org"
_HANDLES: Final = "handle"
_LIKELIEST: Final = "crossref"  # of a prefix that nobody has met
_PREFIXES: Final = "prefix/"
_POINTERS: Final = "pointer"
_SEARCHES: Final = "search"
_CHUNK: Final = 500  # DOIs in one query
_LARGEST: Final = 64 << 20  # bytes of one answer, as transport bounds it
_SKEW: Final = 3600.0  # seconds that an answer may come from the future before it is not believed


class _Entry(NamedTuple):
    kind: bytes
    at: float
    payload: bytes

    @property
    def text(self) -> str:
        return self.payload.decode("utf-8", "replace")


def _packed(kind: bytes, at: float, payload: bytes) -> bytes:
    return _HEADER.pack(_VERSION, kind, at) + payload


def _unpacked(value: object) -> _Entry | None:
    """Return the parts of a value; None where another version, or nobody we know, wrote it."""
    if type(value) is not bytes or len(value) < _HEADER.size or value[0] != _VERSION:
        return None
    _, kind, at = _HEADER.unpack_from(value)
    return _Entry(kind, at, value[_HEADER.size :]) if kind in _KINDS and math.isfinite(at) else None


def _search_key(question: str) -> str:
    return f"{_SEARCHES}/{sha256(question.encode('utf-8', 'replace')).hexdigest()}"


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")


class Cache:
    """The answers on disk, opened when first asked; nothing that goes wrong with them stops a run.

    An answer is fresh for `ttl_found`, an absence for `ttl_not_found`; an answer may serve for `ttl_stale` while nobody
    can be asked.
    """

    def __init__(
        self,
        directory: Path,
        *,
        ttl_found: timedelta,
        ttl_not_found: timedelta,
        ttl_stale: timedelta,
        clock: Callable[[], float] = time.time,
    ) -> None:
        found, absent = ttl_found.total_seconds(), ttl_not_found.total_seconds()
        self._fresh = {
            _FOUND: found,
            _ELSEWHERE: found,
            _HANDLE: found,
            _HITS: found,
            _ABSENT: absent,
            _NO_HITS: absent,
            _POINTER: -1.0,
            _PREFIX: -1.0,
        }
        self._stale = max(ttl_stale.total_seconds(), found, absent)
        self._clock = clock
        self._shelf = Shelf(directory, keep=self._stale, beside=TABLE, clock=clock)
        self._claims = Claims(self._shelf, clock)
        self._prefixes: dict[str, str] | None = None
        self._pack = zstandard.ZstdCompressor(level=3, write_checksum=True).compress
        self._unpack = zstandard.ZstdDecompressor().decompress

    @property
    def note(self) -> str | None:
        """What a person should know of the state of the cache."""
        return self._shelf.note

    @property
    def is_impaired(self) -> bool:
        """Whether it could not be read, or not be written, when that was tried last."""
        return self._shelf.is_impaired

    def load(self, dois: Sequence[Doi], *, stale: bool = False) -> dict[Doi, Outcome]:
        """Return what is known of the DOIs and fresh, the others are missing; with `stale` also old answers, marked so."""
        known: dict[Doi, Outcome] = {}
        for doi, agency, entry in self._newest(dois):
            age = self._age(entry)
            fresh = age <= self._fresh[entry.kind]
            if not fresh and not (stale and entry.kind == _FOUND and age <= self._stale):
                continue
            outcome = self._outcome(doi, agency, entry)
            if outcome is not None:
                known[doi] = outcome if fresh else outcome.model_copy(update={"stale": True})
        return known

    def unread(self, doi: Doi) -> Unread | None:
        """Return the answer that is known of a DOI and fresh, not read yet; None where none is, or no answer but a word."""
        expected = self._expected(doi)
        key = f"{expected}/{doi}"
        rows = self._shelf.rows((key, f"{_NOWHERE}/{doi}"))
        if rows.keys() == {key}:  # nothing to be weighed: most are so
            only = _unpacked(rows[key])
            statement = (doi, expected, only) if only is not None else None
        else:
            statement = next(self._newest([doi]), None) if rows else None
        if statement is None or statement[2].kind != _FOUND or self._age(statement[2]) > self._fresh[_FOUND]:
            return None
        _, agency, entry = statement
        until = entry.at + self._fresh[_FOUND]
        return Unread(agency, entry.at, until, entry.payload, lambda: self._outcome(doi, agency, entry))

    def version(self) -> Hashable | None:
        """Return what stays equal while nobody, of this process or another, writes to the cache; None: not known."""
        return self._shelf.version()

    def load_stale(self, dois: Sequence[Doi]) -> dict[Doi, Outcome]:
        """Return the answers that may serve while nobody can be asked; those no longer fresh are marked `stale`."""
        return {doi: found for doi, found in self.load(dois, stale=True).items() if isinstance(found, Found)}

    def reserve(self, dois: Sequence[Doi]) -> tuple[dict[Doi, Outcome], list[Doi]]:
        """Return what is known of DOIs by now, and which of the others are the caller's to ask.

        The rest are being asked by other processes; to store an outcome, whatever it is, lets them go on.
        """
        mine = self._claims.take(dois)
        known = self.load([doi for doi in dois if doi in mine])
        if known:
            self._shelf.change(self._claims.release(known))
        return known, [doi for doi in dois if doi in mine and doi not in known]

    def store(self, outcomes: Mapping[Doi, Outcome]) -> None:
        """Keep what was found, what is absent and what lies elsewhere; failures and refusals are never kept."""
        rows = [row for doi, outcome in outcomes.items() for row in self._rows_of(doi, outcome)]
        if rows or self._claims.in_use:
            self._shelf.write(rows, self._claims.release(outcomes))

    def load_landings(self, dois: Sequence[Doi]) -> dict[Doi, Place]:
        """Return where the DOIs lead, or that they are absent, as far as that is known and fresh."""
        places: dict[Doi, Place] = {}
        statements = self._statements([(doi, place) for doi in dois for place in (_NOWHERE, _HANDLES)])
        for doi, _, entry in sorted(statements, key=lambda statement: statement[2].at):
            if self._age(entry) > self._fresh[entry.kind]:
                continue
            if entry.kind == _HANDLE:
                places[doi] = Landing(doi=doi, url=entry.text)
            elif entry.kind == _ABSENT:
                places[doi] = NotFound(doi=doi, source=entry.text)
        return places

    def store_landings(self, places: Mapping[Doi, Place]) -> None:
        """Keep where DOIs lead, and which of them are absent."""
        now = self._clock()
        rows = [
            (f"{_HANDLES}/{doi}", _packed(_HANDLE, now, place.url.encode()), _NOWHERE)
            for doi, place in places.items()
            if isinstance(place, Landing)
        ]
        absent = {doi: place for doi, place in places.items() if isinstance(place, NotFound)}
        rows += [row for doi, place in absent.items() for row in self._rows_of(doi, place)]
        if rows:
            self._shelf.write(rows)

    def searched(self, question: str, *, stale: bool = False) -> bytes | None:
        """Return what a search answered, if that is fresh; with `stale`, if it may serve while nobody can be asked."""
        key = _search_key(question)
        entry = _unpacked(self._shelf.rows([key]).get(key))
        if entry is None or entry.kind not in {_HITS, _NO_HITS}:
            return None
        return entry.payload if self._age(entry) <= (self._stale if stale else self._fresh[entry.kind]) else None

    def keep_search(self, question: str, answer: bytes, *, is_empty: bool) -> None:
        """Keep what a search answered; one that found nothing is believed as long as an absence."""
        row = _packed(_NO_HITS if is_empty else _HITS, self._clock(), answer)
        self._shelf.write([(_search_key(question), row, _SEARCHES)])

    def agency_of(self, prefixes: Iterable[str]) -> dict[str, str]:
        """Return the agency each prefix was last seen with, where one was."""
        learnt = self._learnt()
        return {prefix: learnt[prefix] for prefix in prefixes if prefix in learnt}

    def learn(self, prefix: str, agency: str) -> None:
        """Remember which agency a prefix belongs to."""
        if self._learnt().get(prefix) != agency:
            self._learnt()[prefix] = agency
            row = _packed(_PREFIX, self._clock(), agency.encode())
            self._shelf.write([(f"{_PREFIXES}{prefix}", row, _PREFIXES)])

    def close(self) -> None:
        """Let go of what is reserved and close the files; a later use opens them again."""
        self._claims.close()
        self._shelf.close()

    def info(self) -> dict[str, str | int]:
        """Return where the cache is, how much it holds, by agency, and from when to when. Raises StoreError."""
        rows = self._answers()
        figures: dict[str, str | int] = {
            "path": str(self._shelf.path),
            "bytes": self._shelf.size(),
            "entries": sum(row[1] for row in rows),
        }
        if rows:
            figures |= {"oldest": _iso(min(row[2] for row in rows)), "newest": _iso(max(row[3] for row in rows))}
        return figures | {f"entries from {row[0]}": row[1] for row in rows}

    def clear(self) -> int:
        """Forget all answers and return how many there were; the rate ledger is transport's and stays. Raises StoreError."""
        count = sum(row[1] for row in self._answers())
        self._shelf.clear()
        self._prefixes = None
        return count

    def prune(self, max_bytes: int) -> int:
        """Forget what may not serve any more, then the oldest until the rest fits; return how many. Raises StoreError."""
        before = sum(row[1] for row in self._answers())
        self._shelf.prune(max_bytes, self._clock(), spare=_PREFIXES)
        return before - sum(row[1] for row in self._answers())

    def verify(self) -> tuple[int, int]:
        """Return how many answers can be read, and how many could not and were forgotten. Raises StoreError."""
        bad = self._shelf.sweep(self._is_readable)
        return sum(row[1] for row in self._answers()), bad

    def _answers(self) -> list[tuple[str, int, float, float]]:
        """Return the tags of answers, without what only helps to find them."""
        return [row for row in self._shelf.tags() if row[0] not in {_PREFIXES, _POINTERS}]

    def _is_readable(self, key: str, value: bytes) -> bool:
        entry = _unpacked(value)
        agency, _, doi = key.partition("/")
        return entry is not None and (entry.kind != _FOUND or self._outcome(Doi(doi), agency, entry) is not None)

    def _learnt(self) -> dict[str, str]:
        """Return the agency of every prefix learnt so far; read once."""
        if self._prefixes is None:
            rows = self._shelf.under(_PREFIXES).items()
            entries = {key.removeprefix(_PREFIXES): entry for key, value in rows if (entry := _unpacked(value))}
            self._prefixes = {prefix: entry.text for prefix, entry in entries.items()}
        return self._prefixes

    def _expected(self, doi: Doi) -> str:
        """Return under which agency the answer for a DOI is looked for first."""
        learnt = self._learnt()
        return (learnt and learnt.get(doi_names.prefix(doi))) or directory.guess(doi) or _LIKELIEST

    def _newest(self, dois: Sequence[Doi]) -> Iterator[tuple[Doi, str, _Entry]]:
        """Yield the latest statement about each DOI, with the agency whose row it is."""
        rest = iter(dict.fromkeys(dois))
        while chunk := list(islice(rest, _CHUNK)):
            places = [(doi, place) for doi in chunk for place in (self._expected(doi), _NOWHERE)]
            statements = self._statements(places)
            pointed = [(doi, entry.text) for doi, _, entry in statements if entry.kind == _POINTER]
            newest: dict[Doi, tuple[Doi, str, _Entry]] = {}
            for statement in [*statements, *self._statements(pointed)] if pointed else statements:
                doi, _, entry = statement
                if entry.kind != _POINTER and (doi not in newest or newest[doi][2].at < entry.at):
                    newest[doi] = statement
            yield from newest.values()

    def _statements(self, places: Sequence[tuple[Doi, str]]) -> list[tuple[Doi, str, _Entry]]:
        """Return the rows about DOIs at places (an agency, or doi.org) that exist and can be read."""
        keys = [f"{place}/{doi}" for doi, place in places]
        rows = self._shelf.rows(keys)
        found = zip(places, map(rows.get, keys), strict=True)
        return [(doi, place, entry) for (doi, place), value in found if (entry := _unpacked(value)) is not None]

    def _age(self, entry: _Entry) -> float:
        age = self._clock() - entry.at
        return age if age >= -_SKEW else math.inf

    def _outcome(self, doi: Doi, agency: str, entry: _Entry) -> Outcome | None:
        """Return what an entry says of a DOI; None where it cannot be read any more."""
        if entry.kind == _ABSENT:
            return NotFound(doi=doi, source=entry.text)
        if entry.kind == _ELSEWHERE:
            return Elsewhere(doi=doi, agency=entry.text)
        try:
            if not 0 <= zstandard.frame_content_size(entry.payload) <= _LARGEST:
                return None  # a length that is made up would be taken from memory before anything is read
            answer = self._unpack(entry.payload)
            retrieved_at = datetime.fromtimestamp(entry.at, UTC)
            return Found(doi=doi, record=agencies.read(agency, answer, doi=doi, retrieved_at=retrieved_at))
        except Exception:  # noqa: BLE001 -- whatever a damaged or planted answer does to its reader, it is a miss
            return None

    def _rows_of(self, doi: Doi, outcome: Outcome) -> Iterator[tuple[str, bytes, str]]:
        """Yield key, value and tag of the rows that keep an outcome."""
        now = self._clock()
        match outcome:
            case Found(record=record, stale=False) if (
                record.source is not None and record.origin.agency is not None
            ):
                agency, retrieved = record.origin.agency, record.origin.retrieved_at
                at = retrieved.timestamp() if retrieved is not None else now
                yield f"{agency}/{doi}", _packed(_FOUND, at, self._pack(record.source.raw)), agency
                if self._expected(doi) != agency:
                    yield f"{_NOWHERE}/{doi}", _packed(_POINTER, at, agency.encode()), _POINTERS
            case NotFound(source=source):
                yield f"{_NOWHERE}/{doi}", _packed(_ABSENT, now, source.encode()), _NOWHERE
            case Elsewhere(agency=agency):
                yield f"{_NOWHERE}/{doi}", _packed(_ELSEWHERE, now, agency.encode()), _NOWHERE

"""Answers at hand that are not read yet: what reads them later says what a look-up says at once."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import orjson
import pytest
from standin.works import composed

from enrich.agencies import crossref, datacite
from enrich.cache import Cache
from enrich.errors import StoreError
from enrich.identifiers.doi import Doi
from enrich.locator import Locator
from enrich.model.outcome import Elsewhere, Found, Landing, NotFound, Outcome
from enrich.model.unread import Unread
from enrich.resolver import Resolver
from enrich.snapshot import Snapshot
from enrich.snapshot.table import opened

WORKS = {Doi(doi): work for doi, work in composed(12).items()}
DOIS = list(WORKS)
THEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DAY = timedelta(days=1)


class Nobody:
    """A driver that must not be asked."""

    async def drive(self, _flow: object) -> NoReturn:
        """Fail."""
        raise AssertionError("somebody was asked")


def found(doi: Doi, title: str | None = None) -> Found:
    """Return what Crossref says of a work."""
    raw = orjson.dumps(crossref.trim({**WORKS[doi], **({"title": [title]} if title else {})}))
    return Found(doi=doi, record=crossref.read(raw, doi=doi, retrieved_at=THEN))


def elsewhere_found(doi: Doi) -> Found:
    """Return a work of DataCite's under a prefix that is expected to be Crossref's."""
    raw = orjson.dumps({"doi": doi, "titles": [{"title": "A data set"}], "types": {}})
    return Found(doi=doi, record=datacite.read(raw, doi=doi, retrieved_at=THEN))


@pytest.fixture
def now() -> list[float]:
    """The time, which a test may change."""
    return [THEN.timestamp() + 60]


@pytest.fixture
def cache(tmp_path: Path, now: list[float]) -> Iterator[Cache]:
    """A cache that holds an answer of each kind."""
    kept = Cache(tmp_path / "cache", ttl_found=DAY, ttl_not_found=DAY, ttl_stale=9 * DAY, clock=lambda: now[0])
    outcomes: dict[Doi, Outcome] = {doi: found(doi) for doi in DOIS[:6]}
    outcomes[DOIS[6]] = NotFound(doi=DOIS[6], source="doi.org")
    outcomes[DOIS[7]] = Elsewhere(doi=DOIS[7], agency="cnki")
    outcomes[DOIS[8]] = elsewhere_found(DOIS[8])
    kept.store(outcomes)
    yield kept
    kept.close()


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    """A snapshot that holds some works, one under a second name, and that there is no such DOI as another."""
    works = [{**work, "title": ["As the snapshot has it"]} for work in list(WORKS.values())[3:7]]
    works[0] |= {"aliases": [DOIS[11]], "resource": {"primary": {"URL": "https://example.org/work"}}}
    works.append({"responseCode": 100, "handle": DOIS[10]})
    (tmp_path / "works.jsonl").write_bytes(b"".join(orjson.dumps(work) + b"\n" for work in works))
    made = Snapshot(tmp_path / "snapshot")
    made.build([tmp_path / "works.jsonl"])
    return made


def told(unread: Unread | None) -> Outcome | None:
    """Return what an answer says once it is read."""
    return unread.read() if unread is not None else None


def test_the_cache_says_the_same_later(cache: Cache, now: list[float]) -> None:
    """A fresh answer reads as :meth:`Cache.load` reads it, whoever's it is; a mere word, or an old answer, is none."""
    for doi in DOIS:
        known = cache.load([doi]).get(doi)
        assert told(cache.unread(doi)) == (known if isinstance(known, Found) else None)
    assert sum(cache.unread(doi) is not None for doi in DOIS) == 7
    now[0] += 2 * DAY.total_seconds()
    assert [cache.unread(doi) for doi in DOIS] == [None] * len(DOIS)


@pytest.mark.parametrize("is_found_last", [True, False])
@pytest.mark.parametrize("other", ["absence", "another agency's"])
def test_of_several_words_the_last_counts(
    cache: Cache, now: list[float], other: str, *, is_found_last: bool
) -> None:
    """Where a DOI was found and not found, or at two agencies, what is read later is what is read at once."""
    doi = DOIS[9]
    words: list[Outcome] = [
        NotFound(doi=doi, source="doi.org") if other == "absence" else elsewhere_found(doi),
        found(doi),
    ]
    for word in words if is_found_last else reversed(words):
        now[0] += 60
        cache.store({doi: word})
    known = cache.load([doi]).get(doi)
    assert told(cache.unread(doi)) == (known if isinstance(known, Found) else None)
    assert isinstance(known, NotFound) == (other == "absence"), (
        "its moment is the later one, whatever came in first"
    )


def test_the_snapshot_says_the_same_later(snapshot: Snapshot) -> None:
    """An answer reads as :meth:`Snapshot.load` reads it, one under a second name too."""
    for doi in DOIS:
        assert told(snapshot.unread(doi)) == snapshot.load([doi]).get(doi)
    assert [doi for doi in DOIS if snapshot.unread(doi) is not None] == [*DOIS[3:7], *DOIS[10:12]]
    assert Snapshot(snapshot.directory / "none").unread(DOIS[3]) is None


def test_what_stands_still_is_the_same(cache: Cache, snapshot: Snapshot) -> None:
    """As long as nothing is stored anew, an answer is kept in the same bytes of the same moment; a new one in others."""
    for source in (cache, snapshot):
        one, two = source.unread(DOIS[3]), source.unread(DOIS[3])
        assert one is not None
        assert two is not None
        assert one[:4] == two[:4]
    before = cache.unread(DOIS[3])
    cache.store({DOIS[3]: found(DOIS[3], "Another title")})
    after = cache.unread(DOIS[3])
    assert before is not None
    assert after is not None
    assert before[:4] != after[:4]


@pytest.mark.parametrize("has_snapshot", [True, False])
def test_the_resolver_says_the_same_later(cache: Cache, snapshot: Snapshot, has_snapshot: bool) -> None:  # noqa: FBT001
    """What is at hand is what a look-up gives without asking anybody, from the same source."""

    async def scene() -> None:
        sources: Counter[str] = Counter()
        resolver = Resolver(Nobody(), cache, snapshot if has_snapshot else None, offline=True)
        for doi in DOIS:
            resolver.answered_by.clear()
            read = told(resolver.unread(doi))
            counted = resolver.answered_by.copy()
            resolver.answered_by.clear()
            outcome = (await resolver.resolve([doi]))[doi]
            assert read == (outcome if isinstance(outcome, Found) else None)
            assert counted == (resolver.answered_by if read is not None else {})
            sources.update(counted)
        assert sources == ({"cache": 4, "snapshot": 5} if has_snapshot else {"cache": 7})

    asyncio.run(scene())


CHANGES: dict[str, Callable[[Cache, Snapshot], object]] = {
    "an answer": lambda cache, _: cache.store({DOIS[9]: found(DOIS[9])}),
    "an absence": lambda cache, _: cache.store({DOIS[9]: NotFound(doi=DOIS[9], source="doi.org")}),
    "whose a prefix is": lambda cache, _: cache.learn("10.9999", "datacite"),
    "nothing left": lambda cache, _: cache.clear(),
    "less left": lambda cache, _: cache.prune(0),
    "swept": lambda cache, _: cache.verify(),
    "put aside": lambda cache, _: spoil(cache),
    "another snapshot": lambda _, snapshot: snapshot.build([snapshot.directory.parent / "works.jsonl"]),
}


def spoil(cache: Cache) -> None:
    """Break the file of the cache, which is found out when it is opened."""
    cache.close()
    (path,) = Path(str(cache.info()["path"])).glob("cache.db")
    cache.close()
    path.write_bytes(b"no database at all" * 1000)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("by_another", [True, False])
def test_a_version_is_equal_as_long_as_nothing_changes(
    cache: Cache,
    snapshot: Snapshot,
    change: str,
    by_another: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    """Looking changes no version; whatever is changed changes it for good, whoever did it and whether he is still there."""
    resolver = Resolver(Nobody(), cache, snapshot, offline=True)
    versions = [resolver.version()]
    for doi in DOIS:
        told(resolver.unread(doi))
        cache.load([doi])
    versions.append(resolver.version())
    assert versions[0] == versions[1]
    assert versions[0] is not None
    place = Path(str(cache.info()["path"])).parent
    other = Cache(place, ttl_found=DAY, ttl_not_found=DAY, ttl_stale=9 * DAY) if by_another else cache
    CHANGES[change](other, Snapshot(snapshot.directory) if by_another else snapshot)
    after = resolver.version()
    assert after not in versions
    if by_another:
        other.close()
    assert resolver.version() == after


def test_a_first_load_is_noticed(cache: Cache, snapshot: Snapshot, tmp_path: Path) -> None:
    """Who began before there was any snapshot finds what is loaded meanwhile, by each way of looking."""
    late = Snapshot(tmp_path / "late")
    resolver = Resolver(Nobody(), cache, late, offline=True)
    locator = Locator(Nobody(), cache, late, offline=True)
    before = resolver.version()
    assert resolver.unread(DOIS[11]) is None
    snapshot.close()
    snapshot.directory.rename(late.directory)
    assert resolver.version() != before
    assert isinstance(told(resolver.unread(DOIS[11])), Found)
    assert isinstance(asyncio.run(resolver.resolve([DOIS[11]]))[DOIS[11]], Found)
    assert isinstance(asyncio.run(locator.locate([DOIS[11]]))[DOIS[11]], Landing)


def test_who_cannot_look_knows_no_version(tmp_path: Path) -> None:
    """Where there is no cache to be looked at, no version is equal to another."""
    (tmp_path / "file").write_bytes(b"")
    cache = Cache(tmp_path / "file" / "cache", ttl_found=DAY, ttl_not_found=DAY, ttl_stale=DAY)
    assert cache.version() is None
    assert Resolver(Nobody(), cache, None, offline=True).version() is None


@pytest.mark.parametrize(("offline", "end"), [(True, math.inf), (False, THEN.timestamp() + DAY.total_seconds())])
def test_an_answer_has_an_end(
    cache: Cache,
    snapshot: Snapshot,
    now: list[float],
    offline: bool,  # noqa: FBT001 -- a column of the table
    end: float,
) -> None:
    """One of the cache may be given while it is fresh, one of the snapshot while that is; offline that is for ever."""
    as_of = snapshot.as_of("crossref")
    assert as_of is not None
    span = timedelta(seconds=end - as_of.timestamp()) if not offline else DAY
    resolver = Resolver(
        Nobody(),
        cache,
        snapshot,
        offline=offline,
        ttl_snapshot=span,
        clock=lambda: datetime.fromtimestamp(now[0], UTC),
    )
    held, kept = resolver.unread(DOIS[3]), resolver.unread(DOIS[0])
    assert held is not None
    assert kept is not None
    assert held.until == pytest.approx(end)
    assert kept.until == THEN.timestamp() + DAY.total_seconds()
    now[0] = kept.until + 1
    assert resolver.unread(DOIS[0]) is None
    assert (resolver.unread(DOIS[3]) is None) != offline


def test_damage_is_told(snapshot: Snapshot) -> None:
    """A row of the snapshot that is damaged is an error, as for a look-up, and not an absence."""
    (shard,) = (path for path in snapshot.directory.rglob("*") if path.suffix in {".db", ".sqlite", ".sqlite3"})
    snapshot.close()
    data = bytearray(shard.read_bytes())
    database = opened(shard)
    frames: list[Any] = [
        value for (value,) in database.execute("SELECT value FROM work WHERE doi = ?", (DOIS[4],))
    ]
    database.close()
    place = data.find(frames[0])
    data[place + len(frames[0]) // 2] ^= 0xFF
    shard.write_bytes(data)
    with pytest.raises(StoreError):
        snapshot.load([DOIS[4]])
    with pytest.raises(StoreError):
        told(snapshot.unread(DOIS[4]))

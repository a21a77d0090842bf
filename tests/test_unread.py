"""Answers at hand that are not read yet: what reads them later says what a look-up says at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
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
from enrich.model.outcome import Elsewhere, Found, NotFound, Outcome
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
    """A snapshot that holds some works, one under a second name."""
    works = [{**work, "title": ["As the snapshot has it"]} for work in list(WORKS.values())[3:7]]
    works[0]["aliases"] = [DOIS[11]]
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


def test_the_snapshot_says_the_same_later(snapshot: Snapshot) -> None:
    """An answer reads as :meth:`Snapshot.load` reads it, one under a second name too."""
    for doi in DOIS:
        assert told(snapshot.unread(doi)) == snapshot.load([doi]).get(doi)
    assert [doi for doi in DOIS if snapshot.unread(doi) is not None] == [*DOIS[3:7], DOIS[11]]
    assert Snapshot(snapshot.directory / "none").unread(DOIS[3]) is None


def test_what_stands_still_is_the_same(cache: Cache, snapshot: Snapshot) -> None:
    """As long as nothing is stored anew, an answer is kept in the same bytes of the same moment; a new one in others."""
    for source in (cache, snapshot):
        one, two = source.unread(DOIS[3]), source.unread(DOIS[3])
        assert one is not None
        assert two is not None
        assert one[:3] == two[:3]
    before = cache.unread(DOIS[3])
    cache.store({DOIS[3]: found(DOIS[3], "Another title")})
    after = cache.unread(DOIS[3])
    assert before is not None
    assert after is not None
    assert before[:3] != after[:3]


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

"""Works out of memory: whatever became of the stores meanwhile, what is given is what they hold."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standin.works import composed

from enrich.agencies import crossref
from enrich.cache import Cache
from enrich.enricher import Enricher
from enrich.identifiers.doi import Doi
from enrich.model.outcome import Found, NotFound
from enrich.service import desk as desks
from enrich.service import rendered, works
from enrich.service.desk import Desk
from enrich.settings import Settings
from enrich.snapshot import Snapshot

WORKS = {Doi(doi): work for doi, work in composed(3).items()}
DOIS = list(WORKS)
KINDS = [b"", b"application/x-bibtex"]
_WHICH = st.sampled_from(DOIS)
_TITLES = st.sampled_from(["One title", "Another title"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), _WHICH, st.sampled_from(KINDS)),
        st.tuples(st.just("store"), _WHICH, _TITLES),
        st.tuples(st.just("absent"), _WHICH),
        st.tuples(st.just("load"), _WHICH, _TITLES),
        st.tuples(st.sampled_from(["clear", "prune", "unload", "damage"])),
    ),
    min_size=4,
    max_size=14,
)


class Stores:
    """Cache and snapshot as somebody else changes them, whose process is another."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loads = 0

    def cache(self) -> Cache:
        """Open the cache for one change."""
        kept = self._settings
        return Cache(
            kept.cache_dir, ttl_found=kept.ttl_found, ttl_not_found=kept.ttl_not_found, ttl_stale=kept.ttl_stale
        )

    def change(self, what: str, doi: Doi = DOIS[0], title: str = "") -> None:
        """Do what a step says."""
        work = {**WORKS[doi], "title": [title]}
        if what == "load":
            self._loads += 1
            lines = self._settings.cache_dir.parent / "works.jsonl"
            moment = {"date-time": f"2026-01-01T00:00:{self._loads:02}Z"}
            lines.write_bytes(orjson.dumps({**work, "indexed": moment}))
            Snapshot(self._settings.snapshot).build([lines])
        elif what == "unload":
            shutil.rmtree(self._settings.snapshot, ignore_errors=True)
        elif what == "damage":
            self._settings.cache_dir.mkdir(exist_ok=True)
            Path(self._settings.cache_dir, "rendered.db").write_bytes(b"none of SQLite's" * 300)
        else:
            cache = self.cache()
            if what == "store":
                raw = orjson.dumps(crossref.trim(work))
                cache.store(
                    {doi: Found(doi=doi, record=crossref.read(raw, doi=doi, retrieved_at=datetime.now(UTC)))}
                )
            elif what == "absent":
                cache.store({doi: NotFound(doi=doi, source="doi.org")})
            else:
                cache.clear() if what == "clear" else cache.prune(0)
            cache.close()


def told(desk: Desk, doi: Doi, accept: bytes) -> bytes | None:
    """Return the body that the service has at hand."""
    answer = works.at_hand(desk, {"raw_path": f"/works/{doi}".encode(), "path": f"/works/{doi}"}, accept)
    return None if answer is None else answer.body


async def held(settings: Settings, doi: Doi, accept: bytes) -> bytes | None:
    """Return the body made from what the stores hold, by somebody who has no memory."""
    async with Enricher(settings) as enricher:
        outcome = (await enricher.resolver.resolve([doi]))[doi]
    return works.rendered(outcome, accept.decode() or works.JSON) if isinstance(outcome, Found) else None


@settings(max_examples=25, deadline=None)
@given(STEPS)
def test_memory_says_what_the_stores_say(steps: list[tuple[Any, ...]]) -> None:
    """Once its minute is over, no answer differs from what cache and snapshot hold, and what they hold is at hand."""

    async def scene(home: Path) -> None:
        kept = Settings(
            cache_dir=home / "cache", snapshot=home / "snapshot", state_dir=home / "state", offline=True
        )
        stores, asked = Stores(kept), [(DOIS[0], KINDS[0])]
        async with Desk(kept) as desk:
            for what, *details in steps:
                if what == "ask":
                    asked.append((details[0], details[1]))
                else:
                    stores.change(what, *details)
                for doi, accept in asked:
                    assert told(desk, doi, accept) == await held(kept, doi, accept), (what, *details)

    with pytest.MonkeyPatch.context() as patched, tempfile.TemporaryDirectory() as home:
        patched.setattr(rendered, "LIFE", 0.0)
        patched.setattr(desks, "GLANCE", 0.0)
        asyncio.run(scene(Path(home)))

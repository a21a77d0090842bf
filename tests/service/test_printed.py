"""Bodies kept on disk: right or not there, whatever becomes of the file; answers made once from what stands behind them."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from service.conftest import DOIS, WORKS, serving
from standin import StandIn
from standin.fixtures import settings_for
from standin.timing import Clock

from enrich import sharing
from enrich.cache import Cache
from enrich.identifiers.doi import Doi
from enrich.resolver import Resolver
from enrich.service import desk, printed, rendered, works
from enrich.service.printed import BATCH, FILE, Printed, etag_of

BODY = b'{"doi":"10.1155/2012/574025"}'


def keep(shelf: Printed, number: int, body: bytes = BODY) -> bytes:
    """Keep a body under a number and return its name."""
    digest = shelf.digest(b"%d" % number)
    shelf.keep(digest, body, etag_of(body))
    return digest


def test_what_is_kept_is_found(tmp_path: Path) -> None:
    """A body comes back with its validator, also to another process; nothing else does."""
    with closing(Printed(tmp_path)) as one, closing(Printed(tmp_path)) as other:
        digests = [keep(one, number, BODY + b"%d" % number) for number in range(BATCH + 1)]
        one.write()
        assert [other.find(digest) for digest in digests] == [
            (BODY + b"%d" % number, etag_of(BODY + b"%d" % number)) for number in range(BATCH + 1)
        ]
        assert other.find(other.digest(b"nothing")) is None
        assert (one.kept, other.found) == (BATCH + 1, BATCH + 1)


def test_parts_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of a body depends on each part for itself, and on the code."""
    shelf = Printed(tmp_path)
    names = [
        shelf.digest(b"ab", b"c"),
        shelf.digest(b"a", b"bc"),
        shelf.digest(b"abc"),
        shelf.digest(b"ab", b"c", b""),
    ]
    monkeypatch.setattr(printed, "edition", lambda: b"another")
    names.append(Printed(tmp_path).digest(b"ab", b"c"))
    assert len(set(names)) == len(names)
    assert shelf.digest(b"ab", b"c") == names[0]


@pytest.mark.parametrize("harm", ["body", "digest", "type"])
def test_a_damaged_row_is_not_there(tmp_path: Path, harm: str) -> None:
    """A body that is not as it was written, or another's, is made again."""
    with closing(Printed(tmp_path)) as shelf:
        digest = keep(shelf, 1)
        shelf.write()
        damages = {
            "body": "UPDATE body SET body = CAST(replace(body, x'31', x'32') AS BLOB)",
            "digest": "UPDATE body SET digest = x'00'",
            "type": "UPDATE body SET body = 'text'",
        }
        with closing(sqlite3.connect(tmp_path / FILE)) as database, database:
            database.execute(damages[harm])
        assert shelf.find(digest) is None
        keep(shelf, 1)
        shelf.write()
        assert shelf.find(digest) == (BODY, etag_of(BODY))


def test_a_file_that_is_none(tmp_path: Path) -> None:
    """Whatever stands at its place stops nothing; what is no database is begun anew by the next process."""
    (tmp_path / FILE).write_bytes(b"this is no database, and long enough to be told from one" * 100)
    for found in (None, (BODY, etag_of(BODY))):
        with closing(Printed(tmp_path)) as shelf:
            digest = keep(shelf, 1)
            shelf.write()
            assert shelf.find(digest) == found
    (tmp_path / "a").write_bytes(b"no directory")
    shelf = Printed(tmp_path / "a")
    digest = keep(shelf, 1)
    shelf.write()
    assert shelf.find(digest) is None


def test_another_is_writing(tmp_path: Path) -> None:
    """Nobody waits for a lock: what cannot be written now is written later."""
    with closing(Printed(tmp_path)) as shelf:
        keep(shelf, 1)
        shelf.write()
        digest = keep(shelf, 2)
        with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            shelf.write()
            assert shelf.find(digest) is None
            other.execute("ROLLBACK")
        shelf.write()
        assert shelf.find(digest) is not None


def test_what_waits_is_bounded(tmp_path: Path) -> None:
    """While another holds the file for itself bodies wait, so many and no more; then they are written."""
    with (
        closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other,
        closing(Printed(tmp_path)) as shelf,
    ):
        other.execute("BEGIN EXCLUSIVE")
        digests = [keep(shelf, number) for number in range(20 * BATCH)]
        assert [shelf.find(digest) for digest in digests] == [None] * len(digests)
        other.execute("ROLLBACK")
        shelf.write()
        assert shelf.kept == 8 * BATCH
        assert shelf.find(digests[0]) is not None


@pytest.mark.parametrize(
    ("code", "is_used"),
    [
        (sqlite3.SQLITE_BUSY, True),
        (sqlite3.SQLITE_BUSY_RECOVERY, True),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, True),
        (sqlite3.SQLITE_FULL, False),
        (sqlite3.SQLITE_IOERR_READ, False),
    ],
)
@pytest.mark.parametrize("verb", ["find", "write"])
def test_a_fault_ends_its_use_for_a_while_and_is_told(
    tmp_path: Path, verb: str, code: int, *, is_used: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Another process that writes, or tidies up after one that was killed, is waited for; a fault is told, once.

    After a minute the file is used again: a disk that was full has room, a network file system is there again.
    """

    class Faulty:
        def execute(self, *_: object) -> None:
            error = sqlite3.OperationalError("a fault of the disk")
            error.sqlite_errorcode = code
            raise error

        def __enter__(self) -> None:
            pass

        def __exit__(self, *_: object) -> None:
            pass

        def close(self) -> None:
            pass

    clock = Clock()
    with closing(Printed(tmp_path, clock=clock)) as shelf:
        digest = keep(shelf, 1)
        shelf.write()
        keep(shelf, 2)
        sound, shelf._database = shelf._database, Faulty()  # type: ignore[assignment]  # in all that is asked of it
        for _ in range(3):
            shelf.find(digest) if verb == "find" else shelf.write()
        told = [record.getMessage() for record in caplog.records]
        assert len(told) == (not is_used)
        assert all("a fault of the disk" in each and FILE in each for each in told)
        if is_used:
            shelf._database = sound
        assert (shelf.find(digest) is not None) == is_used
        if not is_used:
            late = keep(shelf, 3)
            shelf.write()
            clock.now += sharing.REST
            assert shelf.find(late) is None
            keep(shelf, 3)
            shelf.write()
            assert [shelf.find(each) is not None for each in (digest, late)] == [True, True]
            shelf._give_up(sqlite3.OperationalError("a fault of the disk"))
            assert len(caplog.records) == 2
        if not is_used and sound is not None:
            sound.close()


def test_what_is_there_is_found_while_nothing_can_be_added(tmp_path: Path) -> None:
    """On a full disk the bodies that are there serve on, and nothing waits in memory to be written."""
    with closing(Printed(tmp_path)) as shelf:
        digest = keep(shelf, 1)
        shelf.write()
        assert shelf._database is not None
        shelf._database.execute("PRAGMA max_page_count = 1")
        for number in range(2, 10):
            keep(shelf, number, os.urandom(100_000))
            shelf.write()
        assert shelf._new == {}
        assert shelf.find(digest) == (BODY, etag_of(BODY))


def test_its_room_is_bounded(tmp_path: Path) -> None:
    """However much is kept, the file stays within its room, and what came last is there."""
    room = 6 << 20
    with closing(Printed(tmp_path, room=room)) as shelf:
        last = [keep(shelf, number, b"%7d" % number * 500) for number in range(3000)][-1]
        shelf.write()
        assert shelf.find(last) is not None
        assert shelf.kept == 3000
    assert (tmp_path / FILE).stat().st_size <= room


def test_another_library_makes_another_edition(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a newer library may write otherwise is not taken from what an older one wrote."""
    before = printed.edition()
    assert printed.edition() == before
    monkeypatch.setattr(printed.metadata, "version", lambda name: f"later {name}")
    assert printed.edition() != before


def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every answer in memory have had its minute, and every glance at the stores be a new one."""
    monkeypatch.setattr(rendered, "LIFE", 0.0)
    monkeypatch.setattr(desk, "GLANCE", 0.0)


@pytest.mark.parametrize("kind", works.TYPES)
def test_made_once_from_the_same(
    registries: StandIn, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the minute, and in another process, the same answer makes the same bytes and headers and is not read again."""
    path, headers = f"/works/{DOIS[7]}", {"Accept": kind}
    made: list[str] = []
    real = works.rendered
    monkeypatch.setattr(works, "rendered", lambda found, kind: made.append(kind) or real(found, kind))
    no_patience(monkeypatch)
    answers: list[httpx.Response] = []
    for _ in range(2):
        with serving(registries, tmp_path) as url, httpx.Client(base_url=url, timeout=30) as client:
            answers += [client.get(path, headers=headers) for _ in range(4)]
            answers.append(client.get(path, headers={**headers, "If-None-Match": "*"}))
    whole = [answer for answer in answers if answer.status_code == 200]
    assert len(whole) == 8
    assert {answer.content for answer in whole} == {whole[0].content}
    assert {answer.headers["etag"] for answer in answers} == {whole[0].headers["etag"]}
    assert {tuple(name for name in answer.headers if name != "date") for answer in whole} == {
        tuple(name for name in whole[0].headers if name != "date")
    }
    assert len(made) == 2, "once as it came from the agency, once as it is kept"


def test_looked_up_once_while_nothing_changes(
    registries: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the minute a work is not looked up again unless somebody wrote to the stores, or its record is too old."""
    no_patience(monkeypatch)
    settings = settings_for(registries, tmp_path)
    looked: list[Doi] = []
    real = Resolver.unread
    monkeypatch.setattr(Resolver, "unread", lambda self, doi: looked.append(doi) or real(self, doi))
    with serving(registries, tmp_path) as url, httpx.Client(base_url=url, timeout=30) as client:
        paths = [f"/works/{doi}" for doi in DOIS[:2]]

        def lookups(path: str) -> int:
            before = len(looked)
            client.get(path).raise_for_status()
            return len(looked) - before

        for path in paths * 2:
            lookups(path)
        assert [lookups(path) for path in paths * 2] == [0] * 4
        client.get(f"/works/{DOIS[2]}").raise_for_status()
        assert [lookups(path) for path in paths * 2] == [1, 1, 0, 0]
        late = time.time() + settings.ttl_found.total_seconds() + 1
        monkeypatch.setattr(works.time, "time", lambda: late)
        assert [lookups(path) for path in paths] == [1, 1]


def test_a_change_is_seen(registries: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that another process stored is given once the minute is over; a cleared cache asks again."""
    doi, path = Doi(DOIS[8]), f"/works/{DOIS[8]}"
    settings = settings_for(registries, tmp_path)
    spans: dict[str, Any] = {name: getattr(settings, name) for name in ("ttl_found", "ttl_not_found", "ttl_stale")}
    cache = Cache(settings.cache_dir, **spans)
    no_patience(monkeypatch)
    with serving(registries, tmp_path) as url, httpx.Client(base_url=url, timeout=30) as client:
        first = client.get(path)
        assert client.get(path).content == first.content
        found = cache.load([doi])[doi]
        source = found.record.source  # type: ignore[union-attr]  # it is found
        title = WORKS[DOIS[8]]["title"][0].encode()
        raw = source.raw.replace(title, b"A corrected title")
        record = found.record.model_copy(update={"source": source.model_copy(update={"raw": raw})})  # type: ignore[union-attr]  # likewise
        cache.store({doi: found.model_copy(update={"record": record})})
        second = client.get(path)
        assert second.json()["work"]["title"] == "A corrected title"
        assert second.headers["etag"] != first.headers["etag"]
        asked = len(registries.requests)
        cache.clear()
        assert client.get(path).json()["work"]["title"].encode() == title
        assert len(registries.requests) > asked
    cache.close()


def test_two_processes(registries: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two services with one cache directory give the same bytes for everything, whoever rendered it."""
    no_patience(monkeypatch)
    with (
        serving(registries, tmp_path) as one,
        serving(registries, tmp_path) as two,
        httpx.Client(timeout=30) as client,
    ):
        for doi in DOIS[10:15]:
            bodies = [client.get(f"{base}/works/{doi}").raise_for_status().content for base in (one, two) * 3]
            assert len(set(bodies)) == 1

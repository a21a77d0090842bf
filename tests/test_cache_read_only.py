"""A cache that cannot be written: what is there is read, nothing is added, and a person is told once."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from standin.timing import Clock
from test_cache import DAY, ONE, TWO, found, opened

from enrich import sharing
from enrich.cache import Cache
from enrich.cache.disk import Shelf
from enrich.errors import StoreError
from enrich.model.outcome import NotFound

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permission bits are POSIX'")
_NOBODY = 65534


@pytest.fixture
def kept() -> Iterator[Path]:
    """A cache directory with an answer, of which its reader may change nothing, however much of a user he is."""
    home = Path(tempfile.mkdtemp(prefix="enrich-read-only-"))
    cache = opened(home)
    cache.store({ONE: found(ONE)})
    cache.learn("10.5555", "datacite")
    cache.close()
    places = [home, *home.rglob("*")]
    for place in places:
        place.chmod(0o555 if place.is_dir() else 0o444)
    root = os.geteuid() == 0
    if root:
        os.seteuid(_NOBODY)  # permission bits mean nothing to root
    yield home
    if root:
        os.seteuid(0)
    for place in places:
        if place.is_dir():
            place.chmod(0o755)
    shutil.rmtree(home)


def contents(directory: Path) -> dict[str, bytes]:
    """Every file with what is in it."""
    return {str(path): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_what_is_there_is_read_and_nothing_is_written(kept: Path) -> None:
    """Answers and prefixes are known, storing comes to nothing, and the files are the same byte for byte."""
    before = contents(kept)
    cache = opened(kept)
    assert cache.load([ONE, TWO]) == {ONE: found(ONE)}
    cache.store({TWO: found(TWO)})
    cache.learn("10.7777", "jalc")
    assert cache.reserve([ONE, TWO]) == ({ONE: found(ONE)}, [TWO])
    assert cache.load([ONE, TWO]) == {ONE: found(ONE)}
    assert cache.agency_of(["10.5555", "10.7777"]) == {"10.5555": "datacite", "10.7777": "jalc"}
    assert cache.note is not None
    assert "cannot be written" in cache.note
    cache.close()
    assert contents(kept) == before


def test_looking_is_allowed_and_tidying_is_refused(kept: Path) -> None:
    """`info` answers; `clear`, `prune` and `verify` say that they cannot."""
    cache = opened(kept)
    assert cache.info()["entries from crossref"] == 1
    for verb in (cache.clear, cache.verify, lambda: cache.prune(0)):
        with pytest.raises(StoreError, match="cannot be written"):
            verb()
    cache.close()


def test_what_another_writes_meanwhile_is_seen(kept: Path) -> None:
    """Somebody who may write goes on writing; who may only read sees it, as far as SQLite lets him."""
    root = os.geteuid() != os.getuid()
    if not root:
        pytest.skip("needs a second user, who may write")
    reader = opened(kept)
    assert ONE in reader.load([ONE])
    os.seteuid(0)
    writer = opened(kept)
    writer.store({TWO: found(TWO)})
    os.seteuid(_NOBODY)
    late = opened(kept)
    assert set(late.load([ONE, TWO])) == {ONE, TWO}
    for cache in (reader, late):
        cache.close()
    os.seteuid(0)
    writer.close()
    os.seteuid(_NOBODY)


def test_damage_that_cannot_be_put_aside(kept: Path) -> None:
    """A broken file in a directory that cannot be written is no cache, and no error."""
    root = os.geteuid() != os.getuid()
    if root:
        os.seteuid(0)
    file = kept / "answers" / "cache.db"
    file.chmod(0o644)
    file.write_bytes(b"\xa5" * 9000)
    file.chmod(0o444)
    if root:
        os.seteuid(_NOBODY)
    cache = opened(kept)
    assert cache.load([ONE]) == {}
    assert cache.note is not None
    cache.store({TWO: found(TWO)})
    assert cache.load([TWO]) == {}
    cache.close()


def test_a_directory_without_a_cache(kept: Path) -> None:
    """Where there is nothing to read, nothing is kept, and a note says why."""
    cache = opened(kept / "answers")
    assert cache.load([ONE]) == {}
    assert "cannot be used" in (cache.note or "")


def test_a_disk_that_stays_full_is_written_no_more_and_still_read(tmp_path: Path) -> None:
    """However often writing fails, what is there serves."""
    cache = opened(tmp_path)
    cache.store({ONE: found(ONE)})
    sql = cache._shelf._opened()._sql
    sql(f"PRAGMA max_page_count = {sql('PRAGMA page_count').fetchone()[0]}")
    for number in range(10):
        big = {TWO: found(TWO, title=os.urandom(30_000).hex())}
        cache.store(big | {ONE: NotFound(doi=ONE, source=f"doi.org {number}")})
    assert cache.load([ONE, TWO]) == {ONE: found(ONE)}
    assert cache.reserve([TWO]) == ({}, [TWO])
    assert "full" in (cache.note or "")
    cache.close()


def test_a_disk_that_was_full_is_written_again(tmp_path: Path) -> None:
    """A full disk is left alone for a minute and no longer: what runs for months keeps answers again once there is room."""
    clock = Clock()
    cache = opened(tmp_path, clock)
    cache.store({ONE: found(ONE)})
    assert not cache.is_impaired
    sql = cache._shelf._opened()._sql
    sql(f"PRAGMA max_page_count = {sql('PRAGMA page_count').fetchone()[0]}")
    for _ in range(3):
        cache.store({TWO: found(TWO, title=os.urandom(30_000).hex())})
    assert cache.is_impaired
    sql("PRAGMA max_page_count = 1000000")
    cache.store({TWO: found(TWO)})
    assert set(cache.load([ONE, TWO])) == {ONE}
    clock.now += sharing.REST
    assert cache.is_impaired, "nothing was tried yet"
    cache.store({TWO: found(TWO)})
    assert set(cache.load([ONE, TWO])) == {ONE, TWO}
    assert not cache.is_impaired
    cache.close()


def test_what_may_be_written_again_is(kept: Path) -> None:
    """Who may only read looks now and then whether he may write by now."""
    clock = Clock()
    cache = opened(kept, clock)
    assert ONE in cache.load([ONE])
    assert cache.is_impaired
    if os.geteuid() != os.getuid():
        os.seteuid(0)
    for place in (kept, kept / "answers", *(kept / "answers").iterdir()):
        place.chmod(0o755)
    clock.now += sharing.REST
    cache.store({TWO: found(TWO)})
    assert set(cache.load([ONE, TWO])) == {ONE, TWO}
    assert not cache.is_impaired
    cache.close()


def test_a_directory_that_can_be_used_by_now_is(tmp_path: Path) -> None:
    """A cache that could not be opened is tried again after a minute."""
    clock = Clock()
    (tmp_path / "place").write_text("")
    cache = opened(tmp_path / "place" / "cache", clock)
    cache.store({ONE: found(ONE)})
    (tmp_path / "place").unlink()
    cache.store({ONE: found(ONE)})
    assert cache.load([ONE]) == {}
    clock.now += sharing.REST
    cache.store({ONE: found(ONE)})
    assert set(cache.load([ONE])) == {ONE}
    assert not cache.is_impaired
    cache.close()


def test_a_disk_that_spoils_each_file_is_not_filled_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cache that is damaged whenever it is begun anew is left alone between, and few of its files are kept."""

    class Spoilt:
        def __init__(self, *_: object) -> None:
            (tmp_path / "answers" / "cache.db").write_bytes(b"")

        def close(self) -> None:
            pass

        def _sql(self, *_: object) -> None:
            raise sqlite3.DatabaseError("database disk image is malformed")

    clock = Clock()
    cache = opened(tmp_path, clock)
    cache.store({ONE: found(ONE)})
    cache.close()
    monkeypatch.setattr(Shelf, "_open", Spoilt)
    aside = []
    for _ in range(10):
        for _ in range(10):
            assert cache.load([ONE]) == {}
        aside.append(len(list((tmp_path / "answers").glob("*corrupt*"))))
        clock.now += sharing.REST
    assert aside == [3, 6, *[9] * 8]
    cache.close()


def test_a_reader_of_a_log_without_an_index(tmp_path: Path) -> None:
    """A copy of the database alone, its write-ahead log left behind, is read as it stands."""
    cache = opened(tmp_path / "one")
    cache.store({ONE: found(ONE)})
    cache._shelf._opened()._sql("PRAGMA wal_checkpoint(TRUNCATE)")
    (tmp_path / "two" / "answers").mkdir(parents=True)
    shutil.copy(tmp_path / "one" / "answers" / "cache.db", tmp_path / "two" / "answers")
    cache.close()
    from enrich import sharing

    with sqlite3.connect(tmp_path / "two" / "answers" / "cache.db") as file:
        assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    file.close()
    connection = sharing.read_only(tmp_path / "two" / "answers" / "cache.db", "SELECT count(*) FROM Settings")
    assert connection.execute("SELECT count(*) FROM Cache").fetchone() == (1,)
    connection.close()


def test_a_stale_answer_serves_from_a_cache_that_cannot_be_written(kept: Path) -> None:
    """An outage is no worse for it."""
    from standin.timing import Clock

    cache: Cache = opened(kept, Clock(Clock().now + 40 * DAY))
    assert cache.load([ONE]) == {}
    assert cache.load_stale([ONE])[ONE].stale
    cache.close()

from __future__ import annotations

import os
import pickle
import shutil
import sqlite3
import stat
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from standin.timing import Clock

from enrich import agencies
from enrich.cache import Cache
from enrich.cache.disk import BytesDisk
from enrich.errors import StoreError
from enrich.identifiers.doi import Doi
from enrich.model.outcome import Elsewhere, Found, NotFound, Outcome, Refused, Unavailable

DAY = 86_400.0
ONE, TWO, THREE = Doi("10.1000/1"), Doi("10.1000/2"), Doi("10.5555/three")
Opener = Callable[..., Cache]


def opened(directory: Path, clock: Clock | None = None) -> Cache:
    """Return a cache with the default spans."""
    spans = {"ttl_found": timedelta(days=30), "ttl_not_found": timedelta(days=1), "ttl_stale": timedelta(days=365)}
    return Cache(directory, **spans, clock=clock or Clock())


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still."""
    return Clock()


@pytest.fixture
def cache(tmp_path: Path, clock: Clock) -> Iterator[Cache]:
    """Give an empty cache."""
    store = opened(tmp_path, clock)
    yield store
    store.close()


def found(
    doi: Doi, agency: str = "crossref", *, says: str | None = None, at: float | None = None, title: str = "A title"
) -> Found:
    """Return what an agency says of a DOI; `says` is the DOI it says it of."""
    retrieved = datetime.fromtimestamp(Clock().now if at is None else at, UTC)
    if agency == "crossref":
        answer = {"DOI": says or doi, "title": [title], "type": "journal-article"}
    else:
        answer = {"doi": says or doi, "titles": [{"title": title}], "types": {}, "state": "findable"}
    record = agencies.read(agency, orjson.dumps(answer), doi=doi, retrieved_at=retrieved)
    return Found(doi=doi, record=record)


def database(directory: Path) -> sqlite3.Connection:
    """Open the file itself."""
    return sqlite3.connect(directory / "answers" / "cache.db", isolation_level=None)


OUTCOMES: dict[str, Callable[[Doi], Outcome]] = {
    "found": found,
    "elsewhere": lambda doi: Elsewhere(doi=doi, agency="KISTI"),
    "absent": lambda doi: NotFound(doi=doi, source="doi.org"),
    "refused": lambda doi: Refused(doi=doi, agency="crossref", reason="403"),
    "unavailable": lambda doi: Unavailable(doi=doi, agency="crossref", reason="down"),
}


@settings(max_examples=25)
@given(
    st.dictionaries(
        st.integers(0, 30).map(lambda number: Doi(f"10.1000/{number}")),
        st.sampled_from(sorted(OUTCOMES)),
        max_size=20,
    )
)
def test_what_is_stored_is_loaded_and_failures_are_not(
    tmp_path_factory: pytest.TempPathFactory, kinds: dict[Doi, str]
) -> None:
    """What was found, absent or elsewhere comes back equal; a refusal or a failure is never kept."""
    directory = tmp_path_factory.mktemp("cache")
    outcomes = {doi: OUTCOMES[kind](doi) for doi, kind in kinds.items()}
    cache = opened(directory)
    cache.store(outcomes)
    cache.close()
    again = opened(directory)
    kept = {doi: outcome for doi, outcome in outcomes.items() if not isinstance(outcome, Refused | Unavailable)}
    assert again.load(list(outcomes)) == kept
    assert again.note is None
    again.close()


@pytest.mark.parametrize(
    ("days", "fresh", "stale"),
    [
        (0, True, True), (29.9, True, True), (30.1, False, True), (364.9, False, True), (365.1, False, False),
        (-0.01, True, True), (-2, False, False),
    ],
)  # fmt: skip
def test_how_long_an_answer_serves(cache: Cache, clock: Clock, days: float, fresh: bool, stale: bool) -> None:  # noqa: FBT001 -- a table
    """Thirty days as itself, a year as a stale answer, marked; nothing from the future is believed."""
    cache.store({ONE: found(ONE)})
    clock.now += days * DAY
    assert (ONE in cache.load([ONE])) is fresh
    old = cache.load_stale([ONE])
    assert (ONE in old) is stale
    if stale:
        assert old[ONE].stale is (not fresh)


def test_an_absence_is_believed_for_a_day_and_never_stale(cache: Cache, clock: Clock) -> None:
    """Tomorrow the DOI may exist; an old absence serves nobody."""
    cache.store({ONE: NotFound(doi=ONE, source="doi.org")})
    clock.now += 0.9 * DAY
    assert cache.load([ONE]) == {ONE: NotFound(doi=ONE, source="doi.org")}
    assert cache.load_stale([ONE]) == {}
    clock.now += 0.2 * DAY
    assert cache.load([ONE]) == {}


def test_freshness_follows_the_settings_of_the_day(tmp_path: Path, clock: Clock) -> None:
    """A shorter span takes effect on answers that are there already."""
    first = opened(tmp_path, clock)
    first.store({ONE: found(ONE)})
    first.close()
    clock.now += DAY
    hours = timedelta(hours=1)
    strict = Cache(tmp_path, ttl_found=hours, ttl_not_found=hours, ttl_stale=hours, clock=clock)
    assert strict.load([ONE]) == strict.load_stale([ONE]) == {}
    strict.close()


def test_an_alias_is_kept_under_the_doi_that_was_asked(cache: Cache) -> None:
    """An agency may answer with the prime DOI of the work."""
    cache.store({ONE: found(ONE, says="10.1000/prime")})
    assert cache.load([ONE])[ONE].record.work.doi == "10.1000/prime"
    assert cache.load([Doi("10.1000/prime")]) == {}


def test_an_answer_from_another_agency_than_expected_is_found(cache: Cache) -> None:
    """Whatever one expects of a prefix, the answer is found, and so when the expectation changes."""
    cache.store({ONE: found(ONE, "datacite"), THREE: found(THREE, "datacite"), TWO: found(TWO)})
    assert {doi: outcome.record.origin.agency for doi, outcome in cache.load([ONE, TWO, THREE]).items()} == {
        ONE: "datacite",
        TWO: "crossref",
        THREE: "datacite",
    }
    cache.learn("10.1000", "datacite")
    assert cache.load([ONE])[ONE].record.origin.agency == "datacite"


def test_the_later_statement_counts(cache: Cache, clock: Clock) -> None:
    """Found and then gone is gone; gone and then found is found."""
    cache.store({ONE: found(ONE)})
    clock.now += 1
    cache.store({ONE: NotFound(doi=ONE, source="doi.org")})
    assert isinstance(cache.load([ONE])[ONE], NotFound)
    clock.now += 1
    cache.store({ONE: found(ONE, at=clock.now, title="Found again")})
    assert cache.load([ONE])[ONE].record.work.title == "Found again"


def test_a_stale_answer_is_not_stored_as_a_new_one(cache: Cache, clock: Clock) -> None:
    """What served in an outage does not become fresh by serving."""
    cache.store({ONE: found(ONE).model_copy(update={"stale": True})})
    assert cache.load([ONE]) == {}
    clock.now += 1


def test_many_dois_at_once(cache: Cache) -> None:
    """More keys than one query takes, with duplicates and unknown ones among them."""
    dois = [Doi(f"10.1000/{number}") for number in range(1300)]
    cache.store({doi: found(doi, title=doi) for doi in dois[:1200]})
    loaded = cache.load([*dois, *dois[:50]])
    assert {doi: outcome.record.work.title for doi, outcome in loaded.items()} == {doi: doi for doi in dois[:1200]}


def test_which_agency_a_prefix_belongs_to_is_remembered(tmp_path: Path, cache: Cache) -> None:
    """The last lesson counts, and outlives the run."""
    assert cache.agency_of(["10.1000", "10.1001"]) == {}
    cache.learn("10.1000", "datacite")
    cache.learn("10.1000", "jalc")
    assert cache.agency_of({"10.1000", "10.1001"}) == {"10.1000": "jalc"}
    cache.close()
    again = opened(tmp_path)
    assert again.agency_of(["10.1000"]) == {"10.1000": "jalc"}
    again.close()


class Trap:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (os.mkdir, (str(self.path),))


def test_nothing_is_ever_unpickled(tmp_path: Path, cache: Cache) -> None:
    """A pickle planted as value or as key stays closed; it is a miss, and `verify` and `clear` let go of it unread."""
    cache.store({ONE: found(ONE), TWO: found(TWO)})
    trap = tmp_path / "sprung"
    payload = pickle.dumps(Trap(trap))
    with database(tmp_path) as file:
        file.execute("UPDATE Cache SET mode = 4, value = ? WHERE key = ?", (payload, f"crossref/{ONE}"))
        file.execute(
            "INSERT INTO Cache (key, raw, mode, value, store_time, tag) VALUES (?, 0, 4, ?, 0, 'crossref')",
            (payload, payload),
        )
    file.close()
    assert set(cache.load([ONE, TWO])) == {TWO}
    assert cache.load_stale([ONE]) == {}
    with pytest.raises(StoreError):
        cache._shelf._opened().get(f"crossref/{ONE}")
    assert cache.verify() == (1, 2)
    cache.store({ONE: found(ONE)})
    assert set(cache.load([ONE, TWO])) == {ONE, TWO}
    assert cache.clear() == 2
    assert not trap.exists()


def test_files_named_by_rows_are_neither_read_nor_removed(tmp_path: Path, cache: Cache) -> None:
    """A row may name a file outside; it is left alone, also when the row is written over."""
    cache.store({ONE: found(ONE)})
    precious = tmp_path / "precious"
    precious.write_text("mine")
    with database(tmp_path) as file:
        file.execute(
            "UPDATE Cache SET mode = 2, filename = '../precious', value = NULL WHERE key = ?", (f"crossref/{ONE}",)
        )
    file.close()
    assert cache.load([ONE]) == {}
    cache.store({ONE: found(ONE)})
    assert ONE in cache.load([ONE])
    assert precious.read_text() == "mine"


@pytest.mark.parametrize("value", ["text", 7, 1.5, None, bytearray(b"x"), ["list"]])
def test_only_bytes_are_stored(tmp_path: Path, value: object) -> None:
    """What would be pickled is refused."""
    disk = BytesDisk(str(tmp_path))
    with pytest.raises(StoreError):
        disk.store(value, read=False)
    with pytest.raises(StoreError):
        disk.put(value if not isinstance(value, str) else b"bytes")


def header(version: int = 1, kind: bytes = b"F", at: float = Clock().now) -> bytes:
    """Return the beginning of a value."""
    return struct.pack(">Bcd", version, kind, at)


GOOD = zstandard.compress(b'{"DOI":"10.1000/1","title":["x"]}')


@pytest.mark.parametrize(
    "value",
    [
        b"", b"\x01", header()[:-1], header(version=0) + GOOD, header(version=2) + GOOD, header(kind=b"?") + GOOD,
        header() + b"no frame", header() + GOOD[:-3], header() + zstandard.compress(b"no json"),
        header() + zstandard.compress(b'{"DOI":"10.1000/1"}' + b" " * (65 << 20)),
        header() + zstandard.compress(b"null"), header() + zstandard.compress(b"[" * 100_000),
        header(at=float("nan")) + GOOD, header(at=float("inf")) + GOOD, header(at=1e300) + GOOD,
        # a frame that says it holds 2^60 bytes
        header() + b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", 1 << 60) + b"\x00\x00\x00",
        "text", 7, None,
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_read_is_a_miss(tmp_path: Path, cache: Cache, value: object) -> None:
    """Other versions, cut values and nonsense do not raise, and are asked for again."""
    cache.store({ONE: found(ONE), TWO: found(TWO)})
    with database(tmp_path) as file:
        file.execute("UPDATE Cache SET value = ? WHERE key = ?", (value, f"crossref/{ONE}"))
    file.close()
    assert set(cache.load([ONE, TWO])) == {TWO}
    assert cache.load_stale([ONE]) == {}


@pytest.mark.parametrize("damage", ["beginning", "middle", "everything"])
def test_a_damaged_file_is_put_aside(tmp_path: Path, clock: Clock, damage: str) -> None:
    """The cache is begun anew, the damaged file is kept for a person, and the run goes on."""
    cache = opened(tmp_path, clock)
    cache.store({Doi(f"10.1000/{number}"): found(Doi(f"10.1000/{number}")) for number in range(200)})
    cache.close()
    path = tmp_path / "answers" / "cache.db"
    content = bytearray(path.read_bytes())
    spans = {"beginning": slice(0, 100), "middle": slice(4096, len(content)), "everything": slice(0, len(content))}
    content[spans[damage]] = b"\xa5" * len(content[spans[damage]])
    path.write_bytes(content)
    again = opened(tmp_path, clock)
    again.load([ONE])
    again.store({ONE: found(ONE)})
    assert set(again.load([ONE])) == {ONE}
    assert again.note is not None
    assert "begun anew" in again.note
    assert [file.name for file in path.parent.glob("*.corrupt-*")] == ["cache.db.corrupt-1"]
    again.close()


def test_who_finds_it_begun_anew_joins_in(tmp_path: Path, clock: Clock) -> None:
    """Of several that have a damaged file open one begins anew; what he keeps is not put aside by the next."""
    both = opened(tmp_path, clock), opened(tmp_path, clock)
    for cache in both:
        cache.store({Doi(f"10.1000/{number}"): found(Doi(f"10.1000/{number}")) for number in range(200)})
    path = tmp_path / "answers" / "cache.db"
    both[0]._shelf._opened()._sql("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.write(b"\xa5" * path.stat().st_size)
    both[0].load([ONE])
    both[0].store({ONE: found(ONE)})
    both[1].load([TWO])
    both[1].store({TWO: found(TWO)})
    assert [set(cache.load([ONE, TWO])) for cache in both] == [{ONE, TWO}] * 2
    assert [file.name for file in path.parent.glob("*.corrupt-*")] == ["cache.db.corrupt-1"]
    for cache in both:
        cache.close()


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be cut there")
@pytest.mark.parametrize("rest", [0, 5000])
def test_a_file_cut_short_under_a_run_ends_nothing(tmp_path: Path, clock: Clock, rest: int) -> None:
    """It is damaged like any other: put aside, and begun anew."""
    cache = opened(tmp_path, clock)
    dois = [Doi(f"10.1000/{number}") for number in range(2000)]
    cache.store({doi: found(doi) for doi in dois})
    sql = cache._shelf._opened()._sql
    sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert sql("PRAGMA mmap_size").fetchone()[0] == 0  # where it is not, what follows may end the tests
    os.truncate(tmp_path / "answers" / "cache.db", rest)
    for doi in dois:
        cache.load([doi])
    cache.store({ONE: found(ONE)})
    assert set(cache.load([ONE])) == {ONE}
    cache.close()


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be deleted there")
def test_a_deleted_cache_is_begun_anew(tmp_path: Path, clock: Clock) -> None:
    """Whoever had it open shares the new one with those who come later, and keeps nothing in a file that is gone."""
    early = opened(tmp_path, clock)
    early.store({ONE: found(ONE)})
    shutil.rmtree(tmp_path / "answers")
    assert early.load([ONE]) == {}
    early.store({TWO: found(TWO)})
    late = opened(tmp_path, clock)
    assert set(late.load([ONE, TWO])) == set(early.load([ONE, TWO])) == {TWO}
    assert early.note is None
    early.close()
    late.close()


def test_a_directory_that_cannot_be_used(tmp_path: Path) -> None:
    """Nothing is kept, nothing raises, and a note says why; looking after it is an error."""
    (tmp_path / "file").write_text("")
    cache = opened(tmp_path / "file" / "cache")
    cache.store({ONE: found(ONE)})
    cache.learn("10.1000", "datacite")
    assert cache.load([ONE]) == cache.load_stale([ONE]) == {}
    assert cache.agency_of(["10.1000"]) == {"10.1000": "datacite"}
    assert cache.note is not None
    assert "--cache-dir names another place" in cache.note
    for verb in (cache.info, cache.clear, cache.verify, lambda: cache.prune(0)):
        with pytest.raises(StoreError):
            verb()
    cache.close()


def test_a_full_disk(cache: Cache) -> None:
    """What is there can still be read, a note says what happened, and the run goes on."""
    cache.store({ONE: found(ONE)})
    sql = cache._shelf._opened()._sql
    pages = sql("PRAGMA page_count").fetchone()[0]
    sql(f"PRAGMA max_page_count = {pages}")
    big = {
        Doi(f"10.1000/b{number}"): found(Doi(f"10.1000/b{number}"), title=os.urandom(3000).hex())
        for number in range(20)
    }
    cache.store(big)
    assert cache.note is not None
    assert "full" in cache.note
    assert set(cache.load([ONE, *big])) == {ONE}


def test_the_maintenance_verbs(tmp_path: Path, cache: Cache, clock: Clock) -> None:
    """Info counts by agency, prune lets the oldest go, clear lets all answers go and spares the ledger."""
    ledger = tmp_path / "ledger.sqlite"
    ledger.write_text("spared")
    dois = [Doi(f"10.1000/{number}") for number in range(400)]
    cache.store({doi: found(doi, title=os.urandom(400).hex()) for doi in dois[:200]})
    cache.store({doi: found(doi, title=os.urandom(400).hex()) for doi in dois[200:]})
    cache.store({THREE: found(THREE, "datacite"), Doi("10.1/x"): NotFound(doi=Doi("10.1/x"), source="doi.org")})
    cache.learn("10.5555", "datacite")
    info = cache.info()
    assert (info["entries from crossref"], info["entries from datacite"]) == (400, 1)
    assert info["path"] == str(tmp_path / "answers")
    assert isinstance(info["bytes"], int)
    assert info["bytes"] > 100_000
    assert cache.verify()[1] == 0
    gone = cache.prune(150_000)
    assert 0 < gone < 403
    left = cache.load(dois)
    assert left
    assert list(left) == dois[400 - len(left) :]
    assert cache.prune(0) == 402 - gone
    assert cache.info()["entries"] == 0
    assert cache.agency_of(["10.5555"]) == {"10.5555": "datacite"}
    cache.store({ONE: found(ONE)})
    assert cache.clear() == 1
    assert cache.load([ONE]) == {}
    assert cache.info()["entries"] == 0
    assert ledger.read_text() == "spared"
    clock.now += 1


@pytest.mark.skipif(os.name == "nt", reason="permission bits are POSIX'")
def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    """The directory is the user's alone, and says to backup programs what it is."""
    cache = opened(tmp_path / "new")
    cache.store({ONE: found(ONE)})
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "new" / "answers").stat().st_mode) == 0o700
    assert (
        (tmp_path / "new" / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    )
    cache.close()


def test_two_runs_share_it(tmp_path: Path) -> None:
    """What one run stores, another that is open already sees."""
    one, other = opened(tmp_path), opened(tmp_path)
    assert other.load([ONE]) == {}
    one.store({ONE: found(ONE)})
    assert set(other.load([ONE])) == {ONE}
    other.store({ONE: found(ONE, title="Newer", at=Clock().now + 1)})
    assert one.load([ONE])[ONE].record.work.title == "Newer"
    one.close()
    other.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the script forks")
def test_killed_while_writing() -> None:
    """Wherever a process is killed, what it had stored is there, whole, and the next run writes on."""
    script = Path(__file__).parent.parent / "benchmarks" / "kill.py"
    result = subprocess.run(
        [sys.executable, str(script), "--points", "20"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "20 kills" in result.stdout


def test_searches_are_kept_as_long_as_what_they_found(cache: Cache, clock: Clock) -> None:
    """Law: an answer with names is fresh like one for a DOI, one without like an absence; either may serve in need."""
    cache.keep_search("crossref/works?q=1", b'[["10.1000/1","A"]]', is_empty=False)
    cache.keep_search("crossref/works?q=2", b"[]", is_empty=True)
    assert cache.searched("crossref/works?q=1") == b'[["10.1000/1","A"]]'
    assert cache.searched("crossref/works?q=2") == b"[]"
    assert cache.searched("crossref/works?q=3") is None
    clock.now += 2 * DAY
    assert (cache.searched("crossref/works?q=1") is None, cache.searched("crossref/works?q=2")) == (False, None)
    clock.now += 40 * DAY
    assert cache.searched("crossref/works?q=1") is None
    assert cache.searched("crossref/works?q=2", stale=True) == b"[]"
    clock.now += 400 * DAY
    assert cache.searched("crossref/works?q=1", stale=True) is None


def test_searches_are_counted_verified_and_cleared(cache: Cache) -> None:
    """Law: `cache info`, `verify` and `clear` know the rows of searches."""
    cache.keep_search("crossref/works?q=\ud800", b"[]", is_empty=True)
    assert cache.searched("crossref/works?q=\ud800") == b"[]"
    assert cache.info()["entries from search"] == 1
    assert cache.verify() == (1, 0)
    assert cache.clear() == 1
    assert cache.searched("crossref/works?q=\ud800") is None

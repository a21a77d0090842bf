"""Increments of a snapshot: everything described since, once, whatever ends an update in between."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from standin import StandIn
from standin.direct import Direct
from standin.fixtures import settings_for

from enrich.agencies import changes
from enrich.cli import enrich
from enrich.errors import StoreError
from enrich.identifiers.doi import Doi
from enrich.model import Found
from enrich.model.wire import Failure, Flow, Response
from enrich.snapshot import Selection, Snapshot
from enrich.updater import Updater

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 6, 4, 12, tzinfo=UTC)


def work(number: int, day: str, title: str = "Later") -> dict[str, Any]:
    """Return a work of Crossref's, indexed on a day."""
    return {
        "DOI": f"10.{1000 + number % 2}/work.{number}", "type": "journal-article", "title": [f"{title} {number}"],
        "indexed": {"date-time": f"{day}T08:00:00Z"},
    }  # fmt: skip


def world() -> Direct:
    """Return services with works that changed before and after the snapshot."""
    days = ("2026-05-30", "2026-06-01", "2026-06-02", "2026-06-04")
    works = [work(number, days[number % 4]) for number in range(60)]
    datasets = {
        f"10.5072/{number}": {
            "doi": f"10.5072/{number}", "titles": [{"title": f"Data {number}"}],
            "updated": f"2026-06-0{1 + number % 4}T10:00:00.000Z",
        }
        for number in range(25)
    }  # fmt: skip
    return Direct({each["DOI"]: each for each in works}, datasets)


class Killed(Exception):  # noqa: N818 -- no error but an end
    """The end of a process."""


class Wire:
    """Drives flows to the services, until it is killed at a request, before it is sent or after it was answered."""

    def __init__(self, services: Direct, *, dies_at: int = 10**9) -> None:
        self.services = services
        self.left = dies_at

    async def drive(self, flow: Flow[Any]) -> Any:
        request = next(flow)
        while True:
            if self.left == 0:
                raise Killed
            self.left -= 1
            try:
                request = flow.send(await self.services.send(request))
            except StopIteration as end:
                return end.value


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of seven: a few works are several pages."""
    monkeypatch.setattr(changes, "ROWS", 7)


def begun(folder: Path, selection: Selection | None = None) -> Snapshot:
    """Return a snapshot of the first of June, with works of both agencies."""
    folder.mkdir(exist_ok=True)
    items = [work(number, "2026-06-01", "Old") for number in (0, 1, 2, 3)]
    items.append(
        {"attributes": {"doi": "10.5072/0", "titles": [{"title": "Old"}], "updated": "2026-06-01T00:00:00Z"}}
    )
    (folder / "begin.jsonl").write_text("\n".join(map(json.dumps, items)))
    snapshot = Snapshot(folder / "snapshot")
    snapshot.build([folder / "begin.jsonl"], selection=selection)
    return snapshot


def updater(snapshot: Snapshot, wire: Wire) -> Updater:
    """Return an updater on the fourth of June."""
    return Updater(wire, snapshot, clock=lambda: NOW)


def held(snapshot: Snapshot) -> dict[str, int]:
    """Return when what is there was described."""
    return {row.doi: row.stamp for row in snapshot.rows()}


def asked(services: Direct) -> list[str]:
    """Return what was asked of days that are over."""
    return sorted(request.target for request in services.requests if "2026-06-04" not in request.query)


async def test_what_was_described_since_is_there_and_dated(tmp_path: Path) -> None:
    """Every page of every day up to now, of both agencies; what did not change stays; the next begins where this ended."""
    snapshot, services = begun(tmp_path), world()
    result = await updater(snapshot, Wire(services)).update()
    later = {doi for doi, each in services.crossref.items() if each["indexed"]["date-time"] >= "2026-06-01"}
    assert set(held(snapshot)) == later | {"10.1000/work.0"} | set(services.datacite)
    assert result.until == {"crossref": NOW, "datacite": NOW}
    assert snapshot.as_of("crossref") == snapshot.as_of("datacite") == NOW
    (outcome,) = snapshot.load([Doi("10.1001/work.1")]).values()
    assert isinstance(outcome, Found)
    assert outcome.record.work.title == "Later 1"
    assert outcome.record.origin.retrieved_at == datetime(2026, 6, 1, 8, tzinfo=UTC)
    services.requests.clear()
    again = await updater(snapshot, Wire(services)).update()
    assert services.requests
    assert asked(services) == []
    assert again.load.total == result.load.total


@pytest.mark.parametrize("dies_at", range(0, 14, 2))
async def test_an_update_that_was_killed_goes_on(tmp_path: Path, dies_at: int) -> None:
    """Whatever request is the last one: no day that is over is asked for twice, and the end is that of another."""
    undisturbed, services = begun(tmp_path / "one"), world()
    await updater(undisturbed, Wire(services)).update()
    needed = asked(services)
    snapshot, services = begun(tmp_path / "other"), world()
    with pytest.raises(Killed):
        await updater(snapshot, Wire(services, dies_at=dies_at)).update()
    assert held(snapshot) == held(begun(tmp_path / "third"))
    await updater(snapshot, Wire(services)).update()
    assert held(snapshot) == held(undisturbed)
    assert asked(services) == needed


async def test_a_cursor_that_was_forgotten_costs_its_day(tmp_path: Path) -> None:
    """The day is begun again, and no work of it is there that was not in the second reading."""
    undisturbed, services = begun(tmp_path / "one"), world()
    await updater(undisturbed, Wire(services)).update()
    snapshot, services = begun(tmp_path / "other"), world()
    with pytest.raises(Killed):
        await updater(snapshot, Wire(services, dies_at=2)).update()
    (cursor,) = snapshot.directory.glob(".updating/*/*/cursor")
    cursor.write_text(json.dumps([2, "five minutes old"]))
    await updater(snapshot, Wire(services)).update()
    assert held(snapshot) == held(undisturbed)


async def test_the_filters_of_the_loads_hold_for_updates(tmp_path: Path) -> None:
    """A group's snapshot stays that of the group, and the agency is asked for its prefixes alone."""
    snapshot, services = begun(tmp_path, Selection(prefixes=("10.1001/work",))), world()
    result = await updater(snapshot, Wire(services)).update()
    assert {doi.partition("/")[0] for doi in held(snapshot)} == {"10.1001"}
    assert len(held(snapshot)) > 20
    assert result.received == len([each for each in services.crossref if each.startswith("10.1001")])
    assert all("prefix:10.1001" in request.query for request in services.requests)


async def test_who_does_not_answer_is_told_and_the_days_before_count(tmp_path: Path) -> None:
    """A failure is neither an empty day nor the end of the other agency's; the snapshot says how far it goes."""
    snapshot, services = begun(tmp_path), world()

    class Failing(Wire):
        async def drive(self, flow: Flow[Any]) -> Any:
            request = next(flow)
            is_bad = request.service == "crossref" and "2026-06-02" in request.query
            answer = Failure(reason="down", detail="no") if is_bad else await self.services.send(request)
            try:
                flow.send(answer)
            except StopIteration as end:
                return end.value

    result = await updater(snapshot, Failing(services)).update()
    assert list(result.unanswered) == ["crossref"]
    assert snapshot.as_of("crossref") == datetime(2026, 6, 2, tzinfo=UTC)
    assert snapshot.as_of("datacite") == NOW
    assert "10.1001/work.1" in held(snapshot)
    assert "10.1000/work.6" not in held(snapshot)


async def test_there_must_be_something_to_update(tmp_path: Path) -> None:
    """Without a snapshot, or without works of an agency, nobody knows from when."""
    with pytest.raises(StoreError, match="snapshot load"):
        await updater(Snapshot(tmp_path / "none"), Wire(world())).update()
    (tmp_path / "a.jsonl").write_text(json.dumps(work(1, "2026-06-01")))
    snapshot = Snapshot(tmp_path / "snapshot")
    snapshot.build([tmp_path / "a.jsonl"])
    with pytest.raises(StoreError, match="--since"):
        await updater(snapshot, Wire(world())).update(["datacite"])
    result = await updater(snapshot, Wire(world())).update(["datacite"], since=date(2026, 6, 4))
    assert result.received == 6


@pytest.mark.parametrize("agency", changes.WAYS)
@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b'{"message": {"items": 7}, "data": 7}'])
def test_no_answer_is_taken_for_an_empty_page(agency: str, body: bytes) -> None:
    """What is no list of works is told as trouble, not as the end."""
    flow = changes.pages(agency, date(2026, 6, 1))
    next(flow)
    with pytest.raises(StopIteration) as end:
        flow.send(Response(status=200, body=body, received_at=NOW))
    assert isinstance(end.value.value, changes.Unread)


def test_the_command_updates_over_the_wire(
    tmp_path: Path, standin_thread: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One run against the services as they are, within their limits."""
    begun(tmp_path)
    services = world()
    standin_thread.crossref.update(services.crossref)
    for name, value in settings_for(standin_thread, tmp_path).model_dump(mode="json").items():
        if name.endswith("_url") or name in {"cache_dir", "snapshot", "mailto", "timeout", "patience"}:
            monkeypatch.setenv(f"ENRICH_{name.upper()}", str(value))
    monkeypatch.setattr(changes, "ROWS", 1000)
    arguments = ["snapshot", "update", "--agency", "crossref", "--since", "2026-06-01", "--workers", "1"]
    monkeypatch.setattr("enrich.updater.datetime", Dated)
    done = CliRunner().invoke(enrich, arguments, standalone_mode=False)
    assert (done.exception, done.return_value) == (None, 0), done.output
    assert "crossref: complete to 2026-06-04 12:00 UTC" in done.output
    assert len(held(Snapshot(tmp_path / "snapshot"))) == 47
    assert standin_thread.violations == []
    offline = CliRunner().invoke(enrich, [*arguments, "--offline"], standalone_mode=False)
    assert (offline.exception, offline.return_value) == (None, 3), offline.output
    assert "0 records of 0 received" in offline.output
    assert "47 there now" in offline.output
    assert "run without --offline to ask it" in offline.output


class Dated(datetime):
    """A calendar that stands still."""

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # noqa: ARG003 -- the library's signature
        return NOW

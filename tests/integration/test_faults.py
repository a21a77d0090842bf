"""The fault table, run: the whole pipeline over real sockets, fifty records each, a clock that runs fast for everyone."""

from __future__ import annotations

import socket
import ssl
from collections import Counter
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from integration.fault_rows import COUNT, PAGE, ROWS, Row, name, page
from standin import Answer, StandIn
from standin.fixtures import settings_for
from standin.timing import FastClock

from enrich.agencies.negotiation import CSL
from enrich.enricher import Enricher
from enrich.formats import refer
from enrich.model.enrichment import Enrichment
from enrich.model.record import Record
from enrich.transport import Transport, courier

pytestmark = pytest.mark.anyio
SPEED = 100.0
TITLES = (
    "Tides of the inner shelf",
    "A calculus of small sets",
    "Grain growth in basalt",
    "Songs of the reed warbler",
)
CONTEXT = cache(ssl.create_default_context)
SILENT = {"hang", "slow"}  # only these are waited for to the end; a busy machine is no fault of the others
MOST_REQUESTS = 260  # for fifty records, however often a fault is met


def title(number: int) -> str:
    return f"{TITLES[number % len(TITLES)]}, part {number}"


def crossref_work(world: str, number: int) -> dict[str, Any]:
    return {
        "DOI": name(world, number),
        "type": "journal-article",
        "title": [title(number)],
        "author": [{"family": f"Author{number}", "given": "Ann"}],
        "issued": {"date-parts": [[1990 + number % 30]]},
        "publisher": f"Press {number}",
    }


def datacite_work(world: str, number: int) -> dict[str, Any]:
    return {
        "doi": name(world, number),
        "titles": [{"title": title(number)}],
        "creators": [{"familyName": f"Author{number}", "givenName": "Ann", "name": f"Author{number}, Ann"}],
        "publicationYear": 1990 + number % 30,
        "publisher": f"Press {number}",
        "types": {"resourceTypeGeneral": "JournalArticle"},
    }


def records(world: str) -> list[Record]:
    text = "".join(
        f"%0 Journal Article\n%A Author{number}, Ann\n%D {1990 + number % 30}\n%T {title(number)}\n"
        f"%R {name(world, number)}\n\n"
        for number in range(COUNT)
    )
    return list(refer.read([text.encode()]))


def furnish(standin: StandIn, row: Row) -> None:
    """Let the services know the fifty works, but for those the row says they do not."""
    for number in range(COUNT):
        doi = name(row.world, number)
        known = number not in row.missing
        if known and row.world in {"crossref", "unknown"}:
            standin.crossref[doi] = crossref_work(row.world, number)
        if known and row.world == "datacite":
            standin.datacite[doi] = datacite_work(row.world, number)
        if number not in row.absent:
            label = {"unknown": "Crossref", "crossref": "Crossref", "datacite": "DataCite", "medra": "mEDRA"}
            standin.agencies[doi] = label[row.world]
            standin.handles[doi] = "https://10.0.0.1/landing-page"
        if row.negotiable:
            item = {**crossref_work(row.world, number), "id": doi, "title": title(number)}
            standin.documents[doi, CSL] = Answer(200, item, {"content-type": CSL})


def dated(headers: dict[str, str], clock: FastClock) -> dict[str, str]:
    """Return the headers with `in 4` as the date in four seconds, beside the date of the answer."""
    seconds = headers.get("retry-after", "").removeprefix("in ")
    if not headers.get("retry-after", "").startswith("in "):
        return headers
    from email.utils import formatdate

    now = int(clock())
    return {"date": formatdate(now, usegmt=True), "retry-after": formatdate(now + int(seconds), usegmt=True)}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name is looked up outside, bombs are noticed when they are small, and certificates are loaded once."""
    real = socket.getaddrinfo

    def lookup(host: Any, *rest: Any, **others: Any) -> Any:
        if str(host).endswith((".invalid", ".org")):
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return real(host, *rest, **others)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    monkeypatch.setattr("ssl.create_default_context", CONTEXT)
    monkeypatch.setattr(courier, "CAPS", {"single": 1 << 20, "list": 1 << 21})


async def run(
    row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int | None
) -> tuple[list[Enrichment], StandIn]:
    """Enrich the fifty records with the row's faults, and return what became of them."""
    clock = FastClock(SPEED)
    monkeypatch.setattr("enrich.enricher.Transport", partial(Transport, clock=clock, sleep=clock.sleep))
    others = dict(row.settings)
    jump = others.pop("jump", 0.0)
    async with StandIn(enforce=False, clock=clock) as standin:
        furnish(standin, row)
        if jump:
            standin.fault("changed", times=1, change=lambda value, _: (clock.jump(jump), value)[1])
        for each in row.faults:
            limited = {"times": times} if times is not None else {}
            headers = dated(dict(each.get("headers", {})), clock)
            standin.fault(**{**each, **limited, "headers": headers})
        silent = any(each["kind"] in SILENT for each in row.faults)
        lost = times is None and "unavailable" in row.lasting
        settings = settings_for(
            standin, tmp_path, timeout=0.25 if silent else 10.0, patience=12.0 if lost else 120.0
        )
        settings = settings.model_copy(update=addresses(standin, others))
        async with Enricher(settings) as enricher:
            return [result async for result in enricher.stream(records(row.world))], standin


def addresses(standin: StandIn, others: dict[str, Any]) -> dict[str, Any]:
    """Return the settings with addresses at which nobody listens, or nobody speaks TLS."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    spoken = {"refused": f"http://127.0.0.1:{port}", "no-tls": f"https://127.0.0.1:{standin.port}"}
    return {key: spoken.get(value, value) for key, value in others.items()}


def check(row: Row, results: list[Enrichment], standin: StandIn) -> None:
    """Hold what no fault may break."""
    assert [result.index for result in results] == list(range(COUNT))
    assert [result.doi for result in results] == [name(row.world, number) for number in range(COUNT)]
    for number, result in enumerate(results):
        assert result.record.work.title == title(number)
        assert result.record.work.publisher in {None, f"Press {number}"}
        assert result.status != "not-found" or number in row.absent
    assert len(standin.requests) <= MOST_REQUESTS
    if row.retry_after:
        (fault,) = row.faults
        struck = [asked for asked in standin.requests if fault["path"] in asked.target]
        refused_at = struck[0].at
        early = [asked.at - refused_at for asked in struck[1:] if asked.at < refused_at + row.retry_after]
        assert not early


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("row", ROWS, ids=[row.title for row in ROWS])
async def test_while_it_lasts(row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every record comes out in order, with the status of the table, nothing absent that exists, nothing of another work."""
    results, standin = await run(row, tmp_path, monkeypatch, None)
    assert Counter(result.status for result in results) == dict(row.lasting)
    check(row, results, standin)


PASSING = [row for row in ROWS if row.passes]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("row", PASSING, ids=[row.title for row in PASSING])
async def test_when_it_passes(row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What strikes twice and is over costs nobody an answer."""
    results, standin = await run(row, tmp_path, monkeypatch, 2)
    assert Counter(result.status for result in results) == {"enriched": COUNT}
    check(row, results, standin)


def test_the_page_is_the_table() -> None:
    """The documentation says what is tested, word for word; sixty kinds and more, no two alike."""
    assert PAGE.read_text(encoding="utf-8") == page()
    assert len({row.title for row in ROWS}) == len(ROWS) >= 60

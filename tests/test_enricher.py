"""The pipeline without a socket: what is asked, and what becomes of a record by each kind of answer."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
import respx

import enrich
import enrich.enricher
from enrich import formats
from enrich.model import Conflict, Enrichment

pytestmark = pytest.mark.anyio
LINE = b"%0 Journal Article\n%A LeCun, Y.\n%T Deep learning\n%J Nature\n%D 2015\n%R 10.1038/nature14539\n\n"
WORK = {
    "DOI": "10.1038/nature14539",
    "type": "journal-article",
    "title": ["Deep learning"],
    "author": [{"given": "Yann", "family": "LeCun"}],
    "container-title": ["Nature"],
    "issued": {"date-parts": [[2015, 5, 27]]},
    "volume": "521",
    "license": [{"URL": "https://example.org/licence", "content-version": "vor"}],
    "publisher": "Żółw",
}


@pytest.fixture
def settings(tmp_path: Path) -> enrich.Settings:
    """Settings with directories of the test's own and no patience."""
    return enrich.Settings(
        mailto="tests@example.org", cache_dir=tmp_path / "c", snapshot=tmp_path / "s", patience=0, timeout=1
    )


@pytest.fixture
def crossref() -> respx.MockRouter:
    """Crossref's list route, answered by the test; anything else asked is an error."""
    with respx.mock(base_url="https://api.crossref.org", assert_all_called=False) as router:
        yield router


def listed(*works: dict) -> httpx.Response:
    return httpx.Response(
        200, json={"status": "ok", "message-type": "work-list", "message": {"items": list(works)}}
    )


def single(work: dict) -> httpx.Response:
    return httpx.Response(200, json={"status": "ok", "message-type": "work", "message": work})


async def enriched(settings: enrich.Settings, data: bytes, **how: object) -> list[Enrichment]:
    records = formats.read([data], file="x.enw")
    async with enrich.Enricher(settings, **how) as enricher:
        return [result async for result in enricher.stream(records)]


async def test_the_request_is_one_polite_batch(settings: enrich.Settings, crossref: respx.MockRouter) -> None:
    """Two DOIs travel in one filter, with rows set and the contact address in the user agent."""
    route = crossref.get("/works").mock(return_value=listed(WORK, WORK | {"DOI": "10.1038/2"}))
    await enriched(settings, LINE + LINE.replace(b"10.1038/nature14539", b"10.1038/2"))
    (call,) = route.calls
    assert call.request.url.query.startswith(b"filter=doi:10.1038/nature14539,doi:10.1038/2&rows=2")
    assert "mailto:tests@example.org" in call.request.headers["user-agent"]


async def test_what_the_file_cannot_hold_is_not_claimed(
    settings: enrich.Settings, crossref: respx.MockRouter
) -> None:
    """Refer has no tag for a licence: in a file that keeps its format it is not filled, for a caller it is."""
    crossref.route(path__startswith="/works/").mock(return_value=single(WORK))
    (kept,) = await enriched(settings, LINE, keeps_format=True)
    (given,) = await enriched(settings, LINE)
    assert {change.field for change in given.changes} - {change.field for change in kept.changes} == {"license"}
    assert kept.record.work.license is None
    assert given.record.work.license == "https://example.org/licence"


async def test_what_the_encoding_cannot_hold_is_a_conflict(
    settings: enrich.Settings, crossref: respx.MockRouter
) -> None:
    """A cp1252 file cannot take a Polish publisher: the change is withheld, and a note says so."""
    crossref.route(path__startswith="/works/").mock(return_value=single(WORK))
    old = LINE.replace(b"%D 2015", b"%D 2015\n%C K\xf6ln")
    (result,) = await enriched(settings, old, keeps_format=True)
    assert "publisher" not in {change.field for change in result.changes}
    assert Conflict(field="publisher", local=None, remote="Żółw", origin="crossref") in result.conflicts
    assert "unencodable" in {note.code for note in result.notes}


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (single(WORK), "enriched"),
        (single(WORK | {"title": ["Shallow water"], "author": [{"family": "Roe"}], "issued": {"date-parts": [[1950]]}}),
         "contradicted"),
        (httpx.Response(403), "refused"),
        (httpx.Response(404, text="Resource not found."), "not-found"),
    ],
)  # fmt: skip
async def test_each_answer_has_its_status(
    settings: enrich.Settings, crossref: respx.MockRouter, answer: httpx.Response, status: str
) -> None:
    """Found, another work, a refusal, an absence on doi.org's word: four different things."""
    crossref.route(path__startswith="/works/").mock(return_value=answer)
    absent = [{"DOI": "10.1038/nature14539", "status": "DOI does not exist"}]
    crossref.route(host="doi.org", path__startswith="/doiRA/").mock(return_value=httpx.Response(200, json=absent))
    (result,) = await enriched(settings, LINE)
    assert result.status == status
    if status != "enriched":
        assert result.record == result.before


async def test_a_defect_in_one_record_stops_no_run(
    settings: enrich.Settings, crossref: respx.MockRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever breaks while a record is worked on, it is kept as it is and said so, and the next one is enriched."""
    crossref.route(path__startswith="/works/").mock(return_value=single(WORK))
    honest = enrich.enricher.judge

    def judge(index: int, *arguments: object, **options: object) -> Enrichment:
        if index == 0:
            raise RuntimeError("a defect")
        return honest(index, *arguments, **options)

    monkeypatch.setattr(enrich.enricher, "judge", judge)
    first, second = await enriched(settings, LINE + LINE)
    assert (first.status, second.status) == ("unreadable", "enriched")
    assert first.record == first.before
    assert "a defect" in first.notes[-1].text


def test_a_caller_may_stop_early(settings: enrich.Settings) -> None:
    """The blocking iterator can be left: its thread ends with it."""
    results = enrich.clean(
        formats.read([LINE * 5000], file="x.enw"), settings=settings.model_copy(update={"offline": True})
    )
    assert next(results).status == "unavailable"
    results.close()


def test_an_error_of_the_input_reaches_the_caller(settings: enrich.Settings, tmp_path: Path) -> None:
    """What goes wrong in the thread is raised where the results are asked for."""
    with pytest.raises(enrich.FormatError, match=r"nowhere\.enw"):
        list(enrich.clean(tmp_path / "nowhere.enw", settings=settings))

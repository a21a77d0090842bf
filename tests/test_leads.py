"""The second look, through the whole pipeline: the services answer from memory, no socket is opened."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from standin.direct import Direct

import enrich
from enrich import formats, leads
from enrich.merge import BUILT_IN
from enrich.merge.policy import MergePolicy
from enrich.model import Enrichment

pytestmark = pytest.mark.anyio
DOI = "10.1155/2012/574025"
WORK: dict[str, Any] = {
    "DOI": DOI,
    "type": "journal-article",
    "title": ["Active Roles of Tumor Stroma in Breast Cancer Metastasis"],
    "author": [{"given": "Zahraa I.", "family": "Khamis"}, {"given": "Ziad J.", "family": "Sahab"}],
    "container-title": ["International Journal of Breast Cancer"],
    "issued": {"date-parts": [[2012]]},
    "volume": "2012",
    "page": "54-63",
}
OTHER = WORK | {
    "DOI": "10.1155/2012/111111",
    "title": ["Sediment on tidal flats"],
    "author": [{"family": "Roe"}],
    "page": "7",
}
RECORD = """%0 Journal Article
%A Khamis, Zahraa I.
%T Active Roles of Tumor Stroma in Breast Cancer Metastasis
%J International Journal of Breast Cancer
%D 2012
%P 54
"""


def library(*written: str | None) -> bytes:
    """Return a library of the same record, with these DOIs or without one."""
    return b"\n".join((RECORD + (f"%R {doi}\n" if doi else "")).encode() for doi in written)


@pytest.fixture
def settings(tmp_path: Path) -> enrich.Settings:
    """Settings with directories of the test's own."""
    return enrich.Settings(
        mailto="tests@example.org",
        cache_dir=tmp_path / "c",
        state_dir=tmp_path / "t",
        snapshot=tmp_path / "s",
        patience=0,
    )


def works(*messages: dict[str, Any]) -> dict[str, Any]:
    """Return messages by DOI."""
    return {message["DOI"]: message for message in messages}


async def enriched(
    settings: enrich.Settings, registry: Direct, data: bytes, policy: MergePolicy | str | None = None, **more: Any
) -> list[Enrichment]:
    """Return what becomes of a library."""
    chosen = settings.model_copy(update=more)
    async with enrich.Enricher(chosen, policy=policy, keeps_format=True) as enricher:
        if not chosen.offline:
            enricher.transport.send = registry.send
        return [result async for result in enricher.stream(formats.read([data], file="x.enw"))]


def codes(result: Enrichment) -> set[str]:
    """Return the codes of a result's notes."""
    return {note.code for note in result.notes}


def doi_changes(results: Iterable[Enrichment]) -> list[tuple[Any, Any, str, str]]:
    """Return what happened to DOIs: before, after, rule, origin."""
    return [
        (change.before, change.after, change.rule, change.origin)
        for result in results
        for change in result.changes
        if change.field == "DOI"
    ]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (f"{DOI}.pmid:22295246", "number of a database"),
        ("10.1155/2012/574O25", "digits"),
        (f"https://doi.org/{DOI}/abstract", "publisher's page"),
        ("10,1155/2012/574025", "point of the prefix"),
        ("1O.1155/2012/574025", "prefix"),
        ("10.115/2012/574025", "digit of the prefix"),
        (f"10.1155/2012/111111; {DOI}", "later name"),
    ],
)
async def test_a_misspelt_doi_is_repaired(settings: enrich.Settings, wrong: str, error: str) -> None:
    """Law: the DOI of the confirmed work takes its place on the agency's word, and the rest is enriched as ever."""
    (result,) = await enriched(settings, Direct(works(WORK, OTHER)), library(wrong))
    assert (result.status, result.doi, result.agency) == ("enriched", DOI, "crossref")
    assert doi_changes([result]) == [(wrong, DOI, "repair-doi", "crossref")]
    assert {"volume", "page"} <= {change.field for change in result.changes} | {"page"}
    (note,) = [note for note in result.notes if note.code == "doi-repaired"]
    assert error in note.text
    assert DOI in note.text
    assert b"".join(formats.write([result.record], "refer")).count(f"%R {DOI}\n".encode()) == 1


async def test_a_repair_is_made_once(settings: enrich.Settings) -> None:
    """Law: what was repaired is right: a second run changes nothing, and asks nobody."""
    registry = Direct(works(WORK))
    first = await enriched(settings, registry, library(f"{DOI}[doi]", f"{DOI}/full"))
    asked = len(registry.requests)
    again = b"".join(formats.write([result.record for result in first], "refer"))
    second = await enriched(settings, registry, again)
    assert [(result.status, result.changes) for result in second] == [("unchanged", ())] * 2
    assert len(registry.requests) == asked


async def test_candidates_of_many_records_travel_together(settings: enrich.Settings) -> None:
    """Law: many dead DOIs cost a few full requests, not one for each name that may be meant."""
    registry = Direct(works(WORK))
    results = await enriched(
        settings, registry, library(*(f"10.1155/2012/{number}.pmid:1" for number in range(30)))
    )
    assert {result.status for result in results} == {"not-found"}
    lists = [request for request in registry.requests if request.service == "crossref"]
    assert len(lists) <= 2 + 30 * leads.WAVES[-1] // 50
    assert all(request.kind == "list" for request in lists[:-1])


async def test_nothing_is_repaired_without_confirmation(settings: enrich.Settings) -> None:
    """Law: a name that resolves to another work changes nothing; one that may be this work is suggested."""
    (result,) = await enriched(settings, Direct(works(OTHER)), library("10.1155/2012/111111.pmid:1"))
    assert (result.status, result.changes) == ("not-found", ())
    assert "doi-suggestion" not in codes(result)
    bare = (
        b"%0 Journal Article\n%T Active Roles of Tumor Stroma in Breast Cancer Metastasis\n%R "
        + DOI.encode()
        + b"[doi]\n"
    )
    (result,) = await enriched(settings, Direct(works(WORK)), bare)
    assert (result.status, result.record, result.changes) == ("not-found", result.before, ())
    (note,) = [note for note in result.notes if note.code == "doi-suggestion"]
    assert DOI in note.text
    assert "[doi]" in note.text


@pytest.mark.parametrize("down", [["crossref"], ["doi"], ["crossref", "doi"]])
async def test_an_outage_is_no_reason_to_repair(settings: enrich.Settings, down: list[str]) -> None:
    """Law: while somebody does not answer, a record is unavailable or unrepaired, and never another's."""
    wrong = f"{DOI}.pmid:1"
    registry = Direct(works(WORK))
    (before,) = await enriched(settings, registry, library("10.9999/nowhere"))
    assert before.status == "not-found"  # what is known of this one stands in the cache
    registry.down = set(down)
    results = await enriched(settings, registry, library(wrong, "10.9999/nowhere", "10.1155 see publisher"))
    assert [result.status for result in results] == ["unavailable", "not-found", "invalid-doi"]
    assert [(result.record, result.changes) for result in results] == [(result.before, ()) for result in results]
    registry.down = set()
    (result,) = await enriched(settings, registry, library(wrong))
    assert (result.status, result.doi) == ("enriched", DOI)


async def test_an_outage_after_the_absence_is_told(settings: enrich.Settings) -> None:
    """Law: names that could not be asked for stand in a note, and the record is as it was."""
    registry = Direct(works(WORK))
    honest = registry.send

    async def send(request: Any) -> Any:
        registry.down = {"crossref", "doi"} if len(registry.requests) >= 2 else set()  # after the record's own DOI
        return await honest(request)

    async with enrich.Enricher(settings, keeps_format=True) as enricher:
        enricher.transport.send = send
        (record,) = formats.read([library(f"{DOI}.pmid:1")], file="x.enw")
        result = await enricher.enrich(record)
    assert (result.status, result.record, result.changes) == ("not-found", result.before, ())
    assert "not-asked" in codes(result)


async def test_the_doi_of_another_work_gives_way_only_to_a_confirmed_one(settings: enrich.Settings) -> None:
    """Law: a contradicted record is repaired where its own fields name the right DOI, and stays flagged elsewhere."""
    registry = Direct(works(WORK, OTHER))
    named = library(OTHER["DOI"]) + f"%U https://example.org/doi/{DOI}\n".encode()
    (result,) = await enriched(settings, registry, named)
    assert doi_changes([result]) == [(OTHER["DOI"], DOI, "repair-doi", "crossref")]
    asked = len(registry.requests)
    (result,) = await enriched(settings, registry, library(OTHER["DOI"]))
    assert (result.status, result.changes) == ("contradicted", ())
    assert len(registry.requests) == asked


async def test_a_valid_doi_is_never_touched(settings: enrich.Settings) -> None:
    """Law: a DOI that exists stays, however much it looks like an error of its neighbour's, or little can be told."""
    odd = WORK | {"DOI": f"{DOI}.g001"}
    sparse = b"%0 Journal Article\n%D 2012\n%R " + odd["DOI"].encode() + b"\n"
    data = library(odd["DOI"], f"https://doi.org/{odd['DOI']}") + b"\n" + sparse
    results = await enriched(settings, Direct(works(WORK, odd)), data)
    assert [result.doi for result in results] == [odd["DOI"]] * 3
    assert [change[2] for change in doi_changes(results)] == ["bare-doi"]


async def test_a_name_that_was_right_as_it_stands_is_read_again(settings: enrich.Settings) -> None:
    """Law: a name that ends in a full stop is looked up as it stands, and its spelling in the file is left alone."""
    odd = WORK | {"DOI": "10.1000/182."}
    (result,) = await enriched(settings, Direct(works(odd)), library("10.1000/182."))
    assert (result.status, result.doi, doi_changes([result])) == ("enriched", "10.1000/182.", [])
    assert b"%R 10.1000/182.\n" in b"".join(formats.write([result.record], "refer"))


async def test_of_two_that_fit_the_simpler_error_is_meant_or_nobody_says(settings: enrich.Settings) -> None:
    """Law: between two works that nothing tells apart the fewer errors decide; between equal ones a person does."""
    twin = WORK | {"DOI": f"{DOI}v2"}
    (result,) = await enriched(settings, Direct(works(WORK, twin)), library(f"{DOI}v2[doi]"))
    assert result.doi == twin["DOI"]
    pair = works(WORK, WORK | {"DOI": "10.1155/2012/574026"})
    (result,) = await enriched(settings, Direct(pair), library(f"10.9999/nowhere; {DOI}; 10.1155/2012/574026"))
    assert (result.status, [change[2] for change in doi_changes([result])]) == ("not-found", ["bare-doi"])
    assert [note.code for note in result.notes].count("doi-suggestion") == 2


@pytest.mark.parametrize("policy", ["report", 'extends = "fill"\nkeep = ["DOI"]'])
async def test_a_policy_may_forbid_it(settings: enrich.Settings, policy: str, tmp_path: Path) -> None:
    """Law: where the policy keeps the DOI, the repair and the find are suggestions."""
    file = tmp_path / "mine.toml"
    file.write_text(policy)
    name = policy if policy == "report" else str(file)
    results = await enriched(
        settings, Direct(works(WORK)), library(f"{DOI}/full", None), policy=name, find_missing=True
    )
    assert [result.status for result in results] == ["not-found", "no-doi"]
    assert [result.record for result in results] == [result.before for result in results]
    assert all("doi-suggestion" in codes(result) for result in results)


async def test_a_lock_by_the_dead_doi_holds(settings: enrich.Settings) -> None:
    """Law: a record, or a field of it, that a policy calls by the misspelt DOI is locked under that, and stays so."""
    wrong = f"{DOI}.pmid:1"
    whole = BUILT_IN["fill"].model_copy(update={"records": frozenset({wrong})})
    (result,) = await enriched(settings, Direct(works(WORK)), library(wrong), policy=whole)
    assert (result.record, result.changes) == (result.before, ())
    part = BUILT_IN["fill"].model_copy(update={"parts": {wrong: frozenset({"volume"})}})
    (result,) = await enriched(settings, Direct(works(WORK)), library(wrong), policy=part)
    assert result.doi == DOI
    assert result.record.work.volume is None
    doi = BUILT_IN["fill"].model_copy(update={"parts": {wrong: frozenset({"DOI"})}})
    (result,) = await enriched(settings, Direct(works(WORK)), library(wrong), policy=doi)
    assert (result.status, result.record) == ("not-found", result.before)


async def test_a_missing_doi_is_searched_for_only_on_request(settings: enrich.Settings) -> None:
    """Law: nobody is searched for unless asked; then a certain find is written under a rule of its own."""
    registry = Direct(works(WORK, OTHER))
    (result,) = await enriched(settings, registry, library(None))
    assert (result.status, registry.requests) == ("no-doi", [])
    (result,) = await enriched(settings, registry, library(None), find_missing=True)
    assert (result.status, result.doi) == ("enriched", DOI)
    assert doi_changes([result]) == [(None, DOI, "find-doi", "crossref")]
    assert "doi-found" in codes(result)
    assert [request.service for request in registry.requests] == ["crossref"] * 2
    (again,) = await enriched(settings, registry, library(None), find_missing=True)
    assert again.changes == result.changes
    assert len(registry.requests) == 2


async def test_what_is_not_certain_is_suggested(settings: enrich.Settings) -> None:
    """Law: without a page nothing tells an article from its erratum: the DOI and the evidence stand in a note."""
    record = library(None).replace(b"%P 54\n", b"")
    (result,) = await enriched(settings, Direct(works(WORK, OTHER)), record, find_missing=True)
    assert (result.status, result.record, result.changes) == ("no-doi", result.before, ())
    (note,) = [note for note in result.notes if note.code == "doi-suggestion"]
    assert note.severity == "warning"
    assert note.text.startswith(DOI)
    assert "title 1, author 1, year 1" in note.text


async def test_datacite_is_asked_for_what_crossref_has_not(settings: enrich.Settings) -> None:
    """Law: the agencies are searched one after the other, until one has it."""
    attributes = {
        "creators": [{"givenName": "Anna", "familyName": "Quist", "name": "Quist, Anna"}],
        "titles": [{"title": "Sediment cores of the northern tidal flats"}],
        "publicationYear": 2019,
        "publisher": "Archive of the Earth",
        "types": {"resourceTypeGeneral": "Dataset"},
    }
    record = b"%0 Dataset\n%A Quist, Anna\n%T Sediment cores of the northern tidal flats\n%D 2019\n%I Archive of the Earth\n"
    registry = Direct(works(WORK), {"10.5072/cores": attributes})
    (result,) = await enriched(settings, registry, record, find_missing=True)
    assert doi_changes([result]) == [(None, "10.5072/cores", "find-doi", "datacite")]


async def test_whoever_wrote_a_doi_is_only_told_of_another(settings: enrich.Settings) -> None:
    """Law: a search replaces no DOI, dead or of another work: it suggests."""
    registry = Direct(works(WORK, OTHER))
    results = await enriched(settings, registry, library("10.9999/nowhere", OTHER["DOI"]), find_missing=True)
    assert [result.status for result in results] == ["not-found", "contradicted"]
    assert doi_changes(results) == []
    assert all("doi-suggestion" in codes(result) for result in results)


@pytest.mark.parametrize(
    ("down", "status"), [([], "no-doi"), (["crossref"], "unavailable"), (["datacite"], "unavailable")]
)
async def test_no_search_is_not_nothing_found(settings: enrich.Settings, down: list[str], status: str) -> None:
    """Law: where an agency was not searched, the record is unavailable and says whom nobody could ask."""
    registry = Direct(works(OTHER), down=down)
    (result,) = await enriched(settings, registry, library(None), find_missing=True)
    assert (result.status, result.record) == (status, result.before)
    assert [note.text.split()[0] for note in result.notes if note.code == "not-searched"] == down


async def test_a_refusal_to_search_is_told(settings: enrich.Settings) -> None:
    """Law: who is not let in to search is refused, and that is no outage."""
    registry = Direct(works(WORK))
    honest = registry.send

    async def send(request: Any) -> Any:
        answer = await honest(request)
        return answer.model_copy(update={"status": 403}) if "query" in request.query else answer

    async with enrich.Enricher(settings.model_copy(update={"find_missing": True})) as enricher:
        enricher.transport.send = send
        (record,) = formats.read([library(None)], file="x.enw")
        result = await enricher.enrich(record)
    assert (result.status, result.record) == ("refused", result.before)
    assert [note.code for note in result.notes].count("not-searched") == 2


async def test_offline_says_that_it_could_not_look(settings: enrich.Settings) -> None:
    """Law: without the network a record without a DOI stays one, and says why; what was searched before is known."""
    (result,) = await enriched(settings, Direct({}), library(None), find_missing=True, offline=True)
    assert (result.status, result.changes) == ("no-doi", ())
    assert any(note.code == "not-searched" and "offline" in note.text for note in result.notes)
    await enriched(settings, Direct(works(WORK)), library(None), find_missing=True)
    (result,) = await enriched(settings, Direct({}), library(None), find_missing=True, offline=True)
    assert (result.status, result.doi) == ("enriched", DOI)


async def test_a_defect_in_the_second_look_stops_no_run(
    settings: enrich.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: whatever breaks there, the record stays as it was judged, and says so."""
    monkeypatch.setattr(leads.matching, "rank", lambda *_: 1 / 0)
    (result,) = await enriched(settings, Direct(works(WORK)), library(f"{DOI}/full"))
    assert (result.status, result.record) == ("not-found", result.before)
    assert "internal-error" in codes(result)

"""How agencies are asked: batches, request lines, the directory, handles, and the table of agencies."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from agencies.world import World, down, response
from hypothesis import given
from hypothesis import strategies as st

from enrich.agencies import AGENCIES, base, crossref, datacite, directory, handles, plan
from enrich.identifiers.doi import Doi
from enrich.model import Elsewhere, Failure, Found, NotFound, Unavailable

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "agencies.md").read_text(encoding="utf-8")
ODD = ("10.1000/a,b", "10.1000/a b", "10.123/x", "10/abcde", "10.1000.5/x")
SICI = "10.1002/(sici)1096-911x(199805)30:5<297::aid-mpo7>3.0.co;2-a#&+%?"


def handle(kind: str, value: str) -> dict[str, Any]:
    """Return a handle with one value."""
    return {
        "responseCode": 1,
        "values": [{"index": 1, "type": kind, "data": {"format": "string", "value": value}}],
    }


names = st.one_of(
    st.sampled_from(ODD),
    st.text(alphabet="abc/.,;<>#&+%()[]-é", min_size=1, max_size=300).map(lambda suffix: f"10.1000/{suffix}"),
    st.integers(min_value=0, max_value=9999).map(lambda number: f"10.1155/{number}"),
)


@given(
    st.lists(names, max_size=150),
    st.sampled_from(["crossref", "datacite", "medra", "kisti", "newra"]),
    st.integers(min_value=1, max_value=200),
)
def test_batches_keep_order_and_limits(listed: list[str], agency: str, most: int) -> None:
    """Batches hold every DOI in order, none is empty, too long for a request line, or too many."""
    dois = [Doi(name) for name in listed]
    batches = plan(agency, dois, most=most)
    assert [doi for batch in batches for doi in batch] == dois
    for batch in batches:
        assert 0 < len(batch) <= min(most, 100)
        if len(batch) > 1:
            assert not any("," in doi or " " in doi or not re.match(r"10\.[0-9]{4,}/", doi) for doi in batch)
            for request in (crossref._request(batch), datacite._request(batch)):
                assert agency in {"medra", "newra"} or len(request.target.encode()) <= 3500


def test_batches_are_full() -> None:
    """A batch is closed only where a limit is reached."""
    dois = [Doi(f"10.1155/2012/{number}") for number in range(120)]
    assert [len(batch) for batch in plan("crossref", dois)] == [50, 50, 20]
    assert [len(batch) for batch in plan("datacite", dois, most=1000)] == [100, 20]


def test_a_doi_is_escaped_in_a_filter_and_in_a_path() -> None:
    """What would end, part or change a request line is escaped, once."""
    doi = Doi(SICI)
    listed = crossref._request([doi, Doi("10.1155/2")])
    filters = listed.query.removeprefix("filter=").removesuffix("&rows=2").split(",")
    assert [unquote(each) for each in filters] == [f"doi:{SICI}", "doi:10.1155/2"]
    assert not set(listed.query) & set("<>#+;?[]() ")
    assert crossref._request([doi]).target == f"/works/{quote(SICI, safe='')}"
    assert datacite._request([doi]).target == f"/dois/{quote(SICI, safe='')}?affiliation=true&publisher=true"
    several = datacite._request([doi, Doi("10.1155/2")])
    assert several.query.endswith("&page%5Bsize%5D=2&affiliation=true&publisher=true&disable-facets=true")


def test_prefixes_are_well_formed_and_name_agencies() -> None:
    """Every line of the table is a prefix and an agency, in order, each prefix once."""
    text = files("enrich.agencies").joinpath("prefixes.tsv").read_text(encoding="utf-8")
    pairs = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    prefixes = [prefix for prefix, _ in pairs]
    assert len(set(prefixes)) == len(prefixes) > 300
    assert all(re.fullmatch(r"10\.[0-9]{4,9}", prefix) for prefix in prefixes)
    assert prefixes == sorted(prefixes, key=lambda prefix: int(prefix[3:]))
    assert {name for _, name in pairs} <= set(AGENCIES)


@pytest.mark.parametrize(
    ("doi", "agency"),
    [
        ("10.1155/2012/574025", "crossref"),
        ("10.5281/zenodo.1", "datacite"),
        ("10.48550/arxiv.1706.03762", "datacite"),
        ("10.11467/isss2003.7.1_11", "jalc"),
        ("10.1430/8105", "medra"),
        ("10.99999/x", None),
        ("10/abcde", None),
    ],
)
def test_guesses(doi: str, agency: str | None) -> None:
    """A prefix tells its agency, or nothing."""
    assert directory.guess(Doi(doi)) == agency


def test_the_directory_is_asked_once_for_many(world: World) -> None:
    """One request names the agencies of a batch, whatever the case of the answer, commas escaped."""
    world.agencies = {
        "10.1155/a": "Crossref",
        "10.1430/b": "mEDRA",
        "10.1000/c,d": "DataCite",
        "10.9999/e": "Unknown",
        "10.1/f": "Invalid DOI",
    }
    asked = [Doi(name) for name in (*world.agencies, "10.1155/none")]
    told = world.drive(directory.which(asked))
    assert [told[doi] if isinstance(told[doi], str) else type(told[doi]) for doi in asked] == [
        *("crossref", "medra", "datacite", Unavailable, NotFound, NotFound),
    ]
    assert len(world.asked) == 1
    assert world.asked[0].kind == "list"
    assert world.asked[0].path.startswith("/doiRA/10.1155/a,10.1430/b,10.1000/c%2Cd,")


@pytest.mark.parametrize(
    "answer",
    [response(b"<html>"), response({}), response([]), response([{"DOI": 3}]), response(b"", 404)],
    ids=str,
)
def test_no_word_of_the_directory_is_no_absence(world: World, answer: Any) -> None:
    """An answer that does not mention a DOI says nothing about it."""
    world.trouble = lambda _request: answer
    told = world.drive(directory.which([Doi("10.1155/a"), Doi("10.1155/b")]))
    assert {type(word) for word in told.values()} == {Unavailable}


def test_the_directory_keeps_to_the_length_of_a_request_line(world: World) -> None:
    """Long names are asked in several requests."""
    dois = [Doi(f"10.1155/{'é' * 60}{number}") for number in range(40)]
    world.agencies = dict.fromkeys(dois, "Crossref")
    told = world.drive(directory.which(dois))
    assert set(told.values()) == {"crossref"}
    assert all(len(target) <= 3500 for target in world.targets())


@pytest.mark.parametrize(
    ("content", "status", "expected"),
    [
        ({"responseCode": 1, "values": []}, 200, "itself"),
        ({"responseCode": 200}, 200, "itself"),
        ({"responseCode": 1}, 200, "itself"),
        (handle("URL", "https://doi.org/10.1155/a"), 200, "itself"),
        (handle("URL", "https://doi.org/10.1155/Prime"), 200, "10.1155/prime"),
        (handle("URL", "https://evil.org/https://doi.org/10.1155/p"), 200, "itself"),
        (handle("HS_ALIAS", "10.1155/PRIME"), 200, "10.1155/prime"),
        ({"responseCode": 100}, 404, NotFound),
        ({"responseCode": 2}, 500, Unavailable),
        ({"error": 1}, 404, Unavailable),
        (b"<html>", 404, Unavailable),
        (b"", 403, Unavailable),
    ],
)
def test_handles(world: World, content: Any, status: int, expected: Any) -> None:
    """Only `responseCode` 100 means that there is no such DOI; only doi.org's own addresses lead on."""
    world.trouble = lambda _request: response(content, status)
    meaning = world.drive(handles.resolve(Doi("10.1155/a")))
    assert (
        meaning == {"itself": "10.1155/a"}.get(expected, expected)
        if isinstance(expected, str)
        else type(meaning) is expected
    )


def test_a_handle_that_nobody_asked_for_is_no_absence(world: World) -> None:
    """Only the word about the DOI itself counts, in whatever case it is spelt."""
    world.trouble = lambda _: response({"responseCode": 100, "handle": "10.1155/OTHER"}, 404)
    assert isinstance(world.drive(handles.resolve(Doi("10.1155/x"))), Unavailable)
    world.trouble = lambda _: response({"responseCode": 100, "handle": "10.1155/X"}, 404)
    assert isinstance(world.drive(handles.resolve(Doi("10.1155/x"))), NotFound)


def test_a_bad_doi_is_found_with_well_answers_in_between(world: World) -> None:
    """Halves are asked before quarters, so never more than two requests in a row fail over one bad DOI."""
    wanted = [Doi(f"10.1155/n{number:02d}") for number in range(50)]
    for bad in wanted[::7]:
        failed: list[bool] = []

        def trouble(request: Any, bad: Doi = bad, failed: list[bool] = failed) -> Any:
            failed.append(bad.rpartition("/")[2] in request.target)
            return Failure(reason="server", detail="500", status=500) if failed[-1] else None

        world.crossref = {doi: {"DOI": doi, "title": ["T"]} for doi in wanted}
        world.trouble = trouble
        known = world.drive(crossref.lookup(wanted))
        assert [doi for doi in wanted if not isinstance(known[doi], Found)] == [bad]
        longest = max((len(run) for run in "".join("x" if f else " " for f in failed).split()), default=0)
        assert longest <= 2


def test_doi_org_down_is_no_absence(world: World) -> None:
    """A handle nobody could look at may exist."""
    world.trouble = down("doi")
    assert isinstance(world.drive(handles.resolve(Doi("10.1155/a"))), Unavailable)


def test_table_and_documents_agree() -> None:
    """Every agency has a module of its name, a line in the table, a row on the page, and its name in the decision."""
    decision = (ROOT / "docs" / "decisions" / "0003-agency-flows.md").read_text(encoding="utf-8")
    for name, agency in AGENCIES.items():
        assert name == agency.name == agency.label.lower()
        assert agency.label in decision
        assert (agency.lookup is None) <= (not agency.negotiated)
        assert not (agency.negotiated and agency.roundabout)
    folder = files("enrich.agencies")
    modules = {
        name: import_module(f"enrich.agencies.{name}")
        for name, suffix in (entry.name.rsplit(".", 1) for entry in folder.iterdir() if "." in entry.name)
        if suffix == "py" and name != "__init__"
    }
    assert {name: module.AGENCY for name, module in modules.items() if hasattr(module, "AGENCY")} == AGENCIES
    rows = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| ")][1:]
    assert [row[0].removeprefix("| ") for row in rows] == [agency.label for agency in AGENCIES.values()]
    for row, (name, agency) in zip(rows, AGENCIES.items(), strict=True):
        how = "content negotiation" if agency.negotiated else "its interface" if agency.lookup else "nothing"
        assert row[2].startswith(how)
        said = modules[name].__doc__ or ""
        assert said.startswith(agency.label)
        assert "http" in said
        assert "limit" in said.lower()
        assert "licence" in said.lower()
    how = (ROOT / "docs" / "adding-an-agency.md").read_text(encoding="utf-8")
    for field in base.Agency.__dataclass_fields__:
        assert f"`{field}`" in how
    assert len([line for line in how.splitlines() if line.strip()]) <= 14


def test_unknown_agencies_are_planned_and_elsewhere_is_a_value() -> None:
    """A name that is not in the table never raises."""
    assert plan("newra", [Doi("10.1155/a"), Doi("10.1155/b")]) == [("10.1155/a",), ("10.1155/b",)]
    assert Elsewhere(doi=Doi("10.1155/a"), agency="newra").agency == "newra"

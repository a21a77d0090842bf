"""The whole story of a batch, told against a world of dictionaries."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from agencies.world import NOW, World, datum, down, response
from hypothesis import given
from hypothesis import strategies as st

from enrich.agencies import AGENCIES, read, settle
from enrich.identifiers.doi import Doi
from enrich.model import Elsewhere, Failure, Found, NotFound, Outcome, Refused, Request, Unavailable


def work(doi: str, **members: Any) -> dict[str, Any]:
    """Return a message about a work."""
    return {"DOI": doi, "type": "journal-article", "title": [f"Title of {doi}"], **members}


def dois(*names: str) -> list[Doi]:
    """Return names as DOIs."""
    return [Doi(name) for name in names]


def numbered(count: int) -> list[Doi]:
    """Return as many DOIs."""
    return [Doi(f"10.1155/{number}") for number in range(count)]


def one(known: dict[Doi, Outcome]) -> Outcome:
    """Return the only outcome."""
    assert len(known) == 1
    return next(iter(known.values()))


def test_a_batch_of_known_works_is_one_request(world: World) -> None:
    """Fifty works that the agency knows cost one request, and the result has the order asked."""
    asked = numbered(50)
    world.crossref = {doi: work(doi) for doi in asked}
    known = world.drive(settle("crossref", asked))
    assert list(known) == asked
    assert all(isinstance(outcome, Found) and outcome.record.work.doi == doi for doi, outcome in known.items())
    assert len(world.asked) == 1
    request = world.asked[0]
    assert (request.service, request.kind, request.path) == ("crossref", "list", "/works")
    assert request.query.endswith("&rows=50")
    assert "select" not in request.query
    assert "mailto" not in request.query


def test_what_is_stored_reads_as_what_was_found(world: World) -> None:
    """The raw form of an outcome, read again from a cache, gives the same record."""
    world.crossref = {"10.1155/1": work("10.1155/1", reference=[{"key": "1"}], volume="7")}
    found = one(world.drive(settle("crossref", dois("10.1155/1"))))
    assert isinstance(found, Found)
    source = found.record.source
    assert source is not None
    assert b"reference" not in source.raw
    assert read("crossref", source.raw, doi=found.doi, retrieved_at=NOW) == found.record


def test_one_bad_doi_costs_its_neighbours_nothing(world: World) -> None:
    """A list refused for one DOI is asked again in halves, until only that DOI is left alone."""
    asked = numbered(50)
    world.crossref = {doi: work(doi) for doi in asked}
    poison = "10.1155%2F31"

    def trouble(request: Request) -> Any:
        bad = "doi:10.1155/31," in request.query + "," or request.path.endswith(poison)
        return response({"status": "failed"}, 400) if bad else None

    world.trouble = trouble
    known = world.drive(settle("crossref", asked))
    assert [doi for doi, outcome in known.items() if not isinstance(outcome, Found)] == ["10.1155/31"]
    assert len(world.targets("crossref")) <= 14


@pytest.mark.parametrize("reason", ["server", "timeout", "malformed"])
@pytest.mark.parametrize("position", [0, 1, 7, 19])
def test_a_doi_that_breaks_the_service_costs_its_neighbours_nothing(
    world: World, position: int, reason: Any
) -> None:
    """Wherever in the batch a DOI stands that no answer comes for, the others are found."""
    asked = numbered(20)
    world.crossref = {doi: work(doi) for doi in asked}
    poison = f"10.1155/{position}"

    def trouble(request: Request) -> Any:
        named = unquote(request.target).replace("&", ",") + ","
        return (
            Failure(reason=reason, detail="") if f"{poison}," in named and request.service == "crossref" else None
        )

    world.trouble = trouble
    known = world.drive(settle("crossref", asked))
    assert [doi for doi, outcome in known.items() if not isinstance(outcome, Found)] == [poison]
    assert isinstance(known[Doi(poison)], Unavailable)


@pytest.mark.parametrize(
    "answer",
    [
        response({}, 400),
        response(b"<html>", 414, "text/html"),
        response(b"", 431),
        response(b"", 301),
        response(b"<html>hotel wifi</html>", 200, "text/html"),
        response(b'{"message": {"items": [', 200),
        response({"foreign": True}),
        response([1, 2]),
        response({"message": {"items": None}}),
        Failure(reason="malformed", detail="no JSON"),
        Failure(reason="too-large", detail="too large"),
        Failure(reason="timeout", detail="slow"),
        Failure(reason="server", detail="HTTP 504"),
    ],
    ids=str,
)
def test_a_list_that_is_none_falls_back_to_single_works(world: World, answer: Any) -> None:
    """Whatever stands where a list should stand, every work is still found."""
    asked = numbered(5)
    world.crossref = {doi: work(doi) for doi in asked}
    world.trouble = lambda request: answer if request.kind == "list" and request.service == "crossref" else None
    known = world.drive(settle("crossref", asked))
    assert [type(outcome) for outcome in known.values()] == [Found] * 5


@pytest.mark.parametrize(
    "reason", ["offline", "network", "timeout", "overloaded", "server", "malformed", "down", "blocked"]
)
@pytest.mark.parametrize("agency", ["crossref", "datacite", "medra", None])
def test_a_failure_is_never_an_absence(world: World, agency: str | None, reason: Any) -> None:
    """Where nobody answers, every DOI is unavailable, after a bounded number of requests."""
    world.trouble = lambda _request: Failure(reason=reason, detail="trouble")
    known = world.drive(settle(agency, numbered(20)), limit=30)
    assert {type(outcome) for outcome in known.values()} == {Unavailable}


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("count", [1, 3])
def test_a_status_of_trouble_is_never_an_absence(world: World, status: int, count: int) -> None:
    """429 and 5xx mean that nothing is known, in a list and alone."""
    world.trouble = lambda _request: response(b"", status)
    known = world.drive(settle("crossref", numbered(count)))
    assert {type(outcome) for outcome in known.values()} == {Unavailable}


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("count", [1, 3])
def test_a_refusal_is_a_refusal_for_every_doi(world: World, status: int, count: int) -> None:
    """401 and 403 are taken as said, without asking each DOI again."""
    world.trouble = lambda request: response(b"", status) if request.service == "crossref" else None
    known = world.drive(settle("crossref", numbered(count)))
    assert {type(outcome) for outcome in known.values()} == {Refused}
    assert len(world.asked) == 1


def test_absence_is_the_word_of_doi_org(world: World) -> None:
    """A DOI that the agency does not know is not found only when doi.org says so."""
    outcome = one(world.drive(settle("crossref", dois("10.1155/none"))))
    assert outcome == NotFound(doi=Doi("10.1155/none"), source="doi.org")
    world.trouble = down("doi")
    assert isinstance(one(world.drive(settle("crossref", dois("10.1155/none")))), Unavailable)


def test_no_handle_is_an_absence(world: World) -> None:
    """A DOI whose prefix has an agency, but which has no handle, does not exist."""
    world.agencies = {"10.1155/gone": "Crossref"}
    assert isinstance(one(world.drive(settle("crossref", dois("10.1155/gone")))), NotFound)


def test_a_malformed_name_is_refused_unless_doi_org_explains_it(world: World) -> None:
    """A 400 for a single DOI stays a refusal only where doi.org knows the DOI."""
    world.trouble = lambda request: response({}, 400) if request.service == "crossref" else None
    assert isinstance(one(world.drive(settle("crossref", dois("10.123/x")))), NotFound)
    world.agencies, world.handles = {"10.123/x": "Crossref"}, {"10.123/x": "https://example.org/x"}
    assert isinstance(one(world.drive(settle("crossref", dois("10.123/x")))), Refused)


def test_the_right_agency_is_found(world: World) -> None:
    """What the first agency does not know is asked of the one that the directory names, in one request each."""
    asked = dois("10.1155/a", "10.1155/b", "10.1155/c")
    world.crossref = {asked[0]: work(asked[0])}
    world.datacite = {doi: datum(doi, titles=[{"title": "D"}]) for doi in asked[1:]}
    world.agencies = dict.fromkeys(asked[1:], "DataCite")
    known = world.drive(settle("crossref", asked))
    agencies = [outcome.record.origin.agency for outcome in known.values() if isinstance(outcome, Found)]
    assert agencies == ["crossref", "datacite", "datacite"]
    assert [request.service for request in world.asked] == ["crossref", "doi", "datacite"]


def test_an_unknown_agency_begins_with_the_directory(world: World) -> None:
    """Without a guess one request sorts the batch, and each agency is asked once."""
    world.crossref, world.datacite = {"10.1155/a": work("10.1155/a")}, {"10.5281/b": datum("10.5281/b")}
    world.agencies = {"10.1155/a": "Crossref", "10.5281/b": "DataCite", "10.3743/c": "KISTI"}
    known = world.drive(settle(None, dois("10.1155/a", "10.5281/b", "10.3743/c", "10.1155/d")))
    assert [type(outcome) for outcome in known.values()] == [Found, Found, Elsewhere, NotFound]
    assert [request.service for request in world.asked] == ["doi", "crossref", "datacite"]


@pytest.mark.parametrize("name", [name for name, agency in AGENCIES.items() if agency.lookup is None])
def test_an_agency_without_an_interface_is_elsewhere(world: World, name: str) -> None:
    """The directory's word is enough, and it also tells that there is no such DOI."""
    world.agencies = {"10.3743/c": AGENCIES[name].label}
    known = world.drive(settle(name, dois("10.3743/c", "10.3743/none")))
    assert known == {
        "10.3743/c": Elsewhere(doi=Doi("10.3743/c"), agency=name),
        "10.3743/none": NotFound(doi=Doi("10.3743/none"), source="doi.org"),
    }
    assert len(world.asked) == 1


@pytest.mark.parametrize("name", ["op", "istic"])
def test_negotiated_agencies_answer_in_csl(world: World, name: str) -> None:
    """A CSL item from doi.org is a record of that agency's; its redirects may be followed."""
    doi = Doi("10.1430/8105")
    item = {
        "type": "article-journal",
        "DOI": "10.1430/8105",
        "title": "T",
        "author": [{"family": "Rossi", "given": "A."}],
    }
    world.negotiated = {doi: item}
    found = one(world.drive(settle(name, [doi])))
    assert isinstance(found, Found)
    assert found.record.origin.agency == name
    assert found.record.source is not None
    assert found.record.source.format == "csl-json"
    assert read(name, found.record.source.raw, doi=doi, retrieved_at=NOW) == found.record
    assert [(request.path, request.follow, request.expect) for request in world.asked] == [
        ("/10.1430/8105", True, "any")
    ]


@pytest.mark.parametrize(
    "answer",
    [
        response(b"<html>choose a site</html>", 200, "text/html;charset=utf-8"),
        response(b"", 204),
        response(b"", 406),
        response({"error": "no such item"}),
        response({"DOI": "10.1430/other", "title": "Another work"}),
        Failure(reason="blocked", detail="the redirect leads to a plain address"),
    ],
    ids=str,
)
def test_no_metadata_by_negotiation_is_elsewhere(world: World, answer: Any) -> None:
    """HTML, nothing, another work: the DOI is registered, and nothing is known of the work."""
    world.agencies, world.handles = {"10.1430/x": "mEDRA"}, {"10.1430/x": "https://example.org/x"}
    world.trouble = lambda request: answer if request.path == "/10.1430/x" else None
    assert one(world.drive(settle("medra", dois("10.1430/x")))) == Elsewhere(doi=Doi("10.1430/x"), agency="medra")


def test_negotiation_is_the_last_resort(world: World) -> None:
    """A registered DOI that its agency's interface does not know is asked of doi.org."""
    world.agencies, world.handles = {"10.1155/x": "Crossref"}, {"10.1155/x": "https://example.org/x"}
    world.negotiated = {"10.1155/x": {"DOI": "10.1155/x", "title": "T", "type": "article-journal"}}
    found = one(world.drive(settle("crossref", dois("10.1155/x"))))
    assert isinstance(found, Found)
    assert (found.record.origin.agency, found.record.work.title) == ("crossref", "T")


def test_an_outage_of_crossref_is_gone_round_for_few_dois(world: World) -> None:
    """Negotiation serves while the interface is down, but not in order to evade a limit, and not for lists."""
    world.negotiated = {doi: {"DOI": doi, "title": "T"} for doi in numbered(4)}
    world.trouble = down("crossref")
    assert isinstance(one(world.drive(settle("crossref", numbered(1)))), Found)
    assert {type(outcome) for outcome in world.drive(settle("crossref", numbered(4))).values()} == {Unavailable}
    world.trouble = lambda request: (
        Failure(reason="overloaded", detail="429") if request.service == "crossref" else None
    )
    assert isinstance(one(world.drive(settle("crossref", numbered(1)))), Unavailable)


@pytest.mark.parametrize(
    "target", ["https://doi.org/10.1155/prime", "http://dx.doi.org/10.1155%2FPRIME", "10.1155/Prime"]
)
def test_an_alias_is_found_under_its_own_name(world: World, target: str) -> None:
    """The record of the prime answers for the alias: with the prime's DOI, and the alias among its aliases."""
    world.crossref = {"10.1155/prime": work("10.1155/prime")}
    world.agencies = {"10.1155/alias": "Crossref"}
    world.handles = {"10.1155/alias": target}
    found = one(world.drive(settle("crossref", dois("10.1155/alias"))))
    assert isinstance(found, Found)
    assert found.doi == "10.1155/alias"
    assert found.record.work.doi == "10.1155/prime"
    assert found.record.registration is not None
    assert found.record.registration.aliases == ("10.1155/alias",)
    assert found.record.source is not None
    assert read("crossref", found.record.source.raw, doi=found.doi, retrieved_at=NOW) == found.record


def test_an_alias_that_crossref_lists_is_taken_at_once(world: World) -> None:
    """An answer under another DOI is taken where it names the DOI asked for among its aliases."""
    world.crossref = {"10.1155/alias": work("10.1155/prime", aliases=["10.1155/ALIAS"])}
    found = one(world.drive(settle("crossref", dois("10.1155/alias"))))
    assert isinstance(found, Found)
    assert len(world.asked) == 1


def test_another_work_is_never_taken(world: World) -> None:
    """An answer under a DOI that nobody asked for is no answer."""
    world.crossref = {"10.1155/a": work("10.1155/b"), "10.1155/c": work("10.1155/c")}
    known = world.drive(settle("crossref", dois("10.1155/a", "10.1155/c")))
    assert [type(outcome) for outcome in known.values()] == [NotFound, Found]
    assert isinstance(one(world.drive(settle("crossref", dois("10.1155/a")))), NotFound)


def test_aliases_in_a_circle_come_to_an_end(world: World) -> None:
    """Aliases lead on a few times at most."""
    world.agencies = {f"10.1155/{name}": "Crossref" for name in "abcdef"}
    world.handles = {
        f"10.1155/{name}": f"https://doi.org/10.1155/{after}"
        for name, after in zip("abcdef", "bcdefa", strict=True)
    }
    outcome = one(world.drive(settle("crossref", dois("10.1155/a")), limit=20))
    assert outcome == Elsewhere(doi=Doi("10.1155/a"), agency="crossref")


def test_a_landing_page_with_a_doi_in_it_is_no_alias(world: World) -> None:
    """Only doi.org's own addresses lead on."""
    world.agencies = {"10.1155/x": "Crossref"}
    world.handles = {"10.1155/x": "https://onlinelibrary.wiley.com/doi/10.1155/prime"}
    world.crossref = {"10.1155/prime": work("10.1155/prime")}
    assert isinstance(one(world.drive(settle("crossref", dois("10.1155/x")))), Elsewhere)


def test_a_short_doi_is_resolved_by_its_handle_first(world: World) -> None:
    """`10/abcde` is asked of no agency; the long name it stands for is."""
    world.handles = {"10/abcde": "10.1155/long"}
    world.crossref = {"10.1155/long": work("10.1155/long")}
    known = world.drive(settle("crossref", dois("10/abcde", "10.1155/long")))
    assert {doi: outcome.record.work.doi for doi, outcome in known.items()} == dict.fromkeys(known, "10.1155/long")
    assert world.targets("doi")[0] == "/api/handles/10/abcde"
    assert isinstance(one(world.drive(settle(None, dois("10/zzzzz")))), NotFound)


def test_a_duplicate_item_does_not_replace_the_first(world: World) -> None:
    """When an answer holds a DOI twice, the first counts."""
    first, second = work("10.1155/a", volume="1"), work("10.1155/A", volume="2")
    world.trouble = lambda _request: response({"message": {"items": [first, second, work("10.1155/b")]}})
    known = world.drive(settle("crossref", dois("10.1155/a", "10.1155/b")))
    assert isinstance(known["10.1155/a"], Found)
    assert known["10.1155/a"].record.work.volume == "1"


def test_being_described_at_datacite_does_not_prove_the_agency(world: World) -> None:
    """Crossref's DOIs at DataCite and what is not findable are not taken."""
    world.datacite = {
        "10.1002/a": datum("10.1002/a", client="crossref.citations"),
        "10.1002/b": datum("10.1002/b", agency="crossref"),
        "10.1002/c": datum("10.1002/c", state="registered"),
    }
    world.crossref = {"10.1002/a": work("10.1002/a"), "10.1002/b": work("10.1002/b")}
    world.agencies = {"10.1002/a": "Crossref", "10.1002/b": "Crossref", "10.1002/c": "DataCite"}
    world.handles = {"10.1002/c": "https://example.org"}
    known = world.drive(settle("datacite", dois("10.1002/a", "10.1002/b", "10.1002/c")))
    assert [type(outcome) for outcome in known.values()] == [Found, Found, Elsewhere]
    assert known["10.1002/a"].record.origin.agency == "crossref"


def test_doi_org_may_know_no_agency(world: World) -> None:
    """A DOI that exists but whose agency is unknown is negotiated, and otherwise unavailable."""
    world.agencies, world.handles = {"10.9999/x": "Unknown"}, {"10.9999/x": "https://example.org"}
    assert isinstance(one(world.drive(settle(None, dois("10.9999/x")))), Unavailable)
    world.negotiated = {"10.9999/x": {"DOI": "10.9999/x", "title": "T"}}
    assert isinstance(one(world.drive(settle(None, dois("10.9999/x")))), Found)


def test_an_agency_that_is_new_is_negotiated(world: World) -> None:
    """An agency that has no line in the table still answers by content negotiation, or is elsewhere."""
    world.agencies, world.handles = {"10.9999/x": "NewRA"}, {"10.9999/x": "https://example.org"}
    assert one(world.drive(settle("newra", dois("10.9999/x")))) == Elsewhere(doi=Doi("10.9999/x"), agency="newra")
    world.negotiated = {"10.9999/x": {"DOI": "10.9999/x", "title": "T"}}
    found = one(world.drive(settle(None, dois("10.9999/x"))))
    assert isinstance(found, Found)
    assert found.record.origin.agency == "newra"


def test_commas_and_blanks_come_alone(world: World) -> None:
    """A DOI that a list cannot hold is asked singly, whole, and costs no other."""
    asked = dois("10.1155/a", "10.1155/b,c", "10.1155/d")
    world.crossref = {doi: work(doi) for doi in asked}
    known = world.drive(settle("crossref", asked))
    assert all(isinstance(outcome, Found) for outcome in known.values())
    assert "/works/10.1155%2Fb%2Cc" in world.targets("crossref")
    world.crossref = {}
    world.asked.clear()
    world.drive(settle("crossref", asked))
    assert world.targets("doi")[0] == "/doiRA/10.1155/a,10.1155/b%2Cc,10.1155/d"


@given(st.data())
def test_every_doi_gets_an_outcome_and_only_doi_org_makes_absences(data: st.DataObject) -> None:
    """Whatever the services answer, in whatever order, each DOI has one outcome; without doi.org nothing is absent."""
    world = World()
    asked = dois(*(f"10.1155/{name}" for name in "abcd"), "10/abcde", "10.5281/e,f")
    answers = st.sampled_from(
        [
            None,
            Failure(reason="timeout", detail=""),
            Failure(reason="malformed", detail=""),
            response(b"", 404),
            response(b"", 400),
            response(b"", 403),
            response(b"", 301),
            response(b"[]"),
            response(b"{}"),
            response(b"<"),
            response({"message": {"items": [work("10.1155/a"), {"DOI": None}, 3]}}),
            response({"data": [datum("10.1155/b"), {"attributes": []}]}),
            response(
                {"responseCode": 1, "values": [{"type": [], "data": 3}, {"type": "URL", "data": {"value": 7}}]}
            ),
        ]
    )
    world.crossref = {doi: work(doi) for doi in asked[:2]}
    world.trouble = lambda _request: data.draw(answers)
    agency = data.draw(st.sampled_from([None, "crossref", "datacite", "medra", "kisti"]))
    known = world.drive(settle(agency, asked))
    assert list(known) == asked
    assert all(outcome.doi == doi for doi, outcome in known.items())
    if not any(request.service == "doi" for request in world.asked):
        assert not any(isinstance(outcome, NotFound) for outcome in known.values())

"""A client of Crossref's works against the service unchanged, and gets what Crossref would have said."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from habanero import Crossref, RequestError
from hypothesis import given
from hypothesis import strategies as st
from standin import StandIn
from standin.fixtures import settings_for
from standin.works import composed

from enrich.agencies import crossref as agency
from enrich.service import crossref as dialect
from enrich.service.app import create_app

_WORKS = composed(60)
_COMMA = "10.1016/s0031-3203(02)00060-2,x"
_WORKS[_COMMA] = {"DOI": _COMMA, "type": "journal-article", "title": ["A name with a comma"]}
_DOIS = list(_WORKS)


@contextlib.contextmanager
def _serving(standin: StandIn, home: Path, **settings: Any) -> Iterator[str]:
    """Serve on a port of its own, and yield its base URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(create_app(settings_for(standin, home, **settings)), log_level="warning", ws="none")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/crossref"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture
def standin_and_ours(standin_thread: StandIn, tmp_path: Path) -> Iterator[tuple[Crossref, Crossref, StandIn]]:
    """Habanero pointed at the stand-in, and habanero pointed at us."""
    standin_thread.crossref.update(_WORKS)
    standin_thread.handles.update({doi: f"https://example.org/{doi}" for doi in _WORKS})
    standin_thread.datacite["10.5281/zenodo.1"] = {"titles": [{"title": "A data set"}]}
    standin_thread.agencies["10.5281"] = "DataCite"
    with _serving(standin_thread, tmp_path) as url:
        theirs = Crossref(base_url=standin_thread.settings["crossref_url"], mailto="me@example.org")
        yield theirs, Crossref(base_url=url, mailto="me@example.org"), standin_thread


def _facts(message: Any) -> Any:
    """What was registered, without what follows from the name and without the order, which Crossref does not promise."""
    if "items" in message:
        items = sorted((_facts(item) for item in message["items"]), key=lambda item: item["DOI"])
        return {"items": items, "total-results": message["total-results"]}
    return {name: value for name, value in message.items() if name not in {"URL", "prefix", "source"}}


_CALLS: dict[str, dict[str, Any]] = {
    "one work": {"ids": _DOIS[0]},
    "several works": {"ids": _DOIS[:5]},
    "a list by filter": {"filter": {"doi": _DOIS[:15]}},
    "more rows than the default": {"filter": {"doi": _DOIS[:45]}, "limit": 45},
    "no rows": {"filter": {"doi": _DOIS[:3]}, "limit": 0},
    "chosen members": {"filter": {"doi": _DOIS[:9]}, "select": ["DOI", "title", "issued"]},
    "a list with one that is unknown": {"filter": {"doi": [*_DOIS[:3], "10.1000/unknown"]}},
    "one of another agency": {"filter": {"doi": [_DOIS[0], "10.5281/zenodo.1"]}},
    "a name with parentheses and slashes": {"ids": next(doi for doi in _DOIS if "(sici)" in doi)},
}


@pytest.mark.parametrize("call", _CALLS.values(), ids=list(_CALLS))
def test_habanero_gets_what_crossref_says(
    standin_and_ours: tuple[Crossref, Crossref, StandIn], call: dict[str, Any]
) -> None:
    """The same call has the same result, whichever of the two it is sent to."""
    theirs, ours, _ = standin_and_ours
    expected, found = theirs.works(**call), ours.works(**call)
    for one, other in zip(
        *(each if isinstance(each, list) else [each] for each in (expected, found)), strict=True
    ):
        assert one["status"] == other["status"] == "ok"
        assert one["message-type"] == other["message-type"]
        assert _facts(other["message"]) == _facts(one["message"])


def test_pages_by_cursor_make_the_whole_list(standin_and_ours: tuple[Crossref, Crossref, StandIn]) -> None:
    """Following the cursor gives every work once, in the order named."""
    _, ours, _ = standin_and_ours
    pages = ours.works(filter={"doi": _DOIS[:50]}, limit=7, cursor="*", cursor_max=50)
    assert [item["DOI"] for page in pages for item in page["message"]["items"]] == _DOIS[:50]


@pytest.mark.parametrize(("doi", "label"), [(_DOIS[0], "Crossref"), ("10.5281/zenodo.1", "DataCite")])
def test_the_agency_of_a_work(standin_and_ours: tuple[Crossref, Crossref, StandIn], doi: str, label: str) -> None:
    """Which agency registered a DOI is told as Crossref tells it."""
    theirs, ours, standin = standin_and_ours
    standin.agencies[doi] = label
    assert ours.registration_agency(doi) == theirs.registration_agency(doi) == [label]


def test_a_comma_does_not_spoil_a_filter(standin_and_ours: tuple[Crossref, Crossref, StandIn]) -> None:
    """Crossref parts a list at every comma; here a DOI may have one."""
    _, ours, _ = standin_and_ours
    found = ours.works(filter={"doi": [_COMMA, _DOIS[0]]})["message"]
    assert [item["DOI"] for item in found["items"]] == [_COMMA, _DOIS[0]]


_REFUSED: dict[str, dict[str, Any]] = {
    "too many rows": {"filter": {"doi": _DOIS[:2]}, "limit": 1001},
    "a filter there is not": {"filter": {"nonsense": "x"}},
    "a name that is none": {"filter": {"doi": "not-a-doi"}},
}


@pytest.mark.parametrize("call", _REFUSED.values(), ids=list(_REFUSED))
def test_what_crossref_refuses_is_refused_alike(
    standin_and_ours: tuple[Crossref, Crossref, StandIn], call: dict[str, Any]
) -> None:
    """A request that Crossref answers with 400 is answered with 400, in the shape its clients can read."""
    for client in standin_and_ours[:2]:
        with pytest.raises(RequestError) as refused:
            client.works(**call)
        assert refused.value.status_code == 400


def test_a_search_is_refused_with_the_reason(standin_and_ours: tuple[Crossref, Crossref, StandIn]) -> None:
    """What is not served is said, not answered with an empty list."""
    _, ours, _ = standin_and_ours
    with pytest.raises(RequestError, match="filter=doi"):
        ours.works(query="breast cancer")


def test_an_unknown_work_is_not_found(standin_and_ours: tuple[Crossref, Crossref, StandIn]) -> None:
    """Nobody's DOI, and another agency's, are unknown to Crossref, so to its dialect."""
    theirs, ours, _ = standin_and_ours
    for client in (theirs, ours):
        for doi in ("10.1000/unknown", "10.5281/zenodo.1"):
            with pytest.raises(Exception, match="404"):
                client.works(ids=doi)


def test_an_outage_is_not_absence(standin_thread: StandIn, tmp_path: Path) -> None:
    """While Crossref cannot be asked, a work is neither found nor absent: 503, single and in a list."""
    standin_thread.fault("status", path="", status=503, times=1000)
    with _serving(standin_thread, tmp_path, serve_wait=1.0) as url:
        ours = Crossref(base_url=url, mailto="me@example.org")
        with pytest.raises(Exception, match="503"):
            ours.works(ids=_DOIS[0])
        with pytest.raises(Exception, match="503"):
            ours.works(filter={"doi": _DOIS[:2]})
        answer = httpx.get(f"{url}/works/{_DOIS[0]}", timeout=30)
    told = answer.json()
    assert (told["status"], told["message-type"], answer.headers["retry-after"]) == ("error", "exception", "30")
    assert _DOIS[0] in told["message"][0]["message"]


def test_what_is_kept_can_be_selected() -> None:
    """Every member that is kept of an answer, and every one computed, may be selected."""
    assert frozenset(agency.SHAPE) <= dialect.SELECTABLE


def test_nothing_asked_is_passed_over() -> None:
    """A parameter given twice is refused: of two filters one would be left out, and its works would seem to be unknown."""
    with pytest.raises(dialect.Complaint, match="more than once"):
        dialect.question([("filter", f"doi:{doi}") for doi in _DOIS[:2]])


@given(
    st.lists(st.sampled_from(_DOIS), min_size=1, max_size=30, unique=True),
    st.integers(1, 9),
)
def test_any_paging_gives_the_list(dois: list[str], rows: int) -> None:
    """Whatever the page size, the pages joined are the list, and the walk comes to an end."""
    cursor, seen = "*", []
    for _ in range(len(dois) + 2):
        pairs = [("filter", ",".join(f"doi:{doi}" for doi in dois)), ("rows", str(rows)), ("cursor", cursor)]
        asked = dialect.question(pairs)
        page = dialect.listing([{"DOI": doi} for doi in asked.dois], asked)
        seen += [item["DOI"] for item in page["items"]]
        cursor = page["next-cursor"]
        if not page["items"]:
            break
    assert seen == dois


@given(
    st.dictionaries(
        st.sampled_from(["filter", "rows", "offset", "select", "cursor", "mailto", "query.title", "x"]),
        st.text(max_size=40),
    )
)
def test_any_parameters_are_answered_or_refused(parameters: dict[str, str]) -> None:
    """Whatever is asked, the answer is a question understood or a complaint, never another error."""
    with contextlib.suppress(dialect.Complaint):
        dialect.question(list(parameters.items()))

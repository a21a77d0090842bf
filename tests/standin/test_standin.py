from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from standin import KINDS, StandIn


@pytest.fixture
def standin():
    """Serve thirty works, a data set and some handles."""
    with StandIn(enforce=False) as server:
        server.crossref.update({f"10.1000/{number}": {"DOI": f"10.1000/{number}"} for number in range(30)})
        server.datacite["10.5072/x"] = {"titles": [{"title": "A data set"}]}
        server.jalc["10.11467/x"] = {"doi": "10.11467/x"}
        server.medra["10.1430/x"] = b"<message/>"
        server.handles.update({"10.1000/1": "https://example.org/1", "10.9999/z": "https://example.org/z"})
        server.agencies.update({"10.1000": "Crossref", "10.5072/x": "DataCite"})
        yield server


def fetched(standin: StandIn, target: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", standin.port, timeout=10)
    connection.request("GET", target, headers=headers)
    response = connection.getresponse()
    answer = response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    connection.close()
    return answer


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/crossref/works?filter=doi:10.1000/1,doi:10.1000/2&rows=2", 200),
        ("/crossref/works?filter=doi%3A10.1000%2F1%2Cdoi%3A10.1000%2F2&rows=2", 200),
        ("/crossref/works?filter=doi:10.1000/1,10.1000/2", 400),
        ("/crossref/works?filter=doi:nonsense", 400),
        ("/crossref/works?filter=doi:10.1000/1&pages=1", 400),
        ("/crossref/works?filter=issn:1234-5678", 400),
        ("/crossref/works?rows=1001", 400),
        ("/crossref/works/10.1000%2F1", 200),
        ("/crossref/works/10.1000/1", 200),
        ("/crossref/works/10.1000%2F1?select=DOI", 400),
        ("/crossref/works/10.1000%2F1?mailto=me@example.org", 200),
        ("/crossref/works/10.1000%2F404", 404),
        ("/crossref/works/10.1000%2F1/agency", 200),
        ("/crossref/works?filter=" + ",".join(f"doi:10.1000/{number:020d}" for number in range(200)), 414),
        ("/crossref/works?query.bibliographic=anything&query.author=roe&rows=5&select=DOI,title", 200),
        ("/crossref/works?query.bibliographic=anything&select=language", 400),
        ("/crossref/works?query.titles=anything", 400),
        ("/crossref/works/10.1000%2F1?query.title=x", 400),
        ("/datacite/dois?query=titles.title:(a)&page[size]=5", 200),
        ("/datacite/dois?ids=10.5072/X,10.5072/y", 200),
        ("/datacite/dois/10.5072%2Fx", 200),
        ("/datacite/dois/10.5072%2Fy", 404),
        ("/jalc/dois/10.11467/x", 200),
        ("/jalc/dois/10.11467/y", 404),
        ("/medra/metadata/10.1430/X", 200),
        ("/medra/metadata/10.1430/y", 404),
        ("/doi/api/handles/10.1000/1", 200),
        ("/doi/api/handles/10.1000/404", 404),
        ("/doi/10.1000/1", 302),
        ("/doi/10.1000/404", 404),
        ("/elsewhere", 404),
    ],
)
def test_statuses(standin: StandIn, target: str, status: int) -> None:
    """Every route answers with the status its service would."""
    assert fetched(standin, target)[0] == status


def test_rows_default_to_twenty(standin: StandIn) -> None:
    """A client that forgets `rows` loses answers, and order is never that of the question."""
    pairs = ",".join(f"doi:10.1000/{number}" for number in range(30))
    message = json.loads(fetched(standin, f"/crossref/works?filter={pairs}")[2])["message"]
    assert (len(message["items"]), message["total-results"]) == (20, 30)
    items = json.loads(fetched(standin, f"/crossref/works?filter={pairs}&rows=30")[2])["message"]["items"]
    assert sorted(item["DOI"] for item in items) == sorted(standin.crossref)
    assert [item["DOI"] for item in items] != list(standin.crossref)


def test_a_search_ranks_by_words_in_common(standin: StandIn) -> None:
    """The work that has most of the words comes first, as many as were asked for, with the members that were selected."""
    for number, title in enumerate(("Sediment on tidal flats", "Sediment and enzymes", "Enzymes", "Galaxies")):
        standin.crossref[f"10.1000/{number}"] |= {"title": [title], "author": [{"family": "Roe"}], "volume": "1"}
    question = "/crossref/works?query.bibliographic=sediment+on+tidal+flats&rows=2&select=DOI,title"
    items = json.loads(fetched(standin, question)[2])["message"]["items"]
    assert items == [
        {"DOI": "10.1000/0", "title": ["Sediment on tidal flats"]},
        {"DOI": "10.1000/1", "title": ["Sediment and enzymes"]},
    ]
    standin.datacite["10.5072/y"] = {"titles": [{"title": "A set of cores"}], "creators": [{"name": "Quist, A."}]}
    question = "/datacite/dois?query=titles.title%3A%28a%20OR%20set%29%20AND%20creators.name%3A%28quist%29"
    assert [datum["id"] for datum in json.loads(fetched(standin, question)[2])["data"]] == ["10.5072/y"]


def test_absence_at_crossref_is_plain_text(standin: StandIn) -> None:
    """A client that parses every body as JSON falls here."""
    _, headers, body = fetched(standin, "/crossref/works/10.1000%2F404")
    assert headers["content-type"] == "text/plain;charset=utf-8"
    assert body == b"Resource not found."


def test_which_agency(standin: StandIn) -> None:
    """DOIs and bare prefixes, an escaped comma inside a DOI, and every kind of negative."""
    answer = json.loads(
        fetched(standin, "/doi/doiRA/10.1000/1,10.5072/X,10.1000,10.9999/z,10.1%2C2/x,10.9999/a%2Cb")[2]
    )
    assert answer == [
        {"DOI": "10.1000/1", "RA": "Crossref"},
        {"DOI": "10.5072/X", "RA": "DataCite"},
        {"DOI": "10.1000", "RA": "Crossref"},
        {"DOI": "10.9999/z", "status": "Unknown"},
        {"DOI": "10.1,2/x", "status": "Invalid DOI"},
        {"DOI": "10.9999/a,b", "status": "DOI does not exist"},
    ]


def test_pools(standin: StandIn) -> None:
    """Who says whom to write to is in the polite pool, and the headers say what holds there."""
    polite = fetched(standin, "/crossref/works?rows=0", **{"User-Agent": "x (mailto:me@example.org)"})[1]
    assert (polite["x-api-pool"], polite["x-rate-limit-limit"], polite["x-concurrency-limit"]) == (
        "polite-array",
        "3",
        "3",
    )
    public = fetched(standin, "/crossref/works/10.1000%2F1")[1]
    assert (public["x-api-pool"], public["x-rate-limit-limit"], public["x-concurrency-limit"]) == (
        "public-single",
        "5",
        "1",
    )


def test_a_fault_strikes_where_and_as_often_as_told(standin: StandIn) -> None:
    """After two good answers, one bad one, and only on its path."""
    standin.fault("status", path="/works/", status=503, after=2, times=1)
    statuses = [fetched(standin, "/crossref/works/10.1000%2F1")[0] for _ in range(4)]
    assert statuses == [200, 200, 503, 200]
    assert len(standin.requests) == 4
    with pytest.raises(KeyError):
        standin.fault("unheard-of")
    assert "hang" in KINDS


def test_it_runs_as_a_command(tmp_path: Path) -> None:
    """The command prints how to point a run at it, and serves the works of a file."""
    (tmp_path / "works.json").write_text('{"crossref": {"10.1000/1": {"DOI": "10.1000/1"}}}')
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-m", "standin", "--public", "--works", str(tmp_path / "works.json")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()
        connection = http.client.HTTPConnection("127.0.0.1", int(line.rsplit(":", 1)[1].split("/")[0]), timeout=10)
        connection.request("GET", "/crossref/works/10.1000%2F1")
        assert connection.getresponse().status == 200
        connection.close()
        process.kill()
    assert line.startswith("export ENRICH_CROSSREF_URL=http://127.0.0.1:")

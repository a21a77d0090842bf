"""`GET /works/{doi}`, `POST /resolve`, `GET /resolve/{doi}`: what is known of works, and why it is not."""

from __future__ import annotations

import gzip
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import httpx
import orjson
import pytest
from service.conftest import DOIS, WORKS, running, serving
from standin import StandIn
from starlette.requests import Request

from enrich import formats
from enrich.service import bodies, create_app
from enrich.service.desk import Desk, desk_of
from enrich.service.works import TYPES
from enrich.settings import Settings
from enrich.snapshot import Snapshot
from enrich.snapshot.layers import MANIFEST

AS_IS = "/:;()<>@"
PROBLEM = "application/problem+json"


@pytest.mark.parametrize("kind", TYPES)
def test_a_work_in_every_type(service: httpx.Client, kind: str) -> None:
    """Each type is what its format's reader reads, and says which it is; what a cache needs to know stands with it."""
    answer = service.get(f"/works/{DOIS[0]}", headers={"Accept": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert answer.headers["vary"] == "Accept"
    assert re.fullmatch(r"public, max-age=[1-9][0-9]+", answer.headers["cache-control"])
    title = WORKS[DOIS[0]]["title"][0]
    if TYPES[kind] is None:
        work = answer.json()
        assert (work["doi"], work["agency"], work["work"]["title"]) == (DOIS[0], "crossref", title)
        assert work["retrieved_at"]
    else:
        (record,) = formats.read([answer.content])
        assert (record.work.doi, record.work.title) == (DOIS[0], title)
    if TYPES[kind] == "csl-json":
        assert answer.json()["title"] == title  # one item, and no list of one


@pytest.mark.parametrize("spelling", ["{}", "https://doi.org/{}", "doi:{}", "DOI%20{}"])
@pytest.mark.parametrize("escaped", [False, True])
@pytest.mark.parametrize(
    "doi", [DOIS[0], next(doi for doi in DOIS if "<" in doi), next(d for d in DOIS if "(" in d)]
)
def test_a_doi_in_every_spelling(service: httpx.Client, doi: str, spelling: str, escaped: bool) -> None:  # noqa: FBT001
    """Slashes stand as they are or escaped, odd characters escaped; whatever names a DOI is read as that DOI."""
    path = spelling.format(quote(doi, safe="" if escaped else "/"))
    assert service.get(f"/works/{path}").json()["doi"] == doi


def test_the_same_again(service: httpx.Client) -> None:
    """An answer given again is the same to the byte and in every header; 304 where a client has it."""
    path = f"/works/{DOIS[1]}"
    first, second = service.get(path), service.get(path)
    assert (first.status_code, first.content) == (second.status_code, second.content)
    unlike = {"date"}
    assert {n: v for n, v in first.headers.items() if n not in unlike} == {
        n: v for n, v in second.headers.items() if n not in unlike
    }
    for tag in (first.headers["etag"], f'"other", W/{first.headers["etag"]}', "*"):
        for query in ("", "?"):  # from memory, and from the router
            again = service.get(path + query, headers={"If-None-Match": tag})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == first.headers["etag"]
    assert service.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    head = service.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == first.headers["content-length"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/works/10.1155/unheard.of", 404, "not-found"),
        ("/works/10.3972/held.elsewhere", 404, "elsewhere"),
        ("/works/nonsense", 400, "invalid-doi"),
        ("/works/10.1155/2012%0A574025", 400, "invalid-doi"),
        ("/works/10.1155/2012%FF574025", 400, "bad-request"),
        ("/works/10.1155/2012%C0%AF574025", 400, "bad-request"),
        ("/works/..%2f..%2fetc%2fpasswd", 400, "invalid-doi"),
        ("/resolve/10.1155/2012%0A574025", 400, "invalid-doi"),
        ("/resolve/10.1155/2012%FF574025", 400, "bad-request"),
        ("/works/", 400, "invalid-doi"),
        ("/works", 404, "no-such-page"),
        ("/nowhere", 404, "no-such-page"),
        ("/resolve/10.1155/unheard.of", 404, "not-found"),
        ("/resolve/nonsense", 400, "invalid-doi"),
    ],
)
def test_each_reason_has_its_own_problem(service: httpx.Client, path: str, status: int, code: str) -> None:
    """A request that has no answer says why, to programs and to people (RFC 9457)."""
    answer = service.get(path, follow_redirects=False)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    told = answer.json()
    assert (told["status"], told["code"], told["type"]) == (status, code, f"urn:enrich:problem:{code}")
    assert told["title"]
    assert told["detail"]


def test_what_is_not_offered(service: httpx.Client) -> None:
    """406 names the types there are; a method that is not taken names those that are."""
    answer = service.get(f"/works/{DOIS[0]}", headers={"Accept": "image/png"})
    assert (answer.status_code, answer.json()["types"]) == (406, list(TYPES))
    answer = service.delete(f"/works/{DOIS[0]}")
    assert (answer.status_code, answer.json()["code"]) == (405, "no-such-method")
    assert "GET" in answer.headers["allow"]
    assert answer.headers["allow"] in answer.json()["detail"]


def test_an_outage_is_no_absence(registries: StandIn, tmp_path: Path) -> None:
    """While nobody answers, a work is unavailable and not absent, with a word on when to ask again."""
    with serving(registries, tmp_path) as url, httpx.Client(base_url=url, timeout=30) as client:
        assert client.get(f"/works/{DOIS[2]}").status_code == 200
        fault = registries.fault("status", status=500)
        try:
            answer = client.get(f"/works/{DOIS[3]}")
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert int(answer.headers["retry-after"]) > 0
            assert client.get(f"/works/{DOIS[2]}", headers={"Accept": "application/x-bibtex"}).status_code == 200
        finally:
            registries.faults.remove(fault)


def test_equal_dois_are_asked_once(registries: StandIn, tmp_path: Path) -> None:
    """Whoever asks for a work that somebody asks for already waits for the same answer."""
    import concurrent.futures

    doi = DOIS[4]
    before = len(registries.requests)
    with (
        serving(registries, tmp_path) as url,
        httpx.Client(base_url=url, timeout=30) as client,
        concurrent.futures.ThreadPoolExecutor(20) as pool,
    ):
        statuses = list(pool.map(lambda _: client.get(f"/works/{doi}").status_code, range(20)))
    assert statuses == [200] * 20
    assert len([asked for asked in registries.requests[before:] if quote(doi, safe="") in asked.target]) == 1


LISTS = {
    "JSON list": ('["{0}", "{1}", "nonsense"]', "application/json"),
    "JSON object": ('{{"dois": ["{0}", "{1}", "nonsense"]}}', "application/json"),
    "JSON as Windows writes it": ('\ufeff["{0}", "{1}", "nonsense"]', "application/json"),
    "lines": ("{0}\n\nhttps://doi.org/{1}\r\nnonsense", "text/plain"),
}


@pytest.mark.parametrize("accept", ["application/x-ndjson", "application/json"])
@pytest.mark.parametrize("name", LISTS)
def test_a_list_in_order(service: httpx.Client, name: str, accept: str) -> None:
    """One object for each DOI, in order, whatever became of it."""
    form, kind = LISTS[name]
    body = form.format(DOIS[5], "10.1155/unheard.of").encode()
    answer = service.post("/resolve", content=body, headers={"Content-Type": kind, "Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, accept)
    text = answer.text if accept == "application/json" else f"[{','.join(answer.text.splitlines())}]"
    rows = orjson.loads(text)
    assert [row["status"] for row in rows] == ["found", "not-found", "invalid-doi"]
    assert [row["doi"] for row in rows] == [DOIS[5], "10.1155/unheard.of", None]


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        ("application/json", "application/json"),
        ("Application/JSON; charset=utf-8", "application/json"),
        ("text/plain", "application/x-ndjson"),
        ("application/x-www-form-urlencoded", "application/x-ndjson"),
    ],
)
@pytest.mark.parametrize("accept", ["*/*", "application/*"])
def test_who_sends_json_reads_json(service: httpx.Client, sent: str, answered: str, accept: str) -> None:
    """Where `Accept` leaves the type open JSON is answered with JSON, as generated clients expect, and lines with lines."""
    answer = service.post("/resolve", content=b'["nonsense"]', headers={"Content-Type": sent, "Accept": accept})
    assert answer.headers["content-type"] == answered


@pytest.mark.parametrize("body", [b"[", b"{}", b"[1]", b'{"dois": 1}', b'"x'])
def test_a_list_that_is_none(service: httpx.Client, body: bytes) -> None:
    """JSON of another shape is refused with a word on the right one."""
    answer = service.post("/resolve", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-request")


@pytest.mark.parametrize("path", ["/resolve", "/review", "/apply"])
def test_what_is_compressed_is_told_so(service: httpx.Client, path: str) -> None:
    """A body that is not sent as it is would be read as nonsense: it is refused in these words."""
    answer = service.post(path, content=gzip.compress(b"[]"), headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unknown-format")


@pytest.mark.parametrize("path", ["/resolve", "/review", "/apply"])
def test_long_bodies_share_a_room(
    registries: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """While long bodies fill the room for all of them, another is told to come back, and a short one is taken."""
    monkeypatch.setattr(bodies, "ROOM", 300_000)
    long = b" " * 200_000
    desks: list[Desk] = []

    def seen(request: Request) -> Desk:
        desks.append(desk_of(request))
        return desks[0]

    monkeypatch.setattr(bodies, "desk_of", seen)
    released = threading.Event()

    def slow() -> Iterator[bytes]:
        yield long
        released.wait(30)

    with (
        serving(registries, tmp_path) as url,
        httpx.Client(base_url=url, timeout=30) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        first = pool.submit(client.post, path, content=slow())
        while not first.done() and not (desks and desks[0].held == len(long)):
            time.sleep(0.001)
        answer = client.post(path, content=long)
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 0
        assert client.post("/resolve", content=DOIS[0]).status_code == 200
        released.set()
        kept = first.result().status_code
        assert kept != 429
        assert client.post(path, content=long).status_code == kept


def test_an_empty_list(service: httpx.Client) -> None:
    """Nothing asked, nothing answered: still JSON where JSON is wanted."""
    assert service.post("/resolve", content=b"[]", headers={"Accept": "application/json"}).json() == []
    assert service.post("/resolve", content=b"").content == b""


def test_on_to_the_page(service: httpx.Client) -> None:
    """The redirect goes where the handle leads."""
    answer = service.get(f"/resolve/{quote(DOIS[6])}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (
        302,
        f"https://example.org/{quote(DOIS[6], safe=AS_IS)}",
    )


def test_a_page_that_is_none_of_the_web(service: httpx.Client) -> None:
    """A handle that leads to another kind of address is left to the resolver of DOIs."""
    answer = service.get("/resolve/10.1000/gone", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, "https://doi.org/10.1000/gone")


def test_a_damaged_snapshot_is_not_an_empty_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """While it cannot be read, works that may stand in it are neither absent nor out of reach; the log says what to do."""
    (file := tmp_path / "works.jsonl").write_bytes(b"\n".join(map(orjson.dumps, WORKS.values())))
    places = {name: tmp_path / name for name in ("cache_dir", "state_dir", "snapshot")}
    settings = Settings(offline=True, **places)
    Snapshot(settings.snapshot).build([file])
    manifest = settings.snapshot / MANIFEST
    whole = manifest.read_bytes()
    with running(create_app(settings)) as url, httpx.Client(base_url=url, timeout=30) as client:
        for doi, content, status in zip(DOIS, (whole, b"{", b"{", whole), (200, 500, 500, 200), strict=False):
            if manifest.read_bytes() != content:
                manifest.write_bytes(content)
            answer = client.get(f"/works/{doi}")
            assert (answer.status_code, client.get("/ready").json()["snapshot"]) == (status, status == 200)
            assert status == 200 or answer.json()["code"] == "internal"
    assert "load the data files again" in caplog.text

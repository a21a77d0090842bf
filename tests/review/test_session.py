"""The review of one file over HTTP, without a browser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

pytest.importorskip("starlette")
from starlette.testclient import TestClient

from enrich.errors import FormatError
from enrich.model import Enrichment
from enrich.report.keeps import keep_file
from enrich.review import items
from enrich.service import review as module
from enrich.service.review import Review, create_app

TOKEN = "secret"
Results = tuple[Enrichment, ...]
BASE = f"http://127.0.0.1:8400/{TOKEN}/"


def waited(review: Review) -> Review:
    """Return a review once its library has been looked up."""
    review._worker.join(timeout=30)
    assert review.complete
    return review


@pytest.fixture
def client(library: Path, sample: Results, tmp_path: Path) -> Iterator[TestClient]:
    """A browser, so to speak, that was given the address."""

    @contextmanager
    def clean() -> Iterator[Iterator[Enrichment]]:
        yield iter(sample)

    review = waited(Review(library, clean, tmp_path / "state"))
    with TestClient(create_app(review, TOKEN, lambda: None), base_url=BASE) as client:
        yield client


def accepted(sample: Results, record: int) -> dict[str, Any]:
    """Return what a browser sends where every change of a record is accepted."""
    fields = {item.field: {"choice": "accept"} for item in items(sample[record]) if item.kind == "change"}
    return {"decisions": [{"record": record, "fields": fields}]}


@pytest.mark.parametrize(
    ("url", "status"),
    [
        (BASE, 200),
        (f"{BASE}page/rows", 200),
        ("http://localhost:8400/secret/", 200),
        ("http://LOCALHOST/secret/", 200),
        ("http://127.0.0.1/secret/", 200),
        ("http://[::1]:8400/secret/", 200),
        ("http://127.0.0.1:8400/", 404),
        ("http://127.0.0.1:8400/secret", 404),
        ("http://127.0.0.1:8400/secre/page/rows", 404),
        ("http://127.0.0.1:8400/secretly/page/rows", 404),
        ("http://127.0.0.1:8400/%C3%A9/page/rows", 404),
        ("http://evil.example:8400/secret/page/rows", 404),
        ("http://127.0.0.1.evil.example:8400/secret/", 404),
    ],
)
def test_only_the_whole_address_opens_anything(client: TestClient, url: str, status: int):
    """Without the token, or under a name that only leads here, there is nothing."""
    answer = client.get(url)
    assert answer.status_code == status
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_rows_then_summary(client: TestClient, sample: Results):
    """The page gets each record in order, then the summary."""
    *rows, last = map(orjson.loads, client.get("page/rows").content.splitlines())
    assert [row["index"] for row in rows] == [result.index for result in sample]
    assert last["summary"]["records"] == len(sample)


def test_nothing_is_written_before_it_is_said(client: TestClient, library: Path, sample: Results, tmp_path: Path):
    """Looking changes nothing on the disk; saving does, once; undo restores the bytes, and then it may be saved again."""
    original = library.read_bytes()
    client.get("page/rows")
    client.get("page/session")
    assert [path.name for path in tmp_path.iterdir()] == ["library.enw"]
    done = client.post("page/save", json=accepted(sample, 1)).json()
    assert (done["changes"], done["records"], done["kept"]) == (len(sample[1].changes), 1, 0)
    written = library.read_bytes()
    assert written != original
    assert client.post("page/save", json=accepted(sample, 2)).status_code == 409
    assert client.post("page/undo", json={}).status_code == 200
    assert library.read_bytes() == original
    assert client.post("page/undo", json={}).status_code == 409
    assert client.post("page/save", json=accepted(sample, 1)).status_code == 200
    assert library.read_bytes() == written


def test_a_changed_file_is_refused_until_it_is_looked_at_again(client: TestClient, library: Path, sample: Results):
    """Whatever was done to the file since stays; `again` looks at the file as it is."""
    library.write_bytes(library.read_bytes() + b"\n%0 Book\n%T New\n")
    edited = library.read_bytes()
    answer = client.post("page/save", json=accepted(sample, 1))
    assert answer.status_code == 409
    assert "was changed since this review began" in answer.json()["detail"]
    assert library.read_bytes() == edited


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8400", 200),
        ("127.0.0.1", 200),
        ("Localhost:80", 200),
        ("[::1]", 200),
        ("127.0.0.1:8400, evil.example", 404),
        ("localhost:8400.evil.example", 404),
        ("127.0.0.1:evil.example", 404),
        ("127.0.0.1@evil.example:8400", 404),
        ("localhost.:8400", 404),
        ("[::1].evil.example", 404),
        ("[127.0.0.1]", 404),
        ("", 404),
    ],
)
def test_only_hosts_of_this_machine_are_answered(client: TestClient, host: str, status: int):
    """What stands around the name of a host counts as it does for a browser: letters of any case, a port or none."""
    assert client.get(BASE, headers={"Host": host}).status_code == status


def test_a_library_that_is_gone_ends_no_review(client: TestClient, library: Path, sample: Results):
    """Where it cannot be looked at again what was found is still there, and can be saved once the file is back."""
    content = library.read_bytes()
    library.unlink()
    assert client.post("page/save", json=accepted(sample, 0)).status_code == 500
    assert client.post("page/again").status_code == 500
    library.write_bytes(content)
    assert orjson.loads(client.get("page/rows").text.splitlines()[-1])["summary"]
    assert client.post("page/save", json=accepted(sample, 0)).status_code == 200


def test_faults_name_record_and_field_and_nothing_is_written(client: TestClient, library: Path):
    """One decision that cannot be carried out stops all, and each that cannot is named."""
    sent = [
        {"record": 1, "fields": {"title": {"choice": "edit", "value": "Fine"}}},
        {"record": 2, "fields": {"DOI": {"choice": "edit", "value": "none"}}},
        {"record": 3, "fields": {"type": {"choice": "edit", "value": "poem"}, "volume": {"choice": "keep"}}},
    ]
    original = library.read_bytes()
    answer = client.post("page/save", json={"decisions": sent})
    assert answer.status_code == 422
    assert [(fault["record"], fault["field"]) for fault in answer.json()["faults"]] == [(2, "DOI"), (3, "type")]
    assert library.read_bytes() == original
    assert not keep_file(library).exists()


def test_kept_for_ever(client: TestClient, library: Path, sample: Results):
    """A lock is written beside the library, under the record's DOI; the library stays as it is."""
    original = library.read_bytes()
    (field, *_) = (item.field for item in items(sample[1]))
    sent = {"decisions": [{"record": 1, "fields": {field: {"choice": "keep"}}}]}
    assert client.post("page/save", json=sent).json() | {"keep_file": ""} == {
        "changes": 0, "records": 0, "kept": 1, "keep_file": "",
    }  # fmt: skip
    assert f'[records."{sample[1].doi}"]\nkeep = ["{field}"]' in keep_file(library).read_text()
    assert library.read_bytes() == original


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b'{"decisions": 1}',
        b'{"decisions": [{"record": -1, "fields": {}}]}',
        b'{"decisions": [{"record": 1, "fields": {"title": {"choice": "burn"}}}]}',
        b'{"decisions": ' + b"[" * 5000,
    ],
)
def test_what_are_no_decisions_is_a_problem(client: TestClient, sent: bytes):
    """Whatever is sent, the answer says what is wrong with it."""
    answer = client.post("page/save", content=sent)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("these are no decisions")


def test_too_much_is_refused(client: TestClient, monkeypatch: pytest.MonkeyPatch):
    """A request beyond all measure is not held in memory."""
    monkeypatch.setattr(module, "LIMIT", 100)
    assert client.post("page/save", content=b" " * 101).status_code == 400


def test_an_error_of_the_run_reaches_the_page(library: Path, tmp_path: Path):
    """What stops the run is told on the page, and nothing can be saved then."""

    @contextmanager
    def clean() -> Iterator[Iterator[Enrichment]]:
        raise FormatError("broken", file="library.enw", line=3)
        yield iter(())

    review = waited(Review(library, clean, tmp_path))
    with TestClient(create_app(review, TOKEN, lambda: None), base_url=BASE) as client:
        assert orjson.loads(client.get("page/rows").content) == {"error": "library.enw:3: broken"}
        assert client.post("page/save", json={"decisions": []}).status_code == 409


def test_records_come_while_others_are_looked_up(library: Path, sample: Results, tmp_path: Path):
    """The page need not wait for the last record to see the first; nothing is saved before all are there."""
    go, seen = threading.Event(), threading.Event()

    @contextmanager
    def clean() -> Iterator[Iterator[Enrichment]]:
        def results() -> Iterator[Enrichment]:
            yield sample[0]
            seen.set()
            go.wait(timeout=30)
            yield from sample[1:]

        yield results()

    review = Review(library, clean, tmp_path)
    assert seen.wait(timeout=30)
    with TestClient(create_app(review, TOKEN, lambda: None), base_url=BASE) as client:
        assert client.post("page/save", json=accepted(sample, 0)).status_code == 409
        go.set()
        assert len(client.get("page/rows").content.splitlines()) == len(sample) + 1


def test_done_ends_it(library: Path, sample: Results, tmp_path: Path):
    """The button that says so ends the server."""
    ended: list[Callable[[], None]] = []

    @contextmanager
    def clean() -> Iterator[Iterator[Enrichment]]:
        yield iter(sample)

    review = waited(Review(library, clean, tmp_path))
    with TestClient(create_app(review, TOKEN, lambda: ended.append(len)), base_url=BASE) as client:
        client.post("page/close", json={})
    assert len(ended) == 1

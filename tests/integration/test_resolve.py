"""`enrich resolve` from end to end: its own process, real sockets, the stand-in."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from integration.command import Command, command_for
from standin import StandIn

from enrich import sync
from enrich.report.outcome import row
from enrich.settings import Settings

ALIAS = {"responseCode": 1, "values": [{"index": 1, "type": "HS_ALIAS", "data": {"value": "10.1038/test.1"}}]}


@pytest.fixture
def registry() -> Iterator[StandIn]:
    """Crossref with some works, and doi.org with their pages, an alias and a short name."""
    with StandIn(enforce=False) as server:
        for number in range(120):
            doi = f"10.1038/test.{number}"
            server.crossref[doi] = {"DOI": doi, "title": [f"Work {number}"], "type": "journal-article"}
            server.handles[doi] = f"https://example.org/{number}"
            server.agencies[doi] = "Crossref"
        server.handles["10.1038/old"] = "https://doi.org/10.1038/test.2"
        yield server


@pytest.fixture
def enrich(tmp_path: Path, registry: StandIn) -> Command:
    """The command, asking the stand-in."""
    return command_for(tmp_path / "home", registry)


def test_results_keep_the_order_of_arguments_input_and_files(enrich: Command) -> None:
    """One line for each question, in whatever spelling it was written, duplicates and nonsense included."""
    (enrich.home / "a.txt").write_text("doi:10.1038/TEST.3\n\n  https://doi.org/10.1038/test.4  \r\n")
    (enrich.home / "b.txt").write_bytes(b"10.1038/test.3\nno \xff DOI\n" + b"x" * 100_000 + b"\n10.1038/test.5")
    done = enrich(
        "resolve", "10.1038/test.0", "-", "10.1038/test.1", "x" * 5000, "--file", "a.txt", "--file", "b.txt",
        text=b"10.1038/test.2\n10.1038/absent\n",
    )  # fmt: skip
    rows = [orjson.loads(line) for line in done.stdout.splitlines()]
    assert [each["doi"] for each in rows] == [
        "10.1038/test.0", "10.1038/test.2", "10.1038/absent", "10.1038/test.1", None, "10.1038/test.3",
        "10.1038/test.4", "10.1038/test.3", None, None, "10.1038/test.5",
    ]  # fmt: skip
    assert [each["status"] for each in rows].count("found") == 7
    assert rows[2]["status"] == "not-found"
    assert done.returncode == 1


def test_url_gives_the_page_behind_the_handle(enrich: Command, registry: StandIn) -> None:
    """Aliases and short names lead to the page of their prime; no metadata are asked for, and nothing twice."""
    registry.fault("body", path="/doi/api/handles/10/abcd", body=ALIAS | {"handle": "10/abcd"})
    asked = ("10.1038/test.7", "10.1038/old", "https://doi.org/abcd", "10.1038/absent", "10.1038/test.8")
    done = enrich("resolve", "--to", "url", *asked)
    pages = [
        "https://example.org/7",
        "https://example.org/2",
        "https://example.org/1",
        "",
        "https://example.org/8",
    ]
    assert done.stdout.decode().split("\n") == [*pages, ""]
    assert b"10.1038/absent: doi.org knows no such DOI" in done.stderr
    assert done.returncode == 1
    assert {each.path.split("/")[1] for each in registry.requests} == {"doi"}
    before = len(registry.requests)
    assert enrich("resolve", "--to", "url", *asked).stdout == done.stdout
    assert len(registry.requests) == before


@pytest.mark.parametrize(("target", "begins"), [("refer", b"%0 "), ("csl-json", b"["), ("crossref-json", b"{")])
def test_any_format(enrich: Command, target: str, begins: bytes) -> None:
    """What was found is written in the format named; what was not is said beside it."""
    done = enrich("resolve", "10.1038/test.0", "nonsense", "10.1038/test.1", "--to", target)
    assert done.stdout.startswith(begins), done.stdout
    assert b"Work 0" in done.stdout
    assert b"Work 1" in done.stdout
    assert b"nonsense" in done.stderr
    assert done.returncode == 1


def test_a_line_of_answers_belongs_to_its_question(enrich: Command) -> None:
    """What an agency answered is a line for each DOI, in order: `null` where it answered nothing."""
    done = enrich("resolve", "10.1038/test.0", "nonsense", "10.1038/test.1", "--to", "crossref-json")
    first, none, last = done.stdout.splitlines()
    assert none == b"null"
    assert b"Work 0" in first
    assert b"Work 1" in last
    assert set(enrich("resolve", "10.1038/test.0", "nonsense", "--to", "datacite-json").stdout.split()) == {
        b"null"
    }


@pytest.mark.parametrize(("arguments", "says"), [((), b"--file"), (("--file", "missing.txt"), b"missing.txt")])
def test_nothing_to_resolve(enrich: Command, arguments: tuple[str, ...], says: bytes) -> None:
    """Without a question, or with a file that cannot be read, one line and code 2."""
    done = enrich("resolve", *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert b"Traceback" not in done.stderr


def test_the_picture_of_a_run(enrich: Command, registry: StandIn) -> None:
    """`cache info` shows what was asked of whom, and asks nobody."""
    enrich("resolve", "10.1038/test.0", "10.1038/test.1")
    said = enrich("cache", "info").stdout.decode()
    (line,) = [line for line in said.splitlines() if line.startswith("crossref")]
    assert line.split()[2:5] == ["list", "1", "(0,"]
    assert "3 in 1 s, 3 at once" in line
    assert "entries from crossref: 2" in said
    assert len(registry.requests) == 1


def test_a_cache_that_cannot_be_written_is_said_once(tmp_path: Path, registry: StandIn) -> None:
    """The answers come all the same, and standard error has one line about it."""
    command = command_for(tmp_path / "home", registry)
    (tmp_path / "file").write_text("")
    done = command(
        "resolve", "10.1038/test.0", "10.1038/test.1", ENRICH_CACHE_DIR=str(tmp_path / "file" / "cache")
    )
    assert done.returncode == 0
    assert done.stderr.count(b"the cache in") == 1


def test_memory_does_not_grow_with_the_list(tmp_path: Path) -> None:
    """A list four times as long takes no more room at its peak."""
    settings = Settings(offline=True, cache_dir=tmp_path / "cache", snapshot=tmp_path / "none", window=100)

    def peak(count: int) -> int:
        tracemalloc.start()
        texts = (f"10.1000/test.{number}" for number in range(count))
        rows = sum(
            row(text, result)["status"] == "unavailable"
            for text, result in sync.outcomes(texts, settings=settings)
        )
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert rows == count
        return most

    peak(500)  # what is loaded once
    assert peak(8000) < 1.25 * peak(2000) + 100_000

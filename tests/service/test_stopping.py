"""SIGTERM amid a request, with real processes: it is finished in its grace, or handed back in words its client can read."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from integration.command import command_for
from service.conftest import DOIS, WORKS, library
from standin import StandIn

from enrich.enricher import CHUNK

_KNOWN = DOIS[:40]  # two portions of a library
_HANGING = [f"10.1000/hanging.{number}" for number in range(40)]


@pytest.fixture
def registries() -> Iterator[StandIn]:
    """Registries that answer for sixty works, and for others never do."""
    with StandIn(enforce=False) as standin:
        standin.crossref.update(WORKS)
        standin.fault("hang", path="hanging")
        yield standin


@contextmanager
def serving(
    standin: StandIn, home: Path, grace: float, workers: int
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """`enrich serve` as a user starts it, with the sixty works in its cache; yield its address."""
    command = command_for(home, standin)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    arguments = [sys.executable, "-m", "enrich", "serve", "--port", str(port), "--workers", str(workers)]
    more = {"ENRICH_SERVE_GRACE": str(grace), "ENRICH_TIMEOUT": "60", "ENRICH_PATIENCE": "60"}
    more["ENRICH_SERVE_LIBRARIES"] = "5"  # one client has all but one of them: four under way at once
    with subprocess.Popen(arguments, env=command.variables(**more), cwd=command.home) as process:
        try:
            while process.poll() is None:
                with contextlib.suppress(httpx.TransportError):
                    httpx.post(f"{url}/resolve", content="\n".join(DOIS), timeout=60)
                    break
                time.sleep(0.1)
            yield url, process
        finally:
            process.kill()


def _unknown(dois: list[str]) -> bytes:
    return "".join(f"%0 Book\n%T A title of {doi}\n%R {doi}\n\n" for doi in dois).encode()


def _wait(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.02)


def _is_refusing(url: str) -> bool:
    try:
        httpx.get(f"{url}/health")
    except httpx.ConnectError:
        return True
    except httpx.TransportError:
        return False
    return False


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_not_done_in_its_grace_is_handed_back(registries: StandIn, tmp_path: Path, workers: int) -> None:
    """Reports and lists end with a line that says how far they came; what had not begun is answered 503, when to come back.

    A library whose first records were sent cannot say so: it is broken off, and no client takes it for whole.
    """
    with serving(registries, tmp_path / "home", 1.0, workers) as (url, process), ThreadPoolExecutor() as pool:
        begun: list[str] = []

        def lines(path: str, body: bytes) -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = []
            headers = {"Accept": "application/x-ndjson"}
            with httpx.stream("POST", url + path, content=body, headers=headers, timeout=60) as answer:
                for line in answer.iter_lines():
                    found.append(orjson.loads(line))
                    begun.extend([path] * (len(found) == 20))
            return found

        def cut(body: bytes) -> int:
            with httpx.stream("POST", f"{url}/enrich", content=body, timeout=60) as answer:
                begun.append("cut")
                return len(answer.read())

        report = pool.submit(lines, "/enrich", library(_KNOWN) + _unknown(_HANGING))
        listed = pool.submit(lines, "/resolve", "\n".join((_KNOWN * 3)[:CHUNK] + _HANGING).encode())
        broken = pool.submit(cut, library(_KNOWN) + _unknown(_HANGING))
        _wait(lambda: {"/enrich", "/resolve", "cut"} <= set(begun))
        later = pool.submit(httpx.post, f"{url}/enrich", content=_unknown(["10.1000/hanging.alone"]), timeout=60)
        single = pool.submit(httpx.get, f"{url}/works/10.1000/hanging.single", timeout=60)
        for word in ("alone", "single"):
            _wait(lambda word=word: any(word in asked.target for asked in registries.requests))
        process.send_signal(signal.SIGTERM)
        *rows, last = report.result()
        assert [row["doi"] for row in rows] == _KNOWN
        assert last["problem"]["code"] == "interrupted"
        assert last["problem"]["records"] == len(_KNOWN)
        *rows, last = listed.result()
        assert (len(rows), last["problem"]["records"]) == (CHUNK, CHUNK)
        assert (later.result().status_code, later.result().json()["code"]) == (503, "interrupted")
        assert single.result().status_code == 503
        assert min(int(each.result().headers["retry-after"]) for each in (later, single)) > 0
        with pytest.raises(httpx.RemoteProtocolError):
            broken.result()
        assert process.wait(60) in (0, -signal.SIGTERM)


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGHUP], ids=["told", "terminal closed"])
@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_done_in_its_grace_is_finished(
    registries: StandIn, tmp_path: Path, workers: int, stop: signal.Signals
) -> None:
    """An upload that is amid its way when the service is stopped is taken to its end, and answered whole."""
    with serving(registries, tmp_path / "home", 60.0, workers) as (url, process):

        def upload() -> Iterator[bytes]:
            yield library(_KNOWN[:20])
            process.send_signal(stop)
            _wait(lambda: _is_refusing(url))
            yield library(_KNOWN[20:])

        answer = httpx.post(
            f"{url}/enrich", content=upload(), headers={"Accept": "application/x-ndjson"}, timeout=60
        )
        *rows, last = map(orjson.loads, answer.text.splitlines())
        assert [row["doi"] for row in rows] == _KNOWN
        assert last["summary"]["records"] == len(_KNOWN)
        assert process.wait(60) in (0, -signal.SIGTERM)

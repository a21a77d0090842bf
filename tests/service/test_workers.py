"""Several worker processes: one cache, one budget, one set of figures; and what becomes of requests when one dies."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import httpx
import pytest
from integration.command import command_for
from service.conftest import DOIS
from standin import StandIn
from standin.processes import serving_under

from enrich.cache import Cache
from enrich.service import supervisor
from enrich.service.supervisor import Supervisor
from enrich.settings import Settings

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes in /proc")


IMPATIENT = """
import runpy
from enrich.service import supervisor
supervisor.SILENCE = 5.0
runpy.run_module("enrich", run_name="__main__")
"""


@pytest.fixture
def served(registries: StandIn, tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes], Path]]:
    """`enrich serve --workers 2` as a user starts it, but that a worker may be silent for five seconds only."""
    command = command_for(tmp_path / "home", registries)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    arguments = [sys.executable, "-c", IMPATIENT, "serve", "--port", str(port), "--workers", "2"]
    with subprocess.Popen(arguments, env=command.variables(), cwd=command.home, stderr=subprocess.PIPE) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            while process.poll() is None:
                with contextlib.suppress(httpx.TransportError):
                    if "enrich_workers 2" in httpx.get(f"{url}/metrics").text:
                        break
                time.sleep(0.1)
            yield url, process, command.home / "cache"
        finally:
            process.kill()


class Exhausted(socket.socket):
    """A listener on a machine that has no descriptor left."""

    asked = 0

    def accept(self) -> tuple[socket.socket, object]:
        """Refuse, as the system does."""
        self.asked += 1
        raise OSError(errno.ENFILE, "Too many open files in system")


def test_who_cannot_accept_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody can be taken in for want of descriptors, it is tried again after a while, and not at once for ever."""
    monkeypatch.setattr(supervisor, "_PAUSE", 0.2)

    async def scene(listener: Exhausted) -> None:
        keeping = Supervisor(Settings(), tmp_path, listener, 1)
        keeping._loop = asyncio.get_running_loop()
        keeping._crew.append(SimpleNamespace(is_ready=True, held=set()))  # type: ignore[arg-type]  # as far as is asked
        keeping._dispatch()
        with socket.create_connection(listener.getsockname()):
            await asyncio.sleep(1)
        keeping._listen(wanted=False)

    with Exhausted() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0)
        asyncio.run(scene(listener))
        assert 2 <= listener.asked < 100, "at once for ever is some ten thousand times"


def test_a_killed_worker_costs_no_answer(
    served: tuple[str, subprocess.Popen[bytes], Path],
) -> None:
    """Under load workers are killed: no connection is closed without an answer, and the cache is sound.

    An answer is 200, or 503 that says when to come back; nothing else, and no error of the connection, is excused. The
    service goes on meanwhile, new workers take the places, and the end by SIGTERM is an orderly one.
    """
    url, process, cache = served
    is_over = threading.Event()

    told: Counter[int] = Counter()

    def visit(number: int) -> None:
        with httpx.Client(base_url=url, timeout=60) as kept:
            for turn in itertools.count():
                doi = DOIS[(number * 7 + turn) % 20]
                client = kept if number % 2 else httpx.Client(base_url=url, timeout=60)
                if turn % 3:
                    answer = client.get(
                        f"/works/{quote(doi, safe='')}",
                        headers={"Accept": "*/*" if turn % 2 else "application/json"},
                    )
                else:
                    answer = client.post("/resolve", content=doi)
                if client is not kept:
                    client.close()
                told[answer.status_code] += answer.status_code == 200 or bool(answer.headers["retry-after"])
                if is_over.is_set():
                    return

    with ThreadPoolExecutor(12) as pool:
        visits = [pool.submit(visit, number) for number in range(12)]
        killed: set[int] = set()
        while len(killed) < 3 and not any(each.done() for each in visits):
            workers = set(serving_under(process.pid)) - killed
            if workers and told.total() > 60 * (len(killed) + 1):
                killed.add(min(workers))
                os.kill(min(workers), signal.SIGKILL)
            time.sleep(0.02)
        is_over.set()
        for each in visits:
            each.result()
    assert set(told) <= {200, 503}
    assert told[200] > 180, "the service went on"
    while len(serving_under(process.pid)) < 2:
        time.sleep(0.1)
    assert httpx.post(f"{url}/resolve", content="\n".join(DOIS[:20])).status_code == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    settings = Settings()
    kept = Cache(
        cache, ttl_found=settings.ttl_found, ttl_not_found=settings.ttl_not_found, ttl_stale=settings.ttl_stale
    )
    readable, damaged = kept.verify()
    kept.close()
    assert (readable >= 20, damaged) == (True, 0)


def test_a_hanging_worker_costs_no_answer(served: tuple[str, subprocess.Popen[bytes], Path]) -> None:
    """A worker that lives and does nothing is ended, and whoever waits for it is answered by another, which stays."""
    url, process, _ = served
    stopped, other = serving_under(process.pid)
    os.kill(stopped, signal.SIGSTOP)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(httpx.get, f"{url}/works/{quote(doi, safe='')}", timeout=60) for doi in DOIS[:8]]
        assert [each.result().status_code for each in asked] == [200] * 8
    while stopped in (serving := serving_under(process.pid)) or len(serving) < 2:
        time.sleep(0.1)
    assert other in serving, "it had nothing to do, and said that it was alive"

"""Several worker processes: one cache, one budget, one set of figures; and what becomes of requests when one dies."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from integration.command import command_for
from service.conftest import DOIS
from standin import StandIn

from enrich.cache import Cache
from enrich.settings import Settings

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes in /proc")


def _children(pid: int) -> list[int]:
    """Return the worker processes of a parent, without what else it started."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


@pytest.fixture
def served(registries: StandIn, tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes], Path]]:
    """`enrich serve --workers 2` as a user starts it."""
    command = command_for(tmp_path / "home", registries)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    arguments = [sys.executable, "-m", "enrich", "serve", "--port", str(port), "--workers", "2"]
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


def test_a_killed_worker_costs_no_answer(
    served: tuple[str, subprocess.Popen[bytes], Path],
) -> None:
    """Under load a worker is killed: whoever was cut off knows, asks again, and is answered; the cache is sound.

    The other worker goes on meanwhile, a new one takes the place, and the end by SIGTERM is an orderly one.
    """
    url, process, cache = served
    cut: list[str] = []

    def ask(doi: str) -> int:
        for _ in range(100):
            try:
                return httpx.get(f"{url}/works/{quote(doi, safe='')}", timeout=60).status_code
            except httpx.TransportError:
                cut.append(doi)
        return 0

    with ThreadPoolExecutor(12) as pool:
        asked = [pool.submit(ask, doi) for doi in DOIS[:20] * 4]
        asked[5].result()
        before = _children(process.pid)
        os.kill(before[0], signal.SIGKILL)
        assert [each.result() for each in asked] == [200] * len(asked)
    assert len(cut) <= 12 * 3, "only what was under way is cut"
    while len(set(_children(process.pid)) - {before[0]}) < 2:
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    settings = Settings()
    kept = Cache(
        cache, ttl_found=settings.ttl_found, ttl_not_found=settings.ttl_not_found, ttl_stale=settings.ttl_stale
    )
    readable, damaged = kept.verify()
    kept.close()
    assert (readable >= 20, damaged) == (True, 0)

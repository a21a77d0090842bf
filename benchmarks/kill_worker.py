"""A worker killed every second under load: every request is answered, and the cache is whole afterwards.

    python benchmarks/kill_worker.py [--clients 300] [--workers 3] [--seconds 20] [--every 1]
    python benchmarks/kill_worker.py --pace    requests/s of several workers, connections kept and opened anew (needs wrk)

Clients ask for works that memory has and works that the cache has, and send lists; one in four opens a connection for each
request. An answer is a status line, its head and a whole body. Ends with 1 where a connection was closed on a request.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import httpx
from standin import StandIn
from standin.processes import serving_under
from standin.works import composed


@contextmanager
def serving(home: Path, workers: int, **environment: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Serve from a cache on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    places = {"HOME": home, "ENRICH_CACHE_DIR": home / "cache", "ENRICH_SNAPSHOT": home / "none"}
    places |= {"ENRICH_STATE_DIR": home / "state"}
    own = [sys.executable, "-m", "enrich", "serve", "--port", str(port), "--workers", str(workers)]
    variables = {**os.environ, **{name: str(place) for name, place in places.items()}, **environment}
    with (home / "log").open("ab") as log, subprocess.Popen(own, env=variables, stderr=log) as process:
        try:
            for _ in range(600):
                with contextlib.suppress(httpx.TransportError):
                    if f"enrich_workers {workers}" in httpx.get(f"http://127.0.0.1:{port}/metrics").text:
                        break
                time.sleep(0.1)
            yield process, port
        finally:
            process.terminate()
            process.wait(60)


_WAIT = 30


class LostError(Exception):
    """A connection was closed before its answer was whole; says where."""


class Client:
    """One after another, requests on a connection that is kept while the service keeps it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes, *, anew: bool = False) -> tuple[int, bytes]:
        """Return status and head of the answer, once its body has come."""
        if self.streams is None or anew:
            self.close()
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        try:
            writer.write(request)
            async with asyncio.timeout(_WAIT):
                head = await reader.readuntil(b"\r\n\r\n")
                await self._body(reader, head.lower())
        except TimeoutError:
            self.close()
            raise LostError(f"nothing for {_WAIT} seconds") from None
        except asyncio.IncompleteReadError as error:
            self.close()
            raise LostError("no answer" if not error.partial else "amid an answer") from None
        except ConnectionError as error:
            self.close()
            raise LostError(type(error).__name__) from None
        if b"connection: close" in head.lower():
            self.close()
        return int(head.split()[1]), head.lower()

    @staticmethod
    async def _body(reader: asyncio.StreamReader, head: bytes) -> None:
        if b"transfer-encoding: chunked" not in head:
            await reader.readexactly(int(re.search(rb"content-length: (\d+)", head)[1]))
            return
        while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
            await reader.readexactly(size + 2)
        await reader.readexactly(2)

    def close(self) -> None:
        """Let go of the connection."""
        if self.streams is not None:
            self.streams[1].close()
            self.streams = None


def requests(dois: list[str], chance: random.Random) -> Iterator[bytes]:
    """Yield requests of every kind."""
    host = b"Host: localhost\r\n"
    while True:
        doi = chance.choice(dois)
        path = quote(doi, safe="/").encode()
        yield b"GET /works/%s HTTP/1.1\r\n%s\r\n" % (path, host)
        novel = b"Accept: application/json;n=%d\r\n" % chance.randrange(1 << 60)
        yield b"GET /works/%s HTTP/1.1\r\n%s%s\r\n" % (path, host, novel)
        body = "\n".join(chance.sample(dois, 5)).encode()
        yield b"POST /resolve HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s" % (host, len(body), body)


async def visit(port: int, dois: list[str], seed: int, until: float, told: Counter[str]) -> None:
    """Be one client until the time is over."""
    chance, client = random.Random(seed), Client(port)
    for request in requests(dois, chance):
        if time.monotonic() > until:
            break
        kind = request.split(b" ", 1)[0].decode()
        try:
            status, head = await client.ask(request, anew=seed % 4 == 0)
        except LostError as lost:
            told[f"LOST {kind} {lost}"] += 1
            continue
        good = status == 200 or (status == 503 and b"retry-after:" in head)
        told[f"{'' if good else 'ODD '}{kind} {status}"] += 1
    client.close()


@asynccontextmanager
async def killing(pid: int, every: float) -> AsyncIterator[list[int]]:
    """Kill a worker again and again while the context lasts."""
    killed: list[int] = []

    async def go_on() -> None:
        while True:
            await asyncio.sleep(every)
            if workers := serving_under(pid):
                killed.append(random.choice(workers))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(killed[-1], signal.SIGKILL)

    task = asyncio.create_task(go_on())
    yield killed
    task.cancel()


async def load(given: argparse.Namespace, process: subprocess.Popen[bytes], port: int, dois: list[str]) -> int:
    """Ask and kill; return how many requests were lost."""
    told: Counter[str] = Counter()
    until = time.monotonic() + given.seconds
    async with killing(process.pid, given.every) as killed:
        await asyncio.gather(*(visit(port, dois, seed, until, told) for seed in range(given.clients)))
    lost = sum(number for what, number in told.items() if what.startswith(("LOST", "ODD")))
    print(
        f"{given.clients} clients, {given.workers} workers, {len(killed)} killed in {given.seconds} s, {lost} lost"
    )
    for what, number in sorted(told.items()):
        print(f"    {what:<40} {number:9,}")
    return lost


def fill(home: Path, works: dict) -> None:
    """Fill a cache through the stand-in."""
    with StandIn(enforce=False) as standin:
        standin.crossref.update(works)
        urls = {f"ENRICH_{name.upper()}": value for name, value in standin.settings.items()}
        with serving(home, 1, **urls, ENRICH_MAILTO="bench@example.org") as (_, port):
            httpx.post(
                f"http://127.0.0.1:{port}/resolve", content="\n".join(works), timeout=600
            ).raise_for_status()


def is_whole(home: Path) -> bool:
    """Tell whether the cache has every answer, and each can be read."""
    command = [sys.executable, "-m", "enrich", "cache", "verify"]
    done = subprocess.run(
        command, env={**os.environ, "ENRICH_CACHE_DIR": str(home / "cache")}, capture_output=True, check=False
    )
    print(f"cache: {(done.stdout + done.stderr).decode().strip()}")
    return done.returncode == 0


SCRIPTS = {"kept": "", "opened anew": 'wrk.headers["Connection"] = "close"\n'}


def pace(home: Path, dois: list[str], workers: int, seconds: int) -> None:
    """Print requests/s of a work that memory has."""
    with serving(home, workers, ENRICH_OFFLINE="true") as (_, port):
        for name, lua in SCRIPTS.items():
            (script := home / "script.lua").write_text(lua)
            command = ["wrk", "-t1", "-c50", f"-d{seconds}s", "--timeout", "10s", "--latency", "-s", str(script)]
            address = f"http://127.0.0.1:{port}/works/{quote(dois[0], safe='/')}"
            said = subprocess.run([*command, address], capture_output=True, text=True, check=True).stdout
            shown = re.findall(r"(Requests/sec|99%|Socket errors|Non-2xx)\D*([\w.]+)", said)
            print(f"{workers} workers, connections {name}: {shown}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=300)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--every", type=float, default=1.0)
    parser.add_argument("--pace", action="store_true")
    given = parser.parse_args()
    works = {doi: work for doi, work in composed(200).items() if doi.isascii()}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        fill(home, works)
        if given.pace:
            pace(home, list(works), given.workers, given.seconds)
            return 0
        with serving(home, given.workers, ENRICH_OFFLINE="true") as (process, port):
            lost = asyncio.run(load(given, process, port, list(works)))
        print((home / "log").read_text("utf-8")[-1500:])
        return 1 if lost or not is_whole(home) else 0


if __name__ == "__main__":
    sys.exit(main())

"""The service under load: wrk on this machine, ratios to the same server answering fixed bytes.

    python benchmarks/serve.py                  requests/s of /works/{doi} from cache and snapshot
    python benchmarks/serve.py --hold 60        1,000 clients at once for so many seconds
    python benchmarks/serve.py --upload 200000  a library of so many records, and the memory of the server

Works are asked for in random order, in four states of the service:

    for the first time   nobody ever asked: read from cache or snapshot and rendered; no work is asked for twice
    after a start        a new process has nothing in memory, the works were rendered by the one before; likewise
    after the minute     2,000 works in memory, each compared with what is stored before it is given
    again                2,000 works in memory, within the minute in which they are given as they are

Every run of a second follows one of a server that answers fixed bytes, since the pace of a machine wavers; medians.

The works are composed; where ENRICH_TEST_DATA names a folder of real answers, they have the contents of those, twice as
much. Needs wrk (Debian: apt-get install wrk).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import httpx
import orjson
from standin.works import composed, real

from enrich.agencies import crossref
from enrich.cache import Cache
from enrich.identifiers import doi as doi_names
from enrich.model import Found

PORT = 8127
_ENOUGH = 3000  # works that are more than are asked for the first time in a second
FIXED = """
import sys
import uvicorn
body = b"x" * int(sys.argv[1])
start = {"type": "http.response.start", "status": 200, "headers": [
    (b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]}
async def app(scope, receive, send):
    await send(start)
    await send({"type": "http.response.body", "body": body})
uvicorn.run(app, port=int(sys.argv[2]), access_log=False, log_level="warning", lifespan="off", backlog=4096, loop="asyncio")
"""
LATE = """
import runpy
from enrich.service import rendered
rendered.LIFE = 0.0
runpy.run_module("enrich", run_name="__main__")
"""
LUA = """
local paths, n = {}, 0
for line in io.lines("%s") do paths[#paths + 1] = line end
request = function()
  n = n + 1
  return wrk.format("GET", paths[(n - 1) %% #paths + 1])
end
done = function(summary, latency, requests)
  io.write(string.format("errors %%d\\n", summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.status + summary.errors.timeout))
end
"""


class Server(NamedTuple):
    """A process and where it listens."""

    process: subprocess.Popen[bytes]
    port: int


@contextlib.contextmanager
def serving(
    home: Path, port: int = PORT, *, fixed: int = 0, late: bool = False, **environment: str
) -> Iterator[Server]:
    """Serve on a port, the service or fixed bytes; `late`: no answer in memory is given as it is, as after its minute."""
    places = {
        "HOME": str(home),
        "ENRICH_CACHE_DIR": str(home / "cache"),
        "ENRICH_SNAPSHOT": str(home / "none"),
        "ENRICH_STATE_DIR": str(home / "state"),
    }
    own = [sys.executable, *(("-c", LATE) if late else ("-m", "enrich")), "serve", "--port", str(port)]
    command = [sys.executable, "-c", FIXED, str(fixed), str(port)] if fixed else own
    with subprocess.Popen(
        command, env={**os.environ, **places, **environment}, stderr=subprocess.DEVNULL
    ) as process:
        try:
            for _ in range(200):
                with contextlib.suppress(httpx.TransportError):
                    httpx.get(f"http://127.0.0.1:{port}/health")
                    break
                time.sleep(0.1)
            yield Server(process, port)
        finally:
            process.terminate()


def processor_seconds(server: Server) -> float:
    """Return what a server has used of the processor: unlike requests/s it is the same on a busy machine."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wrk(
    home: Path, server: Server, paths: Sequence[str], *, seconds: int = 1, clients: int = 50
) -> dict[str, Any]:
    """Return requests/s, the latencies, the errors, the requests of a run, and microseconds of the processor for each."""
    (names := home / "paths").write_text("\n".join(paths))
    (script := home / "script.lua").write_text(LUA % names)
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "10s", "--latency", "-s", str(script)]
    before = processor_seconds(server)
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{server.port}"], capture_output=True, text=True, check=True
    )
    used = processor_seconds(server) - before
    found = {name: re.search(pattern, done.stdout) for name, pattern in _FIGURES.items()}
    figures = {name: match[1] if match else "?" for name, match in found.items()}
    return {**figures, "cpu": used / int(figures["asked"]) * 1e6}


_FIGURES = {
    "requests/s": r"Requests/sec:\s+(\S+)",
    "p50": r"\n\s+50%\s+([\d.]+[mu]?s)\n",
    "p99": r"\n\s+99%\s+([\d.]+[mu]?s)\n",
    "errors": r"errors (\d+)",
    "asked": r"(\d+) requests in",
}


def shown(name: str, runs: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    """Print the medians of runs, each with one of fixed bytes beside it: by the clock, and by the processor."""

    def middle(values: Iterable[float]) -> float:
        return statistics.median(values)

    rate, cpu = (middle(float(run[key]) for run, _ in runs) for key in ("requests/s", "cpu"))
    by_clock = [float(run["requests/s"]) / float(fixed["requests/s"]) for run, fixed in runs]
    by_cpu = [fixed["cpu"] / run["cpu"] for run, fixed in runs]
    counts = {key: sum(int(run[key]) for run, _ in runs) for key in ("errors", "asked")}
    slowest = max(runs, key=lambda pair: in_seconds(pair[0]["p99"]))[0]
    ratios = f"ratio {middle(by_clock):4.2f} ({min(by_clock):4.2f} to {max(by_clock):4.2f})"
    used = f"{cpu:4.0f} us, ratio {middle(by_cpu):4.2f}"
    rest = f"p50 {slowest['p50']} p99 {slowest['p99']} at worst, errors {counts['errors']} of {counts['asked']:,}"
    print(f"{name:<26} {rate:7,.0f}/s  {ratios}  {used}  {rest}", flush=True)


def in_seconds(text: str) -> float:
    """Return what wrk means by a length of time."""
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]  # wrk wrote it
    return float(number) * {"us": 1e-6, "ms": 1e-3, "s": 1.0}[unit]


def works_of(count: int) -> dict[str, Any]:
    """Return so many works: real contents under names of their own where there are any, composed ones elsewhere."""
    folder = os.environ.get("ENRICH_TEST_DATA")
    if not folder:
        return composed(count)
    contents = real(Path(folder))[0].items()
    named = ((f"{doi}.{number}", message) for number, (doi, message) in enumerate(islice(cycle(contents), count)))
    return {doi: {**message, "DOI": doi} for doi, message in named}


def prepare(home: Path, works: dict[str, Any]) -> None:
    """Fill a cache as the network would, and a snapshot from a file."""
    month, year, now = timedelta(days=30), timedelta(days=365), datetime.now(UTC)
    cache = Cache(home / "cache", ttl_found=month, ttl_not_found=month, ttl_stale=year)
    rest = iter(works.items())
    while some := list(islice(rest, 1000)):
        found = {}
        for name, message in some:
            doi, raw = doi_names.compact(name), orjson.dumps(crossref.trim(message))
            found[doi] = Found(doi=doi, record=crossref.read(raw, doi=doi, retrieved_at=now))
        cache.store(found)
    cache.close()
    lines = b"".join(orjson.dumps(work, option=orjson.OPT_APPEND_NEWLINE) for work in works.values())
    (home / "works.jsonl").write_bytes(lines)
    place = {**os.environ, "ENRICH_SNAPSHOT": str(home / "snapshot"), "ENRICH_CACHE_DIR": str(home / "empty")}
    command = [sys.executable, "-m", "enrich", "snapshot", "load", str(home / "works.jsonl")]
    subprocess.run(command, env=place, check=True, capture_output=True)


def speed(home: Path, works: dict[str, Any], rounds: int, hold: int) -> None:
    """Print the rates of the four states, as ratios to fixed bytes of the usual size."""
    paths = [f"/works/{quote(doi, safe='/():;')}" for doi in works]
    random.Random(5).shuffle(paths)
    few = paths[:2000]
    cached = {"ENRICH_OFFLINE": "true"}
    loaded = {**cached, "ENRICH_SNAPSHOT": str(home / "snapshot"), "ENRICH_CACHE_DIR": str(home / "no")}
    with serving(home, **cached, ENRICH_CACHE_DIR=str(home / "cache")):
        url = f"http://127.0.0.1:{PORT}"
        size = sum(len(httpx.get(url + path).raise_for_status().content) for path in few[:100]) // 100
    (home / "cache" / "rendered.db").unlink()
    with serving(home, PORT + 1, fixed=size) as fixed:

        def beside(server: Server, asked: Sequence[str], **how: int) -> tuple[dict[str, Any], dict[str, Any]]:
            """Ask for fixed bytes, and then the service."""
            before = wrk(home, fixed, few, **how)
            return wrk(home, server, asked, **how), before

        print(f"fixed bytes: {size}; medians of runs of a second, each beside one with them", flush=True)
        for name, where in (("cache", cached), ("snapshot", loaded)):
            with serving(home, **where) as server:
                rest, runs = paths, []
                while len(rest) >= _ENOUGH and len(runs) < rounds:
                    runs.append(beside(server, rest))
                    rest = rest[int(runs[-1][0]["asked"]) :]
            shown(f"{name}, for the first time", runs)
            met = paths[: len(paths) - len(rest)]
            runs = []
            for _ in range(rounds):
                with serving(home, **where) as server:
                    runs.append(beside(server, met))
            twice = " (some twice)" if max(int(run["asked"]) for run, _ in runs) > len(met) else ""
            shown(f"{name}, after a start{twice}", runs)
            for state, late in (("after the minute", True), ("again", False)):
                with serving(home, late=late, **where) as server:
                    wrk(home, server, few, seconds=2)
                    shown(f"{name}, {state}", [beside(server, few) for _ in range(rounds)])
                    if hold and name == "cache" and not late:
                        shown(f"1,000 clients for {hold} s", [beside(server, few, seconds=hold, clients=1000)])


def upload(home: Path, works: dict[str, Any], records: int) -> None:
    """Send a library of many records and read the report as it comes."""
    one = (
        "%0 Journal Article\n%T {}\n%A {}\n%R {}\n%X "
        + "A sentence of an abstract that says little. " * 20
        + "\n\n"
    )
    texts = [
        one.format(work["title"][0], work["author"][0]["family"], doi).encode() for doi, work in works.items()
    ]

    def body() -> Iterator[bytes]:
        for number in range(0, records, 100):
            yield b"".join(texts[(number + each) % len(texts)] for each in range(100))

    loaded = {
        "ENRICH_OFFLINE": "true",
        "ENRICH_SNAPSHOT": str(home / "snapshot"),
        "ENRICH_CACHE_DIR": str(home / "up"),
    }
    size = sum(map(len, texts)) * records // len(texts)
    with serving(home, **loaded) as (process, _):
        begun, last = time.perf_counter(), b""
        headers = {"Accept": "application/x-ndjson"}
        url = f"http://127.0.0.1:{PORT}/enrich"
        with httpx.stream("POST", url, content=body(), headers=headers, timeout=600) as answer:
            for line in answer.iter_lines():
                last = line.encode()
        seconds = time.perf_counter() - begun
        status = Path(f"/proc/{process.pid}/status").read_text()
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    summary = orjson.loads(last)["summary"]
    print(
        f"{summary['records']:,} records, {size / 1e6:,.0f} MB in {seconds:.0f} s ({records / seconds:,.0f}/s), "
        f"largest memory {int(peak[1]) / 1024 if peak else 0:.0f} MB, {summary['status']['enriched']:,} enriched"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="runs of a second for each state")
    parser.add_argument("--works", type=int, default=20_000, help="how many there are to be asked for once")
    parser.add_argument("--hold", type=int, default=0, metavar="SECONDS")
    parser.add_argument("--upload", type=int, default=0, metavar="RECORDS")
    given = parser.parse_args()
    works = composed(200) if given.upload else works_of(given.works)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        prepare(home, works)
        if given.upload:
            upload(home, works, given.upload)
        else:
            speed(home, works, given.rounds, given.hold)


if __name__ == "__main__":
    main()

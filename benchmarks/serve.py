"""The service under load: wrk on this machine, ratios to the same server answering fixed bytes.

    python benchmarks/serve.py                  requests/s of /works/{doi} from memory, cache and snapshot
    python benchmarks/serve.py --hold 60        1,000 clients at once for so many seconds
    python benchmarks/serve.py --upload 200000  a library of so many records, and the memory of the server

A work that was just asked for is given again from memory; `first` asks so that memory never has the answer: that is what the
cache and the snapshot cost. Needs wrk (Debian: apt-get install wrk).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import httpx
import orjson
from standin import StandIn
from standin.works import composed

PORT = 8127
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
LUA = """
local paths, n = {}, 0
for line in io.lines("%s") do paths[#paths + 1] = line end
request = function()
  n = n + 1
  local accept = "*/*"
  if %s then accept = "application/json;n=" .. n .. "." .. math.random(1e9) end
  return wrk.format("GET", paths[n %% #paths + 1], {["Accept"] = accept})
end
done = function(summary, latency, requests)
  io.write(string.format("errors %%d\\n", summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.status + summary.errors.timeout))
end
"""


@contextlib.contextmanager
def serving(home: Path, *, fixed: int = 0, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Serve on PORT, the service or fixed bytes."""
    places = {
        "HOME": str(home),
        "ENRICH_CACHE_DIR": str(home / "cache"),
        "ENRICH_SNAPSHOT": str(home / "none"),
        "ENRICH_STATE_DIR": str(home / "state"),
    }
    own = [sys.executable, "-m", "enrich", "serve", "--port", str(PORT)]
    command = [sys.executable, "-c", FIXED, str(fixed), str(PORT)] if fixed else own
    with subprocess.Popen(
        command, env={**os.environ, **places, **environment}, stderr=subprocess.DEVNULL
    ) as process:
        for _ in range(200):
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"http://127.0.0.1:{PORT}/health")
                break
            time.sleep(0.1)
        yield process
        process.terminate()
        process.wait(40)


def wrk(home: Path, paths: list[str], *, seconds: int, clients: int = 50, first: bool = False) -> dict[str, Any]:
    """Return requests/s, the latencies and the errors of a run."""
    (names := home / "paths").write_text("\n".join(paths))
    (script := home / "script.lua").write_text(LUA % (names, str(first).lower()))
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "10s", "--latency", "-s", str(script)]
    done = subprocess.run([*command, f"http://127.0.0.1:{PORT}"], capture_output=True, text=True, check=True)
    found = {name: re.search(pattern, done.stdout) for name, pattern in _FIGURES.items()}
    return {name: match[1] if match else "?" for name, match in found.items()}


_FIGURES = {
    "requests/s": r"Requests/sec:\s+(\S+)",
    "p50": r"50%\s+(\S+)",
    "p99": r"99%\s+(\S+)",
    "errors": r"errors (\d+)",
}


def shown(name: str, figures: dict[str, Any], base: float) -> None:
    rate = float(figures["requests/s"])
    rest = "  ".join(f"{key} {value}" for key, value in figures.items() if key != "requests/s")
    print(f"{name:<34} {rate:9,.0f}/s  ratio {rate / base:5.2f}  {rest}", flush=True)


def prepare(home: Path, works: dict[str, Any]) -> None:
    """Fill a cache through the stand-in, and a snapshot from a file."""
    with StandIn(enforce=False) as standin:
        standin.crossref.update(works)
        urls = {f"ENRICH_{name.upper()}": value for name, value in standin.settings.items()}
        with serving(home, **urls, ENRICH_MAILTO="bench@example.org"):
            httpx.post(
                f"http://127.0.0.1:{PORT}/resolve", content="\n".join(works), timeout=600
            ).raise_for_status()
    lines = b"".join(orjson.dumps(work, option=orjson.OPT_APPEND_NEWLINE) for work in works.values())
    (home / "works.jsonl").write_bytes(lines)
    place = {**os.environ, "ENRICH_SNAPSHOT": str(home / "snapshot"), "ENRICH_CACHE_DIR": str(home / "empty")}
    command = [sys.executable, "-m", "enrich", "snapshot", "load", str(home / "works.jsonl")]
    subprocess.run(command, env=place, check=True, capture_output=True)


def speed(home: Path, works: dict[str, Any], seconds: int, hold: int) -> None:
    paths = [f"/works/{doi.replace('<', '%3C').replace('>', '%3E')}" for doi in works]
    cached = {"ENRICH_OFFLINE": "true"}
    loaded = {
        "ENRICH_OFFLINE": "true",
        "ENRICH_SNAPSHOT": str(home / "snapshot"),
        "ENRICH_CACHE_DIR": str(home / "no"),
    }
    with serving(home, **cached):
        size = len(httpx.get(f"http://127.0.0.1:{PORT}{paths[0]}").raise_for_status().content)
    with serving(home, fixed=size):
        fixed = wrk(home, paths, seconds=seconds)
        many = wrk(home, paths, seconds=min(10, hold), clients=1000) if hold else {}
    base = float(fixed["requests/s"])
    shown(f"fixed bytes ({size})", fixed, base)
    for name, where in (("cache", cached), ("snapshot", loaded)):
        with serving(home, **where):
            shown(f"/works/{{doi}} of the {name}, first", wrk(home, paths, seconds=seconds, first=True), base)
            shown(f"/works/{{doi}} of the {name}, again", wrk(home, paths, seconds=seconds), base)
            if hold and name == "cache":
                shown("1,000 clients, fixed bytes", many, base)
                shown(f"1,000 clients for {hold} s", wrk(home, paths, seconds=hold, clients=1000), base)


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
    with serving(home, **loaded) as process:
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
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--hold", type=int, default=0, metavar="SECONDS")
    parser.add_argument("--upload", type=int, default=0, metavar="RECORDS")
    given = parser.parse_args()
    works = composed(200)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        prepare(home, works)
        if given.upload:
            upload(home, works, given.upload)
        else:
            speed(home, works, given.seconds, given.hold)


if __name__ == "__main__":
    main()

"""A list of DOIs of any length through `enrich resolve --offline`: pace, and memory that does not grow with it.

    python benchmarks/resolve_offline.py [--dois 5000000] [--known 100000]

`known` DOIs are in the cache, of every fifty that are asked one; the others are not. The list goes through a pipe, the
answers are counted and thrown away. Memory is the process's peak, as the system tells it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import orjson

from enrich import agencies
from enrich.cache import Cache
from enrich.identifiers.doi import Doi
from enrich.model.outcome import Found

MOST = 200  # MB


def fill(directory: Path, known: int) -> None:
    """Put answers into the cache."""
    span = timedelta(days=30)
    cache = Cache(directory, ttl_found=span, ttl_not_found=span, ttl_stale=span)
    for start in range(0, known, 500):
        names = [Doi(f"10.1000/known.{number}") for number in range(start, min(start + 500, known))]
        answers = ((name, orjson.dumps({"DOI": name, "title": [f"Work {name}"]})) for name in names)
        now = datetime.now(UTC)
        cache.store(
            {
                name: Found(doi=name, record=agencies.read("crossref", answer, doi=name, retrieved_at=now))
                for name, answer in answers
            }
        )
    cache.close()


def lines(count: int, known: int) -> Iterator[bytes]:
    """Yield the list in portions."""
    for start in range(0, count, 1000):
        yield b"".join(
            b"10.1000/known.%d\n" % (number // 50 % known)
            if known and number % 50 == 0
            else b"10.%d/unknown.%d\n" % (1000 + number % 9000, number)
            for number in range(start, min(start + 1000, count))
        )


def feed(pipe: BinaryIO, count: int, known: int) -> None:
    with pipe:
        pipe.writelines(lines(count, known))


def main() -> int:
    """Run the command on a list and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dois", type=int, default=200_000)
    parser.add_argument("--known", type=int, default=10_000)
    parser.add_argument("--to", default="json", choices=["json", "url", "refer"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        fill(Path(home) / "cache", arguments.known)
        environment = os.environ | {"ENRICH_CACHE_DIR": f"{home}/cache", "ENRICH_SNAPSHOT": f"{home}/none"}
        command = [sys.executable, "-m", "enrich", "resolve", "--offline", "-q", "--to", arguments.to, "-"]
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        )
        feeder = threading.Thread(target=feed, args=(process.stdin, arguments.dois, arguments.known))
        feeder.start()
        answers = sum(piece.count(b"\n") for piece in iter(lambda: process.stdout.read(1 << 20), b""))
        feeder.join()
        _, _, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
    peak, used = usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime
    print(
        f"{arguments.dois:,} DOIs to {arguments.to}: {answers:,} lines, {seconds:.1f} s ({used:.1f} s of processor),"
        f" {arguments.dois / used:,.0f} DOIs/s of processor, peak {peak:.0f} MB (at most {MOST})"
    )
    return 0 if peak < MOST and (arguments.to == "refer" or answers == arguments.dois) else 1


if __name__ == "__main__":
    sys.exit(main())

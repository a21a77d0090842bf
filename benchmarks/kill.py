"""Kills a process that writes to the cache, over and over, and checks that nothing it had stored was lost or torn.

    python benchmarks/kill.py --points 1000

Each round forks a writer that stores batches of answers and says after each that it is stored; it is killed (SIGKILL)
at a random moment. Then every batch it spoke of must be whole, the one it was writing there whole or not at all, and
the file sound.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from enrich import agencies
from enrich.cache import Cache
from enrich.identifiers.doi import Doi
from enrich.model.outcome import Found, Outcome

BATCH = 20
LONGEST = 0.06  # seconds a writer lives


def opened(directory: Path) -> Cache:
    span = timedelta(days=30)
    return Cache(directory, ttl_found=span, ttl_not_found=span, ttl_stale=span)


def batch(generation: int, number: int) -> dict[Doi, Outcome]:
    outcomes: dict[Doi, Outcome] = {}
    for place in range(BATCH):
        doi = Doi(f"10.1000/{generation}-{number}-{place}")
        answer = orjson.dumps({"DOI": doi, "title": [f"{doi} " + "lorem ipsum " * 50], "type": "journal-article"})
        record = agencies.read("crossref", answer, doi=doi, retrieved_at=datetime.now(UTC))
        outcomes[doi] = Found(doi=doi, record=record)
    return outcomes


def write(directory: Path, generation: int, tell: int) -> None:
    """Store batches until killed, telling the number of each one that is stored."""
    cache = opened(directory)
    for number in range(10**6):
        cache.store(batch(generation, number))
        os.write(tell, f"{number}\n".encode())


def stored_before_the_kill(directory: Path, generation: int, lives: float) -> int:
    """Fork a writer, kill it after so many seconds, and return how many batches it said were stored."""
    hear, tell = os.pipe()
    writer = os.fork()
    if writer == 0:
        with contextlib.suppress(BaseException):
            os.close(hear)
            write(directory, generation, tell)
        os._exit(1)
    os.close(tell)
    time.sleep(lives)
    os.kill(writer, signal.SIGKILL)
    _, status = os.waitpid(writer, 0)
    if not os.WIFSIGNALED(status):
        raise SystemExit("the writer ended by itself")
    with os.fdopen(hear) as told:
        return len(told.readlines())


def check(directory: Path, generation: int, stored: int) -> list[str]:
    """Return what is wrong after a kill."""
    cache = opened(directory)
    complaints = []
    for number in range(stored + 2):
        whole = len(cache.load(list(batch(generation, number))))
        if number < stored and whole != BATCH:
            complaints.append(f"batch {number} was stored, and {BATCH - whole} of {BATCH} are missing")
        elif whole not in {0, BATCH}:
            complaints.append(f"batch {number} is torn: {whole} of {BATCH}")
    if cache.note:
        complaints.append(cache.note)
    cache.close()
    return complaints


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=50)
    points = parser.parse_args().points
    dice = random.Random(1)
    failed = batches = 0
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        for generation in range(points):
            stored = stored_before_the_kill(directory, generation, dice.uniform(0.001, LONGEST))
            batches += stored
            for complaint in check(directory, generation, stored):
                failed += 1
                print(f"kill {generation}: {complaint}")
        cache = opened(directory)
        good, bad = cache.verify()
        cache.close()
    print(f"{points} kills, {batches * BATCH} answers stored, {good} read back, {bad} broken, {failed} complaints")
    return 1 if failed or bad else 0


if __name__ == "__main__":
    sys.exit(main())

"""Many at one cache: processes of several tasks each look up overlapping DOIs and store what they learn, all at once.

    python benchmarks/crowd.py [--processes 8] [--tasks 8] [--dois 2000]

Afterwards every task must have had an answer for every DOI it asked for, every answer in the cache must be whole, no
process may have complained, and no more requests than allowed may have reached the stand-in. Ends with 1 if not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

LIST, SINGLE = ("crossref", True, "list"), ("crossref", True, "single")


def member(job: dict) -> dict:
    """Be one process: tasks with one enricher, each asking for a part of the DOIs in an order of its own."""
    from enrich.enricher import Enricher
    from enrich.model.outcome import Found
    from enrich.settings import Settings

    async def task(enricher: Enricher, seed: int) -> int:
        chance = random.Random(seed)
        wanted = chance.sample(job["dois"], len(job["dois"]) // 2)
        lost = 0
        for start in range(0, len(wanted), 40):
            portion = wanted[start : start + 40]
            outcomes = await enricher.resolve(portion)
            found = {d for d, o in outcomes.items() if isinstance(o, Found) and o.record.work.doi == d}
            lost += len(set(portion) - found)
        return lost

    async def run() -> dict:
        async with Enricher(Settings(**job["settings"])) as enricher:
            lost = await asyncio.gather(*(task(enricher, job["seed"] + number) for number in range(job["tasks"])))
            complaints = [*enricher.transport.warnings, *filter(None, [enricher.cache.note])]
            return {"lost": sum(lost), "complaints": complaints, "by": dict(enricher.resolver.answered_by)}

    return asyncio.run(run())


def main() -> int:
    """Start everyone at once, and look at what is left."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--tasks", type=int, default=8)
    parser.add_argument("--dois", type=int, default=2000)
    parser.add_argument("--member", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.member:
        print(json.dumps(member(json.load(sys.stdin))))
        return 0
    from standin import StandIn

    from enrich.cache import Cache
    from enrich.settings import Settings

    dois = [f"10.1155/crowd.{number}" for number in range(arguments.dois)]
    with tempfile.TemporaryDirectory() as home, StandIn(latency=0.02) as server:
        server.gate.limits |= {
            LIST: (60, 1.0, 12),
            SINGLE: (60, 1.0, 12),
        }  # its headers say so, and clients follow
        server.crossref.update({doi: {"DOI": doi, "title": [f"Work {doi}"], "type": "book"} for doi in dois})
        settings = {**server.settings, "cache_dir": f"{home}/cache", "mailto": "crowd@example.org"}
        settings |= {"snapshot": f"{home}/none", "state_dir": f"{home}/state"}
        begun = time.perf_counter()
        crowd = []
        for number in range(arguments.processes):
            command = [sys.executable, __file__, "--member"]
            crowd.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            job = {"settings": settings, "dois": dois, "seed": number * 1000, "tasks": arguments.tasks}
            crowd[-1].stdin.write(json.dumps(job))
            crowd[-1].stdin.close()
        said = [json.loads(process.stdout.read() or "null") for process in crowd]
        failed = sum(process.wait() != 0 for process in crowd)
        seconds = time.perf_counter() - begun
        kept = Settings(**settings)
        cache = Cache(
            kept.cache_dir, ttl_found=kept.ttl_found, ttl_not_found=kept.ttl_not_found, ttl_stale=kept.ttl_stale
        )
        good, bad = cache.verify()
        cache.close()
        asked, over = len(server.requests), len(server.violations)
    whole = [each for each in said if each]
    lost = sum(each["lost"] for each in whole)
    complaints = [sentence for each in whole for sentence in each["complaints"]]
    print(
        f"{arguments.processes} processes x {arguments.tasks} tasks, {len(dois):,} DOIs, {seconds:.1f} s, {asked} requests:"
        f" {failed} processes failed, {lost} answers lost, {len(complaints)} complaints,"
        f" {good:,} answers in the cache, {bad} broken, {over} requests over a limit"
    )
    for sentence in complaints[:5]:
        print(f"    {sentence}")
    return 1 if failed or lost or complaints or bad or over or not 0 < good <= len(dois) else 0


if __name__ == "__main__":
    sys.exit(main())

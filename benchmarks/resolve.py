"""Resolution at the registries' limits: whole processes against a stand-in that counts strictly, 300 ms away.

    python benchmarks/resolve.py [--dois 3000] [--peers PYTHON] [--only polite]

Each part prints seconds and the ratio to an even schedule of full batches of 50 (3 lists a second in the polite pool, 1 in
the public one), and how many requests were over a limit as the stand-in saw them: more in any window of one second, or more
under way at once, than allowed. `mixed` has 1 % of DOIs that do not exist and 1 % that exist without metadata, which takes
four questions each. `shared` is four processes with one cache directory, each with DOIs of its own; in `same` all four want
all of them, and no two may ask the same. `peers` looks up a few of the same DOIs with other programs, where the interpreter
named can import them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

LATENCY = 0.3
BATCH = 50
CONTACT = "bench@example.org"


@dataclass(frozen=True)
class Part:
    """One measurement: in which pool, of how many DOIs, by how many processes."""

    name: str
    per_second: int
    share: float = 1.0
    contact: str = CONTACT
    processes: int = 1
    same: bool = False  # every process asks for all of them
    every: int = 0  # of so many DOIs one does not exist, and one has no metadata


PARTS = (
    Part("polite", 3),
    Part("mixed", 3, every=100),
    Part("public", 1, share=0.25, contact=""),
    Part("shared", 3, share=0.8, processes=4),
    Part("same", 3, share=0.8, processes=4, same=True),
)


def resolve(job: dict) -> dict:
    """Look up the DOIs as a program that uses the package would; what is known of each, and in how many seconds."""
    from enrich.enricher import Enricher
    from enrich.model.outcome import Found
    from enrich.settings import Settings

    async def run() -> int:
        async with Enricher(Settings(**job["settings"])) as enricher:
            return len([0 async for _, outcome in enricher.outcomes(job["dois"]) if isinstance(outcome, Found)])

    begun = time.perf_counter()
    found = asyncio.run(run())
    return {"found": found, "seconds": time.perf_counter() - begun}


def habanero(job: dict) -> dict:
    """Look up one by one, as habanero does with a list of identifiers."""
    from habanero import Crossref

    begun = time.perf_counter()
    client = Crossref(base_url=job["settings"]["crossref_url"], mailto=CONTACT)
    answers = client.works(ids=job["dois"], warn=True)
    return {"found": sum(answer is not None for answer in answers), "seconds": time.perf_counter() - begun}


def crossrefapi(job: dict) -> dict:
    """Look up one by one, at the pace the headers of the last answer allow."""
    from crossref import restful

    base = job["settings"]["crossref_url"]
    restful.build_url_endpoint = lambda endpoint, context=None: "/".join(filter(None, (base, context, endpoint)))
    etiquette = restful.Etiquette("bench", "1", "https://example.org", CONTACT)
    begun = time.perf_counter()
    client = restful.Works(etiquette=etiquette)
    found = sum(client.doi(doi) is not None for doi in job["dois"])
    return {"found": found, "seconds": time.perf_counter() - begun}


CLIENTS = {client.__name__: client for client in (resolve, habanero, crossrefapi)}


def started(interpreter: str, client: str, job: dict) -> subprocess.Popen:
    process = subprocess.Popen(
        [interpreter, __file__, "--client", client], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    process.stdin.write(json.dumps(job))
    process.stdin.close()
    return process


def result(process: subprocess.Popen) -> dict | None:
    """Return what a client says, None where it could not be imported."""
    said = process.stdout.read()
    return json.loads(said) if process.wait() == 0 else None


def measure(part: Part, works: dict, count: int) -> bool:
    """Run one part, print its figures, and tell whether no request was over a limit."""
    from standin import StandIn

    dois = list(works)[: int(count * part.share)]
    absent = set(dois[:: part.every]) if part.every else set()
    bare = set(dois[part.every // 2 :: part.every]) if part.every else set()
    with tempfile.TemporaryDirectory() as home, StandIn(latency=LATENCY) as server:
        server.crossref.update({doi: work for doi, work in works.items() if doi not in absent | bare})
        server.agencies.update(dict.fromkeys(bare, "Crossref"))
        server.handles.update(dict.fromkeys(bare, f"{server.url}/landing-page"))
        settings = {**server.settings, "mailto": part.contact or None, "cache_dir": f"{home}/cache"}
        settings |= {"snapshot": f"{home}/none", "state_dir": f"{home}/state"}
        begun = time.perf_counter()
        step = 1 if part.same else part.processes
        shares = (dois if part.same else dois[number::step] for number in range(part.processes))
        jobs = ({"settings": settings, "dois": share} for share in shares)
        said = [result(process) for process in [started(sys.executable, "resolve", job) for job in jobs]]
        seconds = max(each["seconds"] for each in said)
        whole = time.perf_counter() - begun
        lists = sum(asked.path == "/crossref/works" for asked in server.requests)
        asked, over = len(server.requests), server.violations
        names = [name for each in server.requests for name in each.parameters.get("filter", "").split(",") if name]
        twice = len(names) - len(set(names)) if part.same else 0
    even = len(dois) / BATCH / part.per_second
    found = sum(each["found"] for each in said)
    print(
        f"{part.name:8}{len(dois):6,} DOIs, {found:,} found, {seconds:6.1f} s ({whole:.1f} s with the start);"
        f" even schedule {even:.1f} s, ratio {seconds / even:.2f}"
    )
    repeated = f", {twice} DOIs asked twice" if part.same else ""
    print(f"        {lists} lists of {asked} requests, {len(over)} over a limit{repeated}")
    for violation in over[:5]:
        print(f"        {violation.pool}: {violation.what}")
    expected = (len(dois) - len(absent | bare)) * (part.processes if part.same else 1)
    return not over and found == expected and not twice


def peers(interpreter: str, works: dict, count: int) -> None:
    """Run the others on a part of the same DOIs, one after the other, with this program on the same part in between."""
    from standin import StandIn

    for client in CLIENTS:
        with tempfile.TemporaryDirectory() as home, StandIn(latency=LATENCY) as server:
            server.crossref.update(works)
            settings = {**server.settings, "mailto": CONTACT, "cache_dir": f"{home}/cache"}
            own = client == "resolve"
            job = {"settings": settings, "dois": list(works)[: count * 10 if own else count]}
            said = result(started(sys.executable if own else interpreter, client, job))
            over = len(server.violations)
        name = "enrich" if own else client
        if said is None:
            print(f"{name:12} is not installed for {interpreter}")
            continue
        pace = said["found"] / said["seconds"]
        print(f"{name:12}{pace:8.1f} DOIs/s ({said['found']} of {len(job['dois'])} found), {over} over a limit")


def main() -> int:
    """Run all parts, or one; or be a client."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dois", type=int, default=3000)
    parser.add_argument("--peers", default=sys.executable, help="interpreter that has habanero and crossrefapi")
    parser.add_argument("--only", choices=[*(part.name for part in PARTS), "peers"])
    parser.add_argument("--client", choices=CLIENTS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.client:
        try:
            print(json.dumps(CLIENTS[arguments.client](json.load(sys.stdin))))
        except ImportError:
            return 3
        return 0
    from clean import works as composed

    works = {work["DOI"]: work for work in composed(arguments.dois)}
    chosen = [part for part in PARTS if arguments.only in {None, part.name}]
    kept = [measure(part, works, arguments.dois) for part in chosen]
    if arguments.only in {None, "peers"}:
        peers(arguments.peers, works, 50)
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())

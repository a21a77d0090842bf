"""Cold and warm `enrich clean`, whole processes, against the registries' stand-in on the loopback interface.

Prints, for a library of composed records of about 1.3 KB: the cold run beside an even schedule of full batches inside the
polite limits; the warm run as records per second, with and without the program's start; peak memory over many records.

    python benchmarks/clean.py [--records 2000] [--many 200000]
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from standin import StandIn  # noqa: E402 -- found through the line above

WORDS = (
    "adaptive analysis atlas bayesian boundary cellular cohort dynamic estimation field genome gradient kinetic lattice "
    "marine measurement network optimal organic pathway plasma protein quantum random response sediment signal stochastic "
    "structure thermal tissue topology transfer tropical vascular wave"
).split()
DISTINCT = 5000  # works behind any number of records
BATCH, PER_SECOND = 50, 3


def works(count: int) -> Iterator[dict]:
    """Yield composed works in Crossref's shape."""
    chance = random.Random(20260101)
    for number in range(count):
        title = " ".join(chance.choices(WORDS, k=9)).capitalize()
        yield {
            "DOI": f"10.1155/bench.{number}",
            "type": "journal-article",
            "title": [title],
            "container-title": ["Journal of " + " ".join(chance.choices(WORDS, k=2)).title()],
            "author": [
                {"given": chance.choice(WORDS).title(), "family": chance.choice(WORDS).title(), "affiliation": []}
                for _ in range(chance.randint(1, 6))
            ],
            "issued": {"date-parts": [[chance.randint(1980, 2025), chance.randint(1, 12)]]},
            "volume": str(chance.randint(1, 90)),
            "issue": str(chance.randint(1, 12)),
            "page": f"{number}-{number + 9}",
            "ISSN": ["2090-3170"],
            "publisher": "A Press",
            "language": "en",
            "reference": [{"key": f"ref{key}", "unstructured": "A reference. " * 8} for key in range(30)],
        }


def record(work: dict) -> str:
    """Return a refer record that lacks volume, issue, pages and ISSN and has an abstract, about 1.3 KB."""
    authors = "".join(f"%A {name['family']}, {name['given']}\n" for name in work["author"])
    abstract = " ".join(WORDS[(number * 7) % len(WORDS)] for number in range(130))
    return (
        f"%0 Journal Article\n{authors}%D {work['issued']['date-parts'][0][0]}\n%T {work['title'][0]}\n"
        f"%J {work['container-title'][0]}\n%R {work['DOI']}\n%X {abstract}.\n\n"
    )


def run(library: Path, home: Path, **environment: str) -> tuple[float, int, int]:
    """Run the command and return seconds, exit code and peak memory in MB."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ENRICH_")}
    variables = kept | {
        "ENRICH_CACHE_DIR": str(home / "cache"),
        "ENRICH_SNAPSHOT": str(home / "none"),
        "ENRICH_STATE_DIR": str(home / "state"),
        "ENRICH_MAILTO": "bench@example.org",
    }
    command = [sys.executable, "-m", "enrich", "clean", str(library), "-o", str(home / "out.enw"), "-q"]
    begun = time.perf_counter()
    process = subprocess.Popen(command, env=variables | environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return time.perf_counter() - begun, process.returncode, usage.ru_maxrss // 1024


def cold(home: Path, library: Path, content: dict[str, dict], count: int) -> None:
    """Time a run with nothing cached."""
    with StandIn(latency=0.15) as server:
        server.crossref.update(content)
        urls = {f"ENRICH_{name.upper()}": value for name, value in server.settings.items()}
        seconds, code, peak = run(library, home, **urls)
        even = (count / BATCH) / PER_SECOND
        print(
            f"cold: {count:,} records in {seconds:.1f} s (exit {code}, {peak} MB), {len(server.requests)} requests"
        )
        print(f"      an even schedule of full batches takes {even:.1f} s: ratio {seconds / even:.2f}")
        print(f"      requests over a limit: {len(server.violations)}")


def main() -> None:
    """Run cold, warm and large."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=2000)
    parser.add_argument("--many", type=int, default=200_000)
    arguments = parser.parse_args()
    content = {work["DOI"]: work for work in works(DISTINCT)}
    texts = [record(work) for work in content.values()]
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        library = home / "library.enw"
        library.write_text("".join(texts[: arguments.records]))
        cold(home, library, content, arguments.records)
        warm = min(run(library, home, ENRICH_OFFLINE="true")[0] for _ in range(3))
        nothing = home / "nothing.enw"
        nothing.write_text("%0 Book\n%T Nothing to look up\n")
        start = min(run(nothing, home, ENRICH_OFFLINE="true")[0] for _ in range(3))
        pace, steady = arguments.records / warm, arguments.records / max(warm - start, 1e-9)
        print(
            f"warm: {arguments.records:,} records in {warm:.2f} s: {pace:,.0f} records/s with the start ({start:.2f} s)"
        )
        print(f"      {steady:,.0f} records/s without it")
        many = home / "many.enw"
        with many.open("w") as stream:
            for number in range(arguments.many):
                stream.write(texts[number % arguments.records])
        seconds, code, peak = run(many, home, ENRICH_OFFLINE="true")
        print(f"many: {arguments.many:,} records in {seconds:.0f} s (exit {code}): peak memory {peak} MB")
    print(f"this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main()

"""The snapshot: loading, single look-ups, batches; beside what a script would do, json into a dictionary.

    python benchmarks/snapshot.py [works]

Works are composed, about 6 KB each with their references, as in Crossref's public data file (.jsonl.gz). All figures are of
one run on one core: read them as ratios. `bytes`: the row as SQLite gives it; `record`: read into a Record.
"""

from __future__ import annotations

import gzip
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import orjson

from enrich.identifiers.doi import Doi
from enrich.snapshot import Snapshot
from enrich.snapshot.table import key_of

WORDS = [
    f"{a}{b}{c}"
    for a in ("me", "ta", "sis", "gra")
    for b in ("no", "lu", "ri", "ke")
    for c in ("ma", "n", "tion", "s", "")
]


def composed(number: int, chance: random.Random) -> dict[str, object]:
    def text(words: int) -> str:
        return " ".join(chance.choices(WORDS, k=words)).capitalize()

    def people(count: int) -> list[dict[str, object]]:
        return [
            {"given": text(1), "family": text(1), "sequence": "additional", "affiliation": [{"name": text(6)}]}
            for _ in range(count)
        ]

    return {
        "indexed": {"date-parts": [[2026, 5, 1]], "date-time": "2026-05-01T00:00:00Z", "timestamp": 1777593600000},
        "DOI": f"10.{chance.randrange(1000, 9999)}/{text(1).lower()}.{number}",
        "type": "journal-article",
        "title": [text(12)],
        "container-title": [text(4)],
        "publisher": text(3),
        "ISSN": ["2049-3630"],
        "volume": str(number % 90),
        "page": f"{number % 900}-{number % 900 + 9}",
        "issued": {"date-parts": [[2000 + number % 25, 3, 14]]},
        "author": people(4),
        "abstract": f"<jats:p>{text(110)}</jats:p>",
        "license": [{"URL": "https://creativecommons.org/licenses/by/4.0/", "content-version": "vor"}],
        "reference": [
            {
                "key": f"ref{n}",
                "doi-asserted-by": "publisher",
                "author": text(1),
                "volume-title": text(5),
                "year": "1999",
            }
            for n in range(28)
        ],
    }


def timed(what: str, count: int, run: Callable[[], object]) -> None:
    begun = time.perf_counter()
    run()
    seconds = time.perf_counter() - begun
    print(f"{what:44} {count / seconds:12,.0f} /s   {seconds / count * 1e6:8.1f} us each")


def main(count: int) -> None:
    chance = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "works.jsonl.gz"
        dois: list[Doi] = []
        with gzip.open(source, "wb", compresslevel=3) as stream:
            for number in range(count):
                work = composed(number, chance)
                dois.append(Doi(str(work["DOI"])))
                stream.write(orjson.dumps(work) + b"\n")
        snapshot = Snapshot(Path(folder) / "snapshot")
        begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        timed("snapshot: load", count, lambda: snapshot.build([source]))
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - begun) / 1024
        print(
            f"{'':4}memory grew by {grown:,.0f} MB; {snapshot.info()['bytes'] / count:,.0f} bytes a work on disk"
        )
        asked = chance.sample(dois, min(20_000, count))
        snapshot.load(asked[:1])
        with snapshot._reading() as database:  # noqa: SLF001 -- the store itself, without reading records
            one = "SELECT doi, value FROM work WHERE key = ?"
            timed(
                "snapshot: get, bytes", len(asked),
                lambda: [snapshot._codec.decompress(database.execute(one, (key_of(d),)).fetchone()[1]) for d in asked],  # noqa: SLF001
            )  # fmt: skip
        timed("snapshot: get one, record", len(asked), lambda: [snapshot.load([doi]) for doi in asked])
        batches = [asked[n : n + 500] for n in range(0, len(asked), 500)]
        timed("snapshot: get 500 at once, record", len(asked), lambda: [snapshot.load(batch) for batch in batches])

        known: dict[str, object] = {}

        def plain() -> None:
            with gzip.open(source) as stream:
                known.update((work["DOI"], work) for work in map(json.loads, stream))

        begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        timed("gzip + json into a dictionary: load", count, plain)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - begun) / 1024
        print(f"{'':4}memory grew by {grown:,.0f} MB, each time it starts")
        timed("gzip + json into a dictionary: get", len(asked), lambda: [known[doi] for doi in asked])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)

"""How often a verdict is right: on pairs that describe one work, on pairs that do not, and at what cost.

Right pairs are registries' answers against themselves and against what others say of the same DOI: content negotiation,
other indexes, the references of citing articles. Wrong pairs are records against the answer for another DOI. The folder of
real answers is named by ENRICH_TEST_DATA and is no part of the project; without it there is nothing to measure.

The last table is where the weights of `enrich/matching/score.py` come from: for every field, bits of evidence when it agrees
and when it differs, from the pairs of other hands (one added to every count, since there are few).
"""

from __future__ import annotations

import json
import math
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from enrich import agencies
from enrich.formats.csl_item import from_csl
from enrich.identifiers import doi as doi_names
from enrich.matching import verdict
from enrich.model import Name, PartialDate, Record, Work

SWAPS = 10_000


class Pair(NamedTuple):
    """A local description, a registry's answer, and where the pair is from."""

    kind: str
    local: Work
    remote: Record


def rows(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file of JSON lines."""
    return (json.loads(line) for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines())


def registered(folder: Path) -> dict[str, Record]:
    """Return what Crossref and DataCite say, by DOI."""
    at = datetime(2026, 11, 1, tzinfo=UTC)
    found = {}
    for agency, inside in (("crossref", "message"), ("datacite", "data")):
        for row in rows(folder, agency):
            answer = row.get(inside) or {"attributes": row.get("attributes")}
            doi = doi_names.compact(row["doi"])
            found[doi] = agencies.read(agency, json.dumps(answer).encode(), doi=doi, retrieved_at=at)
    return found


def year(value: Any) -> PartialDate | None:
    """Read a year that may have a letter behind it."""
    digits = str(value or "")[:4]
    return PartialDate(year=int(digits)) if digits.isdecimal() else None


def names(*literals: Any) -> tuple[Name, ...]:
    """Read names that stand in one field."""
    return tuple(Name(literal=name) for name in literals if name)


def cited(reference: dict[str, Any]) -> Work:
    """Read a reference as its publisher deposited it."""
    return Work(
        title=reference.get("article-title"),
        author=names(reference.get("author")),
        issued=year(reference.get("year")),
        container_title=reference.get("journal-title") or reference.get("volume-title"),
        volume=reference.get("volume"),
        page=reference.get("first-page"),
    )


def printed(row: dict[str, Any]) -> Work:
    """Read the parsed fields of a printed reference."""
    return Work(
        title=row.get("atitle"),
        author=names(row.get("firstAuthor")),
        container_title=row.get("jtitle"),
        volume=row.get("volume"),
        page=row.get("firstPage"),
    )


def indexed(record: dict[str, Any]) -> Work:
    """Read a work as OpenAlex describes it."""
    place = record.get("biblio") or {}
    source = (record.get("primary_location") or {}).get("source") or {}
    return Work(
        title=record.get("title"),
        author=names(
            *((each.get("author") or {}).get("display_name") for each in record.get("authorships") or ())
        ),
        issued=year(record.get("publication_year")),
        container_title=source.get("display_name"),
        volume=place.get("volume"),
        page=place.get("first_page"),
    )


def right_pairs(folder: Path, remotes: dict[str, Record]) -> Iterator[Pair]:
    """Yield pairs that describe one work."""
    for remote in remotes.values():
        yield Pair("itself", remote.work, remote)
    others = (
        (
            "negotiated",
            "content_negotiation_pairs",
            "doi",
            lambda row: from_csl(row["csl"]) if "csl" in row else Work(),
        ),
        ("indexed", "same_doi_elsewhere", "doi", lambda row: indexed(row["record"])),
        ("cited", "reference_pairs", "gold_doi", lambda row: cited(row["reference"])),
        ("printed", "reference_strings", "doi", printed),
    )
    for kind, file, key, read in others:
        for row in rows(folder, file):
            remote = remotes.get(str(row.get(key)).lower())
            if remote:
                yield Pair(kind, read(row), remote)


def swapped(remotes: dict[str, Record], count: int = SWAPS) -> Iterator[Pair]:
    """Yield records with the answer for another DOI."""
    chance = random.Random(20261101)
    answers = list(remotes.values())
    for _ in range(count):
        one, other = chance.sample(answers, 2)
        told = all(
            r.work.title and (r.work.author or r.work.issued or r.work.container_title) for r in (one, other)
        )
        yield Pair("described" if told else "hardly described", one.work, other)


def judged(pairs: list[Pair]) -> dict[str, Counter[str]]:
    """Count the verdicts of each kind of pair."""
    counts: dict[str, Counter[str]] = {}
    for pair in pairs:
        counts.setdefault(pair.kind, Counter())[verdict(pair.local, pair.remote).state] += 1
    return counts


def bits(right: list[Pair], wrong: list[Pair]) -> Iterator[str]:
    """Yield for each field the evidence in its agreeing and differing."""
    evidence = [[verdict(pair.local, pair.remote).evidence for pair in pairs] for pairs in (right, wrong)]
    for field in ("title", "author", "year", "container-title", "volume", "page", "ISSN", "type"):
        same, other = ([each[field] for each in side if field in each] for side in evidence)
        agree, differ = (
            math.log2(
                (sum(map(test, same)) + 1) / (len(same) + 2) * (len(other) + 2) / (sum(map(test, other)) + 1)
            )
            for test in (lambda value: value >= 0.8, lambda value: value <= 0.3)
        )
        yield f"  {field:16} agrees {agree:+5.1f}  differs {differ:+5.1f}   ({len(same)} and {len(other)} pairs)"


def main() -> None:
    folder = os.environ.get("ENRICH_TEST_DATA")
    if not folder:
        print("nothing to measure: ENRICH_TEST_DATA names no folder of real answers")
        return
    remotes = registered(Path(folder))
    right, wrong = list(right_pairs(Path(folder), remotes)), list(swapped(remotes))
    for title, pairs in (("one work", right), ("two works", wrong)):
        begun = time.process_time()
        counts = judged(pairs)
        cost = (time.process_time() - begun) / len(pairs) * 1e6
        print(f"{title}: {len(pairs)} pairs, {cost:.0f} us each")
        for kind, states in counts.items():
            total = states.total()
            shares = ", ".join(
                f"{state} {number} ({number / total:.2%})" for state, number in states.most_common()
            )
            print(f"  {kind:16} {shares}")
    print("bits of evidence")
    print("\n".join(bits([pair for pair in right if pair.kind != "itself"], wrong)))


if __name__ == "__main__":
    sys.exit(main())

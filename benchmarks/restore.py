"""How well damaged records are restored, and how often a record is harmed: the whole pipeline, over the loopback stand-in.

From the registries' answers (the folder ENRICH_TEST_DATA, which is no part of the project; without it, composed works) a
library is made as people have them: fields dropped, titles cut, shouting, debris, mojibake, abstracts that run on, DOIs
misspelt, the user's own notes and habits. It is written to bytes, read, enriched by `Enricher` with its transport asking the
stand-in over HTTP, written, and read again; what is then in each field is compared with what ought to be there. After that
the same records bear each other's DOIs, and the DOIs of works that only look like theirs.

Rows are parted by a hash of their DOI: one half was looked at while this was built, the other held out.

    python benchmarks/restore.py [--works 5000] [--swapped 5000] [--lookalikes 3000] [--seed 1]
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from restoring.dirt import Expected, Soiled, soiled  # noqa: E402 -- found through the line above
from restoring.lookalikes import lookalikes  # noqa: E402
from restoring.works import composed  # noqa: E402
from standin import StandIn  # noqa: E402

from enrich import Enricher, Settings, agencies  # noqa: E402
from enrich.formats import refer  # noqa: E402
from enrich.identifiers import doi as doi_names  # noqa: E402
from enrich.merge.same import same  # noqa: E402
from enrich.model import Enrichment, Name, Record, Work  # noqa: E402
from enrich.text.fold import squeezed, words  # noqa: E402

AT: Final = datetime(2026, 11, 1, tzinfo=UTC)
_TWINS: Final = {"number": "page", "page": "number", "collection_title": "container_title", "event_title": "container_title",
                 "container_title_short": "container_title"}  # fmt: skip


class Answer(NamedTuple):
    """What an agency says of a DOI: the content as it sends it, and the record read from it."""

    agency: str
    content: dict[str, Any]
    record: Record

    @property
    def doi(self) -> str:
        """The name asked for."""
        return str(self.record.work.doi)

    @property
    def half(self) -> str:
        """Which half of the rows this one belongs to."""
        return "held out" if hashlib.sha256(self.doi.encode()).digest()[0] % 2 else "developed on"


def answered(agency: str, name: str, content: dict[str, Any]) -> Answer:
    """Read what an agency says of a DOI."""
    body = content if agency == "crossref" else {"attributes": content}
    doi = doi_names.compact(name)
    return Answer(agency, content, agencies.read(agency, json.dumps(body).encode(), doi=doi, retrieved_at=AT))


def answers(folder: Path | None) -> Iterator[Answer]:
    """Yield real answers, one for each DOI, or composed ones; those without a title say nothing to a library."""
    if folder is None:
        every = (answered("crossref", message["DOI"], message) for message in composed())
    else:
        every = (answered(*row) for row in _rows(folder))
    yield from {answer.doi: answer for answer in every if answer.record.work.title}.values()


def _rows(folder: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for line in (folder / "crossref.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        yield "crossref", row["doi"], {**row["message"], "DOI": row["doi"]}
    for line in (folder / "datacite.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        yield "datacite", row["doi"], row.get("attributes") or row["data"]["attributes"]


class Outcome(NamedTuple):
    """What became of a record: the pipeline's result, and the work as it is read from the file that was written."""

    result: Enrichment
    after: Record


def run(library: Iterable[bytes], known: Iterable[Answer], home: Path) -> list[Outcome]:
    """Enrich a library and write it; `known` is what the stand-in answers with, `home` where answers are cached."""
    with StandIn(enforce=False) as server:
        for answer in known:
            content = {name: value for name, value in answer.content.items() if name != "state"}
            getattr(server, answer.agency)[answer.doi] = content
            server.agencies[answer.doi] = {"crossref": "Crossref", "datacite": "DataCite"}[answer.agency]
            server.handles[answer.doi] = "https://example.org/landing"
        settings = Settings(
            **server.settings, cache_dir=home / "cache", state_dir=home / "state", snapshot=home / "none",
            mailto="bench@example.org",
        )  # fmt: skip
        results = asyncio.run(_enriched(b"".join(library), settings))
    written = b"".join(refer.write(result.record for result in results))
    after = list(refer.read([written]))
    if len(after) != len(results):
        raise SystemExit(f"{len(results)} records were written, {len(after)} read")
    return [Outcome(*pair) for pair in zip(results, after, strict=True)]


async def _enriched(library: bytes, settings: Settings) -> list[Enrichment]:
    async with Enricher(settings, policy="fill", keeps_format=True) as enricher:
        return [result async for result in enricher.stream(refer.read([library], file="library.enw"))]


class Tally:
    """Counts by field, and an example of everything that is not as it ought to be."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.fields: dict[str, Counter[str]] = {}
        self.damages: dict[str, Counter[str]] = {}
        self.spellings: dict[str, Counter[str]] = {}
        self.examples: list[tuple[str, str, str, Any, Any]] = []

    def count(self, field: str, what: str) -> int:
        """Return how often something happened to a field, or to any ("")."""
        return sum(counts[what] for name, counts in self.fields.items() if field in ("", name))

    @property
    def restored(self) -> float:
        """The share of what was damaged or dropped that is as the registry has it, of all records whose DOI was read."""
        return self._share("missed", "left alone")

    @property
    def restored_of_confirmed(self) -> float:
        """The same of records that could be told to be about the work."""
        return self._share("missed")

    @property
    def harmed(self) -> int:
        """How many fields are worse than before, or other than reported."""
        return sum(self.count("", what) for what in ("wrongly changed", "lost", "reported otherwise"))

    def _share(self, *missing: str) -> float:
        whole = self.count("", "restored")
        return whole / max(1, whole + sum(self.count("", what) for what in missing))

    def join(self, other: Tally) -> None:
        """Add the counts of another tally."""
        self.statuses.update(other.statuses)
        for ours, theirs in (
            (self.fields, other.fields), (self.damages, other.damages), (self.spellings, other.spellings),
        ):  # fmt: skip
            for name, counts in theirs.items():
                ours.setdefault(name, Counter()).update(counts)
        self.examples += other.examples

    def add(self, given: Soiled, truth: Record, outcome: Outcome) -> None:
        """Count what became of a record under its own DOI."""
        result, after = outcome.result, outcome.after.work
        self.statuses[result.status] += 1
        right = after.doi == given.doi
        self.spellings.setdefault(given.spelling, Counter())["right" if right else "not read"] += 1
        for field in Work.model_fields:
            if field == "doi":
                continue
            before, now = getattr(result.before.work, field), getattr(after, field)
            expected = given.expected.get(field)
            what = _judged(field, before, after, expected, truth)
            if what == "missed" and result.verdict is None:
                what = "DOI not read"
            elif what == "missed" and result.status == "unconfirmed":
                what = "left alone"
            elif _is_otherwise(field, before, getattr(result.record.work, field), now, truth):
                what = "reported otherwise"
            self.fields.setdefault(field, Counter())[what] += 1
            if expected and expected.fate == "restore":
                self.damages.setdefault(f"{field}: {expected.how}", Counter())[what] += 1
            if what not in ("restored", "as it was", "added", "DOI not read", "left alone"):
                self.examples.append((given.doi, f"{what} [{result.status}]", field, before, now))
        if set(result.before.extra) - set(outcome.after.extra):
            self.fields.setdefault("other tags", Counter())["lost"] += 1


def _judged(field: str, before: Any, work: Work, expected: Expected | None, truth: Record) -> str:
    """Return `restored`, `missed`, `as it was`, `lost`, `wrongly changed`, or `added` for what was never dropped."""
    now = getattr(work, field)
    if before and not now:
        return "lost"
    if expected is not None and expected.fate == "restore":
        return _brought_back(field, before, work, expected.value, truth)
    if now == before:
        return "as it was"
    theirs = getattr(truth.work, field)
    if field in ("author", "editor") and [_letters(name) for name in now] == [_letters(name) for name in theirs]:
        return "added"  # the same people, their names in order
    if not before:
        return "added" if theirs and same(field, now, theirs, truth) else "wrongly changed"
    if field in ("issn", "isbn") and set(before) < set(now):
        return "added"
    return "wrongly changed"


def _brought_back(field: str, before: Any, work: Work, value: Any, truth: Record) -> str:
    now = getattr(work, field)
    if now == value or (now and not before and same(field, now, value, truth)):
        return "restored"
    if _is_said_elsewhere(field, work, value):
        return "restored"
    if field in ("author", "editor"):
        if [_letters(name) for name in now] == [_letters(name) for name in value]:
            return "restored"
        if set(now) <= {*before, *value}:
            return "missed"  # some of the names, or none
    return "missed" if now == before else "wrongly changed"


def _letters(name: Name) -> list[str]:
    """Return the words of a name in any order: registries swap family and given names, too."""
    return sorted(words(name.displayed()))


def _is_otherwise(field: str, before: Any, reported: Any, now: Any, truth: Record) -> bool:
    """Tell whether a change that is reported is not what stands in the file."""
    return reported not in (before, now) and not (reported and now and same(field, reported, now, truth))


def _is_said_elsewhere(field: str, work: Work, value: Any) -> bool:
    twin = getattr(work, _TWINS[field], None) if field in _TWINS else None
    return bool(twin) and squeezed(twin) == squeezed(value)


def restored(known: Sequence[Answer], home: Path, seed: int) -> dict[str, Tally]:
    """Damage each record once, restore it, and count by half."""
    given = [soiled(answer.record, seed) for answer in known]
    tallies: dict[str, Tally] = {}
    for answer, one, outcome in zip(known, given, run((one.raw for one in given), known, home), strict=True):
        tallies.setdefault(answer.half, Tally()).add(one, answer.record, outcome)
    return tallies


class Swapped(NamedTuple):
    """Records under the DOI of another work: their verdicts by half, those that took something, and what is not flagged."""

    statuses: dict[str, Counter[str]]
    merged: list[Outcome]
    doubtful: list[Outcome]


def swapped(known: Sequence[Answer], home: Path, seed: int, count: int) -> Swapped:
    """Put the DOI of one record into another, `count` times, among those that say who, when or where."""
    chance = random.Random(seed)
    told = [
        answer
        for answer in known
        if answer.record.work.author or answer.record.work.issued or answer.record.work.container_title
    ]
    pairs = [tuple(chance.sample(told, 2)) for _ in range(count)]
    given = [
        _plainly(soiled(one.record, seed + number, doi=other.doi)) for number, (one, other) in enumerate(pairs)
    ]
    return _counted([one.half for one, _ in pairs], run(given, known, home))


def _plainly(record: Soiled) -> bytes:
    """Return a record with its DOI spelt as it should be: here it is the wrong one that counts."""
    lines = [f"%R {record.doi}" if line.startswith("%R ") else line for line in record.raw.decode().split("\n")]
    return "\n".join(lines).encode()


def _counted(halves: Sequence[str], outcomes: Sequence[Outcome]) -> Swapped:
    found = Swapped({}, [], [])
    for half, outcome in zip(halves, outcomes, strict=True):
        result = outcome.result
        found.statuses.setdefault(half, Counter())[result.status] += 1
        if any(change.origin != "local" for change in result.changes):
            found.merged.append(outcome)
        elif result.status != "contradicted":
            found.doubtful.append(outcome)
    return found


def mistaken(known: Sequence[Answer], home: Path, count: int) -> tuple[Swapped, dict[str, Counter[str]]]:
    """Put the DOIs of look-alikes into records of the works, and return also the verdicts by kind of look-alike."""
    messages = [answer.content for answer in known if answer.agency == "crossref"]
    pairs = [pair for pair in lookalikes(messages) if pair.described.get("title") and pair.described["title"][0]]
    chance = random.Random(count)
    chosen = pairs if len(pairs) <= count else chance.sample(pairs, count)
    halves, library, behind, kinds = [], [], [], []
    for number, pair in enumerate(chosen):
        name = f"10.5555/look-alike.{number}"
        one = answered("crossref", name, {**pair.described, "DOI": name})
        behind.append(answered("crossref", name, {**pair.registered, "DOI": name}))
        work = refer.held(one.record)
        library.append(b"".join(refer.write([one.record.model_copy(update={"work": work, "source": None})])))
        halves.append(one.half)
        kinds.append(pair.kind)
    outcomes = run(library, behind, home)
    by_kind: dict[str, Counter[str]] = {}
    for kind, outcome in zip(kinds, outcomes, strict=True):
        by_kind.setdefault(kind, Counter())[outcome.result.status] += 1
    return _counted(halves, outcomes), by_kind


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return "; ".join(name.inverted() if isinstance(name, Name) else str(name) for name in value)[:100]
    return str(value)[:100]


def show(title: str, tally: Tally, *, examples: int) -> None:
    """Print one half's figures."""
    total = tally.statuses.total()
    flagged = tally.statuses["contradicted"]
    print(f"\n{title}: {total} records; {dict(tally.statuses.most_common())}")
    print(f"  restored {tally.restored:.2%} of what was dropped or damaged, where the DOI was read; ", end="")
    print(f"{tally.restored_of_confirmed:.2%} of it in records that were confirmed")
    print(f"  wrongly changed {tally.count('', 'wrongly changed')}, lost {tally.count('', 'lost')}, ", end="")
    print(f"reported otherwise than written {tally.count('', 'reported otherwise')}")
    print(f"  right records flagged contradicted: {flagged} ({flagged / total:.2%})")
    columns = ("restored", "missed", "left alone", "wrongly changed", "lost", "DOI not read")
    print(f"  {'field':22}" + "".join(f"{column:>17}" for column in columns))
    for field, counts in tally.fields.items():
        if any(counts[column] for column in columns):
            print(f"  {field:22}" + "".join(f"{counts[column]:>17}" for column in columns))
    for name, counts in sorted(tally.damages.items()):
        if not name.endswith(": dropped"):
            print(f"    {name:44}{dict(counts)}")
    unread = {name: dict(counts) for name, counts in tally.spellings.items() if counts["not read"]}
    print(f"  DOIs not read or repaired, by how they were misspelt: {unread}")
    for example in tally.examples[:examples]:
        print("   ", *(_shown(part) for part in example), sep=" | ")


def show_swapped(title: str, found: Swapped, *, examples: int) -> None:
    """Print what became of records under the DOI of another work."""
    for half, states in found.statuses.items():
        total = states.total()
        print(f"\n{title}, {half}: {total}; contradicted {states['contradicted'] / total:.2%}; {dict(states)}")
    print(f"  took something from the other work: {len(found.merged)}")
    for outcome in (*found.merged[:examples], *found.doubtful[:examples]):
        verdict = outcome.result.verdict
        evidence = dict(verdict.evidence) if verdict else {}
        print("   ", outcome.result.status, str(outcome.result.before.work.title)[:80], evidence, sep=" | ")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--works", type=int, default=5000)
    parser.add_argument("--swapped", type=int, default=5000)
    parser.add_argument("--lookalikes", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--examples", type=int, default=0)
    arguments = parser.parse_args()
    folder = os.environ.get("ENRICH_TEST_DATA")
    known = list(answers(Path(folder) if folder else None))[: arguments.works]
    print(f"{len(known)} {'real' if folder else 'composed'} answers, seed {arguments.seed}")
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        for half, tally in sorted(restored(known, home, arguments.seed).items()):
            show(half, tally, examples=arguments.examples)
        found = swapped(known, home, arguments.seed, arguments.swapped)
        show_swapped("swapped DOIs", found, examples=arguments.examples)
        found, kinds = mistaken(known, home, arguments.lookalikes)
        show_swapped("look-alikes", found, examples=arguments.examples)
        accepted = {
            kind: dict(states) for kind, states in kinds.items() if states["enriched"] + states["unchanged"]
        }
        print(f"  kinds accepted: {accepted}")


if __name__ == "__main__":
    main()

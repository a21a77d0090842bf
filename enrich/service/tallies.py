"""What the service counts, in Prometheus' text format, over all worker processes.

https://prometheus.io/docs/instrumenting/exposition_formats/. A sample is a line's name with its labels, so that adding
up the processes is adding up dictionaries. Each worker lays its own on a board, a directory of the run, every second and
before it tells them; what a dead one counted stays, what it had under way does not. So what was told once never goes down,
which Prometheus would take for a new beginning, and count all over again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from enrich import sharing
from enrich.report.atomic import AtomicFile

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
FAMILIES: Final[Mapping[str, tuple[str, str]]] = {
    "enrich_requests_total": ("counter", "Requests by group of addresses and status."),
    "enrich_request_seconds": ("histogram", "Seconds from a request's arrival to the end of its answer."),
    "enrich_lookups_total": (
        "counter",
        "DOIs settled, by where the answer came from; memory is the process's own.",
    ),
    "enrich_records_total": ("counter", "Records of libraries, by what became of them."),
    "enrich_turned_away_total": ("counter", "Requests answered 429."),
    "enrich_inside": ("gauge", "Requests being worked on."),
    "enrich_waiting": ("gauge", "Requests that wait for their turn."),
    "enrich_workers": ("gauge", "Worker processes."),
    "enrich_hit_ratio": ("gauge", "Share of DOIs settled without asking an agency."),
    "enrich_agency_requests": ("gauge", "Requests sent to an agency in the last day, by what was answered."),
    "enrich_agency_budget": ("gauge", "Requests that may be sent to an agency in one window of its limit."),
    "enrich_agency_budget_left": ("gauge", "Requests that may be sent to an agency at this moment."),
    "enrich_agency_up": ("gauge", "1 while an agency is asked, 0 while it is left alone (breaker open)."),
}
"""Name -> type and meaning, in the order of the page."""
_GROUPS: Final = frozenset({"works", "enrich", "resolve", "crossref", "health", "ready", "metrics"})
_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_PACE: Final = 1.0  # seconds between two looks of a worker at its own figures


class Tallies:
    """The figures of one process, and those of the others on the same board. A context manager."""

    def __init__(self, board: Path | None) -> None:
        self._board = board
        self._holder = sharing.holder()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._spans: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}
        self.records: Counter[str] = Counter()
        self._sources: list[Callable[[], Mapping[str, float]]] = []
        self._task: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        if self._board is not None:
            self._task = asyncio.get_running_loop().create_task(self._publish(self._board))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None and self._board is not None:
            self._task.cancel()
            self._lay(self._board, self.samples())

    def watch(self, source: Callable[[], Mapping[str, float]]) -> None:
        """Take further samples from somewhere whenever they are asked for."""
        self._sources.append(source)

    def count(self, path: str, status: int, seconds: float) -> None:
        """Count a request that has been answered (or broken off: status 0)."""
        group = path[1:].partition("/")[0]
        if group not in _GROUPS:
            group = "other"
        self._requests[group, status] += 1
        spans = self._spans.get(group)
        if spans is None:
            spans = self._spans[group] = [0] * (len(_BOUNDS) + 1)
        spans[bisect_left(_BOUNDS, seconds)] += 1
        self._seconds[group] = self._seconds.get(group, 0.0) + seconds

    def samples(self) -> Counter[str]:
        """Return the figures of this process."""
        found: Counter[str] = Counter()
        for (group, status), number in self._requests.items():
            found[f'enrich_requests_total{{group="{group}",status="{status}"}}'] = number
        for group, spans in self._spans.items():
            found.update(_histogram(group, spans, self._seconds[group]))
        for word, number in self.records.items():
            found[f'enrich_records_total{{status="{word}"}}'] = number
        for source in self._sources:
            found.update(source())
        found["enrich_workers"] = 1
        return found

    def totals(self) -> Counter[str]:
        """Return the figures of all processes of the run."""
        found = self.samples()
        if self._board is not None:
            self._lay(self._board, found)
        for holder, samples in self._others():
            gone = sharing.is_dead(holder)
            found.update({
                name: number for name, number in samples.items() if not (gone and _type(name) == "gauge")
            })  # fmt: skip
        return found

    def _others(self) -> Iterator[tuple[str, dict[str, float]]]:
        for path in sorted(self._board.glob("*.json")) if self._board is not None else ():
            with contextlib.suppress(OSError, ValueError, KeyError):
                laid = json.loads(path.read_text("utf-8"))
                if laid["holder"] != self._holder:
                    yield laid["holder"], laid["samples"]

    async def _publish(self, board: Path) -> None:
        before: Mapping[str, float] = {}
        while True:
            now = self.samples()
            if now != before:
                before = now
                self._lay(board, now)
            await asyncio.sleep(_PACE)

    def _lay(self, board: Path, samples: Mapping[str, float]) -> None:
        name = "".join(character if character.isalnum() else "-" for character in self._holder)
        with contextlib.suppress(OSError), AtomicFile(board / f"{name}.json") as file:
            file.write(json.dumps({"holder": self._holder, "samples": samples}).encode())


def _histogram(group: str, spans: list[int], seconds: float) -> dict[str, float]:
    found: dict[str, float] = {}
    total = 0
    for bound, number in zip((*map(str, _BOUNDS), "+Inf"), spans, strict=True):
        total += number
        found[f'enrich_request_seconds_bucket{{group="{group}",le="{bound}"}}'] = total
    found[f'enrich_request_seconds_sum{{group="{group}"}}'] = seconds
    found[f'enrich_request_seconds_count{{group="{group}"}}'] = total
    return found


def _family(sample: str) -> str:
    name = sample.partition("{")[0]
    for end in ("_bucket", "_sum", "_count"):
        if name.removesuffix(end) in FAMILIES:
            return name.removesuffix(end)
    return name


def _type(sample: str) -> str:
    return FAMILIES[_family(sample)][0]


def page(samples: Mapping[str, float]) -> str:
    """Return the samples as Prometheus reads them; `label` in a sample's name is escaped by who made it."""
    by_family: dict[str, list[str]] = {name: [] for name in FAMILIES}
    for sample, number in samples.items():
        by_family[_family(sample)].append(f"{sample} {number:.10g}")
    lines: list[str] = []
    for name, (kind, meaning) in FAMILIES.items():
        if by_family[name]:
            lines += [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}", *by_family[name]]
    return "\n".join([*lines, ""])


def label(value: Any) -> str:
    """Return text as it may stand between the quotes of a label."""
    return str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

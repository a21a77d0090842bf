"""Millions of records on all cores of one machine: in order, in bounded memory, and never twice.

::

    from enrich.batch import Job, ingest

    if __name__ == "__main__":
        summary = ingest(Job(inputs=["works.enw"], output="works.jsonl", workers=8))

The parent tells records apart, hands batches of them out and appends what comes back; workers read, look up, judge and merge
with the same code as everything else here. Exactly one row comes out for each record that goes in. A run that is killed, at
any moment, goes on where it stood when it is called again, and its output is byte for byte that of an undisturbed one.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from enrich import merge
from enrich.batch.checkpoint import Checkpoint, Growing, GrowingFile, GrowingTable
from enrich.batch.intake import STDIO, Batch, Mark, Witness, batches
from enrich.batch.pool import Submit, workers
from enrich.batch.worker import Done, Order
from enrich.errors import EnrichError, SettingsError
from enrich.merge.policy import MergePolicy
from enrich.report.atomic import is_same_file
from enrich.report.jsonl import dump, parse, summary_line
from enrich.report.summary import Summary
from enrich.settings import Settings, load

__all__ = ["Job", "Pulse", "cores", "ingest"]

_AHEAD: Final = 3  # batches for each worker that are under way or wait for their turn; what bounds memory
_OUTPUT, _REPORT, _UNREAD = "output", "report", "unread"


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be ingested, and where the outcome goes.

    `to` is "jsonl" or "parquet" (a directory of files). `column` makes the inputs tables, with a record in that column;
    `prefix` stands before the names of our columns in their rows. `report` and `unread` are further files: the report of
    `enrich clean`, and a line for each record that could not be read. Without `ordered` rows are written as they are ready;
    without `second_look` a DOI that does not exist, or belongs to another work, is not repaired.
    """

    inputs: Sequence[str | os.PathLike[str]]
    output: str | os.PathLike[str]
    to: str = "jsonl"
    format: str | None = None
    column: str | None = None
    prefix: str = ""
    policy: MergePolicy | str | None = None
    report: str | os.PathLike[str] | None = None
    unread: str | os.PathLike[str] | None = None
    workers: int = 0
    ordered: bool = True
    second_look: bool = True
    afresh: bool = False


@dataclass(frozen=True, slots=True)
class Pulse:
    """How far a run is, after each batch that was written."""

    records: int
    resumed: int
    found: int
    changed: int
    requests: int


def ingest(
    job: Job, settings: Settings | None = None, *, observe: Callable[[Pulse], None] | None = None
) -> tuple[Summary, tuple[str, ...]]:
    """Carry a job out, or go on with it, and return what was done and what somebody should know.

    Raises FormatError, SettingsError, OutputError, StoreError; what was finished by then is kept, and the next call goes on.
    """
    settings = settings or load()
    chosen = job.policy or settings.policy
    policy = chosen if isinstance(chosen, MergePolicy) else merge.load_policy(chosen, _text_of)
    _check(job)
    with Checkpoint(Path(job.output)) as checkpoint:
        run = _Run(job, settings, policy, checkpoint, observe or (lambda _: None))
        with closing(run):
            return run.finish() if run.is_over else run.work()


def _check(job: Job) -> None:
    if job.to not in {"jsonl", "parquet"}:
        raise SettingsError(f"{job.to!r} is nothing that is written here; there are jsonl and parquet")
    if job.to == "parquet" and importlib.util.find_spec("pyarrow") is None:
        raise SettingsError("Parquet needs pyarrow: pip install 'doi-enrich[parquet]'")
    inputs = [os.fspath(name) for name in job.inputs]
    outputs = [os.fspath(path) for path in (job.output, job.report, job.unread) if path is not None]
    for place, output in enumerate(outputs):
        others = [*outputs[:place], *(name for name in inputs if name != STDIO)]
        if any(is_same_file(output, other) for other in others):
            raise SettingsError(f"{output} would be written over another file of this run; give it its own name")
    if inputs.count(STDIO) > 1:
        raise SettingsError("standard input (-) can be read once only; name it once")


class _Run:
    """One call: takes up what an earlier one left, and writes what workers return."""

    def __init__(
        self,
        job: Job,
        settings: Settings,
        policy: MergePolicy,
        checkpoint: Checkpoint,
        observe: Callable[[Pulse], None],
    ) -> None:
        self._job, self._settings, self._policy = job, settings, policy
        self._checkpoint, self._observe = checkpoint, observe
        self._summary = Summary()
        self._summary.output = os.path.realpath(job.output)
        self._requests: Counter[str] = Counter()
        self._warnings: dict[str, None] = {}
        self._next, self._beyond = 0, set[int]()
        paths = {_OUTPUT: job.output, _REPORT: job.report, _UNREAD: job.unread}
        self._paths = {name: Path(path) for name, path in paths.items() if path is not None}
        if job.afresh:
            checkpoint.forget(*self._paths.values())
        note = self._earlier()
        self._taken_up(note)
        self.is_over = bool(note.get("over"))
        self._resumed = self._summary.records
        self._witness = Witness(Mark(**note["mark"]) if note else None)
        self._files: dict[str, Growing] = {}
        try:
            self._open(note.get("lengths", {}))
        except BaseException:
            self.close()
            raise

    def _open(self, lengths: Mapping[str, int]) -> None:
        for name, path in self._paths.items():
            kind = GrowingTable if name == _OUTPUT and self._job.to == "parquet" else GrowingFile
            self._files[name] = kind(path, lengths.get(name, 0))

    def _earlier(self) -> dict[str, Any]:
        """Return the note of an unfinished run; nothing where there is none. Raises SettingsError for another job's."""
        note = self._checkpoint.load()
        if note is None:
            return {}
        told = parse(dump(self._terms()))
        differing = sorted(name for name in told if note["terms"].get(name) != told[name])
        if differing:
            raise SettingsError(
                f"an unfinished run for {self._job.output} had another {differing[0]}; "
                "repeat that one, or use --afresh to begin again"
            )
        return note

    def _terms(self) -> dict[str, Any]:
        """Return what a run must have in common with the one it goes on with; workers may be more or fewer."""
        job = self._job
        return {
            "input": [os.fspath(name) for name in job.inputs],
            "output format": job.to,
            "format": job.format,
            "column": job.column,
            "prefix": job.prefix,
            "policy": _digest(self._policy),
            "report": str(job.report),
            "dead-letter file": str(job.unread),
            "order": job.ordered,
            "second look": job.second_look,
            "setting of find_missing": self._settings.find_missing,
        }

    def _taken_up(self, note: dict[str, Any]) -> None:
        if note:
            self._next, self._beyond = note["next"], set(note["beyond"])
            self._requests.update(note["requests"])
            self._summary.absorb(note["tally"])

    def work(self) -> tuple[Summary, tuple[str, ...]]:
        """Work on all batches that are not done, and finish."""
        job = self._job
        order = Order(
            settings=self._settings,
            policy=self._policy,
            column=job.column,
            prefix=job.prefix,
            as_table=job.to == "parquet",
            reports=job.report is not None,
            second_look=job.second_look,
        )
        try:
            with workers(order, job.workers or cores()) as submit:
                for number, done in enumerate(self._done(submit), self._next + 1):
                    self._write(done)
                    if number % self._files[_OUTPUT].every == 0:
                        self._settle(over=False)
        except BrokenProcessPool as error:
            raise EnrichError(
                "a worker ended unexpectedly (was it killed, or out of memory?); "
                "what is finished is kept: run the same command again to go on"
            ) from error
        return self.finish()

    def _done(self, submit: Submit) -> Iterator[Done]:
        """Yield what became of each batch, in order or as it comes; only so many are under way at once."""
        under_way: deque[Future[Done]] = deque()
        depth = _AHEAD * (self._job.workers or cores())
        for batch in self._todo():
            under_way.append(submit(batch))
            while len(under_way) >= depth or (under_way and under_way[0].done()):
                yield self._taken(under_way)
        while under_way:
            yield self._taken(under_way)

    def _taken(self, under_way: deque[Future[Done]]) -> Done:
        if not self._job.ordered:
            ready, _ = wait(under_way, return_when=FIRST_COMPLETED)
            first = next(future for future in under_way if future in ready)
            under_way.remove(first)
            return first.result()
        return under_way.popleft().result()

    def _todo(self) -> Iterator[Batch]:
        job = self._job
        names = [os.fspath(name) for name in job.inputs]
        for batch in batches(names, self._witness, format=job.format, column=job.column):
            if batch.number >= self._next and batch.number not in self._beyond:
                yield batch

    def _write(self, done: Done) -> None:
        self._files[_OUTPUT].write(done.output)
        if _REPORT in self._files:
            self._files[_REPORT].write(done.report)
        if _UNREAD in self._files:
            self._files[_UNREAD].write(done.unread)
        self._summary.absorb(done.tally)
        self._requests.update(done.requests)
        self._warnings.update(dict.fromkeys(done.warnings))
        self._beyond.add(done.number)
        while self._next in self._beyond:
            self._beyond.remove(self._next)
            self._next += 1
        self._observe(self._pulse())

    def _pulse(self) -> Pulse:
        statuses = self._summary.statuses
        found = sum(statuses[name] for name in ("enriched", "unchanged", "unconfirmed", "contradicted"))
        return Pulse(
            records=self._summary.records,
            resumed=self._resumed,
            found=found,
            changed=self._summary.changed,
            requests=self._requests.total(),
        )

    def _settle(self, *, over: bool) -> None:
        """Put everything written so far on the disk, then say so."""
        self._checkpoint.store(
            {
                "terms": self._terms(),
                "over": over,
                "lengths": {name: file.settle() for name, file in self._files.items()},
                "next": self._next,
                "beyond": sorted(self._beyond),
                "mark": self._witness.mark._asdict(),
                "tally": self._summary.tally(),
                "requests": dict(self._requests),
            }
        )

    def finish(self) -> tuple[Summary, tuple[str, ...]]:
        """Give every file its name."""
        self._summary.requests = dict(self._requests)
        self._summary.offline = self._settings.offline
        if not self.is_over:
            if _REPORT in self._files:
                self._files[_REPORT].write(dump(summary_line(self._summary)))
            self._settle(over=True)
        for file in reversed(self._files.values()):  # the output last: when it is there, all is
            file.finish()
        self._checkpoint.forget()
        return self._summary, tuple(self._warnings)

    def close(self) -> None:
        """Let go of all files; a later call can take them up."""
        for file in self._files.values():
            file.close()


def _digest(policy: MergePolicy) -> str:
    """Return the same figure for the same policy in every process: its sets have no order of their own."""
    plain = orjson.dumps(policy.model_dump(), default=sorted, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(plain, digest_size=16).hexdigest()


def _text_of(name: str) -> str:
    return Path(name).read_text(encoding="utf-8")

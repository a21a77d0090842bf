"""From DOIs to what is known of them: the snapshot first, then the cache, then the network.

A snapshot that was not brought up to date for long (`ttl_snapshot`) comes last instead: it serves where nobody answers.

Look-ups of all callers meet here: a DOI that is already being asked is not asked again, and DOIs wait in one queue per
agency. A batch is formed when it may leave, not before, so that it leaves as full as it can be; once the agency has answered
it, the next one leaves, while the few DOIs it did not know are followed up at doi.org. What another process with the same
cache is asking at that moment is left out, and its answer taken when it is there. The order of asking, and what an
answer means, is the agencies' business (:func:`enrich.agencies.settle`); how a request travels is transport's.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Hashable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Final, Protocol, Self, TypeVar

from enrich import agencies
from enrich.agencies import directory
from enrich.cache import Cache
from enrich.identifiers import doi as doi_names
from enrich.identifiers.doi import Doi
from enrich.model.outcome import Elsewhere, Found, NotFound, Outcome, Refused, Unavailable
from enrich.model.unread import Unread
from enrich.model.wire import Answer, Flow, Response
from enrich.snapshot import Joined, Snapshot

_T = TypeVar("_T")
_UNKNOWN: Final = "doi.org"  # the queue of DOIs whose agency must be asked first
BATCH: Final = 50  # DOIs in a request: the size in wide use at Crossref (docs/decisions/0003)
MOST: Final = 100  # DOIs in a request while the agency is quick
QUICK: Final = 0.02  # seconds for each DOI of a request that is answered quickly
LANES: Final = (
    3  # batches per agency that wait for its first answer: Crossref's polite pool admits three under way
)
LINGER: Final = 0.01  # seconds in which a batch that is not full may fill up; nothing beside a request's latency
GLANCES: Final = (0.05, 0.4)  # seconds between looks at what other processes are asking, at first and in the end


class Driver(Protocol):
    """Whatever can carry out a flow; transport in earnest, a table of answers in tests."""

    async def drive(self, flow: Flow[_T]) -> _T:
        """Return what the flow returns."""
        ...


class Resolver:
    """Resolves DOIs, coalesced and in batches. Use as an asynchronous context manager."""

    def __init__(
        self,
        transport: Driver,
        cache: Cache,
        snapshot: Snapshot | Joined | None = None,
        *,
        offline: bool = False,
        ttl_snapshot: timedelta = timedelta.max,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._transport = transport
        self._cache = cache
        self._ttl_snapshot = ttl_snapshot
        self._clock = clock
        self._snapshot = snapshot
        self._offline = offline
        self._asked: dict[Doi, asyncio.Future[Outcome]] = {}
        self._queues: dict[str, deque[Doi]] = {}
        self._lanes: Counter[str] = Counter()
        self._sizes: dict[str, int] = {}
        self._elsewhere: dict[Doi, str] = {}  # what another process is asking, and whose queue it would be in
        self._tasks: set[asyncio.Task[None]] = set()
        self.answered_by: Counter[str] = Counter()
        """How many DOIs were settled by "snapshot", "cache" and "network"."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._tasks:  # a lane that ends may have begun a story
            tasks = tuple(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for future in self._asked.values():
            future.cancel()
        self._asked.clear()
        self._cache.close()

    async def resolve(self, dois: Iterable[Doi], *, ahead: bool = False) -> dict[Doi, Outcome]:
        """Return the outcome of every DOI, in the order asked; `ahead` of those already waiting, where somebody looks on."""
        wanted = list(dict.fromkeys(dois))
        known, aged = self._at_hand(wanted)
        missing = [doi for doi in wanted if doi not in known]
        if missing and self._offline:
            known |= {doi: _unasked(doi) for doi in missing}
        elif missing:
            futures = {doi: self._ask(doi, ahead=ahead) for doi in missing}
            self._start_lanes()
            # Waiting, unlike awaiting, leaves a look-up to the others when this caller is cancelled.
            await asyncio.wait(futures.values())
            known |= {doi: future.result() for doi, future in futures.items()}
            silent = [doi for doi in missing if doi in aged and isinstance(known[doi], Unavailable)]
            self.answered_by["snapshot"] += len(silent)
            known |= {doi: aged[doi] for doi in silent}
        return {doi: known[doi] for doi in wanted}

    def unread(self, doi: Doi) -> Unread | None:
        """Return the answer that :meth:`resolve` would read, where one is at hand; None where there is more to it."""
        if isinstance(self._snapshot, Joined):
            return None
        if self._snapshot is not None:
            held = self._snapshot.unread(doi)
            until = 0.0 if held is None else self._current_until(held.agency)
            if held is not None and self._clock().timestamp() <= until:
                if held.agency == _UNKNOWN:  # a word about the DOI, and no answer
                    return None
                self.answered_by["snapshot"] += 1
                return held._replace(until=until)
        kept = self._cache.unread(doi)
        if kept is not None:
            self.answered_by["cache"] += 1
        return kept

    def version(self) -> Hashable | None:
        """Return what stays equal while nothing that :meth:`unread` finds is changed by anybody; None: not known."""
        if isinstance(self._snapshot, Joined):
            return None
        kept = self._cache.version()
        return None if kept is None else (kept, self._snapshot and self._snapshot.version())

    def _at_hand(self, dois: Sequence[Doi]) -> tuple[dict[Doi, Outcome], dict[Doi, Outcome]]:
        """Return what is known without asking, and what an aged snapshot says, which serves where nobody answers."""
        known: dict[Doi, Outcome] = {}
        aged: dict[Doi, Outcome] = {}
        if self._snapshot is not None:
            now = self._clock().timestamp()
            for doi, outcome in self._snapshot.load(dois).items():
                until = self._current_until(agency_of(outcome) or _UNKNOWN)
                (known if now <= until else aged)[doi] = outcome
            self.answered_by["snapshot"] += len(known)
        rest = [doi for doi in dois if doi not in known]
        if rest:
            cached = self._cache.load(rest, stale=self._offline)
            self.answered_by["cache"] += len(cached)
            known |= cached
        return known, aged

    def _current_until(self, agency: str) -> float:
        """Return until when (Unix time) the snapshot's word counts, by the moment it was complete.

        A work described years ago may be unchanged since.
        """
        assert self._snapshot is not None  # noqa: S101 -- who asks this has an answer of it
        as_of = None if self._offline else self._snapshot.as_of(agency)
        return math.inf if as_of is None else as_of.timestamp() + self._ttl_snapshot.total_seconds()

    def _ask(self, doi: Doi, *, ahead: bool) -> asyncio.Future[Outcome]:
        future = self._asked.get(doi)
        if future is None:
            future = self._asked[doi] = asyncio.get_running_loop().create_future()
            queue = self._queue(directory.guess(doi) or _UNKNOWN)
            (queue.appendleft if ahead else queue.append)(doi)
        return future

    def _queue(self, agency: str) -> deque[Doi]:
        return self._queues.setdefault(agency, deque())

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _start_lanes(self) -> None:
        """Have as many lanes under way as there is work for, at most LANES per agency."""
        for agency, queue in self._queues.items():
            wanted = min(LANES, self._lanes[agency] + -(-len(queue) // self._full(agency)))
            for _ in range(wanted - self._lanes[agency]):
                self._lanes[agency] += 1
                self._begin(self._lane(agency))

    async def _lane(self, agency: str) -> None:
        """Send batch after batch of a queue on its way, each when the one before is answered."""
        queue = self._queue(agency)
        try:
            while queue:
                if len(queue) < self._full(agency):
                    await asyncio.sleep(LINGER)
                if batch := self._next_batch(agency, queue):
                    answered = asyncio.Event()
                    self._begin(self._story(agency, batch, answered))
                    await answered.wait()
        finally:
            self._lanes[agency] -= 1

    async def _story(self, agency: str, batch: tuple[Doi, ...], answered: asyncio.Event) -> None:
        """Settle a batch, whatever happens; `answered` is set when the agency has answered for the first time."""
        try:
            await self._answer(agency, batch, answered)
        except Exception as error:  # noqa: BLE001 -- one odd answer must cost neither the run nor a neighbour's answer
            reason = f"the answer could not be used ({type(error).__name__}: {error})"
            self._settle(batch, {doi: Unavailable(doi=doi, agency=agency, reason=reason) for doi in batch})
        finally:
            answered.set()

    def _next_batch(self, agency: str, queue: deque[Doi]) -> tuple[Doi, ...]:
        """Take the first batch that the agency accepts in one request; what does not fit goes back to the front."""
        most = self._full(agency)
        taken: list[Doi] = []
        while queue and len(taken) < most:
            some = [queue.popleft() for _ in range(min(most - len(taken), len(queue)))]
            taken += self._reserved(agency, some)
        batch = tuple(taken) if agency == _UNKNOWN or not taken else agencies.plan(agency, taken, most=most)[0]
        chosen = set(batch)
        queue.extendleft(doi for doi in reversed(taken) if doi not in chosen)
        return batch

    def _full(self, agency: str) -> int:
        """Return how many DOIs make a full request: some agencies are asked for one at a time."""
        party = agencies.AGENCIES.get(agency)
        return 1 if party is not None and party.singly else self._sizes.get(agency, BATCH)

    def _reserved(self, agency: str, dois: Sequence[Doi]) -> list[Doi]:
        """Return those that are ours to ask; the others are known by now, or another process is asking them."""
        known, mine = self._cache.reserve(dois)
        self._wake(known)
        self.answered_by["cache"] += len(known)
        others = set(dois).difference(known, mine)
        if others:
            if not self._elsewhere:
                self._begin(self._watch())
            self._elsewhere.update(dict.fromkeys(others, agency))
        return mine

    async def _watch(self) -> None:
        """Look again and again for what others are asking: take their answer, or ask when they went without one."""
        pause, longest = GLANCES
        while self._elsewhere:
            await asyncio.sleep(pause)
            pause = min(2 * pause, longest)
            known, mine = self._cache.reserve(list(self._elsewhere))
            self._wake(known)
            self.answered_by["cache"] += len(known)
            for doi in mine:
                self._queue(self._elsewhere[doi]).append(doi)
            for doi in (*known, *mine):
                del self._elsewhere[doi]
            if known or mine:
                pause = GLANCES[0]
                self._start_lanes()

    async def _answer(self, agency: str, batch: tuple[Doi, ...], answered: asyncio.Event) -> None:
        if agency == _UNKNOWN:
            await self._sort_by_agency(batch)
            return

        def hear(answer: Answer) -> None:
            answered.set()
            if len(batch) >= BATCH:
                self._sizes[agency] = MOST if _is_quick(answer, len(batch)) else BATCH

        outcomes = await self._transport.drive(_heard(agencies.settle(agency, batch), hear))
        self._settle(batch, outcomes)

    async def _sort_by_agency(self, batch: tuple[Doi, ...]) -> None:
        """Ask which agency registered each DOI, and put it into that agency's queue."""
        learnt = self._cache.agency_of({doi_names.prefix(doi) for doi in batch})
        unknown = [doi for doi in batch if doi_names.prefix(doi) not in learnt]
        told = await self._transport.drive(directory.which(unknown)) if unknown else {}
        named: dict[str, set[str]] = {}
        for doi, word in told.items():
            if isinstance(word, str):
                named.setdefault(doi_names.prefix(doi), set()).add(word)
        for prefix, words in named.items():
            if len(words) == 1:  # a prefix whose DOIs have two agencies tells neither
                self._cache.learn(prefix, *words)
        settled: dict[Doi, Outcome] = {}
        for doi in batch:
            answer = told.get(doi) or learnt.get(doi_names.prefix(doi))
            if isinstance(answer, str):
                self._queue(answer).append(doi)
            else:
                settled[doi] = answer or Unavailable(doi=doi, agency=_UNKNOWN, reason="no answer about its agency")
        self._settle(tuple(settled), settled)
        self._start_lanes()

    def _settle(self, batch: Sequence[Doi], outcomes: Mapping[Doi, Outcome]) -> None:
        """Keep what was answered, let an old answer serve where nobody answered, and wake who waits."""
        reason = "the look-up ended without an answer"
        settled = {
            doi: outcomes.get(doi) or Unavailable(doi=doi, agency=_agency_name(doi), reason=reason)
            for doi in batch
        }
        self._cache.store(settled)
        down = [doi for doi, outcome in settled.items() if isinstance(outcome, Unavailable)]
        stale = self._cache.load_stale(down) if down else {}
        self.answered_by["network"] += len(settled) - len(down)
        self._wake(settled | stale)

    def _wake(self, outcomes: Mapping[Doi, Outcome]) -> None:
        for doi, outcome in outcomes.items():
            future = self._asked.pop(doi, None)
            if future is not None and not future.done():
                future.set_result(outcome)


def _heard(flow: Flow[_T], hear: Callable[[Answer], None]) -> Flow[_T]:
    """Pass a flow on as it is, and let its first answer be heard."""
    try:
        request = next(flow)
        answer = yield request
        hear(answer)
        while True:
            request = flow.send(answer)
            answer = yield request
    except StopIteration as end:
        value: _T = end.value
        return value
    finally:
        flow.close()


def _is_quick(answer: Answer, asked: int) -> bool:
    return isinstance(answer, Response) and answer.status == 200 and 0 < answer.seconds <= QUICK * asked


def _unasked(doi: Doi) -> Unavailable:
    reason = "offline, and neither snapshot nor cache has it"
    return Unavailable.trusted(doi=doi, agency=_agency_name(doi), reason=reason)


def _agency_name(doi: Doi) -> str:
    return directory.guess(doi) or _UNKNOWN


def agency_of(outcome: Outcome) -> str | None:
    """Return the agency whose word an outcome is, as a report names it."""
    match outcome:
        case Found():
            return outcome.record.origin.agency
        case NotFound():
            return None
        case Refused() | Unavailable() | Elsewhere():
            return outcome.agency

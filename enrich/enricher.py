"""Record to enrichment: identify, resolve, match, merge. Records stream in, enrichments stream out, in order.

Everything here works on values; what it asks of the world goes through the resolver. One record never stops a run.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import AsyncExitStack
from copy import copy
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar, assert_never

from enrich import formats, matching, merge
from enrich.agencies import AGENCIES
from enrich.cache import Cache
from enrich.errors import IdentifierError
from enrich.identifiers import doi as doi_names
from enrich.identifiers.doi import Doi
from enrich.leads import Leads
from enrich.locator import Locator
from enrich.merge.policy import MergePolicy
from enrich.model import standing
from enrich.model.change import Change, Conflict
from enrich.model.enrichment import Enrichment, Status
from enrich.model.name import Name
from enrich.model.note import Note
from enrich.model.outcome import Elsewhere, Found, NotFound, Outcome, Place, Refused, Unavailable
from enrich.model.record import Record
from enrich.model.verdict import Verdict
from enrich.model.work import FIELDS, Work
from enrich.portions import in_order, portions
from enrich.resolver import Resolver, agency_of
from enrich.searcher import Searcher
from enrich.settings import Settings
from enrich.snapshot import Joined, Snapshot
from enrich.transport import Transport

_A = TypeVar("_A")
CHUNK: Final = 100  # records that are looked up together; small beside the window, large beside a task's cost
_STATUS: Final[dict[str, Status]] = {"unconfirmed": "unconfirmed", "contradicted": "contradicted"}


class Enricher:
    """The pipeline with its settings. An asynchronous context manager; safe to share between tasks.

    `snapshot` serves instead of the one that the settings name. Without a `second_look` no DOI is repaired or searched for.
    With `keeps_format` the records are going back into the format they came from: what it has no place for is not filled.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        policy: MergePolicy | str | None = None,
        keeps_format: bool = False,
        snapshot: Snapshot | Joined | None = None,
        second_look: bool = True,
    ) -> None:
        self.settings = settings or Settings()
        chosen = policy or self.settings.policy
        self.policy = chosen if isinstance(chosen, MergePolicy) else merge.load_policy(chosen, _text_of)
        self._keeps_format = keeps_format
        self._second_look = second_look
        self.transport = Transport(self.settings)
        self.cache = Cache(
            self.settings.cache_dir,
            ttl_found=self.settings.ttl_found,
            ttl_not_found=self.settings.ttl_not_found,
            ttl_stale=self.settings.ttl_stale,
        )
        snapshot, offline = snapshot or Snapshot(self.settings.snapshot), self.settings.offline
        self.resolver = Resolver(
            self.transport, self.cache, snapshot, offline=offline, ttl_snapshot=self.settings.ttl_snapshot
        )
        self.locator = Locator(self.transport, self.cache, snapshot, offline=offline)
        searcher = Searcher(self.transport, self.cache, offline=offline)
        self._searcher = searcher if self.settings.find_missing else None
        self._leads = Leads(self.resolver, self.policy, self._isolated, self._searcher)
        self._portion = min(CHUNK, self.settings.window)
        self._stack = AsyncExitStack()

    def variant(self, policy: MergePolicy, *, keeps_format: bool = False, portion: int = CHUNK) -> Enricher:
        """Return the same pipeline, with the same connections and look-ups under way, for other records.

        It works on `portion` records between two turns of the event loop, lives as long as this one and is not entered.
        """
        other = copy(self)
        other.policy = policy
        other._keeps_format = keeps_format  # noqa: SLF001 -- its own class
        other._portion = min(portion, self.settings.window)  # noqa: SLF001 -- likewise
        other._leads = Leads(self.resolver, policy, other._isolated, self._searcher)  # noqa: SLF001 -- likewise
        return other

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.transport)
        await self._stack.enter_async_context(self.resolver)
        await self._stack.enter_async_context(self.locator)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def resolve(self, dois: Iterable[Doi]) -> dict[Doi, Outcome]:
        """Return what is known of each DOI, in the order asked."""
        return await self.resolver.resolve(dois)

    async def enrich(self, record: Record, index: int = 0) -> Enrichment:
        """Return what becomes of one record."""
        (result,) = await self._enrich([record], index)
        return result

    async def stream(self, records: Iterable[Record] | AsyncIterable[Record]) -> AsyncIterator[Enrichment]:
        """Yield one enrichment for each record, in order; at most `settings.window` records, or `ROOM`, are in flight."""
        async for results in self.stream_chunks(records):
            for result in results:
                yield result

    async def stream_chunks(
        self, records: Iterable[Record] | AsyncIterable[Record], first: int = 0
    ) -> AsyncIterator[tuple[Enrichment, ...]]:
        """Yield the enrichments of :meth:`stream` as they were looked up together; `first` is the index of the first."""
        size, begun = self._portion, first

        def work(chunk: list[Record]) -> Coroutine[None, None, tuple[Enrichment, ...]]:
            nonlocal begun
            begun += len(chunk)
            return self._enrich(chunk, begun - len(chunk))

        async for results in in_order(portions(records, size), work, max(1, self.settings.window // size)):
            yield results

    async def outcomes(self, texts: Iterable[str]) -> AsyncIterator[tuple[str, Outcome | IdentifierError]]:
        """Yield each DOI of a stream of any length, in any spelling, with what is known of it; in order, bounded memory."""
        async for results in self.outcome_chunks(texts):
            for result in results:
                yield result

    async def outcome_chunks(
        self, texts: Iterable[str]
    ) -> AsyncIterator[list[tuple[str, Outcome | IdentifierError]]]:
        """Yield the results of :meth:`outcomes` as they were looked up together."""
        async for results in in_order(portions(texts, CHUNK), self._outcomes, self._depth):
            yield results

    async def place_chunks(self, texts: Iterable[str]) -> AsyncIterator[list[tuple[str, Place | IdentifierError]]]:
        """Yield each DOI of a stream of any length, in any spelling, with the page it leads to; in order, in portions."""
        async for results in in_order(portions(texts, CHUNK), self._places, self._depth):
            yield results

    @property
    def _depth(self) -> int:
        return max(1, self.settings.window // CHUNK)

    async def _outcomes(self, texts: list[str]) -> list[tuple[str, Outcome | IdentifierError]]:
        return await _each(texts, self.resolver.resolve)

    async def _places(self, texts: list[str]) -> list[tuple[str, Place | IdentifierError]]:
        return await _each(texts, self.locator.locate)

    async def _enrich(self, records: list[Record], index: int) -> tuple[Enrichment, ...]:
        dois = [record.work.doi for record in records if record.readable and record.work.doi is not None]
        outcomes = await self.resolver.resolve(dois) if dois else {}
        results = tuple(
            self._isolated(index + place, record, outcomes.get(record.work.doi) if record.work.doi else None)
            for place, record in enumerate(records)
        )
        if self._second_look and any(result.status in self._leads.statuses for result in results):
            return await self._leads.follow(results)
        return results

    def _isolated(self, index: int, record: Record, outcome: Outcome | None) -> Enrichment:
        try:
            return judge(index, record, outcome, self.policy, keeps_format=self._keeps_format)
        except Exception as error:  # noqa: BLE001 -- one record never stops a run; it is kept as it is, and said so
            text = f"the record could not be worked on and is kept as it is ({type(error).__name__}: {error})"
            note = Note(severity="error", code="internal-error", text=text)
            return Enrichment(
                index=index, status="unreadable", before=record, record=record, notes=(*record.notes, note)
            )


def _text_of(name: str) -> str:
    return Path(name).read_text(encoding="utf-8")


async def _each(
    texts: list[str], look_up: Callable[[Iterable[Doi]], Coroutine[None, None, dict[Doi, _A]]]
) -> list[tuple[str, _A | IdentifierError]]:
    """Return each text with what is known of the DOI in it, or why it is none."""
    read = [_compact(text) for text in texts]
    known = await look_up(doi for doi in read if not isinstance(doi, IdentifierError))
    return [
        (text, doi if isinstance(doi, IdentifierError) else known[doi])
        for text, doi in zip(texts, read, strict=True)
    ]


def _compact(text: str) -> Doi | IdentifierError:
    try:
        return doi_names.compact(text)
    except IdentifierError as error:
        return error


def judge(
    index: int, record: Record, outcome: Outcome | None, policy: MergePolicy, *, keeps_format: bool = False
) -> Enrichment:
    """Return what becomes of a record whose DOI has this outcome (None: it has no DOI). Pure."""
    if not record.readable:
        return Enrichment(index=index, status="unreadable", before=record, record=record, notes=record.notes)
    found = outcome if isinstance(outcome, Found) else None
    verdict = matching.verdict(record.work, found.record) if found else None
    told = found.record if found and verdict and verdict.state != "contradicted" else None
    merged = merge.merge(record, found.record if found else None, verdict, policy)
    if found and verdict and verdict.state == "unconfirmed" and merged.changes:
        # What was broken in the record may have kept it from being recognised; a second run would see it repaired.
        repaired = matching.verdict(merged.record.work, found.record)
        if repaired.state == "confirmed":
            verdict, merged = repaired, merge.merge(record, found.record, repaired, policy)
    result = Enrichment.trusted(
        index=index,
        status=_status(record, outcome, verdict, changed=bool(merged.changes)),
        before=record,
        record=merged.record,
        doi=record.work.doi,
        agency=agency_of(outcome) if outcome else None,
        verdict=verdict,
        changes=merged.changes,
        conflicts=merged.conflicts,
        notes=(*record.notes, *merged.notes, *(standing.notes(told) if told else ()), *_notes(outcome)),
        updates=told.registration.updates if told and told.registration else (),
    )
    return _writable(result, keeps_format=keeps_format) if result.changes else result


def _status(record: Record, outcome: Outcome | None, verdict: Verdict | None, *, changed: bool) -> Status:
    match outcome:
        case None:
            return "invalid-doi" if record.doi_text else "no-doi"
        case Found():
            state = verdict.state if verdict else "unconfirmed"
            return _STATUS.get(state, "enriched" if changed else "unchanged")
        case NotFound():
            return "not-found"
        case Refused():
            return "refused"
        case Unavailable():
            return "unavailable"
        case Elsewhere():
            return "elsewhere"
        case _:
            assert_never(outcome)


def _notes(outcome: Outcome | None) -> tuple[Note, ...]:
    match outcome:
        case Found(stale=stale):
            text = "an old answer serves while the agency is down"
            return (Note(severity="info", code="stale-answer", text=text),) if stale else ()
        case NotFound(source=source):
            return (Note(severity="error", code="not-found", text=f"{source} knows no such DOI"),)
        case Refused(agency=agency, reason=reason):
            return (Note(severity="error", code="refused", text=f"{agency} refused to answer: {reason}"),)
        case Unavailable(agency=agency, reason=reason):
            return (Note(severity="warning", code="unavailable", text=f"{agency} could not be asked: {reason}"),)
        case Elsewhere(agency=agency):
            label = AGENCIES[agency].label if agency in AGENCIES else agency
            text = f"registered with {label}, which publishes no metadata that can be read"
            return (Note(severity="info", code="elsewhere", text=text),)
        case None:
            return ()
        case _:
            assert_never(outcome)


def _writable(result: Enrichment, *, keeps_format: bool) -> Enrichment:
    """Withhold what the record's file cannot hold: a change its format has no tag for, or its encoding no characters.

    The latter becomes a conflict, and a note says why; so does a type that would change what other tags mean.
    """
    if keeps_format and any(change.field == "type" for change in result.changes):
        others = _held(_without(result, {"type"}), keeps_format=True)
        if _upsets(others.record, result.record.work.type):
            changed = [change for change in result.changes if change.field == "type"]
            result = _without(result, {"type"}, told=changed)
    return _held(result, keeps_format=keeps_format)


def _upsets(record: Record, kind: str | None) -> bool:
    """Tell whether another type would change what further tags of a record mean: %B is the series of a book."""
    name = record.source.format if record.source else "refer"
    typed = record.model_copy(update={"work": record.work.model_copy(update={"type": kind})})
    found = next(formats.read([b"".join(formats.write([typed], name))], format=name), None)
    return found is None or _shown(found.work) != _shown(typed.work)


def _shown(work: Work) -> dict[str, object]:
    """Return what a file shows of a work: of names their letters alone, of blanks that there are some."""

    def plain(value: object) -> object:
        if isinstance(value, tuple):
            return [plain(part) for part in value]
        text = value.inverted() if isinstance(value, Name) else value
        return " ".join(text.split()) if isinstance(text, str) else text

    return {field: plain(value) for field, value in work}


def _held(result: Enrichment, *, keeps_format: bool) -> Enrichment:
    fields = {change.field for change in result.changes}
    unheld = formats.unheld(result.record, fields) if keeps_format else ()
    unencodable = formats.unencodable(result.record, fields.difference(unheld))
    withheld = {*unheld, *unencodable}
    if "container-title-short" in withheld and any(change.rule == "journal-in-full" for change in result.changes):
        withheld.add("container-title")  # in full only with the abbreviation beside it
    if not withheld:
        return result
    lost = [change for change in result.changes if change.field in unencodable]
    encoding = result.record.source.encoding if result.record.source else "its encoding"
    notes = [
        Note(severity="warning", code="unencodable", text=f"{change.field} cannot be written in {encoding}")
        for change in lost
    ]
    return _without(result, withheld, told=lost, notes=notes)


def _without(
    result: Enrichment, withheld: set[str], *, told: Sequence[Change] = (), notes: Sequence[Note] = ()
) -> Enrichment:
    """Return a result without the changes of some fields; those `told` become conflicts."""
    kept = {FIELDS[field]: getattr(result.before.work, FIELDS[field]) for field in withheld}
    changes = tuple(change for change in result.changes if change.field not in withheld)
    conflicts = [Conflict(field=c.field, local=c.before, remote=c.after, origin=c.origin) for c in told]
    return result.model_copy(
        update={
            "status": "unchanged" if result.status == "enriched" and not changes else result.status,
            "record": result.record.model_copy(update={"work": result.record.work.model_copy(update=kept)}),
            "changes": changes,
            "conflicts": (*result.conflicts, *conflicts),
            "notes": (*result.notes, *notes),
        }
    )

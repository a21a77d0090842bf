"""The second look: at records whose DOI does not exist, cannot be read or belongs to another work, and at those without one.

What the DOI may be is guessed (:mod:`enrich.identifiers.doi_repair`) or searched for, and asked about as any other DOI, many
records together. A name counts only if an agency describes its work and the verdict confirms it; what falls short of that is
a suggestion, a note that changes nothing. A service that does not answer is no reason to believe anything: the record stays
as it was judged, and says who could not be asked. docs/decisions/0011-lost-dois.md
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from enrich import matching
from enrich.agencies import directory
from enrich.agencies.search import ENGINES, Hit, Unanswered
from enrich.identifiers import doi as doi_names
from enrich.identifiers.doi import Doi
from enrich.matching import Ranked
from enrich.merge.policy import MergePolicy
from enrich.model.enrichment import Enrichment, Status
from enrich.model.note import Note
from enrich.model.outcome import Elsewhere, Found, Outcome, Refused, Unavailable
from enrich.model.record import Record
from enrich.model.work import Work

if TYPE_CHECKING:
    from enrich.identifiers.doi_repair import Candidate
    from enrich.resolver import Resolver
    from enrich.searcher import Searcher

BROKEN: Final[frozenset[Status]] = frozenset({"not-found", "invalid-doi", "contradicted"})
WAVES: Final = (12, 150)  # candidates asked at first, and in all: most errors show, and their names come first
_TEXTS: Final = 12  # other fields in which a DOI is looked for
_LONGEST: Final = 1000
_SUGGESTIONS: Final = 3
_PLAUSIBLE: Final = 0.7  # agreement of the titles below which a work is not worth a person's time


class Judge(Protocol):
    """What becomes of a record in the light of an outcome."""

    def __call__(self, index: int, record: Record, outcome: Outcome | None) -> Enrichment:
        """Return the enrichment; never raises."""
        ...


@dataclass(slots=True)
class _Case:
    """A record under the second look: what was judged, the names it may mean, and what was learnt about them."""

    result: Enrichment
    candidates: tuple[Candidate, ...] = ()
    found: dict[Doi, Found] = field(default_factory=dict)
    elsewhere: list[Elsewhere] = field(default_factory=list)
    unasked: list[Unavailable | Refused] = field(default_factory=list)
    unanswered: list[Unanswered] = field(default_factory=list)
    ranked: tuple[Ranked, ...] = ()
    settled: Enrichment | None = None

    @property
    def work(self) -> Work:
        return self.result.before.work

    def hear(self, outcomes: Iterable[Outcome]) -> None:
        """Remember what is said of the names."""
        for outcome in outcomes:
            match outcome:
                case Found():
                    self.found[outcome.doi] = outcome
                case Elsewhere():
                    self.elsewhere.append(outcome)
                case Unavailable() | Refused():
                    self.unasked.append(outcome)
                case _:
                    pass  # there is no such DOI, as was to be expected


class Leads:
    """Follows the leads of records that lost their DOI. `searcher` None: no record is searched for."""

    def __init__(
        self, resolver: Resolver, policy: MergePolicy, judge: Judge, searcher: Searcher | None = None
    ) -> None:
        self._resolver = resolver
        self._policy = policy
        self._judge = judge
        self._searcher = searcher
        self.statuses: frozenset[Status] = BROKEN if searcher is None else BROKEN | {"no-doi"}
        """The statuses of records that are looked at again."""

    async def follow(self, results: Sequence[Enrichment]) -> tuple[Enrichment, ...]:
        """Return the results in their order, those of the statuses concerned after a second look."""
        cases = {place: _Case(result) for place, result in enumerate(results) if result.status in self.statuses}
        await self._repair([case for case in cases.values() if case.result.status in BROKEN])
        if self._searcher is not None:
            await self._search([case for case in cases.values() if case.settled is None], self._searcher)
        return tuple(_closed(cases[place]) if place in cases else result for place, result in enumerate(results))

    async def _repair(self, cases: list[_Case]) -> None:
        for case in cases:
            case.candidates = _candidates(case.result)
        begin = 0
        for end in WAVES:
            waiting = [case for case in cases if case.settled is None and case.candidates[begin:end]]
            asked = [candidate.doi for case in waiting for candidate in case.candidates[begin:end]]
            outcomes = await self._resolver.resolve(asked) if asked else {}
            for case in waiting:
                case.hear(outcomes[candidate.doi] for candidate in case.candidates[begin:end])
                self._choose(case, _simplest, self._repaired)
            begin = end

    async def _search(self, cases: list[_Case], searcher: Searcher) -> None:
        """Ask one agency after the other, all records together, for those that are not found yet."""
        for agency in ENGINES:
            waiting = [case for case in cases if case.settled is None]
            answers = await asyncio.gather(*(searcher.search(agency, case.work) for case in waiting))
            hits: list[tuple[_Case, list[Doi]]] = []
            for case, answer in zip(waiting, answers, strict=True):
                if isinstance(answer, Unanswered):
                    case.unanswered.append(answer)
                else:
                    hits.append((case, _alike(case.work, answer)))
            asked = [doi for _, names in hits for doi in names]
            outcomes = await self._resolver.resolve(asked) if asked else {}
            for case, names in hits:
                case.hear(outcomes[doi] for doi in names)
                self._choose(case, _certain, self._named)

    def _choose(
        self,
        case: _Case,
        chosen: Callable[[_Case], Ranked | None],
        taken: Callable[[_Case, Found], Enrichment | None],
    ) -> None:
        """Settle a case of whose works one can be chosen."""
        try:
            case.ranked = matching.rank(case.work, (found.record for found in case.found.values()))
            if best := chosen(case):
                found = next(each for each in case.found.values() if each.record is best.record)
                case.settled = taken(case, found)
        except Exception as error:  # noqa: BLE001 -- one record never stops a run; it stays as it was judged, and says so
            text = f"the DOI could not be looked for ({type(error).__name__}: {error})"
            case.settled = _noted(case.result, [Note(severity="error", code="internal-error", text=text)])

    def _repaired(self, case: _Case, found: Found) -> Enrichment | None:
        """Return what becomes of a record whose DOI was a misspelling; None where the policy does not let it be changed."""
        before = case.result.before
        written = before.doi_text or before.work.doi or ""
        candidate = next(each for each in case.candidates if each.doi == found.doi)
        if doi_names.fold(written.strip()) == found.doi:  # it was right, and read wrong
            new = self._judge(case.result.index, _with_doi(before, found.doi), found)
            kept = {"before": before, "record": _with_doi(new.record, before.work.doi)}
            return new.model_copy(update=kept) if _is_confirmed(new) else None
        if self._policy.locks(before):
            return None
        # Without its DOI a record answers to no lock that calls it by that.
        kept_fields = before.kept | self._policy.locked_in(before)
        nameless = _with_doi(before, None).model_copy(update={"doi_text": written, "kept": kept_fields})
        new = self._judge(case.result.index, nameless, found)
        text = f"{_short(written)} is not this work's DOI, {new.record.work.doi} is: {candidate.explanation}"
        return _kept(case, new, Note(severity="info", code="doi-repaired", text=text))

    def _named(self, case: _Case, found: Found) -> Enrichment | None:
        """Return what becomes of a record without a DOI whose work was found; None where that may not be written."""
        if case.result.status != "no-doi":
            return None  # whoever wrote a DOI meant something by it, and a person must say what
        new = self._judge(case.result.index, case.result.before, found)
        chosen = next(each for each in case.ranked if each.record is found.record)
        text = f"found by a search; {_evidence(chosen)}"
        return _kept(case, new, Note(severity="info", code="doi-found", text=text))


def _simplest(case: _Case) -> Ranked | None:
    """Return the work that is confirmed; of several between which the verdict cannot tell, that of the simplest error."""
    leaders = matching.leaders(case.ranked)
    if len(leaders) < 2:
        return next(iter(leaders), None)
    errors = [
        min(
            len(each.errors)
            for each in case.candidates
            if each.doi in case.found and case.found[each.doi].record.work.doi in ranked.names
        )
        for ranked in leaders
    ]
    fewest = min(errors)
    return leaders[errors.index(fewest)] if errors.count(fewest) == 1 else None


def _certain(case: _Case) -> Ranked | None:
    """Return the work that is described beyond doubt."""
    return matching.certain(case.work, case.ranked)


def _kept(case: _Case, new: Enrichment, note: Note) -> Enrichment | None:
    """Return a new result with its note; None where it is not confirmed or has no DOI, which a policy may forbid."""
    doi = new.record.work.doi
    if not _is_confirmed(new) or doi is None:
        return None
    before = case.result.before
    record = new.record.model_copy(update={"kept": before.kept})
    return new.model_copy(update={"before": before, "record": record, "doi": doi, "notes": (*new.notes, note)})


def _with_doi(record: Record, doi: Doi | None) -> Record:
    return record.model_copy(update={"work": record.work.model_copy(update={"doi": doi})})


def _is_confirmed(result: Enrichment) -> bool:
    return result.verdict is not None and result.verdict.state == "confirmed"


def _candidates(result: Enrichment) -> tuple[Candidate, ...]:
    """Return the names a record may mean: those in its other fields, then those its DOI may be a misspelling of."""
    from enrich.identifiers.doi_repair import Candidate, candidates  # noqa: PLC0415 -- sixty patterns, which few runs need

    record = result.before
    others = (record.work.url, record.work.note, *(value for _, value in record.extra[:_TEXTS]))
    elsewhere = dict.fromkeys(
        doi for text in others if text for doi in doi_names.find_all(text[:_LONGEST]) if doi != record.work.doi
    )
    named = [Candidate(doi, ("other-field",), is_seen=True) for doi in elsewhere][:_SUGGESTIONS]
    # The DOI of another work is rather pasted than mistyped, so that guesses are of no use.
    guesses = result.status != "contradicted"
    misspelt = candidates(record.doi_text or record.work.doi or "", is_known=directory.is_known, guesses=guesses)
    return (*named, *(candidate for candidate in misspelt if candidate.doi not in elsewhere))


def _alike(work: Work, hits: Sequence[Hit]) -> list[Doi]:
    title = work.title or ""
    return [hit.doi for hit in hits if hit.title is None or matching.is_alike(title, hit.title)]


def _closed(case: _Case) -> Enrichment:
    """Return the result of a case; where nothing was settled, with suggestions and with what could not be asked."""
    if case.settled is not None:
        return case.settled
    notes = [*_suggestions(case), *_silences(case)]
    result = _noted(case.result, notes)
    if result.status != "no-doi" or not (trouble := _trouble(case)):
        return result
    return result.model_copy(update={"status": trouble})


def _noted(result: Enrichment, notes: Sequence[Note]) -> Enrichment:
    return result.model_copy(update={"notes": (*result.notes, *notes)}) if notes else result


def _suggestions(case: _Case) -> Iterator[Note]:
    explanations: Mapping[Doi, str] = {each.doi: each.explanation for each in case.candidates}
    likely = [ranked for ranked in case.ranked if _is_plausible(ranked)]
    for ranked in likely[:_SUGGESTIONS]:
        work = ranked.record.work
        why = next((explanations[Doi(name)] for name in ranked.names if name in explanations), "found by a search")
        year = f" ({work.issued.year})" if work.issued and work.issued.year else ""
        text = f'{work.doi} may be meant, "{_short(work.title or "")}"{year}: {why}; {_evidence(ranked)}'
        yield Note(severity="warning", code="doi-suggestion", text=text)
    for other in case.elsewhere[: _SUGGESTIONS - len(likely[:_SUGGESTIONS])]:
        text = (
            f"{other.doi} may be meant, which is registered where nothing can be read: {explanations[other.doi]}"
        )
        yield Note(severity="warning", code="doi-suggestion", text=text)


def _is_plausible(ranked: Ranked) -> bool:
    title = ranked.features.get("title")
    return ranked.verdict.state != "contradicted" and (title is None or title.agreement >= _PLAUSIBLE)


def _evidence(ranked: Ranked) -> str:
    fields = ", ".join(f"{name} {value:g}" for name, value in ranked.verdict.evidence.items())
    return f"agreement: {fields}" if fields else "nothing could be compared"


def _silences(case: _Case) -> Iterator[Note]:
    """Yield what could not be asked: names first, then searches."""
    if case.unasked:
        first = case.unasked[0]
        text = (
            f"{len(case.unasked)} names that may be meant could not be asked for ({first.agency}: {first.reason})"
        )
        yield Note(severity="info", code="not-asked", text=text)
    for silent in case.unanswered:
        text = f"{silent.agency} was not searched: {silent.reason}"
        yield Note(severity="warning", code="not-searched", text=text)


def _trouble(case: _Case) -> Status | None:
    """Return the status of a record that nobody could search for; none where nobody was to be asked."""
    silences = [each.reason for each in case.unanswered if not each.is_refusal]
    silences += [each.reason for each in case.unasked if isinstance(each, Unavailable)]
    if any(not reason.startswith("offline") for reason in silences):
        return "unavailable"
    refused = len(case.unanswered) + len(case.unasked) > len(silences)
    return "refused" if refused else None


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:119] + "…"

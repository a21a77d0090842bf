"""How an agency is asked: batches that fit into a request line, halves where a batch fails, and what each status means.

A list answers for many DOIs at once, so one bad DOI among them (a malformed name is 400 for all, a long line 414) must not
cost its neighbours: whatever is not a well-formed list is asked again in halves, down to single requests. What a service
does not know is left out of the result; whether there is such a DOI at all, only doi.org can say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar
from urllib.parse import quote

import orjson

from enrich.agencies import notices, organizations
from enrich.errors import ProtocolError
from enrich.identifiers import doi as doi_names
from enrich.identifiers.doi import Doi
from enrich.model.outcome import Found, Outcome, Refused, Unavailable
from enrich.model.provenance import Origin
from enrich.model.record import Record, Registration, Source
from enrich.model.wire import Answer, Failure, Flow, Request, Response
from enrich.model.work import Work

LONGEST: Final = (
    3500  # bytes of path and query; Crossref's limit is near 4,080, and a contact address may be added
)
MOST: Final = 100  # DOIs in a request
_DOI_ORG: Final = "https://doi.org"
MALFORMED: Final = "it calls the request malformed"  # begins the reason of a refusal that doi.org may explain

Outcomes: TypeAlias = dict[Doi, Outcome]
Described: TypeAlias = tuple[Work, Registration]
_T = TypeVar("_T")

# What Crossref and DataCite accept in a list: both part it at commas, after undoing escapes.
_LISTABLE: Final = re.compile(r"10\.[0-9]{4,}/[^\s,]+")
_HALVED: Final = frozenset(
    ("malformed", "too-large", "server", "timeout", "down")
)  # lists may be down, singles not


class Reader(Protocol):
    """Reads a stored answer; raises ProtocolError where it is nothing of the kind."""

    def __call__(self, answer: bytes, *, doi: Doi, retrieved_at: datetime) -> Record:
        """Return the record of `doi` that `answer`, trimmed JSON, holds."""
        ...


class Planner(Protocol):
    """Parts DOIs into what fits into one request each."""

    def __call__(self, dois: Sequence[Doi], *, most: int = 50) -> list[tuple[Doi, ...]]:
        """Return the batches in the order of `dois`."""
        ...


@dataclass(frozen=True, slots=True)
class Agency:
    """A registration agency: its name here, its label at doi.org, and how to ask it (no `lookup`: it cannot be asked).

    `negotiated`: content negotiation is how it is asked. `roundabout`: that is the way round its interface while this fails.
    """

    name: str
    label: str
    lookup: Callable[[Sequence[Doi]], Flow[Outcomes]] | None
    read: Reader
    plan: Planner
    negotiated: bool = False
    roundabout: bool = False

    @property
    def singly(self) -> bool:
        """Tell whether one request asks for one DOI, and never for more."""
        return self.plan is alone


@dataclass(frozen=True, slots=True)
class Question(Generic[_T]):
    """One kind of question: its request for a batch, and how to read a 200; None is "not what was asked for"."""

    agency: str
    request: Callable[[Sequence[Doi]], Request]
    read: Callable[[Sequence[Doi], Response], dict[Doi, _T] | None]


def in_list(doi: Doi) -> str:
    """Return the DOI as it stands in a list: escaped, but for what a list may hold."""
    return quote(doi, safe="-._~:/*")


def by_bytes(dois: Sequence[Doi], *, room: int, most: int, width: Callable[[Doi], int]) -> list[tuple[Doi, ...]]:
    """Return `dois` in order, in batches of at most `most` DOIs and `room` bytes; `width` 0 means "alone"."""
    batches: list[list[Doi]] = []
    left, open_ = 0, False
    for doi in dois:
        taken = width(doi)
        if open_ and taken and left >= taken and len(batches[-1]) < min(most, MOST):
            batches[-1].append(doi)
            left -= taken
        else:
            batches.append([doi])
            left, open_ = room - taken, taken > 0
    return [tuple(batch) for batch in batches]


def listed(dois: Sequence[Doi], *, most: int = 50, before: str = "") -> list[tuple[Doi, ...]]:
    """Return batches for a list of DOIs parted by commas, each with `before` in front; odd ones come alone."""

    def width(doi: Doi) -> int:
        return len(before) + len(in_list(doi)) + 1 if _LISTABLE.fullmatch(doi) else 0

    return by_bytes(dois, room=LONGEST - 150, most=most, width=width)


def path_at_doi_org(doi: Doi) -> str:
    """Return the path of a DOI at doi.org, `/10.1000/182`, with what its handbook wants escaped."""
    return (
        "/10/" + doi.removeprefix("10/")
        if doi_names.is_short(doi)
        else doi_names.to_url(doi).removeprefix(_DOI_ORG)
    )


def alone(dois: Sequence[Doi], *, most: int = 50) -> list[tuple[Doi, ...]]:  # noqa: ARG001 - the signature all planners have
    """Return every DOI in a batch of its own."""
    return [(doi,) for doi in dois]


def ask(question: Question[_T], batches: Sequence[Sequence[Doi]]) -> Flow[dict[Doi, _T | Outcome]]:
    """Ask for every batch, in halves where that fails; what the service does not know is missing in the result.

    The other half is asked before a half is halved again, so that a service which stumbles over one DOI is seen to answer
    in between. One that has not answered yet, and fails for two single DOIs too, is not asked for the rest.
    """
    known: dict[Doi, _T | Outcome] = {}
    waiting: list[Sequence[Sequence[Doi]]] = [(batch,) for batch in reversed(batches)]
    alive, strikes = False, 0
    while waiting:
        failed: list[Sequence[Doi]] = []
        for batch in waiting.pop():
            answer = yield question.request(batch)
            alive = alive or isinstance(answer, Response)
            said = reading(question, batch, answer)
            if said is None:
                failed.append(batch)
                continue
            known.update(said)
            if isinstance(answer, Failure) and not alive:
                strikes += 1 if answer.reason in _HALVED else 2
                if strikes >= 2:
                    left = [doi for each in batches for doi in each if doi not in known]
                    return known | _all(answer, question.agency, left)
        waiting += map(_halves, reversed(failed))
    return known


def _halves(batch: Sequence[Doi]) -> Sequence[Sequence[Doi]]:
    middle = len(batch) // 2
    return batch[:middle], batch[middle:]


def parsed(answer: Response) -> Any:
    """Return the JSON of an answer, or None where it holds none."""
    try:
        return orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return None


def found(read: Reader, trimmed: Mapping[str, Any], doi: Doi, at: datetime) -> Found:
    """Return the outcome for a trimmed answer: read from the same bytes as the cache will keep."""
    return Found(doi=doi, record=read(orjson.dumps(trimmed), doi=doi, retrieved_at=at))


def loaded(answer: bytes, agency: str) -> dict[str, Any]:
    """Return the JSON object in a stored answer; raises ProtocolError where there is none."""
    try:
        value = orjson.loads(answer)
    except orjson.JSONDecodeError as error:
        raise ProtocolError(f"the stored answer of {agency} is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise ProtocolError(f"the stored answer of {agency} is no JSON object")
    return value


def recorded(
    described: Described, *, agency: str, form: str, raw: bytes, doi: Doi, retrieved_at: datetime
) -> Record:
    """Return the record of what was described; a DOI asked for that is not the one described is its alias."""
    work, registration = described
    if work.doi is None:
        work = work.model_copy(update={"doi": doi})
    registration = notices.completed(registration, work.title, doi)
    if named := organizations.stated(raw):
        registration = registration.model_copy(update={"organizations": named})
    record = Record.trusted(
        work=work,
        origin=Origin.trusted(agency=agency, retrieved_at=retrieved_at),
        source=Source.trusted(format=form, raw=raw, work=work),
        registration=registration,
    )
    return record if work.doi == doi else also_known_as(record, doi)


def also_known_as(record: Record, doi: Doi) -> Record:
    """Return the record with `doi` among the aliases of its work."""
    registration = record.registration or Registration()
    aliases = dict.fromkeys((*registration.aliases, doi))
    return record.model_copy(update={"registration": registration.model_copy(update={"aliases": tuple(aliases)})})


def reading(question: Question[_T], batch: Sequence[Doi], answer: Answer) -> Mapping[Doi, _T | Outcome] | None:
    """Return what an answer says of the DOIs of `batch`, or None where the halves should be asked."""
    if isinstance(answer, Failure):
        if len(batch) > 1 and answer.reason in _HALVED:
            return None
        return _all(answer, question.agency, batch)
    if answer.status == 200:
        said = question.read(batch, answer)
        if said is not None or len(batch) > 1:
            return said
        return {
            batch[0]: unavailable(batch[0], question.agency, "malformed: the answer is not what was asked for")
        }
    return _by_status(question.agency, batch, answer.status)


def _by_status(agency: str, batch: Sequence[Doi], status: int) -> Outcomes | None:
    if status in {401, 403}:
        return {doi: Refused(doi=doi, agency=agency, reason=f"HTTP {status}") for doi in batch}
    if status in {408, 429} or status >= 500:
        return {doi: unavailable(doi, agency, f"HTTP {status}") for doi in batch}
    if len(batch) > 1:
        return None
    if status in {204, 404, 406, 410}:
        return {}
    if status < 400:
        return {batch[0]: unavailable(batch[0], agency, f"unexpected HTTP {status}")}
    return {batch[0]: Refused(doi=batch[0], agency=agency, reason=f"{MALFORMED} (HTTP {status})")}


def _all(failure: Failure, agency: str, dois: Sequence[Doi]) -> Outcomes:
    return {doi: unavailable(doi, agency, f"{failure.reason}: {failure.detail}") for doi in dois}


def unavailable(doi: Doi, agency: str, reason: str) -> Unavailable:
    """Return the outcome of a DOI about which nobody answered as they should."""
    return Unavailable(doi=doi, agency=agency, reason=reason)

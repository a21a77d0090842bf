"""The whole story of a batch: from DOIs to what is known of each, as one flow (docs/decisions/0003-agency-flows.md).

The likely agency is asked first. What it does not know goes to doi.org's directory, which says that there is no such DOI, or
names the right agency. What that does not know either has a handle at doi.org, which is missing, or leads to another DOI, or
only says that the DOI exists; then content negotiation is the last resort. Every step asks each DOI once, aliases
lead on three times at most, and only doi.org's word makes an absence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from enrich.agencies import base, directory, handles, negotiation
from enrich.agencies.base import Outcomes
from enrich.agencies.table import AGENCIES
from enrich.identifiers import doi as doi_names
from enrich.identifiers.doi import Doi
from enrich.model.outcome import Elsewhere, Found, NotFound, Outcome, Refused, Unavailable
from enrich.model.wire import Flow

HOPS: Final = 3
FEW: Final = (
    3  # DOIs that a service stumbles over; more of them are an outage, and content negotiation no way round it
)
# Failures that another way round might avoid; not those that tell us to go slowly or to stay away.
_AVOIDABLE: Final = ("server", "network", "timeout", "down", "malformed")


def settle(agency: str | None, dois: Sequence[Doi]) -> Flow[Outcomes]:
    """Return the outcome of every DOI; `agency` is the one that most likely registered them, None if unknown."""
    wanted = tuple(dict.fromkeys(dois))
    known = yield from _story(agency, wanted, HOPS)
    return {doi: known[doi] for doi in wanted}


def _story(agency: str | None, dois: Sequence[Doi], hops: int) -> Flow[Outcomes]:
    named = [doi for doi in dois if not doi_names.is_short(doi)]
    known = yield from _first(agency, named)
    missing = [doi for doi in named if _is_open(known.get(doi))]
    left = (yield from _second(agency, missing, known)) if missing else {}
    left.update({doi: _elsewhere(doi, agency) for doi in dois if doi_names.is_short(doi)})
    for doi, otherwise in left.items():
        known[doi] = yield from _last(doi, otherwise, hops)
    return known


def _first(agency: str | None, dois: Sequence[Doi]) -> Flow[Outcomes]:
    """Ask the likely agency; where it is in trouble over a few DOIs, go round by content negotiation."""
    known = yield from _asked(agency, dois)
    broken = [doi for doi in dois if _is_avoidable(known.get(doi))]
    party = AGENCIES.get(agency or "")
    if party is not None and party.roundabout and 0 < len(broken) <= FEW:
        roundabout = yield from negotiation.lookup(broken, agency=party.name)
        known.update({doi: outcome for doi, outcome in roundabout.items() if isinstance(outcome, Found)})
    return known


def _asked(agency: str | None, dois: Sequence[Doi]) -> Flow[Outcomes]:
    party = AGENCIES.get(agency or "")
    if party is None or party.lookup is None or not dois:
        return {}
    return (yield from party.lookup(dois))


def _second(agency: str | None, missing: Sequence[Doi], known: Outcomes) -> Flow[Outcomes]:
    """Ask the directory, and the agencies it names; add to `known`, and return what is open and the outcome else."""
    told = yield from directory.which(missing)
    left: Outcomes = {}
    groups: dict[str, list[Doi]] = {}
    for doi, word in told.items():
        if isinstance(word, str):
            groups.setdefault(word, []).append(doi)
        elif isinstance(word, Unavailable) and word.reason == directory.UNKNOWN:
            left[doi] = known.get(doi, word)
        elif isinstance(word, NotFound) or doi not in known:
            known[doi] = word
    for name, group in groups.items():
        if name != agency:
            known.update((yield from _asked(name, group)))
        open_ = {doi: known.get(doi, _elsewhere(doi, name)) for doi in group if _is_open(known.get(doi))}
        (known if _is_silent(name) else left).update(open_)
    return left


def _last(doi: Doi, otherwise: Outcome, hops: int) -> Flow[Outcome]:
    """Read the handle: follow an alias, believe an absence, and negotiate for what merely exists."""
    target = yield from handles.resolve(doi)
    if isinstance(target, NotFound):
        return target
    if isinstance(target, Unavailable):
        return otherwise if isinstance(otherwise, Refused) else target
    if target != doi:
        return otherwise if hops == 0 else (yield from _alias(doi, target, otherwise, hops - 1))
    if _is_exhausted(otherwise):
        return otherwise
    negotiated = yield from negotiation.lookup([doi], agency=_agency(otherwise))
    return negotiated.get(doi, otherwise)


def _alias(doi: Doi, prime: Doi, otherwise: Outcome, hops: int) -> Flow[Outcome]:
    """Tell the story of the prime as that of its alias. An alias whose prime is missing exists all the same."""
    story = yield from _story(directory.guess(prime), [prime], hops)
    outcome = story[prime]
    if isinstance(outcome, NotFound):
        return otherwise
    if isinstance(outcome, Found):
        return outcome.model_copy(update={"doi": doi, "record": base.also_known_as(outcome.record, doi)})
    return outcome.model_copy(update={"doi": doi})


def _is_open(outcome: Outcome | None) -> bool:
    """Tell whether doi.org may know more: nothing is known yet, or the agency could make nothing of the name."""
    return outcome is None or (isinstance(outcome, Refused) and outcome.reason.startswith(base.MALFORMED))


def _is_silent(name: str) -> bool:
    """Tell whether an agency publishes nothing, so that to be registered there is the end of the story."""
    party = AGENCIES.get(name)
    return party is not None and party.lookup is None


def _is_avoidable(outcome: Outcome | None) -> bool:
    return isinstance(outcome, Unavailable) and outcome.reason.partition(":")[0] in _AVOIDABLE


def _is_exhausted(otherwise: Outcome) -> bool:
    """Tell whether content negotiation was tried already."""
    party = AGENCIES.get(_agency(otherwise))
    return party is not None and party.negotiated


def _agency(outcome: Outcome) -> str:
    return handles.SOURCE if isinstance(outcome, Found | NotFound) else outcome.agency


def _elsewhere(doi: Doi, agency: str | None) -> Elsewhere:
    return Elsewhere(doi=doi, agency=agency or handles.SOURCE)

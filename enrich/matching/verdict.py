"""The verdict: same work or not.

The evidence of all fields is added up (:mod:`enrich.matching.score`); a few things no sum may outvote. A title alone is
never enough, and works that share a title on purpose (parts, corrections, replies, preprints, a book and its chapter) are
told apart. docs/decisions/0005-same-work.md has the reasons and the figures.
"""

from __future__ import annotations

from typing import Final

from enrich.matching.doubt import doubt, is_located
from enrich.matching.features import SCRIPT, Features, compare, group
from enrich.matching.further import further
from enrich.matching.score import COMMON, CONFIRMED, CONTRADICTED, score
from enrich.matching.titles import Apart
from enrich.model import Record, Verdict, Work
from enrich.model.verdict import State

_AGREES: Final = 0.8
_ALIKE: Final = 0.7
_DIFFERS: Final = 0.3
_OTHER: Final = 0.2
_SPOKEN: Final = {
    "title": "title", "author": "authors", "year": "year", "container-title": "journal or book", "volume": "volume",
    "page": "first page", "number": "number", "ISSN": "ISSN", "type": "type", "abstract": "abstract", "ISBN": "ISBN",
    "publisher": "publisher", SCRIPT: "script of the title",
}  # fmt: skip
_FARTHEST: Final = {"year": 0.2, "type": 0.0}
_WHOLES: Final = frozenset({"article", "preprint", "part", "whole", "serial", "thesis", "report"})


def verdict(local: Work, remote: Record) -> Verdict:
    """Judge whether a registry's record describes the work a local record is about."""
    features = compare(local, remote)
    state, reason = _judge(local, remote, features)
    return Verdict.trusted(
        state=state,
        evidence={field: feature.agreement for field, feature in features.items() if field != SCRIPT},
        reasons=(*_summary(features), *reason),
    )


def _judge(local: Work, remote: Record, features: Features) -> tuple[State, tuple[str, ...]]:
    total = score(features)
    if apart := _apart(local, remote, features):
        certain = (
            total <= CONTRADICTED or (apart.certain and not is_located(features)) or _differ_throughout(features)
        )
        return "contradicted" if certain else "unconfirmed", (apart.reason,)
    if total >= CONFIRMED and _supported(features):
        return _confirmed(local, remote, features)
    if total <= CONTRADICTED or _is_neighbour(features) or _differ_throughout(features):
        return "contradicted", ("This is the DOI of another work.",)
    if more := further(local, remote.work):
        features.update(more)
        if score(features) >= CONFIRMED and _supported(features):
            return _confirmed(local, remote, features)
    return "unconfirmed", (_shortfall(features),)


def _confirmed(local: Work, remote: Record, features: Features) -> tuple[State, tuple[str, ...]]:
    doubtful = doubt(local, remote, features)
    return ("unconfirmed", (doubtful,)) if doubtful else ("confirmed", ())


def _summary(features: Features) -> tuple[str, ...]:
    agreeing, differing = [], []
    for field, feature in features.items():
        if feature.agreement >= _AGREES:
            agreeing.append(_SPOKEN[field])
        elif feature.agreement <= _DIFFERS:
            differing.append(_SPOKEN[field])
    summary = (f"In agreement: {', '.join(agreeing)}.",) if agreeing else ()
    return (*summary, f"Different: {', '.join(differing)}.") if differing else summary


def _shortfall(features: Features) -> str:
    if not features:
        return "Nothing in the record can be compared with what the registry says."
    if set(features) <= {"title", "type"}:
        return "A title alone is not enough."
    return "That is not enough to tell."


def _agrees(features: Features, field: str) -> bool:
    return field in features and features[field].agreement >= _AGREES


def _supported(features: Features) -> bool:
    """Tell whether two independent things agree, one of them a title that says something, or the place."""
    agreeing = [field for field, feature in features.items() if feature.agreement >= _AGREES and field != "type"]
    title = features.get("title")
    named = title is not None and title.agreement >= _ALIKE and (title.telling > 0.0 or "abstract" in features)
    return len(agreeing) >= 2 and (named or is_located(features))


def _is_neighbour(features: Features) -> bool:
    """Tell whether title and first page, or title and people, are others, whatever else agrees: another article nearby."""
    title, page, people = features.get("title"), features.get("page"), features.get("author")
    if title is None or title.agreement > _OTHER or title.telling <= 0.5:
        return False
    if page is not None and page.agreement == 0.0:
        return True
    return people is not None and people.agreement <= _OTHER and not is_located(features)


def _differ_throughout(features: Features) -> bool:
    """Tell whether two things differ, and nothing agrees that works do not share by chance."""
    count = 0
    for field, feature in features.items():
        if feature.agreement > _DIFFERS and field not in COMMON:
            return False
        count += feature.agreement <= _FARTHEST.get(field, _DIFFERS)
    # A journal's name and its ISSN are one thing; a translated title differs from the other in everything.
    return count - ("ISSN" in features and "container-title" in features) >= 2 and SCRIPT not in features


def _apart(local: Work, remote: Record, features: Features) -> Apart | None:
    """Return why the two are different things although much agrees."""
    title, kind = features.get("title"), features.get("type")
    if title and title.apart and (title.apart.certain or not is_located(features)):
        return title.apart
    if kind and kind.agreement == 0.0 and not is_located(features):
        return Apart(f"One is of type {local.type}, the other of type {remote.work.type}.", certain=False)
    if not title and local.title and group(local.type) in _WHOLES and _is_component(remote):
        return Apart("This is the DOI of a figure, a table or a supplement of a publication.", certain=True)
    return None


def _is_component(remote: Record) -> bool:
    return remote.registration is not None and remote.registration.is_component

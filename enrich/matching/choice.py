"""Which of several works a record describes, where that can be told.

A verdict says that an answer fits; among the answers to a search others may fit as well: a preprint, an erratum under the
title of its article, another edition, another version of a data set. So a work is *certain* only where no other comes near
it, and where it would be right even if the right one were missing: every field that both sides have agrees, and title,
people, year and place of publication are among them. docs/decisions/0011-lost-dois.md
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from enrich.matching.features import Features, compare
from enrich.matching.score import score
from enrich.matching.titles import heading, likeness
from enrich.matching.verdict import verdict
from enrich.model import Record, Verdict, Work
from enrich.text import venue

MARGIN: Final = 4.0
"""Bits by which another work must fall short of the best."""
CERTAIN: Final = 17.5
"""About the bits of title, people, year and one more field; where a DOI speaks for the work as well, 9.5 are enough."""

_AGREES: Final = 0.8
_TITLE: Final = 0.85
_LOOKS_ALIKE: Final = 0.5
_PUBLISHER: Final = 2.0
_ISBN: Final = 6.0
_ORDER: Final = {"confirmed": 0, "unconfirmed": 1, "contradicted": 2}
_DECIDING: Final = ("author", "year", "container-title", "volume", "page", "number", "type")
_VERSIONS: Final = frozenset({
    "is-version-of", "has-version", "is-new-version-of", "is-previous-version-of", "is-identical-to", "is-same-as",
    "is-variant-form-of", "is-original-form-of", "is-translation-of", "has-translation",
})  # fmt: skip


class Ranked(NamedTuple):
    """A work with the verdict about it, what was compared, and the evidence in bits."""

    record: Record
    verdict: Verdict
    features: Features
    bits: float

    @property
    def names(self) -> frozenset[str]:
        """The DOI of the work and its aliases."""
        aliases = self.record.registration.aliases if self.record.registration else ()
        return frozenset(filter(None, (self.record.work.doi, *aliases)))


def rank(local: Work, remotes: Iterable[Record]) -> tuple[Ranked, ...]:
    """Return works in the order in which they may be the one a local record describes, each once."""
    ranked: list[Ranked] = []
    for remote in remotes:
        features = compare(local, remote)
        bits = score(features) + _printed(local, remote.work)
        ranked.append(Ranked(remote, verdict(local, remote), features, bits))
    ranked.sort(key=lambda each: (_ORDER[each.verdict.state], -each.bits))
    kept: list[Ranked] = []
    for each in ranked:
        if all(each.names.isdisjoint(other.names) for other in kept):
            kept.append(each)
    return tuple(kept)


def leaders(ranked: Sequence[Ranked]) -> tuple[Ranked, ...]:
    """Return the works that are confirmed, between which the evidence cannot tell."""
    confirmed = [each for each in ranked if each.verdict.state == "confirmed"]
    return tuple(each for each in confirmed if confirmed[0].bits - each.bits < MARGIN)


def is_certain(local: Work, ranked: Sequence[Ranked]) -> bool:
    """Tell whether the first work is the one described, by so much that no person need look."""
    if not ranked or ranked[0].verdict.state != "confirmed":
        return False
    best, *others = ranked
    if any(_is_rival(other, best) for other in others):
        return False
    return best.bits >= CERTAIN and not _is_one_of_a_kind(local, best.record) and _is_complete(local, best)


def is_alike(title: str, other: str) -> bool:
    """Tell whether two titles have so much in common that it is worth while to look at the works."""
    found = likeness(heading(title), heading(other))
    return found is None or found.agreement >= _LOOKS_ALIKE


def _is_rival(other: Ranked, best: Ranked) -> bool:
    """Tell whether a work comes near the best; one of a type that is never confused with the record's does not."""
    if other.verdict.state == "contradicted" or best.bits - other.bits >= MARGIN:
        return False
    kind, best_kind = other.features.get("type"), best.features.get("type")
    return not (kind and best_kind and kind.agreement == 0.0 and best_kind.agreement == 1.0)


def _is_one_of_a_kind(local: Work, remote: Record) -> bool:
    """Tell whether a work is a notice about another one, or one of several versions, of which the record names none."""
    registration = remote.registration
    if registration is None:
        return False
    if any(update.direction == "update-to" for update in registration.updates):
        return True
    versioned = any(kind in _VERSIONS for kind, _ in registration.relations)
    return versioned and (not local.version or local.version != remote.work.version)


def _is_complete(local: Work, best: Ranked) -> bool:
    """Tell whether nothing is against a work, and title, people, year and place of publication are for it."""
    features = best.features
    against = [field for field in _DECIDING if field in features and features[field].agreement < _required(field)]
    if against == ["container-title"] and _agrees(features, "ISSN"):
        against = []
    title = features.get("title")
    if against or title is None or title.apart or title.agreement < _TITLE:
        return False
    located = (_agrees(features, "volume") or _agrees(features, "number")) and _agrees(features, "page")
    placed = (
        _agrees(features, "container-title") or _agrees(features, "ISSN") or _printed(local, best.record.work) > 0
    )
    named = _agrees(features, "author") and _agrees(features, "year")
    return (named and (placed or located)) or (
        placed and located and (_agrees(features, "author") or "author" not in features)
    )


def _required(field: str) -> float:
    """Return the agreement below which a field speaks against a work; catalogues confuse some types."""
    return 0.7 if field == "type" else _AGREES


def _agrees(features: Features, field: str) -> bool:
    return field in features and features[field].agreement >= _AGREES


def _printed(local: Work, remote: Work) -> float:
    """Return the bits of publisher and ISBN for a work; as editions differ in both, they say nothing against it."""
    books = {_book(isbn) for isbn in local.isbn} & {_book(isbn) for isbn in remote.isbn}
    if books:
        return _ISBN
    named = bool(local.publisher and remote.publisher)
    return (
        _PUBLISHER if named and venue.agreement(local.publisher or "", remote.publisher or "") >= _AGREES else 0.0
    )


def _book(isbn: str) -> str:
    """Return the nine digits that an ISBN of ten and one of thirteen have in common."""
    digits = "".join(character for character in isbn if character.isdecimal() or character in "xX")
    return digits[3:12] if len(digits) >= 13 else digits[:9]

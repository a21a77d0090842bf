"""Which of several works a record describes, where that can be told.

A verdict says that an answer fits; among the answers to a search others may fit as well: a preprint, an erratum under the
title of its article, another edition, another version of a data set. So a work is *certain* only where no other comes near
it, and where it would be right even if the right one were missing: every field that both sides have agrees, and title,
people, year and place of publication are among them.
docs/decisions/0011-lost-dois.md, 0026-which-decisions-can-be-made.md
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from rapidfuzz import fuzz

from enrich.matching.features import Features, compare, group
from enrich.matching.score import score
from enrich.matching.titles import Heading, counts, heading, likeness
from enrich.matching.verdict import verdict
from enrich.model import Record, Update, Verdict, Work
from enrich.text import venue

MARGIN: Final = 4.0
"""Bits by which another work must fall short of the best."""
CERTAIN: Final = 17.5
"""About the bits of title, people, year and one more field; where a DOI speaks for the work as well, 9.5 are enough."""

_AGREES: Final = 0.8
_TITLE: Final = 0.85
_SPELLING: Final = 94.0
_LOOKS_ALIKE: Final = 0.5
_OFF: Final = 0.4  # a year that is two years away, a volume counted otherwise
_KINDRED: Final = 0.7
_UNPAGED: Final = frozenset({"whole", "data", "report", "thesis", "preprint"})
_PUBLISHER: Final = 2.0
_ISBN: Final = 7.0
_ORDER: Final = {"confirmed": 0, "unconfirmed": 1, "contradicted": 2}
_DECIDING: Final = ("author", "year", "container-title", "volume", "page", "number", "type")
_ONCE: Final = frozenset({"part", "preprint", "data"})
_PLACE: Final = frozenset({"container-title", "volume", "page", "number"})
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


def certain(local: Work, ranked: Sequence[Ranked]) -> Ranked | None:
    """Return the work that is described by so much that no person need look; None where there is none."""
    best = _best(local, ranked)
    if best is None or best.verdict.state != "confirmed" or _is_version(local, best.record):
        return None
    if any(_is_rival(local, other, best) for other in ranked if other is not best):
        return None
    return best if best.bits >= CERTAIN and _is_complete(local, best) else None


def is_alike(title: str, other: str) -> bool:
    """Tell whether two titles have so much in common that it is worth while to look at the works."""
    found = likeness(heading(title), heading(other))
    return found is None or found.agreement >= _LOOKS_ALIKE


def _best(local: Work, ranked: Sequence[Ranked]) -> Ranked | None:
    """Return the likeliest work; notices about others are none, and of equals what is said more of comes last."""
    works = [each for each in ranked if not _is_notice(local, each.record)]
    equals = (
        each
        for each in works
        if each.bits == works[0].bits
        and each.verdict.state == works[0].verdict.state
        and not _is_marked(local, each, each)
    )
    return next(equals, works[0] if works else None)


def _is_rival(local: Work, other: Ranked, best: Ranked) -> bool:
    """Tell whether a work comes so near the best that nothing in the record decides between them."""
    if (
        other.verdict.state == "contradicted"
        or best.bits - other.bits >= MARGIN
        or _is_notice(local, other.record)
        or _is_marked(local, best, other)
        or (_is_apart(other) and not _is_apart(best))
    ):
        return False
    return not _is_outdone(other.features, best.features)


def _is_apart(ranked: Ranked) -> bool:
    """Tell whether the titles say that these are two works: a supplement, a comment, another part."""
    title = ranked.features.get("title")
    return title is not None and title.apart is not None


def _is_outdone(other: Features, best: Features) -> bool:
    """Tell whether a work falls behind the best in a field, and comes nearer to the record in none.

    Behind is what is off where the best is exact, and what does not stand at all where the record and the best say that it
    stands: a book in a journal, a preprint on a page.
    """
    behind = False
    for field in _DECIDING:
        theirs, ours = other.get(field), best.get(field)
        if theirs is None or ours is None:
            if theirs is not None and theirs.agreement >= _AGREES:
                return False
            behind = behind or (theirs is None and field in _PLACE and _agrees(best, field))
            continue
        if theirs.agreement > ours.agreement:
            return False
        behind = behind or theirs.agreement <= (_KINDRED if field == "type" else _OFF) < ours.agreement == 1.0
    return behind


def _is_notice(local: Work, remote: Record) -> bool:
    """Tell whether a work is one about another, a correction or a retraction, and the record does not say so of itself."""
    notices = [
        each for each in _updates(remote) if each.direction == "update-to" and not each.type.startswith("new_")
    ]
    return bool(notices) and heading(local.title or "").kind is None


def _updates(remote: Record) -> list[Update]:
    """Return the updates that a work makes or has, without those of itself: some publishers replace proofs so."""
    updates = remote.registration.updates if remote.registration else ()
    return [each for each in updates if each.doi is None or each.doi != remote.work.doi]


def _is_version(local: Work, remote: Record) -> bool:
    """Tell whether a work is one of several versions, and not the one that the record names."""
    relations = remote.registration.relations if remote.registration else ()
    versioned = (
        bool(remote.work.version)
        or any(kind in _VERSIONS for kind, _ in relations)
        or any(update.type.startswith("new_") for update in _updates(remote))
    )
    return versioned and (not local.version or local.version != remote.work.version)


def _is_marked(local: Work, best: Ranked, other: Ranked) -> bool:
    """Tell whether a work that fits no better bears a mark of which a record would speak: a version, a book's pages."""
    paged = bool(other.record.work.page) and not local.page and group(local.type) in _UNPAGED
    return (paged and other.bits <= best.bits) or (other.bits == best.bits and _is_version(local, other.record))


def _is_complete(local: Work, best: Ranked) -> bool:
    """Tell whether nothing is against a work, and title, people, year and place of publication are for it."""
    features = best.features
    against = [field for field in _DECIDING if field in features and features[field].agreement < _required(field)]
    if against == ["container-title"] and _agrees(features, "ISSN"):
        against = []
    if against or not _agrees(features, "year") or not (_agrees(features, "author") or "author" not in features):
        return False
    work = best.record.work
    placed = _agrees(features, "container-title") or _agrees(features, "ISSN") or _printed(local, work) > 0.0
    # The journal is not enough: errata and columns stand there too, under one title, by the same people, in the same year.
    if work.page or work.number:
        there = (_agrees(features, "page") or _agrees(features, "number")) and (
            placed or _agrees(features, "volume")
        )
        return there and _is_title(local, best, whole=False)
    if work.volume:
        return placed and _agrees(features, "volume") and _is_title(local, best, whole=False)
    exact = features["year"].agreement == 1.0 and _is_title(local, best, whole=True)
    return placed and exact and _is_alone(best)


def _is_alone(best: Ranked) -> bool:
    """Tell whether a work that has no page needs none: a book stands alone, and what else bears one title once.

    Nobody prints two papers of one title in one volume of proceedings, or two preprints on one server; in a journal, notices
    without pages stand beside articles without pages.
    """
    kind, work = best.features.get("type"), best.record.work
    if not work.container_title:
        return kind is not None and kind.agreement == 1.0
    is_kind = kind is None or kind.agreement == 1.0
    return is_kind and group(work.type) in _ONCE and _agrees(best.features, "container-title")


def _is_title(local: Work, best: Ranked, *, whole: bool) -> bool:
    """Tell whether one title is the other, but for errors of spelling and, unless it must be the `whole`, for its end."""
    title = best.features.get("title")
    if title is None or title.apart or title.agreement < _TITLE:
        return False
    ours = heading(local.title or "")
    registered = best.record.registration.titles if best.record.registration else ()
    return any(
        _is_same_title(ours, heading(each), whole=whole) for each in (best.record.work.title, *registered) if each
    )


def _is_same_title(ours: Heading, theirs: Heading, *, whole: bool) -> bool:
    short, long = sorted((ours.letters, theirs.letters), key=len)
    if long.startswith(short):
        return len(short) == len(long) or (not whole and counts(ours) == counts(theirs))
    # A word more, "Notes on ..." or "... in rats", makes another title.
    return ours.words.count(" ") == theirs.words.count(" ") and fuzz.ratio(short, long) >= _SPELLING


def _required(field: str) -> float:
    """Return the agreement below which a field speaks against a work; catalogues confuse some types."""
    return 0.7 if field == "type" else _AGREES


def _agrees(features: Features, field: str) -> bool:
    return field in features and features[field].agreement >= _AGREES


def _printed(local: Work, remote: Work) -> float:
    """Return the bits of ISBN and publisher: for the work, or against it where the publisher is another one."""
    if {_book(isbn) for isbn in local.isbn} & {_book(isbn) for isbn in remote.isbn}:
        return _ISBN
    if not local.publisher or not remote.publisher:
        return 0.0
    return _PUBLISHER if venue.agreement(local.publisher, remote.publisher) >= _AGREES else -_PUBLISHER


def _book(isbn: str) -> str:
    """Return the nine digits that an ISBN of ten and one of thirteen have in common."""
    digits = "".join(character for character in isbn if character.isdecimal() or character in "xX")
    return digits[3:12] if len(digits) >= 13 else digits[:9]

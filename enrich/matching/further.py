"""What is looked at only where title, people, time and place leave it open: the abstract, the ISBN, the publisher.

That these agree is evidence; that they differ is none, since editions have several ISBN, publishers several names, and
abstracts several versions.
"""

from __future__ import annotations

import re
from typing import Final

from enrich.matching.features import Feature, Features
from enrich.model import Work
from enrich.text.fold import key, squeezed

_BEGINNING: Final = 600  # characters of an abstract that are compared
_SHORTEST: Final = 100  # letters that two abstracts must have in common
_LABEL: Final = re.compile(r"\s*(?:abstract|summary)\b[\s:.—–-]*", re.IGNORECASE)
_PRESS: Final = frozenset({
    "ag", "and", "bv", "co", "company", "der", "for", "gmbh", "inc", "limited", "llc", "ltd", "of", "press", "publisher",
    "publishers", "publishing", "the", "und", "verlag",
})  # fmt: skip
_EQUAL: Final = Feature(1.0)
_SERIAL: Final = Feature(1.0, 2.0)


def further(local: Work, remote: Work) -> Features:
    """Return the agreement of what is not compared at first sight."""
    found: Features = {}
    if local.abstract and remote.abstract and _begin_alike(local.abstract, remote.abstract):
        found["abstract"] = _EQUAL
    if local.isbn and remote.isbn and share_isbn(local, remote):
        found["ISBN"] = _EQUAL
    if local.publisher and remote.publisher and _are_one_press(local.publisher, remote.publisher):
        found["publisher"] = _EQUAL
    if _are_one_serial(local, remote):
        found["ISSN"] = _SERIAL
    return found


def _are_one_serial(local: Work, remote: Work) -> bool:
    """Tell whether both are a journal as a whole with one ISSN, which is then its own and not that of what it stands in."""
    if local.type != "periodical" or remote.type != "periodical" or not local.issn or not remote.issn:
        return False
    volumes = local.volume, local.issue, remote.volume, remote.issue
    ours, theirs = ({number.replace("-", "").upper() for number in work.issn} for work in (local, remote))
    return not any(volumes) and not ours.isdisjoint(theirs)


def _begin_alike(one: str, other: str) -> bool:
    ours, theirs = (squeezed(_LABEL.sub("", text[:_BEGINNING], count=1)) for text in (one, other))
    common = min(len(ours), len(theirs))
    return common >= _SHORTEST and ours[:common] == theirs[:common]


def share_isbn(local: Work, remote: Work) -> bool:
    """Tell whether an ISBN, of ten digits or of thirteen, is on both sides."""
    ours, theirs = ({number.replace("-", "")[-10:-1] for number in work.isbn} for work in (local, remote))
    return not ours.isdisjoint(theirs)


def _are_one_press(one: str, other: str) -> bool:
    ours, theirs = _press(one), _press(other)
    return bool(ours and theirs) and (ours <= theirs or theirs <= ours)


def are_other_presses(one: str | None, other: str | None) -> bool:
    """Tell whether two publishers have no word of their names in common."""
    ours, theirs = _press(one or ""), _press(other or "")
    return bool(ours and theirs) and ours.isdisjoint(theirs)


def _press(name: str) -> set[str]:
    return set(key(name).split()) - _PRESS

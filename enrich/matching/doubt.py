"""What makes a sum that would confirm doubtful: works that share title and people, and are two publications all the same.

A preprint and the article, a talk at a conference and the journal's version, an abstract in a supplement, an edition in
another language, a reprint: title and authors agree, so that no sum tells them apart. What does is the place: two things
about it that differ, or one together with another kind of thing. A doubt never contradicts, since any single one of these
may be a slip; and it is silent where page and volume agree. docs/decisions/0012-look-alikes.md
"""

from __future__ import annotations

from typing import Final

from enrich.matching.features import Features, group
from enrich.matching.further import are_other_presses, share_isbn
from enrich.model import Record, Work
from enrich.text.fold import key

_AGREES: Final = 0.8
_OTHER_PEOPLE: Final = 0.35
_DIFFERS: Final = 0.3
_FAR: Final = 0.4  # two years and more
_FIRM: Final = 0.9  # how much a first page of three digits tells
_BEFORE_PRINT: Final = frozenset({"preprint", "report", "thesis", "talk"})
_PRINTED: Final = frozenset({"article", "part"})
_SERVERS: Final = (
    "rxiv", "ssrn", "preprint", "research square", "osf", "authorea", "hal", "zenodo", "working paper", "discussion paper",
    "technical report", "research report",
)  # fmt: skip


def is_located(features: Features) -> bool:
    """Tell whether both stand at one place: the same first page or number, and nothing against the volume."""
    place = features.get("page") or features.get("number")
    volume = features.get("volume")
    if place is None or (volume is not None and volume.agreement < 0.5):
        return False
    number = features.get("number")
    return place.agreement >= _AGREES or (number is not None and number.agreement >= _AGREES)


def doubt(local: Work, remote: Record, features: Features) -> str | None:
    """Return in a sentence why what agrees may be another publication; None without such a reason."""
    title = features.get("title")
    if title is not None and title.telling == 0.0 and not _is_firm(local, remote.work, features):
        return "Many pieces bear such a title, and nothing tells which one this is."
    if is_located(features):
        return None
    authors = features.get("author")
    if authors is not None and authors.agreement <= _OTHER_PEOPLE:
        return "The title agrees, but the people are others."
    if _is_before_print(local, remote, features):
        return "One is a published work, the other a preprint, a report or a talk under its title."
    if _is_other_volume(local, remote.work, features):
        return "The title agrees, but the edition or the volume is another."
    if _strikes(local, remote.work, features) >= 2:
        return "The title agrees, but it is published in another place or at another time."
    return None


def _is_firm(local: Work, remote: Work, features: Features) -> bool:
    """Tell whether a piece with an everyday title is found by its place: its book, its issue, a page that few begin on."""
    if "abstract" in features:
        return True
    if not is_located(features):
        return False
    if local.issue and remote.issue:
        return key(local.issue) == key(remote.issue)
    if group(local.type) == "part" and "container-title" in features:
        return features["container-title"].agreement >= _AGREES  # a book has one introduction
    page = features.get("page") or features["number"]
    return page.telling >= _FIRM


def _strikes(local: Work, remote: Work, features: Features) -> int:
    """Count what speaks for two publications: the volume, the page, the journal, the year, the kind of thing."""
    place = features.get("page") or features.get("number")
    count = int(place is not None and place.agreement == 0.0)
    for field, limit in (("volume", 0.5), ("container-title", _DIFFERS), ("year", _FAR)):
        feature = features.get(field)
        count += feature is not None and feature.agreement <= limit
    kind = features.get("type")
    if kind is not None and kind.agreement < 1.0:
        count += 1 + (count == 0 and are_other_presses(local.publisher, remote.publisher))
    return count


def _is_before_print(local: Work, remote: Record, features: Features) -> bool:
    """Tell whether one is what its authors circulated, the other what a journal or a book printed."""
    ours, theirs = group(local.type), group(remote.work.type)
    if ours in _PRINTED and theirs in _BEFORE_PRINT:
        return not remote.work.issn and _is_printed(local, features)
    if ours in _BEFORE_PRINT and theirs in _PRINTED:
        return _is_printed(remote.work, features)
    return False


def _is_printed(work: Work, features: Features) -> bool:
    venue = features.get("container-title")
    if not (work.container_title or work.volume or work.issn) or (venue and venue.agreement >= _AGREES):
        return False
    name = (work.container_title or "").lower()
    return not any(server in name for server in _SERVERS)


def _is_other_volume(local: Work, remote: Work, features: Features) -> bool:
    """Tell whether a book is another edition, or another volume of the same; an ISBN in common says that it is not."""
    if "whole" not in (group(local.type), group(remote.type)) or share_isbn(local, remote):
        return False
    year, volume = features.get("year"), features.get("volume")
    if (year is not None and year.agreement <= _FAR) or (volume is not None and volume.agreement == 0.0):
        return True
    ours, theirs = _digits(local.edition), _digits(remote.edition)
    return bool(ours and theirs) and ours != theirs


def _digits(text: str | None) -> str:
    return "".join(char for char in text or "" if char.isdecimal())

"""What two descriptions say about the same thing, field by field.

Each function compares one field and returns a :class:`Feature`, or None where one side does not have it or the two cannot be
compared (another script, a body on one side and people on the other). Nothing here decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from rapidfuzz import fuzz

from enrich.matching import headings, titles
from enrich.model import Name, Record, Work
from enrich.text import locator, person, venue
from enrich.text.fold import is_latin
from enrich.text.markup import to_text
from enrich.text.roman import romanised

_MOST_NAMES: Final = 20
_MOST_TITLES: Final = 8
_LONG_TITLE: Final = 80
_SAME_SOUND: Final = 75.0
_OTHER_SOUND: Final = 55.0
_PLACEHOLDERS: Final = frozenset({"et al", "others", "and others", "anonymous", "anon", "u.a", "unknown"})


class Feature(NamedTuple):
    """Agreement from 0.0 to 1.0, and how much that tells; `apart` says why the two are different works."""

    agreement: float
    telling: float = 1.0
    apart: titles.Apart | None = None


Features = dict[str, Feature]
_EQUAL: Final = Feature(1.0)
SCRIPT: Final = "script"
"""Stands for titles that cannot be compared because their scripts differ."""


def compare(local: Work, remote: Record) -> Features:
    """Compare a local description with a registry's, in the order of the fields' weight."""
    work = remote.work
    features: Features = {}
    for field, feature in (
        ("title", title(local, remote)),
        ("author", author(local, work)),
        ("year", year(local, remote)),
        ("container-title", container(local, remote)),
        ("volume", volume(local, work)),
        ("page", page(local, work)),
        ("number", number(local, work)),
        ("ISSN", issn(local, work)),
        ("type", kind(local, work)),
    ):
        if feature is not None:
            features[field] = feature
    if "title" not in features and local.title and work.title:
        features[SCRIPT] = Feature(0.0)
    return features


def title(local: Work, remote: Record) -> Feature | None:
    """Compare the titles; the best pair of all spellings counts."""
    if local.title and local.title == remote.work.title:
        return _EQUAL if _is_long(local.title) else Feature(1.0, headings.telling(headings.heading(local.title)))
    volumes = local.volume, remote.work.volume
    theirs = [headings.heading(each) for each in _titles(remote)]
    best: titles.Likeness | None = None
    for ours in _given(local.title, local.original_title):
        mine = headings.heading(ours)
        for yours in theirs:
            likeness = titles.likeness(mine, yours, volumes)
            if likeness and (best is None or likeness.agreement > best.agreement):
                best = likeness
                if likeness.agreement == 1.0 and not likeness.apart:
                    return Feature(*likeness)
    return Feature(round(best.agreement, 3), best.telling, best.apart) if best else None


def _is_long(title: str) -> bool:
    """Tell whether a title says enough without a closer look: most do, and folding them is a fifth of a verdict."""
    return len(title) >= _LONG_TITLE and "<" not in title and "&" not in title and "\\" not in title


def _given(*values: str | None) -> list[str]:
    return [value for value in values if value]


def _titles(remote: Record) -> list[str]:
    registered = remote.registration.titles[:_MOST_TITLES] if remote.registration else ()
    return list(dict.fromkeys(_given(remote.work.title, *registered, remote.work.original_title)))


def author(local: Work, remote: Work) -> Feature | None:
    """Compare the names: authors with authors, or whoever is responsible where a side has none."""
    ours = _people(local.author or local.editor)
    theirs = _people(remote.author or remote.editor)
    if not ours or not theirs:
        return None
    feature = _names(ours, theirs)
    if feature and feature.agreement < 0.5 and (local.editor or remote.editor or remote.translator):
        every = _people((*remote.author, *remote.editor, *remote.translator))
        other = _names(_people((*local.author, *local.editor)), every)
        return max(feature, other) if other else feature
    return feature


def _people(names: Sequence[Name]) -> list[Name]:
    if len(names) > _MOST_NAMES:
        names = names[:_MOST_NAMES]
    return [name for name in names if (name.family and name.given) or not _is_placeholder(name)]


def _is_placeholder(name: Name) -> bool:
    text = name.literal or name.family or name.given or ""
    return not text or text[0] == ":" or text.lower().strip(" .[]()") in _PLACEHOLDERS


def _names(ours: Sequence[Name], theirs: Sequence[Name]) -> Feature | None:
    """Return the share of the shorter list that the longer one holds; more names, and given ones, tell more."""
    fewer, more = (ours, theirs) if len(ours) <= len(theirs) else (theirs, ours)
    telling = min(1.0, 0.5 + 0.15 * len(fewer) + (0.2 if fewer[0].given or fewer[0].literal else 0.0))
    for one, other in zip(fewer, more, strict=False):
        if not person.plainly_same(one.family, one.given, other.family, other.given):
            break
    else:
        return Feature(1.0, telling)
    mine, yours = [_person(name) for name in fewer], [_person(name) for name in more]
    share = _share(mine, yours)
    if share == 0.0 and not _comparable(mine, yours):
        return _in_two_scripts(fewer, more, telling)
    return Feature(round(share, 3), telling)


def _in_two_scripts(fewer: Sequence[Name], more: Sequence[Name], telling: float) -> Feature | None:
    """Compare people whose names can be written in Latin letters; what lies between alike and unlike says nothing."""
    ours, theirs = ([_sounds(name) for name in names] for names in (fewer, more))
    if not all(ours) or not all(theirs):
        return None
    heard = [sound for name in theirs for sound in name]
    best = [max(fuzz.ratio(sound, other) for sound in name for other in heard) for name in ours]
    if min(best) >= _SAME_SOUND:
        return Feature(0.8, telling)
    return Feature(0.0, telling) if max(best) < _OTHER_SOUND else None


def _sounds(name: Name) -> list[str]:
    """Return the longer words of a name in Latin letters; none for a body or another script."""
    one = _person(name)
    letters = romanised(" ".join(one.words))
    return [word for word in letters.split() if len(word) > 2] if letters.isascii() and not one.is_body else []


def _person(name: Name) -> person.Person:
    return person.person(name.family, name.given, name.literal)


def _share(fewer: Sequence[person.Person], more: Sequence[person.Person]) -> float:
    """Return how much of `fewer` is found in `more`, each name once, the one at the same place asked first."""
    left = dict(enumerate(more))
    total = 0.0
    for place, name in enumerate(fewer):
        best, where = 0.0, -1
        for other in (place, *left):
            agreement = person.agreement(name, left[other]) if other in left else 0.0
            if agreement > best:
                best, where = agreement, other
            if best == 1.0:
                break
        left.pop(where, None)
        total += best
    return total / len(fewer)


def _comparable(ours: Sequence[person.Person], theirs: Sequence[person.Person]) -> bool:
    """Tell whether lists without a common name could have one: people with people, one script with the same."""
    return {(each.is_body, each.is_latin) for each in ours} == {(each.is_body, each.is_latin) for each in theirs}


def year(local: Work, remote: Record) -> Feature | None:
    """Compare the years of publication: print, online and posted dates all count, and a year's difference is none."""
    ours = local.issued.year if local.issued else None
    if not ours:
        return None
    issued = remote.work.issued
    if issued and issued.year == ours:
        return _EQUAL
    dates = (issued, *(remote.registration.published if remote.registration else ()))
    distances = [abs(ours - date.year) for date in dates if date and date.year]
    if not distances:
        return None
    distance = min(distances)
    return Feature((1.0, 0.9, 0.4, 0.2)[distance] if distance < 4 else 0.0)


def container(local: Work, remote: Record) -> Feature | None:
    """Compare journals or books by all their names."""
    first = local.container_title or local.container_title_short
    if not first:
        return None
    if first == remote.work.container_title:
        return _EQUAL
    ours = _given(local.container_title, local.container_title_short)
    registered = remote.registration.container_titles[:_MOST_TITLES] if remote.registration else ()
    theirs = dict.fromkeys(_given(remote.work.container_title, remote.work.container_title_short, *registered))
    if not theirs:
        return None
    if "<" in first or "&" in first:
        ours = [to_text(name) for name in ours]
    agreement = max(venue.agreement(mine, yours) for mine in ours for yours in theirs)
    if agreement == 0.0 and {is_latin(name) for name in ours}.isdisjoint(is_latin(name) for name in theirs):
        return None
    return Feature(round(agreement, 3))


def volume(local: Work, remote: Work) -> Feature | None:
    """Compare volumes; 0.5 where a volume is the year, which some publishers count by."""
    if not local.volume or not remote.volume:
        return None
    ours, theirs = locator.number_key(local.volume), locator.number_key(remote.volume)
    if ours == theirs:
        return _EQUAL
    years = {str(work.issued.year) for work in (local, remote) if work.issued}
    return Feature(0.5 if (ours in years) != (theirs in years) else 0.0)


def page(local: Work, remote: Work) -> Feature | None:
    """Compare first pages; an article number may stand for them on either side."""
    if not (local.page or remote.page) or not (local.page or local.number) or not (remote.page or remote.number):
        return None
    ours = {locator.first_page(value) for value in _given(local.page, local.number)}
    theirs = (
        ours
        if local.page == remote.page
        else {locator.first_page(value) for value in _given(remote.page, remote.number)}
    )
    shared = ours & theirs
    if shared:  # many articles begin on page 1, few on page 1021
        return Feature(1.0, min(1.0, 0.3 * max(map(len, shared))))
    return Feature(0.0 if set(map(_digits, ours)).isdisjoint(map(_digits, theirs)) else 0.5)


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdecimal())


def number(local: Work, remote: Work) -> Feature | None:
    """Compare numbers of articles, reports and patents."""
    if not local.number or not remote.number:
        return None
    return Feature(float(locator.number_key(local.number) == locator.number_key(remote.number)))


def issn(local: Work, remote: Work) -> Feature | None:
    """Compare ISSN: one in common is enough, none says little (print and electronic)."""
    if not local.issn or not remote.issn:
        return None
    ours, theirs = _serials(local.issn), _serials(remote.issn)
    if not ours or not theirs:
        return None
    return Feature(0.0 if ours.isdisjoint(theirs) else 1.0)


def _serials(values: Sequence[str]) -> set[str]:
    return {value.replace("-", "").strip()[:8].upper() for value in values}


_GROUPS: Final[dict[str, str]] = {
    "article-journal": "article", "article-magazine": "article", "article-newspaper": "article", "review": "article",
    "review-book": "article", "article": "preprint", "chapter": "part", "entry": "part", "entry-dictionary": "part",
    "entry-encyclopedia": "part", "paper-conference": "part", "book": "whole", "classic": "whole", "collection": "whole",
    "periodical": "serial", "dataset": "data", "software": "data", "figure": "data", "graphic": "data", "thesis": "thesis",
    "report": "report", "standard": "report", "patent": "patent", "speech": "talk",
}  # fmt: skip
_KINDRED: Final = frozenset(
    frozenset(pair)
    for pair in (
        ("article", "part"), ("article", "preprint"), ("part", "preprint"), ("report", "whole"), ("report", "preprint"),
        ("report", "article"), ("thesis", "whole"), ("thesis", "report"), ("part", "report"), ("thesis", "preprint"),
        ("talk", "part"), ("talk", "preprint"), ("talk", "data"),
    )
)  # fmt: skip


def group(csl_type: str | None) -> str | None:
    """Return the kind of thing a CSL type is; None for one that may be anything."""
    return _GROUPS.get(csl_type or "")


def kind(local: Work, remote: Work) -> Feature | None:
    """Compare types: 1.0 the same kind of thing, 0.7 kinds that catalogues confuse, 0.0 things that are never one."""
    ours = _GROUPS.get(local.type or "")
    if ours is None:
        return None
    if local.type == remote.type:
        return _EQUAL
    theirs = _GROUPS.get(remote.type or "")
    if theirs is None:
        return None
    if ours == theirs:
        return _EQUAL
    return Feature(0.7 if frozenset((ours, theirs)) in _KINDRED else 0.0)

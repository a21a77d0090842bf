"""When two values of a field say the same: what differs only in habit is no conflict and is not replaced.

Case, diacritics, blanks, hyphens; initials for given names; "p. 7" for "7-12"; "Springer" for "Springer Science and Business
Media LLC"; print and electronic ISSN. An abbreviated value says the same, only less.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from rapidfuzz import fuzz

from enrich.model.date import PartialDate
from enrich.model.name import Name
from enrich.model.record import Record
from enrich.text import locator, person, venue
from enrich.text.fold import key, squeezed

_NAMES_ALIKE: Final = 0.8
_VENUES_ALIKE: Final = 0.9
_ABSTRACT: Final = 1500  # letters of an abstract that are compared
_ABSTRACTS_ALIKE: Final = 90.0
_ELLIPSES: Final = frozenset({"et al", "et. al", "others", "and others", ""})
PEOPLE: Final = frozenset({"author", "editor", "translator", "collection_editor"})
_LABEL: Final = re.compile(r"\A\s*(?:abstract|summary)\b[\s:.—–-]*", re.IGNORECASE)
_BUSINESS: Final = frozenset({
    "ag", "and", "bv", "business", "co", "company", "corp", "corporation", "gmbh", "group", "inc", "kg", "limited", "llc",
    "ltd", "media", "of", "plc", "press", "publisher", "publishers", "publishing", "sa", "science", "sciences", "sons",
    "srl", "the", "und", "verlag",
})  # fmt: skip
_LANGUAGES: Final = {
    "english": "en", "eng": "en", "german": "de", "deutsch": "de", "ger": "de", "deu": "de", "french": "fr",
    "francais": "fr", "fre": "fr", "fra": "fr", "spanish": "es", "espanol": "es", "spa": "es", "chinese": "zh",
    "chi": "zh", "zho": "zh", "japanese": "ja", "jpn": "ja", "portuguese": "pt", "por": "pt", "russian": "ru",
    "rus": "ru", "italian": "it", "ita": "it", "polish": "pl", "pol": "pl", "korean": "ko", "kor": "ko",
}  # fmt: skip
_KINDS: Final = (
    {"article-journal", "article-magazine", "article-newspaper", "article", "review", "review-book"},
    {"chapter", "entry", "entry-dictionary", "entry-encyclopedia", "paper-conference"},
    {"book", "classic", "collection"},
    {"webpage", "post", "post-weblog"},
)


def same(attribute: str, ours: Any, theirs: Any, remote: Record) -> bool:
    """Tell whether the local and the registry's value of a field of `Work` say the same; both are there."""
    if ours == theirs:
        return True
    return _SAME.get(attribute, _text)(ours, theirs, remote)


def _text(ours: str, theirs: str, _remote: Record) -> bool:
    return squeezed(ours) == squeezed(theirs)


def _number(ours: str, theirs: str, _remote: Record) -> bool:
    return locator.number_key(ours) == locator.number_key(theirs)


def _page(ours: str, theirs: str, _remote: Record) -> bool:
    if locator.page_key(theirs) in (locator.page_key(ours), locator.prefixed(ours)):
        return True
    return not locator.is_range(ours) and locator.first_page(ours) == locator.first_page(theirs)


def _venue(ours: str, theirs: str, remote: Record) -> bool:
    others = remote.registration.container_titles if remote.registration else ()
    full = remote.work.container_title  # which an abbreviation abbreviates, be it another than the registry's
    return any(venue.agreement(ours, each) >= _VENUES_ALIKE for each in (theirs, *others, full) if each)


def _publisher(ours: str, theirs: str, _remote: Record) -> bool:
    mine, yours = set(key(ours).split()), set(key(theirs).split())
    core, other = mine - _BUSINESS or mine, yours - _BUSINESS or yours
    return core <= other or other <= core or squeezed(ours) == squeezed(theirs)


def _place(ours: str, theirs: str, _remote: Record) -> bool:
    mine, yours = set(key(ours).split()), set(key(theirs).split())
    return mine <= yours or yours <= mine


def _issued(ours: PartialDate, theirs: PartialDate, remote: Record) -> bool:
    published = remote.registration.published if remote.registration else ()
    if ours.year is None:
        return ours.literal == theirs.literal
    return ours.year in {date.year for date in (theirs, *published)}


def _issn(ours: Sequence[str], theirs: Sequence[str], _remote: Record) -> bool:
    return not serials(ours).isdisjoint(serials(theirs))


def serials(values: Sequence[str]) -> set[str]:
    """Return ISSN in compact form, whatever stands behind them ("1386-5056 (Linking)")."""
    return {value.strip().replace("-", "")[:8].upper() for value in values}


def _isbn(ours: Sequence[str], theirs: Sequence[str], _remote: Record) -> bool:
    return not set(map(_book, ours)).isdisjoint(map(_book, theirs))


def _book(value: str) -> str:
    """Return the nine digits that an ISBN of ten and one of thirteen have in common."""
    digits = "".join(char for char in value if char.isdecimal() or char in "xX")
    return digits[3:12] if len(digits) >= 13 else digits[:9]


def _type(ours: str, theirs: str, _remote: Record) -> bool:
    return any(ours in kind and theirs in kind for kind in _KINDS)


def _language(ours: str, theirs: str, _remote: Record) -> bool:
    return _code(ours) == _code(theirs)


def _code(language: str) -> str:
    folded = key(language)
    return _LANGUAGES.get(folded, folded[:2])


def _abstract(ours: str, theirs: str, _remote: Record) -> bool:
    mine, yours = (squeezed(_LABEL.sub("", text, count=1))[:_ABSTRACT] for text in (ours, theirs))
    return mine.startswith(yours) or yours.startswith(mine) or fuzz.ratio(mine, yours) >= _ABSTRACTS_ALIKE


def _licence(ours: str, theirs: str, _remote: Record) -> bool:
    mine, yours = (squeezed(text.split("://")[-1].removeprefix("www.")) for text in (ours, theirs))
    return mine.removesuffix("legalcode") == yours.removesuffix("legalcode")


def _doi(ours: str, theirs: str, remote: Record) -> bool:
    aliases = remote.registration.aliases if remote.registration else ()
    return ours in (theirs, *aliases)


def _people(ours: Sequence[Name], theirs: Sequence[Name], _remote: Record) -> bool:
    listed = ours[:-1] if is_ellipsis(ours[-1]) else ours
    others = theirs[: len(listed)] if len(listed) < len(ours) else theirs
    return bool(listed) and len(listed) == len(others) and all(map(same_person, listed, others))


def written_alike(ours: Sequence[Name], theirs: Sequence[Name]) -> bool:
    """Tell whether two lists give the same names in the same letters."""
    return len(ours) == len(theirs) and all(
        one.family == other.family and one.given == other.given and one.literal == other.literal
        for one, other in zip(ours, theirs, strict=True)
    )


def is_ellipsis(name: Name) -> bool:
    """Tell whether a name only says that there are others: "et al."."""
    text = name.displayed()
    return bool(text) and text.strip(" .,…[]").lower() in _ELLIPSES


def same_person(one: Name, other: Name) -> bool:
    """Tell whether two names fit one person or body."""
    if person.plainly_same(one.family, one.given, other.family, other.given) or one == other:
        return True
    left, right = (person.person(name.family, name.given, name.literal) for name in (one, other))
    return person.agreement(left, right) >= _NAMES_ALIKE


_SAME: Final[dict[str, Callable[[Any, Any, Record], bool]]] = {
    "type": _type, "container_title": _venue, "container_title_short": _venue, "collection_title": _venue,
    "event_title": _venue, "author": _people, "editor": _people, "translator": _people, "collection_editor": _people,
    "issued": _issued, "volume": _number, "issue": _number, "number": _number, "edition": _number, "page": _page,
    "number_of_pages": _number, "publisher": _publisher, "publisher_place": _place, "issn": _issn, "isbn": _isbn,
    "language": _language, "abstract": _abstract, "license": _licence, "doi": _doi,
}  # fmt: skip

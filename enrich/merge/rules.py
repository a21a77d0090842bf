"""The rules by which a field may change. Each has a name, which the report shows, and one sentence.

A rule looks at one field and returns a :class:`Step` or None. It sees the two records as they were, never what other rules
did to other fields, so the order of fields does not matter; applied to its own result it does nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from enrich.identifiers import doi as doi_names
from enrich.merge import names, repair, serials, venues
from enrich.merge.facts import Facts, Step
from enrich.merge.same import PEOPLE, same, same_person
from enrich.text.fold import squeezed
from enrich.text.locator import page_key

_MOST_NAMES: Final = 50
_MEANT: Final = re.compile(r"[1l][0o]|doi|/", re.IGNORECASE)  # what is left of a DOI, however it is spoilt
# A field is not filled with what another one already says.
_TWICE: Final = {
    "number": "page",
    "page": "number",
    "collection_title": "container_title",
    "container_title_short": "container_title",
    "event_title": "container_title",
}
_TYPE_TAGS: Final = frozenset({"0", "ty", "type", "entrytype"})
TITLES: Final = frozenset({"title", "container_title", "collection_title", "event_title"})
TEXTS: Final = TITLES | {"title_short", "original_title", "abstract", "publisher", "publisher_place", "genre"}
OVERLAPPING: Final = frozenset(("doi", "type", *PEOPLE, *_TWICE))
"""Fields that what another field says may keep empty."""


class Rule(NamedTuple):
    """A rule in a sentence and as a function of the facts, the name of a field of `Work`, and its value so far.

    `fields` are those it can be used on, by attribute; without any, all. `is_repair` says that it acts on a value in itself;
    the others have nothing to do where it is the registry's.
    """

    sentence: str
    apply: Callable[[Facts, str, Any], Step | None]
    fields: frozenset[str] = frozenset()
    is_repair: bool = False

    def fits(self, attribute: str) -> bool:
        """Tell whether the rule can be used on a field."""
        return not self.fields or attribute in self.fields


def _fill(facts: Facts, attribute: str, value: Any) -> Step | None:
    if value:
        return None
    theirs = facts.theirs(attribute)
    if not theirs or (attribute in OVERLAPPING and _said_elsewhere(facts, attribute, theirs)):
        return None
    return Step(theirs)


def _said_elsewhere(facts: Facts, attribute: str, theirs: Any) -> bool:
    if attribute == "doi":
        return facts.local.doi_text is not None  # something that is no DOI stands there, and is the user's
    if attribute == "type":  # so is the name of a type that nobody else knows
        return any(tag.lstrip("%").lower() in _TYPE_TAGS for tag, _ in facts.local.extra)
    if attribute in PEOPLE:
        others = [name for role in PEOPLE if role != attribute for name in _settled(facts, role)[:_MOST_NAMES]]
        return bool(others) and all(
            any(same_person(name, other) for other in others) for name in theirs[:_MOST_NAMES]
        )
    ours = _settled(facts, _TWICE[attribute])
    if attribute == "page":
        return bool(ours) and page_key(ours) == page_key(theirs)
    if attribute == "number":
        return page_key(theirs) in {page_key(value) for value in (ours, facts.theirs("page")) if value}
    return bool(ours) and squeezed(ours) == squeezed(theirs)


def _settled(facts: Facts, attribute: str) -> Any:
    """Return what a field that is not empty will say after this merge: the registry's where that is preferred."""
    ours, theirs = getattr(facts.local.work, attribute), facts.theirs(attribute)
    replaced = (
        facts.preferred and facts.remote and ours and theirs and not same(attribute, ours, theirs, facts.remote)
    )
    return theirs if replaced else ours


def _keep(_facts: Facts, _attribute: str, _value: Any) -> Step | None:
    return None


def _trust(facts: Facts, attribute: str, value: Any) -> Step | None:
    theirs = facts.theirs(attribute)
    if (
        not value
        or not theirs
        or facts.remote is None
        or not facts.preferred
        or same(attribute, value, theirs, facts.remote)
    ):
        return None
    return Step(theirs)


def _repair_doi(facts: Facts, _attribute: str, value: Any) -> Step | None:
    """Put the DOI of the confirmed work where a misspelt one is written; a report number in its place is the user's."""
    written, theirs = facts.local.doi_text, facts.theirs("doi")
    if value or not written or not theirs or not _MEANT.search(written):
        return None
    return Step(theirs, before=written)


def _find_doi(facts: Facts, _attribute: str, value: Any) -> Step | None:
    theirs = facts.theirs("doi")
    return Step(theirs) if theirs and not value and facts.local.doi_text is None else None


def _bare_doi(facts: Facts, _attribute: str, value: Any) -> Step | None:
    written = facts.local.doi_text
    # Case does not count in a DOI: one that is bare but for its capitals stays as the user wrote it.
    if not value or value != facts.local.work.doi or not written or doi_names.fold(written) == value:
        return None
    return Step(value, registered=False, before=written)


def _debris(facts: Facts, attribute: str, value: Any) -> Step | None:
    return names.debris(facts, attribute, value) if attribute in PEOPLE else repair.debris(facts, attribute, value)


def _mojibake(facts: Facts, attribute: str, value: Any) -> Step | None:
    return (
        names.mojibake(facts, attribute, value)
        if attribute in PEOPLE
        else repair.mojibake(facts, attribute, value)
    )


RULES: Final[Mapping[str, Rule]] = {
    "fill": Rule("An empty field takes the registry's value.", _fill),
    "keep": Rule("The local value stays, and a difference is reported.", _keep),
    "trust": Rule("A differing value gives way to that of an agency that is trusted more.", _trust),
    "repair-debris": Rule(
        "Tags and entities left in a text or a name are read as what they mean.",
        _debris,
        TEXTS | PEOPLE,
        is_repair=True,
    ),
    "repair-mojibake": Rule(
        "Text whose encoding was mistaken (“SchrÃ¶dinger”) is read as it was meant.",
        _mojibake,
        TEXTS | PEOPLE,
        is_repair=True,
    ),
    "repair-latex": Rule(
        "LaTeX left in a text gives way to the registry's text of the same letters.", repair.latex, TEXTS
    ),
    "repair-lost-blanks": Rule(
        "Words that are glued together are parted as the registry has them.", repair.blanks, TEXTS
    ),
    "repair-title-truncated": Rule("A title cut off in a word or phrase is completed.", repair.truncated, TITLES),
    "repair-title-shouting": Rule(
        "A title all in capitals is written as the registry has it.", repair.shouting, TITLES
    ),
    "repair-year-short": Rule(
        "A year of two digits is written in full.", repair.short_year, frozenset({"issued"})
    ),
    "repair-page-range": Rule(
        "A page range has both pages in full and one plain hyphen.",
        repair.page_range,
        frozenset({"page"}),
        is_repair=True,
    ),
    "repair-abstract-truncated": Rule(
        "An abstract that breaks off in a sentence is completed.",
        repair.abstract_truncated,
        frozenset({"abstract"}),
    ),
    "repair-abstract-overrun": Rule(
        "An abstract ends where the article's body begins.",
        repair.abstract_overrun,
        frozenset({"abstract"}),
        is_repair=True,
    ),
    "repair-serial": Rule(
        "An ISSN gets its hyphen, a number with a wrong digit the registry's.",
        serials.repaired,
        frozenset({"issn", "isbn"}),
    ),
    "complete-names": Rule(
        "A list of people that ends in “et al.”, or breaks off, is completed.", names.completed, PEOPLE
    ),
    "repair-names-reversed": Rule(
        "Family and given names that stand in each other's place change places.", names.turned, PEOPLE
    ),
    "repair-names-shouting": Rule(
        "Names all in capitals are written as the registry has them.", names.lowered, PEOPLE
    ),
    "expand-names": Rule(
        "Given names are written in full where every name on both lists agrees.", names.expand, PEOPLE
    ),
    "journal-in-full": Rule(
        "A journal named by its abbreviation is named in full; the abbreviation is kept beside it.",
        venues.in_full,
        frozenset({"container_title"}),
    ),
    "add-issn": Rule(
        "A list of ISSN that lacks some of the registry's is completed.", serials.add_issn, frozenset({"issn"})
    ),
    "repair-doi": Rule(
        "A DOI that does not exist gives way to the one it is a misspelling of.", _repair_doi, frozenset({"doi"})
    ),
    "find-doi": Rule(
        "A record without a DOI takes that of the work which a search found.", _find_doi, frozenset({"doi"})
    ),
    "bare-doi": Rule("A DOI is written without address or label.", _bare_doi, frozenset({"doi"}), is_repair=True),
}
"""Name -> rule."""

"""Repairs of values that are provably broken."""

from __future__ import annotations

import re
from typing import Any, Final

from enrich.merge.facts import Facts, Step
from enrich.model.date import PartialDate
from enrich.model.note import Note
from enrich.text import locator, markup
from enrich.text.abstract import completed, overrun
from enrich.text.fold import position_after, squeezed
from enrich.text.spelling import letters_of_latex, lost_blanks, unmisread

_SHORTEST: Final = 12  # letters of a title that can be told to be cut off
_ELLIPSIS: Final = re.compile(r"\s*(?:\.\.\.|…)\s*\Z")
_ENDING: Final = 3  # letters that are no plural: "Biological Review" is not cut off from "Biological Reviews"
_SUBTITLE: Final = frozenset(":.;—–-―(?!/[|‐‑")
_LONG_WORD: Final = 5  # letters of a word that is no acronym
_SHORT_YEAR: Final = re.compile(r"['’‘]?([0-9]{2})")
_PAGED: Final = frozenset({
    None, "article", "article-journal", "article-magazine", "article-newspaper", "chapter", "entry", "entry-dictionary",
    "document", "entry-encyclopedia", "paper-conference", "review", "review-book",
})  # fmt: skip


def debris(_facts: Facts, attribute: str, value: Any) -> Step | None:
    """Read tags and entities as what they mean; a value that would be empty then stays."""
    if not value or not markup.has_markup(value):
        return None
    plain = markup.pasted_abstract(value) if attribute == "abstract" else markup.to_text(value)
    return Step(plain, registered=False) if plain and plain != value else None


def mojibake(_facts: Facts, _attribute: str, value: Any) -> Step | None:
    """Read a text as it was meant where all of it is UTF-8 that was taken for Windows-1252: nobody writes so."""
    plain = unmisread(value) if value else None
    return Step(plain, registered=False) if plain else None


def latex(facts: Facts, attribute: str, value: Any) -> Step | None:
    """Write a text with LaTeX in it as the registry has it, where both have the same letters once the commands are read."""
    theirs = facts.theirs(attribute)
    if not value or not theirs or ("\\" not in value and "{" not in value and "$" not in value):
        return None
    letters = letters_of_latex(value)
    return Step(theirs) if letters and letters == squeezed(theirs) and letters_of_latex(theirs) is None else None


def blanks(facts: Facts, attribute: str, value: Any) -> Step | None:
    """Write a text as the registry has it where both have the same letters, and words are glued together here only."""
    theirs = facts.theirs(attribute)
    return Step(theirs) if value and theirs and lost_blanks(value, theirs) else None


def truncated(facts: Facts, attribute: str, value: Any) -> Step | None:
    """Complete a title that ends in dots, within a word or within a phrase; one that lacks its subtitle is not broken.

    The name of a journal may be shorter than another's and mean itself: it is cut off only in dots or within a word.
    """
    whole = facts.theirs(attribute)
    if not value or not whole or len(whole) < len(value) - 4:  # four: an ellipsis and its blank
        return None
    rest = _missing(value, whole)
    if rest is None:
        return None
    if not _ELLIPSIS.search(value):
        if attribute == "container_title" and (
            not (rest[:_ENDING].isalpha() and rest[:_ENDING].islower() and len(rest) >= _ENDING)
            or value[-1] == "."
        ):
            return None
        beginning, following = whole[: len(whole) - len(rest)], rest.lstrip()
        if not rest[:1].isalnum() and (not following or following[0] in _SUBTITLE or beginning[-1] in _SUBTITLE):
            return None
    return Step(whole)


def _missing(value: str, whole: str) -> str | None:
    """Return what of `whole` follows the letters of `value`; None where it does not begin with them."""
    letters = squeezed(_ELLIPSIS.sub("", value))
    every = squeezed(whole)
    if len(letters) < _SHORTEST or len(every) <= len(letters) or not every.startswith(letters):
        return None
    return whole[position_after(whole, len(letters)) :]


def shouting(facts: Facts, attribute: str, value: Any) -> Step | None:
    """Write a title that is all capitals as the registry has it, which has the same letters and does not shout.

    Where only the registry has a subtitle, none is added.
    """
    theirs = facts.theirs(attribute)
    if not value or not theirs or not value.isupper() or theirs.isupper():
        return None
    letters, every = squeezed(value), squeezed(theirs)
    if not letters or not every.startswith(letters):
        return None
    if len(letters) < len(every):
        theirs, rest = _parted(theirs, position_after(theirs, len(letters)))
        if attribute == "container_title" or rest[:1] not in _SUBTITLE or theirs.isupper():
            return None
    return Step(theirs) if _is_prose(value, theirs) else None


def _parted(text: str, position: int) -> tuple[str, str]:
    return text[:position], text[position:].lstrip()


def _is_prose(value: str, theirs: str) -> bool:
    """Tell whether capitals are shouting: "JAMA" and "PLOS ONE" are names, "NATURE MEDICINE" has words."""
    words = value.split()
    if len(words) > 2:
        return True
    counterparts = theirs.split()
    return len(words) == len(counterparts) == 2 and any(
        len(word) >= _LONG_WORD and other[1:].islower() for word, other in zip(words, counterparts, strict=True)
    )


def page_range(facts: Facts, attribute: str, value: Any) -> Step | None:
    """Write a page range out: "123–5" becomes "123-125"; a page within a chapter or a standard ("12-1") stays.

    So does what the registry contradicts: another range, or an article number that reads like one.
    """
    if not value or (facts.local.work.type not in _PAGED and (facts.theirs("type") or "") not in _PAGED):
        return None
    plain = locator.expanded(value)
    theirs = facts.theirs(attribute)
    if not theirs or theirs == value:
        return Step(plain, registered=False) if plain != value != facts.theirs("number") else None
    whole = locator.page_key(theirs)
    if locator.prefixed(plain) == whole != locator.page_key(value):
        return Step(theirs)
    if (
        plain == value
        or facts.theirs("number") == value
        or (locator.is_range(theirs) and locator.page_key(plain) != whole)
    ):
        return None
    return Step(plain, registered=False)


def short_year(facts: Facts, attribute: str, value: Any) -> Step | None:
    """Write a year of two digits in full, where the registry has a year that ends in them."""
    theirs = facts.theirs(attribute)
    if not value or not theirs or value.year is not None or facts.remote is None:
        return None
    digits = _SHORT_YEAR.fullmatch((value.literal or "").strip())
    dates = (theirs, *(facts.remote.registration.published if facts.remote.registration else ()))
    years = (date.year for date in dates if digits and date.year and date.year % 100 == int(digits[1]))
    year = next(years, None)
    return Step(PartialDate(year=year)) if year else None


def abstract_truncated(facts: Facts, attribute: str, value: Any) -> Step | None:
    """Complete an abstract that breaks off within a sentence of the registry's; one that ends with a sentence stays."""
    theirs = facts.theirs(attribute)
    return Step(theirs) if value and theirs and completed(value, theirs) else None


def abstract_overrun(facts: Facts, attribute: str, value: Any) -> Step | None:
    """Cut an abstract where the body begins; what is cut off stands in the note."""
    if not value:
        return None
    found = overrun(value, facts.theirs(attribute))
    if found is None:
        return None
    where = "at the heading of a section" if found.how == "heading" else "where the registry's abstract ends"
    text = f"the abstract ran on into the text and was cut {where}; cut off: {found.rest.strip()}"
    note = Note(severity="warning", code="abstract-overrun", text=text)
    return Step(found.abstract, registered=found.how == "registry", note=note)

"""Repairs of values that are provably broken."""

from __future__ import annotations

import re
from typing import Any, Final

from enrich.merge.facts import Facts, Step
from enrich.model.note import Note
from enrich.text import locator, markup
from enrich.text.abstract import overrun
from enrich.text.fold import position_after, squeezed

_SHORTEST: Final = 12  # letters of a title that can be told to be cut off
_ELLIPSIS: Final = re.compile(r"\s*(?:\.\.\.|…)\s*\Z")
_SUBTITLE: Final = frozenset(":.;—–-―(?!/[|‐‑")
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


def truncated(facts: Facts, attribute: str, value: Any) -> Step | None:
    """Complete a title that ends in dots, within a word or within a phrase; one that lacks its subtitle is not broken."""
    whole = facts.theirs(attribute)
    if not value or not whole:
        return None
    rest = _missing(value, whole)
    if rest is None:
        return None
    if not _ELLIPSIS.search(value) and not rest[:1].isalnum():
        beginning, following = whole[: len(whole) - len(rest)], rest.lstrip()
        if not following or following[0] in _SUBTITLE or beginning[-1] in _SUBTITLE:
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
    """Write a title that is all capitals as the registry has it, which has the same letters and does not shout."""
    theirs = facts.theirs(attribute)
    if not value or not theirs or not _shouts(value) or _shouts(theirs) or squeezed(value) != squeezed(theirs):
        return None
    return Step(theirs)


def _shouts(text: str) -> bool:
    """Tell whether there is no small letter in several words; "JAMA" and "PLOS ONE" are names."""
    return text.isupper() and len(text.split()) > 2


def page_range(facts: Facts, _attribute: str, value: Any) -> Step | None:
    """Write a page range out: "123–5" becomes "123-125"; a page within a chapter or a standard ("12-1") stays."""
    if not value or facts.local.work.type not in _PAGED:
        return None
    plain = locator.expanded(value)
    return Step(plain, registered=False) if plain != value else None


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

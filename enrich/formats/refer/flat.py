"""Tags within a line: the flattened form.

Text taken from web pages has lost its line breaks, so that a whole record, or several, stand on one line. A percent sign
and a letter occur in prose too ("5 mol %K", "%C 45.1"), above all in abstracts. Before the first `%X` or `%Z` every tag is
taken for one; after it only where its value has the right shape: an address after `%U`, a year after `%D`. Tags without a
shape of their own (`%I`, `%J`) must begin like a heading, not follow a number, unit or preposition, and not be there
already; they do not lift the guard, a tag with a shape does. `%(`, `%)` and `%]` count at the beginning of a line only:
"(58 %) of patients".
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from enrich.formats import dates
from enrich.formats.refer.tags import csl_type

CANDIDATE: Final = re.compile(r"%(?<!\S%)([0-46-9A-Z@!#$&*+?<>=^\[~])(?!\S)")
"""A tag with white space before and after it."""

_PROSE: Final = frozenset("XZ")
# Where every other tag has its own line, a line of text is even less likely to hold one.
_PROSE_IN_LINES: Final = frozenset("XZTBJOSQ+!")
_SINGLE: Final = frozenset("TJDVNPXI0")
_WEAK: Final = frozenset("TJBSICKMLFGHOQWYZX!+^~<*#$9")
_ELEMENTS: Final = frozenset("CHNSOPF")
_LONGEST: Final = 300

_PAGES: Final = r"[A-Za-z]{0,4}[0-9]{1,7}[A-Za-z]?(?:\s?[-–—+,]{1,2}\s?[A-Za-z]{0,4}[0-9]{1,7}[A-Za-z]?){0,9}"
_PARTICLES: Final = "van|von|der|den|de|del|di|da|dos|la|le|al|el|bin|ibn"
_CAPITALIZED: Final = r"(?:[^\W\d_a-zà-ÿ][\w.'’\-]*)"
_SHAPES: Final = {
    tag: re.compile(pattern, re.IGNORECASE if tag in "U>RP1234@" else 0)
    for tags, pattern in {
        "U>": r"(?:https?|ftp|hdl|internal-pdf|doi|urn):\S|www\.\S|<go to isi>|\[url|10\.\d{4,9}/",
        "R": r"(?:doi|urn|oai|hdl|info|https?)\s?:|10\.\d{4,9}(?:\.\d+)*(?:/|%2f)|doi\s+10\.|dx\.doi|doi\.org",
        "1234": r"(?:doi\s?:|10\.\d{4,9}/|https?://)",
        "@": r"(?:issn|isbn)?:?\s?(?:\d{4}-?\d{3}[\dx]|(?:97[89][ -]?)?\d[\d -]{7,12}[\dx])\b",
        "P": rf"(?:(?:article|artn|art\.?)\s)?{_PAGES}\Z|[ivxlcdm]{{1,8}},\s\d{{1,5}}\Z|\d{{1,5}}\s?(?:s|p|pp|S)\.?\Z",
        "AE": rf"(?:(?:{_PARTICLES})[ -])*[^\W\d_a-z][^\d,.;:%]{{1,40}},\s?[^\W\d_a-z][^\d,;:%]{{0,40}},?\Z"
        rf"|{_CAPITALIZED}(?:\s(?:{_PARTICLES}|{_CAPITALIZED})){{1,5}},?\Z"
        r"|[\u3400-\u9fff]{2,4}\Z",
    }.items()
    for tag in tags
}  # fmt: skip
_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?[,;.]?(?:\s|\Z)")
_COUNT: Final = re.compile(r"[0-9]{1,4}[A-Za-z]?")
_BEFORE_NO_TAG: Final = frozenset({
    "%", "wt", "wt.", "vol", "vol.", "mol", "at", "at.", "w/w", "v/v", "w/v", "mass", "atomic", "weight", "about", "ca",
    "ca.", "approximately", "of", "in", "by", "with", "to", "for", "from", "on", "than", "as", "and", "or", "is", "was",
    "were", "the", "a", "an", "per",
})  # fmt: skip
_AFTER_NUMBER: Final = re.compile(r"[(\[]?[<>≤≥~±]?[0-9](?:[0-9.,/±–-]*[0-9,;])?")
_OPENING: Final = "\"'“‘«([ "


class Split(NamedTuple):
    """The tags of a line, and those candidates that were taken for text."""

    tags: list[tuple[str, str]]
    rejected: list[str]


class _Guard(NamedTuple):
    """One candidate in its surroundings."""

    line: str
    matches: list[re.Match[str]]
    number: int
    tag: str
    value: str
    seen: set[str]

    @property
    def before(self) -> str:
        """The last words before it."""
        at = self.matches[self.number].start()
        return self.line[max(0, at - 24) : at].rstrip()

    def neighbour(self, step: int) -> tuple[str, str]:
        """Return the candidate before (-1) or after it (1), and its value."""
        return _candidate(self.line, self.matches, self.number + step)


def split(line: str, *, seen: frozenset[str] = frozenset(), in_lines: bool = False) -> Split:
    """Split a line that begins with a tag.

    `seen` are the tags of the record's other lines; with `in_lines` these hold one tag each, as a rule.
    """
    matches = list(CANDIDATE.finditer(line))
    prose = _PROSE_IN_LINES if in_lines else _PROSE
    taken, start, known = line[1], 2, {line[1], *seen}
    guarded = taken in prose
    tags: list[tuple[str, str]] = []
    rejected: list[str] = []
    for number, match in enumerate(matches):
        at, end = match.span()
        if at == 0:
            continue
        tag, shaped = match[1], False
        if guarded:
            guard = _Guard(line, matches, number, *_candidate(line, matches, number), known)
            shaped = _has_shape(guard)
            is_tag = shaped or (not in_lines and _may_be_tag(guard))
        else:
            is_tag = taken != "T" or not _is_percentage(line, at, end)
            if (
                tag == "0" and "0" in known
            ):  # a record has one type; what names none is text, as it is between records
                is_tag = is_tag and csl_type(_candidate(line, matches, number)[1]) is not None
        if is_tag:
            tags.append((taken, line[start:at].strip()))
            taken, start = tag, end
            known.add(tag)
            guarded = tag in prose or (guarded and not shaped)
        else:
            rejected.append(tag)
    tags.append((taken, line[start:].strip()))
    return Split(tags, rejected)


def _candidate(line: str, matches: list[re.Match[str]], number: int) -> tuple[str, str]:
    """Return a candidate and its value, should it be a tag: the text up to the next, or as much of it as matters."""
    if not 0 <= number < len(matches):
        return "", ""
    end = matches[number + 1].start() if number + 1 < len(matches) else len(line)
    start = matches[number].end()
    return matches[number][1], line[start : min(end, start + _LONGEST)].strip()


def _is_percentage(line: str, at: int, end: int) -> bool:
    """Tell whether a title goes on: "with 5 %C steel"."""
    return line[end + 1 : end + 2].islower() and _follows_number(line[max(0, at - 24) : at])


def _follows_number(before: str) -> bool:
    words = before.split()
    return bool(words) and (words[-1].lower() in _BEFORE_NO_TAG or _AFTER_NUMBER.fullmatch(words[-1]) is not None)


def _has_shape(guard: _Guard) -> bool:
    """Tell whether the value is what only this tag has."""
    tag, value = guard.tag, guard.value
    if tag in _SINGLE and tag in guard.seen:
        return tag == "0" and csl_type(value) is not None
    if tag == "0":
        return csl_type(value) is not None
    if tag in "8[=7D":
        date = dates.parse(value)
        return date is not None and (date.year is not None or tag == "8") and not _follows_number(guard.before)
    shape = _SHAPES.get(tag)
    if shape is None or shape.match(value) is None:
        return False
    return tag not in "PAE" or not (_follows_number(guard.before) or (tag == "P" and _is_analysis(guard)))


def _is_analysis(guard: _Guard) -> bool:
    """Tell whether the candidate is one of a row of elements: `%C 45.1 %H 3.2 %N 5.6`."""
    return any(tag in _ELEMENTS and _NUMBER.match(value) for tag, value in map(guard.neighbour, (-1, 1)))


def _may_be_tag(guard: _Guard) -> bool:
    """Tell whether a tag without a shape of its own begins here; the guard stays."""
    tag, value = guard.tag, guard.value
    if tag in _SINGLE and tag in guard.seen:
        return False
    before = guard.before
    ends_sentence = before.endswith((".", "!", "?", ")", "…", '"', "”"))
    if tag in "VN":
        return bool(_COUNT.fullmatch(value)) and (
            (tag == "V" and ends_sentence) or (tag == "N" and guard.neighbour(-1)[0] == "V" and "V" in guard.seen)
        )
    if tag not in _WEAK or _follows_number(before):
        return False
    if tag == "K" and ends_sentence and (";" in value or "," in value) and not value.endswith("."):
        return True
    first = value.lstrip(_OPENING)[:1]
    return first.isalpha() and not first.islower()

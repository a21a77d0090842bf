"""Titles of one work, as different hands write them, and titles that only look alike.

Alike are titles whose letters are equal when case, diacritics, markup and blanks are taken away; whose subtitle is missing
on one side; or that differ by a few letters. Told apart, however alike: parts and volumes of a series, and what is
published *about* a work under its title (errata, replies, comments, reviews, data).
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import Final, NamedTuple

from rapidfuzz import fuzz

from enrich.text import locator
from enrich.text.fold import is_latin, key

_MARKUP: Final = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_COMMAND: Final = re.compile(r"\\[A-Za-z]+\s*\{")
_GENERIC: Final = frozenset({
    "about the authors", "about this issue", "abstract", "abstracts", "acknowledgements", "acknowledgments",
    "announcement", "announcements", "appendix", "author index", "back cover", "back matter", "backmatter",
    "bibliography", "book review", "book reviews", "calendar", "case report", "commentary", "conclusion",
    "conclusions", "contents", "contributors", "correction", "corrigendum", "cover", "discussion",
    "editorial", "editorial board", "editors introduction", "editors note", "epilogue", "erratum", "foreword",
    "from the editor", "front cover", "front matter", "frontmatter", "glossary", "guest editorial",
    "in memoriam", "in this issue", "index", "introduction", "issue information", "letter",
    "letter to the editor", "letters", "letters to the editor", "list of contributors", "masthead",
    "meeting report", "news", "note", "notes", "notes on contributors", "obituary", "occurrence download",
    "open peer review", "preface", "prologue", "references", "reply", "research highlights", "reviews",
    "short communications", "summary", "table of contents", "title page", "untitled",
})  # fmt: skip
_RETRACTED: Final = re.compile(
    r"(?:retracted|withdrawn|removed)(?: article| chapter| paper)? (?=\w)|(?:article|paper) (?:retracted|withdrawn) (?=\w)"
)
_KINDS: Final[dict[str, re.Pattern[str]]] = {
    kind: re.compile(rf"(?:{pattern})\s*")
    for kind, pattern in {
        "a correction": r"(?:publishers? |authors? |editorial )?(?:erratum|errata|corrigend(?:um|a)|addend(?:um|a)"
        r"|corrections?(?= to\b| for\b| notice\b|$))\b(?: (?:to|for|in|notice|on))?",
        "a retraction": r"(?:retraction|withdrawal)(?: (?:note|notice|statement))?(?: to| of| for)?\b"
        r"|(?:notice|statement) of retraction",
        "an expression of concern": r"(?:editorial )?expression of concern(?: to| for| regarding)?\b",
        "a reply": r"(?:the )?authors? (?:reply|response)\b|rejoinder\b"
        r"|(?:reply|replies|response)(?: to\b|$)(?: (?:the )?(?:comments?|letter))?(?: on| by| from)?",
        "a comment": r"(?:invited |editorial )?(?:(?:a )?comments?|commentary|discussion|remarks?) (?:on|to|of|about)\b",
        "a review": r"(?:book review|review for|peer review (?:of|for)|decision letter(?: for)?"
        r"|reviewer report(?: for)?)\b",
        "data": r"(?:data from|data for|dataset for|supporting information(?: for| to)?|additional file \w+ of"
        r"|supplement(?:ary|al) (?:materials?|information|data|files?)(?: for| to| from)?|replication data for"
        r"|code for)\b",
    }.items()
}
_ANNOUNCED: Final = re.compile(
    r"\W{0,3}((?:(?:author|publisher)(?:['’]?s)?\s)?(?:correction|comment|reply|response|retraction)s?)\s?[:.—–]\s",
    re.IGNORECASE,
)
# With what such a title begins or ends: a quick look whether it is worth while to try them.
_KIND_FIRST: Final = frozenset({
    "a", "addenda", "addendum", "additional", "author", "authors", "book", "code", "comment", "commentary", "comments",
    "corrigenda", "corrigendum", "correction", "corrections", "data", "dataset", "decision", "discussion", "editorial",
    "errata", "erratum", "expression", "invited", "notice", "peer", "publisher", "publishers", "rejoinder", "remark",
    "remarks", "replication", "replies", "reply", "response", "retraction", "review", "reviewer", "statement",
    "supplemental", "supplementary", "supporting", "the", "withdrawal",
})  # fmt: skip
_KIND_LAST: Final = frozenset({"comment", "corrigendum", "erratum", "rejoinder", "reply", "response"})
_KIND_AT_END: Final = re.compile(
    r"(.{12,}) (?:(erratum|corrigendum)|((?:authors? |a )?reply|rejoinder|authors? response)|((?:a )?comment))"
)
_KIND_OF_GROUP: Final = (None, None, "a correction", "a reply", "a comment")
_UNIT: Final = (
    "(?:part|pt|volume|vol|number|no|book|band|bd|teil|tome|partie|parte|series|chapter|section|phase|study|case|"
    "stage)"
)
_COUNT: Final = r"(\d{1,4}|[ivxl]{1,7}|[a-h]|one|two|three|four|five|six)\b"
_COUNTED: Final = re.compile(rf"\b{_UNIT} {_COUNT}")
_PART_TAIL: Final = re.compile(rf"{_UNIT} {_COUNT}|(\d{{1,2}}|[ivx]{{1,5}})\Z|([ivx]{{2,5}})\b")
_WRITTEN: Final = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6"}

_GREEK_LETTER: Final = re.compile("(?<![α-ω])[α-ω](?![α-ω])")
_GREEK: Final = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta",
    "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "ο": "omicron",
    "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi",
    "ω": "omega",
}  # fmt: skip
_SMALL: Final = frozenset({
    "a", "an", "and", "as", "at", "by", "de", "der", "die", "du", "el", "for", "from", "in", "la", "le", "of",
    "on", "or", "the", "to", "und", "vs", "versus", "via", "with",
})  # fmt: skip

_ALIKE: Final = 0.85
_SAME_MARK: Final = 70.0
_SAME_WORD: Final = 60.0
_LONGEST: Final = 1000


class Heading(NamedTuple):
    """A title ready for comparison: folded words, the same without blanks, and what kind of piece it announces.

    What announces the kind ("Erratum to") is no part of the words; `mark` keeps it, without blanks.
    """

    words: str
    letters: str
    latin: bool
    kind: str | None = None
    mark: str = ""


class Apart(NamedTuple):
    """Why two works are different although their titles are alike; `certain` unless other fields may overrule it."""

    reason: str
    certain: bool


class Likeness(NamedTuple):
    """How alike two titles are, how much that tells, and what tells them apart, if anything does."""

    agreement: float
    telling: float
    apart: Apart | None = None


def heading(title: str) -> Heading:
    """Fold a title; a notice of retraction set before it ("RETRACTED: ...") is no part of it."""
    return _heading(title[:_LONGEST])


@lru_cache(maxsize=512)  # both sides of a pair mostly have the same title, and it is folded once
def _heading(plain: str) -> Heading:
    if "<" in plain or "&" in plain:
        plain = html.unescape(_MARKUP.sub("", html.unescape(plain)))
    if "\\" in plain:
        plain = _COMMAND.sub("{", plain)
    announced = _ANNOUNCED.match(plain)
    if announced:
        plain = f"{announced[1]} to {plain[announced.end() :]}"
    words = key(plain)
    if not words.isascii():
        words = _GREEK_LETTER.sub(lambda match: f" {_GREEK.get(match[0], match[0])} ", words)
        words = " ".join(words.split())
    if words.startswith(("ret", "wit", "rem", "art", "pap")):
        words = _without_mark(words)
    latin = is_latin(plain)
    if words.partition(" ")[0] in _KIND_FIRST or words.rpartition(" ")[2] in _KIND_LAST:
        for kind, pattern in _KINDS.items():
            match = pattern.match(words)
            if match and match.end() < len(words):
                rest = words[match.end() :]
                return Heading(rest, rest.replace(" ", ""), latin, kind, match[0].replace(" ", ""))
        match = _KIND_AT_END.fullmatch(words)
        if match and match.lastindex:
            return Heading(match[1], match[1].replace(" ", ""), latin, _KIND_OF_GROUP[match.lastindex])
    return Heading(words, words.replace(" ", ""), latin)


def _without_mark(words: str) -> str:
    match = _RETRACTED.match(words)
    return words[match.end() :] if match else words


def telling(title: Heading) -> float:
    """Return from 0.0 to 1.0 how much agreeing in this title says: "Editorial" says nothing."""
    if title.words in _GENERIC:
        return 0.0
    if not title.latin:
        return min(1.0, len(title.letters) / 12)
    return max(0.25, min(1.0, (len(title.letters) - 4) / 26))


def likeness(
    one: Heading, other: Heading, volumes: tuple[str | None, str | None] = (None, None)
) -> Likeness | None:
    """Compare two titles; None where their scripts are different and nothing can be said.

    `volumes` are those of the two works: a title that ends in "Volume 12" is no other title when the other says so there.
    """
    if not one.letters or not other.letters or one.latin != other.latin:
        return None
    if one.kind != other.kind and _misspelt(one, other):
        one, other = _whole(one), _whole(other)
    agreement, apart = _agreement(one, other, volumes)
    if one.kind != other.kind and agreement >= 0.8:
        apart = Apart(f"By their titles one is {_spoken(one)}, the other {_spoken(other)}.", certain=True)
    if agreement < 0.5:  # that titles differ is plain to see, unless one is but the heading of a column
        return Likeness(agreement, 0.7 if telling(one) * telling(other) == 0.0 else 1.0, apart)
    return Likeness(agreement, min(telling(one), telling(other)), apart)


def _misspelt(one: Heading, other: Heading) -> bool:
    """Tell whether both begin with the same announcement, of which one is written so that it was not recognised."""
    marked, plain = (one, other) if one.mark else (other, one)
    return (
        bool(marked.mark)
        and not plain.mark
        and fuzz.ratio(marked.mark, plain.letters[: len(marked.mark)]) > _SAME_MARK
    )


def _whole(title: Heading) -> Heading:
    return title._replace(
        letters=title.mark + title.letters, words=f"{title.mark} {title.words}".strip(), kind=None
    )


def _spoken(title: Heading) -> str:
    return title.kind or "the work itself"


def _agreement(one: Heading, other: Heading, volumes: tuple[str | None, str | None]) -> tuple[float, Apart | None]:
    if one.letters == other.letters:
        return 1.0, None
    # The shorter one first; whose volume may explain a number that ends the longer one.
    if len(one.letters) <= len(other.letters):
        short, long, volume = one, other, volumes[0]
    else:
        short, long, volume = other, one, volumes[1]
    if long.letters.startswith(short.letters):
        return _with_tail(short, long, volume)
    ratio = fuzz.ratio(short.letters, long.letters) / 100
    apart = _other_count(short, long) if ratio > 0.5 else None
    if ratio >= _ALIKE:
        apart = apart or _other_word(short, long)
        return (0.3, apart) if apart else (ratio, None)
    agreement = _loosely(short, long, ratio)
    return (min(agreement, 0.5), None) if apart else (agreement, None)


def _with_tail(short: Heading, long: Heading, volume: str | None) -> tuple[float, Apart | None]:
    """Judge a title that is the beginning of the other: cut off, without its subtitle, or without its number."""
    if long.words.startswith(short.words + " "):
        match = _PART_TAIL.match(long.words, len(short.words) + 1)
        if match:
            if volume is not None and locator.number_key(volume) == _number(match):
                return 0.95, None
            return 0.5, Apart(f"Only one of the titles goes on with {match[0]!r}.", certain=False)
    apart = _other_count(short, long)
    if apart and apart.certain:  # "Part I" is the beginning of "Part II", too
        return 0.3, apart
    count = short.words.count(" ") + 1
    if count >= 3 or (not short.latin and len(short.letters) >= 6):
        return 0.95, None
    return (0.85 if count == 2 and len(short.letters) >= 10 else 0.6), None


def _number(match: re.Match[str]) -> str:
    found = match[match.lastindex or 0]
    return _WRITTEN.get(found) or locator.number_key(found)


def _other_count(short: Heading, long: Heading) -> Apart | None:
    """Tell apart titles that both count (parts, volumes, years) and count differently."""
    left, right = _units(short.words), _units(long.words)
    certain = bool(left and right) and left != right
    if not certain:
        if _digits(short.letters) == _digits(long.letters) != "":
            return None  # "Web 20" and "Web 2.0"
        left, right = _last_number(short.words), _last_number(long.words)
        certain = bool(left and right) and left != right
    if not certain:
        left, right = _decimals(short.words), _decimals(long.words)
        if not left or not right or left == right:
            return None
    return Apart(f"The titles count differently: {' '.join(left)} and {' '.join(right)}.", certain=certain)


def _units(words: str) -> list[str]:
    return [_number(match) for match in _COUNTED.finditer(words)]


def _last_number(words: str) -> list[str]:
    last = words.rsplit(" ", 1)[-1]
    counts = locator.roman(last) is not None or (last.isdecimal() and len(last) < 3)
    return [locator.number_key(last)] if counts else []


def _decimals(words: str) -> list[str]:
    return [word for word in words.split() if word.isdecimal()]


def _digits(letters: str) -> str:
    return "".join(char for char in letters if char.isdecimal())


def _other_word(short: Heading, long: Heading) -> Apart | None:
    """Tell apart titles that differ in a word for another: "in mice", "in rats". Errors of spelling are no other words."""
    left, right = short.words.split(), long.words.split()
    ours = [word for word in left if word not in right and word not in _SMALL]
    theirs = [word for word in right if word not in left and word not in _SMALL]
    if not ours or not theirs or fuzz.ratio("".join(ours), "".join(theirs)) >= _SAME_WORD:
        return None
    return Apart(f"The titles differ in words: {' '.join(ours)!r} and {' '.join(theirs)!r}.", certain=False)


def _loosely(short: Heading, long: Heading, ratio: float) -> float:
    """Weigh titles that are not alike letter by letter: one within the other, or words in common in any order."""
    count = short.words.count(" ") + 1
    if count >= 4 and f" {short.words} " in f" {long.words} ":
        return 0.8
    left, right = set(short.words.split()), set(long.words.split())
    shared = len(left & right)
    common = shared / min(len(left), len(right)) if shared >= 3 else 0.0
    return max(0.6 * common, (ratio - 0.45) * 1.25 if ratio > 0.45 else 0.0)

"""A title ready for comparison, and what kind of piece it announces: an erratum, a reply, a comment, data.

Titles are folded: case, diacritics, markup and blanks are taken away. What announces the kind ("Erratum to", "(Reply)") is
no part of the words; neither is a notice of retraction, which registries set before a title and libraries do not.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import Final, NamedTuple

from enrich.text.fold import is_latin, key

_MARKUP: Final = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_COMMAND: Final = re.compile(r"\\[A-Za-z]+\s*\{")
# What columns are called: the piece itself may bear a title of its own elsewhere.
_COLUMNS: Final = frozenset({
    "abstract", "abstracts", "announcement", "announcements", "besprechungen", "book review", "book reviews",
    "buchbesprechung", "buchbesprechungen", "calendar", "case report", "commentary", "correction", "corrigendum",
    "discussion", "editorial", "editors introduction", "editors note", "erratum", "foreword", "from the editor",
    "guest editorial", "in memoriam", "in this issue", "introduccion", "introducao", "introduction", "letter",
    "letter to the editor", "letters", "letters to the editor", "meeting report", "news", "note", "obituary", "preface",
    "presentacion", "reply", "research highlights", "reviews", "rezensionen", "short communications", "summary", "untitled",
})  # fmt: skip
# What parts of books and issues are called, and nothing else.
_PARTS: Final = frozenset({
    "about the authors", "about this issue", "acknowledgements", "acknowledgments", "appendix", "author index",
    "avant propos", "back cover", "back matter", "backmatter", "bibliography", "books received", "conclusion", "conclusions",
    "contents", "contributors", "cover", "editorial board", "einleitung", "epilogue", "front cover", "front matter",
    "frontmatter", "glossary", "impressum", "index", "inhalt", "inhaltsverzeichnis", "issue information",
    "list of contributors", "literatur", "masthead", "notes", "notes on contributors", "occurrence download",
    "open peer review", "prologue", "references", "register", "sommaire", "table of contents", "titelei", "title page",
    "vorwort",
})  # fmt: skip
_NUMBERED: Final = re.compile(r"(?:appendix|chapter|fig|figure|kapitel|part|table|teil) (?:\d{1,3}|[a-z])[a-z]?")
_RETRACTED: Final = re.compile(
    r"(?:retracted|withdrawn|removed)(?: article| chapter| paper)? (?=\w)|(?:article|paper) (?:retracted|withdrawn) (?=\w)"
)
_KINDS: Final[dict[str, re.Pattern[str]]] = {
    kind: re.compile(rf"(?:{pattern})\s*")
    for kind, pattern in {
        "a correction": r"(?:publishers? |authors? |editorial )?(?:erratum|errata|corrigend(?:um|a)|addend(?:um|a)"
        r"|corrections?(?= to\b| for\b| notice\b|$)|berichtigung|korrektur(?= zu\b)|korrigendum|fe de erratas?"
        r"|errata corrige|rectificati(?:on|f)(?= a\b| to\b)|correccion(?= a\b))\b(?: (?:to|for|in|notice|on|zu|zum|zur|a))?",
        "a retraction": r"(?:retraction|withdrawal)(?: (?:note|notice|statement))?(?: to| of| for)?\b"
        r"|(?:notice|statement) of retraction",
        "an expression of concern": r"(?:editorial )?expression of concern(?: to| for| regarding)?\b",
        "a reply": r"(?:the )?authors? (?:reply|response)\b|rejoinder\b"
        r"|(?:reply|replies|response)(?: to\b|$)(?: (?:the )?(?:comments?|letter))?(?: on| by| from)?",
        "a comment": r"(?:invited |editorial )?(?:(?:a )?comments?|commentary|discussion|remarks?) (?:on|to|of|about)\b",
        "a letter": r"letters? (?:to|on|about|concerning|regarding)\b(?: the editors?)?(?: (?:on|about|regarding))?|re to\b",
        "a review": r"(?:book review|review for|peer review (?:of|for)|decision letter(?: for)?"
        r"|reviewer report(?: for)?)\b",
        "data": r"(?:data from|data for|dataset for|supporting information(?: for| to)?|additional file \w+ of"
        r"|supplement(?:ary|al) (?:materials?|information|data|files?)(?: for| to| from)?|replication data for"
        r"|(?:supplement(?:ary|al) )?(?:data|figures?|tables?|fig|videos?|movies?|methods?)(?: s?\d+)? from"
        r"|supplements? (?:for|to)|(?:data sheet|image|presentation|table|video) s?\d+|code for)\b",
    }.items()
}
_ANNOUNCED: Final = re.compile(
    r"\W{0,3}((?:(?:author|publisher|invited)(?:['’]?s)?\s)?"
    r"(?:(?:correction|comment|reply|response|retraction|letter)s?|commentary|discussion|re))\s?[:.—–]\s",
    re.IGNORECASE,
)
# The same behind a title; a colon or a bracket tells "A title (Correction)" from "Quantum error correction".
_BEHIND: Final = ("correction", "addendum", "retraction", "letter")
_ANNOUNCED_BEHIND: Final = re.compile(rf"\s?[(\[:.—–]\s*({'|'.join(_BEHIND)})\W{{0,3}}\Z", re.IGNORECASE)
# With what such a title begins or ends: a quick look whether it is worth while to try them.
_KIND_FIRST: Final = frozenset({
    "a", "addenda", "addendum", "additional", "author", "authors", "book", "code", "comment", "commentary", "comments",
    "berichtigung", "corrigenda", "corrigendum", "correccion", "correction", "corrections", "data", "dataset", "decision",
    "discussion", "editorial", "errata", "erratum", "expression", "fe", "fig", "figure", "figures", "image", "invited",
    "korrektur", "korrigendum", "letter", "letters", "method", "methods", "movie", "movies", "notice", "peer",
    "presentation", "publisher", "publishers", "re", "rectificatif", "rectification", "rejoinder", "remark", "remarks",
    "replication", "replies", "reply", "response", "retraction", "review", "reviewer", "statement", "supplement",
    "supplemental", "supplementary", "supplements", "supporting", "table", "tables", "the", "video", "videos", "withdrawal",
})  # fmt: skip
_KIND_LAST: Final = frozenset({"comment", "corrigendum", "erratum", "rejoinder", "reply", "response"})
_KIND_AT_END: Final = re.compile(
    r"(.{12,}) (?:(erratum|corrigendum)|((?:authors? |a )?reply|rejoinder|authors? response)|((?:a )?comment))"
)
_KIND_OF_GROUP: Final = (None, None, "a correction", "a reply", "a comment")
_GREEK_LETTER: Final = re.compile("(?<![α-ω])[α-ω](?![α-ω])")
_GREEK: Final = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta",
    "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "ο": "omicron",
    "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi",
    "ω": "omega",
}  # fmt: skip
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


def heading(title: str) -> Heading:
    """Fold a title; a notice of retraction set before it ("RETRACTED: ...") is no part of it."""
    return _heading(title[:_LONGEST])


@lru_cache(maxsize=512)  # both sides of a pair mostly have the same title, and it is folded once
def _heading(plain: str) -> Heading:
    if "<" in plain or "&" in plain:
        plain = html.unescape(_MARKUP.sub("", html.unescape(plain)))
    if "\\" in plain:
        plain = _COMMAND.sub("{", plain)
    plain = _announced_first(plain)
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


def _announced_first(plain: str) -> str:
    """Write "Comment: X" and "X (Correction)" as "Comment to X" and "Correction to X"."""
    announced = _ANNOUNCED.match(plain)
    if announced:
        return f"{announced[1]} to {plain[announced.end() :]}"
    if plain[-16:].lower().rstrip(" .)]").endswith(_BEHIND):
        behind = _ANNOUNCED_BEHIND.search(plain, max(0, len(plain) - 24))
        if behind and behind.start() > 0:
            return f"{behind[1]} to {plain[: behind.start()]}"
    return plain


def _without_mark(words: str) -> str:
    match = _RETRACTED.match(words)
    return words[match.end() :] if match else words


def is_column(title: Heading) -> bool:
    """Tell whether the title is that of a column, so that another one may be the piece's own."""
    return title.words in _COLUMNS


def telling(title: Heading) -> float:
    """Return from 0.0 to 1.0 how much agreeing in this title says: "Editorial" says nothing."""
    if title.words in _COLUMNS or title.words in _PARTS or _NUMBERED.fullmatch(title.words):
        return 0.0
    if not title.latin:
        return min(1.0, len(title.letters) / 12)
    return max(0.25, min(1.0, (len(title.letters) - 2) / 22))

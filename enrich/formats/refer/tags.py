"""What a tag means, by the type of the record, and the names of the types.

The tags are those of EndNote's import file, a superset of refer(1)'s. Most mean the same everywhere; `FAMILIES` lists, for
each kind of work, where EndNote's reference types differ. A field that several tags feed is written under the first one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from enrich.formats import kinds

TAGS: Final = frozenset("012346789ABCDEFGHIJKLMNOPQRSTUVWXYZ?@!#$]&()*+^><[=~")
"""Every tag with a known meaning; there is no definition of `%5`, of lower-case letters and of other signs."""

ORDER: Final = "0AQDTEBJCIV6NP&YS789?!@()*]RLM1234#$FGHO[=~WK^>+XZU<"
"""EndNote's order of the tags, followed when a record is written afresh."""

PEOPLE: Final = frozenset({"author", "editor", "translator", "collection_editor"})

_COMMON: Final = {
    "A": "author",
    "T": "title",
    "D": "issued",
    "8": "issued",
    "J": "container_title",
    "B": "container_title",
    "E": "editor",
    "C": "publisher_place",
    "I": "publisher",
    "V": "volume",
    "N": "issue",
    "P": "page",
    "!": "title_short",
    "G": "language",
    "K": "keyword",
    "L": "call_number",
    "[": "accessed",
    "~": "archive",
    "@": "issn",
    "X": "abstract",
    "Z": "note",
    "U": "url",
    "R": "doi",
    "M": "pmid",
    "0": "type",
    "]": "number",
    "&": "page",
    "Q": "author",
    "1": "doi",
    "3": "doi",
}


def _family(changes: dict[str, str]) -> dict[str, str]:
    """Return the common meanings with `changes` before them; an empty meaning takes the tag's away."""
    merged = {**changes, **{tag: field for tag, field in _COMMON.items() if tag not in changes}}
    return {tag: field for tag, field in merged.items() if field}


FAMILIES: Final = {
    "article": _family({"O": "container_title_short", "?": "translator"}),
    "newspaper": _family({"O": "container_title_short", "?": "translator", "7": "edition"}),
    "book": _family({
        "B": "collection_title", "S": "collection_title", "E": "collection_editor", "N": "", "P": "number_of_pages",
        "6": "number_of_volumes", "7": "edition", "9": "genre", "?": "translator", "]": "",
    }),
    "chapter": _family({
        "B": "container_title", "S": "collection_title", "Y": "collection_editor", "N": "", "6": "number_of_volumes",
        "7": "edition", "?": "translator", "]": "", "&": "",
    }),
    "conference": _family({
        "B": "container_title", "S": "collection_title", "Y": "collection_editor", "6": "number_of_volumes",
    }),
    "thesis": _family({
        "B": "", "E": "", "9": "genre", "V": "genre", "N": "number", "P": "number_of_pages", "]": "",
    }),
    "report": _family({
        "B": "collection_title", "S": "collection_title", "E": "collection_editor", "N": "number", "9": "genre",
        "7": "edition", "P": "number_of_pages", "]": "",
    }),
    "patent": _family({"N": "", "B": "", "E": "", "9": "genre", "V": "version", "]": "", "@": "number"}),
    "web": _family({"B": "collection_title", "E": "collection_editor", "N": "", "7": "edition", "9": "genre"}),
    "software": _family({
        "B": "collection_title", "E": "collection_editor", "N": "", "7": "version", "9": "genre",
    }),
    "dataset": _family({"B": "container_title", "7": "version", "9": "genre", "S": "collection_title"}),
    "law": _family({"B": "container_title", "N": "number", "7": "edition", "9": "genre", "]": ""}),
    "media": _family({
        "B": "collection_title", "E": "collection_editor", "N": "number", "7": "edition", "9": "genre", "]": "",
    }),
    "other": _family({
        "B": "container_title", "S": "collection_title", "Y": "collection_editor", "6": "number_of_volumes",
        "7": "edition", "9": "genre", "?": "translator",
    }),
    # ADS's "generic tagged" shares the syntax, not the meaning: bibcode, links, copyright, affiliations.
    "ads": _family({
        "B": "abstract", "H": "publisher", "C": "", "E": "", "I": "", "L": "page", "X": "", "]": "", "M": "", "Z": "",
        "Y": "doi",
    }),
}  # fmt: skip
"""Kind of work -> tag -> field of `Work`."""

# What is published by posting has a journal here, for which web pages have no tag, and articles are articles.
_KINDS: Final = {"article": "article", "post": "other", "post-weblog": "other"}


def family(csl_type: str | None) -> str:
    """Return the key of `FAMILIES` for a CSL type."""
    return _KINDS.get(csl_type or "") or kinds.family(csl_type)


def tag_of(field: str, kind: str) -> str | None:
    """Return the tag a field is written under, or None where this kind of work has none for it."""
    return _TAG_OF[kind].get(field)


_TAG_OF: Final = {
    kind: {field: tag for tag, field in reversed(meanings.items())} for kind, meanings in FAMILIES.items()
}

_WRITTEN: Final = {
    "article": "Preprint",
    "article-journal": "Journal Article",
    "article-magazine": "Magazine Article",
    "article-newspaper": "Newspaper Article",
    "bill": "Bill",
    "book": "Book",
    "broadcast": "Television Episode",
    "chapter": "Book Section",
    "classic": "Classical Work",
    "collection": "Catalog",
    "dataset": "Dataset",
    "document": "Generic",
    "entry-dictionary": "Dictionary",
    "entry-encyclopedia": "Encyclopedia",
    "figure": "Figure",
    "graphic": "Artwork",
    "hearing": "Hearing",
    "interview": "Interview",
    "legal_case": "Case",
    "legislation": "Statute",
    "manuscript": "Manuscript",
    "map": "Map",
    "motion_picture": "Film or Broadcast",
    "pamphlet": "Pamphlet",
    "paper-conference": "Conference Proceedings",
    "patent": "Patent",
    "periodical": "Serial",
    "personal_communication": "Personal Communication",
    "post": "Social Media",
    "post-weblog": "Blog",
    "regulation": "Legal Rule or Regulation",
    "report": "Report",
    "software": "Computer Program",
    "song": "Music",
    "standard": "Standard",
    "thesis": "Thesis",
    "webpage": "Web Page",
}
# What EndNote has no type for is written as the nearest it has.
_NEAREST: Final = {
    "entry": "Encyclopedia",
    "musical_score": "Music",
    "review": "Journal Article",
    "review-book": "Journal Article",
    "speech": "Conference Paper",
    "treaty": "Statute",
}
# Further and older names, and those that other programs write.
_READ: Final = {
    "aggregated database": "dataset",
    "ancient text": "classic",
    "article": "article-journal",
    "audio": "song",
    "audiovisual material": "motion_picture",
    "chart or table": "figure",
    "conference": "paper-conference",
    "conference paper": "paper-conference",
    "discussion forum": "post",
    "edited book": "book",
    "electronic article": "article-journal",
    "electronic book": "book",
    "electronic book section": "chapter",
    "electronic chapter": "chapter",
    "electronic journal": "article-journal",
    "electronic source": "webpage",
    "equation": "figure",
    "government document": "report",
    "government report or document": "report",
    "grant": "document",
    "journal": "article-journal",
    "legal rule/regulation": "regulation",
    "miscellaneous": "document",
    "multimedia application": "software",
    "online database": "webpage",
    "online multimedia": "webpage",
    "podcast": "broadcast",
    "press release": "document",
    "review": "review",
    "serial publication": "periodical",
    "unpublished work": "manuscript",
    "unused 1": "document",
    "unused 2": "document",
    "unused 3": "document",
    "video": "motion_picture",
}
TYPES: Final = {**{name.lower(): csl for csl, name in _WRITTEN.items()}, **_READ}
"""Name of a reference type in lower case -> CSL type."""

_LONGEST: Final = 60

EDITED: Final = "edited book"
"""The one type whose %A are editors."""


@lru_cache(maxsize=256)
def _known(name: str) -> str | None:
    return TYPES.get(" ".join(name.lower().split()))


def csl_type(name: str) -> str | None:
    """Return the CSL type of a reference type's name, old or new; None for one that is not known."""
    return _known(name) if len(name) <= _LONGEST else None


def type_name(csl: str | None) -> str:
    """Return the name under which EndNote files a CSL type; what it has no name for is Generic."""
    return _WRITTEN.get(csl or "") or _NEAREST.get(csl or "", "Generic")

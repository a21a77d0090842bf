"""What a field means, by the type of its entry, and the names of the types; BibTeX's and biblatex's.

A record is biblatex's where it uses a word that only biblatex knows; its new fields then have biblatex's names. Both are
read in either. https://ctan.org/pkg/bibtex (btxdoc), https://ctan.org/pkg/biblatex (manual, chapter 2)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

PEOPLE: Final = frozenset({"author", "editor", "translator"})

_NAMES: Final = {
    "author": "author", "editor": "editor", "translator": "translator", "title": "title", "title_short": "shorttitle",
    "original_title": "origtitle", "container_title": "booktitle journal journaltitle",
    "container_title_short": "shortjournal", "collection_title": "series", "event_title": "eventtitle",
    "issued": "date year month day", "volume": "volume", "number_of_volumes": "volumes", "issue": "issue",
    "number": "eid articleno article-number", "page": "pages", "number_of_pages": "pagetotal numpages",
    "edition": "edition", "version": "version", "genre": "type",
    "publisher": "publisher institution school organization", "publisher_place": "address location", "issn": "issn",
    "isbn": "isbn", "doi": "doi", "pmid": "pmid", "url": "url", "accessed": "urldate", "language": "language langid",
    "keyword": "keywords keyword", "call_number": "lccn", "note": "note", "abstract": "abstract",
}  # fmt: skip
"""Field of a work -> the names it is read from, best first, whatever the type; in the order they are written."""

_OWN: Final = {
    "article": {"container_title": "journal journaltitle booktitle", "issue": "number issue"},
    "conference": {"issue": "number issue"},
    "book": {"publisher": "publisher organization institution school"},
    "chapter": {"publisher": "publisher organization institution school"},
    "thesis": {"publisher": "school institution publisher organization"},
    "report": {"publisher": "institution publisher organization school", "number": "number eid articleno"},
    "other": {"publisher": "publisher organization institution school", "number": "number eid articleno"},
}
"""Kind of entry -> what is read in another way."""

_KINDS: Final = {
    "article": "article periodical suppperiodical review",
    "conference": "inproceedings conference",
    "book": "book proceedings collection mvbook mvcollection mvproceedings reference mvreference",
    "chapter": "inbook incollection bookinbook suppbook suppcollection inreference",
    "thesis": "thesis phdthesis mastersthesis",
    "report": "report techreport manual",
}
_KIND_OF: Final = {name: kind for kind, names in _KINDS.items() for name in names.split()}

ORDER: Final = tuple(_NAMES)
"""The fields of a work in the order they are written."""

READ: Final = {
    kind: {
        name: (field, rank) for field, names in (_NAMES | own).items() for rank, name in enumerate(names.split())
    }
    for kind, own in _OWN.items()
}
"""Kind of entry -> name of a field -> the field of a work it feeds, and how good a source it is (0 is best)."""

_BIBLATEX: Final = {
    "container_title": {"journal": "journaltitle"},
    "publisher": {"school": "institution"},
    "publisher_place": {"address": "location"},
}
# Words that a file for BibTeX would not have; others of biblatex's (urldate, pagetotal) are in use there too.
_ONLY_BIBLATEX: Final = frozenset(
    [
        "date",
        "journaltitle",
        "location",
        "eprinttype",
        "entrysubtype",
        "langid",
        "booksubtitle",
        "maintitle",
        "eventdate",
        "origdate",
        "pubstate",
        "journalsubtitle",
    ]
)

# What is written for a CSL type, in BibTeX and in biblatex.
_WRITTEN: Final = {
    "article-journal": ("article", "article"),
    "article-magazine": ("article", "article"),
    "article-newspaper": ("article", "article"),
    "book": ("book", "book"),
    "chapter": ("incollection", "incollection"),
    "collection": ("book", "collection"),
    "dataset": ("misc", "dataset"),
    "document": ("misc", "misc"),
    "entry": ("incollection", "inreference"),
    "entry-dictionary": ("incollection", "inreference"),
    "entry-encyclopedia": ("incollection", "inreference"),
    "graphic": ("misc", "image"),
    "legal_case": ("misc", "jurisdiction"),
    "legislation": ("misc", "legislation"),
    "manuscript": ("unpublished", "unpublished"),
    "motion_picture": ("misc", "movie"),
    "pamphlet": ("booklet", "booklet"),
    "paper-conference": ("inproceedings", "inproceedings"),
    "patent": ("misc", "patent"),
    "performance": ("misc", "performance"),
    "periodical": ("misc", "periodical"),
    "personal_communication": ("misc", "letter"),
    "post": ("misc", "online"),
    "post-weblog": ("misc", "online"),
    "report": ("techreport", "report"),
    "review": ("article", "review"),
    "review-book": ("article", "review"),
    "software": ("misc", "software"),
    "song": ("misc", "music"),
    "standard": ("misc", "standard"),
    "thesis": ("phdthesis", "thesis"),
    "treaty": ("misc", "legal"),
    "webpage": ("misc", "online"),
}
# Read only: further and older names, and the types that other programs write.
_READ: Final = {
    "article": "article-journal",
    "artwork": "graphic",
    "audio": "song",
    "bookinbook": "chapter",
    "collection": "book",
    "conference": "paper-conference",
    "electronic": "webpage",
    "image": "graphic",
    "inbook": "chapter",
    "incollection": "chapter",
    "inreference": "entry-encyclopedia",
    "legal": "treaty",
    "manual": "report",
    "mastersthesis": "thesis",
    "misc": "document",
    "movie": "motion_picture",
    "music": "song",
    "mvbook": "book",
    "mvcollection": "book",
    "mvproceedings": "book",
    "mvreference": "book",
    "online": "webpage",
    "phdthesis": "thesis",
    "proceedings": "book",
    "reference": "book",
    "report": "report",
    "review": "review",
    "suppbook": "chapter",
    "suppcollection": "chapter",
    "suppperiodical": "article-journal",
    "techreport": "report",
    "thesis": "thesis",
    "video": "motion_picture",
    "www": "webpage",
}
TYPES: Final = {name: csl for csl, names in reversed(_WRITTEN.items()) for name in names} | _READ
"""Name of an entry type in lower case -> CSL type."""

_CLASSIC: Final = frozenset(
    [
        "article",
        "book",
        "booklet",
        "conference",
        "inbook",
        "incollection",
        "inproceedings",
        "manual",
        "mastersthesis",
        "misc",
        "phdthesis",
        "proceedings",
        "techreport",
        "unpublished",
    ]
)
_SUBTYPES: Final = {"magazine": "article-magazine", "newspaper": "article-newspaper"}
SUBTYPE_OF: Final = {csl: name for name, csl in _SUBTYPES.items()}
"""CSL type -> biblatex's `entrysubtype` that tells it from a journal's article."""

MASTERS: Final = "Master's thesis"
_MASTERS: Final = re.compile(r"master|\bm\.?(?:sc|a|s|phil)\b|mathesis", re.IGNORECASE)

INHERITED: Final = frozenset(
    [
        "booktitle",
        "year",
        "date",
        "month",
        "day",
        "editor",
        "publisher",
        "institution",
        "organization",
        "school",
        "address",
        "location",
        "series",
        "volume",
        "volumes",
        "isbn",
        "issn",
        "language",
        "langid",
        "edition",
        "journal",
        "journaltitle",
        "eventtitle",
    ]
)
"""What an entry takes from the one its `crossref` names; never what is the other work's own, as its DOI."""

DATED: Final = frozenset({"date", "year", "month", "day"})


def kind_of(entry_type: str) -> str:
    """Return the key of `READ` for the name of an entry type in lower case."""
    return _KIND_OF.get(entry_type, "other")


def csl_type(entry_type: str, subtype: str = "") -> str | None:
    """Return the CSL type of an entry type in lower case; None for one that is not known."""
    return _SUBTYPES.get(subtype.lower(), "article-journal") if entry_type == "article" else TYPES.get(entry_type)


def type_name(csl: str | None, genre: str | None, *, is_biblatex: bool) -> str:
    """Return the entry type a CSL type is filed under; what there is no type for is misc."""
    if csl == "thesis" and not is_biblatex and genre and _MASTERS.search(genre):
        return "mastersthesis"
    return _WRITTEN.get(csl or "", ("misc", "misc"))[is_biblatex]


def is_biblatex(entry_type: str, names: Iterable[str]) -> bool:
    """Tell whether an entry, by its type and the names of its fields in lower case, is one that BibTeX would not know."""
    return (entry_type in TYPES and entry_type not in _CLASSIC) or not _ONLY_BIBLATEX.isdisjoint(names)


def name_of(field: str, kind: str, *, is_biblatex: bool) -> str | None:
    """Return the name a field of a work is written under in a kind of entry; None where there is none."""
    names = _OWN[kind].get(field) or _NAMES.get(field)
    if names is None:
        return None
    name = names.split()[0]
    return _BIBLATEX.get(field, {}).get(name, name) if is_biblatex else name

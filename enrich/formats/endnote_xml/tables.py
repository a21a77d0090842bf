"""The elements of a record, what each means by the type of the work, and the types by name and number.

An element is named by its path without `record`: `volume`, `titles/title`, `authors/author`. `FAMILIES` lists for each kind
of work the elements that feed a field, best first; the first one is written where the record has none of them yet.
"""

from __future__ import annotations

from typing import Final

_ELEMENTS: Final = """
database source-app rec-number foreign-keys key ref-type
contributors authors secondary-authors tertiary-authors subsidiary-authors translated-authors author
auth-address auth-affiliaton titles title secondary-title tertiary-title alt-title short-title translated-title
periodical alt-periodical full-title abbr-1 abbr-2 abbr-3 pages volume number issue secondary-volume secondary-issue
num-vols edition section reprint-edition reprint-status keywords keyword dates year pub-dates copyright-dates date
pub-location publisher orig-pub isbn accession-num call-num report-id coden electronic-resource-num abstract label image
caption notes research-notes work-type reviewed-item availability remote-source meeting-place work-location work-extent
pack-method size repro-ratio remote-database-name remote-database-provider language
urls web-urls pdf-urls text-urls related-urls image-urls url access-date modified-date
custom1 custom2 custom3 custom4 custom5 custom6 custom7 misc1 misc2 misc3
"""
ORDER: Final = {name: rank for rank, name in enumerate(_ELEMENTS.split())}
"""Every element of the definition, in its order."""

_GROUPS: Final = {
    "contributors": "authors secondary-authors tertiary-authors subsidiary-authors translated-authors",
    "dates": "pub-dates copyright-dates",
    "urls": "web-urls pdf-urls text-urls related-urls image-urls",
}
CHAINS: Final = {
    **{name: (name,) for name in ("titles", "periodical", "alt-periodical", "keywords", "foreign-keys", *_GROUPS)},
    **{inner: (outer, inner) for outer, names in _GROUPS.items() for inner in names.split()},
}  # fmt: skip
"""An element that holds elements -> its way down from the record."""

PEOPLE: Final = frozenset({"author", "editor", "translator", "collection_editor"})
PROSE: Final = frozenset({"abstract", "notes", "research-notes", "isbn", "keywords/keyword"})
"""Elements whose lines are kept apart."""

_COMMON: Final = {
    "type": "ref-type",
    "title": "titles/title title",
    "title_short": "titles/short-title",
    "container_title": "titles/secondary-title periodical/full-title secondary-title",
    "container_title_short": "periodical/abbr-1 titles/alt-title alt-periodical/full-title alt-periodical/abbr-1",
    "collection_title": "titles/tertiary-title",
    "author": "authors/author",
    "editor": "secondary-authors/author",
    "translator": "subsidiary-authors/author",
    "collection_editor": "tertiary-authors/author",
    "issued": "dates/year pub-dates/date year",
    "accessed": "access-date",
    "volume": "volume",
    "issue": "number issue",
    "page": "pages",
    "number_of_volumes": "num-vols",
    "edition": "edition",
    "publisher": "publisher",
    "publisher_place": "pub-location",
    "issn": "isbn",
    "doi": "electronic-resource-num",
    "pmid": "accession-num",
    "url": "related-urls/url web-urls/url text-urls/url",
    "abstract": "abstract",
    "language": "language",
    "keyword": "keywords/keyword",
    "note": "notes",
    "genre": "work-type",
    "call_number": "call-num",
    "archive": "remote-database-name",
}


def _family(**changes: str) -> dict[str, str]:
    return {field: paths for field, paths in (_COMMON | changes).items() if paths}


_SERIES: Final = {"container_title": "", "container_title_short": "", "collection_title": "titles/secondary-title"}
_OWN: Final = {
    "container_title": "",
    "container_title_short": "",
    "collection_title": "",
    "collection_editor": "",
    "editor": "",
}
_EDITED: Final = {"editor": "tertiary-authors/author", "collection_editor": "secondary-authors/author"}
_NUMBERED: Final = {"issue": "", "number": "number"}
FAMILIES: Final = {
    "article": _family(number="custom7"),
    "newspaper": _family(),
    "book": _family(**_SERIES, **_EDITED, issue="", number_of_pages="pages"),
    "chapter": _family(issue=""),
    "conference": _family(
        container_title="custom3 titles/secondary-title", event_title="titles/secondary-title", number="custom7"
    ),
    "thesis": _family(**_OWN, **_NUMBERED, number_of_pages="pages"),
    "report": _family(**_SERIES, **_EDITED, issue="", number="number isbn", number_of_pages="pages"),
    "patent": _family(**_OWN, issue="", number="isbn number", volume="", version="edition", edition=""),
    "web": _family(**_NUMBERED),
    "software": _family(**_SERIES, **_NUMBERED, version="edition", edition=""),
    "dataset": _family(**_NUMBERED, version="edition", edition=""),
    "law": _family(**_NUMBERED),
    "media": _family(**_SERIES, **_NUMBERED),
    "other": _family(),
}  # fmt: skip
"""Kind of work -> field of `Work` -> its elements."""

EDITED: Final = "Edited Book"
"""The one type whose authors are editors."""
_GENERIC: Final = "Generic"

NUMBERS: Final = {
    "Artwork": 2, "Audiovisual Material": 3, "Bill": 4, "Book Section": 5, "Book": 6, "Case": 7, "Catalog": 8,
    "Computer Program": 9, "Conference Proceedings": 10, "Web Page": 12, _GENERIC: 13, "Hearing": 14,
    "Journal Article": 17, "Magazine Article": 19, "Map": 20, "Film or Broadcast": 21, "Newspaper Article": 23,
    "Pamphlet": 24, "Patent": 25, "Personal Communication": 26, "Report": 27, EDITED: 28, "Statute": 31, "Thesis": 32,
    "Unpublished Work": 34, "Manuscript": 36, "Figure": 37, "Chart or Table": 38, "Equation": 39,
    "Electronic Article": 43, "Electronic Book": 44, "Online Database": 45, "Government Document": 46,
    "Conference Paper": 47, "Online Multimedia": 48, "Classical Work": 49, "Legal Rule or Regulation": 50,
    "Ancient Text": 51, "Dictionary": 52, "Encyclopedia": 53, "Grant": 54, "Aggregated Database": 55, "Blog": 56,
    "Serial": 57, "Standard": 58, "Dataset": 59, "Electronic Book Section": 60, "Music": 61,
}  # fmt: skip
"""Name of a reference type -> its number."""

_WRITTEN: Final = {
    "article-journal": "Journal Article",
    "article-magazine": "Magazine Article",
    "article-newspaper": "Newspaper Article",
    "bill": "Bill",
    "book": "Book",
    "chapter": "Book Section",
    "classic": "Classical Work",
    "collection": "Catalog",
    "dataset": "Dataset",
    "document": _GENERIC,
    "entry-dictionary": "Dictionary",
    "entry-encyclopedia": "Encyclopedia",
    "figure": "Figure",
    "graphic": "Artwork",
    "hearing": "Hearing",
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
    "post-weblog": "Blog",
    "regulation": "Legal Rule or Regulation",
    "report": "Report",
    "software": "Computer Program",
    "song": "Music",
    "standard": "Standard",
    "thesis": "Thesis",
    "webpage": "Web Page",
}
# What EndNote has no number for is written as the nearest it has.
_NEAREST: Final = {
    "article": "Unpublished Work",
    "broadcast": "Film or Broadcast",
    "entry": "Encyclopedia",
    "interview": "Personal Communication",
    "musical_score": "Music",
    "post": "Web Page",
    "review": "Journal Article",
    "review-book": "Journal Article",
    "speech": "Conference Paper",
    "treaty": "Statute",
}
# Further types, and names that other versions and programs write.
_READ: Final = {
    "Aggregated Database": "dataset",
    "Ancient Text": "classic",
    "Audiovisual Material": "motion_picture",
    "Chart or Table": "figure",
    "Conference Paper": "paper-conference",
    EDITED: "book",
    "Electronic Article": "article-journal",
    "Electronic Book": "book",
    "Electronic Book Section": "chapter",
    "Equation": "figure",
    "Government Document": "report",
    "Grant": "document",
    "Interview": "interview",
    "Journal": "article-journal",
    "Online Database": "webpage",
    "Online Multimedia": "webpage",
    "Podcast": "broadcast",
    "Preprint": "article",
    "Press Release": "document",
    "Social Media": "post",
    "Television Episode": "broadcast",
    "Unpublished Work": "manuscript",
}
_TYPES: Final = {name.lower(): csl for csl, name in _WRITTEN.items()} | {
    name.lower(): csl for name, csl in _READ.items()
}
_NAMES: Final = {str(number): name for name, number in NUMBERS.items()}


def type_named(name: str, number: str) -> str:
    """Return EndNote's own name of a type: the name if it is known, else that of its number, else the name as it is."""
    if name.lower() in _TYPES:
        return name
    return _NAMES.get(number.strip(), name or number.strip())


def csl_type(name: str) -> str | None:
    """Return the CSL type of a reference type's name; None for one that is not known."""
    return _TYPES.get(name.lower())


def type_name(csl: str | None) -> str:
    """Return the name under which EndNote files a CSL type; what it has no name for is generic."""
    return _WRITTEN.get(csl or "") or _NEAREST.get(csl or "", _GENERIC)

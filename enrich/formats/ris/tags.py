"""What a tag means, by the type of the record, and the names of the types.

Two specifications are met, of 2001 (Reference Manager: `T1`, `A1`, `Y1`, `JF`, `N2`) and of 2011 (EndNote: `TI`, `AU`, `PY`,
`T2`, `AB`), and every mixture of both. `FAMILIES` lists for each kind of work the tags that feed a field, best first; the
first one is written where the record has none of them yet.
"""

from __future__ import annotations

from typing import Final

TAGS: Final = frozenset({
    "TY", "ER", "A1", "A2", "A3", "A4", "AB", "AD", "AN", "AU", "AV", "BT", "C1", "C2", "C3", "C4", "C5", "C6",
    "C7", "C8", "CA", "CN", "CP", "CR", "CT", "CY", "DA", "DB", "DI", "DO", "DP", "ED", "EP", "ET", "ID", "IS",
    "J1", "J2", "JA", "JF", "JO", "KW", "L1", "L2", "L3", "L4", "LA", "LB", "LK", "M1", "M2", "M3", "N1", "N2",
    "NO", "NV", "OP", "PB", "PP", "PY", "RI", "RN", "RP", "SE", "SN", "SP", "ST", "SV", "T1", "T2", "T3", "TA",
    "TI", "TT", "U1", "U2", "U3", "U4", "U5", "UR", "VL", "VO", "Y1", "Y2", "YR",
})  # fmt: skip
"""Every tag with a known meaning."""

ORDER: Final = (
    "TY", "AU", "A2", "ED", "A3", "A4", "TI", "ST", "T2", "C3", "J2", "T3", "PY", "DA", "VL", "IS", "M1", "SP",
    "EP", "C7", "NV", "ET", "M3", "PB", "CY", "SN", "DO", "AN", "UR", "LA", "CN", "DB", "Y2", "KW", "AB", "N1",
    "ER",
)  # fmt: skip
"""The order of the tags in a record that is written afresh."""

PEOPLE: Final = frozenset({"author", "editor", "translator", "collection_editor"})
PROSE: Final = frozenset({"AB", "N1", "N2", "NO", "RN"})
"""Tags whose lines are kept apart; of the others only KW's are, one keyword each."""

_COMMON: Final = {
    "type": "TY",
    "title": "TI T1 CT",
    "title_short": "ST",
    "container_title": "T2 JF JO JA J2 J1 BT",
    "container_title_short": "J2 JA J1 JO",
    "collection_title": "T3",
    "author": "AU A1",
    "editor": "A2 ED",
    "translator": "A4",
    "collection_editor": "A3",
    "issued": "PY Y1 YR DA",
    "accessed": "Y2",
    "volume": "VL VO",
    "issue": "IS CP",
    "page": "SP EP",
    "number": "M1 SN",
    "number_of_volumes": "NV",
    "edition": "ET",
    "publisher": "PB",
    "publisher_place": "CY PP",
    "issn": "SN",
    "doi": "DO DI",
    "pmid": "AN U1 U2",
    "url": "UR LK L2 L1",
    "abstract": "AB N2",
    "language": "LA",
    "keyword": "KW",
    "note": "N1 NO",
    "genre": "M3",
    "call_number": "CN",
    "archive": "DB",
}


def _family(**changes: str) -> dict[str, str]:
    return {field: tags for field, tags in (_COMMON | changes).items() if tags}


_SERIES: Final = {"container_title": "", "container_title_short": "", "collection_title": "T2 T3"}
FAMILIES: Final = {
    "article": _family(genre="", number="C7", issue="IS CP M1", page="SP EP SE"),
    "newspaper": _family(genre="", number="", issue="IS CP M1"),
    "book": _family(
        **_SERIES, title="TI T1 BT CT", number="", issue="", number_of_pages="SP", editor="A3 ED", collection_editor="A2"
    ),
    "chapter": _family(container_title="T2 BT JF JO JA J2 J1", number="", issue=""),
    "conference": _family(container_title="C3 T2 BT JF JO JA J2 J1", event_title="T2", number="C7 M1"),
    "thesis": _family(
        container_title="", container_title_short="", collection_title="", collection_editor="", editor="", issue="",
        number_of_pages="SP", genre="M3 VL", number="M1",
    ),
    "report": _family(**_SERIES, editor="A3 ED", collection_editor="A2", number="SN M1 IS", issue="", number_of_pages="SP"),
    "patent": _family(
        container_title="", container_title_short="", collection_title="", collection_editor="", editor="", issue="",
        number="SN IS M1", volume="", version="VL",
    ),
    "web": _family(number="", issue=""),
    "software": _family(**_SERIES, version="ET", edition="", number="", issue=""),
    "dataset": _family(version="ET", edition="", number="M1"),
    "law": _family(number="M1 SN"),
    "media": _family(**_SERIES, number="M1"),
    "other": _family(),
}  # fmt: skip
"""Kind of work -> field of `Work` -> its tags."""

EDITED: Final = "EDBOOK"
"""The one type whose AU are editors."""

_WRITTEN: Final = {
    "article-journal": "JOUR",
    "article-magazine": "MGZN",
    "article-newspaper": "NEWS",
    "bill": "BILL",
    "book": "BOOK",
    "chapter": "CHAP",
    "classic": "CLSWK",
    "collection": "CTLG",
    "dataset": "DATA",
    "document": "GEN",
    "entry-dictionary": "DICT",
    "entry-encyclopedia": "ENCYC",
    "figure": "FIGURE",
    "graphic": "ART",
    "hearing": "HEAR",
    "legal_case": "CASE",
    "legislation": "STAT",
    "manuscript": "MANSCPT",
    "map": "MAP",
    "motion_picture": "VIDEO",
    "musical_score": "MUSIC",
    "pamphlet": "PAMP",
    "paper-conference": "CPAPER",
    "patent": "PAT",
    "periodical": "JFULL",
    "personal_communication": "PCOMM",
    "post-weblog": "BLOG",
    "regulation": "LEGAL",
    "report": "RPRT",
    "software": "COMP",
    "song": "SOUND",
    "speech": "SLIDE",
    "standard": "STAND",
    "thesis": "THES",
    "webpage": "ELEC",
}
# What RIS has no type for is written as the nearest it has.
_NEAREST: Final = {
    "article": "UNPB",
    "broadcast": "VIDEO",
    "entry": "ENCYC",
    "interview": "PCOMM",
    "post": "ELEC",
    "review": "JOUR",
    "review-book": "JOUR",
    "treaty": "STAT",
}
# Further types, and what other programs write.
_READ: Final = {
    "ABST": "article-journal",
    "ADVS": "motion_picture",
    "AGGR": "dataset",
    "ANCIENT": "classic",
    "CHART": "figure",
    "CONF": "paper-conference",
    "DBASE": "webpage",
    "EBOOK": "book",
    "ECHAP": "chapter",
    EDITED: "book",
    "EJOUR": "article-journal",
    "EQUA": "figure",
    "GOVDOC": "report",
    "GRANT": "document",
    "GRNT": "document",
    "ICOMM": "personal_communication",
    "INPR": "article-journal",
    "INTV": "interview",
    "MPCT": "motion_picture",
    "MULTI": "webpage",
    "SER": "book",
    "STD": "standard",
    "UNBILL": "bill",
    "UNPB": "manuscript",
    "UNPD": "manuscript",
    "WEB": "webpage",
}
TYPES: Final = {name: csl for csl, name in _WRITTEN.items()} | _READ
"""Name of a type -> CSL type."""


def csl_type(name: str) -> str | None:
    """Return the CSL type of a type's name; None for one that is not known."""
    return TYPES.get(name) or TYPES.get(name[:8].strip().upper())


def type_name(csl: str | None) -> str:
    """Return the name under which RIS files a CSL type; what it has no name for is generic."""
    return _WRITTEN.get(csl or "") or _NEAREST.get(csl or "", "GEN")

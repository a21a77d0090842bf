"""The tags of a record to a work, and each tag to the field it feeds.

:func:`assign` tells for every tag which field of the work it feeds, given the type and the other tags; :func:`build` makes
the values. The writer asks the first which lines to touch, so reading and writing share one mapping.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from enrich.formats import dates, numbers
from enrich.formats.fields import Values, keywords, members, people, serial_numbers
from enrich.formats.kinds import family
from enrich.formats.numbers import LABELLED, RESOLVER, Reading, serials
from enrich.formats.ris.tags import EDITED, FAMILIES, PEOPLE, csl_type
from enrich.formats.ris.tokens import Token
from enrich.model.date import PartialDate

_LISTS: Final = PEOPLE | {"keyword", "issn", "doi", "type"}
_DOIS: Final[numbers.Shapes] = {
    "DO": (0, None),
    "DI": (0, None),
    **dict.fromkeys(("M3", "L3"), (1, LABELLED)),
    **dict.fromkeys(("UR", "LK"), (2, RESOLVER)),
    **dict.fromkeys(("L1", "L2"), (3, RESOLVER)),
    **dict.fromkeys(("N1", "ID", "AN", "M1", "M2", "C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8"), (4, LABELLED)),
}
"""Where exporters put the DOI: old EndNote and ScienceDirect in M3, ACM in N1, Springer in ID, many in the address alone."""

_PMID: Final = re.compile(r"(?:PMID:?\s*)?(\d{1,8})(\[pmid\])?", re.IGNORECASE | re.ASCII)
_ADDRESS: Final = re.compile(r"(?:https?|ftp)://\S+?(?=;(?:https?|ftp)://|\s|\Z)", re.IGNORECASE)
_SPAN: Final = re.compile(r"\s*[A-Za-z]{0,3}\d+\s*[-–—]{1,2}\s*[A-Za-z]{0,3}\d+\s*", re.ASCII)
_ISSUE: Final = re.compile(r"[\w. /()–-]{0,12}\d[\w. /()–-]{0,12}", re.ASCII)


@lru_cache(maxsize=4096)
def read_date(value: str) -> PartialDate:
    """Return the date in `2012/03/14/`, `2012///Spring`, `2012/3` or any other spelling; its words where there is none."""
    year, slash, rest = value[:60].partition("/")
    if not slash:
        return dates.read(value)
    month, day, other = (*(part.strip() for part in rest.split("/", 2)), "", "")[:3]
    digits = "-".join(part for part in (year.strip(), month, day) if part)
    found = dates.parse(digits)
    if found is None or found.year is None:
        return dates.read(value)
    if found.month is None and other.strip("/ ") and (season := dates.parse(other.strip("/ "))) is not None:
        return dates.merged(found, season) or found
    return found


class Assignment(NamedTuple):
    """The CSL type, the kind of work, and for each tag its field or "" where CSL has none; and where the DOI was read.

    `roles` are the meanings of tags that hold for this record alone; `stated` is the type's name as written.
    """

    type: str | None
    kind: str
    fields: list[str]
    doi: Reading
    roles: dict[str, str]
    stated: str | None


class _Context(NamedTuple):
    """What the meaning of a tag depends on besides itself."""

    kind: str
    tags: dict[str, str]


_Chooser = Callable[[str, str, _Context], str]


class _Plan(NamedTuple):
    """The field a tag feeds if nothing else is known, how good it is for that, and what looks at the value."""

    field: str
    ranks: dict[str, int]
    chooser: _Chooser | None


def assign(tokens: Sequence[Token]) -> Assignment:
    """Tell which field of the work each tag feeds."""
    tags = {tag: value for tag, value, _ in reversed(tokens) if value}
    stated = _type_name(tokens) if "TY" in tags else None
    csl = csl_type(stated) if stated else "article-journal" if not tags.keys().isdisjoint(_JOURNAL) else None
    kind = family(csl)
    doi = numbers.read_doi(tokens, _DOIS)
    roles = _roles(stated, tags, kind)
    plans = (
        _PLANS[kind] | {tag: _Plan(field, {field: 0}, None) for tag, field in roles.items()}
        if roles
        else _PLANS[kind]
    )
    return Assignment(csl, kind, _fields(tokens, plans, _Context(kind, tags), doi), doi, roles, stated)


_JOURNAL: Final = frozenset({"JO", "JF", "JA"})


def _type_name(tokens: Sequence[Token]) -> str:
    """Return the type's name: of several the last that is known."""
    stated = [value for tag, value, _ in tokens if tag == "TY" and value]
    return next((name for name in reversed(stated) if csl_type(name) is not None), stated[-1])


def _roles(stated: str | None, tags: dict[str, str], kind: str) -> dict[str, str]:
    """Return in which records AU are editors, and A2 the editors of the book itself rather than of its series."""
    if stated == EDITED:
        return {"AU": "editor", "A1": "editor"}
    if "AU" not in tags and "A1" not in tags and kind in {"book", "report"}:
        return {"A2": "editor"}
    return {}


def _fields(tokens: Sequence[Token], plans: dict[str, _Plan], context: _Context, doi: Reading) -> list[str]:
    """Return the field of each tag; of those that hold one value the best tag counts, the first of its kind."""
    fields: list[str] = []
    best: dict[str, tuple[int, int]] = {}
    for index, (tag, value, _) in enumerate(tokens):
        fields.append("")
        if not value or tag not in plans:
            continue
        field, ranks, chooser = plans[tag]
        if chooser is not None:
            field = chooser(tag, value, context)
        if field in _LISTS:
            fields[-1] = field if field != "doi" or index in doi.own else ""
        elif field:
            key = field + tag if field in _OF_SEVERAL else field
            if key not in best or (ranks[field], index) < best[key]:
                best[key] = (ranks[field], index)
    for key, (_, index) in best.items():
        fields[index] = _SEVERAL.get(key, key)
    return fields


_DATES: Final = ("PY", "Y1", "YR", "DA")
_OF_SEVERAL: Final = frozenset({"issued", "page"})
_SEVERAL: Final = {field + tag: field for field in _OF_SEVERAL for tag in (*_DATES, "SP", "EP", "SE")}


def _journal(tag: str, _: str, context: _Context) -> str:
    """JO and the like are the journal where no better tag names it, and its abbreviation beside one."""
    known = FAMILIES[context.kind].get("container_title", "").split()
    if tag not in known:
        return ""
    if not any(other in context.tags for other in known[: known.index(tag)]):
        return "container_title"
    full = next(context.tags[other] for other in known if other in context.tags)
    short = "container_title_short" in FAMILIES[context.kind]
    return "container_title_short" if short and tag != "BT" and context.tags[tag] != full else ""


def _secondary(_: str, __: str, context: _Context) -> str:
    """T2 is the conference beside its proceedings in C3."""
    return "event_title" if "C3" in context.tags else "container_title"


def _serial(_: str, value: str, context: _Context) -> str:
    """SN of reports, patents and standards may be their number."""
    found = serials(value)
    if found.issn or found.isbn:
        return "issn"
    return "number" if "SN" in FAMILIES[context.kind].get("number", "").split() else ""


def _first_page(_: str, value: str, context: _Context) -> str:
    is_number = "number_of_pages" in FAMILIES[context.kind] and "EP" not in context.tags and not is_span(value)
    return "number_of_pages" if is_number else "page"


def _section(_: str, value: str, context: _Context) -> str:
    """SE is the first page for EndNote."""
    return "page" if value.isdecimal() and "SP" not in context.tags else ""


def _miscellaneous(_: str, value: str, context: _Context) -> str:
    """M1 of an article is its issue for EndNote and RefWorks, a number elsewhere."""
    is_issue = "IS" not in context.tags and "CP" not in context.tags and _ISSUE.fullmatch(value)
    if "M1" in FAMILIES[context.kind].get("issue", "").split():
        return "issue" if is_issue else ""
    return "" if LABELLED.match(value) else "number"


def _volume(_: str, value: str, context: _Context) -> str:
    """VL of a thesis is its volume or its degree."""
    return "genre" if context.kind == "thesis" and not value.isdecimal() else "volume"


def _kind_of_work(_: str, value: str, __: _Context) -> str:
    return "" if LABELLED.match(value) else "genre"


def _address(_: str, value: str, __: _Context) -> str:
    return "url" if address(value) else ""


def _accession(tag: str, value: str, context: _Context) -> str:
    """Tell whether AN, or U1 for PubMed Central, is a PMID: it says so, or the record comes from PubMed."""
    found = _PMID.fullmatch(value)
    if not found:
        return ""
    is_told = found[2] or not value[:1].isdecimal()
    return "pmid" if is_told or (tag == "AN" and _is_pubmed(context.tags)) else ""


def _is_pubmed(tags: dict[str, str]) -> bool:
    source = (tags.get("DB", "") + tags.get("DP", ""))[:80].lower()
    return any(name in source for name in ("pubmed", "medline", "nlm"))


def _accessed(_: str, value: str, __: _Context) -> str:
    """Y2 is the date of access for EndNote, any second date in older files."""
    return "accessed" if read_date(value).year else ""


def _date(tag: str, value: str, context: _Context) -> str:
    """DA and the like are the date of issue where no better tag is there, or where they say more of the year it gives."""
    better = next((other for other in _DATES[: _DATES.index(tag)] if other in context.tags), None)
    if better is None:
        return "issued"
    year, found = read_date(context.tags[better]).year, read_date(value)
    return "issued" if found.literal is None and found.year in {None, year} else ""


_CHOOSERS: Final[dict[str, _Chooser]] = {
    **dict.fromkeys(("JO", "JA", "J1", "J2", "BT"), _journal),
    **dict.fromkeys(_DATES, _date),
    "SN": _serial,
    "SP": _first_page,
    "SE": _section,
    "M1": _miscellaneous,
    "M3": _kind_of_work,
    **dict.fromkeys(("UR", "LK", "L1", "L2"), _address),
    **dict.fromkeys(("AN", "U1", "U2"), _accession),
    "CP": lambda _, value, __: "issue" if _ISSUE.fullmatch(value) else "",
    "Y2": _accessed,
    "N1": lambda _, value, __: "" if LABELLED.match(value) and numbers.is_nothing_but_doi(value) else "note",
}


def _plans(kind: str, meanings: dict[str, str]) -> dict[str, _Plan]:
    """Return for each tag all that can be known of it before a record is seen."""
    plans: dict[str, _Plan] = {}
    for field, listed in meanings.items():
        for rank, tag in enumerate(listed.split()):
            chooser = _CHOOSERS.get(tag)
            if tag == "T2" and kind == "conference":
                chooser = _secondary
            elif tag == "VL" and kind == "thesis":
                chooser = _volume
            elif tag == "BT" and kind == "book":
                chooser = None
            plans.setdefault(tag, _Plan(field, {}, chooser)).ranks[field] = rank
    return plans


_PLANS: Final = {kind: _plans(kind, meanings) for kind, meanings in FAMILIES.items()}


def is_span(pages: str) -> bool:
    """Tell whether `pages` are a first and a last page, not a number of pages."""
    return _SPAN.fullmatch(pages) is not None


def build(tokens: Sequence[Token], assignment: Assignment) -> dict[str, Any]:
    """Return the members of the work, without those it lacks."""
    built = members(tokens, assignment.fields, _BUILDERS)
    built["type"] = assignment.type
    built["doi"] = assignment.doi.doi
    return built


def _issued(values: Values) -> PartialDate | None:
    """Read the date of issue: the first that has a year, made more exact by the others."""
    read = [read_date(value) for _, value in sorted(values, key=lambda pair: _DATES.index(pair[0]))]
    best = next((found for found in read if found.year is not None), read[0])
    for found in read:
        best = dates.merged(best, found) or best
    return best


def _page(values: Values) -> str:
    """Read the pages: `SP 1` and `EP 10`, or all of it in one of them."""
    by_tag = dict(values)
    first, last = by_tag.get("SP") or by_tag.get("SE"), by_tag.get("EP")
    if first is None or last is None:
        return first or last or ""
    if first == last or is_span(first):
        return first
    return last if is_span(last) and last.startswith(first) else f"{first}-{last}"


_BUILDERS: Final[dict[str, Callable[[Values], object]]] = {
    **dict.fromkeys(PEOPLE, people),
    "keyword": keywords,
    "issn": lambda values: serial_numbers(values, "issn"),
    "isbn": lambda values: serial_numbers(values, "isbn"),
    "issued": _issued,
    "accessed": lambda values: read_date(values[0][1]),
    "page": _page,
    "pmid": lambda values: _pmid(values[0][1]),
    "url": lambda values: address(values[0][1]),
}


def _pmid(value: str) -> str | None:
    match = _PMID.fullmatch(value)
    return match[1] if match else None


def address(value: str) -> str | None:
    """Return the address in a value, the first of several that semicolons part."""
    match = _ADDRESS.search(value)
    return match[0] if match else None

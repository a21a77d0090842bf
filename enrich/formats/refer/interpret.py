"""The tags of a record to a work, and each tag to the field it feeds.

:func:`assign` tells for every tag which field of the work it feeds, given the type and the other tags; :func:`build` makes
the values. The writer asks the first which lines to touch, so reading and writing share one mapping.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple, TypeAlias

from enrich.formats import dates, names
from enrich.formats.fields import Values, members
from enrich.formats.refer import codes
from enrich.formats.refer.tags import EDITED, FAMILIES, PEOPLE, csl_type, family
from enrich.formats.refer.tokens import Token
from enrich.model.date import PartialDate
from enrich.model.name import Name

_LISTS: Final = PEOPLE | {"keyword", "issn", "doi", "type", ""}
_OF_TWO_TAGS: Final = frozenset({"issued", "page"})
_ARTICLES: Final = frozenset({"article", "newspaper", "conference", "other", "ads"})
_DATED_EDITION: Final = re.compile(r"\d{4}-\d\d?(?:-\d\d?)?|\d\d?\.\d\d?\.\d{4}", re.ASCII)
_YEAR: Final = re.compile(r"[12]\d{3}", re.ASCII)
_SMALL: Final = re.compile(r"\d{1,6}", re.ASCII)
_SPAN: Final = re.compile(r"\s*[A-Za-z]{0,3}\d+\s*[-–—]{1,2}\s*[A-Za-z]{0,3}\d+\s*", re.ASCII)
_ARTICLE: Final = re.compile(r"(?:article|artn\.?|art\.?)(?:\s+(?:no\.?|number|id))?\s+(\S{1,40})", re.IGNORECASE)
_ABBREVIATED: Final = re.compile(r"[^\d;:]{2,120}")
_NO_CALL_NUMBER: Final = re.compile(r"\d\d-\d{4}/\w{1,3}|(?:hal|tel|inria|halshs)-\d+", re.ASCII)
_PMID: Final = re.compile(r"(?:PMID:?\s*)?(\d{1,8})", re.IGNORECASE | re.ASCII)
_ADDRESS: Final = re.compile(r"(?:https?|ftp)://\S+", re.IGNORECASE)
_ADDRESS_LIKE: Final = re.compile(r"(?:urn|oai|hdl|https?|ftp):", re.IGNORECASE)
_BIBCODE: Final = re.compile(r"[12]\d{3}[A-Za-z0-9.&]{14}[A-Z.]", re.ASCII)
_PLACEHOLDER: Final = re.compile(r"Not Available(?:\s*<P ?/>)?", re.IGNORECASE)


class Assignment(NamedTuple):
    """The CSL type, the kind of work, and for each tag its field or "" where CSL has none; and where the DOI was read.

    `roles` are the meanings that hold for this record alone; `stated` is the type's name as written.
    """

    type: str | None
    kind: str
    fields: list[str]
    doi: codes.Reading
    roles: dict[str, str]
    stated: str | None


class _Context(NamedTuple):
    """What the meaning of a tag depends on besides itself."""

    kind: str
    tags: dict[str, str]
    is_classic: bool
    dois: tuple[str, ...]


# A field, the key of what only one tag may feed, and the function that looks at the value.
_Plan: TypeAlias = tuple[str, str | None, Callable[[str, str, _Context], str] | None]


def assign(tokens: Sequence[Token]) -> Assignment:
    """Tell which field of the work each tag feeds."""
    tags = {tag: value for tag, value, _ in reversed(tokens) if value}
    is_classic = "0" not in tags
    bibcode = tags["R"] if is_classic and "R" in tags and _BIBCODE.fullmatch(tags["R"]) else None
    doi = codes.read_doi(tokens, bibcode)
    name = None if is_classic else _type_name(tokens)
    csl = None if bibcode else _default_type(tokens, tags, doi) if name is None else csl_type(name)
    kind = "ads" if bibcode else family(csl)
    context = _Context(kind, tags, is_classic and not bibcode, tuple([tokens[index][1] for index in doi.own]))
    roles = _roles(name, tokens, tags, kind)
    plans = {**_PLANS[kind], **_plans(roles)} if roles else _PLANS[kind]
    return Assignment(csl, kind, _fields(tokens, plans, context), doi, roles, name)


def _fields(tokens: Sequence[Token], plans: dict[str, _Plan], context: _Context) -> list[str]:
    """Return the field of each tag; of those that hold one value the first tag counts."""
    fields, fed = [], set[str]()
    for tag, value, _ in tokens:
        plan = plans.get(tag) if value else None
        if plan is None:
            fields.append("")
            continue
        field, key, chooser = plan
        if chooser is not None:
            chosen = chooser(value, field, context)
            if chosen != field:
                field, key = chosen, _key(chosen, tag)
        if key is not None:
            if key in fed:
                field = ""
            fed.add(key)
        fields.append(field)
    return fields


def _key(field: str, tag: str) -> str | None:
    """Return what only the first tag may feed; None where any number of tags may feed the field."""
    return None if field in _LISTS else field + tag if field in _OF_TWO_TAGS else field


def _doi(value: str, field: str, context: _Context) -> str:
    """%R is the report number in classic refer, and in a report where it is neither DOI nor address."""
    if value in context.dois:
        return field
    is_number = context.kind == "report" and "N" not in context.tags and not _ADDRESS_LIKE.match(value)
    return "number" if is_number else ""


def _type_name(tokens: Sequence[Token]) -> str | None:
    """Return the type's name: of several the last that is known."""
    stated = [value for tag, value, _ in tokens if tag == "0" and value]
    if len(stated) < 2:
        return stated[0] if stated else None
    return next((name for name in reversed(stated) if csl_type(name) is not None), stated[-1])


def _default_type(tokens: Sequence[Token], tags: dict[str, str], doi: codes.Reading) -> str:
    """Return the type of a record without %0, as bibutils and BibSonomy agree, but for reports with a title."""
    if "J" in tags:
        return "article-journal"
    if "B" in tags and not _YEAR.fullmatch(tags["B"]):
        return "chapter"
    if "R" in tags and any(
        tag == "R" and index not in doi.own and not _ADDRESS_LIKE.match(value)
        for index, (tag, value, _) in enumerate(tokens)
    ):
        return "report"
    return "book" if "I" in tags and "R" not in tags else "article-journal"


def _roles(type_name: str | None, tokens: Sequence[Token], tags: dict[str, str], kind: str) -> dict[str, str]:
    """Return in which records %A means editors, and %E the editors of the book itself rather than of its series."""
    if type_name is not None and type_name.lower() == EDITED:
        return {"A": "editor", "E": "collection_editor"}
    if "A" not in tags and kind in {"book", "report"}:
        return {"E": "editor"}
    if type_name is None and any(tag == "A" and names.has_editor_mark(value) for tag, value, _ in tokens):
        return {"A": "editor"}
    return {}


def _pages(value: str, field: str, context: _Context) -> str:
    if field == "page":
        is_article = context.kind in _ARTICLES and value[0] in "Aa" and _ARTICLE.fullmatch(value)
        return "page" if not is_article else "" if "]" in context.tags else "number"
    return "page" if field == "number_of_pages" and is_span(value) else field


def is_span(pages: str) -> bool:
    """Tell whether `pages` are a first and a last page, not a number of pages."""
    return _SPAN.fullmatch(pages) is not None


def _is_short_title(value: str, _kind: str, is_classic: bool) -> bool:  # noqa: FBT001 - one signature for all
    return not is_classic and _ABBREVIATED.fullmatch(value) is not None


def _is_page(value: str, kind: str, _is_classic: bool) -> bool:  # noqa: FBT001 - one signature for all
    if FAMILIES[kind].get("P") == "page":
        return not (kind in _ARTICLES and value[0] in "Aa" and _ARTICLE.fullmatch(value))
    return is_span(value) or (
        FAMILIES[kind].get("P") == "number_of_pages" and "&" in FAMILIES[kind] and value.isdecimal()
    )


SHAPED: Final[dict[str, Callable[[str, str, bool], bool]]] = {
    "container_title_short": _is_short_title,
    "page": _is_page,
}
"""Field -> whether a value of it would be read back as one, by the kind of work and whether the record is classic refer."""


def _section(value: str, field: str, context: _Context) -> str:
    """%& is the first page for OJS, MPG and articles; a section elsewhere."""
    return field if value.isdecimal() and "-" not in context.tags.get("P", "") else ""


def _secondary_title(value: str, field: str, context: _Context) -> str:
    """%B is the year for OJS, and the conference where %J is the proceedings."""
    if context.kind == "ads":
        return "" if _PLACEHOLDER.fullmatch(value) else field
    if _YEAR.fullmatch(value):
        return ""
    if field == "container_title" and "J" in context.tags:
        return "event_title" if context.kind == "conference" else ""
    return field


def _exact_date(value: str, field: str, context: _Context) -> str:
    exact = dates.parse(value)
    year = dates.read(context.tags["D"]) if "D" in context.tags else None
    return field if exact is not None and dates.merged(year, exact) is not None else ""


def _other(value: str, field: str, context: _Context) -> str:
    if context.kind in _ARTICLES and _ARTICLE.fullmatch(value):
        return "" if "]" in context.tags or _ARTICLE.fullmatch(context.tags.get("P", "")) else "number"
    return field if not context.is_classic and _ABBREVIATED.fullmatch(value) else ""


def _label(value: str, field: str, context: _Context) -> str:
    """%L is the label in classic refer, the CN number for CNKI, a key for HAL and the last page for ADS."""
    if context.kind == "ads":
        return field if "P" in context.tags else ""
    return "" if context.is_classic or _NO_CALL_NUMBER.match(value) else field


def _corporate(value: str, field: str, context: _Context) -> str:  # noqa: ARG001 - one signature for all choosers
    """%Q is a body in classic refer, a translated title in EndNote."""
    return field if context.is_classic else ""


def _custom(value: str, field: str, context: _Context) -> str:  # noqa: ARG001 - one signature for all choosers
    """%1, %3 and ADS's %Y may hold a DOI, which is read elsewhere."""
    return "" if field == "doi" else field


def _serial(value: str, field: str, context: _Context) -> str:  # noqa: ARG001 - one signature for all choosers
    """%@ of reports, patents and standards may be their number."""
    numbers = codes.serials(value)
    if numbers.issn or numbers.isbn:
        return "issn"
    is_number = context.kind == "patent" or (context.kind in {"report", "law"} and "N" not in context.tags)
    return "number" if is_number else ""


def _degree(value: str, field: str, context: _Context) -> str:
    """%V of a thesis is its volume or its degree."""
    return "volume" if value.isdecimal() else "" if "9" in context.tags else field


_CHOOSERS: Final[dict[str, Callable[[str, str, _Context], str]]] = {
    "R": _doi,
    "P": _pages,
    "&": _section,
    "B": _secondary_title,
    "8": _exact_date,
    "O": _other,
    "L": _label,
    "Q": _corporate,
    "1": _custom,
    "3": _custom,
    "Y": _custom,
    "@": _serial,
    "7": lambda value, field, _: "" if _DATED_EDITION.fullmatch(value) else field,
    "M": lambda value, field, _: field if _PMID.fullmatch(value) else "",
    "U": lambda value, field, _: field if _ADDRESS.search(value) else "",
}


def _plans(meanings: dict[str, str]) -> dict[str, _Plan]:
    """Return for each tag all that can be known of it before a record is seen."""
    return {
        tag: (field, _key(field, tag), _degree if (tag, field) == ("V", "genre") else _CHOOSERS.get(tag))
        for tag, field in meanings.items()
    }


_PLANS: Final = {kind: _plans(meanings) for kind, meanings in FAMILIES.items()}


def build(tokens: Sequence[Token], assignment: Assignment) -> dict[str, Any]:
    """Return the members of the work, without those it lacks."""
    built = members(tokens, assignment.fields, _BUILDERS)
    built["type"] = assignment.type
    built["doi"] = assignment.doi.doi
    return built


def _people(values: Values) -> tuple[Name, ...]:
    people: list[Name] = []
    for tag, value in values:
        people += (Name.trusted(literal=value.rstrip(",") or value),) if tag == "Q" else names.read(value)[0]
    return tuple(people)


def _keywords(values: Values) -> tuple[str, ...]:
    """Read keywords: one for each line or tag, or a list by semicolons; by commas only where nothing else parts them."""
    lines = [line for _, value in values for line in value.split("\n")]
    words = [word for line in lines for word in names.semicolons(line)]
    if len(lines) == 1 and len(words) == 1 and ";" not in lines[0]:
        words = [word for word in map(str.strip, lines[0].split(",")) if word]
    return tuple(words)


def _issn(values: Values) -> tuple[str, ...]:
    return _distinct([codes.serials(value).issn for _, value in values])


def _isbn(values: Values) -> tuple[str, ...]:
    return _distinct([codes.serials(value).isbn for _, value in values])


def _distinct(groups: list[tuple[str, ...]]) -> tuple[str, ...]:
    return groups[0] if len(groups) == 1 else tuple(dict.fromkeys(chain.from_iterable(groups)))


def _issued(values: Values) -> PartialDate | None:
    if len(values) == 1 and values[0][0] == "D":
        return dates.read(values[0][1])
    by_tag = dict(values)
    year = dates.read(by_tag["D"]) if "D" in by_tag else None
    exact = dates.parse(by_tag["8"]) if "8" in by_tag else None
    return (dates.merged(year, exact) if exact else None) or year


def _page(values: Values) -> str | None:
    """Read the pages; OJS writes the first page and the number of pages: `%& 5` and `%P 12` are 5-16."""
    if len(values) == 1:
        return values[0][1]
    by_tag = dict(values)
    pages, first, last = by_tag.get("P"), by_tag.get("&"), by_tag.get("L")
    if last is not None:
        return f"{pages}-{last}"
    if pages is None or first is None:
        return pages or first
    if _SMALL.fullmatch(pages) and _SMALL.fullmatch(first) and pages != first:
        return f"{first}-{int(first) + int(pages) - 1}"
    return pages


def _article_number(values: Values) -> str:
    tag, value = values[0]
    article = _ARTICLE.fullmatch(value) if tag in {"P", "O"} else None
    return article[1] if article else value


_BUILDERS: Final[dict[str, Callable[[Values], object]]] = {
    **dict.fromkeys(PEOPLE, _people),
    "keyword": _keywords,
    "issn": _issn,
    "isbn": _isbn,
    "issued": _issued,
    "accessed": lambda values: dates.read(values[0][1]),
    "page": _page,
    "number": _article_number,
    "pmid": lambda values: _found(_PMID.fullmatch(values[0][1]), 1),
    "url": lambda values: _found(_ADDRESS.search(values[0][1]), 0),
}


def _found(match: re.Match[str] | None, group: int) -> str | None:
    return match[group] if match else None

"""A work to elements: the inverse of :mod:`enrich.formats.endnote_xml.interpret`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias

from enrich.formats import dates, names
from enrich.formats.endnote_xml import interpret
from enrich.formats.endnote_xml.tables import CHAINS, EDITED, FAMILIES, NUMBERS, ORDER, PEOPLE, PROSE, type_name
from enrich.formats.kinds import family
from enrich.formats.numbers import serials
from enrich.model.date import PartialDate
from enrich.model.name import Name
from enrich.model.record import Record
from enrich.model.work import FIELDS, Work
from enrich.text.xmltext import element, permitted

Pair: TypeAlias = tuple[str, str]
Spoken: TypeAlias = Sequence[Pair]
"""The elements that feed a field now: a record that has the journal in `periodical` goes on having it there."""

_YEAR: Final = re.compile(r"\d{4}", re.ASCII)
_LINE_END: Final = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_INDENT: Final = "  "


def fresh(record: Record) -> list[Pair]:
    """Return all elements of a record that did not come from this format, in the definition's order."""
    work = record.work
    kind, roles, stated = family(work.type), dict[str, str](), type_name(work.type)
    if work.type == "book" and work.editor and work.collection_editor and not work.author:
        stated, roles = EDITED, {"authors/author": "editor"}
    found = [("ref-type", stated)]
    for field in Work.model_fields:
        if field != "type":
            found += pairs(field, work, kind, roles)
    if work.doi is None and record.doi_text:
        found.append(("electronic-resource-num", record.doi_text))
    cleaned = [(path, clean(path, text)) for path, text in found]
    return sorted([pair for pair in cleaned if pair[1]], key=lambda pair: rank(pair[0]))


def held(record: Record, /) -> Work:
    """Return what a file of this format can hold of the record's work: what is read back after writing it afresh."""
    found = [(path, text, 0) for path, text in fresh(record)]
    return Work(**interpret.build(found, interpret.assign(found)))


def unheld(record: Record, fields: Iterable[str], /) -> tuple[str, ...]:
    """Return those of the fields, by their CSL names, for which a record of this type has no element."""
    work, kind = record.work, family(record.work.type)

    def is_held(field: str) -> bool:
        return not getattr(work, field) or bool(pairs("issn" if field == "isbn" else field, work, kind, {}))

    return tuple(field for field in fields if not is_held(FIELDS[field]))


def rank(path: str) -> tuple[int, ...]:
    """Return the place of an element in the definition's order."""
    return tuple(ORDER.get(name, len(ORDER)) for name in way(path))


def way(path: str) -> tuple[str, ...]:
    """Return the names from the record down to an element: `dates`, `pub-dates`, `date`."""
    group, _, name = path.rpartition("/")
    return (*CHAINS.get(group, (group,)), name) if group else (name,)


def clean(path: str, text: str) -> str:
    """Return `text` without what XML cannot hold, in one line where the element has no lines."""
    lines = [line.strip() for line in _LINE_END.sub("\n", permitted(text)).split("\n")]
    return ("\n".join(lines) if path in PROSE else " ".join(filter(None, lines))).strip()


def written(path: str, text: str) -> str:
    """Return an element as one line; lines of its text end with `&#xD;`, as EndNote has it."""
    name = path.rpartition("/")[2]
    if path == "ref-type":
        return element(name, str(NUMBERS[text]) if text in NUMBERS else text, {"name": text})
    return element(name, text.replace("\n", "\r"))


def rendered(found: Sequence[Pair], newline: str) -> str:
    """Return elements with those around them, each on a line of its own that begins with `newline`."""
    lines: list[str] = []
    open_names: tuple[str, ...] = ()
    for path, text in [*found, ("", "")]:
        groups = way(path)[:-1]
        common = sum(1 for _ in _common(open_names, groups))
        ending = reversed(range(common, len(open_names)))
        lines += [f"{newline}{_INDENT * depth}</{open_names[depth]}>" for depth in ending]
        lines += [f"{newline}{_INDENT * depth}<{groups[depth]}>" for depth in range(common, len(groups))]
        if path:
            lines.append(f"{newline}{_INDENT * len(groups)}{written(path, text)}")
        open_names = groups
    return "".join(lines)


def _common(one: Sequence[str], other: Sequence[str]) -> Iterable[str]:
    for left, right in zip(one, other, strict=False):
        if left != right:
            return
        yield left


def pairs(field: str, work: Work, kind: str, roles: dict[str, str], spoken: Spoken = ()) -> list[Pair]:
    """Return the elements one field of a work is written as; none where it is empty or such a work has none for it."""
    if field not in {"issn", "isbn"} and getattr(work, field) in (None, ()):
        return []
    writer = _WRITERS.get(field)
    if writer is not None:
        return writer(work, kind, spoken)
    value = getattr(work, field)
    if field in PEOPLE:
        path = spoken[0][0] if spoken else _path_of(field, kind, roles)
        return [(path, text) for name in value if (text := _name(name))] if path else []
    written_now = dict.fromkeys(path for path, _ in spoken) or [_path_of(field, kind, roles)]
    return [(path, str(value)) for path in written_now if path]


def _path_of(field: str, kind: str, roles: dict[str, str]) -> str | None:
    """Return the element a field is written as, or None where this kind of work has none for it."""
    for path, meant in roles.items():
        if meant == field:
            return path
    found = (path for path in FAMILIES[kind].get(field, "").split() if roles.get(path, field) == field)
    return next(found, None)


def _name(name: Name) -> str:
    """Return `Last, First, Jr.`; a body's name ends with a comma only where it would be taken for a person's."""
    if name.literal is not None and names.read(name.literal)[0] == (Name(literal=name.literal),):
        return name.literal
    return names.write(name)


def _numbers(work: Work, _: str, spoken: Spoken) -> list[Pair]:
    """Return ISSNs and ISBNs as the lines of one element; behind those that it has, where they go on."""
    wanted = (*work.issn, *work.isbn)
    texts = [text for _, text in spoken if serials(text).right]
    had = tuple(number for text in texts for number in serials(text).right)
    if had and had == wanted[: len(had)]:
        texts[-1] = "\n".join([texts[-1], *wanted[len(had) :]])
        return [("isbn", text) for text in texts]
    return [("isbn", "\n".join(wanted))] if wanted else []


def _pages(work: Work, kind: str, _: Spoken) -> list[Pair]:
    pages = work.page or ""
    is_number = "number_of_pages" in FAMILIES[kind] and not interpret.is_span(pages)
    return [] if is_number else [("pages", pages)]


def _number_of_pages(work: Work, kind: str, _: Spoken) -> list[Pair]:
    is_held = "number_of_pages" in FAMILIES[kind] and not (work.page and interpret.is_span(work.page))
    return [("pages", work.number_of_pages or "")] if is_held else []


def _container(work: Work, kind: str, spoken: Spoken) -> list[Pair]:
    path = _path_of("container_title", kind, {})
    paths = [path for path, _ in spoken] or ([path] if path else [])
    if kind == "conference":
        paths = ["custom3"] if work.event_title else [path for path in paths if path != "custom3"]
        paths = paths or ["titles/secondary-title"]
    return [(path, work.container_title or "") for path in dict.fromkeys(paths)]


def _event(work: Work, kind: str, _: Spoken) -> list[Pair]:
    is_held = kind == "conference" and work.container_title
    return [("titles/secondary-title", work.event_title or "")] if is_held else []


def _issued(work: Work, _: str, spoken: Spoken) -> list[Pair]:
    """Return the year, and the exact date where there is more than a year: in one element where the record has it so."""
    found = work.issued
    if found is None or not (exact := date(found)):
        return []
    year = f"{found.year:04d}" if found.year is not None else exact
    if len(spoken) == 1 and (spoken[0][0] == "pub-dates/date" or not _YEAR.fullmatch(spoken[0][1])):
        return [(spoken[0][0], exact if found.season is None else f"{exact} {year}")]
    path = next((path for path, _ in spoken if path != "pub-dates/date"), "dates/year")
    return [(path, year)] if exact == year else [(path, year), ("pub-dates/date", exact)]


def date(found: PartialDate) -> str:
    """Return `2012-03-14`, `2012-03`, `Spring` or `2012`; the words of a date without a year."""
    if found.month is None and found.season is not None and found.year is not None:
        return dates.SEASON_NAMES[found.season]
    return found.isoformat()


_WRITERS: Final[dict[str, Callable[[Work, str, Spoken], list[Pair]]]] = {
    "type": lambda work, _, __: [("ref-type", type_name(work.type))],
    "doi": lambda work, _, __: [("electronic-resource-num", str(work.doi))],
    "keyword": lambda work, _, __: [("keywords/keyword", word) for word in work.keyword if word.strip()],
    "pmid": lambda work, _, __: [("accession-num", f"PMID: {work.pmid}")],
    "issued": _issued,
    "accessed": lambda work, _, __: [("access-date", date(work.accessed))] if work.accessed else [],
    "issn": _numbers,
    "isbn": lambda _, __, ___: [],
    "page": _pages,
    "number_of_pages": _number_of_pages,
    "event_title": _event,
    "container_title": _container,
}

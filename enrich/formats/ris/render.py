"""A work to tags: the inverse of :mod:`enrich.formats.ris.interpret`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from enrich.formats import dates, names
from enrich.formats.kinds import family
from enrich.formats.ris import interpret
from enrich.formats.ris.tags import EDITED, FAMILIES, ORDER, PEOPLE, PROSE, TAGS, type_name
from enrich.formats.ris.tokens import KEPT, TAG_LIKE, WIDTH, gap, tokens
from enrich.formats.tagged import normalized
from enrich.model.date import PartialDate
from enrich.model.name import Name
from enrich.model.record import Record
from enrich.model.work import Work

Pair: TypeAlias = tuple[str, str]
Spoken: TypeAlias = Sequence[Pair]
"""The tags that feed a field now: a record that says `Y1` goes on saying `Y1`."""

_RANK: Final = {tag: rank for rank, tag in enumerate(ORDER)}
_PAGES: Final = re.compile(r"([^\s,;–—-]+)-([^\s,;–—-]+)")
_YEAR: Final = re.compile(r"\d{4}", re.ASCII)
SEPARATOR: Final = "  -"


def fresh(record: Record) -> list[Pair]:
    """Return all tags of a record that did not come from this format, in the usual order."""
    work = record.work
    kind, roles = family(work.type), dict[str, str]()
    found = [("TY", type_name(work.type))]
    if work.type is None:
        found = [("TY", next((text for tag, text in record.extra if tag == "TY" and text.strip()), "GEN"))]
    if work.type == "book" and work.editor and work.collection_editor and not work.author:
        found, roles = [("TY", EDITED)], {"AU": "editor"}
    for field in Work.model_fields:
        if field != "type":
            found += pairs(field, work, kind, roles)
    if work.doi is None and record.doi_text:
        found.append(("DO", one_line(record.doi_text)))
    if record.source is None:
        found += [(tag, clean(tag, text)) for tag, text in record.extra if tag in TAGS - {"TY", "ER"}]
    found = [pair for pair in found if pair[1]]
    return [*sorted(found, key=lambda pair: _RANK.get(pair[0], len(_RANK))), ("ER", "")]


def held(record: Record) -> Work:
    """Return what a RIS file can hold of the record's work: what is read back after writing it afresh."""
    found = tokens("\n".join(line(tag, value, "\n") for tag, value in fresh(record)))
    return Work(**interpret.build(found, interpret.assign(found)))


def line(tag: str, value: str, newline: str, separator: str = SEPARATOR, indent: str = "") -> str:
    """Return the line or lines of one tag, without the last line break, such that reading them gives `value` again."""
    before, *rest = value.split("\n")
    lines, length = [f"{indent}{tag}{separator} {before}"], len(before) + WIDTH
    for text in rest:
        is_kept = TAG_LIKE.match(text) or (text and before and gap(tag, text, before, length) == " ")
        if is_kept and indent:
            # No blank would hide it where all tags are indented.
            lines[-1] += f" {text}"
            continue
        lines.append(f"{KEPT}{text}" if is_kept else text)
        before, length = text, len(lines[-1])
    return newline.join(lines)


def one_line(text: str) -> str:
    """Return `text` without line breaks."""
    return " ".join(part for part in map(str.strip, normalized(text).split("\n")) if part)


def clean(tag: str, text: str) -> str:
    """Return `text` in the lines that the tag can keep apart; paragraphs stay paragraphs."""
    if tag not in PROSE:
        return one_line(text)
    kept: list[str] = []
    is_gap = False
    for part in map(str.strip, normalized(text).split("\n")):
        if part:
            if kept:
                kept.append("\n\n" if is_gap else "\n")
            kept.append(part)
        is_gap = not part
    return "".join(kept)


def pairs(field: str, work: Work, kind: str, roles: dict[str, str], spoken: Spoken = ()) -> list[Pair]:
    """Return the tags one field of a work is written as; none where it is empty or this kind of work has no tag for it."""
    if field not in {"issn", "isbn"} and getattr(work, field) in (None, ()):
        return []
    writer = _WRITERS.get(field)
    if writer is not None:
        return writer(work, kind, spoken)
    tag = spoken[0][0] if spoken else _tag_of(field, kind, roles)
    if tag is None:
        return []
    value = getattr(work, field)
    if field in PEOPLE:
        return [(tag, text) for name in value if (text := _name(name))]
    return [(tag, clean(tag, str(value)))]


def _tag_of(field: str, kind: str, roles: dict[str, str]) -> str | None:
    """Return the tag a field is written under, or None where this kind of work has none for it."""
    for tag, meant in roles.items():
        if meant == field:
            return tag
    found = (tag for tag in FAMILIES[kind].get(field, "").split() if roles.get(tag, field) == field)
    return next(found, None)


def _name(name: Name) -> str:
    """Return `Last, First, Jr.`; a body's name ends with a comma only where it would be taken for a person's."""
    if name.literal is not None and names.read(name.literal)[0] == (Name(literal=name.literal),):
        return one_line(name.literal)
    return one_line(names.write(name))


def _numbers(work: Work, _: str, __: Spoken) -> list[Pair]:
    return [("SN", number) for number in (*work.issn, *work.isbn)]


def _pages(work: Work, kind: str, spoken: Spoken) -> list[Pair]:
    pages = one_line(work.page or "")
    parted = _PAGES.fullmatch(pages)
    if parted is None or parted[1] == parted[2] or (len(spoken) == 1 and _PAGES.fullmatch(spoken[0][1])):
        is_number = "number_of_pages" in FAMILIES[kind] and not interpret.is_span(pages)
        return [] if is_number else [("SP", pages)]
    return [("SP", parted[1]), ("EP", parted[2])]


def _number_of_pages(work: Work, kind: str, _: Spoken) -> list[Pair]:
    is_held = "number_of_pages" in FAMILIES[kind] and not work.page
    return [("SP", one_line(work.number_of_pages or ""))] if is_held else []


def _event(work: Work, kind: str, _: Spoken) -> list[Pair]:
    return [("T2", one_line(work.event_title or ""))] if kind == "conference" and work.container_title else []


def _container(work: Work, kind: str, spoken: Spoken) -> list[Pair]:
    tag = spoken[0][0] if spoken else _tag_of("container_title", kind, {})
    if kind == "conference":
        tag = "C3" if work.event_title else "T2" if tag == "C3" else tag
    return [(tag, one_line(work.container_title or ""))] if tag else []


def _issued(work: Work, _: str, spoken: Spoken) -> list[Pair]:
    """Return the year, and the exact date where there is more than a year: in one tag where the record has it so."""
    found = work.issued
    if found is None or found.year is None:
        return [(spoken[0][0] if spoken else "PY", one_line(found.literal))] if found and found.literal else []
    year, exact = f"{found.year:04d}", date(found)
    tag, value = spoken[0] if spoken else ("PY", year)
    if len(spoken) == 1 and (tag in {"Y1", "DA"} or not _YEAR.fullmatch(value)):
        return [(tag, f"{year}///" if exact == year and value.endswith("///") else exact)]
    return [(tag, year)] if exact == year else [(tag, year), ("DA", exact)]


def date(found: PartialDate) -> str:
    """Return `2012/03/14/`, `2012/03//`, `2012///Spring` or `2012`; the words of a date without a year."""
    if found.year is None:
        return found.literal or ""
    if found.month is None:
        return f"{found.year:04d}///{dates.SEASON_NAMES[found.season]}" if found.season else f"{found.year:04d}"
    return f"{found.year:04d}/{found.month:02d}/{found.day or 0:02d}/".replace("/00/", "//")


_WRITERS: Final[dict[str, Callable[[Work, str, Spoken], list[Pair]]]] = {
    "type": lambda work, _, __: [("TY", type_name(work.type))],
    "doi": lambda work, _, __: [("DO", str(work.doi))],
    "keyword": lambda work, _, __: [("KW", text) for word in work.keyword if (text := one_line(word))],
    "pmid": lambda work, _, __: [("AN", f"PMID: {work.pmid}")],
    "issued": _issued,
    "accessed": lambda work, _, __: [("Y2", date(work.accessed))] if work.accessed and date(work.accessed) else [],
    "issn": _numbers,
    "isbn": lambda _, __, ___: [],
    "page": _pages,
    "number_of_pages": _number_of_pages,
    "event_title": _event,
    "container_title": _container,
}

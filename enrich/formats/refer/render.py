"""A work to tags: the inverse of :mod:`enrich.formats.refer.interpret`."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Final, TypeAlias

from enrich.formats import dates, names
from enrich.formats.refer import flat, interpret
from enrich.formats.refer.tags import EDITED, FAMILIES, ORDER, PEOPLE, TAGS, family, tag_of, type_name
from enrich.formats.refer.tokens import FOLD, MULTILINE, Oddities, is_paragraph, normalized, tokens
from enrich.model.record import Record
from enrich.model.work import Work

Pair: TypeAlias = tuple[str, str]

_RANK: Final = {tag: rank for rank, tag in enumerate(ORDER)}
_TAG_LIKE: Final = re.compile(r"\ufeff*[%$](?:\S(?:\s|\Z)|[(\[]\d)")
# What might be read as the type of a further record; before another tag there is no name of one.
_ZERO: Final = re.compile(r"(?<!\S)%0[ \t]+(?=\S)(?!%\S(?!\S))")


def fresh(record: Record) -> list[Pair]:
    """Return all tags of a record that did not come from this format, in EndNote's order."""
    work = record.work
    kind, roles = family(work.type), dict[str, str]()
    found = pairs("type", work, kind, roles) or [("0", _unknown_type(record))]
    if not work.author and kind in {"book", "report"}:
        roles = {"E": "editor"}
        if work.type == "book" and work.editor:
            found, roles = [("0", EDITED.title())], {"A": "editor", "E": "collection_editor"}
    for field in Work.model_fields:
        if field != "type":
            found += pairs(field, work, kind, roles)
    found += [(tag, clean(tag, text)) for tag, text in record.extra if tag in TAGS and tag != "0" and text.strip()]
    return sorted((pair for pair in found if pair[1]), key=lambda pair: _RANK[pair[0]])


def _unknown_type(record: Record) -> str:
    """Return the type's name as it was read, where it is one nobody knows, and Generic where there was none."""
    return next((one_line(text) for tag, text in record.extra if tag == "0" and one_line(text)), type_name(None))


def held(record: Record) -> Work:
    """Return what a refer file can hold of the record's work: what is read back after writing it afresh."""
    text = "\n".join(line(tag, value, "\n") for tag, value in fresh(record))
    found = tokens(text, Oddities())
    return Work(**interpret.build(found, interpret.assign(found)))


def line(tag: str, value: str, newline: str) -> str:
    """Return the line or lines of one tag, without the last line break, such that reading them gives `value` again."""
    value = _ZERO.sub("%0\n", value)
    first, *rest = value.split("\n")
    rest[:0], first = _folded(tag, first, " ".join(rest))
    body = [first, *(f" {text}" if _TAG_LIKE.match(text) else text for text in rest)]
    return f"%{tag} " + newline.join(body)


def _folded(tag: str, text: str, rest: str) -> tuple[list[str], str]:
    """Break a line before what would be read as a further tag; such a line is joined by a blank when it is read."""
    if flat.CANDIDATE.search(text) is None:
        return [], text
    whole = f"%{tag} {text} {rest}"
    if all(len(flat.split(whole, in_lines=in_lines).tags) == 1 for in_lines in (False, True)):
        return [], text
    starts = [0, *(match.start() for match in flat.CANDIDATE.finditer(text)), len(text)]
    first, *further = [text[start:end].strip() for start, end in pairwise(starts)]
    return [FOLD + part for part in further], first


def one_line(text: str) -> str:
    """Return `text` without line breaks."""
    return " ".join(part.strip() for part in normalized(text).split("\n")).strip()


def clean(tag: str, text: str) -> str:
    """Return `text` in the lines that the tag can keep apart; paragraphs stay paragraphs where they are read as such."""
    if tag not in MULTILINE:
        return one_line(text)
    kept: list[str] = []
    is_gap = False
    for part in map(str.strip, normalized(text).split("\n")):
        if part:
            if kept:
                kept.append("\n\n" if is_gap and is_paragraph(tag, part, 1) else "\n")
            kept.append(part)
        is_gap = not part
    return "".join(kept)


def pairs(field: str, work: Work, kind: str, roles: dict[str, str]) -> list[Pair]:
    """Return the tags one field of a work is written as; none where it is empty or this kind of work has no tag for it."""
    if field not in {"issn", "isbn"} and getattr(work, field) in (None, ()):
        return []
    writer = _WRITERS.get(field)
    if writer is not None:
        return writer(work, kind)
    tag = next((tag for tag, meant in roles.items() if meant == field), None) or tag_of(field, kind)
    if tag is None or roles.get(tag, field) != field:
        return []
    value = getattr(work, field)
    if field in PEOPLE:
        return [(tag, text) for name in value if (text := one_line(names.write(name)))]
    return [(tag, clean(tag, str(value)))]


def _keywords(work: Work, _: str) -> list[Pair]:
    words = [one_line(word) for word in work.keyword]
    if len(words) == 1 and "," in words[0]:
        return [("K", words[0] + ";")]
    return [("K", "\n".join(words))]


def _page(work: Work, kind: str) -> list[Pair]:
    pages = one_line(work.page or "")
    is_own = FAMILIES[kind].get("P") == "page" or interpret.is_span(pages)
    return [("P" if is_own else "&", pages)]


def _issued(work: Work, _: str) -> list[Pair]:
    """Return the year, and the exact date where there is more than a year."""
    date = work.issued
    if date is None or date.year is None:
        return [("D", date.literal)] if date and date.literal else []
    is_season = date.season and not date.month
    exact = f"{dates.SEASON_NAMES[date.season or 0]} {date.year}" if is_season else date.isoformat()
    year = f"{date.year:04d}"
    return [("D", year)] if exact == year else [("D", year), ("8", exact)]


def _event(work: Work, kind: str) -> list[Pair]:
    return [("B", one_line(work.event_title or ""))] if kind == "conference" and work.container_title else []


def _container(work: Work, kind: str) -> list[Pair]:
    tag = "J" if kind == "conference" and work.event_title else tag_of("container_title", kind)
    return [(tag, one_line(work.container_title or ""))] if tag else []


_WRITERS: Final[dict[str, Callable[[Work, str], list[Pair]]]] = {
    "type": lambda work, _: [("0", type_name(work.type))],
    "doi": lambda work, _: [("R", str(work.doi))],
    "keyword": _keywords,
    "issued": _issued,
    "accessed": lambda work, _: [("[", work.accessed.isoformat())] if work.accessed else [],
    "issn": lambda work, _: [("@", number) for number in (*work.issn, *work.isbn)],
    "isbn": lambda _, __: [],
    "page": _page,
    "event_title": _event,
    "container_title": _container,
}

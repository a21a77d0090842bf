"""Laws that hold of real answers, which are no part of the project (see `real_data`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from agencies.world import NOW

from enrich.agencies import crossref, datacite, negotiation, read, values
from enrich.identifiers.doi import Doi
from enrich.model import Record
from enrich.model.worktype import WORK_TYPES
from enrich.text.fold import squeezed
from enrich.text.markup import abstract_text, has_markup, to_text


def rows(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file."""
    with (folder / name).open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def said(record: Record) -> str:
    """Return everything a record says about titles, venues and people, as one text without blanks."""
    work, beyond = record.work, record.registration
    assert beyond is not None
    people = (*work.author, *work.editor, *work.translator)
    names = [
        part for name in people for part in (name.family, name.given, name.suffix, name.literal, *name.affiliation)
    ]
    texts = (
        *beyond.titles,
        *beyond.container_titles,
        work.collection_title,
        work.event_title,
        work.publisher,
        work.genre,
    )
    return squeezed("\n".join(filter(None, (*texts, *names, *beyond.funders))))


def strings(value: Any) -> Iterator[str]:
    """Yield the texts within a value that are not codes for "missing"."""
    if isinstance(value, str):
        if values.text(value) is not None:
            yield to_text(value)
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


def kept_text(*members: str) -> Callable[[Any, Record], bool]:
    """Return the test that every text of a member, or of members within it, is said."""

    def test(value: Any, record: Record) -> bool:
        inner = [member.get(name) for member in values.mappings(value) for name in members] if members else value
        everything = said(record)
        return all(squeezed(text) in everything for text in strings(inner))

    return test


def kept_date(value: Any, record: Record) -> bool:
    """Tell whether a date is among those of publication."""
    assert record.registration is not None
    return values.date(value) in (None, *record.registration.published)


def updates(record: Record, direction: str) -> int:
    """Return how many notices a record has."""
    assert record.registration is not None
    return sum(each.direction == direction for each in record.registration.updates)


COUNTERPARTS: Final[dict[str, Callable[[Any, Record], bool]]] = {
    "title": kept_text(),
    "subtitle": kept_text(),
    "short-title": kept_text(),
    "original-title": kept_text(),
    "container-title": kept_text(),
    "short-container-title": kept_text(),
    "author": kept_text("family", "given", "name", "suffix"),
    "editor": kept_text("family", "given", "name", "suffix"),
    "translator": kept_text("family", "given", "name", "suffix"),
    "funder": kept_text("name"),
    "event": kept_text("name"),
    "publisher": kept_text(),
    "degree": kept_text(),
    **dict.fromkeys(
        ("issued", "published", "published-print", "published-online", "published-other", "posted"), kept_date
    ),
    "volume": lambda value, record: record.work.volume == values.number(value),
    "issue": lambda value, record: record.work.issue == values.number(value),
    "page": lambda value, record: record.work.page == values.pages(value),
    "article-number": lambda value, record: record.work.number == values.number(value),
    "edition-number": lambda value, record: record.work.edition == value,
    "publisher-location": lambda value, record: record.work.publisher_place == to_text(value),
    "language": lambda value, record: record.work.language == value,
    "abstract": lambda value, record: record.work.abstract == (abstract_text(value) or None),
    "license": lambda value, record: record.work.license in [values.address(each["URL"]) for each in value],
    "ISSN": lambda value, record: record.work.issn == values.issn_list(value),
    "ISBN": lambda value, record: record.work.isbn == values.isbn_list(value),
    "DOI": lambda value, record: record.work.doi == values.doi(value),
    "aliases": lambda value, record: [*record.registration.aliases] == value,
    "update-to": lambda value, record: updates(record, "update-to") == len(value),
    "updated-by": lambda value, record: updates(record, "updated-by") == len(value),
    "relation": lambda value, record: len(record.registration.relations) == sum(map(len, value.values())),
    "resource": lambda value, record: record.registration.resource == values.address(value["primary"]["URL"]),
}


def test_every_member_of_a_crossref_work_has_its_counterpart(real_data: Path) -> None:
    """Reading loses no member that the model has a place for."""
    lost = []
    for row in rows(real_data, "crossref.jsonl"):
        message = row["message"]
        record = read("crossref", orjson.dumps(crossref.trim(message)), doi=Doi(row["doi"]), retrieved_at=NOW)
        assert record.work.type in WORK_TYPES
        for member, is_kept in COUNTERPARTS.items():
            if message.get(member) and not is_kept(message[member], record):
                lost.append((row["doi"], member, message[member]))
    assert lost == []


@pytest.mark.parametrize(("agency", "trim"), [("crossref", crossref.trim), ("datacite", datacite.trim)])
def test_trimming_loses_nothing_that_is_read(real_data: Path, agency: str, trim: Callable[[Any], Any]) -> None:
    """A trimmed answer reads as the whole one does, is no longer than it, and trimming it again changes nothing."""
    for row in rows(real_data, f"{agency}.jsonl"):
        whole = row.get("message") or row.get("data") or row["attributes"]
        trimmed = trim(whole)
        answers = [orjson.dumps(whole), orjson.dumps(trimmed)]
        full, short = (read(agency, answer, doi=Doi(row["doi"]), retrieved_at=NOW) for answer in answers)
        assert (full.work, full.registration) == (short.work, short.registration), row["doi"]
        assert trim(trimmed) == trimmed
        assert len(answers[1]) <= len(answers[0]) + 60


def test_every_datacite_record_says_who_what_when(real_data: Path) -> None:
    """Titles, creators, years and abstracts of any shape, old ones too, have their counterparts."""
    for row in rows(real_data, "datacite.jsonl"):
        datum = row.get("data") or row["attributes"]
        given = datum.get("attributes", datum)
        record = read("datacite", orjson.dumps(datum), doi=Doi(row["doi"]), retrieved_at=NOW)
        everything = said(record)
        for text in strings([given.get("title"), [each.get("title") for each in given.get("titles") or []]]):
            assert squeezed(text) in everything
        for creator in given.get("creators") or given["author"]:
            name = creator.get("name") or creator.get("literal") or creator.get("familyName") or creator["family"]
            words = squeezed(values.named(name) or "")
            assert words in everything or all(squeezed(part) in everything for part in name.split(",")), row["doi"]
        if given.get("publicationYear"):
            assert record.work.issued is not None
        abstracts = [each for each in given.get("descriptions") or [] if each["descriptionType"] == "Abstract"]
        if "descriptions" in given:
            said_something = any(values.text(each.get("description")) for each in abstracts)
            assert (record.work.abstract is not None) == said_something, row["doi"]
        assert record.work.type in WORK_TYPES


def test_negotiated_items_say_what_the_interface_says(real_data: Path) -> None:
    """A work by content negotiation reads as by the interface, where both are at hand."""
    messages = {row["doi"]: row["message"] for row in rows(real_data, "crossref.jsonl")}
    compared = 0
    for row in rows(real_data, "other.jsonl"):
        if not row["kind"].startswith("csl"):
            continue
        doi = values.doi(row["doi"])
        assert doi is not None
        item = orjson.dumps(negotiation.trim(row["body"], doi))
        record = read("crossref", item, doi=doi, retrieved_at=NOW)
        assert record.source is not None
        assert record.source.format == "csl-json"
        assert record.work.title
        assert record.work.author or "author" not in row["body"]
        if doi in messages:
            work, _ = crossref.describe(messages[doi])
            for field in ("title", "volume", "page", "issn"):
                assert getattr(record.work, field) == getattr(work, field), (doi, field)
            compared += 1
    assert compared > 10


def test_texts_are_free_of_markup(real_data: Path) -> None:
    """No title, name or abstract that was read holds a tag or an entity."""
    for name, agency in (("crossref.jsonl", "crossref"), ("datacite.jsonl", "datacite")):
        for row in rows(real_data, name):
            answer = orjson.dumps(row.get("message") or row.get("data") or row["attributes"])
            work = read(agency, answer, doi=Doi(row["doi"]), retrieved_at=NOW).work
            texts = (
                work.title,
                work.container_title,
                work.publisher,
                work.abstract,
                *(each.family for each in work.author),
            )
            assert [text for text in texts if text and has_markup(text)] == []

"""Works composed from facts, in the shape Crossref answers in: a title, names, a place and a date are facts.

`works.tsv` lists them; where no real one was at hand (a thesis, a data set, an editorial) it is made up. The DOIs are of the
prefix that is set aside for tests, so they mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

Message = dict[str, Any]

_TABLE: Final = Path(__file__).with_name("works.tsv")
PREFIX: Final = "10.5555"


def composed() -> Iterator[Message]:
    """Yield the works of the table as messages."""
    lines = [line for line in _TABLE.read_text("utf-8").splitlines() if not line.startswith("#")]
    for number, line in enumerate(lines, 1):
        yield _message(f"{PREFIX}/restore.{number:04}", *line.split("\t"))


def _message(doi: str, *columns: str) -> Message:
    kind, title, authors, container, year, volume, issue, pages, publisher, more = columns
    message: Message = {
        "DOI": doi,
        "type": kind,
        "title": [title],
        "author": [person(name) for name in authors.split("; ")],
        "container-title": [container] if container else [],
        "issued": {"date-parts": [[int(year)]]},
        "volume": volume,
        "issue": issue,
        ("page" if pages[:1].isdigit() else "article-number"): pages,
        "publisher": publisher,
    }
    for part in filter(None, more.split(" ")):
        field, _, value = part.partition("=")
        message[field] = value.split(",")
    return {field: value for field, value in message.items() if value}


def person(inverted: str) -> Message:
    """Return a name written `Family, Given` as a registry has it."""
    family, _, given = inverted.partition(", ")
    return {"family": family, "given": given, "sequence": "additional", "affiliation": []}


def year_of(message: Message) -> int | None:
    """Return the year of publication."""
    try:
        return int(message["issued"]["date-parts"][0][0])
    except (KeyError, IndexError, TypeError, ValueError):
        return None

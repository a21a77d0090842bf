"""Writes `docs/conversion.md`: which fields survive each way from one format into another and back, found by doing it.

    python update/conversion.py

A test compares the page with what this script makes.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from enrich import formats
from enrich.formats.csl_item import with_field
from enrich.formats.losses import losses
from enrich.model import FIELDS, Origin, Record, Work

PAGE: Final = Path(__file__).parent.parent / "docs" / "conversion.md"
WAYS: Final = tuple(name for name in formats.WRITABLE if name in formats.READABLE)
ONE_WAY: Final = ("biblatex", "mods", "jats", "csv")
TYPES: Final = ("article-journal", "chapter", "book", "paper-conference", "thesis", "report", "dataset", "webpage")
PEOPLE: Final = [{"family": "Roe", "given": "Jane"}, {"literal": "World Health Organization"}]
VALUES: Final[dict[str, Any]] = {
    "title": "Trees & Größe", "title-short": "Trees", "original-title": "Bäume", "container-title": "Annals of Forests",
    "container-title-short": "Ann. For.", "collection-title": "Lecture Notes", "event-title": "Forest Conference",
    "author": PEOPLE, "editor": PEOPLE[:1], "translator": [{"family": "Doe", "given": "Ann"}],
    "collection-editor": [{"family": "Poe", "given": "E. A."}], "issued": {"date-parts": [[2012, 3, 14]]},
    "accessed": {"date-parts": [[2020, 1, 2]]}, "volume": "12", "issue": "3", "page": "5-32", "number": "574025",
    "number-of-pages": "327", "number-of-volumes": "3", "edition": "2nd", "version": "1.0", "genre": "PhD thesis",
    "publisher": "Hindawi", "publisher-place": "Cairo", "ISSN": "2090-3170, 2090-3189", "ISBN": "978-0-471-11709-4",
    "DOI": "10.1155/2012/574025", "PMID": "12345678", "URL": "https://example.org/a;b", "language": "en",
    "abstract": "One paragraph.", "license": "https://creativecommons.org/licenses/by/4.0/", "keyword": "ash, oak",
    "note": "Seen.", "call-number": "QA 76", "archive": "Attic",
}  # fmt: skip
"""A value for each field; each is tried by itself in a record with a title and a type."""
BESIDE: Final = {"container-title-short": "container-title"}
"""Fields that never stand without another one."""


def record(kind: str, field: str) -> Record:
    """Return a record of a type with a title and a value in one field more."""
    work = Work(type=kind, title="Trees")
    for name in filter(None, (BESIDE.get(field), field)):
        work = with_field(work, name, kind if name == "type" else VALUES[name])
    return Record(work=work, origin=Origin())


def through(start: Record, *names: str) -> Record:
    """Return a record as it is read after having been written in each of these formats."""
    for name in names:
        reader = "bibtex" if name == "biblatex" else name
        (start,) = formats.read(formats.write([start], name), format=reader)
        start = start.model_copy(update={"source": None})
    return start


def survives(start: Record, field: str, *names: str) -> bool:
    """Tell whether a field is what it was after these formats."""
    return bool(getattr(through(start, *names).work, FIELDS[field]) == getattr(start.work, FIELDS[field]))


def kept(name: str) -> dict[str, list[str]]:
    """Return for each field the types of work of which a format keeps it."""
    if name in formats.READABLE:
        return {field: [kind for kind in TYPES if survives(record(kind, field), field, name)] for field in FIELDS}
    return {
        field: [kind for kind in TYPES if field not in {loss.field for loss in losses(record(kind, field), name)}]
        for field in FIELDS
    }


def lost_there_and_back(here: str, there: str) -> list[str]:
    """Return the fields of a journal article that `here` keeps and a way to `there` and back does not."""
    starts = {field: record("article-journal", field) for field in FIELDS}
    return [
        field
        for field, start in starts.items()
        if survives(start, field, here) and not survives(start, field, here, there, here)
    ]


def page() -> str:
    """Return the page."""
    tables = {name: kept(name) for name in (*WAYS, *ONE_WAY)}
    in_part = {
        name: "; ".join(f"`{field}` {_kinds(kinds)}" for field, kinds in found.items() if _mark(kinds) == "◐")
        for name, found in tables.items()
    }
    lines = [
        "# What survives a conversion", "",
        "Made by `python update/conversion.py`, which writes each field into each format and reads it back; a test",
        ("does the same and compares. What is lost in a conversion of your own is listed by"
        " [`enrich convert --loss`](formats.md)."),
        "",
        "## Fields", "",
        ("● always · ◐ for some types of work, see below · blank: not."
        " Formats that are not read are judged by what they write."),
        "",
        _row("field", *tables), _row(*["---"] * (len(tables) + 1)),
        *(_row(f"`{field}`", *(_mark(found[field]) for found in tables.values())) for field in FIELDS),
        "", "Of these types of work: " + ", ".join(f"`{kind}`" for kind in TYPES) + ". In part:", "",
        *(f"- {name}: {found}" for name, found in in_part.items() if found),
        "", "## There and back", "",
        ("Fields of a journal article that the format of the line keeps and that are gone, or not what they were,"
        " after a way"),
        "into the format of the column and back.", "",
        _row("", *WAYS), _row(*["---"] * (len(WAYS) + 1)),
        *(
            _row(here, *(", ".join(f"`{field}`" for field in lost_there_and_back(here, there)) or "none" for there in WAYS))
            for here in WAYS
        ),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _mark(kinds: list[str]) -> str:
    return "●" if len(kinds) == len(TYPES) else "◐" if kinds else ""


def _kinds(kinds: Iterable[str]) -> str:
    found = list(kinds)
    missing = [kind for kind in TYPES if kind not in found]
    return f"not of {', '.join(missing)}" if len(missing) < len(found) else f"only of {', '.join(found)}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)

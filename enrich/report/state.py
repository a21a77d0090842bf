"""How a record stood at the end of a run, in a few figures, so that a later run sees what was edited since.

A figure is the CRC-32 of what a file shows of a field: names as they are written, without the ORCID that most files have no
place for, and no blanks, which move when a line is broken. Personal fields have none: no run touches them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from zlib import crc32

from enrich.merge.policy import PERSONAL
from enrich.model import FIELDS, Enrichment, Name, PartialDate, Record

_FIELDS: Final = tuple((field, attribute) for field, attribute in FIELDS.items() if field not in PERSONAL)


def figures(record: Record) -> dict[str, int]:
    """Return a figure for each field of a record that says something, by its CSL name."""
    members = record.work.__dict__
    found: dict[str, int] = {}
    for field, attribute in _FIELDS:
        if value := members[attribute]:
            text = value if value.__class__ is str else _shown(value)
            text = text.replace(" ", "").replace("\n", "")
            if not text.isprintable():
                text = "".join(text.split())  # a tab or a form feed is a blank, too
            found[field] = crc32(text.encode("utf-8", "surrogatepass"))
    if record.doi_text:
        found["DOI"] = figure(record.doi_text)
    return found


def figure(value: Any) -> int:
    """Return the figure of the value of a field."""
    return crc32(_shown(value).replace(" ", "").replace("\n", "").encode("utf-8", "surrogatepass"))


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, PartialDate):
        return f"{value.isoformat()} {value.season or ''}"
    return "\n".join(part.inverted() if isinstance(part, Name) else part for part in value)


def state(enrichment: Enrichment) -> Mapping[str, Any]:
    """Return what a report keeps of a record for the run after it; `kept` are the fields edited since earlier ones."""
    source = enrichment.before.source
    return {
        "format": source.format if source else None,
        "kept": sorted(enrichment.before.kept),
        "fields": figures(enrichment.record),
    }

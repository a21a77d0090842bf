"""What a record loses on its way into another format, and how to keep it in the notes.

Lost is what reading the new file would not give back (`held`), what CSL has no name for, and a record that could not be read
at all. A record written in the format it came from keeps its bytes, so it loses nothing.

>>> from enrich.model import Origin, Record, Work
>>> losses(Record(work=Work(type="article-journal", title="A", license="http://l.org"), origin=Origin()), "refer")
(Loss(field='license', value='http://l.org'),)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from enrich.formats import FORMATS
from enrich.formats.dates import SEASON_NAMES
from enrich.model.date import PartialDate
from enrich.model.name import Name
from enrich.model.record import Record
from enrich.model.work import FIELDS

_WHOLE: Final = frozenset({"csl-json"})
"""Formats with a place for whatever a record says beyond its work."""
UNREADABLE: Final = "unreadable"


class Loss(NamedTuple):
    """What is lost: the CSL name of a field, a part of it (`author.ORCID`) or the tag of another format, and the text."""

    field: str
    value: str


def losses(record: Record, name: str) -> tuple[Loss, ...]:
    """Return what writing a record in the format of this name loses."""
    if record.source is not None and record.source.format == name:
        return ()
    return (*_of_work(record, name), *(() if name in _WHOLE else _beyond(record)))


def kept(record: Record, name: str) -> tuple[Record, tuple[Loss, ...]]:
    """Return the record with what the format of this name cannot hold in its notes, and what is lost all the same."""
    lost = losses(record, name)
    lines = [f"{loss.field}: {loss.value}" for loss in lost if loss.field != "note"]
    if not lines:
        return record, lost
    note = "\n".join([*([record.work.note] if record.work.note else []), *lines])
    noted = record.model_copy(update={"work": record.work.model_copy(update={"note": note})})
    still = set(losses(noted, name))
    if any(loss.field == "note" for loss in still):
        return record, lost
    return noted, tuple(loss for loss in lost if loss.field == "note")


def _of_work(record: Record, name: str) -> Iterator[Loss]:
    held = FORMATS[name].held(record)
    for field, attribute in FIELDS.items():
        before, after = getattr(record.work, attribute), getattr(held, attribute)
        if before != after and before not in {None, ()}:
            yield from _of_field(field, before, after)


def _of_field(field: str, before: Any, after: Any) -> Iterator[Loss]:
    if isinstance(before, tuple) and isinstance(before[0], Name):
        yield from _of_people(field, before, after)
    elif isinstance(before, tuple):
        lost = [text for text in before if _plain(text) not in map(_plain, after)]
        if lost or len(after) < len(before):
            yield Loss(field, "; ".join(lost or before))
    elif isinstance(before, PartialDate):
        yield Loss(field, _dated(before))
    elif _plain(before) != _plain(after):
        yield Loss(field, str(before))


def _of_people(field: str, before: tuple[Name, ...], after: tuple[Name, ...]) -> Iterator[Loss]:
    """Yield the names if some are lost, else what was known of the people besides."""
    if [_plain(name.inverted()) for name in before] != [_plain(name.inverted()) for name in after]:
        yield Loss(field, "; ".join(name.inverted() for name in before))
        return
    pairs = list(zip(before, after, strict=True))
    orcids = [f"{name.inverted()} {name.orcid}" for name, now in pairs if name.orcid and not now.orcid]
    places = [
        f"{name.inverted()} ({'; '.join(name.affiliation)})"
        for name, now in pairs
        if name.affiliation and not now.affiliation
    ]
    for part, texts in (("ORCID", orcids), ("affiliation", places)):
        if texts:
            yield Loss(f"{field}.{part}", "; ".join(texts))


def _beyond(record: Record) -> Iterator[Loss]:
    """Yield what CSL has no name for, and the whole of what could not be read."""
    if not record.readable and record.source is not None:
        yield Loss(UNREADABLE, record.source.raw.decode(record.source.encoding, "replace").strip())
        return
    origin = record.source.format if record.source is not None else "extra"
    for tag, value in record.extra:
        if value.strip():
            yield Loss(f"{origin}:{tag}", value)


def _dated(date: PartialDate) -> str:
    season = SEASON_NAMES.get(date.season or 0, "")
    return " ".join(
        part for part in (season, date.isoformat(), date.literal if date.year is not None else "") if part
    )


def _plain(text: str | None) -> str:
    return " ".join((text or "").split())

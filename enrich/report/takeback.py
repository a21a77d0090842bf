"""Taking a clean back in a library that was edited since: the later edits stay.

A record that still has the bytes the clean gave it, wherever it stands now, gets its old bytes. An edited one is found by
its DOI, or by its place where no record was added or removed, and is taken back field by field: a field that still has
the value the clean gave it gets its old value, any other was edited and stays. The format writes the result, so that what
is not taken back keeps its bytes.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from enrich import formats
from enrich.formats import csl_json
from enrich.model import Record
from enrich.report.atomic import AtomicFile
from enrich.report.journal import Entry, digest
from enrich.report.summary import printable

_BLOCK: Final = 1 << 18
Row = dict[str, Any]


@dataclass(slots=True)
class Takeback:
    """Counts of what was taken back, and sentences about what was kept."""

    records: int = 0
    fields: int = 0
    kept: list[str] = field(default_factory=list)


def take_back(entry: Entry, output: AtomicFile) -> Takeback:
    """Write the library without what the clean did to it, and tell what was done."""
    rows = list(entry.rows())
    whole, parted, missing = _found(rows, _outline(entry.library), entry.records)
    done = Takeback(records=len(whole))
    done.kept += [f"{_name(row)}: the record is not in the library any more" for row in missing]
    raws: dict[int, bytes] = {}  # of the records in hand whose bytes go back; a writer may read ahead

    def records() -> Iterator[Record]:
        for position, record in enumerate(_read(entry.library)):
            if position in whole:
                raws[position] = _raw(record)
            yield _parted(record, parted[position], done) if position in parted else record

    for position, chunk in enumerate(formats.rewrite(records())):
        output.write(_spliced(raws.pop(position), whole[position]["restore"]) if position in whole else chunk)
    return done


def _chunks(library: Path) -> Iterator[bytes]:
    with library.open("rb") as stream:
        while chunk := stream.read(_BLOCK):
            yield chunk


def _read(library: Path) -> Iterator[Record]:
    return formats.read(_chunks(library), file=str(library))


def _outline(library: Path) -> list[tuple[str, str | None]]:
    """Return digest and DOI of every record as it stands now."""
    return [(digest(_raw(record)), record.work.doi) for record in _read(library)]


def _raw(record: Record) -> bytes:
    return record.source.raw if record.source is not None else b""


def _found(
    rows: list[Row], outline: list[tuple[str, str | None]], records: int
) -> tuple[dict[int, Row], dict[int, Row], list[Row]]:
    """Return where each row's record stands now: untouched, edited, or nowhere."""
    whole = _matched(rows, [key for key, _ in outline], lambda row: row["restore"]["digest"])
    taken = set(whole)
    rest = _without(rows, whole)
    dois = [None if position in taken else doi for position, (_, doi) in enumerate(outline)]
    parted = _matched(rest, dois, lambda row: row["doi"], once=True)
    rest = _without(rest, parted)
    if len(outline) == records:
        taken |= set(parted)
        places = [None if position in taken else position for position in range(records)]
        parted |= _matched(rest, places, lambda row: row["restore"]["record"])
    return whole, parted, _without(rest, parted)


def _matched(
    rows: list[Row], keys: Sequence[object], key_of: Callable[[Row], object], *, once: bool = False
) -> dict[int, Row]:
    """Return position -> row where keys agree, equal ones in order; with `once` only keys single on both sides."""
    wanted: defaultdict[object, deque[Row]] = defaultdict(deque)
    for row in rows:
        if key_of(row) is not None:
            wanted[key_of(row)].append(row)
    if once:
        counts = Counter(keys)
        wanted = defaultdict(deque, {key: few for key, few in wanted.items() if len(few) == counts[key] == 1})
    return {position: wanted[key].popleft() for position, key in enumerate(keys) if wanted.get(key)}


def _without(rows: list[Row], found: dict[int, Row]) -> list[Row]:
    seen = {id(row) for row in found.values()}
    return [row for row in rows if id(row) not in seen]


def _spliced(raw: bytes, restore: Row) -> bytes:
    """Return the old bytes of an untouched record, with the blanks that stand around it now."""
    before: bytes = restore["bytes"]
    core = raw.strip()
    if len(raw) == restore["length"] or not core:  # the blanks are the clean's own
        return before
    begin = raw.find(core)
    return raw[:begin] + before.strip() + raw[begin + len(core) :]


def _parted(record: Record, row: Row, done: Takeback) -> Record:
    """Return an edited record without the changes of the clean that still stand in it."""
    for change in reversed(row["changes"]):  # a field may have changed twice
        name, before, after = change["field"], change["before"], change["after"]
        if csl_json.field_value(record.work, name) == before:
            continue
        if not stands(record, name, after):
            done.kept.append(f"{_name(row)}: {name}")
            continue
        record = _with(record, name, before)
        done.fields += 1
    return record


def stands(record: Record, name: str, value: Any) -> bool:
    """Tell whether a field still is what the clean made it: equal, or equal as this format writes it.

    A format may have no place for all of a value (an ORCID, a second ISSN), so what is read back is less than was merged.
    """
    if csl_json.field_value(record.work, name) == value:
        return True
    return _written(_with(record, name, value)) == _written(record)


def _with(record: Record, name: str, value: Any) -> Record:
    update: dict[str, Any] = {"work": csl_json.with_field(record.work, name, value)}
    if name == "DOI":
        update["doi_text"] = value
    return record.model_copy(update=update)


def _written(record: Record) -> bytes:
    return b"".join(formats.write([record], record.source.format if record.source is not None else "refer"))


def _name(row: Row) -> str:
    where = f"record {row['restore']['record'] + 1}"
    return f"{where} ({printable(row['doi'])})" if row["doi"] else where

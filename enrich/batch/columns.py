"""What stands in a row of the output, the same in JSON Lines, in Parquet and on a cluster.

A row is the report's account of a record (docs/clean.md) with the record itself, as a CSL-JSON item, in `record`. Arrow's
columns have one type each, so there the record, and values whose shape depends on their field, are JSON text. A row that
came from a table keeps the table's columns, with ours behind them.

>>> from enrich.model import Enrichment, Origin, Record, Work
>>> told = Record(work=Work(title="Random Forests"), origin=Origin())
>>> sorted(row(Enrichment(index=0, status="no-doi", before=told, record=told)))[:6]
['agency', 'changes', 'conflicts', 'doi', 'index', 'notes']
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Final

import orjson

from enrich.errors import SettingsError
from enrich.formats import csl_json
from enrich.model.enrichment import Enrichment
from enrich.report.jsonl import account, dump

if TYPE_CHECKING:
    import pyarrow as pa

RECORD: Final = "record"
NAMES: Final = (
    "index", "source", "doi", "agency", "status", "verdict", "record", "changes", "conflicts", "notes", "updates",
)  # fmt: skip
"""The columns in their order; `index` and `source` say where in the input files a record stood."""
PLACES: Final = ("index", "source")
_VARIED: Final[Mapping[str, Sequence[str]]] = {
    "changes": ("before", "after"),
    "conflicts": ("local", "remote"),
}
"""What differs in shape from field to field."""


def row(enrichment: Enrichment, *, of_table: bool = False) -> dict[str, Any]:
    """Return the row of a record as JSON values.

    A record of a file that has neither key nor DOI is called by its place. Rows of a table may stand anywhere, on a cluster
    they do: one of those is called by what it says.
    """
    told = account(enrichment)
    source = enrichment.before.source
    name: int | str = enrichment.index + 1
    if of_table and source is not None and enrichment.record.work.doi is None:
        name = hashlib.blake2b(source.raw, digest_size=6).hexdigest()
    told[RECORD] = csl_json.item(enrichment.record, name)
    return {name: told[name] for name in NAMES}


def line(enrichment: Enrichment, carried: Mapping[str, Any] | None = None, prefix: str = "") -> bytes:
    """Return the row of a record as a line of JSON; `carried` is the row it came from, if it came from one."""
    told = row(enrichment, of_table=carried is not None)
    if carried is None:
        return dump(told)
    named = {prefix + name: value for name, value in told.items()}
    keep_apart(carried.keys() & named)
    return dump({**carried, **named})


def flat(enrichment: Enrichment, *, of_table: bool = False) -> dict[str, Any]:
    """Return the row of a record as values of :func:`schema`."""
    told = row(enrichment, of_table=of_table)
    told[RECORD] = _text(told[RECORD])
    for name, members in _VARIED.items():
        for each in told[name]:
            each.update({member: _text(each[member]) for member in members})
    for each, change in zip(told["changes"], enrichment.changes, strict=True):
        each["retrieved_at"] = change.retrieved_at
    return told


def schema() -> pa.Schema:
    """Return the types of the columns; asks for pyarrow (the extra `parquet`)."""
    import pyarrow as pa  # noqa: PLC0415 -- an extra: only who writes Parquet needs it

    def listed(**members: pa.DataType) -> pa.DataType:
        return pa.list_(pa.struct(list(members.items())))

    text, number = pa.string(), pa.int64()
    verdict = pa.struct([("state", text), ("evidence", pa.map_(text, pa.float64())), ("reasons", pa.list_(text))])
    moment = pa.timestamp("us", tz="UTC")
    types = {
        "index": number,
        "source": pa.struct([("file", text), ("line", number)]),
        "verdict": verdict,
        "changes": listed(field=text, before=text, after=text, rule=text, origin=text, retrieved_at=moment),
        "conflicts": listed(field=text, local=text, remote=text, origin=text),
        "notes": listed(severity=text, code=text, text=text, line=number),
        "updates": listed(type=text, doi=text, date=text, source=text, direction=text),
    }
    return pa.schema([(name, types.get(name, text)) for name in NAMES])


def table(
    enrichments: Iterable[Enrichment],
    carried: pa.RecordBatch | None = None,
    prefix: str = "",
    without: Sequence[str] = (),
) -> pa.RecordBatch:
    """Return the rows of records as Arrow columns, behind those they came with; `without` names columns left out."""
    told = [flat(enrichment, of_table=carried is not None) for enrichment in enrichments]
    return packed(told, carried, prefix, without)


def packed(
    told: Sequence[Mapping[str, Any]],
    carried: pa.RecordBatch | None = None,
    prefix: str = "",
    without: Sequence[str] = (),
) -> pa.RecordBatch:
    """Return flat rows as the Arrow columns of :func:`table`."""
    import pyarrow as pa  # noqa: PLC0415 -- as above

    ours = [field for field in schema() if field.name not in without]
    arrays = [pa.array([row[field.name] for row in told], field.type) for field in ours]
    fields = [field.with_name(prefix + field.name) for field in ours]
    if carried is not None:
        keep_apart({field.name for field in fields}.intersection(carried.schema.names))
        arrays, fields = [*carried.columns, *arrays], [*carried.schema, *fields]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def keep_apart(both: AbstractSet[str]) -> None:
    """Raise SettingsError where a column of the input has the name of one of ours."""
    if both:
        raise SettingsError(
            f"the input has a column {min(both)!r} already; give the new columns a prefix, such as enrich_"
        )


def _text(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value, default=str).decode()

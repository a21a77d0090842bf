"""The same on a cluster: Apache Spark joins the records with the snapshot, our own code judges and merges.

::

    from enrich.spark import enrich_dataframe

    works = spark.read.parquet("works.parquet")
    enrich_dataframe(works, column="refer", snapshot="snapshot.parquet").write.parquet("enriched.parquet")

The snapshot is what `enrich snapshot export --to parquet` writes, one row for each DOI. Three steps: DOIs are read from the
records in Arrow batches; Spark joins by DOI, with a shuffle, so no machine needs the snapshot; in Arrow batches again, each
record is judged and merged with the answer that came with it, by the worker of :mod:`enrich.batch`. One row comes out for
each that goes in, with the columns it had and those of :mod:`enrich.batch.columns` but `index` and `source`, since a row of
a cluster's table has no place. https://spark.apache.org/docs/latest/api/python/tutorial/sql/arrow_pandas.html

What the snapshot does not have stays `unavailable`, or is asked for with the `settings` given. Let their Crossref address
be that of a gateway (`enrich serve`, which speaks Crossref's dialect): it has one cache and one pace for all executors. For
works of other agencies each executor asks itself, at a pace of its own. DOIs that do not exist, or belong to another work,
are repaired with `settings` only: what they may be misspellings of did not come with the join, and what a neighbour brought
along must not count. Executors need this package installed.
"""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from enrich import merge
from enrich.batch import columns, rows
from enrich.batch.intake import Batch
from enrich.batch.worker import Order, Worker
from enrich.errors import SettingsError
from enrich.merge.policy import MergePolicy
from enrich.settings import Settings
from enrich.snapshot.joined import Answer, Joined

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

__all__ = ["enrich_dataframe"]

_KEY: Final = "_enrich_key"
_ANSWER: Final = tuple(f"_enrich_{name}" for name in Answer._fields)
_OBJECTS: Final = 100_000  # as in enrich.batch.pool


def enrich_dataframe(
    df: DataFrame,
    *,
    snapshot: str | os.PathLike[str] | DataFrame,
    column: str = "text",
    format: str | None = None,  # noqa: A002 -- the interface's word
    policy: MergePolicy | str = "fill",
    prefix: str = "",
    settings: Settings | None = None,
) -> DataFrame:
    """Return the rows of `df`, in no order, each with what became of the record in its `column`.

    `format` names the format of the texts; without it each is recognised. `settings` say how what the snapshot does not have
    is asked for; without them nobody is asked. Raises SettingsError where the columns do not fit.
    """
    if column not in df.columns:
        raise SettingsError(f"there is no column {column!r}; there are {', '.join(df.columns)}")
    _check_names(df, prefix)
    chosen = policy if isinstance(policy, MergePolicy) else merge.load_policy(policy, _text_of)
    order = Order(
        settings=settings or Settings(offline=True),
        policy=chosen,
        column=column,
        prefix=prefix,
        as_table=True,
        without=columns.PLACES,
        second_look=settings is not None,
    )
    works = (
        df.sparkSession.read.parquet(os.fspath(snapshot)) if isinstance(snapshot, str | os.PathLike) else snapshot
    )
    keyed = df.mapInArrow(_keys(column, format), _with_key(df))
    answers = _one_for_each(works)
    joined = keyed.join(answers, keyed[_KEY] == answers[_ANSWER[0]], "left").drop(_KEY)
    return joined.mapInArrow(_judged(order, format, own=settings is None), _result(df, prefix))


def _one_for_each(works: DataFrame) -> DataFrame:
    """Return the answers under our names, one for each DOI: of several exports together the last described counts."""
    named = works.selectExpr(*(f"{name} AS {ours}" for name, ours in zip(Answer._fields, _ANSWER, strict=True)))
    doi, agency, moment, answer = _ANSWER
    # Not by grouping: that sorts before the shuffle and behind it, and this is the order the join needs anyway.
    later = f"lead({doi}) OVER (PARTITION BY {doi} ORDER BY {moment}, {agency}, {answer})"
    return named.selectExpr("*", f"{later} AS _enrich_later").where("_enrich_later IS NULL").drop("_enrich_later")


def _text_of(name: str) -> str:
    return Path(name).read_text(encoding="utf-8")


def _check_names(df: DataFrame, prefix: str) -> None:
    ours = {prefix + name for name in columns.NAMES if name not in columns.PLACES}
    columns.keep_apart(ours.union((_KEY, *_ANSWER)).intersection(df.columns))


def _with_key(df: DataFrame) -> StructType:
    from pyspark.sql.types import StringType, StructField, StructType  # noqa: PLC0415 -- an extra

    return StructType([*df.schema.fields, StructField(_KEY, StringType())])


def _result(df: DataFrame, prefix: str) -> StructType:
    from pyspark.sql.pandas.types import from_arrow_schema  # noqa: PLC0415 -- an extra
    from pyspark.sql.types import StructField, StructType  # noqa: PLC0415 -- likewise

    ours = from_arrow_schema(columns.schema())
    added = [
        StructField(prefix + field.name, field.dataType)
        for field in ours.fields
        if field.name not in columns.PLACES
    ]
    return StructType([*df.schema.fields, *added])


_Map = Callable[[Iterable["pa.RecordBatch"]], Iterator["pa.RecordBatch"]]


def _keys(column: str, format_: str | None) -> _Map:
    """Return what adds the DOI of each record, in compact form."""

    def keyed(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa  # noqa: PLC0415 -- an extra

        gc.set_threshold(_OBJECTS, 20, 100)
        for batch in batches:
            found = [rows.record(value, format_, None, 1).work.doi for value in rows.values(batch, column)]
            # Rows without a DOI have no partner; were all of them null, they would all meet at one machine.
            dois = [doi or f"none {place}" for place, doi in enumerate(found)]
            yield batch.append_column(_KEY, pa.array(dois, pa.string()))

    return keyed


def _judged(order: Order, format_: str | None, *, own: bool) -> _Map:
    """Return what judges and merges each record with the answer beside it."""

    def judged(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        gc.set_threshold(_OBJECTS, 20, 100)
        joined = Joined()
        with (
            tempfile.TemporaryDirectory(prefix="enrich-") as folder,
            Worker(_at(order, folder, own=own), joined) as worker,
        ):
            for number, batch in enumerate(batches):
                joined.hold([Answer(*each) for each in zip(*_answers(batch), strict=True) if each[0] is not None])
                kept = batch.select([name for name in batch.schema.names if name not in _ANSWER])
                made = worker.work(Batch(number, 0, "table", "", format_, 1, kept)).output
                assert not isinstance(made, bytes)  # noqa: S101 -- a table was ordered
                yield made

    return judged


def _at(order: Order, folder: str, *, own: bool) -> Order:
    """Return the order with a cache of its own, where nobody is asked and nothing is to be kept."""
    if not own:
        return order
    return replace(order, settings=order.settings.model_copy(update={"cache_dir": Path(folder), "offline": True}))


def _answers(batch: pa.RecordBatch) -> list[list[object]]:
    return [batch.column(name).to_pylist() for name in _ANSWER]

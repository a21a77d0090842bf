"""The snapshot as Parquet, for joins on a cluster: rows parted by a hash of the DOI, and a manifest.

https://parquet.apache.org/docs/file-format/. `part-00000.parquet` and so on, each in the order of the hash, zstd; beside
them `_manifest.json` says how many rows each has and how a DOI finds its part. A look-up by DOI is the snapshot's own
business: Parquet answers a join of a million in seconds and one DOI in milliseconds.

Columns: `doi` (string, compact form), `agency` (string), `retrieved_at` (timestamp[us, UTC]: when the registry described
it), `answer` (binary, the agency's JSON as the snapshot keeps it; :func:`enrich.agencies.read` reads it).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Final

import orjson

from enrich.errors import OutputError, StoreError
from enrich.snapshot.table import Row, part_of

MANIFEST: Final = "_manifest.json"  # readers of a directory pass over names that begin so, Spark as well as Arrow
VERSION: Final = 1
_GROUP: Final = 20_000  # rows in a row group: some 30 MB of answers in hand


def write(rows: Iterable[Row], directory: Path, parts: int) -> int:
    """Write rows, ordered by key, as `parts` files and a manifest, and return their number; the directory comes whole.

    An earlier export in its place is replaced; a directory that holds anything else is refused. Raises OutputError.
    """
    arrow = _arrow()
    if directory.exists() and not (directory / MANIFEST).is_file() and any(directory.iterdir()):
        raise OutputError(f"{directory} is no earlier export and not empty; name another directory")
    new = directory.with_name(f".{directory.name}.new")
    try:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        counts = [0] * parts
        _write_parts(arrow, rows, new, counts)
        (new / MANIFEST).write_bytes(orjson.dumps(_manifest(counts), option=orjson.OPT_INDENT_2) + b"\n")
        shutil.rmtree(directory, ignore_errors=True)
        new.replace(directory)
    except OSError as error:
        raise OutputError(f"{directory} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return sum(counts)


def _arrow() -> Any:
    try:  # an extra; whoever exports nothing need not have it
        import_module("pyarrow.parquet")
        return import_module("pyarrow")
    except ImportError as error:
        raise StoreError(
            "Parquet is written by pyarrow, which is not installed: pip install 'doi-enrich[parquet]'"
        ) from error


def _schema(arrow: Any) -> Any:
    return arrow.schema(
        [
            arrow.field("doi", arrow.string(), nullable=False),
            arrow.field("agency", arrow.string(), nullable=False),
            arrow.field("retrieved_at", arrow.timestamp("us", tz="UTC"), nullable=False),
            arrow.field("answer", arrow.binary(), nullable=False),
        ]
    )


def _write_parts(arrow: Any, rows: Iterable[Row], directory: Path, counts: list[int]) -> None:
    schema, parts = _schema(arrow), len(counts)
    grouped = groupby(rows, key=lambda row: part_of(row.key, parts))
    waiting = next(grouped, None)
    for part in range(parts):  # one without rows is a file all the same: who reads them need not ask
        with arrow.parquet.ParquetWriter(directory / name_of(part), schema, compression="zstd") as writer:
            if waiting is not None and waiting[0] == part:
                for group in _grouped(waiting[1]):
                    writer.write_batch(_batch(arrow, schema, group))
                    counts[part] += len(group)
                waiting = next(grouped, None)


def _grouped(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while group := list(islice(rows, _GROUP)):
        yield group


def _batch(arrow: Any, schema: Any, rows: list[Row]) -> Any:
    return arrow.record_batch(
        [
            arrow.array([row.doi for row in rows], arrow.string()),
            arrow.array([row.agency for row in rows], arrow.string()),
            arrow.array([row.stamp * 1_000_000 for row in rows], arrow.timestamp("us", tz="UTC")),
            arrow.array([row.value for row in rows], arrow.binary()),
        ],
        schema=schema,
    )


def name_of(part: int) -> str:
    """Return the name of a part's file."""
    return f"part-{part:05}.parquet"


def _manifest(counts: list[int]) -> dict[str, Any]:
    return {
        "version": VERSION,
        "hash": "blake2b of the DOI in UTF-8, 8 bytes, big-endian, signed",
        "part": "(hash + 2**63) * parts >> 64",
        "rows": sum(counts),
        "parts": [{"file": name_of(part), "rows": count} for part, count in enumerate(counts)],
    }

"""The quick way into a snapshot: the same bytes as the plain way, or left to it."""

from __future__ import annotations

import doctest
import gzip
import json
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standin.corpus import Composer

from enrich.agencies import crossref
from enrich.agencies.crossref import SHAPE
from enrich.snapshot import Snapshot, inflate, items, reading, slim
from enrich.snapshot.items import Item, Problem

pytest.importorskip("msgspec", reason="the extra snapshot is not installed")
SLIM = slim.Slim()
texts = st.text(max_size=6) | st.sampled_from(
    ["", "[]", "{}", '""', ":null", "10.1000/182", "2026-01-02T03:04:05Z"]
)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts
inner = sorted({name for part in SHAPE.values() if part for name in part})
members = st.sampled_from(
    [*SHAPE, *inner, "reference", "indexed", "message", "items", "data", "RA", "_comment", "date-time"]
)
values = st.recursive(
    scalars,
    lambda some: st.lists(some, max_size=3) | st.dictionaries(members | texts, some, max_size=3),
    max_leaves=8,
)
persons = st.lists(
    st.dictionaries(st.sampled_from(["given", "family", "ORCID", "affiliation", "sequence"]), values), max_size=2
)
usual = st.fixed_dictionaries(
    {"DOI": st.sampled_from(["10.1000/182", "10.1000/ABC", "x"])},
    optional={
        "title": st.lists(texts, max_size=2), "author": persons | st.none(), "volume": texts, "subtitle": st.just([]),
        "issued": st.fixed_dictionaries({"date-parts": st.just([[None]]) | st.just([[2012, 3]])}),
        "indexed": st.fixed_dictionaries({"date-time": texts}),
        "relation": st.dictionaries(texts, st.lists(st.dictionaries(st.sampled_from(["id", "id-type"]), texts), max_size=2)),
        "reference": st.lists(st.dictionaries(texts, texts), max_size=2), "resource": values, "aliases": values,
    },
)  # fmt: skip
works = st.builds(lambda one, other: {**one, **other}, usual, st.dictionaries(members, values, max_size=3))


def plainly(line: bytes) -> tuple[Any, ...]:
    """Return what comes of a line without the quick way."""
    found = list(items.read(BytesIO(line), "works.jsonl", 7))
    assert len(found) <= 1
    (item,) = found or [None]
    if not isinstance(item, Item):
        return (item.__class__,)
    return (
        item.agency,
        item.doi,
        item.stamp,
        orjson.dumps(crossref.trim(item.data)),
        item.data.get("aliases") or [],
    )


@given(works, st.sampled_from([{}, {"separators": (",", ":")}, {"ensure_ascii": False}]))
def test_it_is_the_plain_way_or_none(work: dict[str, Any], spelt: dict[str, Any]) -> None:
    """Law: whatever the object, the item is that of the plain way to the byte, or there is none."""
    line = json.dumps(work, **spelt).encode("utf-8", "surrogatepass")
    item = SLIM.item(line, 7)
    if item is not None:
        assert (item.agency, item.doi, item.stamp, item.trimmed, item.data["aliases"]) == plainly(line)


@given(
    st.binary(max_size=40).map(lambda some: some.replace(b"\n", b""))
    | works.map(lambda work: json.dumps(work).encode()[:-2])
)
def test_what_is_no_json_is_none(line: bytes) -> None:
    """Law: broken lines are left to the plain way, which says what is wrong with them."""
    if plainly(line) in {(Problem,), (type(None),)}:
        assert SLIM.item(line, 7) is None


def test_usual_works_take_it() -> None:
    """It would be correct and of no use otherwise; DataCite's and doi.org's go the plain way."""
    composer = Composer(60_000)
    lines = [orjson.dumps(composer.work(number)) for number in range(0, 40_000, 400)]
    for line in lines:
        item = SLIM.item(line, 7)
        assert item is not None
        assert (item.agency, item.doi, item.stamp, item.trimmed, item.data["aliases"]) == plainly(line)
    for other in (composer.work(40_001), {"DOI": "10.5555/1", "RA": "mEDRA"}, {"message": {"DOI": "10.5555/1"}}):
        assert SLIM.item(orjson.dumps(other), 7) is None


def test_the_snapshot_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: with the extra or without it, a load gives the same layer to the byte."""
    composer = Composer(60_000)
    data = b"".join(orjson.dumps(composer.work(number)) + b"\n" for number in range(0, 60_000, 300))
    (tmp_path / "works.jsonl.gz").write_bytes(gzip.compress(data))
    layers = []
    for name in ("quick", "plain"):
        Snapshot(tmp_path / name).build([tmp_path / "works.jsonl.gz"])
        layers.append([path.read_bytes() for path in sorted((tmp_path / name).glob("layer-*/*.sqlite3"))])
        monkeypatch.setattr(slim, "AT_HAND", False)
        monkeypatch.setattr(inflate, "decompressobj", zlib.decompressobj)
        reading._tools.cache_clear()
    assert layers[0]
    assert layers[0] == layers[1]


def test_the_example_is_true() -> None:
    """What the docstring shows is what happens."""
    results = doctest.testmod(slim)
    assert results.attempted
    assert not results.failed

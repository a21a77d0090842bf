"""Real registry answers, written as BibTeX and biblatex and read again; real BibTeX by content negotiation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from enrich.formats import biblatex, bibtex, csl_json
from enrich.model import Origin, Record

WHOLE = ("doi", "url", "volume", "issue", "page", "number", "issued", "publisher", "isbn", "language")


@pytest.mark.parametrize("module", [bibtex, biblatex])
def test_real_works_come_back(real_data: Path, module: Any) -> None:
    """Each is one readable entry that says what can be held of it; numbers, dates, addresses and publishers are whole."""
    rows = (real_data / "crossref.jsonl").read_text("utf-8").splitlines()
    works = [csl_json.from_csl(json.loads(row)["message"]) for row in rows]
    written = [Record(work=work, origin=Origin()) for work in works]
    records = list(bibtex.read([b"".join(module.write(written))]))
    assert [record.work for record in records] == [module.held(record) for record in written]
    assert len({dict(record.extra)["citation-key"].lower() for record in records}) == len(works) > 1000
    lost = [
        (field, getattr(work, field), getattr(record.work, field))
        for work, record in zip(works, records, strict=True)
        for field in WHOLE
        if getattr(work, field) != getattr(record.work, field)
    ]
    assert lost == []


def test_real_bibtex_is_read(real_data: Path) -> None:
    """Each entry has the DOI it was asked for, a type, and its bytes."""
    rows = map(json.loads, (real_data / "content_negotiation_pairs.jsonl").read_text("utf-8").splitlines())
    texts = [(row["doi"], row["text"].encode()) for row in rows if str(row.get("text")).lstrip().startswith("@")]
    assert texts
    for doi, text in texts:
        (record,) = bibtex.read([text])
        assert (record.work.doi, record.readable, record.work.type is None) == (doi.lower(), True, False)
        assert b"".join(bibtex.write([record])) == text

"""Taking a clean back in a library that was edited since."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from enrich import formats
from enrich.formats import csl_json
from enrich.model import Change, Enrichment, Record
from enrich.report import AtomicFile, Summary
from enrich.report.journal import Journal
from enrich.report.undo import Undone, undo

TITLE = "Active Roles of Tumor Stroma in Breast Cancer Metastasis"
REFER = """\
%0 Journal Article
%A Leo Breiman
%T Random Forests
%J Machine Learning
%D 2001
%R 10.1023/a:1010933404324
%Z my own note

%0 Journal Article
%A Zahraa I. Khamis
%T Active Roles of Tumor Stroma in Breast Cancer Metastasis
%D 2012
%R 10.1155/2012/574025

%0 Book
%A Donald E. Knuth
%T The Art of Computer Programming
%D 1968

%0 Journal Article
%T A mathematical theory of communication
%R 10.1002/j.1538-7305.1948.tb01338.x
%D 1948
"""
JSON = json.dumps(
    [
        {"id": "a", "type": "article-journal", "title": "Random Forests", "DOI": "10.1023/a:1010933404324"},
        {
            "id": "b",
            "type": "article-journal",
            "title": "Active Roles of Tumor Stroma in Breast Cancer Metastasis",
            "DOI": "10.1155/2012/574025",
            "mine": [1],
        },
        {"id": "c", "type": "book", "title": "The Art of Computer Programming"},
        {"id": "d", "type": "article-journal", "title": "A theory", "DOI": "10.1002/j.1538-7305.1948.tb01338.x"},
    ],
    indent=2,
)
AUTHOR = [{"family": "Shannon", "given": "C. E.", "ORCID": "https://orcid.org/0000-0002-1825-0097"}]
CHANGES: tuple[dict[str, Any], ...] = (
    {"volume": "45", "issue": "1"},
    {"volume": "2012", "title": "Active roles of tumor stroma in breast cancer metastasis"},
    {"publisher": "Addison-Wesley"},
    {"page": "379-423", "author": AUTHOR},
)
Files = Mapping[str, str]
FILES: Files = {"library.enw": REFER, "library.json": JSON}


def clean(library: Path) -> bytes:
    """Make CHANGES to the records of a library in place, with a journal; return what was there."""
    original = library.read_bytes()
    records = list(formats.read([original], file=str(library)))
    changed = [_changed(record, fields) for record, fields in zip(records, CHANGES, strict=True)]
    assert records[0].source is not None
    *chunks, closing = formats.write((record for record, _ in changed), records[0].source.format)
    output = AtomicFile(library)
    with Journal(library, library.parent / "state") as journal:
        for index, (before, (after, changes), chunk) in enumerate(zip(records, changed, chunks, strict=True)):
            enrichment = Enrichment(
                index=index, status="enriched", before=before, record=after, doi=after.work.doi, changes=changes
            )
            assert before.source is not None
            journal.record(enrichment, before.source.raw, chunk)
            output.write(chunk)
        journal.closing(closing)
        output.write(closing)
        assert journal.commit(output, Summary())
    assert library.read_bytes() != original
    return original


def _changed(record: Record, fields: Mapping[str, Any]) -> tuple[Record, tuple[Change, ...]]:
    work, changes = record.work, []
    for name, after in fields.items():
        before = csl_json.field_value(work, name)
        work = csl_json.with_field(work, name, after)
        changes.append(Change(field=name, before=before, after=after, rule="fill", origin="crossref"))
    return record.model_copy(update={"work": work}), tuple(changes)


def edited(library: Path, edit: Callable[[str], str]) -> Undone:
    """Edit a library and take its clean back."""
    before = library.read_text()
    after = edit(before)
    assert after != before
    library.write_text(after)
    return undo(library, state_dir=library.parent / "state", merge=True)


@pytest.fixture(params=FILES)
def library(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Return a library in each format."""
    path = tmp_path / str(request.param)
    path.write_text(FILES[str(request.param)])
    return path


@pytest.fixture
def refer(tmp_path: Path) -> Path:
    """Return the library in refer."""
    path = tmp_path / "library.enw"
    path.write_text(REFER)
    return path


def test_library_not_edited_is_restored_exactly_with_merge_too(library: Path):
    """Without later edits, merging is the plain way back."""
    original = clean(library)
    done = undo(library, state_dir=library.parent / "state", merge=True)
    assert library.read_bytes() == original
    assert (done.records, done.fields, done.kept) == (4, 0, ())


def test_edited_field_stays_and_the_others_go_back(library: Path):
    """In an edited record each field that the clean made goes back; what was edited stays and is named."""
    original = clean(library).decode()
    done = edited(library, lambda text: text.replace(str(CHANGES[1]["title"]), "My own title"))
    assert library.read_text() == original.replace(TITLE, "My own title")
    assert done.kept == ("record 2 (10.1155/2012/574025): title",)


def test_field_added_by_hand_stays(refer: Path):
    """A line of one's own, written after the clean, is there after the undo."""
    original = clean(refer).decode()
    done = edited(refer, lambda text: text.replace("%Z my own note\n", "%Z my own note\n%K forests\n"))
    assert refer.read_text() == original.replace("%Z my own note\n", "%Z my own note\n%K forests\n")
    assert (done.records, done.fields, done.kept) == (3, 2, ())


@pytest.mark.parametrize("at_end", [False, True])
def test_records_added_stay_and_the_others_are_restored(refer: Path, *, at_end: bool):
    """Untouched records are recognised wherever they stand."""
    original = clean(refer).decode()
    new = "%0 Book\n%T Mine\n"
    done = edited(refer, lambda text: f"{text}\n{new}" if at_end else f"{new}\n{text}")
    assert refer.read_text() == (f"{original}\n{new}" if at_end else f"{new}\n{original}")
    assert (done.records, done.kept) == (4, ())


def test_record_removed_stays_away(refer: Path):
    """A record that was thrown away does not come back; it is named."""
    original = clean(refer).decode()
    first = original[: original.index("%0 Journal Article\n%A Zahraa")]
    done = edited(refer, lambda text: text[text.index("%0 Journal Article\n%A Zahraa") :])
    assert refer.read_text() == original.removeprefix(first)
    assert done.records == 3
    assert done.kept == ("record 1 (10.1023/a:1010933404324): the record is not in the library any more",)


def test_records_in_another_order_keep_it(refer: Path):
    """Sorting a library does not hinder its undo."""
    original = clean(refer).decode()
    done = edited(refer, lambda text: "\n\n".join(reversed(text.rstrip("\n").split("\n\n"))) + "\n")
    assert refer.read_text() == "\n\n".join(reversed(original.rstrip("\n").split("\n\n"))) + "\n"
    assert (done.records, done.kept) == (4, ())


def test_record_without_doi_is_found_by_its_place(refer: Path):
    """Where no record came or went, the third is the third."""
    original = clean(refer).decode()
    done = edited(refer, lambda text: text.replace("1968", "1973"))
    assert refer.read_text() == original.replace("1968", "1973")
    assert (done.records, done.fields, done.kept) == (3, 1, ())


def test_value_that_the_format_holds_in_part_goes_back(refer: Path):
    """Refer has no place for an ORCID; the author is still recognised as the clean's."""
    original = clean(refer).decode()
    done = edited(refer, lambda text: text.replace("%D 1948", "%D 1949"))
    assert refer.read_text() == original.replace("%D 1948", "%D 1949")
    assert (done.records, done.fields, done.kept) == (3, 2, ())


def test_merge_can_be_followed_by_the_clean_before(refer: Path):
    """A clean taken back with merging is done with."""
    clean(refer)
    edited(refer, lambda text: text + "\n%0 Book\n%T Mine\n")
    clean_states = [path.suffix for path in (refer.parent / "state").rglob("*") if path.is_file()]
    assert clean_states == [".undone"]

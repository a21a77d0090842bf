"""What follows from a person's decisions."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from itertools import starmap
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich import formats
from enrich.formats.csl_json import field_value
from enrich.model import FIELDS, Change, Conflict, Enrichment, Origin, PartialDate, Record, Work
from enrich.model.record import Source
from enrich.report.jsonl import dump
from enrich.report.rewrite import rewrite
from enrich.report.undo import undo
from enrich.review import LONGEST, Decision, ReviewError, items, reviewed, shown

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
CHOICES = ("accept", "reject", "keep", None)
Sample = tuple[Enrichment, ...]
Drawn = list[dict[str, Decision]]


def outcome(result: Enrichment, decisions: Mapping[str, Decision]) -> Enrichment | ReviewError:
    """Return the result as decided, or what is wrong with the decisions."""
    try:
        return reviewed(result, decisions)
    except ReviewError as error:
        return error


def decided(choices: Mapping[str, str | None]) -> dict[str, Decision]:
    return {field: Decision(choice=choice) for field, choice in choices.items() if choice is not None}


@st.composite
def drawn(draw: st.DrawFn, sample: Sample) -> Drawn:
    """Draw decisions about every item of a sample."""
    return [decided({item.field: draw(st.sampled_from(CHOICES)) for item in items(result)}) for result in sample]


def test_what_nobody_decided_about_stays(sample: Sample):
    """Without decisions a record is as it was, and every change that is not made is told as a difference."""
    for result in sample:
        done = reviewed(result, {})
        assert done.record == result.before
        assert done.changes == ()
        told = {conflict.field for conflict in done.conflicts}
        assert told == {each.field for each in (*result.changes, *result.conflicts)}


def test_all_changes_accepted_is_the_clean(sample: Sample):
    """Accepting every change and no difference gives the record and the changes of the clean itself."""
    for result in sample:
        choices = {item.field: "accept" for item in items(result) if item.kind == "change"}
        done = reviewed(result, decided(choices))
        assert done.record.work == result.record.work
        assert done.record.doi_text == result.record.doi_text
        assert sorted(done.changes, key=str) == sorted(result.changes, key=str)
        assert {each.field for each in done.conflicts} == {each.field for each in result.conflicts}
        assert done.status == result.status


@settings(max_examples=30)
@given(st.data())
def test_each_field_is_as_it_was_decided(sample: Sample, data: st.DataObject):
    """Whatever is decided, a field has the proposed value where that was accepted, and the local one elsewhere."""
    for result, decisions in zip(sample, data.draw(drawn(sample)), strict=True):
        done = outcome(result, decisions)
        if isinstance(done, ReviewError):
            assert {fault.field for fault in done.faults} <= decisions.keys()
            continue
        taken = {field for field, decision in decisions.items() if decision.choice == "accept"}
        taken |= {also for item in items(result) if item.field in taken for also in item.also}
        proposed = {item.field: item.proposed for item in items(result)}
        for field in FIELDS:
            if field not in taken:
                assert field_value(done.record.work, field) == field_value(result.before.work, field)
            elif field in proposed:
                assert field_value(done.record.work, field) == proposed[field]
        assert {change.field for change in done.changes} <= taken
        refused = {item.field for item in items(result) if item.kind == "change"}
        refused &= {field for field, decision in decisions.items() if decision.choice == "reject"}
        assert refused <= done.before.kept


@settings(max_examples=15)
@given(st.data())
def test_what_is_saved_is_taken_back_byte_for_byte(sample: Sample, data: st.DataObject):
    """A save writes the decided fields through the journal; undo gives the library back."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(shutil.copy(EXAMPLES / "library.enw", Path(folder) / "library.enw"))
        original = library.read_bytes()
        chosen = data.draw(drawn(sample))
        for result, decisions in zip(sample, chosen, strict=True):
            for item in items(result):  # what the format cannot hold is refused, which is another law
                if item.kind == "conflict":
                    decisions.pop(item.field, None)
        done = list(starmap(reviewed, zip(sample, chosen, strict=True)))
        header = rewrite(library, iter(done), Path(folder) / "state", lambda _result, _restore: None)
        assert (header is not None) == any(each.changes for each in done)
        read = list(formats.read([library.read_bytes()]))
        for again, each in zip(read, done, strict=True):
            for change in each.changes:
                assert field_value(again.work, change.field) is not None
        if header is not None:
            undo(library, state_dir=Path(folder) / "state")
        assert library.read_bytes() == original


def refer(raw: bytes) -> Enrichment:
    """Return an unchanged result for one refer record."""
    (record,) = formats.read([raw], format="refer")
    return Enrichment(index=0, status="unchanged", before=record, record=record)


RAW = b"%0 Journal Article\n%A Breiman, Leo\n%T Random Forests\n%D 2001\n%R 10.1023/A:1010933404324\n"
EDITS: list[tuple[str, Any, bytes]] = [
    ("title", "Random forests", b"%T Random forests\n"),
    ("issued", {"date-parts": [[2002]]}, b"%D 2002\n"),
    ("author", [{"family": "Breiman", "given": "L."}], b"%A Breiman, L.\n"),
    ("volume", "45", b"%V 45\n"),
    ("DOI", "https://doi.org/10.1000/182", b"%R 10.1000/182\n"),
    ("title", None, b"%0 Journal Article\n%A Breiman, Leo\n%D 2001\n"),
]


@pytest.mark.parametrize(("field", "value", "written"), EDITS)
def test_an_edit_is_the_users(field: str, value: Any, written: bytes):
    """A value written by hand stands in the file, comes from the user in the report, and is kept from then on."""
    done = reviewed(refer(RAW), {field: Decision(choice="edit", value=value)})
    (change,) = done.changes
    assert (change.rule, change.origin) == ("edit", "user")
    assert field in done.before.kept
    assert written in b"".join(formats.write([done.record], "refer"))


FAULTS: list[tuple[str, Any, str]] = [
    ("DOI", "no such thing", "no DOI"),
    ("type", "poem", "no type"),
    ("colour", "red", "no such field"),
    ("author", [{"shoe": "42"}], "cannot be read"),
    ("title", "x" * (LONGEST + 1), "longer"),
    ("original-title", "Zufallswälder", "no place"),
]


@pytest.mark.parametrize(("field", "value", "says"), FAULTS)
def test_an_edit_that_cannot_be_is_refused(field: str, value: Any, says: str):
    """What cannot be read as the field's value, or has no place in the format, is a fault with its record and field."""
    with pytest.raises(ReviewError, match=says) as caught:
        reviewed(refer(RAW), {field: Decision(choice="edit", value=value)})
    assert [(fault.record, fault.field) for fault in caught.value.faults] == [(0, field)]


def test_an_edit_that_would_change_another_field_is_refused():
    """In refer a type decides what other tags mean; a new type that would make another field of one is not written."""
    raw = b"%0 Book\n%A Knuth, Donald E.\n%T The Art\n%B Series of Arts\n%D 1968\n"
    result = refer(raw)
    for kind in ("article-journal", "thesis", "chapter", "report", "paper-conference"):
        done = outcome(result, {"type": Decision(choice="edit", value=kind)})
        if isinstance(done, ReviewError):
            assert "another" in str(done) or "no place" in str(done)
            continue
        (again,) = formats.read([b"".join(formats.write([done.record], "refer"))], format="refer")
        assert again.work.model_copy(update={"type": None}) == result.before.work.model_copy(update={"type": None})


def test_a_difference_settled_for_the_registry_is_on_its_word():
    """Taking the registry's value is a change by choice with the registry's origin, and not the user's to keep."""
    result = refer(RAW).model_copy(
        update={"conflicts": (Conflict(field="publisher", local=None, remote="Springer", origin="crossref"),)}
    )
    for decision in (Decision(choice="accept"), Decision(choice="edit", value="Springer")):
        done = reviewed(result, {"publisher": decision})
        assert [(c.after, c.rule, c.origin) for c in done.changes] == [("Springer", "choose", "crossref")]
        assert done.conflicts == ()
        assert done.before.kept == frozenset()


def test_a_journal_in_full_goes_with_its_abbreviation():
    """The full title and the abbreviation beside it are one decision: neither is written without the other."""
    before = Record(
        work=Work(container_title="J. Mol. Biol."),
        origin=Origin(),
        source=Source(format="ris", raw=b"", work=Work()),
    )
    work = Work(container_title="Journal of Molecular Biology", container_title_short="J. Mol. Biol.")
    rule, local = "journal-in-full", "local"
    changes = (
        Change(
            field="container-title",
            before="J. Mol. Biol.",
            after=work.container_title,
            rule=rule,
            origin="crossref",
        ),
        Change(field="container-title-short", after=work.container_title_short, rule=rule, origin=local),
    )
    record = before.model_copy(update={"work": work})
    result = Enrichment(index=0, status="enriched", before=before, record=record, changes=changes)
    (item,) = items(result)
    assert (item.field, item.also) == ("container-title", ("container-title-short",))
    assert reviewed(result, {item.field: Decision(choice="accept")}).record.work == work
    assert reviewed(result, {}).record.work == before.work


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150)
@given(st.sampled_from(sorted(FIELDS)), JSON)
def test_no_value_breaks_a_review(field: str, value: Any):
    """Whatever a browser sends as a value, it is a fault or a change; nothing else is raised, and the rest stays."""
    result = refer(RAW)
    done = outcome(result, {field: Decision(choice="edit", value=value)})
    if isinstance(done, ReviewError):
        return
    others = [name for name in FIELDS if name != field]
    for name in others:
        assert field_value(done.record.work, name) == field_value(result.before.work, name)


def test_what_is_shown_is_json(sample: Sample):
    """A line for the page is JSON, holds every item, and every field the record has."""
    for result in sample:
        line = orjson.loads(dump(shown(result)))
        assert [item["field"] for item in line["items"]] == [item.field for item in items(result)]
        assert line["fields"].keys() == {f for f in FIELDS if field_value(result.before.work, f) is not None}
        assert "state" not in line


def test_an_unreadable_record_is_left_alone():
    """What could not be parsed is not written to, whatever is decided."""
    record = Record(work=Work(issued=PartialDate(literal="?")), origin=Origin(), readable=False)
    result = Enrichment(index=3, status="unreadable", before=record, record=record)
    with pytest.raises(ReviewError, match="edit the file"):
        reviewed(result, {"title": Decision(choice="edit", value="A title")})

"""What holds of every clean: dirty libraries, any answers, every policy. `make properties` draws 20,000 of them."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laws.cleaning import cleaned, judged, raw, read
from laws.dirty import ASKED_AT, libraries

from enrich.enricher import judge
from enrich.formats.csl_json import field_value
from enrich.merge import BUILT_IN, RULES, FieldPolicy, MergePolicy
from enrich.merge.policy import PERSONAL
from enrich.model import FIELDS, Enrichment, Found, Name, Origin, Outcome, Record, Registration, Work
from enrich.report.state import figures
from enrich.report.undo import undo

CASES = int(os.environ.get("ENRICH_CASES", "300"))
GREEDY = MergePolicy(
    name="greedy", fields=dict.fromkeys(FIELDS, FieldPolicy(rules=tuple(RULES), trust=("agency", "local")))
)
policies = st.sampled_from([*BUILT_IN.values(), GREEDY])


def accounted(result: Enrichment) -> None:
    """Law: each value stands, or stands in a change that says by what rule, on whose word, and when."""
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    for change in result.changes:
        assert change.rule in RULES
        assert change.origin
        assert (change.retrieved_at is None) == (change.origin == "local")
        before.setdefault(change.field, change.before)
        assert after.get(change.field, change.before) == change.before
        after[change.field] = change.after
    old, new = result.before, result.record
    for field in FIELDS:
        was, now = field_value(old.work, field), field_value(new.work, field)
        if field == "DOI":
            was, now = old.doi_text, new.doi_text
        if field in after:
            assert (before[field], after[field]) == (was, now), field
        else:
            assert was == now, field
    assert PERSONAL.isdisjoint(after)
    assert new.extra == old.extra
    if result.status in {"contradicted", "unreadable"}:
        assert not result.changes
    if result.status not in {"enriched", "unchanged"}:
        assert all(change.origin == "local" for change in result.changes)


def words(record: Record) -> Counter[tuple[str, str]]:
    """Return what CSL has no name for, without blanks: they move where a line is broken."""
    return Counter((tag, "".join(value.split())) for tag, value in record.extra)


def encodings(records: Iterable[Record]) -> list[str | None]:
    """Return what each record was read in."""
    return [record.source and record.source.encoding for record in records]


def unlike(one: Record, other: Record) -> dict[str, tuple[object, object]]:
    """Return the fields in which two records differ, as far as a file shows them."""
    here, there = figures(one), figures(other)
    return {
        field: (field_value(one.work, field), field_value(other.work, field))
        for field in FIELDS
        if here.get(field) != there.get(field)
    }


def lawful(data: bytes, answers: dict[str, Outcome], policy: MergePolicy) -> None:
    """Clean a library in place, and assert all that holds of every clean."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "library.enw"
        path.write_bytes(data)
        done = cleaned(path, answers, policy)
        for result, written in done:
            accounted(result)
            if not result.changes:
                assert raw(result.before) in written
        if not any(result.changes for result, _ in done):
            assert path.read_bytes() == data
        once = path.read_bytes()
        again = read(path)
        assert len(again) == len(done)
        # Where nothing names the encoding and two are mixed, a sign more or less may tell otherwise what the rest is: its
        # bytes are what they were, but read better now.
        if encodings(again) == encodings(result.before for result, _ in done):
            for (result, _), record in zip(done, again, strict=True):
                assert unlike(record, result.record) == {}
                assert words(result.record) <= words(record)
                assert {field: getattr(record.work, FIELDS[field]) for field in PERSONAL} == {
                    field: getattr(result.before.work, FIELDS[field]) for field in PERSONAL
                }
            for result, _ in cleaned(path, answers, policy):
                assert not result.changes
                assert not result.before.kept
            assert path.read_bytes() == once
        if once != data:
            undo(path, state_dir=path.parent / "state")
        assert path.read_bytes() == data


@settings(max_examples=CASES)
@given(libraries(), policies)
def test_every_clean(library, policy):
    """Law: nothing lost, nothing unseen, the rest untouched, read back as merged, idempotent, undone byte for byte."""
    lawful(*library, policy)


@pytest.mark.parametrize("policy", [*BUILT_IN.values(), GREEDY], ids=lambda policy: policy.name)
@pytest.mark.parametrize(
    "head", [f"%0 {kind}" for kind in ("Book", "Report", "Edited Book", "Book Section", "Hologram")]
)
@pytest.mark.parametrize(
    "rest", ["\n%E Kay\n", "\n%E Kay\n%@ 2090-3170\n", " %J International Journal of Testing %K  %K \n"]
)
def test_what_one_tag_makes_of_another(head, rest, policy):
    """The same law where a type, or authors, would change what the tags beside them mean; found by drawing."""
    told = Work(
        type="article-journal", title="Active Roles of Tumor Stroma", container_title="International Journal of Testing",
        author=(Name(family="Müller", given="José"),), editor=(Name(family="Roe", orcid="0000-0002-1825-0097"),),
        issn=("2090-3170",), doi="10.1000/a",
    )  # fmt: skip
    registered = Record(
        work=told, origin=Origin(agency="airiti", retrieved_at=ASKED_AT), registration=Registration()
    )
    parting = "\n" if rest.startswith("\n") else " "
    data = parting.join([head, f"%T {told.title}", "%P 1-10", "%R 10.1000/a"]) + rest
    lawful(data.encode(), {"10.1000/a": Found(doi="10.1000/a", record=registered)}, policy)


@settings(max_examples=max(50, CASES // 10))
@given(libraries(), policies, st.randoms(use_true_random=False))
def test_the_order_of_records_and_answers_does_not_matter(library, policy, chance):
    """Law: each record comes out the same whatever stands before it, and in whatever order answers came."""
    data, answers = library
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "library.enw"
        path.write_bytes(data)
        records = read(path)
    together = judged(records, answers, policy)
    order = list(range(len(records)))
    chance.shuffle(order)
    shuffled = dict(chance.sample(list(answers.items()), len(answers)))
    for place in order:
        alone = judge(
            place, records[place], shuffled.get(records[place].work.doi or ""), policy, keeps_format=True
        )
        assert alone == together[place]

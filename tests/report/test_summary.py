"""What a run did, in numbers and sentences."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.model import Enrichment, Note, Origin, Record, Status, Update, Work
from enrich.report.summary import MEANINGS, NEEDS_PERSON, STATUSES, WORDS, Summary, place, printable

Result = Callable[..., Enrichment]


def bare(status: Status, index: int = 0) -> Enrichment:
    """Return a result of which only the status is known."""
    record = Record(work=Work(), origin=Origin(file="a.enw", line=index + 1), doi_text="10.1/x")
    return Enrichment(index=index, status=status, before=record, record=record)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("enriched", 0), ("unchanged", 0), ("no-doi", 0), ("elsewhere", 0), ("unconfirmed", 1), ("contradicted", 1),
        ("not-found", 1), ("invalid-doi", 1), ("refused", 1), ("unreadable", 1), ("unavailable", 3),
    ],
)  # fmt: skip
def test_exit_code_by_status(status: Status, code: int):
    """The table of the interface, row by row."""
    summary = Summary()
    summary.add(bare(status))
    assert summary.exit_code == code


def test_where_a_record_stands_is_one_line():
    """Whatever a library is called, its name does not become another line, or a command to the terminal."""
    result = bare("not-found")
    origin = Origin(file="a\n\x1b[2Jb.enw", line=3)
    moved = result.model_copy(update={"before": result.before.model_copy(update={"origin": origin})})
    assert place(moved).isprintable()
    assert place(moved).endswith("b.enw:3 10.1/x")


def test_every_status_has_words_and_a_meaning():
    """A status that is added later cannot be forgotten here."""
    assert set(WORDS) == set(MEANINGS) == set(STATUSES)


@given(st.lists(st.sampled_from(STATUSES), max_size=40))
def test_counts_add_up(statuses: list[Status]):
    """Every record is counted once; unavailable beats what needs a person, which beats success."""
    summary = Summary()
    for index, status in enumerate(statuses):
        summary.add(bare(status, index))
    counts = summary.as_dict()
    assert counts["records"] == len(statuses) == sum(counts["status"].values())
    expected = 3 if "unavailable" in statuses else 1 if NEEDS_PERSON & set(statuses) else 0
    assert summary.exit_code == counts["exit_code"] == expected
    named = sum(1 for line in summary.lines() if line.startswith("  a.enw:"))
    assert named == min(10, sum(status in NEEDS_PERSON for status in statuses))


def test_an_outage_is_said_with_its_reason():
    """Who reads the summary alone learns what to mend before running again: the first reason stands for all."""
    why = Note(severity="warning", code="unavailable", text="crossref could not be asked: no route\x1b to host")
    summary = Summary()
    for index in range(3):
        summary.add(bare("unavailable", index).model_copy(update={"notes": (why,)}))
    assert summary.lines()[-2:] == [
        "3 records could not be looked up; run again to go on.",
        "  a.enw:1 10.1/x: crossref could not be asked: no route\ufffd to host",
    ]
    summary.offline = True  # then running again would end as this run did
    assert summary.lines()[-2] == "3 records could not be looked up; run without --offline to ask the registries."


def test_changes_are_counted_by_rule_and_field(result: Result):
    """The numbers are those of the changes, not of the records."""
    summary = Summary()
    for _ in range(2):
        summary.add(result())
    summary.requests = {"crossref": 1}
    counts = summary.as_dict()
    assert (counts["changes"], counts["changed_records"], counts["conflicts"]) == (2, 2, 2)
    assert (counts["rules"], counts["fields"]) == ({"fill": 2}, {"volume": 2})
    assert (counts["notes"], counts["updates"]) == ({"abstract-overrun": 2}, {"correction": 2})
    assert counts["requests"] == {"crossref": 1}


def test_sentences_are_plain(result: Result):
    """The words a person reads."""
    summary = Summary()
    summary.add(result(updates=(Update(type="retraction", doi="10.1000/2"),)))
    summary.add(bare("not-found", 1))
    summary.add(bare("unavailable", 2))
    assert summary.lines() == [
        "3 records: 1 enriched, 1 not found, 1 unavailable.",
        "1 change in 1 record.",
        "1 difference from the registry, left as in the library.",
        "Notices about works in this library:",
        "  library.enw:12 10.1023/a:1010933404324: retraction",
        "These need a person:",
        "  a.enw:2 10.1/x: the agencies say that there is no such DOI",
        "1 record could not be looked up; run again to go on.",
    ]


def test_no_records_are_said_in_words():
    """An empty run is not a blank."""
    assert Summary().lines() == ["No records."]


def test_check_may_count_more_as_findings():
    """What needs a person is the caller's to widen."""
    summary = Summary(needs_person=NEEDS_PERSON | {"no-doi"})
    summary.add(bare("no-doi"))
    assert summary.exit_code == 1


@given(st.text())
def test_foreign_text_cannot_command_a_terminal(text: str):
    """Only printable characters pass, and not too many."""
    shown = printable(text)
    assert shown.isprintable()
    assert len(shown) <= 201

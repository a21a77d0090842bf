"""Merging: rules, policies, and what holds of every merge."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from merge.rules_page import cases, page, value

from enrich.formats.csl_json import field_value
from enrich.merge import BUILT_IN, RULES, FieldPolicy, MergePolicy, merge
from enrich.model import FIELDS, Name, Origin, PartialDate, Record, Registration, Verdict, Work
from enrich.text.markup import has_markup

FILL, TRUST, REPORT = BUILT_IN["fill"], BUILT_IN["trust-agency"], BUILT_IN["report"]
CONFIRMED, UNCONFIRMED, CONTRADICTED = (Verdict(state=s) for s in ("confirmed", "unconfirmed", "contradicted"))
ASKED_AT = datetime(2026, 11, 1, tzinfo=UTC)
DOI = "10.1155/2012/574025"


def local(doi_text: str | None = None, **fields: Any) -> Record:
    """Build a record as read from a file."""
    work = Work(**fields)
    return Record(work=work, origin=Origin(file="a.enw", line=1), doi_text=doi_text or work.doi)


def remote(agency: str = "crossref", registration: Registration | None = None, **fields: Any) -> Record:
    """Build a registry's answer."""
    return Record(
        work=Work(**fields),
        origin=Origin(agency=agency, retrieved_at=ASKED_AT),
        registration=registration or Registration(),
    )


def people(text: str) -> tuple[Name, ...]:
    """Read "Family, Given; literal" into names."""
    parts = (name.strip().split(", ") for name in text.split(";"))
    return tuple(Name(family=p[0], given=p[1]) if len(p) > 1 else Name(literal=p[0]) for p in parts)


def families(text: str) -> tuple[Name, ...]:
    """Read families without given names."""
    return tuple(Name(family=name.strip()) for name in text.split(";"))


TITLE = "Active Roles of Tumor Stroma in Breast Cancer Metastasis"
ABSTRACT = (
    "Tidal marshes store carbon. We measured accretion at nine sites over four years and compared it with the level of "
    "the sea. Rates were highest where sediment was plentiful."
)
BODY = "Marshes are among the most productive ecosystems on earth, and were drained for centuries by their neighbours."


@pytest.mark.parametrize("policy", ["fill", "trust-agency"])
@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.rule}-{case.field}")
def test_rules(case, policy):
    """Law: each rule does what its sentence says, and says so in a change under its own name."""
    attribute = FIELDS[case.field]
    ours, theirs = value(case.field, case.local), value(case.field, case.registry)
    expected = value(case.field, case.fill if policy == "fill" else case.trust)
    record = local(**{attribute: ours} if ours else {})
    answer = remote(**{attribute: theirs} if theirs else {})
    merged = merge(record, answer, CONFIRMED, BUILT_IN[policy])
    assert getattr(merged.record.work, attribute) == expected
    if expected == ours:
        assert merged.changes == ()
        assert [conflict.field for conflict in merged.conflicts] == [case.field]
        return
    changes = [change for change in merged.changes if change.field == case.field]
    assert changes[0].rule == case.rule
    assert changes[0].before == field_value(record.work, case.field)
    assert changes[-1].after == field_value(merged.record.work, case.field)
    assert {change.rule for change in merged.changes} <= {case.rule, "trust"}
    assert merge(merged.record, answer, CONFIRMED, BUILT_IN[policy]).changes == ()


def test_every_rule_has_cases_and_a_sentence():
    """Law: no rule without an example of what it does, and none without a sentence."""
    assert {case.rule for case in cases()} | {"bare-doi", "repair-doi", "find-doi", "keep"} == set(RULES)
    assert all(rule.sentence.endswith(".") for rule in RULES.values())


def test_the_page_of_rules_is_what_the_rules_are():
    """Law: docs/rules.md is made from the rules and their table; `python tests/merge/rules_page.py > docs/rules.md`."""
    assert (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8") == page()


KEPT = [
    ("title", "Active Roles of Tumor Stroma", f"Active Roles of Tumor Stroma: {TITLE}"),
    ("title", "To Cut or Stretch?", "To Cut or Stretch? A Review of Everything"),
    ("title", "MEG and EEG", "Meg and eeg"),
    ("title", TITLE.upper(), f"{TITLE.upper()}: A REVIEW"),
    ("title", TITLE, TITLE.upper()),
    ("container-title", "PLOS ONE", "PLoS ONE"),
    ("container-title", "JAMA", "Jama"),
    ("page", "12-1", "12-1-12-9"),
    ("author", people("Roe, J.; Doe, M."), people("Roe, Jane; Smith, Max")),
    ("author", families("Roe; Doe"), people("Roe, Jane; Smith, Max")),
    ("author", families("Roe"), people("Roe, Jane; Doe, Max")),
    ("author", people("Roe, Jane; Doe, Max"), people("Roe, Jane; Doe, Max; Poe, Ann")),
    ("author", people("Roe, Jane; Doe, Max; et al."), people("Roe, Jane; Poe, Ann; Doe, Max")),
    ("author", people("Roe, I."), people("Roe, Zahraa I.")),
    ("author", people("Roe, J. R."), people("Roe, Jane")),
    ("author", people("Wei, Zhang"), people("Zhang, Wei")),
    ("author", people("Wei, Zhang; Min, Li"), people("Zhang, Wei; Li, Min")),
    ("author", people("ROE, JANE"), people("ROE, JANE MARY")),
    ("title", "A Data Base of Everything", "A Database of Everything"),
    ("title", "Healthcare in the McDonald era", "Health care in the Mc Donald era"),
    ("title", "Costs of $5 and $6 compared", "Costs of 5 and 6 EUR compared"),
    ("title", r"The \foo command", "The command"),
    ("title", "«ÉCOUTÉ”» in Straß“burg", "Écouté in Straßburg"),
    ("title", "DNA", "Dna"),
    ("title", "ATP AND UTP", "ATP AND UTP IN CELLS"),
    ("container-title", "Physical Review", "Physical Review A"),
    ("container-title", "Cell", "Cells"),
    ("container-title", "PNAS", "Proceedings of the National Academy of Sciences"),
    ("container-title", "Biological Review", "Biological Reviews"),
    ("page", "123-5", "123-130"),
    ("issued", PartialDate(literal="12"), PartialDate(year=2013)),
    ("ISSN", ("2090-3199",), ("2090-3170",)),
    ("ISBN", ("9780306406158",), ("9780306406157", "9780306406159")),
    ("ISSN", ("1234-5679",), ("2090-3170", "2090-3189")),
    ("issued", PartialDate(literal="in press"), PartialDate(year=2012)),
    ("DOI", "10.1000/1", "10.1000/2"),
]


@pytest.mark.parametrize(("field", "ours", "theirs"), KEPT)
def test_under_fill_nothing_is_replaced_without_proof(field, ours, theirs):
    """Law: a value that merely differs stays, byte for byte."""
    merged = merge(local(**{FIELDS[field]: ours}), remote(**{FIELDS[field]: theirs}), CONFIRMED, FILL)
    assert getattr(merged.record.work, FIELDS[field]) == ours
    assert merged.changes == ()


SAME = [
    ("title", TITLE, TITLE.replace("Tumor Stroma", "tumor-stroma").upper()),
    ("title", "Über CO2 vent", "Uber CO2vent"),
    ("container-title", "J. Clin. Oncol.", "Journal of Clinical Oncology"),
    ("author", people("Roe, J.; World Health Organization"), people("Roe, Jane; World Health Organization")),
    ("author", people("Jane Roe"), people("Roe, Jane")),
    ("author", people("Roe, Jane; et al."), people("Roe, Jane; Doe, Max; Smith, John")),
    ("volume", "007", "7"),
    ("volume", "XII", "12"),
    ("issue", "3–4", "3-4"),
    ("page", "p. 123", "123-130"),
    ("page", "pp. 123-9", "123-129"),
    ("publisher", "Springer", "Springer Science and Business Media LLC"),
    ("publisher", "Cambridge University Press", "Cambridge University Press (CUP)"),
    ("publisher-place", "New York", "New York, NY"),
    ("ISSN", ("2090-3170 (Print)",), ("20903170",)),
    ("ISSN", ("2090-3189", "1234-5679"), ("2090-3170", "2090-3189")),
    ("ISBN", ("0-306-40615-2",), ("9780306406157",)),
    ("type", "article-magazine", "article-journal"),
    ("language", "English", "en"),
    ("language", "eng", "en-GB"),
    ("abstract", f"Abstract: {ABSTRACT}", ABSTRACT.replace(". ", ".\n")),
    (
        "license",
        "http://creativecommons.org/licenses/by/4.0/",
        "https://creativecommons.org/licenses/by/4.0/legalcode",
    ),
    ("edition", "2", "02"),
]


@pytest.mark.parametrize("policy", [FILL, TRUST, REPORT], ids=lambda policy: policy.name)
@pytest.mark.parametrize(("field", "ours", "theirs"), SAME)
def test_habits_of_writing_are_no_conflict(field, ours, theirs, policy):
    """Law: what says the same in another way is neither reported nor replaced, under any policy."""
    merged = merge(local(**{FIELDS[field]: ours}), remote(**{FIELDS[field]: theirs}), CONFIRMED, policy)
    assert merged.conflicts == ()
    # What is added to them, or tidied, says the same.
    assert {change.rule for change in merged.changes} <= {
        "complete-names", "expand-names", "repair-page-range", "repair-serial", "journal-in-full",
    }  # fmt: skip


def test_any_date_of_publication_is_no_conflict():
    """Law: a local year that is one of print, online or posted year says the same."""
    dates = Registration(published=(PartialDate(year=2010), PartialDate(year=2011)))
    answer = remote(issued=PartialDate(year=2010), registration=dates)
    assert merge(local(issued=PartialDate(year=2011)), answer, CONFIRMED, FILL).conflicts == ()
    assert len(merge(local(issued=PartialDate(year=2012)), answer, CONFIRMED, FILL).conflicts) == 1


def test_bare_doi():
    """Law: a DOI is written bare, on the record's own word, with what was written in the change."""
    record = local(doi_text=f"https://doi.org/{DOI}", doi=DOI, title=TITLE)
    for policy in (FILL, TRUST):
        for answer, verdict in ((None, None), (remote(title="Other"), UNCONFIRMED), (remote(doi=DOI), CONFIRMED)):
            merged = merge(record, answer, verdict, policy)
            assert merged.record.doi_text == DOI
            (change,) = merged.changes
            assert (change.field, change.before, change.after) == ("DOI", f"https://doi.org/{DOI}", DOI)
            assert (change.rule, change.origin, change.retrieved_at) == ("bare-doi", "local", None)
    assert merge(record, None, None, REPORT).record == record


def test_a_doi_is_filled_only_where_nothing_stands():
    """Law: a found DOI is written; what is no DOI but stands in its place is the user's and stays."""
    answer = remote(doi=DOI, title=TITLE)
    merged = merge(local(title=TITLE), answer, CONFIRMED, FILL)
    assert (merged.record.work.doi, merged.record.doi_text) == (DOI, DOI)
    assert [(change.rule, change.before) for change in merged.changes] == [("find-doi", None)]
    report = local(title=TITLE, doi_text="Technical Report 54")
    assert merge(report, answer, CONFIRMED, FILL).record == report


def test_an_abbreviation_makes_way_only_where_it_has_a_place():
    """Law: the journal's full title comes with the abbreviation kept beside it, or not at all."""
    answer = remote(container_title="Journal of Clinical Oncology", container_title_short="JCO")
    record = local(container_title="J. Clin. Oncol.")
    for policy in (FILL, TRUST):
        merged = merge(record, answer, CONFIRMED, policy)
        work = merged.record.work
        assert (work.container_title, work.container_title_short) == (
            "Journal of Clinical Oncology",
            "J. Clin. Oncol.",
        )
        assert [(change.field, change.before, change.origin) for change in merged.changes] == [
            ("container-title", "J. Clin. Oncol.", "crossref"),
            ("container-title-short", None, "local"),
        ]
        assert merge(merged.record, answer, CONFIRMED, policy).changes == ()
    taken = local(container_title="J. Clin. Oncol.", container_title_short="Ann. Oncol.")
    locked = FILL.model_copy(update={"locked": FILL.locked | {"container-title-short"}})
    edited = record.model_copy(update={"kept": frozenset({"container-title-short"})})
    for kept, policy in ((taken, FILL), (record, locked), (edited, FILL)):
        assert merge(kept, answer, CONFIRMED, policy).record.work.container_title == "J. Clin. Oncol."


def test_what_was_settled_by_hand_stays_and_is_compared():
    """Law: a field that the user settled after an earlier run is not changed under any policy; a difference is told."""
    record = local(
        title="My title...", abstract=f"{ABSTRACT} 1. Introduction {BODY}", doi_text=f"doi:{DOI}", doi=DOI
    )
    kept = record.model_copy(update={"kept": frozenset({"title", "volume", "abstract", "DOI"})})
    for policy in (FILL, TRUST):
        merged = merge(kept, remote(title="My title in full", volume="7", issue="2", doi=DOI), CONFIRMED, policy)
        assert [change.field for change in merged.changes] == ["issue"]
        assert {conflict.field for conflict in merged.conflicts} == {"title", "volume"}
        assert merged.record.doi_text == f"doi:{DOI}"


def test_a_field_is_locked_in_one_record():
    """Law: a lock on a field of one record holds there and nowhere else."""
    policy = MergePolicy(name="x", fields=TRUST.fields, parts={DOI: frozenset({"title"})})
    answer = remote(title="Passive", volume="7", doi=DOI)
    merged = merge(local(title="Active", doi=DOI), answer, CONFIRMED, policy)
    assert (merged.record.work.title, merged.record.work.volume, merged.conflicts) == ("Active", "7", ())
    assert merge(local(title="Active"), answer, CONFIRMED, policy).record.work.title == "Passive"


@pytest.mark.parametrize("written", [f"{DOI}.pmid:1", "1O.1155_2012/574025", "doi 574025"])
def test_a_misspelt_doi_gives_way_to_that_of_the_confirmed_work(written):
    """Law: where the DOI is none, the confirmed answer's takes its place once, on the registry's word, and never else."""
    record, answer = local(title=TITLE, doi_text=written), remote(doi=DOI, title=TITLE)
    for policy in (FILL, TRUST):
        merged = merge(record, answer, CONFIRMED, policy)
        (change,) = merged.changes
        assert (change.field, change.before, change.after) == ("DOI", written, DOI)
        assert (change.rule, change.origin) == ("repair-doi", "crossref")
        assert merge(merged.record, answer, CONFIRMED, policy).changes == ()
    assert merge(record, answer, UNCONFIRMED, FILL).record == record
    assert merge(record, answer, CONFIRMED, REPORT).record == record
    other = local(title=TITLE, doi="10.1000/other", doi_text="10.1000/other")
    assert merge(other, answer, CONFIRMED, TRUST).record == other


def test_the_text_cut_off_stands_in_a_note():
    """Law: what a repair of an abstract cuts off is told in full."""
    merged = merge(local(abstract=f"{ABSTRACT} 1. Introduction {BODY}"), None, None, FILL)
    (note,) = merged.notes
    assert (note.code, note.severity) == ("abstract-overrun", "warning")
    assert note.text.endswith(f"1. Introduction {BODY}")
    assert merged.changes[0].origin == "local"
    by_registry = merge(local(abstract=f"{ABSTRACT} {BODY}"), remote(abstract=ABSTRACT), CONFIRMED, FILL)
    assert by_registry.changes[0].origin == "crossref"


def test_two_repairs_of_a_field_are_two_changes():
    """Law: a change begins where the one before it ended."""
    record = local(title="Active Roles of &lt;i&gt;Tumor&lt;/i&gt; Stroma in Breast Can")
    first, second = merge(record, remote(title=TITLE), CONFIRMED, FILL).changes
    assert (first.rule, second.rule) == ("repair-debris", "repair-title-truncated")
    assert (first.before, first.after, second.after) == (record.work.title, second.before, TITLE)


def test_a_field_is_not_filled_with_what_another_says():
    """Law: an article number that stands as page, a series that stands as journal, editors that stand as authors."""
    answer = remote(number="e89395", page="e89395", collection_title="Lecture Notes", editor=people("Roe, Jane"))
    record = local(page="e89395", container_title="Lecture notes", author=people("Roe, J."))
    assert merge(record, answer, CONFIRMED, FILL).changes == ()
    fresh = merge(local(), answer, CONFIRMED, FILL).record.work
    assert (fresh.page, fresh.number) == ("e89395", None)


PERSONAL = ("note", "keyword", "call_number", "archive", "accessed")
PERSONAL_VALUES = {
    "note": "read", "keyword": ("marsh",), "call_number": "Q 1", "archive": "shelf", "accessed": PartialDate(year=2020),
}  # fmt: skip


GREEDY = MergePolicy(
    name="greedy", fields=dict.fromkeys(FIELDS, FieldPolicy(rules=("fill", "trust"), trust=("agency", "local")))
)


@pytest.mark.parametrize("policy", [FILL, TRUST, REPORT, GREEDY], ids=lambda policy: policy.name)
@pytest.mark.parametrize("attribute", PERSONAL)
def test_personal_fields_are_never_touched(policy, attribute):
    """Law: no policy fills, replaces or reports a personal field, not even one that wants to."""
    mine = {attribute: PERSONAL_VALUES[attribute]}
    theirs = {"note": "x", "keyword": ("x",), "accessed": PartialDate(year=1990)}.get(attribute, "x")
    for record in (local(**mine), local()):
        merged = merge(record, remote(**{attribute: theirs}), CONFIRMED, policy)
        assert (merged.record, merged.changes, merged.conflicts) == (record, (), ())


def test_report_changes_nothing_and_reports_what_is_missing():
    """Law: under `report` differences and gaps are conflicts, nothing else happens."""
    record = local(title="active", volume="1", abstract=f"{ABSTRACT} 1. Introduction {BODY}", page="123-5")
    merged = merge(record, remote(title="Passive", volume="1", issue="2"), CONFIRMED, REPORT)
    assert merged.record == record
    assert merged.changes == ()
    assert {(conflict.field, conflict.local) for conflict in merged.conflicts} == {
        ("title", "active"),
        ("issue", None),
    }


def test_locked_records_and_fields():
    """Law: a record named by DOI or label is left alone; a locked field is neither changed nor compared."""
    rules = dict.fromkeys(FIELDS, FieldPolicy(rules=("fill", "trust"), trust=("agency", "local")))
    answer = remote(title="Passive", volume="7")
    for record in (
        local(title="Active", doi=DOI),
        local(title="Active").model_copy(update={"extra": (("F", "khamis"),)}),
    ):
        locked = MergePolicy(name="x", fields=rules, records=frozenset({DOI, "khamis"}))
        assert merge(record, answer, CONFIRMED, locked).record == record
        half = MergePolicy(name="x", fields=rules, locked=frozenset({"title"}))
        merged = merge(record, answer, CONFIRMED, half)
        assert (merged.record.work.title, merged.record.work.volume, merged.conflicts) == ("Active", "7", ())


@pytest.mark.parametrize(
    ("trust", "agency", "expected"),
    [(("local", "agency"), "crossref", "1"), (("agency", "local"), "datacite", "2"),
     (("crossref", "local"), "crossref", "2"),
     (("crossref", "local", "datacite"), "datacite", "1"), (("crossref", "local"), "datacite", "1")],
)  # fmt: skip
def test_the_order_of_trust_decides(trust, agency, expected):
    """Law: a differing value is replaced only by an agency that stands before "local"; a stranger is not even heard."""
    policy = MergePolicy(name="x", fields={"volume": FieldPolicy(rules=("fill", "trust"), trust=trust)})
    merged = merge(local(volume="1"), remote(agency, volume="2"), CONFIRMED, policy)
    assert merged.record.work.volume == expected
    believed = agency in trust or "agency" in trust
    assert bool(merged.changes or merged.conflicts) == believed
    filled = merge(local(), remote(agency, volume="2"), CONFIRMED, policy)
    assert filled.record.work.volume == ("2" if believed else None)


texts = st.sampled_from(
    [None, "a", "Active Roles of Tumor Str", TITLE, TITLE.upper(), "x &amp;amp; <b>y</b>",
     f"{ABSTRACT} 1. Introduction {BODY}", f"{ABSTRACT} {BODY}", ABSTRACT, "12", "12-5", "123--5", "pp. 7–9", "XII"]
) | st.text(max_size=12)  # fmt: skip
names = st.lists(st.builds(Name, family=texts, given=texts, literal=st.none() | texts), max_size=3).map(tuple)
lists = st.lists(st.sampled_from(["2090-3170", "2090-3189", "20903170", "9780306406157", "x"]), max_size=3).map(
    tuple
)
dates = st.none() | st.builds(PartialDate, year=st.none() | st.integers(1900, 1904), literal=st.none() | texts)
works = st.builds(
    Work,
    **dict.fromkeys(
        ("title", "container_title", "abstract", "page", "volume", "number", "publisher", "note", "url"), texts
    ),
    type=st.sampled_from([None, "article-journal", "chapter"]),
    author=names,
    editor=names,
    issued=dates,
    issn=lists,
    isbn=lists,
    doi=st.sampled_from([None, DOI, "10.1000/2"]),
)
# A registry's texts are plain: agencies see to that.
answers = works.map(
    lambda work: work.model_copy(
        update={
            name: None for name, value in work if isinstance(value, str) and name != "doi" and has_markup(value)
        }
    )
)
policies = st.sampled_from([FILL, TRUST, REPORT])
verdicts = st.sampled_from([CONFIRMED, UNCONFIRMED, CONTRADICTED])


def records(work: Work, *, written: bool) -> Record:
    """Build a record whose DOI is written bare, or after a label."""
    return Record(
        work=work, origin=Origin(file="a.enw", line=1), doi_text=f"doi:{work.doi}" if written else work.doi
    )


@settings(max_examples=200)
@given(works, answers, policies, verdicts, st.booleans())
def test_laws_of_every_merge(ours, theirs, policy, verdict, written):
    """Law: merging again changes nothing; every difference of the records is a change from the old value to the new."""
    record, answer = records(ours, written=written), remote(**dict(theirs))
    merged = merge(record, answer, verdict, policy)
    again = merge(merged.record, answer, verdict, policy)
    assert again.changes == ()
    assert again.record == merged.record
    assert again.conflicts == merged.conflicts
    before, after = {}, {}
    for change in merged.changes:
        before.setdefault(change.field, change.before)
        assert after.get(change.field, change.before) == change.before
        after[change.field] = change.after
        assert (change.retrieved_at is None) == (change.origin == "local")
    for field, attribute in FIELDS.items():
        changed = getattr(merged.record.work, attribute) != getattr(record.work, attribute)
        assert changed <= (field in after)
        if field in after:
            written_before = record.doi_text if field == "DOI" else field_value(record.work, field)
            assert before[field] == written_before
            assert after[field] == field_value(merged.record.work, field)
    assert {conflict.field for conflict in merged.conflicts} <= set(FIELDS) - policy.locked


@given(works, answers, policies, st.booleans())
def test_without_confirmation_nothing_comes_from_the_registry(ours, theirs, policy, written):
    """Law: unconfirmed, only the record's own repairs are made; contradicted, nothing at all happens."""
    record, answer = records(ours, written=written), remote(**dict(theirs))
    unconfirmed = merge(record, answer, UNCONFIRMED, policy)
    assert unconfirmed == merge(record, None, None, policy)
    assert all(change.origin == "local" for change in unconfirmed.changes)
    assert unconfirmed.conflicts == ()
    contradicted = merge(record, answer, CONTRADICTED, policy)
    assert (contradicted.record, contradicted.changes, contradicted.conflicts) == (record, (), ())


@settings(max_examples=50)
@given(works, answers)
def test_the_order_of_fields_does_not_matter(ours, theirs):
    """Law: fields are merged as if each were alone."""
    record, answer = records(ours, written=False), remote(**dict(theirs))
    whole = merge(record, answer, CONFIRMED, FILL).record.work
    for field in set(FIELDS) - FILL.locked:
        alone = FILL.model_copy(update={"locked": frozenset(FIELDS) - {field}})
        merged = merge(record, answer, CONFIRMED, alone).record.work
        assert getattr(merged, FIELDS[field]) == getattr(whole, FIELDS[field])


@given(works, answers, policies)
def test_what_is_not_described_stays(ours, theirs, policy):
    """Law: unknown tags, notes, origin and source of a record come out as they went in."""
    record = records(ours, written=False).model_copy(update={"extra": (("9", "x"),)})
    merged = merge(record, remote(**dict(theirs)), CONFIRMED, policy).record
    kept = ("origin", "source", "extra", "notes", "registration", "readable")
    assert [getattr(merged, name) for name in kept] == [getattr(record, name) for name in kept]


def test_an_unreadable_record_is_left_alone():
    """Law: what could not be read is not repaired."""
    record = local(title="x &amp; y").model_copy(update={"readable": False})
    assert merge(record, None, None, FILL).record == record


def test_a_given_name_that_holds_a_comma_is_nobody_s_to_write():
    """Law: what a registry put behind a comma into a given name is not written, since no file could part it again."""
    ours = (Name(family="Roe", given="A.", suffix="B"),)
    merged = merge(local(author=ours), remote(author=(Name(family="Roe", given="Ada, B"),)), CONFIRMED, FILL)
    assert merged.record.work.author == ours

"""Every rule finds its bad example and lets its good one pass; nothing that is said of a record goes without a code."""

from __future__ import annotations

import re
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lint.examples import EVERYTHING, PAGE, ROOT, RULES_FOLDER, findings, pages, results

from enrich import formats
from enrich.errors import SettingsError
from enrich.lint import RULES, Linter, chosen
from enrich.lint.linter import of_note, of_repair, shown
from enrich.lint.rule import Example
from enrich.merge import RULES as REPAIRS
from enrich.model import Change, Enrichment, Note, Origin, Record, Status, Work
from enrich.model.enrichment import Status as Statuses

WITH_EXAMPLE = {code: rule.example for code, rule in RULES.items() if rule.example is not None}
SETTLED = {"enriched", "unchanged"}


@pytest.mark.parametrize("code", WITH_EXAMPLE)
def test_a_rule_finds_its_bad_example(code: str) -> None:
    """What a rule calls bad, the whole pipeline reports under its code, at a line of the file."""
    example = WITH_EXAMPLE[code]
    found = [each for each in findings(example.bad, example, example.outcome) if each.code == code]
    assert found
    lines = example.bad.count("\n")
    assert all(each.file == "library.enw" and each.line and 1 <= each.line <= lines for each in found)
    assert all(each.message and each.severity == RULES[code].severity for each in found)


@pytest.mark.parametrize("code", WITH_EXAMPLE)
def test_a_rule_lets_its_good_example_pass(code: str) -> None:
    """In what a rule calls good, nothing at all fails the check, and nothing of the rule's own kind is left."""
    example = WITH_EXAMPLE[code]
    registry = {} if {"DOI", "relations"} & example.registry.keys() else example.registry
    found = findings(example.good, Example("", "", registry, policy=example.policy), "found")
    assert code not in {each.code for each in found}
    assert not [each for each in found if each.severity == "error"]


def test_no_two_rules_are_about_the_same_thing() -> None:
    """A status, a note and a repair each fall under one rule; codes and names are unique and well formed."""
    for member in ("statuses", "notes", "repairs"):
        named = [each for rule in RULES.values() for each in getattr(rule, member)]
        assert len(named) == len(set(named)), member
    assert len({rule.name for rule in RULES.values()}) == len(RULES)
    for rule in RULES.values():
        assert re.fullmatch(r"[A-Z]{3}\d{3}", rule.code)
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
        assert rule.sentence.endswith(".")
        assert rule.advice.endswith(".")


def test_every_status_that_is_not_settled_has_a_rule() -> None:
    """A record that was not confirmed is a finding, whatever else is known of it."""
    named = {status for rule in RULES.values() for status in rule.statuses}
    assert named == set(Statuses.__args__) - SETTLED


def test_every_merge_rule_that_changes_something_has_a_code_of_its_own() -> None:
    """A new merge rule needs a line here; until then its changes are told as OTH001, and never go unsaid."""
    named = {repair.partition("/")[0] for rule in RULES.values() for repair in rule.repairs}
    assert set(REPAIRS) - named == {"keep"}
    assert of_repair(Change(field="title", rule="of-tomorrow", origin="local")).code == "OTH001"


@given(
    st.sampled_from(Statuses.__args__),
    st.lists(
        st.builds(
            Note,
            severity=st.sampled_from(["warning", "error"]),
            code=st.text(max_size=9),
            text=st.text(max_size=9),
        )
    ),
    st.lists(
        st.builds(
            Change,
            field=st.sampled_from(["title", "volume"]),
            before=st.none() | st.text(max_size=9),
            after=st.text(max_size=9),
            rule=st.text(max_size=9) | st.sampled_from(sorted(REPAIRS)),
            origin=st.just("local"),
        )
    ),
)
@settings(max_examples=100)
def test_nothing_goes_unsaid(status: Status, notes: list[Note], changes: list[Change]) -> None:
    """Each change is in one finding; each warning and error, and a status that is not settled, is under some code."""
    record = Record(work=Work(title="T"), origin=Origin(file="l.enw", line=7))
    result = Enrichment.trusted(
        index=3, status=status, before=record, record=record, notes=tuple(notes), changes=tuple(changes)
    )
    found = Linter(EVERYTHING).findings(result)
    codes = {each.code for each in found}
    filled = [change for change in changes if change.rule == "fill"]
    told = [each for each in found if each.field is not None]
    assert len(told) == len(changes) - len(filled) + bool(filled)
    assert {each.code for each in told} == {of_repair(change).code for change in changes}
    assert {rule.code for note in notes if (rule := of_note(note))} <= codes
    assert status in SETTLED or codes & {rule.code for rule in RULES.values() if status in rule.statuses}
    assert all(each.file == "l.enw" and each.line == 7 and each.index == 3 for each in found)
    assert Linter({}).findings(result) == []


def test_a_finding_stands_on_the_line_of_its_value() -> None:
    """A change is reported where the old value begins, not only where the record does."""
    example = Example("", "")
    text = (
        "\n\n%0 Journal Article\n%A Watson, J. D.\n%T MOLECULAR STRUCTURE OF NUCLEIC ACIDS\n%D 1953\n%J Nature\n"
    )
    found = findings(text + "%V 171\n%P 737-8\n%R 10.1038/171737a0\n", example, "found")
    assert {(each.code, each.line) for each in found} == {("TTL001", 5), ("PAG001", 9)}


def test_records_without_a_doi_are_no_duplicates() -> None:
    """Only a DOI makes a duplicate; the first of several is not one."""
    example = Example("", "")
    text = "%0 Book\n%T One\n\n%0 Book\n%T One\n" + 3 * "\n%0 Book\n%T One\n%R 10.1038/171737a0\n"
    linter = Linter(chosen(["DUP"]))
    found = [each for result in results(text, example, "found") for each in linter.findings(result)]
    assert [(each.index, each.message) for each in found] == [
        (3, "record 3 has the same DOI"),
        (4, "record 3 has the same DOI"),
    ]


@pytest.mark.parametrize(
    ("select", "ignore", "expected"),
    [
        (["RET"], [], {"RET001", "RET002", "RET003", "RET004"}),
        (["ret001"], [], {"RET001"}),
        (["RET"], ["RET003", "RET004"], {"RET001", "RET002"}),
        (["RET001"], ["RET"], {"RET001"}),
        (["RET", "RET001"], ["RET00"], {"RET001"}),
        (["RET"], ["RET"], set()),
        (["DIF"], ["DEFAULT"], {"DIF001", "DIF002"}),
        ([], [], set()),
        (["ALL"], [], set(RULES)),
        (["DEFAULT"], [], {code for code, rule in RULES.items() if rule.is_default}),
    ],
)
def test_the_longer_choice_counts(select: list[str], ignore: list[str], expected: set[str]) -> None:
    """As in ruff: a code beats the beginning of codes, and an exception a selection of the same length."""
    assert set(chosen(select, ignore)) == expected


def test_severities_go_by_the_longest_choice() -> None:
    """`DIF=warning` with `DIF002=error` raises one of the two; ALL means every rule."""
    found = chosen(["ALL"], [], {"ALL": "info", "DIF": "warning", "dif002": "error"})
    assert (found["DIF001"], found["DIF002"], found["DOI001"]) == ("warning", "error", "info")


@pytest.mark.parametrize("choice", ["XYZ", "", "DOI0011"])
def test_a_choice_that_means_no_rule_is_refused(choice: str) -> None:
    """A misspelt code must not silently switch nothing off."""
    with pytest.raises(SettingsError, match="--rules"):
        chosen(["ALL"], [choice])
    with pytest.raises(SettingsError, match="--rules"):
        chosen(["ALL"], [], {choice: "error"})


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda parts: st.lists(parts) | st.dictionaries(st.text(), parts)
    )
)
@settings(max_examples=50)
def test_any_value_can_be_shown_in_one_line(value: object) -> None:
    """A message holds no line break and no control character, and is short."""
    line = shown(value)
    assert line.isprintable()
    assert len(line) <= 301


def test_the_pages_are_those_of_the_rules() -> None:
    """docs/rules has one page for each rule, made by `python tests/lint/examples.py`, and docs/check.md lists them all."""
    for path, text in pages().items():
        assert path.read_text() == text, f"{path.name} is out of date: run python tests/lint/examples.py"
    assert {path.stem for path in RULES_FOLDER.glob("*.md")} == set(RULES)
    assert all(f"(rules/{code}.md)" in PAGE.read_text() for code in RULES)


def test_examples_are_recognised_as_what_they_are() -> None:
    """An example is a file: its format is told from its content."""
    for example in WITH_EXAMPLE.values():
        for text in (example.bad, example.good):
            assert formats.recognise(text.encode("utf-8", "surrogateescape")) in formats.READABLE


def test_the_linter_stays_below_the_waterline() -> None:
    """The contract that forbids files, clocks and settings names the linter."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    below = next(each for each in contracts if each["name"].startswith("Below the waterline"))
    assert "enrich.lint" in below["source_modules"]

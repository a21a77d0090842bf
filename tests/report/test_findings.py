"""Findings as text, annotations and SARIF: one line each, escaped, and a log that keeps to its schema."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.lint import RULES, Finding, chosen
from enrich.report.findings import Sarif, annotation, as_dict, line

EVERYTHING = chosen(["ALL"])
ODD = st.text(st.characters(exclude_categories=()), max_size=20) | st.sampled_from(
    ["a:b,c%d\r\n::error::x", "-", ""]
)
FINDINGS = st.builds(
    Finding,
    code=st.sampled_from(sorted(RULES)),
    name=st.just("some-name"),
    severity=st.sampled_from(["error", "warning", "info"]),
    message=ODD,
    index=st.integers(0, 9),
    file=st.none() | ODD,
    line=st.none() | st.integers(1, 9),
    doi=st.none() | ODD,
    field=st.none() | st.just("title"),
    before=st.none() | ODD,
    replacement=st.none() | ODD | st.lists(ODD, max_size=2),
)
COMMAND = re.compile(r"::(error|warning|notice) ((?:[a-z]+=[^:,\r\n]*)(?:,[a-z]+=[^:,\r\n]*)*)::([^\r\n]*)")


def unescaped(text: str) -> str:
    for code, sign in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, sign)
    return text


@given(FINDINGS)
@settings(max_examples=200)
def test_an_annotation_is_one_command_and_no_other(finding: Finding) -> None:
    """Whatever stands in a library, a runner reads one command from a finding, and the message comes back from it."""
    command = COMMAND.fullmatch(annotation(finding))
    assert command is not None
    level, properties, message = command.groups()
    assert level == {"info": "notice"}.get(finding.severity, finding.severity)
    pairs = dict(pair.split("=", 1) for pair in properties.split(","))
    assert pairs["title"] == f"{finding.code} {finding.name}"
    assert ("file" in pairs) == (finding.file not in {None, "-"})
    said = f"{finding.doi}: {finding.message}" if finding.doi else finding.message
    shown = "".join(sign if sign.isprintable() or sign in "\r\n" else "\ufffd" for sign in said)
    assert unescaped(message) == shown
    annotation(finding).encode()


@given(FINDINGS)
def test_a_line_is_one_line(finding: Finding) -> None:
    """A finding on a terminal holds no control character and begins with its place and code."""
    assert line(finding).isprintable()
    assert f": {finding.code}" in line(finding)


def logged(findings: list[Finding], code: int) -> dict:
    log = Sarif(EVERYTHING)
    return json.loads(log.head() + b"".join(map(log.result, findings)) + log.tail(code))


@given(st.lists(FINDINGS, max_size=4), st.sampled_from([0, 1, 3]))
@settings(max_examples=100)
def test_a_log_keeps_to_the_schema(findings: list[Finding], code: int) -> None:
    """What SARIF 2.1.0 requires is there, in its type, and nothing is where its schema allows no further member."""
    log = logged(findings, code)
    assert log.keys() == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert run.keys() <= {"tool", "columnKind", "results", "invocations"}
    assert run["columnKind"] in {"utf16CodeUnits", "unicodeCodePoints"}
    driver = run["tool"]["driver"]
    assert driver["name"]
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(set(ids)) == len(ids)
    for rule in driver["rules"]:
        assert rule.keys() <= {"id", "name", "shortDescription", "fullDescription", "help", "defaultConfiguration"}
        assert all(rule[name]["text"] for name in ("shortDescription", "fullDescription", "help"))
        assert rule["defaultConfiguration"]["level"] in {"none", "note", "warning", "error"}
    assert [invocation["executionSuccessful"] for invocation in run["invocations"]] == [code < 3]
    assert len(run["results"]) == len(findings)
    for result, finding in zip(run["results"], findings, strict=True):
        assert result.keys() <= {
            "ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints", "properties",
        }  # fmt: skip
        assert ids[result["ruleIndex"]] == result["ruleId"] == finding.code
        assert result["level"] in {"none", "note", "warning", "error"}
        assert finding.message in result["message"]["text"]
        for location in result["locations"]:
            place = location["physicalLocation"]
            assert place["region"]["startLine"] >= 1
            assert re.fullmatch(r"[A-Za-z0-9\-._~!$&'()*+,;=:@/%]*", place["artifactLocation"]["uri"])
        assert all(isinstance(value, str) for value in result["partialFingerprints"].values())


def test_a_files_name_becomes_an_address() -> None:
    """Blanks and letters beyond ASCII are escaped; a relative name stays relative to the repository."""
    finding = Finding("DOI002", "dead-doi", "error", "m", 0, file="refs/mein Büch.enw", line=3)
    (result,) = logged([finding], 1)["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert unquote(place["artifactLocation"]["uri"]) == "refs/mein Büch.enw"
    assert "//" not in place["artifactLocation"]["uri"]
    assert place["region"] == {"startLine": 3}


def test_a_fingerprint_outlives_the_lines_above_it() -> None:
    """The same finding further down is the same; another rule or DOI is another."""
    first = Finding("DOI002", "dead-doi", "error", "m", 0, file="l.enw", line=3, doi="10.1000/182")
    moved = Finding("DOI002", "dead-doi", "error", "m", 9, file="l.enw", line=93, doi="10.1000/182")
    other = Finding("DOI002", "dead-doi", "error", "m", 0, file="l.enw", line=3, doi="10.1000/183")
    prints = [result["partialFingerprints"] for result in logged([first, moved, other], 1)["runs"][0]["results"]]
    assert prints[0] == prints[1] != prints[2]


def test_a_finding_in_json_names_what_would_be_written() -> None:
    """The record's line has file, DOI and index already; a finding adds the rest."""
    finding = Finding("PAG001", "page-range", "info", "m", 0, "l.enw", 3, None, "page", "1-3", "1-3")
    assert as_dict(finding) == {
        "code": "PAG001", "name": "page-range", "severity": "info", "message": "m", "line": 3, "field": "page",
        "before": "1-3", "replacement": "1-3",
    }  # fmt: skip

"""What `check --output sarif` writes is SARIF: the schema says so.

`sarif-2.1.0.json` is the schema as npm's `@microsoft/sarif-multitool-linux` 5.7.0 ships it (MIT licence), unchanged.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.lint import RULES, Finding
from enrich.report.findings import Sarif

SCHEMA = json.loads((Path(__file__).parent / "sarif-2.1.0.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
TEXTS = st.text(max_size=20) | st.sampled_from(["10.1000/a b", "\x00", "%0 x", "<b>", "\u2028"])
FILES = st.sampled_from([None, "-", "library.enw", "a b/c%d.bib", "/abs/ü#1.ris", "../up.ris", "\udcff.enw", ".."])
FINDINGS = st.builds(
    lambda code, severity, **more: Finding(code, RULES[code].name, severity, **more),
    st.sampled_from(sorted(RULES)),
    st.sampled_from(["error", "warning", "info"]),
    message=TEXTS,
    index=st.integers(0, 10**9),
    file=FILES,
    line=st.none() | st.integers(0, 10**9),
    doi=st.none() | TEXTS,
    field=st.none() | TEXTS,
    before=st.none() | TEXTS | st.lists(st.dictionaries(st.just("family"), TEXTS)),
    replacement=st.none() | TEXTS,
)


def log(findings: list[Finding], exit_code: int = 1) -> Any:
    sarif = Sarif({code: rule.severity for code, rule in RULES.items()})
    return json.loads(sarif.head() + b"".join(map(sarif.result, findings)) + sarif.tail(exit_code))


def test_the_schema_refuses_what_is_no_log() -> None:
    """The test can fail: a level, a member and a line that SARIF does not have are refused."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for broken in ({"level": "info"}, {"code": "x"}, {"ruleIndex": -2}):
        spoilt = log([])
        spoilt["runs"][0]["results"] = [{"message": {"text": "x"}, **broken}]
        assert not VALIDATOR.is_valid(spoilt)


@pytest.mark.parametrize("exit_code", [0, 1, 2, 3])
def test_a_log_without_findings_is_valid(exit_code: int) -> None:
    """All rules are described as the schema wants them, and the run says whether it could do its work."""
    VALIDATOR.validate(log([], exit_code))


@settings(max_examples=60)
@given(findings=st.lists(FINDINGS, max_size=4))
def test_whatever_is_found_is_a_valid_log(findings: list[Finding]) -> None:
    """Any file name, text and line: the schema has nothing against it."""
    written = log(findings)
    VALIDATOR.validate(written)
    assert len(written["runs"][0]["results"]) == len(findings)

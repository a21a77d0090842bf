r"""Findings as text, as annotations of GitHub, and as SARIF 2.1.0; one at a time, so that memory does not grow with them.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html,
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands,
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning

Oddities: GitHub wants `%`, CR and LF escaped in a message, and `:` and `,` too in a property; it shows ten annotations of a
kind for each step and takes 25,000 results in a SARIF file. A SARIF address is a URI reference, so a blank in a file's name
is `%20`. What was read from standard input has no address at all.

>>> annotation(Finding("DUP001", "duplicate-doi", "warning", "50% of 2,\nat most", 1, "a,b.enw", 3))
'::warning file=a%2Cb.enw,line=3,title=DUP001 duplicate-doi::50%25 of 2,%0Aat most'
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any, Final
from urllib.parse import quote

from enrich.lint import RULES, Finding, Rule
from enrich.lint.page import page
from enrich.model.note import Severity
from enrich.report.jsonl import dump
from enrich.report.summary import printable
from enrich.version import VERSION

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_STDIN: Final = "-"
_OF_RECORD: Final = ("code", "name", "severity", "message", "line", "field", "before", "replacement")
_PROPERTIES: Final = ("index", "doi", "field", "before", "replacement")
_ANNOTATIONS: Final[Mapping[Severity, str]] = {"error": "error", "warning": "warning", "info": "notice"}
_LEVELS: Final[Mapping[Severity, str]] = {"error": "error", "warning": "warning", "info": "note"}
_MESSAGE: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY: Final = _MESSAGE | str.maketrans({":": "%3A", ",": "%2C"})


def line(finding: Finding) -> str:
    """Return a finding as a line for a person: `library.enw:12: DOI002 10.1000/182: No agency knows ...`."""
    where = f"{finding.file or 'record'}:{finding.line or finding.index + 1}"
    doi = f" {finding.doi}" if finding.doi else ""
    return printable(f"{where}: {finding.code}{doi}: {finding.message}", limit=1000)


def annotation(finding: Finding) -> str:
    """Return a finding as a command to GitHub's runner, which shows it beside the file's line."""
    title = f"{finding.code} {finding.name}"
    has_file = finding.file not in {None, _STDIN}
    place = f"file={_property(str(finding.file))},line={finding.line or 1}," if has_file else ""
    message = f"{finding.doi}: {finding.message}" if finding.doi else finding.message
    return f"::{_ANNOTATIONS[finding.severity]} {place}title={_property(title)}::{_clean(message).translate(_MESSAGE)}"


def _property(text: str) -> str:
    return _clean(text).translate(_PROPERTY)


def _clean(text: str) -> str:
    """Return a text that every encoding can write; a runner knows line ends, but no stray bytes."""
    return "".join(sign if sign.isprintable() or sign in "\r\n" else "\ufffd" for sign in text)


def as_dict(finding: Finding) -> dict[str, Any]:
    """Return a finding as `check --output json` has it in its record's line, which names the record, file and DOI."""
    return {name: getattr(finding, name) for name in _OF_RECORD}


class Sarif:
    """A SARIF log of one run: `head`, then each finding, then `tail`."""

    def __init__(self, severities: Mapping[str, Severity]) -> None:
        self._severities = severities
        self._places = {code: number for number, code in enumerate(severities)}
        self._written = 0

    def head(self) -> bytes:
        """Return the beginning of the log, up to the list of results."""
        rules = [_descriptor(RULES[code], level) for code, level in self._severities.items()]
        driver = {"name": "enrich", "version": VERSION, "semanticVersion": VERSION, "rules": rules}
        opening = b'{"$schema":' + _json(SCHEMA) + b',"version":"2.1.0","runs":[{"tool":'
        return opening + _json({"driver": driver}) + b',"columnKind":"unicodeCodePoints","results":['

    def result(self, finding: Finding) -> bytes:
        """Return one finding as an element of the list."""
        comma = b"," if self._written else b""
        self._written += 1
        return comma + b"\n" + _json(_result(finding, self._places[finding.code]))

    def tail(self, exit_code: int) -> bytes:
        """Return the end of the log; a run that found something was successful, one that could not ask was not."""
        invocation = {"executionSuccessful": exit_code in {0, 1}, "exitCode": exit_code}
        return b'\n],"invocations":[' + _json(invocation) + b"]}]}\n"


def _json(value: Any) -> bytes:
    return dump(value).rstrip(b"\n")


def _descriptor(rule: Rule, level: Severity) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": rule.sentence},
        "fullDescription": {"text": f"{rule.sentence} {rule.advice}"},
        "help": {"text": rule.advice, "markdown": page(rule)},
        "defaultConfiguration": {"level": _LEVELS[level]},
    }


def _result(finding: Finding, place: int) -> dict[str, Any]:
    message = f"{finding.doi}: {finding.message}" if finding.doi else finding.message
    return {
        "ruleId": finding.code,
        "ruleIndex": place,
        "level": _LEVELS[finding.severity],
        "message": {"text": message},
        "locations": list(_locations(finding)),
        "partialFingerprints": {"finding/v1": _fingerprint(finding)},
        "properties": {name: getattr(finding, name) for name in _PROPERTIES},
    }


def _locations(finding: Finding) -> Iterator[dict[str, Any]]:
    if finding.file in {None, _STDIN}:
        return
    region = {"startLine": max(1, finding.line or 1)}
    yield {"physicalLocation": {"artifactLocation": _artifact(str(finding.file)), "region": region}}


def _artifact(file: str) -> dict[str, str]:
    if PurePath(file).is_absolute():
        return {"uri": Path(file).as_uri()}
    return {"uri": quote(PurePath(file).as_posix(), errors="surrogateescape"), "uriBaseId": "%SRCROOT%"}


def _fingerprint(finding: Finding) -> str:
    """Return what a finding has in common with itself in a later run, when lines have moved."""
    said = "\0".join((finding.code, finding.file or "", finding.doi or str(finding.index), finding.field or ""))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]

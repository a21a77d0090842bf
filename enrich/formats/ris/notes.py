"""What a person should know about a record as it was read; each kind of finding is one note with the line of the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from enrich.formats import names, numbers
from enrich.formats.ris.interpret import Assignment
from enrich.formats.ris.tags import PEOPLE, TAGS, csl_type
from enrich.formats.ris.tokens import Oddities, Token
from enrich.formats.tagged import Finding

_LONGEST: Final = 300
_NO_DATE: Final = frozenset({"in press", "forthcoming", "n.d.", "no date", "submitted", "undated"})


def collect(
    tokens: Sequence[Token], assignment: Assignment, members: dict[str, Any], odd: Oddities
) -> list[Finding]:
    """Return the findings on a record."""
    found: list[Finding] = []
    fields = assignment.fields
    if "" in fields[:-1] or odd.stray or tokens[-1][0] != "ER":
        found += _of_lines(tokens, odd)
    if fields.count("type") != 1 or assignment.type is None:
        found += _of_type(tokens, assignment.stated)
    found += _of_values(tokens, fields, members)
    if assignment.doi.doi is None or assignment.doi.other is not None:
        found += _of_doi(tokens, assignment.doi)
    return found


def _of_lines(tokens: Sequence[Token], odd: Oddities) -> Iterator[Finding]:
    if odd.stray:
        yield "info", "stray-text", "text that belongs to no tag; kept", odd.stray[0]
    if all(tag != "ER" for tag, _, _ in tokens):
        yield "info", "no-end", "the record has no ER; read up to the next one", tokens[-1][2]
    empty = [(tag, at) for tag, value, at in tokens if not value and tag != "ER"]
    if empty:
        yield "info", "empty-tag", f"{_listed(tag for tag, _ in empty)} without a value", empty[0][1]
    unknown = [(tag, at) for tag, _, at in tokens if tag not in TAGS]
    if unknown:
        what = f"{_listed(tag for tag, _ in unknown)} has no known meaning; kept"
        yield "info", "unknown-tag", what, unknown[0][1]


def _of_type(tokens: Sequence[Token], stated: str | None) -> Iterator[Finding]:
    lines = [at for tag, value, at in tokens if tag == "TY" and value]
    if stated is None:
        yield "info", "no-type", "the record has no TY", tokens[0][2]
        return
    if len(lines) > 1:
        yield "warning", "second-type", f"the record states {len(lines)} types; {_short(stated)} counts", lines[1]
    if csl_type(stated) is None:
        yield "info", "unknown-type", f"{_short(stated)} is no type this program knows; kept", lines[0]


def _of_values(tokens: Sequence[Token], fields: Sequence[str], members: dict[str, Any]) -> Iterator[Finding]:
    issued = members.get("issued")
    if issued is not None and issued.literal and issued.literal.lower() not in _NO_DATE:
        at = next((at for (_, _, at), field in zip(tokens, fields, strict=True) if field == "issued"), 0)
        yield "warning", "bad-date", f"{_short(issued.literal)} cannot be read as a date; kept", at
    for (tag, value, at), field in zip(tokens, fields, strict=True):
        if field in PEOPLE and names.is_ambiguous(value):
            yield "info", "ambiguous-name", f"{tag} may hold one name or several: {_short(value)}", at
        elif tag == "SN" and (wrong := numbers.serials(value).wrong):
            yield "warning", "invalid-identifier", f"the check digit of {_short(wrong[0])} is wrong", at


def _of_doi(tokens: Sequence[Token], doi: numbers.Reading) -> Iterator[Finding]:
    if doi.at is not None and doi.doi is None:
        yield "warning", "invalid-doi", f"no DOI can be read from {_short(doi.text or '')}", tokens[doi.at][2]
    if doi.other is not None:
        what = f"a further DOI, {_short(doi.other)}, was left alone"
        yield "warning", "second-doi", what, tokens[doi.other_at][2]


def _listed(tags: Iterator[str]) -> str:
    distinct = list(dict.fromkeys(tags))
    return ", ".join(distinct[:8]) + (" ..." if len(distinct) > 8 else "")


def _short(value: str) -> str:
    return repr(value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…")

"""What a person should know about a record as it was read; each kind of finding is one note with the line of the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from enrich.formats import names
from enrich.formats.decode import Text
from enrich.formats.refer import codes
from enrich.formats.refer.interpret import Assignment
from enrich.formats.refer.tags import FAMILIES, PEOPLE, TAGS, csl_type
from enrich.formats.refer.tokens import Oddities, Token
from enrich.model.note import Note, Severity

_NAMING: Final = frozenset(
    tag for meanings in FAMILIES.values() for tag, field in meanings.items() if field in PEOPLE and tag != "Q"
)
"""The tags under which names may stand that are to be looked at."""

_SHORTEST: Final = 80
_LONGEST: Final = 300
_NO_DATE: Final = frozenset(
    {"in press", "unknown", "forthcoming", "n.d.", "no date", "to appear", "submitted", "undated"}
)


def collect(
    tokens: Sequence[Token],
    assignment: Assignment,
    members: dict[str, Any],
    oddities: Oddities,
    text: Text,
    line: int,
) -> tuple[Note, ...]:
    """Return the notes on a record whose text begins on `line`."""
    found: list[_Finding] = []
    if text.is_odd or oddities:
        found += _of_text(tokens, oddities, text)
    fields = assignment.fields
    if "" in fields:
        found += _of_tags(tokens)
    if fields.count("type") != 1 or assignment.type is None:
        found += _of_type(tokens, assignment.stated)
    found += _of_values(tokens, fields, members)
    if assignment.doi.doi is None or assignment.doi.other is not None:
        found += _of_doi(tokens, assignment.doi)
    if not found:
        return ()
    return tuple(
        Note(severity=severity, code=code, text=what, line=line + at) for severity, code, what, at in found
    )


_Finding = tuple[Severity, str, str, int]


def _of_tags(tokens: Sequence[Token]) -> Iterator[_Finding]:
    empty = [(tag, at) for tag, value, at in tokens if not value]
    if empty:
        yield "info", "empty-tag", f"{_listed(tag for tag, _ in empty)} without a value", empty[0][1]
    unknown = [(tag, at) for tag, _, at in tokens if tag not in TAGS]
    if unknown:
        yield (
            "info",
            "unknown-tag",
            f"{_listed(tag for tag, _ in unknown)} has no known meaning; kept",
            unknown[0][1],
        )


def _of_type(tokens: Sequence[Token], stated: str | None) -> Iterator[_Finding]:
    if stated is None:
        return
    lines = [at for tag, value, at in tokens if tag == "0" and value]
    if len(lines) > 1:
        yield "warning", "second-type", f"the record states {len(lines)} types; {_short(stated)} counts", lines[1]
    if csl_type(stated) is None:
        yield "info", "unknown-type", f"{_short(stated)} is no type this program knows; kept", lines[0]


def _of_values(tokens: Sequence[Token], fields: Sequence[str], members: dict[str, Any]) -> Iterator[_Finding]:
    issued = members.get("issued")
    if issued is not None and issued.literal and issued.literal.lower() not in _NO_DATE:
        yield (
            "warning",
            "bad-date",
            f"{_short(issued.literal)} cannot be read as a date; kept",
            _line_of("D", tokens),
        )
    for (tag, value, at), field in zip(tokens, fields, strict=True):
        if tag in _NAMING and field in PEOPLE and names.is_ambiguous(value):
            yield "info", "ambiguous-name", f"%{tag} may hold one name or several: {_short(value)}", at
        elif tag == "@" and (wrong := codes.serials(value).wrong):
            yield "warning", "invalid-identifier", f"the check digit of {_short(wrong[0])} is wrong", at


def _of_doi(tokens: Sequence[Token], doi: codes.Reading) -> Iterator[_Finding]:
    if doi.at is not None and doi.doi is None:
        yield "warning", "invalid-doi", f"no DOI can be read from {_short(doi.text or '')}", tokens[doi.at][2]
    if doi.other is not None:
        yield (
            "warning",
            "second-doi",
            f"a further DOI, {_short(doi.other)}, was left alone",
            tokens[doi.other_at][2],
        )


def _of_text(tokens: Sequence[Token], oddities: Oddities, text: Text) -> Iterator[_Finding]:
    if text.is_odd:
        yield "warning", "invalid-encoding", f"not all bytes are valid; read as {text.codec}, bytes kept", 0
    if oddities.stray:
        yield "info", "stray-text", "text that belongs to no tag; kept", oddities.stray[0]
    if oddities.rejected:
        what = _listed(oddities.rejected)
        yield "info", "uncertain-tag", f"{what} within a line was taken for text", min(oddities.rejected.values())
    if oddities.is_flat:
        for tag, value, at in tokens:
            if tag == "X" and len(value) >= _SHORTEST and (value[-1].isalnum() or value[-1] in ",;-"):
                yield "info", "cut-off", "the abstract ends in the middle of a sentence", at


def _line_of(tag: str, tokens: Sequence[Token]) -> int:
    return next((at for found, _, at in tokens if found == tag), 0)


def _listed(tags: Any) -> str:
    distinct = list(dict.fromkeys(tags))
    return ", ".join(f"%{tag}" for tag in distinct[:8]) + (" ..." if len(distinct) > 8 else "")


def _short(value: str) -> str:
    return repr(value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…")

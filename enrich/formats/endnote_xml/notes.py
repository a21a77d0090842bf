"""What a person should know about a record as it was read, with the line of the element."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from enrich.formats import names, numbers
from enrich.formats.endnote_xml.rewrite import Layout
from enrich.formats.endnote_xml.tables import PEOPLE
from enrich.model.note import Note, Severity
from enrich.model.work import Work

_LONGEST: Final = 80
_NO_DATE: Final = frozenset({"in press", "forthcoming", "n.d.", "no date", "submitted", "undated"})
_Finding: TypeAlias = tuple[Severity, str, str, int | None]


def collect(found: Layout, work: Work, line: int, *, is_sound: bool) -> tuple[Note, ...]:
    """Return the findings on a record that begins on `line`."""
    findings = [*_of_record(found, is_sound=is_sound), *_of_elements(found, work), *_of_doi(found)]
    return tuple(
        Note(severity=severity, code=code, text=text, line=line + _line(found, at))
        for severity, code, text, at in findings
    )


def _of_record(found: Layout, *, is_sound: bool) -> Iterator[_Finding]:
    stated, known = found.assignment.stated, found.assignment.type
    if not is_sound:
        text = "characters that XML forbids, or a bare &; read without them, bytes kept"
        yield "warning", "invalid-encoding", text, None
    if stated is None:
        yield "info", "no-type", "the record has no ref-type", None
    elif known is None:
        yield "info", "unknown-type", f"{_short(stated)} is no type this program knows; kept", None


def _of_elements(found: Layout, work: Work) -> Iterator[_Finding]:
    fields = found.assignment.fields
    if work.issued is not None and work.issued.literal and work.issued.literal.lower() not in _NO_DATE:
        text = f"{_short(work.issued.literal)} cannot be read as a date; kept"
        yield "warning", "bad-date", text, fields.index("issued")
    for index, ((path, text, _), field) in enumerate(zip(found.tokens, fields, strict=True)):
        if field in PEOPLE and names.is_ambiguous(text):
            yield "info", "ambiguous-name", f"{path} may hold one name or several: {_short(text)}", index
        elif path == "isbn" and (wrong := numbers.serials(text).wrong):
            yield "warning", "invalid-identifier", f"the check digit of {_short(wrong[0])} is wrong", index


def _of_doi(found: Layout) -> Iterator[_Finding]:
    doi = found.assignment.doi
    if doi.at is not None and doi.doi is None:
        yield "warning", "invalid-doi", f"no DOI can be read from {_short(doi.text or '')}", doi.at
    if doi.other is not None:
        yield "warning", "second-doi", f"a further DOI, {_short(doi.other)}, was left alone", doi.other_at


def _line(found: Layout, at: int | None) -> int:
    return 0 if at is None else found.body.count(b"\n", 0, found.nodes[at].start)


def _short(value: str) -> str:
    return repr(value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…")

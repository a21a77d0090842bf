"""What a person should know about an entry as it was read; each kind of finding is one note with the line of the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from enrich.formats import decode, numbers
from enrich.formats.bibtex import interpret
from enrich.formats.bibtex.interpret import Assignment, Token
from enrich.model.note import Note, Severity

_LONGEST: Final = 300
_NO_DATE: Final = frozenset(
    {
        "in press",
        "unknown",
        "forthcoming",
        "n.d.",
        "nd",
        "no date",
        "to appear",
        "submitted",
        "undated",
        "accepted",
    }
)
_REPEATABLE: Final = frozenset({"file", "keywords", "note", "annote", "url", "bibsource"})
_Finding = tuple[Severity, str, str, int]


class Seen(NamedTuple):
    """What the reader came upon: names nobody defined, with their places; a key that was there before, or nobody's."""

    undefined: tuple[tuple[str, int], ...] = ()
    key: str = ""
    is_second: bool = False
    missing: str = ""


def fault(text: str, line: int) -> Note:
    """Return the note on something that cannot be read."""
    return Note(severity="error", code="unreadable", text=f"{text}; kept as it is", line=line)


def newlines(text: str, at: int) -> int:
    """Return how many line ends stand before a place in a text."""
    return max(text.count("\n", 0, at), text.count("\r", 0, at))


def collect(
    tokens: Sequence[Token],
    assignment: Assignment,
    members: dict[str, Any],
    text: decode.Text,
    seen: Seen,
    line: int,
) -> tuple[Note, ...]:
    """Return the notes on the entry that `text`, which begins on `line`, holds; `tokens` are its own fields."""
    found = [*_of_entry(tokens, assignment, text, seen), *_of_values(tokens, assignment, members)]
    return tuple(
        Note(severity=severity, code=code, text=what, line=line + newlines(text.text, at))
        for severity, code, what, at in found
    )


def _of_entry(
    tokens: Sequence[Token], assignment: Assignment, text: decode.Text, seen: Seen
) -> Iterator[_Finding]:
    if text.is_odd:
        yield "warning", "invalid-encoding", f"not all bytes are valid; read as {text.codec}, bytes kept", 0
    if assignment.type is None:
        what = f"{_short(assignment.entry_type)} is no entry type this program knows; kept"
        yield "info", "unknown-type", what, 0
    if not seen.key:
        yield "warning", "no-key", "the entry has no key, so nothing can cite it", 0
    elif seen.is_second:
        yield "warning", "duplicate-key", f"the key {_short(seen.key)} was there before", 0
    if seen.missing:
        yield "info", "missing-parent", f"there is no entry {_short(seen.missing)} to inherit from", 0
    if seen.undefined:
        name, at = seen.undefined[0]
        yield "warning", "undefined-string", f"no @string defines {_short(name)}", at
    names: set[str] = set()
    for name, source, at in tokens:
        if name in names and source and name not in _REPEATABLE:
            yield "warning", "duplicate-field", f"{name} stands twice; the first counts", at
            break
        names.add(name)


def _of_values(tokens: Sequence[Token], assignment: Assignment, members: dict[str, Any]) -> Iterator[_Finding]:
    issued = members.get("issued")
    if issued is not None and issued.literal and issued.literal.lower().strip("() .") not in _NO_DATE:
        at = next((at for name, _, at in tokens if name in {"date", "year"}), 0)
        yield "warning", "bad-date", f"{_short(issued.literal)} cannot be read as a date; kept", at
    for (name, source, at), field in zip(tokens, assignment.fields, strict=False):
        if field in {"issn", "isbn"} and source:
            serials = numbers.serials(interpret.text(source))
            if serials.wrong:
                yield (
                    "warning",
                    "invalid-identifier",
                    f"the check digit of {_short(serials.wrong[0])} is wrong",
                    at,
                )
            elif not getattr(serials, field):
                yield "warning", "invalid-identifier", f"{name} holds none: {_short(source)}", at
    doi = assignment.doi
    if doi.at is not None and doi.doi is None:
        yield "warning", "invalid-doi", f"no DOI can be read from {_short(doi.text or '')}", tokens[doi.at].at
    if doi.other is not None:
        what = f"a further DOI, {_short(doi.other)}, was left alone"
        yield "warning", "second-doi", what, tokens[doi.other_at].at if doi.other_at < len(tokens) else 0


def _short(value: str) -> str:
    return repr(value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…")

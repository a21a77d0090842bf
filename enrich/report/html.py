"""The report to read: one page that needs nothing else, no script and no network.

Records are written to a temporary file as they come, since the numbers at the top are known only at the end; memory does
not grow with the library. Metadata is hostile: every text is escaped, control characters are replaced, each value is
isolated from the direction of its neighbours, and the only links are to https://doi.org/. The page forbids itself
everything but its own style sheet. Filtering works by radio buttons and `:has()` (https://drafts.csswg.org/selectors/#relational);
a browser without it shows all records.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from html import escape
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

from enrich.model import Change, Conflict, Enrichment, Status, Update, Verdict
from enrich.model.update import GRAVE, in_force
from enrich.report.atomic import AtomicFile, fail
from enrich.report.difference import folded, marked
from enrich.report.jsonl import timestamp
from enrich.report.summary import MEANINGS, STATUSES, WORDS, Summary, counted

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_UNSEEN: Final = {
    code: "\ufffd"
    for code in (
        *range(0x20),
        *range(0x7F, 0xA0),
        *range(0x202A, 0x202F),  # overrides of the writing direction, which make a text read as another
        *range(0x2066, 0x206A),
        *range(0xD800, 0xE000),
        0xFFFE,
        0xFFFF,
    )
    if code not in {0x09, 0x0A, 0x0D}
}
_MARKS: Final[dict[Status, str]] = {
    "enriched": "good",
    "unchanged": "calm",
    "no-doi": "calm",
    "elsewhere": "calm",
    "unavailable": "wait",
}


def text(value: str) -> str:
    """Return foreign text escaped for a page, with a replacement character for what cannot be shown."""
    return escape(value.translate(_UNSEEN))


def _date(parts: Any) -> str:
    numbers = (
        [str(part).zfill(2) for part in parts if isinstance(part, int)] if isinstance(parts, list | tuple) else []
    )
    return "-".join(numbers)


def _mapping(value: Mapping[str, Any]) -> str:
    """Return a CSL-JSON name or date as a person writes it."""
    if "date-parts" in value:
        dates = value["date-parts"]
        return "/".join(filter(None, map(_date, dates if isinstance(dates, list) else []))) or "no date"
    if value.get("literal"):
        return str(value["literal"])
    family = " ".join(str(value[key]) for key in ("non-dropping-particle", "family") if value.get(key))
    given = " ".join(str(value[key]) for key in ("given", "dropping-particle") if value.get(key))
    named = ", ".join(part for part in (family, given, str(value.get("suffix") or "")) if part)
    return named or "; ".join(f"{key}: {plain(item)}" for key, item in value.items())


def plain(value: Any) -> str:
    """Return a field's value, of CSL-JSON's shape, as text."""
    match value:
        case None:
            return ""
        case str():
            return value
        case Mapping():
            return _mapping(value)
        case list() | tuple():
            return "; ".join(plain(item) for item in value)
        case _:
            return str(value)


def _shown(value: Any, tag: str = "span") -> str:
    return folded(plain(value), text, tag)


def _link(doi: str) -> str:
    return f'<a href="https://doi.org/{quote(doi, safe="/:()-._~", errors="replace")}" rel="noreferrer">{text(doi)}</a>'


def _change(change: Change) -> str:
    if change.before is None:
        body = _shown(change.after, "ins")
    elif change.after is None:
        body = _shown(change.before, "del")
    else:
        body = marked(plain(change.before), plain(change.after), text)
    when = f"<time>{timestamp(change.retrieved_at)[:10]}</time>" if change.retrieved_at else ""
    by = f"{text(change.rule)} <small>{text(change.origin)} {when}</small>"
    return (
        f'<tr><th scope="row">{text(change.field)}</th><td><bdi>{body}</bdi></td><td class="by">{by}</td></tr>\n'
    )


def _conflict(conflict: Conflict) -> str:
    return (
        f'<tr><th scope="row">{text(conflict.field)}</th><td><bdi>{_shown(conflict.local)}</bdi></td>'
        f"<td><bdi>{_shown(conflict.remote)}</bdi> <small>{text(conflict.origin)}</small></td></tr>\n"
    )


def _verdict(verdict: Verdict) -> str:
    scores = "".join(f"<li>{text(field)} <b>{score:.2f}</b></li>" for field, score in verdict.evidence.items())
    reasons = "".join(f"<p>{text(reason)}</p>" for reason in verdict.reasons)
    return f'<div class="verdict"><p>Same work? <b>{text(verdict.state)}</b></p><ul>{scores}</ul>{reasons}</div>\n'


def _update(update: Update) -> str:
    whose = "This work" if update.direction == "updated-by" else "This is a notice; the other work"
    kind = update.type.replace("_", " ").replace("-", " ")
    where = f" {_link(update.doi)}" if update.doi else ""
    said = ", ".join(part for part in (update.date, update.source) if part)
    strong = " grave" if update.kind in GRAVE else ""
    said = f" ({text(said)})" if said else ""
    return f'<p class="update{strong}">{whose}: <b>{text(kind)}</b>{where}{said}</p>\n'


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _table(caption: str, heads: Sequence[str], rows: Iterator[str], kind: str) -> str:
    columns = "".join(f'<th scope="col">{head}</th>' for head in heads)
    return (
        f'<table class="{kind}"><caption>{caption}</caption><thead><tr>{columns}</tr></thead>'
        f"<tbody>\n{''.join(rows)}</tbody></table>\n"
    )


def _head(enrichment: Enrichment, classes: str) -> str:
    title = enrichment.record.work.title or enrichment.before.work.title
    shown = f"<bdi>{text(title[:300])}</bdi>" if title else "<i>Record without a title</i>"
    numbers = [
        counted(number, noun)
        for number, noun in (
            (len(enrichment.changes), "change"),
            (len(enrichment.conflicts), "difference"),
            (len(enrichment.notes), "note"),
        )
        if number
    ]
    flag = '<span class="flag">notice</span>' if in_force(enrichment.updates) else ""
    return (
        f'<details class="{classes}" id="r{enrichment.index}"><summary><span class="no">{enrichment.index + 1}</span>'
        f'<span class="what"><span class="title">{shown}</span><span class="sum">{" · ".join(numbers)}</span></span>'
        f'<span class="marks">{flag}<span class="badge">{WORDS[enrichment.status]}</span></span></summary>\n'
    )


def entry(enrichment: Enrichment, *, person: bool) -> str:
    """Return the part of the page that tells of one record."""
    mark = _MARKS.get(enrichment.status, "look")
    flags = (("person", person), ("changed", bool(enrichment.changes)), ("differs", bool(enrichment.conflicts)))
    classes = " ".join(("r", f"s-{enrichment.status}", mark, *(name for name, true in flags if true)))
    origin = enrichment.before.origin
    where = f"{text(origin.file or 'record')}, line {origin.line}" if origin.line else text(origin.file or "")
    doi = _link(enrichment.doi) if enrichment.doi else text(enrichment.before.doi_text or "no DOI")
    agency = f" at {text(enrichment.agency)}" if enrichment.agency else ""
    parts = [
        _head(enrichment, classes),
        f'<div class="body"><p class="where">{doi}{agency} <span>{where}</span></p>\n',
        *(_update(update) for update in enrichment.updates),
        f'<p class="meaning">{_sentence(MEANINGS[enrichment.status])}</p>\n' if mark in {"look", "wait"} else "",
        _verdict(enrichment.verdict) if enrichment.verdict else "",
    ]
    if enrichment.changes:
        rows = (_change(change) for change in enrichment.changes)
        parts.append(_table("Changed", ("Field", "Was and is", "Why"), rows, "changes"))
    if enrichment.conflicts:
        rows = (_conflict(conflict) for conflict in enrichment.conflicts)
        parts.append(
            _table("Differs, left as it was", ("Field", "Yours, kept", "The registry's"), rows, "conflicts")
        )
    if enrichment.notes:
        notes = "".join(
            f'<li class="{note.severity}"><code>{text(note.code)}</code> {text(note.text)}'
            f"{f' <small>line {note.line}</small>' if note.line else ''}</li>\n"
            for note in enrichment.notes
        )
        parts.append(f'<ul class="notes">{notes}</ul>\n')
    parts.append("</div></details>\n")
    return "".join(parts)


@lru_cache(maxsize=1)
def _style() -> str:
    return files("enrich.report").joinpath("report.css").read_text(encoding="utf-8")


def _filters(summary: Summary) -> list[tuple[str, str, int, str]]:
    """Return what the page can be narrowed to: the class, the words, how many, the meaning."""
    lists = [
        ("all", "all records", summary.records, "every record, in the order of the library"),
        ("person", "need a person", summary.attention, "not settled; look at these first"),
        ("changed", "changed", summary.changed, "at least one field was added or repaired"),
    ]
    lists += [(f"s-{s}", WORDS[s], summary.statuses[s], MEANINGS[s]) for s in STATUSES]
    return [entry for entry in lists if entry[2] or entry[0] == "all"]


def _counts(caption: str, counts: Mapping[str, int]) -> str:
    if not counts:
        return ""
    rows = (f'<tr><th scope="row">{text(name)}</th><td>{number:,}</td></tr>\n' for name, number in counts.items())
    return f"<table><caption>{caption}</caption><tbody>\n{''.join(rows)}</tbody></table>\n"


def top(summary: Summary, title: str) -> str:
    """Return the page down to where the records begin."""
    numbers = summary.as_dict()
    chosen = _filters(summary)
    buttons = "".join(
        f'<label class="f-{kind}" title="{escape(meaning)}"><input type="radio" name="show" id="f-{kind}"'
        f"{' checked' if kind == 'all' else ''}><b>{number:,}</b> <span>{words}</span></label>\n"
        for kind, words, number, meaning in chosen
    )
    hide = "".join(
        f"body:has(#f-{kind}:checked) .r:not(.{kind}){{display:none}}\n" for kind, *_ in chosen if kind != "all"
    )
    lead = " ".join(text(line) for line in summary.sentences())
    tables = (
        _counts("Changes by field", numbers["fields"])
        + _counts("Changes by rule", numbers["rules"])
        + _counts("Notes", numbers["notes"])
        + _counts("Notices from the registries", numbers["updates"])
        + _counts("Requests", numbers["requests"])
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>{text(title)}</title>\n<style>\n{_style()}\n{hide}</style>\n</head>\n<body>\n"
        f"<header><h1><bdi>{text(title)}</bdi></h1>\n<p>{lead}</p></header>\n<main>\n"
        f'<fieldset class="filters"><legend>Show</legend>\n{buttons}</fieldset>\n'
        + (
            f'<details class="numbers"><summary>In numbers</summary><div>\n{tables}</div></details>\n'
            if tables
            else ""
        )
        + '<section aria-label="Records">\n<h2>Records</h2>\n'
    )


_BOTTOM: Final = (
    "</section>\n</main>\n<footer>The same, for programs: <code>--report FILE.jsonl</code>. "
    "A clean in place is taken back by <code>enrich undo</code>.</footer>\n</body>\n</html>\n"
)


class HtmlReport:
    """A page being written; it appears under its name when `close` is called, and not at all after `abort`."""

    def __init__(self, path: Path) -> None:
        self._file = AtomicFile(path)
        self._sources: dict[str, None] = {}
        self._counted = Summary()  # tells which statuses need a person until the run's own summary comes
        try:
            self._rows = tempfile.TemporaryFile(dir=path.resolve().parent, prefix=".enrich-")  # noqa: SIM115 -- closed by close or abort
        except OSError as error:
            self._file.abort()
            fail(path, error)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Begin a page; raises OutputError where its file cannot be written."""
        return cls(path)

    def write(self, enrichment: Enrichment, restore: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002 -- the page shows changes, not bytes
        """Add one record."""
        if len(self._sources) < 3:
            self._sources[Path(enrichment.before.origin.file or "records").name] = None
        part = entry(enrichment, person=enrichment.status in self._counted.needs_person)
        try:
            self._rows.write(part.encode("utf-8", "replace"))
        except OSError as error:
            self.abort()
            fail(self._file.path, error)

    def close(self, summary: Summary, in_place: Sequence[Mapping[str, Any]] = ()) -> None:  # noqa: ARG002 -- likewise
        """Assemble the page and put it in its place."""
        names = list(self._sources)
        title = f"What changed in {', '.join(names[:2])}{' and others' if len(names) > 2 else ''}"
        self._file.write(top(summary, title if names else "What changed").encode("utf-8", "replace"))
        try:
            self._rows.seek(0)  # writes what was buffered
        except OSError as error:
            self.abort()
            fail(self._file.path, error)
        shutil.copyfileobj(self._rows, self._file)
        self._file.write(_BOTTOM.encode())
        self._rows.close()
        self._file.commit()

    def abort(self) -> None:
        """Give the page up."""
        with contextlib.suppress(OSError):  # a full disk refuses the buffer's rest, which is not wanted any more
            self._rows.close()
        self._file.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()  # after a close there is nothing to abort

"""What an export does to records that have been looked up: the gate, duplicates, order, citation keys.

Pure: what is read and written, and where, is the caller's. docs/export.md
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, get_args

from enrich.errors import FormatError
from enrich.formats.bibtex.keys import Keys, made
from enrich.matching.duplicates import Duplicates, Twin
from enrich.merge import load_policy, merge
from enrich.model import Change, Conflict, Enrichment, Record, Status, Verdict
from enrich.text.fold import key as folded

Require = Literal["verified", "found", "none"]
KeyStyle = Literal["keep", "author-year", "doi"]
Order = Literal["none", "author", "year", "title", "key"]

_VERIFIED: Final[frozenset[Status]] = frozenset({"enriched", "unchanged"})
PASSES: Final[Mapping[str, frozenset[Status]]] = {
    "verified": _VERIFIED,
    "found": _VERIFIED | {"unconfirmed", "elsewhere"},
    "none": frozenset(get_args(Status)),
}
"""What a gate requires -> the statuses that pass it."""
KEYED: Final = ("bibtex", "biblatex", "csl-json")
"""The formats in which a record has a key to be cited by."""
_LATEX: Final = ("bibtex", "biblatex")
_NAMES: Final = 3  # names by which records are put in order
_NO_KEY_SIGN: Final = re.compile(r"[^A-Za-z0-9_:.+/-]")
_LONGEST: Final = 80
_KEY: Final = "citation-key"
_REFERRING: Final = re.compile(rb"(?i)\b(?:crossref|xref|xdata|entryset|related)\s*=")
_ORDERED: Final = re.compile(rb"(?i)@\s*(?:string|preamble)\s*[{(]|\b(?:crossref|xref|xdata)\s*=")


class Merger(NamedTuple):
    """What became of a duplicate: the record that stays, what it took over, and what of the other is not in it."""

    record: Record
    changes: tuple[Change, ...]
    dropped: tuple[Conflict, ...]


def united(kept: Record, other: Record) -> Merger:
    """Return a record with what only its duplicate says: empty fields are filled, keywords and notes joined.

    Where both say something else, the first stays, and the difference is told.
    """
    policy = load_policy("fill", lambda name: name)
    result = merge(kept, other, Verdict(state="confirmed"), policy)
    ours, theirs = result.record.work, other.work
    more = tuple(word for word in theirs.keyword if word not in ours.keyword)
    is_new = theirs.note is not None and theirs.note not in (ours.note or "")
    note = "\n".join(filter(None, (ours.note, theirs.note))) if is_new else ours.note
    work = ours.model_copy(update={"keyword": (*ours.keyword, *more), "note": note})
    extra = (*kept.extra, *(pair for pair in other.extra if pair not in kept.extra and pair[0] != _KEY))
    record = result.record.model_copy(update={"work": work, "extra": extra})
    return Merger(record, result.changes, result.conflicts)


def twin_of(result: Enrichment, seen: Duplicates) -> Twin | None:
    """Return the earlier record of the same work; the DOI of a contradicted record is not taken for its own."""
    record = result.record
    if not record.readable:
        return None
    if result.status == "contradicted":
        record = record.model_copy(update={"work": record.work.model_copy(update={"doi": None})})
    return seen.twin(record, result.index)


def ordered(records: Iterable[Record], by: Order) -> list[Record]:
    """Return the records in an order; those that agree stay as they were, those that lack what counts come last."""
    return sorted(records, key=_ORDERS[by])


def _people(record: Record) -> tuple[bool, tuple[str, ...]]:
    people = record.work.author or record.work.editor
    names = tuple(folded(name.inverted()) for name in people[:_NAMES])
    return not names, names


def _year(record: Record) -> tuple[bool, tuple[int, ...]]:
    parts = record.work.issued.parts if record.work.issued else ()
    return not parts, parts


def _title(record: Record) -> tuple[bool, str]:
    title = folded(record.work.title or "")
    return not title, title


def _cited(record: Record) -> tuple[bool, str]:
    name = key_of(record)
    return name is None, (name or "").lower()


_ORDERS: Final[Mapping[str, Callable[[Record], Any]]] = {
    "none": lambda _record: (),
    "author": lambda record: (_people(record), _year(record), _title(record)),
    "year": lambda record: (_year(record), _people(record), _title(record)),
    "title": lambda record: (_title(record), _year(record), _people(record)),
    "key": lambda record: (_cited(record), _people(record), _year(record)),
}


def key_of(record: Record) -> str | None:
    """Return the key a record brings along."""
    return next((value for name, value in record.extra if name == _KEY), None)


def keyed(records: Iterable[Record], style: KeyStyle) -> Iterator[Record]:
    """Yield the records with keys of a style: what is taken already gets a letter, in the order of the records.

    `breiman2001`, `breiman2001a`, `breiman2001b`: a record that is added at the end never changes the keys before it.
    """
    keys = Keys()
    for record in records:
        if style == "keep" or not record.readable:
            yield record
            continue
        doi = record.work.doi if style == "doi" else None
        stem = _NO_KEY_SIGN.sub("-", doi)[:_LONGEST] if doi else made(record)
        yield _with_key(record, keys.unique(stem))


def _with_key(record: Record, name: str) -> Record:
    extra = ((_KEY, name), *(pair for pair in record.extra if pair[0] not in {_KEY, "citekey", "id"}))
    source = record.source
    if source is None or source.format not in KEYED:
        return record.model_copy(update={"extra": extra})
    old = key_of(record)
    if source.format not in _LATEX or old is None:
        return record.model_copy(update={"extra": extra, "source": None})
    head = re.compile(
        rb"(@\s*[A-Za-z]+\s*[{(]\s*)" + re.escape(old.encode(source.encoding, "replace")) + rb"(?=\s*,)"
    )
    raw, times = head.subn(lambda found: found[1] + name.encode("ascii"), source.raw, count=1)
    kept = source.model_copy(update={"raw": raw}) if times else None
    return record.model_copy(update={"extra": extra, "source": kept})


def check_order(records: Sequence[Record], *, moves: bool, renames: bool) -> None:
    """Refuse to move or rename BibTeX entries that others depend on; raises FormatError with the place."""
    for record in records:
        source = record.source
        if source is None or source.format not in _LATEX:
            continue
        if moves and _ORDERED.search(source.raw):
            what = "@string, @preamble and crossref depend on the order of entries: leave --sort and --merge-duplicates out"
        elif renames and _REFERRING.search(source.raw):
            what = "the entry refers to another one by its key: leave --keys out"
        else:
            continue
        raise FormatError(what, file=record.origin.file, line=record.origin.line)

"""A record that changed, written with as few other bytes touched as can be.

The record's text is laid out in chunks, one for each line that begins with a tag, with all that belongs to it. Its tags are
edited until reading them gives the wanted work; then a chunk none of whose tags was edited is written as it stood. A
flattened record gets a line for each tag. New tags go where EndNote would have them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from enrich.formats import encode, names
from enrich.formats.changing import EMPTY, common_ends, common_numbers, target_of
from enrich.formats.decode import encoded, lossless, shown
from enrich.formats.refer import codes, interpret, quick
from enrich.formats.refer.interpret import Assignment
from enrich.formats.refer.layout import Chunk, layout, reassembled
from enrich.formats.refer.render import Pair, held, one_line, pairs
from enrich.formats.refer.tags import PEOPLE, family, tag_of
from enrich.formats.refer.tokens import Token
from enrich.model.record import Record, Source
from enrich.model.work import FIELDS, Work

_ROUNDS: Final = 4
_CHOSEN: Final = frozenset({"author", "container-title-short", "page"})  # read by what stands beside or in them
_EDITABLE: Final = frozenset({"book", "report", None})  # types of which editors may be the first
_ANCHORS: Final = {
    "0": "", "A": "AT0", "D": "JAT0", "T": "0", "E": "EAT0", "B": "JTEA0", "J": "TAE0", "C": "BJTA", "I": "CJBDTA",
    "V": "JBTA", "6": "VBTA", "N": "VJBTA", "P": "&NVJBTA", "&": "PNVJBTA", "Y": "EATB", "S": "BJTA", "7": "PNVBTA",
    "8": "DTA", "9": "78TI", "?": "EAT", "!": "TA", "R": "R@PNVIDJBTA", "]": "PNVJTA", "[": "U", "G": "@", "O": "JTA",
    "@": "@",
}  # fmt: skip
"""Tag -> the tags behind the last of which it goes; the first that is there counts."""
_BEFORE: Final = {"U": ">", "X": "ZU>", "Z": "U>", "[": ""}
_BEFORE_ANY: Final = "XZU>+"


class Entry(NamedTuple):
    """A tag of the record as it is going to be: the field it feeds, and the chunk it stands in, or -1 for a new one.

    `was` is the field it fed before the type changed: `%B` is the series of a book and the book of a section.
    """

    tag: str
    value: str
    field: str = ""
    chunk: int = -1
    was: str = ""


def rewritten(record: Record, source: Source) -> bytes:
    """Return the bytes of a record of this format that has changed, in the encoding and with the line ends it had."""
    return quick.inserted(record, source, place) or careful(record, source)


def careful(record: Record, source: Source) -> bytes:
    """Return the same, whatever the record is like."""
    odd = len(source.raw) % 2 if encode.is_wide(source.encoding) else 0
    raw = source.raw[: len(source.raw) - odd]
    lead, chunks = layout(lossless(raw, source.encoding))
    entries = _edited(record, source, chunks)
    found = [(entry.tag, entry.value, entry.chunk) for entry in entries]
    return encoded(reassembled(lead, chunks, found, source.newline), source.encoding) + source.raw[len(raw) :]


def unencodable(record: Record, fields: Iterable[str]) -> tuple[str, ...]:
    """Return those of the fields, by their CSL names, whose value the encoding of the record's file cannot hold."""
    source = record.source
    if source is None or source.format != "refer" or source.encoding in encode.UNIVERSAL:
        return ()
    return encode.unencodable(record.work, source.encoding, [FIELDS[field] for field in fields])


def unheld(record: Record, fields: Collection[str]) -> tuple[str, ...]:
    """Return those of the fields, by their CSL names, that a record of this type has no tag for, or not for such a value."""
    source, work = record.source, record.work
    if source is None or source.format != "refer":
        return ()
    kind = family(work.type)
    if _tagged(kind).issuperset(fields) and _CHOSEN.isdisjoint(fields):
        return ()
    is_classic = _is_classic(source)
    return tuple(
        field
        for field in fields
        if not _is_held(FIELDS[field], work, kind, is_classic=is_classic)
        or (field == "event-title" and not _has_room_for_event(source))
        or (field == "author" and not _has_room_for_authors(record, source))
    )


def _has_room_for_authors(record: Record, source: Source) -> bool:
    """Tell whether authors can join a record without them: where %A means editors they cannot be told from these.

    Nor can they where %E means editors for want of authors: beside %A it would mean those of the series.
    """
    was, work = source.work, record.work
    if was.author or not (was.editor or work.type in _EDITABLE):
        return True
    reread, _ = _read(_edited(record, source, layout(lossless(source.raw, source.encoding))[1]))
    # Counted: this format holds less of a name than a work does, and roles of others may find no place themselves.
    return len(reread.author) == len(work.author) and all(
        len(getattr(reread, role)) in {len(getattr(work, role)), len(getattr(was, role))} for role in PEOPLE
    )


def _has_room_for_event(source: Source) -> bool:
    """Tell whether %B is free for the conference: it is not where the proceedings stand in it, without a %J of their own."""
    if not source.work.container_title or source.work.event_title:
        return True
    return "%J" in lossless(source.raw, source.encoding)


def _is_classic(source: Source) -> bool:
    """Tell whether a record says nothing of its type, as in classic refer."""
    if source.raw.startswith(b"%0 "):
        return False  # nearly all
    _, chunks = layout(lossless(source.raw, source.encoding))
    return not any(tag == "0" and value for chunk in chunks for tag, value, _ in chunk.found)


@lru_cache
def _tagged(kind: str) -> frozenset[str]:
    """Return the CSL names of the fields that have a tag of their own."""
    return frozenset(field for field, attribute in FIELDS.items() if tag_of(attribute, kind) is not None)


def _is_held(field: str, work: Work, kind: str, *, is_classic: bool) -> bool:
    value = getattr(work, field)
    if value and field in interpret.SHAPED and not interpret.SHAPED[field](value, kind, is_classic):
        return False
    if tag_of(field, kind) is not None or not getattr(work, field):
        return True
    return bool(pairs("issn" if field == "isbn" else field, work, kind, {}))


def _changed(work: Work, before: Work) -> list[str]:
    return [field for field in EMPTY if getattr(work, field) != getattr(before, field)]


def _edited(record: Record, source: Source, chunks: Sequence[Chunk]) -> list[Entry]:
    """Return the tags of the record such that reading them gives its work, as far as this format can hold it."""
    entries = [
        Entry(tag, value, "", number) for number, chunk in enumerate(chunks) for tag, value, _ in chunk.found
    ]
    changed = _changed(record.work, source.work)
    work = encode.fitting(record.work, source.encoding, changed, source.work)
    if "doi" in changed or record.doi_text != source.doi_text:
        entries = _with_doi(entries, work, record.doi_text if record.doi_text != source.doi_text else None)
    once = _with_fields(entries, changed, work, interpret.assign(_tokens(entries)), is_minimal=True)
    if _read(once)[0] == work:
        return once
    # Some value cannot be held as it is, or one tag changes the meaning of another.
    target = target_of(work, held(record.model_copy(update={"work": work})), source.work)
    wanted = work.model_copy(update=target)
    entries = [entry._replace(was=field) for entry, field in zip(entries, _read(entries)[1].fields, strict=True)]
    for attempt in range(_ROUNDS):
        current, assignment = _read(entries)
        if work.doi is not None and current.doi != work.doi:
            # It was read from the address that changes, or another is read first now.
            entries = _with_doi(entries, work, None)
            continue
        wrong = [field for field, value in target.items() if getattr(current, field) != value]
        if not wrong:
            break
        wrong = ["type"] if "type" in wrong else wrong
        entries = _with_fields(entries, wrong, wanted, assignment, is_minimal=attempt < 2)
    return entries


def _tokens(entries: Sequence[Entry]) -> list[Token]:
    return [(entry.tag, shown(entry.value), 0) for entry in entries]


def _read(entries: Sequence[Entry]) -> tuple[Work, Assignment]:
    tokens = _tokens(entries)
    assignment = interpret.assign(tokens)
    return Work(**interpret.build(tokens, assignment)), assignment


def _with_fields(
    entries: list[Entry], fields: Sequence[str], work: Work, assignment: Assignment, *, is_minimal: bool
) -> list[Entry]:
    entries = [entry._replace(field=field) for entry, field in zip(entries, assignment.fields, strict=True)]
    for field in fields:
        if field != "doi":
            entries = _with_field(entries, field, work, assignment, is_minimal=is_minimal)
    return entries


def _with_doi(entries: list[Entry], work: Work, text: str | None) -> list[Entry]:
    """Put the DOI into the %R it was read from, or into one of its own: report numbers and other words stay."""
    reading = codes.read_doi(_tokens(entries))
    own = [index for index in reading.own if codes.is_nothing_but_doi(entries[index].value)]
    text = one_line(text or "") or work.doi
    if text is None:
        return [entry for index, entry in enumerate(entries) if index not in own]
    if own:
        kept = entries[own[0]]._replace(value=text)
        return [*entries[: own[0]], kept, *entries[own[0] + 1 :]]
    at = reading.own[0] if reading.own else _place(entries, "R")
    return [*entries[:at], Entry("R", text), *entries[at:]]


def _with_field(
    entries: list[Entry], field: str, work: Work, assignment: Assignment, *, is_minimal: bool
) -> list[Entry]:
    """Replace the tags that feed a field by those of its new value; those that say the same already stay."""
    field = "issn" if field == "isbn" else field
    old = [index for index, entry in enumerate(entries) if field in (entry.field, entry.was)]
    new = pairs(field, work, assignment.kind, assignment.roles)
    if field == "event_title" and ("J", "container_title") not in [(entry.tag, entry.field) for entry in entries]:
        return entries  # the proceedings stand in %B, where the conference would
    if not new and field != "issn" and getattr(work, field) != EMPTY[field]:
        return entries
    keep, first, last = (
        _common([entries[index] for index in old], new, field) if is_minimal else (set(), 0, len(new))
    )
    added = [Entry(tag, value, field, was=field) for tag, value in new[first:last]]
    gone = {index for number, index in enumerate(old) if number not in keep}
    if gone:
        at = min(gone)
    elif old and added:
        at = old[min(first, len(old)) - 1] + 1 if first else old[0]
    else:
        at = -1
    kept = [(index, entry) for index, entry in enumerate(entries) if index not in gone]
    if at < 0:
        return _inserted([entry for _, entry in kept], added)
    return [
        *(entry for index, entry in kept if index < at),
        *added,
        *(entry for index, entry in kept if index >= at),
    ]


def _inserted(entries: list[Entry], added: list[Entry]) -> list[Entry]:
    for entry in added:
        at = _place(entries, entry.tag)
        entries = [*entries[:at], entry, *entries[at:]]
    return entries


def _place(entries: Sequence[Entry], tag: str) -> int:
    return place("".join(entry.tag for entry in entries), tag)


@lru_cache(maxsize=4096)  # most records have one of a few hundred sequences of tags
def place(tags: str, tag: str) -> int:
    """Return where among the tags of a record a new one goes."""
    for anchor in _ANCHORS.get(tag, ""):
        if (at := tags.rfind(anchor)) >= 0:
            return at + 1
    if tag == "0":
        return 0
    before = _BEFORE.get(tag, _BEFORE_ANY)
    return next((at for at, other in enumerate(tags) if other in before), len(tags))


def _common(old: Sequence[Entry], new: Sequence[Pair], field: str) -> tuple[set[int], int, int]:
    """Return which old tags stay and which part of the new ones is put in."""
    wanted = [_meaning(tag, value, field) for tag, value in new]
    had = [_meaning(entry.tag, entry.value, field) for entry in old]
    return common_numbers(had, wanted) if field == "issn" else common_ends(had, wanted)


def _meaning(tag: str, value: str, field: str) -> object:
    if field in PEOPLE:
        return tag, names.read(value)[0]
    if field == "issn":
        return codes.serials(value).right
    return tag, value

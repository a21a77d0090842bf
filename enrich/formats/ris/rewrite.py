"""A record that changed, written with as few other bytes touched as can be.

The record's text is laid out in chunks, one for each line that begins with a tag, with all that belongs to it. Its tags are
edited until reading them gives the wanted work; then a chunk whose tag was not edited is written as it stood. A flattened
record gets a line for each tag. New tags go where most programs have them, in the record's own way of writing tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Final, NamedTuple

from enrich.formats import encode, names, numbers
from enrich.formats.changing import EMPTY, common_ends, common_numbers, target_of
from enrich.formats.decode import encoded, lossless, shown
from enrich.formats.kinds import family
from enrich.formats.ris import interpret
from enrich.formats.ris.interpret import Assignment
from enrich.formats.ris.render import SEPARATOR, Pair, held, line, one_line, pairs
from enrich.formats.ris.tags import ORDER, PEOPLE
from enrich.formats.ris.tokens import Token, indent, joined, tokens
from enrich.formats.tagged import normalized
from enrich.model.record import Record, Source
from enrich.model.work import FIELDS, Work

_ROUNDS: Final = 4
_LINES: Final = re.compile(r"[^\r\n]*(?:\r\r\n|\r\n|\n|\r)|[^\r\n]+\Z")
_ODD_END: Final = re.compile(r"[\x0b\x0c\x1c-\x1e]|\r(?!\n)")
_WRITTEN: Final = re.compile(r"[A-Z][A-Z0-9]([ \t\xa0]{0,4}[-–—])")
_JOURNAL: Final = ("T2", "JF", "JO", "JA", "J2", "J1", "BT", "C3")
_PEOPLE: Final = ("AU", "A1", "A2", "ED", "A3", "A4")
_ANCHORS: Final = {
    "TY": (),
    "AU": ("TY",),
    "TI": ("AU", "A1", "TY"),
    "T2": ("TI", "T1", *_PEOPLE),
    "J2": (*_JOURNAL, "TI", "T1"),
    "PY": (*_JOURNAL, "TI", "T1", *_PEOPLE),
    "DA": ("PY", "Y1"),
    "VL": ("VL", *_JOURNAL, "PY"),
    "IS": ("VL", *_JOURNAL),
    "SP": ("IS", "VL", *_JOURNAL),
    "EP": ("SP",),
    "C7": ("EP", "SP", "IS", "VL"),
    "CY": ("PB",),
    "PB": ("CY", "EP", "SP", "C7", "IS", "VL", *_JOURNAL),
    "SN": ("SN", "PB", "CY", "EP", "SP", "C7", "IS", "VL", *_JOURNAL),
    "DO": ("DO", "SN", "PB", "CY", "EP", "SP", "C7", "IS", "VL", *_JOURNAL),
    **dict.fromkeys(("A2", "ED", "A3", "A4"), ("A4", "A3", "ED", "A2", "AU", "A1", "TY")),
}
"""Tag -> the tags behind the last of which it goes; the first that is there counts. Others go where `ORDER` has them."""


class Entry(NamedTuple):
    """A tag of the record as it is going to be: the field it feeds, and the chunk it stands in, or -1 for a new one."""

    tag: str
    value: str
    field: str = ""
    chunk: int = -1


class Chunk(NamedTuple):
    """Some lines: `body` holds the values of `found`, `tail` the line end, blank lines and stray text up to the next tag."""

    body: str
    tail: str
    found: tuple[Token, ...]


def rewritten(record: Record, source: Source) -> bytes:
    """Return the bytes of a record of this format that has changed, in the encoding and with the line ends it had."""
    odd = len(source.raw) % 2 if encode.is_wide(source.encoding) else 0
    raw = source.raw[: len(source.raw) - odd]
    lead, chunks = layout(lossless(raw, source.encoding))
    entries = _edited(record, source, chunks)
    return encoded(_text(lead, chunks, entries, source.newline), source.encoding) + source.raw[len(raw) :]


def unencodable(record: Record, fields: Iterable[str], /) -> tuple[str, ...]:
    """Return those of the fields, by their CSL names, whose value the encoding of the record's file cannot hold."""
    codec = record.source.encoding if record.source else "utf-8"
    return encode.unencodable(record.work, codec, [FIELDS[field] for field in fields])


def unheld(record: Record, fields: Iterable[str], /) -> tuple[str, ...]:
    """Return those of the fields, by their CSL names, for which a record of this type has no tag."""
    work, kind = record.work, family(record.work.type)

    def is_held(field: str) -> bool:
        return not getattr(work, field) or bool(pairs("issn" if field == "isbn" else field, work, kind, {}))

    return tuple(field for field in fields if not is_held(FIELDS[field]))


def layout(text: str) -> tuple[str, list[Chunk]]:
    """Split the text of a record into what stands before its first tag, and chunks; joined, they are the text."""
    found = tokens(normalized(text))
    whole = (
        text.splitlines(keepends=True) if text.isascii() and not _ODD_END.search(text) else _LINES.findall(text)
    )
    groups = {at: tuple(group) for at, group in groupby(found, key=itemgetter(2))}
    starts = [*groups, len(whole)]
    chunks = [_chunk(whole[start:end], groups[start]) for start, end in pairwise(starts)]
    return "".join(whole[: starts[0]]), chunks


def _chunk(lines: list[str], found: tuple[Token, ...]) -> Chunk:
    if len(lines) == 1 and len(found) == 1:
        bare = lines[0].rstrip("\r\n")
        return Chunk(bare, lines[0][len(bare) :], found)
    rest = [part.rstrip("\r\n") for part in lines[1:]]
    used = len(rest) if len(found) > 1 else joined(found[0][0], lines[0], rest)[1]
    body = "".join(lines[: used + 1])
    bare = body.rstrip() if len(found) > 1 else body.rstrip("\r\n")
    return Chunk(bare, body[len(bare) :] + "".join(lines[used + 1 :]), found)


def _text(lead: str, chunks: Sequence[Chunk], entries: Sequence[Entry], newline: str) -> str:
    """Return the text of a record with these tags."""
    slots: list[list[Entry]] = [[] for _ in range(len(chunks) + 1)]
    slot = 0
    for entry in entries:
        slot = max(slot, entry.chunk + 1)
        slots[slot].append(entry)
    first = chunks[0].body if chunks else ""
    blanks = indent([lead.rpartition("\n")[2] + first]) if not lead.strip("\ufeff") else ""
    written = _WRITTEN.search(first)
    separator = written[1] if written and len(chunks) > 2 else SEPARATOR

    def shown_line(entry: Entry) -> str:
        return line(entry.tag, entry.value, newline, separator, blanks)

    parts = [lead, *(shown_line(entry) + newline for entry in slots[0])]
    for chunk, own in zip(chunks, slots[1:], strict=True):
        was = [token[:2] for token in chunk.found]
        if [entry[:2] for entry in own] == was and own[-1].chunk >= 0:
            parts.append(chunk.body + chunk.tail)
            continue
        shown_lines = [shown_line(entry) for entry in own]
        if own and len(was) == 1 and own[0].chunk >= 0 and own[0][:2] == was[0]:
            shown_lines[0] = chunk.body
        first_end = _LINES.match(chunk.tail)
        end = first_end[0] if first_end else ""
        parts += [newline.join(shown_lines) + end.lstrip(" \t") if own else "", chunk.tail[len(end) :]]
    text = "".join(parts)
    if [token[:2] for token in tokens(normalized(text))] == [entry[:2] for entry in entries]:
        return text
    # Some line means something else beside the new ones: each tag gets its own.
    return "".join(line(entry.tag, entry.value, newline) + newline for entry in entries) + newline


def _edited(record: Record, source: Source, chunks: Sequence[Chunk]) -> list[Entry]:
    """Return the tags of the record such that reading them gives its work, as far as this format can hold it."""
    entries = [
        Entry(tag, value, "", number) for number, chunk in enumerate(chunks) for tag, value, _ in chunk.found
    ]
    before, now = source.work, record.work.__dict__
    changed = [
        field for field, value in before.__dict__.items() if now[field] is not value and now[field] != value
    ]
    work = encode.fitting(record.work, source.encoding, changed, before)
    if "doi" in changed or record.doi_text != source.doi_text:
        entries = _with_doi(entries, work, record.doi_text if record.doi_text != source.doi_text else None)
    once = _with_fields(entries, changed, work, _read(entries)[1])
    if _read(once)[0] == work:
        return once
    # Some value cannot be held as it is, or one tag changes the meaning of another.
    target = target_of(work, held(record.model_copy(update={"work": work})), before)
    wanted = work.model_copy(update=target)
    for _ in range(_ROUNDS):
        current, assignment = _read(entries)
        if work.doi is not None and current.doi != work.doi:
            # It was read from the address that changes, or another is read first now.
            entries = _with_doi(entries, work, None)
            continue
        wrong = [field for field, value in target.items() if getattr(current, field) != value]
        if not wrong:
            break
        entries = _with_fields(entries, ["type"] if "type" in wrong else wrong, wanted, assignment)
    return entries


def _read(entries: Sequence[Entry]) -> tuple[Work, Assignment]:
    found = [(entry.tag, shown(entry.value), 0) for entry in entries]
    assignment = interpret.assign(found)
    return Work.trusted(**interpret.build(found, assignment)), assignment


def _with_doi(entries: list[Entry], work: Work, text: str | None) -> list[Entry]:
    """Put the DOI into the DO it was read from, or into one of its own: other words stay, and so do addresses."""
    own = [
        index
        for index in interpret.assign([(entry.tag, shown(entry.value), 0) for entry in entries]).doi.own
        if numbers.is_nothing_but_doi(entries[index].value)
    ]
    text = one_line(text or "") or work.doi
    if text is None:
        return [entry for index, entry in enumerate(entries) if index not in own]
    if own:
        return [*entries[: own[0]], entries[own[0]]._replace(value=text), *entries[own[0] + 1 :]]
    return _inserted(entries, [Entry("DO", text)])


def _with_fields(entries: list[Entry], fields: Sequence[str], work: Work, assignment: Assignment) -> list[Entry]:
    entries = [
        Entry(tag, value, field, chunk)
        for (tag, value, _, chunk), field in zip(entries, assignment.fields, strict=True)
    ]
    for field in fields:
        if field != "doi":
            entries = _with_field(entries, field, work, assignment)
    return entries


def _with_field(entries: list[Entry], field: str, work: Work, assignment: Assignment) -> list[Entry]:
    """Replace the tags that feed a field by those of its new value; those that say the same already stay."""
    field = "issn" if field == "isbn" else field
    old = [index for index, entry in enumerate(entries) if field == entry.field]
    spoken = [entries[index][:2] for index in old]
    new = pairs(field, work, family(work.type), assignment.roles, spoken)
    if not new and field != "issn" and getattr(work, field) != EMPTY[field]:
        return entries
    if field == "url" and spoken and new:
        # It may stand among other addresses, which stay.
        new = [(new[0][0], spoken[0][1].replace(interpret.address(spoken[0][1]) or "", new[0][1], 1))]
    keep, first, last = _common(spoken, new, field)
    added = [Entry(tag, value, field) for tag, value in new[first:last]]
    gone = {index for number, index in enumerate(old) if number not in keep}
    if not gone and not (old and added):
        return _inserted(entries, added)
    at = min(gone) if gone else old[min(first, len(old)) - 1] + 1 if first else old[0]
    kept = [(index, entry) for index, entry in enumerate(entries) if index not in gone]
    before = [entry for index, entry in kept if index < at]
    return [*before, *added, *(entry for index, entry in kept if index >= at)]


def _inserted(entries: list[Entry], added: Sequence[Entry]) -> list[Entry]:
    if not added:
        return entries
    at = _place([entry.tag for entry in entries], added[0].tag)
    return [*entries[:at], *added, *entries[at:]]


def _place(tags: Sequence[str], tag: str) -> int:
    """Return where among the tags of a record a new one goes."""
    for anchor in _ANCHORS.get(tag, (tag,)):
        if anchor in tags:
            return len(tags) - list(reversed(tags)).index(anchor)
    if tag == "TY":
        return 0
    later = {*ORDER[ORDER.index(tag) :], "N2"} if tag in ORDER else {"ER"}
    return next((at for at, other in enumerate(tags) if other in later and at), len(tags))


def _common(had: Sequence[Pair], wanted: Sequence[Pair], field: str) -> tuple[set[int], int, int]:
    """Return which of the tags stay and which part of the wanted ones is put in."""
    old, new = [_meaning(*pair, field) for pair in had], [_meaning(*pair, field) for pair in wanted]
    return common_numbers(old, new) if field == "issn" else common_ends(old, new)


def _meaning(tag: str, value: str, field: str) -> object:
    if field in PEOPLE:
        return tag, names.read(value)[0]
    if field == "issn":
        return numbers.serials(value).right
    return tag, value

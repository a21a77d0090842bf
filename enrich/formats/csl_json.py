"""CSL-JSON, which citation processors read, and which Zotero, Pandoc and the agencies' content negotiation write.

https://citeproc-js.readthedocs.io/en/latest/csl-json/markup.html,
https://github.com/citation-style-language/schema/blob/master/schemas/input/csl-data.json

Read are an array, an array under `items`, JSON Lines, objects one after the other, or one object. How an item becomes a
work stands in :mod:`enrich.formats.csl_item`. What CSL has no name for (a hundred members of what Crossref calls CSL) stands
in the record's `extra` as JSON. Written is an array, unless the first record came from a file of another shape. An item that
came from CSL-JSON keeps its bytes; in one that changed, only the changed members do not. A record from another format gets
an `id` (its key, DOI or number), and what CSL has no name for goes under `custom`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import chain, zip_longest
from typing import Any, Final

import orjson

from enrich.errors import FormatError
from enrich.formats import json_items
from enrich.formats.csl_item import field_value, from_csl, interpreted, to_csl, with_field
from enrich.formats.json_items import Piece
from enrich.identifiers import doi as dois
from enrich.model.note import Note
from enrich.model.provenance import Origin
from enrich.model.record import Record, Source
from enrich.model.work import FIELDS, Work

__all__ = [
    "EXTENSIONS", "MEDIA_TYPES", "NAME", "field_value", "from_csl", "held", "item", "parts", "read", "record",
    "sniff", "to_csl", "unencodable", "unheld", "with_field", "write",
]  # fmt: skip

NAME: Final = "csl-json"
LIMIT: Final = 4 << 20
"""Bytes beyond which an item is not parsed."""
MEDIA_TYPES: Final = ("application/vnd.citationstyles.csl+json", "application/citeproc+json")
EXTENSIONS: Final = (".json", ".csl", ".jsonl")

_NOTHING: Final = re.compile(rb'(?:null|date-parts|[\[\]{},:"\s])*+')
_OPENING, _ARRAY, _WRAPPER, _LINE = b"[\n  ", b"\n]\n", b"\n]}\n", b"\n"
_SIGNS: Final = re.compile(
    rb'"(?:container-title|date-parts|author|issued|DOI|ISSN|publisher-place|title|citation-key)"\s*+:'
)
_ENVELOPE: Final = re.compile(rb'"(?:message-type|message-version)"\s*+:|"type"\s*+:\s*+"dois"')


def sniff(head: bytes) -> float:
    """Return the confidence that `head` begins CSL-JSON: JSON with CSL's variables in it, and no agency's envelope."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] not in (b"[", b"{") or _ENVELOPE.search(head):
        return 0.0
    if _SIGNS.search(head):
        return 0.9
    return 0.5 if re.fullmatch(rb"\[[\s\]]*+|\{[\s}]*+", start) else 0.0


def read(chunks: Iterable[bytes], /, *, file: str | None = None) -> Iterator[Record]:
    """Yield one record for each item; what is no object, or no sound JSON, is yielded as unreadable."""
    return map(record, parts(chunks, file=file))


def parts(chunks: Iterable[bytes], /, *, file: str | None = None) -> Iterator[tuple[Piece, str | None, int]]:
    """Yield what :func:`record` makes each record of."""
    line = 1
    try:
        for piece in json_items.pieces(chunks):
            line += piece.lead.count(b"\n")
            yield piece, file, line
            line += piece.core.count(b"\n")
    except FormatError as error:
        error.file, error.line = file, line
        raise


def write(records: Iterable[Record], /) -> Iterator[bytes]:
    """Yield the items, one a chunk, then what closes the file; the second record is read before the first is written."""
    pieces = (_piece(record, number) for number, record in enumerate(records, 1))
    first, second = next(pieces, None), next(pieces, None)
    if first is None:
        yield b"[]\n"
        return
    lead, ending = _frame(first, second)
    yield lead + first.core
    last = first
    for piece in chain([second] if second else [], pieces):
        yield _separated(piece, in_array=ending != _LINE, printed=b"\n" in first.core)
        last = piece
    yield last.tail if _closes(last.tail, ending) else ending


def held(record: Record, /) -> Work:
    """Return what an item can hold of the record's work."""
    return from_csl(orjson.loads(orjson.dumps(to_csl(record.work))))


def unheld(_record: Record, _fields: Iterable[str], /) -> tuple[str, ...]:
    """Return nothing: every field of a work is one of CSL's."""
    return ()


def unencodable(_record: Record, _fields: Iterable[str], /) -> tuple[str, ...]:
    """Return nothing: JSON is Unicode."""
    return ()


def record(part: tuple[Piece, str | None, int], /) -> Record:
    """Return the record in one item."""
    piece, file, line = part
    origin = Origin(file=file, line=line)
    raw = piece.lead + piece.core + piece.tail
    if len(raw) > LIMIT:
        text = f"longer than {LIMIT >> 20} MiB; kept as it is"
        return _unreadable(raw, origin, Note(severity="error", code="too-long", text=text, line=line))
    try:
        item = _loaded(piece.core)
        work, used = interpreted(item)
        left = item.keys() - set(used.values())
        extra = tuple((key, orjson.dumps(item[key]).decode()) for key in item if key in left)
    except (ValueError, TypeError, RecursionError) as error:
        text = f"not a JSON object: {error}"
        return _unreadable(raw, origin, Note(severity="error", code="unreadable-item", text=text, line=line))
    written = item.get("DOI")
    doi_text = written if isinstance(written, str) and written.strip() else None
    return Record(
        work=work,
        origin=origin,
        source=Source(format=NAME, raw=raw, work=work, doi_text=doi_text),
        doi_text=doi_text,
        extra=extra,
        notes=tuple(_odd(item, left, origin.line)),
    )


def _unreadable(raw: bytes, origin: Origin, note: Note) -> Record:
    source = Source(format=NAME, raw=raw, work=Work())
    return Record(work=Work(), origin=origin, source=source, notes=(note,), readable=False)


def _loaded(core: bytes) -> dict[str, Any]:
    """Return the object in `core`; raises ValueError, or RecursionError for what is nested too deeply."""
    try:
        item = orjson.loads(core)
    except orjson.JSONDecodeError:
        item = json.loads(core.decode("utf-8"), strict=False)  # line breaks in strings and NaN are let pass
        orjson.dumps(item)  # but nothing that could not be written again
    if not isinstance(item, dict):
        raise ValueError(f"it is {'a list' if isinstance(item, list) else 'a lone value'}")  # noqa: TRY004 - of the file
    return item


def _odd(item: Mapping[str, Any], left: AbstractSet[str], line: int | None) -> Iterator[Note]:
    for key in FIELDS:
        if key in left and not _NOTHING.fullmatch(orjson.dumps(item[key])):
            text = f"the value of {key} has a shape that cannot be read; it is kept as it is"
            yield Note(severity="warning", code="odd-value", text=text, line=line)


def _piece(record: Record, number: int | str) -> Piece:
    """Return a record's bytes, with what stood around them in a file of this format."""
    source = record.source
    if source is None or source.format != NAME:
        printed = orjson.dumps(_item(record, number), option=orjson.OPT_INDENT_2)
        return Piece(_OPENING, printed.replace(b"\n", b"\n  "))
    piece = json_items.cut(source.raw)
    changed = _changed(record, source) if record.readable else {}
    return piece._replace(core=_spliced(piece.core, changed)) if changed else piece


def item(record: Record, number: int | str) -> dict[str, Any]:
    """Return the item that :func:`write` writes for a record, the `number`-th of its file; one for what is no item, too."""
    if record.source is None or record.source.format != NAME or not record.readable:
        return _item(record, number)
    return _loaded(_piece(record, number).core)


def _frame(first: Piece, second: Piece | None) -> tuple[bytes, bytes]:
    """Return what opens the file, and what closes it if the last record does not bring that along."""
    if b"[" in first.lead:  # an array, or the object that wraps one
        return first.lead, _WRAPPER if b"{" in first.lead else _ARRAY
    of_lines = second is None or (second.lead and not _bare(second.lead))
    if b"," not in first.lead and of_lines:
        return first.lead, _LINE
    return _OPENING, _ARRAY


def _separated(piece: Piece, *, in_array: bool, printed: bool) -> bytes:
    """Return an item with the separator before it: its own, if that fits the file it goes into."""
    if in_array:
        return (piece.lead if _bare(piece.lead)[:1] == b"," else b",\n  ") + piece.core
    lead = piece.lead if piece.lead and not _bare(piece.lead) else _LINE
    return lead + (piece.core if printed else re.sub(rb"\n\s*", b" ", piece.core))


def _closes(tail: bytes, ending: bytes) -> bool:
    bare = _bare(tail)
    if ending == _WRAPPER:
        return bare[:1] == b"]" and bare[-1:] == b"}"
    return bare == ending.strip() or (ending == _ARRAY and bare[:1] == b"]" and b"}" not in bare)


def _bare(text: bytes) -> bytes:
    """Return what is neither blank nor a byte order mark."""
    return text.replace(json_items.BOM, b"").strip()


def _item(record: Record, number: int | str) -> dict[str, Any]:
    work = record.work
    custom: dict[str, Any] = {}
    key = next((value for tag, value in record.extra if tag == "citation-key" and value), None)
    for tag, value in record.extra:
        if key is not None and tag == "citation-key":
            continue
        custom.setdefault(tag, []).append(value)
    if work.doi is None and record.doi_text:
        custom["DOI"] = [record.doi_text]
    if not record.readable and record.source is not None:
        custom["unreadable"] = [record.source.raw.decode(record.source.encoding, "replace")]
    item = {"id": key or work.doi or f"item-{number}"} | to_csl(work)
    return item | {"custom": {tag: "\n".join(values) for tag, values in custom.items()}} if custom else item


def _changed(record: Record, source: Source) -> dict[str, Any]:
    """Return the JSON values of the fields that are not what was read; None for a field that is gone."""
    before, after = source.work, record.work
    changed = {
        name: field_value(after, name)
        for name, attribute in FIELDS.items()
        if after is not before and getattr(after, attribute) != getattr(before, attribute)
    }
    if record.doi_text != source.doi_text and dois.find(record.doi_text or "") == after.doi:
        changed["DOI"] = record.doi_text  # an undo puts back the very spelling
    return changed


def _spliced(core: bytes, changed: Mapping[str, Any]) -> bytes:
    """Return the object with some members replaced, added or (None) taken out, and every other byte as it was."""
    members = json_items.members(core)
    _, keys = interpreted(_loaded(core))
    values = {keys.get(name, name): value for name, value in changed.items()}
    indent = core[1 : members[0].start] if members else b""
    written, gap = [], indent
    for member, following in zip_longest(members, members[1:]):
        key = json.loads(member.key, strict=False)
        if key not in values:
            written.append(gap + core[member.start : member.end])
        elif values[key] is not None:
            written.append(gap + core[member.start : member.value] + _dumped(values[key], indent))
        if written and following is not None:
            gap = core[member.end : following.start]
    present = {json.loads(member.key, strict=False) for member in members}
    colon = b":" if members and core[members[0].value - 1 : members[0].value] == b":" else b": "
    for key, value in values.items():
        if key not in present and value is not None:
            separator = b"," + (indent or colon[1:]) if written else indent
            written.append(separator + orjson.dumps(key) + colon + _dumped(value, indent))
    return b"{" + b"".join(written) + (core[members[-1].end :] if members else b"}")


def _dumped(value: Any, indent: bytes) -> bytes:
    if b"\n" not in indent:
        return orjson.dumps(value)
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).replace(b"\n", indent[indent.rindex(b"\n") :])

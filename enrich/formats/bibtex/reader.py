"""Bytes to records.

An entry whose `crossref` names one that stands further down, as BibTeX demands, waits for it, but not for ever: `WAITING`
entries, or as many bytes as one may have, are held back; then what there is must do.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Final, NamedTuple

from enrich.errors import FormatError
from enrich.formats import decode
from enrich.formats.bibtex import fields, interpret, notes
from enrich.formats.bibtex.interpret import Token
from enrich.formats.bibtex.rewrite import LATEX, NAME
from enrich.formats.bibtex.split import LIMIT, Block, blocks
from enrich.formats.bibtex.syntax import Entry, Macros, SyntaxFaultError, parse
from enrich.formats.decode import HEAD, Encoding
from enrich.model.provenance import Origin
from enrich.model.record import Record, Source
from enrich.model.work import Work
from enrich.text import latex

WAITING: Final = 2000
_PARENTS: Final = 4096  # entries others may refer to that are remembered
_KEYS: Final = 1 << 20  # keys that are remembered, to find those that are there twice
_NOTHING: Final = Work()


class Parsed(NamedTuple):
    """A block on its way to a record: where it stood, what its text says, and the key of the entry it inherits from.

    `at` is the line, counted from the entry's first, on which the fault is.
    """

    block: Block
    line: int
    text: decode.Text | None = None
    entry: Entry | None = None
    tokens: tuple[Token, ...] = ()
    undefined: tuple[tuple[str, int], ...] = ()
    parent: str = ""
    fault: str = ""
    at: int = 0
    is_second: bool = False


def read(chunks: Iterable[bytes], /, *, file: str | None = None) -> Iterator[Record]:
    """Yield the records of a file; see :class:`enrich.formats.base.Format`.

    Raises FormatError, before any record, where the input is empty or binary, or where nothing in it looks like an entry.
    """
    feed = iter(chunks)
    head = _gathered(feed, HEAD)
    encoding = decode.detect(head[:HEAD])
    if b"\x00" in head[:HEAD] and not encoding.is_wide:
        raise FormatError("this is a binary file, no bibliography", file=file, line=1)
    is_latex = head[:HEAD].isascii() and latex.has_accents(head[:HEAD].decode("ascii"))
    reader = _Reader(encoding, file, is_latex=is_latex)
    yield from reader.records(_checked(blocks(decode.view(chain([head], feed), encoding)), file))


def _gathered(feed: Iterator[bytes], size: int) -> bytes:
    parts = []
    for chunk in feed:
        parts.append(chunk)
        size -= len(chunk)
        if size <= 0:
            break
    return b"".join(parts)


def _checked(found: Iterator[Block], file: str | None) -> Iterator[Block]:
    """Return the blocks, of which the first holds at least something with an at sign; raises FormatError."""
    first = next(found, None)
    if first is None or not first.data.removeprefix(decode.BOM).strip():
        raise FormatError("the input is empty: there is no record in it", file=file, line=1)
    if first.end == 0 and b"@" not in first.data:
        excerpt = first.data[:200].decode("utf-8", "replace").strip().partition("\n")[0][:60]
        message = "this is no BibTeX file: nothing in it looks like '@book{key, ...}'. Name its format if it is another one"
        raise FormatError(message, file=file, line=1, excerpt=excerpt)
    return chain([first], found)


class _Reader:
    """What is known of a file so far: its macros, its keys, and the entries others may refer to."""

    def __init__(self, encoding: Encoding, file: str | None, *, is_latex: bool) -> None:
        self._encoding = encoding
        self._file = file
        self._is_latex = is_latex
        self._macros = Macros()
        self._keys: set[int] = set()
        self._parents: dict[str, Mapping[str, str]] = {}
        self._wanted: set[str] = set()

    def records(self, found: Iterable[Block]) -> Iterator[Record]:
        """Yield the record of each block, in order; one that waits for another holds back those after it."""
        waiting: deque[Parsed] = deque()
        size, line = 0, 1
        for block in found:
            parsed = self._parsed(block, line)
            line += block.data.count(b"\n")
            waiting.append(parsed)
            size += len(block.data)
            while waiting and (not self._waits(waiting[0]) or len(waiting) > WAITING or size > LIMIT):
                size -= len(waiting[0].block.data)
                yield self._record(waiting.popleft())
        while waiting:
            yield self._record(waiting.popleft())

    def _waits(self, parsed: Parsed) -> bool:
        return bool(parsed.parent) and parsed.parent not in self._parents

    def _parsed(self, block: Block, line: int) -> Parsed:
        line += block.data.count(b"\n", 0, block.start)
        for start, end in block.strings:
            self._macros.define(decode.text(block.data[start:end], self._encoding).text)
        if block.fault:
            return Parsed(block, line, fault=block.fault)
        text = decode.text(block.data[block.start : block.end], self._encoding)
        try:
            entry = parse(text.text, escapes=block.escapes)
        except SyntaxFaultError as fault:
            return Parsed(block, line, fault=str(fault), at=notes.newlines(text.text, fault.at))
        tokens, undefined = self._tokens(entry)
        parent = next((interpret.text(token.source).lower() for token in tokens if token.name == "crossref"), "")
        key = entry.key.lower()
        is_second = bool(key) and hash(key) in self._keys
        if key and not is_second:
            if len(self._keys) < _KEYS:
                self._keys.add(hash(key))
            self._remember(key, entry, tokens)
        if parent and parent not in self._parents:
            self._wanted.add(parent)
        return Parsed(block, line, text, entry, tokens, undefined, parent, is_second=is_second)

    def _tokens(self, entry: Entry) -> tuple[tuple[Token, ...], tuple[tuple[str, int], ...]]:
        tokens, undefined = [], []
        for name, parts, start, _, _ in entry.fields:
            if len(parts) == 1 and parts[0].style:
                tokens.append(Token(name.lower(), parts[0].text.strip(), start))
                continue
            source, unknown = self._macros.expanded(parts)
            tokens.append(Token(name.lower(), source.strip(), start))
            undefined += [(macro, start) for macro in unknown]
        return tuple(tokens), tuple(undefined)

    def _remember(self, key: str, entry: Entry, tokens: tuple[Token, ...]) -> None:
        """Keep what others may inherit of an entry that is likely to be referred to, or already is."""
        if key not in self._wanted and fields.kind_of(entry.type.lower()) != "book":
            return
        found = {
            token.name: token.source
            for token in reversed(tokens)
            if token.name in fields.INHERITED and token.source
        }
        if "booktitle" not in found:
            title = next((token.source for token in tokens if token.name == "title"), "")
            found |= {"booktitle": title} if title else {}
        if len(self._parents) >= _PARENTS:
            del self._parents[next(iter(self._parents))]
        self._parents[key] = found

    def _record(self, parsed: Parsed) -> Record:
        origin = Origin.trusted(file=self._file, line=parsed.line)
        raw = decode.raw(parsed.block.data, self._encoding)
        if parsed.entry is None or parsed.text is None:
            note = notes.fault(parsed.fault, parsed.line + parsed.at)
            source = Source(
                format=NAME, raw=raw, work=_NOTHING, encoding=self._encoding.codec, newline=self._encoding.newline
            )
            return Record(work=_NOTHING, origin=origin, source=source, notes=(note,), readable=False)
        inherited = self._inherited(parsed)
        tokens = (*parsed.tokens, *(Token(name, value) for name, value in inherited.items()))
        entry_type = parsed.entry.type.lower()
        assignment = interpret.assign(entry_type, tokens)
        # Every member was made by the reader in its type, so there is nothing to check; a test compares with checked ones.
        work = Work.trusted(**(members := interpret.build(tokens, assignment)))
        doi_text = assignment.doi.text
        return Record.trusted(
            work=work,
            origin=origin,
            source=Source.trusted(
                format=NAME,
                raw=raw,
                work=work,
                doi_text=doi_text,
                encoding=self._codec(parsed.text),
                newline=self._newline(parsed.text.text),
            ),
            doi_text=doi_text,
            extra=_extra(parsed, assignment),
            notes=notes.collect(parsed.tokens, assignment, members, parsed.text, self._seen(parsed), parsed.line),
        )

    def _inherited(self, parsed: Parsed) -> dict[str, str]:
        """Return what an entry takes from the one it refers to."""
        parent = self._parents.get(parsed.parent) if parsed.parent else None
        if parent is None or parsed.entry is None:
            return {}
        own = {token.name for token in parsed.tokens if token.source}
        is_dated = not own.isdisjoint({"date", "year"})
        is_part = fields.kind_of(parsed.entry.type.lower()) in {"chapter", "conference"}
        return {
            name: value
            for name, value in parent.items()
            if name not in own
            and not (is_dated and name in fields.DATED)
            and (name != "booktitle" or (is_part and "journal" not in own))
        }

    def _codec(self, text: decode.Text) -> str:
        if not text.text.isascii() or text.codec != "utf-8":
            return text.codec
        return LATEX if self._is_latex or latex.has_accents(text.text) else text.codec

    def _newline(self, text: str) -> str:
        """Return how the first line of an entry ends; one without a line end goes by its file."""
        feed = text.find("\n")
        if feed < 0 or self._encoding.newline == "\r":
            return self._encoding.newline
        ends = text[max(0, feed - 2) : feed]
        return "\r\r\n" if ends == "\r\r" else "\r\n" if ends[-1:] == "\r" else "\n"

    def _seen(self, parsed: Parsed) -> notes.Seen:
        key = parsed.entry.key if parsed.entry is not None else ""
        return notes.Seen(parsed.undefined, key, parsed.is_second, parsed.parent if self._waits(parsed) else "")


def _extra(parsed: Parsed, assignment: interpret.Assignment) -> tuple[tuple[str, str], ...]:
    """Return the key, the fields that CSL has no name for, and a type that nobody knows."""
    entry = parsed.entry
    extra = [("citation-key", entry.key)] if entry is not None and entry.key else []
    extra += [
        (name, interpret.text(source))
        for (name, source, _), field in zip(parsed.tokens, assignment.fields, strict=False)
        if not field and source
    ]
    if assignment.type is None:
        extra.append(("entry-type", assignment.entry_type))
    return tuple(extra)

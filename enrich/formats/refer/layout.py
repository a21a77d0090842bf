"""The text of a record in chunks, so that what is not edited keeps its bytes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from enrich.formats.refer.render import line
from enrich.formats.refer.tokens import (
    LINE_END,
    Logical,
    Oddities,
    Token,
    joined,
    line_breaks,
    lines,
    normalized,
    parsed,
    tokens,
)

_BLANK: Final = "\ufeff \t\r\n"


class Chunk(NamedTuple):
    """Some lines: `body` holds the values of `found`, `tail` the line end, blank lines and stray text up to the next tag."""

    body: str
    tail: str
    found: tuple[Token, ...]


def layout(text: str) -> tuple[str, list[Chunk]]:
    """Split the text of a record into what stands before its first tag, and chunks; joined, they are the text."""
    plain = normalized(text)
    _, logical = lines(plain)
    blank = len(text) - len(text.lstrip(_BLANK))
    if not logical or "<br" in plain.lower():
        end = max(blank, len(text.rstrip()))
        return text[:blank], [Chunk(text[blank:end], text[end:], tuple(tokens(plain, Oddities())))]
    starts = _line_starts(text)
    bounds = [max(starts[part[2]], blank) for part in logical]
    chunks = [
        _chunk(text[start:end], part, logical)
        for start, end, part in zip(bounds, [*bounds[1:], len(text)], logical, strict=True)
    ]
    return text[: bounds[0]], chunks


def _line_starts(text: str) -> list[int]:
    """Return where the lines of a text begin; of CR CR, which ends two lines, each begins one."""
    if "\r" not in text:
        return [0, *accumulate(len(content) + 1 for content in text.split("\n")[:-1])]
    starts = [0]
    for end in LINE_END.finditer(text):
        starts += range(end.end() - len(line_breaks(end[0])) + 1, end.end() + 1)
    return starts


def _chunk(text: str, part: Logical, logical: list[Logical]) -> Chunk:
    found = tuple(parsed(part, logical, Oddities()))
    tag, rest, _ = part
    if len(found) > 1:
        end = len(text.rstrip())
    elif "\n" not in rest:
        first = LINE_END.search(text)
        end = first.start() if first else len(text)
    else:
        taken = rest.count("\n", 0, joined(tag, rest)[1])
        starts = [*_line_starts(text), len(text)]
        end = len(text[: starts[taken + 1]].rstrip("\r\n"))
    return Chunk(text[:end], text[end:], found)


def reassembled(lead: str, chunks: Sequence[Chunk], entries: Sequence[tuple[str, str, int]], newline: str) -> str:
    """Return the text of a record with the tags `entries`, each with the number of its chunk, or -1 for a new one."""
    slots: list[list[tuple[str, str, int]]] = [[] for _ in range(len(chunks) + 1)]
    slot = 0
    for entry in entries:
        slot = max(slot, entry[2] + 1)
        slots[slot].append(entry)
    is_flat = len(chunks) <= 2
    parts = [lead, *(line(tag, value, newline) + newline for tag, value, _ in slots[0])]
    parts += [_shown(chunk, slot, newline, is_flat=is_flat) for chunk, slot in zip(chunks, slots[1:], strict=True)]
    text = "".join(parts)
    pairs = [entry[:2] for entry in entries]
    if [token[:2] for token in tokens(normalized(text), Oddities())] == pairs:
        return text
    # Some line means something else beside the new ones: each tag gets its own.
    return lead + newline.join(_lined(pairs, newline)) + newline * 2


def _shown(chunk: Chunk, entries: Sequence[tuple[str, str, int]], newline: str, *, is_flat: bool) -> str:
    """Return the text of a chunk with the tags it has now, and of the new ones behind it."""
    count = len(chunk.found)
    if count == len(entries) == 1 and entries[0][2] >= 0 and entries[0][:2] == chunk.found[0][:2]:
        return chunk.body + chunk.tail
    own = [token[:2] for token in chunk.found]
    is_split = count > 1 and (is_flat or own[0][0] == "0")
    is_whole = [entry[:2] for entry in entries[:count] if entry[2] >= 0] == own
    if is_whole and not is_split and len(entries) == count:
        return chunk.body + chunk.tail
    end, rest = _first_line_end(chunk.tail)
    pairs = [entry[:2] for entry in entries]
    is_kept = is_whole and not is_split
    shown = [chunk.body, *_lined(pairs[count:], newline)] if is_kept else _lined(pairs, newline)
    if count > 1 and not is_kept:
        end = end or (newline * 2 if chunk.tail else newline)
    return newline.join(shown) + end + rest if shown else rest


def _lined(pairs: Sequence[tuple[str, str]], newline: str) -> list[str]:
    """Return a line for each tag, without a nameless type behind others: it says nothing, and would begin a record."""
    kept = [pair for number, pair in enumerate(pairs) if number == 0 or pair != ("0", "")]
    return [line(tag, value, newline) for tag, value in kept]


def _first_line_end(tail: str) -> tuple[str, str]:
    match = LINE_END.search(tail)
    if match is None:
        return "", ""
    end = match.end() if match[0].endswith("\n") else match.start() + 1
    return tail[:end].lstrip(" \t"), tail[end:]

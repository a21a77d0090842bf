"""A record that changed, written with as few other bytes touched as can be.

Field by field, the elements that said what it was are exchanged, taken out or joined by new ones, until reading the record
gives the wanted work. A new element goes where the definition has it, on a line of its own where its neighbours stand so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple

from enrich.formats import names, numbers
from enrich.formats.changing import EMPTY, target_of
from enrich.formats.endnote_xml import elements, interpret
from enrich.formats.endnote_xml.elements import Node
from enrich.formats.endnote_xml.interpret import Assignment, Token
from enrich.formats.endnote_xml.render import Pair, clean, held, pairs, rank, rendered, way, written
from enrich.formats.endnote_xml.tables import PEOPLE, type_named
from enrich.model.record import Record
from enrich.model.work import Work

_ROUNDS: Final = 4
_DOI: Final = "electronic-resource-num"
_STYLE: Final = re.compile(rb"\s*(<style\b[^<>]*>)")
_NORMAL: Final = b'<style face="normal" font="default" size="100%">'
_BLANK_BEFORE: Final = re.compile(rb"\r?\n[ \t]*\Z|[ \t]+\Z")


class Edit(NamedTuple):
    """Bytes to put in the place of others."""

    start: int
    end: int
    text: bytes


class Layout(NamedTuple):
    """A record's bytes, its elements with text, what they say, and which field each feeds."""

    body: bytes
    root: Node
    nodes: list[Node]
    tokens: list[Token]
    assignment: Assignment


def unencodable(_record: Record, _fields: Iterable[str], /) -> tuple[str, ...]:
    """Return nothing: what an encoding cannot hold is written as a character reference."""
    return ()


def layout(body: bytes) -> tuple[Layout, bool] | None:
    """Return what stands in a record (UTF-8), and whether it is sound XML; None where it cannot be read."""
    found = elements.parsed(body)
    if found is None:
        return None
    root, is_sound = found
    nodes = list(root.leaves())
    tokens = [(node.path, _said(node, is_sound=is_sound), 0) for node in nodes]
    return Layout(body, root, nodes, tokens, interpret.assign(tokens)), is_sound


def _said(node: Node, *, is_sound: bool) -> str:
    text = elements.text_of(node, is_sound=is_sound)
    if node.name == "ref-type":
        return type_named(node.label.strip(), text)
    return clean(node.path, text) if "\n" in text else text


def rewritten(record: Record, before: Work, doi_text: str | None, body: bytes) -> bytes:
    """Return the bytes of a record that has changed; `before` and `doi_text` are what was read from `body`."""
    work = record.work
    changed = [field for field in EMPTY if field != "doi" and getattr(work, field) != getattr(before, field)]
    if work.doi != before.doi or record.doi_text != doi_text:
        body = _with_doi(body, work, record.doi_text if record.doi_text != doi_text else None)
    for field in sorted(changed, key=lambda field: field != "type"):
        body = _with_field(body, field, work)
    if (found := layout(body)) is None or _work(found[0]) == work:
        return body
    # Some value cannot be held as it is, or one element changes the meaning of another.
    target = target_of(record.work, held(record), before)
    wanted = work.model_copy(update=target)
    for _ in range(_ROUNDS):
        if (found := layout(body)) is None:
            break
        current = _work(found[0])
        if work.doi is not None and current.doi != work.doi:
            body = _with_doi(body, work, None)
            continue
        wrong = [field for field, value in target.items() if getattr(current, field) != value]
        if not wrong:
            break
        for field in ["type"] if "type" in wrong else wrong:
            body = _with_field(body, field, wanted)
    return body


def _work(found: Layout) -> Work:
    return Work(**interpret.build(found.tokens, found.assignment))


def _with_doi(body: bytes, work: Work, text: str | None) -> bytes:
    """Put the DOI into the element it was read from, or into one of its own: other words stay, and so do addresses."""
    if (whole := layout(body)) is None:
        return body
    found = whole[0]
    own = [
        found.nodes[index]
        for index in found.assignment.doi.own
        if numbers.is_nothing_but_doi(found.tokens[index][1])
    ]
    text = clean(_DOI, text or "") or work.doi
    if text is None:
        return _applied(body, _removals(found, own))
    if own:
        return _applied(body, [_exchange(found, own[0], text)])
    there = next((node for node in found.nodes if node.path == _DOI), None)
    if there is not None:
        gap = _gap(body, there)
        new = written(_DOI, text).encode() + (gap or b"")
        return _applied(body, [Edit(there.start, there.start, new)])
    return _applied(body, _insertions(found, [(_DOI, text)]))


def _with_field(body: bytes, field: str, work: Work) -> bytes:
    """Return the record with the elements of one field saying what the work says; those that say it already stay."""
    if (whole := layout(body)) is None:
        return body
    found, field = whole[0], "issn" if field == "isbn" else field
    assignment = found.assignment
    old = [
        (token[0], token[1], node)
        for token, node, fed in zip(found.tokens, found.nodes, assignment.fields, strict=True)
        if fed == field
    ]
    spoken = [(path, text) for path, text, _ in old]
    raw = pairs(field, work, assignment.kind, assignment.roles, spoken)
    new = [(path, text) for path, value in raw if (text := clean(path, value))]
    if not new and field != "issn" and getattr(work, field) != EMPTY[field]:
        return body
    edits, added, gone = list[Edit](), list[Pair](), list[Node]()
    for path in dict.fromkeys(path for path, _ in (*spoken, *new)):
        had = [(text, node) for at, text, node in old if at == path]
        wanted = [text for at, text in new if at == path]
        changed, surplus, more = _aligned(field, had, wanted)
        edits += [_exchange(found, node, text) for node, text in changed]
        gone += surplus
        if more and had:
            edits.append(_behind(found, had[-1][1], [written(path, text) for text in more]))
        else:
            added += [(path, text) for text in more]
    return _applied(body, [*edits, *_removals(found, gone), *_insertions(found, added)])


def _aligned(
    field: str, had: Sequence[tuple[str, Node]], wanted: Sequence[str]
) -> tuple[list[tuple[Node, str]], list[Node], Sequence[str]]:
    """Return which elements get which texts, which go, and what comes behind the last; both ends stay where they agree."""
    old, new = [_meaning(field, text) for text, _ in had], [_meaning(field, text) for text in wanted]
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    end = 0
    while end < min(len(old), len(new)) - first and old[-1 - end] == new[-1 - end]:
        end += 1
    if end and len(new) > len(old):  # what is new goes before the end that stays
        end = 0
    nodes = [node for _, node in had[first : len(had) - end]]
    texts = wanted[first : len(wanted) - end]
    return list(zip(nodes, texts, strict=False)), nodes[len(texts) :], texts[len(nodes) :]


def _meaning(field: str, text: str) -> object:
    if field in PEOPLE:
        return names.read(text)[0]
    return tuple(numbers.serials(text).right) if field == "issn" else text


def _exchange(found: Layout, node: Node, text: str) -> Edit:
    """Return the edit that gives an element another text; the style it had stays if all of it had the same."""
    body = found.body
    if node.name == "ref-type" or node.is_empty_tag(body):
        return Edit(node.start, node.end(body), written(node.path, text).encode())
    start = node.inner(body)
    old = body[start : node.close]
    content = written("text", text).encode()[len("<text>") : -len("</text>")]
    if style := _STYLE.match(old):
        tag = style[1] if old.count(b"<style") == 1 and not style[1].endswith(b"/>") else _NORMAL
        content = tag + content + b"</style>"
    return Edit(start, node.close, content)


def _behind(found: Layout, node: Node, lines: Sequence[str]) -> Edit:
    gap = _gap(found.body, node)
    end = node.end(found.body)
    return Edit(end, end, b"".join(gap + line.encode() for line in lines))


def _removals(found: Layout, gone: Sequence[Node]) -> Iterator[Edit]:
    """Yield the edits that take elements out, with the line they stood on and with those around them that are left empty."""
    removed = set(gone)
    whole: dict[Node, None] = {}
    for node in gone:
        top = node
        while top.parent is not None and top.parent.parent is not None and removed.issuperset(top.parent.children):
            top = top.parent
            removed.add(top)
        whole[top] = None
    for node in whole:
        if node.parent not in removed:
            yield Edit(node.start - len(_gap(found.body, node)), node.end(found.body), b"")


def _insertions(found: Layout, added: Sequence[Pair]) -> Iterator[Edit]:
    """Yield the edits that put new elements in, those that go into the same element together."""
    for group, same in groupby(sorted(added, key=lambda pair: rank(pair[0])), key=lambda pair: way(pair[0])[:-1]):
        yield _insertion(found, group, list(same))


def _insertion(found: Layout, group: tuple[str, ...], added: list[Pair]) -> Edit:
    parent, depth, body = found.root, 0, found.body
    for name in group:
        child = next((child for child in parent.children if child.name == name and child.text is None), None)
        if child is None:
            break
        parent, depth = child, depth + 1
    place = rank(added[0][0])[depth]
    before = [child for child in parent.children if rank(child.name)[0] <= place]
    beside = before[-1] if before else parent.children[0] if parent.children else None
    gap = _gap(body, beside) if beside is not None else b""
    if beside is None and b"\n" in (outer := _gap(body, parent)):
        gap = outer + b"  "
    text = rendered(added, "\0")
    text = "".join(f"\0{line[2 * depth :]}" for line in _lines(text, depth))
    new = (text.replace("\0", gap.decode()) if b"\n" in gap else re.sub("\0 *", "", text)).encode()
    if before:
        at = before[-1].end(body)
        return Edit(at, at, new)
    if not parent.is_empty_tag(body):
        at = parent.inner(body)
        return Edit(at, at, new)
    start, end = parent.start, parent.end(body)
    opening = body[start:end].rstrip(b">").rstrip(b"/").rstrip()
    return Edit(start, end, opening + b">" + new + f"</{parent.name}>".encode())


def _lines(text: str, depth: int) -> list[str]:
    """Return the lines of rendered elements without those of the elements around them that are there already."""
    lines = text.split("\0")[1:]
    return lines[depth : len(lines) - depth]


def _gap(body: bytes, node: Node) -> bytes:
    """Return the blanks before an element, from the end of the line before."""
    match = _BLANK_BEFORE.search(body[max(0, node.start - 80) : node.start])
    return match[0] if match else b""


def _applied(body: bytes, edits: Iterable[Edit]) -> bytes:
    parts, at = [], 0
    for _, same in groupby(sorted(edits, key=itemgetter(0, 1)), key=itemgetter(0, 1)):
        for edit in same:
            parts += [body[at : edit.start], edit.text]
            at = max(at, edit.end)
    return b"".join([*parts, body[at:]])

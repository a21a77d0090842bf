"""XML of strangers as plain values, in time and memory linear in its length.

https://www.w3.org/TR/xml/ , https://docs.python.org/3/library/xml.html#xml-security

A document type declaration ends the reading where it begins, so no entity is ever declared, expanded or fetched. The
prefixes of name spaces are dropped, since services change the addresses of theirs with every version. Where text stands
among elements ("H<sub>2</sub>O"), the whole is text.

>>> parsed(b"<Work><Title language='ita'><Text>Pane &amp; vino</Text></Title></Work>")
{'Work': [{'Title': [{'@language': 'ita', 'Text': ['Pane & vino']}]}]}
>>> parsed(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>") is None
True
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias
from xml.parsers import expat

LARGEST: Final = 2 << 20  # bytes: a description with thousands of authors; most have a hundredth of it
_DEEPEST: Final = 64

Node: TypeAlias = str | dict[str, Any]
"""The text of an element; or its attributes (`@name`), its text among attributes alone (`#text`), its children by name."""


class _RefusedError(Exception):
    """The document holds what no description of a work does."""


class _Element:
    """An element that is open: its attributes and children, the pieces of all text in it, and whether some is its own."""

    __slots__ = ("has_text", "members", "pieces")

    def __init__(self, attributes: dict[str, str]) -> None:
        self.members: dict[str, Any] = {f"@{_local(name)}": value for name, value in attributes.items()}
        self.pieces: list[str] = []
        self.has_text = False

    def node(self) -> Node:
        """Return what the element comes to, now that it is closed."""
        has_children = any(name[0] != "@" for name in self.members)
        if has_children and not self.has_text:
            return self.members
        text = "".join(self.pieces).strip()
        return text if has_children or not self.members else {**self.members, "#text": text}


def _local(name: str) -> str:
    return name.rpartition(":")[2]


class _Tree:
    """What has been read so far: the elements that are open, the document itself first."""

    def __init__(self) -> None:
        self.open = [_Element({})]

    def start(self, _name: str, attributes: dict[str, str]) -> None:
        if len(self.open) > _DEEPEST:
            raise _RefusedError
        self.open.append(_Element(attributes))

    def end(self, name: str) -> None:
        element = self.open.pop()
        self.open[-1].pieces += element.pieces
        self.open[-1].members.setdefault(_local(name), []).append(element.node())

    def characters(self, text: str) -> None:
        self.open[-1].pieces.append(text)
        self.open[-1].has_text |= not text.isspace()

    @staticmethod
    def refuse(*_declaration: object) -> None:
        raise _RefusedError


def parsed(document: bytes) -> dict[str, Any] | None:
    """Return the root element under its name, or None where the bytes are no XML, or too much of it."""
    if len(document) > LARGEST:
        return None
    tree, parser = _Tree(), expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.characters
    parser.StartDoctypeDeclHandler = tree.refuse
    try:
        parser.Parse(document, True)  # noqa: FBT003 -- expat's own signature: this is all there is
    except (
        _RefusedError,
        expat.ExpatError,
        LookupError,
        ValueError,
    ):  # an encoding nobody knows is one of the latter
        return None
    return tree.open[0].members


def first(node: Node | None, *path: str) -> str | None:
    """Return the text of the first element at the end of `path`; None where there is none, or an empty one."""
    for found in every(node, *path):
        if text := text_of(found):
            return text
    return None


def every(node: Any, *path: str) -> list[Node]:
    """Return all elements at the end of `path`, in their order."""
    nodes = [node]
    for name in path:
        nodes = [child for each in nodes if isinstance(each, dict) for child in _listed(each.get(name))]
    return [each for each in nodes if isinstance(each, str | dict)]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def text_of(node: Node) -> str:
    """Return the text of an element, that of one with children included."""
    if isinstance(node, str):
        return node
    text = node.get("#text")
    if isinstance(text, str):
        return text
    return "".join(map(text_of, every_child(node)))


def every_child(node: dict[str, Any]) -> list[Node]:
    """Return the children of an element, those of one name together."""
    return [child for name in node if name[0] not in "@#" for child in every(node, name)]

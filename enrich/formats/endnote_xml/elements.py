"""The elements of one record, each with the place of its bytes.

A record is read by itself, so no declaration of the file reaches it and there is no entity to expand. What no parser of XML
lets pass (control characters, references to them, a bare `&`, bytes that are no UTF-8) is replaced for the reading alone,
byte for byte, such that all places stay true.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

from enrich.formats.endnote_xml.tables import CHAINS
from enrich.text.xmltext import NAMED, is_permitted

_ROOT: Final = "record"
_DEEPEST: Final = 4  # a date of publication stands three deep
_AMPERSAND: Final = (
    "\x7f"  # stands for a bare & while it is read; the one control character of ASCII that XML permits
)
_CONTROL: Final = bytes.maketrans(bytes([*range(9), 11, 12, *range(14, 32), 127]), b" " * 30)
_REFERENCE: Final = re.compile(rb"&(?:([a-z]{2,4});|#(?:([0-9]{1,7})|x([0-9a-fA-F]{1,6}));)?")
_INVALID: Final = re.compile("[\ud800-\udfff]|[\ufffe\uffff]")
_START_TAG: Final = re.compile(rb"<[^<>\"']*+(?:\"[^\"]*+\"[^<>\"']*+|'[^']*+'[^<>\"']*+)*+>")


class Node:
    """An element: where it starts, where its end tag does, its text if it holds no others that are known."""

    __slots__ = ("children", "close", "label", "name", "parent", "start", "text")

    def __init__(self, name: str, label: str, start: int, parent: Node | None) -> None:
        self.name = name
        self.label = label
        self.start = start
        self.close = start
        self.parent = parent
        self.children: list[Node] = []
        self.text: str | None = None

    @property
    def path(self) -> str:
        """The name with that of the parent before it, unless this is the record."""
        return (
            self.name if self.parent is None or self.parent.parent is None else f"{self.parent.name}/{self.name}"
        )

    def leaves(self) -> Iterator[Node]:
        """Yield the elements with text, in their order."""
        for child in self.children:
            if child.text is None:
                yield from child.leaves()
            else:
                yield child

    def inner(self, body: bytes) -> int:
        """Return where the content starts."""
        match = _START_TAG.match(body, self.start)
        return match.end() if match else self.close

    def is_empty_tag(self, body: bytes) -> bool:
        """Tell whether the element is one tag, `<title/>`."""
        return body[: self.inner(body)].endswith(b"/>")

    def end(self, body: bytes) -> int:
        """Return where the element ends."""
        return self.inner(body) if self.is_empty_tag(body) else body.index(b">", self.close) + 1


def parsed(body: bytes) -> tuple[Node, bool] | None:
    """Return the record in these bytes (UTF-8), and whether they are sound XML; None where nothing can be read."""
    root = _parsed(body)
    if root is not None:
        return root, True
    root = _parsed(_repaired(body))
    return None if root is None else (root, False)


class _Reader:
    """What has been read so far: the elements that are open, and how deep within one that holds text."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.root: Node | None = None
        self.open: list[Node] = []
        self.depth = 0
        self.pieces: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self.depth:
            self.depth += 1
            return
        parent = self.open[-1] if self.open else None
        node = Node(name, attributes.get("name", ""), self.parser.CurrentByteIndex, parent)
        self.open.append(node)
        if parent is None:
            self.root = node
            return
        parent.children.append(node)
        if name not in CHAINS or len(self.open) > _DEEPEST:
            self.depth, self.pieces = 1, []
            self.parser.CharacterDataHandler = self.pieces.append

    def end(self, _name: str) -> None:
        if self.depth > 1:
            self.depth -= 1
            return
        node = self.open.pop()
        node.close = self.parser.CurrentByteIndex
        if self.depth:
            self.depth, node.text = 0, "".join(self.pieces)
            self.parser.CharacterDataHandler = None


def _parsed(body: bytes) -> Node | None:
    reader = _Reader()
    try:
        reader.parser.Parse(body, True)  # noqa: FBT003 -- expat's own signature: this is all there is
    except expat.ExpatError:
        return None
    return reader.root if reader.root is not None and reader.root.name == _ROOT else None


def _repaired(body: bytes) -> bytes:
    text = body.translate(_CONTROL).decode("utf-8", "surrogateescape")
    return _REFERENCE.sub(
        _referred, _INVALID.sub(lambda match: "?" if match[0] < "\ue000" else "???", text).encode()
    )


def _referred(match: re.Match[bytes]) -> bytes:
    name, decimal, hexadecimal = match.groups()
    if decimal or hexadecimal:
        number = int(decimal) if decimal else int(hexadecimal, 16)
        return match[0] if is_permitted(number) else b" " * len(match[0])
    return match[0] if name in NAMED else _AMPERSAND.encode() + match[0][1:]


def text_of(node: Node, *, is_sound: bool) -> str:
    """Return the text of an element in lines without blanks around them."""
    text = node.text or ""
    if not is_sound:
        text = text.replace(_AMPERSAND, "&")
    text = text.strip()
    if "\r" not in text and "\n" not in text:
        return text
    return "\n".join(map(str.strip, text.replace("\r\n", "\n").replace("\r", "\n").split("\n")))

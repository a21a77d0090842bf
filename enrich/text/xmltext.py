r"""Text as XML holds it: what it forbids is left out, what it takes for markup is escaped.

https://www.w3.org/TR/xml/#charsets

>>> escaped("H\x00<sub>2</sub> & O")
'H&lt;sub&gt;2&lt;/sub&gt; &amp; O'
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKUP: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"})
_QUOTED: Final = str.maketrans({'"': "&quot;", "\n": "&#xA;", "\t": "&#x9;"})
NAMED: Final = frozenset({b"amp", b"lt", b"gt", b"quot", b"apos"})
"""The entities that need no declaration."""


def permitted(text: str) -> str:
    """Return `text` without the characters that no XML document may hold: most control characters, lone surrogates."""
    return text if text.isascii() and text.isprintable() else _FORBIDDEN.sub("", text)


def is_permitted(number: int) -> bool:
    """Tell whether a document may hold the character of this number."""
    return number <= 0x10FFFF and not _FORBIDDEN.match(chr(number))


def escaped(text: str) -> str:
    """Return `text` as the content of an element."""
    return permitted(text).translate(_MARKUP)


def attribute(text: str) -> str:
    """Return `text` as the value of an attribute, without the quotation marks around it."""
    return escaped(text).translate(_QUOTED)


def element(name: str, text: str, attributes: Mapping[str, str] | None = None) -> str:
    """Return an element with nothing but text in it."""
    written = "".join(f' {key}="{attribute(value)}"' for key, value in (attributes or {}).items())
    return f"<{name}{written}>{escaped(text)}</{name}>"

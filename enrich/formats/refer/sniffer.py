"""Whether a file is refer, by its content: file names tell little, since `.enw` files may hold RIS."""

from __future__ import annotations

import re
from typing import Final

from enrich.formats import decode
from enrich.formats.refer.tags import csl_type

_LINE: Final = re.compile(rb"(?:^|\n)(?:\xef\xbb\xbf)?%([0-46-9A-Z@+!?])[ \t]+(?=[^\s])([^\r\n]{0,80})")
_OTHER: Final = re.compile(
    rb"\s*(?:TY  ?-|[\[{<]|FN |PMID- |@[A-Za-z]{3,20}\s{0,5}[{(]|%PDF|%!PS|\\documentclass)"
)
_BIBTEX: Final = re.compile(rb"(?:^|\n)[ \t]{0,8}@[A-Za-z]{3,20}[ \t]{0,8}[{(]")
_PLENTY: Final = 3


def sniff(head: bytes, /) -> float:
    """Return the confidence that a file beginning with `head` is refer; see :class:`enrich.formats.base.Format`."""
    encoding = decode.detect(head)
    if decode.is_binary(head):
        return 0.0
    view = decode.view_of(head, encoding).removeprefix(decode.BOM)
    lines = [(match[1], match[2].split(b" %", 1)[0]) for match in _LINE.finditer(view)]
    if not lines or _OTHER.match(view):
        return 0.0
    if any(tag == b"0" and csl_type(value.decode("utf-8", "replace")) for tag, value in lines):
        return 1.0
    if _BIBTEX.search(view):
        return 0.0
    if view.lstrip().startswith(b"%"):
        return 0.9 if len(lines) >= _PLENTY else 0.6
    return 0.5 if len(lines) >= _PLENTY else 0.2

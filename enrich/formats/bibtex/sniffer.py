"""Whether a file is BibTeX, by its content: entries, not their name in a file of another kind."""

from __future__ import annotations

import re
from typing import Final

from enrich.formats import decode
from enrich.formats.bibtex.fields import TYPES

_ENTRY: Final = re.compile(
    rb"(?:^|\n|[})] ?)[ \t]{0,40}@[ \t]{0,8}([A-Za-z]{1,40})[ \t\r\n]{0,80}[{(]"
    rb"[ \t\r\n]{0,80}([^\s,{}()\"=#%]{0,200})[ \t\r\n]{0,80}([,=])"
)
_APART: Final = re.compile(rb"(?i)(?:^|\n)[ \t]{0,40}@(?:string|preamble|comment)[ \t]{0,8}[{(]")
_OTHER: Final = re.compile(
    rb"\s*(?:TY  ?- |FN |PMID- ?\d|%0 |[\[]|\{\s*\"|<\?xml|<!DOCTYPE|<html|%!PS|\\documentclass|#!|```|#+ )",
    re.IGNORECASE,
)


def sniff(head: bytes, /) -> float:
    """Return the confidence that a file beginning with `head` is BibTeX; see :class:`enrich.formats.base.Format`."""
    encoding = decode.detect(head)
    if b"\x00" in head and not encoding.is_wide:
        return 0.0
    view = decode.view_of(head, encoding).removeprefix(decode.BOM)
    if b"@" not in view or _OTHER.match(view):
        return 0.0
    types = [match[1].lower().decode() for match in _ENTRY.finditer(view)]
    if any(name in TYPES for name in types):
        return 1.0 if view.lstrip().startswith(b"@") else 0.9
    if _APART.search(view):
        return 0.8
    return 0.6 if types else 0.0

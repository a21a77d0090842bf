"""The usual rewriting, done quickly: a journal article in line form in which lines are put in or exchanged.

Nine of ten changed records gain a volume, pages, an ISSN, a bare DOI, and that is all. For them nothing has to be read
again to know what the result says, provided that every line is what it seems. Where anything is unusual this module says
None, and :mod:`enrich.formats.refer.rewrite` takes the careful way; a test holds that both give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from enrich.formats.refer.tags import family
from enrich.model.record import Record, Source
from enrich.model.work import Work

_FILLED: Final = {
    "publisher_place": "C",
    "publisher": "I",
    "volume": "V",
    "issue": "N",
    "page": "P",
    "number": "]",
    "container_title_short": "O",
    "issn": "@",
    "language": "G",
}
"""Field -> its tag in a journal article, in the order of `Work`."""
_FIELDS: Final = tuple(Work.model_fields)
_EXCHANGED: Final = {"title": "T", "page": "P", "abstract": "X"}
_WITHIN: Final = re.compile(r"\s%\S(?:\s|\Z)")
_PLAIN: Final = re.compile(r"[^%\s\x00-\x1f](?:[^%\n\r\x00-\x1f\x85\u2028\u2029]*[^%\s])?")


def inserted(record: Record, source: Source, place: Callable[[str, str], int]) -> bytes | None:
    """Return the bytes of the changed record; None where it takes more care.

    `place(tags, tag)` says before which of the tags, given as a string of them in order, a new one goes.
    """
    before, after = source.work.__dict__, record.work.__dict__
    if source.encoding != "utf-8" or source.newline not in {"\n", "\r\n"} or family(before["type"]) != "article":
        return None
    text = _text(source)
    if text is None:
        return None
    body = text.rstrip()
    lines, tail = body.split("\n"), text[len(body) :]
    if not _is_plain(body, lines) or not tail:
        return None
    if record.doi_text != source.doi_text and not _exchange(lines, "R", source.doi_text, record.doi_text):
        return None
    for field in _FIELDS:
        old, new = before[field], after[field]
        if new is not old and new != old:
            tag = (_EXCHANGED if old else _FILLED).get(field)
            if tag is None or not (_exchange(lines, tag, old, new) if old else _insert(lines, tag, new, place)):
                return None
    whole = "\n".join(lines) + tail
    return (whole.replace("\n", "\r\n") if source.newline == "\r\n" else whole).encode()


def _text(source: Source) -> str | None:
    """Return the text with plain line feeds; None where the record is not all of one encoding and one line end."""
    try:
        text = source.raw.decode()
    except UnicodeDecodeError:
        return None
    if source.newline == "\n":
        return text
    return text.replace("\r\n", "\n") if text.count("\r\n") == text.count("\n") else None


def _is_plain(body: str, lines: list[str]) -> bool:
    """Tell whether each line has one tag, at its beginning, and the first one is the type."""
    if not body.startswith("%0 ") or not all(line[:1] == "%" and line[2:3] == " " for line in lines):
        return False
    if body.count("%") != len(lines) and any(_WITHIN.search(line) for line in lines if line.count("%") > 1):
        return False
    # Other characters that end a line, a byte order mark, and breaks from a web page are read in ways of their own.
    return len(body.splitlines()) == len(lines) and "\ufeff" not in body and "<br" not in body.lower()


def _exchange(lines: list[str], tag: str, old: Any, new: Any) -> bool:
    """Put `new` into the one line that has the tag, where that line says `old` to the letter."""
    own = [number for number, line in enumerate(lines) if line[1] == tag]
    if len(own) != 1 or lines[own[0]] != f"%{tag} {old}" or not isinstance(new, str) or not _PLAIN.fullmatch(new):
        return False
    lines[own[0]] = f"%{tag} {new}"
    return True


def _insert(lines: list[str], tag: str, value: Any, place: Callable[[str, str], int]) -> bool:
    """Put a line in for each value of a field that none of the lines feeds."""
    values = value if isinstance(value, tuple) else (value,)
    for text in values:
        if not isinstance(text, str) or _PLAIN.fullmatch(text) is None:
            return False
    tags = "".join([line[1] for line in lines])
    if tag in tags or (tag == "P" and "&" in tags):
        return False
    at = place(tags, tag)
    lines[at:at] = [f"%{tag} {text}" for text in values]
    return True

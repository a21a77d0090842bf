"""The usual rewriting, done quickly: a journal article in which lines are put in or exchanged; a flattened one gets lines.

Nine of ten changed records gain a volume, pages, an ISSN, a bare DOI, and that is all. For them nothing has to be read
again to know what the result says, provided that every line is what it seems. Where anything is unusual this module says
None, and :mod:`enrich.formats.refer.rewrite` takes the careful way; a test holds that both give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from enrich.formats.refer import flat
from enrich.formats.refer.tags import family
from enrich.model.record import Record, Source

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
"""Field -> its tag in a journal article."""
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
    if len(lines) == 1:
        lines = _unflattened(body)
        body = "\n".join(lines)
    if not _is_plain(body, lines) or tail[:1] != "\n":
        return None
    if record.doi_text != source.doi_text and not _exchange(lines, "R", source.doi_text, record.doi_text):
        return None
    if not _edit(lines, before, after, place):
        return None
    whole = "\n".join(lines) + tail
    return (whole.replace("\n", "\r\n") if source.newline == "\r\n" else whole).encode()


def _edit(
    lines: list[str], before: dict[str, Any], after: dict[str, Any], place: Callable[[str, str], int]
) -> bool:
    """Put lines in for fields that were empty, exchange those of others; False where a field takes more care."""
    tags = "".join([line[1] for line in lines])
    for field, new in after.items():
        old = before[field]
        if new is old or new == old:
            continue
        if old:
            if field not in _EXCHANGED or not _exchange(lines, _EXCHANGED[field], old, new):
                return False
            continue
        tag, texts = _FILLED.get(field), new if new.__class__ is tuple else (new,)
        if tag is None or tag in tags or (tag == "P" and "&" in tags) or not all(map(_is_line, texts)):
            return False
        at = place(tags, tag)
        lines[at:at] = [f"%{tag} {text}" for text in texts]
        tags = tags[:at] + tag * len(texts) + tags[at:]
    return True


def _text(source: Source) -> str | None:
    """Return the text with plain line feeds; None where the record is not all of one encoding and one line end."""
    try:
        text = source.raw.decode()
    except UnicodeDecodeError:
        return None
    if source.newline == "\n":
        return text
    return text.replace("\r\n", "\n") if text.count("\r\n") == text.count("\n") else None


def _unflattened(body: str) -> list[str]:
    """Return a line for each tag of a record that stands on one line; none where some text may be a tag or none."""
    if "<" in body:
        return []
    tags, rejected = flat.split(body)
    return [] if rejected or not all(value for _, value in tags) else [f"%{tag} {value}" for tag, value in tags]


def _is_plain(body: str, lines: list[str]) -> bool:
    """Tell whether each line has one tag, at its beginning, and the first one is the type."""
    if not body.startswith("%0 ") or [line for line in lines if line[:1] != "%" or line[2:3] != " "]:
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


def _is_line(text: Any) -> bool:
    """Tell whether a value is one line's and will be read as it is."""
    return isinstance(text, str) and _PLAIN.fullmatch(text) is not None

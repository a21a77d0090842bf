r"""Web of Science's tagged export, once called ISI (`.txt`, `.ciw`, `.isi`): read, never written.

https://images.webofknowledge.com/images/help/WOS/hs_wos_fieldtags.html. Two letters and a blank begin a line, three blanks
go on with the one before; `PT` begins a record, `ER` ends it; `FN` and `VR` open the file and `EF` closes it. Names stand
twice, as initials (`AU`) and in full (`AF`). Journals and titles are often in capitals. Not read: addresses, funding, cited
references, counts; they stand in `extra`.

>>> (record,) = read([b"FN Web of Science\nPT J\nAU Roe, J\nAF Roe, Jane\nTI On\n   trees\nDI 10.1000/182\nER\n\nEF"])
>>> record.work.title, record.work.doi, record.work.author[0].given
('On trees', '10.1000/182', 'Jane')
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from enrich.formats import dates, decode, names, reading, tagged
from enrich.formats.numbers import serials
from enrich.formats.reading import held, unencodable, unheld
from enrich.formats.tagged import Parsed, Syntax
from enrich.model.date import PartialDate
from enrich.model.name import Name
from enrich.model.record import Record

__all__ = ["EXTENSIONS", "MEDIA_TYPES", "NAME", "held", "read", "sniff", "unencodable", "unheld", "write"]

NAME: Final = "isi"
MEDIA_TYPES: Final = ("application/x-inst-for-scientific-info",)
EXTENSIONS: Final = (".ciw", ".isi")

_SYNTAX: Final = Syntax(
    name=NAME,
    label="Web of Science",
    begin=re.compile(rb"\n(?:\xef\xbb\xbf)?(PT) [A-Z]"),
    end=re.compile(rb"\nER[ \t\r]{0,80}(?=\n|\Z)"),
    tag=re.compile(rb"\n(?:\xef\xbb\xbf)?([A-Z][A-Z0-9])(?=[ \r\n]|\Z)"),
    core=frozenset({b"TI", b"AU", b"UT"}),
)
_TAG: Final = re.compile(r"\ufeff?([A-Z][A-Z0-9])(?: |\Z)(.*)")
_HEADER: Final = re.compile(rb"\n(?:\xef\xbb\xbf)?FN (?:Clarivate|Thomson|ISI|Web of)")
_SIGNS: Final = re.compile(rb"\n(?:AU|AF|TI|SO|UT|SN|DI) ")
_PLENTY: Final = 3
_FIELDS: Final = {
    "TI": "title", "SO": "container_title", "JI": "container_title_short", "SE": "collection_title", "CT": "event_title",
    "LA": "language", "DE": "keyword", "AB": "abstract", "PU": "publisher", "PI": "publisher_place", "SN": "issn",
    "EI": "issn", "BN": "isbn", "VL": "volume", "IS": "issue", "AR": "number", "PM": "pmid",
}  # fmt: skip
_LISTS: Final = frozenset({"AU", "AF", "BA", "BF", "BE", "ED", "CA", "GP"})
"""Tags with one name on each line."""
_SILENT: Final = frozenset({"PT", "ER", "EF", "FN", "VR", "DI", "PY", "PD", "BP", "EP"})
_TYPES: Final = {
    "proceedings paper": "paper-conference", "meeting abstract": "paper-conference", "book": "book",
    "book chapter": "chapter", "data set": "dataset", "data paper": "article-journal", "book review": "review-book",
    "news item": "article-magazine", "software": "software", "patent": "patent",
}  # fmt: skip
"""Document type (`DT`) -> CSL type."""
_KINDS: Final = {"J": "article-journal", "B": "book", "S": "chapter", "P": "patent", "C": "paper-conference"}


def sniff(head: bytes, /) -> float:
    """Return the confidence that a file beginning with `head` is of this kind; see :class:`enrich.formats.base.Format`."""
    view = b"\n" + decode.view_of(head, decode.detect(head))
    if _HEADER.match(view):
        return 1.0
    has_signs = len(set(_SIGNS.findall(view))) >= _PLENTY
    return 0.9 if has_signs and _SYNTAX.begin.search(view) else 0.0


def read(chunks: Iterable[bytes], /, *, file: str | None = None) -> Iterator[Record]:
    """Yield the records of a file; see :class:`enrich.formats.base.Format`."""
    return tagged.read(chunks, _SYNTAX, _parsed, file)


def write(_records: Iterable[Record], /) -> Iterator[bytes]:
    """Raise FormatError: Web of Science's format is read, never written."""
    reading.refuse(NAME)


def _parsed(text: str) -> Parsed | None:
    listed = _by_line(text)
    found = tagged.tokens(text, _TAG)
    values = {tag: value for tag, value, _ in reversed(found) if value}
    if not values.keys() - {"ER", "EF", "FN", "VR"}:
        return None
    more = {
        "type": _type(values),
        "author": tuple(names.read(name)[0][0] for name in listed.get("AF") or listed.get("AU", ()))
        + tuple(Name.trusted(literal=name) for name in listed.get("CA", ())),
        "editor": tuple(names.read(name)[0][0] for name in listed.get("BE") or listed.get("ED", ())),
        "page": "-".join(dict.fromkeys(values[tag] for tag in ("BP", "EP") if tag in values)) or None,
        "issued": _issued(values),
    }
    rest = [token for token in found if token[0] not in _SILENT | _LISTS]
    told = {field: value for field, value in more.items() if value}
    return reading.parsed(
        rest, _FIELDS, _READERS, [values["DI"]] if "DI" in values else [], {"type": None, **told}
    )


def _by_line(text: str) -> dict[str, Sequence[str]]:
    """Return the lines of the tags in which each line is a name."""
    found: dict[str, list[str]] = {}
    tag = ""
    for line in text.split("\n"):
        match = _TAG.match(line)
        tag = match[1] if match else tag
        value = (match[2] if match else line).strip()
        if tag in _LISTS and value:
            found.setdefault(tag, []).append(value)
    return dict(found)


def _type(values: dict[str, str]) -> str | None:
    kinds = [kind.strip().lower() for kind in values.get("DT", "").split(";")]
    known = next((_TYPES[kind] for kind in kinds if kind in _TYPES), None)
    return known or _KINDS.get(values.get("PT", "").strip())


def _issued(values: dict[str, str]) -> PartialDate | None:
    """Return the date of `PY 2012` and `PD MAR 14`."""
    if "PY" not in values:
        return dates.read(values["PD"]) if "PD" in values else None
    year, exact = dates.read(values["PY"]), dates.parse(values.get("PD", ""))
    return (dates.merged(year, exact) if exact else None) or year


def _numbers(values: list[str], kind: str) -> tuple[str, ...] | None:
    return tuple(dict.fromkeys(number for value in values for number in getattr(serials(value), kind))) or None


_READERS: Final[dict[str, reading.Reader]] = {
    "keyword": lambda values: tuple(word for value in values for word in names.semicolons(value)),
    "issn": lambda values: _numbers(values, "issn"),
    "isbn": lambda values: _numbers(values, "isbn"),
    "language": lambda values: reading.language(values[0]),
}

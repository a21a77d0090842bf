r"""PubMed's format, also called MEDLINE: what its "Cite" and "Save" buttons give (`.nbib`, `.txt`); read, never written.

https://pubmed.ncbi.nlm.nih.gov/help/#pubmed-format. A tag has up to four letters, a hyphen, a blank; what does not fit into
a line goes on behind six blanks. Titles end with a full stop, which is PubMed's and not the title's; translated ones stand
in brackets beside the original (`TT`). The DOI is marked in `LID` or `AID`. Not read: grants, substances, comments,
histories; they stand in `extra`.

>>> (record,) = read([b"PMID- 1\nTI  - On\n      trees.\nFAU - Roe, Jane\nAU  - Roe J\nLID - 10.1000/182 [doi]\n"])
>>> record.work.title, record.work.doi, record.work.author[0].given
('On trees', '10.1000/182', 'Jane')
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from enrich.errors import IdentifierError
from enrich.formats import dates, decode, names, reading, tagged
from enrich.formats.numbers import serials
from enrich.formats.reading import held, unencodable, unheld
from enrich.formats.tagged import Parsed, Syntax, Token
from enrich.identifiers import orcid
from enrich.model.date import PartialDate
from enrich.model.name import Name
from enrich.model.record import Record

__all__ = ["EXTENSIONS", "MEDIA_TYPES", "NAME", "held", "read", "sniff", "unencodable", "unheld", "write"]

NAME: Final = "nbib"
MEDIA_TYPES: Final = ("application/nbib",)
EXTENSIONS: Final = (".nbib",)

_SYNTAX: Final = Syntax(
    name=NAME,
    label="PubMed",
    begin=re.compile(rb"\n(?:\xef\xbb\xbf)?(PMID|UI)(?:-| {2}-)(?= ?[0-9])"),
    tag=re.compile(rb"\n(?:\xef\xbb\xbf)?([A-Z][A-Z0-9]{1,3}) {0,2}-(?= |[\r\n]|\Z)"),
)
_TAG: Final = re.compile(r"\ufeff?(?=.{4}-)([A-Z][A-Z0-9]{1,3}) {0,2}-(?: |\Z)(.*)")
_SIGNS: Final = re.compile(rb"\n(?:OWN |STAT|TI  |DP  |AU  |FAU |JT  |TA  )- ")
_FIELDS: Final = {
    "PMID": "pmid", "TI": "title", "BTI": "container_title", "CTI": "collection_title", "TT": "original_title",
    "JT": "container_title", "TA": "container_title_short", "DP": "issued", "VI": "volume", "IP": "issue", "PG": "page",
    "IS": "issn", "ISBN": "isbn", "AB": "abstract", "LA": "language", "OT": "keyword", "MH": "keyword", "PB": "publisher",
    "PL": "publisher_place", "EN": "edition",
}  # fmt: skip
_PEOPLE: Final = {"FAU": "author", "AU": "author", "CN": "author", "FED": "editor", "ED": "editor"}
_OF_PEOPLE: Final = frozenset({"AUID", "AD"})
_SUFFIXES: Final = frozenset({"Jr", "Sr", "2nd", "3rd", "4th", "II", "III", "IV"})
_DOI: Final = re.compile(r"(.+?)\s*\[doi\]", re.IGNORECASE)
_TYPES: Final = {
    "book": "book", "book chapter": "chapter", "dataset": "dataset", "preprint": "article",
    "newspaper article": "article-newspaper", "legal case": "legal_case", "legislation": "legislation",
    "interview": "interview", "lecture": "speech", "technical report": "report", "webcast": "broadcast",
}  # fmt: skip
"""Publication types, of which PubMed has eighty, most of them kinds of journal articles -> CSL type."""


def sniff(head: bytes, /) -> float:
    """Return the confidence that a file beginning with `head` is PubMed's; see :class:`enrich.formats.base.Format`."""
    encoding = decode.detect(head)
    view = b"\n" + decode.view_of(head, encoding)
    if _SYNTAX.begin.search(view) is None:
        return 0.0
    return 1.0 if _SIGNS.search(view) else 0.5


def read(chunks: Iterable[bytes], /, *, file: str | None = None) -> Iterator[Record]:
    """Yield the records of a file; see :class:`enrich.formats.base.Format`."""
    return tagged.read(chunks, _SYNTAX, _parsed, file)


def write(_records: Iterable[Record], /) -> Iterator[bytes]:
    """Raise FormatError: PubMed's format is read, never written."""
    reading.refuse(NAME)


def _parsed(text: str) -> Parsed | None:
    found = tagged.tokens(text, _TAG)
    if not any(value for _, value, _ in found):
        return None
    values = {tag: value for tag, value, _ in reversed(found)}
    people, used = _people(found)
    dois = [match[1] for tag, value, _ in found if tag in {"LID", "AID"} and (match := _DOI.fullmatch(value))]
    rest = [
        token
        for index, token in enumerate(found)
        if index not in used and not (token[0] in {"LID", "AID"} and _DOI.fullmatch(token[1]))
    ]
    kinds = [value.lower() for tag, value, _ in found if tag == "PT"]
    if "BTI" in values and "TI" not in values:
        rest = [("TI" if tag == "BTI" else tag, value, at) for tag, value, at in rest]
    return reading.parsed(rest, _FIELDS, _READERS, dois, {"type": _type(kinds, values), **people})


def _type(kinds: Sequence[str], values: dict[str, str]) -> str | None:
    if "BTI" in values:
        return "chapter" if "TI" in values else "book"
    known = next((_TYPES[kind] for kind in kinds if kind in _TYPES), None)
    return known or ("article-journal" if "JT" in values or "TA" in values or kinds else None)


def _people(found: Sequence[Token]) -> tuple[dict[str, tuple[Name, ...]], set[int]]:
    """Return authors and editors with what is said of each, and the tags that say it; `AU` only repeats a full name."""
    people: dict[str, list[Name]] = {}
    used: set[int] = set()
    full = {_PEOPLE[tag] for tag, value, _ in found if tag in {"FAU", "FED"} and value}
    role = ""
    for index, (tag, value, _) in enumerate(found):
        if tag in _OF_PEOPLE and role and value and (said := _said(people[role][-1], tag, value)):
            people[role][-1] = said
            used.add(index)
        elif tag in _PEOPLE and value:
            used.add(index)
            if tag in {"AU", "ED"} and _PEOPLE[tag] in full:
                continue
            role = _PEOPLE[tag]
            people.setdefault(role, []).append(Name.trusted(literal=value) if tag == "CN" else _name(value))
    return {role: tuple(listed) for role, listed in people.items()}, used


def _name(value: str) -> Name:
    """Return the name in `King, Martin Luther Jr`, where no comma parts the suffix."""
    name = names.read(value)[0][0]
    given, _, suffix = (name.given or "").rpartition(" ")
    return name.model_copy(update={"given": given, "suffix": suffix}) if given and suffix in _SUFFIXES else name


def _said(name: Name, tag: str, value: str) -> Name | None:
    """Return a name with its ORCID iD or a further affiliation; None where the value is neither."""
    if tag == "AD":
        return name.model_copy(update={"affiliation": (*name.affiliation, value)})
    try:
        return name.model_copy(update={"orcid": orcid.compact(value.removeprefix("ORCID:").strip())})
    except IdentifierError:
        return None


def _title(values: list[str]) -> str:
    """Return a title without PubMed's full stop, and without the brackets around a translated one."""
    title = values[0].removesuffix(".") if not values[0].endswith("..") else values[0]
    return (
        title[1:-1].removesuffix(".")
        if title.startswith("[") and title.endswith("]") and "[" not in title[1:]
        else title
    )


def _date(values: list[str]) -> PartialDate:
    """Return the date of `2012 Mar 14`, `2012 Spring` and `1998 Dec-1999 Jan`, of which the beginning counts."""
    return dates.read(re.sub(r"-[12]\d{3}\b.*", "", values[0], count=1))


_READERS: Final[dict[str, reading.Reader]] = {
    "title": _title,
    "original_title": _title,
    "issued": _date,
    "language": lambda values: reading.language(values[0]),
    "issn": lambda values: tuple(dict.fromkeys(number for value in values for number in serials(value).issn)),
    "isbn": lambda values: tuple(dict.fromkeys(number for value in values for number in serials(value).isbn)),
    "keyword": lambda values: tuple(dict.fromkeys(value.removeprefix("*") for value in values)),
}

"""Works to write in any format: plain values, and values that look like the syntax of one format or another."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from enrich.model import Name, PartialDate, Work

HOSTILE = (
    "%A looks like a tag",
    "see %U http://a.b/c",
    "TY  - JOUR",
    "ER  -",
    "PMID- 12345",
    "@article{key, title = {x}}",
    'braces {in} }a{ "title"',
    "100% of & _x_ $1 #2 ~ \\alpha ^",
    "<b>tag</b> &amp; <!-- x -->",
    "=1+1; a, b: c",
    "Größe 中文 🙂 e\u0301",
)
"""Texts of one line that each format must neither take for its own syntax nor spoil."""

_TITLES = st.sampled_from(["Tumours", "A study of steel", "Random Forests", *HOSTILE])
_PROSE = st.sampled_from([
    "Short abstract.",
    "A first paragraph that is long enough to be taken for one.\nA second one that is long enough as well, is it not?",
    "lines\n%A that look\nTY  - JOUR\nlike tags\nER  -",
    "one\n@book{x,\ny = {z}\n}\nPMID- 5",
    *HOSTILE,
])  # fmt: skip
_NAMES = st.sampled_from([
    Name(family="Khamis", given="Zahraa I."),
    Name(family="van Gogh", given="Vincent"),
    Name(literal="World Health Organization"),
    Name(family="King", given="Martin", suffix="Jr."),
    Name(family="Plato"),
    Name(family="Müller", given="A."),
])  # fmt: skip
_PEOPLE = st.lists(_NAMES, min_size=1, max_size=3, unique=True).map(tuple)
_DATES = st.sampled_from([
    PartialDate(year=2012), PartialDate(year=1999, month=3), PartialDate(year=2001, month=12, day=31),
])  # fmt: skip
TYPES = (
    "article-journal", "book", "chapter", "paper-conference", "thesis", "report", "patent", "webpage", "dataset",
    "software", "legislation", "standard", "map", "manuscript", "document", "article-newspaper", "song",
)  # fmt: skip


def _one(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


MEMBERS: dict[str, st.SearchStrategy[Any]] = {
    "type": st.sampled_from(TYPES),
    "title": _TITLES,
    "title_short": _one("Tumours", "T"),
    "container_title": _one("J. Test", "Cells & Tissues: {A} Journal"),
    "container_title_short": _one("J. Tst."),
    "collection_title": _one("Lecture Notes"),
    "event_title": _one("Conf"),
    "author": _PEOPLE,
    "editor": _PEOPLE,
    "translator": _PEOPLE,
    "collection_editor": _PEOPLE,
    "issued": _DATES,
    "accessed": _one(PartialDate(year=2020, month=1, day=2)),
    "volume": _one("12", "A"),
    "issue": _one("3", "3-4"),
    "page": _one("1-10", "e123", "5", "S12-S19"),
    "number": _one("574025", "TR-5"),
    "number_of_pages": _one("327"),
    "number_of_volumes": _one("3"),
    "edition": _one("2nd"),
    "version": _one("1.0"),
    "genre": _one("PhD thesis"),
    "publisher": _one("Hindawi", "Smith & Sons {Ltd}"),
    "publisher_place": _one("Cairo", "Köln"),
    "issn": st.lists(_one("2090-3170", "0926-9630"), min_size=1, unique=True).map(tuple),
    "isbn": st.lists(_one("8203107354", "978-0-471-11709-4"), min_size=1, unique=True).map(tuple),
    "doi": _one("10.1155/2012/574025", "10.1002/(sici)1096-8644(199605)100:1<1::aid-x>3.0.co;2-a"),
    "pmid": _one("12345678"),
    "url": _one("http://x.org/1", "https://y.org/a;b?c=d&e=%20#f_g"),
    "abstract": _PROSE,
    "language": _one("en"),
    "keyword": _one(("a", "b c"), ("single",)),
    "note": _PROSE,
    "call_number": _one("QA 76"),
    "archive": _one("DBase"),
}
"""Field of a work -> values of it."""

WORKS = st.fixed_dictionaries({}, optional=MEMBERS).map(lambda members: Work(**members))


def articles(fields: frozenset[str]) -> st.SearchStrategy[Work]:
    """Journal articles with a title and some of these fields."""
    optional = {name: values for name, values in MEMBERS.items() if name in fields - {"type", "title"}}
    members = st.fixed_dictionaries({"title": MEMBERS["title"]}, optional=optional)
    return members.map(lambda found: Work(type="article-journal", **found))

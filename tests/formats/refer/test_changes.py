"""Records that changed: what they say is read again, and what did not change keeps its bytes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from enrich.formats import refer
from enrich.model import Name, Origin, PartialDate, Record, Work

PROSE = [
    "Short abstract.",
    "A first paragraph that is long enough to be taken for one.\n\nA second one that is long enough as well, is it not?",
    "We added 10 wt %C and 5 mol %K to it.",
    "lines\n%A that look\n%0 Book\nlike tags",
    "It was found %D 2010 and %U http://x.y/ in text.",
    "a %0 Journal Article %T b",
    "58 % of (42 %) x",
]
TITLES = [
    "Tumours",
    "A study of 5 %C steel",
    "Über Größe",
    "%A looks like a tag",
    "see %U http://a.b/c",
    "Trust %0 Book %T no",
]
NAMES = st.sampled_from([
    Name(family="Khamis", given="Zahraa I."),
    Name(family="van Gogh", given="Vincent"),
    Name(literal="World Health Organization"),
    Name(literal="University of California, Berkeley"),
    Name(family="King", given="Martin", suffix="Jr."),
    Name(family="Plato"),
    Name(family="Müller", given="A."),
])  # fmt: skip
PEOPLE = st.lists(NAMES, min_size=1, max_size=3, unique=True).map(tuple)
DATES = st.sampled_from([
    PartialDate(year=2012), PartialDate(year=1999, month=3), PartialDate(year=2001, month=12, day=31),
    PartialDate(year=2000, season=2), PartialDate(literal="in press"),
])  # fmt: skip
TYPES = [
    *(
        "article-journal",
        "book",
        "chapter",
        "paper-conference",
        "thesis",
        "report",
        "patent",
        "webpage",
        "dataset",
    ),
    *("software", "legislation", "standard", "map", "manuscript", "document", "article-newspaper", "song"),
]


def one(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


MEMBERS: dict[str, st.SearchStrategy[Any]] = {
    "type": st.sampled_from(TYPES),
    "title": st.sampled_from(TITLES),
    "title_short": one("Tumours", "T"),
    "container_title": one("J. Test", "Foo %I Bar"),
    "container_title_short": one("J. Tst."),
    "collection_title": one("Lecture Notes"),
    "event_title": one("Conf"),
    "author": PEOPLE,
    "editor": PEOPLE,
    "translator": PEOPLE,
    "collection_editor": PEOPLE,
    "issued": DATES,
    "accessed": one(PartialDate(year=2020, month=1, day=2)),
    "volume": one("12", "A"),
    "issue": one("3"),
    "page": one("1-10", "e123", "5"),
    "number": one("574025", "TR-5"),
    "number_of_pages": one("327"),
    "number_of_volumes": one("3"),
    "edition": one("2nd"),
    "version": one("1.0"),
    "genre": one("PhD thesis"),
    "publisher": one("Hindawi", "ACM"),
    "publisher_place": one("Cairo"),
    "issn": st.lists(one("2090-3170", "0926-9630", "13865056"), min_size=1, unique=True).map(tuple),
    "isbn": st.lists(one("8203107354", "978-0-471-11709-4"), min_size=1, unique=True).map(tuple),
    "doi": one("10.1155/2012/574025", "10.1000/xyz"),
    "pmid": one("12345678"),
    "url": one("http://x.org/1", "ftp://y.org"),
    "abstract": st.sampled_from(PROSE),
    "language": one("en"),
    "keyword": one(("a", "b c"), ("one, two",), ("single",)),
    "note": st.sampled_from(PROSE),
    "call_number": one("QA 76"),
    "archive": one("DBase"),
}
WORKS = st.fixed_dictionaries({}, optional=MEMBERS).map(lambda members: Work(**members))


def members_of(work: Work) -> dict[str, Any]:
    return {name: getattr(work, name) for name in Work.model_fields}


def written(work: Work) -> bytes:
    return b"".join(refer.write([Record(work=work, origin=Origin())]))


def layouts(data: bytes, layout: str) -> bytes:
    """The same record on one line, with other line ends, or with its type at the end."""
    if layout == "flat":
        return b" ".join(data.split())
    if layout == "crlf":
        return data.replace(b"\n", b"\r\n")
    if layout == "late type":
        first, rest = data.split(b"\n", 1)
        return rest.rstrip(b"\n") + b"\n" + first + b"\n\n"
    return data


@settings(max_examples=200)
@given(WORKS)
def test_a_fresh_record_is_read_as_what_is_held(work: Work) -> None:
    """What was written afresh is one record and reads as :func:`refer.held` says; writing that again changes nothing."""
    (record,) = refer.read([written(work)])
    assert record.work == refer.held(Record(work=work, origin=Origin()))
    assert refer.held(record) == record.work


HELD = sorted(
    set(MEMBERS)
    - {"event_title", "version", "collection_editor", "editor", "number_of_pages", "genre", "collection_title"}
)


@pytest.mark.parametrize("name", [name for name in HELD if name not in {"number_of_volumes", "edition"}])
@given(data=st.data())
def test_an_article_holds(name: str, data: st.DataObject) -> None:
    """Each of these fields of an article survives writing and reading by itself."""
    value = data.draw(MEMBERS[name])
    assume("%0 " not in str(value))
    (record,) = refer.read([written(Work(**{"type": "article-journal", name: value}))])
    assert getattr(record.work, name) == value


@settings(max_examples=400)
@given(
    work=WORKS,
    layout=st.sampled_from(["lines", "flat", "crlf", "late type"]),
    update=st.fixed_dictionaries(
        {}, optional={**MEMBERS, "volume": one(None, "13"), "author": PEOPLE | st.just(())}
    ),
)
def test_a_changed_record_says_what_it_should(work: Work, layout: str, update: dict[str, Any]) -> None:
    """Reading a changed record gives its work in every field the format can hold; writing it again changes nothing."""
    assume(layout != "late type" or "title" in members_of(work))
    records = list(refer.read([layouts(written(work), layout)]))
    assume(len(records) == 1)
    record = records[0]
    wanted = record.work.model_copy(update=update)
    changed = record.model_copy(
        update={"work": wanted, "doi_text": wanted.doi if wanted.doi != record.work.doi else record.doi_text}
    )
    data = b"".join(refer.write([changed]))
    (again,) = refer.read([data])
    held = refer.held(changed)
    assert {
        name: value for name, value in members_of(again.work).items() if counts(name, changed, held, update)
    } == {name: value for name, value in members_of(wanted).items() if counts(name, changed, held, update)}
    assert b"".join(refer.write([again])) == data


def wanted_both(work: Work) -> bool:
    """Whether a book needs both kinds of editors: without %A only an Edited Book has them, and the type stays as written."""
    return bool(work.type in {"book", "report"} and work.editor and work.collection_editor)


def counts(name: str, record: Record, held: Work, update: dict[str, Any]) -> bool:
    """Whether the law is about this field: not what refer cannot hold, nor lines left over that now mean something else."""
    value = getattr(record.work, name)
    if getattr(held, name) != value or ("type" in update and not value):
        return False
    if name == "event_title":  # %B is the conference only beside %J
        return False
    if wanted_both(record.work) and name in {"editor", "collection_editor"}:
        return False
    # A book's %E are its editors without %A, the editors of its series beside it; %A are an edited book's editors.
    return name not in {"editor", "collection_editor", "author"} or not {"author", "type"} & update.keys()


@settings(max_examples=200)
@given(
    work=WORKS, update=st.fixed_dictionaries({}, optional={name: MEMBERS[name] for name in HELD if name != "type"})
)
def test_lines_of_unchanged_tags_keep_their_bytes(work: Work, update: dict[str, Any]) -> None:
    """Only lines of tags that feed a changed field disappear from a record in line form."""
    data = written(work.model_copy(update={"type": "article-journal"})).replace(b"%", b"%", 1)
    (record,) = refer.read([data])
    changed = record.model_copy(
        update={"work": record.work.model_copy(update=update), "doi_text": update.get("doi", record.doi_text)}
    )
    after = b"".join(refer.write([changed]))
    lost = Counter(data.split(b"\n")) - Counter(after.split(b"\n"))
    allowed = {name for name, value in update.items() if getattr(record.work, name) != value}
    fresh = written(Work(**{"type": "article-journal", **{name: getattr(record.work, name) for name in allowed}}))
    assert set(lost) <= {*fresh.split(b"\n"), b""}


def test_a_conference_is_added_only_beside_its_proceedings() -> None:
    """With the proceedings in %J the conference goes to %B; where they stand in %B it finds no place and nothing changes."""
    text = "%0 Conference Paper\n%T a\n%J Proc.\n"
    assert changed(text, event_title="Conf") == text + "%B Conf\n"
    beside = text.replace("%J", "%B")
    assert changed(beside, event_title="Conf") == beside
    for written, missing in (
        (text, ()),
        (beside, ("event-title",)),
    ):  # and that is said, so that nobody reports a change
        (record,) = refer.read([written.encode()])
        work = record.work.model_copy(update={"event_title": "Conf"})
        assert refer.unheld(record.model_copy(update={"work": work}), ["event-title"]) == missing


@pytest.mark.parametrize(
    ("text", "room"),
    [
        ("%0 Book\n%T a\n", True),
        ("%0 Book\n%T a\n%E Kay\n", False),
        ("%0 Report\n%T a\n%E Kay\n", False),
        ("%0 Edited Book\n%T a\n", False),
        ("%0 Edited Book\n%T a\n%A Kay\n", False),
        ("%0 Journal Article\n%T a\n%E Kay\n", True),
        ("%0 Book\n%T a\n%A Roe\n%E Kay\n", True),
    ],
)
def test_authors_join_only_where_editors_stay_editors(text: str, *, room: bool) -> None:
    """Law: either the authors are held and no other name changes its role, or the field is told to find no place."""
    (record,) = refer.read([text.encode()])
    work = record.work.model_copy(update={"author": (Name(family="Doe", given="J."),)})
    after = record.model_copy(update={"work": work})
    assert refer.unheld(after, ["author"]) == (() if room else ("author",))
    (reread,) = refer.read(refer.write([after]))
    assert (reread.work == work) is room
    more = work.model_copy(
        update={"collection_editor": (Name(family="Poe", orcid="0000-0002-1825-0097"),)}
    )  # which may find no place itself
    assert refer.unheld(record.model_copy(update={"work": more}), ["author"]) == (() if room else ("author",))


SAMPLE = (
    "%0 Journal Article\r\n%T  Spaced   title \r\n%A Roe, Jane\r\n%J J. Test\r\n%D 2012\r\n%~ DB\r\n%R doi:10.1000/ABC\r\n"
    "%X Text of it.\r\n%U http://x.org/\r\n\r\n"
)


def changed(text: str, *, encoding: str = "utf-8", doi_text: str | None = None, **update: Any) -> str:
    (record,) = refer.read([text.encode(encoding)])
    work = record.work.model_copy(update=update)
    record = record.model_copy(update={"work": work, "doi_text": doi_text or record.doi_text})
    return b"".join(refer.write([record])).decode(encoding)


def test_new_tags_stand_where_endnote_has_them() -> None:
    """Volume, issue and pages follow the journal, an ISSN stands before the abstract; every other line stays."""
    after = changed(SAMPLE, volume="7", issue="2", page="1-9", issn=("2090-3170",))
    lines = SAMPLE.split("\r\n")
    assert after.split("\r\n") == [*lines[:4], "%V 7", "%N 2", "%P 1-9", *lines[4:7], "%@ 2090-3170", *lines[7:]]


def test_a_doi_is_put_into_its_own_line() -> None:
    """Only the spelling of the DOI changes when the bare one is wanted."""
    assert changed(SAMPLE, doi_text="10.1000/abc") == SAMPLE.replace("doi:10.1000/ABC", "10.1000/abc")


def test_a_doi_from_an_address_gets_a_line_and_the_address_stays() -> None:
    """A DOI read from %U is written as %R beside it."""
    text = "%0 Book\n%T a\n%U https://doi.org/10.1000/182\n"
    assert (
        changed(text, doi_text="10.1000/182") == "%0 Book\n%T a\n%R 10.1000/182\n%U https://doi.org/10.1000/182\n"
    )


def test_a_broken_doi_gives_way_to_the_right_one() -> None:
    """What was meant to be a DOI is replaced; a name of another kind is not."""
    text = "%0 Book\n%T a\n%R oai:x:1\n%R doi:10.1000\n"
    after = changed(text, doi="10.1000/182", doi_text="10.1000/182")
    assert after == "%0 Book\n%T a\n%R oai:x:1\n%R 10.1000/182\n"


def test_words_beside_a_doi_are_not_lost() -> None:
    """A %R that says more than the DOI stays, and the DOI's own line comes before it."""
    text = "%0 Report\n%T a\n%R Report 7, see 10.1000/182 for data\n"
    after = changed(text, doi_text="10.1000/182")
    assert after == "%0 Report\n%T a\n%R 10.1000/182\n%R Report 7, see 10.1000/182 for data\n"


def test_unchanged_names_and_numbers_keep_their_lines() -> None:
    """Of a list only the items that changed are written anew; a medium beside an ISSN stays."""
    text = "%0 Book\n%A Jane Roe\n%A Doe, J\n%T a\n%@ 0926-9630 (Print)\n1386-5056 (Linking)\n"
    after = changed(
        text,
        author=(Name(family="Roe", given="Jane"), Name(family="Doe", given="John")),
        isbn=("8203107354",),
    )
    assert after == text.replace("Doe, J\n", "Doe, John\n") + "%@ 8203107354\n"


def test_stray_text_and_blank_lines_stay() -> None:
    """Text between records and the blank lines around a changed record are kept."""
    text = "Exported on Monday\n\n%0 Book\n%T a\n\n\nPage 2 of 3\n\n"
    assert changed(text, volume="3") == "Exported on Monday\n\n%0 Book\n%T a\n%V 3\n\n\nPage 2 of 3\n\n"


def test_broken_bytes_stay_beside_a_change() -> None:
    """Bytes that are not valid survive a change of another tag."""
    data = b"%0 Book\n%T \xc3\xa4 \xc3\xb6 \xff!\n%I X\n"
    (record,) = refer.read([data])
    assert record.work.title == "ä ö \ufffd!"
    record = record.model_copy(update={"work": record.work.model_copy(update={"publisher": "Ü"})})
    assert b"".join(refer.write([record])) == b"%0 Book\n%T \xc3\xa4 \xc3\xb6 \xff!\n%I \xc3\x9c\n"


def test_what_the_encoding_cannot_hold_is_named_and_left_out() -> None:
    """In a cp1252 file a Polish name is withheld, a typographic hyphen becomes a plain one."""
    text = "%0 Book\n%T Größe\n%I Köln\n"
    (record,) = refer.read([text.encode("cp1252")])
    assert record.source is not None
    assert record.source.encoding == "cp1252"
    update = {"author": (Name(family="Łoś", given="Jan"),), "page": "1\u20109", "publisher": "Ko\u0308ln & Rom"}
    record = record.model_copy(update={"work": record.work.model_copy(update=update)})
    assert refer.unencodable(record, ["title", "author"]) == ("author",)
    after = b"".join(refer.write([record])).decode("cp1252")
    assert after == "%0 Book\n%T Größe\n%P 1-9\n%I Köln & Rom\n"


@pytest.mark.parametrize("tail", ["", "\n", "\n\n", " "])
def test_a_flattened_record_that_changes_gets_a_line_for_each_tag(tail: str) -> None:
    """Its values stay as they are, and what follows it on the line is still another record."""
    text = f"%0 Book %T a 5 %c b %A Roe, Jane %X We took 5 mol %K of it. %U http://x.org/{tail}"
    after = changed(text, volume="3")
    expected = "%0 Book\n%T a 5 %c b\n%V 3\n%A Roe, Jane\n%X We took 5 mol %K of it.\n%U http://x.org/\n"
    assert after == expected + ("\n" if tail else "")


def test_tags_that_are_text_stay_on_their_line() -> None:
    """A note that ends in what looks like tags without values is the same note after another tag has changed."""
    (record,) = refer.read([b"%0 Journal Article %P 1-10 %R 10.1155/2012/574025 %Z %0 %K \n"])
    assert record.work.note == "%0 %K"
    changed = record.model_copy(update={"work": record.work.model_copy(update={"volume": "3"})})
    (again,) = refer.read(refer.write([changed]))
    assert (again.work.volume, again.work.note) == ("3", record.work.note)


def test_an_empty_tag_below_does_not_become_a_record() -> None:
    """An empty tag after a blank line stays in its record when the record comes to have such a tag with a value."""
    (record,) = refer.read([b"%0 Journal Article\n%R 10.1155/2012/574025\n%K \n\n%G \n"])
    changed = record.model_copy(update={"work": record.work.model_copy(update={"language": "en"})})
    (again,) = refer.read(refer.write([changed]))
    assert again.work == changed.work


def test_a_second_type_that_is_none_stays_text() -> None:
    """A flattened record with a further %0 that names no type is one record still when it gets lines."""
    (record,) = refer.read([b"%0 Journal Article %P 1-10 %K %0 %5 \n"])
    changed = record.model_copy(update={"work": record.work.model_copy(update={"volume": "3"})})
    (again,) = refer.read(refer.write([changed]))
    assert again.work == changed.work

"""Which of several works a record describes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from enrich import matching
from enrich.model import Name, Origin, PartialDate, Record, Registration, Update, Work

TITLE = "Active Roles of Tumor Stroma in Breast Cancer Metastasis"
AUTHORS = (Name(family="Khamis", given="Zahraa I."), Name(family="Sahab", given="Ziad J."))
ARTICLE: dict[str, Any] = {
    "type": "article-journal", "title": TITLE, "author": AUTHORS, "issued": PartialDate(year=2012), "volume": "7",
    "container_title": "International Journal of Breast Cancer", "page": "574-583", "publisher": "Hindawi",
}  # fmt: skip
BOOK: dict[str, Any] = {
    "type": "book", "title": "The Structure of Scientific Practice", "author": AUTHORS, "issued": PartialDate(year=1999),
    "publisher": "Nowhere University Press", "isbn": ("9780306406157",),
}  # fmt: skip
PAPER: dict[str, Any] = {
    "type": "paper-conference", "title": "Membership Inference Without Shadow Models", "author": AUTHORS,
    "issued": PartialDate(year=2025), "container_title": "Findings of the Society for Sparse Methods 2025",
    "publisher": "Society for Sparse Methods",
}  # fmt: skip
STRANGER = (Name(family="Quist", given="A."),)


def remote(
    base: dict[str, Any], doi: str = "10.1000/right", stated: dict[str, Any] | None = None, **changes: Any
) -> Record:
    """Give a work, with changes, the form of a registry's answer."""
    return Record(
        work=Work(**{**base, "doi": doi, **changes}),
        origin=Origin(agency="crossref", retrieved_at=datetime(2026, 11, 1, tzinfo=UTC)),
        registration=Registration(**(stated or {})),
    )


def local(base: dict[str, Any], *without: str, **changes: Any) -> Work:
    """Describe a work without a DOI."""
    return Work(**{name: value for name, value in {**base, **changes}.items() if name not in without})


CERTAIN = [
    ("as it is registered", local(ARTICLE)),
    ("the first author's family name, no type", local(ARTICLE, "type", author=(Name(family="Khamis"),))),
    ("a journal in short", local(ARTICLE, container_title="Int J Breast Cancer", page="574")),
    ("shouted", local(ARTICLE, title=TITLE.upper())),
    ("a letter wrong, a year off", local(ARTICLE, title=TITLE.replace("Roles", "Rolse"), issued=PartialDate(year=2013))),
    ("no journal", local(ARTICLE, "container_title", "publisher")),
    ("no volume", local(ARTICLE, "volume")),
]  # fmt: skip


@pytest.mark.parametrize("work", [case[1] for case in CERTAIN], ids=[case[0] for case in CERTAIN])
def test_a_work_is_certain_that_stands_where_the_record_says(work: Work) -> None:
    """Law: title, people, year and the place in a volume make certain, in the spellings of libraries."""
    assert matching.certain(work, matching.rank(work, [remote(ARTICLE)]))


DOUBTFUL = [
    ("no page", local(ARTICLE, "page"), ARTICLE, {}),
    ("another page", local(ARTICLE), ARTICLE, {"page": "991-999"}),
    ("another volume", local(ARTICLE), ARTICLE, {"volume": "8"}),
    ("another year", local(ARTICLE), ARTICLE, {"issued": PartialDate(year=2015)}),
    ("another journal", local(ARTICLE), ARTICLE, {"container_title": "Annals of Glaciology"}),
    ("other people", local(ARTICLE), ARTICLE, {"author": STRANGER}),
    ("no people, no year", local(ARTICLE, "author", "issued"), ARTICLE, {}),
    ("a word more", local(ARTICLE), ARTICLE, {"title": f"Notes on {TITLE}"}),
    ("its second part", local(ARTICLE), ARTICLE, {"title": f"{TITLE}. Part 2"}),
    ("its erratum", local(ARTICLE), ARTICLE, {"title": f"Erratum to: {TITLE}"}),
    ("its preprint", local(ARTICLE), ARTICLE,
     {"type": "article", "volume": None, "page": None, "container_title": "bioRxiv"}),
    ("its data", local(ARTICLE), ARTICLE, {"type": "dataset", "volume": None, "page": None, "container_title": None}),
    ("a column", local(ARTICLE, "page", title="Editorial"), ARTICLE, {"title": "Editorial"}),
    ("a book at another publisher", local(BOOK, "isbn"), BOOK, {"publisher": "Elsewhere Books", "isbn": ()}),
    ("another edition", local(BOOK, "isbn"), BOOK, {"issued": PartialDate(year=2004)}),
    ("a chapter of that title", local(BOOK), BOOK, {"type": "chapter", "page": "1-9"}),
    ("a book with a subtitle", local(BOOK, "isbn"), BOOK, {"title": f"{BOOK['title']}: A Reader", "isbn": ()}),
    ("a part of what was cut off", local(ARTICLE), ARTICLE, {"title": f"{TITLE}: A Review, Part 2"}),
    ("a paper of proceedings that has a page", local(PAPER), PAPER, {"page": "1-9"}),
    ("a paper a year later", local(PAPER), PAPER, {"issued": PartialDate(year=2026)}),
    ("a paper of other proceedings", local(PAPER), PAPER, {"container_title": "Proceedings of Everything"}),
    ("a preprint elsewhere", local(PAPER, type=None), PAPER, {"type": "article", "container_title": "bioRxiv"}),
    ("an article of which nobody says the page", local(ARTICLE), ARTICLE, {"page": None, "volume": None}),
    ("a version", local(BOOK), BOOK, {"version": "2.0"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("work", "base", "changes"), [case[1:] for case in DOUBTFUL], ids=[case[0] for case in DOUBTFUL]
)
def test_nothing_is_certain_that_may_be_another_work(
    work: Work, base: dict[str, Any], changes: dict[str, Any]
) -> None:
    """Law: what a look-alike could have said as well leaves the choice to a person, though nothing else was found."""
    assert not matching.certain(work, matching.rank(work, [remote(base, **changes)]))


def test_a_book_is_certain_by_publisher_or_isbn() -> None:
    """Law: what stands in no volume is told by type, publisher and ISBN."""
    for without in ((), ("isbn",), ("publisher",)):
        work = local(BOOK, *without)
        assert matching.certain(work, matching.rank(work, [remote(BOOK)]))
    bare = local(BOOK, "isbn", "publisher")
    assert not matching.certain(bare, matching.rank(bare, [remote(BOOK)]))
    nameless = local(BOOK, "author")
    assert matching.certain(nameless, matching.rank(nameless, [remote(BOOK, author=())]))
    assert not matching.certain(nameless, matching.rank(nameless, [remote(BOOK, author=(), isbn=())]))


@pytest.mark.parametrize(
    "base", [PAPER, {**PAPER, "type": "article"}, {**PAPER, "type": "chapter"}, {**PAPER, "type": "dataset"}]
)
def test_what_bears_one_title_once_needs_no_page(base: dict[str, Any]) -> None:
    """Law: where neither side says a page, proceedings, a book or a server are place enough; a journal is not."""
    for without in ((), ("type",)):
        work = local(base, *without)
        assert matching.certain(work, matching.rank(work, [remote(base)]))
    work = local(base, type="article-journal")
    assert not matching.certain(work, matching.rank(work, [remote(base, type="article-journal")]))


@pytest.mark.parametrize(
    "stated",
    [
        {"updates": (Update(type="correction", doi="10.1000/1", direction="update-to"),)},
        {"updates": (Update(type="new_version", doi="10.1000/1", direction="update-to"),)},
        {"relations": (("is-version-of", "10.1000/1"),)},
    ],
)
def test_what_the_registry_states_is_heeded(stated: dict[str, Any]) -> None:
    """Law: a notice about another work, and one of several versions, are never certain, however well they fit."""
    work = local(ARTICLE)
    assert not matching.certain(work, matching.rank(work, [remote(ARTICLE, stated=stated)]))


@pytest.mark.parametrize("kind", ["new_version", "correction"])
def test_a_work_may_replace_itself(kind: str) -> None:
    """Law: an update of a work by itself, as some publishers register theirs, makes it no notice and no version."""
    work = local(ARTICLE)
    for direction in ("update-to", "updated-by"):
        stated = {"updates": (Update(type=kind, doi="10.1000/right", direction=direction),)}
        assert matching.certain(work, matching.rank(work, [remote(ARTICLE, stated=stated)]))


def test_two_that_fit_leave_the_choice() -> None:
    """Law: with a second work that nothing tells from the first, neither is chosen; with one that is an alias, it is."""
    work = local(ARTICLE)
    twins = [remote(ARTICLE), remote(ARTICLE, "10.1000/twin")]
    assert not matching.certain(work, matching.rank(work, twins))
    assert len(matching.leaders(matching.rank(work, twins))) == 2
    alias = [remote(ARTICLE), remote(ARTICLE, "10.1000/twin", {"aliases": ("10.1000/right",)})]
    assert matching.certain(work, matching.rank(work, alias))
    apart = [remote(ARTICLE), remote(ARTICLE, "10.1000/other", page="1-2", volume="9")]
    assert matching.certain(work, matching.rank(work, apart))
    assert matching.rank(work, reversed(apart))[0].record.work.doi == "10.1000/right"


NOTICE = Update(type="correction", doi="10.1000/1", direction="update-to")
BESIDE = [
    ("a notice under its title", ARTICLE, {"stated": {"updates": (NOTICE,)}}),
    ("a version that nobody speaks of", BOOK, {"version": "7"}),
    ("an edition two years later", BOOK, {"issued": PartialDate(year=2001)}),
    ("an article under a book's title", BOOK, {"page": "12-19"}),
    ("its supplement on the same page", ARTICLE, {"title": f"Supplement to: {TITLE}"}),
    ("its data on the same page", ARTICLE, {"title": f"Data from: {TITLE}"}),
    ("a book under a paper's title", PAPER, {"type": None, "container_title": None, "isbn": ("9780306406157",)}),
    ("a preprint nobody names", PAPER, {"type": "article", "container_title": None}),
]  # fmt: skip


@pytest.mark.parametrize(("base", "changes"), [case[1:] for case in BESIDE], ids=[case[0] for case in BESIDE])
def test_what_a_record_would_speak_of_is_not_in_the_way(base: dict[str, Any], changes: dict[str, Any]) -> None:
    """Law: what bears a mark of which the record says nothing is no rival of what fits without; alone it is not chosen."""
    work, other = local(base), remote(base, "10.1000/other", **changes)
    for works in ([remote(base), other], [other, remote(base)]):
        chosen = matching.certain(work, matching.rank(work, works))
        assert chosen is not None
        assert chosen.record.work.doi == "10.1000/right"
    assert matching.certain(work, matching.rank(work, [other])) is None


def test_what_stands_nowhere_falls_behind_what_stands_there() -> None:
    """Law: where the record and one work say in which journal, another that is in none is no rival of it."""
    nowhere = remote(ARTICLE, "10.1000/other", container_title=None)
    for works in ([remote(ARTICLE), nowhere], [nowhere, remote(ARTICLE)]):
        ranked = matching.rank(local(ARTICLE), works)
        assert ranked[0].bits - ranked[1].bits < matching.choice.MARGIN, "the margin alone does not tell"
        chosen = matching.certain(local(ARTICLE), ranked)
        assert chosen is not None
        assert chosen.record.work.doi == "10.1000/right"


def test_a_year_off_decides_nothing() -> None:
    """Law: between two years that follow each other nobody can tell, since a record's may be the wrong one."""
    work = local(BOOK)
    later = remote(BOOK, "10.1000/later", issued=PartialDate(year=2000))
    assert matching.certain(work, matching.rank(work, [remote(BOOK), later])) is None


def test_no_work_no_choice() -> None:
    """Law: without a work, or with unconfirmed ones alone, nobody leads."""
    work = local(ARTICLE)
    assert matching.rank(work, []) == matching.leaders([]) == ()
    assert not matching.certain(work, ())
    assert (
        matching.leaders(
            matching.rank(work, [remote(ARTICLE, title="A wholly different matter", page="1", author=STRANGER)])
        )
        == ()
    )


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (TITLE, TITLE.upper(), True),
        (TITLE, f"{TITLE}: A Review", True),
        (TITLE, f"Erratum to: {TITLE}", True),
        (TITLE, "Sediment transport on tidal flats", False),
        (TITLE, "乳がん転移における腫瘍間質の役割", True),
    ],
)
def test_titles_worth_a_look(one: str, other: str, alike: object) -> None:
    """Law: works of other titles are not asked for; what cannot be compared is."""
    assert matching.is_alike(one, other) is alike

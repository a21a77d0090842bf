"""Two records of one work are found; two works never are one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.matching import duplicates
from enrich.matching.duplicates import Duplicates, Twin
from enrich.model import Name, Origin, PartialDate, Record, Verdict, Work

ONE, OTHER = "10.1000/182", "10.1000/183"


def record(
    doi: str | None = ONE, title: str = "Random Forests", family: str = "Breiman", **more: object
) -> Record:
    work = Work(
        type="article-journal", title=title, author=(Name(family=family, given="Leo"),), issued=PartialDate(year=2001),
        container_title="Machine Learning", volume="45", page="5-32", doi=doi, **more,
    )  # fmt: skip
    return Record(work=work, origin=Origin())


def twins(*records: Record) -> list[Twin | None]:
    seen = Duplicates()
    return [seen.twin(each, number) for number, each in enumerate(records)]


def test_one_doi_is_one_work() -> None:
    """The same DOI is enough where the descriptions do not contradict each other, and the first record counts."""
    assert twins(record(), record(title="Random forests"), record()) == [None, Twin(0, "doi"), Twin(0, "doi")]


def test_one_doi_for_two_works_is_a_mistake_and_no_duplicate() -> None:
    """Merging them would destroy one."""
    other = record(title="On the Electrodynamics of Moving Bodies", family="Einstein").work
    far = other.model_copy(update={"issued": PartialDate(year=1905), "volume": "17", "page": "891-921"})
    far = far.model_copy(update={"container_title": "Annalen der Physik"})
    assert twins(record(), Record(work=far, origin=Origin())) == [None, None]


def test_without_a_doi_the_description_tells() -> None:
    """Title, people and year together make a duplicate, with one DOI between two records or none."""
    assert twins(record(), record(doi=None)) == [None, Twin(0, "match")]
    assert twins(record(doi=None), record(doi=None)) == [None, Twin(0, "match")]


def test_two_dois_are_two_works() -> None:
    """However alike they are: a preprint and its article, an article and its reprint."""
    assert twins(record(), record(doi=OTHER)) == [None, None]


def test_a_title_alone_makes_no_duplicate() -> None:
    """Editorials share a title and nothing else; records without a title are never compared."""
    bare = Record(work=Work(title="Editorial"), origin=Origin())
    assert (
        twins(bare, bare, Record(work=Work(), origin=Origin()), Record(work=Work(), origin=Origin())) == [None] * 4
    )


@given(st.lists(st.sampled_from([ONE, OTHER, None]), max_size=8))
@settings(max_examples=50)
def test_a_twin_is_always_an_earlier_record_that_has_none(dois: list[str | None]) -> None:
    """So several duplicates all go into the first, whatever their order."""
    found = twins(*(record(doi) for doi in dois))
    for number, twin in enumerate(found):
        assert twin is None or (twin.number < number and found[twin.number] is None)


def test_many_records_of_one_title_take_linear_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many editorials there are, each is compared with a few."""
    compared = []

    def counting(_local: Work, remote: Record) -> Verdict:
        compared.append(remote)
        return Verdict(state="unconfirmed")

    monkeypatch.setattr(duplicates, "verdict", counting)
    assert twins(*(record(None, title="Editorial") for _ in range(300))) == [None] * 300
    assert 0 < len(compared) <= 300 * duplicates._COMPARED

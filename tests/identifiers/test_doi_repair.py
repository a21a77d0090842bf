"""What a dead DOI may have been: the table of errors, and what holds of every text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from enrich.identifiers import doi as names
from enrich.identifiers import doi_errors
from enrich.identifiers.doi_repair import MOST, candidates

ROWS = list(doi_errors.table().values())
GOOD = [
    "10.1155/2012/574025",
    "10.1038/nature14539",
    "10.1371/journal.pmed.0020124",
    "10.1016/s0140-6736(97)11096-0",
    "10.1093/mind/lix.236.433",
    "10.1111/j.2517-6161.1995.tb02031.x",
    "10.1101/2025.07.19.665657",
    "10.5281/zenodo.4946933",
    "10.1007/978-3-642-04346-8_6",
    "10.1023/a:1010933404324",
]


def known(prefix: str) -> bool:
    """Say of a few prefixes that somebody registers such names."""
    return prefix in {"10.1038", "10.1016", "10.1155", "10.48550"}


def test_the_table_is_long_enough() -> None:
    """Law: at least 30 classes, each with a sentence, an example and a way of its own, none twice."""
    assert len(ROWS) >= 30
    assert len({row.sentence for row in ROWS}) == len({row.wrong for row in ROWS}) == len(ROWS)
    assert {row.name for row in ROWS} == set(doi_errors._WAYS)
    assert all(names.is_valid(row.right) and row.wrong != row.right for row in ROWS)
    text = (Path(doi_errors.__file__).parent / "doi_errors.tsv").read_text("utf-8")
    assert [line.count("\t") for line in text.splitlines() if not line.startswith("#")] == [4] * len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_each_class_leads_back(row: doi_errors.ErrorClass) -> None:
    """Law: an error that is seen is undone among the first candidates, by its own class; a guess among the rest."""
    found = candidates(row.wrong, is_known=known)
    place = [candidate.doi for candidate in found].index(row.right)
    assert row.name in found[place].errors
    assert row.sentence in found[place].explanation
    assert found[place].is_seen == row.is_seen
    if row.is_seen:
        assert place < 6
        assert row.right in [candidate.doi for candidate in candidates(row.wrong, guesses=False)]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("https://doi.org/10.1038/nature14539/full.pmid:26017442", "10.1038/nature14539"),
        ("doi:10.1016/j..aca.2006.07.086(2006)", "10.1016/j.aca.2006.07.086"),
        ("10.1155/2012/574O25.", "10.1155/2012/574025"),
        ("DOl: 10.1155/2012/574o25[doi]", "10.1155/2012/574025"),
        ("10.1O38/nature14539>accessed12", "10.1038/nature14539"),
        ("10.138/nature14539", "10.1038/nature14539"),
        ("10.10388/nature14539", "10.1038/nature14539"),
        ("10.1083/nature14539", "10.1038/nature14539"),
        ("10.4855/arxiv.1706.03762", "10.48550/arxiv.1706.03762"),
    ],
)
def test_two_errors_at_once(wrong: str, right: str) -> None:
    """Law: errors come together, and a prefix is known by its neighbours."""
    assert right in [candidate.doi for candidate in candidates(wrong, is_known=known)][:40]


@pytest.mark.parametrize("doi", GOOD)
def test_a_good_name_shows_no_error(doi: str) -> None:
    """Law: nothing is seen to be wrong in an ordinary name, so that nobody asks for anything in its place."""
    assert candidates(doi, guesses=False) == ()


def test_a_short_doi_is_not_guessed_at() -> None:
    """Law: a short DOI is a mere number: nothing shows an error in it, and any other would do as well."""
    assert candidates("https://doi.org/10/abcde") == ()


def test_a_name_that_ends_in_punctuation_is_meant_as_it_stands() -> None:
    """Law: where a reading cut something off, the text as it stands is asked for first."""
    first = candidates("10.1000/182.")[0]
    assert (first.doi, first.errors) == ("10.1000/182.", ("reading",))


pieces = st.sampled_from(
    ["10.", "10.1000/", "10.1038", "/", "doi:", "https://", "&lt", ";", "%252F", "(", ")", "[", ".", "..", "__", "o0O",
     "l1I", "\\", " ", "\u200b", "\ufffd", "\u2013", "<i>", "nature14539", "10.1038/nature14539", "97803064061577", "\ud800"]
)  # fmt: skip


@given(st.text(max_size=60) | st.lists(pieces, max_size=40).map("".join))
@hypothesis_settings(max_examples=300)
def test_candidates_are_valid_new_and_few(text: str) -> None:
    """Law: whatever the text, candidates are well-formed, each once, never what is read already, and bounded in number."""
    found = [candidate.doi for candidate in candidates(text, is_known=known)]
    assert len(found) <= MOST
    assert len(set(found)) == len(found)
    assert all(map(names.is_valid, found))
    assert names.find(text) not in found
    assert {candidate.doi for candidate in candidates(text, guesses=False)} <= set(found) or len(found) == MOST


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
@pytest.mark.parametrize("piece", ["(", ".", "a-", "0o", "10.1000/a", "www.a.com", "%25", "<a", "&lt", " doi"])
def test_no_way_yields_many_spellings_of_a_long_text(row: doi_errors.ErrorClass, piece: str) -> None:
    """Law: what a way yields is bounded, and none of it grows beyond the text by more than a few characters."""
    text = "10.1000/" + piece * (600 // len(piece))
    ways = list(row.ways(text))
    assert len(ways) <= 140
    assert all(len(way) <= 2 * len(text) for way in ways)

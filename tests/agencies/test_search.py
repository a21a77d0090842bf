"""Searches: what is asked for a work, and what an answer is taken for."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import pytest
from agencies.world import response
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from enrich.agencies import search
from enrich.agencies.search import ENGINES, ROWS, Hit, Unanswered
from enrich.model import Answer, Failure, Name, PartialDate, Work

WORK = Work(
    title='On <i>"Naïve"</i> (and other) Methods: A & B?',
    author=(
        Name(family="Möller", given="J."),
        Name(literal="The Group: X"),
        Name(family="Roe"),
        Name(family="Doe"),
    ),
    issued=PartialDate(year=2012),
    container_title="Annals of X",
)


def asked(agency: str, work: Work = WORK) -> dict[str, list[str]]:
    """Return the parameters of the question for a work."""
    question = search.request(agency, work)
    assert question is not None
    return parse_qs(question.query, strict_parsing=True)


def heard(agency: str, answer: Answer) -> Any:
    """Return what the flow makes of an answer."""
    question = search.request(agency, WORK)
    assert question is not None
    flow = search.search(agency, question)
    assert next(flow) is question
    with pytest.raises(StopIteration) as end:
        flow.send(answer)
    return end.value.value


def test_crossref_is_asked_by_fields() -> None:
    """Law: one list request: title, journal and year in one field, three families in the other, few rows, names only."""
    question = search.request("crossref", WORK)
    assert question is not None
    assert (question.service, question.kind, question.path) == ("crossref", "list", "/works")
    assert asked("crossref") == {
        "query.bibliographic": ['On "Naïve" (and other) Methods: A & B? Annals of X 2012'],
        "query.author": ["Möller The Group: X Roe"],
        "rows": [str(ROWS)],
        "select": ["DOI,title"],
    }


def test_datacite_is_asked_in_lucene_without_operators_of_the_users() -> None:
    """Law: only words reach the query, in lower case, so that no title can be taken for syntax."""
    (query,) = asked("datacite")["query"]
    assert query == (
        "titles.title:(on OR naïve OR and OR other OR methods OR a OR b)"
        " AND creators.name:(möller OR the OR group OR x OR roe)"
    )
    assert asked("datacite")["sort"] == ["relevance"]


@pytest.mark.parametrize(
    "work",
    [
        Work(),
        Work(title=WORK.title),
        Work(title="Notes", author=WORK.author, issued=WORK.issued),
        Work(author=WORK.author, issued=WORK.issued),
    ],
)
def test_what_says_too_little_is_not_searched_for(work: Work) -> None:
    """Law: a title that means something, and people or a year, or nobody is asked."""
    assert all(search.request(agency, work) is None for agency in ENGINES)


def test_an_agency_without_a_search_is_not_asked() -> None:
    """Law: only agencies with a search have questions."""
    assert search.request("jalc", WORK) is None


@given(st.text(max_size=3000), st.text(max_size=500))
@hypothesis_settings(max_examples=100)
def test_any_words_make_a_line_of_bounded_length(title: str, family: str) -> None:
    """Law: however long or odd a record is, the question is ASCII and fits into a request line."""
    work = Work(title=f"Sediment {title}", author=(Name(family=family),) * 9, issued=PartialDate(year=1))
    for agency in ENGINES:
        question = search.request(agency, work)
        assert question is not None
        assert question.target.isascii()
        assert len(question.target) < 12_000


def test_names_and_titles_are_read_from_both() -> None:
    """Law: the names in the order of the answer, in compact form, each with its title; what is no name is left out."""
    items = [
        {"DOI": "10.1000/A", "title": ["First <i>x</i>"]},
        {"DOI": "nonsense"},
        {"title": ["Nameless"]},
        {"DOI": "10.1000/b"},
    ]
    assert heard("crossref", response({"message": {"items": items}})) == (
        Hit("10.1000/a", "First x"),
        Hit("10.1000/b", None),
    )
    data = [
        {"id": "10.5072/a", "attributes": {"titles": [{"title": "A"}]}},
        {"id": "x"},
        {"attributes": {"doi": "10.5072/B"}},
    ]
    assert heard("datacite", response({"data": data})) == (Hit("10.5072/a", "A"), Hit("10.5072/b", None))


def test_no_more_rows_are_read_than_were_asked_for() -> None:
    """Law: an answer that is longer than the question allows is read as far as that."""
    items = [{"DOI": f"10.1000/{number}"} for number in range(1000)]
    assert len(heard("crossref", response({"message": {"items": items}}))) == ROWS


@pytest.mark.parametrize(
    ("answer", "is_refusal"),
    [
        (Failure(reason="down", detail="it is down"), False),
        (response({}, 503), False),
        (response({}, 429), False),
        (response({}, 403), True),
        (response({}, 401), True),
        (response({}, 400), True),
        (response({"message": {"items": {}}}), False),
        (response({"message": []}), False),
        (response([]), False),
        (response(b"<html>"), False),
    ],
)
def test_no_answer_is_not_nothing_found(answer: Answer, is_refusal: object) -> None:
    """Law: an outage, a refusal and a broken answer are told from a search without results."""
    for agency in ENGINES:
        said = heard(agency, answer)
        assert isinstance(said, Unanswered)
        assert (said.agency, said.is_refusal) == (agency, is_refusal)
    assert heard("crossref", response({"message": {"items": []}})) == ()


@given(
    st.recursive(
        st.none() | st.text(max_size=9) | st.integers(-99, 9999),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["message", "items", "data", "attributes", "DOI", "doi", "id", "title", "titles"]),
                inner,
            )
        ),
        max_leaves=20,
    )
)
@hypothesis_settings(max_examples=150)
def test_odd_answers_raise_nothing(content: Any) -> None:
    """Law: whatever shape an answer has, it is hits or no answer."""
    for agency in ENGINES:
        said = heard(agency, response(content))
        assert isinstance(said, Unanswered) or all(isinstance(hit, Hit) for hit in said)

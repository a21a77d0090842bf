"""Searches for a work without a DOI: one question for each agency, and the names that it answers with.

Crossref: `query.bibliographic` and `query.author`, both matched loosely and ranked, with `select` since only names count
(https://www.crossref.org/documentation/retrieve-metadata/rest-api/tips-for-using-the-crossref-rest-api/).
DataCite: a query in Lucene's syntax; ranking needs `sort=relevance` and a page number
(https://support.datacite.org/docs/api-queries).

What is found is no more than a hint: title, authors and year are those of an erratum or a preprint, too. The works are asked
for by their names afterwards, so that there is one reader for each answer and one place in the cache.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import quote

from enrich.agencies import base, values
from enrich.agencies.values import first, mappings, member, text
from enrich.identifiers.doi import Doi
from enrich.model.name import Name
from enrich.model.wire import Answer, Failure, Flow, Request
from enrich.model.work import Work
from enrich.text.fold import squeezed

ROWS: Final = 20  # look-alikes of a title that may stand before the right work
_TITLE: Final = 300  # characters
_WORD: Final = re.compile(r"\w{1,60}")
_WORDS: Final = 20
_NAMES: Final = 3
_SHORTEST: Final = 6  # letters of a title that can be searched for


class Hit(NamedTuple):
    """A name in the answer to a search, and the title that goes with it."""

    doi: Doi
    title: str | None


class Unanswered(NamedTuple):
    """No usable answer to a search, and why; `is_refusal` says that asking again is of no use."""

    agency: str
    reason: str
    is_refusal: bool = False


Sought: TypeAlias = tuple[Hit, ...] | Unanswered


def request(agency: str, work: Work) -> Request | None:
    """Return the question for a work; None where it says too little of itself, or where the agency has no search."""
    engine = ENGINES.get(agency)
    if (
        engine is None
        or len(squeezed(work.title or "")) < _SHORTEST
        or not (work.author or work.editor or work.issued)
    ):
        return None
    return engine.request(work)


def search(agency: str, question: Request) -> Flow[Sought]:
    """Ask the question, and return the names in the answer, the likeliest first."""
    answer = yield question
    return _heard(agency, answer)


def _heard(agency: str, answer: Answer) -> Sought:
    if isinstance(answer, Failure):
        return Unanswered(agency, f"{answer.reason}: {answer.detail}")
    if answer.status != 200:
        return Unanswered(agency, f"HTTP {answer.status}", is_refusal=answer.status in {400, 401, 403})
    items = ENGINES[agency].items(base.parsed(answer))
    if not isinstance(items, list):
        return Unanswered(agency, "malformed: the answer is no list of works")
    return tuple(_hits(agency, mappings(items[:ROWS])))


def _hits(agency: str, items: Iterable[Mapping[str, Any]]) -> Iterator[Hit]:
    for item in items:
        name, title = ENGINES[agency].read(item)
        if doi := values.doi(name):
            yield Hit(doi, title)


class _Engine(NamedTuple):
    """How an agency is searched: the request, where the answer's list stands, and what in an item is name and title."""

    request: Callable[[Work], Request]
    items: Callable[[Any], Any]
    read: Callable[[Mapping[str, Any]], tuple[Any, str | None]]


def _families(work: Work) -> list[str]:
    return [family for name in (work.author or work.editor)[:_NAMES] if (family := _family(name))]


def _family(name: Name) -> str:
    return (name.family or name.literal or "")[:60]


def _year(work: Work) -> str:
    return str(work.issued.year) if work.issued and work.issued.year else ""


def _escaped(value: str) -> str:
    return quote(value, safe="", errors="replace")


def _terms(value: str) -> list[str]:
    """Return the words of a text without anything that Lucene could take for an operator."""
    return _WORD.findall(value[:_TITLE].lower())


def _at_crossref(work: Work) -> Request:
    said = " ".join(filter(None, (text(work.title), text(work.container_title), _year(work))))
    query = f"query.bibliographic={_escaped(said[: 2 * _TITLE])}"
    if families := _families(work):
        query += f"&query.author={_escaped(' '.join(families))}"
    return Request(service="crossref", kind="list", path="/works", query=f"{query}&rows={ROWS}&select=DOI%2Ctitle")


def _at_datacite(work: Work) -> Request:
    query = f"titles.title:({' OR '.join(_terms(text(work.title) or '')[:_WORDS])})"
    if names := [word for family in _families(work) for word in _terms(family)]:
        query += f" AND creators.name:({' OR '.join(names)})"
    paging = f"page%5Bnumber%5D=1&page%5Bsize%5D={ROWS}&sort=relevance&disable-facets=true"
    return Request(service="datacite", kind="list", path="/dois", query=f"query={_escaped(query)}&{paging}")


def _of_datacite(datum: Mapping[str, Any]) -> tuple[Any, str | None]:
    titles = mappings(member(datum, "attributes", "titles"))
    name = member(datum, "attributes", "doi") or datum.get("id")
    return name, next((title for each in titles if (title := text(each.get("title")))), None)


ENGINES: Final[Mapping[str, _Engine]] = {
    "crossref": _Engine(
        _at_crossref,
        lambda content: member(content, "message", "items"),
        lambda item: (item.get("DOI"), first(item.get("title"))),
    ),
    "datacite": _Engine(_at_datacite, lambda content: member(content, "data"), _of_datacite),
}
"""Agency -> how it is searched; in the order in which they are asked."""

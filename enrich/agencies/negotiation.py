"""CSL-JSON by content negotiation at doi.org: for agencies without an interface of their own, and where one is down.

https://citation.doi.org/docs.html , https://docs.citationstyles.org/en/stable/specification.html#appendix-iv-variables

doi.org redirects to the agency, so the answer may be anything: 204 without metadata, 406, and from CNKI (and some
eighty prefixes of Crossref's) a page of HTML with status 200. Only JSON that names the DOI asked for is taken; whether
there is such a DOI, this cannot tell. Crossref answers with its own message, lists made strings; ISTIC writes whole names
into `given`, and redirects to a plain address, which transport refuses.

>>> describe({"id": "x", "DOI": "10.1430/8105", "type": "article-journal", "title": "A", "page": "1-9"})[0].page
'1-9'
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from enrich.agencies import base, crossref, values
from enrich.agencies.base import Agency
from enrich.agencies.values import Shape, text
from enrich.errors import ProtocolError
from enrich.identifiers.doi import Doi
from enrich.model.outcome import Outcome
from enrich.model.record import Record
from enrich.model.wire import Answer, Failure, Flow, Request, Response

SOURCE: Final = "doi.org"
CSL: Final = "application/vnd.citationstyles.csl+json"

# Variables of CSL -> the members of Crossref's messages that say the same.
_MEMBERS: Final[Mapping[str, str]] = {
    "container-title-short": "short-container-title",
    "title-short": "short-title",
    "publisher-place": "publisher-location",
    "event-title": "event",
    "number": "article-number",
    "edition": "edition-number",
}
_OWN: Final = ("collection-title", "genre", "PMID", "number-of-pages", "number-of-volumes", "original-publisher")
SHAPE: Final[Shape] = {**crossref.SHAPE, **dict.fromkeys(("copyright", "event", *_MEMBERS, *_OWN))}


def trim(item: Mapping[str, Any], doi: Doi) -> dict[str, Any]:
    """Return a CSL item without what is never read; its `id`, which Crossref's messages lack, tells the two apart."""
    kept: dict[str, Any] = values.pruned(item, SHAPE)
    return {"id": doi, "DOI": doi, **kept}


def is_item(answer: bytes) -> bool:
    """Tell whether a stored answer is a CSL item: only these begin with an `id` and have a `DOI`."""
    return answer.startswith(b'{"id":') and b'"DOI":' in answer and "DOI" in base.loaded(answer, SOURCE)


def read(answer: bytes, *, doi: Doi, retrieved_at: datetime, agency: str) -> Record:
    """Return the record of `doi` that a stored CSL item holds; raises ProtocolError where it is none."""
    item = base.loaded(answer, agency)
    if not isinstance(item.get("DOI"), str):
        raise ProtocolError(f"the stored answer of {agency} for {doi} is no CSL item: it has no DOI")
    return base.recorded(
        describe(item), agency=agency, form="csl-json", raw=answer, doi=doi, retrieved_at=retrieved_at
    )


def describe(item: Mapping[str, Any]) -> base.Described:
    """Return the work a CSL item describes: it is read as the message of Crossref's that CSL-JSON once was."""
    message = {_MEMBERS.get(name, name): value for name, value in item.items()}
    work, registration = crossref.describe(message)
    own = {
        "collection_title": text(item.get("collection-title")) or work.collection_title,
        "genre": text(item.get("genre")) or work.genre,
        "pmid": text(item.get("PMID")),
        "number_of_pages": text(item.get("number-of-pages")),
        "number_of_volumes": text(item.get("number-of-volumes")),
        "license": work.license or _license(item.get("copyright")),
    }
    return work.model_copy(update=own), registration


def _license(value: Any) -> str | None:
    """Return DataCite's `copyright`, where it is an address."""
    found = values.address(value)
    return found if found and found.startswith("http") else None


def lookup(dois: Sequence[Doi], *, agency: str) -> Flow[base.Outcomes]:
    """Ask doi.org for each DOI; where no metadata come of it, it is missing in the result."""
    outcomes: base.Outcomes = {}
    for doi in dois:
        answer = yield _request([doi])
        if not _is_without_metadata(answer):
            question: base.Question[Outcome] = base.Question(agency, _request, partial(_taken, agency=agency))
            outcomes.update(base.reading(question, [doi], answer) or {})
    return outcomes


def _request(batch: Sequence[Doi]) -> Request:
    path = base.path_at_doi_org(batch[0])
    return Request(service="doi", kind="single", path=path, accept=CSL, expect="any", follow=True)


def _is_without_metadata(answer: Answer) -> bool:
    """Tell whether there is nothing to read: no metadata, no such type, a page, a redirect that may not be followed."""
    if isinstance(answer, Failure):
        return answer.reason == "blocked"
    if answer.status == 200:
        return "json" not in answer.headers.get("content-type", "json").lower()
    return 300 <= answer.status < 400 or answer.status == 400


def _taken(batch: Sequence[Doi], answer: Response, *, agency: str) -> dict[Doi, Outcome] | None:
    """Return the item, if it is of the DOI asked for; an answer that names none must at least have a title."""
    item = base.parsed(answer)
    if not isinstance(item, dict):
        return None
    doi = batch[0]
    named = values.doi(item.get("DOI"))
    if doi not in (named, *map(values.doi, values.strings(item.get("aliases")))) and (
        named or not item.get("title")
    ):
        return {}
    reader = partial(read, agency=agency)
    return {doi: base.found(reader, trim(item, doi), doi, answer.received_at)}


def party(label: str) -> Agency:
    """Return an agency that is asked by content negotiation, since it has no interface that is known and open."""
    name = label.lower()
    return Agency(
        name, label, partial(lookup, agency=name), partial(read, agency=name), base.alone, negotiated=True
    )


def silent(label: str) -> Agency:
    """Return an agency that publishes no metadata which could be read: to be registered there ends the story."""
    name = label.lower()
    return Agency(name, label, None, partial(read, agency=name), base.listed)

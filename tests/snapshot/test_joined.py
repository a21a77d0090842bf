"""Answers that came with a join: a table may have been written by anybody."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from enrich.identifiers.doi import Doi
from enrich.model import Elsewhere, Found, NotFound, Outcome
from enrich.snapshot.joined import Answer, Joined

DOI = Doi("10.1000/182")
WHEN = datetime(2026, 1, 1, tzinfo=UTC)
WORK = b'{"DOI":"10.1000/182","title":["A title"]}'


def held(agency: str | None, when: datetime | None, answer: bytes | None) -> Outcome | None:
    """Return what is known of a DOI whose row says this."""
    joined = Joined()
    joined.hold([Answer(DOI, agency, when, answer)])
    return joined.load([DOI]).get(DOI)


def test_a_row_is_read_as_the_snapshot_reads_it() -> None:
    """A work is found with its moment; of doi.org's words each means what it means in a snapshot."""
    found = held("crossref", WHEN, WORK)
    assert isinstance(found, Found)
    assert (found.record.work.title, found.record.origin.retrieved_at) == ("A title", WHEN)
    assert isinstance(held("doi.org", WHEN, b'{"responseCode":100,"handle":"10.1000/182"}'), NotFound)
    assert isinstance(held("doi.org", WHEN, b'{"DOI":"10.1000/182","RA":"KISTI"}'), Elsewhere)


@pytest.mark.parametrize("agency", ["crossref", "datacite", "doi.org", "nobody", "", None])
@pytest.mark.parametrize("answer", [b"[]", b"{}", b"3", b'"x"', b"null", b'{"RA":3}', b"", b"\xff", b"{", None])
@pytest.mark.parametrize("when", [WHEN, None])
def test_what_is_no_answer_is_neither_absence_nor_an_error(
    agency: str | None, answer: bytes | None, when: datetime | None
) -> None:
    """Law: an odd row says nothing of its DOI; above all not that there is no such DOI."""
    assert held(agency, when, answer) is None
    assert held(None, WHEN, WORK) is held("crossref", None, WORK) is None

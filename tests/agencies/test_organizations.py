"""Organizations with a ROR iD are read wherever an agency writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.agencies import crossref, datacite, organizations, read
from enrich.identifiers import doi as doi_names
from enrich.model.record import Organization

CALTECH, CDL, STANFORD = "05dxps055", "03yrm5c26", "00f54p054"
SAID = [
    (
        "crossref",
        {"author": [{"family": "Doe", "affiliation": [
            {"name": "Caltech", "id": [{"id": f"https://ror.org/{CALTECH}", "id-type": "ROR", "asserted-by": "publisher"}]},
            {"name": "Elsewhere"},
        ]}]},
        [(CALTECH, "Caltech")],
    ),
    ("crossref", {"funder": [{"id": [{"id": f"https://ror.org/{CDL}", "id-type": "ROR"}]}]}, [(CDL, None)]),
    ("crossref", {"institution": [{"name": "S", "id": [{"id": f"http://ror.org/{STANFORD}/"}]}]}, [(STANFORD, "S")]),
    ("crossref", {"title": [f"What https://ror.org/{CDL[:-1]}0 is not"]}, []),
    ("crossref", {"author": [{"family": "Doe", "affiliation": [{"id": [{"id": "https://ror.org/nonsense"}]}]}]}, []),
    (
        "datacite",
        {"creators": [{"name": "Doe, J", "affiliation": [
            {"name": "Caltech", "affiliationIdentifier": f"https://ror.org/{CALTECH}", "affiliationIdentifierScheme": "ROR"}
        ]}], "fundingReferences": [{"funderName": "CDL", "funderIdentifier": f"https://ror.org/{CDL}"}]},
        [(CALTECH, "Caltech"), (CDL, "CDL")],
    ),
    (
        "datacite",
        {"publisher": {"name": "Stanford", "publisherIdentifier": f"https://ror.org/{STANFORD}"}},
        [(STANFORD, "Stanford")],
    ),
    (
        "datacite",
        {"creators": [{"name": "CDL", "nameType": "Organizational", "nameIdentifiers": [
            {"nameIdentifier": f"https://ror.org/{CDL}", "nameIdentifierScheme": "ROR"}
        ]}]},
        [(CDL, "CDL")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("agency", "members", "expected"), SAID)
def test_an_organization_survives_trimming_and_reading(
    agency: str, members: dict[str, Any], expected: list[tuple[str, str | None]]
) -> None:
    """What is kept of an answer still names the organizations, with the name each was given; a wrong iD names none."""
    doi = doi_names.compact("10.1000/a")
    trim, key = (crossref.trim, "DOI") if agency == "crossref" else (datacite.trim, "doi")
    kept = orjson.dumps(trim({key: doi, **members}))
    record = read(agency, kept, doi=doi, retrieved_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert record.registration is not None
    assert [(each.ror, each.name) for each in record.registration.organizations] == expected


def test_the_order_of_members_is_no_matter() -> None:
    """An answer that was kept has its members in another order, and names the same organizations in the same order."""
    members = {
        "institution": [{"name": "S", "id": [{"id": f"https://ror.org/{STANFORD}"}]}],
        "funder": [{"name": "CDL", "id": [{"id": f"https://ror.org/{CDL}"}]}],
        "author": [{"affiliation": [{"name": "Caltech", "id": [{"id": f"https://ror.org/{CALTECH}"}]}]}],
    }
    told = [
        organizations.stated(orjson.dumps(dict(each))) for each in (members.items(), reversed(members.items()))
    ]
    assert len(told[0]) == 3
    assert told[0] == told[1]


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text() | st.just(f"https://ror.org/{CDL}"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.just("name"), inner, max_size=3),
    max_leaves=20,
)


@given(_JSON | st.binary())
def test_any_answer_is_searched(answer: Any) -> None:
    """Whatever an answer looks like, the search raises nothing, and finds each organization once."""
    raw = answer if isinstance(answer, bytes) else orjson.dumps(answer)
    found = organizations.stated(raw)
    assert found in ((), (Organization(ror=CDL, name=found[0].name if found else None),))


def test_a_deep_answer_is_left() -> None:
    """An answer nested deeper than any agency's is not followed down."""
    answer = b'{"id":' * 300 + b'"https://ror.org/03yrm5c26"' + b"}" * 300
    assert organizations.stated(answer) == ()

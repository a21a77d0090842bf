"""Where a DOI leads: through aliases, over whatever a handle may hold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.agencies import handles
from enrich.identifiers.doi import Doi
from enrich.model import Answer, Failure, Landing, NotFound, Place, Response, Unavailable

ONE = Doi("10.1000/1")
PAGE = "https://example.org/article/1"


def value(address: Any, kind: str = "URL", index: Any = 1) -> dict[str, Any]:
    """Return a value of a handle."""
    return {"index": index, "type": kind, "data": {"format": "string", "value": address}}


def told(answers: dict[str, Any], doi: Doi = ONE) -> tuple[Place, list[str]]:
    """Return where a DOI leads in a world of handles (a list of values, or an answer), and what was asked."""
    asked: list[str] = []
    flow = handles.landing(doi)
    request = next(flow)
    while True:
        name = request.path.removeprefix("/api/handles/")
        asked.append(name)
        try:
            request = flow.send(answered(name, answers))
        except StopIteration as end:
            return end.value, asked


def answered(name: str, answers: dict[str, Any]) -> Answer:
    found = answers.get(name)
    if isinstance(found, Response | Failure):
        return found
    body = (
        {"responseCode": 100, "handle": name}
        if found is None
        else {"responseCode": 1, "handle": name, "values": found}
    )
    return Response(status=404 if found is None else 200, body=orjson.dumps(body), received_at=datetime.now(UTC))


@pytest.mark.parametrize(
    ("values", "url"),
    [
        ([value(PAGE)], PAGE),
        ([value(f"  {PAGE}\n")], PAGE),
        ([value("https://later.example/", index=5), value(PAGE, index=1)], PAGE),
        ([value("x", "HS_ADMIN", 100), value("mail@example.org", "EMAIL"), value(PAGE)], PAGE),
        ([value("http://example.org/ä?q=<1>&b")], "http://example.org/ä?q=<1>&b"),
        ([value("javascript:alert(1)"), value(PAGE, index=2)], PAGE),
        ([], None), ([value("file:///etc/passwd")], None), ([value("https://")], None), ([value("//example.org/")], None),
        ([value("https://a.example/\nhttps://b.example/")], None), ([value("https://a.example/\x1b[2J")], None),
        ([value("https://a.example/ b")], None), ([value("https://[a.example/")], None), ([value(7)], None),
        ([value(None)], None), ([{"type": "URL"}], None), (["URL"], None), ([value("https://a/" + "a" * 9000)], None),
    ],
)  # fmt: skip
def test_the_address_in_a_handle(values: list[Any], url: str | None) -> None:
    """The first address that a browser may be sent to; the resolver's own where there is none."""
    assert told({ONE: values}) == (Landing(doi=ONE, url=url or f"https://doi.org/{ONE}"), [ONE])


def test_aliases_and_short_names_are_followed() -> None:
    """By `HS_ALIAS`, as short names do, or by an address at doi.org; the name that was asked is kept."""
    world = {
        "10/abcd": [value("10.1000/A", "HS_ALIAS")],
        "10.1000/a": [value("https://doi.org/10.1000/1")],
        "10.1000/1": [value(PAGE)],
    }
    place, asked = told(world, Doi("10/abcd"))
    assert place == Landing(doi=Doi("10/abcd"), url=PAGE)
    assert asked == list(world)


def test_an_alias_of_nothing_and_a_circle_lead_to_the_resolver() -> None:
    """The name exists, whatever becomes of what it stands for; and nobody is asked for ever."""
    assert told({ONE: [value("10.1000/2", "HS_ALIAS")]})[0] == Landing(doi=ONE, url=f"https://doi.org/{ONE}")
    circle = {ONE: [value("10.1000/2", "HS_ALIAS")], "10.1000/2": [value(str(ONE), "HS_ALIAS")]}
    place, asked = told(circle)
    assert place == Landing(doi=ONE, url=f"https://doi.org/{ONE}")
    assert len(asked) <= 4


def test_absence_and_failure_are_different() -> None:
    """Only code 100 about the name itself makes an absence; everything else is nothing known, of the name asked."""
    assert told({})[0] == NotFound(doi=ONE, source="doi.org")
    down = Failure(reason="server", detail="HTTP 503")
    odd = Response(status=200, body=b'{"responseCode": 100, "handle": "10.1/x"}', received_at=datetime.now(UTC))
    page = Response(status=404, body=b"<p>not found</p>", received_at=datetime.now(UTC))
    for answer in (down, odd, page):
        for world in ({ONE: answer}, {ONE: [value("10.1000/2", "HS_ALIAS")], "10.1000/2": answer}):
            place, _ = told(world)
            assert isinstance(place, Unavailable)
            assert place.doi == ONE


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 300) | st.sampled_from(["URL", "HS_ALIAS", PAGE, "10.1000/1", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["index", "type", "data", "value", "values", "handle", "responseCode"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_leads_somewhere_or_nowhere(body: Any) -> None:
    """Whatever a service answers, a value comes out, and an address is one."""
    response = Response(status=200, body=orjson.dumps(body), received_at=datetime.now(UTC))
    place, _ = told({ONE: response})
    assert isinstance(place, Landing | NotFound | Unavailable)
    assert not isinstance(place, Landing) or place.url.startswith("https://")

from __future__ import annotations

import pytest
from pydantic import SecretStr

from enrich.settings import Settings
from enrich.transport.etiquette import Identity, user_agent
from enrich.version import VERSION


def identity(warnings: list[str] | None = None, **settings: object) -> Identity:
    """Return the identity under some settings."""
    return Identity(Settings(**settings), (warnings if warnings is not None else []).append)


def test_user_agent() -> None:
    """The form that Crossref asks for, fit for a header whatever the address."""
    assert (
        user_agent("me@example.org")
        == f"doi-enrich/{VERSION} (https://pypi.org/project/doi-enrich/; mailto:me@example.org)"
    )
    assert user_agent() == f"doi-enrich/{VERSION} (https://pypi.org/project/doi-enrich/)"
    assert user_agent("jürgen@münchen.example").isascii()


@pytest.mark.parametrize("service", ["crossref", "datacite", "jalc", "medra", "doi", None])
def test_tokens_go_to_their_service_alone(service: str) -> None:
    """No service sees another's token, and after a redirect none sees any."""
    asked = identity(crossref_token=SecretStr("C"), datacite_token=SecretStr("D"), mailto="me@example.org")
    headers = asked.headers(service, "*/*", token=True)
    assert headers.get("crossref-plus-api-token") == ("Bearer C" if service == "crossref" else None)
    assert headers.get("authorization") == ("Bearer D" if service == "datacite" else None)
    afterwards = asked.headers(service, "*/*", token=False)
    assert "Bearer" not in str(afterwards)


def test_a_stranger_does_not_learn_the_contact() -> None:
    """A host nobody configured is told the program's name and no more."""
    assert "example.org" not in str(identity(mailto="me@example.org").headers(None, "*/*", token=True))


def test_the_contact_goes_into_the_query_once_the_header_is_lost() -> None:
    """Crossref's pool says whether the header arrived; the warning comes once, and only Crossref is concerned."""
    warnings: list[str] = []
    asked = identity(warnings, mailto="me@example.org")
    assert asked.target("crossref", "/works/1") == "/works/1"
    asked.observe("crossref", {"x-api-pool": "polite-single"})
    asked.observe("datacite", {"x-api-pool": "public"})
    assert not warnings
    for _ in range(3):
        asked.observe("crossref", {"x-api-pool": "public-single"})
    assert len(warnings) == 1
    assert asked.target("crossref", "/works/1") == "/works/1?mailto=me%40example.org"
    assert asked.target("crossref", "/works?rows=1") == "/works?rows=1&mailto=me%40example.org"
    assert asked.target("doi", "/10.1000/1") == "/10.1000/1"


def test_nobody_is_warned_who_has_no_address() -> None:
    """Without a contact the public pool is where the requests belong."""
    warnings: list[str] = []
    asked = identity(warnings, mailto=None)
    asked.observe("crossref", {"x-api-pool": "public-array"})
    assert not warnings
    assert asked.target("crossref", "/works/1") == "/works/1"

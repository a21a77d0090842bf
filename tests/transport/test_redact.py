from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.transport.redact import Redactor

REDACT = Redactor("tök/en+1", "me@example.org", None)


@pytest.mark.parametrize(
    "text",
    [
        "header 'Bearer tök/en+1' is wrong",
        "https://h/works?mailto=me%40example.org&rows=1",
        "doi-enrich/1 (https://pypi.org/; mailto:me@example.org)",
        "mailto=somebody@else.org",
        "https://me:tök%2Fen%2B1@h/",
        "t%C3%B6k%2Fen%2B1",
    ],
)
def test_nothing_secret_is_left(text: str) -> None:
    """Tokens, contacts and passwords are gone, in any spelling of theirs."""
    shown = REDACT(text)
    assert "***" in shown
    for secret in ("tök/en+1", "t%C3%B6k", "example.org", "else.org"):
        assert secret not in shown


@given(st.text())
def test_it_is_idempotent(text: str) -> None:
    """What was hidden stays hidden, and hiding again changes nothing."""
    assert REDACT(REDACT(text)) == REDACT(text)

from __future__ import annotations

from email.utils import formatdate

import pytest
import tenacity
from hypothesis import given
from hypothesis import strategies as st

from enrich.transport import retry

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": " 120 "}, 120.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "1.5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": formatdate(NOW + 90, usegmt=True)}, 90.0),
        ({"retry-after": formatdate(NOW - 90, usegmt=True)}, 0.0),
        ({"retry-after": formatdate(NOW + 90, usegmt=True), "date": formatdate(NOW + 60, usegmt=True)}, 30.0),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT", "date": "never"}, 253402300799.0 - NOW),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds and dates are understood, a date against the service's own clock; nonsense is no wish."""
    assert retry.retry_after(headers, NOW) == seconds


@given(st.text(max_size=100))
def test_any_retry_after_is_survived(text: str) -> None:
    """No value of the header raises, and none is negative."""
    seconds = retry.retry_after({"retry-after": text}, NOW)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize("asked", [None, 0.0, 3.0, 600.0])
@pytest.mark.parametrize("number", [1, 2, 5, 50])
def test_how_long_to_wait(asked: float | None, number: int) -> None:
    """At least half a second, longer with every attempt up to twenty, and never less than the service asked for."""
    state = tenacity.RetryCallState(tenacity.AsyncRetrying(), None, (), {})
    state.attempt_number = number
    state.outcome = tenacity.Future(number)
    state.outcome.set_exception(retry.Trouble("server", "HTTP 503", retry_after=asked))
    growing = min(20, 0.5 * 2 ** (number - 1))
    assert max(growing, asked or 0) <= retry.wait(state) <= max(growing + 0.5, asked or 0)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 520, 524, 530])
def test_what_is_asked_again(status: int) -> None:
    """Overload and broken servers are worth another try."""
    trouble = retry.trouble_in(status, None)
    assert trouble is not None
    assert trouble.again
    assert trouble.healthy is False


@pytest.mark.parametrize("status", [200, 204, 301, 302, 400, 401, 403, 404, 406, 410, 414, 418, 422, 431, 451])
def test_what_is_an_answer(status: int) -> None:
    """No other status below 500 is trouble."""
    assert retry.trouble_in(status, None) is None


@pytest.mark.parametrize("status", [501, 505, 511, 599])
def test_what_is_no_answer_and_not_asked_again(status: int) -> None:
    """A server that says it cannot do this is a failure, once."""
    trouble = retry.trouble_in(status, None)
    assert trouble is not None
    assert not trouble.again

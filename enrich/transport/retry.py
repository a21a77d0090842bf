"""Whether asking again is of any use, and when.

https://www.rfc-editor.org/rfc/rfc9110#name-retry-after. Asked again are 408, 429, 500, 502, 503, 504 (and 520-530,
the same from a content delivery network), timeouts, broken connections and answers that are not what was asked for;
never any other 4xx. A request is repeated a few times while its service is up; while the service is down (see
:mod:`breaker`) it waits as long as there is patience.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final, Literal, TypeAlias

import tenacity

from enrich.model.wire import Failure, Kind

ATTEMPTS: Final = 5
ATTEMPTS_ODD: Final = 3  # a page instead of JSON seldom becomes JSON, nor does a stranger's broken server recover
ATTEMPTS_LIST: Final = 2  # one DOI among many may be what a service stumbles over, and halves of the list tell
_STUMBLES: Final = frozenset({500, 502, 504})
_RETRIED: Final = frozenset({408, 429, 500, 502, 503, 504, *range(520, 531)})
_BACKOFF: Final = tenacity.wait_exponential(multiplier=0.5, max=20) + tenacity.wait_random(0, 0.5)
Reason: TypeAlias = Literal[
    "network", "timeout", "overloaded", "server", "malformed", "too-large", "blocked", "down"
]


class Trouble(Exception):  # noqa: N818 -- it ends one attempt, and becomes a Failure
    """One attempt did not bring an answer. `healthy` is what it says of the service: well, ill, or (None) nothing."""

    def __init__(
        self,
        reason: Reason,
        detail: str,
        *,
        status: int | None = None,
        healthy: bool | None = None,
        again: bool = True,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.reason: Reason = reason
        self.detail = detail
        self.status = status
        self.healthy = healthy
        self.again = again
        self.retry_after = retry_after

    @property
    def stumble(self) -> bool:
        """Whether the request itself may be what the service fails over: said again, it says nothing new of its health."""
        return self.status in _STUMBLES

    def failure(self, where: str) -> Failure:
        """Return the failure a flow sees; `where` names the request, without secrets."""
        return Failure(reason=self.reason, detail=f"{where}: {self.detail}", status=self.status)


def trouble_in(status: int, retry_after: float | None) -> Trouble | None:
    """Return the trouble that a status means, if any."""
    if status < 500 and status not in _RETRIED:
        return None
    reason: Reason = "overloaded" if status == 429 else "server"
    return Trouble(
        reason, f"HTTP {status}", status=status, healthy=False, again=status in _RETRIED, retry_after=retry_after
    )


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds a `Retry-After` asks for (a number, or a date seen from the answer's own `Date`), None without."""
    text = headers.get("retry-after", "").strip()[:64]
    if text.isascii() and text.isdigit():
        return float(text[:12])
    moment = _moment(text)
    if moment is None:
        return None
    return max(0.0, moment - (_moment(headers.get("date", "")[:64]) or now))


def _moment(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def wait(state: tenacity.RetryCallState) -> float:
    """Return the seconds until the next attempt: jittered and growing, and never less than the service asked for."""
    trouble = _trouble(state)
    asked = trouble.retry_after if trouble else None
    return max(_BACKOFF(state), asked or 0.0)


def attempts(trouble: Trouble, kind: Kind) -> int:
    """Return how often a request with this trouble is made while its service is up."""
    if kind == "list" and (trouble.stumble or trouble.reason == "timeout"):
        return ATTEMPTS_LIST
    return ATTEMPTS if trouble.healthy is False else ATTEMPTS_ODD


def _trouble(state: tenacity.RetryCallState) -> Trouble | None:
    error = state.outcome.exception() if state.outcome is not None else None
    return error if isinstance(error, Trouble) else None


def retrying(*, worthwhile: Any, sleep: Any, before_sleep: Any) -> tenacity.AsyncRetrying:
    """Return the loop around attempts; `worthwhile(trouble, number)` says whether another one is made."""

    def stop(state: tenacity.RetryCallState) -> bool:
        trouble = _trouble(state)
        return trouble is None or not trouble.again or not worthwhile(trouble, state.attempt_number)

    return tenacity.AsyncRetrying(
        wait=wait,
        stop=stop,
        retry=tenacity.retry_if_exception_type(Trouble),
        sleep=sleep,
        before_sleep=before_sleep,
        reraise=True,
    )

"""What an error looks like, in one place: RFC 9457.

https://www.rfc-editor.org/rfc/rfc9457

Each kind of trouble has a code that stays; its `type` is `urn:enrich:problem:<code>`. An absence, a refusal and an
outage never share one: whoever looks at the status alone still tells "there is no such DOI" (404) from "nobody could be
asked" (503).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple, NoReturn, assert_never

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from enrich.errors import EnrichError, FormatError, IdentifierError
from enrich.model.outcome import Elsewhere, NotFound, Refused, Unavailable

_LOG: Final = logging.getLogger("enrich.service")
MEDIA_TYPE: Final = "application/problem+json"


class Kind(NamedTuple):
    """The status of a kind of trouble, and what it is called."""

    status: int
    title: str


KINDS: Final[Mapping[str, Kind]] = {
    "bad-request": Kind(400, "The request cannot be understood"),
    "invalid-doi": Kind(400, "This is no DOI"),
    "unauthorized": Kind(401, "A token is needed"),
    "foreign-origin": Kind(403, "Another site may not send this"),
    "not-found": Kind(404, "There is no such DOI"),
    "elsewhere": Kind(404, "Registered with an agency that publishes no metadata"),
    "no-such-page": Kind(404, "There is nothing at this address"),
    "no-such-method": Kind(405, "This address does not take this method"),
    "not-acceptable": Kind(406, "None of the types accepted can be given"),
    "too-slow": Kind(408, "The request took too long to arrive"),
    "changed": Kind(409, "The library is not what it was"),
    "too-large": Kind(413, "The request is too large"),
    "unknown-format": Kind(415, "Libraries of this format cannot be read"),
    "misdirected": Kind(421, "The request was meant for another host"),
    "unreadable": Kind(422, "This cannot be read as a bibliography"),
    "unwritable": Kind(422, "This cannot be written so"),
    "busy": Kind(429, "Too many requests are waiting"),
    "long-head": Kind(431, "The head of the request is too long"),
    "internal": Kind(500, "Something went wrong in here"),
    "odd-address": Kind(502, "The DOI leads to no page of the web"),
    "refused": Kind(502, "The agency refused to answer"),
    "interrupted": Kind(503, "The service stopped before this was done"),
    "unavailable": Kind(503, "The agency could not be asked"),
}


class ProblemError(Exception):
    """A request that is answered with a problem; `more` are further members of its document."""

    def __init__(self, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more

    @property
    def status(self) -> int:
        """The HTTP status."""
        return KINDS[self.code].status

    @property
    def reason(self) -> bytes:
        """The words of the status line."""
        return HTTPStatus(self.status).phrase.encode("ascii")

    def document(self) -> dict[str, Any]:
        """Return the members of the answer."""
        kind = KINDS[self.code]
        named = {"type": f"urn:enrich:problem:{self.code}", "title": kind.title, "status": kind.status}
        return named | {"code": self.code, "detail": self.detail} | self.more

    def response(self) -> Response:
        """Return the answer."""
        return Response(dumped(self.document()), self.status, self.headers, MEDIA_TYPE)


def dumped(value: Any) -> bytes:
    """Return a value as JSON; text that is no Unicode loses what is none."""
    try:
        return orjson.dumps(value, default=str)
    except TypeError:
        return orjson.dumps(_sound(value), default=str)


def _sound(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, Mapping):
        return {_sound(str(key)): _sound(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_sound(member) for member in value]
    return value


def absent(outcome: NotFound | Refused | Unavailable | Elsewhere, reason: str, *, wait: float) -> NoReturn:
    """Raise the problem that says why there is no answer; after `wait` seconds it is worth asking again."""
    match outcome:
        case NotFound():
            code, again = "not-found", False
        case Refused():
            code, again = "refused", False
        case Unavailable():
            code, again = "unavailable", True
        case Elsewhere():
            code, again = "elsewhere", False
        case _:
            assert_never(outcome)
    headers = {"Retry-After": str(max(1, round(wait)))} if again else {}
    raise ProblemError(code, reason, headers=headers, doi=outcome.doi)


def busy(wait: float) -> ProblemError:
    """Return the problem of one request too many."""
    detail = "this service has as much to do as it can; ask again later"
    return ProblemError("busy", detail, headers={"Retry-After": str(max(1, round(wait)))})


def _told(error: FormatError) -> str:
    """Return what is wrong, with an excerpt only where that is text."""
    excerpt = error.excerpt or ""
    is_text = excerpt.isprintable() and "\ufffd" not in excerpt
    return str(error) if is_text else str(FormatError(error.args[0], file=error.file, line=error.line))


def interrupted(*, records: int = 0) -> ProblemError:
    """Return the problem of a request the service was stopped amid; `records` were answered already."""
    done = f"the first {records:,} records were answered, send the others again" if records else "send it again"
    detail = f"the service was stopped and could not finish in time; {done}: what was looked up is in the cache"
    return ProblemError("interrupted", detail, headers={"Retry-After": "5"}, records=records)


async def known(_request: Request, error: Exception) -> Response:  # a plain function would be run in a thread
    """Answer an error that was raised on purpose."""
    return problem_of(error).response()


def problem_of(error: Exception) -> ProblemError:
    """Return the problem an error is told as; what is not ours tells nothing of the inside."""
    match error:
        case ProblemError():
            return error
        case IdentifierError():
            return ProblemError("invalid-doi", str(error))
        case FormatError():
            return ProblemError("unreadable", _told(error), line=error.line)
        case HTTPException(status_code=405):
            taken = (error.headers or {}).get("Allow", "others")
            return ProblemError("no-such-method", f"this address takes {taken}", headers=error.headers)
        case HTTPException(status_code=404):
            return ProblemError("no-such-page", "openapi.json lists what there is")
        case HTTPException(status_code=413):
            return ProblemError("too-large", str(error.detail))
        case HTTPException():
            return ProblemError("bad-request", str(error.detail))
        case EnrichError():
            _LOG.error("%s: %s", type(error).__name__, error)
            return ProblemError("internal", "the service cannot do this now; its log says why")
        case _:
            return ProblemError("internal", "the service met an error of its own; its log says more")

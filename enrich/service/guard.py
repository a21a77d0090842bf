"""What every request meets first: whose host, whose token, from which site; and the headers every answer carries.

It is plain ASGI, since the hottest answers, works that are at hand, are given from here: no router, no request object
(docs/decisions/0023-the-service.md). What may be done without a token is named here,
everything else needs one.
"""

from __future__ import annotations

import hmac
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache
from hashlib import sha256
from ipaddress import ip_address
from typing import Any, Final, TypeAlias

from pydantic import SecretStr
from starlette.requests import ClientDisconnect

from enrich.errors import EnrichError
from enrich.service.desk import Desk
from enrich.service.problems import ProblemError, problem_of
from enrich.service.rendered import Answer

Scope: TypeAlias = Any
Receive: TypeAlias = Any
Send: TypeAlias = Any
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

LOG: Final = logging.getLogger("enrich.service.access")
OPEN: Final = frozenset({"/", "/health", "/ready", "/openapi.json"})
"""The addresses that need no token: the page is the same for everybody, and whoever watches over the service knows none."""
OPEN_UNDER: Final = ("/page/",)
_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = [
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
"""On every answer: nothing is loaded from elsewhere, framed, guessed at, or told to another site. No CORS."""
OF_BODY: Final = frozenset({b"content-type", b"content-length"})
"""What is said of a body, and not where there is none."""
_WORKS: Final = b"/works/"
_MOST_HOSTS: Final = 100
_LONGEST_ADDRESS: Final = 64  # characters, with a zone
_UNREADABLE: Final = "\ufffd"  # what the server puts for bytes that are no UTF-8
_PLAIN: Final = ("GET", "HEAD")
_ONCE: Final = frozenset({b"host", b"origin", b"authorization"})
"""What is decided by, and so may be said once: whoever stands in front may have gone by the other line (RFC 9112, 3.2)."""


def _is_open(path: str) -> bool:
    return path in OPEN or path.startswith(OPEN_UNDER)


def _twice(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    counts = Counter(name for name, _ in headers if name in _ONCE)
    return next((name.decode() for name, count in counts.items() if count > 1), None)


def _address(scope: Scope) -> str | None:
    """Return where a request comes from; None where whoever passed it on said something that is no address."""
    client = scope.get("client")
    return client[0] if client and len(client[0]) < _LONGEST_ADDRESS and _is_address(client[0]) else None


@lru_cache(1024)
def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


class Tokens:
    """Compares a token with all that are good, in the same time whichever it is."""

    def __init__(self, tokens: Iterable[SecretStr]) -> None:
        self._digests = [sha256(token.get_secret_value().encode()).digest() for token in tokens]

    def __bool__(self) -> bool:
        return bool(self._digests)

    def holder(self, authorization: bytes) -> str | None:
        """Return a name for the holder of a good token, which does not give the token away."""
        scheme, _, token = authorization.partition(b" ")
        given = sha256(token.strip()).digest()
        good = [hmac.compare_digest(given, digest) for digest in self._digests]
        return f"token {good.index(True) + 1}" if any(good) and scheme.lower() == b"bearer" else None


class Guard:
    """The outermost middleware."""

    def __init__(self, app: App, desk: Desk, at_hand: Callable[[Desk, Scope, bytes], Answer | None]) -> None:
        settings = desk.settings
        self._app = app
        self._at_hand = at_hand
        self._desk = desk
        self._tokens = Tokens(settings.serve_tokens)
        self._hosts = {"localhost", *(host.lower() for host in settings.serve_hosts)}
        self._met: set[bytes] = set()  # Host headers that were found to name this service
        self._logs = settings.serve_access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or say why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        headers = dict(scope["headers"])
        refusal = self._refusal(scope, headers)
        if refusal is None and (answer := self._ready(scope, headers)) is not None:
            status = await _give(answer, headers, scope["method"], send)
            self._note(scope, status, time.perf_counter() - begun)
            return
        seen = _Seen(send)
        try:
            await (self._app if refusal is None else refusal.response())(scope, receive, seen)
        except ClientDisconnect:
            pass  # who would hear it?
        except Exception as error:
            if seen.status:
                raise  # the answer is under way: breaking it off is the only way to say that it is not whole
            LOG.exception("an error nobody thought of")
            await problem_of(error).response()(scope, receive, seen)
        finally:
            self._desk.held -= scope.get("enrich.held", 0)
            self._note(scope, seen.status, time.perf_counter() - begun)

    def _refusal(self, scope: Scope, headers: dict[bytes, bytes]) -> ProblemError | None:
        if len(headers) < len(scope["headers"]) and (twice := _twice(scope["headers"])):
            return ProblemError("bad-request", f"a request has one line of {twice}, and this has several")
        host = headers.get(b"host", b"").lower()
        if not self._tokens and host not in self._met and not self._is_own(host):
            return ProblemError("misdirected", "without tokens only hosts named in serve_hosts are answered")
        if _UNREADABLE in scope["path"]:
            return ProblemError("bad-request", "an address is written in UTF-8; what stands in this is not")
        origin = headers.get(b"origin")
        if origin is not None and scope["method"] not in _PLAIN and origin.lower().partition(b"://")[2] != host:
            return ProblemError("foreign-origin", "send it from the page of this service, or from a program")
        holder = self._tokens.holder(headers.get(b"authorization", b"")) if self._tokens else None
        scope["enrich.client"] = holder or _address(scope) or "somebody"
        if self._tokens and holder is None and not _is_open(scope["path"]):
            detail = "send one that this service knows: Authorization: Bearer ..."
            return ProblemError("unauthorized", detail, headers={"WWW-Authenticate": "Bearer"})
        return None

    def _is_own(self, host: bytes) -> bool:
        """Tell whether a Host header names this service: an address of the machine itself, or a name it was given.

        A page of another site whose name was made to lead here would name that (DNS rebinding).
        """
        text = host.decode("latin-1")
        name = text.rpartition(":")[0] if text.rpartition(":")[2].isdigit() else text
        if name not in self._hosts:
            try:
                ip_address(name.strip("[]"))
            except ValueError:
                return False
        if len(self._met) < _MOST_HOSTS:
            self._met.add(host)
        return True

    def _ready(self, scope: Scope, headers: dict[bytes, bytes]) -> Answer | None:
        """Return a work that nobody has to be asked for; whatever is odd about the request is left to the endpoint."""
        path: bytes = scope["raw_path"]
        if scope["method"] not in _PLAIN or not path.startswith(_WORKS) or len(headers) < len(scope["headers"]):
            return None
        try:
            return self._at_hand(self._desk, scope, headers.get(b"accept", b""))
        except EnrichError:
            return None
        except Exception:  # what it is is told here; whether there is an answer all the same, the endpoint knows
            LOG.exception("an error nobody thought of")
            return None

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        self._desk.tallies.count(scope["path"], status, seconds)
        if self._logs:
            said = (_address(scope) or "-", scope["method"], ascii(scope["path"]), status, seconds * 1000)
            LOG.info("%s %s %s %d %.1f ms", *said)


class _Seen:
    """Passes an answer on with the headers every answer carries, and remembers its status."""

    __slots__ = ("_send", "status")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = {name for name, _ in message["headers"]}
            message["headers"] = [*message["headers"], *(pair for pair in HEADERS if pair[0] not in own)]
        await self._send(message)


async def _give(answer: Answer, headers: dict[bytes, bytes], method: str, send: Send) -> int:
    asked = headers.get(b"if-none-match")
    if asked is not None and matches(asked, answer.etag):
        kept = [pair for pair in answer.headers if pair[0] not in OF_BODY]
        await send({"type": "http.response.start", "status": 304, "headers": kept})
        await send({"type": "http.response.body", "body": b""})
        return 304
    await send({"type": "http.response.start", "status": 200, "headers": answer.headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else answer.body})
    return 200


def matches(asked: bytes, etag: bytes) -> bool:
    """Tell whether an If-None-Match names a validator."""
    named = (name.strip().removeprefix(b"W/") for name in asked.split(b","))
    return any(name in (b"*", etag) for name in named)

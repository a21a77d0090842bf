"""The files of the page, as they are shipped, with the headers that keep it to itself.

The policy (https://www.w3.org/TR/CSP3/) lets nothing in but the page's own files: no inline script or style, no frame, no
address but its own; with `require-trusted-types-for` even a slip in the page could not make markup of a text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from enrich.service.problems import MEDIA_TYPE, ProblemError, dumped

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What every answer of the page carries."""
INDEX: Final = "index.html"
_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
}


@cache
def _shipped() -> Mapping[str, tuple[bytes, str]]:
    """Return every file of the page by its name, with its entity tag; nothing else can be asked for."""
    found = {}
    for entry in files("enrich.service").joinpath("page").iterdir():
        if entry.name.rpartition(".")[2] in _TYPES:
            data = entry.read_bytes()
            found[entry.name] = data, f'"{hashlib.sha256(data).hexdigest()[:24]}"'
    return found


async def asset(request: Request) -> Response:
    """Answer with a file of the page; 304 where the browser has it."""
    name = request.path_params.get("name", INDEX)
    if name not in _shipped():
        return problem("no-such-page", "no such file of the page")
    data, tag = _shipped()[name]
    headers = {**HEADERS, "ETag": tag, "Cache-Control": "no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=_TYPES[name.rpartition(".")[2]], headers=headers)


def answer(value: Any, status: int = 200, media_type: str = "application/json") -> Response:
    """Return a JSON answer that nobody stores."""
    headers = {**HEADERS, "Cache-Control": "no-store"}
    return Response(dumped(value), status_code=status, media_type=media_type, headers=headers)


def problem(code: str, detail: str, **more: Any) -> Response:
    """Return a problem document as everywhere, with the headers of the page."""
    told = ProblemError(code, detail, **more)
    return answer(told.document(), told.status, MEDIA_TYPE)

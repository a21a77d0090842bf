"""Bodies of requests that are held in memory whole: lists of DOIs, and what the page sends.

Each has a bound, and so have all together, whoever sent them: beyond that their clients are told to come back. Short ones
are not counted, so that nobody who asks for little waits for those who send much.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from enrich.service.desk import desk_of
from enrich.service.problems import ProblemError, busy

ROOM: Final = 256 << 20  # bytes of all long bodies of a process
_SHORT: Final = 1 << 16
_AGAIN: Final = 5.0  # seconds


async def whole(request: Request, most: int, advice: str) -> bytes:
    """Return a body of so many bytes at most, else give advice; its room is taken until the answer is given."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ProblemError("unknown-format", "send it as it is, not compressed")
    desk, held = desk_of(request), bytearray()
    async for piece in request.stream():
        held += piece
        if len(held) > most:
            raise ProblemError("too-large", advice)
        if len(held) > _SHORT:
            counted = request.scope.get("enrich.held", 0)
            desk.held += len(held) - counted
            request.scope["enrich.held"] = len(held)
            if desk.held > ROOM:
                raise busy(_AGAIN)
    return bytes(held)

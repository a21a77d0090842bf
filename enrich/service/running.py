"""How uvicorn is to run the application, and how it ends: what is under way has its time, and what is not done then is told.

https://uvicorn.dev
"""

from __future__ import annotations

import asyncio
import logging
import math
import signal
import socket
from collections.abc import Callable
from typing import Final

import uvicorn
from starlette.applications import Starlette

from enrich.service.desk import Desk
from enrich.service.protocol import Bounded
from enrich.settings import Settings

BACKLOG: Final = 4096
_AFTER: Final = 10  # seconds after its grace in which what was handed back is on its way


def log() -> None:
    """Write what somebody should know to standard error; what is asked of agencies, which DOIs, is nobody's to read."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)


def heed_hangup() -> None:
    """Let the end of the terminal end the service as SIGTERM does, once; not where it is to be outlived (nohup)."""
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:

        def stop(number: int, _frame: object) -> None:
            signal.signal(number, signal.SIG_IGN)
            signal.raise_signal(signal.SIGTERM)

        signal.signal(signal.SIGHUP, stop)


def configured(settings: Settings, app: Starlette | Callable[[], Starlette]) -> uvicorn.Config:
    """Return how uvicorn is to serve the application."""
    return uvicorn.Config(
        app,
        access_log=False,  # ours leaves the query out
        log_level="warning",
        server_header=False,
        backlog=BACKLOG,
        loop="asyncio",  # uvloop takes one new connection a turn: of 1,000 at once some wait for ever
        http=Bounded,
        ws="none",
        timeout_graceful_shutdown=math.ceil(settings.serve_grace) + _AFTER,
        timeout_keep_alive=30,
    )


class Server(uvicorn.Server):
    """A server that tells the desk when it is to stop, and leaves it time."""

    def __init__(self, settings: Settings, desk: Desk, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._grace = settings.serve_grace
        self._desk = desk

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nothing more; after the grace, what is still under way is handed back."""
        late = asyncio.get_running_loop().call_later(self._grace, self._desk.hand_back)
        await super().shutdown(sockets)
        late.cancel()

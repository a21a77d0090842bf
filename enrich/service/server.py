"""Serves the application: one process, or a parent that keeps several workers alive on one socket.

https://uvicorn.dev

The workers share the cache, and with it the rate ledger and the claims on look-ups under way: what one asks, no other
asks. A worker that dies is replaced, and connections that it had not taken yet are taken by the others.
"""

from __future__ import annotations

import logging
import shutil
import socket
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

import uvicorn
from uvicorn.supervisors import Multiprocess

from enrich.errors import SettingsError
from enrich.service.app import create_app
from enrich.service.listening import address, listen
from enrich.settings import Settings

_GRACE: Final = 30  # seconds in which requests under way may end when the service is stopped
_BACKLOG: Final = 4096


def serve(
    settings: Settings,
    host: str,
    port: int,
    *,
    workers: int = 1,
    is_open: bool = False,
    announce: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve until stopped; `announce` is told the address once it is listened on.

    Raises SettingsError where strangers could use the service and nobody said that they may, and where the address cannot
    be had.
    """
    if not (is_loopback(host) or settings.serve_tokens or is_open):
        raise SettingsError(
            f"everybody who reaches {host} could use the service: set tokens, or say --open", key="serve_tokens"
        )
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    board = Path(mkdtemp(prefix="enrich-serve-"))
    config = uvicorn.Config(
        partial(create_app, settings, board),
        factory=True,
        host=host,
        port=port,
        workers=workers,
        access_log=False,  # ours leaves the query out
        log_level="warning",
        server_header=False,
        backlog=_BACKLOG,
        loop="asyncio",  # uvloop takes one new connection a turn: of 1,000 at once some wait for ever
        timeout_graceful_shutdown=_GRACE,
        timeout_keep_alive=30,
        h11_max_incomplete_event_size=1 << 16,
    )
    try:
        with listen(host, port, backlog=_BACKLOG) as listener:
            listener.set_inheritable(True)  # the workers get it
            # asyncio does this only to sockets that name their protocol, which uvicorn's does not: an answer would wait
            # 40 ms for the client's acknowledgement of its head. Connections have it from their listener.
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            announce(address(host, listener.getsockname()[1]))
            server = uvicorn.Server(config)
            if workers == 1:
                server.run([listener])
            else:
                Multiprocess(config, sockets=[listener]).run()
    finally:
        shutil.rmtree(board, ignore_errors=True)


def is_loopback(host: str) -> bool:
    """Tell whether an address is reached from this machine alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"

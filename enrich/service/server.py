"""Serves the application: one process, or a parent that keeps several workers alive on one socket.

https://uvicorn.dev

The workers share the cache, and with it the rate ledger and the claims on look-ups under way: what one asks, no other
asks. A worker that dies is replaced, and connections that it had not taken yet are taken by the others.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import sys
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from tempfile import mkdtemp

from uvicorn.supervisors import Multiprocess

from enrich.errors import SettingsError
from enrich.service.app import create_app
from enrich.service.listening import address, listen, tune
from enrich.service.running import BACKLOG, Server, configured, heed_hangup, log
from enrich.settings import Settings


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
    log()
    heed_hangup()
    board = Path(mkdtemp(prefix="enrich-serve-"))
    try:
        app = create_app(settings, board)  # what is wrong with the settings is told before anybody is served
        with listen(host, port, backlog=BACKLOG) as listener:
            tune(listener)  # its connections are as it is
            announce(address(host, listener.getsockname()[1]))
            if workers == 1:
                Server(settings, app.state.desk, configured(settings, app)).run([listener])
            else:
                _serve_by_many(settings, board, listener, workers)
    finally:
        shutil.rmtree(board, ignore_errors=True)


def _serve_by_many(settings: Settings, board: Path, listener: socket.socket, workers: int) -> None:
    if sys.platform == "linux":
        from enrich.service.supervisor import Supervisor  # noqa: PLC0415 -- needs what only Linux has

        asyncio.run(Supervisor(settings, board, listener, workers).run())
    else:
        listener.set_inheritable(True)  # the workers get it
        config = configured(settings, partial(create_app, settings, board))
        config.factory, config.workers = True, workers
        Multiprocess(config, sockets=[listener]).run()


def is_loopback(host: str) -> bool:
    """Tell whether an address is reached from this machine alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"

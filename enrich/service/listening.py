"""The socket that a service or a review listens on, and words for the one that cannot be had.

https://docs.python.org/3/library/socket.html#socket.create_server
"""

from __future__ import annotations

import errno
import socket
from typing import Final

from enrich.errors import SettingsError

_REMEDIES: Final = {
    errno.EADDRINUSE: "another program listens there; choose another --port, or end that program",
    errno.EACCES: "it takes special rights; choose a --port above 1023",
    socket.EAI_NONAME: "no address of that name is known; name one of this machine's own",
    errno.EADDRNOTAVAIL: "this machine has no such address; name one of its own",
}


PATIENCE: Final = 300.0  # seconds in which a client takes nothing of its answer before its connection ends


def listen(host: str, port: int, *, backlog: int = 128) -> socket.socket:
    """Return a socket that listens on an address of this machine; port 0 is any that is free. Raises SettingsError."""
    name = host.strip("[]")
    family = socket.AF_INET6 if ":" in name else socket.AF_INET
    try:
        return socket.create_server((name, port), family=family, backlog=backlog)
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, error.strerror or str(error))
        raise SettingsError(f"{address(host, port)} cannot be served: {remedy}") from error


def tune(listener: socket.socket) -> None:
    """Give every connection of a listener what it needs to be quick, and to end when its client takes nothing any more."""
    # asyncio does this only to sockets that name their protocol, which uvicorn's does not: an answer would wait
    # 40 ms for the client's acknowledgement of its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; https://man7.org/linux/man-pages/man7/tcp.7.html
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(PATIENCE * 1000))


def address(host: str, port: int) -> str:
    """Return the address of a page, an IPv6 host in brackets.

    >>> address("::1", 8000)
    'http://[::1]:8000/'
    """
    name = host.strip("[]")
    return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"

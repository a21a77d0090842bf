"""Where a redirect may lead: HTTPS, public addresses, or a place the operator configured.

Answers of doi.org lead to hosts that strangers chose when they registered a DOI, so each hop is checked (server-side
request forgery:
https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html). The name is
resolved here, *all* its addresses must be public, and the connection is made to the address that was checked:
resolving again when connecting would let a name change its mind in between. With a proxy in the environment the proxy
is asked to connect to that address.

>>> is_public("93.184.216.34"), is_public("::ffff:127.0.0.1"), is_public("169.254.169.254")
(True, False, False)
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias
from urllib.parse import quote, urljoin, urlsplit

from enrich.errors import TransportError

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
_PORTS: Final = {"http": 80, "https": 443}
_NAT64: Final = IPv6Network("64:ff9b::/96")
_UNICAST: Final = IPv6Network("2000::/3")
"""All that is public of IPv6 (https://www.iana.org/assignments/ipv6-address-space): not a network's own translator
(64:ff9b:1::/48), whose addresses lead to any of IPv4, nor what is IPv4 in other clothes."""
_NOBODYS: Final = tuple(
    map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20"))
)  # Python 3.11 knows not all
_AS_WRITTEN: Final = "".join(map(chr, range(0x21, 0x7F)))  # everything a request line may carry, `%` included


@dataclass(frozen=True)
class Origin:
    """A scheme, host and port: what a connection is made to."""

    scheme: str
    host: str
    port: int

    @property
    def netloc(self) -> str:
        """Host and port as a Host header writes them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The address without a path."""
        return f"{self.scheme}://{self.netloc}"


def split(url: str) -> tuple[Origin, str]:
    """Return the origin and the rest (path and query, not normalised) of an absolute address. Raises TransportError."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode("ascii") if parts.hostname else ""
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):  # UnicodeError is a ValueError
        raise TransportError("this is no http or https address") from None
    if not host or parts.username is not None or parts.password is not None:
        raise TransportError("the address has no host, or a user name in it")
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return Origin(parts.scheme, host, port), target


def joined(origin: Origin, target: str, location: str) -> tuple[Origin, str]:
    """Return where a `Location` leads, seen from where it was read. Raises TransportError."""
    try:
        absolute = urljoin(f"{origin.url}{target}", location.strip())
    except ValueError:
        raise TransportError("the redirect leads to no address") from None
    place, rest = split(absolute)
    return place, quote(rest or "/", safe=_AS_WRITTEN)


def is_public(text: str) -> bool:
    """Tell whether an IP address is one of the public Internet, also where it wraps an IPv4 address."""
    try:
        address: IPv4Address | IPv6Address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        address = _inner(address) or address
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return False
    return address.is_global and not address.is_multicast and not any(address in net for net in _NOBODYS)


def _inner(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 address stands for (mapped, 6to4, Teredo, NAT64)."""
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


async def resolve(host: str, port: int) -> Sequence[str]:
    """Return all addresses of a host, as the system resolves it. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def checked(origin: Origin, resolver: Resolve) -> str:
    """Return the address to connect to for a place nobody configured. Raises TransportError where it may not be asked."""
    if origin.scheme != "https":
        raise TransportError(f"the redirect leaves HTTPS for {origin.url}")
    addresses = await resolver(origin.host, origin.port)
    if not addresses or not all(map(is_public, addresses)):
        raise TransportError(f"the redirect leads to {origin.host}, which is not on the public Internet")
    return min(addresses, key=lambda address: ":" in address)  # IPv4 first: many machines have no route for IPv6

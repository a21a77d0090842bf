from __future__ import annotations

import pytest

from enrich.errors import TransportError
from enrich.transport.addresses import Origin, checked, is_public, joined, split

HOME = Origin("https", "doi.org", 443)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_public(address: str) -> None:
    """Addresses of the public Internet, also through a translator."""
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::1", "2002:a00:1::1", "2001:db8::1",
        "2001:0:7f00:1::f5ff:fffe", "::7f00:1", "::ffff:0:a00:1", "64:ff9b:1::a00:1", "fec0::1", "5f00::1", "3fff::1",
        "192.0.0.8", "192.88.99.1", "", "localhost", "1.2.3", "0x7f.1",
    ],
)  # fmt: skip
def test_not_public(address: str) -> None:
    """Loopback, private, link-local, reserved and multicast addresses, also dressed as others."""
    assert not is_public(address)


@pytest.mark.parametrize(
    ("location", "origin", "target"),
    [
        (
            "https://api.crossref.org/v1/works/10.1000%2F1/transform",
            Origin("https", "api.crossref.org", 443),
            "/v1/works/10.1000%2F1/transform",
        ),
        ("https://EXAMPLE.org:8443//a/../b?x=1#fragment", Origin("https", "example.org", 8443), "//a/../b?x=1"),
        ("/other/page?y", HOME, "/other/page?y"),
        ("//example.org", Origin("https", "example.org", 443), "/"),
        ("https://bücher.example/ä b", Origin("https", "xn--bcher-kva.example", 443), "/%C3%A4%20b"),
        ("https://[2606:2800:220:1::1]/", Origin("https", "2606:2800:220:1::1", 443), "/"),
    ],
)
def test_where_a_redirect_leads(location: str, origin: Origin, target: str) -> None:
    """Relative and absolute locations; the target is not normalised, only made fit for a request line."""
    assert joined(HOME, "/10.1000/1", location) == (origin, target)


@pytest.mark.parametrize(
    "location",
    [
        "ftp://example.org/", "file:///etc/passwd", "javascript:alert(1)", "https://user@example.org/",
        "https://user:word@example.org/", "https://example.org:99999/", "https://[::1/", "https://" + "a" * 300 + "/",
    ],
)  # fmt: skip
def test_where_no_redirect_leads(location: str) -> None:
    """Other schemes, user names and what is no address."""
    with pytest.raises(TransportError):
        joined(HOME, "/10.1000/1", location)


def test_origins_are_shown_as_addresses() -> None:
    """The default port is left out, IPv6 stands in brackets."""
    assert split("https://example.org")[0].url == "https://example.org"
    assert split("http://[::1]:8000/base")[0].netloc == "[::1]:8000"
    assert split("http://127.0.0.1:80/crossref") == (Origin("http", "127.0.0.1", 80), "/crossref")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("scheme", "addresses"),
    [("http", ["93.184.216.34"]), ("https", ["93.184.216.34", "10.0.0.1"]), ("https", ["::1"]), ("https", [])],
)
async def test_a_hop_is_refused(scheme: str, addresses: list[str]) -> None:
    """Plain HTTP, and a name any of whose addresses is not public."""

    async def resolve(_host: str, _port: int) -> list[str]:
        return addresses

    with pytest.raises(TransportError):
        await checked(Origin(scheme, "example.org", 443), resolve)


@pytest.mark.anyio
async def test_a_hop_goes_to_the_address_that_was_checked() -> None:
    """One of the addresses is returned, IPv4 before IPv6."""

    async def resolve(_host: str, _port: int) -> list[str]:
        return ["2606:2800:220:1::1", "93.184.216.34"]

    assert await checked(Origin("https", "example.org", 443), resolve) == "93.184.216.34"

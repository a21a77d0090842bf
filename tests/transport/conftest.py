"""Transport without a network and without waiting: answers from a function, time from the loop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from standin.timing import VirtualLoop, now

from enrich.model.wire import Request
from enrich.settings import Settings
from enrich.transport import Transport

PUBLIC = "93.184.216.34"


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Run on asyncio with a clock that does not make anyone wait."""
    return "asyncio", {"loop_factory": VirtualLoop}


@pytest.fixture
def transport(tmp_path: Path) -> Callable[..., Transport]:
    """Return a maker of transports: a function from request to answer, hosts' addresses, settings."""

    def make(
        answer: Callable[[httpx.Request], httpx.Response],
        *,
        hosts: dict[str, list[str]] | None = None,
        **settings: Any,
    ) -> Transport:
        async def resolve(host: str, port: int) -> list[str]:
            assert port > 0
            return (hosts or {}).get(host, [PUBLIC])

        async def stream(request: httpx.Request) -> httpx.Response:
            given = answer(request)
            response = given if isinstance(given, httpx.Response) else await given
            return httpx.Response(response.status_code, headers=response.headers, stream=response.stream)

        values = {"cache_dir": tmp_path / "cache", "timeout": 30.0, "patience": 120.0} | settings
        return Transport(Settings(**values), clock=now, transport=httpx.MockTransport(stream), resolve=resolve)

    return make


def single(path: str = "/works/10.1000%2F1", **others: Any) -> Request:
    """Return a request for one work."""
    return Request(**{"service": "crossref", "kind": "single", "path": path} | others)


def ok(_: httpx.Request | None = None) -> httpx.Response:
    """Return an answer that is as it should be."""
    return httpx.Response(200, json={"status": "ok", "message": {}})

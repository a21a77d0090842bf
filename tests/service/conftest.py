"""The service as it is run: a real server on the loopback interface, the stand-in as its registries."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from standin import StandIn
from standin.fixtures import settings_for
from standin.works import composed

from enrich.service import create_app
from enrich.service.listening import tune
from enrich.service.protocol import Bounded

WORKS = composed(60)
DOIS = list(WORKS)


def serving(standin: StandIn, home: Path, **settings: Any) -> contextlib.AbstractContextManager[str]:
    """Serve on a port of its own, and give the address."""
    return running(create_app(settings_for(standin, home, **settings)))


@contextlib.contextmanager
def running(app: Any) -> Iterator[str]:
    """Run an application as a worker does, and yield its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    tune(listener)
    server = uvicorn.Server(uvicorn.Config(app, http=Bounded, log_level="critical", ws="none", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture(scope="module")
def registries() -> Iterator[StandIn]:
    """Registries that know some works, and that one of them is registered where nothing is published."""
    with StandIn() as standin:
        standin.crossref.update(WORKS)
        standin.handles.update({doi: f"https://example.org/{doi}" for doi in WORKS})
        standin.handles["10.1000/gone"] = "ftp://example.org/gone"
        standin.handles["10.3972/held.elsewhere"] = "https://example.org/elsewhere"
        standin.agencies["10.3972/held.elsewhere"] = "CNKI"
        standin.agencies["10.5555"] = "Crossref"
        yield standin


@pytest.fixture(scope="module")
def service(registries: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of the service."""
    with (
        serving(registries, tmp_path_factory.mktemp("service")) as url,
        httpx.Client(base_url=url, timeout=30) as client,
    ):
        yield client


def library(dois: list[str]) -> bytes:
    """Return records in refer, each with its title and DOI, so that the answer is recognised."""
    return "".join(
        f"%0 Journal Article\n%T {WORKS[doi]['title'][0]}\n%A {WORKS[doi]['author'][0]['family']}, "
        f"{WORKS[doi]['author'][0]['given']}\n%D {WORKS[doi]['issued']['date-parts'][0][0]}\n%R {doi}\n\n"
        for doi in dois
    ).encode()

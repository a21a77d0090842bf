"""The page in a real browser: a server on the loopback interface, and Debian's Chromium driven by Playwright."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright
from starlette.types import ASGIApp

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
Close = Callable[[], None]


@contextmanager
def served(make: Callable[[Close], ASGIApp]) -> Iterator[str]:
    """Serve an application in a thread and yield its origin."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server: uvicorn.Server

        def close() -> None:
            server.should_exit = True

        config = uvicorn.Config(
            make(close), log_level="error", access_log=False, lifespan="auto", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        worker = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        worker.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            close()
            worker.join(timeout=10)


def launched(playwright: Playwright) -> Browser:
    """Start Debian's Chromium."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


@dataclass
class Watch:
    """What a page did that it must not: errors, refusals by its policy, requests to others, dialogs."""

    origin: str
    problems: list[str] = field(default_factory=list)

    def over(self, page: Page) -> None:
        """Watch a page."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("request", lambda request: self._request(request.url))
        page.on("dialog", lambda dialog: (self.problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def _console(self, message: ConsoleMessage) -> None:
        # An answer of 4xx that the page asked for and tells about is no error of the page.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.problems.append(f"console: {message.text}")

    def _request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"blob", "data"} and f"{parts.scheme}://{parts.netloc}" != self.origin:
            self.problems.append(f"request: {url}")


def shoot(page: Page, name: str) -> None:
    """Take a picture into the folder named by ENRICH_SCREENSHOTS, if there is one."""
    folder = os.environ.get("ENRICH_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", animations="disabled")

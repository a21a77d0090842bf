"""Runs the command as a user would: its own process, its own home, the registries' stand-in on the loopback interface."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from standin import StandIn


@dataclass
class Command:
    """A home directory and the addresses of the services."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(
        self, *arguments: str | Path, text: bytes = b"", **environment: str
    ) -> subprocess.CompletedProcess[bytes]:
        """Run `enrich` with these arguments and this standard input, and return what became of it."""
        return subprocess.run(
            [sys.executable, "-m", "enrich", *map(str, arguments)],
            input=text,
            capture_output=True,
            check=False,
            timeout=120,
            cwd=self.home,
            env=self.variables(**environment),
        )

    def variables(self, **more: str) -> dict[str, str]:
        """The environment of a run: nothing of the developer's own settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ENRICH_", "XDG_"))}
        return kept | {"HOME": str(self.home), "NO_COLOR": "1"} | self.environment | more


def command_for(home: Path, server: StandIn | None = None) -> Command:
    """Return the command with a home of its own, asking the stand-in; without one it is offline."""
    home.mkdir(exist_ok=True)
    places = {
        "ENRICH_CACHE_DIR": str(home / "cache"),
        "ENRICH_STATE_DIR": str(home / "state"),
        "ENRICH_SNAPSHOT": str(home / "snapshot"),
        "ENRICH_MAILTO": "tests@example.org",
        "ENRICH_PATIENCE": "2",
        "ENRICH_TIMEOUT": "5",
    }
    urls = {f"ENRICH_{name.upper()}": value for name, value in server.settings.items()} if server else {}
    return Command(home, places | (urls or {"ENRICH_OFFLINE": "true"}))


def lines_of(path: Path) -> tuple[list[dict], dict]:
    """Return the rows of a report and its summary."""
    *rows, last = (orjson.loads(line) for line in path.read_bytes().splitlines())
    return rows, last["summary"]

"""What a person sees on a terminal while a command works: records, findings, requests, pace."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import click

from enrich.enricher import Enricher
from enrich.merge.policy import MergePolicy
from enrich.report.summary import printable

if TYPE_CHECKING:
    from rich.status import Status

_EVERY: Final = 0.1  # seconds between two pictures
_LONGEST: Final = 1000  # letters of a line that are shown


def tell(text: str) -> None:
    """Say a line on standard error; what it quotes of others is no command to the terminal."""
    click.echo(printable(text, _LONGEST), err=True)


class Progress:
    """A line on standard error, redrawn as records pass, where that is a terminal; warnings, each once, in the end."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown and sys.stderr.isatty()
        self._status: Status | None = None
        self._enricher: Enricher | None = None
        self._begun = time.monotonic()
        self._drawn = 0.0
        self.records = 0
        self.found = 0
        self.changed = 0

    def __enter__(self) -> Self:
        if self._shown:
            from rich.console import Console  # noqa: PLC0415 -- rich is loaded only for somebody who watches
            from rich.status import Status  # noqa: PLC0415 -- likewise

            self._status = Status("reading ...", console=Console(stderr=True))
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._status is not None:
            self._status.stop()
        for warning in self.warnings:
            tell(f"enrich: {warning}")

    @property
    def observe(self) -> Callable[[Enricher], None]:
        """What the run calls with its enricher, so that requests can be counted."""

        def remember(enricher: Enricher) -> None:
            self._enricher = enricher

        return remember

    @property
    def policy(self) -> MergePolicy | None:
        """The policy of the run, once there is one."""
        return self._enricher.policy if self._enricher else None

    @property
    def requests(self) -> Mapping[str, int]:
        """Requests sent so far, by service and kind."""
        return self._enricher.transport.stats.by_lane if self._enricher else {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the transport and the cache want a person to know."""
        if self._enricher is None:
            return ()
        noted = (self._enricher.cache.note,)
        return (*self._enricher.transport.warnings, *(note for note in noted if note))

    @property
    def seconds(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._begun

    def count(self, *, found: bool, changed: bool) -> None:
        """Count one more record."""
        self.records += 1
        self.found += found
        self.changed += changed
        self._draw(self.records, sum(self.requests.values()) if self._is_due() else 0)

    def stand(self, records: int, resumed: int, found: int, changed: int, requests: int) -> None:
        """Say how far a run is that others count; `resumed` records were done by an earlier one."""
        self.records, self.found, self.changed = records, found, changed
        self._draw(records - resumed, requests)

    def _is_due(self) -> bool:
        return self._status is not None and time.monotonic() - self._drawn >= _EVERY

    def _draw(self, done: int, requests: int) -> None:
        if self._status is not None and self._is_due():
            self._drawn = time.monotonic()
            self._status.update(
                f"{self.records:,} records · {self.found:,} found · {self.changed:,} changed"
                f" · {requests:,} requests · {done / max(self.seconds, 0.001):,.0f} records/s"
            )

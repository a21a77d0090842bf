"""The published limits, enforced as strictly as anyone could: a sliding window over arrivals, and requests under way."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field

from standin.http import Asked

# service, identified, kind -> requests, seconds, requests under way
PUBLISHED = {
    ("crossref", False, "single"): (5, 1.0, 1),
    ("crossref", False, "list"): (1, 1.0, 1),
    ("crossref", True, "single"): (10, 1.0, 3),
    ("crossref", True, "list"): (3, 1.0, 3),
    ("datacite", False, "list"): (500, 300.0, 10),
    ("datacite", False, "single"): (500, 300.0, 10),
    ("datacite", True, "list"): (1000, 300.0, 10),
    ("datacite", True, "single"): (1000, 300.0, 10),
    **{(name, known, "single"): (10, 1.0, 5) for name in ("jalc", "medra") for known in (False, True)},
    ("doi", False, "single"): (20, 1.0, 10),
    ("doi", True, "single"): (20, 1.0, 10),
}


@dataclass(frozen=True)
class Violation:
    """One request too many, and of what."""

    at: float
    pool: str
    what: str


@dataclass
class Gate:
    """Counts arrivals and requests under way by service, pool and kind."""

    limits: dict[tuple[str, bool, str], tuple[int, float, int]] = field(default_factory=lambda: dict(PUBLISHED))
    polite: bool | None = None
    violations: list[Violation] = field(default_factory=list)
    under_way: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    arrivals: dict[tuple[str, bool, str], deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def identified(self, asked: Asked) -> bool:
        """Tell whether the request says whom to write to."""
        if self.polite is not None:
            return self.polite
        return "mailto:" in asked.headers.get("user-agent", "") or "mailto=" in asked.query

    def arrive(self, service: str, kind: str, asked: Asked) -> bool:
        """Count an arrival; False when it is one too many."""
        key = (service, self.identified(asked), kind)
        count, seconds, most = self.limits[key]
        times = self.arrivals[key]
        while times and times[0] <= asked.at - seconds:
            times.popleft()
        times.append(asked.at)
        self.under_way[service] += 1
        pool = f"{service} {'polite' if key[1] else 'public'} {kind}"
        if len(times) > count:
            self.violations.append(Violation(asked.at, pool, f"{len(times)} in {seconds:g} s, {count} allowed"))
        if self.under_way[service] > most:
            self.violations.append(Violation(asked.at, pool, f"{self.under_way[service]} at once, {most} allowed"))
        return len(times) <= count and self.under_way[service] <= most

    def leave(self, service: str) -> None:
        """Count a request that has been answered, or was given up."""
        self.under_way[service] -= 1

    def headers(self, service: str, kind: str, asked: Asked) -> dict[str, str]:
        """Return what the service says of its limits."""
        if service != "crossref":
            return {}
        polite = self.identified(asked)
        count, seconds, most = self.limits[service, polite, kind]
        pool = f"{'polite' if polite else 'public'}-{'array' if kind == 'list' else 'single'}"
        return {
            "x-rate-limit-limit": str(count),
            "x-rate-limit-interval": f"{seconds:g}s",
            "x-concurrency-limit": str(most),
            "x-api-pool": pool,
        }

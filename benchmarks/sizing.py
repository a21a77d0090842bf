"""How much disk and how many hours 1 M, 100 M and 1 G records take: computed from what the benchmarks measured.

    python benchmarks/sizing.py          # prints the table of docs/sizing.md

A test compares the page with this, so that a figure is changed here alone, when it was measured anew.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Measured(NamedTuple):
    """What one record costs (benchmarks/ingest.py), and what the registries allow (docs/politeness.md)."""

    processor: float = (
        628e-6  # seconds of one core for a record of 1.3 KB that is enriched: read, look up, judge, merge, write
    )
    input: int = 1363  # bytes
    output: int = 3166  # bytes of a line of JSON
    asked: float = 150.0  # DOIs a second that a registry's polite pool answers with certainty


MEASURED: Final = Measured()
SIZES: Final = (1_000_000, 100_000_000, 1_000_000_000)
CORES: Final = (2, 16, 64)


def table(measured: Measured = MEASURED) -> str:
    """Return the table in Markdown."""
    heads = [
        "records",
        "input",
        "JSON Lines",
        *(f"{count} cores" for count in CORES),
        "by network alone",
    ]
    lines = [heads, ["---"] * len(heads)]
    for size in SIZES:
        disk = [held(size * each) for each in (measured.input, measured.output)]
        hours = [lasting(size * measured.processor / count) for count in CORES]
        lines.append([f"{size:,}", *disk, *hours, lasting(size / measured.asked)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def held(size: float) -> str:
    """Return bytes in words.

    >>> held(1.3e9), held(2.6e12)
    ('1.3 GB', '2.6 TB')
    """
    for unit, bytes_ in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if size >= bytes_:
            return f"{size / bytes_:,.1f} {unit}"
    return f"{size:,.0f} bytes"


def lasting(seconds: float) -> str:
    """Return a time in words.

    >>> lasting(280), lasting(36_000), lasting(1e7)
    ('5 min', '10.0 h', '115.7 days')
    """
    if seconds >= 2 * 86_400:
        return f"{seconds / 86_400:,.1f} days"
    return f"{seconds / 3600:,.1f} h" if seconds >= 3600 else f"{max(1, round(seconds / 60))} min"


if __name__ == "__main__":
    print(table())

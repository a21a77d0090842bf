"""How fast DOIs are read: usual spellings each second, and hostile texts of 64 KiB in milliseconds, worst first.

A reading that is not linear shows here as a text that takes more than a few milliseconds, or much more than eight times
what an eighth of it takes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from time import perf_counter
from typing import Any

from enrich.errors import IdentifierError
from enrich.identifiers import doi as names

USUAL = {
    "bare": "10.1155/2012/574025",
    "label": "doi:10.1155/2012/574025",
    "address": "https://doi.org/10.1155/2012/574025",
    "SICI": "10.1002/(SICI)1097-0193(1997)5:3<206::AID-HBM5>3.0.CO;2-7",
    "publisher": "https://onlinelibrary.wiley.com/doi/abs/10.1002/x",
}
HEADS = ("", "10.1000/", "https://doi.org/10.1000/", "https://example.org/?doi=10.1000/", "(doi:10.1000/")
UNITS = (
    *(
        "10.",
        "10.1",
        "10.1000/",
        "10.10",
        "1",
        ".",
        "/",
        "//",
        "%",
        "%25",
        "%2F",
        "%10.10",
        "&lt;",
        "&amp;",
        "&",
        "&#",
    ),
    *(
        "(",
        ")",
        "()",
        "<",
        "([{",
        "(10.1000/a)",
        "doi:",
        "doi",
        "urn:doi:10.1:",
        "https://",
        "doi.org/",
        "doi.org-",
        "a.b-",
    ),
    *(
        "é",
        "😀",
        " ",
        "\u200b",
        "\xa0",
        "\ue000",
        '"',
        ";",
        "10.1/</",
        "10.1/.",
        "a(10.1/</",
        "10.1000/a,",
        "/full",
        "10/a",
        "a ",
    ),
)


def seconds(call: Callable[[str], Any], text: str) -> float:
    """Best of three."""
    best = float("inf")
    for _ in range(3):
        started = perf_counter()
        with suppress(IdentifierError):
            call(text)
        best = min(best, perf_counter() - started)
    return best


def main() -> None:
    """Print both tables."""
    for label, text in USUAL.items():
        rates = [
            2000 / seconds(lambda _, call=call, text=text: [call(text) for _ in range(2000)], "")
            for call in (names.compact, names.find)
        ]
        print(f"{label:10} compact {rates[0]:12,.0f}/s   find {rates[1]:12,.0f}/s")
    rows = []
    for head in HEADS:
        for unit in UNITS:
            whole, part = ((head + unit * length)[:length] for length in (65_536, 8_192))
            for call in (names.compact, names.find, names.guesses, names.find_all):
                long, short = seconds(call, whole), seconds(call, part)
                rows.append((1000 * long, long / short, f"{call.__name__:10} {head!r} + {unit!r} ..."))
    for taken, ratio, text in sorted(rows, reverse=True)[:40]:
        print(f"{taken:8.2f} ms  {ratio:5.1f} x an eighth of it  {text}")


if __name__ == "__main__":
    main()

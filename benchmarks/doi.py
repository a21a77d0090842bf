"""How fast DOIs are read: usual spellings each second, and hostile texts of 64 KiB in milliseconds, worst first.

No text of 64 KiB may take more than 5 ms of processor time, except that each name which `find_all` finds in a spelling that
is not plain costs some 5 µs.
A reading that is not linear shows as much more than eight times what an eighth of the text takes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from time import process_time
from typing import Any

from enrich.errors import IdentifierError
from enrich.identifiers import doi as names

USUAL = {
    "bare": "10.1155/2012/574025",
    "label": "doi:10.1155/2012/574025",
    "address": "https://doi.org/10.1155/2012/574025",
    "SICI": "10.1002/(SICI)1097-0193(1997)5:3<206::AID-HBM5>3.0.CO;2-7",
    "escaped": "https://doi.org/10.1002/(SICI)1097-0193(1997)5:3%3C206::AID-HBM5%3E3.0.CO;2-7",
    "publisher": "https://onlinelibrary.wiley.com/doi/abs/10.1002/x",
    "query": "https://journals.plos.org/plosone/article?id=10.1371/journal.pone.0000001&type=printable",
    "sentence": "Int. J. Breast Cancer 2012;3:574025 (doi:10.1155/2012/574025). Epub 2012.",
}
HEADS = ("", "10.1000/", "https://doi.org/10.1000/", "https://example.org/?doi=10.1000/", "(doi:10.1000/")
UNITS = (
    *("10.", "10.1", "10.1/", "10.10", "10.1000/", "%10.10", "doi:10.1/", "10.1/</", "10.1/.", "a(10.1/</", "1", "10/a"),
    *("10.1000/a ", "10.1000/a,", "10.1000/a;", "10.1000/a, ", "doi:10.1000/a ", "urn:doi:10.1:"),
    *("%", "%25", "%2F", "%E9", "&", "&#", "&lt;", "&amp;", "&amp;amp;", "&#38;", "&mu;", "&x;", "&quot;"),
    *("(", ")", "()", "<", "<a", "([{", "(10.1000/a)", "10.1000/. ", "10.1000/) "),
    *("doi:", "doi", "https://", "doi.org/", "doi.org-", "doi.org.", "a.b-", "h", "/full"),
    *("/", "//", ".", ",", ";", "|", '"'),
    *("é", "😀", " ", "a ", "\u200b", "\xad", "a\xad", "\xa0", "a\xa0", "\ue000", "(SICI)1:2<3::4>3.0.CO;2-"),
)  # fmt: skip


def seconds(call: Callable[[str], Any], text: str) -> float:
    """Return the processor time, the best of three."""
    best = float("inf")
    for _ in range(3):
        started = process_time()
        with suppress(IdentifierError):
            call(text)
        best = min(best, process_time() - started)
    return best


def main() -> None:
    """Print both tables."""
    for label, text in USUAL.items():
        rates = [
            2000 / seconds(lambda _, call=call, text=text: [call(text) for _ in range(2000)], "")
            for call in (names.find, names.compact)
            if label != "sentence" or call is names.find
        ]
        print(
            f"{label:10}",
            *(f"{name} {rate:12,.0f}/s  " for name, rate in zip(("find", "compact"), rates, strict=False)),
        )
    calls = (names.compact, names.find, names.find_all, names.is_valid, names.guesses)
    rows = []
    for head in HEADS:
        for unit in UNITS:
            whole, part = ((head + unit * length)[:length] for length in (65_536, 8_192))
            for call in calls:
                long, short = seconds(call, whole), seconds(call, part)
                rows.append((1000 * long, long / short, f"{call.__name__:10} {head!r} + {unit!r} ..."))
    rows.sort(reverse=True)
    print(f"{len(HEADS) * len(UNITS)} hostile texts; the worst for", end=" ")
    print(
        *(
            f"{call.__name__} {max(row[0] for row in rows if row[2].startswith(call.__name__ + ' ')):.2f} ms"
            for call in calls
        )
    )
    for taken, ratio, text in rows[:25]:
        print(f"{taken:8.2f} ms  {ratio:5.1f} x an eighth of it  {text}")


if __name__ == "__main__":
    main()

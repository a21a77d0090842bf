"""Which of several media types a client wants (content negotiation).

https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1

>>> chosen("application/x-bibtex;q=0.5, text/*", ["text/csv", "application/x-bibtex"])
'text/csv'
>>> chosen("image/png", ["text/csv"]) is None
True
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

_QUALITY: Final = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.ASCII)
_MOST: Final = 64  # ranges of a header that are looked at


def chosen(accept: str | None, offered: Sequence[str]) -> str | None:
    """Return the type offered that is wanted most, the first of equals; None where none is accepted."""
    if not accept or not accept.strip():
        return offered[0]
    ranges = list(_ranges(accept))
    best = max(offered, key=lambda kind: _quality(kind, ranges))
    return best if _quality(best, ranges) > 0 else None


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    for part in accept.split(",")[:_MOST]:
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((piece[2:].strip() for piece in parameters if piece.startswith("q=")), "1")
        if kind:
            yield kind, float(quality) if _QUALITY.fullmatch(quality) else 0.0


def _quality(kind: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Return how much a type is wanted: what is said of itself counts before its family, the family before all."""
    said = dict(reversed(ranges))
    family = f"{kind.partition('/')[0]}/*"
    return next((said[name] for name in (kind, family, "*/*") if name in said), 0.0)

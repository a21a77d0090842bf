"""Identifiers in refer tags: DOIs wherever exporters put them; ISSN and ISBN share `%@`.

EndNote files the DOI under `%R`, which is the report number in classic refer, the bibcode in ADS's generic form and an
`oai:` or `URN:` name elsewhere. Old Wiley and HUBzero exports use `%1`, AGU `%3`, ADS `%Y`, AMS only the address in `%U`.
The first `%R` that is a DOI counts; what is not shaped like one is never looked up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from enrich.formats import numbers
from enrich.formats.numbers import LABELLED, RESOLVER, Reading, is_nothing_but_doi, serials
from enrich.formats.refer.tokens import Token

__all__ = ["Reading", "is_nothing_but_doi", "read_doi", "serials"]

_SHAPES: Final[numbers.Shapes] = {
    "R": (0, None),
    "U": (1, RESOLVER),
    "1": (2, LABELLED),
    "3": (2, LABELLED),
    "Y": (3, LABELLED),
    "M": (4, LABELLED),
}


def read_doi(tokens: Sequence[Token], bibcode: str | None = None) -> Reading:
    """Return the DOI of a record: from %R, else from the other tags in which exporters put it."""
    return numbers.read_doi(tokens, _SHAPES, bibcode)

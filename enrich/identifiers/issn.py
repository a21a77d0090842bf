"""ISSN, ISO 3297, of serials (https://www.issn.org/understanding-the-issn/what-is-an-issn/).

Eight characters, the last a check digit that may be X; written with a hyphen in the middle. Bibliographies put words around
it ("2090-3170 (Print)"), registries once wrote addresses (`http://id.crossref.org/issn/2090-3170`).

>>> format(compact("ISSN 2090-3170 (Print)"))
'2090-3170'
"""

from __future__ import annotations

import re
from typing import Final, NewType

from stdnum import issn as _standard
from stdnum.exceptions import ValidationError

from enrich.errors import IdentifierError

Issn = NewType("Issn", str)

_CANDIDATE: Final = re.compile(
    r"(?<![0-9A-Za-z])(?<![0-9][-\u2010-\u2015])[0-9]{4}[-\u2010-\u2015\u2212 ]?"
    r"[0-9]{3}[0-9Xx](?![-\u2010-\u2015]?[0-9A-Za-z])"
)
_WRITTEN: Final = re.compile(r"[0-9]{4}-?[0-9]{3}[0-9X]", re.ASCII)


def compact(text: str) -> Issn:
    """Return the first ISSN in `text` as eight characters; raises IdentifierError if there is none that is right."""
    candidates = [_standard.compact(match[0]) for match in _CANDIDATE.finditer(text)]
    for candidate in candidates:
        if _standard.is_valid(candidate):
            return Issn(candidate)
    if candidates:
        digit = _standard.calc_check_digit(candidates[0][:-1])
        raise IdentifierError(f"the check digit of the ISSN {format(candidates[0])} should be {digit}")
    raise IdentifierError(f"no ISSN, which looks like 2090-3170: {text[:80]!r}")


def validate(text: str) -> Issn:
    """Return `text`, an ISSN with or without its hyphen and nothing else, in compact form; raises IdentifierError."""
    try:
        if _WRITTEN.fullmatch(text):
            return Issn(_standard.validate(text))
    except ValidationError as error:
        raise IdentifierError(f"the check digit of the ISSN {text} is wrong") from error
    raise IdentifierError(f"no ISSN, which looks like 2090-3170: {text[:80]!r}")


def is_valid(text: str) -> bool:
    """Tell whether `text` is an ISSN, with or without its hyphen."""
    return _WRITTEN.fullmatch(text) is not None and bool(_standard.is_valid(text))


def format(issn: str) -> str:  # noqa: A001 - one of the verbs every identifier module has, always called as issn.format
    """Return the ISSN as it is printed: `2090-3170`."""
    return str(_standard.format(issn))


def to_url(issn: str) -> str:
    """Return the address of the serial at the ISSN portal."""
    return f"https://portal.issn.org/resource/ISSN/{format(issn)}"

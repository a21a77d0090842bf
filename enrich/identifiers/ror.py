"""ROR iD of research organizations (https://ror.readme.io/docs/identifier).

Nine characters: a zero, six of Crockford's base 32 (no i, l, o, u) and two check digits (ISO/IEC 7064, mod 97-10).
Registries give the address; the compact form has the nine characters alone, in lower case.

>>> compact("https://ror.org/05dxps055")
'05dxps055'
"""

from __future__ import annotations

import re
from typing import Final, NewType

from enrich.errors import IdentifierError

Ror = NewType("Ror", str)

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_CANDIDATE: Final = re.compile(
    r"(?<![0-9A-Za-z])0[0-9a-hj-km-np-tv-z]{6}[0-9]{2}(?![0-9A-Za-z])", re.ASCII | re.IGNORECASE
)


def compact(text: str) -> Ror:
    """Return the first ROR iD in `text`; raises IdentifierError if there is none that is right."""
    candidates = [match[0].lower() for match in _CANDIDATE.finditer(text)]
    for candidate in candidates:
        if is_valid(candidate):
            return Ror(candidate)
    if candidates:
        raise IdentifierError(f"the check digits of the ROR iD {candidates[0]} are wrong")
    raise IdentifierError(f"no ROR iD, which looks like 05dxps055: {text[:80]!r}")


def validate(text: str) -> Ror:
    """Return `text`, which must already be in compact form; raises IdentifierError otherwise."""
    if not is_valid(text):
        raise IdentifierError(f"no ROR iD, or its check digits are wrong: {text[:80]!r}")
    return Ror(text)


def is_valid(text: str) -> bool:
    """Tell whether `text` is a ROR iD in compact form."""
    if _CANDIDATE.fullmatch(text) is None or text != text.lower():
        return False
    number = 0
    for character in text[:7]:
        number = number * 32 + _ALPHABET.index(character)
    return 98 - number * 100 % 97 == int(text[7:])


def format(ror: str) -> str:  # noqa: A001 - one of the verbs every identifier module has, always called as ror.format
    """Return the ROR iD as it is shown, which is its compact form."""
    return ror


def to_url(ror: str) -> str:
    """Return the address of the organization's record; it is how ROR wants the iD to be written."""
    return f"https://ror.org/{ror}"

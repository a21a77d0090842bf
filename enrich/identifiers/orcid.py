"""ORCID iD, a block of ISNI (ISO 27729), of people (https://support.orcid.org/hc/en-us/articles/360006897674).

Sixteen characters, the last a check digit that may be X. The compact form has its hyphens, as everybody writes it;
registries give the address, `http` in old records and `https` in new ones.

>>> compact("http://orcid.org/0000-0002-1825-0097")
'0000-0002-1825-0097'
"""

from __future__ import annotations

import re
from typing import Final, NewType

from stdnum.iso7064 import mod_11_2 as _standard

from enrich.errors import IdentifierError

Orcid = NewType("Orcid", str)

_CANDIDATE: Final = re.compile(
    r"(?<![0-9A-Za-z])[0-9]{4}(?:[-\u2010-\u2015\u2212 ]?[0-9]{4}){2}[-\u2010-\u2015\u2212 ]?[0-9]{3}[0-9Xx](?![0-9A-Za-z])"
)
_SEPARATORS: Final = re.compile(r"[^0-9Xx]")
_WRITTEN: Final = re.compile(r"[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]", re.ASCII)


def compact(text: str) -> Orcid:
    """Return the first ORCID iD in `text`; raises IdentifierError if there is none that is right."""
    candidates = [match[0] for match in _CANDIDATE.finditer(text)]
    for candidate in candidates:
        bare = _SEPARATORS.sub("", candidate).upper()
        if _standard.is_valid(bare):
            return Orcid(f"{bare[:4]}-{bare[4:8]}-{bare[8:12]}-{bare[12:]}")
    if candidates:
        raise IdentifierError(f"the check digit of the ORCID iD {candidates[0]} is wrong")
    raise IdentifierError(f"no ORCID iD, which looks like 0000-0002-1825-0097: {text[:80]!r}")


def validate(text: str) -> Orcid:
    """Return `text`, which must already be in compact form; raises IdentifierError otherwise."""
    if not is_valid(text):
        raise IdentifierError(f"no ORCID iD, or its check digit is wrong: {text[:80]!r}")
    return Orcid(text)


def is_valid(text: str) -> bool:
    """Tell whether `text` is an ORCID iD in compact form, which has its hyphens."""
    return _WRITTEN.fullmatch(text) is not None and _standard.is_valid(text.replace("-", ""))


def format(orcid: str) -> str:  # noqa: A001 - one of the verbs every identifier module has, always called as orcid.format
    """Return the ORCID iD as it is shown, which is its compact form."""
    return orcid


def to_url(orcid: str) -> str:
    """Return the address of the person's record; it is how ORCID wants the iD to be shown on a page."""
    return f"https://orcid.org/{orcid}"

"""Organizations that an answer names by their ROR iD: where authors work, who paid, who published.

https://ror.org , https://www.crossref.org/documentation/schema-library/markup-guide-metadata-segments/affiliations/ ,
https://support.datacite.org/docs/ror . Agencies write the iD in members of many names (`id`, `affiliationIdentifier`,
`funderIdentifier`, `nameIdentifier`, `publisherIdentifier`), mostly as an address, some beside no name at all; so it is
known by its looks, wherever it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from enrich.agencies.values import text
from enrich.errors import IdentifierError
from enrich.identifiers import ror
from enrich.model.record import Organization

_SIGN: Final = b"ror.org/"
_NAMES: Final = ("name", "funderName", "affiliation_name", "organizationName")
_DEEP: Final = 8  # levels of an answer; none of the agencies' has as many


def stated(raw: bytes) -> tuple[Organization, ...]:
    """Return the organizations in an answer, JSON, each once; the first name it is given counts."""
    if _SIGN not in raw:  # nine answers in ten, and they should not be parsed again for this
        return ()
    try:
        answer = orjson.loads(raw)
    except ValueError:
        return ()
    found: dict[ror.Ror, str | None] = {}
    for identifier, name in _within(answer, None, _DEEP):
        found[identifier] = found.get(identifier) or name
    return tuple(Organization(ror=identifier, name=name) for identifier, name in found.items())


def _within(value: Any, name: str | None, levels: int) -> Iterator[tuple[ror.Ror, str | None]]:
    if isinstance(value, str):
        if "ror.org/" in value and len(value) < 100 and (found := _read(value)):
            yield found, name
    elif levels and isinstance(value, Mapping):
        own = next((spoken for key in _NAMES if (spoken := text(value.get(key)))), name)
        for key in sorted(value):  # an answer kept has its members in another order
            yield from _within(value[key], own, levels - 1)
    elif levels and isinstance(value, list):
        for inner in value:
            yield from _within(inner, name, levels - 1)


def _read(address: str) -> ror.Ror | None:
    try:
        return ror.compact(address)
    except IdentifierError:
        return None

"""Cleans bibliographic records on the word of the agency that registered their DOI, and accounts for every change.

::

    import enrich

    for result in enrich.clean("library.enw", policy="fill"):
        print(result.status, result.doi, [change.field for change in result.changes])

    async with enrich.Enricher(enrich.Settings(mailto="me@example.org")) as enricher:
        async for result in enricher.stream(enrich.read("library.enw")):
            result.record, result.status, result.verdict, result.changes

    outcome = enrich.resolve("10.1155/2012/574025")
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from enrich.enricher import Enricher
    from enrich.errors import (
        EnrichError,
        FormatError,
        IdentifierError,
        OutputError,
        ProtocolError,
        SettingsError,
        StoreError,
        TransportError,
    )
    from enrich.formats import write
    from enrich.identifiers.doi import Doi
    from enrich.merge.policy import MergePolicy
    from enrich.model import (
        Change,
        Conflict,
        Elsewhere,
        Enrichment,
        Found,
        Name,
        Note,
        NotFound,
        Origin,
        Outcome,
        PartialDate,
        Record,
        Refused,
        Unavailable,
        Verdict,
        Work,
    )
    from enrich.settings import Settings
    from enrich.sync import clean, read, resolve
    from enrich.version import VERSION

    __version__ = VERSION

__all__ = [
    "Change",
    "Conflict",
    "Doi",
    "Elsewhere",
    "EnrichError",
    "Enricher",
    "Enrichment",
    "FormatError",
    "Found",
    "IdentifierError",
    "MergePolicy",
    "Name",
    "NotFound",
    "Note",
    "Origin",
    "Outcome",
    "OutputError",
    "PartialDate",
    "ProtocolError",
    "Record",
    "Refused",
    "Settings",
    "SettingsError",
    "StoreError",
    "TransportError",
    "Unavailable",
    "Verdict",
    "Work",
    "__version__",
    "clean",
    "read",
    "resolve",
    "write",
]

_ROOMS: Final = {
    "Doi": "enrich.identifiers.doi",
    "Enricher": "enrich.enricher",
    "MergePolicy": "enrich.merge.policy",
    "Settings": "enrich.settings",
    "clean": "enrich.sync",
    "read": "enrich.sync",
    "resolve": "enrich.sync",
    "write": "enrich.formats",
    **{name: "enrich.errors" for name in __all__ if name.endswith("Error")},
}


def __getattr__(name: str) -> Any:
    # A name is imported when it is used: `enrich --version` and a type annotation should cost nothing.
    if name == "__version__":
        return importlib.import_module("enrich.version").VERSION
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_ROOMS.get(name, "enrich.model")), name)


def __dir__() -> list[str]:
    return __all__

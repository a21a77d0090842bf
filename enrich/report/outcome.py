"""What is known of a DOI, or where it leads, in the words of a report: one object for programs, one sentence for people.

The shape never depends on the data's meaning: `asked`, `doi` and `status` are always there; a found work brings its
record with its origin, anything else a reason.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias, assert_never
from urllib.parse import quote

from enrich.errors import IdentifierError
from enrich.formats import csl_json
from enrich.identifiers import doi as doi_names
from enrich.identifiers import ror
from enrich.model.outcome import Elsewhere, Found, Landing, NotFound, Outcome, Place, Refused, Unavailable

Result: TypeAlias = Outcome | Place | IdentifierError
WORDS: Final = ("found", "not-found", "refused", "unavailable", "elsewhere", "invalid-doi")
"""What can become of a DOI."""


def landing_page(result: Result) -> str:
    """Return where the work is to be read: the registered address, or the resolver's; empty where nothing is known."""
    address = _address(result)
    if address.isprintable() and " " not in address:
        return address
    return "".join(
        sign if sign.isprintable() and sign != " " else quote(sign, errors="replace") for sign in address
    )


def _address(result: Result) -> str:
    match result:
        case Landing(url=url):
            return url
        case Found(doi=doi, record=record):
            registered = record.registration.resource if record.registration else None
            return registered or doi_names.to_url(doi)
        case Elsewhere(doi=doi):
            return doi_names.to_url(doi)
        case NotFound() | Refused() | Unavailable() | IdentifierError():
            return ""
        case _:
            assert_never(result)


def status(result: Result) -> str:
    """Return the word a report uses for what became of a DOI."""
    match result:
        case Found() | Landing():
            return "found"
        case NotFound():
            return "not-found"
        case Refused():
            return "refused"
        case Unavailable():
            return "unavailable"
        case Elsewhere():
            return "elsewhere"
        case IdentifierError():
            return "invalid-doi"
        case _:
            assert_never(result)


def explanation(result: Result) -> str:
    """Return in a few words why there is no answer; empty for a found DOI."""
    match result:
        case Found() | Landing():
            return ""
        case NotFound(source=source):
            return f"{source} knows no such DOI"
        case Refused(agency=agency, reason=reason) | Unavailable(agency=agency, reason=reason):
            return f"{agency}: {reason}"
        case Elsewhere(agency=agency):
            return f"registered with {agency}, which publishes no metadata"
        case IdentifierError():
            return str(result)
        case _:
            assert_never(result)


def row(text: str, result: Result) -> dict[str, Any]:
    """Return the JSON object for one DOI: what was asked, its status, and the record with its origin when found."""
    line: dict[str, Any] = {"asked": text, "doi": None, "status": status(result)}
    if isinstance(result, IdentifierError):
        return line | {"reason": str(result)}
    line["doi"] = result.doi
    if not isinstance(result, Found):
        return line | {"reason": explanation(result)}
    record = result.record
    registration = record.registration
    return line | {
        "agency": record.origin.agency,
        "retrieved_at": record.origin.retrieved_at,
        "stale": result.stale,
        "url": landing_page(result),
        "work": csl_json.to_csl(record.work),
        "updates": [update.model_dump() for update in (registration.updates if registration else ())],
        "organizations": [
            {"name": each.name, "ROR": ror.to_url(each.ror)}
            for each in (registration.organizations if registration else ())
        ],
    }

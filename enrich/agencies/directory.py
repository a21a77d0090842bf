"""Which agency registered a DOI: doi.org knows, and most prefixes tell.

https://www.doi.org/doi-handbook/HTML/which-ra-service.html . One request names many DOIs, parted by commas, so a comma
within one is escaped; the answer is always 200, and a `status` instead of an agency is the negative. Short DOIs are not
supported. `prefixes.tsv` beside this module holds prefixes whose agency is beyond doubt; a guess, since single DOIs move
between agencies. Only doi.org's word about the DOI itself counts.

>>> guess(Doi("10.5281/zenodo.1234"))
'datacite'
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

from enrich.agencies import base, values
from enrich.agencies.values import mappings
from enrich.identifiers import doi as doi_names
from enrich.identifiers.doi import Doi
from enrich.model.outcome import NotFound, Outcome
from enrich.model.wire import Flow, Request, Response

SOURCE: Final = "doi.org"
UNKNOWN: Final = "doi.org knows no agency for it"
_ROOM: Final = base.LONGEST - len("/doiRA/")
_ABSENT: Final = frozenset(("DOI does not exist", "Invalid DOI"))


def guess(doi: Doi) -> str | None:
    """Return the name of the agency that DOIs with this prefix have; None where the prefix does not tell."""
    return _prefixes().get(doi_names.prefix(doi))


def is_known(prefix: str) -> bool:
    """Tell whether an agency is known to register names with a prefix such as `10.1000`."""
    return prefix in _prefixes()


@cache
def _prefixes() -> Mapping[str, str]:
    lines = files("enrich.agencies").joinpath("prefixes.tsv").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {prefix: name.strip() for prefix, name in pairs}


def which(dois: Sequence[Doi]) -> Flow[dict[Doi, str | Outcome]]:
    """Return for each DOI the name of its agency, or the outcome that there is none to be had."""
    batches = base.by_bytes(dois, room=_ROOM, most=base.MOST, width=lambda doi: len(_named(doi)) + 1)
    told = yield from base.ask(_AGENCIES, batches)
    return {
        doi: told.get(doi) or base.unavailable(doi, SOURCE, "doi.org did not say which agency it has")
        for doi in dois
    }


def _named(doi: Doi) -> str:
    return base.path_at_doi_org(doi).removeprefix("/").replace(",", "%2C")


def _request(batch: Sequence[Doi]) -> Request:
    return Request(service="doi", kind="list", path="/doiRA/" + ",".join(map(_named, batch)))


def _told(batch: Sequence[Doi], answer: Response) -> dict[Doi, str | Outcome] | None:
    """Return what the answer says of each DOI; None where it is no such list."""
    rows = base.parsed(answer)
    if not isinstance(rows, list):
        return None
    asked = {doi_names.fold(doi): doi for doi in batch}
    told: dict[Doi, str | Outcome] = {}
    for row in mappings(rows):
        name = row.get("DOI")
        doi = asked.get(doi_names.fold(name)) if isinstance(name, str) else None
        if doi is not None and doi not in told:
            told[doi] = _meaning(doi, row.get("RA"), row.get("status"))
    return told


def _meaning(doi: Doi, label: object, status: object) -> str | Outcome:
    if isinstance(label, str) and (name := values.text(label)):
        return name.lower()
    if isinstance(status, str) and status in _ABSENT:
        return NotFound(doi=doi, source=SOURCE)
    return base.unavailable(doi, SOURCE, UNKNOWN)


_AGENCIES: Final[base.Question[str | Outcome]] = base.Question(SOURCE, _request, _told)

"""The agencies there are, one line each; docs/adding-an-agency.md says how another one joins.

https://www.doi.org/the-community/existing-registration-agencies/ , with what each publishes. Crossref and DataCite have an
interface of their own here, others are asked by content negotiation. KISTI, Airiti and EIDR offer no free metadata;
CNKI answers the question for metadata with a page of HTML; of BSI and the IDF's own names nothing is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from enrich.agencies import base, crossref, datacite, negotiation
from enrich.agencies.base import Agency


def _negotiated(label: str) -> Agency:
    name = label.lower()
    lookup = partial(negotiation.lookup, agency=name)
    return Agency(name, label, lookup, partial(negotiation.read, agency=name), base.alone, negotiated=True)


def _silent(label: str) -> Agency:
    name = label.lower()
    return Agency(name, label, None, partial(negotiation.read, agency=name), base.listed)


AGENCIES: Final[Mapping[str, Agency]] = {
    agency.name: agency
    for agency in (
        Agency("crossref", "Crossref", crossref.lookup, crossref.read, crossref.plan),
        Agency("datacite", "DataCite", datacite.lookup, datacite.read, datacite.plan),
        _negotiated("JaLC"),
        _negotiated("mEDRA"),
        _negotiated("OP"),
        _negotiated("ISTIC"),
        _silent("KISTI"),
        _silent("CNKI"),
        _silent("Airiti"),
        _silent("EIDR"),
        _silent("BSI"),
        _silent("Public"),
    )
}
"""Name in lower case -> the agency."""

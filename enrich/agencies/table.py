"""The agencies there are, one line each; docs/adding-an-agency.md says how another one joins.

https://www.doi.org/the-community/existing-registration-agencies/ . What each publishes, and what it does not, is written at
the top of its own module; docs/agencies.md lists them side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from enrich.agencies import airiti, bsi, cnki, crossref, datacite, eidr, istic, jalc, kisti, medra, op, public
from enrich.agencies.base import Agency

AGENCIES: Final[Mapping[str, Agency]] = {
    agency.name: agency
    for agency in (
        crossref.AGENCY,
        datacite.AGENCY,
        jalc.AGENCY,
        medra.AGENCY,
        op.AGENCY,
        istic.AGENCY,
        kisti.AGENCY,
        cnki.AGENCY,
        airiti.AGENCY,
        eidr.AGENCY,
        bsi.AGENCY,
        public.AGENCY,
    )
}
"""Name in lower case -> the agency."""

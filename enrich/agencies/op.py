"""OP, the Publications Office of the European Union: reports, studies and statistics of its institutions.

https://op.europa.eu/en/web/webguide/identifiers . Asked by content negotiation at doi.org, which answers from DataCite's
resolver; so the limits are doi.org's and DataCite's. The office's own notices (Cellar) are found by its numbers, not by DOI.
Licence: metadata may be reused with the source named (Commission Decision 2011/833/EU).

Not given: pages, chapters, the language of the edition a DOI is for.
"""

from __future__ import annotations

from typing import Final

from enrich.agencies import negotiation
from enrich.agencies.base import Agency

AGENCY: Final[Agency] = negotiation.party("OP")

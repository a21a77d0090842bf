"""CNKI, China National Knowledge Infrastructure: journals, theses and proceedings of China.

https://www.cnki.net . A request for metadata at doi.org is answered with status 200 and a page of HTML that offers copies
(10.13209/j.0479-8023.2019.001): that is no description, and no absence either. No open interface is known; limits and
licence are not established.
"""

from __future__ import annotations

from typing import Final

from enrich.agencies import negotiation
from enrich.agencies.base import Agency

AGENCY: Final[Agency] = negotiation.silent("CNKI")

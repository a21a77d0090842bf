"""Airiti, 華藝數位: journals and theses of Taiwan.

https://blog.airiti.com/doi-ra/ . Metadata are shown on the pages of its library; no interface is known that is open to
everybody, and doi.org's content negotiation has none of them. Limits, licence and members are not established.
"""

from __future__ import annotations

from typing import Final

from enrich.agencies import negotiation
from enrich.agencies.base import Agency

AGENCY: Final[Agency] = negotiation.silent("Airiti")

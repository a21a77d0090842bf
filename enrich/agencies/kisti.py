"""KISTI, the Korea Institute of Science and Technology Information: journals and reports of Korea.

https://doi.or.kr . No interface to its metadata is known that is open to everybody, and doi.org's content negotiation has
none of them. Limits, licence and members are not established.
"""

from __future__ import annotations

from typing import Final

from enrich.agencies import negotiation
from enrich.agencies.base import Agency

AGENCY: Final[Agency] = negotiation.silent("KISTI")

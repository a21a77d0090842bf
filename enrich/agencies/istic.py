"""ISTIC, the Institute of Scientific and Technical Information of China: journals and theses (Wanfang).

http://www.chinadoi.cn . Its own interfaces are for members with an account, so it is asked by content negotiation at
doi.org, which redirects to a plain address without HTTPS (seen in August 2026): transport refuses that, and the DOI is then
reported as registered elsewhere. No limit is published; no licence is stated.

What was seen of it: CSL-JSON with numeric entities in titles, whole names in `given`, the first page alone, often no date.
"""

from __future__ import annotations

from typing import Final

from enrich.agencies import negotiation
from enrich.agencies.base import Agency

AGENCY: Final[Agency] = negotiation.party("ISTIC")

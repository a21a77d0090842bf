"""BSI, the British Standards Institution: standards.

https://www.bsigroup.com . It stands in lists of agencies; whether doi.org's directory prints that label, what is registered
there, and any interface, limit or licence are not established.
"""

from __future__ import annotations

from typing import Final

from enrich.agencies import negotiation
from enrich.agencies.base import Agency

AGENCY: Final[Agency] = negotiation.silent("BSI")

"""EIDR, the Entertainment Identifier Registry: films, episodes, cuts and encodings (10.5240/...).

https://members.eidr.org/knowledge-base/api-introduction/ . Its registry resolves an identifier to a description in its own
XML, for everybody; queries are for members. That XML is not read here, and content negotiation for CSL-JSON has nothing of
it. Limits and licence are not established.
"""

from __future__ import annotations

from typing import Final

from enrich.agencies import negotiation
from enrich.agencies.base import Agency

AGENCY: Final[Agency] = negotiation.silent("EIDR")

"""Public: names of the International DOI Foundation's own, such as 10.1000/182, the handbook.

https://www.doi.org/doi-handbook/HTML/ . They lead to pages and documents of the foundation; no metadata are registered with
them that could be asked for, so there are neither limits nor a licence to name.
"""

from __future__ import annotations

from typing import Final

from enrich.agencies import negotiation
from enrich.agencies.base import Agency

AGENCY: Final[Agency] = negotiation.silent("Public")

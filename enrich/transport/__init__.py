"""The HTTP stack: politeness, retries, limits. The only package that imports httpx and tenacity.

What a request meets on its way: :mod:`drive` (offline? refused before?), :mod:`breaker` (is the service up?),
:mod:`throttle` and :mod:`ledger` (whose turn is it, on the whole machine?), :mod:`etiquette` (who is asking?),
:mod:`exchange` (the wire), :mod:`addresses` (where does a redirect lead?), :mod:`retry` (is asking again of any use?).
"""

from enrich.transport.drive import Stats, Transport

__all__ = ["Stats", "Transport"]

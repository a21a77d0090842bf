"""Who is asking: User-Agent, contact address, tokens.

https://www.crossref.org/documentation/retrieve-metadata/rest-api/ asks for a User-Agent with a `mailto:`; DataCite
reads the same header. Identification fails open: a User-Agent lost on the way gives answers from Crossref's public
pool, not an error, so the pool is checked on every answer, and the address goes into the query too once the pool says
that the header did not arrive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

from enrich.model.wire import Service
from enrich.settings import Settings
from enrich.version import VERSION

HOME: Final = "https://pypi.org/project/doi-enrich/"
_TOKEN_HEADER: Final = {"crossref": "crossref-plus-api-token", "datacite": "authorization"}


def user_agent(mailto: str | None = None) -> str:
    """Return how the program names itself; the contact is percent-encoded where a header could not carry it."""
    contact = f"; mailto:{quote(mailto, safe='@!#$&*+-/=?^_`{|}~.')}" if mailto else ""
    return f"doi-enrich/{VERSION} ({HOME}{contact})"


class Identity:
    """What each service is told about who is asking; `warn` takes a sentence when the contact does not arrive."""

    def __init__(self, settings: Settings, warn: Callable[[str], None]) -> None:
        tokens = {"crossref": settings.crossref_token, "datacite": settings.datacite_token}
        self._tokens = {name: token.get_secret_value() for name, token in tokens.items() if token is not None}
        self._mailto = settings.mailto
        self._warn = warn
        self._in_query = False

    def identified(self, service: Service | None) -> bool:
        """Tell whether the service knows whom to write to."""
        return service is not None and (self._mailto is not None or service in self._tokens)

    def headers(self, service: Service | None, accept: str, *, token: bool) -> dict[str, str]:
        """Return the headers for a service; one that is none of ours (after a redirect) learns the program's name alone."""
        headers = {
            "user-agent": user_agent(self._mailto if service else None),
            "accept": accept,
            "accept-encoding": "gzip",
        }
        if token and service in self._tokens:
            headers[_TOKEN_HEADER[service]] = f"Bearer {self._tokens[service]}"
        return headers

    def target(self, service: Service | None, target: str) -> str:
        """Return the target, with the contact in the query where the header did not arrive."""
        if service != "crossref" or not self._in_query or self._mailto is None:
            return target
        return f"{target}{'&' if '?' in target else '?'}mailto={quote(self._mailto, safe='')}"

    def observe(self, service: Service | None, headers: Mapping[str, str]) -> None:
        """Notice when Crossref counts an identified request to its public pool."""
        pool = headers.get("x-api-pool", "")
        if service == "crossref" and self._mailto and not self._in_query and pool.startswith("public"):
            self._in_query = True
            self._warn(
                "Crossref counts these requests to its public pool although a contact address is set; the address is now"
                " sent in the query too. Does a proxy replace the User-Agent header?"
            )

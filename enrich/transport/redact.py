"""Keeps tokens and the contact address out of every text a person may see.

>>> Redactor("s3cret")("GET https://u:p@api.example/works?mailto=me%40example.org&rows=1: bad s3cret")
'GET https://***@api.example/works?mailto=***&rows=1: bad ***'
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

_HIDDEN: Final = "***"
_CONTACT: Final = re.compile(r"(mailto(?:=|:|%3A))[^\s&;,)\"'<>]+", re.IGNORECASE)
_PASSWORD: Final = re.compile(r"://[^/\s@]*@")


class Redactor:
    """Replaces known secrets, contact addresses and passwords in addresses by `***`."""

    def __init__(self, *secrets: str | None) -> None:
        spellings = {spelling for secret in secrets if secret for spelling in (secret, quote(secret, safe=""))}
        self._secrets = tuple(sorted(spellings, key=len, reverse=True))  # the longer one may contain the shorter

    def __call__(self, text: str) -> str:
        """Return the text without what nobody else should read."""
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return _PASSWORD.sub(f"://{_HIDDEN}@", _CONTACT.sub(rf"\1{_HIDDEN}", text))

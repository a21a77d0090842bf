"""How a DOI comes to be misspelt: one function for each way, from the literature on broken DOIs and from libraries seen.

Each takes a DOI in compact form and returns what stands in `%R`, or None where it has nothing to get wrong. Some can be read
by rule; some (a letter for a digit, a digit lost) only by asking whether a guess exists and is confirmed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import quote

Misspelling = Callable[[str], str | None]


def _around(form: str) -> Misspelling:
    return form.format


def _swapped(old: str, new: str, count: int = 1) -> Misspelling:
    """Replace what stands in the suffix."""

    def misspell(doi: str) -> str | None:
        prefix, slash, suffix = doi.partition("/")
        return f"{prefix}{slash}{suffix.replace(old, new, count)}" if old in suffix else None

    return misspell


def _encoded(doi: str) -> str | None:
    return f"https://doi.org/{quote(doi, safe='')}"


def _twice_encoded(doi: str) -> str | None:
    return f"https://doi.org/{quote(quote(doi, safe=''), safe='')}"


def _entities(doi: str) -> str | None:
    escaped = doi.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped if escaped != doi else None


def _capitals(doi: str) -> str | None:
    return doi.upper() if doi.upper() != doi else None


def _in_prefix(old: str, new: str) -> Misspelling:
    return lambda doi: doi.replace(old, new, 1)


def _zero(doi: str) -> str | None:
    prefix, _, suffix = doi.partition("/")
    return f"{prefix}/{suffix.replace('0', 'O', 1)}" if "0" in suffix else None


MISSPELLINGS: Final[dict[str, Misspelling]] = {
    "label": _around("doi:{}"),
    "label and blank": _around("DOI: {}"),
    "label twice": _around("doi:doi:{}"),
    "info": _around("info:doi/{}"),
    "address": _around("https://doi.org/{}"),
    "old address": _around("http://dx.doi.org/{}"),
    "address without scheme": _around("doi.org/{}"),
    "label and address": _around("DOI: https://doi.org/{}"),
    "address twice": _around("https://doi.org/https://doi.org/{}"),
    "library's proxy": _around("https://doi-org.proxy.example.edu/{}"),
    "capitals": _capitals,
    "full stop": _around("{}."),
    "comma": _around("{},"),
    "semicolon": _around("{};"),
    "bracket behind": _around("{})"),
    "brackets": _around("({})"),
    "angle brackets": _around("<{}>"),
    "quotes": _around('"{}"'),
    "[doi]": _around("{} [doi]"),
    "PMID behind": _around("{}. PMID: 12345678"),
    "pmid glued": _around("{}.pmid:12345678"),
    "accessed": _around("{} (accessed 1 March 2020)"),
    "fragment": _around("https://doi.org/{}#abstract"),
    "/full": _around("https://publisher.example/doi/{}/full"),
    "/abstract": _around("https://publisher.example/doi/abs/{}/abstract"),
    "/pdf": _around("https://publisher.example/doi/pdf/{}"),
    ".pdf": _around("https://publisher.example/content/{}.pdf"),
    "encoded": _encoded,
    "encoded twice": _twice_encoded,
    "entities": _entities,
    "blank after the slash": _in_prefix("/", "/ "),
    "backslash": _in_prefix("/", "\\/"),
    "zero-width blank": _in_prefix("/", "/\u200b"),
    "typographic hyphen": _swapped("-", "\u2010"),
    "twice": _around("{0} {0}"),
    "double dot in the prefix": _in_prefix("10.", "10.."),
    "double slash": _in_prefix("/", "//"),
    "double underscore": _swapped("_", "__"),
    "comma for the dot": _in_prefix("10.", "10,"),
    "O for 0": _zero,
    "l for 1": _swapped("1", "l"),
    "1 lost in 10": _in_prefix("10.", "0."),
    "0 lost in 10": _in_prefix("10.", "1."),
}
"""Name of the way -> how it is done."""

"""Handles at doi.org: whether a DOI exists, whether it is another name of a DOI, and where it leads.

https://www.handle.net/proxy_servlet.html . `responseCode` 1 is a handle, 200 one without such values, 100 none: the
trustworthy negative. An alias leads to its prime by a URL at doi.org (10.3103/S009545270801009X does) or by a value of type
`HS_ALIAS`, as short DOIs (`10/abcde`) do.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from enrich.agencies import base, values
from enrich.agencies.values import mappings, member
from enrich.errors import IdentifierError
from enrich.identifiers import doi as doi_names
from enrich.identifiers.doi import Doi
from enrich.model.outcome import Landing, NotFound, Place, Unavailable
from enrich.model.wire import Answer, Failure, Flow, Request

SOURCE: Final = "doi.org"
_ALIASES: Final = 4  # handles that are read for one DOI; aliases in a circle have no end
_LONGEST: Final = 8192  # characters of an address
_HOSTS: Final = frozenset(("doi.org", "www.doi.org", "dx.doi.org"))


def resolve(doi: Doi) -> Flow[Doi | NotFound | Unavailable]:
    """Return the DOI that `doi` stands for (itself, if it is no alias), or that there is none, or that nobody said."""
    answer = yield _request(doi)
    return _meaning(doi, answer)


def landing(doi: Doi) -> Flow[Place]:
    """Return the address that the handle of `doi` leads to, through its aliases. A name whose prime is missing exists."""
    here = doi
    for _ in range(_ALIASES):
        answer = yield _request(here)
        target = _meaning(here, answer)
        if isinstance(target, Unavailable) or (isinstance(target, NotFound) and here == doi):
            return target.model_copy(update={"doi": doi})
        if isinstance(target, NotFound):
            break
        if target == here and not isinstance(answer, Failure):
            return Landing(doi=doi, url=_address(base.parsed(answer)) or doi_names.to_url(here))
        here = target
    return Landing(doi=doi, url=doi_names.to_url(doi))


def _request(doi: Doi) -> Request:
    return Request(service="doi", kind="single", path="/api/handles" + base.path_at_doi_org(doi))


def _meaning(doi: Doi, answer: Answer) -> Doi | NotFound | Unavailable:
    if isinstance(answer, Failure):
        return base.unavailable(doi, SOURCE, f"{answer.reason}: {answer.detail}")
    content = base.parsed(answer)
    named = member(content, "handle")
    if isinstance(named, str) and not _is_same(named, doi):
        return base.unavailable(doi, SOURCE, "malformed: the answer is about another handle")
    match member(content, "responseCode"):
        case 100:
            return NotFound(doi=doi, source=SOURCE)
        case 1:
            return _target(content) or doi
        case 200:
            return doi
        case _:
            return base.unavailable(doi, SOURCE, f"no answer about the handle (HTTP {answer.status})")


def _is_same(handle: str, doi: Doi) -> bool:
    return doi_names.fold(handle) == doi_names.fold(doi)


def _target(content: Any) -> Doi | None:
    """Return the DOI a handle's values lead to, if they lead to one."""
    found = [(value.get("type"), member(value, "data", "value")) for value in mappings(member(content, "values"))]
    aliases = [values.doi(target) for kind, target in found if kind == "HS_ALIAS"]
    addresses = [_at_doi_org(target) for kind, target in found if kind == "URL"]
    return next(filter(None, (*aliases, *addresses)), None)


def _at_doi_org(address: Any) -> Doi | None:
    """Return the DOI an address at doi.org names; a publisher's own page may hold one, but leads nowhere else."""
    if not isinstance(address, str):
        return None
    try:
        host = urlsplit(address.strip()).hostname
        return doi_names.compact(address) if host in _HOSTS else None
    except (IdentifierError, ValueError):
        return None


def _address(content: Any) -> str | None:
    """Return the first of the addresses in a handle that a browser may be sent to."""
    found = [value for value in mappings(member(content, "values")) if value.get("type") == "URL"]
    found.sort(key=lambda value: index if isinstance(index := value.get("index"), int) else 0)
    addresses = (member(value, "data", "value") for value in found)
    return next((address.strip() for address in addresses if _is_address(address)), None)


def _is_address(value: Any) -> bool:
    if (
        not isinstance(value, str)
        or len(value) > _LONGEST
        or not (bare := value.strip()).isprintable()
        or " " in bare
    ):
        return False
    try:
        parts = urlsplit(bare)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)

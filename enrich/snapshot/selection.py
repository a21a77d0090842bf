"""Which works of the data files go into a snapshot, and how much of each."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

from enrich.agencies import crossref, datacite, kinds, values
from enrich.agencies.values import member
from enrich.identifiers import doi as doi_names
from enrich.identifiers.doi import Doi
from enrich.snapshot.items import Item

Fields = Literal["enrichment", "all"]
_TRIM: Final = {"crossref": crossref.trim, "datacite": datacite.trim}
_YEAR: Final = re.compile(r"[12][0-9]{3}")
_NEEDLES: Final = 64  # prefixes that are looked for in a line before it is read as JSON


@dataclass(frozen=True)
class Selection:
    """Filters, each of which a work must pass; empty ones let everything through.

    `prefixes`: beginnings of DOIs, `10.1155` or `10.1155/2012`. `types`: the registry's own names or CSL's, in lower case.
    `from_year`: published then or later, or nobody knows when. What doi.org says of a DOI has neither type nor year.
    """

    prefixes: tuple[str, ...] = ()
    dois: frozenset[Doi] | None = None
    types: frozenset[str] = frozenset()
    from_year: int | None = None
    fields: Fields = "enrichment"

    def accepts(self, item: Item) -> bool:
        """Tell whether a work goes in; one that is known by another of its names as well is looked for under all."""
        if self._beginnings or self.dois is not None:
            names = (item.doi, *aliases(item))
            if self._beginnings and not any(name.startswith(self._beginnings) for name in names):
                return False
            if self.dois is not None and self.dois.isdisjoint(names):
                return False
        if item.agency not in _TRIM:
            return True
        year = _year(item) if self.from_year is not None else None
        return not (self.types and self.types.isdisjoint(_types(item))) and (
            self.from_year is None or year is None or year >= self.from_year
        )

    def kept(self, item: Item) -> dict[str, Any]:
        """Return as much of a work as is kept."""
        trim = _TRIM.get(item.agency)
        return item.data if trim is None or self.fields == "all" else trim(item.data)

    @property
    def scope(self) -> dict[str, Any]:
        """The filters as JSON; of a list of DOIs its digest."""
        listed = None
        if self.dois is not None:
            text = "\n".join(sorted(self.dois)).encode("utf-8", "surrogateescape")
            listed = hashlib.blake2b(text, digest_size=8).hexdigest()
        return {
            "prefixes": sorted(self.prefixes),
            "dois": listed,
            "types": sorted(self.types),
            "from_year": self.from_year,
            "fields": self.fields,
        }

    @classmethod
    def of(cls, scope: Mapping[str, Any], dois: Iterable[Doi]) -> Selection:
        """Return the selection of a scope; `dois` are what its list holds, where it has one."""
        return cls(
            prefixes=tuple(scope["prefixes"]),
            dois=None if scope["dois"] is None else frozenset(dois),
            types=frozenset(scope["types"]),
            from_year=scope["from_year"],
            fields=scope["fields"],
        )

    @property
    def is_of_names(self) -> bool:
        """Whether a work's names are enough to tell if it goes in, and it is trimmed."""
        return self.fields == "enrichment" and not self.types and self.from_year is None

    @cached_property
    def _beginnings(self) -> tuple[str, ...]:
        return tuple(each if "/" in each else f"{each}/" for each in self.prefixes)

    @cached_property
    def needles(self) -> tuple[bytes, ...]:
        """Return strings of which a wanted line holds at least one; empty where that cannot be told from the line."""
        wanted = {each.partition("/")[0] for each in self.prefixes}
        wanted = wanted or {doi_names.prefix(doi) for doi in self.dois or ()}
        return tuple(each.encode() for each in sorted(wanted)) if len(wanted) <= _NEEDLES else ()


def aliases(item: Item) -> tuple[Doi, ...]:
    """Return the other DOIs of a work whose prime DOI this is."""
    others = item.data.get("aliases") if item.agency == "crossref" else None
    if not isinstance(others, list):
        return ()
    return tuple(dict.fromkeys(doi for each in others if (doi := values.doi(each)) and doi != item.doi))


def _types(item: Item) -> set[str]:
    if item.agency == "crossref":
        return {str(item.data.get("type")).lower(), kinds.of_crossref(item.data)}
    attributes = _attributes(item)
    return {str(member(attributes, "types", "resourceTypeGeneral")).lower(), kinds.of_datacite(attributes)}


def _attributes(item: Item) -> Mapping[str, Any]:
    attributes = item.data.get("attributes")
    return attributes if isinstance(attributes, dict) else item.data


def _year(item: Item) -> int | None:
    if item.agency == "datacite":
        said = _attributes(item).get("publicationYear")
    else:
        parts = member(item.data, "issued", "date-parts")
        said = (
            parts[0][0] if isinstance(parts, list) and parts and isinstance(parts[0], list) and parts[0] else None
        )
    match = _YEAR.match(str(said))
    return int(match[0]) if match else None

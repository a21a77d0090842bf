"""Records of one library that describe one work: by their DOI, or by a verdict where a DOI is missing.

Two records whose DOIs differ are never taken for one work, however alike they are: a preprint and its article, an article
and its reprint have a DOI each. Nor are two with one DOI whose descriptions contradict each other: one of the DOIs is wrong.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from enrich.matching.verdict import verdict
from enrich.model.record import Record
from enrich.text.fold import squeezed

_COMPARED: Final = 20  # records of one title that a further one is compared with ("Editorial", "Introduction")
_HEAVY: Final = dict.fromkeys(("abstract", "note"), None) | {"keyword": ()}


class Twin(NamedTuple):
    """The number of the earlier record that describes the same work, and how that is known."""

    number: int
    by: Literal["doi", "match"]


class Duplicates:
    """What has been seen of a library. It holds about 2 KB for each record, without abstracts."""

    def __init__(self) -> None:
        self._by_doi: dict[str, tuple[int, Record]] = {}
        self._by_title: dict[str, list[tuple[int, Record]]] = {}

    def twin(self, record: Record, number: int) -> Twin | None:
        """Return the first record of the same work; where there is none, remember this one by its number."""
        doi = record.work.doi
        earlier = self._by_doi.get(doi) if doi else None
        if earlier is not None and verdict(record.work, earlier[1]).state != "contradicted":
            return Twin(earlier[0], "doi")
        title = squeezed(record.work.title or "")
        alike = self._by_title.setdefault(title, []) if title else []
        for known, other in alike[:_COMPARED]:
            is_open = doi is None or other.work.doi is None
            if is_open and verdict(record.work, other).state == "confirmed":
                return Twin(known, "match")
        light = record.model_copy(
            update={"source": None, "work": record.work.model_copy(update=_HEAVY), "extra": (), "notes": ()}
        )
        if doi:
            self._by_doi.setdefault(doi, (number, light))
        alike.append((number, light))
        return None

"""Composed works, as the two registries describe them."""

from __future__ import annotations

import pytest


def crossref_work(
    number: int, *, indexed: str | None = "2026-05-01T00:00:00Z", title: str = "A work"
) -> dict[str, object]:
    """Return a work of Crossref's."""
    work: dict[str, object] = {
        "DOI": f"10.1000/work.{number}",
        "type": "journal-article",
        "title": [f"{title} {number}"],
        "container-title": ["Journal of Composed Examples"],
        "issued": {"date-parts": [[2012, 3]]},
        "author": [{"given": "Ada", "family": f"Lovelace{number}", "sequence": "first", "affiliation": []}],
        "reference": [{"key": "1", "unstructured": "never read"}],
    }
    return work | ({"indexed": {"date-time": indexed}} if indexed else {})


def datacite_work(number: int, **attributes: object) -> dict[str, object]:
    """Return a resource of DataCite's."""
    doi = f"10.5555/data.{number}"
    usual: dict[str, object] = {
        "doi": doi,
        "titles": [{"title": f"A data set {number}"}],
        "creators": [{"name": "Lovelace, Ada", "givenName": "Ada", "familyName": "Lovelace"}],
        "publisher": "Zenodo",
        "publicationYear": 2024,
        "types": {"resourceTypeGeneral": "Dataset"},
        "updated": "2026-04-01T12:00:00.000Z",
        "state": "findable",
    }
    return {"id": doi, "type": "dois", "attributes": usual | attributes}


class Works:
    """The two kinds of work."""

    crossref = staticmethod(crossref_work)
    datacite = staticmethod(datacite_work)


@pytest.fixture(scope="session")
def works() -> type[Works]:
    """Make works of both registries."""
    return Works

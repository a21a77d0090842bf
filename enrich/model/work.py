"""The thing described, in CSL's words.

Attribute names are CSL's variables with underscores; `FIELDS` is the one table between the two spellings.
https://docs.citationstyles.org/en/stable/specification.html#appendix-iv-variables
"""

from __future__ import annotations

from typing import Final

from enrich.identifiers.doi import Doi
from enrich.model.base import Value
from enrich.model.date import PartialDate
from enrich.model.name import Name


class Work(Value):
    """A work as one party describes it; every member may be missing.

    `type` is a CSL type (see :mod:`enrich.model.worktype`). Texts are plain Unicode without markup when they come from an
    agency; a local text is kept as it was written. `page` is `1-10`, `number` an article, report or patent number. `issn`
    and `isbn` are compact or hyphenated as written when read from a file, canonical when they come from an agency.
    """

    type: str | None = None
    title: str | None = None
    title_short: str | None = None
    original_title: str | None = None
    container_title: str | None = None
    container_title_short: str | None = None
    collection_title: str | None = None
    event_title: str | None = None
    author: tuple[Name, ...] = ()
    editor: tuple[Name, ...] = ()
    translator: tuple[Name, ...] = ()
    collection_editor: tuple[Name, ...] = ()
    issued: PartialDate | None = None
    accessed: PartialDate | None = None
    volume: str | None = None
    issue: str | None = None
    page: str | None = None
    number: str | None = None
    number_of_pages: str | None = None
    number_of_volumes: str | None = None
    edition: str | None = None
    version: str | None = None
    genre: str | None = None
    publisher: str | None = None
    publisher_place: str | None = None
    issn: tuple[str, ...] = ()
    isbn: tuple[str, ...] = ()
    doi: Doi | None = None
    pmid: str | None = None
    url: str | None = None
    abstract: str | None = None
    language: str | None = None
    license: str | None = None
    keyword: tuple[str, ...] = ()
    note: str | None = None
    call_number: str | None = None
    archive: str | None = None


def _csl(attribute: str) -> str:
    return (
        attribute.upper() if attribute in {"issn", "isbn", "doi", "pmid", "url"} else attribute.replace("_", "-")
    )


FIELDS: Final[dict[str, str]] = {_csl(attribute): attribute for attribute in Work.model_fields}
"""CSL's name of every field -> the attribute of :class:`Work`; in the order a record is written."""

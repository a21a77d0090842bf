"""One party's statement about a work, with its raw form and its origin."""

from __future__ import annotations

from enrich.model.base import Value
from enrich.model.date import PartialDate
from enrich.model.note import Note
from enrich.model.provenance import Origin
from enrich.model.update import Update
from enrich.model.work import Work


class Source(Value):
    """A record exactly as it stood in its file or answer.

    Joining the `raw` of all records of a file gives the file's bytes: separators, byte order marks and whatever stood
    between two records belong to the `raw` of one of them. `work` and `doi_text` are what the reader made of it, so a
    writer sees what has changed since by comparing.
    """

    format: str
    raw: bytes
    work: Work
    doi_text: str | None = None
    encoding: str = "utf-8"
    newline: str = "\n"


class Organization(Value):
    """An organization that an answer names by its ROR iD (compact), and the name it is given there, if any."""

    ror: str
    name: str | None = None


class Registration(Value):
    """What a registration agency states beyond the description of the work; used as evidence, never merged as such.

    `published` holds every publication date it gives (print, online, posted), `titles` and `container_titles` every
    spelling; `aliases` other DOIs of the same item; `relations` pairs of relation and target. `is_component` tells that the
    DOI is that of a figure, a table or a supplement within a publication.
    """

    published: tuple[PartialDate, ...] = ()
    titles: tuple[str, ...] = ()
    container_titles: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    updates: tuple[Update, ...] = ()
    relations: tuple[tuple[str, str], ...] = ()
    funders: tuple[str, ...] = ()
    organizations: tuple[Organization, ...] = ()
    resource: str | None = None
    is_component: bool = False


class Record(Value):
    """A statement about a work.

    `doi_text` is what was written where the DOI was read, verbatim: it differs from `work.doi` when the spelling was not
    the bare one, and stands alone when no valid DOI could be read from it. `extra` keeps what CSL has no name for, as
    `(tag, value)`. A record with `readable` false could not be parsed and is kept as it is. `kept` names the fields, as CSL
    does, that somebody settled by hand after an earlier run: no rule and no repair changes them.
    """

    work: Work
    origin: Origin
    source: Source | None = None
    doi_text: str | None = None
    extra: tuple[tuple[str, str], ...] = ()
    notes: tuple[Note, ...] = ()
    registration: Registration | None = None
    readable: bool = True
    kept: frozenset[str] = frozenset()

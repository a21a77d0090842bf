"""refer, BibIX and EndNote's tagged import files (`.enw`): lines of `%`, a tag and a value.

Described in 4.3BSD's refer(1) and groff's (https://man7.org/linux/man-pages/man1/refer.1.html), and by EndNote's manual in
the chapter "Creating a Tagged EndNote Import File". Neither covers what is met: types in `%0` at the end of a record,
records without a blank line between them or with one inside, whole libraries flattened to one line by a copy from a web
page, every encoding of the last forty years, and `%R`, which is a DOI, a report number, a bibcode or any other name.

>>> record = next(read([b"%0 Journal Article %T Active Roles of Tumor Stroma %D 2012 %R 10.1155/2012/574025"]))
>>> record.work.title, record.work.doi
('Active Roles of Tumor Stroma', '10.1155/2012/574025')
"""

from __future__ import annotations

from typing import Final

from enrich.formats.refer.reader import parts, read, record
from enrich.formats.refer.render import held
from enrich.formats.refer.rewrite import unencodable, unheld
from enrich.formats.refer.sniffer import sniff
from enrich.formats.refer.writer import write

__all__ = [
    "EXTENSIONS",
    "MEDIA_TYPES",
    "NAME",
    "held",
    "parts",
    "read",
    "record",
    "sniff",
    "unencodable",
    "unheld",
    "write",
]

NAME: Final = "refer"
MEDIA_TYPES: Final = ("application/x-endnote-refer", "application/x-refer")
EXTENSIONS: Final = (".enw", ".refer", ".ref")

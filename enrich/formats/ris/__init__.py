r"""RIS, the tagged files of Reference Manager, EndNote, Zotero, Mendeley and nearly every publisher's export (`.ris`).

Described in Reference Manager's "RIS Format Specifications" of 2001 and, with other tags for the same things, in EndNote's
of 2011; https://en.wikipedia.org/wiki/RIS_(file_format) compares them. Files mix both. What else is met: no `ER` behind the
last record or any, `TY` not first, one blank or a dash in the separator, values over several lines, several DOIs, the DOI in
`M3`, `N1` or the address only, pages in one tag, whole records on one line.

>>> (record,) = read([b"TY  - JOUR\nT1  - Random Forests\nSP  - 5\nEP  - 32\nM3  - doi: 10.1023/A:1010933404324\n"])
>>> record.work.title, record.work.page, record.work.doi
('Random Forests', '5-32', '10.1023/a:1010933404324')
"""

from __future__ import annotations

from typing import Final

from enrich.formats.ris.files import parts, read, record, sniff, write
from enrich.formats.ris.render import held
from enrich.formats.ris.rewrite import unencodable, unheld

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

NAME: Final = "ris"
MEDIA_TYPES: Final = ("application/x-research-info-systems",)
EXTENSIONS: Final = (".ris",)

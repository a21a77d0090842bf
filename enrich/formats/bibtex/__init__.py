r"""BibTeX and biblatex (`.bib`): entries of a type, a key and fields, in LaTeX.

https://www.bibtex.org/Format/ , https://ctan.org/pkg/biblatex , docs/decisions/0015-bibtex.md

Files are read as BibTeX reads them, and where biber, JabRef or people do otherwise, as they meant it. Nothing of a file is
thrown away: comments, `@string`, `@preamble` and stray text stand in the bytes of the entry after them. Values come out as
Unicode; formulas and unknown commands stay as they are. In an entry that changes, only the changed fields do.

>>> record = next(read([rb"@article{a, title = {Gr{\"o}{\ss}e of {DNA}}, pages = 1 # {--} # 9, doi = {10.1000/182}}"]))
>>> record.work.title, record.work.page, record.work.doi
('Größe of DNA', '1-9', '10.1000/182')
"""

from __future__ import annotations

from typing import Final

from enrich.formats.bibtex.reader import read
from enrich.formats.bibtex.render import held
from enrich.formats.bibtex.rewrite import unencodable, unheld
from enrich.formats.bibtex.sniffer import sniff
from enrich.formats.bibtex.writer import write

__all__ = ["EXTENSIONS", "MEDIA_TYPES", "NAME", "held", "read", "sniff", "unencodable", "unheld", "write"]

NAME: Final = "bibtex"
MEDIA_TYPES: Final = ("application/x-bibtex", "text/x-bibtex")
EXTENSIONS: Final = (".bib", ".bibtex", ".biblatex")

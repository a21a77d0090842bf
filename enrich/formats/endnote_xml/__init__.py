r"""EndNote XML, what EndNote's "Export, XML" writes and most reference managers read (`.xml`).

Described by the document type definition that came with EndNote (RSXML.dtd), whose order of the elements is followed. Met
beside what it says: all records on one line, numbers of types without names, names of types in the user's language,
elements in `<style>` or without, the journal in `<periodical>` and `<secondary-title>` or one of them, the DOI behind
"DOI" or an article number, several numbers in `<isbn>`, paragraphs parted by `&#xD;`, control characters and bare `&` that
no parser of XML lets pass.

The style of a text is not read, and stays in the file where the text does.

>>> record = next(read([b'<xml><records><record><ref-type name="Journal Article">17</ref-type><titles><title><style '
...     b'face="italic">Random</style><style> Forests</style></title></titles><dates><year>2001</year></dates>'
...     b'<electronic-resource-num>DOI 10.1023/A:1010933404324</electronic-resource-num></record></records></xml>']))
>>> record.work.title, record.work.doi
('Random Forests', '10.1023/a:1010933404324')
"""

from __future__ import annotations

from typing import Final

from enrich.formats.endnote_xml.files import read, sniff, write
from enrich.formats.endnote_xml.render import held, unheld
from enrich.formats.endnote_xml.rewrite import unencodable

__all__ = ["EXTENSIONS", "MEDIA_TYPES", "NAME", "held", "read", "sniff", "unencodable", "unheld", "write"]

NAME: Final = "endnote-xml"
MEDIA_TYPES: Final = ("application/x-endnote+xml",)
EXTENSIONS: Final = (".xml",)

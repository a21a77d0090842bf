"""The readable formats, and what the laws need to know of each. A new format joins with one line in `SPECIMENS`."""

from __future__ import annotations

from typing import NamedTuple

ARTICLE = frozenset({
    "title", "container_title", "author", "issued", "volume", "issue", "page", "issn", "doi", "url", "abstract",
    "language", "keyword",
})  # fmt: skip
"""What every format that is written holds of a journal article, each field by itself and whole."""


class Specimen(NamedTuple):
    """A format as the laws see it.

    `pieces` are what its files are put together from, sound and broken; `article` the fields an article keeps whole;
    `altered` texts that are not given back as they were (each with its reason beside it); `encodings` those its files are
    in. A format that `closes` ends a file that breaks off.
    """

    pieces: tuple[str, ...]
    article: frozenset[str] = ARTICLE
    altered: tuple[str, ...] = ()
    encodings: tuple[str, ...] = ("utf-8", "utf-8", "utf-8-sig")
    closes: bool = False


BLANKS = ("\n", "\n\n", "\r\n", "\r", " ", "  ", "\t", "\ufeff", "\x00", "\x0b", "\u2028", "é", "中文")
OLD = ("utf-8", "utf-8", "utf-8-sig", "cp1252", "gb18030", "utf-16", "utf-16-le", "utf-16-be")

SPECIMENS: dict[str, Specimen] = {
    "refer": Specimen(
        (*BLANKS, "%0 Journal Article", "%0 Book", "%0", "%T ", "%A Smith, J.", "%X ", "%D 2012", "%R 10.1000/x",
         "%U http://x.org", "%K a;b", "%", "\n%A Doe", "\n%0 Journal Article", "\n%T t", " %D 2010", "text here."),
        encodings=OLD,
    ),
    "ris": Specimen(
        (*BLANKS, "TY  - JOUR", "TY  - BOOK", "\nTY  - CONF\n", "\nER  - \n", "ER  -", "TI  - ", "T1 - t",
         "AU  - Smith, J.", "\nAB  - ", "PY  - 2012", "DA  - 2012/03//", "DO  - 10.1000/x", "KW  - a;b", "- ",
         "UR  - http://x.org;http://y.org", "SP  - 1-9", "EP  - 9", " TY - JOUR AU - Doe, X ER - ", "ZZ  - z",
         "SN  - 0926-9630 (Print)", "ER - positive", "  ", "text."),
        encodings=OLD,
    ),
    "nbib": Specimen(
        (*BLANKS, "PMID- 12345", "\nPMID- 1\n", "\nTI  - ", "FAU - Roe, Jane", "\nAU  - Roe J\n", "      more", "- ",
         "AUID- x", "\nAUID- ORCID: 0000-0002-1825-0097\n", "\nLID - 10.1000/x [doi]", "\nDP  - 2012 Mar-Apr", "\nAB  - ",
         "IS  - x", "\nAD  - Here", "\nCN  - Group", "UI  - 9", "\nPT  - Book", "\nBTI - B", "[T].", "text."),
        encodings=OLD,
    ),
    "isi": Specimen(
        (*BLANKS, "FN Clarivate", "VR 1.0", "\nPT J\n", "\nER\n", "EF", "TI t", "\nAU Roe, J\n", "   Doe, K\n",
         "\nAF Roe, J", "\nPY 2012", "\nPD MAR 14", "\nDI 10.1000/x", "\nBP 1", "\nEP 9", "\nDT Book", "\nDE a; b",
         "\nSN 0926-9630", "text."),
        encodings=OLD,
    ),
    "csl-json": Specimen(
        (*BLANKS, "[", "]", "{", "}", ",", ":", '"', "\\", '{"items": [', '{"title": "x"}', '"DOI": "10.1000/x"', "null",
         "1e9", '"author": [{"family": "Doe"}]', '"issued": {"date-parts": [[2012, 13]]}', '"type": "book"', "{}",
         "[[[[", '"id": 1'),
        closes=True,
    ),
    "bibtex": Specimen(
        (*BLANKS, "@article{key,", "@book{", "@misc(b,", "@string{x = {y}}", "@comment{", "@preamble{", "title = {A}",
        "year = 2012",
         "author = {Doe, J. and {B}}", "journal = x # {y}", "month = jan", "doi = {10.1000/x}", "url = {http://x.org}",
         ",", "{", "}",
         '"', "#", "=", "(", ")", "%", "@", "\n@book{k2,", "}\n\n", "crossref = {k2}", "\\", "\\{",
         "keywords = {a, b}", "pages={1--2}"),
        altered=("\n  ",),  # blanks that begin a line
        encodings=OLD,
    ),
    "endnote-xml": Specimen(
        (*BLANKS, '<?xml version="1.0"?>', "<xml>", "<records>", "<record>", "</record>", "<record/>", "</records>",
         "</xml>", '<record><ref-type name="Book">6</ref-type></record>', "<titles><title>", '<style face="bold">T</style>',
         "</title></titles>", "<dates><year>2012</year></dates>", "<isbn>0926-9630&#xD;8203107354</isbn>",
         "<electronic-resource-num>10.1000/x</electronic-resource-num>", "<urls><related-urls><url>http://x.org</url>",
         "</related-urls></urls>", "<pages>1-9</pages>", "<!-- <record> -->", "<![CDATA[", "]]>", "&amp;", "&nbsp;", "&#1;",
         "&", "<!DOCTYPE a>", "<"),
        encodings=OLD,
        closes=True,
    ),
}  # fmt: skip

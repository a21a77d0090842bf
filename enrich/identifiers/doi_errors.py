r"""How DOIs are spoilt, class by class, and the way back from each; their names and examples stand in `doi_errors.tsv`.

The classes are those of the literature and of libraries: what hands mistype (Buchanan 2006, 10.1002/asi.20346), the letter O
for a zero (Zhu et al. 2019, 10.1007/s11192-018-2980-7), errors of prefix, suffix and others (Xu et al. 2019,
10.1007/s11192-019-03162-4), a million dead names in the references that publishers deposit (Cioffi et al. 2022,
10.1007/s11192-022-04367-w).

Nobody believes what a way yields before its work is confirmed; so a way may be bold, and need not agree with others.

>>> list(table()["landing-page"].ways("10.1038/nature14539/abstract"))
['10.1038/nature14539']
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from enrich.identifiers import doi_ways as way
from enrich.identifiers.doi_spelling import HYPHEN

_GAP: Final = r"[\s.,;:(\[<>|/)]{0,9}"
_HOST: Final = r"[a-z-]{3,30}\.(?:com|org|net|edu|gov)(?![a-z])"
_PAGE: Final = (
    r"full|abs(?:tract)?|e?pdf|pdfdirect|pdfplus|reader|full-?text|x?html?|meta|summary|references|figures|metrics|cited-?by"
    r"|suppinfo|issuetoc|download|long|short|xml|epub|export|print|media|asset|tables?"
)
_NEXT_WORDS: Final = "and|the|from|see|published|received|references|abstract|keywords|introduction|copyright"
_LETTERS: Final = str.maketrans("аеорсухіјѕԁԛԝһӏαονρτυι", "aeopcyxijsdqwhlaovptui")
_SLASHES: Final = str.maketrans(dict.fromkeys("\u2044\u2215\u29f8\uff0f\u2571", "/"))
_LOST: Final = r"-?[\ufffd\x00-\x1f\x7f-\x9f]{1,9}-?"
_ALIKE: Final = (("s", "5"), ("b", "8"), ("b", "6"), ("g", "9"), ("z", "2"))
_ANGULAR: Final = str.maketrans("[]", "<>")
_SQUARE: Final = str.maketrans("<>", "[]")


_ENTITY: Final = re.compile(
    r"&?(?:amp;)?(?<![a-z])(lt|gt|amp|quot)(?:;|(?<=&lt)|(?<=&gt)|(?<=&amp))", re.IGNORECASE
)
_ENTITIES: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}


def _without_entities(text: str) -> str:
    return _ENTITY.sub(lambda found: _ENTITIES[found[1].lower()], text)


_WAYS: Final[Mapping[str, way.Ways]] = {
    "glued-address": way.cut(rf"{_GAP}(?:https?[:/]|ftp:|www\.|(?:dx\.)?doi\.org)"),
    "glued-name": way.cut(rf"{_GAP}(?:doi)?{_GAP}10\.[0-9]{{4,9}}/"),
    "second-name": way.later_names,
    "session": way.cut(r";?jsessionid"),
    "query": way.cut(r"[?&][a-z_.-]{1,40}=|\?\Z"),
    "fragment": way.cut("#"),
    "landing-page": way.cut(rf"[/.](?:{_PAGE})(?![a-z0-9])"),
    "supplement": way.cut(
        r"/-/dc|/suppl_file|[/.]?suppinf[o0]"
        r"|[/.]suppl?(?:ement)?(?:ary)?[-_.]?(?:materials?|files?|data)?[-_.]?[0-9]{0,4}\Z"
    ),
    "component": way.cut(
        r"\.[gtse][0-9]{3,4}\Z|/(?:fig(?:ure)?|table|tbl|supp)[-_.]?[0-9]{1,3}\Z|(?<=[0-9]{5})\.[0-9]{3}\Z"
    ),
    "version": way.cut(r"[./]?v[0-9]{1,2}(?:[./][a-z][a-z.-]{0,20})?\Z"),
    "database-number": way.cut(
        rf"{_GAP}(?:pmid|pmcid|pubmed|medline|wos|issn|isbn|zbl|mr(?=[0-9]{{6}}))[\s:.=#]{{0,4}}[a-z]{{0,3}}[0-9]"
    ),
    "doi-mark": way.cut(
        rf"{_GAP}[\[({{]\s?(?:doi|pii|pubmed|cross\s?ref|medline|google\s?scholar|web of science|link)\b"
        rf"|{_GAP}(?:doi|pii)\W{{0,3}}\Z"
    ),
    "accessed": way.cut(rf"{_GAP}(?:last\s?)?(?:accessed|retrieved|viewed|visited|consulted)"),
    "ahead-of-print": way.cut(
        rf"{_GAP}(?:e-?pub|online\s?first|first\s?online|(?:article\s?)?in\s?press|advance"
        r"|(?:published\s?)?ahead\s?of\s?print)"
    ),
    "published": way.cut(rf"{_GAP}(?:article\s?)?(?:published|available|posted|received|accepted|copyright)"),
    "host": way.either(way.cut(rf"{_GAP}(?:[a-z-]{{2,30}}\.){{1,2}}{_HOST}"), way.cut(rf"{_GAP}{_HOST}")),
    "pages": way.cut(rf"{_GAP}pp?[.\s]{{0,2}}[0-9]{{1,6}}(?:\s?[-\u2013]\s?[0-9]{{1,6}})?\W{{0,3}}\Z"),
    "year": way.cut(r"[\s.,\\]{0,4}[\[({\\](?:1[89]|20)[0-9]{2}[a-z]?[\])}\\]?\W{0,3}\Z"),
    "dotted-line": way.cut(r"\.{3,}|\u2026"),
    "footnote": way.cut(r"[\u00b9\u00b2\u00b3\u2070-\u2079*\u2020\u2021\u00a7\u00b6^]"),
    "punctuation": way.cut(r"(?<=[0-9a-z])[^0-9a-z]{1,40}\Z"),
    "list": way.either(way.cut(r"[;,|][^;,|]{0,60}\Z"), way.cut(r"[;,|]")),
    "word": way.either(
        way.cut(r"(?<=[0-9])[a-z]{3,40}[0-9]{0,4}\Z"), way.cut(rf"(?:{_NEXT_WORDS})[0-9]{{0,4}}\Z")
    ),
    "markup": way.either(
        way.replace(r"</?[a-z][^<>]{0,60}(?:>|\Z)|<!--[^<>]{0,60}-->", ""),
        way.cut(r"<[/!]?[a-z]{1,10}(?:[\s/>]|\Z)"),
    ),
    "bracket": way.balanced,
    "double-point": way.once("."),
    "double-underscore": way.once("_"),
    "double-hyphen": way.once("-"),
    "double-slash": way.either(way.replace("/{2,}", "/"), way.replace("//", "/")),
    "label": way.replace(r"(?<=/)\s?doi\s?[:./]{0,2}\s?|doi:", ""),
    "escapes": way.unescaped,
    "entity": lambda text: (_without_entities(text), *way.cut(r"&[a-z#0-9]{0,8};?\Z")(text)),
    "backslash": way.replace(r"\\{1,9}", "", "/"),
    "blank": way.without_blanks,
    "dash": way.changed(lambda text: HYPHEN.sub("-", text)),
    "compatibility-form": way.changed(lambda text: unicodedata.normalize("NFKC", text)),
    "other-slash": way.changed(lambda text: text.translate(_SLASHES)),
    "other-alphabet": way.changed(lambda text: text.translate(_LETTERS)),
    "encoding": way.either(
        way.replace("\u00e2(?:\u20ac|\x80).", "-"),
        way.replace(_LOST, "-", ""),
        way.replace(r"[\ufffd\x00-\x1f\x7f-\x9f]", ""),
    ),
    "capital": way.capitals,
    "head": way.headed,
    "letter-in-prefix": way.numeric_prefix,
    "point-of-prefix": way.replace(r"\A10[^0-9a-z]{1,3}(?=[0-9]{4})", "10."),
    "slash": way.slashed,
    "letter-o": way.either(way.numbers, way.try_each(r"(?<=[0-9])o|o(?=[0-9])", "0"), way.try_each("o", "0")),
    "letter-l": way.either(
        way.numbers, way.try_each(r"(?<=[0-9])[li|!]|[li|!](?=[0-9])", "1"), way.try_each("[li|!]", "1")
    ),
    "zero": way.either(way.try_each(r"(?<=[a-z])0|0(?=[a-z])", "o"), way.try_each("0", "o")),
    "one": way.either(way.try_each(r"(?<=[a-z])1|1(?=[a-z])", "l", "i"), way.try_each("1", "l", "i")),
    "look-alike": way.either(
        *(way.try_each(rf"(?<=[0-9]){one}|{one}(?=[0-9])", other) for one, other in _ALIKE),
        *(
            way.try_each(one, other)
            for one, other in (*_ALIKE, ("rn", "m"), ("m", "rn"), ("vv", "w"), ("cl", "d"))
        ),
    ),
    "separator": way.either(
        way.try_each(",", "."),
        way.try_each(r"[-.](?=[0-9]{1,4}\Z)", "_"),
        way.try_each("_", "-", "."),
        way.try_each("-", ".", "_", ""),
        way.try_each(r"\.", "-", "_", "/", ""),
        way.try_each(r"(?<=[a-z])(?=[0-9])|(?<=[0-9])(?=[a-z])", ".", "-"),
    ),
    "number-in-one": way.parted_numbers,
    "colon": way.try_each(r"(?<=[ab])[;.,-]?(?=[0-9]{6})", ":"),
    "angular-bracket": lambda text: (text.translate(_ANGULAR), text.translate(_SQUARE)),
    "zero-lost": way.either(
        way.try_each(r"(?<![0-9])(?=[0-9]{1,9}\Z)", "0", "00", "000"),
        way.try_each(r"(?<![0-9])(?=[0-9])", "0", "00"),
        way.try_each(r"(?<![0-9])0{1,9}(?=[1-9])", ""),
    ),
    "doubled": way.without_doubles,
    "one-too-many": way.shortened,
    "swapped": way.swapped,
    "cut-off": way.completed,
}


class ErrorClass(NamedTuple):
    """One class. `is_seen` says that the spelling shows the error; the others are guesses, which any name would allow."""

    name: str
    sentence: str
    wrong: str
    right: str
    is_seen: bool
    ways: way.Ways


@cache
def table() -> Mapping[str, ErrorClass]:
    """Return name -> class: first those that a spelling shows, of these the commoner first."""
    lines = files("enrich.identifiers").joinpath("doi_errors.tsv").read_text(encoding="utf-8").split("\n")
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {
        name: ErrorClass(name, sentence, wrong, right, sight == "seen", _WAYS[name])
        for name, sentence, wrong, right, sight in rows
    }

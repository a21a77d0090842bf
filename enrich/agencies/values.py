"""Single values in registries' answers, each read leniently: what is odd is no value, and nothing raises.

Dates have any precision, `[[null]]`, a year 0 (10.1039/b107124f) and months up to 34: deposits write seasons as 21 to 24 and
quarters as 31 to 34. Identifiers come as addresses (`http://id.crossref.org/isbn/...`). Missing things come as codes of
DataCite's (https://support.datacite.org/docs/datacite-metadata-schema-44, appendix 3), or as `&NA;` and `null`.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from enrich.errors import IdentifierError
from enrich.identifiers import doi as doi_names
from enrich.identifiers import isbn as isbns
from enrich.identifiers import issn as issns
from enrich.identifiers import orcid as orcids
from enrich.identifiers.doi import Doi
from enrich.model.date import PartialDate
from enrich.model.name import Name
from enrich.text.markup import to_text

MISSING: Final = frozenset(
    code
    for name in ("unac", "unal", "unap", "unas", "unav", "unkn", "none", "null", "tba", "etal")
    for code in (f":{name}", f"(:{name})")
) | {"", "&na;", "n/a", "[no title]", "[no title available]", "[not available]", "(no title)", "no title"}  # fmt: skip
_NO_NUMBER: Final = frozenset(
    ("null", "undefined", "none", "n/a", "n.a.", "na", "n/a-n/a", "undefined-undefined", "-", "--", "0-0", "?")
)
_NO_NAME: Final = MISSING | {"unknown", "not available", "n/a", "unknown author", "unknown unknown", "nn", "n.n."}
_EARLIEST, _LATEST = 1000, 2200
_BUDDHIST: Final = range(2443, 2644)  # Thai repositories count from 543 BC (10.14457/cmu.res.2002.37 says 2545)
_ISO: Final = re.compile(r"\s*([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?(?![0-9])")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PAGE: Final = re.compile(r"[\w.:-]{1,20}")
_DASHES: Final = re.compile(r"\s*[-‐‑‒–—―−]+\s*")


def text(value: Any) -> str | None:
    """Return a line of text without markup; None for what is none, empty, or a code for "missing"."""
    if value.__class__ is not str:
        if value.__class__ is not int and value.__class__ is not float:
            return None
        value = str(value)
    plain = to_text(value)
    if len(plain) < 24 and plain.lower() in MISSING:
        return None
    return plain


def texts(value: Any) -> tuple[str, ...]:
    """Return the texts of a list, or of a lone value, each once."""
    if value.__class__ is list:
        if len(value) != 1:
            return tuple(dict.fromkeys([plain for item in value if (plain := text(item))])) if value else ()
        value = value[0]
    plain = text(value)
    return (plain,) if plain else ()


def first(value: Any) -> str | None:
    """Return the first text of a list, or a lone text."""
    return next(iter(texts(value)), None)


def number(value: Any) -> str | None:
    """Return a volume, an issue or another number, unless it is a word for "none"."""
    if value.__class__ is str and value.isdecimal():  # most are, and mean themselves
        return value
    plain = text(value)
    return None if plain is None or plain.lower() in _NO_NUMBER else plain


def pages(value: Any) -> str | None:
    """Return pages with plain hyphens, `54-61`; a dash at the end is no range."""
    plain = number(value)
    if plain is None or plain.isalnum():
        return plain if plain != "0" else None
    begin, _, end = plain.partition("-")
    if begin.isalnum() and end.isalnum():  # most have nothing to be mended
        return plain
    plain = _DASHES.sub("-", plain).strip("-")
    return plain if plain and plain.lower() not in _NO_NUMBER else None


def page_run(first: Any, last: Any) -> str | None:
    """Return the pages from first to last; repositories write whole citations into the first (10.19084/rca.15589)."""
    begin, end = pages(first), pages(last)
    if begin is None or not _PAGE.fullmatch(begin):
        return None
    return f"{begin}-{end}" if end and end != begin and _PAGE.fullmatch(end) else begin


def hyphened(relation: str) -> str:
    """Return the name of a relation as Crossref spells it: `is-new-version-of` for `IsNewVersionOf`."""
    return _CAMEL.sub("-", relation).lower()


def strings(value: Any) -> list[str]:
    """Return the strings of a list, as they stand."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def mappings(value: Any) -> Iterable[Mapping[str, Any]]:
    """Return the objects of a list, or a lone object."""
    if isinstance(value, list):
        return [item for item in value if isinstance(item, dict)]
    return [value] if isinstance(value, dict) else []


def member(value: Any, *names: str) -> Any:
    """Return what stands under `names`, one within the other; None where there is no such thing."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def date(value: Any) -> PartialDate | None:
    """Return a date written as `{"date-parts": [[2012, 3, 14]]}`, `{"raw": ...}` or a string."""
    if isinstance(value, dict):
        parts = value.get("date-parts")
        if isinstance(parts, list) and parts:
            found = _date(*map(_integer, (parts[0] if isinstance(parts[0], list) else parts)[:3]))
            if found is not None:
                return found
        value = value.get("raw") or value.get("literal")
    return iso_date(value)


def distinct(dates: Iterable[PartialDate | None]) -> tuple[PartialDate, ...]:
    """Return the dates that are some, each once, in their order."""
    return tuple({(date.year, date.month, date.day, date.season): date for date in dates if date}.values())


def iso_date(value: Any) -> PartialDate | None:
    """Return the date a string begins with: `2012-03-14T...`, `2012-03`, `2012`, the first of a range."""
    if isinstance(value, int) and not isinstance(value, bool):
        return _date(value)
    match = _ISO.match(value) if isinstance(value, str) else None
    return _date(*(_integer(part) for part in match.groups())) if match else None


def _integer(part: Any) -> int | None:
    if part.__class__ is int:
        return part
    return int(part) if isinstance(part, str) and part.isascii() and part.isdigit() and len(part) < 5 else None


@lru_cache(maxsize=4096)
def _date(year: int | None = None, month: int | None = None, day: int | None = None) -> PartialDate | None:
    if year is not None and year in _BUDDHIST:
        year -= 543
    if year is None or not _EARLIEST <= year <= _LATEST:
        return None
    if month is None or not 1 <= month <= 12:
        season = month - 20 if month is not None and 21 <= month <= 24 else None
        return PartialDate(year=year, season=season)
    last = calendar.monthrange(year, month)[1]
    return PartialDate(year=year, month=month, day=day if day is not None and 1 <= day <= last else None)


def person(value: Any) -> Name | None:
    """Return the name of a person or a body as Crossref and CSL write it; None for nobody.

    A whole name in one field is no family name: it stays unparted (10.1177/10732748261453116/v3/response1). Capitals stay as
    they are: McDonald is not to be had from MCDONALD.
    """
    if value.__class__ is not dict:
        return Name(literal=plain) if (plain := named(value)) else None
    family, given = named(value.get("family")), named(value.get("given"))
    if family is None or (given is None and " " in family):
        literal = family or named(value.get("name")) or named(value.get("literal")) or given
        if literal is None:
            return None
        parts: dict[str, Any] = {"literal": literal}
    else:
        parts = {"family": family} if given is None else {"family": family, "given": given}
    if len(value) > len(parts):
        for key, (attribute, read) in _BESIDES.items():
            if key in value and (part := read(value[key])):
                parts[attribute] = part
    return Name.trusted(**parts)


def people(value: Any) -> tuple[Name, ...]:
    """Return the names of a list in its order, without those that name nobody."""
    if value.__class__ is not list:
        return ()
    return tuple([name for item in value if (name := person(item))])


def named(value: Any) -> str | None:
    """Return a name as it stands; None for nobody in particular."""
    if value.__class__ is not str:
        return None
    plain: str = value if value.isalpha() else to_text(value)
    return None if len(plain) < 24 and plain.lower() in _NO_NAME else plain


def affiliations(value: Any) -> tuple[str, ...]:
    """Return the names of institutions in a list of strings or of objects with a `name`."""
    if not value or not isinstance(value, list):
        return ()
    return texts([item.get("name") if isinstance(item, dict) else item for item in value])


def doi(value: Any) -> Doi | None:
    """Return a DOI in compact form; a registry's own is not read as running text."""
    if not isinstance(value, str):
        return None
    folded = doi_names.fold(value)
    if doi_names.is_valid(folded):
        return Doi(folded)
    try:
        return doi_names.compact(value)
    except IdentifierError:
        return None


def _compact(compact: Callable[[str], str], value: Any) -> str | None:
    try:
        return compact(value[:200]) if isinstance(value, str) else None
    except IdentifierError:
        return None


@lru_cache(maxsize=4096)
def _issn(value: str) -> str | None:
    compact = _compact(issns.compact, value)
    return issns.format(compact) if compact else None


@lru_cache(maxsize=4096)
def _isbn(value: str) -> str | None:
    return _compact(isbns.compact, value)


@lru_cache(maxsize=4096)
def _orcid(value: str) -> str | None:
    return _compact(orcids.compact, value)


def orcid(value: Any) -> str | None:
    """Return an ORCID iD, from an address too."""
    return _orcid(value) if isinstance(value, str) else None


# Members of a name beside the name itself -> attribute and how it is read.
_BESIDES: Final[Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    "affiliation": ("affiliation", affiliations),
    "ORCID": ("orcid", orcid),
    "suffix": ("suffix", text),
    "dropping-particle": ("dropping_particle", text),
    "non-dropping-particle": ("non_dropping_particle", text),
}


def issn_list(value: Any) -> tuple[str, ...]:
    """Return the right ISSNs of a list or a lone string, with hyphens, each once."""
    return _each(_issn, value)


def isbn_list(value: Any) -> tuple[str, ...]:
    """Return the right ISBNs of a list or a lone string, without hyphens, each once."""
    return _each(_isbn, value)


def _each(read: Callable[[str], str | None], value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else re.split(r"[,;]", value) if isinstance(value, str) else ()
    return tuple(dict.fromkeys(found for item in values if isinstance(item, str) and (found := read(item))))


def address(value: Any) -> str | None:
    """Return a URL, its scheme in lower case and without a full stop at its end (10.18857/jkpt.2019.31.2.67)."""
    if not isinstance(value, str):
        return None
    bare = value.strip().rstrip(".")
    scheme, colon, rest = bare.partition("://")
    return f"{scheme.lower()}{colon}{rest}" if colon else bare or None


def titled(title: str, subtitle: str | None) -> str:
    """Return title and subtitle as one, unless the title holds the subtitle already."""
    if not subtitle or subtitle.casefold() in title.casefold():
        return title
    return f"{title} {subtitle}" if title[-1] in ":?!-–—/" else f"{title}: {subtitle}"


Shape = Mapping[str, "Shape | None"]


def pruned(value: Any, shape: Shape | None) -> Any:
    """Return the members of `value` that `shape` names (None: the whole), without those that are empty."""
    if shape is None:
        return value
    if isinstance(value, dict):
        kept = {}
        for key in shape:  # a sixth of loading a data file: most members a shape names are not there
            if key in value:
                held = value[key]
                if held or held not in _EMPTY:
                    inner = shape[key]
                    kept[key] = held if inner is None else pruned(held, inner)
        return kept
    if isinstance(value, list):
        return [pruned(item, shape) for item in value]
    return value


_EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})

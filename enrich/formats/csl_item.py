"""One CSL-JSON item and the work it describes: the mapping, in both directions.

https://docs.citationstyles.org/en/stable/specification.html#appendix-iv-variables,
https://github.com/citation-style-language/schema/blob/master/schemas/input/csl-data.json

Met in the wild: titles, ISSNs and keywords as lists or as one string, numbers for strings, `[[null]]` for a date, years as
strings, months up to 24 (seasons), a year 0, Crossref's own types ("journal-article") and words (`publisher-location`).

Several ISSNs, ISBNs and keywords are written as one string with ", " between, since CSL has no lists of them: a keyword with
a comma in it comes back as two. Of a range of days only the first is kept. Texts are taken as they stand, markup included:
an agency's answer is cleaned by whoever asked.

>>> to_csl(from_csl({"title": ["Random Forests"], "issued": {"date-parts": [["2001"]]}, "volume": 45}))
{'title': 'Random Forests', 'issued': {'date-parts': [[2001]]}, 'volume': '45'}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from enrich.errors import IdentifierError
from enrich.identifiers import doi as dois
from enrich.identifiers import orcid as orcids
from enrich.model.date import PartialDate
from enrich.model.name import Name
from enrich.model.work import FIELDS, Work
from enrich.model.worktype import WORK_TYPES

_PARTS: Final = {
    "family": "family",
    "given": "given",
    "suffix": "suffix",
    "dropping-particle": "dropping_particle",
    "non-dropping-particle": "non_dropping_particle",
    "literal": "literal",
}
# What older versions of CSL, Crossref and citeproc-js call a variable.
_ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "title-short": ("shortTitle", "short-title"),
    "container-title-short": ("journalAbbreviation", "short-container-title"),
    "event-title": ("event",),
    "number": ("article-number",),
    "publisher-place": ("publisher-location",),
    "edition": ("edition-number",),
    "keyword": ("keywords",),
}
# Every key that is read, and the field it is read into; CSL's own word is tried first.
_KEYS: Final = {name: name for name in FIELDS} | {key: name for name, keys in _ALIASES.items() for key in keys}
_TYPES: Final = {
    "journal-article": "article-journal",
    "posted-content": "article",
    "book-chapter": "chapter",
    "proceedings-article": "paper-conference",
    "monograph": "book",
    "edited-book": "book",
    "reference-book": "book",
    "reference-entry": "entry",
    "dissertation": "thesis",
    "peer-review": "review",
    "journal": "periodical",
    "other": "document",
}
_LARGEST: Final = 10**18
_SEASONS: Final = {"spring": 1, "summer": 2, "autumn": 3, "fall": 3, "winter": 4}
_ISO: Final = re.compile(r"\s*(-?[0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?(?:[T/\s].*)?", re.DOTALL | re.ASCII)


def from_csl(item: Mapping[str, Any]) -> Work:
    """Return the work a CSL-JSON item describes; what has an odd shape is absent, and nothing raises."""
    return interpreted(item)[0]


def to_csl(work: Work) -> dict[str, Any]:
    """Return the CSL-JSON item that describes a work, without `id`."""
    members = work.__dict__  # of forty members most say nothing
    return {
        name: held if held.__class__ is str else _value(held)
        for name, attribute in FIELDS.items()
        if (held := members[attribute]) is not None and held != ()
    }


def field_value(work: Work, name: str) -> Any:
    """Return the JSON value of the field CSL calls `name`; None where the work has none."""
    value = getattr(work, FIELDS[name])
    return None if value is None or value == () else _value(value)


def _value(value: Any) -> Any:
    if isinstance(value, PartialDate):
        return _date_value(value)
    if not isinstance(value, tuple):
        return value
    return ", ".join(value) if isinstance(value[0], str) else [_name_value(name) for name in value]


def with_field(work: Work, name: str, value: Any) -> Work:
    """Return `work` with the field CSL calls `name` read from its JSON value; None takes the field away."""
    attribute = FIELDS[name]
    read_value = _READERS[attribute](value)
    if read_value is None:
        read_value = Work.model_fields[attribute].default
    return work.model_copy(update={attribute: read_value})


def interpreted(item: Mapping[str, Any]) -> tuple[Work, dict[str, str]]:
    """Return the work an item describes, and for each of its fields the key it was read from."""
    values: dict[str, Any] = {}
    keys: dict[str, str] = {}
    for key, name in _KEYS.items():
        if key in item and name not in keys:
            attribute = FIELDS[name]
            value = _READERS[attribute](item[key])
            if value is not None:
                values[attribute] = value
                keys[name] = key
    return Work(**values), keys


def _text(value: Any) -> str | None:
    """Return a string, a number as one, or the first of a list; None for anything else and for blanks."""
    if isinstance(value, str):
        return value if value and not value.isspace() else None
    if isinstance(value, list):
        return next((found for part in value if not isinstance(part, list) and (found := _text(part))), None)
    if (
        isinstance(value, bool) or not isinstance(value, int | float) or not -_LARGEST < value < _LARGEST
    ):  # NaN neither
        return None
    return str(int(value) if value == int(value) else value)


def _texts(value: Any) -> tuple[str, ...] | None:
    """Return the strings of a list, or the parts of one string; None if there are none."""
    if not isinstance(value, list):
        whole = _text(value)
        value = re.split(";" if whole and ";" in whole else ",", whole) if whole else []
    return tuple(text.strip() for part in value if not isinstance(part, list) and (text := _text(part))) or None


def _type(value: Any) -> str | None:
    value = _text(value)
    return value if value in WORK_TYPES else _TYPES.get(value or "")


def _doi(value: Any) -> str | None:
    return dois.find(_text(value) or "")


def _address(value: Any) -> str | None:
    """Return an address, or the first of a list of Crossref's licences."""
    parts = value if isinstance(value, list) else [value]
    return next(
        (url for part in parts if (url := _text(part.get("URL") if isinstance(part, dict) else part))), None
    )


def _names(value: Any) -> tuple[Name, ...] | None:
    return tuple(name for part in _listed(value) if (name := _name(part)) is not None) or None


def _name(value: Any) -> Name | None:
    if not isinstance(value, dict):
        literal = _text(value) if isinstance(value, str) else None
        return Name(literal=literal) if literal else None
    parts: dict[str, Any] = {
        part: text for key, part in _PARTS.items() if key in value and (text := _text(value[key]))
    }
    if not parts and (literal := _text(value.get("name"))):
        parts["literal"] = literal
    if not parts:
        return None
    if value.get("ORCID"):
        parts["orcid"] = _orcid(value["ORCID"])
    if affiliations := value.get("affiliation"):
        found = [_text(part.get("name") if isinstance(part, dict) else part) for part in _listed(affiliations)]
        parts["affiliation"] = tuple(text for text in found if text)
    return Name(**parts)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _orcid(value: Any) -> str | None:
    try:
        return orcids.compact(_text(value) or "")
    except IdentifierError:
        return None


def _name_value(name: Name) -> dict[str, Any]:
    members = name.__dict__
    item: dict[str, Any] = {key: value for key, part in _PARTS.items() if (value := members[part]) is not None}
    if name.orcid is not None:
        item["ORCID"] = orcids.to_url(name.orcid)
    if name.affiliation:
        item["affiliation"] = [{"name": affiliation} for affiliation in name.affiliation]
    return item


def _date(value: Any) -> PartialDate | None:
    """Return the (first) day of a date; its words as `literal` where there is no day."""
    if not isinstance(value, dict):
        return _written_date(_text(value))
    parts = value.get("date-parts")
    while isinstance(parts, list) and parts and isinstance(parts[0], list):
        parts = parts[0]
    found = _numbered_date(parts) if isinstance(parts, list) else None
    literal = _text(value.get("literal"))
    if found is None:
        return _written_date(_text(value.get("raw")) or literal)
    season = _season(value.get("season"))
    return found.model_copy(update={"literal": literal, **({"season": season} if season else {})})


def _numbered_date(parts: list[Any]) -> PartialDate | None:
    """Return a date from year, month, day; a month from 13 to 16 or 21 to 24 is a season, a year 0 is none."""
    year, month, day = ([_integer(part) for part in parts[:3]] + [0, 0, 0])[:3]
    if not 0 < abs(year) <= 9999:
        return None
    if not 1 <= month <= 12:
        return PartialDate(year=year, season=month % 4 or 4 if month in {*range(13, 17), *range(21, 25)} else None)
    return PartialDate(year=year, month=month, day=day if 1 <= day <= 31 else None)


def _integer(part: Any) -> int:
    text = _text(part) or ""
    return int(text) if re.fullmatch(r"\s*-?[0-9]{1,9}\s*", text, re.ASCII) else 0


def _written_date(text: str | None) -> PartialDate | None:
    if text is None:
        return None
    match = _ISO.fullmatch(text)
    return (_numbered_date(list(match.groups())) if match else None) or PartialDate(literal=text)


def _season(value: Any) -> int | None:
    number = _SEASONS.get((_text(value) or "").strip().lower()) or _integer(value)
    return number if 1 <= number <= 4 else None


def _date_value(date: PartialDate) -> dict[str, Any]:
    item: dict[str, Any] = {"date-parts": [list(date.parts)]} if date.parts else {}
    if date.season is not None:
        item["season"] = date.season
    if date.literal is not None:
        item["literal"] = date.literal
    return item


_READERS: Final[dict[str, Callable[[Any], Any]]] = dict.fromkeys(FIELDS.values(), _text) | {
    **dict.fromkeys(("author", "editor", "translator", "collection_editor"), _names),
    **dict.fromkeys(("issued", "accessed"), _date),
    **dict.fromkeys(("issn", "isbn", "keyword"), _texts),
    "type": _type,
    "doi": _doi,
    "license": _address,
}

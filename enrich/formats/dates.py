"""Dates as bibliography files spell them.

Met in the wild: `2012`, `2006-07-11`, `May 20, 1998`, `01/2018`, `Feb. 6, 1990`, `10.01.2017`, `Aug`, `Spring 2010`,
`in press`. Of `03/04/2012` nobody knows which is the month, so only the year is read.

>>> read("Feb. 6, 1990").isoformat()
'1990-02-06'
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from enrich.model.date import PartialDate

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero", "feb february februar février febrero",
            "mar march märz mär mars marzo", "apr april avril abril", "may mai mayo",
            "jun june juni juin junio", "jul july juli juillet julio", "aug august août agosto",
            "sep sept september septembre septiembre", "oct october okt oktober octobre octubre",
            "nov november novembre noviembre", "dec december dez dezember décembre diciembre",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_SEASONS: Final = {"spring": 1, "summer": 2, "autumn": 3, "fall": 3, "winter": 4}
SEASON_NAMES: Final = {1: "Spring", 2: "Summer", 3: "Autumn", 4: "Winter"}
_YEAR: Final = re.compile(r"(?:c|\[|©)?\s?([12]\d{3})\]?\.?", re.ASCII)
_ISO: Final = re.compile(
    r"([12]\d{3})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)
_COMPACT: Final = re.compile(r"([12]\d{3})(\d\d)(\d\d)", re.ASCII)
_DAY_FIRST: Final = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2([12]\d{3})", re.ASCII)
_MONTH_YEAR: Final = re.compile(r"(\d{1,2})[-/.]([12]\d{3})", re.ASCII)
_MONTH_DAY: Final = re.compile(r"(\d{1,2})[-/](\d{1,2})", re.ASCII)
_WORD: Final = re.compile(r"[^\W\d_]+|[0-9]+")
_LONGEST: Final = 60


def read(text: str) -> PartialDate:
    """Return what `text` says; a date that cannot be read is its own `literal`."""
    return parse(text) or PartialDate.trusted(literal=text)


def parse(text: str) -> PartialDate | None:
    """Return the date in `text`, perhaps without a year (`Aug`, `March 14`); None where there is none."""
    return _parsed(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=4096)
def _parsed(text: str) -> PartialDate | None:
    if year := _YEAR.fullmatch(text):
        return PartialDate.trusted(year=int(year[1]))
    numbers = _numbers(text)
    return _valid(*numbers) if numbers else _worded(text)


def _numbers(text: str) -> tuple[int | None, int | None, int | None] | None:
    """Return year, month and day of a date in figures."""
    if match := _ISO.fullmatch(text) or _COMPACT.fullmatch(text):
        return int(match[1]), int(match[2]), int(match[3]) if match[3] else None
    if match := _DAY_FIRST.fullmatch(text):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        if match[2] == "." or first > 12 or first == second:
            return year, second, first
        return (year, first, second) if second > 12 else (year, None, None)
    if match := _MONTH_YEAR.fullmatch(text):
        return int(match[2]), int(match[1]), None
    if match := _MONTH_DAY.fullmatch(text):
        return None, int(match[1]), int(match[2])
    return None


def _valid(year: int | None, month: int | None, day: int | None) -> PartialDate | None:
    """Return the date, without what cannot be: `2012-00-00` is a year."""
    if month is not None and not 1 <= month <= 12:
        month = day = None
    if day is not None and not 1 <= day <= 31:
        day = None
    return None if year is None and month is None else PartialDate.trusted(year=year, month=month, day=day)


def _worded(text: str) -> PartialDate | None:
    """Read a date with the name of a month or season; of a span (`Jul-Aug`, `Jul 3-5`) its beginning."""
    year = month = day = season = None
    for word in _WORD.findall(text.lower()):
        if "0" <= word[0] <= "9":
            number = int(word)
            if year is None and len(word) == 4 and 1000 <= number < 3000:
                year = number
            elif day is None and len(word) <= 2 and 1 <= number <= 31:
                day = number
        elif word in _MONTHS:
            month = month or _MONTHS[word]
        elif word in _SEASONS:
            season = season or _SEASONS[word]
        elif word not in {"st", "nd", "rd", "th", "de", "of", "mon", "tue", "wed", "thu", "fri", "sat", "sun"}:
            return None
    if month:
        return PartialDate.trusted(year=year, month=month, day=day)
    return PartialDate.trusted(year=year, season=season) if season else None


def merged(year: PartialDate | None, exact: PartialDate) -> PartialDate | None:
    """Return a year made more exact by a date; None where the two speak of different years or nothing is gained."""
    if year is None:
        return exact if exact.year is not None else None
    if year.year is None or year.month is not None or year.season is not None:
        return None
    if exact.year not in {None, year.year} or (exact.month is None and exact.season is None):
        return None
    return exact.model_copy(update={"year": year.year})

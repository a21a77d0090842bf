"""Dates as BibTeX and biblatex spell them, and back.

BibTeX has a year and a month, which is a macro (`mar`) or any words; days are in no style but in many files. biblatex has
`date` in EDTF (https://www.loc.gov/standards/datetime/): `2012-03-14`, `2010-22` (summer),
`2010/2012` (its beginning counts).

>>> read({"year": "2012", "month": "mar"}).isoformat(), read({"date": "2012-03/2012-05"}).isoformat()
('2012-03', '2012-03')
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from enrich.formats import dates
from enrich.formats.bibtex.syntax import MONTHS
from enrich.model.date import PartialDate

_SEASON: Final = re.compile(r"([12]\d{3})-2([1-4])", re.ASCII)
_UNSURE: Final = str.maketrans("", "", "~?%")
_SEASONS: Final = ("", "Spring", "Summer", "Autumn", "Winter")
_NUMBER: Final = re.compile(r"0?([1-9]|1[0-2])", re.ASCII)
_DAY: Final = re.compile(r"0?([1-9]|[12]\d|3[01])", re.ASCII)


def read(values: Mapping[str, str]) -> PartialDate | None:
    """Return the date that the texts of `date`, `year`, `month` and `day` say; words that are none are its literal."""
    if "date" in values:
        return _exact(values["date"])
    year = values.get("year")
    if year is None:
        return None
    date = dates.read(year)
    month = values.get("month")
    if date.year is None or date.month is not None or date.season is not None or month is None:
        return date
    found = _month(month)
    if found is None:
        return date
    day = found.day or _day(values.get("day", ""))
    return date.model_copy(
        update={"month": found.month, "season": found.season, "day": day if found.month else None}
    )


def _exact(text: str) -> PartialDate:
    first = text.split("/", maxsplit=1)[0].translate(_UNSURE).strip() or text
    if season := _SEASON.fullmatch(first):
        return PartialDate.trusted(year=int(season[1]), season=int(season[2]))
    return dates.read(first)


def _month(text: str) -> PartialDate | None:
    if text in MONTHS:
        return PartialDate.trusted(month=MONTHS.index(text) + 1)
    number = _NUMBER.fullmatch(text)
    return PartialDate.trusted(month=int(number[1])) if number else dates.parse(text)


def _day(text: str) -> int | None:
    match = _DAY.fullmatch(text)
    return int(match[1]) if match else None


def write(date: PartialDate, *, is_biblatex: bool) -> list[tuple[str, str, str]]:
    """Return name, text and style of the fields of a date of issue."""
    if date.year is None:
        return [("year", date.literal, "{")] if date.literal else []
    year = f"{date.year:04d}"
    if is_biblatex:
        return [("date", f"{year}-2{date.season}" if date.season and not date.month else date.isoformat(), "{")]
    found = [("year", year, "{")]
    if date.month:
        found.append(("month", MONTHS[date.month - 1], ""))
        if date.day:
            found.append(("day", str(date.day), "{"))
    elif date.season:
        found.append(("month", _SEASONS[date.season], "{"))
    return found

"""Dates as bibliographies know them: a year, perhaps a month or a season, perhaps a day.

https://docs.citationstyles.org/en/stable/specification.html#dates
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from enrich.model.base import Value

Month = Annotated[int, Field(ge=1, le=12)]
Day = Annotated[int, Field(ge=1, le=31)]
Season = Annotated[int, Field(ge=1, le=4)]


class PartialDate(Value):
    """A date with as much precision as its source had.

    `literal` keeps what could not be read as a date ("in press"); such a date has no year.
    `season` counts from 1, spring, to 4, winter, as in CSL.
    """

    year: int | None = None
    month: Month | None = None
    day: Day | None = None
    season: Season | None = None
    literal: str | None = None

    @property
    def parts(self) -> tuple[int, ...]:
        """CSL's `date-parts` of one date: `(2012, 3, 14)`, `(2012, 3)`, `(2012,)` or `()`."""
        if self.year is None:
            return ()
        if self.month is None:
            return (self.year,)
        return (self.year, self.month) if self.day is None else (self.year, self.month, self.day)

    def isoformat(self) -> str:
        """Return `2012-03-14`, `2012-03` or `2012`; the literal where there is no year."""
        if self.year is None:
            return self.literal or ""
        return "-".join([f"{self.year:04d}", *(f"{part:02d}" for part in self.parts[1:])])

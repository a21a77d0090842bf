"""Notices that change the standing of a work: retractions, corrections, expressions of concern.

https://www.crossref.org/documentation/crossmark/version-control-corrections-and-retractions/ . The types are an open set.

>>> reinstated = Update(type="reinstatement", date="2021-05-01")
>>> [in_force((Update(type="retraction", date=date), reinstated)) == () for date in ("2020-01-01", "2022-01-01")]
[True, False]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from enrich.model.base import Value

GRAVE: Final = frozenset({"retraction", "partial_retraction", "withdrawal", "removal", "expression_of_concern"})
"""What a reader of the work must know before citing it."""
_LIFTS: Final = "reinstatement"


class Update(Value):
    """One notice: its `type` (an open set), the DOI of the notice or of the work it is about, an ISO date, who says so.

    `direction` is `updated-by` on the affected work and `update-to` on the notice itself. A `source` of "title" or
    "relation" tells where the agency's record says so, if it is not in a list of notices.
    """

    type: str
    doi: str | None = None
    date: str | None = None
    source: str | None = None
    direction: Literal["updated-by", "update-to"] = "updated-by"

    @property
    def kind(self) -> str:
        """The type as Crossref spells it, `expression_of_concern`."""
        return self.type.lower().replace("-", "_").replace(" ", "_")


def in_force(updates: Sequence[Update]) -> tuple[Update, ...]:
    """Return the grave notices that a work stands under: not those it was reinstated after."""
    lifted = max((each.date for each in updates if each.kind == _LIFTS and each.date), default=None)
    return tuple(
        each
        for each in updates
        if each.kind in GRAVE
        and each.direction == "updated-by"
        and not (lifted and each.date and each.date <= lifted)
    )

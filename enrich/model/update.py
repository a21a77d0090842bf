"""Notices that change the standing of a work: retractions, corrections, expressions of concern."""

from __future__ import annotations

from typing import Literal

from enrich.model.base import Value


class Update(Value):
    """One notice: its `type` (an open set), the DOI of the notice or of the work it is about, an ISO date, who says so.

    `direction` is `updated-by` on the affected work and `update-to` on the notice itself.
    """

    type: str
    doi: str | None = None
    date: str | None = None
    source: str | None = None
    direction: Literal["updated-by", "update-to"] = "updated-by"

"""The frozen value all model classes are made of."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A frozen, comparable value; a changed one is a new one (`model_copy(update=...)`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

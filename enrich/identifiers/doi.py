"""DOI names (placeholder while the module is written)."""

from __future__ import annotations

from typing import NewType

Doi = NewType("Doi", str)

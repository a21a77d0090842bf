"""What the page on conversions says is what happens."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from enrich import formats
from enrich.model import FIELDS

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def conversion() -> dict[str, Any]:
    """The script that makes the page."""
    return runpy.run_path(str(ROOT / "update" / "conversion.py"))


def test_the_page_is_what_the_script_finds(conversion: dict[str, Any]) -> None:
    """Made anew, the page is the same; where it is not: python update/conversion.py."""
    assert (ROOT / "docs" / "conversion.md").read_text("utf-8") == conversion["page"]()


def test_every_field_and_every_format_is_tried(conversion: dict[str, Any]) -> None:
    """A field without a value, or a format without a column, would be missing from the table."""
    assert set(conversion["VALUES"]) | {"title", "type"} == set(FIELDS)
    assert {*conversion["WAYS"], *conversion["ONE_WAY"]} == set(formats.WRITABLE)


def test_csl_json_keeps_everything(conversion: dict[str, Any]) -> None:
    """The one format with a place for each field of a work keeps each, for each type."""
    assert all(kinds == list(conversion["TYPES"]) for kinds in conversion["kept"]("csl-json").values())

"""The script that renews the table of prefixes, against the stand-in."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from standin import StandIn

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def prefixes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, with a table of its own."""
    spec = importlib.util.spec_from_file_location("prefixes", ROOT / "update" / "prefixes.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    table = tmp_path / "prefixes.tsv"
    table.write_text("# A table.\n10.1000\tcrossref\n10.2000\tcrossref\n10.3000\tcrossref\n10.4000\tcrossref\n")
    monkeypatch.setattr(script, "TABLE", table)
    return script


def test_what_one_agency_has_is_kept_and_what_is_in_doubt_is_not(
    prefixes: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A prefix with DOIs of two agencies, of none, or of one nobody knows, is left out and said so."""
    (tmp_path / "dois.txt").write_text(
        "doi:10.2000/a\n10.2000/b\n\nno DOI\nhttps://doi.org/10.12345/c\n10.6000/d\n"
    )
    with StandIn() as server:
        server.agencies.update(
            {
                "10.1000": "DataCite", "10.2000": "Crossref", "10.2000/a": "Crossref", "10.2000/b": "JaLC",
                "10.4000": "Newcomer", "10.12345": "mEDRA", "10.12345/c": "mEDRA", "10.6000": "Crossref",
            }
        )  # fmt: skip
        server.handles.update(dict.fromkeys(("10.2000/a", "10.2000/b", "10.12345/c"), "https://example.org/"))
        for name, value in server.settings.items():
            monkeypatch.setenv(f"ENRICH_{name.upper()}", value)
        monkeypatch.setenv("ENRICH_CACHE_DIR", str(tmp_path / "cache"))
        assert prefixes.main([str(tmp_path / "dois.txt")]) == 0
    lines = (tmp_path / "prefixes.tsv").read_text().splitlines()
    assert lines == ["# A table.", "10.1000\tdatacite", "10.6000\tcrossref", "10.12345\tmedra"]
    said = capsys.readouterr().err
    assert "10.2000 has DOIs of crossref, jalc" in said
    assert "10.3000 is nobody's" in said
    assert "10.4000 belongs to newcomer" in said


def test_an_outage_removes_nothing(prefixes: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be asked stays as it was."""
    before = (tmp_path / "prefixes.tsv").read_text()
    monkeypatch.setenv("ENRICH_OFFLINE", "true")
    assert prefixes.main([]) == 0
    assert (tmp_path / "prefixes.tsv").read_text() == before

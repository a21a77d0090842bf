"""Settings: one place for defaults, a fixed order of places, clear errors."""

from __future__ import annotations

import os
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from enrich.errors import SettingsError
from enrich.settings import Settings, load

ROOT = Path(__file__).parent.parent
DEPEND_ON_THE_MACHINE = {"cache_dir", "state_dir", "snapshot"}


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory and no ENRICH_ variable."""
    for name in [name for name in os.environ if name.startswith("ENRICH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_reference_configuration_states_the_defaults() -> None:
    """`config/enrich.toml` names every setting, and those it sets have the default's value."""
    text = (ROOT / "config" / "enrich.toml").read_text()
    written = tomllib.loads(text)
    named = {line.lstrip("# ").partition(" =")[0] for line in text.splitlines() if " = " in line}
    assert named == set(Settings.model_fields)
    assert Settings(**written) == Settings()
    unset = set(Settings.model_fields) - set(written)
    assert {name for name in unset if getattr(Settings(), name) is not None} == DEPEND_ON_THE_MACHINE


def test_the_command_line_beats_the_environment_beats_files(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Command line, environment, --config, ./enrich.toml, the user's own file, defaults: the first that speaks counts."""
    own = nowhere / "own" / "doi-enrich" / "enrich.toml"
    own.parent.mkdir(parents=True)
    own.write_text("timeout = 1\npatience = 1\nwindow = 1\nttl_found = '1d'\nmailto = 'own@example.org'\n")
    (nowhere / "enrich.toml").write_text("timeout = 2\npatience = 2\nwindow = 2\nttl_found = '2d'\n")
    (nowhere / "named.toml").write_text("timeout = 3\npatience = 3\nwindow = 3\n")
    monkeypatch.setenv("ENRICH_TIMEOUT", "4")
    monkeypatch.setenv("ENRICH_PATIENCE", "4")
    settings = load(nowhere / "named.toml", timeout=5)
    assert (settings.timeout, settings.patience, settings.window) == (5, 4, 3)
    assert settings.ttl_found == timedelta(days=2)
    assert settings.mailto == "own@example.org"


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("ENRICH_TTL_FOUND", "soon", "30d"),
        ("ENRICH_CROSSREF_URL", "api.crossref.org", "https://api.crossref.org"),
        ("ENRICH_CROSSREF_URL", "file:///etc/passwd", "https://api.crossref.org"),
        ("ENRICH_MAILTO", "not an address", "me@example.org"),
        ("ENRICH_MAILTO", "a@b.org\r\nX-Evil: 1", "me@example.org"),
        ("ENRICH_CROSSREF_URL", "https://me:secret@api.crossref.org", "out of the address"),
        ("ENRICH_DOI_URL", "http://127.0.0.1:99999", "https://api.crossref.org"),
        ("ENRICH_DOI_URL", "http://[::1", "https://api.crossref.org"),
        ("ENRICH_CROSSREF_TOKEN", "s3cret\nsecond line", "copy it again"),
        ("ENRICH_DATACITE_TOKEN", "s3crét", "copy it again"),
        ("ENRICH_TIMEOUT", "-1", "it should be greater than 0"),
        ("ENRICH_SERVE_HOSTS", "https://enrich.example.org", "without https:// and port"),
        ("ENRICH_SERVE_HOSTS", "enrich.example.org:8000", "without https:// and port"),
        ("ENRICH_SERVE_TOKENS", '["s3cret"', "one,two"),
        ("ENRICH_SERVE_TOKENS", '["s3cr\u00e9t"]', "copy it again"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place_and_a_remedy(
    variable: str, value: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What, where, and what to write instead."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load()
    assert variable in str(caught.value)
    assert says in str(caught.value)
    assert "s3cr" not in str(caught.value)


def test_a_path_is_read_as_a_shell_would(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` is the home directory in a file too, and an empty path is a mistake, not the current directory."""
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.delenv("ENRICH_CACHE_DIR", raising=False)
    (nowhere / "enrich.toml").write_text("cache_dir = '~/answers'\n")
    assert load().cache_dir == Path("/home/somebody/answers")
    (nowhere / "enrich.toml").write_text("cache_dir = ''\n")
    with pytest.raises(SettingsError, match="cache_dir: name a directory"):
        load()


def test_the_line_end_behind_a_token_is_no_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token read from a file comes with a line feed, which no header may have; a blank one is none."""
    monkeypatch.setenv("ENRICH_CROSSREF_TOKEN", "s3cret\n")
    monkeypatch.setenv("ENRICH_DATACITE_TOKEN", " ")
    settings = load()
    assert settings.crossref_token is not None
    assert settings.crossref_token.get_secret_value() == "s3cret"
    assert settings.datacite_token is None


def test_an_unknown_key_in_a_file_is_refused(nowhere: Path) -> None:
    """A misspelt setting must not pass for a set one."""
    (nowhere / "enrich.toml").write_text("mailtoo = 'me@example.org'\n")
    with pytest.raises(SettingsError, match="mailtoo"):
        load()


@pytest.mark.parametrize(
    ("text", "seconds"), [("30d", 2592000), ("12h", 43200), ("90s", 90), ("90", 90), ("1w", 604800)]
)
def test_a_span_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    """Seconds where no unit is given."""
    assert load(ttl_found=text).ttl_found == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["one.example,two.example", " one.example, two.example,", '["one.example", "two.example"]']
)
def test_a_list_in_a_variable(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is written with commas or as JSON, and means the same."""
    for name in ("serve_hosts", "serve_tokens", "select"):
        monkeypatch.setenv(f"ENRICH_{name.upper()}", text)
    found = load()
    assert found.serve_hosts == found.select == ("one.example", "two.example")
    assert [token.get_secret_value() for token in found.serve_tokens] == ["one.example", "two.example"]


def test_a_secret_never_shows_in_the_settings_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither repr nor str nor an error of the settings holds a token."""
    monkeypatch.setenv("ENRICH_CROSSREF_TOKEN", "s3cret-token")
    assert "s3cret-token" not in repr(load()) + str(load())

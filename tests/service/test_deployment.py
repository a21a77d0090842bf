"""What `config/service/` asks of an operator's machine is what the command and the settings know."""

from __future__ import annotations

import configparser
import importlib
import re
import shlex
from pathlib import Path

import pytest
import yaml

from enrich.cli import serve
from enrich.service.server import is_loopback
from enrich.settings import Settings

_FOLDER = Path(__file__).resolve().parents[2] / "config" / "service"
_FILES = ("Containerfile", "compose.yaml", "doi-enrich.service")


class _Unit(configparser.RawConfigParser):
    """Systemd's files name a key more than once."""

    def __init__(self) -> None:
        super().__init__(strict=False)

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def _commands() -> list[list[str]]:
    container = (_FOLDER / "Containerfile").read_text("utf-8")
    words = re.search(r"^CMD (\[.*\])$", container, re.MULTILINE)
    assert words is not None
    unit = _Unit()
    unit.read(_FOLDER / "doi-enrich.service")
    return [yaml.safe_load(words[1]), shlex.split(unit["Service"]["ExecStart"])[1:]]


@pytest.mark.parametrize("words", _commands(), ids=["container", "systemd"])
def test_the_command_that_is_started_exists(words: list[str]) -> None:
    """Each file starts a command there is, with options it has."""
    command = importlib.import_module(f"enrich.cli.{words[0]}").command
    options = {name for parameter in command.params for name in parameter.opts}
    assert {word for word in words[1:] if word.startswith("--")} <= options


@pytest.mark.parametrize("name", _FILES)
def test_every_variable_is_a_setting(name: str) -> None:
    """Each ENRICH_ variable that is set is one the settings read."""
    named = set(re.findall(r"\bENRICH_([A-Z_]+)", (_FOLDER / name).read_text("utf-8")))
    assert named
    assert {each.lower() for each in named} <= set(Settings.model_fields)


def test_what_the_files_start_does_start() -> None:
    """A service that strangers could reach has tokens or is open on purpose; else it would end with that complaint."""
    _, unit = _commands()
    composed = yaml.safe_load((_FOLDER / "compose.yaml").read_text("utf-8"))["services"]["enrich"]
    starts = {"unit": unit, "compose": composed["command"]}
    for name, words in starts.items():
        given = serve.command.make_context("serve", words[1:]).params
        assert is_loopback(given["host"]) or given["is_open"], name
    assert "ENRICH_SERVE_TOKENS=" in (_FOLDER / "Containerfile").read_text("utf-8")


def test_the_container_has_no_rights_it_does_not_need() -> None:
    """Nobody's user, a read-only root, no capabilities, and a port that only this machine reaches."""
    service = yaml.safe_load((_FOLDER / "compose.yaml").read_text("utf-8"))["services"]["enrich"]
    assert service["user"] == "10001"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert "\nUSER 10001\n" in (_FOLDER / "Containerfile").read_text("utf-8")


def test_the_unit_has_no_rights_it_does_not_need() -> None:
    """A user of its own, a read-only system, no new privileges."""
    unit = _Unit()
    unit.read(_FOLDER / "doi-enrich.service")
    service = unit["Service"]
    assert (service["DynamicUser"], service["ProtectSystem"], service["NoNewPrivileges"]) == (
        "yes",
        "strict",
        "yes",
    )

"""What `config/service/` asks of an operator's machine is what the command and the settings know."""

from __future__ import annotations

import configparser
import importlib
import re
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from service.conftest import DOIS, library, serving
from standin import StandIn

from enrich.cli import serve
from enrich.service.server import is_loopback
from enrich.settings import Settings

_FOLDER = Path(__file__).resolve().parents[2] / "config" / "service"
_NGINX = shutil.which("nginx")
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


_AROUND = """
daemon off; master_process off; pid {home}/pid; error_log {home}/errors warn;
events {{}}
http {{
    access_log off; client_body_temp_path {home}/t1; proxy_temp_path {home}/t2; fastcgi_temp_path {home}/t3;
    uwsgi_temp_path {home}/t4; scgi_temp_path {home}/t5;
    {site}
}}
"""


@pytest.fixture
def proxied(registries: StandIn, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of a service behind nginx with the file for it, but without its certificate, and on a socket."""
    if _NGINX is None:
        pytest.skip("there is no nginx on this machine")
    name = "enrich.example.org"
    with serving(registries, tmp_path, serve_hosts=(name,)) as url:
        site = (_FOLDER / "nginx.conf").read_text("utf-8")
        for pattern, put in (
            (r"listen 443 ssl;", f"listen unix:{tmp_path}/socket;"),
            (r"ssl_certificate(_key)? \S+;", ""),
            (r"127\.0\.0\.1:8000", url.partition("//")[2]),
        ):
            site, count = re.subn(pattern, put, site)
            assert count
        (tmp_path / "nginx.conf").write_text(_AROUND.format(home=tmp_path, site=site), "utf-8")
        with subprocess.Popen(
            [_NGINX, "-p", tmp_path, "-c", tmp_path / "nginx.conf"], stderr=subprocess.PIPE
        ) as nginx:
            try:
                while not (tmp_path / "pid").exists() and nginx.poll() is None:
                    time.sleep(0.01)
                transport = httpx.HTTPTransport(uds=f"{tmp_path}/socket")
                with httpx.Client(base_url=f"http://{name}", transport=transport, timeout=30) as client:
                    yield client
            finally:
                nginx.terminate()
        assert (tmp_path / "errors").read_text() == ""


def test_behind_nginx(proxied: httpx.Client, tmp_path: Path) -> None:
    """The page's own requests are taken, other sites' refused; a library may be long, and comes back as it is done."""
    assert proxied.get(f"/works/{DOIS[0]}").status_code == 200
    own, foreign = (
        proxied.post("/enrich", content=library(DOIS[:2]), headers={"Origin": site})
        for site in ("http://enrich.example.org", "https://evil.example")
    )
    assert (own.status_code, foreign.status_code) == (200, 403)
    body = library(DOIS) * 200
    whole = proxied.post("/enrich", content=body, headers={"Accept": "application/x-ndjson"})
    assert len(body) > 1 << 20, "which is more than nginx takes by itself"
    assert whole.text.count("\n") == 200 * len(DOIS) + 1
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        connection.connect(str(tmp_path / "socket"))
        head = "POST /enrich HTTP/1.1\r\nHost: enrich.example.org\r\nTransfer-Encoding: chunked\r\n\r\n"
        chunk = library(DOIS) * 12
        connection.sendall(b"%s%x\r\n%s\r\n" % (head.encode(), len(chunk), chunk))
        piece = connection.recv(1 << 16)
        assert piece.startswith(b"HTTP/1.1 200"), "while the rest of the upload is waited for"

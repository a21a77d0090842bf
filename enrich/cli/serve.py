"""`enrich serve`: the pipeline as an HTTP service, with a page."""

from __future__ import annotations

import contextlib
from typing import Any

import click

from enrich.cli.options import settings_from, settings_options
from enrich.errors import SettingsError
from enrich.settings import Settings


@click.command(
    "serve",
    epilog="\b\nExample:\n  enrich serve\n  ENRICH_SERVE_TOKENS=one,two enrich serve --host 0.0.0.0 --workers 2",
)
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="Listen on this address.")
@click.option(
    "--port",
    metavar="PORT",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Listen on this port.",
)
@click.option(
    "--workers",
    metavar="N",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Serve with so many processes, which share cache, budget and figures.",
)
@click.option(
    "--open",
    "is_open",
    is_flag=True,
    help="Serve everybody who reaches an address beyond this machine, without tokens.",
)
@click.option("--access-log", is_flag=True, default=None, help="Log each request, without its query.")
@settings_options
def command(host: str, port: int, workers: int, *, is_open: bool, access_log: bool | None, **options: Any) -> None:
    """Serve works, whole libraries and a page over HTTP until stopped; by default to this machine alone."""
    settings = settings_from(options, serve_access_log=access_log)
    with contextlib.suppress(
        KeyboardInterrupt
    ):  # to be stopped is how it ends; what was under way has ended by then
        _serve(settings, host, port, workers, is_open=is_open)


def _serve(settings: Settings, host: str, port: int, workers: int, *, is_open: bool) -> None:
    try:
        from enrich.service.server import serve  # noqa: PLC0415 -- the server is an extra that other commands do without
    except ModuleNotFoundError as error:
        raise SettingsError(f"the service needs {error.name}: pip install 'doi-enrich[service]'") from None
    serve(settings, host, port, workers=workers, is_open=is_open, announce=_announce)


def _announce(address: str) -> None:
    click.echo(f"enrich: serving on {address} (Ctrl-C stops it)", err=True)

"""`enrich cache`: what is kept of answers, and how to let go of it."""

from __future__ import annotations

import click

from enrich.cache import Cache
from enrich.cli.options import settings_from, settings_options


def _open(options: dict[str, object]) -> Cache:
    settings = settings_from(options)
    return Cache(
        settings.cache_dir,
        ttl_found=settings.ttl_found,
        ttl_not_found=settings.ttl_not_found,
        ttl_stale=settings.ttl_stale,
    )


@click.group("cache", epilog="\b\nExample:\n  enrich cache info")
def command() -> None:
    """Look after the answers kept on disk."""


@command.command("info", epilog="\b\nExample:\n  enrich cache info")
@settings_options
def info(**options: object) -> None:
    """Print what is kept, by agency, and how much room it takes."""
    for name, value in _open(options).info().items():
        click.echo(f"{name}: {value}")


@command.command("clear", epilog="\b\nExample:\n  enrich cache clear")
@settings_options
def clear(**options: object) -> None:
    """Forget all answers; what is known of the registries' limits stays."""
    click.echo(f"{_open(options).clear():,} answers forgotten", err=True)


@command.command("prune", epilog="\b\nExample:\n  enrich cache prune --most 500")
@click.option(
    "--most", metavar="MB", type=click.FloatRange(min=0), default=1000, show_default=True, help="Size to keep."
)
@settings_options
def prune(most: float, **options: object) -> None:
    """Forget the oldest answers until the rest fits."""
    click.echo(f"{_open(options).prune(int(most * 1e6)):,} answers forgotten", err=True)


@command.command("verify", epilog="\b\nExample:\n  enrich cache verify")
@settings_options
def verify(**options: object) -> None:
    """Read every answer back; broken ones are forgotten and will be asked again."""
    good, bad = _open(options).verify()
    click.echo(f"{good:,} answers can be read, {bad:,} could not and were forgotten")

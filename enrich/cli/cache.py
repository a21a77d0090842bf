"""`enrich cache`: what is kept of answers, and how to let go of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import click

from enrich.cache import Cache
from enrich.cli.options import settings_from, settings_options
from enrich.settings import Settings
from enrich.transport import picture


def _open(options: dict[str, object]) -> Cache:
    return _opened(settings_from(options))


def _opened(settings: Settings) -> Cache:
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
    """Print what is kept, by agency, how much room it takes, and what was asked of whom in the last hour and day."""
    settings = settings_from(options)
    for name, value in _opened(settings).info().items():
        click.echo(f"{name}: {value:,}" if isinstance(value, int) else f"{name}: {value}")
    lanes = picture.drawn(settings.cache_dir, time.time())
    for line in _table(lanes) if lanes else ("requests in the last day: none",):
        click.echo(line)


def _table(lanes: list[picture.Lane]) -> Iterator[str]:
    """Yield a line for each service and kind: requests, failures, 429, limit, breaker."""
    width = max(len(lane.name) for lane in lanes)
    yield f"{'requests':{width}}  last hour (failed, 429)  last day (failed, 429)  limit"
    for lane in lanes:
        hour, day = (f"{each.asked:,} ({each.failed:,}, {each.limited:,})" for each in (lane.hour, lane.day))
        yield f"{lane.name:{width}}  {hour:>23}  {day:>22}  {_state(lane.state)}"


def _state(state: picture.State | None) -> str:
    if state is None:
        return "as published"
    slower = f", at {state.pace:.0%} after a 429" if state.pace < 1 else ""
    limit = f"{state.most} in {state.seconds:g} s, {state.in_flight} at once{slower}"
    if state.opened is None:
        return limit
    since = f"{datetime.fromtimestamp(state.opened, UTC):%Y-%m-%d %H:%M} UTC"
    return f"{limit}; failing since {since}, left alone but for probes"


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

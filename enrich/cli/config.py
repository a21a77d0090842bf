"""`enrich config`: what the settings are, and where they come from."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click
import platformdirs
from pydantic import SecretStr

from enrich.cli.options import settings_from, settings_options
from enrich.settings import Settings, config_files


@click.group("config", epilog="\b\nExample:\n  enrich config show")
def command() -> None:
    """Show the settings and the files they are read from."""


@command.command("show", epilog="\b\nExample:\n  ENRICH_MAILTO=me@example.org enrich config show")
@settings_options
def show(**options: object) -> None:
    """Print every setting as it stands now, in the form a configuration file has."""
    settings = settings_from(options)
    for name, field in Settings.model_fields.items():
        click.echo(f"# {field.description} ENRICH_{name.upper()}")
        click.echo(line(name, getattr(settings, name)) + "\n")


@command.command("path", epilog="\b\nExample:\n  enrich config path")
@click.option("--config", metavar="FILE", type=click.Path(path_type=Path), help="Read settings from this file.")
def path(config: Path | None) -> None:
    """Print the configuration files that are read, strongest first; the last line is where your own would be."""
    own = platformdirs.user_config_path("doi-enrich") / "enrich.toml"
    for file in config_files(config):
        if file != own:
            click.echo(str(file))
    click.echo(str(own))


def line(name: str, value: object) -> str:
    """Return one line of TOML for a setting; a secret is shown as set, never as it is."""
    match value:
        case None:
            return f'# {name} = ""'
        case SecretStr():
            return f'# {name} = "(set; not shown)"'
        case bool():
            return f"{name} = {str(value).lower()}"
        case int():
            return f"{name} = {value}"
        case float():
            return f"{name} = {value:g}"
        case tuple() if any(isinstance(each, SecretStr) for each in value):
            return f'# {name} = "(set; not shown)"'
        case tuple():
            return f"{name} = [{', '.join(map(_quoted, value))}]"
        case dict():
            pairs = [f"{_quoted(key)} = {_quoted(each)}" for key, each in value.items()]
            return f"{name} = {{ {', '.join(pairs)} }}" if pairs else f"{name} = {{}}"
        case timedelta():
            return f'{name} = "{value.total_seconds() / 86400:g}d"'
        case _:
            return f"{name} = {_quoted(value)}"


def _quoted(value: object) -> str:
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'

"""Options that several commands share, and the settings they amount to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from enrich import citations, formats
from enrich.lint import chosen
from enrich.model.note import Severity
from enrich.settings import Settings, load

_F = TypeVar("_F", bound=Callable[..., Any])
STDIO: Final = "-"
_LINT: Final = ("select", "ignore", "severity")

library_arguments = click.argument("libraries", metavar="LIBRARY...", nargs=-1, required=True)
policy_option = click.option(
    "--policy",
    metavar="NAME|FILE",
    help="Who wins: fill (default), trust-agency, report, or a TOML file.",
)
report_option = click.option(
    "--report",
    "reports",
    metavar="FILE",
    multiple=True,
    help="Write what was done and why: .jsonl for programs, .html to read. May be given more than once.",
)
since_option = click.option(
    "--since",
    metavar="REPORT",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The .jsonl report of the run that wrote this library: what was edited since stays. "
    "After a clean in place, or with the same --report again, this is known without saying.",
)
afresh_option = click.option(
    "--afresh", is_flag=True, help="Take no account of earlier runs: fill again what was taken out by hand."
)
from_option = click.option(
    "--from",
    "source_format",
    metavar="FORMAT",
    type=click.Choice(sorted(formats.READABLE)),
    help="The input's format; without it the content tells.",
)
to_option = click.option(
    "--to",
    "target_format",
    metavar="FORMAT",
    type=click.Choice(sorted(formats.WRITABLE)),
    help="Write another format than the input's.",
)


def target_option(*more: str, **attributes: Any) -> Callable[[_F], _F]:
    """Return the option --to of a command that writes any format, citations, or what is named besides."""
    choice = click.Choice([*more, *sorted([*formats.WRITABLE, citations.NAME])])
    metavar = "|".join(["FORMAT", citations.NAME, *more])
    return click.option("--to", "target", metavar=metavar, type=choice, **attributes)


output_option = click.option(
    "-o", "--output", metavar="OUT", type=click.Path(path_type=Path, allow_dash=True), help="Write to this file."
)
find_missing_option = click.option(
    "--find-missing",
    is_flag=True,
    default=None,
    help="Search for the DOI of records without one; only a certain find is written, others are suggested.",
)
quiet_option = click.option("-q", "--quiet", is_flag=True, help="No progress and no summary.")


def settings_options(function: _F) -> _F:
    """Add the options that stand for settings: --offline, --mailto, --cache-dir, --config."""
    for option in (
        click.option(
            "--config", metavar="FILE", type=click.Path(path_type=Path), help="Read settings from this file."
        ),
        click.option(
            "--cache-dir", metavar="DIR", type=click.Path(path_type=Path), help="Where answers are kept."
        ),
        click.option("--mailto", metavar="ADDRESS", help="Contact address for the registries (polite pool)."),
        click.option("--offline", is_flag=True, default=None, help="Never touch the network."),
    ):
        function = option(function)
    return function


def citation_options(function: _F) -> _F:
    """Add the options that say how to cite: --style, --locale."""
    for option in (
        click.option(
            "--locale", metavar="LL", help="The language of citations: de, en-GB ...; without it the style's own."
        ),
        click.option(
            "--style",
            metavar="STYLE|FILE",
            help=f"How to cite: {', '.join(citations.STYLES)}, or a .csl file. [default: {citations.DEFAULT}]",
        ),
    ):
        function = option(function)
    return function


def lint_options(function: _F) -> _F:
    """Add the options that choose rules: --select, --ignore, --severity."""
    for option in (
        click.option(
            "--severity",
            metavar="CODE=LEVEL,...",
            help="What a rule's findings count as: error, warning or info; only errors fail the check.",
        ),
        click.option("--ignore", metavar="CODE,...", help="Leave these rules out, by code or beginning of codes."),
        click.option(
            "--select",
            metavar="CODE,...",
            help="The rules that count, by code or beginning of codes; ALL, or DEFAULT, as without this option.",
        ),
    ):
        function = option(function)
    return function


def severities_of(settings: Settings) -> dict[str, Severity]:
    """Return the rules that are selected, each with its severity; raises SettingsError for one that does not exist."""
    return chosen(settings.select, settings.ignore, settings.severity)


def settings_from(options: dict[str, Any], **more: Any) -> Settings:
    """Return the settings of a command line; takes the options that stand for settings out of `options`."""
    named = options.pop("config", None)
    chosen = {name: options.pop(name, None) for name in ("offline", "mailto", "cache_dir", *_LINT)}
    return load(named, **chosen, **more)

"""`enrich completion`: the script that lets a shell complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command(
    "completion", epilog='\b\nExample:\n  eval "$(enrich completion bash)"\n  enrich completion fish | source'
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell."""
    kind = get_completion_class(shell)
    if kind is None:  # pragma: no cover -- the choice admits only shells that click knows
        raise click.UsageError(f"no completion for {shell}")
    click.echo(kind(context.find_root().command, {}, "enrich", "_ENRICH_COMPLETE").source())

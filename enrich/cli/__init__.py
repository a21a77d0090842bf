"""The command line, one file per command.

Data goes to standard output, everything else to standard error. Errors become exit codes here and nowhere else:
0 settled, 1 a person is needed, 2 usage, settings, unreadable input or unwritable output, 3 somebody could not be asked,
130 interrupted (Ctrl-C, SIGTERM).
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

import click

from enrich.errors import EnrichError
from enrich.version import VERSION

_COMMANDS: Final = ("clean", "check", "convert", "resolve", "undo", "snapshot", "cache", "config", "completion")
_EPILOG: Final = """\b
Example:
  enrich clean library.enw -o clean.enw --report report.html
"""


class _Rooms(click.Group):
    """Commands are imported when they are called: `--version` need not load an HTTP client."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 -- likewise
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(importlib.import_module(f"enrich.cli.{cmd_name}"), "command", None)
        return command if isinstance(command, click.Command) else None


@click.command(cls=_Rooms, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="enrich")
def enrich() -> None:
    """Clean bibliographic records on the word of the agency that registered their DOI.

    Every field that changes is accounted for, and `enrich undo` takes it back.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code."""
    # Records are values without cycles: counting references frees them, and looking for cycles among a few thousand of them
    # again and again takes a fifth of a warm run.
    gc.set_threshold(100_000, 20, 100)
    if hasattr(signal, "SIGTERM"):
        signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(_run(arguments))


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code = enrich.main(args=arguments, prog_name="enrich", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        _say("interrupted; answers received so far are in the cache: run the same command again to go on")
        return 130
    except BrokenPipeError:
        # Who reads our output has had enough (`| head`): no error of ours, and no traceback at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except EnrichError as error:
        _say(str(error))
        return 2
    except OSError as error:
        where = f"{error.filename}: " if error.filename else "output: "
        _say(f"{where}{error.strerror or error}; check the path, its permissions and the space left")
        return 2
    return code if isinstance(code, int) else 0


def _say(text: str) -> None:
    click.echo(f"enrich: {' '.join(text.split())}", err=True)

"""The command line, one file per command.

Data goes to standard output, everything else to standard error. Errors become exit codes here and nowhere else:
0 settled, 1 a person is needed, 2 usage, settings, unreadable input or unwritable output, 3 somebody could not be asked,
130 interrupted (Ctrl-C, SIGTERM).
"""

from __future__ import annotations

import difflib
import gc
import importlib
import io
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any, Final, NoReturn

import click

from enrich.errors import EnrichError
from enrich.version import VERSION

_COMMANDS: Final = (
    "clean",
    "check",
    "export",
    "convert",
    "resolve",
    "ingest",
    "undo",
    "review",
    "serve",
    "snapshot",
    "cache",
    "config",
    "completion",
)
_LONGEST: Final = 4000  # letters of an error that are shown
_EPILOG: Final = """\b
Example:
  enrich clean library.enw -o clean.enw --report report.html
"""


class _Rooms(click.Group):
    """Commands are imported when they are called: `--version` need not load an HTTP client."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; who reads our output may have had enough of it (`| head`)."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            _give_output_up()
            return 2

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 -- likewise
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(importlib.import_module(f"enrich.cli.{cmd_name}"), "command", None)
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is called, or say which one may have been meant."""
        meant = difflib.get_close_matches(args[0], _COMMANDS, n=1)
        if args[0] not in _COMMANDS and meant:
            raise click.UsageError(f"there is no command {args[0]!r}; did you mean {meant[0]!r}?", ctx)
        return super().resolve_command(ctx, args)


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
    _open_streams()
    sys.exit(_run(arguments))


def _open_streams() -> None:
    """Put something in the place of a standard stream that is closed, lest a file opened later is taken for it.

    Standard input is empty then, standard output cannot be written, and what is said to nobody is lost.
    """
    for name, flags in (("stdin", os.O_RDONLY), ("stdout", os.O_RDONLY), ("stderr", os.O_WRONLY)):
        if getattr(sys, name) is None:
            number = os.open(os.devnull, flags)  # the lowest that is free, which is the stream's own
            setattr(sys, name, os.fdopen(number, "r" if name == "stdin" else "w"))


def _give_output_up() -> None:
    """Let what is still to be written to standard output go nowhere: it failed once, and would again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code = enrich.main(args=arguments, prog_name="enrich", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        said = io.StringIO()
        error.show(said)
        click.echo("\n".join(map(_plain, said.getvalue().rstrip("\n").split("\n"))), err=True)
        return 2
    except (click.Abort, KeyboardInterrupt):
        _say("interrupted; answers received so far are in the cache: run the same command again to go on")
        return 130
    except EnrichError as error:
        _say(str(error))
        return 2
    except OSError as error:
        where = f"{error.filename}: " if error.filename else "output: "
        _give_output_up()
        _say(f"{where}{error.strerror or error}; check the path, its permissions and the space left")
        return 2
    return code if isinstance(code, int) else 0


def _say(text: str) -> None:
    click.echo(f"enrich: {_plain(' '.join(text.split()))}", err=True)


def _plain(text: str) -> str:
    """Return a line that may name foreign files and quote them, fit for a terminal."""
    from enrich.report.summary import printable  # noqa: PLC0415 -- only an error needs it, and it loads the model

    return printable(text, _LONGEST)

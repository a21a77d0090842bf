"""`enrich review`: a page on which a person decides about each change."""

from __future__ import annotations

import secrets
import webbrowser
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import click

from enrich import formats, sync
from enrich.cli.options import (
    STDIO,
    afresh_option,
    find_missing_option,
    from_option,
    policy_option,
    quiet_option,
    settings_from,
    settings_options,
)
from enrich.cli.progress import Progress, tell
from enrich.cli.writing import earlier_runs, policy_of, records_of
from enrich.errors import FormatError, SettingsError
from enrich.model.enrichment import Enrichment
from enrich.settings import Settings

_LOOPBACK: Final = "127.0.0.1"


@click.command(
    "review",
    epilog="\b\nExample:\n  enrich review library.enw\n  enrich review library.enw --no-browser --port 8400",
)
@click.argument("library", metavar="LIBRARY", type=click.Path(path_type=Path))
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="PORT",
    help="The port of the page; without it a free one.",
)
@click.option("--no-browser", is_flag=True, help="Print the address and open nothing.")
@policy_option
@afresh_option
@find_missing_option
@from_option
@quiet_option
@settings_options
def command(
    library: Path,
    port: int,
    policy: str | None,
    source_format: str | None,
    *,
    no_browser: bool,
    afresh: bool,
    find_missing: bool | None,
    quiet: bool,
    **options: Any,
) -> int:
    """Look a library up and open a page on which each change is accepted, rejected or edited.

    Nothing is written before Save; `enrich undo` takes it back. Only this machine sees the page; Done or Ctrl-C ends it.
    """
    if str(library) == STDIO:
        raise click.UsageError("standard input (-) cannot be written to; name a file")
    settings = settings_from(options, policy=policy, find_missing=find_missing)
    _check(library, source_format)
    policy_of([str(library)], settings)

    @contextmanager
    def clean() -> Iterator[Iterator[Enrichment]]:
        with Progress(shown=not quiet) as progress:
            records = records_of([str(library)], source_format)
            past = earlier_runs([] if afresh else [str(library)], settings)
            with (
                past,
                closing(
                    sync.clean(
                        past.marked(records),
                        policy=policy_of([str(library)], settings),
                        settings=settings,
                        keeps_format=True,
                        observe=progress.observe,
                    )
                ) as results,
            ):
                yield _counted(results, progress)

    _serve(library, clean, settings, port, opens=not no_browser)
    return 0


def _check(library: Path, source_format: str | None) -> None:
    """Raise FormatError where there is no library, or none that could be saved: here rather than on the page."""
    first = next(records_of([str(library)], source_format), None)
    own = first.source.format if first and first.source else None
    if own is not None and own not in formats.WRITABLE:
        advice = f"make one of it that is: enrich convert {library} --to ris -o {library.with_suffix('.ris').name}"
        raise FormatError(f"{own} is read, never written; {advice}", file=str(library))


def _counted(results: Iterator[Enrichment], progress: Progress) -> Iterator[Enrichment]:
    for result in results:
        progress.count(found=result.verdict is not None, changed=bool(result.changes))
        yield result


def _serve(library: Path, clean: Any, settings: Settings, port: int, *, opens: bool) -> None:
    """Serve the page until the user is done."""
    try:
        import uvicorn  # noqa: PLC0415 -- part of an extra

        from enrich.service.listening import listen  # noqa: PLC0415 -- likewise
        from enrich.service.review import Review, create_app  # noqa: PLC0415 -- likewise
    except ImportError as error:
        raise SettingsError("the page needs more packages: pip install 'doi-enrich[service]'") from error
    token = secrets.token_urlsafe(24)
    with listen(_LOOPBACK, port) as listener:
        review = Review(library, clean, settings.state_dir)

        def end() -> None:
            server.should_exit = True

        app = create_app(review, token, end)
        config = uvicorn.Config(
            app, log_level="error", access_log=False, lifespan="off", timeout_graceful_shutdown=2
        )
        server = uvicorn.Server(config)
        address = f"http://{_LOOPBACK}:{listener.getsockname()[1]}/{token}/"
        tell(f"review {library} at {address}")
        tell("Done on the page, or Ctrl-C here, ends it.")
        if opens:
            webbrowser.open(address)
        try:
            server.run(sockets=[listener])
        finally:
            review.end()

"""`enrich resolve`: what the agencies say of DOIs, one result each, in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, assert_never

import click
import orjson

from enrich import formats, sync
from enrich.cli.options import STDIO, quiet_option, settings_from, settings_options
from enrich.cli.progress import Progress
from enrich.cli.writing import standard_output
from enrich.errors import IdentifierError
from enrich.formats import csl_json
from enrich.identifiers import doi as doi_names
from enrich.model.outcome import Elsewhere, Found, NotFound, Outcome, Refused, Unavailable

_PERSON = frozenset({"not-found", "invalid-doi", "refused"})


@click.command(
    "resolve",
    epilog="\b\nExample:\n  enrich resolve 10.1038/nature14539\n  cut -f2 dois.tsv | enrich resolve - --to refer",
)
@click.argument("dois", metavar="DOI...", nargs=-1, required=True)
@click.option(
    "--to",
    "target",
    metavar="FORMAT|json|url",
    default="json",
    show_default=True,
    type=click.Choice(["json", "url", *sorted(formats.WRITABLE)]),
    help="json: one object a line, with status and origin; url: the landing page; or a format.",
)
@quiet_option
@settings_options
def command(dois: tuple[str, ...], target: str, *, quiet: bool, **options: Any) -> int:
    """Print what the registration agency says of each DOI, in any spelling; `-` reads them from standard input."""
    settings = settings_from(options)
    statuses: set[str] = set()
    with Progress(shown=not quiet) as progress:
        results = sync.outcomes(_texts(dois), settings=settings, observe=progress.observe)

        def seen() -> Iterator[tuple[str, Outcome | IdentifierError]]:
            for text, result in results:
                state = status(result)
                statuses.add(state)
                progress.count(found=state == "found", changed=False)
                if state != "found" and target != "json":
                    click.echo(f"enrich: {text}: {explanation(result)}", err=True)
                yield text, result

        write = standard_output()
        for chunk in _rendered(seen(), target):
            write(chunk)
    return 3 if "unavailable" in statuses else 1 if statuses & _PERSON else 0


def _texts(arguments: tuple[str, ...]) -> Iterator[str]:
    for argument in arguments:
        if argument == STDIO:
            with click.open_file(STDIO, encoding="utf-8", errors="replace") as lines:
                yield from (line.strip() for line in lines if line.strip())
        else:
            yield argument


def _rendered(results: Iterator[tuple[str, Outcome | IdentifierError]], target: str) -> Iterator[bytes]:
    match target:
        case "json":
            for text, result in results:
                yield orjson.dumps(row(text, result), option=orjson.OPT_APPEND_NEWLINE)
        case "url":
            for _, result in results:
                yield f"{landing_page(result)}\n".encode()
        case _:
            yield from formats.write((r.record for _, r in results if isinstance(r, Found)), target)


def landing_page(result: Outcome | IdentifierError) -> str:
    """Return where the work is to be read: the registered address, or the resolver's; empty where nothing is known."""
    match result:
        case Found(doi=doi, record=record):
            registered = record.registration.resource if record.registration else None
            return registered or doi_names.to_url(doi)
        case Elsewhere(doi=doi):
            return doi_names.to_url(doi)
        case NotFound() | Refused() | Unavailable() | IdentifierError():
            return ""
        case _:
            assert_never(result)


def status(result: Outcome | IdentifierError) -> str:
    """Return the word a report uses for what became of a DOI."""
    match result:
        case Found():
            return "found"
        case NotFound():
            return "not-found"
        case Refused():
            return "refused"
        case Unavailable():
            return "unavailable"
        case Elsewhere():
            return "elsewhere"
        case IdentifierError():
            return "invalid-doi"
        case _:
            assert_never(result)


def explanation(result: Outcome | IdentifierError) -> str:
    """Return in a few words why there is no answer; empty for a found DOI."""
    match result:
        case Found():
            return ""
        case NotFound(source=source):
            return f"{source} knows no such DOI"
        case Refused(agency=agency, reason=reason) | Unavailable(agency=agency, reason=reason):
            return f"{agency}: {reason}"
        case Elsewhere(agency=agency):
            return f"registered with {agency}, which publishes no metadata"
        case IdentifierError():
            return str(result)
        case _:
            assert_never(result)


def row(text: str, result: Outcome | IdentifierError) -> dict[str, Any]:
    """Return the JSON object for one DOI: what was asked, its status, and the record with its origin when found."""
    line: dict[str, Any] = {"asked": text, "doi": None, "status": status(result)}
    if isinstance(result, IdentifierError):
        return line | {"reason": str(result)}
    line["doi"] = result.doi
    if not isinstance(result, Found):
        return line | {"reason": explanation(result)}
    record = result.record
    registration = record.registration
    return line | {
        "agency": record.origin.agency,
        "retrieved_at": record.origin.retrieved_at,
        "stale": result.stale,
        "url": landing_page(result),
        "work": csl_json.to_csl(record.work),
        "updates": [update.model_dump() for update in (registration.updates if registration else ())],
    }

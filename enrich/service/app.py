"""The application: every endpoint group by one line, one desk for as long as it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException

from enrich.errors import EnrichError
from enrich.service import crossref, health, libraries, lists, openapi, pages, works
from enrich.service.desk import Desk
from enrich.service.guard import Guard
from enrich.service.problems import ProblemError, known
from enrich.settings import Settings

_GROUPS: Final = (works, libraries, lists, crossref, health, openapi, pages)


class _Rest(Convertor[str]):
    """All that stands behind. Starlette's own `path` ends at a line feed, where a DOI with one is just none."""

    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("rest", _Rest())


def create_app(settings: Settings, board: Path | None = None) -> Starlette:
    """Return the ASGI application with the limits and tokens of the settings; workers lay their figures on `board`."""
    desk = Desk(settings, board)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with desk:
            yield

    app = Starlette(
        routes=[route for group in _GROUPS for route in group.routes()],
        exception_handlers={
            ProblemError: known,
            EnrichError: known,
            HTTPException: known,
            Exception: known,  # raised again once it is answered, so that the log has it
        },
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.middleware_stack = Guard(
        app.build_middleware_stack(), desk, works.at_hand
    )  # the hottest answers leave from there
    app.state.desk = desk
    return app

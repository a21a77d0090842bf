"""The stand-in without a socket: its services answer requests as values, for trials with thousands of records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from enrich.model import Answer, Failure, Request, Response
from standin import services
from standin.http import Asked

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Direct:
    """Answers as the services do, but for those that are `down`; `send` takes the place of a transport's."""

    def __init__(
        self, crossref: Mapping[str, Any], datacite: Mapping[str, Any] | None = None, *, down: Iterable[str] = ()
    ) -> None:
        self.crossref = crossref
        self.datacite = datacite or {}
        self.handles: dict[str, str] = {}
        self.down = set(down)
        self.requests: list[Request] = []
        self._labels: dict[str, str] | None = None

    def _agencies(self) -> dict[str, str]:
        if self._labels is None:
            self._labels = dict.fromkeys(self.crossref, "Crossref") | dict.fromkeys(self.datacite, "DataCite")
        return self._labels

    async def send(self, request: Request) -> Answer:
        """Return what the service says."""
        self.requests.append(request)
        if request.service in self.down:
            return Failure(reason="down", detail="it does not answer")
        asked = Asked(0.0, "GET", request.path, request.query, {"accept": request.accept}, len(request.target))
        if request.service == "crossref":
            answer = services.crossref(asked, self.crossref, {})
        elif request.service == "datacite":
            answer = services.datacite(asked, self.datacite)
        else:
            answer = services.doi(asked, self.handles, self._agencies(), {})
        headers = {"content-type": "application/json", **answer.headers}
        return Response(status=answer.status, body=answer.bytes, headers=headers, received_at=NOW)

"""A world of registries made of dictionaries: it answers the requests of a flow, without a socket or an event loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import orjson

from enrich.model import Answer, Failure, Flow, Request, Response

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CSL = "application/vnd.citationstyles.csl+json"


def response(content: Any, status: int = 200, kind: str = "application/json") -> Response:
    """Return a response with a JSON body, or with bytes as they are."""
    body = content if isinstance(content, bytes) else orjson.dumps(content)
    return Response(status=status, body=body, headers={"content-type": kind}, received_at=NOW)


@dataclass
class World:
    """What the services know, who is in trouble, and what was asked."""

    crossref: dict[str, Any] = field(default_factory=dict)
    datacite: dict[str, Any] = field(default_factory=dict)
    jalc: dict[str, Any] = field(default_factory=dict)
    medra: dict[str, bytes] = field(default_factory=dict)
    agencies: dict[str, str] = field(default_factory=dict)
    handles: dict[str, str] = field(default_factory=dict)
    negotiated: dict[str, Any] = field(default_factory=dict)
    trouble: Callable[[Request], Answer | None] = lambda _request: None
    asked: list[Request] = field(default_factory=list)

    def drive(self, flow: Flow[Any], limit: int = 300) -> Any:
        """Return what the flow returns; it must not ask more than `limit` times."""
        try:
            request = next(flow)
            while True:
                self.asked.append(request)
                assert len(self.asked) <= limit, "the flow does not end"
                request = flow.send(self.trouble(request) or self._answer(request))
        except StopIteration as end:
            return end.value

    def targets(self, service: str | None = None) -> list[str]:
        """Return what was asked, as it stands in the request lines."""
        return [request.target for request in self.asked if service in (None, request.service)]

    def _answer(self, request: Request) -> Answer:
        return getattr(self, f"_{request.service}")(request)

    def _crossref(self, request: Request) -> Answer:
        if request.kind == "single":
            found = self.crossref.get(unquote(request.path.removeprefix("/works/")))
            return response({"message": found}) if found else response(b"Resource not found.", 404, "text/plain")
        pairs = unquote(dict(part.split("=", 1) for part in request.query.split("&"))["filter"]).split(",")
        wanted = [pair.partition(":")[2] for pair in pairs]
        if not all(pair.startswith("doi:10.") for pair in pairs):
            return response({"status": "failed", "message-type": "validation-failure", "message": []}, 400)
        items = [self.crossref[name] for name in reversed(wanted) if name in self.crossref]
        return response({"message-type": "work-list", "message": {"items": items}})

    def _datacite(self, request: Request) -> Answer:
        if request.kind == "single":
            found = self.datacite.get(unquote(request.path.removeprefix("/dois/")))
            return response({"data": found}) if found else response({"errors": {"title": "no"}}, 404)
        wanted = unquote(dict(part.split("=", 1) for part in request.query.split("&"))["ids"]).split(",")
        return response({"data": [self.datacite[name] for name in wanted if name in self.datacite]})

    def _jalc(self, request: Request) -> Answer:
        found = self.jalc.get(unquote(request.path.removeprefix("/dois/")))
        if found is None:
            return response({"status": "NG", "message": "not found"}, 404)
        return response({"status": "OK", "apiType": "doi", "apiVersion": "1.0.0", "data": found})

    def _medra(self, request: Request) -> Answer:
        found = self.medra.get(unquote(request.path.removeprefix("/metadata/")))
        return response(found, 200, "application/xml") if found else response(b"", 404, "text/html")

    def _doi(self, request: Request) -> Answer:
        if request.path.startswith("/doiRA/"):
            names = [unquote(part) for part in request.path.removeprefix("/doiRA/").split(",")]
            return response([self._agency(name) for name in names])
        if request.path.startswith("/api/handles/"):
            return self._handle(unquote(request.path.removeprefix("/api/handles/")))
        found = self.negotiated.get(unquote(request.path[1:]))
        if isinstance(found, Response):
            return found
        return response(found, kind=CSL) if found else response(b"<html>", 404, "text/html")

    def _agency(self, name: str) -> dict[str, str]:
        label = self.agencies.get(name, "DOI does not exist")
        known = label in {"DOI does not exist", "Invalid DOI", "Unknown"}
        return {"DOI": name.upper() if name.isascii() else name, "status" if known else "RA": label}

    def _handle(self, name: str) -> Answer:
        if name not in self.handles:
            return response({"responseCode": 100, "handle": name}, 404)
        target = self.handles[name]
        kind = "URL" if "://" in target else "HS_ALIAS"
        values = [
            {"index": 100, "type": "HS_ADMIN", "data": {"format": "admin", "value": {"index": 200}}},
            {"index": 1, "type": kind, "data": {"format": "string", "value": target}},
        ]
        return response({"responseCode": 1, "handle": name, "values": values})


def datum(doi: str, *, client: str = "cern.zenodo", **attributes: Any) -> dict[str, Any]:
    """Return a JSON:API datum as DataCite sends it."""
    return {
        "id": doi,
        "type": "dois",
        "attributes": {"doi": doi, "state": "findable", **attributes},
        "relationships": {"client": {"data": {"id": client, "type": "clients"}}},
    }


def down(service: str) -> Callable[[Request], Answer | None]:
    """Return the trouble that a service does not answer."""
    return lambda request: Failure(reason="down", detail="it is down") if request.service == service else None

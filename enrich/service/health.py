"""`/health`: the process lives. `/ready`: it takes work, and which agency is down. `/metrics`: figures, for Prometheus."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from enrich.errors import StoreError
from enrich.service.desk import Desk, desk_of
from enrich.service.problems import dumped
from enrich.service.tallies import MEDIA_TYPE, label, page
from enrich.snapshot import Snapshot
from enrich.transport.picture import Lane, drawn
from enrich.version import VERSION

_LATELY: Final = 3600.0  # seconds for which what was learnt of an agency is told
_NO_STORE: Final = {"Cache-Control": "no-store"}


def routes() -> list[Route]:
    """Return the three endpoints."""
    return [Route("/health", health), Route("/ready", ready), Route("/metrics", metrics)]


async def health(_request: Request) -> Response:
    """Answer that the process lives."""
    return _json({"status": "ok", "version": VERSION})


async def ready(request: Request) -> Response:
    """Answer 200 while work is taken, 503 while the service starts or ends; an agency that is down does not end that."""
    desk = desk_of(request)
    lanes = _lanes(desk)
    agencies = dict.fromkeys(("crossref", "datacite", "jalc", "medra", "doi"), "up")
    agencies |= {_service(lane): "down" for lane in lanes if _is_down(lane) and _service(lane) in agencies}
    if desk.settings.offline:
        agencies = dict.fromkeys(agencies, "not asked: offline")
    body = {
        "status": "closing" if desk.is_closing else "ready",
        "agencies": agencies,
        "offline": desk.settings.offline,
        "snapshot": _has_snapshot(desk),
        "cache": "impaired; the log says why" if desk.enricher.cache.is_impaired else "ok",
        "waiting": desk.singles.waiting + desk.libraries.waiting,
    }
    return _json(body, 503 if desk.is_closing else 200)


async def metrics(request: Request) -> Response:
    """Answer with the figures of all worker processes, and what the ledger knows of the agencies."""
    desk = desk_of(request)
    samples = desk.tallies.totals()
    asked = samples['enrich_lookups_total{source="network"}']
    total = sum(number for name, number in samples.items() if name.startswith("enrich_lookups_total"))
    samples["enrich_hit_ratio"] = (1 - asked / total) if total else 0  # type: ignore[assignment]  # a ratio among counts
    for lane in _lanes(desk):
        samples.update(dict(_of_lane(lane)))
    return Response(page(samples), headers=_NO_STORE, media_type=MEDIA_TYPE)


def _of_lane(lane: Lane) -> Iterator[tuple[str, int]]:
    name = f'agency="{label(_service(lane))}",kind="{label(lane.name.rpartition(" ")[2])}"'
    answered = lane.day.asked - lane.day.failed - lane.day.limited
    for word, number in (("answered", answered), ("failed", lane.day.failed), ("limited", lane.day.limited)):
        yield f'enrich_agency_requests{{{name},result="{word}"}}', number
    if lane.state is not None:
        yield f"enrich_agency_budget{{{name}}}", lane.state.most
        yield f"enrich_agency_budget_left{{{name}}}", lane.left
        yield f"enrich_agency_up{{{name}}}", int(not _is_down(lane))


def _lanes(desk: Desk) -> list[Lane]:
    """Return what the rate ledger knows of services; it is shared by all processes of the machine."""
    try:
        return [lane for lane in drawn(desk.settings.cache_dir, time.time()) if not lane.name.startswith("other")]
    except StoreError:
        return []


def _has_snapshot(desk: Desk) -> bool:
    """Tell whether there is a snapshot, and one that can be read."""
    snapshot = Snapshot(desk.settings.snapshot)
    try:
        return snapshot.version() is not None
    except StoreError:
        return False
    finally:
        snapshot.close()


def _is_down(lane: Lane) -> bool:
    """Tell whether a breaker is open, as far as was noted lately."""
    return lane.state is not None and lane.state.opened is not None and time.time() - lane.noted < _LATELY


def _service(lane: Lane) -> str:
    return lane.name.partition(" ")[0]


def _json(body: Any, status: int = 200) -> Response:
    return Response(dumped(body), status, _NO_STORE, "application/json")

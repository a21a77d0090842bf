"""The service is what its description says, and nothing that fits the description breaks it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS
from service.conftest import DOIS, library
from starlette.routing import Route

from enrich.service import create_app
from enrich.service.openapi import document
from enrich.service.problems import KINDS
from enrich.service.schemas import SCHEMAS
from enrich.settings import Settings

EXAMPLES = int(os.environ.get("ENRICH_EXAMPLES", "12"))
SCHEMA = schemathesis.openapi.from_dict(document())
HELD = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance",
)  # fmt: skip

_TAKEN = document()["paths"]["/enrich"]["post"]["requestBody"]["content"]
_KINDS = [kind for kind in _TAKEN if kind != "application/octet-stream"]


@schemathesis.serializer(*_KINDS)
def as_it_is(_context: object, value: object) -> bytes:
    """Send what a library is said to be as its text."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@SCHEMA.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_that_fits_the_description_breaks_it(case: schemathesis.Case, service: httpx.Client) -> None:
    """Whatever request the description allows, and many that it does not: no 5xx, no answer that is not described."""
    case.call_and_validate(base_url=str(service.base_url), checks=CHECKS.get_by_names(list(HELD)), timeout=60)


def test_every_problem_is_documented() -> None:
    """The page for operators has each code in a row with its status."""
    rows = (Path(__file__).parent.parent.parent / "docs" / "service.md").read_text().splitlines()
    told = {
        code: row.split("|")[1] for row in rows if row.startswith("|") for code in re.findall(r"`([a-z-]+)`", row)
    }
    assert {code: str(kind.status) in told.get(code, "") for code, kind in KINDS.items()} == dict.fromkeys(
        KINDS, True
    )


def test_every_address_is_described() -> None:
    """What the application routes is described, but for the page's own; nothing is described that is not there."""
    app = create_app(Settings())
    routed = {route.path.replace(":rest}", "}") for route in app.routes if isinstance(route, Route)}
    own = {path for path in routed if path in {"/", "/review", "/apply"} or path.startswith("/page/")}
    nothing = {"/crossref/{rest}"}
    agency = {"/crossref/works/{doi}/agency"}  # one route serves it, since a DOI may end so
    assert routed - own - nothing == set(document()["paths"]) - agency


def _examples(value: object) -> Iterator[dict]:
    if isinstance(value, dict):
        if "value" in value and isinstance(value["value"], dict) and "type" in value["value"]:
            yield value["value"]
        for each in value.values():
            yield from _examples(each)
    elif isinstance(value, list):
        for each in value:
            yield from _examples(each)


def test_every_problem_is_told_somewhere_by_example() -> None:
    """Each kind of problem stands with an example at an address that answers so, in the shape described."""
    told = {example["code"]: example for example in _examples(document()["paths"])}
    assert set(KINDS) - set(told) == {"no-such-page", "no-such-method", "unwritable", "changed"}, (
        "no address, or the page's"
    )
    for example in told.values():
        jsonschema.validate(example, SCHEMAS["Problem"])


def test_what_is_counted(service: httpx.Client) -> None:
    """The figures have names Prometheus takes, each with its type; what was asked is counted, by where the answer was."""
    service.get(f"/works/{DOIS[7]}")
    service.get(f"/works/{DOIS[7]}")
    service.post("/enrich", content=library(DOIS[:5]))
    answer = service.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    figures = {}
    for line in answer.text.splitlines():
        if not line.startswith("#"):
            name, _, number = line.rpartition(" ")
            figures[name] = float(number)
    assert figures['enrich_requests_total{group="works",status="200"}'] >= 2
    assert figures['enrich_lookups_total{source="memory"}'] >= 1
    assert figures['enrich_lookups_total{source="network"}'] >= 1
    assert 0 < figures["enrich_hit_ratio"] < 1
    assert figures['enrich_agency_up{agency="crossref",kind="single"}'] == 1
    assert 0 <= figures['enrich_agency_budget_left{agency="crossref",kind="single"}'] <= 10
    assert figures['enrich_request_seconds_count{group="enrich"}'] >= 1
    typed = {line.split()[2] for line in answer.text.splitlines() if line.startswith("# TYPE")}
    assert {name.partition("{")[0] for name in figures} - typed <= {
        "enrich_request_seconds_bucket", "enrich_request_seconds_sum", "enrich_request_seconds_count",
    }  # fmt: skip


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_the_watch(service: httpx.Client, path: str) -> None:
    """Whoever watches over the service hears that it lives, and which agencies are asked."""
    answer = service.get(path)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    if path == "/ready":
        assert set(answer.json()["agencies"].values()) == {"up"}

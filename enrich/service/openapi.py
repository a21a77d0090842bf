"""`GET /openapi.json`: what the service understands and answers, for programs.

https://spec.openapis.org/oas/v3.1.1.html

Written by hand, from the tables the endpoints themselves go by: types, formats, policies, problems. What the page asks
for is its own business and not described. A test holds addresses and description together, another lets schemathesis
look for a request that is answered otherwise than told here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from enrich import formats
from enrich.merge import BUILT_IN
from enrich.service import lists, works
from enrich.service.libraries import NDJSON, media_types
from enrich.service.problems import KINDS, MEDIA_TYPE, dumped
from enrich.service.schemas import PROBLEM, SCHEMAS, reference
from enrich.service.tallies import MEDIA_TYPE as PROMETHEUS
from enrich.version import VERSION

_DOI: Final = "10.1155/2012/574025"
_EXAMPLE: Final = (
    "%0 Journal Article\n%T Active Roles of Tumor Stroma in Breast Cancer Metastasis\n%R 10.1155/2012/574025\n"
)
_JSON: Final = "application/json"
_TEXT: Final = {"type": "string"}
_ALWAYS: Final = ("unauthorized", "misdirected", "long-head", "internal")


def routes() -> list[Route]:
    """Return the endpoint."""
    return [Route("/openapi.json", openapi)]


async def openapi(_request: Request) -> Response:
    """Answer with the description."""
    return Response(_dumped(), media_type=_JSON, headers={"Cache-Control": "max-age=3600"})


@cache
def _dumped() -> bytes:
    return dumped(document())


def document() -> dict[str, Any]:
    """Return the description."""
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "doi-enrich",
            "version": VERSION,
            "summary": "Bibliographic records on the word of the agency that registered their DOI.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"token": []}],
        "tags": [{"name": name} for name in ("works", "libraries", "operation", "crossref")],
        "paths": {
            "/works/{doi}": {"get": _work()},
            "/enrich": {"post": _enrich()},
            "/resolve": {"post": _resolve()},
            "/resolve/{doi}": {"get": _redirect()},
            "/health": {
                "get": _operation("health", "operation", "The process lives.", {"200": _answer("Health")})
            },
            "/ready": {"get": _ready()},
            "/metrics": {"get": _metrics()},
            "/openapi.json": {"get": _operation("openapi", "operation", "This document.", {"200": _answer({})})},
            "/crossref/works": {"get": _crossref_list()},
            "/crossref/works/{doi}": {
                "get": _crossref("crossrefWork", "One work, as Crossref's REST API answers.")
            },
            "/crossref/works/{doi}/agency": {
                "get": _crossref("crossrefAgency", "The agency a DOI is registered with.")
            },
        },
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(
    name: str,
    tag: str,
    summary: str,
    answers: dict[str, Any],
    problems: Sequence[str] = (),
    parameters: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    found = {
        "operationId": name,
        "tags": [tag],
        "summary": summary,
        "responses": answers | _problems((*problems, *_ALWAYS)),
    }
    return found | ({"parameters": list(parameters)} if parameters else {})


def _problems(codes: Sequence[str]) -> dict[str, Any]:
    """Return the answers that are problems, by status."""
    found: dict[str, Any] = {}
    for status in sorted({KINDS[code].status for code in codes}):
        kinds = {code: KINDS[code] for code in codes if KINDS[code].status == status}
        examples = {
            code: {
                "value": {
                    "type": f"urn:enrich:problem:{code}",
                    "title": kind.title,
                    "status": status,
                    "code": code,
                    "detail": "...",
                }
            }
            for code, kind in kinds.items()
        }
        content = {MEDIA_TYPE: {"schema": reference(PROBLEM), "examples": examples}}
        found[str(status)] = {"description": "; ".join(kind.title for kind in kinds.values()), "content": content}
        if status in {429, 503}:
            found[str(status)]["headers"] = {"Retry-After": {"schema": {"type": "string", "pattern": "^[0-9]+$"}}}
    return found


def _answer(schema: str | dict[str, Any], kind: str = _JSON, description: str = "The answer") -> dict[str, Any]:
    told = reference(schema) if isinstance(schema, str) else schema
    return {"description": description, "content": {kind: {"schema": told}}}


def _doi() -> dict[str, Any]:
    return {
        "name": "doi",
        "in": "path",
        "required": True,
        "description": "A DOI in any spelling; slashes may stand as they are.",
        "schema": {"type": "string", "minLength": 1},
        "example": _DOI,
    }


def _query(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _work() -> dict[str, Any]:
    content: dict[str, Any] = {kind: {"schema": _TEXT} for kind in works.TYPES}
    content[_JSON] = {"schema": reference("Work")}
    content |= {kind: {"schema": {"type": "object"}} for kind, form in works.TYPES.items() if form == "csl-json"}
    headers = {name: {"schema": _TEXT} for name in ("ETag", "Vary", "Cache-Control")}
    answers = {
        "200": {"description": "The work, in the type wanted", "content": content, "headers": headers},
        "304": {"description": "The work is as it was", "headers": headers},
    }
    problems = (
        "invalid-doi",
        "not-found",
        "elsewhere",
        "not-acceptable",
        "busy",
        "refused",
        "unavailable",
        "interrupted",
    )
    return _operation("work", "works", "What the agency says of a work.", answers, problems, [_doi()])


def _enrich() -> dict[str, Any]:
    written = {kind: name for kind, name in media_types().items() if name in formats.WRITABLE}
    content: dict[str, Any] = {kind: {"schema": _TEXT} for kind in (*written, NDJSON, "application/octet-stream")}
    content["application/vnd.citationstyles.csl+json"] = {"schema": {}}
    content["application/citeproc+json"] = {"schema": {}}
    parameters = [
        _query("policy", "Who wins.", {"type": "string", "enum": list(BUILT_IN)}),
        _query("to", "The format wanted; without it the library's own.", {"type": "string", "enum": list(formats.WRITABLE)}),
        _query("from", "The library's own format.", {"type": "string", "enum": list(formats.READABLE)}),
    ]  # fmt: skip
    problems = (
        "bad-request", "not-acceptable", "too-slow", "too-large", "unknown-format", "unreadable", "foreign-origin", "busy",
        "interrupted",
    )  # fmt: skip
    answers = {"200": {"description": "The cleaned library, or the report of each record", "content": content}}
    found = _operation("enrich", "libraries", "Clean a library.", answers, problems, parameters)
    read = [kind for kind, name in media_types().items() if name in formats.READABLE]
    taken: dict[str, Any] = {kind: {"schema": {}} for kind in ("application/octet-stream", *read)}
    taken["application/octet-stream"] = {
        "schema": _TEXT | {"format": "binary"}
    }  # what makes clients leaves out what has no type
    taken["application/x-endnote-refer"] = {"schema": _TEXT, "example": _EXAMPLE}
    return found | {"requestBody": {"required": True, "content": taken}}


def _resolve() -> dict[str, Any]:
    answers = {
        "200": {
            "description": "One object for each DOI, in order",
            "content": {
                NDJSON: {"schema": _TEXT},
                lists.JSON: {"schema": {"type": "array", "items": reference("Resolved")}},
            },
        }
    }
    problems = (
        "bad-request", "not-acceptable", "too-slow", "too-large", "unknown-format", "foreign-origin", "busy", "interrupted",
    )  # fmt: skip
    found = _operation("resolve", "works", "What the agencies say of a list of DOIs.", answers, problems)
    dois = {"type": "array", "items": _TEXT}
    taken = {
        _JSON: {
            "schema": {"oneOf": [dois, {"type": "object", "required": ["dois"], "properties": {"dois": dois}}]},
            "example": [_DOI],
        },
        "text/plain": {"schema": _TEXT, "example": f"{_DOI}\n10.1371/journal.pmed.0020124\n"},
    }
    return found | {"requestBody": {"required": True, "content": taken}}


def _redirect() -> dict[str, Any]:
    moved = {"description": "To the page the DOI leads to", "headers": {"Location": {"schema": _TEXT}}}
    problems = ("invalid-doi", "not-found", "busy", "odd-address", "unavailable")
    return _operation("landing", "works", "On to the page of a work.", {"302": moved}, problems, [_doi()])


def _ready() -> dict[str, Any]:
    answers = {"200": _answer("Ready"), "503": _answer("Ready", description="The service is ending")}
    return _operation("ready", "operation", "Whether work is taken, and which agency is down.", answers)


def _metrics() -> dict[str, Any]:
    answers = {"200": _answer(_TEXT, PROMETHEUS.partition(";")[0])}
    return _operation("metrics", "operation", "The figures of all worker processes, for Prometheus.", answers)


def _dialect() -> dict[str, Any]:
    """Return the answers of Crossref's dialect, in whose words errors are told, too."""
    told = {MEDIA_TYPE: {"schema": reference(PROBLEM)}}  # of a path that no DOI could stand in
    kinds = {_JSON: {"schema": {"type": "object"}}, "text/plain": {"schema": _TEXT}} | told
    described = {"200": "The answer", "400": "A parameter that is not taken", "404": "Crossref has no such work"}
    troubles = {"502": "The agency refused to answer", "503": "The agency could not be asked"}
    return {status: {"description": text, "content": kinds} for status, text in (described | troubles).items()}


def _crossref(name: str, summary: str) -> dict[str, Any]:
    mailto = _query("mailto", "Taken and not used.", _TEXT)
    return _operation(name, "crossref", summary, _dialect(), ("busy",), [_doi(), mailto])


def _crossref_list() -> dict[str, Any]:
    parameters = [
        _query("filter", "Names of works.", _TEXT) | {"example": f"doi:{_DOI}"},
        _query("rows", "Works in an answer.", {"type": "integer", "minimum": 0, "maximum": 1000}),
        _query("offset", "Works left out before them.", {"type": "integer", "minimum": 0}),
        _query("select", "Members of each work.", _TEXT) | {"example": "DOI,title"},
        _query("cursor", "* at first, then what the answer names.", _TEXT),
        _query("mailto", "Taken and not used.", _TEXT),
    ]
    summary = "Named works, as Crossref's REST API answers."
    return _operation("crossrefWorks", "crossref", summary, _dialect(), ("busy",), parameters)

"""The shapes of what the service answers, as JSON Schema.

https://json-schema.org/draft/2020-12
"""

from __future__ import annotations

from typing import Any, Final

from enrich.report.outcome import WORDS

PROBLEM: Final = "Problem"
_TEXT: Final = {"type": "string"}
_MAYBE: Final = {"type": ["string", "null"]}
_MOMENT: Final = {"type": ["string", "null"], "format": "date-time"}
_AGENCY: Final = {"type": "string", "enum": ["up", "down", "not asked: offline"]}


def reference(name: str) -> dict[str, str]:
    """Return what points at a shape."""
    return {"$ref": f"#/components/schemas/{name}"}


def _object(required: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": required | others}


_WORK: Final[dict[str, Any]] = {
    "agency": _MAYBE,
    "retrieved_at": _MOMENT,
    "stale": {"type": "boolean", "description": "An old answer that serves while the agency is down."},
    "url": {"type": "string", "description": "The page of the work."},
    "work": {"type": "object", "description": "The work as a CSL-JSON item."},
    "updates": {
        "type": "array",
        "items": {"type": "object"},
        "description": "Retractions, corrections and the like.",
    },
    "organizations": {
        "type": "array",
        "items": _object({"name": _MAYBE, "ROR": {"type": "string", "format": "uri"}}),
        "description": "Where the authors work, who paid, who published, as far as the answer gives a ROR iD.",
    },
}
SCHEMAS: Final[dict[str, Any]] = {
    PROBLEM: _object(
        {"type": _TEXT, "title": _TEXT, "status": {"type": "integer"}, "code": _TEXT, "detail": _TEXT},
        doi=_TEXT,
        types={"type": "array", "items": _TEXT},
        line={"type": ["integer", "null"]},
    )
    | {"description": "RFC 9457."},
    "Work": _object({"doi": _TEXT, "status": {"const": "found"}} | _WORK),
    "Resolved": _object(
        {"asked": _TEXT, "doi": _MAYBE, "status": {"type": "string", "enum": list(WORDS)}}, reason=_TEXT, **_WORK
    ),
    "Health": _object({"status": {"const": "ok"}, "version": _TEXT}),
    "Ready": _object(
        {
            "status": {"type": "string", "enum": ["ready", "closing"]},
            "agencies": {"type": "object", "additionalProperties": _AGENCY},
            "offline": {"type": "boolean"},
            "snapshot": {"type": "boolean"},
            "cache": _TEXT,
            "waiting": {"type": "integer", "minimum": 0},
        }
    ),
}

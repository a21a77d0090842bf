"""Frozen values: what is passed between all other parts."""

from enrich.model.change import Change, Conflict
from enrich.model.date import PartialDate
from enrich.model.enrichment import Enrichment, Status
from enrich.model.name import Name
from enrich.model.note import Note
from enrich.model.outcome import Elsewhere, Found, Landing, NotFound, Outcome, Place, Refused, Unavailable
from enrich.model.provenance import Origin
from enrich.model.record import Record, Registration, Source
from enrich.model.update import Update
from enrich.model.verdict import Verdict
from enrich.model.wire import Answer, Failure, Flow, Request, Response
from enrich.model.work import FIELDS, Work

__all__ = [
    "FIELDS",
    "Answer",
    "Change",
    "Conflict",
    "Elsewhere",
    "Enrichment",
    "Failure",
    "Flow",
    "Found",
    "Landing",
    "Name",
    "NotFound",
    "Note",
    "Origin",
    "Outcome",
    "PartialDate",
    "Place",
    "Record",
    "Refused",
    "Registration",
    "Request",
    "Response",
    "Source",
    "Status",
    "Unavailable",
    "Update",
    "Verdict",
    "Work",
]

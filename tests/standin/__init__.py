"""A stand-in for Crossref, DataCite and doi.org on the loopback interface: one port, three path prefixes.

It answers as the services do, enforces their published limits and records who breaks them, and can be told to fail in
every way that has been seen. Content is composed by the test: `standin.crossref[doi] = message` and so on, DOIs in
lower case.

    async with StandIn() as standin:
        standin.crossref["10.1000/1"] = {"DOI": "10.1000/1", "title": ["A title"]}
        standin.fault("status", path="/works", status=503, times=2)
        settings = Settings(**standin.settings)
"""

from standin.faults import KINDS, Fault
from standin.http import Answer, Asked
from standin.limits import Violation
from standin.server import StandIn

__all__ = ["KINDS", "Answer", "Asked", "Fault", "StandIn", "Violation"]

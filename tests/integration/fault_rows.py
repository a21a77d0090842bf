"""The fault table: what a network and its services do wrong, and what becomes of fifty records meanwhile.

`docs/faults.md` is written from here (`PYTHONPATH=tests python -m integration.fault_rows`); `test_faults.py` runs every row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any

from integration.fault_answers import (
    ALL,
    BAD,
    COUNT,
    alias,
    bytes_of,
    datum,
    doubled,
    joined_by_strangers,
    name,
    odd_members,
    renamed,
    swapped,
    told,
    upper,
    without_names,
    without_one,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"


@dataclass(frozen=True)
class Row:
    """A fault, where it strikes, and the status of every record while it lasts.

    `passes`: when it strikes twice and is over, every record is enriched. `retry_after`: seconds that the fault asks for.
    """

    where: str
    what: str
    lasting: Mapping[str, int]
    faults: tuple[Mapping[str, Any], ...] = ()
    world: str = "crossref"
    passes: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    retry_after: float = 0.0
    missing: frozenset[int] = frozenset()  # numbers that the agency does not know
    absent: frozenset[int] = frozenset()  # numbers that do not exist
    negotiable: bool = False  # content negotiation answers

    @property
    def title(self) -> str:
        """What the row is called in a test run."""
        return f"{self.where}: {self.what}"


DOWN, GOOD, NOWHERE = {"unavailable": ALL}, {"enriched": ALL}, {"elsewhere": ALL}
ONE_DOWN, ONE_NOWHERE = {"enriched": ALL - 1, "unavailable": 1}, {"enriched": ALL - 1, "elsewhere": 1}
REFUSED, ONE_REFUSED = {"refused": ALL}, {"enriched": ALL - 1, "refused": 1}
ABSENT = {"enriched": ALL - 1, "not-found": 1}


def fault(kind: str, **how: Any) -> tuple[Mapping[str, Any], ...]:
    """Return one fault, at Crossref unless said otherwise."""
    return ({"kind": kind, "path": "/crossref/", **how},)


def status(code: int, **how: Any) -> tuple[Mapping[str, Any], ...]:
    """Return the fault of answering with a status and a page."""
    return fault("status", status=code, **how)


def asking(code: int, retry_after: str) -> tuple[Mapping[str, Any], ...]:
    """Return the fault of answering with a status and a `Retry-After`."""
    return status(code, headers={"retry-after": retry_after})


def change(how: Any, **others: Any) -> tuple[Mapping[str, Any], ...]:
    """Return the fault of answering something else than would be right."""
    return fault("changed", change=how, **others)


def at_datacite(kind: str, **how: Any) -> tuple[Mapping[str, Any], ...]:
    """Return a fault at DataCite."""
    return fault(kind, **{"path": "/datacite/", **how})


def at_doi_org(kind: str, path: str = "/doi/", **how: Any) -> tuple[Mapping[str, Any], ...]:
    """Return a fault at doi.org: `/doiRA/` (which agency), `/api/handles/`, or both and negotiation."""
    return fault(kind, **{"path": path, **how})


ONE = frozenset({BAD})
IN_LIST = f"f{BAD:02d}x"
C, L, Q, A = "Crossref", "Crossref, an answer", "Crossref, one DOI", "any"
D, R, H, N = "DataCite", "doi.org, which agency", "doi.org, handles", "doi.org, negotiation"

ROWS: tuple[Row, ...] = (
    Row(A, "nothing is wrong", GOOD),
    # the connection
    Row(C, "refuses connections", DOWN, settings={"crossref_url": "refused"}),
    Row(C, "its name cannot be resolved", DOWN, settings={"crossref_url": "https://api.crossref.invalid"}),
    Row(C, "speaks no TLS", DOWN, settings={"crossref_url": "no-tls"}),
    Row(C, "resets before the headers", DOWN, fault("reset"), passes=True),
    Row(C, "resets after the headers", DOWN, fault("reset-after-headers"), passes=True),
    Row(C, "closes without an answer", DOWN, fault("close"), passes=True),
    Row(C, "cuts the body short", DOWN, fault("truncate"), passes=True),
    Row(C, "cuts a compressed body of unstated length short", DOWN, fault("truncate-unsaid"), passes=True),
    Row(C, "sends the body byte by byte, for ever", DOWN, fault("slow"), passes=True),
    Row(C, "accepts and never answers", DOWN, fault("hang"), passes=True),
    Row(C, "answers late, but in time", GOOD, fault("late", seconds=0.05)),
    Row(C, "sends no HTTP", DOWN, fault("garbage"), passes=True),
    # the status
    Row(C, "400 for everything", REFUSED, status(400)),
    Row(C, "401", REFUSED, status(401)),
    Row(C, "403", REFUSED, status(403)),
    Row(C, "404 for everything", NOWHERE, status(404, body=b"Resource not found.")),
    Row(C, "406", NOWHERE, status(406)),
    Row(C, "408", DOWN, status(408), passes=True),
    Row(C, "413", REFUSED, status(413)),
    Row(C, "414 for a list", GOOD, status(414, path="/crossref/works?")),
    Row(C, "429 without a header", DOWN, status(429), passes=True),
    Row(C, "429, Retry-After: 3", DOWN, asking(429, "3"), passes=True, retry_after=3),
    Row(C, "429, Retry-After: a date", DOWN, asking(429, "in 4"), passes=True, retry_after=4),
    Row(C, "429, Retry-After: a date long past", DOWN, asking(429, formatdate(0, usegmt=True)), passes=True),
    Row(C, "429, Retry-After: ten years", DOWN, asking(429, "315360000"), retry_after=86_000),
    Row(C, "429, Retry-After: nonsense", DOWN, asking(429, "soon"), passes=True),
    Row(C, "429, Retry-After: negative", DOWN, asking(429, "-5"), passes=True),
    Row(C, "431", REFUSED, status(431)),
    Row(C, "500", DOWN, status(500), passes=True),
    Row(C, "501", DOWN, status(501)),
    Row(C, "502", DOWN, status(502), passes=True),
    Row(C, "503", DOWN, status(503), passes=True),
    Row(C, "503, Retry-After: 3", DOWN, asking(503, "3"), passes=True, retry_after=3),
    Row(C, "503, Retry-After: an hour", DOWN, asking(503, "3600"), retry_after=3600),
    Row(C, "504", DOWN, status(504), passes=True),
    Row(C, "520, a content delivery network", DOWN, status(520), passes=True),
    Row(C, "500 for every list, well for single works", GOOD, status(500, path="/crossref/works?")),
    Row(C, "204", NOWHERE, status(204, body=b"")),
    Row(C, "redirects to itself", DOWN, fault("redirect", status=302, location="/crossref/works?again")),
    Row(
        C, "redirects into the private network", DOWN, fault("redirect", status=301, location="https://10.0.0.1/")
    ),
    # the answer
    Row(L, "a page with status 200", DOWN, fault("html200"), passes=True),
    Row(L, "`null`", DOWN, fault("null"), passes=True),
    Row(L, "nothing", DOWN, fault("empty"), passes=True),
    Row(L, "broken JSON", DOWN, fault("broken-json"), passes=True),
    Row(L, "gzip that is none", DOWN, fault("no-gzip"), passes=True),
    Row(L, "Brotli, which nobody asked for", DOWN, fault("brotli"), passes=True),
    Row(L, "a bomb: little gzip, 100 MiB of blanks", DOWN, fault("bomb")),
    Row(L, "a flood without an end", DOWN, fault("flood")),
    Row(L, "bytes that are no UTF-8", DOWN, change(bytes_of(b'{"message": {"items": ["\xff\xfe"]}}'))),
    Row(L, "nested 100,000 deep", DOWN, change(bytes_of(b"[" * 100_000 + b"]" * 100_000))),
    Row(L, "`NaN`", DOWN, change(bytes_of(b'{"message": {"items": [NaN]}}'))),
    Row(L, "a list instead of an object", DOWN, change(bytes_of(b'[{"message": {"items": []}}]'))),
    Row(L, "an object instead of a list", DOWN, change(bytes_of(b'{"message": {"items": {"a": 1}}}'))),
    Row(L, "a number with 10,000 digits", DOWN, change(bytes_of(b'{"message": ' + b"9" * 10_000 + b"}"))),
    Row(L, "a message of text", DOWN, change(bytes_of(b'{"status": "ok", "message": "try again"}'))),
    Row(L, "works under other names", NOWHERE, change(renamed)),
    Row(L, "works without names", DOWN, change(without_names)),
    Row(L, "another work under the DOI asked for", {"contradicted": ALL}, change(swapped)),
    Row(L, "each work twice, the second different", GOOD, change(doubled)),
    Row(L, "works nobody asked for in between", GOOD, change(joined_by_strangers)),
    Row(L, "one work left out", ONE_NOWHERE, change(without_one, path="/crossref/works?"), missing=ONE),
    Row(L, "members of the wrong type", GOOD, change(odd_members)),
    Row(L, "names in upper case", GOOD, change(upper)),
    # one DOI
    Row(Q, "400 whenever it is asked for", ONE_REFUSED, status(400, path=IN_LIST, under="/crossref")),
    Row(Q, "500 whenever it is asked for", ONE_DOWN, status(500, path=IN_LIST, under="/crossref")),
    Row(
        Q, "the same, and negotiation answers", GOOD, status(500, path=IN_LIST, under="/crossref"), negotiable=True
    ),
    Row(Q, "a hang whenever it is asked for", ONE_DOWN, fault("hang", path=IN_LIST, under="/crossref")),
    Row(
        Q,
        "a broken answer whenever it is asked for",
        ONE_DOWN,
        fault("broken-json", path=IN_LIST, under="/crossref"),
    ),
    Row(
        Q,
        "403",
        {"enriched": ALL - 1, "refused": 1},
        (*status(400, path="/works?"), *status(403, path=IN_LIST, under="/crossref")),
    ),
    Row(Q, "unknown there; negotiation answers", GOOD, missing=ONE, negotiable=True),
    Row(Q, "does not exist", ABSENT, missing=ONE, absent=ONE),
    # DataCite
    Row(D, "nothing is wrong", GOOD, world="datacite"),
    Row(D, "503", DOWN, at_datacite("status", status=503), world="datacite", passes=True),
    Row(
        D,
        "429, Retry-After: 3",
        DOWN,
        at_datacite("status", status=429, headers={"retry-after": "3"}),
        world="datacite",
        passes=True,
        retry_after=3,
    ),
    Row(D, "resets", DOWN, at_datacite("reset"), world="datacite", passes=True),
    Row(D, "a page with status 200", DOWN, at_datacite("html200"), world="datacite", passes=True),
    Row(D, "`data` is null", DOWN, at_datacite("changed", change=bytes_of(b'{"data": null}')), world="datacite"),
    Row(D, "404 for everything", NOWHERE, at_datacite("status", status=404), world="datacite"),
    Row(D, "403", {"refused": ALL}, at_datacite("status", status=403), world="datacite"),
    Row(
        D,
        "drafts (state not findable)",
        NOWHERE,
        at_datacite("changed", change=datum({"state": "draft"})),
        world="datacite",
    ),
    Row(
        D,
        "other names",
        NOWHERE,
        at_datacite("changed", change=datum({"doi": "10.5281/zenodo.0"})),
        world="datacite",
    ),
    # doi.org
    Row(R, "503", DOWN, at_doi_org("status", path="/doiRA/", status=503), world="unknown", passes=True),
    Row(
        R,
        "429, Retry-After: 3",
        DOWN,
        at_doi_org("status", path="/doiRA/", status=429, headers={"retry-after": "3"}),
        world="unknown",
        passes=True,
        retry_after=3,
    ),
    Row(R, "a page with status 200", DOWN, at_doi_org("html200", path="/doiRA/"), world="unknown", passes=True),
    Row(
        R,
        "knows no agency",
        DOWN,
        at_doi_org("changed", path="/doiRA/", change=told({"status": "Unknown"})),
        world="unknown",
    ),
    Row(
        R,
        "names an agency nobody has heard of",
        NOWHERE,
        at_doi_org("changed", path="/doiRA/", change=told({"RA": "Newcomer"})),
        world="unknown",
    ),
    Row(
        R,
        "says nothing of them",
        DOWN,
        at_doi_org("changed", path="/doiRA/", change=lambda _v, _a: []),
        world="unknown",
    ),
    Row(
        R,
        "speaks of other DOIs",
        DOWN,
        at_doi_org("changed", path="/doiRA/", change=lambda v, _a: [{**row, "DOI": "10.1/x"} for row in v]),
        world="unknown",
    ),
    Row(
        R,
        "down while one does not exist",
        ONE_DOWN,
        at_doi_org("status", path="/doiRA/", status=500),
        missing=ONE,
        absent=ONE,
    ),
    Row(
        H,
        "down, for one that Crossref does not know",
        ONE_DOWN,
        at_doi_org("status", path="/api/", status=500),
        missing=ONE,
    ),
    Row(H, "a page with status 404", ONE_DOWN, at_doi_org("status", path="/api/", status=404), missing=ONE),
    Row(
        H,
        "says of another handle that it is missing",
        ONE_DOWN,
        at_doi_org("changed", path="/api/", change=lambda _v, _a: {"responseCode": 100, "handle": "10.1/x"}),
        missing=ONE,
    ),
    Row(
        H,
        "an alias of itself, in a circle",
        ONE_NOWHERE,
        at_doi_org("changed", path="/api/", change=lambda _v, asked: alias(asked)),
        missing=ONE,
    ),
    Row(N, "a page with status 200", ONE_NOWHERE, at_doi_org("html200", path="/doi/10.1155/f"), missing=ONE),
    Row(N, "down", ONE_DOWN, at_doi_org("status", path="/doi/10.1155/f", status=503), missing=ONE),
    Row(N, "404", ONE_NOWHERE, at_doi_org("status", path="/doi/10.1155/f", status=404), missing=ONE),
    *(
        Row(
            N,
            f"redirects {words}",
            ONE_NOWHERE,
            at_doi_org("redirect", path="/doi/10.1155/f", status=302, location=location),
            missing=ONE,
        )
        for words, location in (
            ("to a private address", "https://192.168.0.1/"),
            ("to the loopback interface", "https://127.0.0.1/"),
            ("to the address of a cloud's metadata", "https://169.254.169.254/latest/"),
            ("to plain HTTP", "http://example.org/"),
            ("to itself", f"/doi/{name('crossref', BAD)}"),
            ("to a file", "file:///etc/passwd"),
            ("to a name that leads to the loopback interface", "https://localhost/"),
        )
    ),
    Row(
        N,
        "redirects to a name that nobody knows",
        ONE_DOWN,
        at_doi_org("redirect", path="/doi/10.1155/f", status=302, location="https://nowhere.invalid/"),
        missing=ONE,
    ),
    Row(
        N,
        "another work's item",
        ONE_NOWHERE,
        at_doi_org(
            "body", path="/doi/10.1155/f", body={"DOI": "10.1155/other", "title": "Other", "publisher": "Wrong"}
        ),
        missing=ONE,
    ),
    Row("mEDRA, by negotiation", "nothing is wrong", GOOD, world="medra", negotiable=True),
    Row(
        "mEDRA, by negotiation",
        "503",
        DOWN,
        at_doi_org("status", path="/doi/10.1430", status=503),
        world="medra",
        negotiable=True,
        passes=True,
    ),
    Row(
        "mEDRA, by negotiation",
        "406",
        NOWHERE,
        at_doi_org("status", path="/doi/10.1430", status=406),
        world="medra",
    ),
    Row(
        "mEDRA, by negotiation",
        "403",
        REFUSED,
        at_doi_org("status", path="/doi/10.1430", status=403),
        world="medra",
        negotiable=True,
    ),
    # the machine
    Row("the clock", "jumps an hour ahead", GOOD, status(503, times=1), settings={"jump": 3600.0}),
    Row("the clock", "jumps an hour back", GOOD, status(503, times=1), settings={"jump": -3600.0}),
    Row("everything", "resets", DOWN, fault("reset", path="/")),
    Row("everything", "a page with status 200 (a captive portal)", DOWN, fault("html200", path="/")),
    Row("everything", "403 (a firewall)", {"refused": ALL}, status(403, path="/")),
    Row("the cache", "its directory cannot be written", GOOD, settings={"cache_dir": Path("/proc/nowhere")}),
)


def page() -> str:
    """Return the table as a page of the documentation."""
    lines = [
        "# Faults",
        "",
        f"What becomes of {COUNT} records, each with a DOI that exists unless said otherwise, while something is wrong.",
        "Every line is a test (`tests/integration/test_faults.py`) over real sockets: all records come out in order, none",
        "is `not-found` that exists, none takes a value from an answer about another work, and nobody asks again before",
        "`Retry-After` has passed. *Passes*: the fault strikes twice and is over, and every record is enriched.",
        "",
        "| where | fault | while it lasts | passes |",
        "|---|---|---|---|",
    ]
    for row in ROWS:
        becomes = ", ".join(f"{count} `{status_}`" for status_, count in row.lasting.items())
        lines.append(f"| {row.where} | {row.what} | {becomes} | {'yes' if row.passes else ''} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

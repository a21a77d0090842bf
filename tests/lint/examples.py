"""The rules' own examples, worked on by the pipeline; and their pages: `python tests/lint/examples.py` writes docs/rules."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from enrich import formats
from enrich.enricher import judge
from enrich.formats.csl_item import from_csl
from enrich.identifiers.doi import compact
from enrich.lint import RULES, Finding, Linter, chosen
from enrich.lint.page import index, page
from enrich.lint.rule import REGISTRY, Example
from enrich.merge import load_policy
from enrich.merge.policy import MergePolicy
from enrich.model import (
    Elsewhere,
    Enrichment,
    Found,
    NotFound,
    Origin,
    Outcome,
    Record,
    Refused,
    Registration,
    Unavailable,
)

ROOT = Path(__file__).parent.parent.parent
RULES_FOLDER = ROOT / "docs" / "rules"
PAGE = ROOT / "docs" / "check.md"
EVERYTHING = chosen(["ALL"])


@cache
def policy(name: str) -> MergePolicy:
    return load_policy(name, lambda path: Path(path).read_text())


def outcome_of(record: Record, example: Example, kind: str) -> Outcome | None:
    doi = compact(REGISTRY["DOI"]) if kind in {"misspelt", "searched"} else record.work.doi
    if doi is None:
        return None
    match kind:
        case "not-found":
            return NotFound(doi=doi, source="doi.org")
        case "refused":
            return Refused(doi=doi, agency="crossref", reason="403")
        case "unavailable":
            return Unavailable(doi=doi, agency="crossref", reason="503")
        case "elsewhere":
            return Elsewhere(doi=doi, agency="bsi")
    item = REGISTRY | dict(example.registry)
    relations = tuple(tuple(pair) for pair in item.pop("relations", ()))
    registered = Record(
        work=from_csl({name: value for name, value in item.items() if value is not None}),
        origin=Origin(agency="crossref"),
        registration=Registration(updates=example.updates, relations=relations),
    )
    return Found(doi=doi, record=registered, stale=kind == "stale")


def results(text: str, example: Example, kind: str) -> Iterator[Enrichment]:
    """What becomes of the records of an example."""
    data = text.encode("utf-8", "surrogateescape")
    for index_, record in enumerate(formats.read([data], file="library.enw")):
        if kind == "misspelt":  # as the second look has it: what is written is no DOI of this work
            work = record.work.model_copy(update={"doi": None})
            record = record.model_copy(update={"work": work, "doi_text": record.doi_text or record.work.doi})  # noqa: PLW2901 -- likewise
        yield judge(index_, record, outcome_of(record, example, kind), policy(example.policy))


def findings(text: str, example: Example, kind: str) -> list[Finding]:
    linter = Linter(EVERYTHING)
    return [found for result in results(text, example, kind) for found in linter.findings(result)]


def pages() -> dict[Path, str]:
    """Every page that is made from the rules."""
    made = {RULES_FOLDER / f"{code}.md": page(rule) for code, rule in RULES.items()}
    head, _, rest = PAGE.read_text().partition("<!-- rules -->\n")
    tail = rest.partition("<!-- end of rules -->\n")[2]
    made[PAGE] = f"{head}<!-- rules -->\n{index()}<!-- end of rules -->\n{tail}"
    return made


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text)

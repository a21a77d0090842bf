"""DOI: whether a record's DOI can be read, exists, and is that of the work."""

from __future__ import annotations

from typing import Final

from enrich.lint.rule import Example, Rule, record

RULES: Final = (
    Rule(
        "DOI001",
        "malformed-doi",
        "error",
        "No valid DOI can be read from what stands in its place.",
        "A DOI begins with 10., a registrant's number and a slash. Look it up on the first page of the work, "
        "or search for the title at search.crossref.org.",
        Example(record({"R": "10.1038-171737a0"}), record()),
        statuses=("invalid-doi",),
        notes=("invalid-doi",),
    ),
    Rule(
        "DOI002",
        "dead-doi",
        "error",
        "No agency knows the DOI: it leads nowhere.",
        "Most such DOIs are misspelt: a full stop too many, a letter O for a zero, a cut-off end. Some were "
        "printed and never registered; then it is better to give none.",
        Example(record({"R": "10.1038/171737a0."}), record(), outcome="not-found"),
        statuses=("not-found",),
        notes=("not-found",),
    ),
    Rule(
        "DOI003",
        "another-work",
        "error",
        "The DOI belongs to another work than the one the record describes.",
        "Either the DOI or the description is wrong; the finding says what differs. Nothing is merged into "
        "such a record until a person has decided.",
        Example(
            record({"R": "10.1038/nature14539"}),
            record(),
            registry={
                "title": "Deep learning",
                "author": [{"family": "LeCun", "given": "Yann"}, {"family": "Bengio", "given": "Yoshua"}],
                "issued": {"date-parts": [[2015]]},
                "volume": "521",
                "page": "436-444",
                "DOI": "10.1038/nature14539",
            },
        ),
        statuses=("contradicted",),
    ),
    Rule(
        "DOI004",
        "unconfirmed-doi",
        "error",
        "There is an answer for the DOI, but not enough to tell that it is the same work.",
        "A title alone is never enough. Add an author, a year or a journal to the record, or compare it with "
        "the landing page.",
        Example(
            record({"A": None, "J": None, "D": None, "V": None, "P": None}),
            record(),
            registry={"issued": None, "volume": None, "page": None},
        ),
        statuses=("unconfirmed",),
    ),
    Rule(
        "DOI005",
        "no-doi",
        "error",
        "The record has no DOI.",
        "Not every work has one: ignore this rule for a library of books and manuscripts, and look the others up.",
        Example(record({"R": None}), record()),
        statuses=("no-doi",),
    ),
    Rule(
        "DOI006",
        "decorated-doi",
        "info",
        "The DOI is written with an address or a label.",
        "Programs compare bare DOIs; a style adds the address where it wants one.",
        Example(record({"R": "https://doi.org/10.1038/171737a0"}), record()),
        repairs=("bare-doi",),
    ),
    Rule(
        "DOI007",
        "second-doi",
        "warning",
        "The record has a further DOI, which is left alone.",
        "Two DOIs in one record are a merged record, a chapter and its book, or a preprint and its article. "
        "Keep the one that is meant.",
        Example(record({}, "%R 10.1038/nature14539"), record()),
        notes=("second-doi",),
    ),
    Rule(
        "DOI008",
        "misspelt-doi",
        "error",
        "The DOI does not exist, and a registered one that it is a misspelling of is confirmed to be the work's.",
        "`enrich clean` puts it right; until then the record's DOI leads nowhere.",
        Example(record({"R": "10.1038/l71737a0"}), record(), outcome="misspelt"),
        repairs=("repair-doi",),
        notes=("doi-repaired",),
    ),
    Rule(
        "DOI009",
        "doi-found",
        "error",
        "The record has no DOI, and a search found the one of its work.",
        "Only with `--find-missing`, and only where the find is certain. `enrich clean` writes it.",
        Example(record({"R": None}), record(), outcome="searched"),
        repairs=("find-doi",),
        notes=("doi-found",),
    ),
    Rule(
        "DOI010",
        "doi-suggested",
        "warning",
        "A search found DOIs that may be meant; none is certain.",
        "The finding names them. Open them and compare.",
        None,
        notes=("doi-suggestion",),
    ),
    Rule(
        "DOI011",
        "not-searched",
        "warning",
        "Nobody could be asked for a DOI that is missing or misspelt.",
        "Run the check again.",
        None,
        notes=("not-searched", "not-asked"),
    ),
)

"""REC: what was odd about a record as it was read, or would be as it is written."""

from __future__ import annotations

from typing import Final

from enrich.lint.rule import Example, Rule, record

RULES: Final = (
    Rule(
        "REC001",
        "unreadable",
        "error",
        "A record cannot be read; it is kept as it is.",
        "The line says where it begins. Repair it by hand, or export it again.",
        Example(record() + "\n%0\n%T\n%A\n", record()),
        statuses=("unreadable",),
        notes=("unreadable", "too-long", "unreadable-item", "internal-error"),
    ),
    Rule(
        "REC002",
        "invalid-encoding",
        "warning",
        "Not all bytes of a record are valid in one encoding.",
        "Parts of the file were written in another encoding. They are kept; what they mean is a guess.",
        Example(record({"A": "W\udce4tson, J. D.", "J": "Natüre"}), record()),
        notes=("invalid-encoding",),
    ),
    Rule(
        "REC003",
        "unencodable",
        "warning",
        "The encoding of the file cannot hold what would be written.",
        "Convert the library to UTF-8; until then the field stays as it is.",
        Example(
            record({"V": None, "K": "na\udcefve"}),
            record(),
            registry={"volume": "CLXXⅠ"},
        ),
        notes=("unencodable",),
    ),
    Rule(
        "REC004",
        "second-type",
        "warning",
        "A record states two types.",
        "Two records ran together, or a type was pasted in. The first counts.",
        Example("%0 Book\n" + record(), record()),
        notes=("second-type",),
    ),
    Rule(
        "REC005",
        "odd-tags",
        "info",
        "A record has tags without value or meaning, or text that belongs to no tag.",
        "All of it is kept.",
        Example(record({"q": "something"}), record()),
        notes=("unknown-tag", "empty-tag", "stray-text", "uncertain-tag", "unknown-type"),
        is_default=False,
    ),
    Rule(
        "REC006",
        "odd-value",
        "warning",
        "A value has a shape that cannot be read; it is kept as it is.",
        "The program that wrote the file does not keep to its format.",
        Example('[{"title": {"of": "Nucleic Acids"}, "DOI": "10.1038/171737a0"}]\n', record()),
        notes=("odd-value",),
    ),
    Rule(
        "REC008",
        "undefined-string",
        "warning",
        "An entry uses an abbreviation that no @string defines.",
        "BibTeX prints nothing in its place. Define it, or put braces round what is no abbreviation.",
        Example(
            "@article{watson1953,\n  title = {Molecular Structure of Nucleic Acids},\n  journal = nat,\n"
            "  doi = {10.1038/171737a0},\n}\n",
            record(),
        ),
        notes=("undefined-string",),
    ),
    Rule(
        "REC009",
        "duplicate-field",
        "warning",
        "A field stands twice in an entry; the first counts.",
        "BibTeX ignores the second with a warning nobody reads. Keep the one that is right.",
        Example(
            "@article{watson1953,\n  title = {Molecular Structure of Nucleic Acids},\n  year = 1953,\n  year = 1954,\n"
            "  doi = {10.1038/171737a0},\n}\n",
            record(),
        ),
        notes=("duplicate-field",),
    ),
    Rule(
        "REC007",
        "cut-off",
        "info",
        "An abstract ends in the middle of a sentence.",
        "It was cut when the record was exported; nothing is invented in its place.",
        Example(
            "%0 Journal Article %T Molecular Structure of Nucleic Acids %A Watson, J. D. %J Nature %D 1953 "
            "%R 10.1038/171737a0 %X We propose a structure for the salt of a nucleic acid, which has two chains that are\n",
            record(),
        ),
        notes=("cut-off",),
        is_default=False,
    ),
)

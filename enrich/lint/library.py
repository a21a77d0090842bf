"""DUP, KEY: records beside each other, and the keys they are cited by."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Final

from enrich.lint.rule import Example, Found, Memory, Rule, record
from enrich.model.enrichment import Enrichment


def _duplicate(result: Enrichment, memory: Memory) -> Iterator[Found]:
    doi = result.record.work.doi
    if doi is None:
        return
    # Eight bytes of a digest for a DOI: a library of a million works has a chance of 1 in 40 million to confuse two.
    key = blake2b(doi.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    first = memory.places.setdefault(key, result.index)
    if first != result.index:
        yield Found(f"record {first + 1} has the same DOI", "DOI")


def _entry(name: str) -> str:
    return (
        f"@article{{{name},\n  author = {{Watson, J. D.}},\n  title = {{Molecular Structure of Nucleic Acids}},\n"
        "  journal = {Nature},\n  year = 1953,\n  volume = 171,\n  pages = {737--738},\n  doi = {10.1038/171737a0},\n}\n"
    )


RULES: Final = (
    Rule(
        "DUP001",
        "duplicate-doi",
        "warning",
        "An earlier record has the same DOI.",
        "Keep one. `enrich export --merge-duplicates` makes one record of them.",
        Example(record() + "\n" + record(), record()),
        check=_duplicate,
    ),
    Rule(
        "KEY001",
        "duplicate-key",
        "warning",
        "An earlier entry has the same citation key.",
        "BibTeX takes one of the two and says nothing. Rename one, and where it is cited.",
        Example(_entry("watson1953") + "\n" + _entry("watson1953"), _entry("watson1953")),
        notes=("duplicate-key",),
    ),
    Rule(
        "KEY002",
        "no-key",
        "warning",
        "An entry has no citation key, so nothing can cite it.",
        "Give it one, or let `enrich export --keys author-year` do so.",
        Example(_entry(""), _entry("watson1953")),
        notes=("no-key",),
    ),
)

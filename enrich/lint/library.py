"""DUP: records beside each other."""

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
)

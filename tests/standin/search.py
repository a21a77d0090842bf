"""What the services find: works ranked by the words they share with a question, as far as a stand-in need go."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_WORD = re.compile(r"\w+")
_GROUP = re.compile(r"([\w.]+):\(([^()]*)\)")
FIELD_QUERIES = {
    "query.bibliographic": ("title", "subtitle", "author", "container-title", "issued"),
    "query.title": ("title", "subtitle"),
    "query.author": ("author",),
    "query": ("title", "subtitle", "author", "container-title", "issued", "publisher"),
}


def words(value: Any) -> Iterator[str]:
    """Yield every word and number in a JSON value."""
    if isinstance(value, Mapping):
        for each in value.values():
            yield from words(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from words(each)
    elif value is not None:
        yield from _WORD.findall(str(value).lower())


def _share(asked: set[str], said: set[str]) -> float:
    return len(asked & said) ** 2 / (len(asked) * (len(said) + 1)) if asked else 0.0


def crossref(parameters: Mapping[str, str], works: Mapping[str, Any]) -> list[Any]:
    """Return the works that share a word with the question, the likeliest first, with `score`."""
    asked = [
        (FIELD_QUERIES[name], set(words(value))) for name, value in parameters.items() if name in FIELD_QUERIES
    ]
    scored = []
    for name, work in works.items():
        score = sum(_share(wanted, set(words([work.get(field) for field in fields]))) for fields, wanted in asked)
        if score:
            scored.append((-score, name, {**work, "score": round(100 * score, 3)}))
    return [work for *_, work in sorted(scored, key=lambda each: each[:2])]


def selected(work: Mapping[str, Any], names: str) -> dict[str, Any]:
    """Return the members of a work that were asked for."""
    return {name: work[name] for name in names.split(",") if name in work}


def datacite(query: str, attributes: Mapping[str, Any]) -> list[str]:
    """Return the names of what has a word of every group of the question, `field:(a OR b)`, the likeliest first."""
    groups = [(field.split("."), set(words(said)) - {"or", "and"}) for field, said in _GROUP.findall(query)]
    scored = []
    for name, each in attributes.items():
        shares = [_share(wanted, set(words(each.get(field[0])))) for field, wanted in groups]
        if shares and all(shares):
            scored.append((-sum(shares), name))
    return [name for _, name in sorted(scored)]

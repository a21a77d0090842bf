"""What the values of a record amount to, for formats that are pairs of a tag and a value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from enrich.formats import names
from enrich.formats.numbers import serials
from enrich.model.name import Name

Values: TypeAlias = list[tuple[str, str]]
"""The tags and values that feed one field, in their order."""


def members(
    tokens: Iterable[Sequence[Any]], fields: Iterable[str], builders: Mapping[str, Callable[[Values], Any]]
) -> dict[str, Any]:
    """Return the members of a work: what its builder makes of a field's values, and of one without a builder the last."""
    found: dict[str, Values] = {}
    built: dict[str, Any] = {}
    for (tag, value, *_), field in zip(tokens, fields, strict=True):
        if field not in builders:
            built[field] = value
        elif field in found:
            found[field].append((tag, value))
        else:
            found[field] = [(tag, value)]
    built.pop("", None)
    if "issn" in found:
        found["isbn"] = found["issn"]
    for field, values in found.items():
        built[field] = builders[field](values)
    return built


def people(values: Values) -> tuple[Name, ...]:
    """Read names: one for each value, or several."""
    return tuple(name for _, value in values for name in names.read(value)[0])


def keywords(values: Values) -> tuple[str, ...]:
    """Read keywords: one for each value or line, or several by semicolons; a comma may belong to one (`Neoplasms, Male`)."""
    return tuple(word for _, value in values for line in value.split("\n") for word in names.semicolons(line))


def serial_numbers(values: Values, kind: str) -> tuple[str, ...]:
    """Return the numbers of a kind (`issn`, `isbn`), each once."""
    return tuple(dict.fromkeys(number for _, value in values for number in getattr(serials(value), kind)))

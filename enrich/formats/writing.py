"""What formats share that are written and never read: no file is theirs, and what they hold is told by a list of fields."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any, Final, NoReturn

from enrich.errors import FormatError
from enrich.model.record import Record
from enrich.model.work import Work
from enrich.text.xmltext import permitted

_EMPTY: Final[dict[str, Any]] = {name: field.default for name, field in Work.model_fields.items()}
_OF_PERSON: Final = ("orcid", "affiliation")


def sniff(_head: bytes, /) -> float:
    """Return 0.0: whatever a file holds, it is not read by this format."""
    return 0.0


def refuse(name: str, file: str | None) -> NoReturn:
    """Raise FormatError, saying what to do instead."""
    raise FormatError(f"{name} is written, never read; convert the file it was made from", file=file)


def unheld(_record: Record, _fields: Iterable[str], /) -> tuple[str, ...]:
    """Return nothing: no file of this format is ever read, so none is changed."""
    return ()


unencodable = unheld


def only(work: Work, fields: AbstractSet[str], persons: AbstractSet[str] = frozenset()) -> Work:
    """Return a work without other fields than these, of its persons what names them and the members in `persons`."""
    lost = {field: empty for field, empty in _EMPTY.items() if field not in fields}
    dropped = {part: () if part == "affiliation" else None for part in _OF_PERSON if part not in persons}
    people = {
        field: tuple(name.model_copy(update=dropped) for name in getattr(work, field))
        for field in ("author", "editor", "translator", "collection_editor")
        if field in fields
    }
    return work.model_copy(update={**lost, **people})


def without_forbidden(work: Work) -> Work:
    """Return a work without the characters that XML cannot hold."""
    return work.model_copy(update={field: _permitted(getattr(work, field)) for field in _EMPTY})


def _permitted(value: Any) -> Any:
    if isinstance(value, str):
        return permitted(value)
    if isinstance(value, tuple):
        return tuple(_permitted(part) for part in value)
    if value is None:
        return None
    texts = {name: permitted(text) for name, text in vars(value).items() if isinstance(text, str)}
    return value.model_copy(update=texts)

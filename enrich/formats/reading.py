"""What the formats that are read and never written have in common: their refusals, and a table from tags to fields.

Such a format's file is not written back: a clean of it goes into another one (`--to`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NoReturn

from enrich.errors import FormatError
from enrich.formats import numbers
from enrich.formats.tagged import Finding, Parsed, Token
from enrich.identifiers import doi as dois
from enrich.model.record import Record
from enrich.model.work import Work

Reader = Callable[[list[str]], Any]
"""Makes the value of a field from those of its tags, in order; None where there is none."""

_LANGUAGES: Final = {
    name: code
    for code, names in {
        "en": "eng english", "de": "ger deu german", "fr": "fre fra french", "es": "spa spanish", "it": "ita italian",
        "pt": "por portuguese", "ru": "rus russian", "ja": "jpn japanese", "zh": "chi zho chinese", "ko": "kor korean",
        "pl": "pol polish", "nl": "dut nld dutch", "sv": "swe swedish", "da": "dan danish", "no": "nor norwegian",
        "fi": "fin finnish", "hu": "hun hungarian", "cs": "cze ces czech", "tr": "tur turkish", "uk": "ukr ukrainian",
        "ar": "ara arabic", "he": "heb hebrew", "fa": "per fas persian", "el": "gre ell greek", "hr": "hrv croatian",
    }.items()
    for name in names.split()
}  # fmt: skip
"""Names of languages as MARC and English have them -> ISO 639-1."""


def refuse(name: str) -> NoReturn:
    """Raise FormatError, saying what to do instead."""
    raise FormatError(f"{name} is read, never written; name another format to write (--to ris, --to csl-json ...)")


def held(record: Record, /) -> Work:
    """Return the work as it is: nothing is written, so nothing is lost."""
    return record.work


def unheld(_record: Record, _fields: Iterable[str], /) -> tuple[str, ...]:
    """Return nothing: the record goes into another format, which may have a place for everything."""
    return ()


unencodable = unheld


def language(name: str) -> str:
    """Return the ISO 639-1 code of a language; its name as it stands where that is not known."""
    return _LANGUAGES.get(name.lower(), name)


def one(values: list[str]) -> str | None:
    """Return the first value."""
    return values[0]


def parsed(
    found: Sequence[Token],
    fields: Mapping[str, str],
    readers: Mapping[str, Reader],
    doi_texts: Sequence[str],
    more: Mapping[str, Any],
) -> Parsed:
    """Return what the tags say: `fields` maps tags to fields, `more` are members that take more than one tag to know.

    Tags without a field, and further values of a field that holds one, stand in `extra`.
    """
    values: dict[str, list[str]] = {}
    extra: list[tuple[str, str]] = []
    for tag, value, _ in found:
        field = fields.get(tag)
        if field is None or (field in values and field not in readers):
            if value:
                extra.append((tag, value))
        elif value:
            values.setdefault(field, []).append(value)
    members: dict[str, Any] = {field: readers.get(field, one)(listed) for field, listed in values.items()}
    members = {field: value for field, value in members.items() if value is not None}
    doi, text = _doi(doi_texts)
    members |= {**more, "doi": doi}
    return Parsed(members, text, tuple(extra), _findings(doi, text))


def _doi(texts: Sequence[str]) -> tuple[dois.Doi | None, str | None]:
    """Return the first DOI, and how it was written; what was meant to be one where none can be read."""
    for text in texts:
        if (doi := dois.find(text)) is not None:
            return doi, text
    return None, next((text for text in texts if numbers.is_attempt(text)), None)


def _findings(doi: dois.Doi | None, text: str | None) -> list[Finding]:
    if doi is None and text is not None:
        return [("warning", "invalid-doi", f"no DOI can be read from {text[:100]!r}", 0)]
    return []

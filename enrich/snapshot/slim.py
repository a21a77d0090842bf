"""The quick way to what is kept of a work: Crossref's JSON into its trimmed JSON, the rest never made into objects.

Two thirds of a data file are references and links that nothing reads. They are parsed and passed over, and the members that
are kept are decoded in C (https://jcristharif.com/msgspec/, an optional dependency) and written again. This way is taken
only where its bytes are those of :func:`enrich.agencies.crossref.trim`, member for member; an envelope, a value of an odd
type, something empty, anything at all unusual is left to the plain way. Text that is no UTF-8 within what is passed over
goes unnoticed here.

>>> Slim().item(b'{"DOI":"10.1000/182","title":["A"],"subtitle":[],"reference":[{"key":"1"}],"volume":"7"}', 0).trimmed
b'{"DOI":"10.1000/182","title":["A"],"volume":"7"}'
"""

from __future__ import annotations

from importlib.util import find_spec
from types import GenericAlias
from typing import Any, Final

from enrich.agencies.crossref import SHAPE, TARGET
from enrich.agencies.values import Shape
from enrich.identifiers import doi as doi_names
from enrich.identifiers.doi import Doi
from enrich.snapshot.items import Item, stamp_of

AT_HAND: Final = find_spec("msgspec") is not None
"""Whether the quick way can be gone."""
_ELSEWHERE: Final = b'"attributes":'  # DataCite's, near the beginning: it would be parsed in vain
_NOTHING: Final = (b":{}", b":[]")  # members that the plain way leaves out
_LISTS: Final = frozenset(
    ("title", "subtitle", "short-title", "original-title", "container-title", "short-container-title", "ISSN", "ISBN",
     "aliases", "degree", "date-parts", "place")
)  # fmt: skip
_MANY: Final = frozenset(
    ("author", "editor", "translator", "affiliation", "license", "funder", "update-to", "updated-by")
)
# Members that make an object something else than one work of Crossref's.
_STRANGE: Final = ("message", "items", "data", "RA", "responseCode", "_comment")


class Slim:
    """Reads lines of Crossref's data files; made where :data:`AT_HAND` says so."""

    def __init__(self) -> None:
        import msgspec  # noqa: PLC0415 -- optional

        self._decode = msgspec.json.Decoder(_typed("Work", SHAPE, beside=(*_STRANGE, "indexed"))).decode
        self._encode = msgspec.json.Encoder().encode
        self._broken = (msgspec.DecodeError, RecursionError)
        self._unset = msgspec.UNSET

    def item(self, line: bytes, modified: int) -> Item | None:
        """Return the work of a line, trimmed; None where it is to be read the plain way."""
        if _ELSEWHERE in line[:400]:
            return None
        try:
            work = self._decode(line)
        except self._broken:
            return None
        if any(getattr(work, each) is not self._unset for each in _STRANGE):
            return None
        indexed, work.indexed = work.indexed, self._unset
        doi = doi_names.fold(work.DOI)
        trimmed: bytes = self._encode(work)
        if not doi_names.is_valid(doi) or any(each in trimmed for each in _NOTHING):
            return None
        moment = indexed.get("date-time") if isinstance(indexed, dict) else None
        return Item("crossref", Doi(doi), stamp_of(moment) or modified, {"aliases": work.aliases}, trimmed)


def _typed(name: str, shape: Shape, beside: tuple[str, ...] = ()) -> Any:
    """Return the type of objects that have the members of a shape; others are errors, and left to the plain way."""
    import msgspec  # noqa: PLC0415 -- optional

    def field(member: str, kind: Any, empty: Any = msgspec.UNSET) -> tuple[str, Any, Any]:
        told = {"default_factory" if empty in (list, dict) else "default": empty}
        return member.replace("-", "_"), kind, msgspec.field(name=member, **told)

    fields = []
    for member, inner in shape.items():
        if member == "relation":
            targets = GenericAlias(list, (_typed("Target", TARGET),))
            fields.append(field(member, GenericAlias(dict, (str, targets)), dict))
        elif inner is None:
            fields.append(field(member, list, list) if member in _LISTS else field(member, str, ""))
        else:
            part = _typed(f"{name} {member}", inner)
            many: Any = GenericAlias(list, (part,))
            fields.append(
                field(member, *((many, list) if member in _MANY else (many | part | msgspec.UnsetType,)))
            )
    fields += [field(member, Any) for member in beside]
    return msgspec.defstruct(name, fields, omit_defaults=True, gc=False)

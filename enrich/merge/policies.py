r"""Policies as TOML files: the built-in ones, and reading others.

`config/policies/example.toml` explains every key. A file says `extends = "fill"` and what is different, or gives `rules` and
`trust` for all fields and a table for each field that has its own.

>>> parse('extends = "fill"\ntrust = ["crossref", "local"]', "mine.toml").fields["title"].trust
('crossref', 'local')
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from importlib import resources
from typing import Any, Final

from enrich.errors import IdentifierError, SettingsError, unreadable
from enrich.identifiers import doi as doi_names
from enrich.merge.policy import AGENCY, LOCAL, PERSONAL, FieldPolicy, MergePolicy
from enrich.merge.rules import RULES
from enrich.model.work import FIELDS

_KEYS: Final = ("description", "extends", "rules", "trust", "keep", "report-missing", "records", "fields")
_DOI_LIKE: Final = re.compile(r"\s*(?:10\.\d|doi:|https?:)", re.IGNORECASE)


def parse(text: str, name: str) -> MergePolicy:
    """Read a policy; `name` is its name or file. Raises SettingsError with the file and the key that is wrong."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"this is not TOML: {error}", file=name) from error
    reader = _Reader(name)
    reader.known(table, _KEYS, "")
    base = reader.base(table)
    fields = reader.tables(table, "fields")
    reader.known(fields, FIELDS, "fields.")
    for field in PERSONAL.intersection(fields):
        raise reader.wrong(
            "this field is the user's own, and no policy touches it; leave it out", f"fields.{field}"
        )
    records = reader.table(table, "records", "")
    return MergePolicy(
        name=name,
        description=reader.value(table, "description", str, ""),
        fields={
            field: reader.field(fields.get(field, {}), base.fields[field], f"fields.{field}.") for field in FIELDS
        },
        locked=base.locked.union(reader.words(table, "keep", "", FIELDS)),
        records=frozenset(
            reader.record(name, "records.keep") for name in reader.words(records, "keep", "records.")
        ),
        parts={
            reader.record(name, f"records.{name}"): reader.fields_kept(records, name)
            for name in records
            if name != "keep"
        },
        reports_missing=reader.value(table, "report-missing", bool, base.reports_missing),
    )


class _Reader:
    """Takes values out of tables and says where the file is wrong."""

    def __init__(self, file: str) -> None:
        self._file = file

    def wrong(self, message: str, key: str) -> SettingsError:
        return SettingsError(message, file=self._file, key=key)

    def known(self, table: Mapping[str, Any], keys: Collection[str], place: str) -> None:
        for key in table:
            if key not in keys:
                raise self.wrong(f"there is no such key; there are {', '.join(keys)}", f"{place}{key}")

    def value(self, table: Mapping[str, Any], key: str, kind: type[Any], default: Any) -> Any:
        value = table.get(key, default)
        if not isinstance(value, kind):
            raise self.wrong(f"this should be {'true or false' if kind is bool else 'a text'}", key)
        return value

    def table(self, table: Mapping[str, Any], key: str, place: str) -> Mapping[str, Any]:
        value = table.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong("this should be a table", f"{place}{key}")
        return value

    def tables(self, table: Mapping[str, Any], key: str) -> Mapping[str, Mapping[str, Any]]:
        outer = self.table(table, key, "")
        return {name: self.table(outer, name, f"{key}.") for name in outer}

    def record(self, name: str, place: str) -> str:
        """Return what a record is called by: a DOI in whatever spelling, compact, or a label as it is."""
        if not name.strip() or not _DOI_LIKE.match(name):
            if name.strip():
                return name
            raise self.wrong("a record is named by its DOI or its label; this is empty", place)
        try:
            return doi_names.compact(name)
        except IdentifierError as error:
            raise self.wrong(f"{name!r} looks like a DOI and is none: {error}", place) from error

    def fields_kept(self, records: Mapping[str, Any], name: str) -> frozenset[str]:
        """Return the fields locked in one record: `[records."10.1155/2012/574025"]`, `keep = ["title"]`."""
        place = f"records.{name}."
        if not isinstance(records[name], dict):
            raise self.wrong(
                "there is no such key; there are keep, and tables named by a DOI or label", place[:-1]
            )
        table = self.table(records, name, "records.")
        self.known(table, ("keep",), place)
        return frozenset(self.words(table, "keep", place, FIELDS))

    def words(
        self, table: Mapping[str, Any], key: str, place: str, allowed: Collection[str] | None = None
    ) -> tuple[str, ...]:
        """Return a list of texts, each one of those `allowed`."""
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise self.wrong("this should be a list of texts", f"{place}{key}")
        for word in value:
            if allowed is not None and word not in allowed:
                raise self.wrong(f"{word!r} is none of {', '.join(allowed)}", f"{place}{key}")
        return tuple(value)

    def base(self, table: Mapping[str, Any]) -> MergePolicy:
        """Return what the tables of single fields begin with: another policy, or the same rules for all."""
        extended = self.value(table, "extends", str, "")
        if not extended:
            everywhere = self.field(
                {key: table[key] for key in ("rules", "trust") if key in table}, FieldPolicy(), ""
            )
            return MergePolicy(name=self._file, fields=dict.fromkeys(FIELDS, everywhere))
        if "rules" in table:
            raise self.wrong("a policy that extends another gives rules field by field", "rules")
        if extended not in BUILT_IN:
            raise self.wrong(f"{extended!r} is none of {', '.join(BUILT_IN)}", "extends")
        base = BUILT_IN[extended]
        trust = {"trust": table["trust"]} if "trust" in table else {}
        return base.model_copy(
            update={"fields": {field: self.field(trust, rules, "") for field, rules in base.fields.items()}}
        )

    def field(self, table: Mapping[str, Any], begin: FieldPolicy, place: str) -> FieldPolicy:
        if not table:
            return begin
        self.known(table, ("rules", "trust"), place)
        for name in self.words(table, "rules", place, RULES):
            if place and not RULES[name].fits(FIELDS[place.split(".")[1]]):
                raise self.wrong(f"{name!r} is no rule for this field", f"{place}rules")
        return FieldPolicy(
            rules=self.words(table, "rules", place, RULES) if "rules" in table else begin.rules,
            trust=self.words(table, "trust", place) if "trust" in table else begin.trust,
        )


def load_policy(name: str, read: Callable[[str], str] | None = None) -> MergePolicy:
    """Return the built-in policy of that name, or the one in that file, which `read` turns into text.

    Raises SettingsError where there is neither.
    """
    if name in BUILT_IN:
        return BUILT_IN[name]
    if read is None or not name.endswith(".toml"):
        raise SettingsError(f"there is no policy {name!r}: say {', '.join(BUILT_IN)} or a TOML file", key="policy")
    try:
        return parse(read(name), name)
    except OSError as error:
        raise SettingsError(unreadable(error), file=name, key="policy") from error
    except UnicodeDecodeError as error:
        raise SettingsError("cannot be read: it is not written in UTF-8", file=name, key="policy") from error


def _shipped(name: str) -> MergePolicy:
    return parse(resources.files("enrich.merge").joinpath("built_in", f"{name}.toml").read_text("utf-8"), name)


BUILT_IN: Final[dict[str, MergePolicy]] = {}
"""Name -> policy: `fill`, `trust-agency`, `report`."""
BUILT_IN.update((name, _shipped(name)) for name in ("fill", "trust-agency", "report"))

__all__ = ["AGENCY", "BUILT_IN", "LOCAL", "load_policy", "parse"]

"""Values made without checks, copied and compared, are what checked ones are."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from enrich.model import Change, Name, Origin, PartialDate, Registration, Verdict, Work
from enrich.model.base import Value

_TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
_NAMES = st.tuples(st.builds(Name, family=_TEXTS, given=_TEXTS))
_DATES = st.builds(PartialDate, year=st.integers(1, 2100), month=st.none() | st.integers(1, 12))
_WORD = st.just("x")
_KINDS: dict[type[Value], tuple[dict[str, Any], dict[str, Any]]] = {  # required and optional members
    Name: ({}, {"family": _TEXTS, "given": _TEXTS, "literal": _TEXTS}),
    Work: ({}, {"title": _TEXTS, "author": _NAMES, "issued": _DATES}),
    Registration: ({}, {"published": st.tuples(_DATES), "resource": _TEXTS}),
    Origin: ({}, {"agency": _TEXTS, "retrieved_at": st.just(datetime(2026, 1, 2, tzinfo=UTC))}),
    Change: ({"field": _WORD, "rule": _WORD, "origin": _WORD}, {"after": _TEXTS}),
    Verdict: ({"state": st.just("confirmed")}, {"reasons": st.tuples(_WORD)}),
}
_MEMBERS = st.one_of(
    *(
        st.tuples(st.just(kind), st.fixed_dictionaries(required, optional=optional))
        for kind, (required, optional) in _KINDS.items()
    )
)


@given(_MEMBERS, _MEMBERS)
def test_a_trusted_value_is_like_a_validated_one(
    one: tuple[type[Value], dict[str, Any]], other: tuple[type[Value], dict[str, Any]]
) -> None:
    """Law: nothing but which members count as given tells a value made unchecked; equality is that of pydantic."""
    kind, members = one
    trusted, validated = kind.trusted(**members), kind(**members)
    assert trusted == validated
    assert (repr(trusted), trusted.model_dump(), trusted.model_dump_json(exclude_defaults=True)) == (
        repr(validated),
        validated.model_dump(),
        validated.model_dump_json(exclude_defaults=True),
    )
    assert list(trusted.__dict__) == list(validated.__dict__)
    assert trusted.model_fields_set == set(kind.model_fields)
    if kind is not Verdict:  # a mapping has no hash
        assert hash(trusted) == hash(validated)
    assert pickle.loads(pickle.dumps(trusted)) == validated == copy.deepcopy(trusted)  # noqa: S301 - our own bytes
    second = other[0](**other[1])
    assert (trusted == second) is BaseModel.__eq__(validated, second)


@given(_MEMBERS)
def test_a_changed_copy_leaves_the_value_alone(made: tuple[type[Value], dict[str, Any]]) -> None:
    """Law: a copy has the changed members, and the others as they were; the value it is made from does not change."""
    kind, members = made
    value, twin = kind.trusted(**members), kind(**members)
    name = next(iter(kind.model_fields))
    changed = value.model_copy(update={name: "new"})
    assert changed.__dict__ == {**twin.__dict__, name: "new"}
    assert value == twin
    assert value.model_copy(update={name: "new"}, deep=True) == changed


def test_a_trusted_value_is_frozen() -> None:
    """Law: no value changes in place, however it was made."""
    with pytest.raises(ValidationError):
        Name.trusted(family="Roe").family = "Doe"  # type: ignore[misc] # the assignment that must fail

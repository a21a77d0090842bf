"""What is kept for ever in one library."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich import sync
from enrich.errors import OutputError
from enrich.merge.policies import BUILT_IN, parse
from enrich.model import FIELDS
from enrich.report.keeps import added, keep, keep_file, with_keeps
from enrich.settings import Settings

NAMES = st.text(min_size=1, max_size=12).filter(str.strip) | st.sampled_from(
    [
        "10.1000/182",
        'a"b',
        "keep",
        "x\\y",
        "10.1002/(sici)1096-911x(199805)30:5<297::aid-mpo7>3.0.co;2-a",
        "é",
        "a]b",
    ]
)
LOCKS = st.dictionaries(NAMES, st.sets(st.sampled_from(sorted(FIELDS)), min_size=1, max_size=3), max_size=3)


@settings(max_examples=100)
@given(st.lists(LOCKS, max_size=3))
def test_locks_add_up_or_are_refused(rounds: list[dict[str, set[str]]]):
    """A file says what it said and what was added, in any order; or nothing is written at all."""
    text, expected = "", {}
    for locks in rounds:
        try:
            text = added(text, locks, "x.toml")
        except OutputError:
            continue
        for name, fields in locks.items():
            expected[name] = expected.get(name, frozenset()) | fields
        assert parse(text, "x.toml").parts == expected


def test_what_a_person_wrote_stays():
    """Comments, other keys and other tables keep their bytes; a list is made longer in its own place."""
    text = '# mine\n[records]\nkeep = ["roe1999"] # whole\n\n[records."a"]\nkeep = ["title"]\n\n[records.b]\n'
    longer = added(text, {"a": {"volume"}}, "x.toml")
    assert longer == text.replace('keep = ["title"]', 'keep = ["title", "volume"]')
    assert added(text, {"a": {"title"}}, "x.toml") == text
    with pytest.raises(OutputError, match="by hand"):
        added('[records.a]\nkeep = ["title"] # why\n', {"a": {"volume"}}, "x.toml")


def test_a_kept_field_is_left_by_every_run(library: Path, offline: Settings):
    """What is kept beside a library is neither changed nor compared by a clean, under any policy."""
    plain = list(sync.clean(library, settings=offline))
    target = next(result for result in plain if result.changes and result.doi)
    field = target.changes[0].field
    path = keep(library, {str(target.doi): {field}})
    assert path == keep_file(library)
    for name in ("fill", "trust-agency", "report"):
        kept = list(sync.clean(library, policy=with_keeps(BUILT_IN[name], [library]), settings=offline))[
            target.index
        ]
        assert field not in {each.field for each in (*kept.changes, *kept.conflicts)}

"""Policies as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from enrich.errors import SettingsError
from enrich.merge import BUILT_IN, RULES, load_policy, merge, parse
from enrich.merge.policy import PERSONAL
from enrich.model import FIELDS, Origin, Record, Verdict, Work

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config" / "policies" / "example.toml"


def test_built_in_policies():
    """Law: the three documented policies exist, have a rule for every field, and name only rules that exist."""
    assert set(BUILT_IN) == {"fill", "trust-agency", "report"}
    for name, policy in BUILT_IN.items():
        assert policy.name == name
        assert policy.description
        assert set(policy.fields) == set(FIELDS)
        assert {rule for rules in policy.fields.values() for rule in rules.rules} <= set(RULES)
        assert "URL" in policy.locked
        assert all(policy.rules_for(field) is None for field in PERSONAL)


def test_fill_replaces_nothing_and_report_does_nothing():
    """Law: `trust` stands only in the policy that says so."""
    assert not any("trust" in rules.rules for rules in BUILT_IN["fill"].fields.values())
    assert {rules.rules for rules in BUILT_IN["report"].fields.values()} == {("keep",)}
    assert "trust" not in BUILT_IN["trust-agency"].fields["DOI"].rules


def test_the_example_is_a_policy_and_tells_all_rules():
    """Law: the annotated example can be used, and lists every rule with its sentence."""
    text = EXAMPLE.read_text("utf-8")
    policy = parse(text, "example.toml")
    assert policy.fields["title"].rules == ("keep",)
    assert policy.fields["issued"].trust == ("crossref", "local", "datacite")
    assert policy.fields["volume"].trust == ("local", "crossref", "datacite")
    assert policy.fields["page"].rules == BUILT_IN["fill"].fields["page"].rules
    assert policy.locked == BUILT_IN["fill"].locked | {"publisher-place"}
    assert policy.records == {"10.1155/2012/574025", "khamis2012"}
    assert policy.parts == {"roe2020": {"title", "author"}}
    listed = dict(line[4:].split(maxsplit=1) for line in text.splitlines() if line.startswith("#   "))
    assert listed == {name: rule.sentence for name, rule in RULES.items()}


def test_a_policy_without_extends_says_everything_itself():
    """Law: without `extends` nothing happens but what is written."""
    policy = parse('rules = ["fill"]\n[fields.title]\nrules = []', "mine.toml")
    assert policy.fields["volume"].rules == ("fill",)
    assert policy.fields["title"].rules == ()
    assert policy.locked == frozenset()
    assert not any(rules.rules for rules in parse("", "empty.toml").fields.values())


WRONG = [
    ("rules = [", None),
    ("colour = 1", "colour"),
    ('rules = "fill"', "rules"),
    ('rules = ["fil"]', "rules"),
    ("trust = [1]", "trust"),
    ('keep = ["title", "colour"]', "keep"),
    ('extends = "nothing"', "extends"),
    ("extends = 1", "extends"),
    ('extends = "fill"\nrules = ["fill"]', "rules"),
    ("report-missing = 1", "report-missing"),
    ("records = 1", "records"),
    ("[records]\ndrop = []", "records.drop"),
    ('[records]\nkeep = ["10.1155"]', "records.keep"),
    ('[records]\nkeep = [""]', "records.keep"),
    ('[records.khamis2012]\nkep = ["title"]', "records.khamis2012.kep"),
    ('[records.khamis2012]\nkeep = ["titel"]', "records.khamis2012.keep"),
    ('[records."10.1155"]\nkeep = ["title"]', "records.10.1155"),
    ('[fields.note]\nrules = ["fill"]', "fields.note"),
    ('[fields.keyword]\ntrust = ["crossref"]', "fields.keyword"),
    ("[records]\nkeep = 1", "records.keep"),
    ("fields = 1", "fields"),
    ("[fields]\ntitle = 1", "fields.title"),
    ("[fields.colour]\nrules = []", "fields.colour"),
    ('[fields.title]\nrules = ["x"]', "fields.title.rules"),
    ("[fields.title]\nrule = []", "fields.title.rule"),
    ('[fields.title]\nrules = ["repair-page-range"]', "fields.title.rules"),
    ("description = 1", "description"),
]


@pytest.mark.parametrize(("text", "key"), WRONG)
def test_errors_name_file_and_key(text, key):
    """Law: whatever is wrong with a policy is said with its file and key, and never crashes otherwise."""
    with pytest.raises(SettingsError) as caught:
        parse(text, "mine.toml")
    assert (caught.value.file, caught.value.key) == ("mine.toml", key)


def test_load_policy():
    """Law: a name is a built-in policy, a TOML file is read by whoever may read; anything else is an error."""
    assert load_policy("fill") is BUILT_IN["fill"]
    read = {"mine.toml": 'extends = "report"'}
    assert load_policy("mine.toml", read.__getitem__).fields == BUILT_IN["report"].fields
    with pytest.raises(SettingsError, match="there is no policy"):
        load_policy("fil")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_policy("missing.toml", lambda name: Path(name).read_text("utf-8"))


def test_policies_of_one_name_are_told_apart():
    """Law: what a policy says holds, whatever another of the same name said before; equal policies are one key."""
    local = Record(work=Work(title="A"), origin=Origin())
    remote = Record(work=Work(title="A", volume="3"), origin=Origin(agency="crossref"))
    same_work = Verdict(state="confirmed")
    changed = [
        len(merge(local, remote, same_work, parse(f'extends = "{base}"', "mine.toml")).changes)
        for base in ("fill", "report", "fill")
    ]
    assert changed == [1, 0, 1]
    one, other = (parse('extends = "fill"', "mine.toml") for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)

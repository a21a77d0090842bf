"""What an export does to records: order, keys, duplicates; as laws."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from enrich import formats
from enrich.export import key_of, keyed, ordered, united
from enrich.model import Name, Origin, PartialDate, Record, Work

WORKS = st.builds(
    Work,
    title=st.none() | st.text(st.characters(exclude_categories=("C",)), max_size=6),
    author=st.lists(st.builds(Name, family=st.sampled_from(["Breiman", "breiman", "Ōe", ""])), max_size=2).map(
        tuple
    ),
    issued=st.none() | st.builds(PartialDate, year=st.sampled_from([2001, 1905])),
    doi=st.sampled_from([None, "10.1000/182", "10.1002/(sici)1096-911x(199805)30:5<297::aid-mpo7>3.0.co;2-a"]),
    keyword=st.lists(st.sampled_from("abc"), unique=True).map(tuple),
    note=st.sampled_from([None, "one", "two"]),
)
RECORDS = st.lists(st.builds(Record, work=WORKS, origin=st.just(Origin())), max_size=8)


@given(RECORDS, st.sampled_from(["none", "author", "year", "title", "key"]))
@settings(max_examples=60)
def test_an_order_loses_nothing_and_is_settled(records: list[Record], by: str) -> None:
    """Sorting is a permutation, sorting again changes nothing, and records that agree stay in their order."""
    done = ordered(records, by)
    assert sorted(map(id, done)) == sorted(map(id, records))
    assert ordered(done, by) == done
    same = [Record(work=Work(title="T", volume=str(number)), origin=Origin()) for number in range(5)]
    assert ordered(same, by) == same


def test_what_lacks_the_name_comes_last() -> None:
    """A record without author or year stands behind those with one."""
    bare = Record(work=Work(title="A"), origin=Origin())
    full = Record(
        work=Work(title="Z", author=(Name(family="Zuse"),), issued=PartialDate(year=1941)), origin=Origin()
    )
    for by in ("author", "year"):
        assert ordered([bare, full], by) == [full, bare]
    assert ordered([full, bare], "title") == [bare, full]


@given(RECORDS, RECORDS, st.sampled_from(["author-year", "doi"]))
@settings(max_examples=60)
def test_keys_are_distinct_and_stable(records: list[Record], more: list[Record], style: str) -> None:
    """No two records have one key, and what is added at the end changes no key before it; BibTeX writes them as they are."""
    done = list(keyed(records, style))
    keys = [key_of(record) for record in done]
    assert len({key.lower() for key in keys}) == len(records)
    assert [key_of(record) for record in keyed([*records, *more], style)][: len(keys)] == keys
    written = b"".join(formats.write(done, "bibtex"))
    assert not records or [key_of(record) for record in formats.read([written], format="bibtex")] == keys


@given(RECORDS)
def test_kept_keys_are_left_alone(records: list[Record]) -> None:
    """`keep` is the identity."""
    assert list(keyed(records, "keep")) == records


@given(WORKS, WORKS)
@settings(max_examples=60)
def test_a_merged_record_says_what_both_said(one: Work, other: Work) -> None:
    """What the first says stays; keywords and notes of both are there; what is dropped is told."""
    merger = united(Record(work=one, origin=Origin()), Record(work=other, origin=Origin()))
    work = merger.record.work
    assert set(work.keyword) == {*one.keyword, *other.keyword}
    for note in (one.note, other.note):
        assert not note or note in (work.note or "")
    dropped = {conflict.field for conflict in merger.dropped}
    assert work.issued == (one.issued or other.issued)
    if one.issued and other.issued and one.issued != other.issued:
        assert "issued" in dropped
    assert united(merger.record, Record(work=other, origin=Origin())).record.work == work


def test_further_tags_of_a_duplicate_are_kept() -> None:
    """What has no name in CSL is joined, too; but not a second citation key."""
    ours = Record(work=Work(title="T"), origin=Origin(), extra=(("citation-key", "a"), ("owner", "me")))
    theirs = Record(work=Work(title="T"), origin=Origin(), extra=(("citation-key", "b"), ("F", "label")))
    assert united(ours, theirs).record.extra == (("citation-key", "a"), ("owner", "me"), ("F", "label"))

"""Two texts as one."""

from __future__ import annotations

import re
import time
from html import escape, unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.report.difference import folded, marked

WORDS = st.lists(st.sampled_from(["a", "b", "roles", "(of", "stroma);", "<b>", "é"]), max_size=30).map(" ".join)


def kept(marks: str, gone: str) -> str:
    """Return the text that remains when one kind of mark is taken out."""
    without = re.sub(f"<{gone}>.*?</{gone}>", "", marks, flags=re.DOTALL)
    return unescape(re.sub("<[^>]*>", "", without))


@given(WORDS, WORDS)
def test_marks_hold_both_texts(before: str, after: str):
    """Without what came, the old text is left, without what went, the new one; blanks apart."""
    marks = marked(before, after, escape)
    assert "".join(kept(marks, "ins").split()) == "".join(before.split())
    assert "".join(kept(marks, "del").split()) == "".join(after.split())


@pytest.mark.parametrize(
    ("before", "after", "marks"),
    [
        ("Khamis, Z.; Sahab, Z.", "Khamis, Z.; Sahab, Z.; Sang, Q.", "Khamis, Z.; Sahab, Z.<ins>; Sang, Q.</ins>"),
        ("The Lancet (Britsh ed.)", "The Lancet", "The Lancet <del>(Britsh ed.)</del>"),
        ("one two", "three four", "<del>one two</del> <ins>three four</ins>"),
        ("two  blanks", "two blanks", "<del>two  blanks</del> <ins>two blanks</ins>"),
        ("2012", "2012-03", "2012<ins>-03</ins>"),
    ],
)
def test_marks_are_where_a_person_would_put_them(before: str, after: str, marks: str):
    """Small differences are small, great ones whole."""
    assert marked(before, after, escape) == marks


@pytest.mark.parametrize("unit", ["a ", "a b ", ". ", "ab\n", " "])
def test_time_is_bounded_on_hostile_texts(unit: str):
    """Texts of a megabyte cost a fraction of a second, whatever they are made of."""
    begun = time.perf_counter()
    marked(unit * 300_000, "b " + unit[::-1] * 300_000, escape)
    assert time.perf_counter() - begun < 5


def test_long_text_unfolds_and_longer_is_counted():
    """Nothing is dropped silently."""
    assert folded("short", escape, "del") == "<del>short</del>"
    text = "word " * 10_000
    shown = folded(text, escape, "del")
    assert shown.count("<details>") == 1
    assert "more, in the .jsonl report" in shown
    assert len(shown) < 30_000

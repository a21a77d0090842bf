"""XML of strangers: what is read of it, and that nothing in it does harm."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.text import xmltree
from enrich.text.xmltree import every, first, parsed, text_of

BOMB = (
    b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">'
    + b"".join(b'<!ENTITY %c "%s">' % (97 + n, b"&%c;" % (96 + n) * 10) for n in range(2, 9))
    + b"]><a>&i;</a>"
)
SAMPLE = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<o:M xmlns:o="http://a.example/2.0"><o:R a="1"><D>10.1430/x</D>'
    b"<T>A &amp; B &#8211; <i>C</i></T><![CDATA[<raw>]]></o:R><R/></o:M>"
)


@pytest.mark.parametrize(
    ("document", "tree"),
    [
        (b"<a/>", {"a": [""]}),
        (b"<a> \n </a>", {"a": [""]}),
        (b"<a>1<!-- 2 -->3</a>", {"a": ["13"]}),
        (b"<a x='1'>2</a>", {"a": [{"@x": "1", "#text": "2"}]}),
        (b"<a><b>1</b> <b>2</b><c/></a>", {"a": [{"b": ["1", "2"], "c": [""]}]}),
        (b"<a>H<b>2</b>O</a>", {"a": ["H2O"]}),
        (b"<n:a xmlns:n='u' n:x='1'><n:b>2</n:b></n:a>", {"a": [{"@n": "u", "@x": "1", "b": ["2"]}]}),
        (b"<a><![CDATA[<b> & c]]></a>", {"a": ["<b> & c"]}),
        ("<a>ß</a>".encode("utf-16"), {"a": ["ß"]}),
        (b"\xef\xbb\xbf<a>\xc3\x9f</a>", {"a": ["ß"]}),
        (b"<?xml version='1.0' encoding='iso-8859-1'?><a>\xdf</a>", {"a": ["ß"]}),
        (b"<?xml version='1.0' encoding='windows-1252'?><a>\x80</a>", {"a": ["€"]}),
    ],
)
def test_elements_become_values(document: bytes, tree: Any) -> None:
    """An element is its text, or its attributes and children by name; mixed content is text, name spaces are dropped."""
    assert parsed(document) == tree


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<html>",
        b'{"a": 1}',
        b"<a>&nbsp;</a>",
        b"<a></b>",
        b"<a/><b/>",
        b"\xff\xfe\x00",
        b"<?xml version='1.0' encoding='klingon'?><a/>",
        b"<?xml version='1.0' encoding='utf-7'?><a/>",
        b"<?xml version='1.0' encoding='shift_jis'?><a/>",
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "http://10.0.0.1/x">]><a>&b;</a>',
        BOMB,
        b"<a>" * 100 + b"</a>" * 100,
        b"<a>" + b"x" * xmltree.LARGEST + b"</a>",
    ],
    ids=lambda document: str(document[:40]),
)
def test_what_is_no_plain_xml_is_nothing(document: bytes) -> None:
    """Broken, foreign, too deep, too large, or with a document type: it is not read, and nothing is raised or fetched."""
    assert parsed(document) is None


def test_a_bomb_stays_small() -> None:
    """A declaration ends the reading before any entity is expanded: memory stays near the size of the document."""
    tracemalloc.start()
    try:
        assert parsed(BOMB) is None
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@given(
    st.lists(
        st.tuples(st.integers(0, len(SAMPLE)), st.integers(0, 6), st.binary(max_size=6)), min_size=1, max_size=6
    )
)
def test_no_change_of_bytes_raises(changes: list[tuple[int, int, bytes]]) -> None:
    """Whatever is cut out of a document or put into it, it is read or it is nothing."""
    document = SAMPLE
    for place, length, put in changes:
        document = document[:place] + put + document[place + length :]
    tree = parsed(document)
    assert tree is None or isinstance(tree, dict)


NODES = st.recursive(
    st.text(max_size=3) | st.none() | st.integers(),
    lambda inner: st.dictionaries(
        st.sampled_from(["a", "b", "@c", "#text"]), st.lists(inner, max_size=3) | inner, max_size=3
    ),
    max_leaves=6,
)


@given(NODES)
def test_looking_into_any_value_raises_nothing(node: Any) -> None:
    """What a stored answer may have become is looked into without harm."""
    for found in every({"a": [node]}, "a", "b"):
        assert isinstance(text_of(found), str)
    assert first(node, "a") is None or isinstance(first(node, "a"), str)


def test_the_first_text_and_every_element() -> None:
    """A path leads to all elements at its end, in order; the first text is one that is not empty."""
    tree = parsed(b"<a><b><c/></b><b><c>1</c><c>2</c></b></a>")
    assert every(tree, "a", "b", "c") == ["", "1", "2"]
    assert first(tree, "a", "b", "c") == "1"
    assert first(tree, "a", "x", "c") is None

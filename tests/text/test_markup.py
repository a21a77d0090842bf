"""Markup to text: what is said stays, what is markup goes, and nothing takes more than linear time."""

from __future__ import annotations

import time
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.text.markup import abstract_text, has_markup, pasted_abstract, to_text

MATH: Final = 'xmlns:mml="http://www.w3.org/1998/Math/MathML"'

TITLES: Final = [
    # face markup, with and without name spaces, in any case
    ("Fixation in the <i>Drosophila melanogaster</i> genome", "Fixation in the Drosophila melanogaster genome"),
    ("A Shiny <scp>r</scp> app <B>now</B> <jats:italic>here</jats:italic>", "A Shiny r app now here"),
    ("nano-SiO<sub>2</sub>", "nano-SiO2"),
    ('<font color="red">x</font> <span class=\'a\'>y</span> <a href="http://x.org/?a=1">z</a>', "x y z"),
    ("<ovl>x</ovl><tt>y</tt><u>z</u><strong>s</strong><em>e</em>", "xyzse"),
    # a superscript changes the value of a number, so it is written as one
    ("10<sup>6</sup> cells", "10⁶ cells"),
    ("5 × 10<sup>−8</sup>", "5 × 10⁻⁸"),
    ("2<sup>n</sup> and 3<sup>+x</sup>", "2ⁿ and 3^+x"),
    ("the 1<sup>st</sup> <sup>18</sup>F-FDG and Ca<sup>2+</sup>", "the 1st 18F-FDG and Ca2+"),
    # MathML
    (
        f"in the <mml:math {MATH}><mml:mi>N</mml:mi><mml:mo>=</mml:mo><mml:mn>88</mml:mn></mml:math> nucleus",
        "in the N = 88 nucleus",
    ),
    (f'<mml:math {MATH} alttext="$d$"><mml:mi>d</mml:mi></mml:math>-complete', "d-complete"),
    ("<math>\n  <msub>\n <mi>RuO</mi>\n <mn>2</mn> </msub>\n</math>, thin", "RuO2, thin"),
    (
        "<math><msup><mi>L</mi><mn>1</mn></msup></math> and <math><msup><mi>C</mi><mo>∗</mo></msup></math>",
        "L¹ and C∗",
    ),
    ("<math><mmultiscripts><mi>Ca</mi><mprescripts/><none/><mn>38</mn></mmultiscripts></math>", "38Ca"),
    ("<math><mfrac><mi>a</mi><mi>b</mi></mfrac></math>", "a/b"),
    ("<math><mi>P</mi><mo>&lt;</mo><mn>0.05</mn></math>", "P < 0.05"),
    ("<alternatives><tex-math>$$n$$</tex-math><mml:math><mml:mi>n</mml:mi></mml:math></alternatives>-th", "n-th"),
    # LaTeX stays
    ("The $p$-adic $x<y$ and $$z>1$$ case", "The $p$-adic $x<y$ and $$z>1$$ case"),
    # entities, escaped once, twice and thrice
    ("Pure &amp; Applied", "Pure & Applied"),
    ("Q&amp;amp;A &amp;amp;amp; more", "Q&A & more"),
    ("&lt;title&gt;Noise&lt;/title&gt;", "Noise"),
    ("INFANT&lt;subtitle&gt;Successful&lt;/subtitle&gt;", "INFANT: Successful"),
    ("Widget &#x2014; B&#150;C &#39;q&#39;", "Widget — B–C 'q'"),
    ("Tag&Tab AT&T R&D; &unknown; &", "Tag&Tab AT&T R&D; &unknown; &"),
    # what only looks like markup
    ("<0.5 mm", "<0.5 mm"),
    ("x < y > z and a<b and c>d", "x < y > z and a<b and c>d"),
    ("Vector<T> or List<String>", "Vector<T> or List<String>"),
    ("Write to <jane@example.org> at <http://x.org>", "Write to <jane@example.org> at <http://x.org>"),
    ("p &lt; 0.05 and q &gt; 1", "p < 0.05 and q > 1"),
    # CDATA, comments, instructions
    ("<![CDATA[A <b>x</b> & y]]>", "A x & y"),
    ("a[b[0]]>c", "a[b[0]]>c"),
    ("<?xml version='1.0'?>A<!-- no -->B", "AB"),
    # white space and what cannot be seen
    ("  A\n            <i>b</i>\n  c\u00a0d\u2009e ", "A b c d e"),
    ("clams (\n     <i>Tridacna</i>\n     ) are", "clams (Tridacna) are"),
    ("Al\n   <sub>2</sub>\n", "Al2"),
    ("co\u00adoperation\u200b \ufeffx\x00", "cooperation x"),
    # a lost blank is not invented
    ("CO<sub>2</sub>vent", "CO2vent"),
    ("Relation between<i>Chlamydia</i>Infection", "Relation betweenChlamydiaInfection"),
    # mojibake
    ("1914\xe2\x80\x931918", "1914–1918"),
    ("5 \x96 6 \x93q\x94", "5 – 6 “q”"),
    ("Ã¤ is kept, there are no controls", "Ã¤ is kept, there are no controls"),
    ("", ""),
]


@pytest.mark.parametrize(("markup", "text"), TITLES)
def test_titles(markup: str, text: str) -> None:
    """Markup goes, everything that is said stays."""
    assert to_text(markup) == text


@pytest.mark.parametrize(
    ("jats", "text"),
    [
        ("Plain text.", "Plain text."),
        ("<jats:p>One.</jats:p><jats:p>Two.</jats:p>", "One.\nTwo."),
        ("<p>One.</p>\n\n   <p>Two\n   lines.</p>", "One.\nTwo lines."),
        ("<jats:title>ABSTRACT</jats:title><jats:p>X.</jats:p>", "X."),
        ("<p>Abstract</p><p>X.</p>", "X."),
        ("<jats:p>Abstract thinking matters.</jats:p>", "Abstract thinking matters."),
        (
            "<jats:title>Résumé</jats:title><jats:p>X.</jats:p><jats:title>Abstract</jats:title><jats:p>Y.</jats:p>",
            "X.\nAbstract: Y.",
        ),
        (
            "<sec><title>Aim</title><p>A.</p></sec><sec><title>Results:</title><p>R.</p><p>S.</p></sec>",
            "Aim: A.\nResults: R.\nS.",
        ),
        ("<sec><title>Methods</title><sec><title>Who?</title><p>All.</p></sec></sec>", "Methods: Who? All."),
        ("<p>A.</p><title>Lonely</title>", "A.\nLonely"),
        ("<p>&lt;p&gt;One &lt;b&gt;two&lt;/b&gt;.&lt;/p&gt;&lt;p&gt;Three.&lt;/p&gt;</p>", "One two.\nThree."),
        ("<jats:p>Parts <0.5 mm and p &lt; 0.001 (n=3)</jats:p>", "Parts <0.5 mm and p < 0.001 (n=3)"),
        ("<p>perinatal<br> care, a<br/>b</p>", "perinatal care, a b"),
        (
            "<list><list-item><jats:p>1. A</jats:p></list-item><list-item>B</list-item></list>",
            "1. A\nB",
        ),
        ("First paragraph,\nstill.\n\nSecond with a <b.", "First paragraph, still.\nSecond with a <b."),
        ("", ""),
    ],
)
def test_abstracts(jats: str, text: str) -> None:
    """A paragraph is a line, a section's title stands before its text, the word "Abstract" alone is left out."""
    assert abstract_text(jats) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A &amp; B", True),
        ("<i>x</i>", True),
        ("x</sub>", True),
        ("<jats:p>x", True),
        ("&#38;", True),
        ("<![CDATA[x", True),
        ("A & B", False),
        ("AT&T;", False),
        ("<0.5 and a < b > c", False),
        ("a<b and c>d", False),
        ("List<String>", False),
        ("plain", False),
    ],
)
def test_debris(text: str, expected: object) -> None:
    """Debris is what a reader of plain text should never see."""
    assert has_markup(text) is expected


@given(st.text(alphabet=st.characters(exclude_characters="<&\n", exclude_categories=["Cc", "Cf", "Cs"])))
def test_plain_text_is_only_folded(text: str) -> None:
    """Where there is no markup, nothing but white space changes, in titles and in abstracts."""
    folded = " ".join(text.split())
    assert to_text(text) == folded
    assert abstract_text(text) in (folded, "")
    assert not has_markup(text)


@given(st.text(alphabet="<>/&;ab=\"' \n\\$pi0-:#![]sup\u00a0\x80é", max_size=60))
def test_anything_is_read(text: str) -> None:
    """No input raises, and no visible word character outside of angle brackets and entities is lost."""
    assert abstract_text(text) is not None
    if "<" not in text and "&" not in text and "\x80" not in text:
        assert to_text(text) == " ".join(text.split())


@given(
    st.lists(
        st.sampled_from(
            [
                "<i>",
                "</i>",
                "<mml:math>",
                "</mml:math>",
                "<mml:msup>",
                "</mml:msup>",
                "<sup>",
                "</sup>",
                "x7",
                " ",
                "<p>",
                "<title>",
            ]
        )
    )
)
def test_words_survive_any_nesting(parts: list[str]) -> None:
    """However tags are nested, crossed or left open, the words between them are all there."""
    words = parts.count("x7")
    assert to_text("".join(parts)).count("x") == words
    assert abstract_text("".join(parts)).count("x") == words


@pytest.mark.parametrize(
    "evil",
    [
        "<i>", "<", "<a ", "<a b=", "<x y='", "<!--", "<![CDATA[", "&amp;", "&lt;", "&#", "(\n", "\n", "<a: ", "<sup>",
        "</sup>", "<mml:math>", "<mml:math><mml:msub>", "<p><title>", "\xe2\x80", " \n ", "<a" + " " * 50,
    ],
)  # fmt: skip
def test_time_is_linear(evil: str) -> None:
    """A hundred kilobytes of anything are read in a moment (in quadratic time they would take minutes)."""
    text = evil * (100_000 // len(evil))
    begun = time.perf_counter()
    to_text(text)
    abstract_text(text)
    has_markup(text)
    assert time.perf_counter() - begun < 5


PASTED: Final = [
    ("Aim &amp; scope.\nSecond line.", "Aim & scope.\nSecond line."),
    (
        "Contents\nI. Introduction 1\n\nII. <i>N</i>&#8208;end rule 3",
        "Contents\nI. Introduction 1\n\nII. N‐end rule 3",
    ),
    ("<i>split\nover lines</i>", "split\nover lines"),
    ("<p>One,\nreflowed.</p><p>Two.</p>", "One, reflowed.\nTwo."),
    ("&lt;p&gt;One,\nescaped.&lt;/p&gt;", "One, escaped."),
]


@pytest.mark.parametrize(("pasted", "text"), PASTED)
def test_what_somebody_pasted_keeps_its_lines(pasted, text):
    """Law: debris goes, and the lines of an abstract stay as they are unless its paragraphs are marked up."""
    assert pasted_abstract(pasted) == text

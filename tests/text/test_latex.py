"""LaTeX in running text: what it stands for, and how it is written."""

from __future__ import annotations

import doctest
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.text import latex

DECODED = [
    (r"plain {DNA} text", "plain DNA text"), (r'{\"u}ber', "über"), (r'\"Uber', "Über"), (r"\'{\i}\'\i{}\i x", "ííıx"),
    (r"Erd{\H o}s Erd\H{o}s", "Erdős Erdős"), (r"\c{c} \v s \k a", "ç š ą"), (r"\o{}re \o re \aa", "øre øre å"),
    (r"{\em E. coli} \emph{x} {\bf y}", "E. coli x y"), (r"50\% of 60% \& a_b \_ \#", "50% of 60% & a_b _ #"),
    (r"$x^2$ and $\alpha$", r"$x^2$ and $\alpha$"), (r"\$5 and $6", "$5 and $6"), ("a---b, 1--2, ``q''", "a—b, 1–2, “q”"),
    (r"a \unknown{b {c}}{d} {e}", r"a \unknown{b {c}}{d} e"), (r"\verb|x|", r"\verb|x|"),
    (r"\textbackslash{}alpha", r"\alpha"),
    (r"10\textsuperscript{6} H\textsubscript{2}O", "10⁶ H2O"), (r"\enquote{a} \mkbibquote{\emph{b}}", "“a” “b”"),
    (r"\href{http://x.org}{here} \url{http://y.org/a_b}", "here http://y.org/a_b"), (r"\~{} \^{} \~n", "~ ^ ñ"),
    (r"{\'{\^e}} \^{\~e}", "ế ẽ̂"), (r"Donald~Knuth\ \& \TeX", "Donald\u00a0Knuth & TeX"),
    ("not { closed", "not  closed"),
    ("stray } brace", "stray  brace"), (r"\{set\}", "{set}"), ("\\", "\\"), (r"{\noopsort{b}}1973", "1973"),
    (r"x\\y", "x y"),
]  # fmt: skip
ENCODED = [
    ("Größe", "utf-8", "Größe"), ("Größe", "ascii", r"Gr{\"o}{\ss}e"), ("Erdős é", "cp1252", r"Erd{\H{o}}s é"),
    ("50% & a_b # ~ ^", "utf-8", r"50\% \& a\_b \# \textasciitilde{} \textasciicircum{}"), ("–—“”", "ascii", "-----``''"),
    ("{set}", "utf-8", r"\{set\}"), ("}a{", "utf-8", r"\textbraceright{}a\textbraceleft{}"),
    ("í į", "ascii", r"{\'\i} {\k{i}}"),
    ("$x^2$, $5 and $6", "utf-8", r"$x^2$, \$5 and \$6"), ("中", "ascii", "中"), ("a--b", "utf-8", "a-{}-b"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "text"), DECODED)
def test_decoded(source: str, text: str) -> None:
    """Commands, accents and escapes give the character they stand for; what is not known stays."""
    assert latex.decode(source) == text


@pytest.mark.parametrize(("text", "codec", "source"), ENCODED)
def test_encoded(text: str, codec: str, source: str) -> None:
    """Signs with a meaning are escaped; what the codec lacks becomes a command where there is one."""
    assert latex.encode(text, codec) == source


TEXTS = st.text(
    st.sampled_from("aAiß ü é {}\\$%&#_^~-`'\"[]|<>§…“”–—\u00a0\u0301ıλ中🙂1.,") | st.characters(codec="utf-8")
)


@given(TEXTS)
def test_what_is_encoded_is_decoded(text: str) -> None:
    """Any text at all comes back as it was; through a smaller codec, composed; and its braces always close."""
    source = latex.encode(text)
    assert latex.decode(source) == text
    assert latex.is_balanced(source)
    for codec in ("ascii", "cp1252"):
        source = latex.encode(text, codec)
        assert unicodedata.normalize("NFC", latex.decode(source)) == unicodedata.normalize("NFC", text)
        assert latex.is_balanced(source)


@pytest.mark.parametrize(
    "piece", ["{", "{}", "$", "\\", "\\a", '\\"', "\\enquote{", "$\\", "-", "'", "$x ", "\\href{", "\\'{"]
)
def test_time_is_linear(piece: str) -> None:
    """A hundred thousand characters of anything, nested or not, take little time in both directions."""
    text = piece * (100_000 // len(piece))
    start = time.process_time()
    latex.decode(text)
    assert latex.decode(latex.encode(text)) == text
    assert time.process_time() - start < 5


def test_the_examples_are_true() -> None:
    """What the docstring shows is what happens."""
    assert doctest.testmod(latex) == (0, 2)

"""What happened to letters on their way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.text.fold import squeezed
from enrich.text.spelling import letters_of_latex, lost_blanks, unmisread


@given(st.text(max_size=40))
def test_misread_text_is_read_again(text):
    """Law: UTF-8 that was taken for Windows-1252 comes back as it was; nothing else is touched."""
    wrong = "".join(_latin(byte) for byte in text.encode())
    assert unmisread(wrong) in (None, text) or unmisread(text) is not None
    again = unmisread(text)
    assert again is None or (again != text and unmisread(again) is None)


def _latin(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


@pytest.mark.parametrize(
    "text",
    ["Schrödinger’s cat", "“AMANHÃ”, in Straß“burg", "naïve façade", "ÉCOUTÉ”", "plain", "", "Żółw", "10 °C ±2"],
)
def test_what_is_right_is_not_misread(text):
    """Law: a text of which not all is misread is left alone."""
    assert unmisread(text) is None


@pytest.mark.parametrize(
    ("latex", "plain"),
    [
        (r"{DNA} repair", "DNA repair"),
        (r"Schr{\"o}dinger", "Schrödinger"),
        (r"\'{E}tude de l'\'Etat", "Étude de l'État"),
        (r"$\alpha$-helix and $\Omega$", "α-helix and Ω"),
        (r"{\o}re \ss{} \L{}\'{o}d\'{z}", "øre ß Łódź"),
        (r"\emph{Drosophila} \& co", "Drosophila & co"),
        (r"\v{C}ech \c{c}a", "Čech ça"),
        (r"a\_b \textit{c}", "a b c"),
    ],
)
def test_latex_has_letters(latex, plain):
    """Law: the letters of a text do not depend on whether it is written in LaTeX."""
    assert letters_of_latex(latex) == squeezed(plain)
    assert letters_of_latex(plain) is None


@given(st.text(alphabet="\\{}$\"'abc \u03b1", max_size=60))
def test_any_latex_is_read(text):
    """Law: no text is too odd."""
    letters_of_latex(text)


@pytest.mark.parametrize(
    ("ours", "theirs", "is_lost"),
    [
        ("Tumor StromaIn Breast", "Tumor Stroma In Breast", True),
        ("stroma,in breast", "stroma, in breast", True),
        ("ActiveRoles of stroma", "Active Roles of stroma", True),
        ("activerolesofstroma today", "active roles of stroma today", True),
        ("a database", "a data base", False),
        ("in situ", "insitu", False),
        ("McDonald", "Mc Donald", False),
        ("CO2vent", "CO2 vent", False),
        ("PubMed and more", "Pub Med and more", False),
        ("x", "y z", False),
        ("ab cd", "a bcd e", False),
        ("", " ", False),
    ],
)
def test_lost_blanks(ours, theirs, is_lost):
    """Law: words are glued where nobody writes so; a compound is a way of writing."""
    assert lost_blanks(ours, theirs) is is_lost


@pytest.mark.parametrize("piece", ["ab", "a b", "Ã¼", "\\a{", "$", "aB.", '{\\"o}'])
def test_hostile_texts_take_linear_time(piece):
    """Law: half a million letters made to confuse are read through."""
    text = piece * (500_000 // len(piece))
    unmisread(text)
    letters_of_latex(text)
    lost_blanks(text, " ".join(text))
    lost_blanks(text.replace(" ", ""), text)

r"""What happened to letters on their way: LaTeX left in a text, an encoding taken for another, blanks that got lost.

>>> letters_of_latex(r'{\"U}ber {DNA} and $\alpha$-helices')
'uberdnaandαhelices'
>>> unmisread("SchrÃ¶dingerâ€™s cat")
'Schrödinger’s cat'
>>> lost_blanks("Tumor StromaIn Breast Cancer", "Tumor Stroma in Breast Cancer")
True
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from enrich.text.fold import position_after, squeezed

# \"{o}, \'e, \c{c}, \v s: the letter that follows carries the accent, which a comparison does without.
_ACCENT: Final = re.compile(r"\\(?:[\"'`^~=.]|[uvHtcdbkr](?![A-Za-z]))\s*\{?\s*(\\?[A-Za-z])\s*\}?")
_COMMAND: Final = re.compile(r"\\([A-Za-z]+)\s*|\\(.)")
_LETTERS: Final = {
    "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "aa": "å", "AA": "Å",
    "i": "i", "j": "j", "textendash": "-", "textemdash": "-", "times": "×", "pm": "±", "varepsilon": "ε",
    "varphi": "φ", "vartheta": "θ",
}  # fmt: skip
_FORMATTING: Final = frozenset({
    "emph", "textit", "textbf", "textsc", "textrm", "textsf", "texttt", "it", "bf", "em", "rm", "sc", "sf", "tt", "mathrm",
    "mathbf", "mathit", "mathcal", "mathbb", "text", "mbox", "ensuremath", "left", "right", "noopsort", "relax",
})  # fmt: skip
_GLUED: Final = re.compile(r"[^\W\d_]{3}[a-z]\Z")
_BEGINS: Final = re.compile(r"[A-Z][a-z]")
_MANY: Final = 3  # blanks lost within one word

# Windows-1252 as it decodes bytes; the five it leaves out stand for themselves, as browsers have it.
_BYTES: Final = {
    ord(bytes([byte]).decode("cp1252")): byte
    for byte in range(0x80, 0xA0)
    if byte not in {0x81, 0x8D, 0x8F, 0x90, 0x9D}
}
_CONTROLS: Final = re.compile("[\x7f-\x9f]")


def letters_of_latex(text: str) -> str | None:
    """Return the letters of a text once its LaTeX is read, as `squeezed` compares them; None where there is none."""
    if "{" not in text and "\\" not in text and text.count("$") < 2:
        return None
    plain = _COMMAND.sub(_read, _ACCENT.sub(r"\1", text))
    return squeezed(plain.translate({ord(sign): None for sign in "{}$"}))


def _read(match: re.Match[str]) -> str:
    name, sign = match.groups()
    if name is None:
        return sign if sign in "&%#_$" else " "
    if name in _FORMATTING:
        return " "
    if name in _LETTERS:
        return _LETTERS[name]
    size = "CAPITAL" if name[0].isupper() else "SMALL"
    try:
        return unicodedata.lookup(f"GREEK {size} LETTER {name}")
    except KeyError:
        return name  # a command nobody knows: the letters differ, and nothing is replaced


def unmisread(text: str) -> str | None:
    """Return a text that was written in UTF-8 and read as Windows-1252, once or again; None where it was not."""
    found = None
    while not text.isascii():
        try:
            text = text.translate(_BYTES).encode("latin-1").decode("utf-8")
        except UnicodeError:
            break
        if _CONTROLS.search(text):
            break
        found = text
    return found


def lost_blanks(ours: str, theirs: str) -> bool:
    """Tell whether `ours` is `theirs` with words glued together, and in such a way that nobody writes.

    "database" for "data base" is a way of writing; "cancerMetastasis", "stroma,in" and four words in one are none.
    """
    missing = theirs.count(" ") - ours.count(" ")
    if missing <= 0 or len(theirs) - len(ours) > 2 * missing + 20 or squeezed(ours) != squeezed(theirs):
        return False
    here, there = set(_ends(ours)), set(_ends(theirs))
    return here < there and any(_is_glued(word, cuts) for word, cuts in _with_cuts(ours, there - here))


def _ends(text: str) -> Iterator[int]:
    """Yield after how many letters each word ends."""
    letters = 0
    for word in text.split():
        letters += len(squeezed(word))
        yield letters


def _with_cuts(text: str, lost: set[int]) -> Iterator[tuple[str, list[int]]]:
    """Yield each word with the places, in letters, where it should be parted."""
    begin = 0
    for word in text.split():
        end = begin + len(squeezed(word))
        cuts = sorted(cut for cut in range(begin + 1, end) if cut in lost)
        if cuts:
            yield word, [cut - begin for cut in cuts]
        begin = end


def _is_glued(word: str, cuts: list[int]) -> bool:
    return len(cuts) >= _MANY or any(_is_seam(word, position_after(word, cut)) for cut in cuts)


def _is_seam(word: str, at: int) -> bool:
    return word[at : at + 1] in tuple(".,;:!?)") or bool(_GLUED.search(word[:at]) and _BEGINS.match(word[at:]))

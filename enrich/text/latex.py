r"""LaTeX in running text to Unicode, and back, as bibliography files use it: accents, letters, braces, escapes.

https://mirrors.ctan.org/info/symbols/comprehensive/ , https://www.latex-project.org/help/documentation/encguide.pdf

Formulas stay as they are (`$x^2$`), and so does a command that is not known, with its arguments. Braces that only protect
capitals fall away. A percent sign begins no comment: in abstracts it is a percent sign far more often. Both directions are
linear in the text and never recurse; what :func:`encode` writes for UTF-8, :func:`decode` reads as the very text it was.

>>> decode(r"{\"U}ber {DNA} in {\em E. coli}: \'{\i}, Erd\H{o}s, 50\% \& $x^2$")
'Über DNA in E. coli: í, Erdős, 50% & $x^2$'
>>> encode("50% of Łódź_x", "ascii")
"50\\% of {\\L}{\\'o}d{\\'z}\\_x"
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

# Combining marks by accent command, https://www.unicode.org/charts/PDF/U0300.pdf
_ACCENTS: Final = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "h": "\u0309", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323", "c": "\u0327",
    "k": "\u0328", "b": "\u0331", "t": "\u0361",
}  # fmt: skip
_LETTERS: Final = {
    "ss": "ß", "SS": "ẞ", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "aa": "å",
    "AA": "Å", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dj": "đ", "DJ": "Đ", "ng": "ŋ", "NG": "Ŋ",
}  # fmt: skip
_SYMBOLS: Final = {
    "textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "textbraceleft": "{", "textbraceright": "}",
    "textquoteleft": "‘", "textquoteright": "’", "textquotedblleft": "“", "textquotedblright": "”", "quotedblbase": "„",
    "quotesinglbase": "‚", "guillemotleft": "«", "guillemotright": "»", "guilsinglleft": "‹", "guilsinglright": "›",
    "textendash": "–", "textemdash": "—", "textellipsis": "…", "textbullet": "•", "textperiodcentered": "·",
    "textcopyright": "©", "textregistered": "®", "texttrademark": "™", "textdegree": "°", "textcelsius": "℃",
    "textmu": "µ", "texttimes": "×", "textdiv": "÷", "textpm": "±", "textonehalf": "½", "textonequarter": "¼",
    "textthreequarters": "¾", "textordfeminine": "ª", "textordmasculine": "º", "textexclamdown": "¡",
    "textquestiondown": "¿", "textsection": "§", "textparagraph": "¶", "texteuro": "€", "textsterling": "£",
    "textyen": "¥", "textdagger": "†", "textdaggerdbl": "‡", "textonesuperior": "¹", "texttwosuperior": "²",
    "textthreesuperior": "³", "textnumero": "№",
}  # fmt: skip
_ALIASES: Final = {
    "ldots": "…", "dots": "…",
    "lq": "‘", "rq": "’", "copyright": "©", "S": "§", "P": "¶", "pounds": "£", "euro": "€",
    "dag": "†", "ddag": "‡", "textquotesingle": "'", "textquotedbl": '"', "textless": "<", "textgreater": ">",
    "textbar": "|", "textunderscore": "_", "textdollar": "$", "textasciigrave": "`", "textnormal": "", "LaTeX": "LaTeX",
    "TeX": "TeX", "BibTeX": "BibTeX", "LaTeXe": "LaTeX2ε", "slash": "/", "space": " ", "nobreakspace": "\u00a0",
    "quad": " ", "qquad": " ", "newline": " ", "hyp": "-", "degree": "°", "lbrace": "{", "rbrace": "}", "deg": "°",
}  # fmt: skip
_SIGNS: Final = {
    "%": "%", "&": "&", "#": "#", "_": "_", "$": "$", "{": "{", "}": "}", " ": " ", "\n": " ", "\t": " ", "\\": " ",
    ",": " ", ";": " ", ":": " ", "!": "", "-": "", "/": "", "@": "", "*": "",
}  # fmt: skip
_NAMED: Final = _LETTERS | _SYMBOLS | _ALIASES | {"i": "ı", "j": "ȷ"}
# Declarations and faces: the command goes, what it acts on stays.
_FACES: Final = frozenset(
    [
        "em",
        "it",
        "bf",
        "rm",
        "sf",
        "sc",
        "tt",
        "sl",
        "itshape",
        "bfseries",
        "scshape",
        "upshape",
        "slshape",
        "rmfamily",
        "sffamily",
        "ttfamily",
        "mdseries",
        "normalfont",
        "small",
        "relax",
        "protect",
        "emph",
        "textit",
        "textbf",
        "textrm",
        "textsf",
        "textsc",
        "texttt",
        "textsl",
        "textup",
        "textmd",
        "text",
        "mbox",
        "hbox",
        "uppercase",
        "lowercase",
        "MakeUppercase",
        "MakeLowercase",
        "url",
        "path",
        "nolinkurl",
        "underline",
        "NoCaseChange",
        "bibstring",
        "string",
        "textsubscript",
        "mkbibemph",
        "mkbibitalic",
        "mkbibbold",
        "boldmath",
        "unboldmath",
        "selectfont",
        "sloppy",
        "penalty0",
    ]
)
_DROPPED: Final = frozenset({"noopsort", "SortNoop", "href", "textcolor", "color", "label"})
_QUOTING: Final = frozenset({"enquote", "mkbibquote", "textquote"})
_SUPERSCRIPT: Final = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_ALONE: Final = {"\u0302": "^", "\u0303": "~", "\u0300": "`", "\u0301": "´", "\u0308": "¨", "\u0304": "¯"}

_SHORT: Final = 1000
_LATEX: Final = re.compile(r"[\\{}~$]|--|``|''")
_TOKEN: Final = re.compile(
    r"(?P<math>\$(?:[^$\\]|\\[^$]|\\\$)*+\$)|\\(?P<command>[A-Za-z]++\*?+|[\s\S])|(?P<brace>[{}])"
    r"|(?P<sign>~|---?|``|'')|(?P<plain>[^\\{}~$`'-]++|[\s\S])"
)
_DASHES: Final = {"~": "\u00a0", "---": "—", "--": "–", "``": "“", "''": "”"}
_ACCENTED: Final = re.compile(
    r"""\\(?:["'`^~=.][\s{]*+[A-Za-z\\]|[cvHukrdbth](?:[\s{]++[A-Za-z\\])"""
    r"|(?:ss|ae|AE|oe|OE|o|O|l|L|aa|AA|i|j)(?![A-Za-z]))"
)


def decode(text: str) -> str:
    """Return the Unicode text that LaTeX source stands for."""
    if _LATEX.search(text) is None:
        return text
    return _recurring(text) if len(text) <= _SHORT else _decoded(text)


def _decoded(text: str) -> str:
    reading = _Reading()
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup or "plain"
        getattr(reading, kind)(token[kind])
    return reading.closed()


_recurring = lru_cache(maxsize=4096)(_decoded)  # names, journals and publishers come again and again


def has_accents(text: str) -> bool:
    r"""Tell whether some letter is written as a command: `\"u`, `\ss`."""
    return "\\" in text and _ACCENTED.search(text) is not None


class _Reading:
    """What was read so far, and what waits for what comes."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._marks: list[str] = []  # accents that wait for their letter
        self._groups: list[str] = []  # for each open brace what becomes of its content
        self._next = ""  # the same for a group that may open now
        self._muted = self._raised = self._kept = 0
        self._is_after_command = False

    def closed(self) -> str:
        self._settle()
        return "".join(self._parts)

    def math(self, text: str) -> None:
        self._settle()
        self._emit(text)

    def sign(self, text: str) -> None:
        self.plain(text if self._kept else _DASHES[text])

    def plain(self, text: str) -> None:
        """Read text without commands; the blanks after the name of a command belong to it."""
        if self._is_after_command or self._marks:
            stripped = text.lstrip()
            if not stripped:
                return
            text = stripped
        if self._marks:
            self._emit(self._accented(text[0]))
            text = text[1:]
        self._next, self._is_after_command = "", False
        self._emit(text)

    def brace(self, text: str) -> None:
        self._is_after_command = False
        if text == "{":
            self._groups.append(kind := self._next or ("kept" if self._kept else ""))
            self._count(kind, 1)
            self._next = ""
            if kind == "kept":
                self._emit(text)
        elif self._groups:
            self._settle()
            kind = self._groups.pop()
            if kind == "kept":
                self._emit(text)
                self._next = "kept"  # a command that is not known may have further arguments
            elif kind == "quoted":
                self._emit("”")
            self._count(kind, -1)
        else:
            self._settle()

    def command(self, name: str) -> None:
        bare = name.rstrip("*") or name
        mark = _ACCENTS.get(bare)
        if self._kept or not (mark or bare in _NAMED or bare in _SIGNS or bare in _KNOWN):
            self._unknown(name)
        elif mark and bare not in _SIGNS:
            self._marks.append(mark)
            self._next, self._is_after_command = "", bare.isalpha()
        elif (text := _NAMED.get(bare)) is not None or (text := _SIGNS.get(bare)) is not None:
            self._emit(self._accented(text) if self._marks else text)
            self._next, self._is_after_command = "", bare.isalpha()
        else:
            self._settle()
            self._begin(bare)

    def _begin(self, name: str) -> None:
        self._is_after_command = True
        self._next = "muted" if name in _DROPPED else "raised" if name == "textsuperscript" else ""
        if name in _QUOTING:
            self._emit("“")
            self._next = "quoted"

    def _unknown(self, name: str) -> None:
        self._settle()
        self._emit("\\" + name)
        self._next, self._is_after_command = "kept", False

    def _count(self, kind: str, step: int) -> None:
        self._muted += step if kind == "muted" else 0
        self._raised += step if kind == "raised" else 0
        self._kept += step if kind == "kept" else 0

    def _accented(self, base: str) -> str:
        """Return a letter with the accents that wait for it, the innermost next to it."""
        base = {"ı": "i", "ȷ": "j"}.get(base, base)
        marked = unicodedata.normalize("NFC", base[:1] + "".join(reversed(self._marks))) + base[1:]
        self._marks.clear()
        return marked

    def _settle(self) -> None:
        """Write accents for which no letter came as signs of their own."""
        if self._marks:
            self._emit("".join(_ALONE.get(mark, "") for mark in self._marks))
            self._marks.clear()

    def _emit(self, text: str) -> None:
        if not self._muted:
            self._parts.append(text.translate(_SUPERSCRIPT) if self._raised else text)


_KNOWN: Final = _FACES | _DROPPED | _QUOTING | {"textsuperscript"}

_ESCAPED: Final = str.maketrans({
    "\\": "\\textbackslash{}", "%": "\\%", "&": "\\&", "#": "\\#", "_": "\\_", "$": "\\$", "{": "\\{", "}": "\\}",
    "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "\u00a0": "~",
})  # fmt: skip
_UNBALANCED: Final = str.maketrans({"{": "\\textbraceleft{}", "}": "\\textbraceright{}"})
_PAIR: Final = re.compile(r"(?<=-)(?=-)|(?<=`)(?=`)|(?<=')(?=')")
# A formula as somebody meant it: no blank within the dollars, and something in it that only formulas have.
_FORMULA: Final = re.compile(r"\$(?=[^\s$])[^$\n]{0,400}?(?<=[^\s\\])\$(?!\d)")
_FORMULAIC: Final = re.compile(r"[\\^_]|\$[A-Za-z]\$")
_COMMANDS: Final = {
    **{char: f"{{\\{name}}}" for name, char in (_SYMBOLS | _LETTERS).items() if not char.isascii()},
    "–": "--", "—": "---", "“": "``", "”": "''",
}  # fmt: skip
_LETTER_OF: Final = {mark: name for name, mark in reversed(_ACCENTS.items())}
_UNIVERSAL: Final = frozenset({"utf-8", "utf-16-le", "utf-16-be"})


def encode(text: str, codec: str = "utf-8") -> str:
    """Return LaTeX source for `text`: formulas as they stand, signs escaped; letters the codec cannot hold as commands.

    For a letter there is no command for stands the letter itself.
    """
    if "$" not in text:
        return _encoded(text, codec)
    parts, start = [], 0
    for match in _FORMULA.finditer(text):
        if _FORMULAIC.search(match[0]) and is_balanced(match[0]):
            parts += [_encoded(text[start : match.start()], codec), match[0]]
            start = match.end()
    return "".join([*parts, _encoded(text[start:], codec)])


def _encoded(text: str, codec: str) -> str:
    if not text:
        return ""
    source = text
    if not is_balanced(text):
        # BibTeX counts every brace, also one behind a backslash.
        source = "".join(
            part.translate(_UNBALANCED if part in "{}" else _ESCAPED) for part in re.split(r"([{}])", text)
        )
    else:
        source = text.translate(_ESCAPED)
    source = _PAIR.sub("{}", source)
    if codec in _UNIVERSAL or source.isascii():
        return source
    return "".join([_written(char, codec) for char in unicodedata.normalize("NFC", source)])


def is_balanced(text: str) -> bool:
    """Tell whether the braces of `text` close in the order they open."""
    depth = 0
    for brace in re.findall(r"[{}]", text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


@lru_cache(maxsize=4096)
def _written(char: str, codec: str) -> str:
    """Return a character as the codec holds it, or as a command."""
    if char.isascii() or (codec != "ascii" and is_encodable(char, codec)):
        return char
    if char in _COMMANDS:
        return _COMMANDS[char]
    parts = unicodedata.normalize("NFD", char)
    base, marks = parts[0], parts[1:]
    if not marks or not base.isascii() or any(mark not in _LETTER_OF for mark in marks):
        return char
    inner = "\\i" if base == "i" and marks[0] not in "\u0323\u0328" else base
    for mark in marks:
        name = _LETTER_OF[mark]
        is_bare = not name.isalpha() and (len(inner) == 1 or inner == "\\i")
        inner = f"\\{name}{inner}" if is_bare else f"\\{name}{{{inner}}}"
    return f"{{{inner}}}"


def is_encodable(text: str, codec: str) -> bool:
    """Tell whether the codec can hold `text`."""
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True

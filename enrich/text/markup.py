r"""Markup to plain text: JATS, HTML, MathML and what is left of them in titles, names and abstracts of registries.

https://jats.nlm.nih.gov/publishing/tag-library/ , https://www.w3.org/TR/MathML3/ ,
https://www.crossref.org/documentation/schema-library/markup-guide-metadata-segments/face-markup/

Nothing is parsed as XML: half of it is not. A tag is what has a tag's shape and is known, is closed, has attributes or a
name space; so `<0.5 mm`, `x < y`, `<Untitled>` and `a<b and c>d` survive. Entities are undone up to three times, since they
come escaped twice (10.26686/wgtn.16992955). A blank lost around face markup ("CO2vent", 10.1111/1574-6941.12040) is not
invented; a block (`<p>`, `<title>`) does end a word. Indices are written on the line, as everybody does; a superscript after
a digit, and in a formula, is written in superscript characters, because 10 to the sixth is not 106. LaTeX stays.
All of it takes time linear in the text.

>>> to_text("Fixation in <i>Drosophila</i> &amp;amp; RuO<sub>2</sub>, 10<sup>6</sup> <0.5 mm")
'Fixation in Drosophila & RuO2, 10⁶ <0.5 mm'
>>> abstract_text("<jats:title>Abstract</jats:title><jats:title>Aim</jats:title><jats:p>To see.</jats:p>")
'Aim: To see.'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import unescape
from html.entities import html5
from typing import Final, NamedTuple

_PASSES: Final = 3
_DEPTH: Final = 32  # elements open at once that are looked into; deeper ones are read as running text
_HEADED: Final = "\x02"  # ends a heading, until headings are joined to what follows them
_SUBTITLED: Final = "\x03"  # begins a subtitle, until it is joined to its title

_TAG: Final = re.compile(
    r"<(?P<end>/?)(?:(?P<space>[A-Za-z][\w.-]*+):)?(?P<name>[A-Za-z][\w.-]*+)"
    r"""(?P<attributes>(?:\s++[\w:.-]++\s*+=\s*+(?:"[^"<]*+"|'[^'<]*+'|[^\s"'<>=`]++(?<!/)))*+)\s*+(?P<empty>/?)>"""
)
_ASIDE: Final = re.compile(r"<!--(?:[^-<]|-(?!->))*+-->|<[?!][A-Za-z][^<>]*+>")
_CDATA: Final = "<![CDATA["
_SPACE: Final = " \t\r\n"  # what XML calls white space; other blanks are meant
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# UTF-8 read as Latin-1; only where C1 controls, which no text contains, say that this happened (10.1057/9780230391116.0016).
_MISREAD: Final = re.compile("[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_C1: Final = re.compile("[\x80-\x9f]")
_RUN: Final = re.compile(r"\n\s*")
_CLINGING: Final = (")", "]", ",", ";", "<sub>", "<sup>", "</sub>", "</sup>")
_BREAK: Final = re.compile(r"\n[ \t\r]*\n\s*")
# Neither seen nor meant: controls, soft hyphen, zero-width space, word joiner, byte order mark.
_UNSEEN: Final = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u200b\u2060\ufeff]")

_FACE: Final = frozenset((
    "b", "bold", "break", "br", "em", "emph", "emphasis", "font", "i", "inf", "italic", "it", "mark", "monospace",
    "ovl", "overline", "roman", "s", "sans-serif", "sc", "scp", "small", "smallcaps", "span", "strike", "strong",
    "styled-content", "sub", "tt", "u", "underline", "xref",
))  # fmt: skip
_BLOCKS: Final = frozenset((
    "abstract", "blockquote", "boxed-text", "caption", "dd", "def-item", "disp-formula", "disp-quote", "div", "dl",
    "dt", "fig", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "label", "li", "list", "list-item", "ol", "p", "para",
    "sec", "section", "st", "table", "table-wrap", "tbody", "td", "th", "thead", "tr", "trans-abstract", "ul",
    "verse-group",
))  # fmt: skip
_BLANKS: Final = frozenset(("br", "break", "td", "th", "dt", "hr", "label"))  # end a word, not a paragraph
_HEADINGS: Final = frozenset(("title", "st", "h1", "h2", "h3", "h4", "h5", "h6"))
_SCRIPTS: Final = frozenset(("sup", "inline-formula", "alternatives"))  # looked into outside of formulas
_KNOWN: Final = _FACE | _BLOCKS | _HEADINGS | _SCRIPTS | {"subtitle", "tex-math", "math"}
# What "abstract" itself is called above an abstract.
_ABSTRACT: Final = frozenset((
    "abstract", "abstrac", "abstrak", "abstrakt", "résumé", "resumen", "resumo", "riassunto", "zusammenfassung",
    "kurzfassung", "özet", "реферат", "аннотация", "摘要", "要旨", "抄録", "초록", "요약",
))  # fmt: skip

_SUPERSCRIPTS: Final = dict(zip("0123456789+-−–=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾ⁿⁱ", strict=True))
_RELATIONS: Final = frozenset("=<>≤≥≠≈∼≃≅≡≪≫∈∉⊂⊆→←↔⇒⇔⟶∝±×")
# The same tags without attributes, which are most of all there are, in one go.
_FACE_TAG: Final = re.compile(rf"</?(?:[A-Za-z]\w*+:)?(?:{'|'.join(sorted(_FACE - _BLANKS))})>", re.IGNORECASE)
_MARKED_UP: Final = re.compile(r"</?(?:[A-Za-z]\w*+:)?(?:br|div|li|p|sec|title)\b[^<>]{0,99}>", re.IGNORECASE)
_PARAGRAPH: Final = re.compile(r"</?(?:[A-Za-z]\w*+:)?(?:p|sec)>", re.IGNORECASE)


class _Frame:
    """An open element that is looked into: its name and the text of its children, each with the child's name."""

    __slots__ = ("children", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.children: list[tuple[str, str]] = []

    @property
    def last(self) -> str:
        """The last character so far."""
        return next((text[-1] for _, text in reversed(self.children) if text), "")


class _Breaks(NamedTuple):
    """What stands for a block's edge, for the end of a heading, and before a subtitle."""

    block: str
    heading: str
    subtitle: str


_IN_LINE: Final = _Breaks(" ", " ", _SUBTITLED)
_IN_LINES: Final = _Breaks("\n", _HEADED + "\n", "\n")


def to_text(markup: str) -> str:
    """Return a title, a name or another single line as plain text with single blanks."""
    if "<" not in markup and "&" not in markup and markup.isprintable():
        return markup.strip() if "  " not in markup else " ".join(markup.split())
    parts = _plain(_reflowed(_repaired(markup)), _IN_LINE).split(_SUBTITLED)
    return ": ".join(folded for part in parts if (folded := _folded(part)))


def abstract_text(jats: str) -> str:
    """Return an abstract as plain text, one paragraph a line, a section's title before its first paragraph ("Aim: ...").

    The heading "Abstract" itself, in whatever language, is left out; nothing else is.
    """
    if "<" not in jats and "&" not in jats and jats.isprintable():
        return " ".join(jats.split())
    text = _repaired(jats)
    # Without paragraphs marked up, an empty line is what parts them.
    source = _BREAK.sub("<p/>", text) if "</" not in text else text
    lines = _plain(_reflowed(source).replace("\n", " "), _IN_LINES).split("\n")
    return "\n".join(_headed([(_folded(line), line.endswith(_HEADED)) for line in lines]))


def pasted_abstract(text: str) -> str:
    """Return an abstract that somebody pasted as plain text; where no paragraphs are marked up, its lines are its own."""
    if _MARKED_UP.search(unescape(unescape(text))):
        return abstract_text(text)
    return "\n".join([to_text(line) if has_markup(line) else line for line in text.split("\n")])


def has_markup(text: str) -> bool:
    """Tell whether `text` holds tags, CDATA marks or entities, which plain text should not."""
    if "<" not in text and "&" not in text:
        return False
    return bool(
        _CDATA in text
        or _ASIDE.search(text)
        or _named_entity(text)
        or any(map(_Tags(text).holds, _TAG.finditer(text)))
    )


def _named_entity(text: str) -> bool:
    return any(match[0][1] == "#" or match[0][1:] in html5 for match in _ENTITY.finditer(text))


def _repaired(text: str) -> str:
    """Undo UTF-8 or Windows-1252 that was read as Latin-1."""
    if text.isascii() or text.isprintable() or not _C1.search(text):
        return text
    return _C1.sub(
        lambda match: _decoded(match[0], "cp1252"), _MISREAD.sub(lambda match: _decoded(match[0], "utf-8"), text)
    )


def _reflowed(text: str) -> str:
    """Take out the line breaks an XML formatter put where no blank can be: after "(", before ")" and indices."""
    return _RUN.sub(_blank, text) if "\n" in text and "<" in text else text


def _blank(match: re.Match[str]) -> str:
    text = match.string
    return "" if text[match.start() - 1] in "([" or text.startswith(_CLINGING, match.end()) else " "


def _decoded(text: str, encoding: str) -> str:
    try:
        return text.encode("latin-1").decode(encoding)
    except UnicodeDecodeError:
        return text


def _folded(text: str) -> str:
    if "  " not in text and text.isprintable():
        return text.strip()
    text = " ".join(text.split())
    return text if text.isprintable() else " ".join(_UNSEEN.sub("", text).split())


def _plain(text: str, breaks: _Breaks) -> str:
    """Take tags out and undo entities, again as long as that brings forth more, at most three times."""
    for _ in range(_PASSES):
        before = text
        if _CDATA in text:
            text = text.replace(_CDATA, "").replace("]]>", "")
        if "<" in text:
            text = _ASIDE.sub("", text) if "<!" in text or "<?" in text else text
            text = _PARAGRAPH.sub(breaks.block, _FACE_TAG.sub("", text))
        if "<" in text:
            text = _without_tags(text, breaks)
        if "&" in text:
            text = _ENTITY.sub(_character, text)
        if text == before:
            break
    return _without_tags(text, breaks) if "<" in text else text


def _character(match: re.Match[str]) -> str:
    reference = match[0]
    character = unescape(reference) if reference[1] == "#" else html5.get(reference[1:], reference)
    return " " if character.isspace() else character


class _Tags:
    """Tells what in a text is markup, and what only stands in angle brackets."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._closed: frozenset[str] | None = None

    def holds(self, tag: re.Match[str]) -> bool:
        """Tell whether `tag` is one: known, closed somewhere, with attributes or a name space."""
        if tag["end"] or tag["space"] or tag["name"].lower() in _KNOWN or tag["attributes"] or tag["empty"]:
            return True
        if self._closed is None:
            found = _TAG.finditer(self._text)
            self._closed = frozenset(match["name"].lower() for match in found if match["end"])
        return tag["name"].lower() in self._closed


def _without_tags(text: str, breaks: _Breaks) -> str:
    """Return `text` with its tags read: formulas written in a line, blocks set apart, the rest taken out."""
    tags = _Tags(text)
    stack = [_Frame("")]
    position = 0
    for match in _TAG.finditer(text):
        if not tags.holds(match):
            continue
        _add(stack, text[position : match.start()])
        position = match.end()
        _read_tag(stack, match, breaks)
    _add(stack, text[position:])
    while len(stack) > 1:
        _close(stack)
    return "".join(child for _, child in stack[0].children)


def _add(stack: Sequence[_Frame], text: str) -> None:
    """Add running text to the innermost element; what indents the elements of a formula is not part of it."""
    frame = stack[-1]
    if frame.name and frame.name != "sup" and (not text.strip(_SPACE) or _is_open("math", stack)):
        text = text.strip(_SPACE)
    if text:
        frame.children.append(("", text))


def _is_open(name: str, stack: Sequence[_Frame]) -> bool:
    return any(frame.name == name for frame in stack)


def _read_tag(stack: list[_Frame], match: re.Match[str], breaks: _Breaks) -> None:
    name = match["name"].lower()
    if (
        _is_open("math", stack)
        or name == "math"
        or name in _SCRIPTS
        or (name == "tex-math" and _is_open("alternatives", stack))
    ):
        _read_element(stack, match, name)
    elif name == "subtitle":
        stack[-1].children.append(("", " " if match["end"] else breaks.subtitle))
    elif name in _HEADINGS:
        stack[-1].children.append(("", breaks.heading if match["end"] else breaks.block))
    elif name in _BLANKS:
        stack[-1].children.append(("", " "))
    elif name in _BLOCKS:
        stack[-1].children.append(("", breaks.block))


def _read_element(stack: list[_Frame], match: re.Match[str], name: str) -> None:
    if match["empty"]:
        stack[-1].children.append((name, " " if name == "mspace" else ""))
    elif not match["end"]:
        if len(stack) < _DEPTH:
            stack.append(_Frame(name))
    elif _is_open(name, stack):
        while stack[-1].name != name:
            _close(stack)
        _close(stack)


def _close(stack: list[_Frame]) -> None:
    frame = stack.pop()
    render = _RENDERINGS.get(frame.name)
    texts = [(name, text) for name, text in frame.children if text or name]
    text = render(texts, stack[-1].last) if render else _joined(texts)
    stack[-1].children.append((frame.name, text))


def _joined(children: Sequence[tuple[str, str]]) -> str:
    return "".join(text for _, text in children)


def _superscript(text: str, before: str, *, formula: bool) -> str:
    """Write a superscript on the line, in superscript characters where a number would change its value."""
    bare = unescape(text).strip()
    if not bare or not (formula or before.isdigit()):
        return text
    if all(character in _SUPERSCRIPTS for character in bare):
        return "".join(_SUPERSCRIPTS[character] for character in bare)
    return f"^{bare}" if before.isdigit() and bare[0] in "0123456789+-−" else text


def _sup(children: Sequence[tuple[str, str]], before: str) -> str:
    return _superscript(_joined(children), before, formula=False)


def _power(children: Sequence[tuple[str, str]], before: str) -> str:
    """Write `msup` and `msubsup`: the base, perhaps an index, and the last child raised."""
    base = _joined(children[:-1])
    return base + _superscript(_joined(children[-1:]), base[-1:] or before, formula=True)


def _prescripted(children: Sequence[tuple[str, str]], _before: str) -> str:
    """Write `mmultiscripts` as it is read, what stands before the base first: 153Tb."""
    names = [name for name, _ in children]
    at = names.index("mprescripts") if "mprescripts" in names else len(children)
    return _joined(children[at:]) + _joined(children[:at])


def _operator(children: Sequence[tuple[str, str]], _before: str) -> str:
    text = _joined(children).strip()
    return f" {text} " if unescape(text) in _RELATIONS else text


def _between(sign: str, opener: str = "", closer: str = "") -> Callable[[Sequence[tuple[str, str]], str], str]:
    return lambda children, _before: opener + sign.join(text for _, text in children if text) + closer


def _alternatives(children: Sequence[tuple[str, str]], _before: str) -> str:
    """Keep one of the renderings of a formula: MathML rather than LaTeX."""
    names = {name for name, text in children if text}
    return _joined([child for child in children if child[0] != "tex-math"] if "math" in names else children)


def _nothing(_children: Sequence[tuple[str, str]], _before: str) -> str:
    return ""


_RENDERINGS: Final[Mapping[str, Callable[[Sequence[tuple[str, str]], str], str]]] = {
    "sup": _sup,
    "msup": _power,
    "msubsup": _power,
    "mmultiscripts": _prescripted,
    "mo": _operator,
    "mfrac": _between("/"),
    "mfenced": _between(",", "(", ")"),
    "msqrt": _between("", "√"),
    "mtr": _between(" "),
    "mtable": _between(" "),
    "alternatives": _alternatives,
    "inline-formula": _alternatives,
    "annotation": _nothing,
    "annotation-xml": _nothing,
}


def _is_abstract(text: str) -> bool:
    return len(text) < 24 and text.rstrip(".: ").casefold() in _ABSTRACT


def _headed(lines: Sequence[tuple[str, bool]]) -> list[str]:
    """Join every heading to the line after it; `lines` are texts and whether each is a heading."""
    result: list[str] = []
    heading = ""
    for text, is_heading in lines:
        if not text or (not result and not heading and _is_abstract(text)):
            continue
        if is_heading:
            heading += f"{text} " if text[-1] in ".:?!" else f"{text}: "
        else:
            result.append(heading + text)
            heading = ""
    return [*result, heading.rstrip(": ")] if heading else result

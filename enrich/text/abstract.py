"""Abstracts that run on into the body of the article.

Some tools that make bibliographic records take the first thousands of characters of a page for the abstract:
"... improve patient outcome. 1. Introduction Breast cancer is ...". The cut is made before such a heading, or where the
registry's own abstract ends.

Not taken for headings: "Introduction of the drug led to ..." (the sentence goes on in lower case), structured abstracts
("Background: ... Methods: ..."), tables of contents ("1. Introduction 2. Model"), references ("see Sect. 1. Introduction").
Candidates are found by one pass over literal words; everything else looks at windows of bounded size, so time is linear.

>>> overrun("We review metastasis and its causes in detail. 1. Introduction Breast cancer is common.").rest
' 1. Introduction Breast cancer is common.'
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal

from enrich.text.fold import key, position_after, squeezed


@dataclass(frozen=True, slots=True)
class Overrun:
    """A text that runs on: `abstract + rest` is the text as it was; the blank between them begins `rest`."""

    abstract: str
    rest: str
    how: Literal["heading", "registry"]


_INTRODUCTION: Final = (
    "General introduction", "Introduction", "Introducción", "Introdução", "Introduzione", "Introducere", "Introductie",
    "Einleitung", "Einführung", "Inleiding", "Inledning", "Innledning", "Indledning", "Johdanto", "Wstęp", "Wprowadzenie",
    "Introducció", "Úvod", "Uvod", "Bevezetés", "Giriş", "GİRİŞ", "Pendahuluan", "Введение", "Вступ", "Εισαγωγή",
)  # fmt: skip
_CJK: Final = ("引言", "前言", "緒言", "绪论", "はじめに", "서론")
# A structured abstract has these as labels, so they count only with a number before them.
_NUMBERED_ONLY: Final = (
    "Background",
    "Overview",
    "Motivation",
    "Preliminaries",
    "Antecedentes",
    "Hintergrund",
    "Introductory remarks",
    "Introductory Remarks",
)
# "I NTRODUCTION" and "I N T R O ..." are what text extraction makes of small capitals.
_SPACED: Final = ("I NTRODUCTION", "I N T R O D U C T I O N")
_SECOND: Final = (
    "background|introduction|overview|motivations?|preliminaries|notations?|related work|literature review|objectives?|"
    "aims?|(?:main |statement of )?results|problem statement|summary|context|scope|hypothes[ei]s|theory|definitions|review"
)
_WORDS: Final = [*_INTRODUCTION, *_CJK, *_NUMBERED_ONLY]
_HEADING: Final = re.compile(
    "|".join([*_SPACED, *(re.escape(form) for word in _WORDS for form in dict.fromkeys((word, word.upper())))])
)
_UNNUMBERED: Final = frozenset(key(word) for word in (*_INTRODUCTION, *_CJK, *_SPACED))
_TAIL: Final = re.compile(
    rf"(?:(?:[ \t]+(?:and|&)[ \t]+|[ \t]?/[ \t]?)(?:{_SECOND})(?-i:(?![a-z]))|[ \t]*\((?:{_SECOND})\))?"
    r"[ \t]*[.:|–—-]*\s*",
    re.IGNORECASE,
)
_ADJECTIVE: Final = re.compile(r"(?:General|GENERAL|Brief|BRIEF)\s+\Z")
_NUMBER: Final = re.compile(
    r"(?:§\s*|\b(?:Section|SECTION|Chapter|CHAPTER|Part|PART)\s+)?(?<![^\W\d_])(?<!\d)(?:(?<!\d[.,])|(?<=\b19\d\d\.)|(?<=\b20\d\d\.))"
    r"\(?(?:一(?=、)|(?:0?1|[0１Ⅰ])(?:\.[01])?|(?<![A-Z]\.)(?:I|A(?=[.)])))\s*[.)．、]?\s*[|∣:–—-]?\s*\Z"
)
_SENTENCE_END: Final = re.compile(r"[.!?。．！？…][\"'”’»)\]]*(?:\s*\[[\d,–\s-]{1,20}\])?\s*\Z")
_ABBREVIATION: Final = re.compile(
    r"\b(?:sect?s?|figs?|chap|ch|vol|(?<!: )nos?|eqs?|refs?|tab|part|pt|pp?|art|ser|cf|e\.g|i\.e)\.\s*\Z",
    re.IGNORECASE,
)
_LIST_BEFORE: Final = re.compile(
    r"\b(?:key[ -]?words?|index terms|subject headings|palabras[ -]clave|palavras-chave|parole chiave|mots[ -]cl[ée]s|"
    r"schl(?:ü|ue)sselw(?:ö|oe)rter|(?:pacs|msc|jel|ams)\b.{0,30}(?:numbers?|codes?|classification)|ключевые слова)\s*"
    r"[:.—–-]?|\b(?:pacs|msc|jel|ams)\b.{0,20}:|\bdoi\b:?\s*10\.\d|\breceived\b.{0,40}\baccepted\b|"
    r"(?-i:\b(?:Contents|CONTENTS)\b)|关键词|關鍵詞|キーワード|©|\(c\) ?(?:19|20)\d\d|all rights reserved",
    re.IGNORECASE,
)
_LABELS: Final = (
    "Materials and Methods", "Material and Methods", "Methods", "Method", "Methodology", "Results", "Result",
    "Conclusions", "Conclusion", "Objectives", "Objective", "Aims", "Aim", "Purpose", "Findings", "Design", "Discussion",
    "Setting", "Patients", "Métodos", "Resultados", "Conclusiones", "Objetivos", "Objetivo", "Méthodes", "Résultats",
    "Methoden", "Ergebnisse",
)  # fmt: skip
_LABEL: Final = re.compile(rf"\b(?:{'|'.join(form for word in _LABELS for form in (word, word.upper()))})\b")
_COUNTED: Final = re.compile(
    rf"\b([23])[.)]?\s+(?:{'|'.join(form for word in _LABELS for form in (word, word.upper()))})\b"
)
_LABEL_WORDS: Final = frozenset(word.rsplit(" ", 1)[-1].upper() for word in _LABELS)
_OTHER_VERSION: Final = re.compile(
    r"\W*(?:abstract|summary|r[ée]sum[ée]|resumen|resumo|zusammenfassung|riassunto|sommario|streszczenie|аннотация|"
    r"резюме|摘要|要旨|copyright|©|\(c\)|key[ -]?words?|all rights reserved|published by|this (?:article|paper) is|"
    r"this is an open[ -]access)",
    re.IGNORECASE,
)
_CLOSERS: Final = re.compile(r"[^\w\s(\[{<“‘«¿¡]*")  # all signs that stay with what they follow: "9.5%."
_CLOSING: Final = re.compile(r"\W{0,20}\Z")
_LEADING_LABEL: Final = re.compile(r"\A\s*(?:(?:abstract|summary|a b s t r a c t)\b[\s:.—–-]*)+", re.IGNORECASE)

_ENDS: Final = re.compile(r"[.!?。！？][\"'”’»)\]]*\s*\Z")
_DOTS: Final = re.compile(r"\s*[(\[]?(?:\.\.\.|…)[\"'”’)\]]*\s*\Z")

_SHORTEST_ABSTRACT: Final = 30  # characters before a numbered heading
_SHORTEST_PROSE: Final = 150  # before and after a heading without number
_SECTION: Final = 1500  # a section of a structured abstract is shorter, an article's introduction longer
_SHORTEST_REGISTRY: Final = 100  # letters and digits a registry's abstract needs to be a measure
_ANCHOR: Final = 40
_CANDIDATES: Final = 50  # more mentions of an introduction than that, and nobody means a heading


def overrun(text: str, registry: str | None = None) -> Overrun | None:
    """Find where `text` leaves the abstract; None where it does not, or where that is not certain.

    `registry` is the abstract the registration agency has, as text. Where `text` begins with the whole of it, its end
    decides, and headings are looked for behind it alone: the registry's own abstract may hold one.
    """
    end = _end_of(registry, text) if registry else None
    if end is not None and _runs_on(text[end:]):
        return _cut(text, end, "registry")
    # Behind the end there may be keywords, rights, another language, and then the heading.
    for heading in islice(_HEADING.finditer(text, end or 0), _CANDIDATES):
        start = _start_of_section(text, heading)
        if start is not None:
            return _cut(text, start, "heading")
    return None


def completed(text: str, registry: str) -> bool:
    """Tell whether `text` breaks off, and the registry's abstract begins like it and goes on.

    It breaks off where it ends in dots, or without the end of a sentence where the registry's sentence goes on.
    """
    dots = _DOTS.search(text[-20:])
    if not dots and _ENDS.search(text[-20:]):
        return False
    wanted = squeezed(_LEADING_LABEL.sub("", text[:-20] + _DOTS.sub("", text[-20:]), count=1))
    label = _LEADING_LABEL.match(registry)
    offset = label.end() if label else 0
    folded = squeezed(registry[offset:])
    last = _last_letter(wanted, folded)
    if last is None or last >= len(folded):
        return False
    return bool(dots) or registry[position_after(registry, last, offset)] not in ".!?。！？"


def _last_letter(wanted: str, folded: str) -> int | None:
    """Return where in `folded` the letters of `wanted`, which it begins with, are at an end; None where it does not.

    Where the two differ within (a formula, a typing error), beginning and end decide.
    """
    if len(wanted) < _ANCHOR:
        return None
    if folded.startswith(wanted):
        return len(wanted)
    if len(wanted) < _SHORTEST_REGISTRY or not folded.startswith(wanted[:_ANCHOR]):
        return None
    found = folded.find(wanted[-_ANCHOR:], len(wanted) * 4 // 5 - _ANCHOR, len(wanted) * 6 // 5 + _ANCHOR)
    return None if found < 0 else found + _ANCHOR


def _cut(text: str, position: int, how: Literal["heading", "registry"]) -> Overrun:
    abstract = text[:position].rstrip()
    return Overrun(abstract, text[len(abstract) :], how)


def _start_of_section(text: str, heading: re.Match[str]) -> int | None:
    """Return where the section begins that `heading` opens, its number included; None where it opens none."""
    before = text[max(0, heading.start() - 40) : heading.start()]
    adjective = _ADJECTIVE.search(before)
    if adjective:
        before = before[: adjective.start()]
    number = _NUMBER.search(before)
    number_length = len(number[0].lstrip()) if number else 0
    start = heading.start() - (len(adjective[0]) if adjective else 0) - number_length
    tail = _TAIL.match(text, heading.end())
    body = tail.end() if tail else heading.end()
    if start < _SHORTEST_ABSTRACT or not _is_body(text, heading, body, is_numbered=bool(number)):
        return None
    fits = _opens_numbered if number else _opens_unnumbered
    return start if fits(text, start, heading, body) else None


def _is_body(text: str, heading: re.Match[str], body: int, *, is_numbered: bool) -> bool:
    """Tell whether prose begins at `body`: a capital, then lower case, or anything at all below a heading of its own.

    A numbered heading may say what it introduces: "1. Introduction to leeches", "1. Introduction: the leech".
    """
    follows = text[body : body + 60]
    between = text[heading.end() : body]
    if not between and not _is_cjk(heading[0]):
        # Glued: "IntroductionBreast" is a lost line end, "Introductions" and "INTRODUCTIONS" are words.
        glued = follows.split(maxsplit=1)[0] if follows else ""
        if not glued[:1].isupper() or not glued[1:2].islower():
            return False
    if not any(char.islower() or _is_cjk(char) for char in follows):
        return False
    first = follows.lstrip("\"'“‘«([")[:1]
    if first.isdigit():
        return follows[:3] in ("1.1", "I.1", "1.0")
    if is_numbered and (follows.startswith("to ") or ":" in between or "—" in between or "–" in between):
        return True
    return not first.islower() or "\n" in between


def _is_cjk(text: str) -> bool:
    return text[:1] >= "\u3040"


def _opens_numbered(text: str, start: int, heading: re.Match[str], body: int) -> bool:
    before = text[max(0, start - 400) : start]
    if _ABBREVIATION.search(before):
        return False
    if not (
        _SENTENCE_END.search(before[-60:]) or _on_its_own_line(text, start, body) or _LIST_BEFORE.search(before)
    ):
        return False
    opening = text[start : heading.start()]
    if opening.startswith("(") and "(2)" in text[body : body + 2 * _SECTION]:
        return False  # "(1) Background: ...; (2) Methods: ..." is a structured abstract
    return not (_is_contents(text, body) or _is_structured(text, heading, body))


def _opens_unnumbered(text: str, start: int, heading: re.Match[str], body: int) -> bool:
    """Judge "Introduction" without a number: only after a list of keywords, or between two stretches of prose."""
    if key(heading[0]) not in _UNNUMBERED:
        return False
    before = text[max(0, start - 400) : start]
    if _is_structured(text, heading, body):
        return False
    if _LIST_BEFORE.search(before):
        return True
    prose = min(start, len(text) - body) >= _SHORTEST_PROSE
    return prose and bool(_SENTENCE_END.search(before[-60:])) and not _names_section(text, body)


def _names_section(text: str, body: int) -> bool:
    """Tell whether labels of a structured abstract follow, with or without colon; those before it are of one that ended."""
    labels = list(_LABEL.finditer(text, body, body + _SECTION))
    return any(_opens_sentence(text, label) for label in labels) or len({label[0].upper() for label in labels}) > 1


def _opens_sentence(text: str, label: re.Match[str]) -> bool:
    before = text[max(0, label.start() - 6) : label.start()]
    if before.strip() and not _SENTENCE_END.search(before):
        return False
    follows = text[label.end() : label.end() + 3].lstrip()
    return follows[:1].isupper() or follows[:1] in ":.—–-"


def _on_its_own_line(text: str, start: int, body: int) -> bool:
    return text[max(0, start - 2) : start].rstrip(" \t").endswith("\n") and "\n" in text[start:body]


def _is_contents(text: str, body: int) -> bool:
    """Tell whether the next entry of a table of contents follows at once."""
    return re.search(r"(?:^|[\s.;,/–—-])(?:2|II|B)[.)]?\s+[A-Z]", text[body : body + 80]) is not None


def _is_structured(text: str, heading: re.Match[str], body: int) -> bool:
    """Tell whether the heading is the label of a structured abstract: others follow, each with its colon."""
    labels: set[str] = set()
    end = body + 2 * _SECTION
    colon = text.find(":", body, end)
    while colon >= 0:
        last = text[max(body, colon - 20) : colon].split()[-1:]
        labels.update(word.upper() for word in last if word.upper() in _LABEL_WORDS)
        colon = text.find(":", colon + 1, end)
    if len(labels) >= (1 if ":" in text[heading.end() : body] else 2):
        return True
    # "1. Background ... 2. Aims ... 3. Methods ...": an article counts its sections in the same way, but begins otherwise.
    return key(heading[0]) not in _UNNUMBERED and len(set(_COUNTED.findall(text, body, end))) > 1


def _end_of(registry: str, text: str) -> int | None:
    """Return the position in `text` after the last character of the registry's abstract; None where it does not begin so.

    Compared are letters and digits only. Where the two differ within (a formula, a typing error), beginning and end decide.
    """
    wanted = squeezed(_LEADING_LABEL.sub("", registry, count=1))
    if len(wanted) < _SHORTEST_REGISTRY or registry.rstrip(" \n\t\"'”’)").endswith(("...", "…", ",", ";")):
        return None
    label = _LEADING_LABEL.match(text)
    offset = label.end() if label else 0
    folded = squeezed(text[offset : offset + 3 * len(registry) + 400])
    last = _last_letter(wanted, folded)
    if last is None:
        return None
    if last == len(folded):
        return len(text)
    end = position_after(text, last, offset)
    if text[end : end + 1].isalnum() and not _ENDS.search(registry[-20:]):
        return None  # the registry's own is cut off, within a word
    closing = _CLOSING.search(registry)
    if closing and closing[0] and text.startswith(closing[0], end):
        return end + len(closing[0])
    closers = _CLOSERS.match(text, end)
    return closers.end() if closers else end


def _runs_on(rest: str) -> bool:
    """Tell whether `rest` is body text, not a short remark, another language's abstract or a further labelled section."""
    if len(squeezed(rest[:400])) < _ANCHOR or _OTHER_VERSION.match(rest):
        return False
    label = _LABEL.match(rest.lstrip())
    return label is None or not _opens_sentence(rest.lstrip(), label)

"""TTL, TXT, ABS: titles, texts and abstracts that are provably broken."""

from __future__ import annotations

from typing import Final

from enrich.lint.rule import Example, Rule, record

_TITLE: Final = "Molecular Structure of Nucleic Acids"
_ABSTRACT: Final = (
    "We propose a structure for the salt of a nucleic acid. It has two chains coiled round one axis, held"
    " together by pairs of bases."
)
_BODY: Final = (
    " 1. Introduction The first structure that was proposed had three chains, with the phosphates near the axis."
)

RULES: Final = (
    Rule(
        "TTL001",
        "shouting",
        "warning",
        "A title is all in capitals.",
        "Capitals cannot be undone by a style: names and acronyms in them are lost. The registry's spelling "
        "of the same letters replaces it.",
        Example(record({"T": _TITLE.upper()}), record()),
        repairs=("repair-title-shouting",),
    ),
    Rule(
        "TTL002",
        "title-debris",
        "warning",
        "Tags or entities are left in a title.",
        "They come from web pages and would be printed as they stand.",
        Example(record({"T": "Molecular Structure of &lt;i&gt;Nucleic Acids&lt;/i&gt;"}), record()),
        repairs=("repair-debris/title",),
    ),
    Rule(
        "TTL003",
        "title-truncated",
        "warning",
        "A title is cut off in a word or a phrase.",
        "Databases and forms with a limit do this. The registry's title, which begins with the same letters, "
        "replaces it.",
        Example(record({"T": "Molecular Structure of Nucl..."}), record()),
        repairs=("repair-title-truncated",),
    ),
    Rule(
        "TXT001",
        "debris",
        "warning",
        "Tags or entities are left in a text or a name.",
        "They come from web pages and would be printed as they stand.",
        Example(record({"J": "Nature &amp; Science"}), record(), registry={"container-title": "Nature & Science"}),
        repairs=("repair-debris",),
    ),
    Rule(
        "TXT002",
        "mojibake",
        "warning",
        "The encoding of a text was mistaken once: letters beyond ASCII became two or three.",
        "It can be undone without loss, and `enrich clean` does so.",
        Example(
            record({"X": "The salt was SchrÃ¶dingerâ€™s idea."}), record({"X": "The salt was Schrödinger’s idea."})
        ),
        repairs=("repair-mojibake",),
    ),
    Rule(
        "TXT003",
        "latex-debris",
        "warning",
        "LaTeX is left in a text.",
        "It would be printed as it stands by everything but TeX. The registry's text of the same letters replaces it.",
        Example(
            record({"T": r"{DNA} by Schr{\"o}dinger and others"}),
            record({"T": "DNA by Schrödinger and others"}),
            registry={"title": "DNA by Schrödinger and others"},
        ),
        repairs=("repair-latex",),
    ),
    Rule(
        "TXT004",
        "lost-blanks",
        "warning",
        "Words are glued together.",
        "Line ends were lost when the text was copied. The registry's words of the same letters replace it.",
        Example(record({"T": "Molecular Structure ofNucleicAcids"}), record()),
        repairs=("repair-lost-blanks",),
    ),
    Rule(
        "ABS001",
        "abstract-overrun",
        "warning",
        "An abstract runs on into the body of the work.",
        "It was copied with the text behind it. It is cut where a section begins or where the registry's "
        "abstract ends.",
        Example(record({"X": _ABSTRACT + _BODY}), record({"X": _ABSTRACT})),
        notes=("abstract-overrun",),
        repairs=("repair-abstract-overrun",),
    ),
    Rule(
        "ABS002",
        "abstract-truncated",
        "warning",
        "An abstract breaks off in a sentence.",
        "It was cut by a limit. The registry's abstract, which begins with the same words, replaces it.",
        Example(
            record({"X": _ABSTRACT[:100] + "..."}), record({"X": _ABSTRACT}), registry={"abstract": _ABSTRACT}
        ),
        repairs=("repair-abstract-truncated",),
    ),
)

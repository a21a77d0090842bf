"""Abstracts that run on into the body: how many are found, where they are cut, and how many others are cut by mistake.

    python benchmarks/overrun.py [--count 6000] [--seed 3] [--examples 5]

Real abstracts of the folder that ENRICH_TEST_DATA names (composed ones where it names none) are joined to bodies made of
other abstracts, by every kind of heading, list and line that publishers put between the two, with and without the
registry's own abstract at hand, blanks kept, lost or all on one line. What is cut must be cut exactly where the heading
begins, or where the registry's abstract ends, and nothing of the text may be lost. For false alarms there are the
abstracts as they are, cut short, structured, with numbered lists, tables of contents, keywords and rights behind them, and
with sentences that mention an introduction.

Without the registry's abstract nothing but a heading can tell where an abstract ends; what has none is counted only with it.
Ends with 1 where fewer than 99 of 100 overruns are found, more than 0.5 of 100 others are cut, or a character is lost.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import orjson

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

Chance = random.Random

HEADINGS = {
    "numbered": (
        "1. Introduction", "1 Introduction", "1. INTRODUCTION",
        "1 INTRODUCTION", "I. INTRODUCTION", "I. Introduction",
        "I INTRODUCTION", "1) Introduction", "(1) Introduction",
        "1.0 Introduction", "1.Introduction", "1- Introduction",
        "1 - INTRODUCTION", "1 | INTRODUCTION", "1: Introduction", "§1. Introduction", "Section 1. Introduction",
        "Chapter 1. Introduction", "Chapter 1: Introduction",
        "1 . Introduction", "1.\tIntroduction", "Ⅰ. Introduction",
        "I.INTRODUCTION", "A. Introduction", "0. Introduction",
        "01 Introduction", "1. Introduction.", "1. Introduction:",
        "1. INTRODUCTION:", "1 Introduction 1.1 Background", "1. Introduction 1.1. Motivation", "1. I NTRODUCTION",
    ),
    "wider": (
        "1. Introduction and Background", "1. Background and Introduction", "1. Introduction and Motivation",
        "1. Motivation and Background", "1. Introduction and Main Results", "1. Introduction and Objectives",
        "1. Introduction and Problem Statement", "1. General Introduction", "1. Introduction and Literature Review",
        "1. Background", "1 BACKGROUND", "1. Motivation",
        "1. Overview", "1. Introductory Remarks", "1. Preliminaries",
        "1. Introduction & Aims", "1. Introduction and Related Work",
        "1. Introduction and Overview", "1. Brief Introduction",
        "1. Background and Motivation", "1. Introduction/Background", "1. Introduction (Background)",
    ),
    "foreign": (
        "1. Einleitung", "1 EINLEITUNG", "1. Einführung", "1. Introducción", "1. INTRODUCCIÓN", "1. Introdução",
        "1 INTRODUÇÃO", "1. Introduzione", "1. Inleiding",
        "1. Введение", "1. ВВЕДЕНИЕ", "1. Wprowadzenie", "1. Wstęp",
        "1. Giriş", "1. GİRİŞ", "1. Úvod", "1. Inledning", "1. Innledning", "1. Johdanto", "1. Pendahuluan",
        "1. PENDAHULUAN", "1. Bevezetés", "1 引言", "1. はじめに", "1. 서론", "1. Introducció", "1. Uvod",
        "1. Вступ", "1. Εισαγωγή", "一、引言", "1. Introducere", "1. 緒言", "1. 前言", "1. Indledning",
    ),
    "bare": (
        "Introduction", "INTRODUCTION", "Introduction:", "General introduction", "Einleitung", "INTRODUCCIÓN",
        "Introdução",
    ),
}  # fmt: skip
BETWEEN = (
    "", "", "",
    "Keywords: marsh; mud; peat", "KEYWORDS marsh, mud, peat", "Key words: marsh, mud.", "Index Terms—marsh, mud",
    "© 2019 The Authors. Published by Elsevier Ltd.",
    "© 2012 Example Press. All rights reserved.", "MSC: 05C15, 05C85",
    "PACS numbers: 03.67.-a, 42.50.Dv", "JEL classification: C1, D4", "Received 3 May 2011; accepted 7 June 2011",
    "This is an open access article under the CC BY license.", "This article is licensed under CC BY 4.0.",
    "DOI: 10.1000/182", "Mots-clés : marais, boue",
    "Palabras clave: marisma, lodo.", "Schlüsselwörter: Watt, Schlick",
    "Keywords: marsh; mud. © 2019 The Authors.",
    "Available online 7 June 2011.", "Contents 1 Introduction 2 Model 3 Data",
)  # fmt: skip
GLUES = ((" ", " "), ("\n", "\n"), ("\n\n", "\n\n"), ("  ", " "), (" ", "\n"))
UNHEADED = ("", "Background", "BACKGROUND", "Main text", "Text", "Chapter 1", "2. Methods", "Article", "Full text")
LABELS = (
    ("Introduction:", "Methods:", "Results:", "Conclusions:"),
    ("INTRODUCTION:", "METHODS:", "RESULTS:", "CONCLUSION:"),
    ("Introduction", "Methods", "Results", "Conclusions"),
    ("INTRODUCTION", "MATERIAL AND METHODS", "RESULTS", "CONCLUSION"),
    ("1. Introduction:", "2. Methods:", "3. Results:", "4. Conclusions:"),
    ("1. Background", "2. Methods", "3. Results", "4. Conclusion"),
    ("(1) Background:", "(2) Methods:", "(3) Results:", "(4) Conclusions:"),
    ("Introduction.", "Methods.", "Results.", "Discussion."),
    ("Introducción:", "Métodos:", "Resultados:", "Conclusiones:"),
    ("Introdução:", "Objetivos:", "Métodos:", "Resultados:"),
    ("Einleitung:", "Methoden:", "Ergebnisse:", "Schlussfolgerung:"),
    ("Introduction -", "Aim -", "Methods -", "Results -"),
    ("Background: Introduction", "Aims:", "Methods:", "Results:"),
    ("Introduction and aims:", "Methods:", "Results:", "Conclusion:"),
    ("Introduction Objectives", "Method", "Results", "Conclusion"),
    ("Introduction/Purpose:", "Methods:", "Results:", "Conclusions:"),
)  # fmt: skip
MENTIONS = (
    "Introduction of the drug led to fewer cases.",
    "The model is described in Section 1. Introduction of errors is rare.",
    "1. Introductions of alien species are frequent. 2. They are counted here.",
    "See Sect. 1. Introduction of terms follows.",
    "The chapters are: 1. Introduction; 2. Methods; 3. Results; 4. Outlook.",
    "Contents: 1. Introduction 2. Anatomy 3. Diet",
    "Part I. Introduction. Part II. Anatomy. Part III. Diet.",
    "We offer (1) an introduction, (2) a survey, (3) a proof.",
    "Background Correction was applied to all images.", "The first part, the Introduction, is for laymen.",
    "Introduction to Leeches is a classic of the field.", "Its introduction in 1999 was a failure.",
    "Our aims: 1. Introduce the method. 2. Apply it. 3. Discuss.",
    "There are three factors: 1. Background noise. 2. Dust. 3. Heat.",
    "Keywords: introduction, background, overview", "An Introduction and an Epilogue frame the essays.",
)  # fmt: skip


class Case(NamedTuple):
    """A text, the registry's abstract if there is one, and where it may be cut: empty for nowhere."""

    kind: str
    text: str
    registry: str | None
    ends: frozenset[int]


def abstracts(folder: Path | None, seed: int) -> list[str]:
    """Return abstracts as the program reads them, in an order that hangs on the seed."""
    from laws.dirty import ABSTRACT
    from standin.direct import NOW
    from standin.works import real

    from enrich import agencies

    found: set[str] = set()
    for agency, messages in zip(("crossref", "datacite"), real(folder) if folder else ({}, {}), strict=True):
        for doi, message in messages.items():
            record = agencies.read(agency, orjson.dumps({"doi": doi, **message}), doi=doi, retrieved_at=NOW)
            found.add((record.work.abstract or "").strip())
    chance = random.Random(seed)
    texts = sorted(text for text in found if 200 <= len(text) <= 6000)
    texts = texts or [_composed(chance) for _ in range(300)] + [ABSTRACT]
    chance.shuffle(texts)
    return texts


def _composed(chance: Chance) -> str:
    """Return sentences about nothing."""
    from standin.works import composed

    titles = [message["title"][0] for message in composed(5, chance.randint(1, 10**6)).values()]
    verbs = ("We studied {} at nine sites.", "Little is known of {}.", "It was found that {} matters (p < 0.05).")
    return " ".join(chance.choice(verbs).format(title.lower()) for title in titles)


def _prose(chance: Chance, texts: list[str]) -> str:
    """Return a body: sentences of other abstracts, without their labels and introductions."""
    whole = " ".join(chance.sample(texts, min(3, len(texts))))
    sentences = re.split(r"(?<=[.!?])\s+", whole)
    plain = [
        each for each in sentences if re.match(r"[A-Z][a-z]+ [a-z]", each) and not re.search(r"ntroduc|:", each)
    ]
    return (
        " ".join(plain[:30]) or "Marshes are among the most productive ecosystems on earth. They were drained." * 4
    )


def _ended(text: str) -> str:
    """Return an abstract that ends as abstracts do."""
    text = text.rstrip(" \n,;:-…").removesuffix("...")
    return text if text[-1:] in ".!?。" else f"{text}."


def overruns(chance: Chance, texts: list[str], count: int) -> list[Case]:
    """Return abstracts that run on."""
    found = []
    for number in range(count):
        abstract, body = _ended(chance.choice(texts)), _prose(chance, texts)
        before, after = chance.choice(GLUES)
        with_registry = number % 3 == 0
        if with_registry and number % 2:
            kind, heading, between = "no heading", chance.choice(UNHEADED), ""
        else:
            kind = chance.choice(("numbered", "numbered", "wider", "foreign", "bare"))
            heading, between = chance.choice(HEADINGS[kind]), chance.choice(BETWEEN)
        shape = chance.choice(("plain", "plain", "flat", "glued"))
        if shape == "glued" and kind != "no heading" and not between and abstract[-2].isalpha():
            before, after = "", chance.choice(("", " "))  # "... outcome.1. IntroductionMarshes are ..."
        middle = f"{chance.choice((' ', chr(10)))}{between}" if between else ""
        text = f"{abstract}{middle}{before}{heading}{after}{body}"
        start = len(abstract) + len(middle) + len(before)
        if shape == "flat":
            text, start, abstract = (
                " ".join(text.split()),
                len(" ".join(text[:start].split())) + bool(before),
                " ".join(abstract.split()),
            )
        ends = {start, len(text[:start].rstrip())} if kind != "no heading" else set()
        if with_registry:
            ends |= {len(abstract)}
            if kind == "no heading":
                ends |= {start, len(text[:start].rstrip())}
        name = f"{kind}{', with registry' if with_registry else ''}"
        found.append(Case(name, text, abstract if with_registry else None, frozenset(ends)))
    return found


def others(chance: Chance, texts: list[str], count: int) -> list[Case]:
    """Return abstracts that do not run on."""
    found = []
    for number in range(count):
        abstract = _ended(chance.choice(texts))
        sentences = re.split(r"(?<=[.!?])\s+", abstract)
        registry = chance.choice((None, None, abstract, _ended(chance.choice(texts))))
        kind = ("as it is", "structured", "mention", "cut short", "with a list")[number % 5]
        text = abstract
        if kind == "structured":
            labels = chance.choice(LABELS)
            blank = chance.choice((" ", " ", "\n"))
            size = max(1, len(sentences) // 4)
            cuts = [
                sentences[size * place : size * (place + 1) if place < 3 else None] or ["It was so."]
                for place in range(4)
            ]
            text = blank.join(f"{label} {' '.join(part)}" for label, part in zip(labels, cuts, strict=True))
            registry = chance.choice((None, text))
        elif kind == "mention":
            place = chance.randint(1, len(sentences))
            text = " ".join([*sentences[:place], chance.choice(MENTIONS), *sentences[place:]])
            registry = chance.choice((None, text))
        elif kind == "cut short":
            text = abstract[: chance.randint(len(abstract) // 2, len(abstract))]
        elif kind == "with a list":
            text = f"{abstract} {chance.choice([each for each in BETWEEN if each])}"
        found.append(Case(kind, text, registry, frozenset()))
    return found


def main() -> int:
    """Compose, cut and count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--examples", type=int, default=0)
    arguments = parser.parse_args()
    from enrich.text.abstract import overrun

    folder = os.environ.get("ENRICH_TEST_DATA")
    texts = abstracts(Path(folder) if folder else None, arguments.seed)
    # What the registry itself lets run on is no abstract to compose with; that it is cut is counted by `restore.py`.
    clean = [text for text in texts if overrun(text) is None]
    print(f"{len(texts):,} abstracts; in {len(texts) - len(clean)} the registry's own is found to run on")
    chance = random.Random(arguments.seed)
    fates: dict[str, Counter[str]] = {}
    lost = 0
    begun = time.process_time()
    cases = overruns(chance, clean, arguments.count) + others(chance, clean, arguments.count)
    for case in cases:
        found = overrun(case.text, case.registry)
        lost += found is not None and found.abstract + found.rest != case.text
        if case.ends:
            fate = "missed" if found is None else "found" if len(found.abstract) in case.ends else "elsewhere"
        else:
            fate = "left" if found is None else "cut"
        counts = fates.setdefault(case.kind, Counter())
        counts[fate] += 1
        if fate in {"missed", "elsewhere", "cut"} and counts[fate] <= arguments.examples:
            at = min(case.ends, default=0) or len(found.abstract if found else "")
            print(f"  {fate} ({case.kind}): ...{case.text[max(0, at - 60) : at + 70]!r}")
            if fate == "elsewhere" and found:
                print(f"      cut before {found.rest[:60]!r}")
    spent = time.process_time() - begun
    for kind, counts in fates.items():
        print(f"  {kind:28} {', '.join(f'{fate} {number}' for fate, number in counts.most_common())}")
    whole = sum(fates.values(), Counter())
    recall = whole["found"] / max(1, whole["found"] + whole["missed"] + whole["elsewhere"])
    alarms = whole["cut"] / max(1, whole["cut"] + whole["left"])
    print(f"recall {recall:.2%}, false alarms {alarms:.2%}, texts of which something is lost {lost}")
    print(f"{spent / len(cases) * 1e6:.0f} microseconds each, composing included")
    return 1 if recall < 0.99 or alarms > 0.005 or lost else 0


if __name__ == "__main__":
    sys.exit(main())

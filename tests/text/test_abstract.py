"""Abstracts that run on into the body."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.text.abstract import overrun

# Composed for these tests.
ABSTRACTS = [
    (
        "Tidal marshes store carbon. We measured accretion at nine sites over four years and compared it with sea level. "
        "Rates were highest where sediment was plentiful, and lowest in ditched marshes (P < 0.05)."
    ),
    (
        "The spread of errors in citation networks is not well understood. Here we follow 12 errors through 3,400 papers. "
        "Most errors are copied, few are corrected. Is there a remedy? We think there is [12]."
    ),
    (
        "Background noise limits small detectors. In section 2.1 of this report we derive a bound on the noise. The bound "
        "holds for all temperatures from 0.1 to 4.2 K. © 2012 Example Press Ltd. All rights reserved."
    ),
    (
        "We describe two new species from the island of Nowhere. Both differ from A. exampli in the shape of the shell. A "
        "key to the species is given. Keywords: taxonomy; shells; Nowhere"
    ),
]
BODIES = [
    (
        "Marshes are among the most productive ecosystems on earth [1]. They have been drained for centuries, and many were "
        "lost before anybody measured them. Recent work (Roe et al., 2010) suggests that restoration may reverse the trend."
    ),
    (
        "It has long been known that citations contain errors. Simkin and others counted them. In what follows we ask where "
        "they come from, how they travel, and what could stop them; our methods are described in detail below."
    ),
    (
        '"No detector is quiet", wrote an early author. The noise of a resistor depends on its temperature, as was shown '
        "nearly a century ago. Since then, much effort went into cooling, and the results were good."
    ),
]
NUMBERED = [
    "1. Introduction", "1 Introduction", "1. INTRODUCTION", "1 INTRODUCTION", "I. INTRODUCTION", "I. Introduction",
    "1) Introduction", "(1) Introduction", "1.0 Introduction", "1.Introduction", "1. Introduction.", "1. Introduction:",
    "1 | INTRODUCTION", "1 – Introduction", "1 - INTRODUCTION", "Section 1. Introduction", "Section 1: Introduction",
    "§1 Introduction", "§ 1. Introduction", "A. Introduction", "0. Introduction", "0 Introduction", "1. Background",
    "1 BACKGROUND", "I. Background", "1. General Introduction", "1. Introduction and Background", "1. Overview",
    "1. Introduction and literature review", "1. Motivation", "1. Einleitung", "1 EINFÜHRUNG", "1. Introducción",
    "1. INTRODUÇÃO", "1. Введение", "1. Wprowadzenie", "I. I NTRODUCTION", "1. Introduction 1.1. Context",
    "1. Introduction & Motivation", "Chapter 1. Introduction", "1: Introduction", "1. Inleiding", "1. Introduzione",
    "1. General introduction", "1. GİRİŞ", "1. Introduction to leeches", "1. Introduction: the leech", "一、引言", "1 引言",
    "1. Introduction — the leech", "1．Introduction", "1.1. Introduction", "1 ∣ INTRODUCTION", "I INTRODUCTION",
    "Ⅰ. Introduction", "01 Introduction", "1. Introduction/Background", "1. Introduction (Background)",
    "1. Background and Introduction", "1. Introductory Remarks", "1. Introducció",
]  # fmt: skip
UNNUMBERED = [
    "Introduction", "INTRODUCTION", "Einleitung", "INTRODUCCIÓN", "Introduction:", "INTRODUCTION.", "General introduction",
]  # fmt: skip
# What stands between an abstract and the body, and ends no sentence.
BETWEEN = [
    "Keywords: marsh; mud; peat", "KEYWORDS marsh, mud", "Index Terms—marsh, mud, peat", "© 2012 Example Press Ltd",
    "PACS numbers: 03.67.-a, 42.50.Dv", "MSC: 05C15, 05C85", "JEL classification: C1, D4", "Mots-clés : marais, boue",
    "DOI: 10.1000/182", "Received 3 May 2011; accepted 7 June 2011",
]  # fmt: skip
BLANKS = [(" ", " "), ("\n", "\n"), ("\n\n", "\n\n"), ("  ", " "), (" ", "\n")]


def composed():
    """Yield text, abstract and rest for every style of heading between abstracts and bodies."""
    for heading, (before, after), abstract, body in itertools.product(NUMBERED, BLANKS, ABSTRACTS, BODIES):
        yield abstract, before, f"{heading}{after}{body}"
    for heading, (before, after), body in itertools.product(UNNUMBERED, BLANKS, BODIES):
        for abstract in (ABSTRACTS[0], ABSTRACTS[3]):
            yield abstract, before, f"{heading}{after}{body}"


def test_overruns_are_found_in_all_styles_of_heading():
    """Law: at least 99 of 100 overruns are found, each cut exactly before the heading, nothing lost."""
    cases = list(composed())
    missed = []
    for abstract, blank, rest in cases:
        found = overrun(abstract + blank + rest)
        if found is None or (found.abstract, found.rest, found.how) != (abstract, blank + rest, "heading"):
            missed.append((rest[:30], found and found.rest[:30]))
    assert len(missed) <= len(cases) / 100, missed[:20]


@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize("heading", ["1. Introduction", "I. INTRODUCTION", "Introduction"])
def test_what_stands_before_the_heading_stays_with_the_abstract(heading, between):
    """Law: keywords, rights, codes and dates between an abstract and the heading are neither in the way nor cut off."""
    found = overrun(f"{ABSTRACTS[0]} {between} {heading} {BODIES[0]}")
    assert found is not None
    assert found.abstract == f"{ABSTRACTS[0]} {between}"


@pytest.mark.parametrize("heading", ["1. Introduction", "1 INTRODUCTION", "I. Introduction"])
def test_a_heading_may_have_lost_its_blanks(heading):
    """Law: "outcome.1. IntroductionMarshes" is a heading that lost its line ends."""
    found = overrun(f"{ABSTRACTS[0].replace(' (P < 0.05)', '')}{heading}{BODIES[0]}")
    assert found is not None
    assert found.rest.startswith(heading)


NO_OVERRUN = [
    "The use of leeches is limited. Introduction of the drug led to fewer cases, and the hospital closed its pond.",
    "We discuss in Section 1. Introduction of new species is treated later, and the model is given in an appendix.",
    "The reader may skip, if pressed for time, Sect. 1. Introduction The rest of the report is independent of it.",
    "Introduction: Leeches are old. Methods: We asked 12 leeches. Results: They were hungry. Conclusions: Feed them.",
    "INTRODUCTION The leech is old. METHODS We asked 12 leeches. RESULTS They were hungry. CONCLUSIONS Feed them well.",
    "Abstract. Introduction: Leeches are old and wise. Methods: We asked 12. Results: They were hungry. Conclusions: No.",
    "(1) Background: Leeches are old. (2) Methods: We asked 12 leeches. (3) Results: They were hungry. (4) Conclusions.",
    "Abstract: The study of leeches. (1) Background: Leeches are old; (2) Methods: We asked 12 leeches; (3) Results: no.",
    "1. Background: Leeches are old. 2. Methods: We asked 12 leeches. 3. Results: They were hungry. 4. Conclusion: no.",
    "A book about leeches in nine chapters by nine authors. 1. Introduction 2. Anatomy 3. Diet 4. Leeches in the law.",
    "A book about leeches in nine chapters. Contents: I. Introduction. II. Anatomy. III. Diet. IV. Leeches in the law.",
    "A book about leeches, for everybody who has one. Part I. Introduction Part II. Anatomy Part III. Diet and disease.",
    "1. Introductions of alien leeches are frequent. 2. We counted them in 40 ponds. 3. Introduction effort mattered.",
    "We counted 40 ponds in three provinces. 1. Introduction effort mattered. 2. Climate did not. 3. Ducks did, much.",
    "Background levels of mercury were low in all ponds. Background Correction was therefore not applied to the data.",
    "Keywords are given for the reader. Introduction of a leech into a pond is a crime in many countries of the world.",
    "We begin with an introduction. Overview and motivation follow. The notation is standard and needs no introduction.",
    "Introduction Leeches are old animals, and wise, and there are many in the ponds of Nowhere and in its rivers, too.",
    "We dyed wool with a reactive dye (C.I. Introduction Red 7) at three temperatures, and none of it faded in the sun.",
    "Leeches are asked here for the first time. 1. Background They are old. 2. Methods We asked 12. 3. Results None spoke.",
    "",
    "Introduction",
    "1. Introduction",
]


@pytest.mark.parametrize("text", NO_OVERRUN)
def test_mentions_labels_and_contents_are_no_headings(text):
    """Law: an introduction that is spoken of, labels a part of the abstract, or stands in a list of contents, is no cut."""
    assert overrun(text) is None


@pytest.mark.parametrize("between", [*BETWEEN, "This is an open access article.", "Contents 1 Introduction 2 Mud"])
def test_a_heading_is_found_behind_what_follows_the_registrys_abstract(between):
    """Law: keywords, rights and contents between the registry's abstract and a heading do not hide the heading."""
    found = overrun(f"{ABSTRACTS[0]} {between} 1. Introduction {BODIES[0]}", ABSTRACTS[0])
    assert found is not None
    assert found.abstract in {ABSTRACTS[0], f"{ABSTRACTS[0]} {between}"}
    assert overrun(f"{ABSTRACTS[0]} {between}", ABSTRACTS[0]) is None


def test_clean_abstracts_stay():
    """Law: an abstract without body is left alone, also beside the registry's own."""
    for abstract in ABSTRACTS:
        assert overrun(abstract) is None
        assert overrun(abstract, abstract) is None


REGISTRY = " ".join(ABSTRACTS[0].split()[:-3]).rstrip(",") + "."
VARIATIONS = [
    str, str.upper, lambda text: text.replace(". ", ".\n\n"), lambda text: f"Abstract {text}",
    lambda text: text.replace("nine sites", "9 sites"), lambda text: text.replace(" ", "  "),
]  # fmt: skip


@pytest.mark.parametrize("vary", VARIATIONS)
def test_the_registry_s_abstract_ends_the_local_one(vary):
    """Law: where the text begins with the registry's abstract, it is cut at that end, however blanks and case differ."""
    text = f"{vary(REGISTRY)} {BODIES[0]}"
    found = overrun(text, REGISTRY)
    assert found is not None
    assert (found.how, found.rest) == ("registry", f" {BODIES[0]}")


@pytest.mark.parametrize("end", [" of 9.5%.", " (n = 3).", " at 20 °C.", " “so far”."])
def test_signs_at_the_end_belong_to_the_abstract(end):
    """Law: the signs behind the abstract's last letter stay with it, whatever they are."""
    registry = REGISTRY[:-1] + end
    found = overrun(f"{registry} {BODIES[0]}", registry)
    assert found is not None
    assert found.abstract == registry


@pytest.mark.parametrize(
    "rest",
    ["", " © 2012 Example Press.", " Keywords: marsh; mud; carbon; peat; sediment; accretion; Nowhere; wetlands",
     " Résumé Les marais stockent du carbone. Nous avons mesuré neuf sites pendant quatre ans, avec soin et patience.",
     " Methods: We measured nine sites. Results: All were muddy, and some of them were muddier than the others."],
)  # fmt: skip
def test_what_follows_an_abstract_need_not_be_the_body(rest):
    """Law: a remark, another language or a further section of the abstract is not cut off."""
    assert overrun(REGISTRY + rest, REGISTRY) is None


def test_a_registry_s_abstract_that_is_cut_off_measures_nothing():
    """Law: a registry's abstract that ends in dots, or is very short, is no proof of where the abstract ends."""
    assert overrun(f"{REGISTRY} {BODIES[0]}", f"{REGISTRY[:-1]}...") is None
    assert overrun(f"Marshes store carbon. {BODIES[0]}", "Marshes store carbon.") is None


@given(st.text(), st.one_of(st.none(), st.text()))
def test_nothing_is_lost(text, registry):
    """Law: abstract and rest join to the text."""
    pieces = [text, ABSTRACTS[0], " 1. Introduction ", text, BODIES[0]]
    for whole in (text, "".join(pieces)):
        found = overrun(whole, registry)
        if found:
            assert found.abstract + found.rest == whole
            assert found.abstract == found.abstract.rstrip()
            assert overrun(found.abstract, registry) is None


@pytest.mark.parametrize(
    "piece", ["Introduction ", ". 1. Introduction A: b ", "1.", "§ ", ". ", "[1, ", "Keywords ", "a"]
)
def test_hostile_texts_take_linear_time(piece):
    """Law: half a million letters made to confuse are read through."""
    overrun(piece * (500_000 // len(piece)), "a" * 100_000)


def registered_abstracts(folder):
    """Yield the abstracts of registries as plain text."""
    for name in ("crossref.jsonl", "datacite.jsonl"):
        for line in (folder / name).read_text("utf-8").splitlines():
            row = json.loads(line)
            found = [(row.get("message") or {}).get("abstract")]
            attributes = (row.get("data") or {}).get("attributes") or row.get("attributes") or {}
            found += [each.get("description") for each in attributes.get("descriptions") or ()]
            for markup in filter(None, found):
                yield " ".join(unescape(re.sub(r"<[^>]*>", " ", markup)).split())


SENTENCE = re.compile(r"(?<=[.!?]) ")
LABELS = [
    ("Background:", "Methods:", "Results:", "Conclusions:"), ("INTRODUCTION:", "METHODS:", "RESULTS:", "CONCLUSION:"),
    ("Introduction.", "Methods.", "Results.", "Conclusions."),
    ("Introduction", "Material and Methods", "Results", "Conclusion"),
    ("INTRODUCTION", "OBJECTIVE", "RESULTS", "CONCLUSION"), ("Introduction –", "Aim –", "Methods –", "Results –"),
    ("(1) Background:", "(2) Methods:", "(3) Results:", "(4) Conclusions:"),
    ("1. Background", "2. Aims", "3. Methods", "4. Results"),
    ("1. Introduction:", "2. Methods:", "3. Results:", "4. Conclusions:"),
    ("Introducción:", "Objetivo:", "Métodos:", "Resultados:"),
    ("Introduction and Aims:", "Design and Methods:", "Results:", "Discussion:"),
    ("Introdução\n", "Métodos\n", "Resultados\n", "Conclusões\n"),
]  # fmt: skip


def structured(texts):
    """Yield real abstracts as structured ones: in four parts with labels, after "Abstract", after a first sentence."""
    for text, labels in itertools.product(texts, LABELS):
        sentences = SENTENCE.split(text)
        if len(sentences) > 4:
            size = len(sentences) // 4
            parts = [
                sentences[:size],
                sentences[size : 2 * size],
                sentences[2 * size : 3 * size],
                sentences[3 * size :],
            ]
            whole = " ".join(f"{label} {' '.join(part)}" for label, part in zip(labels, parts, strict=True))
            yield from (whole, f"Abstract {whole}", f"{sentences[0]} {whole}")


def test_structured_abstracts_are_left_alone(real_data):
    """Law: fewer than one of 200 real abstracts is cut whose parts carry labels, in whatever way they are written."""
    texts = list(structured(registered_abstracts(real_data)))
    alarms = [found.rest[:60] for text in texts for found in [overrun(text)] if found]
    assert len(texts) > 5000
    assert len(alarms) <= len(texts) / 200, alarms[:20]


def test_false_alarms_on_real_abstracts(real_data):
    """Law: fewer than one of 200 real abstracts is cut that runs on nowhere."""
    abstracts = list(registered_abstracts(real_data))
    alarms = [found.rest[:60] for text in abstracts for found in [overrun(text), overrun(text, text)] if found]
    assert len(alarms) <= len(abstracts) / 200, alarms


def test_real_abstracts_that_are_made_to_run_on(real_data):
    """Law: real abstracts with a body behind them are cut where they end, 99 of 100."""
    abstracts = [text for text in registered_abstracts(real_data) if len(text) >= 200 and text.endswith(".")]
    missed = 0
    for text, heading, body in zip(abstracts, itertools.cycle(NUMBERED), itertools.cycle(BODIES), strict=False):
        found = overrun(f"{text} {heading} {body}")
        missed += found is None or found.rest != f" {heading} {body}"
    assert len(abstracts) > 100
    assert missed <= len(abstracts) / 100


def test_real_bodies_and_all_ways_of_heading(real_data):
    """Law: of real abstracts with other real texts behind them, 99 of 100 are cut where they end, by either rule."""
    texts = [
        text for text in registered_abstracts(real_data) if len(text) >= 300 and re.search(r"[^ .]{2}\.\Z", text)
    ]
    bodies = [
        text
        for text in texts
        if text[0].isupper() and not re.search(r"(?i)abstract|background|objectiv|method|result", text)
    ]
    headings = itertools.cycle([*NUMBERED, *UNNUMBERED])
    cases = [(text, body, next(headings)) for text, body in itertools.product(texts, bodies[:15])]
    missed = [
        heading
        for text, body, heading in cases
        if not ends_at(overrun(f"{text} {heading} {body}"), f"{heading} {body}")
    ]
    assert len(cases) > 5000
    assert len(missed) <= len(cases) / 100, Counter(missed)
    ways = itertools.cycle(
        [str, lambda text: f"Abstract {text}", str.upper, lambda text: text.replace(". ", ".\n")]
    )
    unseen = [text for text, body, _ in cases if not ends_at(overrun(f"{next(ways)(text)} {body}", text), body)]
    assert len(unseen) <= len(cases) / 100, unseen[:3]


def ends_at(found, rest):
    return found is not None and found.rest.strip() == rest


def test_the_sample_record(real_data):
    """Law: the sample's abstract is cut exactly before "1. Introduction"."""
    text = (real_data / "sample.enw").read_text("utf-8").partition("%X ")[2].partition(" %U")[0]
    found = overrun(text)
    assert found is not None
    assert found.abstract.endswith("improve patient outcome.")
    assert found.rest.startswith(" 1. Introduction Breast cancer")
    assert found.abstract + found.rest == text

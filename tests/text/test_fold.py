"""Comparison keys of texts, locators, venues and people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.text import locator, venue
from enrich.text.fold import is_latin, key, position_after, squeezed, words
from enrich.text.person import Person, agreement, person, plainly_same

KEYS = [
    ("L’Œuvre: Straße & Łódź—naïve", "loeuvre strasse and lodz naive"),
    ("Ærøskøbing, Đà Nẵng; İstanbul", "aeroskobing da nang istanbul"),
    ("ﬁeld x² Ⅳ", "field x2 iv"),
    ("O'Brien’s meta\u2010analysis\u00ad of CO\u200b2", "obriens meta analysis of co2"),
    ("ЁЛКА и Йога", "елка и иога"),
    ("ΕΛΛΆΣ Ελλάς", "ελλασ ελλασ"),
    ("がん", "が ん".replace("が ん", "か\u3099ん")),
    ("  _a_\t\nb ", "a b"),
    ("!?", ""),
]


@pytest.mark.parametrize(("text", "folded"), KEYS)
def test_key_leaves_what_spelling_habits_do_not_touch(text, folded):
    """Law: case, diacritics, ligatures and punctuation of Latin, Greek and Cyrillic go; marks that are letters stay."""
    assert key(text) == folded


@given(st.text(), st.text())
def test_keys_are_stable_and_local(one, other):
    """Law: a key is its own key, words join to it, and a text's key is that of its parts."""
    assert key(key(one)) == key(one)
    assert words(one) == key(one).split()
    assert key(f"{one} {other}") == f"{key(one)} {key(other)}".strip()
    assert squeezed(one + other) == squeezed(one) + squeezed(other)


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_ascii_takes_no_other_way(text):
    """Law: the short way for ASCII gives what the long one gives."""
    assert key(f"{text} é") == f"{key(text)} e".strip()


@given(st.text(min_size=1), st.integers(1, 20))
def test_position_after_counts_folded_letters(text, count):
    """Law: up to that position there are at least so many letters, or all there are; one character less has fewer."""
    end = position_after(text, count)
    assert len(squeezed(text[:end])) >= count or end == len(text)
    assert len(squeezed(text[: end - 1])) < count


def test_scripts():
    """Law: Latin is what folds to ASCII; digits alone are of every script."""
    assert is_latin("Čapek, 1920")
    assert is_latin("2020")
    assert is_latin("α-Synuclein in disease")
    assert not is_latin("Активная роль")
    assert not is_latin("地理科学进展")


NUMBERS = [
    ("007", "7"), ("0", "0"), ("Vol. 12", "12"), ("XII", "12"), ("xliv", "44"), ("12A", "12a"), ("No. 3", "3"),
    ("Volume 5", "5"), ("vi", "6"), ("civil", "civil"), ("e0123", "e123"), ("Suppl. 1", "suppl1"), ("3–4", "34"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "folded"), NUMBERS)
def test_number_key(text, folded):
    """Law: labels, leading zeros and Roman numerals do not make another volume."""
    assert locator.number_key(text) == folded


PAGES = [
    ("123-5", "123-125"), ("123–125", "123-125"), ("1--10", "1-10"), ("123 - 45", "123-145"), ("12-1", "12-1"),
    ("S123-S129", "S123-S129"), ("e12-e15", "e12-e15"), ("1999-2003", "1999-2003"), ("5-3", "5-3"), ("e89395", "e89395"),
    ("123-5, 130", "123-5, 130"), ("", ""), ("-", "-"), ("99-100", "99-100"), ("1099-101", "1099-1101"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "whole"), PAGES)
def test_expanded_page_ranges(text, whole):
    """Law: a range that rises when written out is written out; everything else stays as it is."""
    assert locator.expanded(text) == whole
    assert locator.expanded(whole) == whole


def test_first_pages():
    """Law: however pages are written, a range begins on one."""
    spellings = ("123-129", "123–9", "pp. 123-129", "p. 123", "123", "0123--0129", "123, 125")
    assert {locator.first_page(text) for text in spellings} == {"123"}
    assert locator.page_key("pp. 123–9") == locator.page_key("123-129")
    assert locator.is_range("1-10")
    assert not locator.is_range("e89395")


VENUES = [
    ("J. Clin. Oncol.", "Journal of Clinical Oncology"),
    ("N Engl J Med", "The New England Journal of Medicine"),
    ("Proc Natl Acad Sci U S A", "Proceedings of the National Academy of Sciences"),
    ("PNAS", "Proceedings of the National Academy of Sciences"),
    ("JAMA", "JAMA: The Journal of the American Medical Association"),
    ("Acta Crystallogr D", "Acta Crystallographica Section D Biological Crystallography"),
    ("PLOS ONE", "PLoS ONE"),
    ("Zeitschrift fuer Physik", "Zeitschrift für Physik"),
]


@pytest.mark.parametrize(("short", "full"), VENUES)
def test_abbreviated_venues_agree(short, full):
    """Law: an abbreviation agrees with what it abbreviates, either way round."""
    assert venue.agreement(short, full) >= 0.9
    assert venue.agreement(full, short) >= 0.9


@pytest.mark.parametrize(
    ("one", "other"),
    [("Nature", "Nature Genetics"), ("Phys. Rev. A", "Physical Review B"), ("Science", "Nature"), ("Cell", "Cells"),
     ("Journal of Botany", "Journal of Biology"), ("", "Nature"), ("The", "Of")],
)  # fmt: skip
def test_other_venues_do_not_agree(one, other):
    """Law: journals with a word in common, or a section apart, are two journals."""
    assert venue.agreement(one, other) < 0.9


def named(text: str) -> Person:
    """Read "Family/Given" or a name in one field."""
    family, _, given = text.partition("/")
    return person(family, given) if given else person(None, None, text)


ONE_PERSON = [
    ("Khamis ZI", "Khamis/Zahraa I."),
    ("Z.I. KHAMIS", "Khamis/Zahraa I."),
    ("Zahraa I. Khamis", "KHAMIS/Z"),
    ("Light/A. Roger", "A Light/Roger"),
    ("van der Aa/W.", "Der Aa/Wil"),
    ("Horst/Allison M.", "M. Horst/Allison"),
    ("Müller/Hans", "Mueller/H."),
    ("García López/J", "García/Juan"),
    ("蔺/卿", "蔺卿"),
    ("Wei/Li", "Li/Wei"),
    ("World Health Organization", "World Health Organization (WHO)"),
    ("Ludwig van Beethoven", "Beethoven/L. van"),
    ("Polyzos", "Polyzos/Stergios"),
    ("King/Martin Luther, Jr", "King Jr/M. L."),
    ("Chris Smith", "Smith/Christopher"),
]


@pytest.mark.parametrize(("one", "other"), ONE_PERSON)
def test_spellings_of_one_person_agree(one, other):
    """Law: initials, inversion, particles, one-field names and umlauts do not make another person."""
    assert agreement(named(one), named(other)) >= 0.8
    assert agreement(named(other), named(one)) >= 0.8


@pytest.mark.parametrize(
    ("one", "other"),
    [("Smith/J.", "Smith/K."), ("Smith/John", "Smith/James"), ("Chen/Li", "Chan/Lu"), ("Smith/Jane", "Jones/Jane"),
     ("Wang/Li", "Zhang/Li"), ("Roe", "Doe")],
)  # fmt: skip
def test_two_people_do_not_agree(one, other):
    """Law: another family name, or a given name that contradicts, is another person."""
    assert agreement(named(one), named(other)) <= 0.3


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_people_agree_with_themselves_and_both_ways(family, given_name, other):
    """Law: agreement is symmetric within 0 and 1, whatever the letters, and names without letters agree with nobody."""
    one, two = person(family, given_name), person(None, None, other)
    assert agreement(one, two) == agreement(two, one)
    assert 0.0 <= agreement(one, two) <= 1.0
    if one.family:
        assert agreement(one, one) == 1.0


def test_plainly_same_needs_no_folding():
    """Law: the short way agrees only where the long one does."""
    assert plainly_same("Roe", "R.", "Roe", "Richard")
    assert plainly_same("Roe", None, "Roe", "Richard")
    assert not plainly_same("Roe", "John", "Roe", "James")
    assert not plainly_same(None, "R.", None, "R.")

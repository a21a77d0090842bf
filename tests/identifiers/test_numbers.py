"""ISSN, ISBN, ORCID iD and ROR iD: spellings in a table, and the same laws for all four."""

from __future__ import annotations

import doctest
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.errors import IdentifierError
from enrich.identifiers import doi, isbn, issn, orcid, ror

SPELLINGS = [
    (issn, "2090-3170", "20903170", "2090-3170"),
    (issn, "20903170", "20903170", "2090-3170"),
    (issn, "2090‐3170", "20903170", "2090-3170"),
    (issn, "2090–3170", "20903170", "2090-3170"),
    (issn, " ISSN: 2090-3170 (Print)", "20903170", "2090-3170"),
    (issn, "2090-3189 (Online) 2090-3170 (Print)", "20903189", "2090-3189"),
    (issn, "1234-5678, or rather 2090-3170", "20903170", "2090-3170"),
    (issn, "http://id.crossref.org/issn/2090-3170", "20903170", "2090-3170"),
    (issn, "https://portal.issn.org/resource/ISSN/2090-3170", "20903170", "2090-3170"),
    (issn, "urn:ISSN:2434-561x", "2434561X", "2434-561X"),
    (isbn, "978-0-471-11709-4", "9780471117094", "978-0-471-11709-4"),
    (isbn, "9780471117094", "9780471117094", "978-0-471-11709-4"),
    (isbn, "978 0 471 11709 4", "9780471117094", "978-0-471-11709-4"),
    (isbn, "ISBN-13: 978-0-471-11709-4 (pbk.)", "9780471117094", "978-0-471-11709-4"),
    (isbn, "ISBN 13 978-0-471-11709-4", "9780471117094", "978-0-471-11709-4"),
    (isbn, "ISBN-10: 0-471-11709-9", "0471117099", "0-471-11709-9"),
    (isbn, "0471117099", "0471117099", "0-471-11709-9"),
    (isbn, "0-8044-2957-x", "080442957X", "0-8044-2957-X"),
    (isbn, "http://id.crossref.org/isbn/9780471117094", "9780471117094", "978-0-471-11709-4"),
    (isbn, "urn:isbn:9780471117094", "9780471117094", "978-0-471-11709-4"),
    (isbn, "https://openlibrary.org/isbn/0471117099", "0471117099", "0-471-11709-9"),
    (orcid, "0000-0002-1825-0097", "0000-0002-1825-0097", "0000-0002-1825-0097"),
    (orcid, "http://orcid.org/0000-0002-1825-0097", "0000-0002-1825-0097", "0000-0002-1825-0097"),
    (orcid, "https://orcid.org/0000-0002-1694-233x", "0000-0002-1694-233X", "0000-0002-1694-233X"),
    (orcid, "orcid.org/0000000218250097", "0000-0002-1825-0097", "0000-0002-1825-0097"),
    (orcid, "ORCID iD: 0000‑0002‑1825‑0097.", "0000-0002-1825-0097", "0000-0002-1825-0097"),
    (ror, "05dxps055", "05dxps055", "05dxps055"),
    (ror, "https://ror.org/03yrm5c26", "03yrm5c26", "03yrm5c26"),
    (ror, "http://ROR.org/021NXHR62/", "021nxhr62", "021nxhr62"),
    (ror, "ROR: 018mejw64.", "018mejw64", "018mejw64"),
]
WRONG = [
    (issn, ["", "none", "1234-5678", "2090-317", "2090-31700", "12090-3170", "978-2090-3170", "٢٠٩٠-٣١٧٠"]),
    (
        isbn,
        [
            "",
            "978-0-471-11709-5",
            "978-0-471-11709",
            "0-471-11709-8",
            "97804711170944",
            "977-0-471-11709-4",
            "2090-3170",
        ],
    ),
    (
        orcid,
        [
            "",
            "0000-0002-1825-0098",
            "0000-0002-1825",
            "0000-0002-1825-00977",
            "https://orcid.org/",
            "x0000-0002-1825-0097",
        ],
    ),
    (ror, ["", "https://ror.org/", "05dxps056", "05dxps05", "05dxps0555", "15dxps055", "05dxpu055", "05dxps0٥٥"]),
]


@pytest.mark.parametrize(("scheme", "text", "compact", "shown"), SPELLINGS)
def test_spellings(scheme: ModuleType, text: str, compact: str, shown: str) -> None:
    """Every spelling gives one compact form, which validates, is shown as usual, and comes back from its address."""
    assert scheme.compact(text) == compact
    assert scheme.validate(compact) == compact
    assert scheme.compact(compact) == compact
    assert scheme.format(compact) == shown
    assert scheme.compact(scheme.to_url(compact)) == compact
    assert scheme.validate(shown) == compact


@pytest.mark.parametrize(("scheme", "text"), [(scheme, text) for scheme, texts in WRONG for text in texts])
def test_what_is_none(scheme: ModuleType, text: str) -> None:
    """A wrong check digit, a wrong length or other digits than ASCII are refused, and do not validate."""
    assert not scheme.is_valid(text)
    with pytest.raises(IdentifierError):
        scheme.compact(text)
    with pytest.raises(IdentifierError):
        scheme.validate(text)


@pytest.mark.parametrize("scheme", [doi, issn, isbn, orcid, ror])
def test_the_examples_are_true(scheme: ModuleType) -> None:
    """What the docstrings show is what happens, and every scheme has the same verbs."""
    results = doctest.testmod(scheme)
    assert results.attempted
    assert not results.failed
    assert all(callable(getattr(scheme, verb)) for verb in ("compact", "validate", "is_valid", "format", "to_url"))


@pytest.mark.parametrize("scheme", [issn, isbn, orcid, ror])
def test_words_around_do_not_validate(scheme: ModuleType) -> None:
    """Reading is lenient, validating is not: words around, addresses and small letters are no identifier."""
    for other, text, compact, _ in SPELLINGS:
        if other is scheme and text != compact and set(text) - set("0123456789X-"):
            assert not scheme.is_valid(text)


@pytest.mark.parametrize("scheme", [issn, isbn, orcid, ror])
@given(text=st.text() | st.text("0123456789xX- ‐ISBN", max_size=60))
def test_compact_validates_or_refuses(scheme: ModuleType, text: str) -> None:
    """Whatever the text, the answer is an identifier that validates and means itself, or an IdentifierError."""
    try:
        compact = scheme.compact(text)
    except IdentifierError:
        return
    assert scheme.is_valid(compact)
    assert scheme.compact(compact) == compact

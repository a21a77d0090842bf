"""Files made to hurt: refused with a word, or kept to the last byte where they cannot be read; in bounded time and memory.

Time is not measured: what is not linear in these sizes does not end within a test run.
"""

from __future__ import annotations

import tracemalloc

import pytest
from laws.specimens import SPECIMENS

from enrich import formats
from enrich.errors import FormatError
from enrich.model import Record

MANY = 10_000
LONG = "x y " * 3_000_000  # 12 MB, three times what is parsed of one record
LAUGHS = "".join(f"@string{{l{n} = l{n - 1} # l{n - 1}}}\n" for n in range(1, 60))
FIELDS = {
    "refer": "%0 Journal Article\n%T {}\n%D 2012\n\n%0 Book\n%T Next\n",
    "ris": "TY  - JOUR\nTI  - {}\nPY  - 2012\nER  - \n\nTY  - BOOK\nTI  - Next\nER  - \n",
    "nbib": "PMID- 1\nOWN - NLM\nTI  - {}\nDP  - 2012\n\nPMID- 2\nOWN - NLM\nTI  - Next\n",
    "isi": "FN Clarivate\nVR 1.0\nPT J\nAU Roe, J\nTI {}\nSO J\nER\n\nPT J\nTI Next\nER\n",
    "csl-json": '[{{"title": "{}", "volume": "1"}},\n{{"title": "Next"}}]\n',
    "bibtex": "@article{{a,\n  title = {{{}}},\n  year = 2012\n}}\n\n@book{{b,\n  title = {{Next}}\n}}\n",
    "endnote-xml": (
        "<xml><records><record><titles><title>{}</title></titles></record>"
        "<record><titles><title>Next</title></titles></record></records></xml>"
    ),
}
"""A file of two records for each format, with a place for a title."""


def records(data: bytes, name: str) -> list[Record]:
    return list(formats.FORMATS[name].read(data[at : at + (1 << 18)] for at in range(0, len(data), 1 << 18)))


def whole(found: list[Record]) -> bytes:
    return b"".join(record.source.raw for record in found if record.source)


def test_every_readable_format_is_here() -> None:
    """Whoever adds a format adds its file."""
    assert set(FIELDS) == set(SPECIMENS)


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_of_any_length_is_kept(name: str) -> None:
    """12 MB in one field: all of it is there again, the record that cannot be held is noted, the next one is read."""
    data = FIELDS[name].format(LONG).encode()
    found = records(data, name)
    assert whole(found) == data
    assert found[-1].work.title == "Next"
    assert any(record.notes for record in found[:-1]) or len(found[0].work.title or "") > 10_000_000


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize(
    "text",
    ["\x00" * 50_000, "{" * 50_000, "}" * 50_000, "{" * 50_000 + "}" * 50_000, '"' * 50_001, "\\" * 50_001, "\\{" * 50_000,
     "<i>" * 50_000, "&" * 50_000, "&amp;" * 50_000, "]]>" * 50_000, "$" * 50_001, "\\u" * 50_000, "#" * 50_000,
     "\ud800" * 1000, "[" * 50_000, "(" * 50_000, "\\emph{" * 20_000],
    ids=lambda text: repr(text[:6]),
)  # fmt: skip
def test_a_hostile_title_is_refused_or_kept(name: str, text: str) -> None:
    """NUL bytes, deep braces, quotes without end, half escapes: no byte is lost, nothing else is raised."""
    data = FIELDS[name].format(text).encode("utf-8", "surrogatepass")
    try:
        found = records(data, name)
    except FormatError as error:
        assert error.args[0]  # noqa: PT017 - a file may be refused, never without a word
        return
    assert whole(found) == data


@pytest.mark.parametrize(
    "macros",
    ["".join(f"@string{{m{n} = {{Journal {n}}}}}\n" for n in range(MANY)), '@string{l0 = "laugh"}\n' + LAUGHS,
     "".join(f"@string{{m{n} = m{n + 1}}}\n" for n in range(MANY)), "@string{m = m # m}\n" * 100],
    ids=["10,000", "doubling", "a chain", "of itself"],
)  # fmt: skip
def test_macros_do_not_explode(macros: str) -> None:
    """10,000 macros are read; some that double 60 times would be 10^18 letters: memory stays what the file's size allows."""
    data = (macros + "@article{a,\n  title = {A},\n  journal = l59,\n  note = m9999\n}\n").encode()
    tracemalloc.start()
    try:
        found = records(data, "bibtex")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert whole(found) == data
    assert found[-1].work.title == "A"
    assert peak < 60_000_000


def test_entities_are_never_declared() -> None:
    """A billion laughs, a file of the machine, a parameter entity: refused before a parser sees them."""
    nested = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    for declared in (
        f'<!ENTITY l0 "lol">{nested}',
        '<!ENTITY x SYSTEM "file:///etc/passwd">',
        "<!ENTITY % p SYSTEM 'p'> %p;",
    ):
        text = FIELDS["endnote-xml"].format("&l11;&x;")
        with pytest.raises(FormatError, match="document type"):
            records(f"<!DOCTYPE xml [{declared}]>{text}".encode(), "endnote-xml")

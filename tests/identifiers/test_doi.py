"""DOIs: two tables of spellings, and what holds of every name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from enrich.errors import IdentifierError
from enrich.identifiers import doi as names

HERE = Path(__file__).parent


def table(name: str) -> Iterator[tuple[str, str]]:
    r"""Rows of a table, with \uXXXX made the character."""
    for line in (HERE / name).read_text("utf-8").split("\n"):
        if line and not line.startswith("#"):
            text, _, expected = re.sub(r"\\u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), line).partition(
                "\t"
            )
            yield text, expected


graphic = st.characters(exclude_categories=["C", "Z"])
suffixes = st.one_of(
    st.text(graphic, min_size=1, max_size=40),
    st.text("<>()[];:/.-#?%&+,_2fF05aA;lt", min_size=1, max_size=40),
    st.sampled_from(
        ["(SICI)1097-0193(1997)5:3<206::AID-HBM5>3.0.CO;2-7", "a%2fb", "a%252fb", "a#b?c", "//a/../b", "a/"]
    ),
)
prefixes = st.from_regex(r"10(\.[0-9]{1,9}){1,3}", fullmatch=True)
valid = st.builds(lambda prefix, suffix: names.fold(f"{prefix}/{suffix}"), prefixes, suffixes)


def settled(doi: str) -> bool:
    """Whether a name is one that compact() leaves alone: no punctuation at its end, nothing like an entity in it."""
    try:
        return names.compact(doi) == doi
    except IdentifierError:
        return False


def test_the_table_is_long_enough() -> None:
    """At least 150 spellings are tabled, some of which are none."""
    rows = list(table("doi.tsv"))
    assert len(rows) >= 150
    assert sum(expected == "IdentifierError" for _, expected in rows) >= 20
    assert len({text for text, _ in rows}) == len(rows)


@pytest.mark.parametrize(("text", "expected"), list(table("doi.tsv")))
def test_compact(text: str, expected: str) -> None:
    """Every spelling people use means its name, which is valid and means itself; anything else is refused."""
    if expected == "IdentifierError":
        with pytest.raises(IdentifierError):
            names.compact(text)
    else:
        doi = names.compact(text)
        assert doi == expected
        assert names.validate(doi) == names.compact(doi) == doi


@pytest.mark.parametrize(("text", "expected"), list(table("doi_found.tsv")))
def test_find(text: str, expected: str) -> None:
    """The names in a field's value are found, in order, each once, and nothing else is."""
    found = names.find_all(text)
    assert found == (() if expected == "-" else tuple(expected.split(" ")))
    assert names.find(text) == (found[0] if found else None)


@pytest.mark.parametrize(
    "text", ["", "10.1000/", "https://www.nature.com/articles/x", "see 10.1000/182", "10.1000/182 x", "x" * 10_000]
)
def test_a_refusal_is_helpful_and_short(text: str) -> None:
    """The message quotes what was refused, says what a DOI looks like or what to leave out, and stays short."""
    with pytest.raises(
        IdentifierError, match=r"10\.1000/182|suffix|leave them out|white space|empty|10,000 characters"
    ) as refused:
        names.compact(text)
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize(
    "text",
    [
        "10.1000/ABC",
        " 10.1000/a",
        "doi:10.1000/a",
        "10.1000/a b",
        "10.1000/a\n",
        "10.1000/",
        "10/AB",
        "10.1000/\xad",
    ],
)
def test_only_the_compact_form_validates(text: str) -> None:
    """What is not the compact form itself is not valid, however clear its meaning."""
    assert not names.is_valid(text)
    with pytest.raises(IdentifierError, match="compact form"):
        names.validate(text)


@given(
    st.text()
    | st.lists(
        st.sampled_from(
            [
                "10.",
                "10.1000/",
                "doi:",
                "https://",
                "doi.org/",
                "&amp;",
                "lt;",
                "%2F",
                "%25",
                "a",
                ".",
                ")",
                "(",
                "<",
                ">",
                "#",
                "?",
                "\u200b",
            ]
        )
    ).map("".join)
)
@example("10.1000/a&amp;amp;amp;#97;mp;lt;b")
@example("https://doi.org/10.1000/a%26lt%3B.")
@hypothesis_settings(max_examples=400)
def test_compact_is_idempotent_and_valid(text: str) -> None:
    """Whatever compact() accepts, it accepts again unchanged, and it validates; so does whatever find_all() finds."""
    for doi in names.find_all(text):
        assert names.is_valid(doi)
    try:
        doi = names.compact(text)
    except IdentifierError:
        return
    assert names.is_valid(doi)
    assert names.compact(doi) == doi


@given(valid)
@hypothesis_settings(max_examples=400)
def test_a_name_survives_its_spellings(doi: str) -> None:
    """A name means itself bare, labelled, as an address, quoted in a path, and in the middle of words."""
    assert names.is_valid(doi)
    assert doi in names.guesses(doi)
    if not settled(doi):
        return
    assert names.compact("doi:" + doi) == doi
    assert names.compact("DOI: " + doi) == doi
    assert names.compact(names.format(doi)) == doi
    assert names.compact(names.to_url(doi)) == doi
    assert names.find("x " + names.to_url(doi) + " x") in {doi, None}
    assert names.compact("https://doi.org/" + names.quote(doi)) == doi


@given(valid)
def test_addresses_are_ascii_and_escape_what_must_be(doi: str) -> None:
    """An address holds no character that the DOI handbook wants escaped, and no dot segment a client would normalise."""
    url = names.to_url(doi)
    assert url.isascii()
    assert not set(url) & set(' "#?<>{}^[]`|\\+')
    assert not re.search(r"/\.{1,2}(/|$)", url)
    assert not re.search(r"[/%?#]", re.sub(r"%[0-9A-F]{2}", "", names.quote(doi)))


@pytest.mark.parametrize(
    ("doi", "url", "quoted"),
    [
        ("10.1000/182", "10.1000/182", "10.1000%2F182"),
        ("10.1037//0096", "10.1037//0096", "10.1037%2F%2F0096"),
        ("10.1000/a/./b/../c", "10.1000/a%2F./b%2F../c", "10.1000%2Fa%2F.%2Fb%2F..%2Fc"),
        ("10.1000/../a", "10.1000%2F../a", "10.1000%2F..%2Fa"),
        ("10.1000/a,b;c:d(e)&f=g", "10.1000/a,b;c:d(e)&f=g", "10.1000%2Fa%2Cb%3Bc%3Ad%28e%29%26f%3Dg"),
        ('10.1000/%"#?<>{}^[]`|\\+', "10.1000/%25%22%23%3F%3C%3E%7B%7D%5E%5B%5D%60%7C%5C%2B", None),
        ("10.1000/é", "10.1000/%C3%A9", "10.1000%2F%C3%A9"),
        ("10/abcde", "abcde", "10%2Fabcde"),
    ],
)
def test_addresses(doi: str, url: str, quoted: str | None) -> None:
    """Exactly the mandatory and recommended escapes of the DOI handbook, and in a path every reserved character."""
    assert names.to_url(doi) == "https://doi.org/" + url
    if quoted:
        assert names.quote(doi) == quoted


def test_prefix_and_short_names() -> None:
    """The prefix is what stands before the first slash; a short name has the prefix 10."""
    assert names.prefix("10.1000.5/a/b") == "10.1000.5"
    assert names.prefix("10/abcde") == "10"
    assert names.is_short("10/abcde")
    assert not names.is_short("10.1000/abcde")
    assert not names.is_short("10/ABCDE")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.1000/a", ("10.1000/a",)),
        ("10.1000/a\u2010b\u2013c", ("10.1000/a\u2010b\u2013c", "10.1000/a-b-c")),
        ("10.1000/a.", ("10.1000/a", "10.1000/a.")),
        ("10.1000/A&lt;1", ("10.1000/a<1", "10.1000/a&lt;1")),
        ("see doi:10.1000/a.", ("10.1000/a",)),
        ("nothing", ()),
    ],
)
def test_guesses(text: str, expected: tuple[str, ...]) -> None:
    """The likeliest reading comes first; plain hyphens and the text as it stands are second guesses."""
    assert names.guesses(text) == expected


@given(st.text())
def test_folding_changes_ascii_letters_only(text: str) -> None:
    """Folding keeps length, is idempotent and leaves every other character alone."""
    folded = names.fold(text)
    assert len(folded) == len(text)
    assert names.fold(folded) == folded
    assert all(a == b or (a.isascii() and a.lower() == b) for a, b in zip(text, folded, strict=True))


HOSTILE = [
    "10.", "10.1", "10.1000/", "10.10", "%", "%25", "%2F", "&lt;", "&amp;", "&", "&#", "(", ")", "<", "([{", "(10.1000/a)",
    "doi:", "doi", ".", "1", "/", "é", "😀", " ", "\u200b", "\xa0", "10.1/</", "10.1000/\ue000", "https://",
    "doi.org/", "doi.org-",
    "10.1000/a,", "a.b-", '"', "%10.10", "org10.1", "/full", "10/a", "urn:doi:10.1:", ";", "10.1/.", "a(10.1/</",
]  # fmt: skip
HEADS = [
    "",
    "10.1000/",
    "https://doi.org/10.1000/",
    "https://example.org/",
    "https://example.org/?doi=10.1000/",
    "a(doi:10.1000/",
]


def seconds(text: str) -> float:
    """Best of three readings of a text in every way."""
    best = float("inf")
    for _ in range(3):
        started = perf_counter()
        names.find_all(text)
        with suppress(IdentifierError):
            names.compact(text)
        best = min(best, perf_counter() - started)
    return best


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_text_takes_linear_time(unit: str) -> None:
    """Eight times the text takes about eight times as long, never sixty-four, whatever it is made of.

    A busy machine may spoil a measurement; it does not spoil five of them, and a quadratic reading fails all.
    """
    for head in HEADS:
        long, short = (head + (unit * length)[:length] for length in (32_768, 4_096))
        assert any(seconds(long) < 24 * seconds(short) + 0.001 for _ in range(5))


@given(st.sampled_from(HOSTILE), st.sampled_from(HEADS), st.integers(0, 70_000))
@hypothesis_settings(max_examples=100, deadline=None)
def test_no_name_is_longer_than_a_registrable_one(unit: str, head: str, length: int) -> None:
    """Whatever is found or accepted has at most 2,048 characters, however long the text."""
    text = head + (unit * length)[:length]
    found = {*names.find_all(text), *names.guesses(text)}
    with suppress(IdentifierError):
        found.add(names.compact(text))
    assert all(len(doi) <= 2048 for doi in found)


@pytest.mark.parametrize("spelling", ["{}", "doi:{}", "https://doi.org/{}", "https://example.org/{}?x", "({})"])
@pytest.mark.parametrize("unit", ["a", "é", "a-", "/", "<", "&amp;"])
def test_the_longest_name_is_read_and_a_longer_one_refused(spelling: str, unit: str) -> None:
    """2,048 characters are a name, more are none, in every way of reading; escapes and entities do not count."""
    longest = ("10.1000/b" + unit.replace("&amp;", "&") * 2048)[:2047] + "c"
    assert names.is_valid(longest)
    assert not names.is_valid(longest + "c")
    text, longer = (spelling.format(doi.replace("&", "&amp;")) for doi in (longest, longest + "c"))
    assert names.compact(text) == names.find(text) == longest
    assert names.find_all(f"{longer} {text}") == (longest,)
    assert names.find(longer) is None
    with pytest.raises(IdentifierError, match=r"at most 2,048"):
        names.compact(longer)
    assert names.compact("https://doi.org/" + names.quote(longest)) == longest


@pytest.mark.parametrize("unit", ["10.", "%25", "&lt;", "é", "(", "10.1000/a,"])
def test_a_text_far_too_long_is_refused_for_its_length(unit: str) -> None:
    """A text longer than any spelling of a name is refused at once, and the refusal names its length."""
    with pytest.raises(IdentifierError, match=r"65,537 characters.* at most 2,048"):
        names.compact("x" + (unit * 65_536)[:65_536])


@pytest.mark.parametrize("name", ["10.1000/" + "a" * 2041, "10." + "1" * 2045 + "/x"])
def test_a_refusal_for_length_counts_all_of_the_name(name: str) -> None:
    """What is a little too long is told how long it is, prefix and all."""
    with pytest.raises(IdentifierError, match=rf"^{len(name):,} characters"):
        names.compact(name)


@pytest.mark.parametrize("separator", [" ", ",", ";", ", ", "; ", "\n", " and ", "|"])
@pytest.mark.parametrize("label", ["", "doi:", "https://doi.org/"])
def test_long_lists_are_read_whole(label: str, separator: str) -> None:
    """Thousands of names one after the other are all found, in order, whatever separates them."""
    expected = tuple(f"10.1000/{number:04}" for number in range(3000))
    assert names.find_all(separator.join(label + doi for doi in expected)) == expected
    odd = {3: "(a)<1>2", 4: "(1997)5:3<206::aid>3.0.co;2-7", 5: "5:3<206::aid>3.0.co;2-#", 6: "[883:a]2.0.co;2"}
    mixed = tuple(doi + odd.get(index % 9, "") for index, doi in enumerate(expected[:500]))
    assert names.find_all(separator.join(label + doi for doi in mixed)) == mixed


def rows(folder: Path, name: str) -> Iterator[str]:
    """Yield the names in a file of real answers."""
    with (folder / name).open(encoding="utf-8") as lines:
        yield from (json.loads(line)["doi"] for line in lines)


@pytest.mark.parametrize("name", ["crossref.jsonl", "datacite.jsonl", "reference_strings.jsonl"])
def test_real_names_survive_every_spelling(real_data: Path, name: str) -> None:
    """Every registered name is found again in every spelling, escaped or not, alone and between words."""
    spellings = (
        "{doi}", "doi:{doi}", "DOI {doi}", "DOI: {doi}", "urn:doi:{doi}", "info:doi/{escaped}", "https://doi.org/{doi}",
        "http://dx.doi.org/{escaped}", "https://doi.org/{quoted}", "https://doi-org.proxy.uni.edu/{escaped}", "({doi})",
        "https://doi.org.ezproxy.lib.edu/{doi}", "https://onlinelibrary.wiley.com/doi/abs/{escaped}", "{entities}",
        "“{doi}”",
        "https://example.org/doi/{escaped}/full", "https://example.org/doi/{escaped}.pdf", "{doi}.",
        "https://x.org/?doi={quoted}",
        "https://x.org/?doi={quoted}&x=1", "<https://doi.org/{escaped}>", "[{doi}].", "\u200b{doi}\u00a0", "https://doi.org/{twice}",
    )  # fmt: skip
    lost = []
    for doi in rows(real_data, name):
        forms = {
            "doi": doi,
            "escaped": names.to_url(doi).removeprefix("https://doi.org/"),
            "quoted": names.quote(doi),
            "twice": names.quote(names.quote(doi)),
            "entities": doi.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
        }
        for spelling in spellings:
            text = spelling.format_map(forms)
            if names.compact(text) != names.fold(doi) or names.find(f"See {text} for more") != names.fold(doi):
                lost.append(text)
    assert not lost

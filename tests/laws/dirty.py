"""Strategies: libraries as people leave them behind, and what registries answer about their records."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from enrich.agencies import AGENCIES
from enrich.model import (
    Elsewhere,
    Found,
    Name,
    NotFound,
    Origin,
    Outcome,
    PartialDate,
    Record,
    Refused,
    Registration,
    Unavailable,
    Work,
)  # fmt: skip

ASKED_AT = datetime(2026, 11, 1, tzinfo=UTC)
DOIS = ["10.1155/2012/574025", "10.1000/a", "10.1000/b(c)1", "10.1000/d"]
ABSTRACT = (
    "Tidal marshes store carbon. We measured accretion at nine sites over four years and compared it with the level of "
    "the sea. Rates were highest where sediment was plentiful (p < 0.05), and 20 % lower elsewhere."
)
BODY = "Marshes are among the most productive ecosystems on earth, and were drained for centuries by their neighbours."
TITLES = [
    "Active Roles of Tumor Stroma in Breast Cancer Metastasis", "On Leeches: A Review", "Schrödinger’s cat & CO2 in β-cells",
    "Editorial", "A Data Base of 58 % of Ponds",
]  # fmt: skip
JOURNALS = [
    "International Journal of Breast Cancer",
    "Journal of Clinical Oncology",
    "Nature",
    "Annály Nikde",
    "PLoS ONE",
]
PEOPLE = [
    Name(family="Khamis", given="Zahraa I.", orcid="0000-0002-1825-0097"), Name(family="Müller", given="José"),
    Name(family="de Boer", given="Max"), Name(literal="World Health Organization"), Name(family="Li", given="Wei"),
    Name(family="Sang", given="Qing-Xiang Amy", affiliation=("A University",)), Name(family="Roe", given="J."),
]  # fmt: skip

# What else stands in files: no text at all, words of any script, things that look like tags. A NUL makes a file no text.
odd = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12) | st.sampled_from(
    ["", " ", "%", "a %X b", "20 % of", "%0", "x & y;", "“q”", "\\alpha", "{A}", "$x$", "<b>", "&amp;", "..."]
)

works = st.builds(
    Work,
    type=st.sampled_from(["article-journal", "article-journal", "chapter", "book", "paper-conference", "report", None]),
    title=st.sampled_from(TITLES),
    container_title=st.sampled_from(JOURNALS),
    container_title_short=st.sampled_from([None, "J. Clin. Oncol.", "Int J Breast Canc"]),
    author=st.lists(st.sampled_from(PEOPLE), max_size=5).map(tuple),
    editor=st.lists(st.sampled_from(PEOPLE), max_size=2).map(tuple),
    issued=st.sampled_from([None, PartialDate(year=2012, month=3), PartialDate(year=1998), PartialDate(year=2012)]),
    volume=st.sampled_from([None, "7", "2012"]),
    issue=st.sampled_from([None, "3"]),
    page=st.sampled_from([None, "1-10", "123-125", "S123-S128", "e0123"]),
    number=st.sampled_from([None, "e0123", "574025"]),
    publisher=st.sampled_from([None, "Hindawi Limited", "Wiley & Sons"]),
    publisher_place=st.sampled_from([None, "Cairo"]),
    issn=st.sampled_from([(), ("2090-3170",), ("2090-3170", "2090-3189")]),
    isbn=st.sampled_from([(), ("9780306406157",)]),
    abstract=st.sampled_from([None, None, ABSTRACT]),
    language=st.sampled_from([None, "en"]),
    license=st.sampled_from([None, "https://creativecommons.org/licenses/by/4.0/"]),
)  # fmt: skip


def _misread(text: str) -> str:
    return text.encode().decode("cp1252", "replace")


# What happens to a text on its way into a library.
MISHAPS = [
    str, str, str, str.upper, str.lower, lambda t: t[: len(t) * 2 // 3], lambda t: f"{t[: len(t) // 2]}...",
    lambda t: t.replace(" ", "", 2), lambda t: t.replace("&", "&amp;"), lambda t: f"<i>{t}</i>", _misread,
    lambda t: t.replace("ö", '{\\"o}').replace("β", "$\\beta$"), lambda t: t.replace(" ", "  "), lambda t: f"{t}.",
]  # fmt: skip
NAMINGS = [
    Name.inverted, Name.displayed, lambda n: n.inverted().upper(), lambda n: f"{n.given or ''}, {n.family or ''}",
    lambda n: f"{n.family or n.literal}, {(n.given or ' ')[0]}.", lambda n: f"{n.family or n.literal} {(n.given or ' ')[0]}",
    lambda n: _misread(n.inverted()), lambda n: n.family or n.literal or "?",
]  # fmt: skip
PAGES = [
    str,
    lambda p: p.replace("-", "–"),
    lambda p: p.replace("-", "--"),
    lambda p: p[:-2],
    lambda p: f"pp. {p}",
]
DOI_SPELLINGS = ["{}", "doi:{}", "https://doi.org/{}", "http://dx.doi.org/{}", "DOI: {}.", "{}/full", "x"]


@st.composite
def lines(draw: Any, work: Work, doi: str | None) -> list[str]:
    """Draw the tags of a dirty record about a work, with things of the user's own among them."""
    naming = draw(st.sampled_from(NAMINGS))
    tags = [
        ("T", draw(st.sampled_from(MISHAPS))(work.title)),
        ("J", draw(st.sampled_from(MISHAPS))(work.container_title)),
    ]
    tags += [("A", naming(name)) for name in work.author[: draw(st.integers(0, 5))]]
    if draw(st.integers(0, 5)) == 0:
        tags.append(("A", "et al."))
    if work.issued:
        year = str(work.issued.year)
        tags.append(("D", draw(st.sampled_from([year, year, year[2:], "in press", f"03/{year}"]))))
    if work.page:
        tags.append(("P", draw(st.sampled_from(PAGES))(work.page)))
    if work.abstract:
        rest = draw(st.sampled_from(["", f" 1. Introduction {BODY}", f" {BODY}", f" INTRODUCTION {BODY}"]))
        tags.append(("X", draw(st.sampled_from(MISHAPS))(work.abstract) + rest))
    tags += [("@", number.replace("-", draw(st.sampled_from(["-", ""])))) for number in work.issn[:1]]
    if doi:
        tags.append((draw(st.sampled_from("RRRRU1")), draw(st.sampled_from(DOI_SPELLINGS)).format(doi)))
    kept = [tag for tag in tags if draw(st.integers(0, 6))] or tags[:1]
    own = st.tuples(st.sampled_from("KZLMFGHUW9178O!@~><^+VNISE5%"), odd)
    found = draw(st.permutations(kept)) + draw(st.lists(own, max_size=4))
    kind = draw(
        st.sampled_from(
            ["Journal Article", "Journal Article", "Book Section", "Book", "Generic", "Hologram", None]
        )
    )
    head = [f"%0 {kind}"] if kind else []
    return [*head, *(f"%{tag} {value}" for tag, value in found)]


@st.composite
def libraries(draw: Any) -> tuple[bytes, dict[str, Outcome]]:
    """Draw the bytes of a library, and the answers to its DOIs."""
    records, answers = [], {}
    for _ in range(draw(st.integers(1, 3))):
        work, doi = draw(works), draw(st.sampled_from([*DOIS, None]))
        shape = draw(st.sampled_from(["lines", "lines", "lines", "flat"]))
        text = (" " if shape == "flat" else "\n").join(draw(lines(work, doi)))
        records.append(text)
        if doi and doi not in answers:
            answers[doi] = draw(outcomes(doi, work))
    # Records that follow each other without a blank line are told apart by their types alone.
    gap = draw(
        st.sampled_from(["\n\n", "\n\n\n", "\n" if all(text.startswith("%0") for text in records) else "\n\n"])
    )
    text = draw(st.sampled_from(["", "", "\n"])) + gap.join(records) + draw(st.sampled_from(["\n", "\n\n", ""]))
    newline = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16"]))
    return text.replace("\n", newline).encode(encoding, "replace"), answers


@st.composite
def outcomes(draw: Any, doi: str, work: Work) -> Outcome:
    """Draw what is known of a DOI: mostly the work, in part or whole, else another one, or one of the ways of no answer."""
    kind = draw(st.sampled_from(["same"] * 8 + ["other", "none", "down", "no", "elsewhere"]))
    agency = draw(st.sampled_from(sorted(AGENCIES)[:3]))
    match kind:
        case "none":
            return NotFound(doi=doi, source="doi.org")
        case "down":
            return Unavailable(doi=doi, agency=agency, reason="503")
        case "no":
            return Refused(doi=doi, agency=agency, reason="401")
        case "elsewhere":
            return Elsewhere(doi=doi, agency="kisti")
    told = work if kind == "same" else draw(works)
    dropped = draw(
        st.sets(
            st.sampled_from(["volume", "page", "abstract", "issued", "author", "container_title", "type"]),
            max_size=3,
        )
    )
    told = told.model_copy(update={name: Work.model_fields[name].default for name in dropped} | {"doi": doi})
    return Found(
        doi=doi,
        record=Record(work=told, origin=Origin(agency=agency, retrieved_at=ASKED_AT), registration=Registration()),
    )

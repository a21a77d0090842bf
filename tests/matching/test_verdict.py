"""Same work or not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.matching import headings, verdict
from enrich.model import FIELDS, Name, Origin, PartialDate, Record, Registration, Work

TITLE = "Active Roles of Tumor Stroma in Breast Cancer Metastasis"
AUTHORS = "Khamis, Zahraa I.; Sahab, Ziad J.; Sang, Qing-Xiang Amy"
JOURNAL = "International Journal of Breast Cancer"


def names(text: str) -> tuple[Name, ...]:
    """Read "Family, Given; literal" into names."""
    parts = (name.strip().split(", ") for name in text.split(";") if name.strip())
    return tuple(Name(family=p[0], given=p[1]) if len(p) > 1 else Name(literal=p[0]) for p in parts)


def work(**fields: Any) -> Work:
    """Build a work; `author` and `editor` as text, `year` as number."""
    for role in ("author", "editor"):
        if role in fields:
            fields[role] = names(fields[role])
    if "year" in fields:
        year = fields.pop("year")
        fields["issued"] = PartialDate(year=year) if year else None
    return Work(**fields)


def registry(described: Work, *, published: tuple[int, ...] = (), titles: tuple[str, ...] = ()) -> Record:
    """Give a work the form of a registry's answer."""
    return Record(
        work=described,
        origin=Origin(agency="crossref", retrieved_at=datetime(2026, 11, 1, tzinfo=UTC)),
        registration=Registration(
            published=tuple(PartialDate(year=year) for year in published),
            titles=titles,
            container_titles=(described.container_title,) if described.container_title else (),
        ),
    )


FULL = {
    "type": "article-journal",
    "title": TITLE,
    "author": AUTHORS,
    "year": 2012,
    "container_title": JOURNAL,
    "volume": "2012",
    "page": "1-10",
    "issn": ("2090-3170", "2090-3189"),
}

SAME = {
    "word for word": {},
    "in capitals": {"title": TITLE.upper(), "author": "KHAMIS, ZAHRAA I.; SAHAB, ZIAD J.; SANG, QING-XIANG AMY"},
    "initials": {"author": "Khamis, Z.I.; Sahab, Z.J.; Sang, Q.-X.A."},
    "one field": {"author": "Zahraa I. Khamis; Ziad J. Sahab; Qing-Xiang Amy Sang"},
    "Vancouver": {"author": "Khamis ZI; Sahab ZJ; Sang QXA"},
    "family and given swapped": {"author": "Zahraa I., Khamis; Ziad J., Sahab; Qing-Xiang Amy, Sang"},
    "et al.": {"author": "Khamis, Zahraa I.; et al."},
    "another order": {"author": "Sang, Qing-Xiang Amy; Khamis, Zahraa I.; Sahab, Ziad J."},
    "no authors": {"author": ""},
    "a year later": {"year": 2013},
    "cut off": {"title": TITLE[:38]},
    "cut within a word": {"title": TITLE[:33]},
    "blanks lost": {"title": TITLE.replace(" ", "", 3)},
    "HTML": {"title": f"<b>{TITLE}</b>"},
    "LaTeX": {"title": r"Active Roles of \textit{Tumor} {S}troma in Breast Cancer Metastasis"},
    "British spelling": {"title": TITLE.replace("Tumor", "Tumour")},
    "a subtitle more": {"title": f"{TITLE}: A Review"},
    "marked as retracted": {"title": f"RETRACTED: {TITLE}"},
    "journal abbreviated": {"container_title": "Int. J. Breast Cancer", "issn": ()},
    "journal by another name": {"container_title": "IJBC Online"},
    "volume as a Roman numeral": {"volume": "MMXII"},
    "no title": {"title": None},
    "title and year": {
        "author": "",
        "container_title": None,
        "volume": None,
        "page": None,
        "issn": (),
        "type": None,
    },
    "title in another script": {"title": "Активная роль стромы опухоли в метастазировании рака", "page": "1"},
}


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_variations_of_one_record_are_confirmed(change):
    """Law: what hands and programs do to a description does not make it another work's."""
    assert verdict(work(**{**FULL, **change}), registry(work(**FULL))).state == "confirmed"
    assert verdict(work(**FULL), registry(work(**{**FULL, **change}))).state == "confirmed"


def test_a_translated_title_is_made_up_for_by_the_place():
    """Law: titles without a letter in common do not outvote authors, journal, volume and page."""
    placed = {**FULL, "page": "1021-1030"}
    local = work(**{**placed, "title": "Rollen des Stromas bei der Metastasierung von Brustkrebs"})
    assert verdict(local, registry(work(**placed))).state == "confirmed"


OTHER = {
    "type": "article-journal",
    "title": "Random Forests",
    "author": "Breiman, Leo",
    "year": 2001,
    "container_title": "Machine Learning",
    "volume": "45",
    "page": "5-32",
}
CONTRADICTED = [
    ("another work altogether", FULL, OTHER),
    ("only titles are given", {"title": TITLE}, {"title": "A Theory of Justice in the Modern Welfare State"}),
    ("part I, part II", {**FULL, "title": f"{TITLE}. Part I"}, {**FULL, "title": f"{TITLE}. Part II", "page": "11-20"}),
    ("I, II", {**FULL, "title": f"{TITLE} I"}, {**FULL, "title": f"{TITLE} II", "page": "11-20"}),
    ("part 1, part two", {**FULL, "title": f"{TITLE}, part 1"}, {**FULL, "title": f"{TITLE}: part two", "page": "11"}),
    ("its erratum", FULL, {**FULL, "title": f"Erratum to: {TITLE}", "page": "77"}),
    ("its correction", FULL, {**FULL, "title": f"Correction: {TITLE}", "page": "77", "year": 2013}),
    ("a corrigendum behind", FULL, {**FULL, "title": f"{TITLE} (Corrigendum)", "page": "77"}),
    ("its retraction notice", FULL, {**FULL, "title": f"Retraction notice to: {TITLE}", "page": "77"}),
    ("a reply", FULL, {**FULL, "title": f"Reply to: {TITLE}", "page": "77"}),
    ("a comment", FULL, {**FULL, "title": f"Comment on “{TITLE}”", "author": "Roe, R.", "page": "77"}),
    ("its data", FULL, {"type": "dataset", "title": f"Data from: {TITLE}", "author": AUTHORS, "year": 2012}),
    ("its supplement", FULL, {**FULL, "title": f"Supplement to “{TITLE}”", "page": "77"}),
    ("peer review", FULL, {"type": "review", "title": f'Review for "{TITLE}"', "author": "Roe, R.", "year": 2012}),
    ("the next article by the same hand", FULL, {**FULL, "title": "Proteomics of Serum in Healthy Women", "page": "11-19"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("local", "remote"), [case[1:] for case in CONTRADICTED], ids=[case[0] for case in CONTRADICTED]
)
def test_other_works_are_contradicted(local, remote):
    """Law: a DOI of another work is recognised, also where that work bears the title on purpose; either way round."""
    assert verdict(work(**local), registry(work(**remote))).state == "contradicted"
    assert verdict(work(**remote), registry(work(**local))).state == "contradicted"


ARTICLE = {"title": TITLE, "author": AUTHORS, "year": 2012}
UNCONFIRMED = [
    ("only a DOI", {}, FULL),
    ("a DOI and the year", {"year": 2012}, FULL),
    ("a DOI and another year", {"year": 1996}, FULL),
    ("the registry says nothing", FULL, {}),
    ("title alone", {"title": TITLE}, FULL),
    ("title and type", {"title": TITLE, "type": "article-journal"}, FULL),
    ("author alone", {"author": AUTHORS}, FULL),
    ("author and year", {"author": AUTHORS, "year": 2012}, FULL),
    ("author, journal, year", {"author": AUTHORS, "year": 2012, "container_title": JOURNAL}, FULL),
    ("volume of a journal", {"container_title": JOURNAL, "volume": "2012", "year": 2012}, FULL),
    ("same title, other people", {**ARTICLE, "author": "Roe, Richard; Doe, Jane"}, ARTICLE),
    ("one goes on with a part", FULL, {**FULL, "title": f"{TITLE}. Part 2", "page": "11-20"}),
    (
        "one goes on with a part, blanks are lost",
        {**FULL, "title": TITLE.replace("of Tumor", "ofTumor")},
        {**FULL, "title": f"{TITLE}, part 2", "page": "11-20"},
    ),
    (
        "a column without page",
        {"title": "Editorial", "author": "Roe, R.", "year": 2001, "container_title": "Nature"},
        {"title": "Editorial", "author": "Roe, R.", "year": 2001, "container_title": "Nature", "page": "3"},
    ),
    (
        "a column on another page",
        {"title": "Introduction", "author": "Roe, R.", "year": 2001, "container_title": "Nature", "page": "9"},
        {"title": "Introduction", "author": "Roe, R.", "year": 2001, "container_title": "Nature", "page": "3"},
    ),
    ("a book and its chapter", {**ARTICLE, "type": "book"}, {**ARTICLE, "type": "chapter"}),
    ("a book and its review", {**ARTICLE, "type": "book"}, {**ARTICLE, "type": "article-journal"}),
    ("a journal and an article", {**ARTICLE, "type": "article-journal"}, {**ARTICLE, "type": "periodical"}),
    ("an article with its preprint's DOI", FULL, {**ARTICLE, "type": "article"}),
    ("in mice, in rats", {**FULL, "title": f"{TITLE} in Mice"}, {**FULL, "title": f"{TITLE} in Rats", "page": "11"}),
    ("a yearbook and the next", {**ARTICLE, "title": "World Economic Outlook 2010 Update", "author": ""},
     {**ARTICLE, "title": "World Economic Outlook 2011 Update", "author": ""}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("local", "remote"), [case[1:] for case in UNCONFIRMED], ids=[case[0] for case in UNCONFIRMED]
)
def test_too_little_or_too_doubtful_is_unconfirmed(local, remote):
    """Law: what is not enough to tell is said to be so; it is neither confirmed nor held against the DOI."""
    assert verdict(work(**local), registry(work(**remote))).state == "unconfirmed"


@pytest.mark.parametrize("published", [(1984, 2011), (2010, 1984), (1985, 2030)])
def test_any_publication_date_may_agree(published):
    """Law: a year within one of print, online or posted date agrees."""
    local = work(title=TITLE, year=1984)
    found = verdict(local, registry(work(title=TITLE, year=2011), published=published))
    assert found.evidence["year"] >= 0.9
    assert verdict(local, registry(work(title=TITLE, year=2011))).evidence["year"] == 0.0


def test_any_registered_title_may_agree():
    """Law: every spelling of the title that a registry knows counts."""
    remote = registry(work(**{**FULL, "title": "Rôles actifs"}), titles=("Rôles actifs", TITLE))
    assert verdict(work(**FULL), remote).evidence["title"] == 1.0


def test_a_volume_number_in_the_title_may_stand_in_its_own_field():
    """Law: "Methods, Volume 12" and "Methods" with volume 12 are one."""
    local = work(title="Advances in Enzymology Research, Volume 12", year=1960, author="Nord, F. F.", type="book")
    remote = work(
        title="Advances in Enzymology Research", volume="12", year=1960, author="Nord, F. F.", type="book"
    )
    assert verdict(local, registry(remote)).state == "confirmed"


def test_evidence_uses_the_names_of_the_report_and_lacks_what_one_side_lacks():
    """Law: evidence is given per field under fixed names, from 0 to 1, and only where both sides speak."""
    found = verdict(work(**FULL), registry(work(**FULL)))
    fields = ("title", "author", "year", "container-title", "volume", "page", "ISSN", "type")
    assert found.evidence == dict.fromkeys(fields, 1.0)
    assert set(found.evidence) <= {*FIELDS, "year"}
    assert verdict(work(title=TITLE), registry(work(**FULL))).evidence == {"title": 1.0}


def test_reasons_are_sentences():
    """Law: every verdict says in sentences what agrees, what differs, and what is missing."""
    for _, local, remote in [*CONTRADICTED, *UNCONFIRMED]:
        reasons = verdict(work(**local), registry(work(**remote))).reasons
        assert reasons
        assert all(reason[0].isupper() and reason.endswith(".") for reason in reasons)


BARE = {"title": "Territories of an Invented Country", "year": 2004}
BOOK = {**BARE, "type": "book", "author": "Roe, Richard", "publisher": "Example Press"}
DOUBTED = [
    ("another edition", BOOK, {**BOOK, "year": 2011}),
    ("an edition by number", {**BOOK, "edition": "2nd"}, {**BOOK, "edition": "3"}),
    ("another volume of a book", {**BOOK, "volume": "1"}, {**BOOK, "volume": "2"}),
    ("a thesis of another house", BOOK, {**BOOK, "type": "thesis", "publisher": "University of Elsewhere"}),
    ("a talk", FULL, {**ARTICLE, "type": "speech"}),
    ("another volume and page", FULL, {**FULL, "volume": "7", "page": "441-449"}),
    ("another journal and page", {**FULL, "issn": ()},
     {**FULL, "issn": (), "container_title": "Proceedings of a Symposium", "page": "441"}),
    ("an editorial in each issue", {**FULL, "title": "Editorial", "issue": "1"},
     {**FULL, "title": "Editorial", "issue": "2"}),
]  # fmt: skip


@pytest.mark.parametrize(("local", "remote"), [case[1:] for case in DOUBTED], ids=[case[0] for case in DOUBTED])
def test_what_may_be_another_publication_under_one_title_is_unconfirmed(local, remote):
    """Law: title and people do not outvote two differences of place, nor an edition, nor what is not yet printed."""
    assert verdict(work(**local), registry(work(**remote))).state == "unconfirmed"
    assert verdict(work(**remote), registry(work(**local))).state == "unconfirmed"


ABSTRACT = (
    "We counted what others had described, and found more than they had expected to find in such a place. " * 3
)
FURTHER = [
    ("the publisher", {"title": FULL["title"], "publisher": "Springer"}, {**FULL, "publisher": "Springer New York"}),
    ("an ISBN", {"title": BARE["title"], "isbn": ("0387848576",)}, {**BOOK, "isbn": ("9780387848570",)}),
    ("the abstract", {"title": "Editorial", "author": AUTHORS, "abstract": f"Abstract: {ABSTRACT}"},
     {"title": "Editorial", "author": AUTHORS, "abstract": ABSTRACT}),
    ("a journal's ISSN", {"type": "periodical", "title": "ISRN Ecology", "issn": ("20904614",)},
     {"type": "periodical", "title": "ISRN Ecology", "issn": ("2090-4614", "2090-4622")}),
]  # fmt: skip


@pytest.mark.parametrize(("local", "remote"), [case[1:] for case in FURTHER], ids=[case[0] for case in FURTHER])
def test_what_else_agrees_counts_where_the_rest_leaves_it_open(local, remote):
    """Law: publisher, ISBN and abstract support a title that nothing else stands beside; without them it is not enough."""
    field = next(name for name in ("publisher", "isbn", "abstract", "issn") if name in local)
    assert verdict(work(**local), registry(work(**remote))).state == "confirmed"
    bare = work(**{name: value for name, value in local.items() if name != field})
    assert verdict(bare, registry(work(**remote))).state == "unconfirmed"


def test_names_in_two_scripts_are_compared_by_their_sound():
    """Law: a Cyrillic name may be a Latin one; one that sounds otherwise is another's."""
    local = work(title="О природе вещей", author="Чехов, Антон Павлович", year=1999)
    same = work(title="On the Nature of Things", author="Chekhov, Anton P.", year=1999)
    assert verdict(local, registry(same)).evidence["author"] >= 0.8
    other = work(title="On the Nature of Things", author="Yu, Xiang; Lindqvist, Maja", year=1999)
    assert verdict(local, registry(other)).state == "contradicted"
    unknown = work(title="物の本質について", author="山田, 太郎", year=1999)
    assert "author" not in verdict(same, registry(unknown)).evidence


texts = st.one_of(
    st.none(), st.text(max_size=40), st.sampled_from([TITLE, f"Part II of {TITLE}", "Editorial", "<i>", "\\"])
)
people = st.lists(
    st.builds(Name, family=texts, given=texts, literal=st.one_of(st.none(), st.text(max_size=20))), max_size=4
).map(tuple)
works = st.builds(
    Work,
    type=st.sampled_from([None, "article", "article-journal", "book", "chapter", "dataset"]),
    title=texts,
    container_title=texts,
    author=people,
    editor=people,
    issued=st.one_of(st.none(), st.builds(PartialDate, year=st.one_of(st.none(), st.integers(0, 3000)))),
    volume=texts,
    page=texts,
    number=texts,
    issn=st.lists(st.text(max_size=10), max_size=2).map(tuple),
)


@given(works, works)
def test_any_two_records_get_a_verdict(local, remote):
    """Law: hostile values never raise, evidence lies within 0 and 1, and one field alone never confirms."""
    found = verdict(local, registry(remote))
    assert all(0.0 <= value <= 1.0 for value in found.evidence.values())
    if found.state == "confirmed":
        assert sum(value >= 0.7 for field, value in found.evidence.items() if field != "type") >= 2


@pytest.mark.parametrize("piece", ["a", "part 1 ", "reply to ", "<b", "&amp;", "\\x{", "I", "Erratum "])
def test_hostile_lengths_are_bounded(piece):
    """Law: a value of a million letters is judged by its beginning."""
    local = work(title=piece * 200_000, author="; ".join(["Roe, R."] * 3000), container_title=piece * 50_000)
    assert verdict(local, registry(work(**FULL))).state != "confirmed"


_ANNOUNCING = [
    "publishers", "author", "authors", "editorial", "erratum", "errata", "corrigendum", "addenda", "correction",
    "corrections", "to", "for", "notice", "on", "retraction", "withdrawal", "statement", "of", "expression",
    "concern", "the", "reply", "replies", "response", "rejoinder", "comment", "letter", "from", "invited", "a",
    "commentary", "remark", "about", "book", "review", "peer", "decision", "reviewer", "report", "data", "dataset",
    "supporting", "information", "additional", "file", "supplementary", "material", "replication", "code", "plain",
    "works",
]  # fmt: skip


@given(st.lists(st.sampled_from(_ANNOUNCING), min_size=1, max_size=7).map(" ".join))
def test_the_quick_look_misses_no_announcement(words):
    """Law: whatever title announces a correction, a reply or the like has a first or last word that says so."""
    announces = any(
        (match := pattern.match(words)) and match.end() < len(words) for pattern in headings._KINDS.values()
    ) or headings._KIND_AT_END.fullmatch(words)
    if announces:
        assert words.split()[0] in headings._KIND_FIRST or words.split()[-1] in headings._KIND_LAST

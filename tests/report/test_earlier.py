"""What the user edited since an earlier run is the user's."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from laws.cleaning import cleaned, judged, read

from enrich import formats
from enrich.errors import StoreError
from enrich.merge import BUILT_IN
from enrich.model import Found, Name, Origin, PartialDate, Record, Registration, Work
from enrich.report import Summary, open_reports
from enrich.report.earlier import Earlier
from enrich.report.undo import undo

DOI = "10.1155/2012/574025"
TITLE = "Active Roles of Tumor Stroma in Breast Cancer Metastasis"
LIBRARY = f"""%0 Journal Article
%A Khamis, Zahraa I.
%T {TITLE.upper()}
%J International Journal of Breast Cancer
%D 2012
%R {DOI}

%0 Journal Article
%A Roe, Jane
%T On Leeches
%J Ponds
%P 123-5

"""
FOUND = Found(
    doi=DOI,
    record=Record(
        work=Work(
            type="article-journal", title=TITLE, container_title="International Journal of Breast Cancer", volume="2012",
            author=(Name(family="Khamis", given="Zahraa I.", orcid="0000-0002-1825-0097"),), page="1-10", doi=DOI,
            issued=PartialDate(year=2012, month=3), publisher="Hindawi Limited", issn=("2090-3170", "2090-3189"),
        ),
        origin=Origin(agency="crossref", retrieved_at=datetime(2026, 11, 1, tzinfo=UTC)),
        registration=Registration(),
    ),
)  # fmt: skip
ANSWERS = {DOI: FOUND}
POLICIES = [BUILT_IN["fill"], BUILT_IN["trust-agency"]]


@pytest.fixture(params=[b"\n", b"\r\n"], ids=["LF", "CRLF"])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A library of two records that was cleaned in place."""
    path = tmp_path / "library.enw"
    path.write_bytes(LIBRARY.encode().replace(b"\n", request.param))
    changes = [len(result.changes) for result, _ in cleaned(path, ANSWERS, BUILT_IN["fill"])]
    assert changes == [5, 1]
    return path


def edit(library: Path, *pairs: tuple[bytes, bytes]) -> bytes:
    """Replace text in a library and return what it is now; a line that becomes empty goes."""
    text = library.read_bytes().replace(b"\r\n", b"\n")
    for old, new in pairs:
        assert old in text
        text = text.replace(old + b"\n", b"" if not new else new + b"\n", 1)
    library.write_bytes(text)
    return text


def test_what_nobody_edited_is_not_marked(library: Path):
    """Law: after a clean alone no field is the user's, though the file has no place for an ORCID; nothing changes again."""
    once = library.read_bytes()
    for policy in POLICIES:
        results = [result for result, _ in cleaned(library, ANSWERS, policy)]
        assert [result.before.kept for result in results] == [frozenset(), frozenset()]
    assert b"%P 123-125" in once


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_what_was_edited_since_stays(library: Path, policy):
    """Law: taken out, changed, changed back, filled in by hand: none of it is touched again, and all of it is told."""
    now = edit(
        library,
        (b"%V 2012", b""),
        (b"%I Hindawi Limited", b"%I Wiley"),
        (f"%T {TITLE}".encode(), f"%T {TITLE.upper()}".encode()),
        (b"%P 123-125", b"%P 123-5"),
        (b"%J Ponds", b"%J Ponds\n%V 4"),
        (b"%J International Journal of Breast Cancer", b"%J Int. J. of Bre"),
    )
    for _ in range(3):
        first, second = (result for result, _ in cleaned(library, ANSWERS, policy))
        assert library.read_bytes() == now
        assert first.before.kept == {"volume", "publisher", "title", "container-title"}
        assert second.before.kept == {"page", "volume"}
        assert {"volume", "publisher"} <= {conflict.field for conflict in first.conflicts}
        assert [note.code for note in first.notes if note.code == "edited-since"] == ["edited-since"]
        assert first.changes == second.changes == ()


def test_what_was_edited_stays_edited_when_a_later_run_changes_something_else(library: Path):
    """Law: a later run hands on what it found edited; the last journal is enough."""
    edit(library, (b"%V 2012", b""), (b"%P 1-10", b""))
    more = FOUND.model_copy(
        update={
            "record": FOUND.record.model_copy(update={"work": FOUND.record.work.model_copy(update={"issue": "7"})})
        }
    )
    first, _ = (result for result, _ in cleaned(library, {DOI: more}, BUILT_IN["fill"]))
    assert [change.field for change in first.changes] == ["issue"]
    last = sorted((library.parent / "state").rglob("*.jsonl"))
    for path in last[:-1]:
        path.unlink()
    first, _ = (result for result, _ in cleaned(library, {DOI: more}, BUILT_IN["fill"]))
    assert first.before.kept == {"volume", "page"}


def test_records_may_move_and_others_come_between(library: Path):
    """Law: a record is found again by its DOI or its title, wherever it stands; one that is new is new."""
    one, two, *_ = library.read_bytes().replace(b"\r\n", b"\n").split(b"\n\n")
    new = b"%0 Book\n%T Ponds\n%P 123-5"
    one = one.replace(b"%V 2012\n", b"")
    two = two.replace(b"%P 123-125", b"%P 123-5")
    library.write_bytes(b"\n\n".join([two, new, one]) + b"\n\n")
    results = [result for result, _ in cleaned(library, ANSWERS, BUILT_IN["fill"])]
    assert [result.before.kept for result in results] == [{"page"}, frozenset(), {"volume"}]


def test_titles_that_several_records_share_tell_by_their_place(tmp_path: Path):
    """Law: of records without DOI that are called the same none is taken for another."""
    library = tmp_path / "library.enw"
    library.write_bytes(
        b"%0 Journal Article\n%T Editorial\n%P 1-12\n\n%0 Journal Article\n%T Editorial\n%P 123-5\n\n"
    )
    cleaned(library, {}, BUILT_IN["fill"])
    edit(library, (b"%P 123-125", b"%P 123-5"))
    assert [result.before.kept for result, _ in cleaned(library, {}, BUILT_IN["fill"])] == [frozenset(), {"page"}]


def test_a_clean_that_was_undone_says_nothing(library: Path):
    """Law: after an undo everything is as before the clean, which may be done again."""
    undo(library, state_dir=library.parent / "state")
    assert [len(result.changes) for result, _ in cleaned(library, ANSWERS, BUILT_IN["fill"])] == [5, 1]


def test_afresh_looks_at_nothing(library: Path):
    """Law: what was taken out by hand is filled again for whoever asks for that."""
    edit(library, (b"%V 2012", b""))
    first, _ = (result for result, _ in cleaned(library, ANSWERS, BUILT_IN["fill"], looks_back=False))
    assert [change.field for change in first.changes] == ["volume"]


def written(folder: Path, source: Path, output: Path | None) -> Path:
    """Clean a library to another file, and return the report."""
    report = folder / "report.jsonl"
    results = judged(read(source), ANSWERS, BUILT_IN["fill"])
    if output:
        output.write_bytes(b"".join(formats.write((result.record for result in results), "refer")))
    summary = Summary()
    summary.output = str(output.resolve()) if output else None
    with open_reports([report]) as reports:
        for result in results:
            summary.add(result)
            reports.write(result)
        reports.close(summary)
    return report


def marks(library: Path, **told: list[Path]) -> list[frozenset[str]]:
    """Return what is the user's in each record, given these reports."""
    how = {"reports": [], "since": []} | told
    with Earlier.of([library], library.parent / "state", **how) as past:
        return [record.kept for record in past.marked(read(library))]


def test_a_report_of_a_run_that_wrote_elsewhere_is_about_that_file(tmp_path: Path):
    """Law: the report about to be written anew tells of the file its run wrote, not of the one it read."""
    source, output = tmp_path / "library.enw", tmp_path / "clean.enw"
    source.write_text(LIBRARY)
    report = written(tmp_path, source, output)
    assert marks(output, reports=[report]) == [frozenset(), frozenset()]
    edit(output, (b"%V 2012", b""))
    assert marks(output, reports=[report]) == [{"volume"}, frozenset()]
    assert marks(source, reports=[report]) == [frozenset(), frozenset()]
    assert marks(output, since=[report]) == [{"volume"}, frozenset()]
    moved = output.rename(tmp_path / "moved.enw")
    assert marks(moved, reports=[report]) == [frozenset(), frozenset()]
    assert marks(moved, since=[report]) == [{"volume"}, frozenset()]


def test_since_takes_only_the_report_of_a_run_that_wrote(tmp_path: Path):
    """Law: what is no report, or that of a dry run, is refused with a sentence, and nothing is taken for edited."""
    source = tmp_path / "library.enw"
    source.write_text(LIBRARY)
    dry = written(tmp_path, source, None)
    with pytest.raises(StoreError, match="wrote nothing"):
        marks(source, since=[dry])
    with pytest.raises(StoreError, match="no report"):
        marks(source, since=[source])
    assert marks(source, reports=[dry, tmp_path / "none.jsonl"]) == [frozenset(), frozenset()]


def test_a_broken_report_is_an_error_with_its_name(tmp_path: Path):
    """Law: a report that cannot be read to its end is an error, never a record taken for edited."""
    source, output = tmp_path / "library.enw", tmp_path / "clean.enw"
    source.write_text(LIBRARY)
    report = written(tmp_path, source, output)
    report.write_bytes(b"{]\n" + report.read_bytes())
    with pytest.raises(StoreError, match=r"report\.jsonl"):
        marks(output, since=[report])

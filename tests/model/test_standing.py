"""What a person is told of a work's standing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from enrich.identifiers.doi import Doi
from enrich.model import Origin, Record, Registration, Update, Work, standing
from enrich.model.update import GRAVE, in_force

NOTICE = Update(type="retraction", doi="10.1016/notice", date="2010-02-06", source="retraction-watch")


def record(*updates: Update, relations: tuple[tuple[str, str], ...] = (), kind: str = "article-journal") -> Record:
    """Return an agency's record with these notices and relations."""
    return Record(
        work=Work(type=kind, title="On tests", doi=Doi("10.1101/1")),
        origin=Origin(agency="crossref", retrieved_at=datetime(2026, 11, 22, tzinfo=UTC)),
        registration=Registration(updates=updates, relations=relations),
    )


def told(record: Record) -> list[tuple[str, str, str]]:
    """Return severity, code and text of the notes on a record."""
    return [(note.severity, note.code, note.text) for note in standing.notes(record)]


@pytest.mark.parametrize(
    ("update", "severity", "code", "text"),
    [
        (
            NOTICE,
            "error",
            "retraction",
            "the work carries a notice of retraction: 10.1016/notice (2010-02-06, according to retraction-watch)",
        ),
        (
            Update(type="expression-of-concern"),
            "error",
            "expression-of-concern",
            "the work carries a notice of expression of concern",
        ),
        (
            Update(type="withdrawal", source="title"),
            "error",
            "withdrawal",
            "the work carries a notice of withdrawal (so its registered title)",
        ),
        (
            Update(type="correction", doi="10.1016/c", source="publisher"),
            "info",
            "correction",
            "the work carries a notice of correction: 10.1016/c (according to publisher)",
        ),
        (
            Update(type="erratum", doi="10.1016/a", date="2013", source="relation", direction="update-to"),
            "info",
            "notice",
            "the record is itself a notice of erratum about 10.1016/a (2013, so a registered relation)",
        ),
        (
            Update(type="retraction", direction="update-to"),
            "info",
            "notice",
            "the record is itself a notice of retraction",
        ),
    ],
)
def test_a_notice_carries_type_doi_date_and_source(update: Update, severity: str, code: str, text: str) -> None:
    """A grave notice about the work is an error; other notices, and being one, are to know."""
    assert told(record(update)) == [(severity, code, text)]


@pytest.mark.parametrize("kind", sorted(GRAVE))
def test_every_grave_notice_is_in_force(kind: str) -> None:
    """However the type is spelt; unless it is about another work."""
    for spelling in (kind, kind.replace("_", "-"), kind.replace("_", " ").title()):
        assert in_force((Update(type=spelling),))
        assert not in_force((Update(type=spelling, direction="update-to"),))


@pytest.mark.parametrize(
    ("retracted", "reinstated", "stands"),
    [
        ("2010-02-06", "2011-01-01", False),
        ("2010-02-06", "2010-02-06", False),
        ("2010-02-06", "2009-01-01", True),
        ("2010-02-06", None, True),
        (None, "2011-01-01", True),
    ],
)
def test_a_work_may_be_reinstated(retracted: str | None, reinstated: str | None, *, stands: bool) -> None:
    """A notice is lifted only by a reinstatement that is known to be later; it is told all the same."""
    updates = (Update(type="retraction", date=retracted), Update(type="reinstatement", date=reinstated))
    assert bool(in_force(updates)) == stands
    assert [severity for severity, *_ in told(record(*updates))] == ["error" if stands else "info", "info"]


@pytest.mark.parametrize(
    ("relation", "kind", "offered"),
    [
        (("is-preprint-of", "10.1038/x"), "article", True),
        (("is-version-of", "10.1038/x"), "article", True),
        (("is-version-of", "10.1101/2"), "article", False),
        (("is-version-of", "10.1038/x"), "dataset", False),
        (("is-version-of", "https://example.org/x"), "article", False),
        (("is-preprint-of", "10.1101/1"), "article", False),
        (("has-preprint", "10.1101/0"), "article-journal", False),
        (("references", "10.1038/x"), "article", False),
    ],
)
def test_a_published_version_is_offered(relation: tuple[str, str], kind: str, *, offered: bool) -> None:
    """A preprint says what it was published as, once; other versions of it are no publication."""
    notes = told(record(relations=(relation, relation), kind=kind))
    assert [code for _, code, _ in notes] == (["published-version"] if offered else [])
    assert all(relation[1] in text for _, _, text in notes)

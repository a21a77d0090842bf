"""Notices in titles and relations, where no list of notices has them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from agencies.world import NOW
from hypothesis import given
from hypothesis import strategies as st

from enrich.agencies import notices, read
from enrich.identifiers.doi import Doi
from enrich.model import Registration, Update

DOI = Doi("10.1016/j.test.2020.1")
ITSELF, ANOTHER = "updated-by", "update-to"


@pytest.mark.parametrize(
    ("title", "kind", "direction"),
    [
        ("RETRACTED: On tests", "retraction", ITSELF),
        ("Retracted: On tests", "retraction", ITSELF),
        ("RETRACTED ARTICLE: On tests", "retraction", ITSELF),
        ("Retracted Chapter: On tests", "retraction", ITSELF),
        ("Article retracted: On tests", "retraction", ITSELF),
        ("[Retracted] On tests", "retraction", ITSELF),
        ("(RETRACTED) On tests", "retraction", ITSELF),
        ("【RETRACTED】 On tests", "retraction", ITSELF),
        ("[Retracted article] On tests", "retraction", ITSELF),
        ("RETRACTED—On tests", "retraction", ITSELF),
        ("On tests [RETRACTED]", "retraction", ITSELF),
        ("On tests (Retracted)", "retraction", ITSELF),
        ("On tests (Withdrawn Paper)", "withdrawal", ITSELF),
        ("PARTIAL RETRACTION: On tests", "partial_retraction", ITSELF),
        ("WITHDRAWN: On tests", "withdrawal", ITSELF),
        ("[Withdrawn] On tests", "withdrawal", ITSELF),
        ("Withdrawn article: On tests", "withdrawal", ITSELF),
        ("REMOVED: On tests", "removal", ITSELF),
        ("TEMPORARY REMOVAL: On tests", "removal", ITSELF),
        ("EXPRESSION OF CONCERN: On tests", "expression_of_concern", ITSELF),
        ("Retraction notice to “On tests” [J. Tests 1 (2020) 1–2]", "retraction", ANOTHER),
        ("Retraction Note: On tests", "retraction", ANOTHER),
        ("Retraction: On tests", "retraction", ANOTHER),
        ("Retraction—On tests", "retraction", ANOTHER),
        ("Retraction", "retraction", ANOTHER),
        ("Notice of Retraction: On tests", "retraction", ANOTHER),
        ("Statement of Retraction: On tests", "retraction", ANOTHER),
        ("Withdrawal notice to: On tests", "withdrawal", ANOTHER),
        ("Expression of Concern for: “On tests”", "expression_of_concern", ANOTHER),
        ("Editorial Expression of Concern: On tests", "expression_of_concern", ANOTHER),
        ("Corrigendum to “On tests”", "corrigendum", ANOTHER),
        ("Erratum: “On tests”", "erratum", ANOTHER),
        ("Publisher's Erratum: On tests", "erratum", ANOTHER),
        ("Errata", "erratum", ANOTHER),
        ("Author Correction: On tests", "correction", ANOTHER),
        ("Publisher Correction to: On tests", "correction", ANOTHER),
        ("Correction to: On tests", "correction", ANOTHER),
        ("Correction: On tests", "correction", ANOTHER),
        ("Addendum to: On tests", "addendum", ANOTHER),
    ],
)
def test_titles_that_speak_of_a_notice(title: str, kind: str, direction: Any) -> None:
    """A title says that its work was retracted, or that it is the notice; it has no date, and names no DOI."""
    assert notices.of_title(title, DOI) == (Update(type=kind, source="title", direction=direction),)


@pytest.mark.parametrize(
    "title",
    [
        "On tests",
        "Retraction of the tongue during swallowing",
        "Retracted potentials and their use",
        "Withdrawn adolescents: a longitudinal study",
        "Withdrawn: what shy children tell",
        "Removed from home: children in care",
        "Removal of phosphate from wastewater",
        "Corrections in prison",
        "Correction of astigmatism",
        "Correction to the law of gravity in thin films",
        "Errata and addenda as a genre",
        "The importance of context: Three corrections to a paper",
        "Expression of genes",
        "Author index",
        "Expressions of concern among nurses",
        "Article 5: withdrawn",
        "On what is retracted",
        "Why papers are [retracted] so late, and what that means for all of us",
        "",
        "[",
        "]",
    ],
)
def test_ordinary_titles_say_nothing(title: str) -> None:
    """Words that also mean something else make no notice."""
    assert notices.of_title(title, DOI) == ()


def test_houses_with_a_custom_of_their_own() -> None:
    """IEEE renames the work, Hindawi calls the notice "Retracted: ..."; both the other way round."""
    renamed = notices.of_title("Notice of Retraction<br/>On tests", Doi("10.1109/test.2010.1"))
    assert [(each.type, each.direction) for each in renamed] == [("retraction", ITSELF)]
    notice = notices.of_title("Retracted: On tests", Doi("10.1155/2020/1"))
    assert [(each.type, each.direction) for each in notice] == [("retraction", ANOTHER)]
    assert notices.of_title("[Retracted] On tests", Doi("10.1155/2020/2"))[0].direction == ITSELF


def test_every_relation_has_a_direction() -> None:
    """What is done to a work is about itself, what it does to another is not; other relations are no notices."""
    for relation, (kind, direction) in notices.RELATIONS.items():
        (update,) = notices.of_relations([(relation, "10.1016/other"), ("references", "10.1016/else")])
        assert update == Update(type=kind, doi="10.1016/other", source="relation", direction=direction)
        assert (direction == ITSELF) == (relation.startswith("has-") or relation.endswith("-by"))


LISTED = {
    "DOI": "10.1016/notice",
    "type": "retraction",
    "updated": {"date-parts": [[2020, 5, 6]]},
    "source": "publisher",
}


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, [("retraction", None, "title", ITSELF)]),
        ({"updated-by": [LISTED]}, [("retraction", "2020-05-06", "publisher", ITSELF)]),
        (
            {"updated-by": [{**LISTED, "type": "correction"}]},
            [("correction", "2020-05-06", "publisher", ITSELF), ("retraction", None, "title", ITSELF)],
        ),
        (
            {"title": ["Correction: On tests"], "update-to": [{**LISTED, "type": "erratum"}]},
            [("erratum", "2020-05-06", "publisher", ANOTHER)],
        ),
        (
            {"title": ["On tests"], "relation": {"is-retracted-by": {"id": "10.1016/NOTICE", "id-type": "doi"}}},
            [("retraction", None, "relation", ITSELF)],
        ),
    ],
)
def test_a_list_of_notices_goes_first(members: dict[str, Any], expected: list[Any]) -> None:
    """What the agency lists is not said twice because the title says it too."""
    message = {"DOI": DOI, "type": "journal-article", "title": ["RETRACTED: On tests"], **members}
    registration = read("crossref", orjson.dumps(message), doi=DOI, retrieved_at=NOW).registration
    assert registration is not None
    assert [(each.type, each.date, each.source, each.direction) for each in registration.updates] == expected


def test_every_agency_is_read_for_notices() -> None:
    """DataCite's, JaLC's and negotiated titles speak of notices too."""
    answers = {
        "datacite": {"doi": DOI, "titles": [{"title": "[Withdrawn] On tests"}]},
        "jalc": {"doi": DOI, "title_list": [{"title": "WITHDRAWN: On tests"}]},
        "istic": {"id": DOI, "DOI": DOI, "title": "WITHDRAWN: On tests"},
    }
    for agency, answer in answers.items():
        registration = read(agency, orjson.dumps(answer), doi=DOI, retrieved_at=NOW).registration
        assert registration is not None
        assert [update.type for update in registration.updates] == ["withdrawal"]


@given(st.text(alphabet="[](:) —retacdwithnRETA]", max_size=60))
def test_any_title_is_read(title: str) -> None:
    """No title raises, and none holds more than one notice."""
    assert len(notices.of_title(title, DOI)) <= 1
    assert notices.completed(Registration(), title, DOI).updates == notices.of_title(title, DOI) or not title

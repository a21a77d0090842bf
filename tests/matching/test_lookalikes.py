"""Works that look like another and are none."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime

import pytest
from restoring.lookalikes import ARTICLES, KINDS, lookalikes
from restoring.works import composed

from enrich.agencies import crossref
from enrich.identifiers.doi import Doi
from enrich.matching import verdict

AT = datetime(2026, 11, 1, tzinfo=UTC)


def registered(message):
    """Read a message as its agency's answer."""
    doi = message["DOI"] or "10.5555/nothing"
    return crossref.read(json.dumps({**message, "DOI": doi}).encode(), doi=Doi(doi), retrieved_at=AT)


def judged(messages):
    """Count the verdicts on every look-alike, by kind."""
    counts = {}
    for pair in lookalikes(messages):
        found = verdict(registered(pair.described).work, registered(pair.registered))
        counts.setdefault(pair.kind, Counter())[found.state] += 1
    return counts


def accepted(counts):
    """Return the share of look-alikes that were taken for the work itself."""
    return sum(states["confirmed"] for states in counts.values()) / sum(map(Counter.total, counts.values()))


def test_a_look_alike_is_not_accepted():
    """Law: of the look-alikes of composed works, more than 500 of more than 60 kinds, at most one of 100 is accepted."""
    counts = judged(composed())
    assert set(counts) == set(KINDS)
    assert sum(map(Counter.total, counts.values())) > 500
    assert accepted(counts) <= 0.01


def test_a_look_alike_of_a_real_work_is_not_accepted(real_data):
    """Law: nor of those of real works, which have longer and odder titles."""
    rows = (json.loads(line) for line in (real_data / "crossref.jsonl").read_text("utf-8").splitlines())
    messages = [row["message"] for row in rows if row["message"].get("type") in ARTICLES][:300]
    assert accepted(judged(messages)) <= 0.01


@pytest.mark.parametrize("kind", ["erratum", "part I, part II", "reply", "comment", "data from"])
def test_what_says_what_it_is_is_held_against_the_doi(kind):
    """Law: where the titles say that there are two works, the DOI is contradicted, not merely doubted."""
    counts = judged(composed())[kind]
    assert counts["contradicted"] >= 0.9 * counts.total()


def test_the_works_themselves_are_confirmed():
    """Law: what tells look-alikes apart does not hold against the works; only columns without a place are in doubt."""
    works = [registered(message) for message in composed()]
    doubtful = [record.work.title for record in works if verdict(record.work, record).state != "confirmed"]
    assert doubtful == []


def test_the_doi_of_a_figure_is_not_that_of_the_article():
    """Law: a component, which its publisher registers without title and names, contradicts a record that has a title."""
    figure = registered({"DOI": "10.5555/article.g001", "type": "component", "publisher": "A Press"})
    article = next(registered(message) for message in composed() if message["type"] in ARTICLES)
    assert verdict(article.work, figure).state == "contradicted"
    assert verdict(figure.work, figure).state == "unconfirmed"

"""The page to read."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.model import Change, Enrichment, Note, Origin, Record, Update, Verdict, Work
from enrich.report import HtmlReport, Summary, open_reports
from enrich.report.html import entry, plain, top

Result = Callable[..., Enrichment]
VOID = {"meta", "input"}
PARTS = {
    "html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "p", "main", "fieldset", "legend", "label",
    "input", "b", "i", "span", "details", "summary", "div", "section", "table", "caption", "thead", "tbody", "tr", "th",
    "td", "bdi", "ins", "del", "small", "time", "ul", "li", "code", "a", "footer",
}  # fmt: skip


class Page(HTMLParser):
    """Notes every element, attribute and text, and whether elements are closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.parts: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def written(path: Path, *results: Enrichment) -> str:
    """Return the page about these results."""
    summary = Summary()
    with open_reports([path]) as reports:
        for enrichment in results:
            summary.add(enrichment)
            reports.write(enrichment)
        reports.close(summary)
    return path.read_text(encoding="utf-8")


HOSTILE = st.text(st.sampled_from("<>&\"'/=a \x00\x1b\u202e]-!;\ud800\n")) | st.sampled_from(
    [
        "</style><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "--><svg/onload=1>",
        "]]><b>",
        "javascript:1",
    ]
)


@settings(max_examples=60)
@given(st.tuples(*[HOSTILE] * 6))
def test_metadata_never_becomes_markup(texts: tuple[str, ...]):
    """Whatever the metadata is, the elements of the page are ours, closed in order, without handlers or foreign links."""
    clean = [text.encode("utf-8", "replace").decode() for text in texts]
    record = Record(work=Work(title=clean[0]), origin=Origin(file=clean[1], line=1), doi_text=clean[2])
    enrichment = Enrichment(
        index=0,
        status="contradicted",
        before=record,
        record=record,
        doi=clean[3],
        agency=clean[4],
        verdict=Verdict(state="contradicted", evidence={clean[5]: 0.5}, reasons=(clean[0],)),
        changes=(Change(field=clean[1], before=texts[2], after=texts[3], rule=clean[4], origin=clean[5]),),
        notes=(Note(severity="info", code=clean[0], text=clean[1]),),
        updates=(Update(type=clean[2], doi=clean[3], date=clean[4], source=clean[5]),),
    )
    page = Page(entry(enrichment, person=True))
    assert page.parts <= PARTS
    assert not page.open
    assert {name for name, _ in page.attributes} <= {"class", "id", "scope", "href", "rel"}
    assert all(value.startswith("https://doi.org/") for name, value in page.attributes if name == "href")
    assert not {"\x00", "\x1b", "\u202e"} & set("".join(page.text))


def test_page_needs_nothing_else(tmp_path: Path, result: Result):
    """No script, no address but doi.org's, and a policy that forbids both."""
    page = Page(written(tmp_path / "report.html", result(), result(index=1, status="unavailable")))
    assert page.parts <= PARTS
    assert not page.open
    policy = next(value for _, value in page.attributes if "default-src" in value)
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert not [value for name, value in page.attributes if name == "src" or "url(" in value]
    assert all(value.startswith("https://doi.org/") for name, value in page.attributes if name == "href")


def test_page_tells_what_changed(tmp_path: Path, result: Result):
    """Field, values, rule, origin, conflict, note and place stand on it."""
    page = written(tmp_path / "report.html", result())
    for words in (
        "What changed in library.enw", "Random Forests", "<ins>45</ins>", "Kluwer", "Springer", "abstract-overrun",
        "library.enw, line 12", 'href="https://doi.org/10.1023/a:1010933404324"', "correction",
    ):  # fmt: skip
        assert words in page


def test_filters_are_those_that_show_something(result: Result):
    """There is a button for each status that occurs, with its number, and a rule that makes it work."""
    summary = Summary()
    summary.add(result())
    summary.add(result(status="not-found", changes=()))
    page = top(summary, "x")
    shown = [value for name, value in Page(page).attributes if name == "id"]
    assert shown == ["f-all", "f-person", "f-changed", "f-s-enriched", "f-s-not-found"]
    assert page.count(":checked) .r:not(") == 4


def test_page_broken_off_never_appears(tmp_path: Path, result: Result):
    """A page is whole or not there, and leaves nothing behind."""

    def break_off() -> None:
        with HtmlReport.open(tmp_path / "report.html") as report:
            report.write(result())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("2012", "2012"),
        (["a", "b"], "a; b"),
        ({"date-parts": [[2012, 3, 4]]}, "2012-03-04"),
        ({"date-parts": [[2012, 3], [2012, 4]]}, "2012-03/2012-04"),
        ({"date-parts": [[None]]}, "no date"),
        ({"date-parts": 7}, "no date"),
        ({"literal": "in press"}, "in press"),
        ([{"family": "Berg", "given": "Anna", "non-dropping-particle": "van den"}], "van den Berg, Anna"),
        ([{"family": "King", "given": "M. L.", "suffix": "Jr."}, {"literal": "WHO"}], "King, M. L., Jr.; WHO"),
        ({"odd": [1, {"deep": True}]}, "odd: 1; deep: True"),
    ],
)
def test_values_are_shown_as_people_write_them(value: object, text: str):
    """CSL-JSON's shapes are for programs."""
    assert plain(value) == text

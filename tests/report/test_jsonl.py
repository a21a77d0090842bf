"""The report for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from enrich.errors import OutputError
from enrich.model import Change, Enrichment, Origin, Record, Work
from enrich.report import JsonlReport, Summary, open_reports
from enrich.report.jsonl import dump, last_line, parse, row, timestamp

Result = Callable[..., Enrichment]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters())
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def test_row_is_what_the_interface_says(result: Result):
    """Members, their order, and the form of dates are fixed."""
    assert row(result()) == {
        "index": 0,
        "source": {"file": "library.enw", "line": 12},
        "doi": "10.1023/a:1010933404324",
        "agency": "crossref",
        "status": "enriched",
        "verdict": {"state": "confirmed", "evidence": {"title": 1.0, "year": 0.988}, "reasons": ()},
        "changes": [
            {
                "field": "volume",
                "before": None,
                "after": "45",
                "rule": "fill",
                "origin": "crossref",
                "retrieved_at": "2026-11-22T09:30:00Z",
            }
        ],
        "conflicts": [{"field": "publisher", "local": "Kluwer", "remote": "Springer", "origin": "crossref"}],
        "notes": [{"severity": "warning", "code": "abstract-overrun", "text": "It ran on.", "line": None}],
        "updates": [
            {
                "type": "correction",
                "doi": "10.1000/1",
                "date": "2026-01-02",
                "source": None,
                "direction": "updated-by",
            }
        ],
        "state": {
            "format": None,
            "kept": [],
            "fields": {"title": 1119094235, "volume": 2889884971, "DOI": 3606625095},
        },
    }


def test_every_member_is_documented(result: Result, tmp_path: Path):
    """The page on cleaning has a row for each member of a line, which names what the member holds, and the summary's own."""
    page = (Path(__file__).parent.parent.parent / "docs" / "clean.md").read_text()
    section = page.split("\n## The report\n")[1].split("\n## ")[0]
    told = set(re.findall(r"`([a-z_]+)`", section))
    path = tmp_path / "r.jsonl"
    report = JsonlReport(path)
    report.write(result(), {"at": 0})
    report.close(Summary(), [{}])
    line, last = (orjson.loads(each) for each in path.read_bytes().splitlines())
    inner = {
        name for list_ in ("changes", "conflicts", "notes", "updates") for each in line[list_] for name in each
    }
    assert line["changes"]
    assert told >= {*line, *line["source"], *line["verdict"], *inner}
    assert told >= {"exit_code", "output", "in_place"}
    assert last["summary"].keys() >= {"exit_code", "output", "in_place"}


def test_shape_never_depends_on_the_data(result: Result):
    """A result with nothing in it has the members of one with everything."""
    record = Record(work=Work(), origin=Origin())
    bare = Enrichment(index=3, status="no-doi", before=record, record=record)
    assert row(bare).keys() == row(result()).keys()
    assert row(bare)["source"] == {"file": None, "line": None}


@given(VALUES, VALUES)
@example(None, -(1 << 63) - 1)
@example("\udcff", [1 << 64, 0.5])
def test_every_value_comes_back(before: object, after: object):
    """A line is valid JSON whatever the metadata holds, lone surrogates and great integers too."""
    record = Record(work=Work(), origin=Origin())
    change = Change(field="note", before=before, after=after, rule="fill", origin="local")
    line = dump(row(Enrichment(index=0, status="enriched", before=record, record=record, changes=(change,))))
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    read = json.loads(line)["changes"][0]
    assert (read["before"], read["after"]) == (before, after)
    assert parse(line)["changes"][0] == read
    assert parse(json.dumps(read, separators=(",", ":")).encode()) == read, "whoever wrote it"


@given(
    st.datetimes(min_value=datetime(1000, 1, 2), max_value=datetime(9998, 1, 1)),  # noqa: DTZ001 -- the zone is added
    st.integers(min_value=-14, max_value=14),
)
def test_timestamp_is_utc(moment: datetime, hours: int):
    """Any zone is written as UTC with Z, to the second."""
    aware = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    text = timestamp(aware)
    assert text.endswith("Z")
    assert datetime.fromisoformat(text) == aware.replace(microsecond=0)
    assert timestamp(moment) == timestamp(moment.replace(tzinfo=UTC))


def test_report_ends_with_the_summary(tmp_path: Path, result: Result):
    """One line for each record, in order, then the summary."""
    path = tmp_path / "report.jsonl"
    summary = Summary()
    with open_reports([path]) as reports:
        for index in range(3):
            enrichment = result(index=index)
            summary.add(enrichment)
            reports.write(enrichment)
        reports.close(summary)
    lines = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    assert [line["index"] for line in lines[:-1]] == [0, 1, 2]
    assert lines[-1]["summary"] == summary.as_dict()
    assert parse(last_line(path)) == lines[-1]


def test_report_broken_off_never_appears(tmp_path: Path, result: Result):
    """A report is whole or not there; one that stood there stays."""
    path = tmp_path / "report.jsonl"
    path.write_bytes(b"old")

    def break_off() -> None:
        with JsonlReport.open(path) as report:
            report.write(result())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert [file.name for file in tmp_path.iterdir()] == ["report.jsonl"]
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("name", ["report.txt", "report", "report.json", ".jsonl", "report.htm"])
def test_other_endings_are_refused_with_both_names(tmp_path: Path, name: str):
    """The error names the endings there are, and nothing is opened."""
    with pytest.raises(OutputError, match=r"\.jsonl.*\.html"):
        open_reports([tmp_path / "first.jsonl", tmp_path / name])
    assert not list(tmp_path.iterdir())


def test_first_report_is_given_up_when_the_second_cannot_be_opened(tmp_path: Path):
    """All or none."""
    with pytest.raises(OutputError, match="no such directory"):
        open_reports([tmp_path / "first.jsonl", tmp_path / "missing" / "second.html"])
    assert not list(tmp_path.iterdir())


def test_one_file_takes_one_report(tmp_path: Path):
    """Two reports of one name would overwrite each other."""
    with pytest.raises(OutputError, match="share"):
        open_reports([tmp_path / "a.jsonl", str(tmp_path / "a.jsonl")])

"""What holds of every format that is written: nothing is lost on the way into it without being told."""

from __future__ import annotations

import csv
import io
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laws.works import WORKS

from enrich import formats
from enrich.formats.losses import Loss, kept, losses
from enrich.model import FIELDS, Name, Origin, PartialDate, Record, Source, Work

TARGETS = formats.WRITABLE
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from([
    "=1+1", "+1", "-1", "@x", "\t=1", " =1", "\uff1d1",
    "\r\n=2", "\x00", "\ufffe", "]]>", "<!--", "&amp;", "'", '"', ","])  # fmt: skip


def record_of(work: Work) -> Record:
    return Record(work=work, origin=Origin(file="a"), source=Source(format="isi", raw=b"", work=work))


def plain(value: Any) -> str:
    """Return the value of a field as a file might have it, in one line, without what parts several."""
    if isinstance(value, tuple):
        return " ".join(plain(part) for part in value)
    text = (
        value.inverted()
        if isinstance(value, Name)
        else value.isoformat()
        if isinstance(value, PartialDate)
        else value
    )
    return " ".join((text or "").replace(";", " ").split())


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=40)
@given(work=WORKS)
def test_what_is_lost_is_told(name: str, work: Work) -> None:
    """A field that the format does not hold as it was is among the losses with all it said; one that it holds is not."""
    record = record_of(work)
    told = {loss.field: loss.value for loss in losses(record, name)}
    held = formats.FORMATS[name].held(record)
    for field, attribute in FIELDS.items():
        before, after = plain(getattr(work, attribute)), plain(getattr(held, attribute))
        assert (field in told) == bool(before and before != after)
        if before and not after:
            assert plain(told[field]) == before


@pytest.mark.parametrize("name", [name for name in TARGETS if name in formats.READABLE])
@settings(max_examples=40)
@given(work=WORKS)
def test_what_is_not_told_is_read_again(name: str, work: Work) -> None:
    """The file itself gives back every field that is not among the losses."""
    record = record_of(work)
    told = {loss.field for loss in losses(record, name)}
    (again,) = formats.FORMATS[name].read(formats.write([record], name))
    for field, attribute in FIELDS.items():
        if field not in told and getattr(work, attribute):
            assert plain(getattr(again.work, attribute)) == plain(getattr(work, attribute))


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=40)
@given(work=WORKS)
def test_what_is_kept_stands_in_the_notes(name: str, work: Work) -> None:
    """Each loss that is kept is in the notes that the format holds, behind the name of its field, after those there were."""
    record = record_of(work)
    found = losses(record, name)
    noted, still = kept(record, name)
    note = plain(formats.FORMATS[name].held(noted).note)
    for loss in found:
        assert loss in still or plain(f"{loss.field}: {loss.value}") in note
    assert noted.work.model_copy(update={"note": work.note}) == work
    assert plain(noted.work.note).startswith(plain(work.note))
    assert {loss.field for loss in still} <= {"note"} or still == found


def test_what_stands_beside_the_work_is_told() -> None:
    """ORCIDs, affiliations, seasons, tags without a field, unreadable records; a file's own format loses nothing."""
    people = (Name(family="Roe", given="J.", orcid="0000-0002-1825-0097", affiliation=("Here", "There")),)
    work = Work(author=people, issued=PartialDate(year=2001, season=2), type="article-journal")
    record = Record(
        work=work,
        origin=Origin(),
        extra=(("3", "x"), ("4", " ")),
        source=Source(format="refer", raw=b"", work=work),
    )
    assert losses(record, "csv") == (
        Loss("author.ORCID", "Roe, J. 0000-0002-1825-0097"),
        Loss("author.affiliation", "Roe, J. (Here; There)"),
        Loss("issued", "Summer 2001"),
        Loss("refer:3", "x"),
    )
    assert losses(record, "refer") == ()
    assert losses(record, "csl-json") == ()
    torn = Record(
        work=Work(), origin=Origin(), source=Source(format="refer", raw=b"\n%x\n", work=Work()), readable=False
    )
    assert losses(torn, "csv") == (Loss("unreadable", "%x"),)
    assert [loss.field for loss in losses(record, "crossref-json")][:3] == ["type", "author", "issued"]
    assert kept(record, "crossref-json") == (record, losses(record, "crossref-json"))


@pytest.mark.parametrize("name", ["mods", "jats"])
@settings(max_examples=60)
@given(work=WORKS, text=TEXTS)
def test_written_xml_is_xml_and_says_it_all(name: str, work: Work, text: str) -> None:
    """Any parser reads it, whatever the text; each field that is held stands in it."""
    record = record_of(work.model_copy(update={"title": text or None, "publisher": text or None}))
    root = ET.fromstring(b"".join(formats.write([record, record], name)))  # noqa: S314 - our own
    assert len(root) == 2
    said = [plain(part) for part in root.itertext() if part.strip()]
    held = formats.FORMATS[name].held(record)
    everything = " ".join([*said, *(value for element in root.iter() for value in element.attrib.values())])
    for field in set(FIELDS.values()) - {"type", "author", "editor", "translator", "collection_editor", "page"}:
        values = getattr(held, field) if isinstance(getattr(held, field), tuple) else (getattr(held, field),)
        for value in values:
            assert plain(value) in everything or plain(value) in " ".join(said)


@settings(max_examples=100)
@given(work=WORKS, text=TEXTS)
def test_no_cell_is_a_formula(work: Work, text: str) -> None:
    """Whatever a field holds, no cell begins as a formula does; without the apostrophe each says what the field says."""
    record = record_of(
        work.model_copy(update={"title": text, "keyword": (text or "a", "b"), "note": text + "\n" + text})
    )
    data = b"".join(formats.write([record, record], "csv")).decode()
    heading, row, again = csv.reader(io.StringIO(data, newline=""))
    assert row == again
    assert heading == list(FIELDS)
    for cell, attribute in zip(row, FIELDS.values(), strict=True):
        assert cell[:1] not in {*"=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"}
        assert cell.strip()[:1] not in {*"=+-@"}
        value = getattr(record.work, attribute)
        if attribute == "keyword":
            value = "; ".join(record.work.keyword)
        if isinstance(value, str):
            assert cell in {value, f"'{value}"}


@pytest.mark.parametrize("name", ["mods", "jats", "csv"])
def test_nothing_makes_a_whole_file(name: str) -> None:
    """No record at all is a file of its format too: XML with a root, a table with its heading."""
    data = b"".join(formats.write([], name))
    if name == "csv":
        assert data.decode().split(",")[:2] == list(FIELDS)[:2]
    else:
        assert len(ET.fromstring(data)) == 0  # noqa: S314 - our own

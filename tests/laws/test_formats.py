"""What holds of every format: no byte is lost, what is written is read again, nothing changes but what was changed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from laws.specimens import SPECIMENS
from laws.works import MEMBERS, WORKS, articles

from enrich import formats
from enrich.agencies import crossref, datacite
from enrich.errors import FormatError
from enrich.model import FIELDS, Origin, Record, Work

READ = sorted(SPECIMENS)
WRITTEN = sorted(set(SPECIMENS) & set(formats.WRITABLE))
BOTH = pytest.mark.parametrize("name", WRITTEN)


def read(data: bytes, name: str, size: int = 1 << 20) -> list[Record] | None:
    """Return the records of a file read in chunks of `size` bytes; None where it is refused."""
    try:
        return list(
            formats.FORMATS[name].read([data[at : at + size] for at in range(0, len(data), size)], file="a")
        )
    except FormatError as error:
        assert error.args[0]  # noqa: PT017 - any file may be refused, never without a word
        return None


def raw(record: Record) -> bytes:
    assert record.source is not None
    return record.source.raw


def written(works: list[Work], name: str) -> bytes:
    return b"".join(formats.write([Record(work=work, origin=Origin()) for work in works], name))


def with_fields(record: Record, update: dict[str, Any]) -> Record:
    work = record.work.model_copy(update=update)
    doi_text = record.doi_text if work.doi == record.work.doi else work.doi
    return record.model_copy(update={"work": work, "doi_text": doi_text})


def files(name: str) -> st.SearchStrategy[bytes]:
    """Files that look like the format, in some encoding, and perhaps broken."""
    specimen = SPECIMENS[name]

    def broken(text: str, codec: str, bytes_at: list[tuple[int, int]]) -> bytes:
        data = bytearray(text.encode(codec, "replace"))
        for place, byte in bytes_at if data else ():
            data[place % len(data)] = byte
        return bytes(data)

    return st.builds(
        broken,
        st.lists(st.sampled_from(specimen.pieces), min_size=1, max_size=25).map("".join),
        st.sampled_from(specimen.encodings),
        st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=3),
    )


def test_every_readable_format_is_here() -> None:
    """Whoever adds a format to the table adds its line to the laws."""
    assert set(READ) == set(formats.READABLE)


@pytest.mark.parametrize("name", READ)
@settings(max_examples=60)
@given(data=st.data(), size=st.integers(1, 7))
def test_joined_records_are_the_file(name: str, data: st.DataObject, size: int) -> None:
    """Reading any bytes raises nothing but FormatError; no byte is lost; how the file is cut into chunks changes nothing."""
    content = data.draw(files(name) | st.binary(max_size=200))
    records = read(content, name)
    assert read(content, name, size) == records
    for record in records or []:
        assert record.source is not None
        assert record.source.format == name
        assert record.readable or record.notes
        assert Work.model_validate(record.work.model_dump()) == record.work
    if records:
        assert b"".join(map(raw, records)) == content


@BOTH
@settings(max_examples=60)
@given(data=st.data())
def test_what_is_written_is_read_again(name: str, data: st.DataObject) -> None:
    """A file nothing changes is written back byte for byte, and so is read as the same works; whatever it holds."""
    content = data.draw(files(name))
    records = read(content, name)
    if not records:
        return
    again = b"".join(formats.write(records, name))
    assert again == content or SPECIMENS[name].closes
    works = [record.work for record in records if record.readable]
    assert [record.work for record in read(again, name) or [] if record.readable] == works


@BOTH
@settings(max_examples=60)
@given(works=st.lists(WORKS.filter(lambda work: work != Work()), min_size=1, max_size=3))
def test_a_fresh_record_is_read_as_what_is_held(name: str, works: list[Work]) -> None:
    """What is written afresh is known by its looks, reads as one record for each work and as `held` says; and so again."""
    data = written(works, name)
    records = read(data, name) or []
    target = formats.FORMATS[name]
    assert [record.work for record in records] == [
        target.held(Record(work=work, origin=Origin())) for work in works
    ]
    assert [target.held(record) for record in records] == [record.work for record in records]
    if all(work.title and work.type and work.author for work in works):
        assert formats.recognise(data) == name
        # No text of it is taken for a record of another format.
        assert [record.work for record in formats.read([data])] == [record.work for record in records]


@pytest.mark.parametrize(
    ("name", "field"), [(name, field) for name in WRITTEN for field in sorted(SPECIMENS[name].article)]
)
@settings(max_examples=25)
@given(data=st.data())
def test_an_article_holds(name: str, field: str, data: st.DataObject) -> None:
    """Each field that an article of the format can hold survives writing and reading, whatever its value looks like."""
    value = data.draw(MEMBERS[field])
    assume(not any(text in str(value) for text in SPECIMENS[name].altered))
    (record,) = (
        read(written([Work(**{"type": "article-journal", "title": "A", field: value})], name) or b"", name) or []
    )
    assert getattr(record.work, field) == value


@BOTH
@settings(max_examples=60)
@given(data=st.data())
def test_only_what_changed_changes(name: str, data: st.DataObject) -> None:
    """Of three records one changes: the others keep their bytes, and of its lines only those go that say what it said.

    What comes says what it says now, in all fields, and putting the former values back gives the former work.
    """
    specimen = SPECIMENS[name]
    work = articles(specimen.article)
    records = read(written(data.draw(st.lists(work, min_size=3, max_size=3)), name), name) or []
    assert len(records) == 3
    optional = {field: MEMBERS[field] for field in specimen.article}
    update = data.draw(st.fixed_dictionaries({}, optional=optional))
    update |= dict.fromkeys(data.draw(st.sets(st.sampled_from(["volume", "issue", "page", "language"]))))
    assume(not any(text in str(value) for text in specimen.altered for value in (update, records[1].work)))
    record = with_fields(records[1], update)
    after = list(formats.write([records[0], record, records[2]], name))
    assert [after[0], after[2]] == [raw(records[0]), raw(records[2])] or specimen.closes  # commas, ends
    assert raw(records[0]) in after[0]
    assert raw(records[2]).strip() in b"".join(after[2:])
    again = read(b"".join(after), name) or []
    assert [found.work for found in again] == [records[0].work, record.work, records[2].work]
    changed = {field for field, value in update.items() if getattr(records[1].work, field) != value}
    gone = lines(raw(records[1])) - lines(after[1])
    come = lines(after[1]) - lines(raw(records[1]))
    assert set(gone) <= set(said(records[1].work, changed, name))
    assert set(come) <= set(said(record.work, changed, name))
    back = with_fields(again[1], {field: getattr(records[1].work, field) for field in update})
    assert (read(b"".join(formats.write([back], name)), name) or [])[0].work == records[1].work


def lines(data: bytes) -> Counter[bytes]:
    """Return the lines of a file, without the commas that stand between members."""
    return Counter(line.strip().rstrip(b",") for line in data.splitlines())


def said(work: Work, fields: set[str], name: str) -> Counter[bytes]:
    """Return the lines that say what a work says in these fields, and empty ones."""
    some = Work(type=work.type, **{field: getattr(work, field) for field in fields})
    return lines(written([some], name)) + Counter([b""])


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize(
    "data",
    [b"\x00" * 100_000, b"x" * 3_000_000, b"{" * 100_000, b"[" * 100_000, b'"' * 100_001, b"\n" * 100_000, b"%A " * 100_000,
     b"@a{" * 50_000, b"\xff\xfe" + b"\xd8" * 99_999, b"TY  - \n" * 50_000, b"- " * 100_000, b"<a>" * 100_000,
     b" " * 1_000_000 + b"x", b"&#" * 100_000,
     b"TY  - JOUR\nAB  - x" + b"\nx" * 200_000, b"TY  - JOUR " + b"AU  - Roe, J " * 100_000,
     b"PMID- 1\nTI  - x" + b"\n      x" * 200_000, b"PT J\nAU x" + b"\n   x" * 200_000],
    ids=lambda data: f"{data[:6]!r}",
)  # fmt: skip
def test_huge_nonsense_is_survived(name: str, data: bytes) -> None:
    """Nonsense of some size is refused or kept, in time that grows with its length alone: a slower reader would not end."""
    records = read(data, name)
    if records:
        assert b"".join(map(raw, records)) == data


ENDLESS = {
    "refer": ("%0 Book\n%T a\n%X ", "\n"),
    "ris": ("TY  - BOOK\nTI  - a\nAB  - ", "\nER  - \n"),
    "nbib": ("PMID- 1\nOWN - NLM\nTI  - a\nAB  - ", "\n\n"),
    "isi": ("FN Clarivate\nVR 1.0\nPT J\nTI a\nAB ", "\nER\n\nEF\n"),
    "csl-json": ('[{"title": "', '"}]'),
    "bibtex": ("@book{a,\n title = {A},\n abstract = {", "}\n}\n"),
    "endnote-xml": (
        '<xml><records><record><ref-type name="Book">6</ref-type><notes>',
        "</notes></record></records></xml>",
    ),
}
"""How a record of each format begins, and ends, around a value that can be of any length."""


@pytest.mark.parametrize("name", READ)
def test_memory_holds_no_record_that_never_ends(name: str) -> None:
    """Of a value without an end a part comes out, or it is refused, while it is still being read."""
    fed = 0

    def stream() -> Iterator[bytes]:
        nonlocal fed
        yield ENDLESS[name][0].encode()
        while fed < 100 << 20:
            fed += 1 << 20
            yield b"A word. " * (1 << 17)

    try:
        assert not next(formats.read(stream())).readable
    except FormatError as error:
        assert "MiB" in str(error)  # noqa: PT017 - refused, and told why
    assert fed < 64 << 20


@pytest.mark.parametrize("name", [name for name in READ if name != "csl-json"])  # which refuses it
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-8-sig"])
def test_a_record_in_parts_is_cut_between_characters(name: str, codec: str) -> None:
    """A record that is too long is written back byte for byte, whatever of it stands where it was cut."""
    begin, end = ENDLESS[name]
    mark = "" if codec == "utf-8-sig" else "\ufeff"
    letters = "\u0416\u20ac\u6f22" * 2_500_000  # of two and three bytes
    data = f"{mark}{begin}{letters}{end}".encode(codec)
    records = read(data, name)
    assert records
    assert len(records) > 1
    assert b"".join(map(raw, records)) == data
    if name in WRITTEN:
        assert b"".join(formats.write(records, name)) == data


@BOTH
def test_reading_begins_before_the_file_ends(name: str) -> None:
    """Of an endless file the first records are read at once."""
    piece = written(
        [Work(type="article-journal", title=f"A {number}", volume="1") for number in range(20_000)], name
    )
    fed = 0

    def stream() -> Any:
        nonlocal fed
        for at in range(0, len(piece), 4096):
            fed += 4096
            yield piece[at : at + 4096]

    first = next(iter(formats.read(stream())))
    assert first.work.title == "A 0"
    assert fed < 400_000 < len(piece)


@BOTH
def test_what_is_withheld_is_what_is_lost(name: str) -> None:
    """The fields that a record's own format has no place for are those that writing and reading would lose."""
    record = (read(written([Work(type="article-journal", title="A")], name), name) or [])[0]
    values = {
        "volume": "3",
        "page": "1-2",
        "license": "http://creativecommons.org/licenses/by/4.0/",
        "language": "en",
    }
    record = record.model_copy(update={"work": record.work.model_copy(update=values)})
    unheld = formats.unheld(record, [field for field, attribute in FIELDS.items() if attribute in values])
    (again,) = read(b"".join(formats.write([record], name)), name) or []
    lost = {
        field
        for field, attribute in FIELDS.items()
        if getattr(again.work, attribute) != getattr(record.work, attribute)
    }
    assert set(unheld) == lost
    assert formats.unencodable(record, ["title", "volume"]) == ()


@BOTH
def test_real_works_survive(name: str, real_data: Path) -> None:
    """What registries say of 1,400 works is written as one record each, read as `held` says, and written the same again."""
    target, lost = formats.FORMATS[name], Counter[str]()
    works = [
        work
        for agency, describe in DESCRIBE.items()
        for work in described(real_data / f"{agency}.jsonl", describe)
    ]
    for work in works:
        record = Record(work=work, origin=Origin())
        data = b"".join(target.write([record]))
        (again,) = target.read([data])
        assert again.work == target.held(record)
        assert b"".join(target.write([again])) == data
        if work.type == "article-journal":
            lost.update(
                field for field in SPECIMENS[name].article if plain(work, field) != plain(again.work, field)
            )
    assert len(works) > 1000
    assert sum(lost.values()) < len(works) / 200, lost


DESCRIBE: dict[str, Callable[[Any], tuple[Work, Any]]] = {
    "crossref": lambda row: crossref.describe(row["message"]),
    "datacite": lambda row: datacite.describe(row.get("attributes") or row["data"]["attributes"]),
}


def described(path: Path, describe: Callable[[Any], tuple[Work, Any]]) -> Iterator[Work]:
    with path.open(encoding="utf-8") as rows:
        yield from (describe(json.loads(row))[0] for row in rows)


def plain(work: Work, field: str) -> Any:
    """Return the value of a field without what few formats have a place for: identifiers and addresses of people."""
    value = getattr(work, field)
    return tuple(name.inverted() for name in value) if field == "author" else value

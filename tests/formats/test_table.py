"""The table of formats: it agrees with page and folders, recognises by content, and writes whatever there is to write."""

from __future__ import annotations

import doctest
import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import permutations
from pathlib import Path

import pytest

from enrich import formats
from enrich.errors import FormatError
from enrich.model import Origin, Record, Source, Work

ROOT = Path(__file__).parents[2]
REFER = b"%0 Journal Article\n%T Random Forests\n%D 2001\n%R 10.1023/A:1010933404324\n\n"
RIS = b"TY  - JOUR\nAU  - Breiman, Leo\nTI  - Random Forests\nPY  - 2001\nDO  - 10.1023/A:1010933404324\nER  - \n"
ENDNOTE = (
    b'<?xml version="1.0"?><xml><records><record><ref-type name="Journal Article">17</ref-type><titles><title>Random Forests'
    b"</title></titles><electronic-resource-num>10.1023/A:1010933404324</electronic-resource-num></record></records></xml>"
)
CSL = b'[{"type": "article-journal", "title": "Random Forests", "DOI": "10.1023/A:1010933404324"}]\n'


def test_table_page_and_folder_agree() -> None:
    """Every module that is a format is in the table under its name, has its section on the page, and its tests."""
    modules = [import_module(f"enrich.formats.{module.name}") for module in pkgutil.iter_modules(formats.__path__)]
    assert sorted(module.NAME for module in modules if hasattr(module, "NAME")) == sorted(formats.FORMATS)
    page = (ROOT / "docs" / "formats.md").read_text("utf-8")
    assert re.findall(r"^## ([a-z-]+)$", page, re.MULTILINE) == list(formats.FORMATS)
    for section in page.split("\n## ")[1 : len(formats.FORMATS) + 1]:
        lines = [line for line in section.splitlines() if line.strip()]
        assert 6 <= len(lines) <= 14
        assert "Read" in section
        assert "Recognised by" in section
    for name, format_ in formats.FORMATS.items():
        assert name == format_.NAME
        assert all(extension.startswith(".") for extension in format_.EXTENSIONS)
        assert all(re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", media_type) for media_type in format_.MEDIA_TYPES)
        section = page.split(f"## {name}\n")[1].split("\n## ")[0]
        read_too, written_too = name in formats.READABLE, name in {*formats.WRITABLE, *formats.ANSWERS}
        assert (Path(__file__).parent / name.replace("-", "_")).is_dir() == read_too
        assert ("Read: no" in section, "Written: no" in section) == (not read_too, not written_too)
        assert read_too or written_too


def test_the_table_costs_nothing_until_it_is_used() -> None:
    """Importing the table imports no format."""
    code = (
        "import sys, enrich.formats as f; print(*f.FORMATS, *(m for m in sys.modules if 'enrich.formats.' in m))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {*loaded} == {*formats.FORMATS, "enrich.formats.base", "enrich.formats.mixed"}


@pytest.mark.parametrize(
    ("head", "name"),
    [(REFER, "refer"), (b"\xef\xbb\xbf" + REFER, "refer"), (CSL, "csl-json"), (b"\n" + CSL, "csl-json"), (b"[]", "csl-json"),
     (RIS, "ris"), (b"\xef\xbb\xbf\r\n" + RIS, "ris"), (b"see below\n\n" + RIS, "ris"),
     (RIS.replace(b"  - ", b" - "), "ris"),
     (RIS.decode().encode("utf-16"), "ris"), (RIS + REFER, "ris"), (REFER + RIS, "refer"), (RIS.split(b"\n", 1)[1], "ris"),
     (b"\nPMID- 123\nOWN - NLM\nTI  - x\n", "nbib"), (b"FN Clarivate Analytics Web of Science\nVR 1.0\n", "isi"),
     (b"% made by hand\n@article{breiman,\n  title = {Random Forests}}\n", "bibtex"),
     (ENDNOTE, "endnote-xml"),
     (CSL[1:-2], "csl-json"), (b'{"items": ' + CSL + b"}", "csl-json"), (b"", "refer"), (b" \n", "refer")],
)  # fmt: skip
def test_recognised(head: bytes, name: str) -> None:
    """A file is recognised by what it begins with, whatever stands before that; an empty one too."""
    assert formats.recognise(head) == name


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (b'<?xml version="1.0"?><mods>', "XML, which cannot be read yet; export"),
        (b"\n<!DOCTYPE html><html>", "a web page"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF"),
        (b"PK\x03\x04\x14\x00", "a ZIP archive or an office document"),
        (b"\x1f\x8b\x08\x00", "compressed file; unpack"),
        (b"\x7fELF\x02\x01\x00", "a binary file"),
        (b'{"status": "ok", "message-type": "work", "message": {"title": ["x"]}}', "Crossref's API; look"),
        (b'{"data": [{"id": "10.5281/x", "type": "dois", "attributes": {}}]}', "DataCite's API; look"),
        (b'{"a": 1}', "JSON, but not like CSL-JSON"),
        (b"https://doi.org/10.1000/182\n", "a list of DOIs; pass it to enrich resolve"),
        (b"10.1000/182\n", "a list of DOIs"),
        (b"Dear Sir or Madam,\n", "no bibliography that is known here"),
    ],
)
def test_refused(head: bytes, message: str) -> None:
    """What is none of these formats is refused with what it looks like and what to do; read() says in which file."""
    with pytest.raises(FormatError, match=re.escape(message)):
        formats.recognise(head)
    with pytest.raises(FormatError, match=re.escape(f"my.file: looks like {message}"[:20])) as refused:
        list(formats.read([head], file="my.file"))
    assert refused.value.file == "my.file"


@pytest.mark.parametrize("data", [REFER, RIS, CSL, ENDNOTE])
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_read_and_write(data: bytes, size: int) -> None:
    """However a file is cut, it is recognised, read, and written back as it was; named, it is read in the same way."""
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    records = list(formats.read(chunks, file="x"))
    name = formats.recognise(data)
    assert [record.work.title for record in records] == ["Random Forests"]
    assert b"".join(formats.write(records, name)) == data
    assert list(formats.read(chunks, file="x", format=name)) == records


def test_one_format_into_another() -> None:
    """Title and DOI survive from each format to each other one."""
    each = [(REFER, "refer"), (RIS, "ris"), (CSL, "csl-json"), (ENDNOTE, "endnote-xml")]
    for (data, _), (_, name) in permutations(each, 2):
        (record,) = formats.read([data])
        (again,) = formats.read(formats.write([record], name))
        assert again.source
        assert again.source.format == name
        assert (again.work.title, again.work.doi) == ("Random Forests", "10.1023/a:1010933404324")


def test_reading_begins_before_the_file_ends() -> None:
    """Only the head is needed to recognise a file."""

    def endless() -> Iterator[bytes]:
        while True:
            yield REFER * 100

    records = formats.read(endless())
    assert next(records).work.title == next(records).work.title == "Random Forests"


def test_an_unknown_name_is_refused() -> None:
    """The message names the formats there are."""
    with pytest.raises(FormatError, match="refer, ris, nbib, isi, csl-json, bibtex"):
        formats.write([], "marc")
    with pytest.raises(FormatError, match="marc"):
        list(formats.read([REFER], format="marc"))


@pytest.mark.parametrize("name", ["changing", "kinds", "csl_item", "json_items"])
def test_the_examples_are_true(name: str) -> None:
    """What the docstrings show is what happens."""
    results = doctest.testmod(import_module(f"enrich.formats.{name}"))
    assert results.attempted
    assert not results.failed


@pytest.mark.parametrize("name", formats.ANSWERS)
def test_answers_are_written_as_they_stand(name: str) -> None:
    """One line for each record, in order: the agency's own answer, or null where it gave none."""
    raw = b'{"DOI": "10.1000/182",\n  "title": ["A\\nB"]}\n'
    answered = Record(work=Work(), origin=Origin(agency="x"), source=Source(format=name, raw=raw, work=Work()))
    local = Record(work=Work(title="B"), origin=Origin(file="x"))
    other = Record(work=Work(), origin=Origin(agency="y"), source=Source(format="y-json", raw=raw, work=Work()))
    chunks = list(formats.write([answered, local, other, answered], name))
    assert len(chunks) == 5
    assert chunks[-1] == b""
    lines = b"".join(chunks).splitlines()
    assert [json.loads(line) for line in lines] == [json.loads(raw), None, None, json.loads(raw)]
    with pytest.raises(FormatError, match=r"x\.jsonl: .* never read; look the DOIs up"):
        list(formats.read([raw], file="x.jsonl", format=name))

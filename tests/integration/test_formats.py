"""The commands over a library of every format: convert, check, clean in place, undo."""

from __future__ import annotations

import subprocess
from pathlib import Path

import orjson
import pytest
from integration.command import Command, command_for

from enrich import formats

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
LIBRARY = EXAMPLES / "library.enw"


@pytest.fixture
def enrich(tmp_path: Path) -> Command:
    """The command with the sample snapshot and no network."""
    command = command_for(tmp_path / "home")
    assert command("snapshot", "load", EXAMPLES / "snapshot.jsonl").returncode == 0
    return command


def titles(data: bytes) -> list[str | None]:
    return [record.work.title for record in formats.read([data])]


@pytest.mark.parametrize("name", sorted(set(formats.READABLE) & set(formats.WRITABLE)))
def test_a_library_of_any_format_is_cleaned_and_restored(enrich: Command, name: str) -> None:
    """Converted, recognised without its name, cleaned in place with only what changed changed, restored byte for byte."""
    library = enrich.home / "library.txt"
    done = enrich("convert", LIBRARY, "--to", name, "-o", library)
    assert done.returncode == 0, done.stderr
    before = library.read_bytes()
    assert formats.recognise(before) == name
    assert titles(before) == titles(LIBRARY.read_bytes())
    checked = enrich("check", library)
    assert checked.returncode == 1, checked.stderr
    assert b"DOI002" in checked.stdout
    assert library.read_bytes() == before
    cleaned = enrich("clean", library, "--in-place")
    assert cleaned.returncode == 1, cleaned.stderr
    after = library.read_bytes()
    assert after != before
    again = enrich("clean", library)
    assert again.stdout == after
    changed = enrich("undo", library)
    assert changed.returncode == 0, changed.stderr
    assert library.read_bytes() == before


def test_a_mixed_file_is_read_as_what_it_is(enrich: Command) -> None:
    """Refer, RIS and BibTeX in one file, and none of it what the name says: cleaned in place and restored byte for byte."""
    library = enrich.home / "mixed.nbib"
    doi = "10.1038/nature14539"
    library.write_bytes(
        b"%0 Journal Article\n%T Deep learning\n%A LeCun, Y.\n%D 2015\n%R 10.1038/nature14539\n"
        b"TY  - JOUR\nTI  - Deep learning\nAU  - LeCun, Y.\nPY  - 2015\nDO  - 10.1038/nature14539\nER  - \n\n"
        b"@article{lecun,\n  title = {Deep learning},\n  author = {LeCun, Y.},\n"
        b"  year = 2015,\n  doi = {10.1038/nature14539}\n}\n"
    )
    before = library.read_bytes()
    done = enrich("clean", library, "--in-place", "--report", "report.jsonl")
    assert done.returncode == 0, done.stderr
    after = library.read_bytes()
    refer, ris, bibtex = (
        after.partition(b"TY  -")[0],
        after.partition(b"TY  -")[2],
        after.partition(b"@article")[2],
    )
    assert (b"\n%V 521\n" in refer, b"\nVL  - 521\n" in ris, b"\n  volume = " in bibtex) == (True, True, True)
    rows = [orjson.loads(line) for line in (enrich.home / "report.jsonl").read_bytes().splitlines()][:-1]
    assert [(row["doi"], row["source"]["line"]) for row in rows] == [(doi, 1), (doi, 6), (doi, 13)]
    assert enrich("clean", library).stdout == after
    assert enrich("undo", library).returncode == 0
    assert library.read_bytes() == before


def test_what_is_only_read_is_cleaned_into_another_format(enrich: Command) -> None:
    """Without `--to` the command says what to do and touches nothing; with it the library is cleaned."""
    library = enrich.home / "pubmed.txt"
    library.write_text(
        "PMID- 1\nTI  - Deep learning.\nFAU - LeCun, Yann\nDP  - 2015\nJT  - Nature\nLID - 10.1038/nature14539 [doi]\n"
    )
    before = library.read_bytes()
    for options in ([], ["--in-place"], ["-o", "out.txt"]):
        refused = enrich("clean", library, *options)
        assert refused.returncode == 2, refused.stderr
        assert b"nbib is read, never written" in refused.stderr
        assert refused.stdout == b""
    assert {path.name for path in enrich.home.iterdir() if path.is_file()} == {"pubmed.txt"}
    assert library.read_bytes() == before
    done = enrich("clean", library, "--to", "ris", "--report", "r.jsonl")
    assert done.returncode == 0, done.stderr
    assert b"VL  - 521" in done.stdout
    assert enrich("check", library).returncode == 0
    assert enrich("convert", library, "--to", "nbib").returncode == 2


@pytest.mark.parametrize("name", sorted(set(formats.WRITABLE) - set(formats.READABLE)))
def test_what_is_only_written_is_not_offered_to_be_read(enrich: Command, name: str) -> None:
    """`--from` names the formats that can be read."""
    refused: subprocess.CompletedProcess[bytes] = enrich("convert", LIBRARY, "--from", name, "--to", "refer")
    assert refused.returncode == 2
    assert name.encode() in refused.stderr


LOSING = b"""%0 Journal Article
%T A title
%K a; b
%X What it found.
%3 three

%0 Book
%T Another
"""


def test_what_is_lost_is_counted_listed_and_kept(enrich: Command) -> None:
    """Counted on standard error, in full in a file with a sum, in the notes if asked for; nothing where nothing is lost."""
    (enrich.home / "a.enw").write_bytes(LOSING)
    plain = enrich("convert", "a.enw", "--to", "jats", "-o", "a.jats", "--loss", "lost.jsonl")
    assert plain.returncode == 0
    assert b"lost from 1 of 2 records: abstract 1, keyword 1, refer:3 1\n" in plain.stderr
    assert b"--keep-in-notes" in plain.stderr
    row, last = map(orjson.loads, (enrich.home / "lost.jsonl").read_bytes().splitlines())
    assert row == {
        "index": 0,
        "source": {"file": "a.enw", "line": 1},
        "doi": None,
        "lost": [
            {"field": "abstract", "value": "What it found.", "kept": False},
            {"field": "keyword", "value": "a; b", "kept": False},
            {"field": "refer:3", "value": "three", "kept": False},
        ],
    }
    lost = {"abstract": 1, "keyword": 1, "refer:3": 1}
    assert last == {"summary": {"to": "jats", "records": 2, "losing": 1, "lost": lost, "kept": {}}}
    assert b"What it found" not in (enrich.home / "a.jats").read_bytes()
    kept = enrich("convert", "a.enw", "--to", "jats", "--keep-in-notes", "--loss", "lost.jsonl")
    assert b"<comment>abstract: What it found.\nkeyword: a; b\nrefer:3: three</comment>" in kept.stdout
    assert kept.stderr == b"jats cannot hold, kept in the notes: abstract 1, keyword 1, refer:3 1\n"
    assert orjson.loads((enrich.home / "lost.jsonl").read_bytes().splitlines()[-1])["summary"]["kept"] == lost
    assert enrich("convert", "a.enw", "--to", "jats", "-q").stderr == b""
    assert enrich("convert", "a.enw", "--to", "refer").stderr == b""
    assert enrich("convert", "a.enw", "--to", "refer").stdout == LOSING

"""`enrich export` from end to end: the gate, duplicates, keys, order; what fails writes nothing."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import orjson
import pytest
from integration.command import Command, command_for, lines_of

ROOT = Path(__file__).parent.parent.parent
GOOD = (
    b"%0 Journal Article\n%T Deep learning\n%A LeCun, Y.\n%A Bengio, Y.\n%A Hinton, G.\n%J Nature\n%D 2015\n%K nets\n"
    b"%R 10.1038/nature14539\n\n"
    b"%0 Journal Article\n%T Array programming with NumPy\n%A Harris, Charles R.\n%J Nature\n%D 2020\n"
    b"%R 10.1038/s41586-020-2649-2\n\n"
    b"%0 Journal Article\n%T Deep learning\n%A LeCun, Yann\n%J Nature\n%D 2015\n%I Another House\n%K learning\n%Z my copy\n"
    b"%R 10.1038/nature14539\n"
)
DEAD = b"\n%0 Journal Article\n%T Nothing at all\n%A Nemo\n%D 2012\n%R 10.1000/182\n"
WRONG = (
    b"\n%0 Journal Article\n%T On a Wholly Different Matter\n%A Nemo, Ulla\n%J Acta\n%D 1902\n%V 7\n%P 3-9\n"
    b"%R 10.1038/171737a0\n"
)


@pytest.fixture
def enrich(tmp_path: Path) -> Command:
    """Someone with the sample snapshot and no network."""
    run = command_for(tmp_path / "home")
    assert run("snapshot", "load", ROOT / "examples" / "snapshot.jsonl").returncode == 0
    (run.home / "good.enw").write_bytes(GOOD)
    (run.home / "bad.enw").write_bytes(GOOD + WRONG)
    return run


def titles(data: bytes) -> list[str]:
    return [item["title"] for item in json.loads(data)]


def test_what_passes_is_written_clean(enrich: Command) -> None:
    """Confirmed records are exported with what the registry filled in, in their order; duplicates are told, not merged."""
    done = enrich("export", "good.enw", "--to", "csl-json", "-o", "out.json", "--report", "r.jsonl")
    assert (done.returncode, done.stdout) == (0, b"")
    items = orjson.loads((enrich.home / "out.json").read_bytes())
    assert [item["volume"] for item in items] == ["521", "585", "521"]
    told = [line for line in done.stderr.decode().splitlines() if "the same DOI" in line]
    assert len(told) == 1
    assert told[0].startswith("good.enw:18 10.1038/nature14539: record 3, 'Deep learning'")
    assert "good.enw:1 " in told[0]
    assert len(lines_of(enrich.home / "r.jsonl")[0]) == 3
    assert enrich("export", "good.enw", "--to", "csl-json").stdout == (enrich.home / "out.json").read_bytes()


@pytest.mark.parametrize("more", [[], ["--sort", "title"], ["--merge-duplicates"], ["--keys", "doi"]])
@pytest.mark.parametrize("target", ["-o", "-"])
def test_a_failing_gate_names_the_record_and_writes_nothing(enrich: Command, more: list[str], target: str) -> None:
    """Index, line, title and reason on standard error; what stood in the output before is untouched."""
    (enrich.home / "out.json").write_bytes(b"as before")
    where = ["-o", "out.json"] if target == "-o" else []
    done = enrich("export", "bad.enw", "--to", "csl-json", *where, *more)
    assert (done.returncode, done.stdout) == (1, b"")
    assert (enrich.home / "out.json").read_bytes() == b"as before"
    said = done.stderr.decode()
    line = GOOD.count(b"\n") + 2
    assert (
        f"bad.enw:{line} 10.1038/171737a0: record 4, 'On a Wholly Different Matter': the DOI belongs to another"
        in said
    )
    assert "nothing was written: 1 record of 4 did not pass --require verified" in said
    assert re.search(r"^Nothing was written; it would be \d+ changes in 3 records\.$", said, re.MULTILINE)
    assert sorted(path.name for path in enrich.home.glob(".enrich-*")) == []


def test_what_a_gate_requires(enrich: Command) -> None:
    """`found` asks less than `verified`, and `none` lets everything pass, ending as a clean does."""
    scant = b"%0 Journal Article\n%T Deep learning\n%R 10.1038/nature14539\n"
    assert enrich("export", "-", "--to", "ris", text=scant).returncode == 1
    done = enrich("export", "-", "--to", "ris", "--require", "found", text=scant)
    assert (done.returncode, done.stdout[:8]) == (0, b"TY  - JO")
    assert enrich("export", "bad.enw", "--to", "ris", "--require", "found").returncode == 1
    done = enrich("export", "bad.enw", "--to", "ris", "--require", "none")
    assert (done.returncode, done.stdout.count(b"TY  -")) == (1, 4)


def test_nobody_asked_is_3_unless_something_is_wrong_too(enrich: Command) -> None:
    """An outage alone ends with 3, so that a script runs it again; a record that is wrong stays wrong."""
    unknown = GOOD + DEAD
    done = enrich("export", "-", "--to", "csl-json", text=unknown)
    assert (done.returncode, done.stdout) == (3, b"")
    assert b"nobody could be asked" in done.stderr
    assert enrich("export", "-", "--to", "csl-json", text=unknown + WRONG).returncode == 1


def test_duplicates_are_merged_on_request(enrich: Command) -> None:
    """One record of two: what is empty is filled, keywords and notes are joined, what differs is told."""
    done = enrich("export", "good.enw", "--to", "csl-json", "--merge-duplicates")
    first, _second = json.loads(done.stdout)
    assert first["keyword"] == "nets, learning"
    assert first["note"] == "my copy"
    assert [name["family"] for name in first["author"]] == ["LeCun", "Bengio", "Hinton"]
    assert "merged into record 1; its publisher is dropped: Another House" in done.stderr.decode()


def test_names_that_are_dropped_are_told_as_people_write_them(enrich: Command) -> None:
    """What a duplicate loses is named in a person's words, whatever its shape."""
    full = b"%0 Journal Article\n%T Deep learning\n%A LeCun, Yann\n%D 2015\n%R 10.1038/nature14539\n"
    short = full.replace(b"LeCun, Yann", b"Nobody, N. N.")
    done = enrich(
        "export", "-", "--to", "ris", "--require", "none", "--merge-duplicates", text=full + b"\n" + short
    )
    told = done.stderr.decode()
    assert "its author is dropped: Nobody, N. N.\n" in told
    assert "{" not in told


def test_keys_and_order(enrich: Command) -> None:
    """Keys are made of author and year or of the DOI, equals get letters in the library's order; then it is sorted."""
    done = enrich("export", "good.enw", "--to", "bibtex", "--keys", "author-year", "--sort", "author")
    assert re.findall(rb"^@\w+\{(\S+),$", done.stdout, re.MULTILINE) == [
        b"harris2020",
        b"lecun2015a",
        b"lecun2015",
    ]
    done = enrich("export", "good.enw", "--to", "csl-json", "--keys", "doi", "--sort", "year")
    assert [item["id"] for item in json.loads(done.stdout)] == [
        "10.1038/nature14539a", "10.1038/nature14539", "10.1038/s41586-020-2649-2",
    ]  # fmt: skip
    done = enrich("export", "good.enw", "--to", "csl-json", "--sort", "title")
    assert titles(done.stdout) == ["Array programming with NumPy", "Deep learning", "Deep learning"]


def test_bibtex_gets_new_keys_and_keeps_the_rest(enrich: Command) -> None:
    """An entry keeps its fields, comments and manner under a new key; one that refers to another is not renamed."""
    entry = (
        b"% mine\n@article{old:key, title = {Deep learning},\n   author={LeCun, Yann and Bengio, Yoshua},"
        b" journal = {Nature}, year = 2015, owner = {me},\n  doi = {10.1038/nature14539}}\n"
    )
    (enrich.home / "l.bib").write_bytes(entry)
    done = enrich("export", "l.bib", "--to", "bibtex", "--keys", "author-year", "--policy", "report")
    assert done.stdout == entry.replace(b"old:key", b"lecun2015")
    (enrich.home / "l.bib").write_bytes(entry.replace(b"owner = {me}", b"crossref = {there}"))
    done = enrich("export", "l.bib", "--to", "bibtex", "--keys", "doi")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"leave --keys out" in done.stderr
    (enrich.home / "l.bib").write_bytes(b"@string{n = {Nature}}\n" + entry)
    done = enrich("export", "l.bib", "--to", "bibtex", "--sort", "year")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"leave --sort" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["good.enw", "--to", "refer", "-o", "good.enw"], b"one of the inputs"),
        (["good.enw", "--to", "ris", "--report", "good.enw"], b"another name"),
        (["good.enw", "--to", "ris", "--keys", "doi"], b"no keys in ris"),
        (["good.enw"], b"--to"),
        (["nowhere.enw", "--to", "ris"], b"cannot be read"),
    ],
)
def test_what_cannot_be_meant_is_refused(enrich: Command, arguments: list[str], says: bytes) -> None:
    """A usage error or an input that is not there ends with 2 and touches nothing."""
    done = enrich("export", *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert says in done.stderr
    assert (enrich.home / "good.enw").read_bytes() == GOOD


def test_the_sample_library_does_not_pass(enrich: Command) -> None:
    """The library of the demonstration holds one record of each kind that must not be exported."""
    shutil.copy(ROOT / "examples" / "library.enw", enrich.home / "library.enw")
    done = enrich("export", "library.enw", "--to", "bibtex", "-q")
    assert (done.returncode, done.stdout) == (1, b"")
    told = [line for line in done.stderr.decode().splitlines() if line.startswith("library.enw:")]
    assert len([line for line in told if "the same DOI" not in line]) == 6

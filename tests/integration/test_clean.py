"""`enrich clean` from end to end: its own process, real sockets, the sample record and the sample library."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from integration.command import Command, command_for, lines_of
from standin import StandIn

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
LIBRARY = EXAMPLES / "library.enw"
SAMPLE = LIBRARY.read_bytes().splitlines(keepends=True)[0]


def filled(server: StandIn) -> StandIn:
    """Give the stand-in what the sample snapshot says."""
    for line in (EXAMPLES / "snapshot.jsonl").read_bytes().splitlines():
        item = orjson.loads(line)
        if "attributes" in item:
            server.datacite[item["id"]] = item["attributes"]
        elif "RA" in item:
            server.agencies[item["DOI"]] = item["RA"]
        elif "DOI" in item:
            server.crossref[item["DOI"]] = item
    return server


@pytest.fixture
def registry() -> Iterator[StandIn]:
    """The three services, knowing the works of the sample snapshot."""
    with StandIn() as server:
        yield filled(server)


@pytest.fixture
def enrich(tmp_path: Path, registry: StandIn) -> Command:
    """The command, asking the stand-in."""
    return command_for(tmp_path / "home", registry)


def test_the_sample_record_comes_out_whole_and_a_second_run_asks_nobody(
    enrich: Command, registry: StandIn
) -> None:
    """One flattened line in; one tag a line out, volume, pages and ISSNs filled, the abstract alone, the DOI bare."""
    done = enrich("clean", "-", "--report", "r.jsonl", text=SAMPLE)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.decode().splitlines()
    assert lines[0] == "%0 Journal Article"
    for line in ("%V 2012", "%P 1-10", "%R 10.1155/2012/574025", "%D 2012", "%A Zahraa I. Khamis"):
        assert line in lines
    assert {"2090-3170", "2090-3189"} <= set(" ".join(lines).replace("%@", " ").split())
    abstract = next(line for line in lines if line.startswith("%X"))
    assert abstract.endswith("improve patient outcome.")
    (row,), summary = lines_of(enrich.home / "r.jsonl")
    assert (row["status"], row["agency"], row["verdict"]["state"]) == ("enriched", "crossref", "confirmed")
    changed = {change["field"]: change for change in row["changes"]}
    assert {"volume", "page", "ISSN", "abstract"} <= set(changed)
    assert changed["volume"] | {"retrieved_at": None} == {
        "field": "volume", "before": None, "after": "2012", "rule": "fill", "origin": "crossref", "retrieved_at": None,
    }  # fmt: skip
    assert "1. Introduction" in changed["abstract"]["before"]
    assert any(note["code"] == "abstract-overrun" and "1. Introduction" in note["text"] for note in row["notes"])
    assert summary["exit_code"] == 0
    asked = len(registry.requests)
    again = enrich("clean", "-", text=SAMPLE)
    assert (again.returncode, again.stdout) == (0, done.stdout)
    assert len(registry.requests) == asked
    assert registry.violations == []


def test_the_sample_library_shows_each_thing_the_program_does(enrich: Command, registry: StandIn) -> None:
    """Every status that a record can have without a fault of the network, each where it belongs."""
    done = enrich("clean", LIBRARY, "-o", "clean.enw", "--report", "r.jsonl", "--report", "r.html")
    rows, summary = lines_of(enrich.home / "r.jsonl")
    by_doi = {row["doi"]: row for row in rows}
    assert done.returncode == 1, done.stderr
    assert done.stdout == b""
    assert by_doi["10.1155/2012/999999"]["status"] == "not-found"
    repaired = next(change for row in rows for change in row["changes"] if change["rule"] == "repair-doi")
    assert (repaired["before"], repaired["after"]) == ("10.1155/2012/574O25", "10.1155/2012/574025")
    assert by_doi["10.3743/kosim.2011.28.2.117"]["status"] == "elsewhere"
    assert by_doi["10.5061/dryad.8515"]["agency"] == "datacite"
    retracted = by_doi["10.1016/s0140-6736(97)11096-0"]
    assert retracted["updates"][0]["type"] == "retraction"
    assert retracted["status"] == "enriched"
    contradicted = [row for row in rows if row["status"] == "contradicted"]
    assert [row["changes"] for row in contradicted] == [[]]
    assert [row["status"] for row in rows].count("no-doi") == 2
    assert [row["status"] for row in rows].count("invalid-doi") == 1
    assert summary["status"]["enriched"] >= 15
    assert summary["status"]["unavailable"] == 0
    rules = set(summary["rules"])
    assert {"fill", "bare-doi"} <= rules
    assert any("shouting" in rule for rule in rules)
    assert any("debris" in rule for rule in rules)
    assert any("truncated" in rule for rule in rules)
    assert any("page" in rule for rule in rules)
    page = (enrich.home / "r.html").read_text()
    assert "<script" not in page
    assert "10.1038/nature14539" in page
    assert registry.violations == []


def test_a_clean_is_idempotent(enrich: Command) -> None:
    """What a clean wrote, a clean leaves alone, byte for byte."""
    enrich("clean", LIBRARY, "-o", "once.enw")
    enrich("clean", "once.enw", "-o", "twice.enw", "--report", "r.jsonl")
    assert (enrich.home / "twice.enw").read_bytes() == (enrich.home / "once.enw").read_bytes()
    rows, _ = lines_of(enrich.home / "r.jsonl")
    assert [row["changes"] for row in rows if row["changes"]] == []


@pytest.mark.parametrize("named", ["library.enw", "r.jsonl"])
def test_what_was_cleaned_in_place_is_restored_byte_for_byte(enrich: Command, named: str) -> None:
    """By the library or by the report; and the single line of the sample record is a single line again."""
    library = enrich.home / "library.enw"
    library.write_bytes(LIBRARY.read_bytes())
    done = enrich("clean", "library.enw", "--in-place", "--report", "r.jsonl")
    assert done.returncode == 1, done.stderr
    assert library.read_bytes() != LIBRARY.read_bytes()
    undone = enrich("undo", named)
    assert undone.returncode == 0, undone.stderr
    assert library.read_bytes() == LIBRARY.read_bytes()


def test_undo_after_an_edit_says_so_and_merge_keeps_the_edit(enrich: Command) -> None:
    """A later edit is the user's: undo refuses, and with --merge takes back only what the clean did."""
    library = enrich.home / "library.enw"
    library.write_bytes(LIBRARY.read_bytes())
    enrich("clean", "library.enw", "--in-place")
    edited = library.read_bytes().replace(b"%Z The copy in the blue folder.", b"%Z The copy in the red folder.")
    library.write_bytes(edited)
    refused = enrich("undo", "library.enw")
    assert refused.returncode == 2
    assert b"--merge" in refused.stderr
    assert library.read_bytes() == edited
    merged = enrich("undo", "library.enw", "--merge")
    assert merged.returncode == 0, merged.stderr
    expected = LIBRARY.read_bytes().replace(b"blue folder", b"red folder")
    assert library.read_bytes() == expected


def test_what_was_edited_since_a_clean_in_place_stays(enrich: Command) -> None:
    """A field taken out by hand is not filled again, which the report says; --afresh fills it; undo still undoes."""
    library = enrich.home / "library.enw"
    library.write_bytes(SAMPLE)
    enrich("clean", "library.enw", "--in-place")
    edited = library.read_bytes().replace(b"%V 2012\n", b"").replace(b"Metastasis\n", b"Metastases\n", 1)
    library.write_bytes(edited)
    for _ in range(2):
        done = enrich("clean", "library.enw", "--in-place", "--policy", "trust-agency", "--report", "r.jsonl")
        assert done.returncode == 0, done.stderr
        assert library.read_bytes() == edited
        (row,), _summary = lines_of(enrich.home / "r.jsonl")
        assert row["changes"] == []
        assert row["state"]["kept"] == ["title", "volume"]
        assert {"volume"} <= {conflict["field"] for conflict in row["conflicts"]}
        assert [note["code"] for note in row["notes"] if note["code"] == "edited-since"] == ["edited-since"]
    afresh = enrich("clean", "library.enw", "--afresh")
    assert b"%V 2012\n" in afresh.stdout
    refused = enrich("clean", "library.enw", "--afresh", "--since", "r.jsonl")
    assert refused.returncode == 2


def test_what_was_edited_since_a_clean_to_another_file_stays(enrich: Command) -> None:
    """By --since, or by the report of that clean about to be written anew; the library it read is cleaned as before."""
    (enrich.home / "library.enw").write_bytes(SAMPLE)
    enrich("clean", "library.enw", "-o", "clean.enw", "--report", "r.jsonl")
    output = enrich.home / "clean.enw"
    whole = output.read_bytes()
    output.write_bytes(whole.replace(b"%V 2012\n", b""))
    moved = enrich.home / "moved.enw"
    moved.write_bytes(output.read_bytes())
    assert b"%V 2012\n" not in enrich("clean", "moved.enw", "--since", "r.jsonl").stdout
    assert b"%V 2012\n" in enrich("clean", "moved.enw").stdout
    assert enrich("clean", "library.enw", "--report", "r2.jsonl", "-o", "again.enw").returncode == 0
    assert (enrich.home / "again.enw").read_bytes() == whole
    done = enrich("clean", "clean.enw", "-o", "third.enw", "--report", "r.jsonl")
    assert done.returncode == 0, done.stderr
    assert b"%V 2012\n" not in (enrich.home / "third.enw").read_bytes()
    assert lines_of(enrich.home / "r.jsonl")[0][0]["state"]["kept"] == ["volume"]
    enrich("clean", "library.enw", "--dry-run", "--report", "dry.jsonl")
    for wrong in ("dry.jsonl", "library.enw"):
        refused = enrich("clean", "clean.enw", "--since", wrong)
        assert refused.returncode == 2
        assert wrong.encode() in refused.stderr


def test_a_lock_that_no_record_bears_is_told(enrich: Command) -> None:
    """A record or a field of it stays as it is by a policy file; a name that fits no record is a typing error."""
    (enrich.home / "mine.toml").write_text(
        'extends = "fill"\n[records]\nkeep = ["10.1155/2012/574025x"]\n'
        '[records."DOI:10.1155/2012/574025"]\nkeep = ["volume"]\n'
    )
    done = enrich("clean", "-", "--policy", "mine.toml", text=SAMPLE)
    assert done.returncode == 0, done.stderr
    assert b"%V" not in done.stdout
    assert b"%P 1-10" in done.stdout
    assert b"10.1155/2012/574025x" in done.stderr
    (enrich.home / "mine.toml").write_text('extends = "fill"\n[records]\nkeep = ["10.1155/2012/574025"]\n')
    done = enrich("clean", "-", "--policy", "mine.toml", "--report", "r.jsonl", text=SAMPLE)
    assert done.stdout == SAMPLE
    assert b"no record" not in done.stderr
    assert "locked" in {note["code"] for note in lines_of(enrich.home / "r.jsonl")[0][0]["notes"]}


def test_undo_after_o_says_that_the_input_was_never_touched(enrich: Command) -> None:
    """There is nothing to take back, and that is no error."""
    enrich("clean", LIBRARY, "-o", "clean.enw", "--report", "r.jsonl")
    done = enrich("undo", "r.jsonl")
    assert done.returncode == 0
    assert b"never touched" in done.stderr


def test_o_with_the_librarys_own_name_is_in_place_and_says_so(enrich: Command) -> None:
    """Nobody finds their library overwritten unawares: it is said, with the way back."""
    shutil.copy(LIBRARY, enrich.home / "a.enw")
    done = enrich("clean", "a.enw", "-o", "./a.enw")
    assert done.stderr.decode().endswith(
        "\na.enw is the library itself: written in place; `enrich undo a.enw` restores it.\n"
    )
    assert (enrich.home / "a.enw").read_bytes() != LIBRARY.read_bytes()
    assert enrich("undo", "a.enw").returncode == 0
    assert (enrich.home / "a.enw").read_bytes() == LIBRARY.read_bytes()


@pytest.mark.parametrize("empty", [b"[]\n", b"<xml><records></records></xml>"])
def test_a_library_without_records_comes_out_as_it_is(enrich: Command, empty: bytes) -> None:
    """Whoever goes on with the output finds one, in the library's format or another."""
    (enrich.home / "empty").write_bytes(empty)
    assert enrich("clean", "empty", "-o", "out").returncode == 0
    assert (enrich.home / "out").read_bytes() == empty
    assert enrich("clean", "empty").stdout == empty
    assert enrich("clean", "empty", "--to", "csl-json").stdout.split() == [b"[]"]


def test_undo_of_a_library_that_is_gone_says_what_is_needed(enrich: Command) -> None:
    """A journal has the changed records alone, so the file must be put back; then undo goes on, by name and by report."""
    shutil.copy(LIBRARY, enrich.home / "a.enw")
    enrich("clean", "a.enw", "--in-place", "--report", "r.jsonl")
    (enrich.home / "a.enw").rename(enrich.home / "moved.enw")
    for named in ("a.enw", "r.jsonl"):
        done = enrich("undo", named)
        said = done.stderr.decode()
        assert done.returncode == 2
        assert "a.enw is not there: it was deleted, moved or renamed after it was cleaned" in said
        assert "put it back under this name, then undo again" in said
    (enrich.home / "moved.enw").rename(enrich.home / "a.enw")
    assert enrich("undo", "r.jsonl").returncode == 0
    assert (enrich.home / "a.enw").read_bytes() == LIBRARY.read_bytes()


def test_a_dry_run_is_the_same_run_without_the_library(enrich: Command) -> None:
    """The same report, and nothing written."""
    enrich("clean", LIBRARY, "-o", "clean.enw", "--report", "wet.jsonl")
    done = enrich("clean", LIBRARY, "-o", "dry.enw", "--dry-run", "--report", "dry.jsonl")
    assert done.stdout == b""
    assert not (enrich.home / "dry.enw").exists()
    assert lines_of(enrich.home / "dry.jsonl")[0] == lines_of(enrich.home / "wet.jsonl")[0]


def test_an_outage_is_unavailable_and_the_next_run_goes_on(enrich: Command, registry: StandIn) -> None:
    """503 from everybody: nobody says 'not found', the exit code is 3, the library stays; then all is well."""
    registry.fault("status", status=503, times=10_000)
    done = enrich("clean", "-", "--report", "r.jsonl", text=SAMPLE, ENRICH_PATIENCE="0")
    assert done.returncode == 3, done.stderr
    assert done.stdout == SAMPLE or b"10.1155/2012/574025" in done.stdout
    assert lines_of(enrich.home / "r.jsonl")[0][0]["status"] == "unavailable"
    registry.faults.clear()
    assert enrich("clean", "-", text=SAMPLE).returncode == 0


def test_offline_without_answers_is_unavailable(tmp_path: Path) -> None:
    """No network, no cache, no snapshot: nothing is known, and the record is kept."""
    offline = command_for(tmp_path / "home")
    done = offline("clean", "-", "--offline", text=b"%0 Journal Article\n%T A title\n%R 10.1038/1\n")
    assert done.returncode == 3
    assert done.stdout == b"%0 Journal Article\n%T A title\n%R 10.1038/1\n"


def test_several_libraries_follow_each_other(enrich: Command) -> None:
    """One output, in order; the report says which file each record came from."""
    (enrich.home / "a.enw").write_bytes(b"%0 Book\n%T First\n")
    (enrich.home / "b.enw").write_bytes(b"\xef\xbb\xbf%0 Book\r\n%T Second\r\n")
    done = enrich("clean", "a.enw", "b.enw", "-o", "both.enw", "--report", "r.jsonl")
    assert done.returncode == 0, done.stderr
    rows, _ = lines_of(enrich.home / "r.jsonl")
    assert [row["source"]["file"] for row in rows] == ["a.enw", "b.enw"]
    assert [row["index"] for row in rows] == [0, 1]
    again = enrich("convert", "both.enw", "--to", "csl-json")
    assert [item["title"] for item in orjson.loads(again.stdout)] == ["First", "Second"]


BAD = {
    "not a bibliography": (b"Dear all,\nplease find attached nothing.\n", "clean bad -o out.enw"),
    "binary": (bytes(range(256)) * 20, "clean bad -o out.enw"),
    "empty": (b"", "clean bad -o out.enw"),
    "blank": (b" \n\n", "clean bad -o out.enw"),
    "missing file": (b"", "clean nowhere.enw -o out.enw"),
    "a directory": (b"", "clean . -o out.enw"),
    "unwritable output": (SAMPLE, "clean bad -o nowhere/out.enw"),
    "unwritable report": (SAMPLE, "clean bad -o out.enw --report nowhere/r.jsonl"),
    "odd report": (SAMPLE, "clean bad -o out.enw --report r.pdf"),
    "unknown policy": (SAMPLE, "clean bad -o out.enw --policy nowhere.toml"),
    "in place and elsewhere": (SAMPLE, "clean bad -o out.enw --in-place"),
    "no such setting": (SAMPLE, "clean bad -o out.enw --config nowhere.toml"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_gets_one_clear_line_and_leaves_the_output_alone(enrich: Command, kind: str) -> None:
    """What happened, to which file, and what to do; exit code 2; no traceback; the old output stands."""
    data, line = BAD[kind]
    (enrich.home / "bad").write_bytes(data)
    (enrich.home / "out.enw").write_bytes(b"what stood there")
    done = enrich(*line.split())
    said = done.stderr.decode()
    assert done.returncode == 2, said
    assert "Traceback" not in said
    assert len(said.strip().splitlines()) <= 4  # a usage error shows the usage too
    assert any(word in said for word in ("bad", "nowhere", "r.pdf", ".", "--in-place"))
    assert (enrich.home / "out.enw").read_bytes() == b"what stood there"
    assert sorted(path.name for path in enrich.home.iterdir() if path.name.startswith(".enrich")) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full to stand for a full disk")
def test_a_full_disk_is_said_in_one_line(enrich: Command) -> None:
    """Standard output that cannot be written ends with 2 and a remedy."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "enrich", "clean", str(LIBRARY)],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
            env=enrich.variables(),
        )
    assert done.returncode == 2
    assert b"space" in done.stderr
    assert b"Traceback" not in done.stderr


ODD = (
    "%0 Journal Article\n%T Fine, Müller\n%A Müller, Jörg\n%J Blätter für Prüfungen\n%R 10.1038/nature14539\n\n".encode()
    + b"%0 Journal Article\n%T A tag without value\n%V\n\n"
    b"%0 Journal Article\n%T Broken \xff\xfe bytes\n%J Caf\xe9\n\n"
    b"%0 Book\n%T Huge\n%X " + b"x" * 9_000_000 + b"\n\n"
    b"%0 Journal Article\n%T Cut in the mid"
)


def test_odd_records_are_noted_with_their_line_and_kept(enrich: Command) -> None:
    """One odd record never stops a run: it is kept as it is, its line stands in the report, and the rest is worked on."""
    done = enrich("clean", "-", "--report", "r.jsonl", text=ODD)
    assert done.returncode in {0, 1}, done.stderr
    rows, _ = lines_of(enrich.home / "r.jsonl")
    assert [row["source"]["line"] for row in rows] == [1, 7, 11, 15, 17, 17, 19], "a long one comes in parts"
    notes = [{note["code"] for note in row["notes"]} for row in rows]
    assert "empty-tag" in notes[1]
    assert notes[2] & {"invalid-encoding", "mixed-encoding"}
    assert notes[3]
    assert done.stdout.endswith(ODD[ODD.index(b"%0 Journal Article\n%T A tag") :])


def test_an_interrupted_run_ends_with_130_and_says_how_to_go_on(enrich: Command, registry: StandIn) -> None:
    """Ctrl-C: nothing half-written, a word of comfort, and code 130."""
    registry.latency = 30.0
    (enrich.home / "out.enw").write_bytes(b"what stood there")
    process = subprocess.Popen(
        [sys.executable, "-m", "enrich", "clean", str(LIBRARY), "-o", "out.enw"],
        stderr=subprocess.PIPE,
        cwd=enrich.home,
        env=enrich.variables(ENRICH_TIMEOUT="60"),
    )
    for _ in range(200):
        if registry.requests:
            break
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130, said
    assert b"again" in said
    assert b"Traceback" not in said
    assert (enrich.home / "out.enw").read_bytes() == b"what stood there"


LOST = (
    LIBRARY.read_bytes()
    .replace(b"%R 10.1126/science.1225829\n", b"")
    .replace(b"%R 10.1103/PhysRevLett.13.508\n", b"%R 10.1103/PhysRevLett.13.508.pmid:1\n")
    .replace(b"%V 27\n%N 3\n%P 379-423\n%R 10.1002/j.1538-7305.1948.tb01338.x\n", b"")
)


def test_lost_dois_are_repaired_found_or_suggested_and_all_of_it_can_be_undone(
    enrich: Command, registry: StandIn
) -> None:
    """A misspelt one is put right, a missing one is found by its place, one without is suggested; undo takes all back."""
    library = enrich.home / "library.enw"
    library.write_bytes(LOST)
    done = enrich(
        "clean", "library.enw", "--in-place", "--find-missing", "--report", "r.jsonl", "--report", "r.html"
    )
    assert done.returncode == 1, done.stderr
    rows, summary = lines_of(enrich.home / "r.jsonl")
    changes = {
        (change["rule"], change["after"]) for row in rows for change in row["changes"] if change["field"] == "DOI"
    }
    assert ("find-doi", "10.1126/science.1225829") in changes
    assert ("repair-doi", "10.1103/physrevlett.13.508") in changes
    assert summary["rules"]["repair-doi"] == 2
    suggested = [note["text"] for row in rows for note in row["notes"] if note["code"] == "doi-suggestion"]
    assert any("10.1002/j.1538-7305.1948.tb01338.x" in text for text in suggested)
    assert any("10.2307/1914185" in text for text in suggested)  # for the record that has another work's DOI
    assert "find-doi" in (enrich.home / "r.html").read_text()
    assert b"%R 10.1126/science.1225829\n" in library.read_bytes()
    searches = [request for request in registry.requests if "query" in request.query]
    assert searches
    assert registry.violations == []
    asked = len(registry.requests)
    again = enrich("check", "library.enw", "--find-missing")
    assert b"DOI010" in again.stdout  # suggested
    assert len(registry.requests) == asked  # what was asked is kept, searches too
    edited = library.read_bytes().replace(b"%T A programmable", b"%K mine\n%T A programmable")
    library.write_bytes(edited)
    merged = enrich("undo", "library.enw", "--merge")
    assert merged.returncode == 0, merged.stderr
    assert library.read_bytes() == LOST.replace(b"%T A programmable", b"%K mine\n%T A programmable")


def test_a_search_that_fails_is_no_search(enrich: Command, registry: StandIn) -> None:
    """While the search is down, a record without a DOI is unavailable, and the run says to go on; then it is found."""
    record = next(each for each in LIBRARY.read_bytes().split(b"\n\n") if b"%T A programmable" in each)
    record = record.replace(b"%R 10.1126/science.1225829", b"").strip() + b"\n"
    registry.fault("status", path="query.bibliographic", status=503, times=10_000)
    done = enrich("clean", "-", "--find-missing", "--report", "r.jsonl", text=record, ENRICH_PATIENCE="0")
    assert done.returncode == 3, done.stderr
    assert done.stdout == record
    registry.faults.clear()
    done = enrich("clean", "-", "--find-missing", text=record)
    assert done.returncode == 0, done.stderr
    assert b"%R 10.1126/science.1225829" in done.stdout

"""One row for each record, the same as one process alone would say, whatever is killed."""

from __future__ import annotations

import io
import json
import sys
from collections import Counter
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as drawn
from hypothesis import strategies as st
from laws.dirty import libraries

from enrich import formats, sync
from enrich.batch import Job, Pulse, checkpoint, ingest
from enrich.batch.columns import NAMES
from enrich.errors import FormatError, OutputError, SettingsError, StoreError
from enrich.report.jsonl import row
from enrich.settings import Settings

moderately = drawn(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Killed(BaseException):
    """What a test raises where a run would be killed."""


def rows(path: Path) -> list[dict]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def job(library: Path, **more: object) -> Job:
    values: dict[str, object] = {"inputs": [library], "output": library.parent / "out.jsonl", "workers": 1}
    return Job(**(values | more))  # type: ignore[arg-type]  # a table of what each test wants


def left(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir() if path.name not in {"cache", "state"}}


def test_each_row_says_what_a_clean_reports(library: Path, settings: Settings, few: int) -> None:
    """The same verdicts, merges and notes as one process alone has, in the order of the input, however it is cut."""
    told = [row(result) for result in sync.clean(str(library), settings=settings)]
    summary, _ = ingest(job(library), settings)
    found = rows(library.parent / "out.jsonl")
    assert summary.records == len(found) == len(told) > 10 * few
    assert len({line["status"] for line in found}) >= 7
    for line, expected in zip(found, told, strict=True):
        assert tuple(line) == NAMES
        del expected["state"]
        assert {name: value for name, value in line.items() if name != "record"} == orjson.loads(
            orjson.dumps(expected, default=str)
        )


@pytest.mark.usefixtures("few")
def test_the_record_is_what_csl_json_would_hold(library: Path, settings: Settings) -> None:
    """`record` is the item that `clean --to csl-json` writes."""
    records = (result.record for result in sync.clean(str(library), settings=settings))
    items = json.loads(b"".join(formats.write(records, "csl-json")))
    ingest(job(library), settings)
    assert [line["record"] for line in rows(library.parent / "out.jsonl")] == items


@moderately
@given(libraries())
def test_one_row_comes_out_for_each_record_that_goes_in(
    settings: Settings, tmp_path: Path, drawn_library: tuple[bytes, object]
) -> None:
    """However dirty a library is, none of its records is lost, doubled or out of place."""
    path = tmp_path / "dirty.enw"
    path.write_bytes(drawn_library[0])
    lines = [record.origin.line for record in sync.read(path)]
    ingest(job(path), settings)
    found = rows(tmp_path / "out.jsonl")
    assert [line["source"]["line"] for line in found] == lines
    assert [line["index"] for line in found] == list(range(len(lines)))


@pytest.mark.usefixtures("few")
def test_processes_change_nothing(library: Path, settings: Settings) -> None:
    """Two processes write byte for byte what one does: rows, report and dead letters."""
    home = library.parent
    for count in (1, 2):
        names = {name: home / f"{name}{count}.jsonl" for name in ("output", "report", "unread")}
        ingest(job(library, workers=count, **names), settings)
    for name in ("output", "unread"):
        assert (home / f"{name}1.jsonl").read_bytes() == (home / f"{name}2.jsonl").read_bytes()
    one, two = (rows(home / f"report{count}.jsonl") for count in (1, 2))
    assert one[:-1] == two[:-1]
    one[-1]["summary"].pop("output")
    two[-1]["summary"].pop("output")
    assert one == two


@pytest.mark.usefixtures("few")
def test_without_order_the_same_rows_come(library: Path, settings: Settings) -> None:
    """`ordered=False` changes the order of the lines and nothing else."""
    home = library.parent
    ingest(job(library, output=home / "ordered.jsonl"), settings)

    def kill(pulse: Pulse) -> None:
        if pulse.records > 40:
            raise Killed

    with pytest.raises(Killed):
        ingest(job(library, output=home / "other.jsonl", ordered=False), settings, observe=kill)
    # What one process began, two may finish.
    ingest(job(library, output=home / "other.jsonl", workers=2, ordered=False), settings)
    lines = [(home / name).read_bytes().splitlines() for name in ("ordered.jsonl", "other.jsonl")]
    assert Counter(lines[0]) == Counter(lines[1])


@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize("moment", range(1, 17, 3))
def test_a_killed_run_goes_on(
    library: Path, settings: Settings, few: int, monkeypatch: pytest.MonkeyPatch, moment: int, every: int
) -> None:
    """Killed after any batch, with more on the disk than the checkpoint says, the next run ends as if nothing had been."""
    home = library.parent
    monkeypatch.setattr(checkpoint.GrowingFile, "every", every)
    files = {name: home / f"{name}.jsonl" for name in ("output", "report", "unread")}
    ingest(job(library, **files), settings)
    whole = {name: path.read_bytes() for name, path in files.items()}
    for path in files.values():
        path.unlink()

    def kill(pulse: Pulse) -> None:
        if pulse.records - pulse.resumed >= moment * few:
            raise Killed

    seen: list[Pulse] = []
    with pytest.raises(Killed):
        ingest(job(library, **files), settings, observe=kill)
    assert not any(path.exists() for path in files.values())
    with (home / "output.jsonl.unfinished").open("ab") as torn:
        torn.write(b'{"index": 99, "torn')
    ingest(job(library, **files), settings, observe=seen.append)
    assert {name: path.read_bytes() for name, path in files.items()} == whole
    assert seen[0].resumed == (moment - 1) // every * every * few or moment == 1
    assert left(home) == {library.name, *(path.name for path in files.values())}


@pytest.mark.usefixtures("few")
def test_a_run_killed_between_two_names_finishes_them(
    library: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When all is written and some files have their names already, the next run gives the rest theirs and asks nobody."""
    files = {name: library.parent / f"{name}.jsonl" for name in ("output", "report", "unread")}
    ingest(job(library, **files), settings)
    whole = {name: path.read_bytes() for name, path in files.items()}
    finish = checkpoint.GrowingFile.finish

    def killed(file: checkpoint.GrowingFile) -> None:
        if file.path.name == "output.jsonl":
            raise Killed
        finish(file)

    monkeypatch.setattr(checkpoint.GrowingFile, "finish", killed)
    with pytest.raises(Killed):
        ingest(job(library, **files), settings)
    monkeypatch.setattr(checkpoint.GrowingFile, "finish", finish)
    seen: list[Pulse] = []
    summary, _ = ingest(job(library, **files), settings, observe=seen.append)
    assert not seen
    assert summary.records == len(rows(files["output"]))
    assert {name: path.read_bytes() for name, path in files.items()} == whole


def interrupted(library: Path, settings: Settings) -> None:
    def kill(pulse: Pulse) -> None:
        if pulse.records > 40:
            raise Killed

    with pytest.raises(Killed):
        ingest(job(library), settings, observe=kill)


@pytest.fixture
def unfinished(library: Path, settings: Settings, few: int, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001 -- cuts the batches
    """A library whose run was killed after ten batches."""
    monkeypatch.setattr(checkpoint.GrowingFile, "every", 2)
    interrupted(library, settings)
    return library


@pytest.mark.parametrize(
    "edit", [lambda data: b"%0 Book\n" + data, lambda data: data[:-300], lambda _: b"%T One\n"]
)
def test_another_input_is_refused(unfinished: Path, settings: Settings, edit: object) -> None:
    """A run goes on with the input it began with: edited, shortened or replaced, it is told, and `afresh` begins again."""
    unfinished.write_bytes(edit(unfinished.read_bytes()))  # type: ignore[operator]  # one of the three above
    with pytest.raises(FormatError, match="--afresh"):
        ingest(job(unfinished), settings)
    summary, _ = ingest(job(unfinished, afresh=True), settings)
    assert summary.records == len(list(sync.read(unfinished)))


@pytest.mark.parametrize("more", [{"policy": "trust-agency"}, {"prefix": "x_"}, {"report": "r.jsonl"}])
def test_other_terms_are_refused(unfinished: Path, settings: Settings, more: dict[str, str]) -> None:
    """A run does not go on under another policy, or into other files."""
    with pytest.raises(SettingsError, match="--afresh"):
        ingest(job(unfinished, **more), settings)


def test_what_was_finished_must_still_be_there(unfinished: Path, settings: Settings) -> None:
    """A file that is shorter than the checkpoint says is not mended in silence."""
    (unfinished.parent / "out.jsonl.unfinished").write_bytes(b"")
    with pytest.raises(StoreError, match="--afresh"):
        ingest(job(unfinished), settings)


def test_standard_input_goes_on_too(unfinished: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that is sent again is compared and passed over like a file."""
    home = unfinished.parent

    def feed() -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(unfinished.read_bytes())))

    feed()
    ingest(job(unfinished, inputs=["-"], output=home / "whole.jsonl"), settings)

    def kill(pulse: Pulse) -> None:
        if pulse.records > 40:
            raise Killed

    feed()
    with pytest.raises(Killed):
        ingest(job(unfinished, inputs=["-"], output=home / "piped.jsonl"), settings, observe=kill)
    feed()
    seen: list[Pulse] = []
    ingest(job(unfinished, inputs=["-"], output=home / "piped.jsonl"), settings, observe=seen.append)
    assert seen[0].resumed > 0
    assert (home / "piped.jsonl").read_bytes() == (home / "whole.jsonl").read_bytes()


def test_two_runs_never_share_an_output(library: Path, settings: Settings) -> None:
    """Who comes second is told, and disturbs nothing."""

    def again(_: Pulse) -> None:
        with pytest.raises(OutputError, match="another process"):
            ingest(job(library), settings)

    ingest(job(library), settings, observe=again)


@pytest.mark.parametrize("same", ["output", "report", "unread"])
def test_an_input_is_never_written_over(library: Path, settings: Settings, same: str) -> None:
    """An output of the name of an input, or of another output, is refused before anything is read."""
    before = library.read_bytes()
    with pytest.raises(SettingsError, match="its own name"):
        ingest(job(library, **{same: library}), settings)
    with pytest.raises(SettingsError, match="its own name"):
        ingest(job(library, report=library.parent / "x.jsonl", unread=library.parent / "x.jsonl"), settings)
    assert library.read_bytes() == before
    assert left(library.parent) == {library.name}


def test_an_input_that_is_no_library_leaves_the_output_alone(tmp_path: Path, settings: Settings) -> None:
    """What stood under the output's name stands there still."""
    (tmp_path / "page.html").write_text("<!doctype html><p>Not found")
    (tmp_path / "out.jsonl").write_text("of yesterday")
    with pytest.raises(FormatError, match="HTML"):
        ingest(job(tmp_path / "page.html", output=tmp_path / "out.jsonl"), settings)
    assert (tmp_path / "out.jsonl").read_text() == "of yesterday"


@pytest.mark.usefixtures("few")
def test_several_inputs_follow_each_other(library: Path, settings: Settings) -> None:
    """Rows are numbered through all inputs, and each says which file it stood in."""
    other = library.parent / "other.ris"
    other.write_bytes(b"TY  - JOUR\nTI  - Deep learning\nDO  - 10.1038/nature14539\nER  - \n" * 9)
    ingest(job(library, inputs=[library, other]), settings)
    found = rows(library.parent / "out.jsonl")
    assert [line["index"] for line in found] == list(range(len(found)))
    assert [line["source"]["file"] for line in found[-10:]] == [str(library)] + [str(other)] * 9


@given(st.data())
@drawn(moderately, max_examples=10)
def test_parts_are_read_as_the_file_is(library: Path, data: st.DataObject) -> None:
    """What a format tells apart can be sent to another process and is there the record that reading the file gives."""
    import pickle

    ways = {"refer": library.read_bytes()}
    records = list(formats.read([ways["refer"]]))
    ways |= {name: b"".join(formats.write(records, name)) for name in ("ris", "csl-json", "bibtex", "endnote-xml")}
    name = data.draw(st.sampled_from(sorted(ways)))
    size = data.draw(st.sampled_from([7, 100, 1 << 20]))
    chunks = [ways[name][at : at + size] for at in range(0, len(ways[name]), size)]
    found, parts = formats.parts(chunks)
    assert found == name
    sent = pickle.loads(pickle.dumps(list(parts)))  # noqa: S301 -- likewise
    assert [formats.record(part, name) for part in sent] == list(formats.read(chunks))

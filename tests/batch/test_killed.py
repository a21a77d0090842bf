"""The command, killed (SIGKILL) with two workers under way, goes on when it is called again; nobody is left behind."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import orjson
import pytest
from integration.command import command_for

from enrich.batch import Job, ingest
from enrich.cli import main
from enrich.settings import Settings

RECORDS = 10_000  # checkpoints are written at 4,000 and 8,000


FILES = ("out.jsonl", "report.jsonl", "unread.jsonl")


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_the_command_killed_goes_on(tmp_path: Path, settings: Settings) -> None:
    """Killed as soon as there is a checkpoint, and again: the end are the files of a run that nobody disturbed."""
    library = tmp_path / "library.enw"
    known = b"%0 Journal Article\n%A LeCun, Y.\n%T Deep learning\n%J Nature\n%D 2015\n%R 10.1038/nature14539\n\n"
    odd = b"%0 Book\n%T Odd\n%R 10.x\n\n%0\n%T\n%A\n\n"
    library.write_bytes((known + b"%0 Book\n%T Nothing to look up\n\n" * 8 + odd) * (RECORDS // 11))
    folder, whole = tmp_path / "killed", tmp_path / "whole"
    folder.mkdir()
    whole.mkdir()
    output, report, unread = (whole / name for name in FILES)
    summary, _ = ingest(Job(inputs=[library], output=output, report=report, unread=unread, workers=1), settings)
    assert summary.statuses["unreadable"] == len(unread.read_bytes().splitlines()) == RECORDS // 11
    enrich = command_for(tmp_path / "home")
    output, report, unread = (str(folder / name) for name in FILES)
    arguments = [
        "ingest",
        str(library),
        "-o",
        output,
        "--report",
        report,
        "--unread",
        unread,
        "--workers",
        "2",
        "-q",
    ]
    variables = enrich.variables(ENRICH_SNAPSHOT=str(settings.snapshot))
    note = folder / "out.jsonl.checkpoint"
    stamp = 0
    for _ in range(2):
        command = [sys.executable, "-m", "enrich", *arguments]
        process = subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while process.poll() is None and (not note.exists() or note.stat().st_ino == stamp):
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.02)  # what is waited for is the run's own sign; the workers need the cores
        stamp = note.stat().st_ino
        process.send_signal(signal.SIGKILL)
        # Workers hold the other ends of these pipes: they are at their end when the last of them is gone.
        _, said = process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL, said
        assert not any((folder / name).exists() for name in FILES)
    done = enrich(*arguments, ENRICH_SNAPSHOT=str(settings.snapshot))
    assert done.returncode == 1, done.stderr
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    ours, theirs = ([(each / name).read_bytes().splitlines() for name in FILES] for each in (folder, whole))
    for each in (ours, theirs):
        told = orjson.loads(each[1].pop())  # the report's summary names the output
        each[1].append(told["summary"] | {"output": None})
    assert ours == theirs


def test_exit_codes_are_those_of_a_clean(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 settled, 1 a person is needed, 3 somebody could not be asked, 2 an input that is no library or a table unnamed."""
    for name, value in command_for(tmp_path / "home").environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ENRICH_SNAPSHOT", str(settings.snapshot))
    monkeypatch.setattr(gc, "set_threshold", lambda *_: None)  # a program's own affair, not a test run's
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # likewise
    nature = "%0 Journal Article\n%A LeCun, Y.\n%T Deep learning\n%J Nature\n%D 2015\n%R 10.1038/nature14539\n\n"
    for code, text in (
        (0, nature),
        (1, nature.replace("Deep learning", "Something else altogether")),
        (3, nature.replace("nature14539", "nature14540")),
        (2, "<!doctype html><p>none"),
        (2, '{"refer": "%T A"}\n'),
    ):
        (tmp_path / "in").write_text(text)
        with pytest.raises(SystemExit) as ended:
            main(["ingest", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--workers", "1"])
        said = capsys.readouterr().err
        assert ended.value.code == code, (text, said)
    assert "--column" in said


def test_what_is_kept_for_ever_beside_a_library_is_kept(tmp_path: Path, settings: Settings) -> None:
    """The locks beside each input hold as in a clean, and they are terms of the run."""
    enrich = command_for(tmp_path / "home")
    nature = "%0 Journal Article\n%A LeCun, Y.\n%T Deep learning\n%J Nature\n%D 2015\n%R 10.1038/nature14539\n\n"
    (enrich.home / "a.enw").write_text(nature)
    found = []
    for keep in ("", '[records."10.1038/nature14539"]\nkeep = ["volume"]\n'):
        (enrich.home / "a.enw.keep.toml").write_text(keep)
        done = enrich("ingest", "a.enw", "-o", "a.jsonl", "--workers", "1", ENRICH_SNAPSHOT=str(settings.snapshot))
        assert done.returncode == 0, done.stderr
        found.append(orjson.loads((enrich.home / "a.jsonl").read_bytes())["record"])
    assert found[0]["volume"] == "521"
    assert "volume" not in found[1]
    assert found[0]["page"] == found[1]["page"]

"""What goes wrong around a command is named, with what to do about it, and never as a traceback."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import socket
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import pytest
from click.testing import CliRunner
from integration.command import command_for

from enrich.batch import Job, ingest
from enrich.cli import enrich
from enrich.errors import OutputError, SettingsError, StoreError
from enrich.identifiers.doi import Doi
from enrich.model import Enrichment, Origin, Record, Work
from enrich.model.outcome import Landing
from enrich.report import HtmlReport, Summary
from enrich.report.jsonl import parse
from enrich.report.outcome import landing_page
from enrich.settings import Settings
from enrich.snapshot.layers import MANIFEST, read
from enrich.snapshot.workforce import hushed, spread

pytest.importorskip("uvicorn")
from enrich.service.assets import answer
from enrich.service.listening import listen


@pytest.mark.skipif(os.name != "posix", reason="names are Unicode elsewhere")
def test_a_name_that_is_no_unicode_is_ingested(tmp_path: Path) -> None:
    """Whatever bytes a file's name has, its records arrive, and nothing unfinished is left beside them."""
    library = tmp_path / os.fsdecode(b"\xff\n.enw")
    try:
        library.write_bytes(b"%0 Book\n%T Nothing to look up\n")
    except OSError:
        pytest.skip("this file system takes Unicode only")
    output = tmp_path / os.fsdecode(b"\xfe.jsonl")
    settings = Settings(cache_dir=tmp_path / "cache", snapshot=tmp_path / "none", offline=True)
    summary, _ = ingest(Job(inputs=[library], output=output, workers=1), settings)
    assert summary.records == 1
    assert parse(output.read_bytes())["source"]["file"] == str(library)
    assert {path.name for path in tmp_path.iterdir()} == {library.name, output.name}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_page_on_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report page that finds no room says which file it is, and leaves nothing."""
    record = Record(work=Work(title="Random Forests"), origin=Origin(file="library.enw", line=1))
    with Path("/dev/full").open("w+b") as full, suppress(OSError):
        monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: full)
        page = HtmlReport(tmp_path / "report.html")
        page.write(Enrichment(index=0, status="no-doi", before=record, record=record))
        _refuses(page)
    assert not list(tmp_path.iterdir())


def _refuses(page: HtmlReport) -> None:
    with pytest.raises(OutputError, match=r"report\.html cannot be written: the disk is full"):
        page.close(Summary())


def test_a_snapshot_that_may_not_be_read_is_not_to_be_removed(tmp_path: Path) -> None:
    """Only what is damaged is to be removed and loaded again: a permission or a disk is put right otherwise."""
    (tmp_path / MANIFEST).mkdir()
    with pytest.raises(StoreError, match="cannot be read") as caught:
        read(tmp_path)
    assert "remove" not in str(caught.value)


def test_a_port_in_use_is_named() -> None:
    """Who asks for a port that is taken is told so, and not first that the service is there."""
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        answer = CliRunner().invoke(enrich, ["serve", "--offline", "--port", str(port)])
    assert isinstance(answer.exception, SettingsError)
    assert f"http://127.0.0.1:{port}/ cannot be served: another program listens there" in str(answer.exception)
    assert "serving on" not in answer.output


def test_an_address_of_another_machine_is_named() -> None:
    """An address that is not this machine's is refused in words, whatever the reason is called."""
    with pytest.raises(SettingsError, match=r"http://192\.0\.2\.1:0/ cannot be served"):
        listen("192.0.2.1", 0)


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no IPv6 here")
@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_ipv6_is_listened_on(host: str) -> None:
    """An IPv6 address is taken with brackets and without."""
    try:
        listener = listen(host, 0)
    except SettingsError:
        pytest.skip("this machine has no ::1")
    with listener:
        assert listener.getsockname()[0] == "::1"


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.EACCES, "ask its owner for the permission"), (errno.EPERM, "ask its owner"), (errno.EISDIR, "name a file in it"),
     (errno.EIO, "the disk reports an error"), (errno.ENOENT, "check the path"), (errno.ELOOP, "check the path")],
)  # fmt: skip
@pytest.mark.parametrize(
    "arguments",
    [["clean"], ["check"], ["convert", "--to", "ris"], ["resolve", "--file"]],
)  # fmt: skip
def test_what_cannot_be_read_says_what_to_do(
    number: int, remedy: str, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A permission is asked for, a path is looked at: the remedy is that of the reason."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("gc.set_threshold", lambda *_: None)  # a program's own affair, not a test run's
    monkeypatch.setattr("signal.signal", lambda *_: None)  # likewise

    def refuse(*_: object, **__: object) -> NoReturn:
        raise OSError(number, os.strerror(number), "library.enw")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.open", refuse)
        patch.setattr("builtins.open", refuse)
        answer = CliRunner().invoke(enrich, [*arguments, "library.enw"])
    assert f"library.enw: cannot be read: {os.strerror(number)}; " in str(answer.exception)
    assert remedy in str(answer.exception)


@pytest.mark.parametrize("command", ["clean a.enw --offline", "check a.enw --offline", "undo a.enw"])
def test_journals_that_may_not_be_read_are_not_taken_for_none(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was edited since is not overwritten, nor is a clean said never to have been, because nobody could look."""
    monkeypatch.chdir(tmp_path)
    for name in ("CACHE_DIR", "STATE_DIR", "SNAPSHOT"):
        monkeypatch.setenv(f"ENRICH_{name}", str(tmp_path / name))
    (tmp_path / "a.enw").write_text("%0 Book\n%T A\n")
    looks = os.listdir

    def refuse(place: object) -> list[str]:
        if "journals" in str(place):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))
        return looks(place)  # type: ignore[arg-type,no-any-return,call-overload]  # as it was given

    monkeypatch.setattr("os.listdir", refuse)
    answer = CliRunner().invoke(enrich, command.split())
    assert isinstance(answer.exception, StoreError), answer.output
    assert "a.enw are, cannot be read: Permission denied; you may not read it; ask its owner" in str(
        answer.exception
    )


def test_an_error_is_no_command_to_the_terminal(tmp_path: Path) -> None:
    """What a message quotes of a file's name or a command line is shown, never obeyed, whoever words the message."""
    enrich = command_for(tmp_path / "home")
    odd = os.fsdecode(b"a\x1b[2J\x9bb\x7f.enw")
    for arguments in (
        ["clean", odd],
        ["clean", f"--{odd}"],
        [odd],
        ["undo", odd],
        ["check", "--output", odd, "x"],
    ):
        said = enrich(*arguments).stderr.decode()
        assert "a" in said
        assert all(line.isprintable() for line in said.split("\n")), said


def test_an_address_stays_on_its_line() -> None:
    """Whatever a registry gives as an address, the list of landing pages has a line for each DOI, and no command in it."""
    found = Landing(doi=Doi("10.1000/182"), url="http://example.org/a b\n\x1b[2J\udcffé")
    assert landing_page(found) == "http://example.org/a%20b%0A%1B[2J%3Fé"


def test_a_name_that_is_no_unicode_is_asked_and_loaded(tmp_path: Path) -> None:
    """Bytes that are no text are no DOI, and a data file may be called by them."""
    enrich = command_for(tmp_path / "home")
    done = enrich("resolve", os.fsdecode(b"\xff"))
    assert (done.returncode, parse(done.stdout)["status"]) == (1, "invalid-doi"), done.stderr
    name = os.fsdecode(b"\xff.jsonl")
    try:
        shutil.copy(Path(__file__).parent.parent / "examples" / "snapshot.jsonl", enrich.home / name)
    except OSError:
        pytest.skip("this file system takes Unicode only")
    assert enrich("snapshot", "load", name).returncode == 0
    assert rb"from \udcff.jsonl: 25 records" in enrich("snapshot", "info").stdout


def _is_deaf(_: int) -> bool:
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="signals are masked on POSIX")
def test_workers_begin_deaf_to_the_keyboard() -> None:
    """A worker never hears Ctrl-C, not even while it imports; its parent does, and one pressed meanwhile is not lost."""
    assert list(spread(_is_deaf, range(2), 2)) == [True, True]
    assert not _is_deaf(0)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a run in the background ignores it
    try:
        _presses()
    finally:
        signal.signal(signal.SIGINT, before)


def _presses() -> None:
    with pytest.raises(KeyboardInterrupt), hushed():  # noqa: PT012 -- what is held back is the test
        signal.raise_signal(signal.SIGINT)
        assert _is_deaf(0)


def test_a_name_that_is_no_unicode_is_shown() -> None:
    """The page of a review opens whatever the library's name is."""
    assert parse(answer({"library": os.fsdecode(b"a\xff.enw")}).body)["library"].startswith("a")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["clena", "library.enw"], "there is no command 'clena'; did you mean 'clean'?"),
        (["enrol"], "No such command 'enrol'"),
        (["resolve", __file__], f"{__file__} is a file, not a DOI; --file {__file__} reads the DOIs in it"),
        (["convert", "library.enw", "--to", "crossref-json"], "'crossref-json' is not one of 'biblatex'"),
        (
            ["check", "-o", "findings.txt", "library.enw"],
            "add `> FILE` to keep the findings, and --output text|json|",
        ),
        (["check", "--reprot", "r.jsonl", "library.enw"], "No such option '--reprot'"),
        (
            ["clean", "library.enw", "-o", "r.jsonl", "--report", "r.jsonl"],
            "--report and -o name the same file, r.jsonl; give the report another name",
        ),
        (
            ["export", "library.enw", "--to", "ris", "-o", "r.jsonl", "--report", "./r.jsonl"],
            "--report and -o name the same file, ./r.jsonl; give the report another name",
        ),
        (["clean", "library.enw", "--report", "library.enw"], "--report library.enw would overwrite the library"),
        (["undo", "nowhere.enw"], "nowhere.enw: cannot be read: No such file or directory; check the path"),
        (
            ["clean", "--policy", "nope.toml", "-"],
            "nope.toml: policy: cannot be read: No such file or directory; check",
        ),
        (
            ["clean", "--policy", "latin.toml", "-"],
            "latin.toml: policy: cannot be read: it is not written in UTF-8",
        ),
        (["clean", "--config", "latin.toml", "-"], "latin.toml: cannot be read: it is not written in UTF-8"),
    ],
)
def test_what_was_meant_is_said(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command, a file or a format in the wrong place is answered with the right one."""
    monkeypatch.chdir(tmp_path)
    Path("latin.toml").write_bytes("# für alle\n".encode("latin-1"))
    answer = CliRunner().invoke(enrich, arguments)
    assert answer.exit_code != 0
    assert said in " ".join((answer.output + str(answer.exception)).split())


@pytest.mark.parametrize("command", ["clean", "export --to ris", "ingest --workers 1 -o rows.jsonl"])
def test_what_is_to_be_done_offline_is_said(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody was to be asked, running the same again would end as it did: commands that say what to do say that."""
    monkeypatch.chdir(tmp_path)
    for name in ("CACHE_DIR", "STATE_DIR", "SNAPSHOT"):
        monkeypatch.setenv(f"ENRICH_{name}", str(tmp_path / name))
    monkeypatch.setattr("gc.set_threshold", lambda *_: None)  # a program's own affair, not a test run's
    monkeypatch.setattr("signal.signal", lambda *_: None)  # likewise
    (tmp_path / "a.enw").write_text("%0 Journal Article\n%T A\n%R 10.1000/182\n\n")
    answer = CliRunner().invoke(enrich, [*command.split(), "a.enw", "--offline"])
    assert "1 record could not be looked up; run without --offline to ask the registries." in answer.stderr

"""Files whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from enrich.errors import OutputError
from enrich.report.atomic import AtomicFile


def test_new_content_takes_the_place_of_the_old(tmp_path: Path):
    """The old content stands until the commit, the new one after it, and nothing else is left."""
    path = tmp_path / "library.enw"
    path.write_bytes(b"old")
    with AtomicFile(path) as output:
        output.write(b"new ")
        output.write(b"content")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new content"
    assert [file.name for file in tmp_path.iterdir()] == ["library.enw"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_exception_leaves_the_old_file_and_no_temporary_one(tmp_path: Path, error: type[BaseException]):
    """Whatever breaks the writing off, the old file is untouched."""
    path = tmp_path / "library.enw"
    path.write_bytes(b"old")

    def break_off() -> None:
        with AtomicFile(path) as output:
            output.write(b"half")
            raise error

    with pytest.raises(error):
        break_off()
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["library.enw"]


def test_mode_of_an_existing_file_is_kept(tmp_path: Path):
    """Permissions belong to the name, not to who wrote last."""
    path = tmp_path / "library.enw"
    path.write_bytes(b"old")
    path.chmod(0o640)
    with AtomicFile(path) as output:
        output.write(b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_new_file_has_the_mode_asked_for_less_the_umask(tmp_path: Path):
    """A journal is private from the first byte."""
    with AtomicFile(tmp_path / "journal", mode=0o600):
        assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    assert stat.S_IMODE((tmp_path / "journal").stat().st_mode) == 0o600


def test_symbolic_link_is_followed(tmp_path: Path):
    """The file a link names is replaced; the link stays."""
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "library.enw"
    target.write_bytes(b"old")
    link = tmp_path / "link.enw"
    link.symlink_to(target)
    with AtomicFile(link) as output:
        output.write(b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_pipe_is_written_through():
    """What is no regular file cannot be replaced: `-o /dev/null` works."""
    with AtomicFile(Path(os.devnull)) as output:
        output.write(b"gone")
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize(
    ("name", "words"),
    [("missing/out.enw", "no such directory"), ("folder", "is a directory"), ("x" * 300, "too long")],
)
def test_unwritable_path_is_explained_before_anything_is_written(tmp_path: Path, name: str, words: str):
    """The error names the file and what to do."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError) as caught:
        AtomicFile(tmp_path / name)
    assert words in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "disk is full"), (errno.EDQUOT, "quota"), (errno.EIO, "disk reports")]
)
def test_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str):
    """A disk that fills up while the new file is flushed costs the new file only."""
    path = tmp_path / "library.enw"
    path.write_bytes(b"old")

    def full(_handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    output = AtomicFile(path)
    output.write(b"new")
    with pytest.raises(OutputError, match=words):
        output.commit()
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["library.enw"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_write_error_is_an_output_error():
    """An error of the system's is told as ours, wherever it comes up."""
    with pytest.raises(OutputError, match="disk is full"), AtomicFile(Path("/dev/full")) as output:
        output.write(b"x" * 100_000)


@pytest.mark.parametrize("attribute", ["write", "commit"])
def test_closed_file_takes_nothing_more(tmp_path: Path, attribute: str):
    """Writing after the commit is a fault that shows."""
    output = AtomicFile(tmp_path / "out")
    output.commit()
    output.abort()
    with pytest.raises(OutputError, match="closed"):
        getattr(output, attribute)(*([b"x"] if attribute == "write" else []))


def test_write_protected_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Renaming could replace a file that its owner protected against writing; it does not."""
    path = tmp_path / "library.enw"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda _path, mode: mode != os.W_OK)
    with pytest.raises(OutputError, match="write-protected"):
        AtomicFile(path)

"""Taking an in-place clean back, byte for byte."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.errors import OutputError, StoreError
from enrich.model import Enrichment
from enrich.report import AtomicFile, Summary, open_reports
from enrich.report.journal import Journal, folder_of
from enrich.report.undo import ChangedSince, Untouched, undo

Result = Callable[..., Enrichment]
Pieces = Sequence[tuple[bytes, bytes]]


def clean(library: Path, result: Result, pieces: Pieces, closing: bytes = b"") -> Path:
    """Clean a library in place, its state beside it, and return the report."""
    folder = library.parent
    summary = Summary()
    output = AtomicFile(library)
    with Journal(library, folder / "state") as journal, open_reports([folder / "report.jsonl"]) as reports:
        for index, (before, after) in enumerate(pieces):
            enrichment = result(index=index)
            summary.add(enrichment)
            reports.write(enrichment, journal.record(enrichment, before, after))
            output.write(after)
        journal.closing(closing)
        output.write(closing)
        journal.commit(output, summary)
        reports.close(summary, [journal.header])
    return folder / "report.jsonl"


def journals(library: Path) -> list[str]:
    """Return the states of a library's journals, oldest first."""
    return [path.suffix for path in sorted(folder_of(library, library.parent / "state").iterdir())]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Return the path of a library, which is not there yet."""
    return tmp_path / "library.enw"


PIECES = st.lists(
    st.binary(max_size=20).map(lambda data: (data, data))
    | st.tuples(st.binary(max_size=20), st.binary(max_size=20)),
    max_size=6,
)


@settings(max_examples=50)
@given(pieces=PIECES, closing=st.binary(max_size=4), by_report=st.booleans())
def test_undo_restores_byte_for_byte(result: Result, pieces: Pieces, closing: bytes, by_report: bool):  # noqa: FBT001 -- drawn
    """Whatever a clean wrote, by library or by report, undo gives the input back; a second one has nothing to do."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "library.enw"
        original = b"".join(before for before, _ in pieces)
        library.write_bytes(original)
        report = clean(library, result, pieces, closing)
        assert library.read_bytes() == b"".join(after for _, after in pieces) + closing
        target = report if by_report else library
        if library.read_bytes() != original:
            done = undo(target, state_dir=Path(folder) / "state")
            assert done.records == sum(before != after for before, after in pieces)
        assert library.read_bytes() == original
        with pytest.raises(Untouched):
            undo(target, state_dir=Path(folder) / "state")


def test_report_alone_is_enough(library: Path, result: Result):
    """Journals may be lost; the report of an in-place clean carries what undo needs."""
    library.write_bytes(b"onetwo")
    report = clean(library, result, [(b"one", b"1"), (b"two", b"two")])
    for path in folder_of(library, library.parent / "state").iterdir():
        path.unlink()
    assert undo(report, state_dir=library.parent / "elsewhere").libraries == (library,)
    assert library.read_bytes() == b"onetwo"


def test_cleans_of_one_library_stack(library: Path, result: Result):
    """Undo takes back the latest, undo again the one before."""
    library.write_bytes(b"a")
    for before, after in ((b"a", b"b"), (b"b", b"c"), (b"c", b"a")):
        clean(library, result, [(before, after)])
    for expected in (b"c", b"b", b"a"):
        undo(library, state_dir=library.parent / "state")
        assert library.read_bytes() == expected
    with pytest.raises(Untouched, match="undone already"):
        undo(library, state_dir=library.parent / "state")
    assert journals(library) == [".undone"] * 3


def test_undo_by_report_marks_the_journal(library: Path, result: Result):
    """The same clean is not taken back twice, once by report and once by library."""
    library.write_bytes(b"a")
    clean(library, result, [(b"a", b"b")])
    undo(clean(library, result, [(b"b", b"c")]), state_dir=library.parent / "state")
    assert journals(library) == [".jsonl", ".undone"]
    undo(library, state_dir=library.parent / "state")
    assert library.read_bytes() == b"a"


def test_library_edited_since_is_left_without_merge(library: Path, result: Result):
    """The error says what `--merge` would do; the file is untouched."""
    library.write_bytes(b"one")
    clean(library, result, [(b"one", b"1")])
    library.write_bytes(b"1 and more")
    with pytest.raises(ChangedSince, match="--merge"):
        undo(library, state_dir=library.parent / "state")
    assert library.read_bytes() == b"1 and more"


def test_clean_that_crashed_before_renaming_is_recognised(library: Path, result: Result):
    """The journal is there and the library is as before: nothing to undo; an earlier clean is still the latest."""
    library.write_bytes(b"a")
    clean(library, result, [(b"a", b"b")])
    clean(library, result, [(b"b", b"c")])
    folder = folder_of(library, library.parent / "state")
    last = max(folder.iterdir())
    last.replace(last.with_suffix(".pending"))  # as after a crash between the journal and the library
    library.write_bytes(b"b")
    undo(library, state_dir=library.parent / "state")
    assert library.read_bytes() == b"a"
    assert journals(library) == [".undone"]


def test_clean_that_crashed_after_renaming_can_be_undone(library: Path, result: Result):
    """The library tells that it was carried out, even where the journal was not marked."""
    library.write_bytes(b"a")
    clean(library, result, [(b"a", b"b")])
    (path,) = folder_of(library, library.parent / "state").iterdir()
    path.replace(path.with_suffix(".pending"))
    undo(library, state_dir=library.parent / "state")
    assert library.read_bytes() == b"a"


def test_clean_into_another_file_has_nothing_to_undo(library: Path, result: Result):
    """After `-o`, library and report both say that the input was never touched."""
    library.write_bytes(b"one")
    report = library.parent / "report.jsonl"
    with open_reports([report]) as reports:
        reports.write(result())
        reports.close(Summary())
    for target in (library, report):
        with pytest.raises(Untouched, match="never"):
            undo(target, state_dir=library.parent / "state")


@pytest.mark.parametrize(
    ("was", "becomes"),
    [(b'"before":"one"', b'"before":"eno"'), (b'"at":0', b'"at":1'), (b'"restore"', b'"restart"')],
)
def test_damaged_journal_undoes_nothing(library: Path, result: Result, was: bytes, becomes: bytes):
    """The result is compared with the hash of before, prior to the renaming."""
    library.write_bytes(b"one")
    clean(library, result, [(b"one", b"1")])
    (path,) = folder_of(library, library.parent / "state").iterdir()
    content = path.read_bytes()
    assert was in content
    path.write_bytes(content.replace(was, becomes))
    with pytest.raises(StoreError, match="damaged"):
        undo(library, state_dir=library.parent / "state")
    assert library.read_bytes() == b"1"


@pytest.mark.parametrize("content", [b"", b"{}", b'{"summary": {"in_place": [{"library": 1}]}}\n', b"\xff\xfe"])
def test_cut_journal_undoes_nothing(library: Path, result: Result, content: bytes):
    """A journal without its end is said to be damaged, not passed over."""
    library.write_bytes(b"one")
    clean(library, result, [(b"one", b"1")])
    (path,) = folder_of(library, library.parent / "state").iterdir()
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"):
        undo(library, state_dir=library.parent / "state")


def test_page_and_missing_file_are_explained(tmp_path: Path):
    """The page cannot be undone from; a name that is nothing is said to be nothing."""
    with pytest.raises(OutputError, match="page to read"):
        undo(tmp_path / "report.html", state_dir=tmp_path)
    with pytest.raises(OutputError, match="cannot be read"):
        undo(tmp_path / "library.enw", state_dir=tmp_path)

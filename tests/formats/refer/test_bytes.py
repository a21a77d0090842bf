"""Encodings, recognition, and input made to hurt."""

from __future__ import annotations

import time

import pytest

from enrich.formats import refer

LIBRARY = "".join(f"%0 Book\n%T Größe {number}\n%A Müller, J\n\n" for number in range(50))
CHINESE = "".join(f"%0 Book\n%T 中国科学院 {number}\n%A 王明\n\n" for number in range(50))


@pytest.mark.parametrize(
    ("text", "encoding", "codec"),
    [
        (LIBRARY, "utf-8", "utf-8"), (LIBRARY, "utf-8-sig", "utf-8"), (LIBRARY, "cp1252", "cp1252"),
        (LIBRARY, "utf-16", "utf-16-le"), (LIBRARY, "utf-16-be", "utf-16-be"), (CHINESE, "gb18030", "gb18030"),
        (CHINESE, "utf-8", "utf-8"), (CHINESE, "utf-16-le", "utf-16-le"),
    ],
)  # fmt: skip
def test_the_encoding_is_recognised(text: str, encoding: str, codec: str) -> None:
    """Each encoding is told by its bytes, and nothing is noted where all is well."""
    records = list(refer.read([text.encode(encoding)]))
    assert {record.source.encoding for record in records if record.source} == {codec}
    assert [record.work.title for record in records] == [
        line[3:] for line in text.split("\n") if line.startswith("%T")
    ]
    assert not any(record.notes for record in records)


@pytest.mark.parametrize(("broken", "title"), [(b"caf\xe9", "café"), (b"\xc3\xa4\xc3\xb6 \xff", "äö \ufffd")])
def test_a_broken_byte_spoils_one_record(broken: bytes, title: str) -> None:
    """In a UTF-8 library a record with other bytes is read as well as can be and noted; the others are not touched."""
    library = LIBRARY.encode()
    records = list(refer.read([library, b"%0 Book\n%T ", broken, b"\n\n", library]))
    assert records[50].work.title == title
    assert [index for index, record in enumerate(records) if record.notes] == [50]
    assert [note.code for note in records[50].notes] == ["invalid-encoding"]
    assert b"".join(refer.write(records)) == library + b"%0 Book\n%T " + broken + b"\n\n" + library


def test_a_stray_nul_spoils_no_library() -> None:
    """A control character in a value is part of the value, and neither it nor its library is taken for binary data."""
    data = LIBRARY.encode() + b"%0 Book\n%T A nul\x00 here\n\n"
    assert refer.sniff(data[-60:]) == refer.sniff(data) == 1.0
    records = list(refer.read([data]))
    assert records[-1].work.title == "A nul\x00 here"
    assert b"".join(refer.write(records)) == data


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\r\r\n"])
@pytest.mark.parametrize("end", [0, 1, 2, 3])
def test_a_changed_record_ends_as_it_did(newline: str, end: int) -> None:
    """Whatever ends its lines, a record in line form that gains a volume has the blank lines behind it that it had."""
    record = "%0 Journal Article\n%T Stroma\n%J Cells" + end * "\n"
    text = (record + ("%0 Book\n%T Other\n" if end else "")).replace("\n", newline).encode()
    first, *others = refer.read([text])
    changed = first.model_copy(update={"work": first.work.model_copy(update={"volume": "7"})})
    written = b"".join(refer.write([changed, *others]))
    assert written == text.replace(b"%J Cells", b"%J Cells" + newline.encode() + b"%V 7")


def test_a_word_that_happens_to_be_valid_utf_8() -> None:
    """Two characters of GB18030 that are valid UTF-8 do not make their record UTF-8 in a GB18030 file."""
    records = list(refer.read([CHINESE.encode("gb18030"), "%0 Book\n%T 联通\n".encode("gb18030")]))
    assert records[-1].work.title == "联通"


@pytest.mark.parametrize(
    ("head", "least", "most"),
    [
        (b"%0 Journal Article\n%T a\n", 1.0, 1.0), ("%0 Book %T a %A b".encode("utf-16"), 1.0, 1.0),
        (b"\xef\xbb\xbf%A Roe\n%T a\n%D 2012\n", 0.8, 1.0), (b"Header\n\n%0 Thesis\n%T x\n", 1.0, 1.0),
        (b"%A Roe\n", 0.3, 0.9), (b"", 0.0, 0.0), (b"TY  - JOUR\nTI  - x\n%T y\nER  - \n", 0.0, 0.0),
        (b"@article{a,\n title={b}}\n%A x\n", 0.0, 0.0), (b"% comment\n@book{a,\n", 0.0, 0.0),
        (b'[{"title": "%A x"}]', 0.0, 0.0),
        (b"FN ISI Export Format\nVR 1.0\n%T x\n", 0.0, 0.0), (b"%PDF-1.7\n%A x\n", 0.0, 0.0),
        (b"<html>\n%0 Book\n", 0.0, 0.0),
        (b"\x00\x01%T a\n", 0.0, 0.0), (b"58 %A of\n", 0.0, 0.0),
    ],
)  # fmt: skip
def test_content_is_recognised(head: bytes, least: float, most: float) -> None:
    """A file is recognised by its content; other formats that happen to hold a tag are not."""
    assert least <= refer.sniff(head) <= most


HOSTILE = {
    "percent signs": "%", "tags": "%A ", "tags and breaks": "%A\n", "types": "%0 Book ", "type lines": "%0 Book\n",
    "types within text": "%X a %0 Book %T ", "blank lines": "%A\n\n", "carriage returns": "\r",
    "blanks": " ", "tabs": "\n\t",
    "spaced carriage returns": "\r\n ", "names": "a;", "commas": "a,", "ampersands": "a & ", "digits": "1", "hyphens": "1-",
    "brackets": "(", "entities": "&a", "line breaks of the web": "<br>", "marks": "\ufeff", "elements": "%C 1 ",
    "late types": "%T a\n%0 Book\n",
    "prefixes": "10.1000/", "letters": "A", "capitals": "A ", "numbers": "2012 ", "addresses": "http://", "editors": " (ed)",
}  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("tag", "AX@")
def test_time_is_linear(piece: str, tag: str) -> None:
    """Thirty thousand characters of anything, in any tag, take little time to read and write."""
    data = f"%0 Journal Article\n%T a\n%{tag} {piece * (30_000 // len(piece))}\n%U http://x.org\n".encode()
    start = time.process_time()
    records = list(refer.read([data]))
    assert b"".join(refer.write(records)) == data
    assert time.process_time() - start < 3


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_a_letter_is_no_line_end(codec: str) -> None:
    """In UTF-16 half of a letter may be the byte of a line feed; lines end as they do all the same."""
    text = "\ufeff\r%0 Book\r%T \u010aetta\r\r%0 Book\r%T \u0a0d\r"
    assert [record.work.title for record in refer.read([text.encode(codec)])] == ["\u010aetta", "\u0a0d"]

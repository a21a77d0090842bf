"""Bytes to text, record by record.

EndNote writes UTF-8 with a byte order mark since version 8; CNKI's files are GB18030, old Windows exports cp1252, some are
UTF-16. Files are put together from several sources, so each record is decoded by itself and a broken byte spoils one record.

Records are cut out of a *view* of the file, which holds line feeds and ASCII as single bytes: UTF-16 is seen as UTF-8, and
in files of the old Macintosh, where lines end with CR alone, CR and LF change places. Both ways lose nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

BOM: Final = b"\xef\xbb\xbf"
HEAD: Final = 64 << 10
"""Bytes looked at to tell what a file is."""

_SWAPPED: Final = bytes.maketrans(b"\r\n", b"\n\r")
# UTF-8 never holds this byte: in the view it stands before the last, odd byte of an UTF-16 file.
_ODD: Final = b"\xff"
_HIGH: Final = re.compile(rb"[\x80-\xff]")
_HANZI: Final = re.compile(rb"(?:[\xa1-\xf7][\xa1-\xfe])+")
_ESCAPED: Final = re.compile("[\ud800-\udfff]")
# What no text has; a vertical tab, a form feed, a DOS end of file and an escape do occur in some.
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0e-\x19\x1c-\x1f]")
_UTF16_TAG: Final = {
    "utf-16-le": re.compile(rb"%\x00[0-9A-Z@]\x00[ \t]\x00|T\x00Y\x00 \x00|@\x00[A-Za-z]\x00[A-Za-z]\x00"),
    "utf-16-be": re.compile(rb"\x00%\x00[0-9A-Z@]\x00[ \t]|\x00T\x00Y\x00 |\x00@\x00[A-Za-z]\x00[A-Za-z]"),
}


class Encoding(NamedTuple):
    """How a file is written: the codec of what is not decided by a record itself, and how lines end."""

    codec: str
    newline: str

    @property
    def is_wide(self) -> bool:
        """Tell whether a character takes two bytes."""
        return self.codec.startswith("utf-16")

    @property
    def is_seen_as_it_is(self) -> bool:
        """Tell whether the view of the file is the file."""
        return self.newline != "\r" and not self.is_wide


class Text(NamedTuple):
    """A record's text, the codec it was decoded with, and whether some bytes were not valid in the file's encoding."""

    text: str
    codec: str
    is_odd: bool = False


def is_binary(head: bytes) -> bool:
    """Tell whether a file that begins with `head` is no text; a stray NUL in some value does not make it so."""
    if b"\x00" not in head or detect(head).is_wide:
        return False
    return 30 * len(_CONTROL.findall(head)) > len(head)


def detect(head: bytes) -> Encoding:
    """Tell the encoding of a file that begins with `head`."""
    codec = _codec(head)
    # Half of a character in UTF-16 may look like a line's end: \u010a.
    sample = head.decode(codec, "replace").encode("ascii", "replace") if codec.startswith("utf-16") else head
    feed = sample.find(b"\n")
    if feed < 0:
        return Encoding(codec, "\r" if b"\r" in sample else "\n")
    ends = sample[max(0, feed - 2) : feed]
    return Encoding(codec, "\r\r\n" if ends == b"\r\r" else "\r\n" if ends.endswith(b"\r") else "\n")


def _codec(head: bytes) -> str:
    if head.startswith(BOM):
        return "utf-8"
    if head.startswith(b"\xff\xfe"):
        return "utf-16-le"
    if head.startswith(b"\xfe\xff"):
        return "utf-16-be"
    if b"\x00" in head:
        for codec, tag in _UTF16_TAG.items():
            if any(match.start() % 2 == 0 for match in tag.finditer(head)):
                return codec
    if head.isascii():
        return "utf-8"
    return "utf-8" if _is_mostly_utf8(lossless(head, "utf-8")) else _legacy(head)


def _is_mostly_utf8(decoded: str) -> bool:
    """Tell whether more characters beyond ASCII are right than bytes are broken."""
    broken = len(_ESCAPED.findall(decoded))
    return broken == 0 or 2 * broken <= sum(character > "\x7f" for character in decoded)


def _legacy(data: bytes) -> str:
    """Tell GB18030, whose high bytes come in pairs, from cp1252, where they stand alone between letters."""
    high = len(_HIGH.findall(data))
    paired = sum(len(match[0]) for match in _HANZI.finditer(data))
    return "gb18030" if paired >= 0.8 * high else "cp1252"


def view(chunks: Iterable[bytes], encoding: Encoding) -> Iterator[bytes]:
    """Yield the view of a file."""
    narrow = _narrowed(chunks, encoding.codec) if encoding.is_wide else iter(chunks)
    return (chunk.translate(_SWAPPED) for chunk in narrow) if encoding.newline == "\r" else narrow


def _narrowed(chunks: Iterable[bytes], codec: str) -> Iterator[bytes]:
    last = 1 if codec == "utf-16-le" else 0
    pending = b""
    for chunk in chunks:
        pending += chunk
        end = len(pending) & ~1
        if end and 0xD8 <= pending[end - 2 + last] <= 0xDB:
            end -= 2  # the first half of a character beyond the basic plane waits for the second
        yield pending[:end].decode(codec, "surrogatepass").encode("utf-8", "surrogatepass")
        pending = pending[end:]
    end = len(pending) & ~1
    yield pending[:end].decode(codec, "surrogatepass").encode("utf-8", "surrogatepass")
    yield _ODD + pending[end:] if pending[end:] else b""


def view_of(data: bytes, encoding: Encoding) -> bytes:
    """Return the view of a whole record."""
    return data if encoding.is_seen_as_it_is else b"".join(view([data], encoding))


def longer(buffer: bytes, feed: Iterator[bytes]) -> tuple[bytes, bool]:
    """Append to a buffer as much as it holds already, so that what is searched again is bounded by what is new.

    Tells also whether that was all there is.
    """
    parts, wanted = [buffer], max(HEAD, len(buffer))
    for chunk in feed:
        parts.append(chunk)
        wanted -= len(chunk)
        if wanted <= 0:
            return b"".join(parts), False
    return b"".join(parts), True


def seam(viewed: bytes, at: int) -> int:
    """Return the last place at or before `at` where a view can be cut without cutting a character in two."""
    for back in range(min(at, 4)):
        if not 0x80 <= viewed[at - back] <= 0xBF:
            return at - back
    return at  # no UTF-8, and so seen as it is


def raw(viewed: bytes, encoding: Encoding) -> bytes:
    """Return the bytes of the file that a part of its view stands for."""
    if encoding.newline == "\r":
        viewed = viewed.translate(_SWAPPED)
    if encoding.is_wide:
        whole, _, odd = viewed.partition(_ODD)
        return whole.decode("utf-8", "surrogatepass").encode(encoding.codec, "surrogatepass") + odd
    return viewed


def text(viewed: bytes, encoding: Encoding) -> Text:
    """Decode a part of a view; what cannot be decoded becomes U+FFFD."""
    if encoding.newline == "\r":
        viewed = viewed.translate(_SWAPPED)
    if viewed.isascii():
        return Text(viewed.decode("ascii"), encoding.codec)
    if encoding.is_wide:
        decoded = viewed.partition(_ODD)[0].decode("utf-8", "surrogatepass")
        return _printable(decoded, encoding.codec)
    try:
        decoded = viewed.decode()
    except UnicodeDecodeError:
        return _foreign(viewed, encoding)
    if encoding.codec == "gb18030" and len(_HIGH.findall(viewed)) < 8 and _legacy(viewed) == "gb18030":
        return _printable(lossless(viewed, "gb18030"), "gb18030")  # 联通 in GB18030 happens to be valid UTF-8
    return Text(decoded, "utf-8")


def _foreign(data: bytes, encoding: Encoding) -> Text:
    """Decode what is no UTF-8: as the whole file is, or by its own looks."""
    if encoding.codec == "utf-8":
        decoded = lossless(data, "utf-8")
        if _is_mostly_utf8(decoded):
            return _printable(decoded, "utf-8")._replace(is_odd=True)
    codec = _legacy(data) if encoding.codec == "utf-8" else encoding.codec
    decoded = lossless(data, codec)
    if encoded(decoded, codec) != data:
        codec, decoded = "latin-1", data.decode("latin-1")
    found = _printable(decoded, codec)
    return found._replace(is_odd=found.is_odd or codec != encoding.codec)


def _printable(decoded: str, codec: str) -> Text:
    text = shown(decoded)
    return Text(text, codec, text != decoded)


def shown(decoded: str) -> str:
    """Replace what stands for undecodable bytes by U+FFFD, one for one."""
    return decoded if decoded.isascii() else _ESCAPED.sub("\ufffd", decoded)


def lossless(data: bytes, codec: str) -> str:
    """Decode so that :func:`encoded` gives every byte back, also those that are not valid."""
    return data.decode(codec, "surrogatepass" if codec.startswith("utf-16") else "surrogateescape")


def encoded(decoded: str, codec: str) -> bytes:
    """Encode what :func:`lossless` decoded, and new text, which the codec must be able to hold."""
    return decoded.encode(codec, "surrogatepass" if codec.startswith("utf-16") else "surrogateescape")

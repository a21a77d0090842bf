"""What a registration agency answered, written down as it stands: JSON Lines, one line for each record, in order.

https://jsonlines.org

A line holds the agency's own JSON of the work (trimmed of what enrichment never reads), or `null` where the record does
not come from that agency: nothing is made up, and line *n* always belongs to record *n*. These formats cannot be read: what
such a message means is known to the agency's module, through which every answer comes in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NoReturn

from enrich.errors import FormatError
from enrich.model.record import Record
from enrich.model.work import Work


def sniff(_head: bytes, /) -> float:
    """Return 0.0: whatever a file holds, it is not read by this format."""
    return 0.0


def refuse(name: str, file: str | None) -> NoReturn:
    """Raise FormatError, saying how to come by the records instead."""
    raise FormatError(
        f"{name} is written, never read; look the DOIs up instead (enrich resolve DOI... --to csl-json)", file=file
    )


def lines(records: Iterable[Record], name: str) -> Iterator[bytes]:
    """Yield the answer of each record as one line, `null` where it has none of this kind, and an empty last chunk."""
    for record in records:
        source = record.source
        answered = source is not None and source.format == name
        # JSON holds line breaks only between its tokens, where a space will do.
        yield (
            source.raw.strip().replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"
            if source and answered
            else b"null\n"
        )
    yield b""


def held(record: Record, name: str) -> Work:
    """Return the work as it is where the answer is of this kind, for it holds all that the agency said; else nothing."""
    return record.work if record.source is not None and record.source.format == name else Work()


def unheld(_record: Record, _fields: Iterable[str], /) -> tuple[str, ...]:
    """Return nothing: no file of answers is ever read, so none is changed."""
    return ()


unencodable = unheld

"""A large library through the service: how much memory it takes; `--bytes 1000000000` is a gigabyte.

    python benchmarks/upload.py [--bytes 100000000] [--record 100000]

The library is composed while it is sent, and the report is read meanwhile; each record is `--record` bytes long, most of it
notes, so that bytes and not look-ups are what is measured. Ends with 1 where a record is missing or memory exceeds 300 MB.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson
from kill_worker import serving

_MOST = 300
_SENTENCE = b"A sentence of a note that says little. "


def records(number: int, size: int) -> Iterator[bytes]:
    """Yield records in refer, none of them alike, none with a DOI."""
    note = (_SENTENCE * (size // len(_SENTENCE) + 1))[:size]
    for each in range(number):
        yield b"%%0 Generic\n%%T Note %d\n%%O %s\n\n" % (each, note)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bytes", type=int, default=100_000_000)
    parser.add_argument("--record", type=int, default=100_000)
    given = parser.parse_args()
    number = given.bytes // given.record
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), 1, ENRICH_OFFLINE="true") as (process, port),
    ):
        begun, last = time.perf_counter(), deque[str](maxlen=1)
        headers = {"Accept": "application/x-ndjson"}
        body = records(number, given.record)
        url = f"http://127.0.0.1:{port}/enrich"
        with httpx.stream("POST", url, content=body, headers=headers, timeout=600) as answer:
            lines = sum(last.append(line) is None for line in answer.iter_lines())
        seconds = time.perf_counter() - begun
        status = Path(f"/proc/{process.pid}/status").read_text()
    peak = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) // 1024
    told = orjson.loads(last[0]).get("summary", {}).get("records")
    print(f"{given.bytes:,} bytes, {told:,} of {number:,} records, {seconds:.0f} s, largest memory {peak} MB")
    return 1 if told != number or lines != number + 1 or peak > _MOST else 0


if __name__ == "__main__":
    sys.exit(main())

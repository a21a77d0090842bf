"""What files made to hurt cost the command, for every format that is read: seconds and memory.

One field of 100 MB, deep nesting, entities that grow, NUL bytes, quotes that never close, 10,000 definitions that use each
other. Each comes in two sizes, one four times the other: the time should grow no more than fourfold. A crash, a traceback
or an exit that is none of ours ends the run. Libraries of honest records are measured by `memory.py`.

    python benchmarks/hostile.py [--megabytes 100] [FORMAT...]
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import perf_counter


def laughs(_size: int) -> Iterator[bytes]:
    """Yield XML whose entities would grow to 10^9 words."""
    yield b'<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY a0 "ha">'
    for depth in range(1, 10):
        yield f'<!ENTITY a{depth} "{f"&a{depth - 1};" * 10}">'.encode()
    yield b"]><xml><records><record><titles><title>&a9;</title></titles></record></records></xml>"


def _repeated(before: bytes, piece: bytes, after: bytes = b"") -> object:
    def made(size: int) -> Iterator[bytes]:
        block = piece * max(1, 65536 // len(piece))
        yield before
        yield from itertools.repeat(block, size // len(block) + 1)
        yield after

    return made


def strings(size: int) -> Iterator[bytes]:
    """Yield BibTeX definitions, 10,000 for 100 MB, each the former one twice."""
    yield b'@string{s0 = "ha"}\n'
    for number in range(1, size // 10_000):
        yield f"@string{{s{number} = s{number - 1} # s{number - 1}}}\n".encode()
    yield f"@article{{k, title = s{size // 10_000 - 1}}}\n".encode()


HOSTILE = {
    "refer: one field": ("refer", _repeated(b"%0 Journal Article\n%T A\n%X ", b"word ")),
    "refer: one line of tags": ("refer", _repeated(b"%0 Journal Article %T A ", b"%A Doe, J. ")),
    "refer: NUL bytes": ("refer", _repeated(b"%0 Journal Article\n%T A\n%X ", b"\x00")),
    "ris: one field": ("ris", _repeated(b"TY  - JOUR\nTI  - A\nAB  - ", b"word ", b"\nER  - \n")),
    "ris: no end of record": ("ris", _repeated(b"TY  - JOUR\nTI  - A\n", b"KW  - word\n")),
    "nbib: one field": ("nbib", _repeated(b"PMID- 1\nTI  - A\nAB  - ", b"word\n      ")),
    "isi: one field": ("isi", _repeated(b"FN X\nVR 1.0\nPT J\nTI A\nAB ", b"word\n   ", b"\nER\nEF\n")),
    "bibtex: one field": ("bibtex", _repeated(b"@article{k, title = {A}, abstract = {", b"word ", b"}}\n")),
    "bibtex: deep braces": ("bibtex", _repeated(b"@article{k, title = ", b"{")),
    "bibtex: a quote never closed": ("bibtex", _repeated(b'@article{k, title = "', b"word ")),
    "bibtex: definitions": ("bibtex", strings),
    "csl-json: one field": ("csl-json", _repeated(b'[{"title": "A", "abstract": "', b"word ", b'"}]')),
    "csl-json: deep brackets": ("csl-json", _repeated(b'[{"title": ', b"[")),
    "csl-json: a quote never closed": ("csl-json", _repeated(b'[{"title": "', b"word ")),
    "endnote-xml: one field": (
        "endnote-xml",
        _repeated(b"<xml><records><record><abstract>", b"word ", b"</abstract></record></records></xml>"),
    ),
    "endnote-xml: deep elements": ("endnote-xml", _repeated(b"<xml><records><record>", b"<style>")),
    "endnote-xml: entities": ("endnote-xml", laughs),
}


def fill(path: Path, chunks: Iterable[bytes]) -> int:
    """Write a file and return its size in bytes."""
    with path.open("wb") as stream:
        for chunk in chunks:
            stream.write(chunk)
    return path.stat().st_size


def run(command: list[str], path: Path, form: str, home: Path) -> tuple[float, float, int, str]:
    """Return seconds, peak MB, exit code and what was said, of converting a file."""
    target = "refer" if form == "csl-json" else "csl-json"
    words = [*command, "convert", str(path), "--from", form, "--to", target, "-o", str(home / "out")]
    variables = {"HOME": str(home), "PATH": os.environ["PATH"], "ENRICH_CACHE_DIR": str(home / "cache")}
    with (home / "said").open("wb") as said:
        began = perf_counter()
        process = subprocess.Popen(words, stdout=said, stderr=said, env=variables, cwd=home)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    text = (home / "said").read_text("utf-8", "replace")
    if "Traceback" in text or process.returncode not in {0, 1, 2}:
        raise SystemExit(f"{path.name}: exit {process.returncode}\n{text[-2000:]}")
    return (
        perf_counter() - began,
        used.ru_maxrss / 1024,
        process.returncode,
        text.strip().splitlines()[-1][:70] if text.strip() else "",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("formats", nargs="*", metavar="FORMAT")
    given = parser.parse_args()
    wanted = set(given.formats)
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        command = [sys.executable, "-m", "enrich"]
        print(f"{'hostile file':<34}{'MB':>6}{'s':>7}{'peak MB':>9}  exit  said")
        for name, (form, made) in HOSTILE.items():
            if wanted and form not in wanted:
                continue
            for size in (given.megabytes << 18, given.megabytes << 20):
                actual = fill(home / "hostile", made(size))
                seconds, peak, code, said = run(command, home / "hostile", form, home)
                print(f"{name:<34}{actual >> 20:>6}{seconds:>7.1f}{peak:>9.0f}  {code:>4}  {said}")


if __name__ == "__main__":
    main()

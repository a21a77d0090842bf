"""What the installed command needs for large and for hostile files of every format that is read: seconds and memory.

A wheel is built and installed into an environment of its own (`--here` uses this one), and `enrich convert` reads, for
each format, 200,000 composed records, then files made to hurt: one field of 100 MB, deep nesting, entities that grow,
NUL bytes, quotes that never close, 10,000 definitions that use each other. Each is given in two sizes, one four times the
other: time should grow about fourfold, memory not at all for libraries. A crash, a traceback or a lost byte ends the run.

    python benchmarks/large.py [--records 200000] [--megabytes 100] [--here] [FORMAT...]
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import perf_counter

from enrich import formats
from enrich.model import Name, Origin, PartialDate, Record, Work

ROOT = Path(__file__).resolve().parents[1]
PROSE = (
    "The growth of tumours in tissue depends on cells that surround them and on what these cells secrete; " * 12
)
LIMIT = 300  # MB


def works(count: int) -> Iterator[Record]:
    """Yield records of about 1.5 KB."""
    for number in range(count):
        yield Record(
            work=Work(
                type="article-journal",
                title=f"Active roles of stroma number {number} in the spread of tumours",
                author=(
                    Name(family="Khamis", given="Zahraa I."),
                    Name(family=f"Sahab{number % 997}", given="Ziad J."),
                ),
                container_title="International Journal of Breast Cancer",
                issued=PartialDate(year=1990 + number % 30),
                volume=str(number % 90),
                issue="3",
                page=f"{number}-{number + 9}",
                issn=("2090-3170",),
                doi=f"10.1155/2012/{number}",
                keyword=("breast cancer", "stroma"),
                abstract=PROSE,
            ),
            origin=Origin(),
        )


def nbib(count: int) -> Iterator[bytes]:
    """Yield records as PubMed exports them."""
    for number in range(count):
        yield (
            f"PMID- {number}\nOWN - NLM\nDP  - 2012\nTI  - Active roles of stroma number {number}.\nPG  - 1-9\n"
            f"LID - 10.1155/2012/{number} [doi]\nFAU - Khamis, Zahraa I\nAU  - Khamis ZI\nLA  - eng\nPT  - Journal Article\n"
            f"JT  - International journal of breast cancer\nAB  - {PROSE}\n\n"
        ).encode()


def isi(count: int) -> Iterator[bytes]:
    """Yield records as Web of Science exports them."""
    yield b"FN Clarivate Analytics Web of Science\nVR 1.0\n"
    for number in range(count):
        yield (
            f"PT J\nAU Khamis, ZI\n   Sahab, ZJ\nTI Active roles of stroma number {number}\n"
            f"SO INTERNATIONAL JOURNAL OF BREAST CANCER\nPY 2012\nVL 3\nBP 1\nEP 9\n"
            f"DI 10.1155/2012/{number}\nAB {PROSE}\nER\n\n"
        ).encode()
    yield b"EF\n"


def flattened(count: int) -> Iterator[bytes]:
    """Yield refer records, one on a line."""
    for record in works(count):
        yield b"".join(formats.write([record], "refer")).strip().replace(b"\n", b" ") + b"\n"


def json_lines(count: int) -> Iterator[bytes]:
    """Yield CSL-JSON, an item on a line."""
    for record in works(count):
        item = b"".join(formats.write([record], "csl-json"))
        yield item.strip().removeprefix(b"[").removesuffix(b"]").strip().replace(b"\n", b" ") + b"\n"


def library(name: str, count: int) -> Iterator[bytes]:
    """Yield a library of a format."""
    made = {"nbib": nbib, "isi": isi, "refer, flattened": flattened, "csl-json, lines": json_lines}.get(name)
    return made(count) if made else formats.write(works(count), name)


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


def installed(folder: Path) -> list[str]:
    """Return the command of a wheel built from this checkout and installed into an environment of its own."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(ROOT)], check=True)
    venv.create(folder / "venv", with_pip=True)
    (wheel,) = folder.glob("*.whl")
    python = folder / "venv" / "bin" / "python"
    subprocess.run([str(python), *pip[1:], "install", str(wheel)], check=True)
    return [str(folder / "venv" / "bin" / "enrich")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--here", action="store_true", help="use this environment's command")
    parser.add_argument("formats", nargs="*", metavar="FORMAT")
    given = parser.parse_args()
    wanted = set(given.formats)
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        command = [sys.executable, "-m", "enrich"] if given.here else installed(home)
        too_much = []
        print(f"{'library':<34}{'records':>9}{'MB':>6}{'s':>7}{'records/s':>11}{'peak MB':>9}")
        for name in sorted({*formats.READABLE, "refer, flattened", "csl-json, lines"}):
            form = name.partition(",")[0]
            if wanted and form not in wanted:
                continue
            for count in (given.records // 4, given.records):
                size = fill(home / "library", library(name, count))
                seconds, peak, code, said = run(command, home / "library", form, home)
                if code == 2:
                    raise SystemExit(f"{name}: {said}")
                print(f"{name:<34}{count:>9,}{size >> 20:>6}{seconds:>7.1f}{count / seconds:>11,.0f}{peak:>9.0f}")
                if peak > LIMIT:
                    too_much.append(f"{name}: {peak:.0f} MB")
        print(f"\n{'hostile file':<34}{'MB':>6}{'s':>7}{'peak MB':>9}  exit  said")
        for name, (form, made) in HOSTILE.items():
            if wanted and form not in wanted:
                continue
            for size in (given.megabytes << 18, given.megabytes << 20):
                actual = fill(home / "hostile", made(size))
                seconds, peak, code, said = run(command, home / "hostile", form, home)
                print(f"{name:<34}{actual >> 20:>6}{seconds:>7.1f}{peak:>9.0f}  {code:>4}  {said}")
        if too_much:
            raise SystemExit(f"libraries over {LIMIT} MB: " + ", ".join(too_much))


if __name__ == "__main__":
    main()

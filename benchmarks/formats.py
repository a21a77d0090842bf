"""How fast each format is read, and what is lost of the same files, beside bibutils, rispy, bibtexparser 2 and citation-js.

Two libraries are composed in memory, one as the format's description has it, one as files are met: two DOIs, no end, a byte
order mark, one blank before a hyphen, a brace that is not closed, a key twice. Every value is a word of its own, so what a
peer drops is counted by looking for the word in all it says. A peer that is not installed is left out; citation-js is
installed with npm into a temporary folder. Figures are records in a second of the processor's time, start of the process
included for commands; compare within one run.

    python benchmarks/formats.py [RECORDS]
"""

from __future__ import annotations

import json
import logging
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from time import process_time
from typing import Final, NamedTuple

from enrich import formats
from enrich.formats.csl_item import to_csl

FIELDS: Final = (
    "title", "family", "given", "journal", "volume", "page", "doi", "url", "keyword", "abstract", "note", "second",
)  # fmt: skip
"""What is looked for; `second` is a DOI beside the first."""
SCRIPT: Final = """
const {Cite} = require('@citation-js/core');
for (const name of ['bibtex', 'ris', 'csl']) require('@citation-js/plugin-' + name);
const data = require('fs').readFileSync(process.argv[2], 'utf8');
const read = new Cite(data, process.argv[3] ? {forceType: process.argv[3]} : {}).data;
console.log(JSON.stringify(read.map(({_graph, ...rest}) => rest)));
"""
PACKAGES: Final = ("core", "plugin-bibtex", "plugin-ris", "plugin-csl")


class Result(NamedTuple):
    """What a peer says of a file, and the seconds it took; an empty text where it gave up."""

    said: str
    seconds: float
    error: str = ""


Peer = Callable[[str], str]


def words(number: int) -> dict[str, str]:
    """Return the values of a record, none of which is in another one."""
    return {field: f"{field}x{number}x" for field in FIELDS}


def refer(number: int, *, odd: bool) -> str:
    """Return a record of refer; of odd ones every tenth has each oddity."""
    at = words(number)
    further = f"%R 10.1000/{at['second']}\n" if odd and number % 10 == 3 else ""
    end = "" if odd and number % 10 == 5 else "\n"  # the next one follows without a blank line
    return (
        f"%0 Journal Article\n%A {at['family']}, {at['given']}\n%T On {at['title']}\n%J {at['journal']}\n%D 2012\n"
        f"%V {at['volume']}\n%P {at['page']}\n%R 10.1000/{at['doi']}\n{further}%U http://x.org/a;b?{at['url']}\n"
        f"%K {at['keyword']}\n%X The abstract {at['abstract']}.\n%Z {at['note']}\n{end}"
    )


def ris(number: int, *, odd: bool) -> str:
    """Return a record of RIS; of odd ones every tenth has each oddity."""
    at = words(number)
    further = f"DO  - 10.1000/{at['second']}\n" if odd and number % 10 == 3 else ""
    end = "" if odd and number % 10 == 5 else "ER  - \n\n"
    text = (
        f"TY  - JOUR\nAU  - {at['family']}, {at['given']}\nTI  - On {at['title']}\nT2  - {at['journal']}\nPY  - 2012\n"
        f"VL  - {at['volume']}\nSP  - {at['page']}\nDO  - 10.1000/{at['doi']}\n{further}UR  - http://x.org/a;b?{at['url']}\n"
        f"KW  - {at['keyword']}\nAB  - The abstract {at['abstract']}.\nN1  - {at['note']}\n{end}"
    )
    return text.replace("  - ", " - ") if odd and number % 10 == 7 else text


def bibtex(number: int, *, odd: bool) -> str:
    """Return an entry of BibTeX; of odd ones every tenth has each oddity, and every hundredth is not closed."""
    at = words(number)
    further = f"  doi = {{10.1000/{at['second']}}},\n" if odd and number % 10 == 3 else ""
    key = f"k{number - 1}" if odd and number % 10 == 5 else f"k{number}"  # one that is there already
    note = f'"{at["note"]}" # jan' if odd and number % 10 == 7 else f"{{{at['note']}}}"
    close = "" if odd and number % 100 == 9 else "}\n"
    return (
        f"@article{{{key},\n  author = {{{at['family']}, {at['given']}}},\n  title = {{On {at['title']}}},\n"
        f"  journal = {{{at['journal']}}},\n  year = 2012,\n  volume = {{{at['volume']}}},\n  pages = {{{at['page']}}},\n"
        f"  doi = {{10.1000/{at['doi']}}},\n{further}  url = {{http://x.org/a;b?{at['url']}}},\n"
        f"  keywords = {{{at['keyword']}}},\n"
        f"  abstract = {{The abstract {at['abstract']}.}},\n  note = {note}\n{close}\n"
    )


COMPOSE: Final[dict[str, Callable[..., str]]] = {"refer": refer, "ris": ris, "bibtex": bibtex}


def expected(name: str, number: int, *, odd: bool) -> set[str]:
    """Return the words of a record."""
    at = words(number)
    further = {at["second"]} if odd and number % 10 == 3 and name in COMPOSE else set()
    return {at[field] for field in FIELDS[:-1]} | further


def ours(name: str) -> Peer:
    """Read with this project."""

    def read(text: str) -> str:
        records = list(formats.FORMATS[name].read([text.encode()]))
        return json.dumps([[to_csl(record.work), record.extra, record.doi_text] for record in records])

    return read


def rispy(text: str) -> str:
    """Read with rispy."""
    import rispy

    return repr(rispy.loads(text))


def bibtexparser(text: str) -> str:
    """Read with bibtexparser 2, fields parted and no middleware; blocks that failed count as what they say they are."""
    import bibtexparser

    library = bibtexparser.parse_string(text, parse_stack=[])
    return repr([[(field.key, field.value) for field in entry.fields] for entry in library.entries])


def command(*words: str) -> Peer:
    """Read with a command, which is given the file's name in the place of `FILE`."""

    def read(text: str) -> str:
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write(text)
            file.flush()
            line = [file.name if word == "FILE" else word for word in words]
            done = subprocess.run(line, capture_output=True, text=True, check=False, errors="replace")
        if not done.stdout.strip():
            message = [line for line in done.stderr.splitlines() if re.match(r"\w*Error:", line)]
            raise ValueError((message or ["no output"])[0][:60])
        return done.stdout

    return read


def citation_js(folder: Path) -> Path | None:
    """Install citation-js into a folder; returns the script that reads with it, None where that cannot be had."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        return None
    names = [f"@citation-js/{name}" for name in PACKAGES]
    done = subprocess.run(["npm", "install", "--silent", *names], cwd=folder, capture_output=True, check=False)
    script = folder / "read.js"
    script.write_text(SCRIPT)
    return script if done.returncode == 0 else None


def peers(script: Path | None) -> dict[str, dict[str, Peer]]:
    """Return who reads which format, as far as they are here."""
    found: dict[str, dict[str, Peer]] = {name: {"enrich": ours(name)} for name in (*COMPOSE, "csl-json")}
    for name, tool in (("refer", "end2xml"), ("ris", "ris2xml"), ("bibtex", "bib2xml")):
        if shutil.which(tool):
            found[name]["bibutils"] = command(tool, "-u", "FILE")
    if find_spec("rispy"):
        found["ris"]["rispy"] = rispy
    if find_spec("bibtexparser"):
        found["bibtex"]["bibtexparser 2"] = bibtexparser
    if script is not None:
        for name, kind in (("ris", "@ris/file"), ("bibtex", "@bibtex/text"), ("csl-json", "")):
            found[name]["citation-js"] = command("node", str(script), "FILE", kind)
    return found


def _used() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return process_time() + children.ru_utime + children.ru_stime


def timed(peer: Peer, text: str) -> Result:
    """Return what a peer says of a file, and the processor's time it took."""
    started = _used()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            said = peer(text)
    except Exception as error:  # noqa: BLE001 -- a peer that gives up is a figure, too
        return Result("", _used() - started, f"gives up: {str(error)[:60]}")
    return Result(said, _used() - started)


def composed(name: str, count: int, *, odd: bool) -> str:
    """Return a library, an odd one with a byte order mark."""
    if name == "csl-json":
        records = formats.FORMATS["refer"].read([composed("refer", count, odd=odd).encode()])
        fresh = (record.model_copy(update={"source": None}) for record in records)
        return b"".join(formats.write(fresh, name)).decode()
    mark = "\ufeff" if odd and name != "bibtex" else ""
    return mark + "".join(COMPOSE[name](number, odd=odd) for number in range(count))


def main() -> None:
    """Print a table: format, peer, records/s, and what is lost of either library."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    logging.disable(logging.CRITICAL)  # bibtexparser tells each failed block
    with tempfile.TemporaryDirectory() as folder:
        found = peers(citation_js(Path(folder)))
        print(f"{count:,} records each; records/s, lost of the tidy library, lost of the odd one")
        for name, readers in found.items():
            for peer, read in readers.items():
                timed(read, composed(name, 10, odd=False))  # tables are made on first use
                print(f"  {name:9} {peer:15} {told(name, read, count)}", flush=True)


def told(name: str, read: Peer, count: int) -> str:
    """Return the speed of a peer, and what it loses of the tidy and of the odd library."""
    cells = []
    for odd in (False, True):
        result = timed(read, composed(name, count, odd=odd))
        wanted = set().union(*(expected(name, number, odd=odd) for number in range(count)))
        cells += [] if odd else [f"{count / result.seconds:8,.0f}"]
        cells.append(result.error or lost(wanted, result.said))
    return " | ".join(cells)


def lost(wanted: set[str], said: str) -> str:
    """Return how many of the words are not said, by field."""
    missing = wanted.difference(re.findall(r"[a-z]+x[0-9]+x", said))
    if not missing:
        return "nothing lost"
    fields = {field: sum(word.startswith(f"{field}x") for word in missing) for field in FIELDS}
    listed = ", ".join(f"{field} {number:,}" for field, number in fields.items() if number)
    return f"{len(missing) / len(wanted):.1%} lost: {listed}"


if __name__ == "__main__":
    main()

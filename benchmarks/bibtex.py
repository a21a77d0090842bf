"""How fast BibTeX files are read and written, beside bibtexparser 2 and pybtex where they are installed.

The library is composed in memory: entries of 0.7 KB as publishers and JabRef write them. Figures of one run can be compared
with each other, not with another machine's. Each stage is timed three times, in turn with the others, by the processor's
time, and its best time counts. The peers are timed for what they do, which is less: bibtexparser parts fields (and, in a
second row, decodes LaTeX and parts names), pybtex parts fields, follows strings and parts names. What they make of hard
cases is counted.

    python benchmarks/bibtex.py [ENTRIES]
"""

from __future__ import annotations

import logging
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from time import process_time

from enrich.formats import bibtex
from enrich.formats.bibtex.split import blocks
from enrich.model import Record

CHUNK = 64 << 10
MANY = 200_000
ENTRY = """@article{{key{0},
  author    = {{M{{\\"u}}ller, Anna and Doe{0}, John Q. and {{World Health Organization}}}},
  title     = {{A study of {{DNA}} in {{\\em E. coli}}: the {0}-th attempt}},
  journal   = {{International Journal of Examples}},
  year      = {{{1}}},
  month     = jan,
  volume    = {{12}},
  number    = {{3}},
  pages     = {{{0}--{0}9}},
  doi       = {{10.1155/2012/{0:06d}}},
  issn      = {{2090-3170}},
  abstract  = {{We did this and that, and it was found to be so. It was then done again many times, with results that stand
               in the tables. Half of them (50\\%) agree with what others found, the rest do not, and nobody knows the
               reason, although many have looked for it in places old and new.}},
}}

"""
HARD = {
    "a brace that does not close": "@book{a, title = {x\n\n@book{b, title = {Found}}\n",
    "strings joined": '@string{j = "Fou"}\n@book{a, title = j # {nd}}\n',
    "a comment between fields": "@book{a,\n% old = {x},\n title = {Found}}\n",
    "a missing comma": "@book{a, year = 2000 title = {Found}}\n",
    "a key that is there twice": "@book{a, title = {x}}\n@book{a, title = {Found}}\n",
    "a field that is there twice": "@book{a, note = {x}, note = {y}, title = {Found}}\n",
    "no key": "@book{title = {Found}}\n",
    "an open brace behind a backslash": "@book{a, title = {Found \\{}}\n@book{b, note = {x}}\n",
    "a parent further down": "@inbook{a, note={x}, crossref = {p}}\n@book{p, note = {y}, booktitle = {Found}}\n",
    "a letter in LaTeX": "@book{a, title = {F{\\'o}und}}\n",
}


def composed(count: int) -> bytes:
    return "".join(ENTRY.format(number, 1990 + number % 30) for number in range(count)).encode()


def chunks(data: bytes) -> Iterator[bytes]:
    return (data[at : at + CHUNK] for at in range(0, len(data), CHUNK))


def with_volume(record: Record) -> Record:
    return record.model_copy(update={"work": record.work.model_copy(update={"volume": "13", "publisher": "P"})})


def stages(data: bytes) -> dict[str, Callable[[], object]]:
    records = list(bibtex.read([data]))
    changed = [with_volume(record) for record in records]
    new = [record.model_copy(update={"source": None}) for record in records]
    found: dict[str, Callable[[], object]] = {
        "blocks": lambda: sum(1 for _ in blocks(chunks(data))),
        "records": lambda: sum(1 for _ in bibtex.read(chunks(data))),
        "unchanged written": lambda: sum(map(len, bibtex.write(records))),
        "changed written": lambda: sum(map(len, bibtex.write(changed))),
        "new written": lambda: sum(map(len, bibtex.write(new))),
    }
    text = data.decode()
    if find_spec("bibtexparser"):
        import bibtexparser
        from bibtexparser.middlewares import LatexDecodingMiddleware, SeparateCoAuthors, SplitNameParts

        found["bibtexparser 2"] = lambda: bibtexparser.parse_string(text)
        found["bibtexparser 2 decoding"] = lambda: bibtexparser.parse_string(
            text, append_middleware=[LatexDecodingMiddleware(), SeparateCoAuthors(), SplitNameParts()]
        )
    if find_spec("pybtex"):
        from pybtex.database import parse_string

        found["pybtex"] = lambda: parse_string(text, "bibtex")
    return found


def ours(text: str) -> str:
    return "".join(f"{record.work.title} {record.work.container_title}" for record in bibtex.read([text.encode()]))


def theirs() -> Iterator[tuple[str, Callable[[str], str]]]:
    if find_spec("bibtexparser"):
        import bibtexparser

        yield (
            "bibtexparser",
            lambda text: "".join(str(entry.fields_dict) for entry in bibtexparser.parse_string(text).entries),
        )
    if find_spec("pybtex"):
        from pybtex.database import parse_string

        yield "pybtex", lambda text: parse_string(text, "bibtex").to_string("yaml")


def hard_cases() -> None:
    readers = [("enrich", ours), *theirs()]
    for what, text in HARD.items():
        marks = []
        for name, reader in readers:
            try:
                is_found = ("Found" in reader(text)) or ("Fóund" in reader(text))
            except Exception as error:  # noqa: BLE001 - whatever a peer raises, it has not read the file
                marks.append(f"{name}: {type(error).__name__}")
            else:
                marks.append(f"{name}: {'yes' if is_found else 'lost'}")
        print(f"{what:<36}{' | '.join(marks)}")


def memory() -> None:
    """Read and write very many entries in a process of its own, and print what it took."""
    code = (
        "import sys\nsys.path.insert(0, 'benchmarks')\nimport bibtex as b\nfrom enrich.formats import bibtex\n"
        f"data = (b.ENTRY.format(n, 2000).encode() for n in range({MANY}))\n"
        "print(sum(map(len, bibtex.write(bibtex.read(data)))))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    print(f"{MANY} entries read and written in {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10} MB")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    logging.disable(logging.ERROR)
    data = composed(count)
    timed = stages(data)
    best = dict.fromkeys(timed, float("inf"))
    for _ in range(3):
        for name, stage in timed.items():
            start = process_time()
            stage()
            best[name] = min(best[name], process_time() - start)
    print(f"{count} entries of {len(data) // count} bytes")
    for name, seconds in best.items():
        print(f"{name:<26}{count / seconds:>10,.0f}/s")
    hard_cases()
    memory()


if __name__ == "__main__":
    main()

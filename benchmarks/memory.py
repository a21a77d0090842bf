"""How much memory the installed command takes to read long libraries of each line-based format.

Builds the wheel, installs it beside this environment's dependencies, composes a library of each format on disk, and converts
it with the command as a user would. Prints the peak resident memory of the process and the records it read in a second of
its processor's time; ends with 1 where a format takes more than the limit.

    python benchmarks/memory.py [RECORDS ...]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
LIMIT: Final = 300  # megabytes
PROSE: Final = "analysis of tumour stroma and of the growth of cells in a model of clinical data " * 11


def _refer(number: int) -> str:
    return (
        f"%0 Journal Article\n%A Khamis, Zahraa I.\n%A Sahab{number}, Ziad J.\n%T Trees {number}\n%J Annals\n%D 2012\n%V 3\n"
        f"%P 1-9\n%@ 2090-3170\n%R 10.1155/2012/{number}\n%K cancer\n%X {PROSE}\n\n"
    )


def _flat(number: int) -> str:
    return " ".join(_refer(number).split()) + "\n"


def _ris(number: int) -> str:
    return (
        f"TY  - JOUR\nAU  - Khamis, Zahraa I.\nAU  - Sahab{number}, Ziad J.\nTI  - Trees {number}\n"
        f"T2  - Annals\nPY  - 2012\n"
        f"VL  - 3\nSP  - 1\nEP  - 9\nSN  - 2090-3170\nDO  - 10.1155/2012/{number}\nKW  - cancer\nAB  - {PROSE}\nER  - \n\n"
    )


def _nbib(number: int) -> str:
    return (
        f"PMID- {number}\nOWN - NLM\nSTAT- MEDLINE\nTI  - Trees {number}.\n"
        f"FAU - Khamis, Zahraa I\nFAU - Sahab{number}, Ziad J\n"
        f"DP  - 2012 Mar 14\nJT  - Annals\nVI  - 3\nPG  - 1-9\nLID - 10.1155/2012/{number} [doi]\nAB  - {PROSE}\n\n"
    )


def _isi(number: int) -> str:
    return (
        f"PT J\nAU Khamis, ZI\n   Sahab{number}, ZJ\nTI Trees {number}\nSO ANNALS\nPY 2012\nVL 3\nBP 1\nEP 9\nSN 2090-3170\n"
        f"DI 10.1155/2012/{number}\nDE cancer\nAB {PROSE}\nUT WOS:{number}\nER\n\n"
    )


def _bibtex(number: int) -> str:
    return (
        f"@article{{k{number},\n  author = {{Khamis, Zahraa I. and Sahab{number}, Ziad J.}},\n"
        f"  title = {{Trees {number}}},\n  journal = {{Annals}},\n"
        f"  year = 2012,\n  volume = 3,\n  pages = {{1--9}},\n  issn = {{2090-3170}},\n"
        f"  doi = {{10.1155/2012/{number}}},\n  abstract = {{{PROSE}}}\n}}\n\n"
    )


def _lines(number: int) -> str:
    return (
        f'{{"id": "k{number}", "type": "article-journal", "title": "Trees {number}", "author": [{{"family": "Khamis"}}], '
        f'"issued": {{"date-parts": [[2012]]}}, "DOI": "10.1155/2012/{number}", "abstract": "{PROSE}"}}\n'
    )


LIBRARIES: Final[dict[str, tuple[Callable[[int], str], str]]] = {
    "refer": (_refer, "refer"), "refer, flattened": (_flat, "refer"), "ris": (_ris, "ris"), "nbib": (_nbib, "csv"),
    "isi": (_isi, "csv"), "bibtex": (_bibtex, "bibtex"), "csl-json, lines": (_lines, "csl-json"),
}  # fmt: skip
"""What is read, a record of it, and what it is converted to."""


def installed(folder: Path) -> dict[str, str]:
    """Build the wheel and install it into a folder; returns the environment in which Python finds it there."""
    pip = [sys.executable, "-m", "pip"]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "wheel", *quiet, "--no-build-isolation", "-w", folder, ROOT], check=True)
    subprocess.run([*pip, "install", *quiet, "--target", folder / "site", *folder.glob("*.whl")], check=True)
    return os.environ | {"PYTHONPATH": str(folder / "site"), "HOME": str(folder)}


def measured(library: Path, target: str, environment: dict[str, str]) -> tuple[float, float]:
    """Convert a library; returns the seconds of processor's time and the peak of memory in megabytes."""
    command = [
        sys.executable,
        "-m",
        "enrich",
        "convert",
        str(library),
        "--to",
        target,
        "-o",
        os.devnull,
        "--quiet",
    ]
    with subprocess.Popen(command, env=environment, cwd=library.parent) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{library.name}: the command ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> int:
    """Print a line for each format and number of records; returns 1 where one is beyond the limit."""
    counts = [int(count) for count in sys.argv[1:]] or [200_000]
    worst = 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = installed(folder)
        print("records; what, to what; peak; records/s of processor's time")
        for (label, (compose, target)), count in product(LIBRARIES.items(), counts):
            library = folder / "library.txt"
            with library.open("w") as file:
                file.writelines(map(compose, range(count)))
            seconds, peak = measured(library, target, environment)
            worst = max(worst, peak)
            print(f"  {count:7} {label:18} {target:9} {peak:6.0f} MB {count / seconds:9,.0f}", flush=True)
    return int(worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main())

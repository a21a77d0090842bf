"""What `make demo` runs: clean a library and say where the report is.

The sample library is cleaned against the sample snapshot, without the network; a library of one's own with it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "demo"


def enrich(*arguments: str, **environment: str) -> int:
    """Run the command as a user would, showing it first."""
    shown = (_shown(Path(word)) if "/" in word else word for word in arguments)
    sys.stdout.write("$ enrich " + " ".join(shown) + "\n")
    sys.stdout.flush()
    command = [sys.executable, "-m", "enrich", *arguments]
    return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode


def main() -> int:
    """Clean the library into demo/ and return the command's exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=Path, default=HERE / "library.enw")
    library = parser.parse_args().library
    OUT.mkdir(exist_ok=True)
    cleaned, page, lines = OUT / library.name, OUT / "report.html", OUT / "report.jsonl"
    arguments = ["clean", str(library), "-o", str(cleaned), "--report", str(page), "--report", str(lines)]
    if library.resolve() == HERE / "library.enw":
        own = {"ENRICH_SNAPSHOT": str(OUT / "snapshot"), "ENRICH_CACHE_DIR": str(OUT / "cache")}
        if enrich("snapshot", "load", str(HERE / "snapshot.jsonl"), **own) != 0:
            return 2
        code = enrich(*arguments, "--offline", **own)
    else:
        code = enrich(*arguments)
    if code in {0, 1, 3}:
        sys.stdout.write(f"\nthe cleaned library: {_shown(cleaned)}\n")
        sys.stdout.write(f"what was done, to read in a browser: {_shown(page)}\n")
        sys.stdout.write(f"the same for programs: {_shown(lines)}\n")
        return 0  # that some records of a library need a person is no failure of the demonstration
    return code


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


if __name__ == "__main__":
    sys.exit(main())

"""Renews `enrich/agencies/prefixes.tsv`: asks doi.org's directory whose the prefixes are.

    python update/prefixes.py [FILE ...]

The prefixes of the table are asked again; the DOIs in the files, one on a line, add theirs. A prefix is kept when the
directory names one agency for it and for up to three DOIs that bear it; one with two, or with an agency that is not
in `enrich/agencies/table.py`, is left out and said so. What could not be asked stays as it was: an outage removes nothing.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from enrich.agencies import AGENCIES, directory
from enrich.identifiers import doi as names
from enrich.identifiers.doi import Doi
from enrich.model.outcome import Outcome, Unavailable
from enrich.settings import load
from enrich.transport import Transport

TABLE = Path(__file__).resolve().parent.parent / "enrich" / "agencies" / "prefixes.tsv"
SAMPLES = 3  # DOIs of a prefix that must agree with it


def sampled(files: Iterable[Path]) -> dict[str, list[Doi]]:
    """Return the prefixes of the DOIs in files, each with a few DOIs."""
    samples: dict[str, list[Doi]] = {}
    for file in files:
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            doi = names.find(line)
            if doi is not None and not names.is_short(doi):
                bearers = samples.setdefault(names.prefix(doi), [])
                if doi not in bearers and len(bearers) < SAMPLES:
                    bearers.append(doi)
    return samples


async def asked(dois: list[Doi]) -> Mapping[Doi, str | Outcome]:
    """Return what the directory says of names and of bare prefixes."""
    async with Transport(load()) as transport:
        return await transport.drive(directory.which(dois))


def settled(old: str | None, words: list[str | Outcome]) -> tuple[str | None, str]:
    """Return the agency of a prefix, None to leave it out, and why; `old` is what the table says now."""
    agencies = {word for word in words if isinstance(word, str)}
    if len(agencies) > 1:
        return None, f"has DOIs of {', '.join(sorted(agencies))}"
    if any(isinstance(word, Unavailable) and word.reason != directory.UNKNOWN for word in words):
        return old, "could not be asked"
    agency = next(iter(agencies), None)
    if agency is None or not isinstance(words[0], str):
        return None, "is nobody's, says the directory"
    return (
        (agency, "") if agency in AGENCIES else (None, f"belongs to {agency}, who is not in the table of agencies")
    )


def main(files: list[str]) -> int:
    """Write the table anew and say what was left out."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    head = [line for line in lines if line.startswith("#")]
    table = dict(line.split("\t") for line in lines if line and not line.startswith("#"))
    samples = sampled(map(Path, files))
    prefixes = sorted({*table, *samples}, key=lambda prefix: [int(part) for part in prefix.split(".")])
    groups = {prefix: [Doi(prefix), *samples.get(prefix, ())] for prefix in prefixes}
    told = asyncio.run(asked([name for group in groups.values() for name in group]))
    rows = []
    for prefix, group in groups.items():
        agency, why = settled(table.get(prefix), [told[name] for name in group])
        if agency is not None:
            rows.append(f"{prefix}\t{agency}")
        if why:
            print(f"{prefix} {why}", file=sys.stderr)
    TABLE.write_text("\n".join([*head, *rows, ""]), encoding="utf-8")
    print(
        f"{len(rows)} prefixes, {len(set(rows) - {f'{p}{chr(9)}{a}' for p, a in table.items()})} of them new",
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Works for large trials: real answers where a folder of them is named, composed ones where none is."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

_NOUNS = (  # noqa: SIM905 -- a paragraph of words reads better than a list of quoted ones
    "metastasis stroma glacier sediment enzyme lattice polymer galaxy quasar peptide neuron cortex "
    "wetland forest canopy isotope membrane catalyst antenna turbine aquifer tumour vaccine genome "
    "plasmid dialect treaty monastery harvest tariff pension ballot census sonata manuscript fresco "
    "cathedral migration drought monsoon reef plankton"
).split()
_MANNERS = (  # noqa: SIM905 -- a paragraph of words reads better than a list of quoted ones
    "active comparative early late regional seasonal thermal nonlinear hidden partial optimal stochastic "
    "medieval coastal urban rural clinical molecular spatial temporal parallel adaptive robust sparse "
    "dense ancient modern"
).split()
_FAMILIES = (  # noqa: SIM905 -- a paragraph of words reads better than a list of quoted ones
    "Khamis Sahab Sang Turing Shannon Noether Curie Meitner Wu Franklin Lovelace Hopper Ramanujan "
    "Chandrasekhar Okafor Nguyen Garcia Müller Åberg Novák Kowalska Petrov Tanaka Kim Silva Rossi Dubois "
    "Jansen Haddad Levi"
).split()
_GIVEN = (  # noqa: SIM905 -- a paragraph of words reads better than a list of quoted ones
    "Zahra Ziad Amy Alan Claude Emmy Marie Lise Grace Ada Srinivasa Chinua Linh Ana Jörg Eva Jan Yuki Min Paulo"
).split()
_VENUES = (
    "International Journal of Breast Cancer",
    "Annals of Glaciology",
    "Journal of Regional Studies",
    "Letters in Applied Enzymology",
    "Transactions on Parallel Computing",
    "Archive for Medieval History",
    "Bulletin of Coastal Research",
    "Reviews of Thermal Physics",
    "Quarterly of Rural Economics",
    "Proceedings of the Society for Sparse Methods",
)
_SHAPES = (
    "10.1155/{year}/{number}",
    "10.1016/j.abc.{year}.{small:02}.{third:03}",
    "10.1007/s{number}-0{small:02}-{third:04}-x",
    "10.1111/j.1365-{third:04}.{year}.0{number}.x",
    "10.1371/journal.pone.0{number}",
    "10.1002/(sici)1096-911x({year}05)30:{small}<{third}::aid-mpo{small}>3.0.co;2-a",
    "10.1023/a:10{number}04324",
    "10.1016/s0140-6736({small:02})1{third:04}-0",
    "10.1007/978-3-642-04346-8_{small}",
    "10.3389/fpsyg.{year}.0{third:04}",
)


def real(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return Crossref's messages and DataCite's attributes by DOI, from a folder of real answers."""
    rows = {name: (folder / f"{name}.jsonl").read_text("utf-8").splitlines() for name in ("crossref", "datacite")}
    crossref = {row["doi"].lower(): row["message"] for row in map(json.loads, rows["crossref"])}
    data = [row.get("data") or row for row in map(json.loads, rows["datacite"])]
    datacite = {
        row["attributes"]["doi"].lower(): row["attributes"] for row in data if row.get("attributes", {}).get("doi")
    }
    return crossref, {doi: each for doi, each in datacite.items() if doi not in crossref}


def composed(count: int, seed: int = 11) -> dict[str, Any]:
    """Return messages as Crossref would send them, about works that nobody wrote."""
    chance = random.Random(seed)  # noqa: S311 -- composed data needs a fixed seed, not secrecy
    works: dict[str, Any] = {}
    while len(works) < count:
        year, small, third = chance.randint(1985, 2024), chance.randint(1, 12), chance.randint(100, 990)
        doi = chance.choice(_SHAPES).format(
            year=year, small=small, third=third, number=chance.randint(10**5, 10**6 - 1)
        )
        works[doi] = {
            "DOI": doi,
            "type": "journal-article",
            "title": [_title(chance)],
            "author": [
                {"given": chance.choice(_GIVEN), "family": family}
                for family in chance.sample(_FAMILIES, chance.randint(1, 4))
            ],
            "container-title": [chance.choice(_VENUES)],
            "issued": {"date-parts": [[year, small]]},
            "volume": str(chance.randint(1, 90)),
            "issue": str(small),
            "page": f"{third}-{third + small}",
        }
    return works


def _title(chance: random.Random) -> str:
    one, two, three = chance.sample(_NOUNS, 3)
    first, second = chance.sample(_MANNERS, 2)
    shapes = (
        f"{first} {one} and {second} {two} in the {three}",
        f"the {first} {one} of the {two}: {second} evidence from {three}",
        f"on {second} {one} {two} under {first} {three} conditions",
    )
    return chance.choice(shapes).capitalize()

"""Data files as the registries publish them, about works that nobody wrote: as long, as varied and as alike as real ones.

Works come in the order of their DOIs, a journal's one after the other, as in Crossref's public data file; every ninth
file is DataCite's. Of one seed and number the same work comes out every time. About 6 KB a work with references, 1.5 KB of
it read by enrichment; a third have an abstract, half have references, some hundred thousand words have the frequencies of a
language's, so that the records compress as real ones do (docs/decisions/0020-snapshot-segments.md compares the two).
"""

from __future__ import annotations

import bisect
import gzip
import itertools
import random
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson

PER_FILE = 5000
_DATACITE = 9  # every so-manieth file
_SYLLABLES = [
    "a",
    "an",
    "ar",
    "be",
    "bi",
    "ca",
    "cal",
    "ce",
    "chro",
    "cla",
    "co",
    "con",
    "de",
    "der",
    "di",
    "do",
    "dy",
    "e",
    "en",
    "er",
    "es",
    "fa",
    "fi",
    "ga",
    "gen",
    "gra",
    "he",
    "hy",
    "i",
    "ic",
    "in",
    "ing",
    "is",
    "ist",
    "iz",
    "la",
    "le",
    "li",
    "lo",
    "ly",
    "ma",
    "mal",
    "me",
    "men",
    "mi",
    "mo",
    "mul",
    "na",
    "ne",
    "ni",
    "no",
    "o",
    "on",
    "or",
    "os",
    "pa",
    "per",
    "phy",
    "pla",
    "po",
    "pre",
    "pro",
    "ra",
    "re",
    "ri",
    "ro",
    "sa",
    "se",
    "si",
    "so",
    "sta",
    "ste",
    "stra",
    "sub",
    "syn",
    "ta",
    "te",
    "ter",
    "the",
    "ti",
    "tion",
    "to",
    "tra",
    "tri",
    "tu",
    "u",
    "ul",
    "un",
    "ur",
    "va",
    "ve",
    "vi",
    "vo",
    "xy",
]
_FIRST = [
    "Maria",
    "Wei",
    "Anna",
    "John",
    "Yuki",
    "Ahmed",
    "Olga",
    "Luis",
    "Priya",
    "Jan",
    "Fatima",
    "Chen",
    "Emma",
    "Paulo",
    "Ingrid",
    "Kofi",
    "Sofia",
    "Ivan",
    "Hana",
    "Tom",
]
_TYPES = ("journal-article",) * 17 + ("book-chapter", "proceedings-article", "posted-content")
_LICENCES = (
    "https://creativecommons.org/licenses/by/4.0/",
    "https://creativecommons.org/licenses/by-nc-nd/4.0/",
    "https://www.publisher.example/tdm/userlicense/1.0/",
    "http://onlinelibrary.example/termsAndConditions#vor",
)


class Journal(NamedTuple):
    """What the works of one journal share."""

    prefix: str
    shape: str
    title: str
    short: str
    publisher: str
    member: str
    issn: tuple[str, str]
    licence: str
    topic: int
    has_abstracts: bool
    has_references: bool


@cache
def _vocabulary() -> tuple[list[str], list[float]]:
    chance = random.Random(3)  # noqa: S311 -- composed data needs a fixed seed, not secrecy
    words = [
        "the",
        "of",
        "and",
        "in",
        "to",
        "a",
        "with",
        "for",
        "was",
        "were",
        "is",
        "that",
        "on",
        "by",
        "as",
        "from",
    ]
    words += ["".join(chance.choices(_SYLLABLES, k=chance.choice((2, 2, 3, 3, 3, 4, 5)))) for _ in range(60_000)]
    weights = [1 / (rank + 2.7) for rank in range(len(words))]  # Zipf and Mandelbrot
    return words, list(itertools.accumulate(weights))


class Composer:
    """Composes works; `total` decides how many journals they come from."""

    def __init__(self, total: int, seed: int = 20) -> None:
        self.total = total
        chance = random.Random(seed)  # noqa: S311 -- likewise
        self.journals = sorted(self._journal(chance, number) for number in range(max(3, total // 700)))
        sizes = [1 / (1 + chance.random() * 30) for _ in self.journals]
        scale = total / sum(sizes)
        self._ends = list(itertools.accumulate(size * scale for size in sizes))
        self._seed = seed

    def _journal(self, chance: random.Random, number: int) -> Journal:
        title = (
            f"{chance.choice(('Journal of', 'Annals of', 'International Review of', 'Letters in'))} "
            + " ".join(word.capitalize() for word in _words(chance, chance.randint(1, 4), 200))
        )
        shape = chance.choice(
            ("s{a}-0{b}-0{c:05}-x", "j.{d}.20{b:02}.{c:06}", "journal.{d}.{c:07}", "20{b}/{c:06}", "{d}{c:08}")
        )
        publisher = number % 400
        return Journal(
            prefix=f"10.{1000 + publisher * 7}",
            shape=shape.replace("{d}", _words(chance, 1, 9000)[0][:6]).replace("{a}", str(10_000 + number)),
            title=title,
            short=". ".join(word[:4] for word in title.split() if word[0].isupper()),
            publisher=f"{_words(random.Random(publisher), 1, 9000)[0].capitalize()} Publishing",  # noqa: S311 -- likewise
            member=str(publisher + 10),
            issn=(
                f"{1000 + number % 9000}-{chance.randint(1000, 9999)}",
                f"2{number % 1000:03}-{chance.randint(1000, 9999)}",
            ),
            licence=_LICENCES[publisher % 4],
            topic=chance.randrange(200, 50_000),
            has_abstracts=chance.random() < 0.4,
            has_references=chance.random() < 0.8,
        )

    def doi(self, number: int) -> str:
        """Return the name of the work of this number."""
        if number // PER_FILE % _DATACITE == _DATACITE - 1:
            return f"10.5072/zenodo.{10_000_000 + number}"
        journal = self._of(number)
        return f"{journal.prefix}/{journal.shape.format(b=24 - number % 20, c=number)}"

    def work(self, number: int) -> dict[str, Any]:
        """Return the work of this number, as its registry's data file has it."""
        chance = random.Random(self._seed * 1_000_003 + number)  # noqa: S311 -- likewise
        if number // PER_FILE % _DATACITE == _DATACITE - 1:
            return _resource(chance, self.doi(number))
        return _message(chance, self.doi(number), self._of(number), number)

    def _of(self, number: int) -> Journal:
        return self.journals[min(bisect.bisect(self._ends, number), len(self.journals) - 1)]

    def files(self) -> int:
        """Return the number of data files."""
        return -(-self.total // PER_FILE)

    def write(self, folder: Path, number: int) -> Path:
        """Write the data file of this number, `.jsonl.gz`, and return its place."""
        path = folder / f"{number:06}.jsonl.gz"
        works = range(number * PER_FILE, min((number + 1) * PER_FILE, self.total))
        path.write_bytes(gzip.compress(b"".join(orjson.dumps(self.work(n)) + b"\n" for n in works), 4))
        return path


def _words(chance: random.Random, count: int, topic: int = 0) -> list[str]:
    words, weights = _vocabulary()
    drawn = chance.choices(words, cum_weights=weights, k=count)
    # A journal's texts come back to its own words.
    return [words[topic + chance.randrange(300)] if topic and chance.random() < 0.15 else word for word in drawn]


def _text(chance: random.Random, count: int, topic: int) -> str:
    text = " ".join(_words(chance, count, topic))
    return text[:1].upper() + text[1:]


def _date(chance: random.Random, year: int) -> dict[str, Any]:
    return {"date-parts": [[year, chance.randint(1, 12), chance.randint(1, 28)][: chance.choice((1, 2, 3, 3))]]}


def _moment(chance: random.Random, year: int) -> dict[str, Any]:
    month, day, clock = (
        chance.randint(1, 12),
        chance.randint(1, 28),
        f"{chance.randint(0, 23):02}:{chance.randint(0, 59):02}",
    )
    return {
        "date-parts": [[year, month, day]],
        "date-time": f"{year}-{month:02}-{day:02}T{clock}:17Z",
        "timestamp": chance.randrange(10**12, 2 * 10**12),
    }


def _author(chance: random.Random, place: int, topic: int, *, has_affiliation: bool) -> dict[str, Any]:
    author: dict[str, Any] = {
        "given": chance.choice(_FIRST) + chance.choice(("", " A.", f" {chance.choice('BCDEFGHJKLM')}.")),
        "family": "".join(chance.choices(_SYLLABLES, k=3)).capitalize(),
        "sequence": "first" if place == 0 else "additional",
        "affiliation": [],
    }
    if has_affiliation:
        body = f"Department of {_text(chance, 2, topic)}, University of {_text(chance, 1, topic)}"
        author["affiliation"] = [{"name": f"{body}, {chance.choice(_FIRST)}ville"}]
    if chance.random() < 0.25:
        author |= {
            "ORCID": f"https://orcid.org/0000-0002-{chance.randint(1000, 9999)}-{chance.randint(1000, 9999)}",
            "authenticated-orcid": False,
        }
    return author


@cache
def _references() -> list[dict[str, Any]]:
    """Return references to draw from: they are half of every file and read by nobody, so composing each anew is a waste."""
    chance = random.Random(5)  # noqa: S311 -- likewise
    return [_reference(chance, number) for number in range(20_000)]


def _reference(chance: random.Random, number: int) -> dict[str, Any]:
    reference: dict[str, Any] = {"key": f"10.1007/ref_{number}", "doi-asserted-by": "publisher"}
    if chance.random() < 0.6:
        reference["DOI"] = f"10.{chance.randint(1000, 9999)}/{_words(chance, 1)[0]}.{chance.randrange(10**6)}"
    family, year = "".join(chance.choices(_SYLLABLES, k=3)).capitalize(), str(chance.randint(1970, 2024))
    volume, page = str(chance.randint(1, 90)), str(chance.randint(1, 900))
    title, journal = _text(chance, 11, 0), _text(chance, 3, 0)
    if chance.random() < 0.5:
        return reference | {"unstructured": f"{family} A ({year}) {title}. {journal} {volume}:{page}"}
    return reference | {
        "author": family, "first-page": page, "volume": volume, "journal-title": journal, "year": year,
    }  # fmt: skip


def _message(chance: random.Random, doi: str, journal: Journal, number: int) -> dict[str, Any]:
    year, topic = chance.randint(1975, 2025), journal.topic
    published, indexed = _date(chance, year), _moment(chance, 2025)
    page = chance.randint(1, 3000)
    has_affiliation = chance.random() < 0.5
    cited = chance.randint(5, 60) if journal.has_references and chance.random() < 0.75 else 0
    message: dict[str, Any] = {
        "indexed": indexed,
        "reference-count": cited,
        "publisher": journal.publisher,
        "issue": str(chance.randint(1, 12)),
        "license": [
            {
                "start": _moment(chance, year),
                "content-version": version,
                "delay-in-days": 0,
                "URL": journal.licence,
            }
            for version in ("vor", "tdm")[: chance.randint(0, 2)]
        ],
        "content-domain": {
            "domain": [f"{journal.publisher.split()[0].lower()}.example"],
            "crossmark-restriction": False,
        },
        "short-container-title": [journal.short],
        "published-print": published,
        "DOI": doi,
        "type": _TYPES[number % 20],
        "created": _moment(chance, min(year + 1, 2025)),
        "page": f"{page}-{page + chance.randint(2, 20)}",
        "source": "Crossref",
        "is-referenced-by-count": chance.randint(0, 90),
        "title": [_text(chance, chance.randint(6, 17), topic)],
        "prefix": journal.prefix,
        "volume": str(chance.randint(1, 120)),
        "author": [
            _author(chance, place, topic, has_affiliation=has_affiliation)
            for place in range(chance.choice((1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 12)))
        ],
        "member": journal.member,
        "published-online": _date(chance, year),
        "container-title": [journal.title],
        "original-title": [],
        "language": "en",
        "link": [
            {
                "URL": f"https://link.{journal.publisher.split()[0].lower()}.example/content/pdf/{doi}.{kind}",
                "content-type": f"application/{kind}",
                "content-version": "vor",
                "intended-application": use,
            }
            for kind, use in (("pdf", "text-mining"), ("html", "text-mining"), ("pdf", "similarity-checking"))
        ],
        "deposited": _moment(chance, 2024),
        "score": 0.0,
        "resource": {"primary": {"URL": f"https://link.{journal.publisher.split()[0].lower()}.example/{doi}"}},
        "subtitle": [],
        "short-title": [],
        "issued": published,
        "references-count": cited,
        "journal-issue": {"issue": str(chance.randint(1, 12)), "published-print": published},
        "alternative-id": [str(number)],
        "URL": f"https://doi.org/{doi}",
        "relation": {},
        "ISSN": list(journal.issn),
        "issn-type": [
            {"value": journal.issn[0], "type": "print"},
            {"value": journal.issn[1], "type": "electronic"},
        ],
        "subject": [],
        "published": published,
    }
    if chance.random() < 0.2:
        message["funder"] = [
            {
                "DOI": "10.13039/501100000780",
                "name": f"{_text(chance, 3, topic)} Foundation",
                "doi-asserted-by": "crossref",
                "award": [str(chance.randrange(10**6))],
            }
            for _ in range(chance.randint(1, 3))
        ]
    if journal.has_abstracts and chance.random() < 0.85:
        message["abstract"] = (
            "<jats:title>Abstract</jats:title><jats:p>"
            + ". ".join(_text(chance, chance.randint(12, 28), topic) for _ in range(chance.randint(5, 11)))
            + ".</jats:p>"
        )
    if cited:
        message["reference"] = chance.choices(_references(), k=cited)
    if chance.random() < 0.004:
        message["aliases"] = [f"{doi}.old"]
    return message


def _resource(chance: random.Random, doi: str) -> dict[str, Any]:
    topic, year = 200 + hash_of(doi) % 40_000, chance.randint(2008, 2025)
    people = [
        {
            "name": f"{family}, {given}",
            "nameType": "Personal",
            "givenName": given,
            "familyName": family,
            "affiliation": [f"University of {_text(chance, 1, topic)}"],
            "nameIdentifiers": [],
        }
        for given, family in (
            (chance.choice(_FIRST), "".join(chance.choices(_SYLLABLES, k=3)).capitalize())
            for _ in range(chance.randint(1, 5))
        )
    ]
    attributes = {
        "doi": doi,
        "prefix": "10.5072",
        "suffix": doi.partition("/")[2],
        "identifiers": [],
        "creators": people,
        "titles": [{"title": _text(chance, chance.randint(5, 14), topic)}],
        "publisher": {"name": "Zenodo"},
        "container": {},
        "publicationYear": year,
        "subjects": [{"subject": _text(chance, 2, topic)} for _ in range(chance.randint(0, 6))],
        "contributors": [],
        "dates": [{"date": f"{year}-0{chance.randint(1, 9)}-1{chance.randint(0, 9)}", "dateType": "Issued"}],
        "language": "en",
        "types": {
            "ris": "DATA",
            "bibtex": "misc",
            "citeproc": "dataset",
            "schemaOrg": "Dataset",
            "resourceTypeGeneral": chance.choice(("Dataset", "Software", "Text", "JournalArticle")),
        },
        "relatedIdentifiers": [
            {
                "relationType": "References",
                "relatedIdentifier": f"10.1000/{chance.randrange(10**6)}",
                "relatedIdentifierType": "DOI",
            }
            for _ in range(chance.randint(0, 25))
        ],
        "rightsList": [
            {
                "rights": "Creative Commons Attribution 4.0 International",
                "rightsUri": _LICENCES[0],
                "schemeUri": "https://spdx.org/licenses/",
            }
        ],
        "descriptions": [
            {
                "description": ". ".join(_text(chance, 18, topic) for _ in range(chance.randint(1, 8))),
                "descriptionType": "Abstract",
            }
        ],
        "fundingReferences": [],
        "url": f"https://zenodo.example/record/{doi.rpartition('.')[2]}",
        "schemaVersion": "http://datacite.org/schema/kernel-4",
        "state": "findable",
        "created": "2020-01-01T00:00:00Z",
        "registered": "2020-01-01T00:00:00Z",
        "updated": f"2025-0{chance.randint(1, 9)}-11T10:00:00Z",
    }
    return {
        "id": doi,
        "type": "dois",
        "attributes": attributes,
        "relationships": {"client": {"data": {"id": "cern.zenodo", "type": "clients"}}},
    }


def hash_of(text: str) -> int:
    """Return a number that a text has on every machine."""
    return int.from_bytes(text.encode()[-4:], "big")


def written(total: int, folder: Path, over: Callable[[int], object] = lambda _: None) -> Iterator[Path]:
    """Yield the data files of a corpus as they are written; `over` hears the number of each."""
    composer = Composer(total)
    for number in range(composer.files()):
        yield composer.write(folder, number)
        over(number)

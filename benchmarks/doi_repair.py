"""How many spoilt DOIs are repaired, and whether a good one is ever touched, through the whole pipeline.

    python benchmarks/doi_repair.py [--errors 2000] [--valid 10000] [--seed 11]

Errors of every class are injected into the DOIs of records as a library holds them (title, people, journal, year, perhaps
volume and pages), which are read from refer bytes and judged against a registry made of the answers in the folder that
ENRICH_TEST_DATA names (composed works where it names none). The valid DOIs stand in the same kinds of records, in the
spellings people use, some of them with a neighbour in the registry that an error would make of them. Nothing here knows how
a repair is found. Ends with 1 where fewer than 98 of 100 errors are repaired, or a valid DOI is altered.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

Chance = random.Random
Spoil = Callable[[str, Chance], str | None]
MARK = "10.9999/mark"


def behind(*tails: str) -> Spoil:
    """Return the error of writing something behind a name."""
    return lambda doi, chance: doi + chance.choice(tails)


def doubled(mark: str) -> Spoil:
    """Return the error of writing a mark twice, at one place or everywhere."""

    def spoil(doi: str, chance: Chance) -> str | None:
        prefix, _, suffix = doi.partition("/")
        places = [at for at, each in enumerate(suffix) if each == mark]
        if not places or mark * 2 in suffix:
            return None
        if chance.random() < 0.5:
            return f"{prefix}/{suffix.replace(mark, mark * 2)}"
        at = chance.choice(places)
        return f"{prefix}/{suffix[:at]}{mark}{suffix[at:]}"

    return spoil


def exchanged(pattern: str, *others: str, every: float = 0.3) -> Spoil:
    """Return the error of writing something else for what matches in the suffix, at one place or everywhere."""

    def spoil(doi: str, chance: Chance) -> str | None:
        prefix, _, suffix = doi.partition("/")
        places = list(re.finditer(pattern, suffix))
        if not places:
            return None
        other, chosen = chance.choice(others), places if chance.random() < every else [chance.choice(places)]
        for place in reversed(chosen):
            suffix = suffix[: place.start()] + other + suffix[place.end() :]
        return f"{prefix}/{suffix}"

    return spoil


def whole(change: Callable[[str], str]) -> Spoil:
    """Return an error made of the whole name; none where it leaves the name as it is."""
    return lambda doi, _chance: None if change(doi) == doi else change(doi)


def inserted(*pieces: str) -> Spoil:
    """Return the error of something that stands within a suffix."""

    def spoil(doi: str, chance: Chance) -> str | None:
        at = chance.randint(doi.index("/") + 2, len(doi) - 1) if len(doi) - doi.index("/") > 4 else 0
        return doi[:at] + chance.choice(pieces) + doi[at:] if at else None

    return spoil


def swapped(doi: str, chance: Chance) -> str | None:
    """Exchange two digits near the end."""
    places = [
        at for at in range(len(doi) - 6, len(doi) - 1) if doi[at : at + 2].isdigit() and doi[at] != doi[at + 1]
    ]
    if not places:
        return None
    at = chance.choice(places)
    return doi[:at] + doi[at + 1] + doi[at] + doi[at + 2 :]


def digit_lost_in_prefix(doi: str, chance: Chance) -> str:
    """Leave a digit of the registrant out."""
    at = chance.randint(3, doi.index("/") - 1)
    return doi[:at] + doi[at + 1 :]


def letters_in_prefix(doi: str, chance: Chance) -> str | None:
    """Write letters for ones and zeros before the slash."""
    prefix, _, suffix = doi.partition("/")
    spoilt = prefix.replace("0", chance.choice("oO"), chance.randint(1, 2)).replace(
        "1", chance.choice("lI"), chance.randint(0, 1)
    )
    return f"{spoilt}/{suffix}"


def two_names(doi: str, chance: Chance) -> str:
    """Write another name before this one, or this one twice."""
    other = chance.choice(("10.1093/mind/lix.236.433", "10.1000/nowhere.2", doi))
    return other + chance.choice(("; ", ", ", " ", ";", ",", ". ")) + doi


def book_number(doi: str, _chance: Chance) -> str | None:
    """Leave the hyphens out of an ISBN, or the marks out of an article number."""
    spoilt = re.sub(r"97[89]-[0-9-]{12,13}(?![0-9])", lambda found: found[0].replace("-", ""), doi)
    spoilt = re.sub(r"(s[0-9]{4})-([0-9]{3}[0-9x])\(([0-9]{2})\)([0-9]{5})-([0-9x])\Z", r"\1\2\3\4\5", spoilt)
    return None if spoilt == doi else spoilt


def glued(doi: str, chance: Chance) -> str:
    """Write an address behind a name, perhaps its own."""
    address = chance.choice(
        (f"http://dx.doi.org/{doi}", "https://www.example.org/x/y", "www.example.com/journal/12")
    )
    return doi + chance.choice(("", ".", ",", ";")) + address


def in_another(doi: str, chance: Chance) -> str:
    """Write a name within another, or behind a part of it."""
    return chance.choice((f"{doi.partition('/')[0]}/{doi}", f"10.1000/{doi}", f"10.1000/nowhere.7.{doi}"))


def year(doi: str, chance: Chance) -> str:
    """Write the year behind a name."""
    return doi + chance.choice(("({})", "[{}]", ".({})", "\\{}\\")).format(chance.randint(1950, 2024))


def marked_up(doi: str, chance: Chance) -> str:
    """Leave tags in a name or behind it."""
    tails = (f"{doi}<br>", f"{doi}</a>", f"{doi}<br/>x", f"{doi}</span></p>")
    return chance.choice((*tails, f"<i>{doi}</i>.", f"{doi[:-3]}<b>{doi[-3:]}</b>"))


def escaped(doi: str, chance: Chance) -> str:
    """Escape a name, most of it twice."""
    for mark, code in (("(", "28"), (")", "29"), ("<", "3C"), (">", "3E"), (";", "3B")):
        doi = doi.replace(mark, f"%25{code}")
    return doi.replace("/", chance.choice(("%252F", "%25252F", "%2F")), 1)


def entities(doi: str, chance: Chance) -> str:
    """Write entities, damaged ones, for the brackets of a name or behind it."""
    if "<" not in doi:
        return doi + chance.choice(("&lt", "&gt;", "&nbsp", "&amp;"))
    return doi.replace("<", chance.choice(("lt;", "&lt"))).replace(">", chance.choice(("gt;", "&gt", "&amp;gt;")))


def damaged_head(doi: str, chance: Chance) -> str:
    """Damage the 10 at the beginning, or write it twice."""
    return chance.choice((doi[1:], doi[2:], f"10.{doi}", f"1{doi}", f"10. {doi[3:]}"))


def typed_twice(doi: str, chance: Chance) -> str:
    """Write a character of the suffix twice."""
    at = chance.randint(doi.index("/") + 1, len(doi) - 1)
    return doi[:at] + doi[at] + doi[at:]


def one_of(*spoils: Spoil) -> Spoil:
    """Return an error that is one of several."""
    return lambda doi, chance: chance.choice(spoils)(doi, chance)


def marks_for(mark: str, *others: str) -> Spoil:
    """Return the error of writing another mark for the first of its kind."""
    return lambda doi, chance: doi.replace(mark, chance.choice(others), 1)


def cut_off(doi: str, _chance: Chance) -> str | None:
    """Lose the last digit."""
    return doi[:-1] if doi[-1].isdigit() and len(doi.partition("/")[2]) > 5 else None


ERRORS: dict[str, Spoil] = {
    "glued-address": glued,
    "glued-name": lambda doi, chance: doi + chance.choice(("", ".", ",", "doi:", ".doi:")) + doi,
    "second-name": in_another,
    "two-names": two_names,
    "session": behind(";jsessionid=3F2504E04F8911D3", ";jsessionid=abc.f02t03"),
    "query": behind("?journalCode=abc", "?utm_source=x&utm_medium=y", "&domain=pdf"),
    "fragment": behind("#abstract", "#sec-2", "#page-1"),
    "landing-page": behind(
        *("/full", "/abstract", "/pdf", "/epdf", "/meta", "/summary", ".full", ".abstract", ".pdf", "/full/html"),
        *("/abstract>accessed12", ".full.pdf"),
    ),
    "supplement": behind("/-/DCSupplemental", "/suppinfo", "/-/DC1", "/suppl_file/x.pdf", ".suppinfo"),
    "component": behind(".g001", ".t002", ".s003", "/fig-1", "/table-2", "/supp-1"),
    "version": behind("v1", "v2.full", "/v1", "v1.abstract"),
    "database-number": behind(
        ".pmid:26017442", ";PMID:12345678", "(pmid: 9500320)", ".PMCID:PMC3270399", ",pubmed:1234567"
    ),
    "doi-mark": behind("[doi]", " [doi]", ".[doi]", "(doi)", "[CrossRef]", ".doi"),
    "accessed": behind(">accessed8", ")lastaccessed12may2010", ".accessed3june2015", " (accessed 3 June 2015)"),
    "ahead-of-print": behind("(epubaheadofprint)", "[epubaheadofprint]", ".epub2012", ".inpress"),
    "published": behind(".articlepublishedonline27may2015", ",publishedonline2012", ".received3march"),
    "host": behind(".sagepub.com", "jbr.sagepub.com", ".example.org"),
    "pages": behind(".pp.123-130", ",p.12", ";pp12-34"),
    "year": year,
    "dotted-line": behind(".....", "......12", "…"),
    "footnote": behind("¹", "²³", "*", "†"),
    "punctuation": behind(".-", "_", "-", "(", ".(", "&", "<", "~", "--", "=", "/", ".,;", "•"),
    "list": behind(";12:34-56", ",2012", "|12"),
    "word": behind("and", "Published", "References12"),
    "markup": marked_up,
    "bracket": behind("(0123456789", "[12", "{a"),
    "double-point": doubled("."),
    "double-underscore": doubled("_"),
    "double-hyphen": doubled("-"),
    "double-slash": marks_for("/", "//"),
    "label": marks_for("/", "/doi:"),
    "escapes": escaped,
    "entity": entities,
    "backslash": inserted("\\", "\\\\"),
    "blank": inserted(" ", "  ", "\u00a0"),
    "dash": exchanged("-", "\u2010", "\u2011", "\u2013", "\u2212"),
    "compatibility-form": whole(
        lambda doi: "".join(chr(ord(each) + 0xFEE0) if each.isdigit() else each for each in doi)
    ),
    "other-slash": marks_for("/", "\u2215", "\u2044", "\uff0f"),
    "other-alphabet": whole(lambda doi: doi.translate(str.maketrans("aeopc", "аеорс"))),
    "encoding": exchanged("-", "\u00e2\u20ac\u201c", "\ufffd", "\u00e2\u20ac\u0090"),
    "head": damaged_head,
    "letter-in-prefix": letters_in_prefix,
    "point-of-prefix": marks_for(".", ",", ":", ";", ", ", ".."),
    "slash": marks_for("/", "_", ":", "-", "\\", " ", ".", "|"),
    "digit-of-prefix": digit_lost_in_prefix,
    "letter-o": exchanged("0", "o", "O"),
    "letter-l": exchanged("1", "l", "I"),
    "zero": exchanged("o", "0"),
    "one": exchanged("l", "1"),
    "look-alike": one_of(
        *(exchanged(*pair, every=0.0) for pair in (("5", "s"), ("8", "b"), ("9", "g"), ("m", "rn")))
    ),
    "separator": one_of(exchanged("_", "-"), exchanged(r"\.", ","), exchanged("_", ".")),
    "number-in-one": book_number,
    "colon": whole(lambda doi: re.sub(r"/([ab]):", r"/\1", doi)),
    "angular-bracket": whole(lambda doi: doi.translate(str.maketrans("<>", "[]"))),
    "zero-lost": whole(lambda doi: re.sub(r"(?<![0-9])0{1,2}(?=[1-9][0-9]*\Z)", "", doi)),
    "doubled": typed_twice,
    "one-too-many": behind("a", "1", "b", "x"),
    "swapped": swapped,
    "cut-off": cut_off,
}
"""Class of error -> what makes one of a good name; None where that name does not allow it."""


class Target(NamedTuple):
    """A work of the registry, and a record of it as a library may hold it, with a mark for its DOI."""

    doi: str
    record: bytes


def targets(crossref: dict[str, Any], datacite: dict[str, Any], chance: Chance) -> list[Target]:
    """Return the works whose records the verdict confirms; the others could not be repaired by anybody."""
    from standin.direct import NOW

    from enrich import agencies, formats
    from enrich.identifiers import doi as names
    from enrich.matching import verdict
    from enrich.model import Origin, Record

    found = []
    for agency, works in (("crossref", crossref), ("datacite", datacite)):
        for doi, work in works.items():
            if not names.is_valid(doi) or names.find(doi) != doi:
                continue
            remote = agencies.read(agency, orjson.dumps({"doi": doi, **work}), doi=doi, retrieved_at=NOW)
            kept = ["type", "title", "author", "container_title", "issued"]
            kept += [name for name in ("volume", "issue", "page", "publisher") if chance.random() < 0.6]
            local = remote.work.model_copy(
                update=dict.fromkeys(set(type(remote.work).model_fields) - set(kept), None)
            )
            local = type(remote.work)(**{name: getattr(local, name) for name in kept}, doi=MARK)
            (read,) = formats.read(
                [b"".join(formats.write([Record(work=local, origin=Origin())], "refer"))], file="x.enw"
            )
            if read.source and verdict(read.work, remote).state == "confirmed":
                found.append(Target(doi, read.source.raw))
    return found


def injected(found: list[Target], count: int, chance: Chance) -> Iterator[tuple[str, Target, str]]:
    """Yield class, target and spoilt name, all classes as often as the names allow."""
    from enrich.identifiers import doi as names

    taken = {target.doi for target in found}
    made = 0
    while made < count:
        for name, spoil in ERRORS.items():
            for _ in range(200):
                target = chance.choice(found)
                wrong = spoil(target.doi, chance)
                # What still reads as the name, or as that of another work, is no error of this kind.
                if wrong is not None and names.find(wrong) not in taken:
                    made += 1
                    yield name, target, wrong
                    break
            if made == count:
                return


async def enriched(settings: Any, registry: Any, library: bytes) -> list[Any]:
    """Return what becomes of a library's records."""
    from enrich import formats
    from enrich.enricher import Enricher

    async with Enricher(settings, keeps_format=True) as enricher:
        enricher.transport.send = registry.send
        return [result async for result in enricher.stream(formats.read([library], file="x.enw"))]


SPELLINGS = (
    "{}",
    "{}",
    "{}",
    "https://doi.org/{}",
    "http://dx.doi.org/{}",
    "doi:{}",
    "DOI: {}",
    "{}.",
    "{};",
    "({})",
)


def repairs(settings: Any, registry: Any, found: list[Target], count: int, chance: Chance) -> float:
    """Inject errors, and return the share of them that is repaired."""
    errors = list(injected(found, count, chance))
    library = b"".join(target.record.replace(MARK.encode(), wrong.encode()) + b"\n" for _, target, wrong in errors)
    begun = time.process_time()
    results = asyncio.run(enriched(settings, registry, library))
    cost = (time.process_time() - begun) / len(errors)
    made, right, falsely = Counter(name for name, *_ in errors), Counter(), []
    missed: dict[str, list[str]] = {}
    for (name, target, wrong), result in zip(errors, results, strict=True):
        if result.record.work.doi == target.doi and result.status in {"enriched", "unchanged"}:
            right[name] += 1
        else:
            missed.setdefault(name, []).append(f"{wrong!r} for {target.doi}: {result.status}")
            falsely += [wrong] if any(change.rule == "repair-doi" for change in result.changes) else []
    share = right.total() / len(errors)
    print(
        f"{len(errors):,} errors of {len(made)} classes: {right.total():,} repaired ({share:.2%}), {len(falsely)} falsely,"
        f" {len(registry.requests) / len(errors):.2f} requests and {cost * 1000:.1f} ms each"
    )
    for name, lines in missed.items():
        print(f"  {name}: {right[name]} of {made[name]}, e.g. {lines[0]}")
    return 0.0 if falsely else share


def altered(settings: Any, registry: Any, found: list[Target], count: int, chance: Chance) -> int:
    """Return how many valid DOIs a run alters."""
    chosen = [chance.choice(found) for _ in range(count)]
    spelt = [spelling(target.doi, chance) for target in chosen]
    library = b"".join(
        thinned(target.record, chance).replace(MARK.encode(), text.encode()) + b"\n"
        for target, text in zip(chosen, spelt, strict=True)
    )
    results = asyncio.run(enriched(settings, registry, library))
    wrong = [
        (target.doi, result)
        for target, result in zip(chosen, results, strict=True)
        if result.record.work.doi != target.doi
        or any(change.field == "DOI" and change.rule != "bare-doi" for change in result.changes)
    ]
    states = Counter(result.status for result in results)
    print(
        f"{count:,} valid DOIs: {len(wrong)} altered; {', '.join(f'{n:,} {status}' for status, n in states.items())}"
    )
    for doi, result in wrong[:5]:
        print(f"  {doi}: {result.changes}")
    return len(wrong)


def spelling(doi: str, chance: Chance) -> str:
    """Return a name as people write it; one that such a spelling would spoil (it ends in a bracket, say) as it is."""
    from enrich.identifiers import doi as names

    text = chance.choice(SPELLINGS).format(chance.choice((str, str.upper))(doi))
    return text if names.find(text) == doi else doi


def thinned(record: bytes, chance: Chance) -> bytes:
    """Return a record with some lines lost, or with a title that is cut off or spoilt."""
    lines = record.splitlines(keepends=True)
    if chance.random() < 0.3:
        lines = [line for line in lines if line[:2] in {b"%0", b"%R", b"%T"} or chance.random() < 0.6]
    if chance.random() < 0.3:
        lines = [line[: len(line) // 2] + b"\n" if line.startswith(b"%T") else line for line in lines]
    return b"".join(lines)


def with_neighbours(works: dict[str, Any], chance: Chance) -> dict[str, Any]:
    """Return the works, a tenth of them a second time under a name that looks like a misspelling of theirs."""
    every = dict(works)
    for doi, work in works.items():
        if chance.random() < 0.1:
            spoilt = chance.choice(list(ERRORS.values()))(doi, chance)
            if spoilt and re.fullmatch(r"10\.[0-9]{4,9}/[\x21-\x7e]+", spoilt):
                every.setdefault(spoilt.lower(), {**work, "DOI": spoilt.lower()})
    return every


def main() -> int:
    """Inject, run and count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--errors", type=int, default=2000)
    parser.add_argument("--valid", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=11)
    arguments = parser.parse_args()
    from standin.direct import Direct
    from standin.works import composed, real

    from enrich.settings import Settings

    chance = random.Random(arguments.seed)
    folder = os.environ.get("ENRICH_TEST_DATA")
    crossref, datacite = real(Path(folder)) if folder else (composed(1500, arguments.seed), {})
    with tempfile.TemporaryDirectory() as home:
        plain = {"snapshot": Path(home) / "none", "state_dir": Path(home) / "state"}
        settings = Settings(cache_dir=Path(home) / "one", **plain)
        found = targets(crossref, datacite, chance)
        print(f"{len(found):,} of {len(crossref) + len(datacite):,} works can be told by their records")
        share = repairs(settings, Direct(crossref, datacite), found, arguments.errors, chance)
        every = with_neighbours(crossref, chance)
        settings = Settings(cache_dir=Path(home) / "two", **plain)
        wrong = altered(
            settings, Direct(every, datacite), targets(every, datacite, chance), arguments.valid, chance
        )
    return 0 if share >= 0.98 and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())

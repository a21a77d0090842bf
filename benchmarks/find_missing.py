"""Whether the DOI that a search finds is the right one: records without a DOI, among works that look like theirs.

    python benchmarks/find_missing.py [--decisions 6500] [--seed 11]

Every work of the folder that ENRICH_TEST_DATA names (composed works where it names none) is described as libraries do, well
or badly, and searched for among look-alikes: another part, the preprint, reviews, errata with the word and without it,
comments, the conference paper, a chapter, the book, another edition, data, other versions, other works by the same people in
the same year and journal, other works of the same title. In one decision of four the right work is missing, and only they
are there.

The whole pipeline runs, the services answered from memory. A DOI that is written must be the work's; one that is suggested,
or none at all, costs a look. What says neither page nor number nor volume ("no place": books, reports, data; articles of
which nobody wrote it down) can hardly be told from an erratum or another edition, and is mostly left to suggestions.

Not every decision can be made by anybody. Counted apart are those where a look-alike bears all that the record says and the
right work bears as well ("twin"; a "year" between them is no difference to the verdict, and four records of a hundred are
made with a year that is one off), and those where the service's answer does not hold the work ("unlisted"). Whether a field
is borne is told by the features of the verdict, by the publisher and by the ISBN; never by what the choice makes of them.

Ends with 1 where a wrong DOI is written, or fewer than 85 of 100 right ones are of the decisions that can be made.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import hashlib
import math
import os
import random
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

LEAST = 0.85
"""Share of the decisions that can be made which must be made, and rightly."""

Message = dict[str, Any]
Chance = random.Random


class Target(NamedTuple):
    """A work and what its agency says of it."""

    agency: str
    doi: str
    message: Message


def moved(message: Message, years: int = 0, **members: Any) -> Message:
    """Return a message about another work: with other members (None: without), and published some years later."""
    other = copy.deepcopy(message)
    for name in ("update-to", "updated-by", "relation", "aliases", "abstract", "reference"):
        other.pop(name, None)
    if "page" in members:
        other.pop("article-number", None)
    for name, value in members.items():
        key = name.replace("_", "-")
        other.pop(key, None)
        if value is not None:
            other[key] = value
    for name in ("issued", "published-print", "published-online", "published", "posted", "approved"):
        for parts in (other.get(name) or {}).get("date-parts") or ():
            if parts and parts[0]:
                parts[0] += years
    return other


def title(message: Message) -> str:
    """Return the title of a message."""
    titles = message.get("title") or [""]
    return titles[0] if isinstance(titles, list) else titles


def page(chance: Chance) -> str:
    """Return pages somewhere else."""
    first = chance.randint(1, 2000)
    return f"{first}-{first + chance.randint(1, 20)}"


def stranger(chance: Chance) -> list[Message]:
    """Return somebody else."""
    return [
        {
            "given": chance.choice("ABCDEFGH") + ".",
            "family": chance.choice(("Quist", "Brauer", "Osei", "Marchetti")),
        }
    ]


def parts(message: Message, chance: Chance) -> Iterator[Message]:
    """Yield another part, in the same volume and in a later one."""
    number = chance.choice(("II", "2", "III"))
    yield moved(message, title=[f"{title(message)}: Part {number}"], subtitle=None, page=page(chance))
    yield moved(
        message,
        1,
        title=[f"{title(message)}. {number}"],
        subtitle=None,
        page=page(chance),
        volume=str(chance.randint(2, 90)),
    )


PREPRINT = {
    "type": "posted-content",
    "subtype": "preprint",
    "container_title": None,
    "volume": None,
    "issue": None,
}


def preprint(message: Message, chance: Chance) -> Iterator[Message]:
    """Yield the preprint, of the same year or the year before; for a preprint, what was published of it."""
    if message.get("type") == "posted-content":
        there = {"container_title": ["Journal of What Was Posted"], "volume": "4", "page": page(chance)}
        yield moved(
            message, chance.choice((0, 1)), type="journal-article", subtype=None, institution=None, **there
        )
        return
    server = chance.choice(({"institution": [{"name": "bioRxiv"}]}, {"group_title": "PsyArXiv"}, {}))
    bare = {"page": None, "ISSN": None, "ISBN": None, "article_number": None, "short_container_title": None}
    yield moved(message, chance.choice((0, -1)), **PREPRINT, **bare, **server)


def reviews(message: Message, chance: Chance) -> Iterator[Message]:
    """Yield reviews of it by somebody else: with the word, and under the same title."""
    review = {
        "type": "journal-article",
        "container_title": ["Journal of Reviews"],
        "author": stranger(chance),
        "page": page(chance),
    }
    yield moved(message, 1, title=[f"Review of {title(message)}"], subtitle=None, volume="12", **review)
    yield moved(message, chance.choice((0, 1)), volume="31", **review)


def errata(message: Message, chance: Chance) -> Iterator[Message]:
    """Yield errata: one that says so in its title, one that says so elsewhere, one that does not say so."""
    prefix = chance.choice(("Erratum to: ", "Correction: ", "Corrigendum to "))
    yield moved(message, chance.choice((0, 1)), title=[f"{prefix}{title(message)}"], page=page(chance))
    yield moved(message, 0, page=page(chance), update_to=[{"DOI": "10.1000/1", "type": "correction"}])
    yield moved(message, chance.choice((0, 1)), page=page(chance), volume=str(chance.randint(2, 90)))


def comments(message: Message, chance: Chance) -> Iterator[Message]:
    """Yield a comment by somebody else and the authors' reply, in the same journal."""
    yield moved(message, 1, title=[f"Comment on “{title(message)}”"], author=stranger(chance), page=page(chance))
    yield moved(message, 1, title=[f"Reply to comment on “{title(message)}”"], page=page(chance))


def meeting(message: Message, chance: Chance) -> Iterator[Message]:
    """Yield the paper of a conference that has the same title."""
    at = ["Proceedings of the 12th Conference on Everything"]
    yield moved(
        message, chance.choice((0, -1)), type="proceedings-article", container_title=at, volume=None, issue=None,
        page=page(chance), ISSN=None, short_container_title=None,
    )  # fmt: skip


def chapter(message: Message, chance: Chance) -> Iterator[Message]:
    """Yield a chapter of the same title and people: in a book of that title, or in a handbook."""
    book = chance.choice(([title(message)], ["A Handbook of Everything"]))
    yield moved(
        message, chance.choice((0, 1, 2)), type="book-chapter", container_title=book, page=page(chance), volume=None,
        issue=None, ISSN=None, ISBN=["9780306406157"], short_container_title=None,
    )  # fmt: skip


def books(message: Message, chance: Chance) -> Iterator[Message]:
    """Yield books of the same title and people: of the same year, and another edition."""
    bare = {
        "container_title": None,
        "page": None,
        "volume": None,
        "issue": None,
        "ISSN": None,
        "short_container_title": None,
    }
    kind = chance.choice(("book", "monograph"))
    yield moved(
        message,
        0,
        type=kind,
        ISBN=["9780306406157"],
        publisher=chance.choice(("Elsewhere Press", "Nowhere")),
        **bare,
    )
    yield moved(message, chance.choice((2, -3, 4)), type=kind, ISBN=["9783161484100"], edition_number="2", **bare)


def data(message: Message, chance: Chance) -> Iterator[Message]:
    """Yield the data to it, under a title of their own and under its title."""
    bare = {
        "container_title": None,
        "page": None,
        "volume": None,
        "issue": None,
        "ISSN": None,
        "publisher": "Dryad",
    }
    yield moved(message, 0, type="dataset", title=[f"Data from: {title(message)}"], subtitle=None, **bare)
    if chance.random() < 0.5:
        yield moved(message, 0, type="dataset", **bare)


def neighbours(message: Message, chance: Chance) -> Iterator[Message]:
    """Yield other works by the same people in the same journal, year and volume, with words in common."""
    words = title(message).split()
    half = " ".join(words[: max(2, len(words) // 2)])
    yield moved(message, 0, title=[f"{half} in another setting"], subtitle=None, page=page(chance))
    yield moved(message, 0, title=["A second and wholly different study"], subtitle=None, page=page(chance))


def namesakes(message: Message, chance: Chance) -> Iterator[Message]:
    """Yield works of the same title by other people, in another journal and in the same one."""
    yield moved(
        message,
        chance.randint(-9, 9),
        author=stranger(chance),
        container_title=["Annals of Namesakes"],
        page=page(chance),
    )
    yield moved(
        message,
        chance.randint(-9, 9),
        author=stranger(chance),
        page=page(chance),
        volume=str(chance.randint(2, 90)),
    )


ALIKE: tuple[Callable[[Message, Chance], Iterator[Message]], ...] = (
    *(parts, preprint, reviews, errata, comments, meeting, chapter, books, data, neighbours, namesakes),
)


def versions(message: Message, chance: Chance) -> Iterator[Message]:
    """Yield what DataCite has beside a work: other versions, some of which nothing tells apart, parts, namesakes."""
    attributes = {
        key: value for key, value in message.items() if key not in {"relatedIdentifiers", "identifiers", "id"}
    }
    named = (attributes.get("titles") or [{}])[0].get("title", "")
    if not (attributes.get("container") or {}).get("firstPage"):  # what stands in a journal has no versions
        if chance.random() < 0.25:
            yield {**attributes, "version": "7"}
        later = int(attributes.get("publicationYear") or 2000) + chance.randint(1, 4)
        yield {**attributes, "publicationYear": later, "dates": []}
    yield {**attributes, "titles": [{"title": f"Supplement to {named}"}]}
    yield {**attributes, "titles": [{"title": f"{named}, Part 2"}]}
    yield {**attributes, "creators": [{"name": "Quist, A.", "givenName": "A.", "familyName": "Quist"}]}


def set_of(target: Target, number: int, chance: Chance) -> Iterator[tuple[str, Message]]:
    """Yield the look-alikes of a work under names of their own."""
    if target.agency == "datacite":
        for place, message in enumerate(versions(target.message, chance)):
            doi = f"10.5072/{number}.{place}"
            yield doi, {**message, "doi": doi}
        return
    for kind in chance.sample(ALIKE, 6):
        for place, message in enumerate(kind(target.message, chance)):
            doi = f"10.1000/{kind.__name__}.{number}.{place}"
            yield doi, {**message, "DOI": doi}


def described(work: Any, form: str, chance: Chance) -> Any:
    """Return a work as a library holds it: `full`, `cited` as in references, `dirty`, or without its `place`."""
    from enrich.model import Name, PartialDate, Work

    year = work.issued.year if work.issued else None
    members: dict[str, Any] = {
        "title": work.title, "author": work.author, "container_title": work.container_title, "type": work.type,
        "issued": PartialDate(year=year) if year else None, "publisher": work.publisher, "isbn": work.isbn,
    }  # fmt: skip
    if form != "place":
        members |= {
            "volume": work.volume,
            "issue": work.issue,
            "page": work.page,
            "number": work.number,
            "issn": work.issn,
        }
    if form == "cited":
        first = work.author[:1]
        members["author"] = tuple(
            Name(family=name.family, given=(name.given or "")[:1] or None, literal=name.literal) for name in first
        )
        members["page"] = (work.page or "").partition("-")[0] or None
        members["container_title"] = work.container_title_short or work.container_title
        for lost in ("isbn", "issn", "issue", *(("type", "publisher") if work.container_title else ())):
            members.pop(lost, None)
    if form == "dirty":
        spoil(members, chance)
    return Work(**members)


def spoil(members: dict[str, Any], chance: Chance) -> None:
    """Spoil a description in one or two of the usual ways."""
    from enrich.model import Name, PartialDate

    name = members["title"]
    ways = chance.sample(("shout", "cut", "typo", "year", "initials", "journal"), chance.randint(1, 2))
    if "shout" in ways:
        members["title"] = name.upper()
    elif "cut" in ways and ":" in name:
        members["title"] = name.partition(":")[0]
    elif "typo" in ways and len(name) > 20:
        at = chance.randint(5, len(name) - 5)
        members["title"] = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    if "year" in ways and members["issued"]:
        members["issued"] = PartialDate(year=members["issued"].year + chance.choice((1, -1)))
    if "initials" in ways:
        members["author"] = tuple(
            Name(family=each.family, given=(each.given or "")[:1] or None, literal=each.literal)
            for each in members["author"]
        )
    if "journal" in ways:
        members["container_title"] = None


def told(work: Any) -> bool:
    """Tell whether a work is of a kind that stands in bibliographies, and says enough of itself to be searched for."""
    named = work.title and len(work.title.split()) > 2 and (work.author or work.editor)
    return bool(named and work.issued and work.issued.year and work.type in KINDS)


KINDS = frozenset(
    (
        "article-journal",
        "article",
        "book",
        "chapter",
        "dataset",
        "entry",
        "paper-conference",
        "report",
        "review",
        "software",
        "standard",
        "thesis",
    )
)
FORMS = ("full",) * 8 + ("cited",) * 7 + ("dirty",) * 3 + ("place",) * 2


class Decision(NamedTuple):
    """How a decision came out, and what there was to go by."""

    fate: str
    form: str
    said: str
    half: str
    standing: str


async def decided(targets: list[Target], count: int, chance: Chance, settings: Any) -> list[Decision]:
    """Return how the decisions came out."""
    from standin.direct import Direct

    from enrich.enricher import Enricher
    from enrich.model import Origin, Record

    decisions: list[Decision] = []
    async with Enricher(settings) as enricher:
        for number in range(count):
            target = targets[number % len(targets)]
            remote = _read(target)
            form = chance.choice(FORMS)
            local = Record(work=described(remote.work, form, chance), origin=Origin(file="x", line=number + 1))
            alike = dict(set_of(target, number, chance))
            missing = number % 4 == 3
            others = [_read(Target(target.agency, doi, each)) for doi, each in alike.items()]
            if not missing:
                alike[target.doi] = target.message
            registry = Direct(*([{}, alike] if target.agency == "datacite" else [alike, {}]))
            enricher.transport.send = registry.send
            result = await enricher.enrich(local, number)
            fate = _fate(result, target.doi, missing=missing)
            standing = "withheld" if missing else _standing(local.work, remote, others)
            if not missing and not await _is_listed(registry, target, local.work):
                standing = "unlisted"
            form = form if _is_placed(local.work) else "no place"
            decisions.append(Decision(fate, form, _said(local.work), _half(target.doi), standing))
            if fate == "wrong":
                print(
                    f"  wrong: {form} {target.doi} -> {result.doi}: {result.notes[-1].text}\n    {local.work.title!r}"
                )
    return decisions


def _read(target: Target) -> Any:
    """Return what a work's agency says of it, as a record."""
    from standin.direct import NOW

    from enrich import agencies

    stored = orjson.dumps({"doi": target.doi, **target.message})
    return agencies.read(target.agency, stored, doi=target.doi, retrieved_at=NOW)


def _half(doi: str) -> str:
    """Return the half of the works to which one belongs, as in `restore.py`."""
    return "held out" if hashlib.sha256(doi.encode()).digest()[0] % 2 else "developed on"


def _is_placed(work: Any) -> bool:
    """Tell whether a record says where its work stands: on which page, in which volume, under which number."""
    return bool(work.page or work.number or work.volume)


def _said(work: Any) -> str:
    """Return what a record says beside the title, in a word for each field."""
    words = {
        "people": work.author or work.editor,
        "year": work.issued,
        "journal or book": work.container_title,
        "publisher or ISBN": work.publisher or work.isbn,
        "type": work.type,
        "place": _is_placed(work),
    }
    return ", ".join(word for word, value in words.items() if value) or "title alone"


def _fate(result: Any, doi: str, *, missing: bool) -> str:
    """Return what a decision was: right, wrong, suggested or none; `rightly none` where there was nothing to find."""
    if any(change.rule == "find-doi" for change in result.changes):
        return "wrong" if missing or result.doi != doi else "right"
    if missing:
        return "rightly none"
    return "suggested" if any(note.text.startswith(doi) for note in result.notes) else "none"


async def _is_listed(registry: Any, target: Target, work: Any) -> bool:
    """Tell whether the service's answer to a search for a record holds the work."""
    from enrich.agencies import search

    if (question := search.request(target.agency, work)) is None:
        return False
    flow = search.search(target.agency, question)
    next(flow)
    try:
        flow.send(await registry.send(question))
    except StopIteration as end:
        return any(hit.doi == target.doi for hit in end.value)
    return False


def _standing(local: Any, right: Any, others: list[Any]) -> str:
    """Return whether a decision can be made: `twin` or `year` where a look-alike bears all that the record says."""
    found = {_likeness(local, right, other) for other in others}
    return next((each for each in ("twin", "year") if each in found), "decidable")


def _likeness(local: Any, right: Any, other: Any) -> str | None:
    """Return `twin` or `year` where a look-alike bears all that the record says and the right work bears; None else."""
    from enrich.matching.features import compare

    if any(each.direction == "update-to" for each in other.registration.updates):
        return None
    ours, theirs = compare(local, right), compare(local, other)
    if theirs["title"].apart if "title" in theirs else True:
        return None
    for field, feature in ours.items():
        if feature.agreement >= AGREES and field not in theirs and field != "type":
            return None
        least = {"type": 0.7, "title": min(0.85, feature.agreement)}.get(field, AGREES)
        if feature.agreement >= AGREES and field in theirs and theirs[field].agreement < least:
            return None
    if _imprint(local, right.work) - _imprint(local, other.work):
        return None
    if "year" in ours and theirs["year"].agreement < ours["year"].agreement:
        return "year"
    return "twin"


AGREES = 0.8


def _imprint(local: Any, work: Any) -> set[str]:
    """Return which of publisher and ISBN a work has in common with a record."""
    from enrich.text import venue

    shared = {"ISBN"} if set(local.isbn) & set(work.isbn) else set()
    if local.publisher and work.publisher and venue.agreement(local.publisher, work.publisher) >= AGREES:
        shared.add("publisher")
    return shared


def _recall(decisions: list[Decision]) -> float:
    """Return the share of the works there that were found and written."""
    there = [each for each in decisions if each.standing != "withheld"]
    return sum(each.fate == "right" for each in there) / max(1, len(there))


def bound(wrong: int, written: int) -> float:
    """Return the share of wrong ones that is not exceeded with 95 % confidence: one-sided, after Clopper and Pearson."""
    low, high = 0.0, 1.0
    while written and high - low > 1e-9:
        share = (low + high) / 2
        chance = sum(
            math.exp(
                math.lgamma(written + 1) - math.lgamma(each + 1) - math.lgamma(written - each + 1)
                + each * math.log(share) + (written - each) * math.log1p(-share)
            )
            for each in range(wrong + 1)
        )  # fmt: skip
        low, high = (share, high) if chance > 0.05 else (low, share)
    return high


def show(decisions: list[Decision]) -> float:
    """Print the figures; return the recall of the decisions that can be made."""
    for form in dict.fromkeys(each.form for each in decisions):
        fates = Counter(each.fate for each in decisions if each.form == form)
        print(f"  {form:8} {', '.join(f'{fate} {number}' for fate, number in fates.most_common())}")
    for half in ("developed on", "held out"):
        _show_written(f"  {half}:", [each for each in decisions if each.half == half])
    decidable = _show_written("in all:", decisions)
    placed = [each for each in decisions if each.form != "no place"]
    print(
        f"recall {_recall(placed):.3f} where the record says page, number or volume, {_recall(decisions):.3f} of all"
    )
    print("by whether and how a look-alike bears all that the record says:")
    for standing in ("decidable", "year", "twin", "unlisted"):
        _show_share(standing, [each for each in decisions if each.standing == standing])
    print("of the decidable, by what the record says beside the title:")
    sayings = Counter(each.said for each in decisions if each.standing == "decidable")
    for said, _ in sayings.most_common():
        _show_share(said, [each for each in decisions if (each.said, each.standing) == (said, "decidable")])
    return decidable


def _show_written(name: str, decisions: list[Decision]) -> float:
    fates = Counter(each.fate for each in decisions)
    written = fates["right"] + fates["wrong"]
    decidable = _recall([each for each in decisions if each.standing == "decidable"])
    strict = _recall([each for each in decisions if each.standing in {"decidable", "year"}])
    print(
        f"{name} written {written:,}: {fates['wrong']} wrong (95 % bound {bound(fates['wrong'], written):.3%}); "
        f"recall of the decidable {decidable:.3f}, {strict:.3f} if a year's difference decides"
    )
    return decidable


def _show_share(name: str, decisions: list[Decision]) -> None:
    print(f"  {_recall(decisions):.3f} of {len(decisions):5,}: {name}")


def main() -> int:
    """Compose, run and count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--decisions", type=int, default=6500)
    parser.add_argument("--seed", type=int, default=11)
    arguments = parser.parse_args()
    from standin.direct import NOW
    from standin.works import composed, real

    from enrich import agencies
    from enrich.identifiers import doi as names
    from enrich.settings import Settings

    chance = random.Random(arguments.seed)
    folder = os.environ.get("ENRICH_TEST_DATA")
    works = real(Path(folder)) if folder else (composed(1500, arguments.seed), {})
    targets = [
        Target(agency, doi, message)
        for agency, messages in zip(("crossref", "datacite"), works, strict=True)
        for doi, message in messages.items()
        if names.is_valid(doi)
        and told(agencies.read(agency, orjson.dumps({"doi": doi, **message}), doi=doi, retrieved_at=NOW).work)
    ]
    chance.shuffle(targets)
    begun = time.process_time()
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(
            cache_dir=Path(home), snapshot=Path(home) / "none", find_missing=True, ttl_found=0, ttl_not_found=0
        )
        decisions = asyncio.run(decided(targets, arguments.decisions, chance, settings))
    cost = (time.process_time() - begun) / arguments.decisions
    print(f"{len(decisions):,} decisions about {len(targets):,} works, {cost * 1000:.0f} ms each")
    recall = show(decisions)
    return 1 if recall < LEAST or any(each.fate == "wrong" for each in decisions) else 0


if __name__ == "__main__":
    sys.exit(main())

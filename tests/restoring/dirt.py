"""Records of works as libraries have them: fields dropped and damaged, habits of their own, and notes that are the user's.

:func:`soiled` takes what the registry holds, as far as a refer file can hold it, and returns the bytes of a record together
with what ought to become of each field. Everything hangs on one random generator, so that a seed gives the same records.
"""

from __future__ import annotations

import html
import random
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

from enrich.formats import refer
from enrich.model import Name, Origin, PartialDate, Record, Work
from restoring.misspelt import MISSPELLINGS

Fate = Literal["restore", "keep"]
LEAVE_OUT: Final = frozenset({
    "type", "title", "doi", "note", "keyword", "call_number", "archive", "accessed", "url", "title_short", "original_title",
    "event_title",
})  # fmt: skip
"""What is not dropped: without a title nobody could tell; the rest a policy never fills, or another field needs its tag."""

_BODY: Final = (
    "The first of these questions has been asked before, and answered in several ways. We follow those who counted what "
    "others had only described, and we count again with better instruments and over a longer time."
)


class Expected(NamedTuple):
    """What ought to become of a field: `restore` to `value`, or `keep` as written; `how` says what was done to it."""

    fate: Fate
    how: str
    value: Any = None


class Soiled(NamedTuple):
    """A record's bytes, the DOI that is meant, how that was written, and by field what ought to become of it."""

    raw: bytes
    doi: str
    spelling: str
    expected: Mapping[str, Expected]


Damage = Callable[[Any, random.Random], Any]


def _cut_in_word(text: str, chance: random.Random) -> str | None:
    words = [
        match
        for match in re.finditer(r"[^\W\d_]{5,}", text)
        if match.start() > 0.45 * len(text) and match.start() > 24
    ]
    return text[: chance.choice(words).start() + 2] if words else None


def _cut_in_phrase(text: str, chance: random.Random) -> str | None:
    blanks = [
        match
        for match in re.finditer(r"(?<=\w) (?=\w)", text)
        if match.start() > 0.45 * len(text) and match.start() > 24
    ]
    return text[: chance.choice(blanks).start()] if blanks else None


def _dots(text: str, chance: random.Random) -> str | None:
    cut = _cut_in_phrase(text, chance)
    return f"{cut}..." if cut else None


def _shouted(text: str, _chance: random.Random) -> str | None:
    return (
        text.upper()
        if len(text.split()) > 2 and not text.isupper() and text.upper().lower() == text.lower()
        else None
    )


def _tagged(text: str, chance: random.Random) -> str | None:
    words = list(re.finditer(r"[^\W\d_]{4,}", text))
    if not words or "<" in text:
        return None
    word = chance.choice(words)
    return f"{text[: word.start()]}<i>{word[0]}</i>{text[word.end() :]}"


def _escaped(text: str, _chance: random.Random) -> str | None:
    """Write signs as entities, as a web page's source does."""
    plain = html.escape(text, quote=True).encode("ascii", "xmlcharrefreplace").decode()
    return plain if plain != text else None


def _escaped_twice(text: str, chance: random.Random) -> str | None:
    once = _escaped(text, chance)
    return html.escape(once, quote=False) if once else None


def _misread(encoding: str) -> Damage:
    def misread(text: str, _chance: random.Random) -> str | None:
        try:
            wrong = text.encode("utf-8").decode(encoding)
        except UnicodeDecodeError:
            return None
        return wrong if wrong != text and wrong.isprintable() else None

    return misread


def _ran_on(between: str) -> Damage:
    return lambda text, _chance: f"{text}{between}{_BODY}" if len(text) > 150 and text[-1] in ".!?" else None


def _shortened(text: str, _chance: random.Random) -> str | None:
    """Write 123-125 as 123-5."""
    match = re.fullmatch(r"(\d+)-(\d+)", text)
    if not match or len(match[1]) != len(match[2]) or len(match[1]) < 2 or not int(match[1]) < int(match[2]):
        return None
    same = next((n for n, (a, b) in enumerate(zip(match[1], match[2], strict=True)) if a != b), 0)
    return f"{match[1]}-{match[2][same:]}" if same else None


def _dashed(text: str, _chance: random.Random) -> str | None:
    return re.sub("-", "–", text) if re.fullmatch(r"\d+-\d+", text) else None


def _initials(names: tuple[Name, ...]) -> tuple[Name, ...]:
    """Shorten given names; a list that has nothing but initials anyway stays as it is."""
    if not any(re.search(r"[^\W\d_]{2}", name.given or "") for name in names):
        return names
    return tuple(
        name.model_copy(
            update={"given": " ".join(f"{part[0]}." for part in re.split(r"[ .-]+", name.given) if part)}
        )
        if name.given and name.family
        else name
        for name in names
    )


def _capital_names(names: tuple[Name, ...]) -> tuple[Name, ...]:
    return tuple(
        name.model_copy(update={"family": name.family.upper()}) if name.family else name for name in names
    )


def _first_only(names: tuple[Name, ...]) -> tuple[Name, ...]:
    return (*names[:1], Name(literal="et al.")) if len(names) > 2 else names


_NAMES: Final[dict[str, Damage]] = {
    "initials": lambda names, _: _initials(names),
    "capitals": lambda names, _: _capital_names(names),
    "et al.": lambda names, _: _first_only(names),
}
_ENCODED: Final[dict[str, Damage]] = {
    "a tag left": _tagged,
    "entities": _escaped,
    "entities twice": _escaped_twice,
    "mojibake": _misread("cp1252"),
}
DAMAGES: Final[dict[str, dict[str, Damage]]] = {
    "title": {
        "cut in a word": _cut_in_word,
        "cut in a phrase": _cut_in_phrase,
        "cut with dots": _dots,
        "shouting": _shouted,
    }
    | _ENCODED,
    "container_title": {"shouting": _shouted} | _ENCODED,
    "abstract": {
        "runs on (heading)": _ran_on(" 1. Introduction "),
        "runs on (heading, own line)": _ran_on("\n1 Introduction\n"),
        "runs on": _ran_on(" "),
    }
    | _ENCODED,
    "page": {"shortened": _shortened, "dash": _dashed},
    "author": _NAMES,
    "editor": _NAMES,
}
"""Field -> what damages it; the registry's value is what it ought to become again."""


HABITS: Final[dict[str, dict[str, Callable[[Any], Any]]]] = {
    "issued": {
        "a year later": lambda date: PartialDate(year=date.year + 1) if date.year else date,
        "the year alone": lambda date: PartialDate(year=date.year) if date.year else date,
    },
    "publisher": {"the user's own": lambda _: "A Press of My Own"},
    "publisher_place": {"the user's own": lambda _: "Elsewhere"},
    "language": {"the user's own": lambda _: "English"},
    "issue": {"the user's own": lambda value: f"{value} (Special Issue)"},
    "edition": {"the user's own": lambda value: f"{value}, revised"},
}
"""Field -> what people write otherwise. None of it is a defect, so it has to stay."""

_PERSONAL: Final = {
    "note": "read twice; compare with my notes of 12 May",
    "keyword": ("to read", "chapter 3"),
    "call_number": "QA 276 .K5",
}


def soiled(record: Record, seed: int, *, doi: str | None = None) -> Soiled:
    """Return a record of the work as somebody may have it, under its own DOI or another one."""
    chance = random.Random(f"{seed} {record.work.doi}")  # noqa: S311 -- a fixed seed, no secret
    whole = refer.held(record)
    expected: dict[str, Expected] = {}
    update: dict[str, Any] = dict(_PERSONAL) if chance.random() < 0.5 else {}
    for field in Work.model_fields:
        value = getattr(whole, field)
        if not value or field == "doi":
            continue
        change = _fate(field, value, chance)
        if change is not None:
            how, update[field], fate = change
            expected[field] = Expected(fate, how, value if fate == "restore" else None)
    _leave_one(whole, update, expected)
    local = whole.model_copy(update=update)
    meant = doi or str(record.work.doi)
    spelling, written = _spelt(meant, chance)
    raw = b"".join(refer.write([Record(work=local.model_copy(update={"doi": meant}), origin=Origin())]))
    lines = raw.decode().splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("%R "))
    lines[at] = f"%R {written}"
    if chance.random() < 0.2:  # "Given Family", as refer had it before EndNote
        lines = [re.sub(r"^%A ([^,]+), ([^,]+)$", r"%A \2 \1", line) for line in lines]
    return Soiled(("\n".join(lines) + "\n\n").encode(), meant, spelling, expected)


def _leave_one(whole: Work, update: dict[str, Any], expected: dict[str, Expected]) -> None:
    """Leave the people or the date, if there are any: who makes a record writes down more than a title."""
    told = [field for field in ("author", "editor", "issued") if getattr(whole, field)]
    if told and all(field in expected and expected[field].how == "dropped" for field in told):
        del update[told[0]], expected[told[0]]


def _fate(field: str, value: Any, chance: random.Random) -> tuple[str, Any, Fate] | None:
    """Return what is done to a field (how, the new value, what ought to become of it); None where nothing is."""
    draw = chance.random()
    if field not in LEAVE_OUT and draw < (0.06 if field == "author" else 0.3):
        return "dropped", () if isinstance(value, tuple) else None, "restore"
    if field in DAMAGES and draw > 0.55:
        how, damage = chance.choice(list(DAMAGES[field].items()))
        broken = damage(value, chance)
        return (how, broken, "restore") if broken and broken != value else None
    if field in HABITS and draw > 0.6:
        how, habit = chance.choice(list(HABITS[field].items()))
        other = habit(value)
        return (how, other, "keep") if other != value else None
    return None


def _spelt(doi: str, chance: random.Random) -> tuple[str, str]:
    """Return how a DOI is written, and what is; half of them as they should be."""
    if chance.random() < 0.5:
        return "bare", doi
    how, misspell = chance.choice(list(MISSPELLINGS.items()))
    written = misspell(doi)
    return (how, written) if written else ("bare", doi)

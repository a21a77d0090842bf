"""Works that look like another and are none: the recipe.

Every kind takes a message in Crossref's shape and returns two: the work a record describes, and its look-alike, whose DOI
the record wrongly bears. What the two share is what such works share in print; whatever differs in print differs here. Kinds
that make no sense for a type (a book's chapter of an article) return None.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

from restoring.works import Message, person, year_of

Pair = tuple[Message, Message] | None

ARTICLES: Final = frozenset({"journal-article", "proceedings-article"})
BOOKS: Final = frozenset({"book", "monograph", "edited-book", "reference-book"})
_PREPRINT: Final = "Cold Spring Harbor Laboratory"
_OTHERS: Final = ("Okafor, Chidi", "Lindqvist, Maja")
_PLACE: Final = ("container-title", "short-container-title", "ISSN", "volume", "issue", "page", "article-number")
_DATES: Final = (
    "published",
    "published-print",
    "published-online",
    "published-other",
    "posted",
    "approved",
    "journal-issue",
)


class Lookalike(NamedTuple):
    """A kind of look-alike, the work that the record describes, and the one whose DOI it bears."""

    kind: str
    described: Message
    registered: Message


def lookalikes(messages: Iterable[Message]) -> Iterator[Lookalike]:
    """Yield every kind of look-alike of every work, each pair both ways round."""
    for message in messages:
        if not message.get("title") or not message.get("author") or year_of(message) is None:
            continue
        for kind, make in KINDS.items():
            pair = make(message)
            if pair is not None:
                one, other = ({**each, "DOI": f"{message['DOI']}.{place}"} for place, each in enumerate(pair, 1))
                yield Lookalike(kind, one, other)
                yield Lookalike(kind, other, one)


def changed(message: Message, **changes: Any) -> Message:
    """Return a message with other members; `title`, `container`, `year` and `authors` as plain values, None for none."""
    made = {**message, **{key.replace("_", "-"): value for key, value in changes.items()}}
    if "title" in changes:
        made["title"] = [changes["title"]]
        for other in ("subtitle", "original-title", "short-title"):
            made.pop(other, None)
    if "container" in changes:
        made["container-title"] = [made.pop("container")]
        made.pop("short-container-title", None)
    if "year" in changes:
        for date in _DATES:
            made.pop(date, None)
        made["issued"] = {"date-parts": [[made.pop("year")]]}
    if "authors" in changes:
        made["author"] = [person(name) for name in made.pop("authors")]
    return {key: value for key, value in made.items() if value is not None}


def _without(message: Message, *keys: str) -> Message:
    return {key: value for key, value in message.items() if key not in keys}


def _titled(message: Message) -> str:
    return str(message["title"][0])


def _year(message: Message) -> int:
    return year_of(message) or 2000


def _pages_on(message: Message, by: int) -> Message:
    """Return the message with its pages (or its article's number) moved on."""
    return {
        **message,
        **{
            key: re.sub(r"\d+", lambda digits: str(int(digits[0]) + by), str(message[key]), count=2)
            for key in ("page", "article-number")
            if message.get(key)
        },
    }


def _elsewhere(message: Message, by: int = 1) -> Message:
    """Return the message in a later volume of the same journal, or merely on other pages."""
    volume = str(message.get("volume", ""))
    moved = _pages_on(message, 37 * by)
    return {**moved, "volume": str(int(volume) + by)} if volume.isdecimal() else moved


def _has_place(message: Message) -> bool:
    """Tell whether an article says where it is printed: journal, volume and page."""
    return bool(
        message["type"] == "journal-article"
        and message.get("container-title")
        and message.get("page")
        and str(message.get("volume", "")).isdecimal()
    )


def _series(one: str, other: str, by: int = 10) -> Callable[[Message], Pair]:
    """Two papers of a series, printed one after the other."""
    return lambda message: (
        changed(message, title=one.format(_titled(message))),
        changed(_pages_on(message, by), title=other.format(_titled(message))),
    )


def _about(form: str, *, authors: bool, later: int = 1, kind: str | None = None) -> Callable[[Message], Pair]:
    """Something published about an article in the same journal, under its title."""

    def make(message: Message) -> Pair:
        if message["type"] != "journal-article":
            return None
        about = changed(
            _elsewhere(_without(message, "abstract")),
            title=form.format(_titled(message)),
            year=_year(message) + later,
        )
        about["type"] = kind or message["type"]
        return message, about if authors else changed(about, authors=_OTHERS)

    return make


def _yearbook(message: Message) -> Pair:
    year = _year(message)
    return tuple(
        changed(_elsewhere(message, by), title=f"{_titled(message)}: annual report {year + by}", year=year + by)
        for by in (0, 1)
    )  # type: ignore[return-value] # two of them


def _edition(message: Message) -> Pair:
    if message["type"] not in BOOKS:
        return None
    return (
        changed(message, edition_number="2"),
        changed(_without(message, "ISBN"), year=_year(message) + 7, edition_number="3"),
    )


def _volume(message: Message) -> Pair:
    if message["type"] not in BOOKS:
        return None
    bare = _without(message, "ISBN")
    return changed(bare, volume="1"), changed(bare, volume="2")


def _book_review(message: Message) -> Pair:
    if message["type"] not in BOOKS:
        return None
    review = changed(
        _without(message, "ISBN", "edition-number"),
        container="Journal of Applied Reviews", authors=_OTHERS[:1], year=_year(message) + 1, page="117-119",
        volume="41", publisher="Example Press",
    )  # fmt: skip
    return message, {**review, "type": "journal-article"}


def _chapter(message: Message) -> Pair:
    if message["type"] not in BOOKS:
        return None
    inside = changed(message, container=_titled(message), page="1-24")
    return message, {**inside, "type": "book-chapter"}


def _book_of_chapter(message: Message) -> Pair:
    if message["type"] != "book-chapter" or not message.get("container-title"):
        return None
    whole = changed(_without(message, *_PLACE), title=message["container-title"][-1])
    return message, {**whole, "type": "book"}


def _next_chapter(message: Message) -> Pair:
    if message["type"] != "book-chapter":
        return None
    return message, changed(_pages_on(message, 40), title="Methods for a Second Problem of the Same Kind")


def _same_chapter_heading(message: Message) -> Pair:
    if message["type"] != "book-chapter":
        return None
    one = changed(_without(message, "abstract"), title="Introduction")
    return one, changed(_pages_on(one, 150), authors=_OTHERS)


def _preprint(message: Message) -> Pair:
    if message["type"] not in ARTICLES:
        return None
    posted = changed(_without(message, *_PLACE), year=_year(message) - 1, publisher=_PREPRINT, subtype="preprint")
    return message, {**posted, "type": "posted-content", "institution": [{"name": "bioRxiv"}]}


def _working_paper(message: Message) -> Pair:
    if message["type"] not in ARTICLES:
        return None
    paper = changed(_without(message, *_PLACE), year=_year(message) - 1, publisher="Bureau of Economic Research")
    return message, {**paper, "type": "report"}


def _thesis(message: Message) -> Pair:
    if message["type"] not in BOOKS:
        return None
    thesis = changed(_without(message, *_PLACE, "ISBN", "edition-number"), publisher="University of Elsewhere",
                     year=_year(message) - 2)  # fmt: skip
    return message, {**thesis, "type": "dissertation", "author": thesis["author"][:1]}


def _conference(message: Message) -> Pair:
    if message["type"] != "journal-article":
        return None
    spoken = changed(
        _without(message, *_PLACE), container="Proceedings of the 9th Symposium on Applied Studies", page="211-218",
        year=_year(message) - 1, publisher="Example Society",
    )  # fmt: skip
    return message, {**spoken, "type": "proceedings-article"}


def _meeting_abstract(message: Message) -> Pair:
    """What was an abstract in a supplement of the journal became an article in it."""
    if not _has_place(message):
        return None
    return message, changed(_elsewhere(message, -1), year=_year(message) - 1, page="S451-S452")


def _numbered_abstracts(message: Message) -> Pair:
    if message["type"] not in ARTICLES:
        return None
    return (
        changed(message, title=f"P2-114: {_titled(message)}"),
        changed(_pages_on(message, 1), title=f"P2-131: {_titled(message)}"),
    )


def _other_language(message: Message) -> Pair:
    """One work in the two editions of a journal, each with its own volumes and pages."""
    if not _has_place(message):
        return None
    name = f"{message['container-title'][0]} International Edition"
    return message, changed(_without(_elsewhere(message, 21), "ISSN"), container=name)


def _translated(message: Message) -> Pair:
    if message["type"] != "journal-article":
        return None
    return message, changed(_elsewhere(message), title="Eine Übersetzung der Arbeit in eine andere Sprache")


def _dataset(form: str) -> Callable[[Message], Pair]:
    def make(message: Message) -> Pair:
        if message["type"] not in ARTICLES:
            return None
        data = changed(
            _without(message, *_PLACE), title=form.format(_titled(message)), publisher="Example Archive"
        )
        return message, {**data, "type": "dataset"}

    return make


def _component(message: Message) -> Pair:
    """A figure of the article, as its publisher registers it: without title, names and date."""
    if message["type"] not in ARTICLES:
        return None
    return message, {"DOI": "", "type": "component", "publisher": message.get("publisher", "A Press")}


def _journal(message: Message) -> Pair:
    if message["type"] != "journal-article" or not message.get("container-title"):
        return None
    journal = {"type": "journal", "title": list(message["container-title"])[:1]}
    return message, {**journal, **{key: message[key] for key in ("ISSN", "publisher") if key in message}}


def _issue(message: Message) -> Pair:
    if message["type"] != "journal-article" or not message.get("container-title"):
        return None
    members = ("container-title", "ISSN", "volume", "issue", "issued", "publisher")
    return message, {"type": "journal-issue", **{key: message[key] for key in members if key in message}}


def _front_matter(message: Message) -> Pair:
    if message["type"] != "journal-article":
        return None
    bare = _without(message, "author", "abstract", "article-number")
    return message, changed(bare, title="Front Matter", page="i-iv")


def _front_matters(message: Message) -> Pair:
    """The front matter of two issues of one volume, both from page i."""
    if message["type"] != "journal-article" or not str(message.get("issue", "")).isdecimal():
        return None
    one = changed(_without(message, "author", "abstract", "article-number"), title="Front Matter", page="i-iv")
    return one, {**one, "issue": str(int(message["issue"]) + 1)}


def _editorials(message: Message) -> Pair:
    """Two editorials of one volume by the same hand, each on the first page of its issue."""
    if message["type"] != "journal-article" or not str(message.get("issue", "")).isdecimal():
        return None
    one = changed(_without(message, "abstract", "article-number"), title="Editorial", page="1-2")
    return one, {**one, "issue": str(int(message["issue"]) + 1)}


def _same_title(message: Message) -> Pair:
    return message, changed(_elsewhere(_without(message, "abstract"), 4), authors=_OTHERS, year=_year(message) + 4)


def _same_title_same_issue(message: Message) -> Pair:
    """Two invited pieces on one question, side by side."""
    return message, changed(_pages_on(_without(message, "abstract"), 9), authors=_OTHERS)


def _generic(heading: str) -> Callable[[Message], Pair]:
    def make(message: Message) -> Pair:
        if message["type"] not in ARTICLES:
            return None
        one = changed(_without(message, "abstract"), title=heading)
        return one, changed(_elsewhere(one), authors=_OTHERS)

    return make


def _generic_same_hand(message: Message) -> Pair:
    if message["type"] != "journal-article":
        return None
    one = changed(_without(message, "abstract"), title="Introduction")
    return one, changed(_elsewhere(one), year=_year(message) + 1)


def _other_paper(title: str) -> Callable[[Message], Pair]:
    """Another paper of the same people in the same journal and year."""
    return lambda message: (message, changed(_pages_on(message, 60), title=title))


def _reprint(message: Message) -> Pair:
    """The same words printed again, years later and elsewhere."""
    if message["type"] != "journal-article":
        return None
    again = changed(_without(message, *_PLACE), container="Landmark Papers Reconsidered", page="12-40",
                    year=_year(message) + 25, publisher="Example Press")  # fmt: skip
    return message, {**again, "type": "book-chapter"}


def _versions(message: Message) -> Pair:
    bare = _without(message, *_PLACE)
    return (
        {**changed(bare, title=f"{_titled(message)} (version 1.2.0)"), "type": "dataset"},
        {**changed(bare, title=f"{_titled(message)} (version 1.4.0)"), "type": "dataset"},
    )


def _reviewed_versions(message: Message) -> Pair:
    form = "{} [version {}; peer review: 2 approved]"
    return tuple(
        changed(message, title=form.format(_titled(message), number), article_number=f"118{number}", page=None)
        for number in (1, 2)
    )  # type: ignore[return-value] # two of them


def _peer_review(message: Message) -> Pair:
    if message["type"] not in ARTICLES:
        return None
    review = changed(_without(message, *_PLACE), title=f'Review for "{_titled(message)}"', authors=_OTHERS[:1])
    return message, {**review, "type": "peer-review"}


KINDS: Final[dict[str, Callable[[Message], Pair]]] = {
    "part I, part II": _series("{}. Part I", "{}. Part II"),
    "part 1, part 2": _series("{}, part 1", "{}, part 2"),
    "I, II": _series("{} I", "{} II"),
    "1, 2": _series("{} 1", "{} 2"),
    "a number within": _series("Studies in a field. IV. {}", "Studies in a field. V. {}"),
    "without and with a part": _series("{}", "{}. Part 2"),
    "in mice, in rats": _series("{} in mice", "{} in rats"),
    "with, without": _series("{} with external support", "{} without external support"),
    "men, women": _series("{} among male volunteers", "{} among female volunteers"),
    "type 1, type 2": _series("{} in type 1 diabetes", "{} in type 2 diabetes"),
    "hyper, hypo": _series("{} in hyperthyroid patients", "{} in hypothyroid patients"),
    "January, February": _series("{}: January", "{}: February"),
    "first, second": _series("{}: first report", "{}: second report"),
    "further": _series("{}", "Further results: {}"),
    "revisited": _about("{} revisited", authors=True, later=1),
    "yearbook": _yearbook,
    "erratum": _about("Erratum to: {}", authors=True, later=0),
    "erratum, colon": _about("Erratum: {}", authors=True),
    "corrigendum": _about("Corrigendum to “{}”", authors=True),
    "author correction": _about("Author Correction: {}", authors=True),
    "publisher correction": _about("Publisher Correction: {}", authors=True, later=0),
    "correction behind": _about("{} (Correction)", authors=True),
    "addendum": _about("Addendum: {}", authors=True),
    "Berichtigung": _about("Berichtigung zu: {}", authors=True),
    "retraction": _about("Retraction notice to “{}”", authors=True, later=2),
    "expression of concern": _about("Expression of Concern: {}", authors=False, later=2),
    "reply": _about("Reply to “{}”", authors=True),
    "reply behind": _about("{}. Reply", authors=True),
    "response": _about("Response to: {}", authors=True),
    "comment": _about("Comment on “{}”", authors=False),
    "commentary": _about("Commentary: {}", authors=False),
    "discussion": _about("Discussion of “{}”", authors=False),
    "discussion, colon": _about("Discussion: {}", authors=False),
    "letter": _about("Letter regarding: {}", authors=False),
    "re": _about("Re: {}", authors=False),
    "interview": _about("An interview with the authors of “{}”", authors=False),
    "peer review": _peer_review,
    "book review": _book_review,
    "other edition": _edition,
    "other volume": _volume,
    "first chapter": _chapter,
    "book of the chapter": _book_of_chapter,
    "next chapter": _next_chapter,
    "chapters called alike": _same_chapter_heading,
    "preprint": _preprint,
    "working paper": _working_paper,
    "thesis": _thesis,
    "conference paper": _conference,
    "meeting abstract": _meeting_abstract,
    "numbered abstracts": _numbered_abstracts,
    "other language edition": _other_language,
    "translation": _translated,
    "data": _dataset("{}"),
    "data from": _dataset("Data from: {}"),
    "supplement": _dataset("Supplementary Material for: {}"),
    "supplementary figure": _dataset("Supplementary Figure 2 from {}"),
    "additional file": _dataset("Additional file 3 of {}"),
    "table": _dataset("Table_1_{}.docx"),
    "component": _component,
    "journal": _journal,
    "journal issue": _issue,
    "front matter": _front_matter,
    "two front matters": _front_matters,
    "two editorials": _editorials,
    "same title, other people": _same_title,
    "same title, side by side": _same_title_same_issue,
    "Introduction": _generic("Introduction"),
    "Book Reviews": _generic("Book Reviews"),
    "Introduction, same hand": _generic_same_hand,
    "other paper": _other_paper("A wholly different question about matters nearby"),
    "similar paper": _other_paper("Notes on the same matter by the same hands"),
    "reprint": _reprint,
    "versions": _versions,
    "reviewed versions": _reviewed_versions,
}
"""Name of the kind -> how it is made."""

r"""Ways back from a spoilt DOI, from which :mod:`enrich.identifiers.doi_errors` is made: a spelling gives other spellings.

What a way yields need not be a name. All patterns are bounded or anchored, so that a way costs time linear in the spelling;
a way that tries places one at a time tries few of them.

>>> list(cut(r"/abstract")("10.1038/nature14539/abstract"))
['10.1038/nature14539']
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias
from urllib.parse import unquote

from enrich.errors import IdentifierError
from enrich.identifiers import isbn
from enrich.identifiers.doi_spelling import BRACKETS, CLOSERS

Ways: TypeAlias = Callable[[str], Iterable[str]]
FEW: Final = 12  # places at which a way tries its luck
_FLAGS: Final = re.IGNORECASE | re.ASCII


def cut(pattern: str) -> Ways:
    """Return the way that ends a name before what matches behind its first slash."""
    compiled = re.compile(pattern, _FLAGS)

    def ways(text: str) -> Iterator[str]:
        begin = text.find("/") + 2
        if begin > 1 and (found := compiled.search(text, begin)):
            yield text[: found.start()]

    return ways


def replace(pattern: str, *others: str) -> Ways:
    """Return the way that writes one of `others` for all that matches."""
    compiled = re.compile(pattern, _FLAGS)
    return lambda text: (compiled.sub(other, text) for other in others if compiled.search(text))


def try_each(pattern: str, *others: str) -> Ways:
    """Return the way that writes one of `others` for what matches in the suffix: everywhere, then at one place at a time."""
    compiled = re.compile(pattern, _FLAGS)

    def ways(text: str) -> Iterator[str]:
        prefix, slash, suffix = text.partition("/")
        found = list(compiled.finditer(suffix))[:FEW]
        for other in others if found else ():
            yield prefix + slash + compiled.sub(other, suffix)
        for each in found if len(found) > 1 else ():
            yield from (
                f"{prefix}{slash}{suffix[: each.start()]}{other}{suffix[each.end() :]}" for other in others
            )

    return ways


def once(mark: str) -> Ways:
    """Return the way that writes a mark once where it stands several times in a row."""
    return try_each(re.escape(mark) + "{2,}", mark)


def changed(change: Callable[[str], str]) -> Ways:
    """Return the way that changes the whole text."""
    return lambda text: (change(text),)


def either(*many: Ways) -> Ways:
    """Return the way that goes all of these, one after the other."""
    return lambda text: (spelling for ways in many for spelling in ways(text))


_BEGIN: Final = re.compile(r"10\.[0-9]{4,9}/", re.ASCII)


def later_names(text: str) -> Iterator[str]:
    """Yield what begins like a name later in the text, the last first."""
    begins = [match.start() for match in _BEGIN.finditer(text) if match.start()]
    yield from (text[at:] for at in reversed(begins[:4]))


def balanced(text: str) -> Iterator[str]:
    """Yield the text up to the last bracket that nobody closes, or the first that nobody opened; then without these."""
    places: dict[str, list[int]] = {opener: [] for opener in CLOSERS}
    unopened: list[int] = []
    for at, character in enumerate(text):
        if character in CLOSERS:
            places[character].append(at)
        elif opener := BRACKETS.get(character):
            if places[opener]:
                places[opener].pop()
            else:
                unopened.append(at)
    unclosed = sorted(at for open_ in places.values() for at in open_)
    if unclosed:
        yield text[: unclosed[-1]]
    if unopened:
        yield text[: unopened[0]]
    odd = {*unclosed, *unopened}
    if odd:
        yield "".join(character for at, character in enumerate(text) if at not in odd)


def unescaped(text: str) -> Iterator[str]:
    """Yield the text with its escapes undone, then undone again."""
    for _ in range(4):
        before, text = text, unquote(text)
        if text == before:
            return
        yield text


def without_blanks(text: str) -> Iterator[str]:
    """Yield the text with its words joined, then as if a line had been broken at a hyphen, then parted by points."""
    words = text.split()
    if len(words) > 1:
        yield "".join(words)
        yield re.sub(r"-\s+", "", text)
        yield ".".join(words)


_MARKED: Final = re.compile(r"(10\.[0-9]{4,5})[^0-9a-z/]{1,3}?(?=[0-9a-z(])", _FLAGS)
_UNMARKED: Final = re.compile(r"10\.[0-9]{4,30}(?![0-9/])", _FLAGS)


def slashed(text: str) -> Iterator[str]:
    """Yield the text with a slash behind its prefix: for another mark, or where none stands."""
    if marked := _MARKED.match(text):
        yield f"{marked[1]}/{text[marked.end() :]}"
    elif unmarked := _UNMARKED.match(text):
        ends = [unmarked.end()] if unmarked.end() < 9 else [7, 8]
        yield from (f"{text[:end]}/{text[end:]}" for end in ends)


_HEAD: Final = re.compile(
    r"(?:[1liI|!]{0,2}[0oOQ]{0,2}[.,:;]?\s?|(?:10[.,]){1,3}|1010\.)(?=[0-9]{4,5}/)", re.ASCII
)
_DIGITS: Final = str.maketrans("oOQlI|!iSsBZz", "0001111155822", " ")


def headed(text: str) -> Iterator[str]:
    """Yield the text with nothing but `10.` before its registrant."""
    if found := _HEAD.match(text):
        yield f"10.{text[found.end() :]}"


def numeric_prefix(text: str) -> Iterator[str]:
    """Yield the text with digits for the letters in its prefix that look like them."""
    prefix, slash, suffix = text.partition("/")
    if slash and len(prefix) < 13:
        yield prefix.translate(_DIGITS).replace(",", ".") + slash + suffix


_CAPITALS: Final = re.compile(r"(?<=[0-9])[OI]{1,9}|[OI]{1,9}(?=[0-9])")


def capitals(text: str) -> Iterator[str]:
    """Yield the text with digits for the capital letters beside digits that look like them."""
    yield _CAPITALS.sub(lambda found: found[0].replace("O", "0").replace("I", "1"), text)


_NUMBERS: Final = re.compile(r"(?<![a-z0-9])[0-9oli]{1,40}(?![a-z0-9])", _FLAGS)
_LETTERS: Final = str.maketrans("oOlLiI", "001111")


def numbers(text: str) -> Iterator[str]:
    """Yield the text with digits for letters wherever nothing but digits and such letters stands together."""
    prefix, slash, suffix = text.partition("/")
    yield prefix + slash + _NUMBERS.sub(lambda found: found[0].translate(_LETTERS), suffix)


def without_doubles(text: str) -> Iterator[str]:
    """Yield the text without one of two equal neighbours, one pair at a time."""
    begin = text.find("/") + 2
    pairs = [at for at in range(begin, len(text)) if text[at] == text[at - 1]]
    yield from (text[:at] + text[at + 1 :] for at in pairs[:FEW])


def swapped(text: str) -> Iterator[str]:
    """Yield the text with two neighbours exchanged, one pair at a time, from the end, where numbers differ most."""
    begin = text.find("/") + 1
    places = [at for at in range(len(text) - 1, begin, -1) if text[at] != text[at - 1]]
    yield from (text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :] for at in places[: 2 * FEW])


_BOOK: Final = re.compile(r"(?<![0-9])97[89][0-9]{10}(?![0-9])", re.ASCII)
_SERIAL: Final = re.compile(r"(?<=[/s])([0-9]{4})([0-9]{3}[0-9x])(?=[(/.-])", _FLAGS)
_ARTICLE: Final = re.compile(
    r"(10\.[0-9]{4,5}/[bs]?)([0-9]{4})-?([0-9]{3}[0-9x])\W?([0-9]{2})\W?([0-9]{5})\W?([0-9x])", _FLAGS
)


def parted_numbers(text: str) -> Iterator[str]:
    """Yield the text with the ISBN, ISSN or article number (PII) in it parted as it is printed."""
    if found := _BOOK.search(text):
        try:
            printed = isbn.format(isbn.validate(found[0]))
        except IdentifierError:
            printed = found[0]
        yield text[: found.start()] + printed + text[found.end() :]
    if found := _ARTICLE.fullmatch(text):
        yield f"{found[1]}{found[2]}-{found[3]}({found[4]}){found[5]}-{found[6]}"
    elif found := _SERIAL.search(text):
        yield f"{text[: found.start()]}{found[1]}-{found[2]}{text[found.end() :]}"


def completed(text: str) -> Iterator[str]:
    """Yield the text with one more character at its end."""
    yield from (text + last for last in "0123456789x")


def shortened(text: str) -> Iterator[str]:
    """Yield the text without its last character, then without the last two."""
    yield text[:-1]
    yield text[:-2]

r"""DOI names, ISO 26324 (https://www.doi.org/doi-handbook/HTML/index.html).

The compact form is the bare name with ASCII letters in lower case. "Case insensitivity applies only to ASCII characters",
so `İ`, `ß` and the Kelvin sign stand as they are. The prefix is `10.` and digits, perhaps with further dots; the suffix is
any graphic Unicode without white space. Crossref's deposit schema allows 6 to 2,048 characters, so a longer name is none,
and no more than a window of six times that length, for escapes and entities, is ever looked at closely.

Accepting a wrong name costs a question to an agency, rejecting a right one loses a work: hence lenient reading, and
:func:`guesses` for what a first reading may have spoilt.

Met in the wild: names with two slashes in a row (10.1037//0096-1523.16.2.248), with the check character `#`
(10.1002/(SICI)1099-1328(199911/12)11:7<957::AID-JID623>3.0.CO;2-#), with entities, escapes and escaped escapes, with
typographic hyphens copied from a PDF, in the address of a library's proxy, in the middle of a publisher's address.

>>> compact("https://doi.org/10.1155%2F2012%2F574025")
'10.1155/2012/574025'
>>> find("Int. J. Breast Cancer 2012 (doi:10.1155/2012/574025).")
'10.1155/2012/574025'
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from html.entities import html5
from typing import Final, Literal, NamedTuple, NewType
from urllib.parse import quote as _percent_encode
from urllib.parse import unquote

from enrich.errors import IdentifierError
from enrich.identifiers import doi_spelling as spelt

Doi = NewType("Doi", str)

_LONGEST: Final = 2048
_WINDOW: Final = 6 * _LONGEST
_ADDRESS: Final = 300  # characters of an address with a short name, at most


class _Head(NamedTuple):
    """What stands before a name in its token: unescaped, what that is, and how often at least the name is escaped."""

    text: str
    kind: Literal["label", "address", "words"]
    levels: int


def fold(text: str) -> str:
    """Return `text` with the ASCII letters in lower case and nothing else changed."""
    if text.isascii():
        return text.lower()
    # Unlike strings, bytes know the case of ASCII letters only.
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def is_short(text: str) -> bool:
    """Tell whether `text` is a short DOI (`10/abcde`) in compact form; its handle leads to the full name."""
    return spelt.SHORT.fullmatch(text) is not None


def is_valid(text: str) -> bool:
    """Tell whether `text` is a DOI in compact form."""
    if len(text) > _LONGEST:
        return False
    if spelt.PLAIN.fullmatch(text) or spelt.SHORT.fullmatch(text):
        return True
    return bool(spelt.COMPACT.match(text)) and text.isprintable() and " " not in text and fold(text) == text


def validate(text: str) -> Doi:
    """Return `text`, which must already be in compact form; raises IdentifierError otherwise."""
    if not is_valid(text):
        raise IdentifierError(f"not a DOI in compact form, which looks like 10.1000/182: {_shown(text)}")
    return Doi(text)


def compact(text: str) -> Doi:
    """Return the DOI that `text`, in whatever spelling and nothing but a DOI, means; raises IdentifierError."""
    if spelt.PLAIN.fullmatch(text):
        return Doi(text)
    if usual := _usual(text):
        return usual
    if len(text := text.strip()) > _WINDOW:
        raise _too_long(text)
    words = _words(_joined(_settled(text)))
    anchor = spelt.LONE.match(words) or spelt.ANCHOR.search(words)
    if anchor is None:
        return _compact_short(words, text)
    labels, _, before = words[: anchor.start("prefix")].rpartition(" ")
    head = _head(before)
    if head.kind == "words" or not all(
        spelt.LABEL.fullmatch(label) or _is_resolver(label) for label in labels.split()
    ):
        raise IdentifierError(
            f"other words stand before {_shown(words[anchor.start('prefix') :])}; leave them out"
        )
    name, _, rest = words[anchor.end() :].lstrip().partition(" ")
    if any(map(str.isalnum, rest)):
        raise IdentifierError(f"a DOI holds no white space, but something follows it: {_shown(text)}")
    doi = _read(anchor, head, name)
    if doi is None and len(whole := f"{anchor['prefix']}/{name}") > _LONGEST:
        raise _too_long(whole)
    if doi is None:
        raise IdentifierError(f"nothing that can be a DOI's suffix stands after the slash: {_shown(text)}")
    return doi


def find(text: str) -> Doi | None:
    """Return the first DOI in `text`, which may hold other words; None where there is none. White space ends a DOI."""
    return next(_found(text), None)


def find_all(text: str) -> tuple[Doi, ...]:
    """Return the DOIs in `text` in order, each once."""
    return tuple(dict.fromkeys(_found(text)))


def guesses(text: str) -> tuple[Doi, ...]:
    """Return what the DOI in `text` may be, likeliest first, each once.

    The first is that of :func:`find`; then the same with typographic hyphens made plain, then `text` exactly as it stands
    (a few names do end in a full stop, or hold what looks like an entity). Ask for a later one only when the agencies do not
    know the earlier.
    """
    first = find(text)
    candidates = [first, first and Doi(spelt.HYPHEN.sub("-", first)), Doi(fold(text.strip()))]
    return tuple(dict.fromkeys(doi for doi in candidates if doi and is_valid(doi)))


def format(doi: str) -> str:  # noqa: A001 - one of the verbs every identifier module has, always called as doi.format
    """Return the DOI as it is shown in print: `doi:10.1000/182`."""
    return f"doi:{doi}"


def to_url(doi: str) -> str:
    """Return the address of the DOI at doi.org, with the escapes its handbook demands or recommends.

    Beyond those, whatever is not ASCII is escaped (an address is ASCII), and one slash of each dot segment, together with a
    last slash, since HTTP clients would normalise them away.
    """
    escaped = _percent_encode(doi.removeprefix("10/") if is_short(doi) else doi, safe="/!$&'()*,:;=@~._-")
    return "https://doi.org/" + re.sub(r"/(?=\.{0,2}\Z|\.{1,2}/)", "%2F", escaped)


def quote(doi: str) -> str:
    """Return the DOI as one segment of a path (`/works/{doi}`): everything escaped, slashes too."""
    return _percent_encode(doi, safe="")


def prefix(doi: str) -> str:
    """Return the part before the first slash: `10.1000`, or `10` of a short DOI."""
    return doi.partition("/")[0]


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:79] + "…")


def _usual(text: str) -> Doi | None:
    """Return the DOI of a text that is a plain name or SICI, perhaps labelled in the usual way, or the address of a page."""
    if usual := spelt.USUAL.fullmatch(text):
        return Doi(fold(usual[1]))
    if page := spelt.PAGE.fullmatch(text):
        head, name = fold(page[1]), fold(page[2])
        if not spelt.RESOLVER.search(head):
            name = _without_tails(name, head)
        return Doi(name) if spelt.PLAIN.fullmatch(name) else None
    return None


def _too_long(text: str) -> IdentifierError:
    return IdentifierError(f"{len(text):,} characters, where a DOI has at most {_LONGEST:,}: {_shown(text)}")


def _compact_short(cleaned: str, text: str) -> Doi:
    bare = _trimmed(fold(cleaned))
    label, slash, name = bare.rpartition("10/")
    if slash and is_short("10/" + name) and spelt.LABEL.fullmatch(label):
        return Doi("10/" + name)
    addressed = "".join(spelt.SHORT_ADDRESS.findall(bare, 0, 300))
    if addressed and " " not in bare:
        return Doi("10/" + addressed)
    what = "not a DOI" if cleaned else "empty, so no DOI"
    if spelt.ADDRESS.search(bare, 0, 300):
        what = "this address holds no DOI"
    raise IdentifierError(f"{what}; one begins with 10. and looks like 10.1000/182: {_shown(text)}")


def _found(text: str) -> Iterator[Doi]:
    """Yield the DOIs in `text`, token by token; a token is what stands between white space."""
    if "10" not in text and "doi" not in fold(text):
        return
    if usual := _usual(text):
        yield usual
        return
    words = _words(_cleaned(text))
    found, position = False, 0
    anchor = spelt.LONE.match(words)
    while True:
        while names := spelt.LIST.match(words, position):
            found, position = True, names.end()
            told = fold(names[0])
            yield from (spelt.NAMES if ";2" in told else spelt.PLAIN_NAMES).findall(told)
        if not (anchor := anchor or spelt.PLACE.search(words, position)):
            break
        start = max(position, words.rfind(" ", position, anchor.start("prefix")) + 1)
        limit = anchor.end() + _WINDOW + 1
        stop = spelt.END.search(words, anchor.end(), limit)
        position = stop.start() if stop else min(limit, len(words))
        before = words[start : anchor.start("prefix")]
        doi = _read(anchor, _head(before), _within(before, words[anchor.end() : position]))
        if doi is not None:
            found = True
            yield doi
        anchor = None
    if not found:
        yield from (
            Doi("10/" + name) for name in spelt.SHORT_ADDRESS.findall(_with_short_words(fold(words))) if name
        )
        if alone := spelt.SHORT_ALONE.fullmatch(words):
            yield Doi(fold(alone[1]))


def _words(text: str) -> str:
    """Return `text` with single spaces, and with a slash for the colon in `urn:doi:10.123:456`."""
    text = " ".join(text.split())
    return spelt.URN.sub(r"\1/", text) if ":10." in text else text


def _with_short_words(words: str) -> str:
    """Return a long text with no more than beginning and end of its words, where an address with a short name stands."""
    if len(words) <= _WINDOW:
        return words
    parts = words.split(" ")
    return " ".join([f"{p[:_ADDRESS]}~{p[-_ADDRESS:]}" if len(p) > 2 * _ADDRESS else p for p in parts])


def _joined(text: str) -> str:
    return text if text.isascii() else spelt.NO_BREAK.sub("", text)


def _within(head: str, name: str) -> str:
    """Cut `name` where the bracket closes that was opened right before it or its label: `[10.1000/a](https://...`."""
    opened = spelt.OPENED.search(head[-200:]) if head else None
    if opened is None:
        return name
    depth, end = 1, -1
    for piece in name.split(spelt.CLOSERS[opened[1]])[:-1]:
        end += len(piece) + 1
        depth += piece.count(opened[1]) - 1
        if depth == 0:
            return name[:end]
    return name


def _head(before: str) -> _Head:
    """Tell what stands before a name in its token."""
    before = before[-_LONGEST:].lower()
    plain = _unescaped(before, 2)
    if spelt.LABEL.fullmatch(plain):
        return _Head(plain, "label", int(plain.lstrip("([{<\"'").startswith(("info:", "urn:"))))
    if spelt.ADDRESS.search(plain, 0, 300):
        return _Head(plain, "address", 2 if "%2f%2f" in before else 1)
    return _Head(plain, "words", 0)


def _is_resolver(head: str) -> bool:
    return spelt.RESOLVER.search(head.lower()) is not None


def _read(anchor: re.Match[str], head: _Head, name: str) -> Doi | None:
    """Return the DOI of an anchor, what stands before it and the suffix as it stands after it."""
    levels = head.levels
    if anchor["slash"] != "/":
        levels = max(levels, anchor["slash"].count("25") + 1)
    if head.kind == "address":
        name = _without_query(name, "?#&" if "?" in head.text else "?#")
    if len(name) > _WINDOW:
        return None
    try:
        suffix = _settled(_unescaped(name, levels))
    except IdentifierError:
        return None
    suffix = _trimmed(_joined(suffix).strip() if levels else suffix)
    if head.kind == "address" and not _is_resolver(head.text):
        suffix = _trimmed(_without_tails(suffix, head.text))
    doi = f"{anchor['prefix']}/{fold(suffix)}"
    return Doi(doi) if is_valid(doi) else None


def _without_query(name: str, marks: str) -> str:
    """Cut query and fragment; a last `#` after `;2-` is the check character of a SICI, not a fragment."""
    name = _trimmed(name)
    check = "#" if name.endswith((";1-#", ";2-#")) else ""
    body = name.removesuffix(check)
    for mark in marks:
        body = body.partition(mark)[0]
    return name if check and body + check == name else _trimmed(body).rstrip("/")


def _without_tails(suffix: str, head: str) -> str:
    """Cut what publishers append to the DOI in their addresses."""
    for marker in (";jsessionid=", "/suppl_file/"):
        suffix = suffix.partition(marker)[0]
    if tail := spelt.TAILS.search(suffix[-60:]):
        suffix = suffix[: len(suffix) - len(tail[0])]
    version = re.search(r"v[0-9]{1,2}\Z", suffix[-3:]) if "rxiv.org" in head else None
    return suffix[: len(suffix) - len(version[0])] if version else suffix


def _trimmed(name: str) -> str:
    """Cut punctuation from the end, and closing brackets as far as nothing in the name opens them."""
    if name[-1:].isalnum():
        return name
    end = len(name.rstrip(spelt.TRAILING))
    for closer, opener in spelt.BRACKETS.items():
        surplus = max(0, name.count(closer) - name.count(opener))
        kept, *cut = name.rsplit(closer, surplus + 1)
        if len(cut) > surplus:
            end = max(end, len(kept) + 1)
    return name[:end]


def _unescaped(text: str, levels: int) -> str:
    """Undo percent-encoding, at most `levels` times; bytes that are no UTF-8 stay escaped."""
    for _ in range(levels):
        if "%" not in text:
            break
        try:
            text = unquote(text, errors="strict")
        except UnicodeDecodeError:
            text = spelt.ESCAPES.sub(_unescape, text)
    return text


def _unescape(match: re.Match[str]) -> str:
    try:
        return unquote(match[0], errors="strict")
    except UnicodeDecodeError:
        return match[0]


def _settled(text: str) -> str:
    """Return `text` without entities and invisible characters; raises IdentifierError if there is no end to them."""
    for _ in range(4):
        before, text = text, _cleaned(text)
        if text == before:
            return text
    raise IdentifierError(f"entities within entities, too many to be a DOI: {_shown(text)}")


def _cleaned(text: str) -> str:
    position = len(text) if text.isascii() else 0
    while invisible := spelt.INVISIBLE.search(text, position):
        position = invisible.start()
        text = text.replace(invisible[0], "")
    if "&" not in text or ";" not in text:
        return text
    # A text has few different ones, as a rule, and many at once are quicker replaced than told from one another.
    for _ in range(6):
        if not (entity := spelt.ENTITY.search(text)):
            return text
        text = text.replace(entity[0], _character(entity[1]))
    parts = spelt.ENTITY.split(text)
    parts[1::2] = map(_character, parts[1::2])
    return "".join(parts)


@lru_cache(4096)
def _character(name: str | None) -> str:
    """Return the character an entity stands for, however often its ampersand was escaped."""
    if name is None:
        return "&"
    if not name.startswith("#"):
        return html5.get(name + ";") or f"&{name};"
    code = int("0" + name[1:], 0) if name[1] in "xX" else int(name[1:])
    return chr(code) if 0 < code < 0x110000 else f"&{name};"

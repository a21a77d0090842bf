r"""DOI names, ISO 26324 (https://www.doi.org/doi-handbook/HTML/index.html).

The compact form is the bare name with ASCII letters in lower case. "Case insensitivity applies only to ASCII characters",
so `İ`, `ß` and the Kelvin sign stand as they are. The prefix is `10.` and digits, perhaps with further dots; the suffix is
any graphic Unicode without white space, of any length. Accepting a wrong name costs a question to an agency, rejecting a
right one loses a work: hence lenient reading, and :func:`guesses` for what a first reading may have spoilt.

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
from html.entities import html5
from typing import Final, NewType
from urllib.parse import quote as _percent_encode
from urllib.parse import unquote

from enrich.errors import IdentifierError

Doi = NewType("Doi", str)

# What cannot be seen and is never meant: soft hyphen, zero-width and direction marks, word joiners, byte order mark.
_INVISIBLE: Final = re.compile("[\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+")
_NO_BREAK: Final = re.compile("[\xa0\u2007\u202f]+")
_HYPHEN: Final = re.compile("[\u2010-\u2014\u2212\ufe58\ufe63\uff0d]")
_BRACKETS: Final = {")": "(", "]": "[", "}": "{", ">": "<"}
_CLOSERS: Final = {opener: closer for closer, opener in _BRACKETS.items()}
_TRAILING: Final = ".,;:\"'”“’‘»«。，；：、)]}>"
# What publishers append to the DOI in their addresses.
_TAILS: Final = re.compile(
    r"(?:/(?:full|abstract|abs|e?pdf|pdfdirect|full-?text|html|meta|summary|references|figures|metrics|citedby|suppinfo"
    r"|supplementary-material|issuetoc|download)|\.(?:pdf|full|abstract|html?|long|short|full-text)){1,3}\Z",
    re.IGNORECASE,
)

# The whole of almost every name that a program wrote, answered at once; so are the usual labels before it.
_PLAIN: Final = re.compile(r"10\.[0-9]{4,9}/[-._;()/:a-z0-9]*[a-z0-9]")
_USUAL: Final = re.compile(
    r"(?:https?://(?:dx\.)?doi\.org/|doi: ?|DOI:? )?(10\.[0-9]{4,9}/[-._()/a-zA-Z0-9]*[a-zA-Z0-9])", re.ASCII
)
_COMPACT: Final = re.compile(r"10(?:\.[0-9]+)+/(?P<suffix>.+)", re.DOTALL)
_SHORT: Final = re.compile(r"10/[a-z0-9]+")
# A prefix and the slash after it, however that is spelt. What may stand before keeps a run of digits and dots from being
# tried more than twice, so that searching stays linear; every other pattern is bounded or possessive for that reason. Each
# begins with what is rare, where the engine skips fastest, and looks back from there.
_ANCHOR: Final = re.compile(
    r"10\.(?:(?<![0-9A-Za-z.]10\.)|(?<=doi10\.)|(?<=doi\.10\.)|(?<=org10\.)|(?<=%[0-9a-f]{2}10\.))"
    r"(?P<registrant>[0-9]++)(?:\.[0-9]++)*+(?P<slash>/|%(?:25){0,3}2f)",
    re.IGNORECASE | re.ASCII,
)
_URN: Final = re.compile(r"([uU](?<![^\s\"'(<\[].)(?i:rn:doi:10)(?:\.[0-9]++)++):")
_ENTITY: Final = re.compile(
    r"&(?:amp;)*+(?:(?<=;)|(?=[#a-z]))(?:(#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});|(?<=;))",
    re.IGNORECASE | re.ASCII,
)
_ESCAPES: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})++")
# What may stand before a name that is said to be nothing but a name, and the address it may be part of.
_LABEL: Final = re.compile(r"(?:[^0-9A-Za-z]*+(?:dois?|urn|info|https?))*+[^0-9A-Za-z]*+", re.IGNORECASE)
_LABELLED: Final = re.compile(r"doi(?:[.-]org)?[^0-9A-Za-z]{0,8}\Z", re.IGNORECASE)
_ADDRESS: Final = re.compile(
    r"(?<![a-z0-9.-])(?:(?:https?|ftp):?/|(?:[a-z0-9-]{1,63}\.){1,9}[a-z]{2,24}[:/])", re.IGNORECASE
)
_RESOLVER: Final = re.compile(
    r"(?:\A|[^a-z0-9.-])(?:dx[.-]|www[.-])?doi[.-]org(?:[.:][^/]{0,200})?/*(?:doi)?[^0-9a-z]{0,4}\Z", re.IGNORECASE
)
_SHORT_ADDRESS: Final = re.compile(
    r"doi(?<![0-9a-z]doi)[.-]org(?:[.:][^/\s]{0,200})?/(?:10/)?"
    r"(?P<name>[0-9]{0,9}[a-z][a-z0-9]{1,9})/?(?=[?#]|[.,;:)\]}>\"']*+(?:\s|\Z))",
    re.IGNORECASE | re.ASCII,
)
_SHORT_ALONE: Final = re.compile(r"(?:doi[:\s]*)?(10/[0-9]{0,9}[a-z][a-z0-9]{1,9})", re.IGNORECASE | re.ASCII)
# Where a name ends in running text, besides at white space: quotation, markup, the next name or address.
_END: Final = re.compile(
    r"[\"“”«»。，；、）】》」\x00-\x1f\x7f-\x9f\ud800-\uf8ff<,;|hH](?i:(?<![<,;|h])"
    r"|(?<=<)(?=[/!abdeilpstu])(?:[/!]|(?:a|b|br|div|doi|em|i|li|p|span|strong|sub|sup|td|u)(?:[/>]|\Z))"
    r"|(?<=h)ttps?://|(?<=[,;|])(?:https?://|(?=(?:doi\W{1,3})?10\.[0-9]{4,9}/)))"
)
_OPENED: Final = re.compile(r"([(\[{<])[^()\[\]{}<>]{0,100}\Z")


def fold(text: str) -> str:
    """Return `text` with the ASCII letters in lower case and nothing else changed."""
    # Unlike strings, bytes know the case of ASCII letters only.
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def is_short(text: str) -> bool:
    """Tell whether `text` is a short DOI (`10/abcde`) in compact form; its handle leads to the full name."""
    return _SHORT.fullmatch(text) is not None


def is_valid(text: str) -> bool:
    """Tell whether `text` is a DOI in compact form."""
    if _PLAIN.fullmatch(text) or _SHORT.fullmatch(text):
        return True
    match = _COMPACT.fullmatch(text)
    return match is not None and text.isprintable() and " " not in text and fold(text) == text


def validate(text: str) -> Doi:
    """Return `text`, which must already be in compact form; raises IdentifierError otherwise."""
    if not is_valid(text):
        raise IdentifierError(f"not a DOI in compact form, which looks like 10.1000/182: {_shown(text)}")
    return Doi(text)


def compact(text: str) -> Doi:
    """Return the DOI that `text`, in whatever spelling and nothing but a DOI, means; raises IdentifierError."""
    if _PLAIN.fullmatch(text):
        return Doi(text)
    if usual := _USUAL.fullmatch(text):
        return Doi(fold(usual[1]))
    cleaned = _URN.sub(r"\1/", _NO_BREAK.sub("", _settled(text)).strip())
    anchor = _ANCHOR.search(cleaned)
    while anchor is not None and _is_number(anchor, cleaned):
        anchor = _ANCHOR.search(cleaned, anchor.start("slash"))
    if anchor is None:
        return _compact_short(cleaned, text)
    *labels, head = re.split(r"\s", cleaned[: anchor.start()])
    if not (_may_precede(head) and all(_LABEL.fullmatch(label) or _RESOLVER.search(label) for label in labels)):
        raise IdentifierError(f"other words stand before {_shown(cleaned[anchor.start() :])}; leave them out")
    name, *rest = cleaned[anchor.end() :].split(maxsplit=1) or [""]
    if any(map(str.isalnum, "".join(rest))):
        raise IdentifierError(f"a DOI holds no white space, but something follows it: {_shown(text)}")
    doi = _read(anchor, head, name)
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
    candidates = [first, first and Doi(_HYPHEN.sub("-", first)), Doi(fold(text.strip()))]
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


def _may_precede(head: str) -> bool:
    """Tell whether what a token begins with is a label of the name or the address it is in."""
    plain = _unescaped(head, 2)
    return _LABEL.fullmatch(plain) is not None or _ADDRESS.search(plain[:300]) is not None


def _compact_short(cleaned: str, text: str) -> Doi:
    bare = _trimmed(fold(cleaned))
    label, slash, name = bare.rpartition("10/")
    if slash and is_short("10/" + name) and _LABEL.fullmatch(label):
        return Doi("10/" + name)
    address = _SHORT_ADDRESS.search(bare[:300])
    if address and not re.search(r"\s", bare):
        return Doi("10/" + address["name"])
    what = (
        "this address holds no DOI"
        if _ADDRESS.search(bare[:300])
        else "not a DOI"
        if cleaned
        else "empty, so no DOI"
    )
    raise IdentifierError(f"{what}; one begins with 10. and looks like 10.1000/182: {_shown(text)}")


def _found(text: str) -> Iterator[Doi]:
    """Yield the DOIs in `text`, token by token; a token is what stands between white space."""
    if "10" not in text and "doi" not in fold(text):
        return
    if usual := _USUAL.fullmatch(text):
        yield Doi(fold(usual[1]))
        return
    words = _URN.sub(r"\1/", " ".join(_cleaned(text).split()))
    found, start, end, position = False, 0, 0, 0
    while anchor := _ANCHOR.search(words, position):
        position = anchor.start("slash")
        if anchor.start() >= end:
            start = max(end, words.rfind(" ", end, anchor.start()) + 1)
            end = words.find(" ", position) % (len(words) + 1)  # the end of the text where no space follows
        if _is_number(anchor, words):
            continue
        stop = _END.search(words, anchor.end(), end)
        position = stop.start() if stop else end
        head, start = words[start : anchor.start()], position
        doi = _read(anchor, head, _within(head, words[anchor.end() : position]))
        if doi is not None:
            found = True
            yield doi
    if not found:
        yield from (Doi("10/" + fold(match["name"])) for match in _SHORT_ADDRESS.finditer(words))
        if alone := _SHORT_ALONE.fullmatch(words):
            yield Doi(fold(alone[1]))


def _is_number(anchor: re.Match[str], text: str) -> bool:
    """Tell whether `10.1/` is rather a number, a version or an IP address: nothing says that it is a DOI."""
    if len(anchor["registrant"]) >= 4:
        return False
    before = text[max(0, anchor.start() - 16) : anchor.start()]
    alone = anchor.start() < 16 and not re.search(r"[0-9A-Za-z/ ]", before) and " " not in text
    return not (alone or _LABELLED.search(before))


def _within(head: str, name: str) -> str:
    """Cut `name` where the bracket closes that was opened right before it or its label: `[10.1000/a](https://...`."""
    opened = _OPENED.search(head[-300:])
    if opened is None or (closer := _CLOSERS[opened[1]]) not in name:
        return name
    depth = 1
    for index, character in enumerate(name[:2048]):
        depth += (character == opened[1]) - (character == closer)
        if depth == 0:
            return name[:index]
    return name


def _read(anchor: re.Match[str], head: str, name: str) -> Doi | None:
    """Return the DOI of an anchor, the rest of its token before it and the suffix as it stands after it."""
    plain = _unescaped(head, 2)
    address = not _LABEL.fullmatch(plain) and _ADDRESS.search(plain[:300]) is not None
    levels = anchor["slash"].count("25") + 1 if anchor["slash"] != "/" else 0
    if address:
        levels = max(levels, 1 if "%2F%2F" not in head.upper() else 2)
        name = _without_query(name, "?" in plain)
    elif plain.lower().lstrip("([{<\"'").startswith(("info:", "urn:")):
        levels = max(levels, 1)
    try:
        suffix = _settled(_unescaped(name, levels))
    except IdentifierError:
        return None
    suffix = _trimmed(_NO_BREAK.sub("", suffix).strip() if levels else suffix)
    if address and not _RESOLVER.search(plain):
        suffix = _trimmed(_without_tails(suffix, plain))
    doi = f"{anchor.string[anchor.start() : anchor.start('slash')]}/{fold(suffix)}"
    return Doi(doi) if is_valid(doi) else None


def _without_query(name: str, in_query: bool) -> str:  # noqa: FBT001 - private, called once
    """Cut query and fragment; a last `#` after `;2-` is the check character of a SICI, not a fragment."""
    cut = re.search(r"[?#&]" if in_query else r"[?#]", name)
    if cut and not (name.endswith("#") and cut.start() == len(name) - 1 and re.search(r";[0-9]-#\Z", name)):
        name = name[: cut.start()]
    return _trimmed(name).rstrip("/")


def _without_tails(suffix: str, head: str) -> str:
    """Cut what publishers append to the DOI in their addresses."""
    for marker in (";jsessionid=", "/suppl_file/"):
        suffix = suffix.partition(marker)[0]
    if tail := _TAILS.search(suffix[-60:]):
        suffix = suffix[: len(suffix) - len(tail[0])]
    version = re.search(r"v[0-9]{1,2}\Z", suffix[-3:]) if "rxiv.org" in head else None
    return suffix[: len(suffix) - len(version[0])] if version else suffix


def _trimmed(name: str) -> str:
    """Cut punctuation from the end, and closing brackets as far as nothing in the name opens them."""
    if name[-1:].isalnum():
        return name
    body = name.rstrip(_TRAILING)
    surplus = {closer: max(0, name.count(closer) - name.count(opener)) for closer, opener in _BRACKETS.items()}
    if all(name.count(closer, len(body)) <= count for closer, count in surplus.items()):
        return body
    end = len(name)
    while surplus.get(name[end - 1], 1) > 0:
        end -= 1
        if name[end] in surplus:
            surplus[name[end]] -= 1
    return name[:end]


def _unescaped(text: str, levels: int) -> str:
    """Undo percent-encoding, at most `levels` times; bytes that are no UTF-8 stay escaped."""
    for _ in range(levels):
        if not _ESCAPES.search(text):
            break
        try:
            text = unquote(text, errors="strict")
        except UnicodeDecodeError:
            text = _ESCAPES.sub(_unescape, text)
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
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    return _ENTITY.sub(_character, text) if "&" in text and ";" in text else text


def _character(match: re.Match[str]) -> str:
    """Return the character an entity stands for, however often its ampersand was escaped."""
    name = match[1]
    if name is None:
        return "&"
    if not name.startswith("#"):
        return html5.get(name + ";") or "&" + name + ";"
    code = int("0" + name[1:], 0) if name[1] in "xX" else int(name[1:])
    return chr(code) if 0 < code < 0x110000 else match[0]

r"""How DOIs are spelt, labelled, addressed and spoilt: the patterns by which :mod:`enrich.identifiers.doi` reads them."""

from __future__ import annotations

import re
from typing import Final

# What cannot be seen and is never meant: soft hyphen, zero-width and direction marks, word joiners, byte order mark.
INVISIBLE: Final = re.compile("[\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
NO_BREAK: Final = re.compile("[\xa0\u2007\u202f]+")
HYPHEN: Final = re.compile("[\u2010-\u2014\u2212\ufe58\ufe63\uff0d]")
BRACKETS: Final = {")": "(", "]": "[", "}": "{", ">": "<"}
CLOSERS: Final = {opener: closer for closer, opener in BRACKETS.items()}
TRAILING: Final = ".,;:\"'”“’‘»«。，；：、)]}>"
# What publishers append to the DOI in their addresses.
TAILS: Final = re.compile(
    r"(?:/(?:full|abstract|abs|e?pdf|pdfdirect|full-?text|html|meta|summary|references|figures|metrics|citedby|suppinfo"
    r"|supplementary-material|issuetoc|download)|\.(?:pdf|full|abstract|html?|long|short|full-text)){1,3}\Z",
    re.IGNORECASE,
)

# Almost every name that a program wrote is plain or a SICI, with a usual label before it: these are answered at once, be
# they alone or in a list.
PLAIN: Final = re.compile(r"10\.[0-9]{4,9}/[-._;()/:a-z0-9]{0,2000}[a-z0-9]")
_LABELS: Final = r"(?:https?://(?:dx\.)?doi\.org/|doi: ?|DOI:? ?)?"
_SICI: Final = r"(?::[0-9]+)?[<\[][0-9][-.:0-9A-Za-z]{1,40}[>\]][0-9]\.0\.[A-Za-z]{2};2(?:-[0-9A-Za-z])?"
USUAL: Final = re.compile(rf"{_LABELS}(10\.[0-9]{{4,9}}/[-._()/a-zA-Z0-9]{{0,1900}}(?:[a-zA-Z0-9]|{_SICI}))")
NAMES: Final = re.compile(rf"10\.[0-9]{{4,9}}/[-._()/a-zA-Z0-9]++(?:{_SICI})?")
PLAIN_NAMES: Final = re.compile(r"10\.[0-9]{4,9}/[-._()/a-z0-9]++")
_NEXT: Final = r"(?:doi\W{1,3})?10\.[0-9]{4,9}/"
LIST: Final = re.compile(
    rf"[,;]? ?(?:{_LABELS}10\.[0-9]{{4,9}}/[-._()/a-zA-Z0-9]{{1,1900}}+(?:(?<=[a-zA-Z0-9])|{_SICI})"
    rf"(?:[,;]? |[,;](?={_NEXT}))){{1,64}}+"
)
PAGE: Final = re.compile(
    r"(https?://(?!10\.)[-a-zA-Z0-9.]{1,99}/(?:[-a-zA-Z0-9_]{1,99}/){0,9})(10\.[0-9]{4,9}/[-._()/a-zA-Z0-9]{1,1900}(?<=[a-zA-Z0-9]))"
)
COMPACT: Final = re.compile(r"10(?:\.[0-9]+)+/.")
SHORT: Final = re.compile(r"10/[a-z0-9]+")

# Where a name ends in running text: white space, quotation, markup, the next name or address.
_ENDING: Final = (
    r"[ \"“”«»。，；、）】》」\x00-\x1f\x7f-\x9f\ud800-\uf8ff<,;|hH](?:(?<![<,;|hH])|(?=[/!abdeilpstuh1ABDEILPSTUH])(?i:"
    r"(?<=<)(?:[/!]|(?:a|b|br|div|doi|em|i|li|p|span|strong|sub|sup|td|u)(?:[/>]|\Z))"
    rf"|(?<=h)ttps?://|(?<=[,;|])(?:https?://|(?={_NEXT}))))"
)
END: Final = re.compile(_ENDING)
# A prefix and the slash after it, however that is spelt. What may stand before keeps a run of digits and dots from being
# tried more than twice, so that searching stays linear; every other pattern is bounded or possessive for that reason. Each
# begins with what is rare, where the engine skips fastest, and looks back from there. A registrant of fewer than four
# digits is rather a number, a version or an IP address, unless a label says that it is a DOI or nothing else is there.
_LABELLED: Final = "|".join(
    rf"(?<={site}[^0-9a-z]{{{gap}}}10\.)" for gap in range(5) for site in ("doi", "doi.org")
)
_SLASH: Final = r"(?:\.[0-9]++)*+)(?P<slash>/|%(?:25){0,3}2f)"
_ANCHORING: Final = (
    r"(?P<prefix>10\.(?>(?<![0-9A-Za-z.]10\.)|(?<=doi10\.)|(?<=doi\.10\.)|(?<=org10\.)|(?<=%[0-9a-f]{2}10\.))"
    rf"(?:[0-9]{{4,}}+|(?:{_LABELLED})[0-9]{{1,3}}+){_SLASH}"
)
ANCHOR: Final = re.compile(_ANCHORING, re.IGNORECASE | re.ASCII)
_LONELY: Final = rf"(?:[^0-9A-Za-z/ ]{{0,14}}[^0-9A-Za-z/ .])?(?P<prefix>10\.[0-9]{{1,3}}+{_SLASH}(?=[^ ]*+\Z)"
LONE: Final = re.compile(_LONELY, re.IGNORECASE | re.ASCII)
# In running text, something that can be a suffix must follow.
_SUBSTANCE: Final = rf"(?=(?:(?!{_ENDING})[.,;:'’‘：)\]}}>]){{0,9}}+(?!{_ENDING})[^.,;:'’‘：)\]}}>])"
PLACE: Final = re.compile(_ANCHORING + _SUBSTANCE, re.IGNORECASE | re.ASCII)
URN: Final = re.compile(r"([uU](?<![^\s\"'(<\[].)(?i:rn:doi:10)(?:\.[0-9]++)++):")
ENTITY: Final = re.compile(r"&(?:amp;)*+(?:(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});|(?<=;))")
ESCAPES: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})++")
# What may stand before a name that is said to be nothing but a name, and the address it may be part of.
LABEL: Final = re.compile(r"(?:[^0-9A-Za-z]*+(?:dois?|urn|info|https?))*+[^0-9A-Za-z]*+", re.IGNORECASE)
ADDRESS: Final = re.compile(
    r"(?<![a-z0-9.-])(?:(?:https?|ftp):?/|(?:[a-z0-9-]{1,63}\.){1,9}[a-z]{2,24}[:/])", re.IGNORECASE
)
RESOLVER: Final = re.compile(r"doi(?<![0-9a-z]doi)[.-]org(?:[.:][^/]{0,99}+)?/*(?:doi)?[^0-9a-z]{0,4}\Z")
# Matches every such host, so that none is looked at twice; the name is empty where no short name follows.
SHORT_ADDRESS: Final = re.compile(
    r"doi(?<![0-9a-z]doi)[.-]org(?:[.:][^/\s]*+)?(?:/(?:10/)?"
    r"([0-9]{0,9}+[a-z][a-z0-9]{1,9}+)/?(?=[?#]|[.,;:)\]}>\"']*+(?:\s|\Z)))?"
)
SHORT_ALONE: Final = re.compile(r"(?:doi[:\s]*)?(10/[0-9]{0,9}[a-z][a-z0-9]{1,9})", re.IGNORECASE | re.ASCII)
OPENED: Final = re.compile(r"([(\[{<])[^()\[\]{}<>]{0,100}\Z")

"""Kinds of works: what formats that give tags a meaning for each kind tell apart, by types of CSL.

https://docs.citationstyles.org/en/stable/specification.html#appendix-iii-types
"""

from __future__ import annotations

from typing import Final

_KINDS: Final = {
    "article": "article-journal article-magazine review review-book",
    "newspaper": "article-newspaper",
    "book": "book classic collection",
    "chapter": "chapter entry entry-dictionary entry-encyclopedia",
    "conference": "paper-conference",
    "thesis": "thesis",
    "report": "report",
    "patent": "patent",
    "web": "webpage post post-weblog",
    "software": "software",
    "dataset": "dataset",
    "law": "bill hearing legal_case legislation regulation standard treaty",
    "media": "broadcast figure graphic map motion_picture musical_score song",
}
_FAMILY_OF: Final = {csl: family for family, types in _KINDS.items() for csl in types.split()}


def family(csl_type: str | None) -> str:
    """Return the kind of a CSL type, `other` where it is none of these.

    >>> family("entry-encyclopedia")
    'chapter'
    """
    return _FAMILY_OF.get(csl_type or "", "other")

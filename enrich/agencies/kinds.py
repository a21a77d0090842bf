"""The agencies' types of works -> CSL's.

Crossref: https://api.crossref.org/types , thirty, keyed on their ids since the labels get reworded. DataCite:
https://datacite-metadata-schema.readthedocs.io/ (resourceTypeGeneral), where "Text", "Other" and "Collection" may be
anything; then the free type is read for the words it holds.

>>> of_crossref({"type": "proceedings-article"})
'paper-conference'
>>> of_datacite({"types": {"resourceTypeGeneral": "Text", "resourceType": "PhD Thesis"}})
'thesis'
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from enrich.agencies.values import member, text
from enrich.model.worktype import WORK_TYPES

# https://api.crossref.org/types -> CSL.
CROSSREF: Final[Mapping[str, str]] = {
    "book": "book",
    "book-chapter": "chapter",
    "book-part": "chapter",
    "book-section": "chapter",
    "book-series": "periodical",
    "book-set": "book",
    "book-track": "chapter",
    "component": "document",
    "database": "dataset",
    "dataset": "dataset",
    "dissertation": "thesis",
    "edited-book": "book",
    "grant": "document",
    "journal": "periodical",
    "journal-article": "article-journal",
    "journal-issue": "periodical",
    "journal-volume": "periodical",
    "monograph": "book",
    "other": "document",
    "peer-review": "review",
    "posted-content": "article",
    "proceedings": "book",
    "proceedings-article": "paper-conference",
    "proceedings-series": "periodical",
    "reference-book": "book",
    "reference-entry": "entry",
    "report": "report",
    "report-component": "chapter",
    "report-series": "periodical",
    "standard": "standard",
}
_POSTED: Final[Mapping[str, str]] = {"blog": "post-weblog", "dissertation": "thesis", "report": "report"}
# resourceTypeGeneral, folded -> CSL; "text", "other" and "collection" say too little.
DATACITE: Final[Mapping[str, str]] = {
    "audiovisual": "motion_picture",
    "award": "document",
    "book": "book",
    "bookchapter": "chapter",
    "computationalnotebook": "software",
    "conferencepaper": "paper-conference",
    "conferenceproceeding": "book",
    "datapaper": "article-journal",
    "dataset": "dataset",
    "dissertation": "thesis",
    "event": "event",
    "image": "graphic",
    "instrument": "document",
    "interactiveresource": "webpage",
    "journal": "periodical",
    "journalarticle": "article-journal",
    "model": "document",
    "outputmanagementplan": "document",
    "peerreview": "review",
    "physicalobject": "document",
    "poster": "speech",
    "preprint": "article",
    "presentation": "speech",
    "project": "document",
    "report": "report",
    "service": "document",
    "software": "software",
    "sound": "song",
    "standard": "standard",
    "studyregistration": "document",
    "workflow": "document",
}
# What a free resource type holds -> CSL, the first that fits.
_WORDS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"thes[ei]s|dissertation|arbeit\b|\bhdr\b", "thesis"),
        (r"preprint|working ?paper", "article"),
        (r"conference|proceedings", "paper-conference"),
        (r"chapter|\bsection", "chapter"),
        (r"journal ?article|^article$|review article", "article-journal"),
        (r"data ?set", "dataset"),
        (r"software|source ?code", "software"),
        (r"report|bericht", "report"),
        (r"poster|presentation|slide|lecture", "speech"),
        (r"monogra|\bbook", "book"),
    )
)
_VERBATIM: Final = ("article-journal", "article")  # what citeproc says of any text


def of_crossref(message: Mapping[str, Any]) -> str:
    """Return the CSL type; what has none, or one that is new, is a document."""
    kind, subtype = message.get("type"), message.get("subtype")
    if kind == "posted-content" and isinstance(subtype, str):
        return _POSTED.get(subtype, "article")
    return CROSSREF.get(kind, kind if kind in WORK_TYPES else "document") if isinstance(kind, str) else "document"


def of_datacite(attributes: Mapping[str, Any]) -> str:
    """Return the CSL type: by the general type where it says enough, else by the free one, else by `citeproc`."""
    general = text(member(attributes, "types", "resourceTypeGeneral")) or text(attributes.get("resource-type-id"))
    free = text(member(attributes, "types", "resourceType")) or text(attributes.get("resource-type-subtype"))
    kind = DATACITE.get((general or "").replace("-", "").lower())
    if kind is None and free:
        kind = next((kind for pattern, kind in _WORDS if pattern.search(free[:200])), None)
    if kind is not None:
        return kind
    citeproc = text(member(attributes, "types", "citeproc"))
    if citeproc is None or citeproc in _VERBATIM:
        return "article-journal" if text(member(attributes, "container", "title")) else "document"
    return citeproc if citeproc in WORK_TYPES else "document"

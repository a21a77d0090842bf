"""What a person should know of a work's standing: notices about it, what it is a notice of, its published version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from enrich.identifiers.doi import prefix
from enrich.model.note import Note
from enrich.model.record import Record
from enrich.model.update import Update, in_force


def notes(record: Record) -> Iterator[Note]:
    """Yield the notes on what an agency's record says of its standing; a grave notice is an error, the rest is to know."""
    registration = record.registration
    if registration is None:
        return
    if registration.updates:
        yield from _notices(registration.updates)
    if registration.relations:
        yield from _published(record, registration.relations)


def _notices(updates: Sequence[Update]) -> Iterator[Note]:
    grave = in_force(updates)
    for update in updates:
        kind = update.kind.replace("_", " ")
        if update.direction == "update-to":
            about = f" about {update.doi}" if update.doi else ""
            yield Note(
                severity="info",
                code="notice",
                text=f"the record is itself a notice of {kind}{about}{_said(update)}",
            )
        else:
            text = f"the work carries a notice of {kind}{f': {update.doi}' if update.doi else ''}{_said(update)}"
            yield Note(severity="error" if update in grave else "info", code=kind.replace(" ", "-"), text=text)


def _said(update: Update) -> str:
    """Return when and by whom, in brackets."""
    where = {"title": "so its registered title", "relation": "so a registered relation"}.get(
        update.source or "", f"according to {update.source}" if update.source else None
    )
    said = ", ".join(filter(None, (update.date, where)))
    return f" ({said})" if said else ""


def _published(record: Record, relations: Sequence[tuple[str, str]]) -> Iterator[Note]:
    """Yield a note where a preprint says what it was published as; nothing is changed for that."""
    doi = record.work.doi
    versions = [
        target
        for kind, target in relations
        if kind == "is-preprint-of"
        or (
            kind == "is-version-of"
            and record.work.type == "article"
            and doi
            and _is_elsewhere(target, prefix(doi))
        )
    ]
    for target in dict.fromkeys(versions):
        if target != doi:
            text = f"a preprint; a published version is registered as {target}. The DOI is left as it is"
            yield Note(severity="info", code="published-version", text=text)


def _is_elsewhere(target: str, own: str) -> bool:
    """Tell whether a target is a DOI of another registrant; other versions of a preprint stay with its server."""
    return target.startswith("10.") and not target.startswith(f"{own}/")

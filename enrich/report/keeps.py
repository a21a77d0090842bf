r"""What is kept for ever in one library: a policy file beside it, which every run on that library goes by.

`library.enw.keep.toml` names fields of single records, in the words of any policy's locks (docs/clean.md), by hand or by
`enrich review`. It can only lock: rules and trust in it count for nothing. It is added to whatever policy a run has.

What is written into it leaves every other line as it is; if the file would then not say what was meant, it is not written.

>>> print(added("", {"10.1000/182": {"title"}}, "library.enw.keep.toml").splitlines()[-1])
keep = ["title"]
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Final

from enrich.errors import OutputError, SettingsError
from enrich.merge.policies import parse
from enrich.merge.policy import MergePolicy
from enrich.report.atomic import AtomicFile

_HEAD: Final = """\
# What no run of enrich changes in the library beside this file: fields of single records, by DOI or label.
# Lines may be added and taken out by hand; [records] keep = ["..."] keeps whole records.
"""
_LIST: Final = re.compile(r"(?m)^(keep[ \t]*=[ \t]*)\[[^\[\]#]*\][ \t]*$")
_NEXT: Final = re.compile(r"(?m)^[ \t]*\[")


def keep_file(library: Path) -> Path:
    """Return where the locks of a library stand."""
    return library.with_name(f"{library.name}.keep.toml")


def with_keeps(policy: MergePolicy, libraries: Iterable[Path]) -> MergePolicy:
    """Return a policy with the locks beside these libraries added; raises SettingsError where they cannot be read."""
    for library in libraries:
        path = keep_file(library)
        if path.is_file():
            locks = parse(_text(path), str(path))
            parts = dict(policy.parts)
            for name, fields in locks.parts.items():
                parts[name] = parts.get(name, frozenset()) | fields
            policy = policy.model_copy(
                update={
                    "locked": policy.locked | locks.locked,
                    "records": policy.records | locks.records,
                    "parts": parts,
                }
            )
    return policy


def keep(library: Path, locks: Mapping[str, Collection[str]]) -> Path:
    """Add locks, record's name -> fields, to those of a library; raises OutputError or SettingsError, nothing written."""
    path = keep_file(library)
    text = added(_text(path) if path.is_file() else "", locks, str(path))
    with AtomicFile(path) as file:
        file.write(text.encode("utf-8"))
    return path


def added(text: str, locks: Mapping[str, Collection[str]], name: str) -> str:
    """Return the text of a lock file with more locks in it; raises OutputError where that needs a person."""
    before = parse(text, name)
    wanted = {record: before.parts.get(record, frozenset()).union(fields) for record, fields in locks.items()}
    text = text or _HEAD
    for record, fields in wanted.items():
        if fields != before.parts.get(record):
            text = _with_list(text, _quoted(record), ", ".join(map(_quoted, sorted(fields))))
    after = _sound(text, name)
    if after is None or after.parts != {**before.parts, **wanted} or after.records != before.records:
        raise OutputError(f"{name} is written in a way that cannot be added to; add the locks by hand")
    return text


def _with_list(text: str, record: str, fields: str) -> str:
    """Return the text with the list of a record, in the table that it has, or in a new one at the end."""
    head = re.search(rf"(?m)^\[records\.{re.escape(record)}\][ \t]*$", text)
    if head is None:
        gap = "" if text.endswith("\n") else "\n"
        return f"{text}{gap}\n[records.{record}]\nkeep = [{fields}]\n"
    end = _NEXT.search(text, head.end())
    stop = end.start() if end else len(text)
    body = _LIST.sub(lambda match: f"{match[1]}[{fields}]", text[head.end() : stop], count=1)
    return text[: head.end()] + body + text[stop:]


def _quoted(word: str) -> str:
    """Return a TOML basic string."""
    escaped = "".join(f"\\u{ord(sign):04x}" if sign < " " or sign in '"\\\x7f' else sign for sign in word)
    return f'"{escaped}"'


def _sound(text: str, name: str) -> MergePolicy | None:
    """Return what a text says; None where it is no policy, or no Unicode."""
    try:
        text.encode("utf-8")
        return parse(text, name)
    except (SettingsError, UnicodeEncodeError):
        return None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the locks cannot be read: {error}", file=str(path)) from error

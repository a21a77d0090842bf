"""What is read from BibTeX and biblatex, and what stays where it is."""

from __future__ import annotations

import doctest
from importlib import import_module
from typing import Any

import pytest

from enrich.errors import FormatError
from enrich.formats import biblatex, bibtex
from enrich.formats.bibtex import fields
from enrich.model import Name, PartialDate, Record, Work
from enrich.model.worktype import WORK_TYPES


def read(text: str) -> list[Record]:
    return list(bibtex.read([text.encode()], file="a.bib"))


def only(text: str) -> Work:
    (record,) = read(text)
    assert record.readable, record.notes
    return record.work


def codes(text: str) -> list[tuple[str, int | None]]:
    return [(note.code, note.line) for record in read(text) for note in record.notes]


SYNTAX = [
    ("@article{a, title = {A {{n}ested} {T}}}", "A nested T"), ('@article{a, title = "A {"} quote"}', 'A " quote'),
    ("@article(a, title = {In (round) ones}, year = 2000)", "In (round) ones"), ("@ARTICLE { a , TITLE={x} , }", "x"),
    ('@string{t = "A"}\n@STRING(u = t # { B})\n@article{a, title = T # "-" # U # 1}', "A-A B1"),
    ("@article{a, title = {x} year = 2000}", "x"), ("@article{title = {no key}}", "no key"),
    ("@article{, title = {x}}", "x"),
    ("@article{a, % by hand\n  title = {x},\n%  title = {y},\n}", "x"), ("@article{a b:c/1, title={x}}", "x"),
    ("% @article{b, title={y}}\nstray\n@comment{@article{c, title={z}}}\n@article{a, title={x}}", "x"),
    ("@article{a, title = {two\n   lines}}", "two lines"), (r"@article{a, title = {an \{ open}}", "an { open"),
    ("@article{a, title = {}, title = {second}}", "second"), ("@online{a, title={T?}, subtitle={S}}", "T? S"),
    ("@online{a, title={T}, subtitle={S}}", "T: S"), ("@comment{not closed\n@article{a, title={x}}", "x"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "title"), SYNTAX)
def test_syntax(text: str, title: str) -> None:
    """Whatever BibTeX, biber or JabRef read is read, and what only looks like an entry is none."""
    assert only(text).title == title


VALUES: list[tuple[str, dict[str, Any]]] = [
    ("@article{a, journal={J}, number=3, pages={1--10}, month=mar, year=2012, eid={e5}}",
     {"container_title": "J", "issue": "3", "page": "1-10", "number": "e5", "issued": PartialDate(year=2012, month=3)}),
    ("@article{a, month = mar # {~14}, year = {2012}}", {"issued": PartialDate(year=2012, month=3, day=14)}),
    ("@article{a, month = {3}, day=14, year = {2012}}", {"issued": PartialDate(year=2012, month=3, day=14)}),
    ("@article{a, year = {in press}}", {"issued": PartialDate(literal="in press")}),
    ("@article{a, date = {2012-03/2013}, year=1999}", {"issued": PartialDate(year=2012, month=3)}),
    ("@article{a, date = {2010-22}, entrysubtype={magazine}}",
     {"issued": PartialDate(year=2010, season=2), "type": "article-magazine"}),
    ("@phdthesis{a, school={S}, address={P}, pages={327}}",
     {"publisher": "S", "publisher_place": "P", "number_of_pages": "327"}),
    ("@mastersthesis{a}", {"type": "thesis", "genre": "Master's thesis"}),
    ("@techreport{a, institution={I}, number={TR-5}, type={Report}}",
     {"publisher": "I", "number": "TR-5", "genre": "Report"}),
    ("@inproceedings{a, booktitle={P}, organization={O}, publisher={U}, series={S}}",
     {"container_title": "P", "publisher": "U", "collection_title": "S"}),
    ("@book{a, isbn={978-0-471-11709-4 (print)}, issn={0926-9630, 2090-3170}, location={Rome}}",
     {"isbn": ("978-0-471-11709-4",), "issn": ("0926-9630", "2090-3170"), "publisher_place": "Rome"}),
    ("@misc{a, howpublished={\\url{http://x.org/a\\_b}}, keywords={a, b c}, urldate={2020-01-02}}",
     {"url": "http://x.org/a_b", "keyword": ("a", "b c"), "accessed": PartialDate(year=2020, month=1, day=2)}),
    ("@misc{a, keywords={a, b; c}, abstract={One\n two.\n\n Three.}}",
     {"keyword": ("a, b", "c"), "abstract": "One two.\nThree."}),
    ("@misc{a, note={Read it!}, annote={Mine}}", {"note": "Read it!"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "members"), VALUES)
def test_values(text: str, members: dict[str, Any]) -> None:
    """Fields of both dialects mean what they say in an entry of their type."""
    work = only(text)
    assert {field: getattr(work, field) for field in members} == members


NAMES = [
    ("Vincent van Gogh", Name(family="van Gogh", given="Vincent")),
    ("van Gogh, Vincent", Name(family="van Gogh", given="Vincent")),
    ("King, Jr., Martin", Name(family="King", given="Martin", suffix="Jr.")), ("Plato", Name(family="Plato")),
    ("Martin King Jr.", Name(family="King", given="Martin", suffix="Jr.")),
    ("{World Health Organization}", Name(literal="World Health Organization")),
    ("{Smith and Sons, Ltd}", Name(literal="Smith and Sons, Ltd")),
    (r"M{\"u}ller, A.~B.", Name(family="Müller", given="A. B.")),
    (r"{\'E}mile Zola", Name(family="Zola", given="Émile")),
    ("{van der Berg}, Jan", Name(family="van der Berg", given="Jan")),
    ("family=Gogh, given=Vincent, prefix=van", Name(family="van Gogh", given="Vincent")),
    ("others", Name(literal="others")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name"), NAMES)
def test_names(text: str, name: Name) -> None:
    """A name is parted as BibTeX does it; also among others."""
    assert only(f"@book{{a, author = {{{text}}}}}").author == (name,)
    assert only(f"@book{{a, author = {{A B and\n   {text} AND C, D}}}}").author[1:2] == (name,)


DOIS = [
    ("doi = {10.1000/X_1}", "10.1000/x_1", "10.1000/X_1"), (r"doi = {10.1000/x\_1}", "10.1000/x_1", "10.1000/x_1"),
    ("doi = {https://doi.org/10.1000/1}", "10.1000/1", "https://doi.org/10.1000/1"),
    ("url = {https://doi.org/10.1000/1}", "10.1000/1", "https://doi.org/10.1000/1"),
    ("url = {http://x.org/10.1000/1}", None, None),
    ("note = {doi:10.1000/1}", "10.1000/1", "doi:10.1000/1"), ("note = {A comment on 10.1000/1}", None, None),
    (r"howpublished = {\url{https://doi.org/10.1000/1}}", "10.1000/1", "https://doi.org/10.1000/1"),
    ("url = {https://doi.org/10.1000/2}, doi = {10.1000/1}", "10.1000/1", "10.1000/1"),
    ("doi = {10.1000}", None, "10.1000"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "doi", "written"), DOIS)
def test_dois(text: str, doi: str | None, written: str | None) -> None:
    """A DOI is found where it is put, its own field first, and no other work's is taken for it."""
    (record,) = read(f"@misc{{a, {text}}}")
    assert (record.work.doi, record.doi_text) == (doi, written)


PARENT = "@proceedings{P, title = {Proc}, year = 1999, editor = {E, F}, doi = {10.1000/p}, publisher = {U}}\n"
CHILD = "@inproceedings{c, title = {x}, crossref = {p}, publisher = {Own}}\n"


@pytest.mark.parametrize(
    "text", [PARENT + CHILD, CHILD + PARENT, CHILD * 3 + "@misc{z}\n" + PARENT], ids=["before", "after", "far"]
)
def test_what_an_entry_inherits(text: str) -> None:
    """Of the entry it refers to, which may stand further down, it takes book, date and editors; never its DOI."""
    child = next(record for record in read(text) if record.work.title == "x")
    assert child.work.container_title == "Proc"
    assert child.work.issued == PartialDate(year=1999)
    assert child.work.editor == (Name(family="E", given="F"),)
    assert (child.work.doi, child.work.publisher) == (None, "Own")
    assert b"".join(bibtex.write(read(text))) == text.encode()


def test_waiting_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry whose parent is not there holds back no more than its share, and is noted."""
    monkeypatch.setattr("enrich.formats.bibtex.reader.WAITING", 10)
    fed = 0

    def stream() -> Any:
        nonlocal fed
        yield CHILD.encode()
        for number in range(5000):
            fed += 1
            yield b"@misc{k%d, title = {x}, abstract = {%s}}\n" % (number, b"x" * 100)

    first = next(bibtex.read(stream()))
    assert [note.code for note in first.notes] == ["missing-parent"]
    assert fed < 2500


NOTED = [
    ("@article{a, title = {x, year = 2000}\n\n@article{b, title = {y}}\n", [("unreadable", 1)]),
    ("\n@article{a,\n  title {x}\n}\n@misc{b}", [("unreadable", 3)]), ("@misc{a}\n@misc{A}", [("duplicate-key", 2)]),
    ("@misc{a,\n title={x},\n Title={y}}", [("duplicate-field", 3)]), ("@foo{a}", [("unknown-type", 1)]),
    ("@misc{a,\n journal = jacm}", [("undefined-string", 2)]), ("@misc{title={x}}", [("no-key", 1)]),
    ("@misc{a, year={soonish}}", [("bad-date", 1)]), ("@misc{a, issn={2090-3171}}", [("invalid-identifier", 1)]),
    ("@misc{a, doi={10.1}}", [("invalid-doi", 1)]),
    ("@misc{a, doi={10.1000/1},\n url={https://doi.org/10.1000/2}}", [("second-doi", 2)]),
    ("@string{a = {x}}\n", [("unreadable", 1)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), NOTED)
def test_what_is_odd_is_noted_with_its_line(text: str, expected: list[tuple[str, int]]) -> None:
    """A finding has the line of its field; an entry that cannot be read is kept, and those around it are read."""
    assert codes(text) == expected
    assert b"".join(bibtex.write(read(text))) == text.encode()


def test_nothing_is_lost() -> None:
    """The key, unknown fields and an unknown type stand in the record."""
    (record,) = read("@foo{K:1, bar = {x}, title = {T}, annote = {mine}}")
    assert record.extra == (("citation-key", "K:1"), ("bar", "x"), ("annote", "mine"), ("entry-type", "foo"))
    assert record.origin.line == 1


@pytest.mark.parametrize("module", [bibtex, biblatex])
@pytest.mark.parametrize("csl", sorted(WORK_TYPES))
def test_every_type_is_written_as_one_that_is_read(module: Any, csl: str) -> None:
    """What a type is written as is read as that type or as one that is written alike; biblatex keeps more of them."""
    (record,) = read(
        b"".join(
            bibtex.write([Record(work=Work(type=csl, title="A"), origin=read("@misc{a}")[0].origin)])
        ).decode()
    )
    again = module.held(record)
    assert module.held(record.model_copy(update={"work": again})) == again
    assert again.type in WORK_TYPES


def test_biblatex_keeps_more_types() -> None:
    """Types that BibTeX lacks come back from biblatex."""
    for csl in ("webpage", "dataset", "software", "standard", "article-magazine", "legislation"):
        record = Record(work=Work(type=csl, title="A"), origin=read("@misc{a}")[0].origin)
        assert biblatex.held(record).type == csl
    assert {fields.type_name(csl, None, is_biblatex=False) for csl in WORK_TYPES} <= set(
        "article book booklet incollection inproceedings misc phdthesis techreport unpublished".split()  # noqa: SIM905 - BibTeX's own
    )


@pytest.mark.parametrize("data", [b"", b" \n", b"\xef\xbb\xbf", b"plain words\n", b"\x00\x01@misc{a}"])
def test_what_is_no_bibtex_is_refused(data: bytes) -> None:
    """Nothing, a binary file and prose are refused with the file's name."""
    with pytest.raises(FormatError) as refused:
        list(bibtex.read([data], file="a.bib"))
    assert (refused.value.file, refused.value.line) == ("a.bib", 1)


def test_biblatex_is_read_as_bibtex() -> None:
    """The message says by which name."""
    with pytest.raises(FormatError, match="read as bibtex"):
        biblatex.read([b"@misc{a}"])


@pytest.mark.parametrize(
    ("head", "least", "most"),
    [(b"@article{a,", 1, 1), (b"%% Papers\n\n@Book{a,", 0.8, 1), (b"@string{a={b}}", 0.7, 1), (b"@foo{a,", 0.5, 0.7),
     ("@misc{a,".encode("utf-16"), 1, 1), ("@misc{a,".encode("utf-16-be"), 1, 1), (b"mail me@book{x,", 0, 0),
     (b"# Read me\n@article{a,", 0, 0),
     (b"TY  - JOUR\nAB  - \n@article{a,", 0, 0), (b'{"a": "\n@article{a,"}', 0, 0),
     (b"%0 Book\n%X\n@article{a,", 0, 0), (b"a@b.c", 0, 0)],
)  # fmt: skip
def test_content_is_recognised(head: bytes, least: float, most: float) -> None:
    """A file is BibTeX by its entries, not where another kind of file shows one."""
    assert least <= bibtex.sniff(head) <= most


@pytest.mark.parametrize("name", ["bibtex", "bibtex.days", "bibtex.names"])
def test_the_examples_are_true(name: str) -> None:
    """What the docstrings show is what happens."""
    results = doctest.testmod(import_module(f"enrich.formats.{name}"))
    assert results.attempted
    assert not results.failed

"""Entries that changed: only their own lines differ, in the manner of the entry, and new entries have keys."""

from __future__ import annotations

from difflib import ndiff
from typing import Any

import pytest

from enrich import formats
from enrich.formats import bibtex
from enrich.model import Name, Origin, PartialDate, Record, Work

BEEBE = """%% A file made with care
@String{ack = "Thanks"}

@Article{Palais:TB1,
  author =       "Richard Palais",
  title =        "{Message from the Chairman}",
  journal =      j-TUGboat,
  volume =       "1",
  month =        oct,
  year =         "1980",
  ISSN =         "0896-3207",
  acknowledgement = ack # " and " # ack,
}

"""
ALIGNED = """@online{key,
    author    = {M{\\"u}ller, Anna and
                 B{\\'e}n, C.},
    title     = {T},
    subtitle  = {S},
    date      = {2012},
    note      = {mine}
}
"""
COMMAS = "@article{a\n  , title = {x}\n  , year  = 2000\n  }\n"
SHORT = "@ARTICLE{a,TITLE={x},YEAR=2000}"

CHANGES: list[tuple[str, dict[str, Any], list[str]]] = [
    (BEEBE, {"issue": "2"}, ['+   number =       "2",']),
    (BEEBE, {"volume": None}, ['-   volume =       "1",']),
    (BEEBE, {"issued": PartialDate(year=1981, month=10)}, ['-   year =         "1980",', '+   year =         "1981",']),
    (BEEBE, {"page": "3-7", "publisher": 'A "B"'}, ['+   pages =        "3--7",', '+   publisher =    {A "B"},']),
    (BEEBE, {"title": "Message of the TUG"},
    ['-   title =        "{Message from the Chairman}",', '+   title =        "{Message of the {TUG}}",']),
    (ALIGNED, {"volume": "3", "publisher_place": "Köln"}, ["+     volume    = {3},", '+     location  = {K{\\"o}ln},']),
    (ALIGNED, {"issued": PartialDate(year=2012, month=3)}, ["-     date      = {2012},", "+     date      = {2012-03},"]),
    (ALIGNED, {"title": "New"}, ["-     title     = {T},", "+     title     = {New},", "-     subtitle  = {S},"]),
    (ALIGNED, {"author": (Name(family="Müller", given="Anna"), Name(family="Bén", given="Carl"))},
     ["-                  B{\\'e}n, C.},", "+                  B{\\'e}n, Carl},"]),
    (ALIGNED, {"abstract": "A.\nB."},
    ["-     note      = {mine}", "+     note      = {mine},", "+     abstract  = {A.", "+ ", "+ B.}"]),
    (ALIGNED, {"note": None}, ["-     date      = {2012},", "+     date      = {2012}", "-     note      = {mine}"]),
    (COMMAS, {"volume": "3"}, ["+   , volume = 3"]),
    (SHORT, {"volume": "3"}, [f"- {SHORT}", "+ @ARTICLE{a,TITLE={x},YEAR=2000,VOLUME=3}"]),
    ("@book{a}\n", {"volume": "3"}, ["- @book{a}", "+ @book{a,", "+   volume = {3}", "+ }"]),
    ("@book{a,\n  % later\n}\n", {"volume": "3"}, ["+   volume = {3}"]),
    ("@misc{a,\n  title = {x}, % why\n  year = 1 % last\n}\n", {"title": None}, ["-   title = {x}, % why", "+   % why"]),
    ("@misc{a,\n  volume = {},\n}\n", {"volume": "3"}, ["-   volume = {},", "+   volume = {3},"]),
    ("@article{a,\n  journal = {J},\n  number = 1,\n}\n", {"type": "chapter"},
     ["- @article{a,", "-   journal = {J},", "-   number = 1,", "+ @incollection{a,",
      "+   booktitle = {J},", "+   issue = 1,"]),
    ("@misc{a,\n  doi = {https://doi.org/10.1000/1},\n}\n", {"doi_text": "10.1000/1"},
     ["-   doi = {https://doi.org/10.1000/1},", "+   doi = {10.1000/1},"]),
    ("@misc{a,\n  url = {https://doi.org/10.1000/1},\n}\n", {"doi_text": "10.1000/1"}, ["+   doi = {10.1000/1},"]),
    ("@misc{a,\n  month = {March},\n  year = 2012,\n}\n", {"issued": PartialDate(year=2013, month=3)},
     ["-   year = 2012,", "+   year = 2013,"]),
]  # fmt: skip


def changed(record: Record, update: dict[str, Any]) -> Record:
    """Return the record with other fields; `doi_text` is the record's."""
    fields = {field: value for field, value in update.items() if field != "doi_text"}
    work = record.work.model_copy(update=fields)
    return record.model_copy(update={"work": work, "doi_text": update.get("doi_text", record.doi_text)})


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(("text", "update", "difference"), CHANGES)
def test_only_what_changed_differs(
    text: str, update: dict[str, Any], difference: list[str], encoding: str, newline: str
) -> None:
    """A value keeps name, place and delimiters, a new field is like its like, and what goes takes its comma along."""
    data = text.replace("\n", newline).encode(encoding)
    (record,) = bibtex.read([data])
    wanted = changed(record, update)
    after = b"".join(bibtex.write([wanted]))
    lines = after.decode(encoding).split(newline)
    assert [line for line in ndiff(text.split("\n"), lines) if line[0] in "+-"] == difference
    (again,) = bibtex.read([after])
    assert again.work == wanted.work
    back = again.model_copy(update={"work": record.work, "doi_text": record.doi_text})
    assert next(iter(bibtex.read(bibtex.write([back])))).work == record.work


def test_an_unchanged_file_keeps_its_bytes() -> None:
    """Comments, strings, stray text and broken entries included; also without a line end, and on one line."""
    for text in (
        BEEBE + ALIGNED + "@misc{broken, title = {x}\n" + COMMAS + "tail, no entry",
        SHORT + " " + SHORT + SHORT,
    ):
        assert b"".join(bibtex.write(bibtex.read([text.encode()]))) == text.encode()


def test_a_legacy_file_keeps_its_encoding() -> None:
    """What it lacks is written as a command; what LaTeX has no command for is named beforehand, and not written."""
    text = "@book{a,\n  title = {Müller},\n}\n"
    (record,) = bibtex.read([text.encode("cp1252")])
    after = b"".join(bibtex.write([changed(record, {"publisher": "Łódź & Rom"})]))
    assert after.decode("cp1252") == "@book{a,\n  title = {Müller},\n  publisher = {{\\L}ód{\\'z} \\& Rom},\n}\n"
    record = changed(record, {"publisher": "中文", "volume": "1"})
    assert formats.unencodable(record, ["publisher", "volume"]) == ("publisher",)
    assert b"".join(bibtex.write([record])).decode("cp1252") == text.replace("},\n}", "},\n  volume = {1},\n}")


def test_an_unknown_type_stays() -> None:
    """It is its writer's own: the type a registry knows is withheld."""
    (record,) = bibtex.read([b"@foo{a,\n  title = {x},\n}\n"])
    record = changed(record, {"type": "book", "volume": "1"})
    assert formats.unheld(record, ["type", "volume", "license"]) == ("type",)
    assert b"".join(bibtex.write([record])) == b"@foo{a,\n  title = {x},\n  volume = {1},\n}\n"


def fresh(**members: Any) -> Record:
    return Record(work=Work(**members), origin=Origin())


def test_new_entries_have_keys() -> None:
    """First name and year, a letter where that is taken, also by an entry that was there; a record may bring its own."""
    author = (Name(family="von Łódź", given="A."),)
    (old,) = bibtex.read([b"@misc{vonlodz2001a}\n\n"])
    new = fresh(type="book", author=author, issued=PartialDate(year=2001))
    named = new.model_copy(update={"extra": (("id", '"my:key"'),)})
    other = [fresh(title="The end"), fresh(), fresh(), fresh(author=(Name(literal="World Health"),))]
    records = list(bibtex.read(bibtex.write([old, new, new, new, named, *other])))
    keys = [dict(record.extra)["citation-key"] for record in records]
    assert keys == [
        "vonlodz2001a",
        "vonlodz2001",
        "vonlodz2001b",
        "vonlodz2001c",
        "my:key",
        "the",
        "entry",
        "entrya",
        "world",
    ]


def test_files_are_joined() -> None:
    """Records of several files follow each other with a blank line, in the first one's encoding, without a second mark."""
    one = list(bibtex.read(["\ufeff@book{a,\n  title = {Größe},\n}".encode()], file="1"))
    two = list(bibtex.read(["@book{b,\n  title = {Füße},\n}\n".encode("utf-16")], file="2"))
    three = list(bibtex.read(["@book{c,\n  title = {Äpfel},\n}\n% end".encode("cp1252")], file="3"))
    joined = b"".join(bibtex.write([*one, *two, *three, fresh(title="x")]))
    assert joined.decode("utf-8-sig").count("\n\n@") == 3
    assert joined.count("\ufeff".encode()) == 1
    assert [record.work.title for record in bibtex.read([joined])] == ["Größe", "Füße", "Äpfel", "x"]

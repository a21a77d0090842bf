"""Records that changed: only their own elements do, in the style, order and encoding of the file."""

from __future__ import annotations

from typing import Any
from xml.parsers import expat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laws.works import MEMBERS

from enrich.formats import endnote_xml
from enrich.model import Name, Origin, PartialDate, Record, Work

STYLE = '<style face="normal" font="default" size="100%">'
ONE = (
    '<record><database name="a.enl" path="/a.enl">a.enl</database>'
    '<source-app name="EndNote" version="20.1">EndNote</source-app>'
    '<rec-number>7</rec-number><foreign-keys><key app="EN" db-id="x" timestamp="1">7</key></foreign-keys>'
    f'<ref-type name="Journal Article">17</ref-type><contributors><authors><author>{STYLE}Breiman, Leo</style></author>'
    f"</authors></contributors><titles><title>{STYLE}Random </style><style face='italic'>Forests</style></title>"
    f"<secondary-title>{STYLE}Machine Learning</style></secondary-title></titles>"
    f"<periodical><full-title>{STYLE}Machine Learning</style></full-title></periodical>"
    f"<dates><year>{STYLE}2001</style></year></dates><urls></urls></record>"
)
LINES = """<record>
    <ref-type name="Book">6</ref-type>
    <titles>
      <title>Cart</title>
    </titles>
    <custom1>mine</custom1>
</record>
"""
HEAD, TAIL = '<?xml version="1.0" encoding="UTF-8" ?><xml><records>', "</records></xml>"


def read(text: str, codec: str = "utf-8") -> list[Record]:
    return list(endnote_xml.read([text.encode(codec)], file="a"))


def changed(record: Record, **update: Any) -> Record:
    return record.model_copy(update={"work": record.work.model_copy(update=update)})


def written(*records: Record) -> str:
    return b"".join(endnote_xml.write(records)).decode()


@pytest.mark.parametrize(
    ("update", "old", "new"),
    [
        ({"title": "Forests & <trees>"}, f"<title>{STYLE}Random </style><style face='italic'>Forests</style></title>",
         f"<title>{STYLE}Forests &amp; &lt;trees&gt;</style></title>"),
        ({"author": (Name(family="Breiman", given="Leo"), Name(family="Roe", given="J."))}, "Leo</style></author>",
         "Leo</style></author><author>Roe, J.</author>"),
        ({"author": ()}, f"<contributors><authors><author>{STYLE}Breiman, Leo</style></author></authors></contributors>",
         ""),
        ({"volume": "45"}, "<dates>", "<volume>45</volume><dates>"),
        ({"issued": PartialDate(year=2001, month=10)}, "2001</style></year>",
         "2001</style></year><pub-dates><date>2001-10</date></pub-dates>"),
        ({"url": "http://a.b/?c&d"}, "<urls></urls>",
         "<urls><related-urls><url>http://a.b/?c&amp;d</url></related-urls></urls>"),
        ({"doi": "10.1000/x"}, "<urls>", "<electronic-resource-num>10.1000/x</electronic-resource-num><urls>"),
        ({"type": "chapter"}, '<ref-type name="Journal Article">17</ref-type>',
         '<ref-type name="Book Section">5</ref-type>'),
        ({"abstract": "One.\nTwo."}, "<urls>", "<abstract>One.&#xD;Two.</abstract><urls>"),
    ],
)  # fmt: skip
def test_a_field_changes_its_own_elements(update: dict[str, Any], old: str, new: str) -> None:
    """All on one line, as EndNote writes: nothing else changes, the style stays, a new element goes where EndNote has it."""
    record, other = read(HEAD + ONE + LINES + TAIL)
    assert written(changed(record, **update), other) == HEAD + ONE.replace(old, new) + LINES + TAIL


def test_the_journal_changes_wherever_it_stood() -> None:
    """Two elements that said the same go on saying the same."""
    record, other = read(HEAD + ONE + LINES + TAIL)
    now = HEAD + ONE.replace("Machine Learning", "Mach. Learn.") + LINES + TAIL
    assert written(changed(record, container_title="Mach. Learn."), other) == now


def test_new_elements_stand_on_lines_like_their_neighbours() -> None:
    """Indented where the file is; what is empty afterwards goes with its lines."""
    (record,) = read(HEAD + LINES + TAIL)
    more = written(changed(record, keyword=("a", "b"), title=None))
    keywords = "\n    <keywords>\n      <keyword>a</keyword>\n      <keyword>b</keyword>\n    </keywords>"
    assert (
        more == HEAD + LINES.replace("\n    <titles>\n      <title>Cart</title>\n    </titles>", keywords) + TAIL
    )
    (again,) = read(more)
    assert written(changed(again, keyword=(), title="Cart")) == HEAD + LINES + TAIL


def test_words_beside_a_doi_or_a_number_stay() -> None:
    """An article number in the DOI's place, the word for a medium beside an ISSN: nobody's to throw away."""
    doi = "<electronic-resource-num>Artn 5&#xD;10.1000/x</electronic-resource-num>"
    text = f"<record><isbn>0926-9630 (Print)</isbn>{doi}</record>"
    (record,) = read(HEAD + text + TAIL)
    after = written(changed(record, doi="10.1000/y", issn=("0926-9630", "2090-3170")))
    assert "<isbn>0926-9630 (Print)&#xD;2090-3170</isbn>" in after
    assert doi in after
    (again,) = read(after)
    assert (again.work.doi, again.work.issn) == ("10.1000/y", ("0926-9630", "2090-3170"))


@pytest.mark.parametrize("codec", ["cp1252", "utf-16", "utf-16-be", "gb18030"])
def test_other_encodings_keep(codec: str) -> None:
    """A new value goes into a file of any encoding, as a reference where it has no such character."""
    text = HEAD + LINES.replace("Cart", "中文标题测试" if codec == "gb18030" else "Müller") + TAIL
    data = ("\ufeff" + text).encode(codec) if codec == "utf-16-be" else text.encode(codec)
    (record,) = endnote_xml.read([data])
    assert b"".join(endnote_xml.write([record])) == data
    after = b"".join(endnote_xml.write([changed(record, publisher="Łódź")]))
    assert after.decode(codec).removeprefix("\ufeff").startswith(text[: text.index("<custom1>") - 6])
    (again,) = endnote_xml.read([after])
    assert again.work == record.work.model_copy(update={"publisher": "Łódź"})


@settings(max_examples=60)
@given(update=st.fixed_dictionaries({}, optional=MEMBERS), text=st.text(max_size=30))
def test_whatever_changes_the_file_stays_xml(update: dict[str, Any], text: str) -> None:
    """Any parser reads the file; characters that XML forbids are left out, nothing becomes markup."""
    records = read(HEAD + ONE + LINES + TAIL)
    after = written(*(changed(record, **{"note": text, **update}) for record in records))
    expat.ParserCreate().Parse(after, True)  # noqa: FBT003 -- expat's own signature
    again = read(after)
    assert len(again) == 2
    for record, now in zip(records, again, strict=True):
        expected = endnote_xml.held(changed(record, **{"note": text, **update}))
        for field in set(update) & {"title", "volume", "abstract", "keyword", "language", "doi"}:
            assert getattr(now.work, field) == getattr(expected, field)


def test_records_of_several_files_make_one() -> None:
    """Heads and ends of files do not get between records; a file that breaks off, or begins in the middle, becomes whole."""
    first = read(HEAD + ONE + LINES + TAIL)
    second = read("<?xml version='1.0'?>\n<xml>\n<records>\n" + LINES + "\n</records>\n</xml>\n")
    torn = read("<xml><records>" + LINES)
    fresh = Record(work=Work(type="book", title="New"), origin=Origin())
    for records in (
        [*first, *second],
        [*second, *first],
        [first[1], fresh, *torn],
        [*torn],
        [fresh, first[0]],
        [*torn, *second],
    ):
        after = written(*records)
        expat.ParserCreate().Parse(after, True)  # noqa: FBT003 -- expat's own signature
        assert [record.work for record in read(after)] == [record.work for record in records]


def test_a_word_citation_is_a_library_too() -> None:
    """The traveling library in a Word document wraps each record; what stands around it stays."""
    text = (
        f"<EndNote><Cite><Author>Breiman</Author>{ONE}</Cite><Cite><Author>Cart</Author>{LINES}</Cite></EndNote>"
    )
    records = read(text)
    assert [record.work.title for record in records] == ["Random Forests", "Cart"]
    assert written(*records) == text


def test_a_changed_record_keeps_its_spelling_of_the_doi() -> None:
    """Undo puts back the very text that stood there."""
    text = "<record><electronic-resource-num>DOI 10.1000/ABC</electronic-resource-num></record>"
    (record,) = read(HEAD + text + TAIL)
    other = record.model_copy(
        update={"work": record.work.model_copy(update={"doi": "10.1000/new"}), "doi_text": "10.1000/new"}
    )
    (now,) = read(written(other))
    back = now.model_copy(update={"work": record.work, "doi_text": "DOI 10.1000/ABC"})
    assert written(back) == HEAD + text + TAIL

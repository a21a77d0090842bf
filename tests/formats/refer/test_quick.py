"""The quick way of rewriting: it gives what the careful way gives, or steps aside."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.formats import refer
from enrich.formats.refer import quick
from enrich.formats.refer.rewrite import careful, place
from enrich.model import Record

LINES = {
    "%A": ["%A Roe, Jane", "%A Roe, Jane\n%A World Health Organization,", "%A Jane Roe"],
    "%T": ["%T A title", "%T A title with 58 % of (42 %) in it", "%T Über &lt;i&gt;x&lt;/i&gt;"],
    "%J": ["%J J. Test", "%B J. Test"],
    "%D": ["%D 2012", "%D 2012\n%8 May"],
    "%V": ["%V 7", "%V ", "%V 7\n%V 8"],
    "%N": ["%N 3"],
    "%P": ["%P 123-5", "%& 5\n%P 12"],
    "%I": ["%I A Press"],
    "%G": ["%G en"],
    "%@": ["%@ 2090-3170", "%@ 2090-3170\n2090-3189"],
    "%R": ["%R doi:10.1000/182", "%R 10.1000/182", "%R Technical Report 54", "%R oai:x\n%R 10.1000/182"],
    "%K": ["%K one\ntwo", "%K one; two"],
    "%X": ["%X An abstract.", "%X An abstract\nin two lines.", "%X 20 %X remained <br> here", "%X see %V 7 there"],
    "%U": ["%U http://example.org/", "%U https://doi.org/10.1000/182"],
    "%Z": ["%Z A note"],
    "%?": ["stray text", "%5 unknown"],
}
CHANGES: dict[str, list[Any]] = {
    "title": ["Another title", "100 % sure", "A title\nin two lines"],
    "volume": ["12", " 12", "%V 12"],
    "issue": ["4"],
    "page": ["123-125"],
    "number": ["e124"],
    "publisher": ["Another Press", "O’Reilly & Söhne"],
    "publisher_place": ["Berlin"],
    "container_title_short": ["J. T."],
    "issn": [("2090-3170", "2090-3189")],
    "isbn": [("9780306406157",)],
    "language": ["de"],
    "abstract": ["A shorter abstract."],
    "license": ["https://creativecommons.org/licenses/by/4.0/"],
}
texts = st.tuples(
    *(st.sampled_from(["", *forms]) for forms in LINES.values()),
    st.sampled_from(["%0 Journal Article", "%0 Book", ""]),
)
changes = st.fixed_dictionaries({}, optional={field: st.sampled_from(values) for field, values in CHANGES.items()})


def changed(text: str, change: dict[str, Any], *, bare: bool) -> Record:
    (record,) = refer.read([text.encode()], file="x.enw")
    update: dict[str, Any] = {"work": record.work.model_copy(update=change)}
    if bare and record.work.doi and record.doi_text:
        update["doi_text"] = record.work.doi
    return record.model_copy(update=update)


@settings(max_examples=400)
@given(
    texts,
    st.randoms(use_true_random=False),
    changes,
    st.booleans(),
    st.sampled_from(["\n", "\n\n", ""]),
    st.sampled_from(["\n", "\r\n", " "]),
)
def test_the_quick_way_agrees_with_the_careful_one(texts, chance, change, bare, tail, newline):
    """Whenever the quick way answers, its bytes are those of the careful way."""
    *lines, first = texts
    lines = [line for line in lines if line]
    chance.shuffle(lines)
    text = "\n".join(filter(None, [first, *lines]))
    text = (text.replace("\n", " ") if newline == " " else text) + tail
    if not text.strip() or "%" not in text.split("\n")[0]:
        return
    text = text.replace("\n", newline) if newline != " " else text
    try:
        record = changed(text, change, bare=bare)
    except ValueError:  # two records, or none
        return
    if record.source is None:
        return
    answer = quick.inserted(record, record.source, place)
    if answer is not None:
        assert answer == careful(record, record.source)


USUAL = (
    "%0 Journal Article\n%A Roe, Jane\n%D 2012\n%T A title, 58 % of it\n"
    "%J J. Test\n%R doi:10.1000/182\n%X An abstract.\n\n"
)


@pytest.mark.parametrize(("gap", "newline"), [("\n", "\n"), ("\r\n", "\r\n"), (" ", "\n")])
def test_the_usual_record_takes_the_quick_way(gap, newline):
    """A journal article, perhaps flattened, that gains volume, pages, ISSN and a bare DOI: what the quick way is for."""
    change = {"volume": "12", "page": "1-10", "issn": ("2090-3170", "2090-3189"), "language": "en"}
    record = changed(USUAL.strip().replace("\n", gap) + newline * 2, change, bare=True)
    assert record.source is not None
    answer = quick.inserted(record, record.source, place)
    assert answer is not None
    assert answer.decode().split(newline) == [
        "%0 Journal Article", "%A Roe, Jane", "%D 2012", "%T A title, 58 % of it", "%J J. Test", "%V 12", "%P 1-10",
        "%R 10.1000/182", "%@ 2090-3170", "%@ 2090-3189", "%G en", "%X An abstract.", "", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        USUAL.replace("%0 Journal Article", "%0 Book"),
        USUAL.replace("An abstract.", "An abstract\nin two lines."),
        USUAL.replace("An abstract.", "We added 5 %V of it"),
        USUAL.replace("\n", " ").replace("An abstract.", "We added 5 %V of it").strip() + "\n\n",
        USUAL.replace("%J", "%V \n%J"),
        USUAL.replace("%X", "%5 unknown\n%X").replace("An abstract.", "x<br>y"),
    ],
)
def test_what_is_unusual_is_left_to_the_careful_way(text):
    """Another type, continued lines, tags in running text: None."""
    record = changed(text, {"volume": "12"}, bare=False)
    assert record.source is not None
    assert quick.inserted(record, record.source, place) is None

"""mEDRA: what is asked, and what is read of its ONIX."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from agencies.world import NOW, World, response
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.agencies import medra, read, settle
from enrich.errors import ProtocolError
from enrich.identifiers.doi import Doi
from enrich.model import Elsewhere, Failure, Found, Name, PartialDate, Record, Unavailable

DOI = Doi("10.1430/8105")
ISSUE = """<JournalIssue><JournalVolumeNumber>5</JournalVolumeNumber><JournalIssueNumber>2</JournalIssueNumber>
  <JournalIssueDate><DateFormat>01</DateFormat><Date>202206</Date></JournalIssueDate></JournalIssue>"""
JOURNAL = """<SerialPublication><SerialWork>
  <WorkIdentifier><WorkIDType>16</WorkIDType><IDValue>2090-3170</IDValue></WorkIdentifier>
  <Title language="eng"><TitleType>01</TitleType><TitleText>Review of Tests</TitleText></Title>
  <Title language="ita"><TitleType>01</TitleType><TitleText>Rivista delle prove</TitleText></Title>
  <Title><TitleType>05</TitleType><TitleText>Riv. prove</TitleText></Title>
  <Publisher><PublishingRole>01</PublishingRole><PublisherName>Il Saggio</PublisherName></Publisher>
 </SerialWork>
 <SerialVersion><ProductIdentifier><ProductIDType>07</ProductIDType><IDValue>1050124</IDValue></ProductIdentifier>
  <ProductForm>JD</ProductForm></SerialVersion></SerialPublication>"""
ITEM = """<ContentItem>
 <TextItem><TextItemType>10</TextItemType><PageRun><FirstPageNumber>97</FirstPageNumber>
  <LastPageNumber>138</LastPageNumber></PageRun></TextItem>
 <Title language="eng"><TitleType>06</TitleType><TitleText>Tests &amp;amp; trials</TitleText></Title>
 <Title language="ita"><TitleType>01</TitleType><TitleText>Prove di <i>H<sub>2</sub>O</i></TitleText>
  <Subtitle>Un saggio</Subtitle></Title>
 <Contributor><SequenceNumber>2</SequenceNumber><ContributorRole>A01</ContributorRole>
  <NamesBeforeKey>Anna Maria</NamesBeforeKey><PrefixToKey>De</PrefixToKey><KeyNames>Rossi</KeyNames></Contributor>
 <Contributor><SequenceNumber>1</SequenceNumber><ContributorRole>A01</ContributorRole>
  <NameIdentifier><NameIDType>21</NameIDType><IDValue>https://orcid.org/0000-0002-1825-0097</IDValue></NameIdentifier>
  <PersonNameInverted>Bianchi, Carlo</PersonNameInverted>
  <ProfessionalAffiliation><Affiliation>Università di Prova</Affiliation></ProfessionalAffiliation></Contributor>
 <Contributor><SequenceNumber>3</SequenceNumber><ContributorRole>A01</ContributorRole>
  <PersonNameInverted>Gruppo di prova</PersonNameInverted></Contributor>
 <Contributor><SequenceNumber>4</SequenceNumber><ContributorRole>B01</ContributorRole>
  <PersonNameInverted>Verdi, Luca</PersonNameInverted></Contributor>
 <Contributor><ContributorRole>B06</ContributorRole><PersonName>Jane Roe</PersonName></Contributor>
 <Contributor><ContributorRole>A12</ContributorRole><PersonName>An Illustrator</PersonName></Contributor>
 <Language><LanguageRole>01</LanguageRole><LanguageCode>ita</LanguageCode></Language>
 <OtherText><TextTypeCode>02</TextTypeCode><Text>In breve.</Text></OtherText>
 <OtherText><TextTypeCode>01</TextTypeCode><Text>&lt;p&gt;Si prova.&lt;/p&gt;</Text></OtherText>
 <PublicationDate>20220720</PublicationDate>
 <RelatedWork><RelationCode>85</RelationCode>
  <WorkIdentifier><WorkIDType>06</WorkIDType><IDValue>10.1430/8000</IDValue></WorkIdentifier></RelatedWork>
</ContentItem>"""
ARTICLE = f"<DOIWebsiteLink>https://example.org/8105</DOIWebsiteLink>{JOURNAL}{ISSUE}{ITEM}"


def message(inner: str, kind: str = "DOISerialArticleWork", doi: str = DOI) -> bytes:
    """Return a message as mEDRA sends it, about one DOI."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<ONIX{kind}RegistrationMessage xmlns="http://www.editeur.org/onix/DOIMetadata/2.0">'
        "<Header><FromCompany>mEDRA</FromCompany><SentDate>20260305</SentDate></Header>"
        f"<{kind}><NotificationType>07</NotificationType><DOI>{doi}</DOI>{inner}</{kind}>"
        f"</ONIX{kind}RegistrationMessage>"
    ).encode()


def record(document: bytes, doi: Doi = DOI) -> Record:
    """Return the record of a DOI in a message."""
    return read("medra", orjson.dumps(medra.trim(document, doi)), doi=doi, retrieved_at=NOW)


@pytest.mark.parametrize("kind", ["DOISerialArticleWork", "DOISerialArticleVersion"])
def test_an_article(kind: str) -> None:
    """Every element stands where it belongs, in the language of the work; other titles are kept as spellings."""
    found = record(message(ARTICLE, kind))
    assert found.work.model_dump(exclude_defaults=True) == {
        "type": "article-journal",
        "title": "Prove di H2O: Un saggio",
        "container_title": "Rivista delle prove",
        "container_title_short": "Riv. prove",
        "author": (
            {
                "family": "Bianchi",
                "given": "Carlo",
                "orcid": "0000-0002-1825-0097",
                "affiliation": ("Università di Prova",),
            },
            {"family": "De Rossi", "given": "Anna Maria"},
            {"literal": "Gruppo di prova"},
        ),
        "editor": ({"family": "Verdi", "given": "Luca"},),
        "translator": ({"literal": "Jane Roe"},),
        "issued": {"year": 2022, "month": 7, "day": 20},
        "volume": "5",
        "issue": "2",
        "page": "97-138",
        "publisher": "Il Saggio",
        "issn": ("1050-124X", "2090-3170"),
        "doi": DOI,
        "abstract": "Si prova.",
        "language": "it",
    }
    assert found.registration is not None
    assert found.registration.titles == ("Prove di H2O: Un saggio", "Prove di H2O", "Tests & trials")
    assert set(found.registration.container_titles) == {"Review of Tests", "Rivista delle prove", "Riv. prove"}
    assert [date.isoformat() for date in found.registration.published] == ["2022-07-20", "2022-06"]
    assert found.registration.relations == (("is-translation-of", "10.1430/8000"),)
    assert found.registration.resource == "https://example.org/8105"


def test_a_chapter_and_its_book() -> None:
    """A chapter's book is its container, with the book's publisher, ISBN and editors."""
    document = message(
        """<MonographicPublication><MonographicWork>
          <Title language="ger"><TitleType>01</TitleType><TitleText>Das Buch</TitleText><Subtitle>Proben</Subtitle></Title>
          <Contributor><ContributorRole>B01</ContributorRole><PersonNameInverted>Braun, Eva-Maria</PersonNameInverted>
          </Contributor></MonographicWork>
          <MonographicProduct><ProductIdentifier><ProductIDType>15</ProductIDType><IDValue>9780471117094</IDValue>
          </ProductIdentifier><Publisher><PublisherName>Probenverlag</PublisherName></Publisher>
          <CityOfPublication>Wien</CityOfPublication></MonographicProduct></MonographicPublication>
          <ContentItem><TextItem><PageRun><FirstPageNumber>5</FirstPageNumber></PageRun></TextItem>
          <Title language="ger"><TitleType>01</TitleType><TitleText>Kapitel 1</TitleText></Title>
          <Contributor><ContributorRole>A01</ContributorRole><PersonNameInverted>Grün, Max</PersonNameInverted></Contributor>
          <Language><LanguageRole>01</LanguageRole><LanguageCode>ger</LanguageCode></Language>
          <PublicationDate>2020</PublicationDate></ContentItem>""",
        "DOIMonographChapterWork",
    )
    assert record(document).work.model_dump(exclude_defaults=True) == {
        "type": "chapter",
        "title": "Kapitel 1",
        "container_title": "Das Buch: Proben",
        "author": ({"family": "Grün", "given": "Max"},),
        "editor": ({"family": "Braun", "given": "Eva-Maria"},),
        "issued": {"year": 2020},
        "page": "5",
        "publisher": "Probenverlag",
        "publisher_place": "Wien",
        "isbn": ("9780471117094",),
        "doi": DOI,
        "language": "de",
    }


def test_a_book_in_a_series() -> None:
    """A monograph is described by the record itself, and stands in a series."""
    document = message(
        """<ProductIdentifier><ProductIDType>15</ProductIDType><IDValue>9780471117094</IDValue></ProductIdentifier>
          <Series><Title><TitleType>01</TitleType><TitleText>Studi</TitleText></Title>
          <NumberWithinSeries>12</NumberWithinSeries></Series>
          <Title><TitleType>01</TitleType><TitlePrefix>Il</TitlePrefix><TitleWithoutPrefix>Libro</TitleWithoutPrefix></Title>
          <Contributor><ContributorRole>A01</ContributorRole><CorporateName>Istituto di Prova</CorporateName></Contributor>
          <EditionNumber>2</EditionNumber><NumberOfPages>320</NumberOfPages>
          <Publisher><PublisherName>Il Saggio</PublisherName></Publisher><PublicationDate>202209</PublicationDate>""",
        "DOIMonographicProduct",
    )
    assert record(document).work.model_dump(exclude_defaults=True) == {
        "type": "book",
        "title": "Il Libro",
        "collection_title": "Studi",
        "author": ({"literal": "Istituto di Prova"},),
        "issued": {"year": 2022, "month": 9},
        "volume": "12",
        "number_of_pages": "320",
        "edition": "2",
        "publisher": "Il Saggio",
        "isbn": ("9780471117094",),
        "doi": DOI,
    }


def test_a_journal_and_an_issue() -> None:
    """A journal is what its title says, an issue stands in its journal."""
    journal = record(message(JOURNAL, "DOISerialTitleWork")).work
    assert (journal.type, journal.title, journal.container_title) == ("periodical", "Review of Tests", None)
    issue = record(message(f"{JOURNAL}{ISSUE}", "DOISerialIssueWork")).work
    assert (issue.type, issue.title, issue.container_title) == ("periodical", None, "Review of Tests")
    assert (issue.volume, issue.issue, issue.issued) == ("5", "2", PartialDate(year=2022, month=6))


@pytest.mark.parametrize(
    ("date", "form", "expected"),
    [
        ("20220720", "00", PartialDate(year=2022, month=7, day=20)),
        ("202207", "01", PartialDate(year=2022, month=7)),
        ("202207", "02", PartialDate(year=2022)),
        ("20223", "03", PartialDate(year=2022)),
        ("20223", "04", PartialDate(year=2022, season=3)),
        ("20229", "04", PartialDate(year=2022)),
        ("2022", "05", PartialDate(year=2022)),
        ("2022060120220731", "06", PartialDate(year=2022, month=6, day=1)),
        ("202206202207", "07", PartialDate(year=2022, month=6)),
        ("20212022", "10", PartialDate(year=2021)),
        ("2022-07-20", "00", PartialDate(year=2022, month=7, day=20)),
        ("Frühjahr 2022", "12", None),
        ("0000", "05", None),
        ("", "00", None),
    ],
)
def test_dates_in_all_formats(date: str, form: str, expected: PartialDate | None) -> None:
    """Days, months, seasons and years are read; of weeks, quarters and ranges, where they begin."""
    when = f"<JournalIssueDate><DateFormat>{form}</DateFormat><Date>{date}</Date></JournalIssueDate>"
    assert record(message(f"<JournalIssue>{when}</JournalIssue>")).work.issued == expected


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ("<PersonNameInverted>La Rosa, Marco</PersonNameInverted>", Name(family="La Rosa", given="Marco")),
        ("<PersonNameInverted>Plinio</PersonNameInverted>", Name(family="Plinio")),
        ("<PersonName>Carlo Bianchi</PersonName>", Name(literal="Carlo Bianchi")),
        ("<KeyNames>Rossi</KeyNames>", Name(family="Rossi")),
        ("<CorporateName>Istituto</CorporateName>", Name(literal="Istituto")),
        (
            "<NamesBeforeKey>M. L.</NamesBeforeKey><KeyNames>King</KeyNames><SuffixToKey>Jr.</SuffixToKey>",
            Name(family="King", given="M. L.", suffix="Jr."),
        ),
        ("<UnnamedPersons>02</UnnamedPersons>", None),
        ("", None),
    ],
)
def test_names_in_all_forms(person: str, name: Name | None) -> None:
    """A name is read from its parts, from its inverted form, or kept whole; nobody is nobody."""
    item = f"<ContentItem><Contributor><ContributorRole>A01</ContributorRole>{person}</Contributor></ContentItem>"
    assert record(message(item)).work.author == ((name,) if name else ())


def test_it_is_asked_for_one_doi_at_a_time(world: World) -> None:
    """The DOI stands in the path with its slash; what is stored reads as what was answered."""
    world.medra = {DOI: message(ARTICLE, doi="10.1430/8105")}
    found = world.drive(settle("medra", [DOI]))[DOI]
    assert isinstance(found, Found)
    assert [(request.service, request.target, request.accept) for request in world.asked] == [
        ("medra", "/metadata/10.1430/8105", "application/vnd.medra.onixdoi+xml, application/xml")
    ]
    assert found.record.source is not None
    assert found.record.origin.agency == "medra"
    assert read("medra", found.record.source.raw, doi=DOI, retrieved_at=NOW) == found.record


BOMB = (
    b'<!DOCTYPE M [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + message(ARTICLE).partition(b"?>\n")[2]
)


@pytest.mark.parametrize(
    "answer",
    [
        response(b"<html><body>Service unavailable</body></html>", 200, "text/html"),
        response(message(ARTICLE, doi="10.1430/other"), 200, "application/xml"),
        response(message(ARTICLE, "Nothing"), 200, "application/xml"),
        response(message(ARTICLE)[:-50], 200, "application/xml"),
        response(BOMB, 200, "application/xml"),
        response(b"", 200, "application/xml"),
        response(b"", 503),
        Failure(reason="timeout", detail="30 s"),
    ],
    ids=["HTML", "another DOI", "another kind", "cut", "entities", "nothing", "503", "time-out"],
)
def test_what_is_no_answer_is_no_absence(world: World, answer: Any) -> None:
    """A page, another record, a cut or hostile document leave the DOI unavailable, unless negotiation helps."""
    world.agencies, world.handles = {DOI: "mEDRA"}, {DOI: "https://example.org/x"}
    world.trouble = lambda request: answer if request.service == "medra" else None
    assert isinstance(world.drive(settle("medra", [DOI]))[DOI], Unavailable)


def test_negotiation_is_the_way_round(world: World) -> None:
    """While the interface fails, and for what it does not know, doi.org's CSL item serves."""
    world.agencies, world.handles = {DOI: "mEDRA"}, {DOI: "https://example.org/x"}
    world.negotiated = {DOI: {"DOI": DOI, "title": "Prove", "type": "article-journal"}}
    assert isinstance(world.drive(settle("medra", [DOI]))[DOI], Found)
    world.trouble = lambda request: Failure(reason="server", detail="500") if request.service == "medra" else None
    assert isinstance(world.drive(settle("medra", [DOI]))[DOI], Found)
    world.trouble, world.negotiated = lambda _request: None, {}
    assert world.drive(settle("medra", [DOI])) == {DOI: Elsewhere(doi=DOI, agency="medra")}


@pytest.mark.parametrize(
    "answer", [b"{}", b"[]", b"<xml/>", b'{"DOI": "10.1430/1"}', b'{"DOI": "10.1430/1", "record": 5}']
)
def test_what_was_never_stored_is_refused(answer: bytes) -> None:
    """Only what `trim` made is a stored answer."""
    with pytest.raises(ProtocolError):
        read("medra", answer, doi=DOI, retrieved_at=NOW)


NAMES = [*medra.SHAPE, "SerialWork", "Title", "TitleText", "IDValue", "Date", "PageRun", "LanguageCode", "Text"]
NODE = st.recursive(
    st.text(alphabet="01aé, -2/.<", max_size=9) | st.none() | st.integers(0, 9),
    lambda inner: st.dictionaries(st.sampled_from(NAMES), st.lists(inner, max_size=3) | inner, max_size=4),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(NAMES), st.lists(NODE, max_size=3), max_size=6),
    st.sampled_from([*medra.KINDS, "x"]),
)
@settings(max_examples=60)
def test_any_stored_answer_is_read(members: dict[str, Any], kind: str) -> None:
    """No shape of what was stored raises."""
    stored = {"DOI": DOI, "kind": f"{kind}Work", "record": members}
    assert read("medra", orjson.dumps(stored), doi=DOI, retrieved_at=NOW).work.doi == DOI


SAMPLE = message(ARTICLE)


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(SAMPLE)),
            st.integers(0, 40),
            st.sampled_from([b"", b"<", b"</", b"&a;", b"\xff", b"9", b"<DOI>"]),
        ),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=60)
def test_no_change_of_bytes_raises(changes: list[tuple[int, int, bytes]]) -> None:
    """Whatever is cut out of a message or put into it, it is read or it is nothing."""
    document = SAMPLE
    for place, length, put in changes:
        document = document[:place] + put + document[place + length :]
    stored = medra.trim(document, DOI)
    if stored:
        assert read("medra", orjson.dumps(stored), doi=DOI, retrieved_at=NOW).work.doi == DOI

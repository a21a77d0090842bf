"""Records of every agency through the whole pipeline, over sockets."""

from __future__ import annotations

import pytest
from standin import StandIn

from enrich.enricher import Enricher
from enrich.formats import refer
from enrich.settings import Settings

pytestmark = pytest.mark.anyio
LIBRARY = """%0 Journal Article
%A Tanaka, Taro
%T On Tests
%D 2009
%V 7
%P 1_11
%R 10.11467/isss2003.7.1_11

%0 Journal Article
%A Bianchi, Carlo
%T Prove
%J Rivista delle prove
%D 2022
%R 10.1430/8105

%0 Journal Article
%A Kim, Minsu
%T Of Libraries
%D 2011
%R 10.3743/kosim.2011.28.2.117

"""
ARTICLE = {
    "content_type": "JA",
    "doi": "10.11467/isss2003.7.1_11",
    "ra": "JaLC",
    "content_language": "ja",
    "title_list": [{"lang": "ja", "title": "試験について"}, {"lang": "en", "title": "On Tests"}],
    "creator_list": [{"names": [{"lang": "ja", "last_name": "田中", "first_name": "太郎"}]}],
    "publication_date": {"publication_year": "2009"},
    "journal_title_name_list": [{"journal_title_name": "試験学会誌", "type": "full", "lang": "ja"}],
    "volume": "7",
    "issue": "1",
    "first_page": "1_11",
    "last_page": "1_20",
}
MESSAGE = b"""<?xml version="1.0"?><ONIXDOISerialArticleWorkRegistrationMessage><DOISerialArticleWork>
<DOI>10.1430/8105</DOI><SerialPublication><SerialWork><Title><TitleType>01</TitleType>
<TitleText>Rivista delle prove</TitleText></Title></SerialWork></SerialPublication>
<JournalIssue><JournalVolumeNumber>5</JournalVolumeNumber></JournalIssue>
<ContentItem><Title><TitleType>01</TitleType><TitleText>Prove</TitleText></Title>
<Contributor><ContributorRole>A01</ContributorRole><PersonNameInverted>Bianchi, Carlo</PersonNameInverted></Contributor>
<PublicationDate>20220720</PublicationDate></ContentItem>
</DOISerialArticleWork></ONIXDOISerialArticleWorkRegistrationMessage>"""


async def test_jalc_medra_and_an_agency_that_publishes_nothing(
    standin: StandIn, standin_settings: Settings
) -> None:
    """Each is asked in its own way; a title in another language confirms; what cannot be asked is said to be elsewhere."""
    standin.jalc["10.11467/isss2003.7.1_11"] = ARTICLE
    standin.medra["10.1430/8105"] = MESSAGE
    standin.agencies["10.3743/kosim.2011.28.2.117"] = "KISTI"
    records = list(refer.read([LIBRARY.encode()]))
    for asked in ({"jalc", "medra", "doi"}, set[str]()):  # the second time the cache answers
        async with Enricher(standin_settings) as enricher:
            results = [result async for result in enricher.stream(records)]
        assert [result.agency for result in results] == ["jalc", "medra", "kisti"]
        assert [result.status for result in results] == ["enriched", "enriched", "elsewhere"]
        filled = [{change.field: change.after for change in result.changes} for result in results]
        assert filled[0] == {"container-title": "試験学会誌", "issue": "1", "language": "ja"}
        assert filled[1]["volume"] == "5"
        assert "registered with KISTI, which publishes no metadata" in results[2].notes[0].text
        assert {request.path.split("/")[1] for request in standin.requests} == asked
        standin.requests.clear()
    assert not standin.violations

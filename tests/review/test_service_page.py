"""The page of a service: what it asks for, and in a real browser."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

pytest.importorskip("starlette")
pytest.importorskip("playwright")
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright
from pydantic import SecretStr
from review_pages import CHROMIUM, Watch, launched, served, shoot
from starlette.testclient import TestClient

from enrich import formats
from enrich.identifiers.doi import Doi
from enrich.model.outcome import Elsewhere, NotFound
from enrich.report.outcome import explanation
from enrich.service import assets, pages, problems
from enrich.service.app import create_app
from enrich.service.problems import ProblemError
from enrich.settings import Settings

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
HERE = Path(__file__).parent
expect.set_options(timeout=30_000)
in_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")


@pytest.fixture(scope="module")
def client(offline: Settings) -> Iterator[TestClient]:
    """A client of the service."""
    with TestClient(create_app(offline), base_url="http://127.0.0.1") as client:
        yield client


def ordered(library: bytes, **more: Any) -> dict[str, Any]:
    return {"library": base64.b64encode(library).decode(), **more}


def test_the_page_and_its_files_are_served_to_be_kept(client: TestClient):
    """Every file of the page has an entity tag, is not sent twice, and lets nothing else in; nothing but them is served."""
    files = {entry.name for entry in (Path(pages.__file__).parent / "page").iterdir()}
    for name in ["", *(f"page/{file}" for file in files)]:
        first = client.get(f"/{name}")
        assert first.status_code == 200
        policy = first.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        again = client.get(f"/{name}", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    for name in ("../assets.py", "..%2fassets.py", "%2e%2e/assets.py", "nothing.js", "__init__.py"):
        assert client.get(f"/page/{name}").status_code == 404


def test_a_library_is_read_beside_the_loop(client: TestClient, monkeypatch: pytest.MonkeyPatch):
    """However long a record takes to be read, nobody else waits for it: no record of a review is read by the loop itself."""
    threads = set()

    def read(*arguments: Any, **more: Any) -> Iterator[Any]:
        for record in reading(*arguments, **more):
            threads.add(threading.current_thread().name.partition("_")[0])
            yield record

    reading = formats.read
    monkeypatch.setattr(formats, "read", read)
    assert client.post("/review", content=(EXAMPLES / "library.enw").read_bytes()).status_code == 200
    assert threads == {"reader"}


def test_the_page_names_nothing_that_is_elsewhere():
    """No file of the page loads anything but its own, and none makes markup of a text."""
    for entry in (Path(pages.__file__).parent / "page").iterdir():
        text = entry.read_text()
        for banned in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            " style=",
        ):
            assert banned not in text, (entry.name, banned)
        if entry.suffix == ".html":
            assert "http" not in text
            assert " on" not in "".join(part.split(">")[0] for part in text.split("<")[1:])


def test_a_review_comes_record_by_record(client: TestClient):
    """The library is answered line by line, one for each record in order, then the summary."""
    answer = client.post("/review", content=(EXAMPLES / "library.enw").read_bytes())
    *rows, last = map(orjson.loads, answer.content.splitlines())
    assert [row["index"] for row in rows] == list(range(28))
    assert last["summary"]["records"] == 28
    assert any(row["items"] for row in rows)


def test_what_is_no_library_is_told(client: TestClient, monkeypatch: pytest.MonkeyPatch):
    """A file that is none, a policy that is none, and one that is too large are problems with a sentence."""
    assert client.post("/review", content=b"%PDF-1.7").status_code == 422
    assert client.post("/review?policy=/etc/passwd.toml", content=b"%T A\n").status_code == 400
    monkeypatch.setattr(pages, "LIMIT", 10)
    answer = client.post("/review", content=b"%T A long title\n")
    assert answer.status_code == 413
    assert "enrich review" in answer.json()["detail"]


def test_what_was_decided_is_written(client: TestClient):
    """The library comes back with the values in their records, everything else byte for byte; or in another format."""
    library = (EXAMPLES / "library.enw").read_bytes()
    same = client.post("/apply", json=ordered(library))
    assert same.content == library
    decisions = [{"record": 2, "fields": {"title": "Deep", "volume": "521"}}]
    done = client.post("/apply", json=ordered(library, decisions=decisions))
    before, after = list(formats.read([library])), list(formats.read([done.content]))
    assert (after[2].work.title, after[2].work.volume) == ("Deep", "521")
    assert [r.work for r in after[:2] + after[3:]] == [r.work for r in before[:2] + before[3:]]
    for name in (form["name"] for form in client.get("/page/session").json()["formats"]):
        answer = client.post("/apply", json=ordered(library, to=name, decisions=decisions))
        assert answer.status_code == 200, name
        assert b"Deep" in answer.content


def test_values_without_a_place_are_counted(client: TestClient):
    """What the record's own format cannot hold is left out, and the answer says how much."""
    decisions = [{"record": 0, "fields": {"original-title": "Zufallswälder", "volume": "45"}}]
    answer = client.post("/apply", json=ordered(b"%0 Journal Article\n%T Random Forests\n", decisions=decisions))
    assert answer.headers["X-Lost"] == "1"
    assert b"%V 45" in answer.content


WRONG: list[tuple[Any, int]] = [
    ([], 400),
    ({"library": "%%%"}, 400),
    ({"library": 1}, 400),
    (ordered(b"%T A\n", to="word"), 400),
    (ordered(b"%T A\n", source="word"), 400),
    (ordered(b"%PDF-1.7"), 422),
    (ordered(b"%T A\n", decisions=[{"record": -1, "fields": {}}]), 400),
    (ordered(b"%T A\n", decisions=[{"record": 7, "fields": {"title": "B"}}]), 422),
    (ordered(b"%T A\n", decisions=[{"record": 0, "fields": {"DOI": "none"}}]), 422),
    (ordered(b"%T A\n", decisions=[{"record": 0, "fields": {"colour": "red"}}]), 422),
]


@pytest.mark.parametrize(("sent", "status"), WRONG)
def test_a_wrong_order_is_a_problem(client: TestClient, sent: Any, status: int):
    """Whatever is sent, the answer is a problem that says what is wrong, never an error of the service's own."""
    answer = client.post("/apply", json=sent)
    assert answer.status_code == status
    assert answer.json()["detail"]
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, started once."""
    with sync_playwright() as playwright:
        browser = launched(playwright)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, offline: Settings) -> Iterator[Callable[..., Page]]:
    """Open the page in windows of different sizes; afterwards none has done what it must not."""
    with served(lambda _close: create_app(offline)) as origin:
        watch = Watch(origin)
        contexts = []

        def opened(width: int = 1280, height: int = 860, *, dark: bool = False) -> Page:
            context = browser.new_context(
                color_scheme="dark" if dark else "light", viewport={"width": width, "height": height}
            )
            context.set_default_timeout(30_000)
            contexts.append(context)
            page = context.new_page()
            watch.over(page)
            page.goto(f"{origin}/")
            expect(page.locator("#start")).to_be_visible()
            return page

        yield opened
        for context in contexts:
            context.close()
    assert watch.problems == []


@in_browser
def test_paste_review_download(visit: Callable[..., Page]):
    """Records are pasted, looked up, decided about, and downloaded in another format with what was accepted."""
    page = visit()
    page.get_by_role("button", name="Use an example").click()
    page.locator("#start").click()
    expect(page.locator("#finish")).to_be_enabled()
    expect(page.locator(".row")).to_have_count(3)
    page.locator("#accept-all").click()
    page.get_by_role("button", name="Download").click()
    page.get_by_label("Format").select_option("ris")
    with page.expect_download() as download:
        page.get_by_role("dialog").get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "library-clean.ris"
    records = list(formats.read([Path(download.value.path()).read_bytes()]))
    assert [record.work.volume for record in records] == ["2", "521", "215"]
    expect(page.locator("#banner")).to_contain_text("written; the download has begun")


@in_browser
def test_a_dropped_file(visit: Callable[..., Page]):
    """A chosen file is looked up by its name, and comes back byte for byte as long as nothing is accepted."""
    page = visit()
    page.locator("#file").set_input_files(EXAMPLES / "library.enw")
    expect(page.locator("#chosen")).to_contain_text("library.enw")
    page.locator("#start").click()
    expect(page.locator("#finish")).to_be_enabled()
    page.keyboard.press("s")
    with page.expect_download() as download:
        page.get_by_role("dialog").get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "library-clean.enw"
    assert Path(download.value.path()).read_bytes() == (EXAMPLES / "library.enw").read_bytes()


def absent(outcome: NotFound | Elsewhere) -> Callable[[Route], None]:
    """Return what answers as a service does that asked the agencies."""
    with pytest.raises(ProblemError) as raised:
        problems.absent(outcome, explanation(outcome), wait=1)
    document = raised.value.document()

    def answer(route: Route) -> None:
        route.fulfill(status=document["status"], json=document)

    return answer


@in_browser
def test_what_goes_wrong_says_what_to_do(visit: Callable[..., Page], tmp_path: Path):
    """An empty box, no library, a DOI that is unknown or has no metadata: each with a way out, at the place it is about."""
    page = visit()
    page.locator("#start").click()
    expect(page.locator("#desk-fault")).to_contain_text("Paste a record first")
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.7")
    page.locator("#file").set_input_files(tmp_path / "paper.pdf")
    page.locator("#start").click()
    expect(page.locator("#desk-fault")).to_contain_text("a PDF, which is no bibliography")
    page.locator("#doi").fill("10.1000/nothing-here")
    page.keyboard.press("Enter")
    expect(page.locator("#found")).to_contain_text("Nobody could be asked just now")  # the service is offline
    doi = Doi("10.1000/nothing-here")
    for outcome, told in (
        (NotFound(doi=doi, source="crossref"), "know no such DOI"),
        (Elsewhere(doi=doi, agency="CNKI"), "registered with CNKI, which publishes no metadata"),
    ):
        page.route("**/works/**", absent(outcome))
        page.keyboard.press("Enter")
        expect(page.locator("#found")).to_contain_text(told)
        page.unroute("**/works/**")
    expect(page.locator("#found").get_by_role("link")).to_have_attribute("href", f"https://doi.org/{doi}")
    page.locator("#doi").fill("no DOI at all")
    page.keyboard.press("Enter")
    expect(page.locator("#found")).to_contain_text("DOI")


@in_browser
@pytest.mark.parametrize(("width", "dark"), [(360, True), (1280, False), (1280, True), (1920, False)])
def test_readable_by_everybody(visit: Callable[..., Page], width: int, dark: bool):  # noqa: FBT001 -- a case
    """At any width and in both schemes: text stands out (WCAG AA), controls have names, nothing is cut off sideways."""
    page = visit(width, 740 if width == 360 else 860, dark=dark)
    page.locator("#doi").fill("https://doi.org/10.1038/nature14539")
    page.locator("#doi").press("Enter")
    expect(page.locator("#found")).to_contain_text("Deep learning")
    page.locator("#example").click()
    shoot(page, f"service-{'dark' if dark else 'light'}-{width}")
    assert page.evaluate((HERE / "contrast.js").read_text()) == []
    assert page.evaluate((HERE / "nameless.js").read_text()) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def looked_up(page: Page) -> None:
    """Review the sample library on the page."""
    page.locator("#file").set_input_files(EXAMPLES / "library.enw")
    page.locator("#start").click()
    expect(page.locator("#finish")).to_be_enabled()


AT_HOME = """() => { const at = document.activeElement;
  return at !== document.body && at.checkVisibility() && !at.matches(':disabled'); }"""


@in_browser
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844), (320, 256)])
def test_the_focus_is_never_lost(visit: Callable[..., Page], width: int, height: int):
    """Whatever is done by keyboard, the focus is on what is shown: also when the pressed button goes away."""
    page = visit(width, height)
    page.locator("#example").press("Enter")
    page.locator("#start").press("Enter")
    expect(page.locator("#live")).to_contain_text("fields to decide about")
    assert page.evaluate(AT_HOME)
    page.locator("#accept-all").press("Enter")
    expect(page.locator("#accept-all")).to_have_count(0)
    assert page.evaluate(AT_HOME)
    page.locator("#filters").evaluate("each => { each.open = true; }")
    page.locator("#text").fill("no such words")
    page.locator("#nothing button").press("Enter")
    expect(page.locator("#nothing")).to_be_hidden()
    assert page.evaluate(AT_HOME)
    page.locator("#list").press("End")
    expect(page.locator(".row").last).to_have_attribute("aria-selected", "true")
    expect(page.locator("#list")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("article[aria-current]")).to_be_focused()
    page.locator(".whole summary").press("Enter")
    page.locator("[data-field=type] button").press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator("[data-field=type] button")).to_be_focused()
    page.locator("[data-field=type] button").press("Enter")
    page.keyboard.type("x")
    page.keyboard.press("Enter")
    expect(page.locator("[data-field=type] button")).to_be_focused()
    assert page.locator("main:visible").count() == 1


@in_browser
@pytest.mark.parametrize(("width", "height"), [(320, 256), (844, 390), (640, 360), (1280, 480)])
def test_a_window_of_any_height_shows_records(visit: Callable[..., Page], width: int, height: int):
    """Zoomed in to 400 %, or on a phone held across, records can be read and chosen, and nothing is cut off sideways."""
    page = visit(width, height)
    looked_up(page)
    page.locator(".row").nth(1).click()
    expect(page.locator(".where")).to_contain_text("Record 2")
    expect(page.locator("#title")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@in_browser
def test_the_name_of_a_library_stands_before_its_buttons(visit: Callable[..., Page]):
    """On a phone the header has the file's name above or beside its buttons, cut off with dots however long it is."""
    page = visit(390, 844)
    page.locator("#file").set_input_files(
        {"name": f"{'long ' * 30}.enw", "mimeType": "", "buffer": b"%T A\n%R 10.1038/nature14539\n"}
    )
    page.locator("#start").click()
    expect(page.locator("#finish")).to_be_enabled()
    name, ends = (page.locator(each).bounding_box() or {} for each in ("#name", "#ends"))
    assert name["y"] <= ends["y"]
    assert name["height"] < 40
    assert name["x"] + name["width"] <= 390


@in_browser
def test_back_leads_to_what_was_before(visit: Callable[..., Page]):
    """The browser's Back leads from a record to the list, and from the review to the desk, where the records still are."""
    page = visit(390, 844)
    page.locator("#example").click()
    page.locator("#start").click()
    expect(page.locator("#finish")).to_be_enabled()
    page.locator(".row").nth(1).click()
    expect(page.locator("#record")).to_be_visible()
    page.go_back()
    expect(page.locator("#list")).to_be_visible()
    page.locator(".row").nth(2).click()
    page.get_by_role("button", name="All records").click()
    expect(page.locator("#list")).to_be_visible()
    page.go_back()
    expect(page.locator("#library")).to_have_value(re.compile("Deep learning"))
    expect(page.locator("#start")).to_be_visible()
    page.locator("#start").click()
    expect(page.locator("#finish")).to_be_enabled()
    page.locator("#restart").click()
    expect(page.locator("#start")).to_be_visible()


ANSWERS = (HERE / "answers.js").read_text()


def look_up(page: Page, times: int = 1) -> None:
    """Look the library in the box up, and wait until that is asked for the n-th time."""
    page.locator("#start").click()
    page.wait_for_function("(times) => answers.length === times", arg=times)


@in_browser
def test_an_answer_that_breaks_off_leaves_what_came(visit: Callable[..., Page]):
    """Where the service is lost in the middle, what came stays to be read, and the page says what to do."""
    page = visit()
    page.evaluate(ANSWERS)
    page.locator("#example").click()
    look_up(page)
    page.evaluate("() => { answers[0].record(0, 'First'); }")
    expect(page.locator(".row")).to_have_count(1)
    page.evaluate("() => { answers[0].stream.error(new TypeError('network error')); }")
    expect(page.get_by_role("alert")).to_contain_text("The answer broke off")
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator("#finish")).to_be_disabled()


@in_browser
def test_starting_over_ends_what_was_under_way(visit: Callable[..., Page]):
    """Records of a library that was left never come among those of the next."""
    page = visit()
    page.evaluate(ANSWERS)
    page.locator("#example").click()
    look_up(page)
    page.evaluate("() => { answers[0].record(0, 'Of the first'); }")
    expect(page.locator(".row")).to_have_count(1)
    page.locator("#restart").click()
    look_up(page, 2)
    page.evaluate("""() => {
      try { answers[0].record(1, 'Of the first'); } catch { /* its answer is over */ }
      answers[1].record(0, 'Of the second'); answers[1].line({ summary: {} }); answers[1].stream.close();
    }""")
    expect(page.locator("#finish")).to_be_enabled()
    expect(page.locator(".row .name")).to_have_text(["Of the second"])
    expect(page.locator("#banner")).to_be_hidden()


@in_browser
@pytest.mark.parametrize("doi", ["..", ".", "a/../../b", "#", "?"])
def test_what_is_no_doi_is_no_address_either(visit: Callable[..., Page], doi: str):
    """Whatever is written in the place of a DOI is asked for as one, and answered by a sentence about it."""
    page = visit()
    page.locator("#doi").fill(doi)
    with page.expect_request("**/works/*"):
        page.locator("#doi").press("Enter")
    expect(page.locator("#found .fault")).to_contain_text(re.compile("not a DOI|no DOI|Nobody could be asked"))


@in_browser
def test_what_was_reviewed_is_what_comes_back(visit: Callable[..., Page], tmp_path: Path):
    """A file that is changed or gone after its look-up is downloaded as it was reviewed; an empty one is told as empty."""
    page = visit()
    library = tmp_path / "mine.enw"
    library.write_bytes(b"")
    page.locator("#file").set_input_files(library)
    page.locator("#start").click()
    expect(page.locator("#desk-fault")).to_have_text("This file is empty.")
    page.get_by_role("button", name="Paste instead").click()
    expect(page.locator("#library")).to_be_focused()
    original = (EXAMPLES / "library.enw").read_bytes()
    library.write_bytes(original)
    page.locator("#file").set_input_files(library)
    page.locator("#start").click()
    expect(page.locator("#finish")).to_be_enabled()
    library.write_bytes(b"%T Another\n")
    page.locator("#finish").click()
    with page.expect_download() as download:
        page.locator("#download").click()
    assert Path(download.value.path()).read_bytes() == original


def answering(item: dict[str, Any]) -> Callable[[Route], None]:
    """Return what answers any request with an item."""

    def answer(route: Route) -> None:
        route.fulfill(json=item)

    return answer


@in_browser
def test_a_hostile_answer_stays_text(visit: Callable[..., Page]):
    """What a registry says of one DOI is shown as text, whatever it is, in every field."""
    page = visit()
    hostile = [
        "<img src=x onerror=alert(1)>",
        "<script>alert(1)</script>",
        "javascript:alert(1)",
        "<svg onload=alert(1)>",
    ]
    for text in hostile:
        item = dict.fromkeys(
            ("title", "container-title", "volume", "issue", "page", "publisher", "type", "ISSN", "DOI", "URL"),
            text,
        )
        item |= {"author": [{"family": text}], "issued": {"literal": text}}
        page.route("**/works/**", answering(item))
        page.locator("#doi").fill(text)
        page.locator("#doi").press("Enter")
        expect(page.locator("#found dd").first).to_have_text(text)
        assert page.evaluate((HERE / "alive.js").read_text()) == []
        page.unroute("**/works/**")


def test_the_page_has_one_policy_and_a_full_house_says_so(client: TestClient):
    """The page's own headers stand alone; with no room to wait, a library is turned away before an answer begins."""
    assert client.get("/").headers.get_list("Content-Security-Policy") == [
        assets.HEADERS["Content-Security-Policy"]
    ]
    desk = client.app.state.desk
    places, queue = desk.libraries._places, desk.libraries._queue
    desk.libraries._places = desk.libraries._queue = 0
    try:
        answer = client.post("/review", content=b"%0 Book\n%T A\n")
    finally:
        desk.libraries._places, desk.libraries._queue = places, queue
    assert answer.status_code == 429
    assert answer.headers["Retry-After"]


def test_a_protected_service_shows_its_page_and_no_more(offline: Settings):
    """Without a token the page opens, and asks for one; libraries need it."""
    settings = offline.model_copy(update={"serve_tokens": (SecretStr("a-good-token"),)})
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        assert client.get("/").status_code == 200
        assert client.get("/page/session").json()["protected"] is True
        for path in ("/review", "/apply"):
            assert client.post(path, content=b"{}").status_code == 401
        given = {"Authorization": "Bearer a-good-token"}
        assert client.post("/review", content=b"%0 Book\n%T A\n", headers=given).status_code == 200

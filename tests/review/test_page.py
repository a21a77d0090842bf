"""The review in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Page, expect, sync_playwright
from review_pages import CHROMIUM, Watch, launched, served, shoot

from enrich import sync
from enrich.model import Change, Conflict, Enrichment, Name, Note, Origin, Record, Update, Verdict, Work
from enrich.report import Summary, open_reports
from enrich.report.keeps import keep_file
from enrich.report.undo import undo
from enrich.service.review import Review, create_app
from enrich.settings import Settings

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")
HERE = Path(__file__).parent
TOKEN = "token"
Results = tuple[Enrichment, ...]
expect.set_options(timeout=30_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, started once."""
    with sync_playwright() as playwright:
        browser = launched(playwright)
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Browser,
    library: Path,
    results: Results,
    state_dir: Path,
    *,
    dark: bool = False,
    size: tuple[int, int] = (1280, 860),
) -> Iterator[Page]:
    """Open the review of a library in a window of its own; afterwards the page has done nothing that it must not."""

    @contextmanager
    def clean() -> Iterator[Iterator[Enrichment]]:
        yield iter(results)

    def make(close: Callable[[], None]) -> object:
        return create_app(Review(library, clean, state_dir), TOKEN, close)

    with served(make) as origin:
        context = browser.new_context(
            color_scheme="dark" if dark else "light", viewport={"width": size[0], "height": size[1]}
        )
        context.set_default_timeout(30_000)
        page = context.new_page()
        watch = Watch(origin)
        watch.over(page)
        page.goto(f"{origin}/{TOKEN}/")
        expect(page.locator("#finish")).to_be_enabled()
        yield page
        context.close()
    assert watch.problems == []


@pytest.fixture
def review(browser: Browser, library: Path, sample: Results, tmp_path: Path) -> Iterator[Page]:
    """The review of the sample library."""
    own = tuple(in_file(result, library) for result in sample)
    with opened(browser, library, own, tmp_path / "state") as page:
        yield page


def in_file(result: Enrichment, library: Path) -> Enrichment:
    """Return a result as if its record stood in another file."""
    origin = result.before.origin.model_copy(update={"file": str(library)})
    return result.model_copy(update={"before": result.before.model_copy(update={"origin": origin})})


def card(page: Page, field: str):
    return page.locator("article.item", has=page.locator("h3", has_text=field)).first


def test_decide_save_undo(review: Page, library: Path, offline: Settings, tmp_path: Path):
    """Accept, reject, edit, keep: the file has what was decided after Save and not before, and its old bytes after Undo."""
    original = library.read_bytes()
    review.locator(".row").nth(1).click()
    card(review, "volume").get_by_role("button", name="Accept", exact=True).click()
    card(review, "issue").get_by_role("button", name="Reject").click()
    card(review, "journal, short").get_by_role("button", name="Keep for ever").click()
    card(review, "number").get_by_role("button", name="Edit").click()
    review.get_by_label("New value of number").fill("e124 of mine")
    review.get_by_role("button", name="Use this value").click()
    review.locator("summary", has_text="The whole record").click()
    review.get_by_role("button", name="Edit title").click()
    review.get_by_label("New value of title").fill("Why most are <b>false</b>")
    review.get_by_role("button", name="Use this value").click()
    assert library.read_bytes() == original
    review.get_by_role("button", name="Save 3 changes").click()
    expect(review.get_by_role("dialog")).to_contain_text("1 accepted, 2 edited, 1 rejected, 1 kept for ever")
    review.get_by_role("button", name="Write", exact=True).click()
    expect(review.locator("#banner")).to_contain_text("Saved: 3 changes in 1 record")
    written = library.read_text()
    assert "%T Why most are <b>false</b>" in written
    assert "e124 of mine" in written
    assert 'keep = ["container-title-short"]' in keep_file(library).read_text()
    kept = next(row for row in sync.clean(library, settings=offline) if row.doi == "10.1371/journal.pmed.0020124")
    assert kept.before.work.volume == "2"
    assert kept.before.work.issue is None
    review.get_by_role("button", name="Undo").click()
    expect(review.locator("#banner")).to_contain_text("is as it was")
    assert library.read_bytes() == original
    expect(review.get_by_role("button", name="Save 3 changes")).to_be_enabled()
    review.keyboard.press("s")
    review.get_by_role("button", name="Write", exact=True).click()
    expect(review.locator("#banner")).to_contain_text("Saved")
    undo(library, state_dir=tmp_path / "state")  # as `enrich undo` does
    assert library.read_bytes() == original


def test_a_file_that_changed_is_not_written(review: Page, library: Path):
    """Whoever edited the file meanwhile keeps the edit; the page says what to do."""
    review.keyboard.press("A")
    with library.open("a") as stream:
        stream.write("\n%0 Book\n%T Another\n")
    edited = library.read_bytes()
    review.keyboard.press("s")
    review.get_by_role("button", name="Write", exact=True).click()
    expect(review.get_by_role("alert")).to_contain_text("was changed since this review began")
    assert library.read_bytes() == edited
    review.get_by_role("button", name="Review the file as it is now").press("Enter")
    expect(review.locator("#banner")).to_be_hidden()
    expect(review.locator("article[aria-current]")).to_be_focused()


def test_keys_are_enough(review: Page, library: Path):
    """Everything from finding a record to saving is done without a pointer, and focus is always somewhere visible."""
    keys = review.keyboard
    keys.press("/")
    keys.type("deep learning")
    expect(review.locator("#bulk")).to_contain_text("1 of")
    keys.press("Escape")
    expect(review.locator("article[aria-current]")).to_be_focused()
    first = review.locator("article.item").first
    keys.press("a")
    expect(first).to_have_class("item accept")
    expect(review.locator("article.item").nth(1)).to_be_focused()
    keys.press("r")
    keys.press("k")
    expect(review.locator("article.item").nth(1)).to_be_focused()
    expect(review.locator("article.item").nth(1)).to_have_class("item reject")
    keys.press("u")
    expect(review.locator("article.item").nth(1)).to_have_class("item open")
    keys.press("z")
    expect(review.locator("article.item").nth(1)).to_have_class("item reject")
    keys.press("j")
    keys.press("e")
    expect(review.locator(".editor input, .editor textarea")).to_be_focused()
    keys.press("Control+A")
    keys.type("mine")
    keys.press("Control+Enter")
    expect(review.locator("article.item").nth(2)).to_have_class("item edit")
    keys.press("?")
    expect(review.get_by_role("dialog")).to_contain_text("next, previous field")
    keys.press("Escape")
    keys.press("s")
    keys.press("Enter")
    expect(review.locator("#banner")).to_contain_text("Saved: 2 changes in 1 record")
    assert "mine" in library.read_text()


def test_all_of_one_rule(review: Page, sample: Results):
    """One press accepts every change of a rule, in all records; one key takes that back."""
    number = sum(change.rule == "fill" for result in sample for change in result.changes)
    review.locator("#rule").select_option("fill")
    review.locator("#accept-all").click()
    expect(review.locator("#finish")).to_have_text(f"Save {number} changes")
    review.locator("#rule").blur()
    review.keyboard.press("z")
    expect(review.locator("#finish")).to_have_text("Save")


@pytest.mark.parametrize("status", ["contradicted", "not-found", "enriched"])
def test_filters_narrow(review: Page, sample: Results, status: str):
    """Records are narrowed by status, and the list says how many are left; a filter that fits nothing says the way out."""
    number = sum(result.status == status for result in sample)
    review.locator("#status").select_option(status)
    expect(review.locator("#bulk")).to_contain_text(f"{number} of {len(sample)} records")
    expect(review.locator(".row").first).to_contain_text(status.replace("-", " "))
    review.locator("#text").fill("no such words")
    expect(review.locator("#nothing")).to_contain_text("No record fits")
    review.get_by_role("button", name="Show all").click()
    expect(review.locator("#bulk")).to_contain_text(f"{len(sample)} records")


def test_a_reload_loses_no_decision(review: Page):
    """Decisions live through a reload of the page."""
    review.keyboard.press("n")
    review.keyboard.press("a")
    expect(review.locator("#finish")).to_have_text("Save 1 change")
    review.reload()
    expect(review.locator("#finish")).to_have_text("Save 1 change")


def test_five_thousand_records_stay_quick(browser: Browser, library: Path, sample: Results, tmp_path: Path):
    """The page holds as many elements for 5,000 records as for a few: what is on the screen."""
    many = tuple(
        sample[place % len(sample)].model_copy(
            update={"index": place, "before": sample[place % len(sample)].before}
        )
        for place in range(5000)
    )
    with opened(browser, library, many, tmp_path / "state") as page:
        expect(page.locator("#bulk")).to_contain_text("5,000 records")
        assert page.evaluate("document.querySelectorAll('*').length") < 900
        page.locator("#list").evaluate("box => { box.scrollTop = box.scrollHeight; }")
        expect(page.locator(".row").last).to_have_attribute("aria-posinset", "5000")
        page.locator("#accept-all").click()
        expect(page.locator("#finish")).to_contain_text("changes")
        page.locator("#show").select_option("person")
        assert page.evaluate("document.querySelectorAll('*').length") < 900


PAYLOADS = [
    "<script>window.pwned=1;alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "javascript:alert(1)",
    '"><iframe src=https://evil.example/>',
    "'-alert(1)-'",
    "</textarea><script>alert(1)</script>",
    "{{7*7}}${alert(1)}",
    "<a href='javascript:alert(1)'>x</a>",
    "<style>*{display:none}</style>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content=0;url=https://evil.example>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<form action=https://evil.example><button>x",
    "<math><mtext><img src=x onerror=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<!--><script>alert(1)//-->",
    "]]><script>alert(1)</script>",
    "\u202eevil\u2066",
    "\x00<scr\x00ipt>alert(1)</script>",
    "data:text/html,<script>alert(1)</script>",
    "//evil.example/x",
    "<object data=https://evil.example>",
    "<template><script>alert(1)</script></template>",
]
WRAPS = [
    "{}",
    "a {} b",
    "{0}{0}",
    "\n{}\n",
    "%T {}",
    "<p>{}</p>",
    "{}…",
    "'{}",
    '"{}',
    "`{}`",
    "10.1000/{}",
    "https://x.example/{}",
    "<![CDATA[{}",
    "<!-- {}",
    "\\u003c{}",
    "{}\\",
    "${{{}}}",
    "=cmd|'{}'",
    "é{}",
    "{}\u2028",
]
HOSTILE = [wrap.format(payload) for payload in PAYLOADS for wrap in WRAPS]
TEXTS = (
    "title",
    "container_title",
    "publisher",
    "abstract",
    "note",
    "volume",
    "page",
    "url",
    "license",
    "language",
)


def hostile(index: int, text: str) -> Enrichment:
    """Return a result every text of which is hostile."""
    work = Work(author=(Name(literal=text),), **dict.fromkeys(TEXTS, text))
    record = Record(work=work, origin=Origin(file=text, line=1), doi_text=text)
    return Enrichment(
        index=index,
        status="enriched",
        before=record,
        record=record,
        agency=text,
        verdict=Verdict(state="confirmed", evidence={text: 0.5}, reasons=(text, text)),
        changes=(
            Change(field="title", before=text, after=f"{text}{text}", rule=text, origin=text),
            Change(field="volume", before=None, after=text, rule="fill", origin=text),
            Change(field="abstract", before=text, after=None, rule="fill", origin=text),
        ),
        conflicts=(
            Conflict(field="publisher", local=text, remote=f"{text}!", origin=text),
            Conflict(
                field="author", local=[{"literal": text}], remote=[{"family": text, "given": text}], origin=text
            ),
            Conflict(field="issued", local={"literal": text}, remote={"date-parts": [[text]]}, origin=text),
        ),
        notes=(Note(severity="warning", code=text, text=text),),
        updates=(Update(type=text, doi=text, date=text, source=text),),
    )


ALIVE = (HERE / "alive.js").read_text()


def test_nothing_hostile_comes_alive(browser: Browser, library: Path, tmp_path: Path):
    """500 hostile texts in every text field: no element of theirs, no handler, no dialog, no request, in no view."""
    assert len(set(HOSTILE)) == 500
    results = tuple(hostile(index, text) for index, text in enumerate(HOSTILE))
    with opened(browser, library, results, tmp_path / "state") as page:
        found = page.evaluate(
            f"""async () => {{
              const alive = {ALIVE};
              const found = [];
              const press = (key) => document.body.dispatchEvent(new KeyboardEvent('keydown', {{ key, bubbles: true }}));
              for (let record = 0; record < {len(HOSTILE)}; record += 1) {{
                if (record % 2) press('e');
                document.querySelector('details.whole').open = true;
                if (!(record % 2)) document.querySelector('.whole .tools button')?.click();
                found.push(...alive());
                press('n');
                if (record % 25 === 0) await new Promise(requestAnimationFrame);
              }}
              return found;
            }}"""
        )
        assert found == []
        expect(page.locator(".where")).to_contain_text("Record 500")


def test_nothing_hostile_comes_alive_in_the_report(browser: Browser, tmp_path: Path):
    """The same 500 in the report to read: no script runs, nothing is asked for, no element but the report's own."""
    path = tmp_path / "report.html"
    summary = Summary()
    with open_reports([path]) as reports:
        for index, text in enumerate(HOSTILE):
            summary.add(hostile(index, text))
            reports.write(hostile(index, text))
        reports.close(summary)
    context = browser.new_context()
    page = context.new_page()
    problems: list[str] = []
    page.on("dialog", lambda dialog: (problems.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: problems.append(request.url) if request.url != path.as_uri() else None)
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    assert page.evaluate(ALIVE) == []
    assert problems == []
    context.close()


CONTRAST = (HERE / "contrast.js").read_text()
NAMELESS = (HERE / "nameless.js").read_text()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280, 1920])
def test_readable_by_everybody(
    browser: Browser,
    library: Path,
    sample: Results,
    tmp_path: Path,
    width: int,
    dark: bool,  # noqa: FBT001 -- a case
):
    """At any width and in both schemes: text stands out (WCAG AA), controls have names, nothing is cut off sideways."""
    size = (width, 740 if width == 360 else 1080 if width == 1920 else 860)
    with opened(browser, library, sample, tmp_path / "state", dark=dark, size=size) as page:
        names = f"{'dark' if dark else 'light'}-{width}"
        if width == 360:
            shoot(page, f"review-list-{names}")
        page.locator(".row", has_text="Controlling the False").click()
        expect(page.locator("article.item").first).to_be_visible()
        page.keyboard.press("a")
        page.keyboard.press("r")
        page.keyboard.press("k")
        page.keyboard.press("k")
        shoot(page, f"review-{names}")
        page.locator("details.verdict summary").click()
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate(NAMELESS) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
        assert len(ids) == len(set(ids))
        page.keyboard.press("s")
        assert page.evaluate(CONTRAST) == []
        shoot(page, f"save-{names}")


@pytest.mark.parametrize(
    ("pressed", "chosen"),
    [(".row >> nth=4", "Record 5"), ("#steps button:has-text('Next')", "Record 2")],
    ids=["row", "next"],
)
def test_a_press_outlasts_what_comes_in_meanwhile(review: Page, pressed: str, chosen: str):
    """What is drawn anew between press and release takes no click away: it acts as if nothing had come."""
    before = review.locator("#bulk").inner_text()
    review.locator(pressed).hover()
    review.mouse.down()
    review.keyboard.press("A")  # decides about the first record, so list, counts and buttons are drawn anew
    expect(review.locator("#bulk")).not_to_have_text(before)
    review.evaluate(
        "document.getElementById('list').style.height = '400px'"
    )  # as a banner or a turned screen does
    review.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    review.mouse.up()
    expect(review.locator(".where")).to_contain_text(chosen)


def test_motion_is_reduced_on_request(review: Page):
    """Who asked for less motion gets none."""
    review.emulate_media(reduced_motion="reduce")
    seconds = review.evaluate("getComputedStyle(document.querySelector('button')).transitionDuration")
    assert seconds == "0s"


def test_what_is_said_aloud(review: Page):
    """Decisions are told to a screen reader, and the list tells where one is among how many."""
    review.keyboard.press("n")
    review.keyboard.press("a")
    expect(review.locator("#live")).to_contain_text("accepted")
    selected = review.locator("[role=option][aria-selected=true]")
    expect(selected).to_have_count(1)
    assert selected.get_attribute("aria-setsize") == "28"
    assert review.locator("#list").get_attribute("aria-activedescendant") == selected.get_attribute("id")

"""The page of `parquetry inspect` in a real browser: it is read, clicked, typed into, and attacked.

Screenshots and axe-core's reports are kept in `build/inspect/` for review.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from converter.config import Options
from converter.inspect.page import write_page
from converter.model.source import Source
from tests.support.attacks import HOSTILE
from tests.support.combinations import ALL
from tests.support.documents import EVERY_KIND, SCRAPED
from tests.support.paths import PROJECT
from tests.support.picture import CHROMIUM, launch

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

pytestmark = [
    pytest.mark.slow,  # starts a browser
    pytest.mark.skipif(CHROMIUM is None, reason="no browser is here: apt-get install chromium"),
]

MILLISECONDS = 60_000
"""How long a busy machine may take for what the page does at once."""
playwright.expect.set_options(timeout=MILLISECONDS)
ARTEFACTS = PROJECT / "build" / "inspect"
PRICES = """\
# Prices of the north

| City | Price (€) | Since |
|---|--:|---|
| Oslo | 12.50 | 2024-05-01 |
| Bodø | N/A | 2024-06-01 |
"""


def write(path: Path, *sources: Source) -> str:
    with open(path, "wb") as stream:
        write_page(sources, stream, Options())
    return path.as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        browser = launch(driver)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page of four documents: one repaired, one with every kind of record, one with types, one binary file."""
    return write(
        tmp_path_factory.mktemp("inspect") / "report.html",
        Source("scraped.md", SCRAPED), Source("every.md", EVERY_KIND), Source("prices.md", PRICES),
        Source("binary.md", b"\x7fELF\x02\x01\x01" + bytes(200)),
    )  # fmt: skip


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A tab that fails the test on any script error, and on any request except for the page itself."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    tab = context.new_page()
    tab.set_default_timeout(MILLISECONDS)
    faults: list[str] = []
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on("request", lambda request: faults.extend([request.url] * (request.resource_type != "document")))
    yield tab
    context.close()
    assert faults == []


def classes(page: Any, name: str, pane: str) -> list[str]:
    """Return the first line number of each element in a pane that has a class."""
    lines: list[str] = page.eval_on_selector_all(
        f".pane-{pane} .{name}", "all => all.map(element => element.dataset.line ?? element.dataset.first)"
    )
    return lines


def open_document(page: Any, address: str, number: int) -> None:
    page.goto(f"{address}#d{number}")
    page.wait_for_selector(".pane-source [data-line]")


def test_a_document_is_unpacked_only_when_it_is_opened(page: Any, report: str) -> None:
    page.goto(report)
    assert page.locator("#documents tbody tr").count() == 4
    assert page.locator("[data-line]").count() == 0
    page.click("text=Every kind")
    page.wait_for_selector("[data-line]")
    assert page.locator("[data-line]").count() == len(EVERY_KIND.splitlines())
    assert page.title() == "Every kind · Parquetry" and page.url.endswith("#d1")
    page.go_back()
    page.wait_for_selector("#overview:not([hidden])")
    assert page.locator("[data-line]").count() == 0


def test_hovering_and_clicking_highlight_matching_lines_and_records(page: Any, report: str) -> None:
    open_document(page, report, 1)
    page.hover("[data-line='10'] code")
    assert classes(page, "is-marked", "source") == ["10"] and classes(page, "is-marked", "records") == ["10"]
    page.hover(".panel tr.record[data-first='23'] >> nth=0")
    assert classes(page, "is-marked", "source") == ["23"]
    page.click("[data-jump=problems]")
    playwright.expect(page.locator("#panel-problems .record .kind")).to_be_in_viewport()
    page.click("#panel-problems .record")
    assert classes(page, "is-selected", "source") == ["23"]
    assert page.url.endswith("#d1L23")
    page.click("[data-line='27'] code")
    assert classes(page, "is-selected", "records") == []  # a blank line is in no record
    page.click("[data-line='26'] code")
    assert set(classes(page, "is-selected", "records")) == {"26"}
    assert page.locator("#panel-content .record.is-selected").is_visible()


def test_a_panel_is_at_the_top_after_a_jump_over_what_was_never_drawn(page: Any, tmp_path: Path) -> None:
    """Sections out of view have an estimated height until they are drawn."""
    text = "".join(f"# Title {number}\n\n{'A sentence of it. ' * 20}[a](b)\n\n" for number in range(300))
    open_document(page, write(tmp_path / "long.html", Source("long.md", text)), 0)
    place = "element => element.getBoundingClientRect().top"
    top = page.eval_on_selector("#panel-outline", place)
    for name in ("problems", "links", "content", "links"):  # nothing is below the problems
        page.click(f"[data-jump={name}]")
        page.wait_for_timeout(500)
        if name != "problems":
            at_top = f"top => Math.abs(({place})(document.querySelector('#panel-{name}')) - top) < 60"
            page.wait_for_function(at_top, arg=top)


def test_search_counts_matches_and_steps_through_them(page: Any, report: str) -> None:
    open_document(page, report, 2)
    page.keyboard.press("/")
    page.keyboard.type("oslo")
    playwright.expect(page.locator("#found")).to_have_text("2")
    page.keyboard.press("Enter")
    assert page.inner_text("#found") == "1 of 2" and classes(page, "is-marked", "source") == ["5"]
    page.keyboard.press("Shift+Enter")
    assert page.inner_text("#found") == "2 of 2"
    page.keyboard.press("Escape")
    assert page.input_value("#search") == "" and page.inner_text("#found") == ""
    page.goto(f"{report}#all")
    page.wait_for_selector("#overview:not([hidden])")
    page.fill("#search", "prices")
    page.wait_for_selector("#filtered:not([hidden])")
    assert page.locator("#documents tbody tr:visible").count() == 1
    assert page.inner_text("#filtered span") == "1 of 4 documents shown."


def test_filters_show_only_what_matches(page: Any, report: str) -> None:
    open_document(page, report, 0)
    total = page.locator("[data-line]").count()
    page.click("[data-filter=table]")
    assert page.locator("[data-line]:visible").count() == 4
    assert page.locator("#panel-content .record:visible").count() == 3  # the table, its two rows
    page.click("[data-filter=heading]")
    assert page.locator("[data-line]:visible").count() == 7
    page.click("text=Show all")
    assert page.locator("[data-line]:visible").count() == total
    page.select_option("#confidence", "0.99")
    confidences = page.eval_on_selector_all(
        "[data-line]:not([hidden])", "all => all.map(line => line.dataset.confidence)"
    )
    assert 0 < len(confidences) < total and all(float(confidence) < 0.99 for confidence in confidences)
    page.goto(f"{report}#all")
    page.wait_for_selector("#overview:not([hidden])")
    page.select_option("#confidence", "0.99")
    assert page.locator("#documents tbody tr:visible").count() == 1


def test_the_keyboard_reaches_every_function(page: Any, report: str) -> None:
    page.goto(report)
    page.focus("text=Prices of the north")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-line]")
    for _ in range(5):
        page.keyboard.press("j")
    assert page.evaluate("document.activeElement.ariaLabel").startswith("Line 5,")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")  # moves to the row of the table
    assert page.evaluate("document.activeElement.closest('tr').textContent").strip().startswith("5")
    page.keyboard.press("ArrowDown")
    assert classes(page, "is-selected", "source") == ["6"]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.ariaLabel").startswith("Line 6,")
    page.keyboard.press("?")
    assert page.locator("dialog").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("[")
    playwright.expect(page.locator("h1:visible")).not_to_have_text("Prices of the north")
    page.keyboard.press("u")
    page.wait_for_selector("#overview:not([hidden])")
    open_document(page, report, 0)
    page.keyboard.press("r")
    assert "repaired" in page.inner_text(".line.is-selected .kind")


def test_a_click_on_a_narrow_screen_switches_to_the_other_pane(page: Any, report: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    open_document(page, report, 2)
    page.click("[data-line='5'] .number")
    assert page.locator(".pane-records").is_visible() and page.locator(".pane-source").is_hidden()
    page.click("tr.record[data-first='6'] .lines")
    assert page.locator("[data-line='6']").is_visible() and page.locator(".pane-records").is_hidden()


def test_a_narrow_screen_shows_the_documents_before_the_charts_and_the_layout_at_once(page: Any, report: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(report)
    tops = [page.locator(place).bounding_box()["y"] for place in ("#documents", ".charts")]
    assert tops == sorted(tops)
    open_document(page, report, 0)
    assert page.locator(".about-document .state").is_visible()
    controls = page.locator(".bar button:visible, .bar select")
    assert len({round(controls.nth(n).bounding_box()["y"]) for n in range(controls.count())}) == 1  # in one row
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_the_address_of_an_unknown_document_shows_the_overview(page: Any, report: str) -> None:
    page.goto(f"{report}#d99L5")
    page.click("text=Every kind")
    page.wait_for_selector("[data-line]")


def test_the_overview_sorts_by_the_clicked_column(page: Any, report: str) -> None:
    page.goto(report)
    first_header = "#documents tbody tr:first-child th"
    assert "binary.md" in page.inner_text(first_header)
    page.click("#documents thead >> text=Lines")
    assert "Every kind" in page.inner_text(first_header)
    assert page.get_attribute("#documents thead th:last-child", "aria-sort") == "descending"
    page.click("#documents thead >> text=Lines")
    assert "binary.md" in page.inner_text(first_header)


@pytest.mark.parametrize("source", HOSTILE[::5], ids=lambda source: source.key[:20])
def test_a_hostile_document_runs_no_code(page: Any, tmp_path: Path, source: Source) -> None:
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    open_document(page, write(tmp_path / "hostile.html", source, Source("other.md", "# other\n")), 0)
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    for element in page.locator("#document :is(td, th, li, h1, h3, p, pre, code):visible").all()[:40]:
        element.hover(force=True)
    page.evaluate("document.querySelectorAll('main *').forEach(element => element.focus())")
    page.evaluate(
        """document.querySelectorAll('main a').forEach(link => {
          link.addEventListener('click', event => /^https?:/.test(link.href) && event.preventDefault());
          link.click();
        })"""
    )
    page.keyboard.press("u")
    page.wait_for_selector("#overview:not([hidden])")
    assert page.evaluate("[window.ran ?? null, document.images.length, frames.length]") == [None, 0, 0]
    # The second defence: even an element that gets in runs no code.
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,\" onerror=\"window.ran = true\">')")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = true'}))")
    page.wait_for_timeout(50)
    assert page.evaluate("window.ran ?? null") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_the_page_is_accessible(browser: Any, report: str, width: int, scheme: str) -> None:
    """No width needs horizontal scrolling and axe-core finds nothing serious; screenshots and reports are kept."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    violations_of: dict[str, Any] = {}
    for name, fragment in [
        ("overview", ""),
        ("repaired", "#d0L2"),
        ("every", "#d1L23"),
        ("types", "#d2"),
        ("binary", "#d3"),
    ]:
        page.goto(f"{report}{fragment}")
        page.wait_for_selector("#document[hidden]" if not fragment else ".panes", state="attached")
        for pane in ("source", "records") if width < 400 and fragment else ("",):
            if pane:
                page.click(f".switch [data-pane={pane}]")
            page.screenshot(path=ARTEFACTS / f"{name}{pane and '-'}{pane}-{width}-{scheme}.png")
            assert page.evaluate("document.documentElement.scrollWidth") == width
            audit = axe.Axe().run(page).response
            assert len(audit["passes"]) > 10
            violations_of[name + pane] = audit["violations"]
    context.close()
    (ARTEFACTS / f"axe-{width}-{scheme}.json").write_text(json.dumps(violations_of, indent=1))
    serious_violations = [
        (name, violation["id"], violation["nodes"][0]["html"])
        for name, violations in violations_of.items()
        for violation in violations
        if violation["impact"] in ("serious", "critical")
    ]
    assert serious_violations == []


def test_the_page_has_a_print_layout(page: Any, report: str) -> None:
    open_document(page, report, 2)
    page.emulate_media(media="print")
    assert page.locator(".bar").is_hidden()
    assert page.locator(".pane-source").is_visible() and page.locator("#panel-problems").is_visible()
    assert page.evaluate("getComputedStyle(document.body).overflow") == "visible"


def test_a_page_of_many_documents_draws_only_the_open_one(page: Any, tmp_path: Path) -> None:
    count = 500 if ALL else 152  # the last is the longest
    texts = [SCRAPED, EVERY_KIND, PRICES, PRICES * 20]
    address = write(tmp_path / "many.html", *(Source(f"{number}.md", texts[number % 4]) for number in range(count)))
    page.goto(address)
    page.wait_for_selector(f"#documents tbody tr:nth-child({count})", state="attached")
    assert page.locator("[data-line]").count() == 0, "a document is drawn when it is opened, and not before"
    assert page.evaluate("document.querySelectorAll('*').length") < 20 * count
    open_document(page, address, count - 1)
    assert page.locator("[data-line]").count() == 120 and page.locator(".panes").count() == 1

"""python -m tests.support.picture: the README's picture, the page of `inspect` for an example, drawn by Chromium.

The picture uses the installed fonts; the one in the README uses Inter and JetBrains Mono (Debian: fonts-inter,
fonts-jetbrains-mono).
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from converter.config import Options
from converter.inspect.page import write_page
from converter.model.source import Source
from tests.support.paths import PROJECT

EXAMPLE = PROJECT / "examples" / "scraped-article"
PICTURE = EXAMPLE / "inspect.png"
LINE = 8
"""The line that is chosen in the picture: a table's header."""

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


def launch(driver: Any) -> Any:
    """Return a headless browser that makes no network requests of its own."""
    return driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


def draw(out: Path) -> None:
    """Write the picture."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        page = Path(folder) / "article.html"
        with open(page, "wb") as stream:
            write_page([Source("article.txt", (EXAMPLE / "article.txt").read_bytes())], stream, Options())
        browser = launch(driver)
        tab = browser.new_page(viewport={"width": 1200, "height": 720}, reduced_motion="reduce")
        tab.goto(f"{page.as_uri()}#d0L{LINE}")
        tab.wait_for_selector(".line.is-selected")
        tab.screenshot(path=out)
        browser.close()


if __name__ == "__main__":
    draw(PICTURE)

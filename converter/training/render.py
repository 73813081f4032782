"""python -m converter.training.render SOURCES TEXTS: render pages that were written for training, and extract them.

SOURCES holds `themes/*.html`, whole pages with `{{BODY}}`, `{{TITLE}}`, `{{LEAD}}`, `{{AUTHOR}}`, `{{DATE}}` and
`{{RELATED1}}` to `{{RELATED4}}` in place of an article, and `articles/*.html`, each with its fields as JSON in the
comment that opens it. Each article is rendered in three to five themes of its language. TEXTS is what `--own` reads:
what five extractors leave of each page, and which lines are headings by its HTML.

    pip install trafilatura boilerpy3 newspaper4k resiliparse readability-lxml html2text
"""

from __future__ import annotations

import html
import json
import random
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from converter.training.extracts import letters_of

SHORTEST = 300
"""Characters below which an extractor has found no article."""
_FIELDS = re.compile(r"\s*<!--\s*(\{.*?\})\s*-->", re.DOTALL)
_LANGUAGE = re.compile(r'<html[^<>]*\blang="([a-z]{2})')
_PLACE = re.compile(r"\{\{(\w+)\}\}")
_HEADING = re.compile(r"h([1-6])")
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*\)")
_MARK = re.compile(r"^[\s>]*(?:[-*•+]|\d+[.)])?\s*(?:#+\s*)?")
_BOLD = re.compile(r"\s*(\*\*|__).*\1\s*")
_OPEN = ("strong", "b", "dt", "figcaption", "caption", "summary", "legend", "th", "title")
"""Elements whose text may be a title to a reader."""


@dataclass(frozen=True, slots=True)
class Article:
    """An article: its fields and its HTML."""

    name: str
    fields: Mapping[str, str]
    body: str


@dataclass(slots=True)
class Truth:
    """The letters of the elements of a page, by what they are."""

    headings: dict[str, int] = field(default_factory=dict)
    """Letters of a heading -> its level."""
    texts: set[str] = field(default_factory=set)
    """Of paragraphs, items and cells."""
    open_texts: set[str] = field(default_factory=set)


def pages_of(folder: Path, mark: Callable[[Article], Article] = lambda article: article) -> Iterator[tuple[str, str]]:
    """Yield the pages of a folder of sources: the name of the theme, and HTML; `mark` may mark articles."""
    themes: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    articles: defaultdict[str, list[Article]] = defaultdict(list)
    for path in sorted(folder.glob("themes/*.html")):
        text = path.read_text(encoding="utf-8")
        if match := _LANGUAGE.search(text):
            themes[match[1]].append((path.stem, text))
    for path in sorted(folder.glob("articles/*.html")):
        text = path.read_text(encoding="utf-8")
        if match := _FIELDS.match(text):
            fields = json.loads(match[1])
            articles[fields["lang"][:2]].append(Article(path.stem, fields, text[match.end() :]))
    for language, entries in articles.items():
        for article in entries:
            chance = random.Random(article.name)
            others = [other.fields["title"] for other in entries if len(entries) == 1 or other is not article]
            choice = themes[language]
            for name, theme in chance.sample(choice, min(len(choice), chance.randint(3, 5))):
                related = [html.escape(title, quote=False) for title in chance.choices(others, k=4)]
                yield name, page_of(theme, mark(article), related)


def page_of(theme: str, article: Article, related: list[str]) -> str:
    """The HTML of an article in a theme."""
    values = {name.upper(): html.escape(text, quote=False) for name, text in article.fields.items()}
    values |= {f"RELATED{number}": title for number, title in enumerate(related, 1)}
    values["BODY"] = article.body
    return _PLACE.sub(lambda match: values.get(match[1], ""), theme)


def truth_of(page: str) -> Truth:
    """What the elements of a page are."""
    lxml_html: Any = import_module("lxml.html")
    document = lxml_html.fromstring(page.encode(), parser=lxml_html.HTMLParser(encoding="utf-8"))
    truth, items = Truth(), set()
    for element in document.iter(lxml_html.etree.Element):
        letters = letters_of(element.text_content())
        if not letters:
            continue
        if match := _HEADING.fullmatch(element.tag):
            truth.headings[letters] = min(int(match[1]), truth.headings.get(letters, 6))
        elif element.tag in _OPEN:
            truth.open_texts.add(letters)
        elif element.tag in ("p", "li", "td") and not _has_heading(element):
            truth.texts.add(letters)
        if element.tag == "li":
            items.add(letters)
    truth.open_texts -= items
    return truth


def _has_heading(element: Any) -> bool:
    """Whether an element stands around or in a heading."""
    around = (other.tag for other in (*element.iterancestors(), *element.iterdescendants()))
    return any(isinstance(tag, str) and _HEADING.fullmatch(tag) for tag in around)


def lines_of(text: str, truth: Truth) -> dict[str, list[Any]]:
    """Which lines of a text are headings, with their levels, and which may be one."""
    headings, either = [], []
    for number, line in enumerate(text.split("\n"), 1):
        letters = letters_of(_MARK.sub("", _LINK.sub(r"\1", line)))
        if letters in truth.headings and letters not in truth.texts:
            headings.append([number, truth.headings[letters]])
        elif letters in truth.headings or letters in truth.open_texts or _BOLD.fullmatch(line):
            either.append(number)
    return {"headings": headings, "either": either}


def extractors() -> dict[str, Callable[[str], str | None]]:
    """The extractors of pagebench."""
    trafilatura: Any = import_module("trafilatura")
    boilerpy: Any = import_module("boilerpy3.extractors").ArticleExtractor(raise_on_failure=False)
    newspaper: Any = import_module("newspaper")
    plain_text: Any = import_module("resiliparse.extract.html2text").extract_plain_text
    document: Any = import_module("readability").Document
    markdown: Any = import_module("html2text").HTML2Text

    def article_of(page: str) -> str:
        article = newspaper.Article("http://example.com/")
        article.download(input_html=page)
        article.parse()
        return f"{article.title}\n\n{article.text}".lstrip()

    def summary_of(page: str) -> str:
        writer = markdown()
        writer.body_width = 0
        return str(writer.handle(document(page).summary()))

    return {
        "boilerpy3": boilerpy.get_content,
        "newspaper4k": article_of,
        "readability": summary_of,
        "resiliparse": lambda page: str(plain_text(page, main_content=True)),
        "trafilatura": lambda page: trafilatura.extract(page, include_comments=False),
    }


def main(sources: Path, texts: Path) -> None:
    """Write the text that each extractor leaves of each page, and the headings of all."""
    pages = [(f"own {theme}", page, truth_of(page)) for theme, page in pages_of(sources)]
    for name, extract in extractors().items():
        (texts / name).mkdir(parents=True, exist_ok=True)
        with (texts / f"{name}.jsonl").open("w", encoding="utf-8") as output:
            for number, (site, page, truth) in enumerate(pages):
                text = extract(page) or ""
                if len(text) >= SHORTEST:
                    file = f"{number:04}.txt"
                    (texts / name / file).write_text(text, encoding="utf-8")
                    output.write(json.dumps({"file": file, "site": site, **lines_of(text, truth)}) + "\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))

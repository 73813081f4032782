"""Texts that the heading model learns from: pages, what is made of them, and pages that were written for it."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from converter.training import render
from converter.training.examples import WEIGHTS, own_examples, page_examples
from converter.training.folds import FOLDS, fold_of
from converter.training.train import QUICK_FOLDS, Table
from converter.training.variants import LONG, Text, gapped_texts, mixtures_of

PROSE = "The harbour was closed for the winter, and the pump of the old reader stood in the water. " * 2
assert len(PROSE) > LONG


def text_of(source: str, word: str) -> Text:
    lines = [
        f"{word} menu",
        "",
        f"{word} title",
        "",
        PROSE,
        "",
        f"{word} part",
        "",
        PROSE,
        "",
        f"{word} box",
        "",
        "short",
    ]
    levels = {2: 1, 6: 2, 10: 3}
    return Text(source, lines, {at: at in levels or None for at in range(len(lines))}, levels)


def sites_of_one_fold(count: int, prefix: str = "") -> list[str]:
    return [site for site in map(str, range(100)) if fold_of(prefix + site) == 0][:count]


def test_a_mixture_has_the_furniture_of_one_page_and_the_article_of_another() -> None:
    texts = [text_of(site, word) for site, word in zip(sites_of_one_fold(2), ("Alpha", "Beta"), strict=True)]
    mixtures = [mixture for seed in range(9) for mixture in mixtures_of(texts, random.Random(seed))]
    assert mixtures
    for mixture in mixtures:
        words = [mixture.lines[at].split()[0] for at in mixture.levels]
        assert words in (["Alpha", "Beta", "Alpha"], ["Beta", "Alpha", "Beta"])
        assert [*mixture.levels.values()] == [1, 2, 3]
        assert [at for at, is_heading in mixture.truth.items() if is_heading] == [*mixture.levels]
        assert mixture.source == texts[words[0] == "Beta"].source


def test_a_mixture_stays_in_its_fold_and_language() -> None:
    """A page of a site that is left out is in no text that the model learns from."""
    (site,) = sites_of_one_fold(1)
    other = next(name for name in map(str, range(100)) if fold_of(name) == 1)
    german = Text(site, ["Der Hafen und die Pumpe", *["der die und " * 20] * 6], dict.fromkeys(range(7), False), {})
    for pair in ([text_of(site, "Alpha"), text_of(other, "Beta")], [text_of(site, "Alpha"), german]):
        assert not [*mixtures_of(pair, random.Random(1))]
    assert {fold_of(str(number)) for number in range(100)} == {*range(FOLDS)}
    assert not FOLDS % QUICK_FOLDS  # else a mixture would join two of the groups of `--quick`


@pytest.mark.parametrize("seed", range(8))
def test_a_text_with_gaps_keeps_the_truth_of_its_lines(seed: int) -> None:
    text = text_of("a", "Alpha")
    text = Text("a", [*text.lines, *text.lines], {**text.truth, **dict.fromkeys(range(13, 26), False)}, text.levels)
    (variant,) = gapped_texts([text], random.Random(seed))
    assert 0 < len(variant.lines) < len(text.lines)
    heads = {text.lines[at]: level for at, level in text.levels.items()}
    for at, level in variant.levels.items():
        assert heads[variant.lines[at]] == level
    assert len(variant.truth) == len(variant.lines)
    assert {at for at, is_heading in variant.truth.items() if is_heading} == {*variant.levels}


def test_a_short_text_gets_no_gaps() -> None:
    assert not [*gapped_texts([text_of("a", "Alpha")], random.Random(1))]


THEME = """<html lang="en"><head><title>{{TITLE}} | The Herald</title></head><body>
<nav><ul><li>Home</li><li>News</li></ul></nav><h1>{{TITLE}}</h1><p>By {{AUTHOR}}</p>{{BODY}}
<h3>More stories</h3><p>{{RELATED1}}</p><p>{{RELATED4}}</p></body></html>"""
ARTICLE = """<!-- {"lang": "en", "title": "%s", "author": "Ann & Bob", "date": "1 May"} -->
<p>One.</p><h2>A new pump</h2><p>Two.</p><p><strong>Note</strong></p><h2>Twice</h2><p>Twice</p>"""


def test_articles_are_rendered_in_themes_of_their_language(tmp_path: Path) -> None:
    for folder in ("themes", "articles"):
        (tmp_path / folder).mkdir()
    (tmp_path / "themes" / "herald.html").write_text(THEME, encoding="utf-8")
    (tmp_path / "themes" / "bote.html").write_text(THEME.replace('"en"', '"de"'), encoding="utf-8")
    for name in ("Harbours", "Pumps"):
        (tmp_path / "articles" / f"{name}.html").write_text(ARTICLE % name, encoding="utf-8")
    pages = [*render.pages_of(tmp_path)]
    assert [theme for theme, _ in pages] == ["herald", "herald"]
    assert "<h1>Harbours</h1><p>By Ann &amp; Bob</p>\n<p>One.</p>" in pages[0][1]
    assert pages[0][1].count("<p>Pumps</p>") == 2 and "{{" not in pages[0][1]


def test_lines_of_an_extractor_are_headings_by_the_html() -> None:
    pytest.importorskip("lxml.html")
    article = render.Article(
        "a", {"title": "Harbours"}, "<p>One.</p><h2>A new pump</h2><p><b>Note</b></p><h2>Twice</h2><p>Twice</p>"
    )
    truth = render.truth_of(render.page_of(THEME, article, []))
    text = (
        "Harbours\n\nOne.\n\n## A new [pump](/p)\n\nNote\n\nTwice\n\n**bold**\n\nMore stories\n\nHarbours | The Herald"
    )
    assert render.lines_of(text, truth) == {"headings": [[1, 1], [5, 2], [13, 3]], "either": [7, 9, 11, 15]}


def test_each_kind_of_text_counts_as_its_weight_says(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    (tmp_path / "reader").mkdir()
    sites = sites_of_one_fold(3, "site ")
    rows = []
    for number, site in enumerate(sites):
        lines = [f"The Old Harbour {number}", "", PROSE, "", "A new pump", "", PROSE, "", PROSE, *["", PROSE] * 6]
        (tmp_path / "reader" / f"{number}.txt").write_text("\n".join(lines), encoding="utf-8")
        rows.append({"file": f"{number}.txt", "site": site, "headings": [[1, 1], [5, 2]], "either": []})
    (tmp_path / "reader.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    pages, own = [*page_examples(tmp_path)], [*own_examples(tmp_path)]
    assert {example.kind for example in pages} == {"pages", "mixtures", "gaps"}
    assert {example.kind for example in page_examples(tmp_path, ["gaps"])} == {"pages", "gaps"}
    assert [example.kind for example in own] == ["own"] * 3
    table = Table([example for example in pages if example.kind == "pages"] + own)
    assert table.weight[: len(table.weight) // 2].mean() == pytest.approx(WEIGHTS["pages"])
    assert table.weight[len(table.weight) // 2 :].mean() == pytest.approx(WEIGHTS["own"])

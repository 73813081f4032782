"""The repair room on whole documents: documents without damage stay unchanged, and lost headings are found."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from converter.config import Options
from converter.repair import repair
from converter.repair.draft import Draft
from converter.repair.headings import recover
from converter.repair.headings.blocks import Page, blocks_of
from converter.repair.headings.model import evidence, forests, mean_of, probabilities, read_forests
from converter.repair.headings.recover import SUREST
from converter.repair.headings.surroundings import NAMES
from converter.training import train, trees
from converter.training.examples import page_examples
from tests.support.accounting import rows_of
from tests.support.cases import load_cases
from tests.support.documents import CHOKING
from tests.support.growth import steep
from tests.support.paths import CASE_FOLDER, CORPORA
from tests.support.specification import examples

DOCUMENTS = CASE_FOLDER / "repair" / "documents"
HEADING_RULES = frozenset(("bare_heading", "bold_heading"))


def documents(name: str) -> list[Any]:
    loaded = load_cases(DOCUMENTS / f"{name}.yaml")
    return [pytest.param(case, id=case["name"]) for case in loaded]


@pytest.mark.parametrize("case", documents("untouched"))
def test_a_document_that_needs_no_repair_stays_unchanged(case: dict[str, str]) -> None:
    lines = case["text"].split("\n")
    result = repair(lines, list(range(1, len(lines) + 1)))
    assert result.repairs == []
    assert result.lines is lines


@pytest.mark.parametrize("case", documents("damaged"))
def test_lost_headings_are_found(case: dict[str, Any]) -> None:
    lines = case["text"].split("\n")
    result = repair(lines, list(range(1, len(lines) + 1)))
    assert [line for line in result.lines if re.match("#+ ", line)] == case["headings"]
    heading_repairs = [row for row in result.repairs if row.rule in HEADING_RULES]
    assert len(heading_repairs) == len(case["headings"])
    assert all(0.5 <= row.confidence <= SUREST < 1 for row in heading_repairs)


@pytest.mark.parametrize("case", documents("damaged"))
def test_documents_without_their_heading_lines_get_no_headings(case: dict[str, Any]) -> None:
    """Without the lines of their headings, the same documents are undivided."""
    titles = {re.sub("^#+ ", "", heading) for heading in case["headings"]}
    lines = [line for line in case["text"].split("\n") if line.strip("*") not in titles]
    result = repair(lines, list(range(1, len(lines) + 1)))
    assert not {row.rule for row in result.repairs} & HEADING_RULES


def test_titles_in_quotation_marks_may_be_headings() -> None:
    """Quoted lines are speech only next to other speech, as in the stories of `damaged`."""
    answer = "It costs because the thing has a price that someone has to pay, and nobody else did so until now."
    titles = [f"“Why does thing number {number} cost money?”" for number in range(12)]
    lines = [line for title in titles for line in (title, "", answer, "")]
    blocks = blocks_of(Draft(lines, range(len(lines))))
    assert {block.text for block in blocks if block.candidate} >= {*titles}


MEANT_OTHERWISE = {
    "commonmark": {"*\u00a0a\u00a0*\n": "invisible"},
    "gfm": {
        "*\u00a0a\u00a0*\n": "invisible",
        "| abc | def |\n| --- | --- |\n| bar | baz |\nbar\n\nbar\n": "table_break",
        "| abc | def |\n| --- |\n| bar |\n": "table_delimiter",
    },
}
"""Examples that scrapers and writers mean differently than the specification reads them, each with the rule that fires:
a bullet before a no-break space, a paragraph glued to a table, a delimiter row with too few cells."""


@pytest.mark.parametrize("name", MEANT_OTHERWISE)
def test_repair_changes_only_known_specification_examples(name: str) -> None:
    changed = {}
    for source in examples(name):
        plain, repaired = rows_of(source, Options(repair="off")), rows_of(source)
        rules = {row["rule"] for row in repaired.pop("repairs")}
        plain.pop("repairs")
        if plain != repaired or rules:
            changed[source] = ", ".join(sorted(rules))
    assert changed == MEANT_OTHERWISE[name]


@pytest.mark.slow
def test_the_heading_model_runs_again_only_for_changed_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """A repair that leaves the text of the blocks unchanged does not run the model again; a changed text does."""
    pages: list[Page] = []

    def count_page(page: Page) -> tuple[dict[int, float], dict[int, float]]:
        pages.append(page)
        return probabilities(page)

    monkeypatch.setattr(recover, "probabilities", count_page)
    prose = "The harbour was closed for the winter, and the pump of the old reader stood in the water. " * 2
    glued = f"{prose}\n- a short item of a list, as it stands\n- and one more\n{prose}\n"
    assert [repair_row.rule for repair_row in repair(glued.split("\n"), range(1, 6)).repairs] == ["list_break"]
    assert len(pages) == 1
    entity = f"{prose}\n\n&amp;amp; more text stands here, as it did\n\n{prose}\n"
    assert [repair_row.rule for repair_row in repair(entity.split("\n"), range(1, 7)).repairs] == ["entities"]
    assert len(pages) == 2


@pytest.mark.skipif(not CORPORA.is_dir(), reason="../shared/corpora is not here; it holds other people's texts")
@pytest.mark.slow
def test_documents_with_marked_headings_get_no_further_headings() -> None:
    """Every document of the corpora marks its headings, so no plain line becomes one, and bold lines hardly ever do."""
    paths = sorted(CORPORA.rglob("*.md"))
    rules = {path: {row["rule"] for row in rows_of(path.read_bytes())["repairs"]} & HEADING_RULES for path in paths}
    assert paths and not [path for path in paths if rules[path] - {"bold_heading"}]
    assert sum(map(bool, rules.values())) <= 0.001 * len(paths)  # titles that divide a marked section


@pytest.mark.parametrize("piece", CHOKING)
@pytest.mark.parametrize("form", ["{}x", "x\n\n{}\n\nx"])
def test_repair_of_every_construct_takes_linear_time(piece: str, form: str) -> None:
    def work(count: int) -> None:
        lines = form.format(piece * count).split("\n")
        repair(lines, list(range(1, len(lines) + 1)))

    assert steep(work, CHOKING[piece] // 2) is None


def test_training_writes_the_weights_that_the_model_reads(tmp_path: Path) -> None:
    """A tree is written with the names of the features that it asks for, and rounded."""
    leaves = {"leaf_value": -0.51234}, {"leaf_value": 2.0}
    tree = {"split_feature": 1, "threshold": 0.123456, "left_child": leaves[0], "right_child": leaves[1]}

    class Booster:
        def dump_model(self) -> dict[str, Any]:
            return {"tree_info": [{"tree_structure": {**tree, "internal_value": 0.75}}]}

    fields = train.fields_of({"headings": Booster(), "titles": Booster()}, ["unused", "breadth"])
    train.write(fields, tmp_path / "weights.json")
    headings, titles = read_forests((tmp_path / "weights.json").read_text(encoding="utf-8"))
    assert headings == titles
    assert (headings.features, headings.trees) == (["breadth"], [[0, 0.12346, -0.5123, 2.0, 0.75]])
    code: dict[str, Any] = {}
    exec(trees.code_of(headings, titles), code)
    *others, last = code["FEATURES"]
    assert (tuple(others), last) == (NAMES, "breadth")
    values = [0.0] * len(others)
    assert [code["headings"](*values, breadth) for breadth in (0.1, 0.12346, 0.2)] == [-0.5123, -0.5123, 2.0]
    assert headings.contributions({"breadth": 0.1}) == pytest.approx({"breadth": -0.5123 - 0.75})


def test_pages_whose_headings_are_marked_train_without_their_marks(tmp_path: Path) -> None:
    prose = "The harbour was closed for the winter, and the pump of the old reader stood in the water. " * 2
    (tmp_path / "reader").mkdir()
    (tmp_path / "reader" / "0000.txt").write_text(f"## The Old Harbour\n\n{prose}\n\n#1 of 3\n\n{prose}\n", "utf-8")
    truth = {"file": "0000.txt", "site": "a", "headings": [[1, 2]], "items": [], "either": []}
    (tmp_path / "reader.jsonl").write_text(json.dumps(truth), encoding="utf-8")
    (example,) = page_examples(tmp_path)
    texts = {example.page.blocks[at].text: is_heading for at, is_heading in example.truth.items()}
    assert (texts["The Old Harbour"], texts["#1 of 3"]) == (True, False)
    assert (example.levels, example.missing_headings) == ({0: 2}, 0)


def test_the_evidence_adds_up_to_the_probability() -> None:
    """What each feature contributes, with the means of all trees, is the sum that gives the probability."""
    prose = "The harbour was closed for the winter, and the pump of the old reader stood in the water. " * 2
    lines = ["The Old Harbour", "", prose, "", "A new pump", "", prose]
    page = Page(blocks_of(Draft(lines, range(len(lines)))))
    means = sum(mean_of(tree) for tree in forests()[0].trees)
    chances = {at: chance for at, chance in probabilities(page)[0].items() if chance}
    assert chances.keys() == {0, 2}
    for at, chance in chances.items():
        total = means + sum(evidence(page, at).values())
        assert 1 / (1 + math.exp(-total)) == pytest.approx(chance, abs=1e-3)

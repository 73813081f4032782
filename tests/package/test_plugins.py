"""Plug-ins: how they are found, what a broken one says, and what each kind adds to a run."""

from __future__ import annotations

import json
import os
import pickle
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import converter
from converter import plugins as registries
from converter.config import Options, Output
from converter.engine import pool
from converter.engine.conversion import convert_batch
from converter.errors import PluginError, UsageError
from converter.extension import FULL, SAFE, Cells, Draft, NoMatch, Reading, Rule, Type, rule
from converter.model.events import BatchRows, BatchStart
from converter.model.hints import Hints
from converter.model.source import Source
from converter.plugins import Plugin, Registry, Series, arrange, instance_of, plugins
from converter.records import RECORDS, ParsedDocument
from converter.records.record import DOC_ID, Record, fault_of_record
from converter.values.value_types import fault_of_type
from converter.write import Format, fault_of_format
from tests.support.commands import invoke, run
from tests.support.paths import PROJECT
from tests.support.plugins import EXAMPLE, distribution, example


@rule("swap_words", SAFE, before="invisible")
def swap_words(draft: Draft) -> None:
    """Old words are new words."""
    for at, line in enumerate(draft.lines):
        if "old" in line:
            draft.replace("swap_words", at, line.replace("old", "new"))
        if "raise" in line:
            raise RuntimeError("cannot swap")


def read_stars(cells: Cells) -> Reading | NoMatch:
    """Read one to five stars."""
    result = cells.parse_each(lambda text: len(text) if text and set(text) == {"★"} else None)
    if isinstance(result, NoMatch):
        return result
    fitting, values, misfits = result
    return cells.reading(pa.int64(), fitting, values, misfits, "stars")


STARS = Type("stars", read_stars, pa.int64())
RATED = "| a | b |\n|---|---|\n| x | ★★ |\n| y | ★ |\n"


# -- finding


@pytest.fixture
def find_plugins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., tuple[Plugin, ...]]:
    """Return a function that finds the plug-ins in folders of Python's path, without the cache."""

    def find(*folders: Path) -> tuple[Plugin, ...]:
        monkeypatch.setattr(sys, "path", [str(folder) for folder in folders])
        return plugins.__wrapped__()

    return find


def test_entry_points_of_the_groups_are_plugins(find_plugins: Any, tmp_path: Path) -> None:
    distribution(tmp_path, "two-rules", "1.2", {
        "parquetry.rules": {"b": "m:b", "a": "m:a"}, "console_scripts": {"c": "m:c"}, "parquetry.colours": {"d": "m:d"},
    })  # fmt: skip
    assert find_plugins(tmp_path) == (
        Plugin("rules", "a", "two-rules", "1.2", "m:a"),
        Plugin("rules", "b", "two-rules", "1.2", "m:b"),
    )


def test_without_plugins_the_library_of_entry_points_is_not_imported(find_plugins: Any, tmp_path: Path) -> None:
    distribution(tmp_path / "site", "other", "1", {"console_scripts": {"parquetry": "m:main"}})
    (tmp_path / "file").write_text("")
    code = (
        "import sys; from converter.plugins import plugins; from converter.repair import RULES; "
        f"sys.path[:0] = [{str(tmp_path / 'site')!r}, 'missing']; before = 'importlib.metadata' in sys.modules; "
        "print(len(plugins()), len(RULES) > 9, before, 'importlib.metadata' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT)
    assert result.stdout.split()[:2] == ["0", "True"] and len({*result.stdout.split()[2:]}) == 1
    assert find_plugins(tmp_path / "site", tmp_path / "missing") == ()


def test_the_first_distribution_of_a_name_hides_others(find_plugins: Any, tmp_path: Path) -> None:
    for version, place in (("2", "first"), ("1", "second")):
        distribution(tmp_path / place, "same", version, {"parquetry.rules": {"a": f"m{version}:a"}})
    assert [plugin.version for plugin in find_plugins(tmp_path / "first", tmp_path / "second")] == ["2"]


# -- registries


def item(name: str, before: str = "", reshapes: bool = False) -> Rule:
    return Rule(name, FULL, lambda draft: None, reshapes, before)


ITEMS: dict[str, Any] = {}


def registry(monkeypatch: pytest.MonkeyPatch, *added: Plugin, **items: Any) -> Registry[Rule]:
    """Return a registry with two built-in rules and these plug-ins, whose items are in the module `ITEMS`."""
    monkeypatch.setattr(registries, "plugins", lambda: tuple(sorted(added)))
    monkeypatch.setattr(registries, "item_at", lambda value: items[value])
    return Registry("rules", {"one": item("one"), "two": item("two")}, instance_of(Rule))


def plugin(name: str, value: str = "", distribution: str = "dist", kind: str = "rules") -> Plugin:
    return Plugin(kind, name, distribution, "1.0", value or name)


def test_plugins_come_after_what_is_built_in(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = registry(monkeypatch, plugin("a"), plugin("b"), plugin("c", kind="types"), a=item("a"), b=item("b", "two"))
    assert [*rules] == ["one", "two", "a", "b"] and len(rules) == 4 and "a" in rules and "c" not in rules
    assert [rule.name for rule in Series(rules)] == ["one", "b", "two", "a"]


def test_a_plugin_is_imported_only_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = registry(monkeypatch, plugin("a"))  # its item does not exist
    assert [*rules] == ["one", "two", "a"] and rules["one"].name == "one"
    with pytest.raises(
        PluginError, match=r"rule a of dist 1\.0: a cannot be imported \(KeyError: 'a'\); update or unin"
    ):
        rules["a"]


@pytest.mark.parametrize(
    "added, items, message",
    [
        ([plugin("one")], {"one": item("one")}, "a built-in one has this name"),
        ([plugin("a"), plugin("a", "b", "other")], {}, r"of other 1\.0: dist 1\.0 has one of the same name"),
        ([plugin("A b")], {}, "a name has lower-case letters, digits and underscores"),
        ([plugin("a")], {"a": print}, "it is a builtin_function_or_method, not a Rule"),
        ([plugin("a")], {"a": item("b")}, "its name is b"),
        ([plugin("a")], {"a": item("a", "three")}, "it comes before three, which does not exist"),
        ([plugin("a"), plugin("b")], {"a": item("a", "b"), "b": item("b", "a")}, "a comes before b, which does not"),
    ],
)
def test_a_broken_plugin_names_its_distribution(
    monkeypatch: pytest.MonkeyPatch, added: list[Plugin], items: dict[str, Any], message: str
) -> None:
    with pytest.raises(PluginError, match=message) as error:
        list(Series(registry(monkeypatch, *added, **items)))
    assert "dist" in str(error.value) and error.value.code == "plugin_failed"


def test_plugins_may_come_before_each_other() -> None:
    items = arrange([item("one")], [item("a", "b"), item("b", "one"), item("c")])
    assert [entry.name for entry in items] == ["a", "b", "one", "c"]


@pytest.mark.parametrize(
    "fault_of, name, value, fault",
    [
        (fault_of_type, "stars", STARS, None),
        (fault_of_type, "stars", STARS._replace(arrow=pa.int8()), "its Arrow type must be one of bool, int64"),
        (fault_of_type, "stars", STARS._replace(arrow=None), "its Arrow type must be one of"),
        (fault_of_type, "stars", read_stars, "it is a function, not a Type"),
        (fault_of_record, "x", Record("x", "", ("doc_id",), (DOC_ID,), lambda context: []), None),
        (fault_of_record, "x", Record("x", "", (), (), lambda context: []), "its first field is not DOC_ID"),
        (fault_of_record, "x", Record("x", "", ("y",), (DOC_ID,), lambda context: []), "a key names y, which is no"),
        (fault_of_record, "x", Record("x", "", (), (DOC_ID, DOC_ID), lambda context: []), "two fields have the name"),
        (fault_of_format, "x", Format(".x", "", lambda *_: None), None),  # type: ignore[arg-type]
        (fault_of_format, "x", Format(".y", "", lambda *_: None), "its suffix is .y"),  # type: ignore[arg-type]
        (fault_of_format, "x", Format(".x", "", 1), "its writer cannot be called"),  # type: ignore[arg-type]
        (fault_of_format, "x", 1, "it is a int, not a Format"),
    ],
)
def test_each_kind_is_checked(fault_of: Any, name: str, value: Any, fault: str | None) -> None:
    result = fault_of(name, value)
    assert result is None if fault is None else result.startswith(fault)


# -- rules and types as objects


def rows_of(text: str, options: Options, *records: str) -> dict[str, list[dict[str, Any]]]:
    (rows,) = convert_batch([Source("a", text), Source("b", "fine\n")], options, records)
    return {name: rows.records[name].to_pylist() for name in records}


def test_a_rule_can_be_an_object() -> None:
    rows = rows_of("an old word\n", Options(rules=[swap_words]), "blocks", "repairs")  # type: ignore[arg-type]
    assert [row["text"] for row in rows["blocks"]] == ["an new word", "fine"]
    assert [(row["rule"], row["before"]) for row in rows["repairs"]] == [("swap_words", "an old word")]
    assert converter.read_text("an old word", rules=(swap_words,)).blocks[0].text == "an new word"
    left_out = Options(rules=(swap_words,), rules_off=frozenset({"swap_words"}))
    assert rows_of("an old word\n", left_out, "repairs")["repairs"] == []


def test_a_type_can_be_an_object() -> None:
    rows = rows_of(RATED, Options(hints=Hints(value_types=(STARS,))), "tables")
    assert [column["type"] for column in rows["tables"][0]["columns"]] == ["string", "int64"]
    forced = Hints(value_types=(STARS,), types={"a": "stars"})
    (table,) = rows_of(RATED, Options(hints=forced), "tables")["tables"]
    assert [(column["type"], column["null_count"]) for column in table["columns"]] == [("int64", 2), ("int64", 0)]


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Options(rules=(swap_words, swap_words)), "`rules`: there is already swap_words"),
        (lambda: Options(rules=(item("entities"),)), "`rules`: there is already entities"),
        (lambda: Options(rules=(item("a", "nonsense"),)), "a comes before nonsense, which does not exist"),
        (
            lambda: Options(rules=(print,)),  # type: ignore[arg-type]
            "`rules` are objects of the class Rule, not builtin_function_or_method",
        ),
        (lambda: Options(rules=swap_words), "`rules` are objects of the class Rule in a tuple, not Rule"),  # type: ignore[arg-type]
        (lambda: Options(hints=Hints(value_types=(STARS._replace(name="int64"),))), "there is already int64"),
        (lambda: Options(hints=Hints(value_types=(1,))), "is not a value type: it is a int, not a Type"),
        (lambda: Options(hints=Hints(types={"a": "stars"})), "unknown type 'stars'"),
    ],
)
def test_a_wrong_object_is_a_usage_error(make: Callable[[], Options], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make()


def test_objects_are_part_of_the_fingerprint() -> None:
    base = Output().fingerprint_options(Options())
    with_rule = Output().fingerprint_options(Options(rules=(swap_words,)))
    newer = Output().fingerprint_options(Options(rules=(Rule("swap_words", SAFE, swap_words.apply, version="2"),)))
    with_type = Output().fingerprint_options(Options(hints=Hints(value_types=(STARS,))))
    fingerprints = [json.dumps(options, sort_keys=True) for options in (base, with_rule, newer, with_type)]
    assert len({*fingerprints}) == 4 and "0x" not in "".join(fingerprints)


def test_plugins_that_count_are_part_of_the_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = ("rules", "types", "records", "formats", "targets", "sources", "readers")
    monkeypatch.setattr(registries, "plugins", lambda: tuple(plugin(kind[0], kind=kind) for kind in kinds))
    options = Output(records=["documents"]).fingerprint_options(Options())
    assert options["plugins"] == {"rules/r": "dist 1.0", "types/t": "dist 1.0", "readers/r": "dist 1.0"}
    assert registries.versions((), ["r"]) == {"records/r": "dist 1.0"}
    assert "rules/r" not in registries.versions(["rules"], without=["r"])


def test_an_object_that_raises_costs_one_document() -> None:
    rows = rows_of("raise it\n", Options(rules=(swap_words,)), "documents", "problems")
    assert [row["source"] for row in rows["documents"]] == ["b"]
    ((code, message),) = [(row["code"], row["message"]) for row in rows["problems"]]
    assert code == "plugin_failed" and message.startswith("the rule swap_words raised RuntimeError: cannot swap (test_")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda draft: draft.lines.clear(),
            "the rule odd added or removed lines of the draft; a rule calls `insert_aft",
        ),
        (
            lambda draft: draft.kinds.append("text"),
            "the rule odd added or removed lines of the draft; a rule calls `ins",
        ),
        (
            lambda draft: draft.replace("odd", 0, "\ud800"),
            "the rule odd wrote a line that is not a text: 'utf-8' codec can",
        ),
        (
            lambda draft: draft.insert_after("odd", 0, None),
            "the rule odd wrote a line that is not a text: sequence item",
        ),
        (lambda draft: draft.replace("odd", 0, "a\nb"), "the rule odd wrote a line with a line end in it"),
        (lambda draft: draft.replace("odd", 0, "a\r"), "the rule odd wrote a line with a line end in it"),
        (
            lambda draft: draft.insert_after("odd", 0, "\n"),
            "the rule odd wrote a line with a line end in it",
        ),
        (
            lambda draft: draft.rewrite("odd", 0, 1, {0: ["a", "b\n"]}, 0.9),
            "the rule odd wrote a line with a line end in it",
        ),
    ],
)
def test_a_rule_that_changes_a_draft_in_another_way_costs_one_document(
    change: Callable[[Any], None], message: str
) -> None:
    odd = rule("odd", FULL)(lambda draft: change(draft) if draft.lines[0] == "odd" else None)
    rows = rows_of("odd\n\ntext\n", Options(rules=(odd,)), "documents", "problems")
    assert [row["source"] for row in rows["documents"]] == ["b"]
    ((code, problem),) = [(row["code"], row["message"]) for row in rows["problems"]]
    assert code == "plugin_failed" and problem.startswith(message)


def test_a_record_that_raises_costs_one_document(monkeypatch: pytest.MonkeyPatch) -> None:
    def rows(context: ParsedDocument) -> Iterator[tuple[Any, ...]]:
        assert context.text is not None
        if context.blocks[0].text == "raise":
            raise RuntimeError("no rows")
        yield (context.doc_id,)

    added = Plugin("records", "lines", "dist", "1.0", f"{__name__}:lines")
    monkeypatch.setattr(registries, "plugins", lambda: (added,))
    monkeypatch.setattr(RECORDS, "_plugins", {"lines": added})
    monkeypatch.setitem(RECORDS._loaded, "lines", Record("lines", "", (), (DOC_ID,), rows))
    result = rows_of("raise\n", Options(), "lines", "problems")
    assert len(result["lines"]) == 1
    ((code, message),) = [(row["code"], row["message"]) for row in result["problems"]]
    assert code == "plugin_failed" and message.startswith("the plug-in dist 1.0 raised RuntimeError: no rows (test_")


def test_a_rule_has_a_level() -> None:
    with pytest.raises(ValueError, match="the level of the rule a is 'often', not 'safe' or 'full'"):
        rule("a", "often")(apply_nothing)


def test_a_type_reads_what_it_says() -> None:
    wrong = STARS._replace(arrow=pa.bool_())
    ((code, message),) = [
        (row["code"], row["message"])
        for row in rows_of(RATED, Options(hints=Hints(value_types=(wrong,))), "problems")["problems"]
    ]
    assert code == "failed" and "TypeError: the value type stars read int64, not bool" in message


def test_options_with_objects_are_pickled() -> None:
    options = Options(rules=(swap_words,), hints=Hints(value_types=(STARS,)))
    assert pickle.loads(pickle.dumps(options)) == options
    called = rule("called", FULL)(apply_nothing)
    assert pickle.loads(pickle.dumps(called)) == called


def apply_nothing(draft: Draft) -> None:
    """Do nothing."""


@pytest.mark.slow
@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_objects_reach_workers(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    if method == "spawn":
        monkeypatch.setattr(pool, "start_fork_server", lambda: None)
    options = Options(rules=(swap_words,), hints=Hints(value_types=(STARS,)))
    batches = [BatchStart([Source(name, f"old {name}\n\n{RATED}")]) for name in "abc"]
    events = [*pool.convert_batches(batches, options, ["repairs", "tables"], jobs=2)]
    rows = [event.records for event in events if isinstance(event, BatchRows)]
    assert [table["repairs"].column("rule").to_pylist() for table in rows] == [["swap_words"]] * 3
    assert [table["tables"].to_pylist()[0]["columns"][1]["type"] for table in rows] == ["int64"] * 3


def test_workers_with_other_plugins_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registries, "plugins", lambda: (plugin("a"),))
    registries.check_same([plugin("a")])
    with pytest.raises(PluginError, match=r"the repair rule b of dist 1\.0\); install the same on all"):
        registries.check_same([plugin("a"), plugin("b")])


# -- the command


NOTES = """# Notes

~> one thing
~> another

TODO: write more

| Book | Part |
|------|------|
| a    | XIV  |
| b    | IX   |
"""


def path_with(*folders: Path) -> dict[str, Any]:
    return {"PYTHONPATH": os.pathsep.join(map(str, (*folders, PROJECT)))}


def test_the_example_adds_something_of_each_kind(tmp_path: Path) -> None:
    environment = path_with(example(tmp_path / "site"), EXAMPLE / "src") | {"SOME_NOTE": "# From a variable\n"}
    (tmp_path / "a.md").write_text(NOTES)
    (tmp_path / "loud.shout").write_text("NEWS!\nALL IS WELL\n")
    (tmp_path / "quiet.shout").write_text("all is well\n")
    sources = ["a.md", "loud.shout", "quiet.shout", "env://SOME_NOTE", "env://NO_NOTE"]
    run("convert", *sources, "-o", "out", cwd=tmp_path, code=3, **environment)
    out = {name: pq.read_table(tmp_path / "out" / f"{name}.parquet").to_pylist() for name in (
        "documents", "sections", "list_items", "todos", "problems", "repairs")}  # fmt: skip
    assert [row["source"] for row in out["documents"]] == ["a.md", "loud.shout", "env://SOME_NOTE"]
    assert [row["title"] for row in out["sections"] if row["title"]] == ["Notes", "News", "From a variable"]
    assert [row["text"] for row in out["list_items"]] == ["one thing", "another"]
    assert {row["rule"] for row in out["repairs"]} >= {"arrow_lists"}
    assert [(row["text"], row["line_start"]) for row in out["todos"]] == [("write more", 6)]
    assert [(row["code"], row["source"]) for row in out["problems"]] == [
        ("plugin_failed", "quiet.shout"), ("not_found", "env://NO_NOTE"),
    ]  # fmt: skip
    (dataset,) = (tmp_path / "out" / "datasets").iterdir()
    assert pq.read_table(dataset).column("part").to_pylist() == [14, 9]
    manifest = json.loads((tmp_path / "out" / "_manifest.json").read_text())
    assert manifest["options"]["plugins"]["rules/arrow_lists"] == "parquetry-example 1.0"


@pytest.mark.slow
def test_the_example_adds_a_format_and_a_target(tmp_path: Path) -> None:
    environment = path_with(example(tmp_path / "site"), EXAMPLE / "src")
    (tmp_path / "a.md").write_text(NOTES)
    result = run("convert", "a.md", "--records", "todos", "--to", "tsv", cwd=tmp_path, code=0, **environment)
    assert [line.split("\t")[3] for line in result.stdout.decode().splitlines()] == ["text", "write more"]
    run("convert", "a.md", "-o", "x.pickle", cwd=tmp_path, code=0, **environment)
    assert pickle.loads((tmp_path / "x.pickle").read_bytes())["todos"][0]["text"] == "write more"
    again = run("convert", "a.md", "-o", "x.pickle", cwd=tmp_path, code=1, **environment)
    assert b"x.pickle: already holds a file; choose another output or pass --overwrite" in again.stderr
    listing = run("plugins", "--to", "json", cwd=tmp_path, code=0, **environment)
    assert [row["name"] for row in json.loads(listing.stdout)] == [
        "tsv", "shout", "todos", "arrow_lists", "env", "pickle", "roman",
    ]  # fmt: skip


def test_a_broken_plugin_stops_what_needs_it(tmp_path: Path) -> None:
    points = {"parquetry.rules": {"a": "broken_module:a"}, "parquetry.targets": {"b": "missing_module:b"}}
    environment = path_with(distribution(tmp_path / "site", "broken", "0.1", points, broken_module="1 / 0\n"))
    (tmp_path / "a.md").write_text(NOTES)
    result = run("convert", "a.md", "-o", "out", cwd=tmp_path, code=1, **environment)
    message = (
        "the repair rule a of broken 0.1: broken_module:a cannot be imported (ZeroDivisionError: division by zero)"
    )
    assert f"parquetry: {message}; update or uninstall broken" in result.stderr.decode()
    assert not (tmp_path / "out").exists()
    listing = run("plugins", cwd=tmp_path, code=1, **environment)
    assert "division by zero" in listing.stdout.decode() and "missing_module" in listing.stdout.decode()


WRONG = """
import pyarrow as pa
from converter.extension import DOC_ID, Format, Record

wrong_format = Format(".wrong_format", "It has no writer.", lambda stream, schema, layout: 5)
wrong_record = Record("wrong_record", "", (), (DOC_ID,), lambda document: [(document.doc_id, 1)])

def wrong_target(name):
    return 3
"""
WRONGS = {
    "formats": (["-o", "x.wrong_format", "--records", "documents"], "the writer of the format wrong_format is int"),
    "targets": (["-o", "x.wrong_target"], "the target wrong_target of wrong 1: it returned int without manifest"),
    "records": (["-o", "out"], "the record wrong_record yields a row that has not 1 values [plugin_failed]"),
}


@pytest.mark.parametrize("kind", WRONGS)
def test_a_plugin_that_gives_something_else_is_named(tmp_path: Path, kind: str) -> None:
    arguments, message = WRONGS[kind]
    name = f"wrong_{kind.removesuffix('s')}"
    points = {f"parquetry.{kind}": {name: f"wrong_module:{name}"}}
    environment = path_with(distribution(tmp_path / "site", "wrong", "1", points, wrong_module=WRONG))
    (tmp_path / "a.md").write_text(NOTES)
    error = run("convert", "a.md", *arguments, cwd=tmp_path, code=1, **environment).stderr.decode()
    assert message in error and "report" not in error


def test_a_target_without_a_valid_name_does_not_stop_runs_with_another(tmp_path: Path) -> None:
    environment = path_with(
        distribution(tmp_path / "site", "wrong", "1", {"parquetry.targets": {"No-Name": "re:match"}})
    )
    (tmp_path / "a.md").write_text(NOTES)
    run("convert", "a.md", "-o", "out", cwd=tmp_path, code=0, **environment)


ENDING = """
import sys
from converter.extension import FULL, Format, Source, rule

def end(*arguments):
    sys.exit(0)

def find(address, search):
    yield Source(address, "text")
    sys.exit(0)

ending_rule = rule("ending_rule", FULL)(lambda draft: end() if "end" in draft.lines else None)
ending_format = Format(".ending_format", "It ends.", end)
"""
ENDED = {
    "rules": (["a.md", "b.md", "-o", "out"], 3, "b.md: error: the plug-in ending 1 raised SystemExit: 0"),
    "readers": (["a.md", "b.ending_reader", "-o", "out"], 3, "the reader ending_reader of ending 1 raised SystemExit"),
    "sources": (["a.md", "ending_source://x", "-o", "out"], 3, "source ending_source of ending 1 raised SystemExit: 0"),
    "formats": (["a.md", "-o", "out", "--to", "ending_format"], 1, "parquetry: the plug-in ending 1 ended the command"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ENDED)
def test_a_plugin_that_ends_the_process_fails_and_no_more(tmp_path: Path, kind: str) -> None:
    arguments, exit_code, message = ENDED[kind]
    name = f"ending_{kind.removesuffix('s')}"
    value = {"readers": "end", "sources": "find"}.get(kind, name)
    points = {f"parquetry.{kind}": {name: f"ending:{value}"}}
    site = distribution(tmp_path / "site", "ending", "1", points, ending=ENDING)
    for file, text in {"a.md": "# A\n", "b.md": "end\n", "b.ending_reader": "x"}.items():
        (tmp_path / file).write_text(text)
    result = run("convert", *arguments, cwd=tmp_path, code=exit_code, **path_with(site))
    assert message in result.stderr.decode()
    assert (tmp_path / "out").exists() == (exit_code == 3)


def test_without_plugins_the_listing_says_so() -> None:
    assert "no plug-in is installed" in invoke("plugins", code=0).output
    assert invoke("plugins", "--to", "json", code=0).stdout == "[]\n"
    assert "unknown format yaml; choose from text, json" in invoke("plugins", "--to", "yaml", code=2).output


@pytest.mark.slow  # builds two wheels and installs them into a new environment
def test_the_example_is_installed_and_used(tmp_path: Path) -> None:
    uv = [sys.executable, "-m", "uv"]  # from its cache, in seconds
    python, parquetry = (tmp_path / "venv" / "bin" / name for name in ("python", "parquetry"))
    subprocess.run([*uv, "venv", "-q", "--python", sys.executable, tmp_path / "venv"], check=True, timeout=60)
    constraints = {"UV_CONSTRAINT": os.environ.get("PIP_CONSTRAINT", "")}  # as pip takes them in CI
    subprocess.run(
        [*uv, "pip", "install", "-q", "--python", python, PROJECT, EXAMPLE],
        env={**os.environ, **constraints}, check=True, timeout=600,
    )  # fmt: skip
    documents = tmp_path / "documents"
    documents.mkdir()
    for number in range(600):  # more than a batch: workers convert them
        (documents / f"{number}.md").write_text(NOTES)
    command: list[str | Path] = [parquetry, "convert", documents, "-o", tmp_path / "x.sqlite", "-j", "2", "-q"]
    subprocess.run(command, check=True, timeout=120)
    connection = sqlite3.connect(tmp_path / "x.sqlite")
    assert connection.execute("select count(*) from todos").fetchone() == (600,)
    assert connection.execute("select count(*) from repairs where rule = 'arrow_lists'").fetchone() == (1200,)
    assert connection.execute("select sum(part) from datasets_book__part").fetchone() == (600 * 23,)

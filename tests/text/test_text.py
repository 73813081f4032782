"""bytes -> Text: encodings, newlines, line numbers, front matter."""

from __future__ import annotations

import codecs
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.errors import DecodingError
from converter.text.reading import Text, read_text

GERMAN = "# Größe\n\nÄpfel, Öl und Übermut kosten 3 €.\n"
JAPANESE = "# 日本語の見出し\n\nこれは文字コードの判定を確かめるための、十分に長い日本語の文章です。\n" * 4
RUSSIAN = "# Заголовок\n\nЭто достаточно длинный русский текст, чтобы определить его кодировку.\n" * 4
CHINESE = "# 标题\n\n这是一段足够长的中文文本，用来检验编码的自动检测是否正确可靠。\n" * 4
FRENCH = "# Été\n\nL’élève a reçu une réponse détaillée à propos de l’œuvre d’art.\n" * 4


def codes(text: Text) -> list[str]:
    return [problem.code for problem in text.problems]


@pytest.mark.parametrize(
    "text, data, encoding, problems",
    [
        (GERMAN, GERMAN.encode(), "utf-8", []),
        (GERMAN, codecs.BOM_UTF8 + GERMAN.encode(), "utf-8-sig", []),
        (GERMAN, codecs.BOM_UTF16_LE + GERMAN.encode("utf-16-le"), "utf-16-le", []),
        (GERMAN, codecs.BOM_UTF16_BE + GERMAN.encode("utf-16-be"), "utf-16-be", []),
        (GERMAN, codecs.BOM_UTF32_LE + GERMAN.encode("utf-32-le"), "utf-32-le", []),
        (GERMAN, codecs.BOM_UTF32_BE + GERMAN.encode("utf-32-be"), "utf-32-be", []),
        (GERMAN, GERMAN.encode("utf-16-le"), "utf-16-le", ["legacy_encoding"]),
        (GERMAN, GERMAN.encode("utf-16-be"), "utf-16-be", ["legacy_encoding"]),
        (FRENCH, FRENCH.encode("cp1252"), "cp1252", ["legacy_encoding"]),
        (RUSSIAN, RUSSIAN.encode("cp1251"), "cp1251", ["legacy_encoding"]),
        (JAPANESE, JAPANESE.encode("shift_jis"), ("shift_jis", "cp932"), ["legacy_encoding"]),
        (CHINESE, CHINESE.encode("gb18030"), "gb18030", ["legacy_encoding"]),
        ("plain\n", b"plain\n", "utf-8", []),
    ],
)
def test_encodings_are_detected(text: str, data: bytes, encoding: str | tuple[str, ...], problems: list[str]) -> None:
    decoded = read_text(data, "a.md")
    assert decoded.lines == text.splitlines()
    assert decoded.encoding in ((encoding,) if isinstance(encoding, str) else encoding)
    assert codes(decoded) == problems
    assert decoded.size_bytes == len(data)


def test_a_short_legacy_text_falls_back_to_the_browser_default() -> None:
    decoded = read_text("Gr\u00f6\u00dfe\n".encode("cp1252"), "a.md")
    assert decoded.lines == ["Gr\u00f6\u00dfe"]
    assert codes(decoded) == ["legacy_encoding"]


@pytest.mark.parametrize(
    ("text", "written", "encoding"),
    [
        ("東京タワー、りんご三百円", "shift_jis", "cp932"),
        ("りんごは三百円です", "euc_jp", "euc_jp"),
        ("价格三百元，苹果很好", "gb18030", "gb18030"),
        ("한국어 문장입니다", "euc_kr", "cp949"),
        ("It’s the boat of the harbour, and the nets dry on the quay before noon.", "cp1252", "cp1252"),
    ],
)
def test_a_single_line_in_another_encoding_is_read(text: str, written: str, encoding: str) -> None:
    decoded = read_text(text.encode(written), "a.md")
    assert (decoded.lines, decoded.encoding) == ([text], encoding)
    assert codes(decoded) == ["legacy_encoding"]


def test_damaged_utf8_keeps_the_intact_text_and_reports_the_line() -> None:
    data = "Äpfel und Öl\nÜbermut, größer\n".encode() + GERMAN.encode() * 5
    broken = data.replace("ß".encode(), b"\xc3", 1)
    decoded = read_text(broken, "a.md")
    assert decoded.encoding == "utf-8"
    assert decoded.lines == ["Äpfel und Öl", "Übermut, grö\ufffder", *GERMAN.splitlines() * 5]
    (problem,) = decoded.problems
    assert (problem.code, problem.line_start) == ("undecodable", 2)


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 4,
        b"\x7fELF\x02\x01\x01" + bytes(64),
        b"PK\x03\x04\x14\0" * 30,
        b"\x01\x02" + "a\0b The net is spread\0 over the railing".encode("utf-16-le") * 3,
    ],
    ids=["png", "elf", "zip", "wide nulls"],
)
def test_binary_data_is_refused(data: bytes) -> None:
    with pytest.raises(DecodingError) as caught:
        read_text(data, "a.png")
    assert caught.value.code == "binary"
    assert caught.value.source == "a.png"


@pytest.mark.parametrize(
    "source, lines",
    [
        ("a\nb\n", ["a", "b"]),
        ("a\nb", ["a", "b"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("a\rb\r", ["a", "b"]),
        ("a\r\n\rb\n\rc", ["a", "", "b", "", "c"]),
        # Neither editors nor CommonMark end a line at these.
        ("a\x0cb\x0bc\x85d\u2028e\u2029f\x1cg", ["a\x0cb\x0bc\x85d\u2028e\u2029f\x1cg"]),
        ("a\u00a0b\u200bc\ufeffd", ["a\u00a0b\u200bc\ufeffd"]),
        ("\n\n", ["", ""]),
    ],
)
def test_lines_end_where_an_editor_ends_them(source: str, lines: list[str]) -> None:
    decoded = read_text(source.encode(), "a.md")
    assert decoded.lines == lines
    assert list(decoded.numbers) == list(range(1, len(lines) + 1))
    assert decoded.line_count == len(lines)


@pytest.mark.parametrize(
    "data", [b"", b" \n\t\n", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, "\u200b \u200f\n\ufeff".encode()]
)
def test_an_empty_document_is_reported(data: bytes) -> None:
    assert codes(read_text(data, "a.md")) == ["empty"]


def test_nul_characters_are_reported_with_their_line() -> None:
    decoded = read_text(b"one\ntwo\0\nthree\0\0\n", "a.md")
    assert decoded.lines == ["one", "two\0", "three\0\0"]
    (problem,) = decoded.problems
    assert (problem.code, problem.line_start, problem.message) == (
        "nul_character",
        2,
        "3 NUL character(s), read as U+FFFD",
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "matter, format, metadata",
    [
        ("---\ntitle: A\ntags: [x, y]\n---", "yaml", {"title": "A", "tags": ["x", "y"]}),
        ("---\ntitle: A\n...", "yaml", {"title": "A"}),
        ('+++\ntitle = "A"\nday = 2024-01-31\n+++', "toml", {"title": "A", "day": "2024-01-31"}),
        (';;;\n{"title": "A"}\n;;;', "json", {"title": "A"}),
        ('{\n"title": "A",\n"n": [1, {"b": null}]\n}', "json", {"title": "A", "n": [1, {"b": None}]}),
        ("---\n---", "yaml", {}),
        ("---\n# only a remark\n---", "yaml", {}),
    ],
)
def test_front_matter_is_read_in_each_format(matter: str, format: str, metadata: dict[str, Any], newline: str) -> None:
    source = (matter + "\nbody\n").replace("\n", newline)
    decoded = read_text(source.encode(), "a.md")
    assert decoded.front_matter is not None
    assert (decoded.front_matter.format, decoded.front_matter.metadata) == (format, metadata)
    assert decoded.front_matter.raw == matter
    assert (decoded.lines, list(decoded.numbers)) == (["body"], [matter.count("\n") + 2])
    assert decoded.front_matter.line_end == matter.count("\n") + 1
    assert not decoded.problems


@pytest.mark.parametrize(
    "above",
    ["\n", " \n\t\n", "\ufeff", "\ufeff\n", "<!-- a -->\n", "<!-- a\n---\n-->\n\n<!-- b -->\n", "\n```markdown\n"],
)
@pytest.mark.parametrize(
    "matter, metadata, problem_lines",
    [
        ("---\ntitle: A\n---", {"title": "A"}, []),
        ('+++\ntitle = "A"\n+++', {"title": "A"}, []),
        ('{\n"title": "A",\n"title": "B"\n}', {"title": "B"}, [3]),
        ("---\na: 1\nb: 2\na: 3\n---", {"a": 3, "b": 2}, [4]),
        ("---\ntitle: Roofs: a history\nauthor: B\n---", {"title": "Roofs: a history", "author": "B"}, [2]),
        ("---\na: &a\n  b: *a\n---", None, [1]),
    ],
)
def test_front_matter_may_stand_below_blank_lines_comments_and_the_fence_around_all(
    above: str, matter: str, metadata: dict[str, Any] | None, problem_lines: list[int]
) -> None:
    decoded = read_text(f"{above}{matter}\n\nbody\n{'```' if '`' in above else ''}", "a.md")
    lines_above = above.count("\n")
    assert decoded.front_matter is not None
    assert (decoded.front_matter.raw, decoded.front_matter.metadata) == (matter, metadata)
    assert decoded.front_matter.line_start == lines_above + 1
    assert decoded.front_matter.line_end == lines_above + 1 + matter.count("\n")
    assert [problem.line_start for problem in decoded.problems] == [lines_above + line for line in problem_lines]
    assert all("lines 2 and" not in problem.message for problem in decoded.problems if lines_above)
    assert decoded.lines[:lines_above] == above.removeprefix("\ufeff").split("\n")[:-1]
    assert decoded.lines[lines_above : lines_above + 2] == ["", "body"]
    assert decoded.numbers[lines_above + 1] == decoded.front_matter.line_end + 2
    assert decoded.line_count == len(decoded.lines) + matter.count("\n") + 1


@pytest.mark.parametrize(
    "yaml, value",
    [
        ("00501", "00501"), ("1.10", "1.10"), ("2024-01-31", "2024-01-31"), ("12:30", "12:30"), ("no", "no"),
        ("on", "on"), ("0x1F", "0x1F"), ("1_000", "1_000"), ("1e3", "1e3"), (".5", ".5"), ("+1", "+1"),
        ("007.50", "007.50"),
        ("2024-01-31T10:00:00Z", "2024-01-31T10:00:00Z"), (".nan", ".nan"), ("1" * 25, int("1" * 25)),
        ("12", 12), ("-1.5", -1.5), ("true", True), ("False", False), ("null", None), ("~", None), ("", None),
        ("'12'", "12"), ("!include x.yml", "x.yml"), ("!!binary aGk=", "hi"),
    ],
)  # fmt: skip
def test_front_matter_values_keep_what_a_reader_sees(yaml: str, value: object) -> None:
    decoded = read_text(f"---\nkey: {yaml}\n---\n", "a.md")
    assert decoded.front_matter is not None
    assert decoded.front_matter.metadata == {"key": value}
    assert type(decoded.front_matter.metadata["key"]) is type(value)


BOMB = "---\na: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + previous_name] * 10)}]\n"
    for previous_name, name in zip("abcdefgh", "bcdefghi", strict=True)
)

MERGE_CHAIN = "---\na0: &a0 {x: 1}\n" + "".join(
    f"a{number}: &a{number} {{<<: *a{number - 1}, k{number}: 1}}\n" for number in range(1, 500)
)
MERGE_BOMB = "---\na0: &a0 {x: 1}\nb0: &b0 {y: 1}\n" + "".join(
    f"{name}{number}: &{name}{number} {{<<: [*a{number - 1}, *b{number - 1}, *a{number - 1}], k{name}{number}: 1}}\n"
    for number in range(1, 300)
    for name in "ab"
)
"""With a version of PyYAML before 6.0.4, each line has twice the entries of the one above."""


@pytest.mark.parametrize(
    "source, line, expected_metadata",
    [
        ("---\ntitle: [1, 2\nauthor: B\n---\nbody\n", None, {"title": "[1, 2", "author": "B"}),
        ("---\ntitle: A\n\tauthor: B\n---\nbody\n", 3, {"title": "A", "author": "B"}),
        ("---\ntitle: *nowhere\n---\nbody\n", 2, {"title": "*nowhere"}),
        ("---\na: &a\n  b: *a\n---\nbody\n", None, None),
        (BOMB + "---\nbody\n", None, None),
        (MERGE_CHAIN + "---\nbody\n", None, None),
        (MERGE_BOMB + "---\nbody\n", None, None),
        ("---\na: " + "[" * 3000 + "]" * 3000 + "\n---\nbody\n", None, {"a": "[" * 3000 + "]" * 3000}),
        ("---\ndeep: " + "{a: " * 300 + "1" + "}" * 300 + "\n---\nbody\n", None, None),
        ("+++\ntitle = A\n+++\nbody\n", 2, {"title": "A"}),
        ("+++\na = 1\na = 2\n+++\nbody\n", None, {"a": 2}),
        ("+++\nx = " + "[" * 3000 + "]" * 3000 + "\n+++\nbody\n", None, None),
        (';;;\n{"a": 1,}\n;;;\nbody\n', 2, None),
        (';;;\n{"a": ' + "[" * 100_000 + "\n;;;\nbody\n", None, None),
        ("---\ntitle: A\n[a, b]: c\n---\nbody\n", 3, {"title": "A"}),
    ],
    ids=[
        "bracket",
        "tab",
        "alias",
        "self",
        "bomb",
        "merge-chain",
        "merge-bomb",
        "deep",
        "deep-map",
        "toml",
        "toml-twice",
        "toml-deep",
        "json",
        "json-deep",
        "yaml",
    ],
)
def test_broken_front_matter_is_cut_off_and_reported(
    source: str, line: int | None, expected_metadata: dict[str, Any] | None
) -> None:
    decoded = read_text(source, "a.md")
    assert decoded.front_matter is not None
    assert decoded.front_matter.metadata == expected_metadata
    assert decoded.lines == ["body"]
    (problem,) = decoded.problems
    assert problem.code == "front_matter"
    assert problem.line_start is not None and 1 <= problem.line_start <= decoded.front_matter.line_end
    assert line is None or problem.line_start == line
    assert problem.raw == decoded.front_matter.raw


@pytest.mark.parametrize("source", [MERGE_CHAIN, MERGE_BOMB], ids=["chain", "bomb"])
def test_merges_of_yaml_are_counted_while_they_are_expanded(source: str) -> None:
    (problem,) = read_text(source + "---\nbody\n", "a.md").problems
    assert problem.message.startswith("YAML front matter: its merges expand to more than 100000 values")


def test_a_mapping_that_is_merged_twice_counts_once() -> None:
    decoded = read_text("---\na: &a {x: 1, y: 2}\nb: {<<: [*a, *a], y: 3}\n---\n", "a.md")
    assert decoded.front_matter is not None and not decoded.problems
    assert decoded.front_matter.metadata == {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}}


@pytest.mark.parametrize(
    "source, problems",
    [
        ("---\ntitle: A\nnever closed\n", ["front_matter_unclosed"]),
        ("---\n\nA rule above a paragraph.\n\n---\n", []),
        ("---\nA paragraph between rules.\n---\n", []),
        ("---\n- a list\n- is no mapping\n---\n", []),
        (" ---\ntitle: A\n---\n", []),
        ("Text\n---\ntitle: A\n---\n", []),
        ("<!-- a --> text\n---\ntitle: A\n---\n", []),
        ("<!-- never closed\n---\ntitle: A\n---\n", []),
        ("\n---\n# A slide\n---\n", []),
        ("\n---\nA paragraph between rules: it says\nwhat it is.\n---\n", []),
        ("\n---\n\n---\n", []),
        ("\n---\nNote: the page is old.\n---\n", []),
        ("\n---\nwhat to do: wait\n---\n", []),
        ("\n\n---\ntitle: A\n", ["front_matter_unclosed"]),
        ("```markdown\n---\ntitle: A\n---\n```\n\nText\n", []),
        ("```yaml\n---\ntitle: A\n---\n```\n", []),
        ("{ a brace }\n", []),
        ('{"a": 1} and prose\n', []),
        ("[1, 2]\n", []),
        ("{" * 5000, []),
        ('{"a":' * 5000, []),
        ("---", []),
    ],
)
def test_text_that_only_resembles_front_matter_stays_text(source: str, problems: list[str]) -> None:
    decoded = read_text(source, "a.md")
    assert decoded.front_matter is None
    assert decoded.lines == source.split("\n")[: len(decoded.lines)]
    assert decoded.line_count == len(decoded.lines)
    assert codes(decoded) == problems


@pytest.mark.parametrize(
    "source, metadata, expected_problems",
    [
        ("---\ntitle: Roofs: a history\nauthor: B\n---\n", {"title": "Roofs: a history", "author": "B"},
         [("front_matter", 2, 'write title: "Roofs: a history"')]),
        ("---\na: 1\nb: '@x'\nc: @y # who\nd:\n  - e\n - f\ng: 2\n---\n", {"a": 1, "b": "@x", "c": "@y", "g": 2},
         [("front_matter", 4, 'write c: "@y"'), ("front_matter", 5, "left out")]),
        ("+++\ntitle = Roofs\nn = 1\n[more]\nx = 2\n+++\n", {"title": "Roofs", "n": 1, "more": {"x": 2}},
         [("front_matter", 2, 'write title = "Roofs"')]),
        ("---\na: 1\nb: 2\na: 3\n---\n", {"a": 3, "b": 2}, [("front_matter_value", 4, "lines 2 and 4")]),
        ("---\na:\n  b: 1\n  b: 2\n---\n", {"a": {"b": 2}}, [("front_matter_value", 4, '"b" occurs on lines 3 and 4')]),
        ("---\n1: a\n'1': b\n---\n", {"1": "b"}, [("front_matter_value", 3, "lines 2 and 3")]),
        ("---\na: &x {b: 1}\nc:\n  <<: *x\n  b: 2\nd: *x\n---\n", {"a": {"b": 1}, "c": {"b": 2}, "d": {"b": 1}}, []),
        ('{"a": 1,\n"a": 2}\ntext\n', {"a": 2}, [("front_matter_value", 2, "lines 1 and 2")]),
        (';;;\n{"a": {"b": 1, "b": 2}}\n;;;\n', {"a": {"b": 2}}, [("front_matter_value", 2, "line 2 twice")]),
        ('{"a": 1e999, "b": -1e999, "c": 1.5}\ntext\n', {"a": "1e999", "b": "-1e999", "c": 1.5},
         [("front_matter_value", 1, "1e999 is too large"), ("front_matter_value", 1, "1e999 is too large")]),
        ("+++\na = 1e999\nb = inf\n+++\n", {"a": "1e999", "b": "inf"}, [("front_matter_value", 2, "1e999 is too")]),
        ("---\na: 1e999\nb: .inf\nc: .nan\n---\n", {"a": "1e999", "b": ".inf", "c": ".nan"}, []),
    ],
)  # fmt: skip
def test_one_bad_entry_fails_alone(
    source: str, metadata: dict[str, Any], expected_problems: list[tuple[str, int, str]]
) -> None:
    """T24: nothing is lost silently; the problem states the fix and the line, and the rest is kept."""
    decoded = read_text(source, "a.md")
    assert decoded.front_matter is not None and decoded.front_matter.metadata == metadata
    assert [(problem.code, problem.line_start) for problem in decoded.problems] == [
        (code, line) for code, line, _ in expected_problems
    ]
    for problem, (_, _, words) in zip(decoded.problems, expected_problems, strict=True):
        assert words in problem.message


@pytest.mark.parametrize("line", ["a: b: c\n", "a: 1\n", "a: 1e999\n", '"a": @x\n', "- x\n"])
def test_many_bad_entries_produce_few_problems(line: str) -> None:
    source = f"---\nx: y: z\n{line * 3000}---\n"
    assert len(read_text(source, "a.md").problems) <= 21


def test_front_matter_with_thousands_of_keys_is_read() -> None:
    keys = {f"key_{number}": f"value {number}" for number in range(10_000)}
    source = "---\n" + "".join(f"{key}: {value}\n" for key, value in keys.items()) + "---\nbody\n"
    decoded = read_text(source, "a.md")
    assert decoded.front_matter is not None and decoded.front_matter.metadata == keys
    assert list(decoded.numbers) == [10_003]


def test_metadata_is_always_json() -> None:
    source = '---\na: !!set {x, y}\nb: !!timestamp 2001-12-14\n1: 2\nnull: 3\nc: "\\ud800"\n---\n'
    decoded = read_text(source, "a.md")
    assert decoded.front_matter is not None
    assert json.loads(json.dumps(decoded.front_matter.metadata).encode()) == decoded.front_matter.metadata


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-be"])
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_text_round_trips_through_its_encoding(encoding: str, text: str) -> None:
    # A text that starts like a byte order mark is read as one; NUL sends UTF-8 to the detector (UTF-16 without a mark).
    # The UTF-16 mark followed by NUL is the UTF-32 mark.
    if text.startswith("\ufeff") or (encoding == "utf-8" and "\0" in text):
        return
    if encoding == "utf-16" and text.startswith("\0"):
        return
    mark = codecs.BOM_UTF16_BE if encoding == "utf-16-be" else b""
    decoded, expected = read_text(mark + text.encode(encoding), "a.md"), read_text(text, "a.md")
    assert (decoded.lines, decoded.numbers, decoded.front_matter) == (
        expected.lines,
        expected.numbers,
        expected.front_matter,
    )
    matter_lines = decoded.front_matter.raw.count("\n") + 1 if decoded.front_matter else 0
    assert decoded.line_count == matter_lines + len(decoded.lines)


@given(data=st.binary(max_size=400) | st.binary(max_size=100).map(lambda data: codecs.BOM_UTF16_LE + data))
@settings(max_examples=400, deadline=None)
def test_any_bytes_are_text_or_a_decoding_error(data: bytes) -> None:
    try:
        decoded = read_text(data, "a.md")
    except DecodingError as error:
        assert error.source == "a.md"
        return
    assert len(decoded.lines) == len(decoded.numbers)
    "\n".join(decoded.lines).encode()


@given(matter=st.text(alphabet="ab:- [{}]&*!\n\t'\"#|>0.", max_size=60), fence=st.sampled_from(["---", "+++", ";;;"]))
@settings(max_examples=400, deadline=None)
def test_any_front_matter_is_read_or_reported(matter: str, fence: str) -> None:
    source = f"{fence}\n{matter}\n{fence}\nbody\n"
    decoded = read_text(source, "a.md")
    cut = decoded.front_matter.raw.split("\n") if decoded.front_matter else []
    assert cut + decoded.lines == source.split("\n")[:-1]
    json.dumps(decoded.front_matter.metadata if decoded.front_matter else None)


@pytest.mark.parametrize("opening", ["|", ">", "[", "{", '"', "'"])
def test_an_entry_that_opens_a_block_or_a_bracket_is_left_out_as_a_whole(opening: str) -> None:
    decoded = read_text(f"---\ntitle: Nets\nnote: {opening}\n\tspread: on the quay: today\n---\nText.\n", "a.md")
    assert decoded.front_matter is not None
    assert decoded.front_matter.metadata == {"title": "Nets"}
    (problem,) = decoded.problems
    assert "the entry is left out" in problem.message and problem.line_start == 3


def test_an_entry_that_opens_none_is_read_line_by_line() -> None:
    decoded = read_text("---\ntitle: Nets\nnote: mended\n\tspread: on the quay\n---\nText.\n", "a.md")
    assert decoded.front_matter is not None
    assert decoded.front_matter.metadata == {"title": "Nets", "note": "mended", "spread": "on the quay"}
    assert decoded.problems[0].line_start == 4 and "line by line" in decoded.problems[0].message


@pytest.mark.parametrize(("length", "is_cut"), [(198, False), (199, True)])
def test_a_long_value_is_cut_in_messages(length: int, is_cut: bool) -> None:
    value = "@" + "x" * (length - 1)
    (problem,) = read_text(f"---\ntitle: Nets\nnote: {value}\n---\nText.\n", "a.md").problems
    assert problem.message.endswith("x..." if is_cut else f'write note: "{value}"')

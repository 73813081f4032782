"""The items of a text: parted at the delimiter, at semicolons, at commas, never in brackets."""

from __future__ import annotations

import pytest

from converter.schema.lists import split_items


@pytest.mark.parametrize(
    ("text", "delimiter", "items"),
    [
        ("a, b, and c", None, ["a", "b", "c"]),
        ("a; b, c; and d", None, ["a", "b, c", "d"]),
        ("a and b", None, ["a and b"]),
        ("a (b, c), d", None, ["a (b, c)", "d"]),
        ("a [b; c], d", None, ["a [b; c]", "d"]),
        ("a (b, c", None, ["a (b, c"]),
        ("a (b, c\nd, e", None, ["a (b, c", "d", "e"]),
        ("a) b, c", None, ["a) b", "c"]),
        ("a (b (c, d), e), f", None, ["a (b (c, d), e)", "f"]),
        ("a\nb", None, ["a", "b"]),
        ("a\nb, c", None, ["a", "b", "c"]),
        ("a\nand b", None, ["a", "and b"]),
        ("a, und b", None, ["a", "b"]),
        ("a, & b", None, ["a", "b"]),
        ("a, och b", None, ["a", "b"]),
        ("a, android", None, ["a", "android"]),
        ("a、b，c", None, ["a", "b", "c"]),
        ("a；b；c", None, ["a", "b", "c"]),
        ("a（b、c）、d", None, ["a（b、c）", "d"]),
        ("", None, [""]),
        (",", None, ["", ""]),
        ("a/b", "/", ["a", "b"]),
        (" a , b ", ",", ["a", "b"]),
        ("a (b, c)", ",", ["a (b", "c)"]),
        ("a", "/", ["a"]),
        ("a, and, b", None, ["a", "and", "b"]),
        ("{a, b}, c", None, ["{a, b}", "c"]),
        ("a; b (c; d)", None, ["a", "b (c; d)"]),
    ],
)
def test_a_text_is_parted_into_items(text: str, delimiter: str | None, items: list[str]) -> None:
    assert split_items(text, delimiter) == items

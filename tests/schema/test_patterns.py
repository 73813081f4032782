"""Patterns: a text, a glob or a regular expression, alone, in order, and for paths of titles."""

from __future__ import annotations

import re

import pytest

from converter.limits import OutOfTime
from converter.schema.patterns import Expression, Patterns, compile_pattern, fits, positions


@pytest.mark.parametrize(
    ("pattern", "text", "fit"),
    [
        ("Guests", "guests", True),
        ("Guests", " Guests : ", False),
        ("Guests", "Guests:", True),
        ("Guests", "Guests::", False),
        ("Guests", "Our guests", False),
        ("our  guests", "Our\n guests", True),
        (" guests ", "Guests", True),
        ("*guests", "Our guests", True),
        ("guests*", "Our guests", False),
        ("*", "", True),
        ("*", "a\nb", True),
        ("guest?", "guests", True),
        ("guest?", "guest", False),
        ("a.b", "axb", False),
        ("/guest/", "Our guests", True),
        ("/^guest/", "Our guests", False),
        ("/GUEST/", "our guests", True),
        ("//", "//", True),
        ("/", "/", True),
        ("/a", "/a", True),
        ("/a/", "/a/", True),
        ("/a/", "b", False),
    ],
)
def test_a_text_fits_a_pattern(pattern: str, text: str, fit: bool) -> None:
    assert fits(pattern, text) is fit
    assert Patterns((pattern,)).fit(text) is fit
    assert Patterns(("no such text", pattern)).fit(text) is fit
    assert not Patterns((pattern,)).fit(None)


def test_names_are_taken_in_the_order_of_the_patterns() -> None:
    assert positions(("b*", "a"), ("a", "b", "bc", "d")) == (1, 2, 0)
    pairs = [("a", 1), ("b", None), ("bc", 3), ("d", 4)]
    assert Patterns(("b*", "a")).find(pairs) == 3
    assert Patterns(("b", "a")).find(pairs) == 1
    assert Patterns(("x",)).find(pairs) is None
    assert Patterns(("b",)).find(pairs) is None


@pytest.mark.parametrize(
    ("pattern", "path", "at_end", "within"),
    [
        ("b", ["a", "b"], True, True),
        ("a", ["a", "b"], False, True),
        ("a > b", ["a", "b"], True, True),
        ("a  >  b", ["a", "b"], True, True),
        ("a > b", ["x", "a", "b"], True, True),
        ("a > b", ["a", "x", "b"], False, False),
        ("a > b", ["a", "b", "c"], False, True),
        ("a > b", ["b"], False, False),
        ("a>b", ["a", "b"], False, False),
        ("b", [], False, False),
    ],
)
def test_a_pattern_fits_the_end_of_a_path_of_titles(pattern: str, path: list[str], at_end: bool, within: bool) -> None:
    patterns = Patterns(("no such title", pattern))
    assert (patterns.fit_end(path), patterns.fit_within(path)) == (at_end, within)


def test_an_expression_is_searched_or_matched_as_a_whole() -> None:
    expression = Expression("b+")
    assert expression.check() is expression
    assert str(expression) == "b+"
    match = expression.search("abbc")
    assert match is not None and match[0] == "bb"
    assert expression.fullmatch("bb") and not expression.fullmatch("abb") and not expression.search("B")
    assert Expression("b", re.IGNORECASE).search("B")


@pytest.mark.parametrize("text", ["(", "[", "a{2,1}", "(?P<a>x)(?P<a>y)"])
def test_an_invalid_expression_is_refused(text: str) -> None:
    with pytest.raises(re.error):
        Expression(text).check()
    with pytest.raises(re.error):
        compile_pattern(f"/{text}/")


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_an_expression_stops_when_the_time_of_a_document_is_up(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr("converter.schema.patterns.seconds_left", lambda: seconds)
    with pytest.raises(OutOfTime):
        Expression("a").search("a")

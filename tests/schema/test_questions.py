"""What is a question, and where it ends; whole documents are in `tests/cases/schema/questions.md`."""

from __future__ import annotations

import pytest

from converter.schema.questions import divide, question_text
from converter.schema.visible import cut, visible_text


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Is it?", "Is it?"),
        (" 1. Is it? ", "Is it?"),
        ("1.2.3) Is it?", "Is it?"),
        ("#5 Is it?", "Is it?"),
        ("(5) Is it?", "Is it?"),
        ("Q: Is it", "Is it"),
        ("Q1: Is it", "Is it"),
        ("Q 1. Is it", "Is it"),
        ("Question 5 - Is it", "Is it"),
        ("Question - Is it", None),
        ("Frage: Ist es", "Ist es"),
        ("問1：いくら", "いくら"),
        ("Quay: it", None),
        ("It is.", None),
        ("Is it?*", "Is it?*"),
        ('Is it ?")', 'Is it ?")'),
        ("Is it？", "Is it？"),
        ("Is it؟", "Is it؟"),
        ("Q:", None),
        ("", None),
        ("12345. Is it?", "12345. Is it?"),
        ("Is it? Yes", None),
        ("2024 was it?", "2024 was it?"),
        ("Q#3: why", "why"),
        ("질문: 왜", "왜"),
    ],
)
def test_a_question_ends_in_its_mark_or_has_a_label(text: str, question: str | None) -> None:
    assert question_text(text) == question


@pytest.mark.parametrize(
    ("text", "markdown", "is_answered", "division"),
    [
        ("Is it? Yes.", "**Is it?** Yes.", False, ("Is it?", "Yes.")),
        ("Is it? Yes.", "Is it? Yes.", False, None),
        ("Q: Is it? Yes.", "Q: Is it? Yes.", False, ("Is it?", "Yes.")),
        ("Q: Is it A: Yes.", "Q: Is it\nA: Yes.", False, ("Is it", "A: Yes.")),
        ("Is it", "Is it", True, None),
        ("X: Is it? A: Yes", "X: Is it?\nA: Yes", False, ("Is it?", "A: Yes")),
        ("XYZ: Is it? A: Yes", "XYZ: Is it?\nA: Yes", False, ("XYZ: Is it?", "A: Yes")),
        ("Is it?", "*Is it?*", False, ("Is it?", "")),
        ("Is it? b", "*Is it?* b", False, None),
        ("Q: Is it?", "Q: Is it?", False, ("Is it?", "")),
        ("Q: Is it", "Q: Is it", False, ("Is it", "")),
        ("Note: yes", "**Note:** yes", False, None),
        ("Is it? - Yes.", "**Is it?** - Yes.", False, ("Is it?", "Yes.")),
        ("B: Is it?", "B: Is it?", True, ("Is it?", "")),
        ("Is it no", "Is it no", False, None),
    ],
)
def test_a_paragraph_is_divided_after_its_question(
    text: str, markdown: str, is_answered: bool, division: tuple[str, str] | None
) -> None:
    assert divide(text, markdown, is_answered) == division


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("**a** `b` _c_ \\* d", "a b c  d"),
        ("[a](b.md) c", "[a] c"),
        ("[a][b] c", "[a] c"),
        ("<b>a</b> &amp; c", "]a] & c"),
        ("a\\\nb", "a\nb"),
    ],
)
def test_markdown_without_marks_and_targets(markdown: str, text: str) -> None:
    assert visible_text(markdown) == text


@pytest.mark.parametrize(
    ("text", "start", "markdown", "end"),
    [
        ("Is it? Yes", 0, "**Is it?**", 6),
        ("Is it? Yes", 0, "Is it", 6),
        ("Is it ? Yes", 0, "Is it", 5),
        ("a Is it? Yes", 2, "Is it?", 8),
        ("a b", 0, "a c", None),
        ("a b", 0, "a b c", None),
        ("a b", 0, "", 0),
        ("a (b) c", 0, "a b", 5),
        ("a b", 2, "b", 3),
        ("ab", 0, "a", 1),
        ("", 0, "a", None),
        ("it — no", 0, "it", 2),
        ("it”) no", 0, "it", 4),
    ],
)
def test_the_visible_text_of_markdown_is_found_by_its_letters(
    text: str, start: int, markdown: str, end: int | None
) -> None:
    assert cut(text, start, markdown) == end

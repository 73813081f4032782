"""The questions of a document with their answers, however they are written.

A question is a heading, a bold run that opens a paragraph, a line with a label (`Q:`), a list item, a term, the summary
of a `<details>`, or the first cell of a table's row. It ends in a question mark or has the label. Its answer is what
follows, up to the next question or the end of the block or section around it. A question in running text does not
count.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice, takewhile
from operator import attrgetter

from converter.parse import Block, Item, Table
from converter.parse.blocks import CONTAINERS
from converter.parse.html_blocks import html_text
from converter.records import ParsedDocument
from converter.records.context import heading_level
from converter.schema.visible import MARKUP_SIGN, cut, visible_text

QUESTION_WORDS = (
    "question|frage|pregunta|pergunta|domanda|vraag|fråga|spørsmål|spørgsmål|kysymys|pytanie|otázka|kérdés|soru|"
    "вопрос|питання|問|问|質問|问题|問題|질문"
)
ANSWER_WORDS = (
    "answer|antwort|respuesta|resposta|risposta|réponse|antwoord|svar|vastaus|odpowiedź|odpověď|válasz|cevap|"
    "ответ|відповідь|答|回答|答案|답변|답"
)
QUESTION_LABEL = re.compile(
    rf"(?:q|(?:{QUESTION_WORDS}))(?:\s?#?\d{{0,4}}\s?[:：.)]|\s?#?\d{{1,4}}\s[-–—]\s)\s*", re.IGNORECASE
)
ANSWER_LABEL = re.compile(
    rf"(?:[arо](?:\s?[:：]|\s?\d{{1,4}}\s?[:：.)])|(?:{ANSWER_WORDS})\s?#?\d{{0,4}}\s?[:：.)])\s*", re.IGNORECASE
)
OTHER_LABEL = re.compile(r"[^\W\d_]{1,2}\s?\d{0,4}\s?[:：]\s+")
NUMBER = re.compile(r"(?:#?\d{1,4}(?:\.\d{1,4}){0,5}[.):]|#\d{1,4}|\(\d{1,4}\))\s+")
QUESTION_END = ("?", "？", "؟", "⸮", "՞")
CLOSING = " \"'”’»)）*_`"
BOLD_RUN = re.compile(r"(?P<mark>\*{2,3}|_{2,3})(?=\S)(?:(?!(?P=mark)).){1,400}(?P=mark)(?:\s?[?？؟])?", re.DOTALL)
EMPHASIZED_LINE = re.compile(r"(?P<mark>[*_])(?=\S)[^\n*_]{1,400}(?P=mark)")
QUESTION_FIRST = re.compile(r"(?P<question>[^?？؟\n]{1,300}[?？؟])\s+(?P<answer>\S.*)", re.DOTALL)
DETAILS_PART = re.compile(
    r"<(?P<open>details)\b[^<>]{0,500}>|</(?P<close>details)\s*>"
    r"|<summary\b[^<>]{0,500}>(?P<summary>.{0,2000}?)</summary\s*>",
    re.IGNORECASE | re.DOTALL,
)
DETAILS, TEXT = 0, 7
"""Levels of questions that are not headings: no heading ends a `<details>`, but any heading ends the others."""


@dataclass(slots=True, eq=False)
class Question:
    """A question, its place, and the parts of its answer."""

    section_id: int
    text: str
    line_start: int
    line_end: int
    level: int = TEXT
    parts: list[str] = field(default_factory=list)

    @property
    def answer(self) -> str:
        """The parts of the answer, separated by blank lines, without a label."""
        text = "\n\n".join(self.parts)
        label = ANSWER_LABEL.match(text)
        return text[label.end() :] if label else text

    def add(self, text: str, line_end: int) -> None:
        """Add a part to the answer."""
        if text.strip():
            self.parts.append(text.strip())
            self.line_end = max(self.line_end, line_end)


def questions_of(context: ParsedDocument) -> list[Question]:
    """Return the questions of a document in reading order."""
    reader = _Reader(context)
    for index, block in enumerate(context.blocks):
        reader.take(index, block)
    return reader.questions


def question_text(text: str) -> str | None:
    """Return a question without its number and label; None if the text is not a question."""
    text = NUMBER.sub("", text.strip(), count=1) if NUMBER.match(text.strip()) else text.strip()
    label = QUESTION_LABEL.match(text)
    if label is None and not text.rstrip(CLOSING).endswith(QUESTION_END):
        return None
    return (text[label.end() :] if label else text).strip() or None


class _Reader:
    """Reads the blocks of a document in order; `open_questions` are those whose answers continue, innermost last."""

    def __init__(self, context: ParsedDocument) -> None:
        self.questions: list[Question] = []
        self._blocks, self._section_of = context.blocks, context.section_of
        self._open_questions: list[Question] = []
        self._details: list[Question | None] = []
        self._item_questions: list[Question] = []
        self._item_lines: list[int] = []
        closing = (i for i, block in enumerate(self._blocks) if block.kind == "html" and "</details" in block.markdown)
        self._last_details_end = max(closing, default=-1)

    def take(self, index: int, block: Block) -> None:
        """Read the next block."""
        if block.kind in CONTAINERS or block.kind == "front_matter":
            return
        if block.parent is not None:
            self._take_inner(block)
        elif level := heading_level(block):
            self._close(level)
            self._take_text(index, block, level)
        elif block.kind in READERS:
            READERS[block.kind](self, index, block)
        else:
            self._add(block.text, block.line_end)

    def _close(self, level: int) -> None:
        while self._open_questions and self._open_questions[-1].level >= level:
            self._open_questions.pop()

    def _add(self, text: str, line_end: int) -> None:
        if self._open_questions:
            self._open_questions[-1].add(text, line_end)

    def _ask(self, index: int, text: str, line_start: int, level: int | None = None) -> Question:
        """Add a question, which ends the question before. With a level, its answer continues in later blocks."""
        question = Question(self._section_of[index], text, line_start, line_start, TEXT if level is None else level)
        self.questions.append(question)
        self._close(TEXT)
        if level is not None:
            self._open_questions.append(question)
        return question

    def _take_text(self, index: int, block: Block, level: int) -> None:
        if question := question_text(block.text):
            self._ask(index, question, block.line_start, level)
        else:
            self._add(block.text, block.line_end)

    def _take_inner(self, block: Block) -> None:
        """Read a block inside a quote or a list: it belongs to the item's question, if the item is one."""
        at = bisect_right(self._item_lines, block.line_start) - 1
        if at >= 0 and block.line_start <= self._item_questions[at].line_end:
            self._item_questions[at].add(block.text, block.line_end)
        else:
            self._add(block.text, block.line_end)

    def _take_paragraph(self, index: int, block: Block) -> None:
        lines = block.markdown.split("\n")
        starts = [at for at, line in enumerate(lines) if not at or QUESTION_LABEL.match(visible_text(line).lstrip())]
        position = 0
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            markdown = "\n".join(lines[start:end])
            next_position = len(block.text) if end == len(lines) else cut(block.text, position, markdown)
            if next_position is None:
                break
            text, position = block.text[position:next_position].strip(), next_position
            line = min(block.line_start + start, block.line_end)
            is_answered = end == len(lines) and self._answers(index + 1)
            division = divide(text, markdown, is_answered)
            if division is not None:
                self._ask(index, division[0], line, TEXT)
                text = division[1]
            self._add(text, min(block.line_start + end - 1, block.line_end))
        self._add(block.text[position:], block.line_end)

    def _answers(self, index: int) -> bool:
        return index < len(self._blocks) and ANSWER_LABEL.match(self._blocks[index].text) is not None

    def _take_list(self, index: int, block: Block) -> None:
        inner_blocks = takewhile(lambda inner: inner.parent is not None, islice(self._blocks, index + 1, None))
        inner_lines = [inner.line_start for inner in inner_blocks]
        divisions = item_divisions(block, inner_lines)
        if not divisions:
            self._add(block.text, block.line_end)
            return
        owners: dict[int | None, Question] = {}
        previous: Question | None = None
        count = len(self.questions)
        for at, item in enumerate(block.items):
            text = item.text[len(item.task) :]
            if item.parent in owners:
                owners[at] = owners[item.parent]
            elif at in divisions:
                owners[at] = previous = self._ask(index, divisions[at][0], item.line_start)
                text = divisions[at][1]
            elif previous is not None and not previous.parts and ANSWER_LABEL.match(text):
                owners[at] = previous
            if at in owners:
                owners[at].add(text, item.line_end)
                owners[at].line_end = max(owners[at].line_end, item.line_end)  # of the blocks inside it too
            else:
                self._add(text, item.line_end)
        self._item_questions = self.questions[count:]
        self._item_lines = [question.line_start for question in self._item_questions]
        if previous is not None and not previous.parts and (not inner_lines or inner_lines[-1] < previous.line_start):
            self._open_questions.append(previous)

    def _take_definitions(self, index: int, block: Block) -> None:
        for term, definitions in groupby(block.definitions, key=attrgetter("term")):
            entries = list(definitions)
            question = question_text(term)
            if question is None:
                self._add(f"{term}: " + "\n".join(entry.text for entry in entries), entries[-1].line_end)
                continue
            new_question = self._ask(index, question, entries[0].line_start)
            new_question.add("\n".join(entry.text for entry in entries), entries[-1].line_end)

    def _take_table(self, index: int, block: Block) -> None:
        pairs = [pair for table in block.tables for pair in table_divisions(table, block.line_start)]
        for question, answer, line in pairs:
            self._ask(index, question, line).add(answer, line)
        if not pairs:
            self._add(block.text, block.line_end)

    def _take_html(self, index: int, block: Block) -> None:
        source, position, line = block.markdown, 0, block.line_start
        last_end = len(source) if index < self._last_details_end else source.rfind("</details")
        for part in DETAILS_PART.finditer(source):
            self._add(html_text(source[position : part.start()]), block.line_end)
            line += source.count("\n", position, part.start())
            position = part.end()
            if part["open"]:
                self._details.append(None)
            elif part["close"]:
                self._end_details()
            elif question := question_text(MARKUP_SIGN.sub("", html_text(part["summary"]))):
                level = DETAILS if position <= last_end else TEXT
                new_question = self._ask(index, question, min(line, block.line_end), level)
                if self._details:
                    self._details[-1] = new_question
            else:
                self._add(html_text(part["summary"]), block.line_end)
            line += part[0].count("\n")
        if position:
            self._add(html_text(source[position:]), block.line_end)
        else:
            self._add(block.text, block.line_end)

    def _end_details(self) -> None:
        question = self._details.pop() if self._details else None
        if question is not None and question.level == DETAILS:
            while self._open_questions.pop() is not question:
                pass


READERS = {
    "paragraph": _Reader._take_paragraph,
    "list": _Reader._take_list,
    "definition": _Reader._take_definitions,
    "table": _Reader._take_table,
    "html": _Reader._take_html,
}
"""Kind of a block -> what reads its questions; blocks of other kinds are parts of answers."""


def divide(text: str, markdown: str, is_answered: bool) -> tuple[str, str] | None:
    """Return the question that a paragraph opens with, and the rest of it; None without a question.

    `is_answered` states that the next block begins with the label of an answer.
    """
    lines = markdown.split("\n")
    answers = (at for at, line in enumerate(lines) if at and ANSWER_LABEL.match(visible_text(line).lstrip()))
    answer_line = next(answers, None)
    run = BOLD_RUN.match(markdown) or EMPHASIZED_LINE.fullmatch(markdown)
    end = len(text) if is_answered or QUESTION_LABEL.match(text) else None
    if answer_line is not None:
        end = cut(text, 0, "\n".join(lines[:answer_line]))
    elif run is not None and question_text(visible_text(run[0])):
        end = cut(text, 0, run[0])
    elif end and not is_answered and not text.endswith(QUESTION_END) and (first := QUESTION_FIRST.match(text)):
        end = first.end("question")
    if end is None or (question := question_text(text[:end])) is None:
        return None
    if answer_line is not None or is_answered:
        label = OTHER_LABEL.match(question)
        question = question[label.end() :] if label else question
    return question, text[end:].lstrip(" :：–—-\n")


def item_divisions(block: Block, inner_lines: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Return the question and the rest of each item of a list that opens with a question, and is in no other such item.

    Among other items a question must have its answer in the list. A question that shares its line with other text
    counts if every item is such a line. A table of contents and a list of bare questions have none. `inner_lines` holds
    the first lines of the blocks inside the list, such as code.
    """
    items = block.items
    texts = [item.text[len(item.task) :] for item in items]
    answered_parents = {item.parent for item, text in zip(items, texts, strict=True) if not question_text(text)}
    divisions: dict[int, tuple[str, str]] = {}
    inside: set[int | None] = set()
    answered: set[int] = set()
    for index, item in enumerate(items):
        if item.parent in inside:
            inside.add(index)
        elif division := divide_item(item):
            divisions[index] = division
            inside.add(index)
            is_followed = index + 1 < len(items) and ANSWER_LABEL.match(texts[index + 1])
            inner_line = bisect_left(inner_lines, item.line_start)
            has_inner_block = inner_line < len(inner_lines) and inner_lines[inner_line] <= item.line_end
            if division[1] or index in answered_parents or is_followed or has_inner_block:
                answered.add(index)
    top_items = [index for index, item in enumerate(items) if item.depth == 0]
    is_contents = sum(link.url.startswith("#") for link in block.links) >= len(divisions)
    if len(divisions) > 1 and (is_contents or not answered):
        return {}
    if divisions:
        is_complete = all(index in divisions or ANSWER_LABEL.match(texts[index]) for index in top_items)
        return divisions if is_complete else {index: divisions[index] for index in divisions if index in answered}
    matches = {index: QUESTION_FIRST.fullmatch(texts[index]) for index in top_items}
    if len(matches) < 2 or not all(matches.values()):
        return {}
    return {index: (match["question"].strip(), match["answer"]) for index, match in matches.items() if match}


def divide_item(item: Item) -> tuple[str, str] | None:
    """Return the question that an item opens with, in bold or alone on its line, and the remaining text."""
    text, markdown = item.text[len(item.task) :], item.markdown[len(item.task) :]
    first_line = markdown.partition("\n")[0]
    run = BOLD_RUN.match(markdown)
    for opening in ([run[0]] if run else []) + [first_line]:
        end = cut(text, 0, opening)
        if end is not None and (question := question_text(text[:end])):
            return question, text[end:].lstrip(" :：–—-\n")
    return None


def table_divisions(table: Table, line: int) -> Iterable[tuple[str, str, int]]:
    """Return question, answer and line of each row, if there are at least two rows and all first cells are
    questions."""
    questions = [question_text(row[0].text) for row in table.rows if row]
    if len(questions) < 2 or not all(questions):
        return []
    rows = [(table.header, line)] if table.header and question_text(table.header[0].text) else []
    return [
        (question, "\n".join(cell.text for cell in row[1:] if cell.text.strip()), line)
        for row, line in [*rows, *zip(table.rows, table.lines, strict=True)]
        if row and (question := question_text(row[0].text))
    ]

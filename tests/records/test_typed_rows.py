"""Type checkers know the columns of each record."""

from __future__ import annotations

import converter
from converter.document import typed_rows as module
from converter.records import RECORDS
from tests.typed_rows import FILE, class_name, typed_rows


def test_the_module_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == typed_rows(), "run python -m tests.typed_rows"


def test_every_record_of_a_document_has_the_rows_of_its_class() -> None:
    document = converter.read("# A\n\n- a: b\n\n| a |\n|---|\n| 1 |\n")
    for name in RECORDS.keys() - {"documents"}:
        for row in getattr(document, name):
            assert isinstance(row, getattr(module, class_name(name)))
            assert [*row.keys()] == [*getattr(module, class_name(name)).__annotations__]
    text: str | None = document.sections[1].title
    number: int = document.lists[0].items[0].line_start
    assert (text, number) == ("A", 3)

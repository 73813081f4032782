"""CSV, record by record: what a record costs that is broken or too large."""

from __future__ import annotations

import io

import pytest

from converter.sources.delimited import Record, Records

MAXIMUM = 40


def read(text: str, column: str = "body") -> tuple[list[str], list[Record]]:
    """Return the header and the records of a text."""
    records = Records(io.StringIO(text, newline=""), MAXIMUM)
    return records.header(",;\t", column), [*records]


@pytest.mark.parametrize(
    ("text", "header", "rows"),
    [
        ("id,body\n1,a\n", ["id", "body"], [["1", "a"]]),
        ("\n  \r\n\nid;body\r\n1;a,b\r\n", ["id", "body"], [["1", "a,b"]]),
        ("id\tbody\n1\ta;b\n\n2\tc\n", ["id", "body"], [["1", "a;b"], ["2", "c"]]),
        ('id,body\n1,"a\nb ""c"""\n2,d', ["id", "body"], [["1", 'a\nb "c"'], ["2", "d"]]),
        ("id,text\n1,a\n", ["id", "text"], [["1", "a"]]),
        ("", [], []),
        ("\n\n", [], []),
    ],
)
def test_records_are_read(text: str, header: list[str], rows: list[list[str]]) -> None:
    assert read(text) == (header, [Record(row) for row in rows])


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (
            f"id,body\n1,{'x' * MAXIMUM}\n2,b\n",
            "too_large",
            f"line 2 is larger than the limit of {MAXIMUM} bytes; raise it with `maximum_bytes`",
        ),
        (
            f'id,body\n1,"{"x" * 20}\n{"y" * 25}"\n2,b\n',
            "too_large",
            f"lines 2 to 3 are larger than the limit of {MAXIMUM} bytes; raise it with `maximum_bytes`",
        ),
        (
            'id,body\n1,"a\n2,b\n',
            "unreadable",
            "line 2 opens a quote that is never closed; it is left out; close the quote or double it",
        ),
    ],
)
def test_a_bad_record_costs_itself_alone(text: str, code: str, message: str) -> None:
    bad, good = read(text)[1]
    assert bad.problem is not None
    assert (bad.problem.code, bad.problem.message) == (code, message)
    assert good == Record(["2", "b"])

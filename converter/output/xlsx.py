"""An Excel workbook as a target: a sheet for each record and data set, made by one run."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from converter.output.capacity import Capacity
from converter.output.one_off import OneOff
from converter.output.target import Load, import_extra
from converter.write.values import json_rows

SHEET_ROWS = 1_048_576
"""Rows of a sheet, including the row of headers."""

LONGEST_TEXT = 32_767
"""Characters of a cell, in UTF-16 units."""

LONGEST_TITLE = 31
FORBIDDEN_IN_TITLES = re.compile(r"[\[\]:*?/\\]")

EXACT_DIGITS = 15
"""Numbers with more digits would lose some, and are written as text."""

FIRST_DATE = date(1900, 3, 1)
"""Earlier dates are written as text: Excel has none before 1900, and counts one day too many up to this one."""

TEXT_LIKE = re.compile(r"[=#]")
"""Texts that begin like this become formulas or errors, unless the cell is marked as text."""

CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
"""Characters that XML cannot hold. Excel writes them as `_x0001_`, and escapes the underscore of texts that look like
that."""

Cell = str | int | float | bool | date | datetime | Decimal | None


class Workbook(OneOff):
    """A workbook. Texts stay texts, formulas and error values among them; no number loses a digit."""

    capacity = Capacity("Excel", columns=16_384)

    def __init__(self, out: str) -> None:
        super().__init__(out)
        self._openpyxl = import_extra("openpyxl", "xlsx")

    def write(self, path: Path, load: Load, names: Sequence[str]) -> None:
        """Write the sheets.

        Raises:
            OutputError: a record has more rows, or a text is longer, than Excel takes.
        """
        counts = load.manifest.rows()
        for name in names:
            if counts[name] >= SHEET_ROWS:
                limit = f"a sheet of Excel takes {SHEET_ROWS - 1:,}"
                raise self.refuse(f"{name} has {counts[name]:,} rows, and {limit}; {self.advice(name)}")
            for batch in load.reader(name):
                self._check(name, batch)
        workbook = self._openpyxl.Workbook(write_only=True)
        with _end_of(workbook):
            for name, title in titles(names).items():
                sheet = workbook.create_sheet(title)
                sheet.freeze_panes = "A2"
                cell_of = partial(self._cell, sheet)
                sheet.append([cell_of(excel_text(header)) for header in load.schemas[name].names])
                for batch in load.reader(name):
                    for row in excel_rows(batch):
                        sheet.append(list(map(cell_of, row)))
            workbook.save(path)

    def _cell(self, sheet: Any, value: Cell) -> Any:
        if not isinstance(value, str) or not TEXT_LIKE.match(value):
            return value
        cell = self._openpyxl.cell.WriteOnlyCell(sheet, value)
        cell.data_type = "s"
        return cell

    def _check(self, name: str, batch: pa.RecordBatch) -> None:
        """Refuse a text too long for a cell, before the first sheet is written."""
        for index, field in enumerate(batch.schema):
            if batch.column(index).nbytes <= LONGEST_TEXT:
                continue
            for row, value in enumerate(_column(batch.select([index]))):
                length = len(value.encode("utf-16-le")) // 2 if isinstance(value, str) else 0
                if length > LONGEST_TEXT:
                    document = batch.column(0)[row].as_py()
                    text = f"{name}.{field.name} of document {document} has a text of {length:,} characters"
                    raise self.refuse(f"{text}, and a cell of Excel takes {LONGEST_TEXT:,}; {self.advice(name)}")

    def advice(self, name: str) -> str:
        """Return what to do about a record that Excel cannot hold."""
        return f"leave {name.partition('/')[0]} out of `records`, or write to a folder or a database"


@contextmanager
def _end_of(workbook: Any) -> Iterator[None]:
    """End all sheets if the block fails: openpyxl prints a traceback for each sheet that is abandoned."""
    try:
        yield
    except BaseException:
        for sheet in workbook.worksheets:
            with suppress(Exception):
                sheet.close()
        raise


def titles(names: Iterable[str]) -> dict[str, str]:
    """Return the title of the sheet for each record and data set: distinct, and valid in Excel."""
    result: dict[str, str] = {}
    for name in sorted(names, key=lambda name: "/" in name):
        stem = FORBIDDEN_IN_TITLES.sub("_", name.partition("/")[2] or name).strip("'") or "sheet"
        title, number = stem[:LONGEST_TITLE], 1
        while title.casefold() in {"history", *(other.casefold() for other in result.values())}:
            number += 1
            title = f"{stem[: LONGEST_TITLE - len(str(number)) - 1]}_{number}"
        result[name] = title
    return result


def excel_rows(batch: pa.RecordBatch) -> Iterator[Sequence[Cell]]:
    """Yield the rows of a batch, with values that Excel takes."""
    columns = [_column(batch.select([index])) for index in range(batch.num_columns)]
    return zip(*columns, strict=True)


def _column(column: pa.RecordBatch) -> list[Cell]:
    type = column.schema.field(0).type
    if pa.types.is_date(type) or pa.types.is_time(type) or (pa.types.is_timestamp(type) and type.tz is None):
        return [_moment(value) for value in column.column(0).to_pylist()]
    if pa.types.is_decimal(type):
        return [_exact(value) for value in column.column(0).to_pylist()]
    values = (next(iter(row.values())) for row in json_rows(column))
    convert: Callable[[Any], Cell] = _number if pa.types.is_integer(type) else _text_of
    return [None if value is None else convert(value) for value in values]


def _moment(value: Any) -> Cell:
    if isinstance(value, date) and (value.date() if isinstance(value, datetime) else value) < FIRST_DATE:
        return value.isoformat()
    return value  # type: ignore[no-any-return]


def _exact(value: Decimal | None) -> Cell:
    return value if value is None or len(value.as_tuple().digits) <= EXACT_DIGITS else str(value)


def _number(value: int) -> Cell:
    return value if abs(value) < 10**EXACT_DIGITS else str(value)


def _text_of(value: Any) -> Cell:
    if isinstance(value, bool | float):
        return value if math.isfinite(value) else None
    return excel_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def excel_text(text: str) -> str:
    """Return a text with the characters that XML cannot hold escaped as Excel does it."""
    return CONTROLS.sub(lambda match: f"_x{ord(match[0]):04X}_", text)

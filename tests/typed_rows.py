"""python -m tests.typed_rows: write converter/document/typed_rows.py, a class for the rows of each record."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from converter.records import RECORDS, Record

FILE = Path(__file__).parent.parent / "converter" / "document" / "typed_rows.py"
HEAD = '''"""The rows of each record, with the types of their columns. Written by `python -m tests.typed_rows`."""

from __future__ import annotations

from typing import Any

from converter.document.row import Row
'''


def python_type(type: pa.DataType) -> str:
    """Return the Python type of a column's values."""
    if pa.types.is_dictionary(type):
        return python_type(type.value_type)
    if pa.types.is_map(type):
        return f"dict[{python_type(type.key_type)}, {python_type(type.item_type)}]"
    if pa.types.is_list(type):
        return f"list[{python_type(type.value_type)}]"
    if pa.types.is_struct(type):
        return "dict[str, Any]"
    if pa.types.is_boolean(type):
        return "bool"
    if pa.types.is_integer(type):
        return "int"
    return "float" if pa.types.is_floating(type) else "str"


def class_name(record: str) -> str:
    """Return the name of the class for the rows of a record: `ListItemRow` for `list_items`."""
    return "".join(word.capitalize() for word in record.removesuffix("s").split("_")) + "Row"


def class_of(record: Record) -> str:
    """Return the class for the rows of a record."""
    fields = [
        f"    {column.name}: {python_type(column.type)}{' | None' if column.nullable else ''}"
        for column in record.schema
    ]
    head = f'class {class_name(record.name)}(Row):\n    """A row of `{record.name}`."""\n\n    __slots__ = ()\n'
    return "\n".join([head, *fields])


def typed_rows() -> str:
    """Return the module."""
    return "\n\n".join([HEAD, *(class_of(record) + "\n" for record in RECORDS.values())])


if __name__ == "__main__":
    FILE.write_text(typed_rows(), encoding="utf-8")

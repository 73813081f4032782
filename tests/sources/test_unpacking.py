"""The unpacked size of a table, known before it is unpacked."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from converter.errors import SourceError
from converter.sources import unpacking
from converter.sources.unpacking import CheckedMessages, check_unpacked

ZSTD = pa.ipc.IpcWriteOptions(compression="zstd")
TEXTS = pa.array(["a" * 1000] * 1000)
TABLES = {
    "texts": (pa.table({"id": range(1000), "body": TEXTS}), TEXTS.nbytes + 8000),
    "dictionary": (pa.table({"body": TEXTS.dictionary_encode()}), 1000 + 8 + 4000),
}


@pytest.mark.parametrize("open_writer", [pa.ipc.new_stream, pa.ipc.new_file])
@pytest.mark.parametrize("name", TABLES)
def test_each_batch_is_checked_with_its_sizes_and_passed_on(
    name: str, open_writer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    table, size = TABLES[name]
    stream = io.BytesIO()
    with open_writer(stream, table.schema, options=ZSTD) as writer:
        writer.write_table(table)
    checks: list[tuple[str, int, int, int]] = []
    monkeypatch.setattr(unpacking, "check_unpacked", lambda *sizes: checks.append(sizes))
    messages = CheckedMessages(io.BytesIO(stream.getvalue()), 77)
    assert pa.ipc.open_stream(io.BufferedReader(messages)).read_all().equals(table)
    assert {(part, maximum) for part, _, _, maximum in checks} == {("a record batch", 77)}
    unpacked = sum(unpacked for _, _, unpacked, _ in checks)
    assert size <= unpacked < 1.01 * size + 100
    assert sum(packed for _, packed, _, _ in checks) < size / 2


@pytest.mark.parametrize(
    ("packed", "unpacked", "maximum", "is_refused"),
    [
        (10**6, 64 << 20, 10**5, False),
        (10**6, (64 << 20) + 1, 10**5, True),
        (2 * 10**6, 128 * 10**6, 10**5, False),
        (2 * 10**6, 128 * 10**6 + 1, 10**5, True),
        (10**6, 10**8, 10**8, False),
        (10**6, 10**8 + 1, 10**8, True),
    ],
)
def test_what_unpacks_to_far_more_than_texts_do_is_refused(
    packed: int, unpacked: int, maximum: int, is_refused: bool
) -> None:
    if not is_refused:
        check_unpacked("a column", packed, unpacked, maximum)
        return
    with pytest.raises(SourceError, match=f"a column unpacks from {packed} to {unpacked} bytes") as error:
        check_unpacked("a column", packed, unpacked, maximum)
    assert error.value.code == "too_large"

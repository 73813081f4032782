"""Records as resources of dlt: `python dlt_records.py PATH...` loads them into DuckDB. Needs dlt[duckdb]."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any

import dlt

import converter
from converter.records import RECORDS


@dlt.source(name="documents")
def records(
    paths: Iterable[str], names: tuple[str, ...] = ("documents", "sections", "chunks"), tokens: int = 512
) -> Any:
    """Yield a resource for each record: rows of a document that is read again replace the earlier ones."""

    def rows(name: str) -> Iterator[Any]:
        yield from converter.read_many(list(paths), records=name, chunks=tokens)

    for name in names:
        yield dlt.resource(rows(name), name=name, write_disposition="merge", primary_key=list(RECORDS[name].key))


if __name__ == "__main__":
    pipeline = dlt.pipeline("parquetry", destination="duckdb", dataset_name="records")
    print(pipeline.run(records(sys.argv[1:])))

"""All data sets of a run: parts go to the spool as they come, types are decided when the last one is in."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import pyarrow as pa

from converter.datasets.kinds import Kind, Kinds, add, drifts, unified
from converter.datasets.part import PLACE, TEXT, VALUE, Order, as_type, cast, read_kinds
from converter.datasets.spool import Spool
from converter.problems import Problem
from converter.records import CONTRACT_VERSION
from converter.records.ledgers import PROBLEMS
from converter.values import storable
from converter.values.lattice import STRING


@dataclass(slots=True)
class Dataset:
    """What memory holds of one data set: where its parts are, and as what its columns were seen."""

    name: str
    places: array[int] = field(default_factory=lambda: array("q"))
    """For each part its place in the spool, two numbers: as objects, they would be most of what a long run holds."""
    kinds: dict[str, Kinds] = field(default_factory=dict)
    orders: Counter[Order] = field(default_factory=Counter)

    @property
    def order(self) -> Order:
        """The columns as most tables have them; the same in whatever order the documents came."""
        return min(self.orders, key=lambda order: (-self.orders[order], order))


class Datasets:
    """Gathers the parts of a run, and gives the rows of each data set with the types that hold them all."""

    def __init__(self, spool: BinaryIO) -> None:
        """Take a file, open for writing and reading, for the rows to wait in."""
        self._spool = Spool(spool)
        self._datasets: dict[str, Dataset] = {}
        self._drifts: list[tuple[str, str, Problem]] = []

    def add(self, parts: pa.RecordBatch | pa.Table) -> None:
        """Take the parts of a batch (`PARTS`); memory keeps where they stand, and their kinds."""
        for _, name, kinds, rows in zip(*(column.to_pylist() for column in parts.columns), strict=True):
            dataset = self._datasets.setdefault(name, Dataset(name))
            dataset.places.extend(self._spool.append(rows))
            columns, orders = read_kinds(kinds)
            for order, count in orders:
                dataset.orders[order] += count
            for column, kind, seen in columns:
                add(dataset.kinds.setdefault(column, {}), kind, seen)

    def tables(self) -> Iterator[tuple[str, pa.Schema, Iterator[pa.RecordBatch]]]:
        """Yield each data set by its name, with its schema and its rows, which are read as they are asked for."""
        for name in sorted(self._datasets):
            dataset = self._datasets[name]
            types = self._types(dataset)
            self._drifts += _drift(dataset, types)
            schema = _schema(dataset, types)
            yield name, schema, self._batches(dataset, types, schema)

    def problems(self) -> pa.RecordBatch:
        """Return the rows of `problems` that say what drifted in the data sets that `tables` has given."""
        return rows_of_problems(self._drifts)

    def _parts(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        for place in zip(dataset.places[::2], dataset.places[1::2], strict=True):
            yield self._spool.read(place)

    def _types(self, dataset: Dataset) -> dict[str, Kind]:
        """The kind of each column over the whole run; string where values would not survive the cast."""
        types = {name: unified(kinds) for name, kinds in dataset.kinds.items()}
        open_columns = [name for name in types if len(dataset.kinds[name]) > 1 and types[name].type != STRING]
        for rows in self._parts(dataset) if open_columns else ():
            for name in open_columns:
                held = VALUE + name in rows.schema.names
                if not held or cast([rows.column(VALUE + name)], types[name].type) is None:
                    types[name] = Kind(STRING, None)
            open_columns = [name for name in open_columns if types[name].type != STRING]
        return {name: Kind(storable(kind.type), kind.unit) for name, kind in types.items()}

    def _batches(self, dataset: Dataset, types: dict[str, Kind], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        for rows in self._parts(dataset):
            columns = [rows.column(field.name) for field in PLACE]
            for name, _ in dataset.order:
                type = types[name].type
                source = TEXT if type == STRING else VALUE
                columns.append(as_type(rows.column(source + name), type))
            yield pa.RecordBatch.from_arrays(columns, schema=schema)


def rows_of_problems(problems: Iterable[tuple[str | None, str, Problem]]) -> pa.RecordBatch:
    """Return the rows of `problems` for documents, sources and problems."""
    rows = [
        (doc_id, source, problem.severity, problem.code, problem.message, problem.line_start, problem.line_end,
         problem.record, problem.raw)
        for doc_id, source, problem in problems
    ]  # fmt: skip
    columns = list(zip(*rows, strict=True)) or [()] * len(PROBLEMS.schema)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, PROBLEMS.schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=PROBLEMS.schema)


def _schema(dataset: Dataset, types: dict[str, Kind]) -> pa.Schema:
    columns = [
        pa.field(name, types[name].type, metadata={"description": header} | _unit(types[name].unit))
        for name, header in dataset.order
    ]
    return pa.schema([*PLACE, *columns], metadata={"dataset": dataset.name, "version": CONTRACT_VERSION})


def _unit(unit: str | None) -> dict[str, str]:
    return {"unit": unit} if unit else {}


def _drift(dataset: Dataset, types: dict[str, Kind]) -> Iterator[tuple[str, str, Problem]]:
    """Yield document, source and problem for each kind of a column that is not the usual one, at its first table."""
    for name, kinds in dataset.kinds.items():
        usual, *others = drifts(kinds) or [types[name]]
        for kind in others:
            place = kinds[kind].first
            seen = kinds[usual]
            message = (
                f"data set {dataset.name}, column {name}: {kind} here, {usual} in {seen.tables} "
                f"{'table' if seen.tables == 1 else 'tables'}, first {seen.first.source}:{seen.first.line}; "
                f"written as {types[name]}"
            )
            yield place.doc_id, place.source, Problem("type_drift", message, place.line, place.line, dataset.name)

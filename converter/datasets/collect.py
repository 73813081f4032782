"""All data sets of a run: parts go to the spool as they arrive, types are decided after the last one."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO, NamedTuple

import pyarrow as pa

from converter.datasets.kinds import Kind, Kinds, add, common_kind, drifts
from converter.datasets.lock import LOCK, Contract, locked_values
from converter.datasets.part import TABLE_PLACE, TEXT, VALUE, Order, as_type, concat_as, read_kinds, source_of
from converter.datasets.small import small_rows
from converter.datasets.spool import Spool
from converter.model.events import SpooledParts
from converter.problems import LOCKED, Problem
from converter.records import CONTRACT_VERSION
from converter.records.ledgers import PROBLEMS
from converter.values import NO_HINTS, Hints, storable
from converter.values.lattice import NULL, STRING, narrow

SHARE_DATASETS, SHARE_BYTES = 32, 1024 * 1024
"""A share of the data sets ends at whichever limit comes first."""


class Share(NamedTuple):
    """Some data sets: the places of their parts in the spool, and the kinds that must not change."""

    places: Mapping[str, array[int]]
    contract: Contract


@dataclass(slots=True)
class Dataset:
    """One data set: where its parts are, and the observed kinds of its columns."""

    name: str
    places: array[int]
    """The place of each part in the spool, three numbers: where its kinds begin, their size, and that of its rows."""
    kinds: dict[str, Kinds] = field(default_factory=dict)
    orders: Counter[Order] = field(default_factory=Counter)

    @property
    def order(self) -> Order:
        """The columns as most tables have them, regardless of the order of the documents."""
        return min(self.orders, key=lambda order: (-self.orders[order], order))


class Datasets:
    """Collects the parts of a run, and yields the rows of each data set with types that hold all values."""

    def __init__(
        self,
        spool: BinaryIO,
        contract: Contract | None = None,
        hints: Hints = NO_HINTS,
        places: Mapping[str, array[int]] | None = None,
    ) -> None:
        """Take a file, open for reading and, unless `places` are where parts are in it, for writing.

        A `contract` holds the kinds of data sets that must not change; `hints` state how their cells are read.
        """
        self._spool = Spool(spool)
        self._contract, self._hints = contract or {}, hints
        self._places = dict(places or {})
        """The places of each data set's parts: as objects, they would be most of a long run's memory."""
        self._drifts: list[tuple[str, str, Problem]] = []

    def add(self, parts: pa.RecordBatch | pa.Table) -> None:
        """Add the parts of a batch (`PARTS`); memory keeps only their places."""
        self.join(spooled_parts(parts))

    def join(self, parts: SpooledParts) -> None:
        """Add the parts of a batch that `spooled_parts` made ready."""
        position, _ = self._spool.append(parts.data)
        for name, (kinds_size, rows_size) in zip(parts.names, parts.sizes, strict=True):
            self._places.setdefault(name, array("q")).extend((position, kinds_size, rows_size))
            position += kinds_size + rows_size

    @property
    def names(self) -> Set[str]:
        """The names of the data sets that have parts."""
        return self._places.keys()

    def shares(self) -> Iterator[Share]:
        """Yield all data sets, some at a time: enough work to hand out."""
        places: dict[str, array[int]] = {}
        size = 0
        for name in sorted(self._places):
            places[name] = self._places[name]
            size += sum(places[name][2::3])
            if len(places) >= SHARE_DATASETS or size >= SHARE_BYTES:
                yield self._share(places)
                places, size = {}, 0
        if places:
            yield self._share(places)

    def _share(self, places: dict[str, array[int]]) -> Share:
        return Share(places, {name: self._contract[name] for name in places.keys() & self._contract.keys()})

    def _read(self, name: str) -> Dataset:
        """Return a data set with the kinds of all its parts."""
        dataset = Dataset(name, self._places[name])
        for position, kinds_size, _ in _triples(dataset.places):
            columns, orders = read_kinds(self._spool.read_bytes(position, kinds_size))
            for order, count in orders:
                dataset.orders[order] += count
            for column, kind, occurrences in columns:
                add(dataset.kinds.setdefault(column, {}), kind, occurrences)
        return dataset

    def tables(self) -> Iterator[tuple[str, pa.Schema, Iterator[pa.RecordBatch]]]:
        """Yield the name, schema and rows of each data set; the rows are read lazily."""
        for name in sorted(self._places):
            dataset = self._read(name)
            types = self._types(dataset)
            self._drifts += _drift(dataset, types)
            self._drifts += self._misfits(dataset)
            schema = self._schema(dataset, types)
            yield name, schema, self._batches(dataset, types, schema)

    def take_small(self, most_rows: int) -> Iterator[pa.RecordBatch]:
        """Yield the rows of data sets with at most so many (`SMALL_ROWS`); `tables` then leaves these out."""
        for name in sorted(self._places):
            dataset = Dataset(name, self._places[name])
            if len(dataset.places) > 3 * most_rows:  # each part has a row
                continue
            parts = [*self._parts(dataset)]
            if sum(part.num_rows for part in parts) <= most_rows:
                del self._places[name]
                yield small_rows(name, parts)

    def rows(self, name: str) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a data set that `tables` has yielded, once more."""
        dataset = self._read(name)
        types = self._types(dataset)
        return self._batches(dataset, types, self._schema(dataset, types))

    def tell(self, name: str, problem: Callable[[int], Problem]) -> None:
        """Add a data set's problem to `problems`; `problem` creates it from the line of the first table."""
        place = min(
            occurrences.first_place for kinds in self._read(name).kinds.values() for occurrences in kinds.values()
        )
        self._drifts.append((place.doc_id, place.source, problem(place.line)))

    def problems(self) -> pa.RecordBatch:
        """Return the rows of `problems` for the data sets of `tables`: drift, misfits, and those added by `tell`."""
        return rows_of_problems(self._drifts)

    def _parts(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        for position, kinds_size, rows_size in _triples(dataset.places):
            yield self._spool.read((position + kinds_size, rows_size))

    def _types(self, dataset: Dataset) -> dict[str, Kind]:
        """Return the kind of each column over the whole run; string if values would not survive the cast."""
        locked = self._locked_kinds(dataset)
        types = {name: locked.get(name) or common_kind(kinds) for name, kinds in dataset.kinds.items()}
        open_columns = [
            name for name in types if len(dataset.kinds[name]) > 1 and types[name].type != STRING and name not in locked
        ]
        narrowed = {name: narrow(types[name].type) for name in open_columns}
        for rows in self._parts(dataset) if open_columns else ():
            for name in open_columns:
                type, values = (
                    types[name].type,
                    [rows.column(VALUE + name)] if VALUE + name in rows.schema.names else [],
                )
                if not values or concat_as(values, type) is None:
                    types[name] = Kind(STRING, None)
                elif narrowed[name] != type and concat_as(values, narrowed[name]) is None:
                    narrowed[name] = type
            open_columns = [name for name in open_columns if types[name].type != STRING]
        types |= {name: Kind(narrowed[name], types[name].unit) for name in open_columns}
        return {name: Kind(storable(kind.type), kind.unit) for name, kind in types.items()}

    def _schema(self, dataset: Dataset, types: dict[str, Kind]) -> pa.Schema:
        columns = [
            pa.field(name, types[name].type, metadata={"description": header} | _unit(types[name].unit))
            for name, header in dataset.order
        ]
        lock = {LOCK: "types"} if dataset.name in self._contract else {}
        return pa.schema(
            [*TABLE_PLACE, *columns], metadata={"dataset": dataset.name, "version": CONTRACT_VERSION, **lock}
        )

    def _locked_kinds(self, dataset: Dataset) -> dict[str, Kind]:
        """Return the locked kinds of columns, except for columns whose type the user sets."""
        contract = self._contract.get(dataset.name)
        if not contract:
            return {}
        from converter.values import asked_type

        headers = dict(dataset.order)
        return {
            name: kind
            for name, kind in contract.items()
            if name in headers and not asked_type(self._hints, headers[name], name)
        }

    def _locked_values(
        self, dataset: Dataset, rows: pa.RecordBatch, name: str, kind: Kind
    ) -> tuple[pa.Array, list[int]]:
        units = {column_kind.unit for column_kind in dataset.kinds[name] if column_kind.type not in (STRING, NULL)}
        header = dict(dataset.order)[name]
        return locked_values(rows, name, header, kind, self._hints, units_agree=units <= {kind.unit})

    def _misfits(self, dataset: Dataset) -> Iterator[tuple[str, str, Problem]]:
        """Yield document, source and problem for each cell that does not fit the locked kind of its column."""
        locked = self._locked_kinds(dataset)
        suspects = [name for name, kind in locked.items() if {*dataset.kinds[name]} - {kind}]
        for rows in self._parts(dataset) if suspects else ():
            doc_id = rows.column(0)[0].as_py()
            source = source_of(rows) or doc_id
            for name in suspects:
                for row in self._locked_values(dataset, rows, name, locked[name])[1]:
                    line = rows.column(3)[row].as_py()
                    message = (
                        f"data set {dataset.name}, column {name}: cell is not {locked[name]}, the type of the last run"
                    )
                    raw = rows.column(TEXT + name)[row].as_py()
                    problem = Problem(LOCKED, f"{message}; null in the data set", line, line, dataset.name, raw)
                    yield doc_id, source, problem

    def _batches(self, dataset: Dataset, types: dict[str, Kind], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        locked = self._locked_kinds(dataset)
        for rows in self._parts(dataset):
            columns = [rows.column(field.name) for field in TABLE_PLACE]
            for name, _ in dataset.order:
                type = types[name].type
                if name in locked:
                    columns.append(self._locked_values(dataset, rows, name, locked[name])[0])
                    continue
                source = TEXT if type == STRING else VALUE
                columns.append(as_type(rows.column(source + name), type))
            yield pa.RecordBatch.from_arrays(columns, schema=schema)


def spooled_parts(parts: pa.RecordBatch | pa.Table) -> SpooledParts:
    """Return parts of data sets (`PARTS`) as the spool holds them."""
    names, kinds, rows = (parts.column(name).to_pylist() for name in ("dataset", "kinds", "rows"))
    sizes = [*zip(map(len, kinds), map(len, rows), strict=True)]
    return SpooledParts(names, sizes, b"".join(chain.from_iterable(zip(kinds, rows, strict=True))))


def _triples(places: array[int]) -> Iterator[tuple[int, int, int]]:
    return zip(places[::3], places[1::3], places[2::3], strict=True)


def rows_of_problems(problems: Iterable[tuple[str | None, str, Problem]]) -> pa.RecordBatch:
    """Return the rows of `problems` for documents, sources and problems."""
    rows = [
        (doc_id, source, problem.severity, problem.code, problem.message, problem.line_start, problem.line_end,
         problem.record, problem.raw)
        for doc_id, source, problem in problems
    ]  # fmt: skip
    arrays = [pa.array([row[place] for row in rows], field.type) for place, field in enumerate(PROBLEMS.schema)]
    return pa.RecordBatch.from_arrays(arrays, schema=PROBLEMS.schema)


def _unit(unit: str | None) -> dict[str, str]:
    return {"unit": unit} if unit else {}


def _drift(dataset: Dataset, types: dict[str, Kind]) -> Iterator[tuple[str, str, Problem]]:
    """Yield document, source and problem for each kind of a column except the usual one, at its first table."""
    for name, kinds in dataset.kinds.items():
        usual_kind, *other_kinds = drifts(kinds) or [types[name]]
        for kind in other_kinds:
            place = kinds[kind].first_place
            occurrences = kinds[usual_kind]
            message = (
                f"data set {dataset.name}, column {name}: {kind} here, {usual_kind} in {occurrences.tables} "
                f"{'table' if occurrences.tables == 1 else 'tables'}, first "
                f"{occurrences.first_place.source}:{occurrences.first_place.line}; "
                f"written as {types[name]}"
            )
            yield place.doc_id, place.source, Problem("type_drift", message, place.line, place.line, dataset.name)

"""An existing output, read by its manifest: exactly the rows of one run, in a local folder or in an object store."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from converter.addresses import displayed_name
from converter.destination import FOLDER, RECORD_OUTPUTS, STORE, destination_of
from converter.errors import OutputError, UsageError
from converter.output.manifest import MANIFEST, File, Manifest, parse_manifest, read_manifest, run_of
from converter.output.store import WHOLE_BYTES, Store, StoredFile
from converter.output.store_client import ObjectStore
from converter.output.verification import MEND, check_files, verify

if TYPE_CHECKING:
    import pyarrow.dataset as ds


class StoredOutput:
    """The output of a run in a folder: its records and data sets, as the manifest lists them.

    Later writes by other runs do not show. When another run replaces the output, the files are removed (in a store,
    after `keep_previous`); reading then fails, and the output must be opened again.
    """

    def __init__(self, name: str, manifest: Manifest, open_file: Callable[[File], str | pa.NativeFile]) -> None:
        self.name, self.manifest, self._open = name, manifest, open_file

    @property
    def names(self) -> list[str]:
        """The records and data sets: `sections`, `datasets/city__price`."""
        return [name for name in self.manifest.rows() if name and name[0] != "_"]

    def files(self, record: str) -> list[str]:
        """Return the paths or addresses of the files of a record or data set, for other programs.

        Raises:
            UsageError: the output has no such record.
        """
        return [f"{self.name}/{file.path}" for file in self._files(record)]

    def dataset(self, record: str) -> ds.Dataset:
        """Return the rows of a record or data set as an Arrow data set; it fetches the columns that a query needs.

        Raises:
            UsageError: the output has no such record, or is not Parquet.
            OutputError: a file is missing or damaged.
        """
        import pyarrow.dataset as ds

        files = self._files(record)
        if self.manifest.format != "parquet":
            raise UsageError(
                f"its files are {self.manifest.format}, and only Parquet is read back; `files` names them",
                source=self.name,
            )
        places = [self._open(file) for file in files]
        try:
            if isinstance(places[0], str):
                return ds.dataset(places, format="parquet")
            format = ds.ParquetFileFormat()
            fragments = [format.make_fragment(place) for place in places]
            return ds.FileSystemDataset(fragments, fragments[0].physical_schema, format)
        except (pa.ArrowException, OSError) as error:
            reason = " ".join(str(error).split())
            raise OutputError(f"{record} cannot be read: {reason}; {MEND}", source=self.name, code="damaged") from error

    def table(self, record: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Return the rows of a record or data set, all columns or some.

        Raises:
            UsageError, OutputError: as for `dataset`.
        """
        return self.dataset(record).to_table(columns=None if columns is None else list(columns))

    def _files(self, record: str) -> list[File]:
        files = [file for file in self.manifest.files if file.record == record]
        if not files:
            raise UsageError(f"the output has no {record}; it has {', '.join(self.names)}", source=self.name)
        return files


def open_stored(place: str | Path, open_store: Callable[[str], Store] = ObjectStore) -> StoredOutput | None:
    """Return the output in a folder or in an object store, None if there is none.

    Raises:
        UsageError: the place is neither.
        OutputError: the manifest is invalid, a local file is missing, or the store does not answer.
    """
    if (folder := _folder_of(place)) is not None:
        manifest = read_manifest(folder)
        if manifest is None:
            return None
        check_files(folder, manifest)
        return StoredOutput(str(folder), manifest, lambda file: str(folder / file.path))
    store = open_store(str(place))
    existing = store.get(MANIFEST)
    if existing is None:
        return None
    manifest = parse_manifest(existing.data, f"{store.name}/{MANIFEST}", in_folder=True)
    return StoredOutput(store.name, manifest, lambda file: pa.PythonFile(StoredFile(store, file.path, file.bytes), "r"))


def differences(place: str | Path, open_store: Callable[[str], Store] = ObjectStore) -> list[str]:
    """Return what is wrong with an output: each file that is missing or differs from the manifest, by size and hash,
    and in a store each file of a run that the manifest does not list.

    Raises:
        UsageError, OutputError: as for `open_stored`; or there is no output.
    """
    if (folder := _folder_of(place)) is not None:
        return verify(folder)
    stored, store = open_stored(place, open_store), open_store(str(place))
    if stored is None:
        raise OutputError(f"has no {MANIFEST}", source=store.name, code="manifest")
    listed_paths = stored.manifest.paths | (stored.manifest.superseded or {}).keys()
    sizes = {entry.key: entry.size for entry in store.entries()}
    strays = [f"{key}: is not in the manifest" for key in sizes if run_of(key) and key not in listed_paths]
    return [line for file in stored.manifest.files if (line := _difference(store, file, sizes))] + strays


def _folder_of(place: str | Path) -> Path | None:
    """Return the local folder that holds an output, None if the output is in a store.

    Raises:
        UsageError: it is neither.
    """
    if os.path.isdir(place):
        return Path(place)
    destination = destination_of(place, None, RECORD_OUTPUTS)
    if destination.place not in (FOLDER, STORE):
        message = "is neither a folder nor the address of a folder in a store, whose files a manifest lists"
        raise UsageError(message, source=displayed_name(str(place)))
    return destination.path if destination.place == FOLDER else None


def _difference(store: Store, file: File, sizes: dict[str, int]) -> str:
    """Return how an object differs from its entry in the manifest; the empty string if it does not."""
    if file.path not in sizes:
        return f"{file.path}: is missing"
    if sizes[file.path] != file.bytes:
        return f"{file.path}: {sizes[file.path]} bytes, not {file.bytes}; differs from the manifest"
    digest = hashlib.sha256()
    for start in range(0, file.bytes, WHOLE_BYTES):
        digest.update(store.read(file.path, start, min(start + WHOLE_BYTES, file.bytes)))
    if digest.hexdigest() != file.sha256:
        return f"{file.path}: {digest.hexdigest()}; differs from the manifest"
    return ""

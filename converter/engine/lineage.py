"""OpenLineage events of a run (https://openlineage.io, through openlineage-python): its inputs and outputs."""

from __future__ import annotations

import contextlib
import os
import re
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from converter.addresses import CHAIN, SCHEME, public, redact
from converter.errors import OutputError, UsageError, install_command
from converter.output import read_manifest
from converter.version import __version__

if TYPE_CHECKING:
    from openlineage.client.event_v2 import OutputDataset

    from converter.model.report import Report

PRODUCER = f"https://pypi.org/project/parquetry/{__version__}"


class Lineage:
    """The events of one run: START when the object is created, and one more at the end."""

    def __init__(self, file: Path, sources: Sequence[str]) -> None:
        """Append the event START to the file.

        Raises:
            UsageError: openlineage-python is not installed.
            OutputError: the file could not be written.
        """
        try:
            from openlineage.client import event_v2, facet_v2
        except ImportError as error:
            raise UsageError(f"OpenLineage events need a package: {install_command('openlineage')}") from error
        self._events, self._facets = event_v2, facet_v2
        self._file = file
        self._run = str(uuid.uuid4())
        self._inputs = [event_v2.InputDataset(*_name(source)) for source in sources]
        self._write("START", [])

    def complete(self, report: Report) -> None:
        """Append the event COMPLETE with the records and data sets written, or FAIL if nothing could be read."""
        folders = {path.parent for path in report.outputs if isinstance(path, Path)}
        outputs = [dataset for folder in folders for dataset in self._outputs(folder)]
        outputs = outputs or [self._events.OutputDataset(*_name(str(path))) for path in report.outputs]
        self._write("FAIL" if report.exit_code == 1 else "COMPLETE", outputs)

    def fail(self, message: str) -> None:
        """Append the event FAIL with the reason."""
        self._write("FAIL", [], redact(message))

    def _outputs(self, out: Path) -> Iterator[OutputDataset]:
        manifest = read_manifest(out)
        if manifest is None:
            return
        schema = self._facets.schema_dataset
        statistics_facet = self._facets.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet
        for name in dict.fromkeys(file.record for file in manifest.files):
            files = [file for file in manifest.files if file.record == name]
            if columns := manifest.schemas.get(name):
                fields = [schema.SchemaDatasetFacetFields(column, kind) for column, kind in columns.items()]
                size = sum(file.bytes for file in files)
                yield self._events.OutputDataset(
                    *_name(str(out / name)),
                    {"outputStatistics": statistics_facet(sum(file.rows for file in files), size, len(files))},
                    facets={"schema": schema.SchemaDatasetFacet(fields)},
                )

    def _write(self, state: str, outputs: list[OutputDataset], message: str | None = None) -> None:
        from openlineage.client.serde import Serde

        facets = self._facets.error_message_run
        event = self._events.RunEvent(
            eventType=self._events.RunState[state],
            eventTime=datetime.now(UTC).isoformat(),
            run=self._events.Run(
                self._run, {"errorMessage": facets.ErrorMessageRunFacet(message, "Python")} if message else {}
            ),
            job=self._events.Job(os.environ.get("OPENLINEAGE_NAMESPACE", "parquetry"), "convert"),
            inputs=self._inputs,
            outputs=outputs,
            producer=PRODUCER,
        )
        try:
            with open(self._file, "a", encoding="utf-8") as stream:
                stream.write(Serde.to_json(event) + "\n")
        except OSError as error:
            raise OutputError(f"cannot be written: {error.strerror}", source=str(self._file)) from error


@contextlib.contextmanager
def lineage(file: Path | None, sources: Sequence[str]) -> Iterator[Lineage | None]:
    """Yield the events of a run, or None without a file; an exception in the block is written as the event FAIL.

    Raises:
        UsageError: openlineage-python is not installed, or the file holds something else.
        OutputError: the file could not be written.
    """
    if file is None:
        yield None
        return
    if file.is_file():
        with open(file, "rb") as stream:
            if stream.read(1) not in (b"{", b""):
                raise UsageError("holds no events, to which others could be added; name another file", source=str(file))
    events = Lineage(file, sources)
    try:
        yield events
    except BaseException as error:
        events.fail(str(error) or type(error).__name__)
        raise


def _name(source: str) -> tuple[str, str]:
    """Return a source's OpenLineage namespace and name: `file` and a path, or `s3://bucket` and a key."""
    *inner, outer = CHAIN.split(public(source))
    if match := re.fullmatch(rf"({SCHEME}:/*[^/?#]*)([^?#]*).*", outer, re.S):
        return match[1], "::".join([*inner, match[2].lstrip("/")])
    return "file", source if source == "-" else os.path.abspath(outer)

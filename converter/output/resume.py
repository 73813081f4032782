"""Whether a run resumes the existing output, or starts from scratch."""

from __future__ import annotations

from collections.abc import Callable

from converter.config import Options, Output
from converter.destination import FOLDER
from converter.errors import OutputError
from converter.output.manifest import Manifest, fingerprint
from converter.output.previous import PreviousOutput
from converter.output.target import Target, conflict_error
from converter.output.verification import MEND, check_files


def previous_output(
    target: Target,
    manifest: Manifest | None,
    output: Output,
    options: Options,
    resume: Callable[[], None] = lambda: None,
) -> PreviousOutput | None:
    """Return the existing output if the run resumes it; None if the run starts from scratch.

    In an incremental run, an output made with other options is `remade`: its documents are known, so that nothing is
    lost.

    `resume` finishes putting an earlier run's files in place; it is called once this run is certain not to be refused.

    Raises:
        OutputError: the mode can neither replace nor resume the existing output, or that output is damaged.
    """
    conflicts = target.conflicts(output.names(options) if target.shared else output.files(options))
    if conflicts and target.shared:
        raise conflict_error(target.name, conflicts[0])
    if output.mode == "overwrite" or not (manifest or conflicts):
        resume()
        return None
    if output.mode == "create" or manifest is None:
        alternatives = "another output or pass `overwrite`" + (
            ", `append` or `incremental`" if manifest and output.format == "parquet" else ""
        )
        item = conflicts[0] if conflicts else "an output"
        raise OutputError(f"already holds {item}; choose {alternatives}", source=target.name, code="output_exists")
    # Which rows `unique` leaves out depends on every earlier document.
    has_unique = any(column.bounds.get("unique") for schema in options.schemas for column in schema.fields)
    run_options = output.fingerprint_options(options)
    is_same = manifest.fingerprint == fingerprint(run_options) and not has_unique
    if is_same or output.mode == "incremental":
        if not any(file.record == "documents" for file in manifest.files):
            message = "does not list its documents, so nothing can be kept; choose another output or pass `overwrite`"
            raise OutputError(message, source=target.name, code="output_exists")
        resume()
        if target.kind == FOLDER:
            check_files(target.place, manifest)
        try:
            return PreviousOutput(target, manifest, remade=not is_same)
        except (ValueError, TypeError, AttributeError) as error:
            message = f"its documents cannot be read ({error}); {MEND}"
            raise OutputError(message, source=target.name, code="damaged") from error
    changed_options = sorted(name for name in run_options if run_options[name] != manifest.options.get(name)) or [
        "unique"
    ]
    raise OutputError(
        f"was made with other options ({', '.join(changed_options)}); choose another output or pass `overwrite`",
        source=target.name,
        code="output_exists",
    )

"""The output of a run, set by `Output`: files made in a stage, listed in a manifest, put in place together.

batches -> Parts: a file per record, or a folder of numbered files (`parts.py`), by partition (`partition.py`)
        -> RecordFiles: all files of a run, including data sets (`folder.py`)
        -> Stage: the folder in which all files are made, and the one step that puts them in place (`stage.py`);
           it belongs to one run alone (`claim.py`)
        -> Target: a folder (`disk.py`), a folder in an object store (`store_target.py`) or a database, one module each;
           `TARGETS` lists them (`target.py`)
        -> Manifest: the contents of the output, and how it was made (`manifest.py`)
a later run -> PreviousOutput: what it can keep (`previous.py`), if it resumes the output (`resume.py`)
"""

from converter.config import Mode, Output
from converter.output.disk import Folder
from converter.output.folder import NestedFile, RecordFiles, stored_schemas
from converter.output.manifest import MANIFEST, File, Manifest, read_manifest
from converter.output.partition import partition_of
from converter.output.parts import file_format
from converter.output.previous import PreviousOutput
from converter.output.replaced_files import replaced_by
from converter.output.resume import previous_output
from converter.output.stage import Stage, open_stage
from converter.output.target import TARGETS, Load, Target, find_target, open_target
from converter.output.verification import verify

__all__ = [
    "MANIFEST",
    "TARGETS",
    "File",
    "Folder",
    "Load",
    "Manifest",
    "Mode",
    "NestedFile",
    "Output",
    "PreviousOutput",
    "RecordFiles",
    "Stage",
    "Target",
    "file_format",
    "find_target",
    "open_stage",
    "open_target",
    "partition_of",
    "previous_output",
    "read_manifest",
    "replaced_by",
    "stored_schemas",
    "verify",
]

"""Where a run's rows go, as `Output` says: files made in a stage, listed in a manifest, put in place together.

batches -> Parts: a file a record, or a folder of numbered ones (`parts.py`), by partitions (`partition.py`)
        -> RecordFiles: the files of a whole run, data sets too (`folder.py`)
        -> Stage: the folder in which all is made, and the one step that puts it in place (`stage.py`)
        -> Target: where it goes: a folder (`disk.py`), or a database, one file each; `TARGETS` lists them (`target.py`)
        -> Manifest: what is there, and how it was made (`manifest.py`)
a later run -> PreviousOutput: what of it can be kept (`previous.py`)
"""

from converter.output.disk import Folder
from converter.output.folder import NestedFile, RecordFiles
from converter.output.manifest import MANIFEST, Arrangement, File, Manifest, read_manifest, verify
from converter.output.output import Mode, Output, Records, mode_of, previous_output
from converter.output.partition import partition_of
from converter.output.previous import PreviousOutput
from converter.output.stage import Stage, open_stage
from converter.output.target import TARGETS, Load, Target, find_target, open_target

__all__ = [
    "MANIFEST",
    "TARGETS",
    "Arrangement",
    "File",
    "Folder",
    "Load",
    "Manifest",
    "Mode",
    "NestedFile",
    "Output",
    "PreviousOutput",
    "RecordFiles",
    "Records",
    "Stage",
    "Target",
    "find_target",
    "mode_of",
    "open_stage",
    "open_target",
    "partition_of",
    "previous_output",
    "read_manifest",
    "verify",
]

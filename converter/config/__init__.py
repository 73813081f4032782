"""Everything that a user can set: which documents are read (`Selection`) and how (`Options`), what a run writes
(`Output`) and how it works (`Run`).

The command line, the library, Spark, the manifest and the fingerprint use these classes. A new option is a field with
its `setting`, and an argument in the class of arguments below it; `tests/package/test_settings.py` checks that it
appears everywhere. A check imports what it needs when it runs: see `converter.settings`.
"""

from converter.config.options import Limits, Options, ReadingArguments, options_from_text, schema_of
from converter.config.output import Arrangement, Lock, Mode, Output, OutputArguments
from converter.config.run import Progress, Run, RunArguments
from converter.config.selection import Selection, SourceArguments

__all__ = [
    "Arrangement",
    "Limits",
    "Lock",
    "Mode",
    "Options",
    "Output",
    "OutputArguments",
    "Progress",
    "ReadingArguments",
    "Run",
    "RunArguments",
    "Selection",
    "SourceArguments",
    "options_from_text",
    "schema_of",
]

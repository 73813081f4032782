"""What a user can say: how documents are read (`Options`), what a run writes (`Output`) and how it runs (`Run`).

The command line, the library, Spark, the manifest and the fingerprint take all of it from here. A new option is a field
with its `setting`, and an argument in the class of arguments below it; `tests/package/test_settings.py` holds that it
shows up everywhere. What a check needs is imported when it runs: see `converter.settings`.
"""

from converter.config.options import Limits, Options, ReadingArguments, options_from_text, schema_of
from converter.config.output import Arrangement, Lock, Mode, Output, OutputArguments
from converter.config.run import Progress, Run, RunArguments

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
    "options_from_text",
    "schema_of",
]

"""The same conversion on Apache Spark, for more documents than one machine can process.

documents -> a data frame of lists of files, or of texts with their keys (`documents.py`)
          -> tasks, which convert as a local run does, each to its own files, and then write the data sets (`task.py`)
          -> the driver, which adopts the files of one attempt per task (`work.py`), and puts the output in place in one
             step (`job.py`)
new documents -> a stream of these runs (`stream.py`)
documents -> a data source of records for `spark.read` (`source.py`)

Only this room imports PySpark. The output is in an object store, or in a folder that the driver and every worker see
under the same path, as files named by paths are.
"""

from importlib.util import find_spec

from converter.errors import UsageError, install_command

if find_spec("pyspark") is None:
    raise UsageError(f"Spark needs a package that is not installed: {install_command('spark')}")

from converter.spark.archive import write_archive
from converter.spark.job import convert
from converter.spark.source import register
from converter.spark.stream import append_batch, stream

__all__ = ["append_batch", "convert", "register", "stream", "write_archive"]

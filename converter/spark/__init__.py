"""The same conversion on Apache Spark, for more documents than one machine can take.

documents -> a data frame of lists of files, or of texts with their keys (`documents.py`)
          -> tasks, which convert as a local run does and write to folders of their own (`task.py`)
          -> the driver, which takes their files over and puts the output in place in one step (`job.py`)
new documents -> a stream of such runs (`stream.py`)
documents -> a source of records for `spark.read` (`source.py`)

Only this room imports PySpark. The output folder, and files that are named by paths, must be seen by the driver and
by every worker under the same path.
"""

from importlib.util import find_spec

from converter.errors import UsageError

if find_spec("pyspark") is None:
    raise UsageError("Spark needs a package that is not installed: pip install 'parquetry[spark]'")

from converter.spark.archive import write_archive
from converter.spark.job import convert
from converter.spark.source import register
from converter.spark.stream import append_batch, stream

__all__ = ["append_batch", "convert", "register", "stream", "write_archive"]

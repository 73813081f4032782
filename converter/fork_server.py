"""What the command's fork server imports, once for all workers; set up before, or pyarrow would import numpy: 0.1 s."""

import sys

from converter.process import set_up

set_up()
# Here only what keeps a worker from starting is shown so: that the command is gone, which then says why itself.
sys.excepthook = lambda *_: None

import converter.pool  # noqa: E402, F401

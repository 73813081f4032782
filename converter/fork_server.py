"""What the command's fork server imports, once for all workers; set up before, or pyarrow would import numpy: 0.1 s."""

from converter.process import set_up

set_up()

import converter.pool  # noqa: E402, F401

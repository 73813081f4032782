"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

# A busy machine is no failure: nothing is asserted by the clock (T31). The rest is as Hypothesis has it, in CI too.
settings.register_profile("parquetry", parent=settings(), deadline=None)
settings.load_profile("parquetry")

"""How Java runs in tests."""

from __future__ import annotations

JAVA_OPTIONS = " ".join([
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+UnlockDiagnosticVMOptions",
    "-XX:-BytecodeVerificationRemote",
    "-XX:+IgnoreUnrecognizedVMOptions",  # a later Java may not have the two before
])  # fmt: skip
"""A Spark that runs for seconds spends more than half of its time on compiling well and on checking its own code."""

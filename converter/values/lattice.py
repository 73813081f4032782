"""The lattice of types: which type holds a column that has one type here and another there.

    string                                    everything is below string
      |-- float64 --------- int64
      |-- decimal128(38,s)- decimal128(18,s)  the larger scale holds both; 38 digits, unless they are the same
      |-- decimal128(38,s)- int64
      |-- timestamp[us] --- date32            midnight of that day
      |-- timestamp[us, UTC], time64[us], duration[us], bool
    null                                      null is below everything

float64 and decimal128 meet only in string: a decimal was chosen because a float would bend it. A date and a
moment in UTC meet only in string too: a day has no zone. The join is commutative, associative and idempotent,
so the result does not depend on the order in which tables are read. Casts to the joined type must be safe
ones (`pyarrow.Array.cast` raises rather than lose a digit); where one fails, string holds the texts.
"""

from __future__ import annotations

import pyarrow as pa

BOOL = pa.bool_()
INT64 = pa.int64()
FLOAT64 = pa.float64()
DATE32 = pa.date32()
TIMESTAMP = pa.timestamp("us")
TIMESTAMP_UTC = pa.timestamp("us", tz="UTC")
TIME64 = pa.time64("us")
DURATION = pa.duration("us")
STRING = pa.string()
NULL = pa.null()

FEW_DIGITS, MOST_DIGITS = 18, 38
"""The precisions of decimals: what 64 bits hold, and what 128 do."""

WIDENS = {(INT64, FLOAT64), (DATE32, TIMESTAMP)}


def decimal128(scale: int, digits: int = MOST_DIGITS) -> pa.DataType:
    """The decimal type of a scale for numbers of so many digits: one of two precisions, so that few types differ."""
    return pa.decimal128(FEW_DIGITS if max(digits, scale) <= FEW_DIGITS else MOST_DIGITS, scale)


def narrow(type: pa.DataType) -> pa.DataType:
    """The type of few digits, and the same scale, for decimals that fit it; other types as they are."""
    return decimal128(type.scale, 0) if pa.types.is_decimal(type) else type


def unify(a: pa.DataType, b: pa.DataType, unit_a: str | None = None, unit_b: str | None = None) -> pa.DataType:
    """The smallest type that holds both; string where the units differ (12 ms and 12 s are not 12 and 12)."""
    if pa.types.is_null(a):
        return b
    if pa.types.is_null(b):
        return a
    if unit_a != unit_b:
        return STRING
    if a == b:
        return a
    if (a, b) in WIDENS:
        return b
    if (b, a) in WIDENS:
        return a
    scales = [t.scale if pa.types.is_decimal(t) else 0 for t in (a, b) if pa.types.is_decimal(t) or t == INT64]
    return decimal128(max(scales)) if len(scales) == 2 else STRING


def storable(type: pa.DataType) -> pa.DataType:
    """The type to write: string for a column that never said anything, as Spark reads no null type."""
    return STRING if pa.types.is_null(type) else type

"""The lattice of types: which type holds a column whose type differs between tables.

    string                                    everything is below string
      |-- float64 --------- int64
      |-- decimal128(38,s)- decimal128(18,s)  the larger scale holds both; 38 digits, unless they are the same
      |-- decimal128(38,s)- int64
      |-- timestamp[us] --- date32            midnight of that day
      |-- timestamp[us, UTC], time64[us], duration[us], bool
    null                                      null is below everything

float64 and decimal128 join only to string: a column is decimal because float64 would change its values. A date
and a UTC timestamp also join only to string: a date has no time zone. The join is commutative, associative and
idempotent, so the result does not depend on the order in which tables are read. Casts to the joined type must
be safe (`pyarrow.Array.cast` raises rather than lose a digit); if one fails, string holds the texts.
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
"""The precisions of decimals: the digits that 64 bits hold, and those that 128 bits hold."""

WIDENINGS = {(INT64, FLOAT64), (DATE32, TIMESTAMP)}


def decimal128(scale: int, digits: int = MOST_DIGITS) -> pa.DataType:
    """Return the decimal type for a scale and a number of digits: one of two precisions, so that few types differ."""
    return pa.decimal128(FEW_DIGITS if max(digits, scale) <= FEW_DIGITS else MOST_DIGITS, scale)


def narrow(type: pa.DataType) -> pa.DataType:
    """Return the decimal type with the lowest precision for the same scale; other types unchanged."""
    return decimal128(type.scale, 0) if pa.types.is_decimal(type) else type


def unify(a: pa.DataType, b: pa.DataType) -> pa.DataType:
    """Return the smallest type that holds both."""
    if pa.types.is_null(a):
        return b
    if pa.types.is_null(b):
        return a
    if a == b:
        return a
    if (a, b) in WIDENINGS:
        return b
    if (b, a) in WIDENINGS:
        return a
    scales = [t.scale if pa.types.is_decimal(t) else 0 for t in (a, b) if pa.types.is_decimal(t) or t == INT64]
    return decimal128(max(scales)) if len(scales) == 2 else STRING


def storable(type: pa.DataType) -> pa.DataType:
    """Return the type to write: string instead of null, which Spark cannot read."""
    return STRING if pa.types.is_null(type) else type

"""Units and currencies before or after a number, in its cell or its header."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product

from converter.values.month_names import MONTHS

_CURRENCIES = """
    $ € £ ¥ ₹ ₽ ₩ ₪ ₺ ฿ ₫ ₴ ₦ ₱ ₿ ₡ ₲ ₵ ₸ ₾ ¢
    US$ U$ A$ AU$ C$ CA$ CAD$ NZ$ HK$ S$ SG$ NT$ R$ MX$ Rs Rs. kr kr. zł Kč Ft lei лв руб руб. 元 円 원
    AED ARS AUD BGN BRL BTC CAD CHF CLP CNY COP CZK DKK EGP ETH EUR GBP HKD HUF IDR ILS INR ISK JPY KES KRW MAD MXN
    MYR NGN NOK NZD PEN PHP PKR PLN RMB RON RUB SAR SEK SGD THB TRY TWD UAH USD USDC USDT VND ZAR
"""
CURRENCIES = frozenset(_CURRENCIES.split())

_MAGNITUDES = """
    k K M m MM B bn Bn T tn thousand million billion trillion mln mlrd mrd Mio Mrd Mio. Mrd. Tsd. lakh crore
"""
MAGNITUDES = frozenset(_MAGNITUDES.split())

_PREFIXED_UNITS = {
    # Every prefix with every unit.
    "n µ u m k M G T": "s Hz V A W Wh Ω J Pa g m L l F eV",
    " k K M G T P Ki Mi Gi Ti Pi": "B b bit bits byte bytes bps b/s bit/s B/s",
}
_PLAIN_UNITS = (
    "% ‰ pp bp bps dB dBm ° °C °F ℃ ℉ K Hz V A W Wh Ω J N Pa g t F C "
    "ns µs us ms s sec secs min mins h hr hrs d day days wk wks mo mos y yr yrs "
    "nm µm mm cm dm m km in inch inches ft yd mi mile miles nmi ″ ′ px pt em rem pts dpi ppi fps rpm "
    "mg kg lb lbs oz ml mL cl dl l L gal m² m2 m^2 m³ m3 m^3 km² km2 km^2 cm² cm2 cm³ cm3 ft² sqft sqm ha acre acres "
    "m/s km/h kmh kph mph kn knots mAh Ah bar mbar hPa psi atm ppm ppb cal kcal mol mmol mg/L mg/dL mmol/L g/cm³ kg/m³ "
    "kWh MWh GWh TWh kW MW GW req/s rps qps tps QPS TPS RPS IOPS iops ops/s op/s tok/s t/s FLOPS GFLOPS TFLOPS "
    "x X × ⭐ ★ cores vCPU vCPUs"
)
UNITS = (
    frozenset(_PLAIN_UNITS.split())
    | {
        prefix.strip() + unit
        for prefixes, units in _PREFIXED_UNITS.items()
        for prefix, unit in product(re.split(" ", prefixes), units.split())
    }
    | MAGNITUDES
    | CURRENCIES
)
"""Units that need no further proof: they need no space after the number, and one cell is enough."""

_HEADER_WORDS = """
    second seconds minute minutes hour hours day days week weeks month months year years byte bytes bit bits meter
    meters metre metres kilometer kilometers miles gram grams kilogram kilograms ton tons tonne tonnes liter liters
    litre litres percent percentage euro euros dollar dollars pixel pixels degrees thousands millions billions
    milliseconds microseconds nanoseconds celsius fahrenheit
"""
HEADER_WORDS = frozenset(_HEADER_WORDS.split())
"""Words that name a unit in the brackets of a header: `Age (years)`."""

_NOT_UNITS = """
    am pm a.m p.m bc ad ce bce of or and to th st nd rd x by
"""
NOT_UNITS = frozenset(_NOT_UNITS.split()) | MONTHS.keys()
"""Words after a number that make it something else: a time, a year, an ordinal, a date."""

_NOT_COUNTERS = """
    年 月 日 時 时 点 點 号 號 番 位 級 级 期 代 階 楼 章 話 话 年度 年代 月份 월 일 년 시 호 번 위 년대 년도
"""
NOT_COUNTERS = frozenset(_NOT_COUNTERS.split())
"""Words after a number that identify something rather than count it: a day, an hour, a rank."""

NOT_IN_HEADERS = frozenset("ABCFKLMNTXx")
"""Letters that are ambiguous in the brackets of a header: `F1 (M)`, `Bias (F/M)`, `Group (A)`.

`Temperature (min)` and `Author(s)` name no unit either.
"""

# One to three lower-case words after a number: `12 items`, `3 business days`, `5 requests/s`. Scripts without case fit.
UNIT_WORDS = re.compile(r"[^\W\d_A-Z]{2,}(?:[ /-][^\W\d_A-Z]+){0,2}\.?")
SYMBOL = re.compile(f"[{re.escape(''.join(sorted(c for c in CURRENCIES if len(c) == 1 and not c.isalpha())))}]")
_POWER = r"(?:[²³]|\^?[23])?"
RATE = re.compile(
    rf"(?:(?:[A-Za-zµ%°]{{1,9}}{_POWER}|{SYMBOL.pattern}) ?)?"
    rf"(?:(?:/ ?|per )(?:[0-9]{{1,4}}[kKM]? )?[A-Za-zµ]{{1,12}}{_POWER}(?: [A-Za-z]{{1,12}})?){{1,2}}"
)
"""`req/s`, `€/m²`, `per 100 g`, `/user/month`."""
SLASH = re.compile(r" ?/ ?")
FACTOR = re.compile(r"(\D+?)(?:\^?-?[1-4]|⁻?[¹²³⁴])?")
OPERATORS = re.compile(r"[·⋅*/()]+")
# Chinese, Japanese and Korean counters follow the number at once: `120人`, `3個`, `15명`.
_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
COUNTER = re.compile(rf"[{_CJK}]{{1,4}}(?:/[{_CJK}]{{1,4}})?")
PLURAL = re.compile(r"\w\(e?s\)$")
HEADER_UNIT = re.compile(r"[(\[]([^()\[\]]{1,20})[)\]] *$|(?:, | in )(\S{1,12})$|[\s_](%)$")


@lru_cache(maxsize=1024)
def cell_unit(prefix: str, suffix: str) -> tuple[str, bool] | None:
    """Return the unit in the texts before and after a number, and whether it is certain; None if it is not a unit.

    An uncertain unit, a word in none of the tables above, counts if the whole column repeats it.
    """
    if prefix and prefix not in CURRENCIES:
        return None
    if not suffix:
        return prefix, True
    name = suffix.strip()
    unit = SLASH.sub("/", name)
    if prefix:
        unit = f"{prefix}{unit}" if unit[0] == "/" or len(unit) < 3 else f"{prefix} {unit}"
    first_word, _, remainder = name.partition(" ")
    base = name.split("/")[0].strip()
    if name in UNITS:
        return unit, True
    if RATE.fullmatch(name) and base.casefold() not in NOT_UNITS:
        return unit, bool(prefix) or base in UNITS
    if (
        remainder
        and first_word in UNITS
        and (remainder in UNITS or remainder.isalpha() or UNIT_WORDS.fullmatch(remainder))
    ):
        return unit, False
    if _is_product(name):
        return unit, True
    if COUNTER.fullmatch(name):
        return None if name in NOT_COUNTERS else (unit, False)
    if suffix[0] == " " and UNIT_WORDS.fullmatch(name) and first_word.rstrip(".") not in NOT_UNITS:
        return unit, False
    return None


def _is_product(name: str) -> bool:
    """Whether a name multiplies or divides known units: `N·m`, `W/(m²·K)`, `m·s⁻¹`."""
    factors = [FACTOR.fullmatch(part.strip()) for part in OPERATORS.split(name) if part]
    return len(factors) > 1 and all(factor and factor[1] in UNITS for factor in factors)


@lru_cache(maxsize=1024)
def unit_key(unit: str) -> str:
    """Return the key by which units are compared: `1 day` and `3 days` share it."""
    return unit if unit in UNITS and len(unit) < 3 else re.sub(r"(?<=[a-z]{2})s\b", "", unit)


def header_unit(header: str) -> str | None:
    """Return the unit in a header, if there is one: `Latency (ms)`, `Price [USD]`, `Weight in kg`."""
    if header[-1:] not in ")]% " and ", " not in header and " in " not in header:
        return None
    match = HEADER_UNIT.search(header[-64:])
    unit = (match[match.lastindex or 0] if match else "").strip().removeprefix("in ").rstrip(".")
    if (unit[:1] in NOT_IN_HEADERS and not unit[1:2].isalpha()) or unit == "min" or PLURAL.search(header[-8:]):
        return None
    if unit in UNITS or unit.casefold() in HEADER_WORDS:
        return unit
    reading = cell_unit(unit[:1], unit[1:]) if unit[:1] in CURRENCIES else cell_unit("", unit)
    return unit if unit and reading and reading[1] else None


def is_money(unit: str | None) -> bool:
    """Whether a unit is a currency, alone or with a magnitude or a rate (`/month`)."""
    return bool(unit) and (SYMBOL.search(unit or "") is not None or re.split(r"[ /]", unit or "")[0] in CURRENCIES)

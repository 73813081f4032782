"""What users can say, declared once: a field of a class of settings states its flag, its help and its limits.

`Options`, `Hints`, `Output` and `Run` are such classes. The command line makes its options of the fields (`flag`), the
library and Spark's data source read arguments and texts with them, and each class checks itself with them. This module
imports nothing, so that `parquetry --help` does without Arrow, which takes 0.2 s.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from numbers import Integral, Real
from types import NoneType
from typing import Any, get_args, get_origin

from converter.errors import UsageError


def names_in(value: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return several names given as one text, separated by commas."""
    if isinstance(value, str):
        return tuple(name.strip() for name in value.split(",") if name.strip())
    return tuple(value or ())


def _flag(text: str) -> bool:
    return {"true": True, "false": False}[text.strip().lower()]


READERS: Mapping[type, tuple[Callable[[str], Any], str]] = {
    str: (str, "a text"),
    int: (int, "a whole number"),
    float: (float, "a number"),
    bool: (_flag, "true or false"),
    list: (names_in, "names, separated by commas"),
}
"""How a text is read as a value of each type, and what it must be."""
VALUE_KINDS: Mapping[type, type] = {int: Integral, float: Real, bool: bool}
"""The class of a value of each type that no text stands for; NumPy's numbers are of it too."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What all front ends know of a field, besides its name and its default.

    On the command line `flag` is its name, `letter` a short one, `kind` the type of its value, `metavar` the form of
    the value and `panel` its heading in the help. `value` makes the value of the field out of what a user gives.
    `choices` are the possible values, which `noun` names in messages; a shell completes them, or else `names`. A number
    is from `minimum` to `maximum`. If it has `places`, it means something for outputs in these alone. If it
    `affects_rows`, documents that were converted with another value are converted again.
    """

    flag: str
    help: str
    kind: Any
    letter: str | None = None
    metavar: str | None = None
    panel: str | None = None
    value: Callable[[Any], Any] = lambda value: value
    choices: Iterable[str] | Callable[[], Iterable[str]] = ()
    names: Callable[[], Iterable[str]] = tuple
    noun: str = ""
    minimum: float = -math.inf
    maximum: float = math.inf
    places: tuple[str, ...] = ()
    affects_rows: bool = True

    def completions(self) -> Iterable[str]:
        """Return the values that a shell completes."""
        return (self.choices() if callable(self.choices) else self.choices) or self.names()

    @property
    def type(self) -> type:
        """The type of a single value: `int` for `int | None`."""
        kinds = get_args(self.kind) if NoneType in get_args(self.kind) else (self.kind,)
        kind = next(kind for kind in kinds if kind is not NoneType)
        single_type: type = get_origin(kind) or kind
        return single_type


def setting(default: Any, flag: str, help: str, kind: Any, **details: Any) -> Any:
    """Return a field with this default, or its factory, and the `Setting` of the other arguments."""
    metadata = {"": Setting(flag, help, kind, **details)}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


def choice(default: Any, **settings: Setting) -> Any:
    """Return a field whose value is the name of one of these settings; a user gives one of their flags at most."""
    return field(default=default, metadata=settings)


def settings_of(*kinds: Any) -> dict[str, Setting]:
    """Return the settings of these classes by argument: the name of the field or, for a `choice`, the name of the
    value."""
    return {
        name or column.name: setting
        for kind in kinds
        for column in fields(kind)
        for name, setting in column.metadata.items()
    }


def values_of(kind: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that these arguments give to the fields of a class; arguments of other classes are ignored.

    Raises:
        UsageError: arguments exclude each other, or one has no valid value.
    """
    values: dict[str, Any] = {}
    for column in fields(kind):
        if column.name in arguments:
            setting = column.metadata.get("")
            value = arguments[column.name]
            values[column.name] = setting.value(value) if setting else value
        chosen_names = [name for name in column.metadata if name and arguments.get(name)]
        if len(chosen_names) > 1:
            raise UsageError(f"`{chosen_names[0]}` and `{chosen_names[1]}` exclude each other; choose one")
        values |= dict.fromkeys([column.name] if chosen_names else [], "".join(chosen_names))
    return values


def values_of_texts(kind: Any, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the values that these texts give to the fields of a class; texts of other classes are ignored.

    Raises:
        UsageError: a text is not a valid value.
    """
    values: dict[str, Any] = {}
    for name, setting in settings_of(kind).items():
        if (text := texts.get(name)) is not None:
            read, expected = READERS[setting.type]
            try:
                values[name] = read(text)
            except (ValueError, KeyError) as error:
                raise UsageError(f"`{name}` must be {expected}, not {text!r}") from error
    return values_of(kind, values)


def check_settings(instance: Any) -> None:
    """Refuse a value that is not one of its setting's choices, is of another type, or is below its minimum.

    A default is valid: to know its choices may take the import of the code that it chooses, such as all repair rules.

    Raises:
        UsageError: the message has the possible values.
    """
    defaults = {attribute.name: attribute.default for attribute in fields(instance)}
    for name, setting in settings_of(type(instance)).items():
        if (value := getattr(instance, name, None)) is None or value is defaults.get(name):
            continue
        choices = [*(setting.choices() if callable(setting.choices) else setting.choices)]
        if choices and value not in choices:
            raise UsageError(f"unknown {setting.noun} {value}; choose from {', '.join(choices)}")
        kind = VALUE_KINDS.get(setting.type)
        if kind and (not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)):
            raise UsageError(f"`{name}` must be {READERS[setting.type][1]}, not {value!r}")
        if isinstance(value, int | float) and not setting.minimum <= value <= setting.maximum:
            limits = f"at least {setting.minimum:g}"
            if setting.maximum < math.inf:
                limits = f"from {setting.minimum:g} to {setting.maximum:g}"
            raise UsageError(f"`{name}` must be {limits}, not {value}")


def plain(value: Any) -> Any:
    """Return options as JSON values: dataclasses as objects, sets sorted, types, patterns and functions as text."""
    if is_dataclass(value):
        return {attribute.name: plain(getattr(value, attribute.name)) for attribute in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(plain, value))
    if isinstance(value, re.Pattern):
        return value.pattern
    if callable(value):  # its address changes from run to run
        return f"{getattr(value, '__module__', '')}:{getattr(value, '__qualname__', type(value).__qualname__)}"
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)

"""What other packages add: the registries of everything that can be added, and the plug-ins that fill them.

A registry has items by name: the built-in ones and, after them, those that installed distributions name as entry points
of its group, `parquetry.rules` for example. It is filled late: names are read when somebody looks, once in a process,
and a plug-in is imported when its item is needed. Nothing here decides what an item is used for; see the rooms that
have the registries.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Generic, TypeVar, overload

from converter.errors import FAULTS, PluginError

Item = TypeVar("Item")

PREFIX = "parquetry."
"""The groups of entry points begin with it; the kind of item follows."""

KINDS: Mapping[str, str] = {
    "rules": "repair rule",
    "types": "value type",
    "records": "record",
    "formats": "format",
    "targets": "target",
    "sources": "source",
    "readers": "reader",
}
"""What can be added: the end of a group's name, and what one item is called."""

SHAPE_KINDS = ("rules", "types", "readers")
"""Plug-ins of these kinds can change the rows of every record."""

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
"""The name of an item: also that of a file, a table, a suffix or a scheme."""


@dataclass(frozen=True, slots=True, order=True)
class Plugin:
    """An entry point of a distribution: `value` says where the item is, as `module:name`."""

    kind: str
    name: str
    distribution: str
    version: str
    value: str

    def __str__(self) -> str:
        return f"the {KINDS[self.kind]} {self.name} of {self.distribution} {self.version}"

    def load(self) -> Any:
        """Import the item.

        Raises:
            PluginError: the import fails, for whatever reason.
        """
        try:
            return item_at(self.value)
        except FAULTS as error:
            reason = f"{self.value} cannot be imported ({type(error).__name__}: {error})"
            raise self.error(reason) from error

    def error(self, reason: str) -> PluginError:
        """Return the error that this plug-in is broken."""
        return PluginError(f"{self}: {reason}; update or uninstall {self.distribution}")


def item_at(value: str) -> Any:
    """Return what a text such as `package.module:name` names."""
    module, _, names = value.partition(":")
    item = import_module(module.strip())
    for name in filter(None, names.partition("[")[0].strip().split(".")):
        item = getattr(item, name)
    return item


@cache
def plugins() -> tuple[Plugin, ...]:
    """Return the plug-ins of all installed distributions, sorted; none is imported."""
    if not any(map(_may_have_plugins, sys.path)):
        return ()
    from importlib.metadata import distributions  # 20 ms, only with plug-ins

    by_distribution: dict[str, list[Plugin]] = {}
    for distribution in distributions():
        points = [point for point in distribution.entry_points if point.group.startswith(PREFIX)]
        if (
            points and distribution.name not in by_distribution
        ):  # the first one of a name hides others, as for an import
            by_distribution[distribution.name] = [
                Plugin(
                    point.group.removeprefix(PREFIX), point.name, distribution.name, distribution.version, point.value
                )
                for point in points
            ]
    return tuple(sorted(plugin for group in by_distribution.values() for plugin in group if plugin.kind in KINDS))


def _may_have_plugins(place: str) -> bool:
    """Whether a distribution in a folder of `sys.path` has plug-ins; reading all entry points takes five times longer.

    A zip may have them, if it has any metadata at all.
    """
    try:
        with os.scandir(place or ".") as entries:
            folders = [entry.path for entry in entries if entry.name.endswith((".dist-info", ".egg-info"))]
    except NotADirectoryError:
        return not place.endswith(("python311.zip", "python312.zip", "python313.zip", "python314.zip"))
    except OSError:
        return False
    return any(map(_names_plugins, folders))


def _names_plugins(folder: str) -> bool:
    try:
        with open(os.path.join(folder, "entry_points.txt"), "rb") as file:
            return f"[{PREFIX}".encode() in file.read()
    except OSError:
        return False


class Registry(Mapping[str, Item]):
    """Items of one kind by name: the built-in ones, then those of plug-ins.

    A built-in item may be the text of its place, as in an entry point, to be imported when it is needed. `fault`
    returns what is wrong with an item of a plug-in, or None.
    """

    def __init__(self, kind: str, built_in: Mapping[str, Item | str], fault: Callable[[str, Any], str | None]) -> None:
        self.kind, self._built_in, self._fault = kind, built_in, fault
        self._loaded: dict[str, Item] = {}
        self._plugins: dict[str, Plugin] | None = None

    def __getitem__(self, name: str) -> Item:
        if name in self._loaded:
            return self._loaded[name]
        if name in self._built_in:
            item = self._built_in[name]
            self._loaded[name] = item_at(item) if isinstance(item, str) else item
        else:
            self._loaded[name] = self.load(self.plugins[name])
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._built_in
        yield from self.plugins

    def __len__(self) -> int:
        return len(self._built_in) + len(self.plugins)

    def __contains__(self, name: object) -> bool:
        return name in self._built_in or name in self.plugins

    @property
    def plugins(self) -> Mapping[str, Plugin]:
        """The plug-ins by name.

        Raises:
            PluginError: a name is taken, or no name for an item.
        """
        if self._plugins is None:
            by_name: dict[str, Plugin] = {}
            for plugin in plugins():
                if plugin.kind == self.kind:
                    self._check_name(plugin, by_name.get(plugin.name))
                    by_name[plugin.name] = plugin
            self._plugins = by_name
        return self._plugins

    def _check_name(self, plugin: Plugin, other: Plugin | None) -> None:
        if not NAME.fullmatch(plugin.name):
            raise plugin.error("a name has lower-case letters, digits and underscores")
        if plugin.name in self._built_in:
            raise plugin.error("a built-in one has this name")
        if other is not None:
            raise plugin.error(f"{other.distribution} {other.version} has one of the same name")

    def load(self, plugin: Plugin) -> Item:
        """Import the item of a plug-in.

        Raises:
            PluginError: its name is taken, it cannot be imported, or it is not what its kind needs.
        """
        rivals = [other for other in plugins() if (other.kind, other.name) == (plugin.kind, plugin.name)]
        self._check_name(plugin, rivals[0] if plugin != rivals[0] else None)
        item = plugin.load()
        if fault := self._fault(plugin.name, item):
            raise plugin.error(fault)
        before = getattr(item, "before", "")
        if before and before not in {*self._built_in, *(other.name for other in plugins() if other.kind == self.kind)}:
            raise plugin.error(f"it comes before {before}, which does not exist")
        return item  # type: ignore[no-any-return]


class Series(Sequence[Item], Generic[Item]):
    """The items of a registry in the order in which they are used.

    An item of a plug-in has the attribute `before`, the name of the item before which it comes; without it, it is last.
    """

    def __init__(self, registry: Registry[Item]) -> None:
        self.registry = registry
        self._items: tuple[Item, ...] | None = None

    @property
    def items(self) -> tuple[Item, ...]:
        """All items, in order.

        Raises:
            PluginError: a plug-in is broken.
        """
        if self._items is None:
            items = {name: self.registry[name] for name in self.registry}
            added = [items.pop(name) for name in self.registry.plugins]
            try:
                self._items = arrange(tuple(items.values()), added)
            except ValueError as error:
                names = ", ".join(map(str, self.registry.plugins.values()))
                raise PluginError(f"{names}: {error}; update or uninstall one of them") from error
        return self._items

    @overload
    def __getitem__(self, index: int) -> Item: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Item, ...]: ...

    def __getitem__(self, index: int | slice) -> Item | tuple[Item, ...]:
        return self.items[index]

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def with_items(self, new_items: Iterable[Item]) -> tuple[Item, ...]:
        """Return the items with further ones, each in its place.

        Raises:
            ValueError: a name is taken, or an item comes before one that does not exist.
        """
        return arrange(self.items, new_items)


def arrange(items: Sequence[Any], new_items: Iterable[Any]) -> tuple[Any, ...]:
    """Return the items with further ones, each before the one that its attribute `before` names, else at the end.

    Raises:
        ValueError: a name is taken, or an item comes before one that does not exist.
    """
    names, result, waiting = [item.name for item in items], list(items), list(new_items)
    while waiting:
        item = next((item for item in waiting if not item.before or item.before in names), None)
        if item is None:
            raise ValueError(f"{waiting[0].name} comes before {waiting[0].before}, which does not exist")
        if item.name in names:
            raise ValueError(f"there is already {item.name}")
        place = names.index(item.before) if item.before else len(names)
        names.insert(place, item.name)
        result.insert(place, item)
        waiting.remove(item)
    return tuple(result)


def instance_of(kind: type) -> Callable[[str, Any], str | None]:
    """Return a check that an item is an instance of a class, with the name of its entry point."""

    def fault(name: str, item: Any) -> str | None:
        if not isinstance(item, kind):
            return f"it is a {type(item).__name__}, not a {kind.__name__}"
        return None if item.name == name else f"its name is {item.name}"  # type: ignore[attr-defined]

    return fault


def callable_with(*methods: str) -> Callable[[str, Any], str | None]:
    """Return a check that an item can be called and, if it is a class, has these methods."""

    def fault(name: str, item: Any) -> str | None:
        if not callable(item):
            return f"it is a {type(item).__name__}, which cannot be called"
        missing = [method for method in methods if isinstance(item, type) and not hasattr(item, method)]
        return f"it lacks {', '.join(missing)}" if missing else None

    return fault


def versions(kinds: Iterable[str], names: Iterable[str] = (), without: Iterable[str] = ()) -> dict[str, str]:
    """Return the version of each plug-in of these kinds, and of records of these names, except rules `without`."""
    left_out, requested = {("rules", name) for name in without}, {("records", name) for name in names}
    return {
        f"{plugin.kind}/{plugin.name}": f"{plugin.distribution} {plugin.version}"
        for plugin in plugins()
        if (plugin.kind in kinds or (plugin.kind, plugin.name) in requested)
        and (plugin.kind, plugin.name) not in left_out
    }


def check_same(expected_plugins: Iterable[Plugin]) -> None:
    """Refuse to work for a process that has other plug-ins: the rows of a run would depend on the process that makes
    them.

    Raises:
        PluginError: the message names the plug-ins that only one of the processes has.
    """
    other_plugins, own_plugins = set(expected_plugins), set(plugins())
    if other_plugins != own_plugins:
        names = ", ".join(str(plugin) for plugin in sorted(other_plugins ^ own_plugins))
        raise PluginError(
            f"a worker and the driver have different plug-ins ({names}); install the same on all machines"
        )


def plugin_at_fault(error: BaseException, owners: Mapping[str, str] = {}) -> str | None:
    """Return in words whose code raised an error: a plug-in's, or that of a module in `owners`; None if neither."""
    roots = {plugin.value.partition(":")[0].strip().partition(".")[0]: plugin for plugin in plugins()}
    traceback = error.__traceback__ if roots or owners else None
    while traceback is not None:
        module = str(traceback.tb_frame.f_globals.get("__name__", ""))
        if module in owners:
            return owners[module]
        if plugin := roots.get(module.partition(".")[0]):
            return f"the plug-in {plugin.distribution} {plugin.version}"
        traceback = traceback.tb_next
    return None

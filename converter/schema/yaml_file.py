"""YAML and JSON text -> plain data with the line of each key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from converter.errors import SchemaError
from converter.text.front_matter import yaml_loader

Path = tuple[str | int, ...]
"""The path to a value: `("fields", 0, "type")`."""

MAXIMUM_NODES, MAXIMUM_DEPTH = 20_000, 40


@dataclass(frozen=True)
class YamlFile:
    """Data with its origin: `lines` holds the line of each value, or of the key before it."""

    data: Any
    source: str
    lines: dict[Path, int] = field(default_factory=dict)

    def error(self, message: str, path: Path = ()) -> SchemaError:
        """Return an error that names file, line and key."""
        while path and path not in self.lines:
            path = path[:-1]
        key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
        return SchemaError(f"{key}: {message}" if key else message, source=self.source, line=self.lines.get(path))


def parse_yaml(text: str, source: str) -> YamlFile:
    """Parse YAML, including JSON. All scalars but true, false, null and numbers are text: `no` stays `no`.

    Raises:
        SchemaError: the text is neither, a key occurs twice, or the data is too deep or too large.
    """
    # JSON may be indented with tabs, YAML may not; inside a JSON string a tab is always escaped.
    is_json_like = text.lstrip("\ufeff \t\r\n").startswith("{")
    loader = None
    try:
        # yaml reads ahead: a character that YAML forbids raises an error here.
        loader = yaml_loader()(text.replace("\t", " ") if is_json_like else text)
        file = YamlFile({}, source)
        node = loader.get_single_node()
        data = None if node is None else _Builder(loader, file).value(node, ())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        message = getattr(error, "problem", None) or str(error)
        line = mark.line + 1 if mark else None
        raise SchemaError(f"is neither YAML nor JSON: {message}", source=source, line=line) from error
    except (ValueError, RecursionError, UnicodeError) as error:
        raise SchemaError(f"could not be read: {error or type(error).__name__}", source=source) from error
    finally:
        if loader is not None:
            loader.dispose()
    return YamlFile(data, source, file.lines)


class _Builder:
    """Converts YAML nodes to plain data and records their lines."""

    def __init__(self, loader: Any, file: YamlFile) -> None:
        self._loader, self._file, self._nodes = loader, file, 0

    def value(self, node: Any, path: Path) -> Any:
        self._nodes += 1
        self._file.lines.setdefault(path, node.start_mark.line + 1)
        if self._nodes > MAXIMUM_NODES or len(path) > MAXIMUM_DEPTH:
            raise self._file.error(f"the file has more than {MAXIMUM_NODES} values or {MAXIMUM_DEPTH} levels", path)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        value = self._loader.construct_object(node)
        if value is None or isinstance(value, bool | int | float):
            return value
        return str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def _mapping(self, node: Any, path: Path) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "?"
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._file.lines[(*path, key)] = line
                raise self._file.error("a key must be text", (*path, key))
            if key in mapping:
                self._file.lines[(*path, key)] = line
                raise self._file.error("this key occurs twice", (*path, key))
            self._file.lines[(*path, key)] = line
            mapping[key] = self.value(value_node, (*path, key))
        return mapping

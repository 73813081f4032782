"""Object stores for tests: one in memory, which can fail at each call, and real servers on loopback."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from converter.errors import OutputError
from converter.output.store import CODE, ConditionError, Entry, Object, Version


@dataclass
class MemoryStore:
    """A store in memory that counts its calls and bytes. `before` and `after` are called with each call's name and key,
    and can raise: a call that fails after it happened is one whose answer was lost."""

    name: str = "s3://bucket/out"
    objects: dict[str, tuple[bytes, int, datetime]] = field(default_factory=dict)
    before: Callable[[str, str], None] = lambda call, key: None
    after: Callable[[str, str], None] = lambda call, key: None
    calls: Counter[str] = field(default_factory=Counter)
    bytes_sent: int = 0
    bytes_received: int = 0
    version: int = 0

    def __call__(self, out: str) -> MemoryStore:
        """Return the store, in place of a function that opens one."""
        return self

    def get(self, key: str) -> Object | None:
        with self._call("get", key):
            if key not in self.objects:
                return None
            data, version, _ = self.objects[key]
            self.bytes_received += len(data)
            return Object(data, version)

    def read(self, key: str, start: int, stop: int) -> bytes:
        with self._call("read", key):
            if key not in self.objects:
                raise OutputError("there is no such object", source=f"{self.name}/{key}", code=CODE)
            self.bytes_received += stop - start
            return self.objects[key][0][start:stop]

    def put(self, key: str, data: bytes | Path) -> None:
        with self._call("put", key):
            self._write(key, data if isinstance(data, bytes) else data.read_bytes())

    def put_if_absent(self, key: str, data: bytes) -> None:
        with self._call("put_if_absent", key):
            if key in self.objects:
                raise ConditionError("was changed", source=f"{self.name}/{key}")
            self._write(key, data)

    def put_if_unchanged(self, key: str, data: bytes, version: Version) -> None:
        with self._call("put_if_unchanged", key):
            if key not in self.objects or self.objects[key][1] != version:
                raise ConditionError("was changed", source=f"{self.name}/{key}")
            self._write(key, data)

    def list(self) -> Iterator[Entry]:
        with self._call("list", ""):
            entries = [Entry(key, len(data), time) for key, (data, _, time) in self.objects.items()]
        yield from entries

    def delete(self, keys: Iterable[str]) -> None:
        group = [*keys]
        with self._call("delete", group[0] if group else ""):
            for key in group:
                self.objects.pop(key, None)

    def _write(self, key: str, data: bytes) -> None:
        self.version += 1
        self.bytes_sent += len(data)
        self.objects[key] = (data, self.version, datetime.now(UTC))

    def _call(self, call: str, key: str) -> _Call:
        return _Call(self, call, key)

    def copy(self, **hooks: Any) -> MemoryStore:
        """Return a store with the same objects now."""
        return MemoryStore(self.name, dict(self.objects), version=self.version, **hooks)


@dataclass
class _Call:
    store: MemoryStore
    call: str
    key: str

    def __enter__(self) -> None:
        self.store.calls[self.call] += 1
        self.store.before(self.call, self.key)

    def __exit__(self, _: object, error: object, __: object) -> None:
        if error is None:
            self.store.after(self.call, self.key)

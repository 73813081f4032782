"""The set of names already seen, 8 bytes each, because a run may have millions."""

from __future__ import annotations

import os
from array import array
from hashlib import blake2b

FIRST_SLOTS = 1024


class NameSet:
    """A set of names, kept as 64-bit hashes in one array with open addressing.

    Among ten million names, the chance of a collision is about 3 in a million.
    """

    def __init__(self) -> None:
        self._slots = array("Q", [0]) * FIRST_SLOTS
        self._count = 0
        self._secret = os.urandom(16)  # so that nobody can construct two names that collide

    def add(self, name: str) -> bool:
        """Add the name; return whether it is new."""
        digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8, key=self._secret).digest()
        hash_value = int.from_bytes(digest, "little") or 1  # 0 is a free slot
        slot = self._slot(hash_value)
        if self._slots[slot]:
            return False
        self._slots[slot] = hash_value
        self._count += 1
        if 3 * self._count > 2 * len(self._slots):
            self._grow()
        return True

    def _slot(self, hash_value: int) -> int:
        """Return the slot that holds the hash, or the free slot where the hash belongs."""
        slots, mask = self._slots, len(self._slots) - 1
        slot = hash_value & mask
        while slots[slot] and slots[slot] != hash_value:
            slot = (slot + 1) & mask
        return slot

    def _grow(self) -> None:
        slots = self._slots
        self._slots = array("Q", [0]) * (2 * len(slots))
        for hash_value in slots:
            if hash_value:
                self._slots[self._slot(hash_value)] = hash_value

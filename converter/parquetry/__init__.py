"""`import parquetry`: the same names as `import converter`. A wheel contains this file as the package `parquetry`."""

from typing import TYPE_CHECKING, Any

import converter

if TYPE_CHECKING:
    from converter import *  # noqa: F403

__all__ = list(converter.__all__)


def __getattr__(name: str) -> Any:
    """Return a public name of `converter` on access (PEP 562)."""
    return getattr(converter, name)


def __dir__() -> list[str]:
    return dir(converter)

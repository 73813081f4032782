"""`import parquetry`: what `import converter` gives. A wheel holds this file as the package of that name."""

from typing import TYPE_CHECKING, Any

import converter

if TYPE_CHECKING:
    from converter import *  # noqa: F403

__all__ = list(converter.__all__)


def __getattr__(name: str) -> Any:
    """Take a public name from `converter` when it is asked for (PEP 562)."""
    return getattr(converter, name)


def __dir__() -> list[str]:
    return dir(converter)

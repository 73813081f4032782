"""Where documents come from."""

from converter.source.paths import find_sources

__all__ = ["find_sources"]

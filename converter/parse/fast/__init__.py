"""Shortcuts: common blocks and inline content read without markdown-it, with the same result."""

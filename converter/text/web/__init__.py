"""HTML -> Markdown: the main content of a page, or all of it, and what the page says of itself.

Runs in the process that reads documents of other formats; the extra `html` installs what it needs.
"""

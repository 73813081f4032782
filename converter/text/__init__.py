"""Bytes -> text: encoding, line ends, front matter; HTML and office formats -> Markdown."""

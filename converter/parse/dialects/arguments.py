"""What the arguments of a shortcode, a component or a directive show: words, an image, a link."""

from __future__ import annotations

import re

from converter.parse.dialects.callouts import arguments_of
from converter.parse.dialects.containers import NOTHING, DirectiveContent
from converter.parse.dialects.marks import Mark
from converter.parse.dialects.wikilinks import IMAGE

TEXT_ARGUMENTS = ("title", "header", "heading", "summary", "label", "caption", "text", "author", "cite", "footer")
ADDRESSES = ("src", "image", "img", "url", "href", "link", "path", "file")
LINKS = ("url", "href", "link")
IMAGE_NAME = re.compile(r"im(?:g|age)|fig|photo|picture")
IMAGE_DIRECTIVES = frozenset({"figure", "image"})
"""Directives whose argument is the address of an image (MyST)."""
STATEMENTS = frozenset({
    "assign", "capture", "case", "elsif", "elseif", "else", "for", "if", "import", "macro", "set", "unless",
    "when", "with",
})  # fmt: skip
"""Shortcodes that are statements of a template language: their arguments are never shown."""


def content_of(mark: Mark) -> DirectiveContent:
    """Return what a mark shows."""
    if mark.braced and mark.name in IMAGE_DIRECTIVES:
        return DirectiveContent(image=mark.arguments)
    if mark.key[:1] in tuple(":`~") or mark.name in STATEMENTS:
        return NOTHING
    values, options = arguments_of(mark.arguments)
    addresses = [options[name] for name in ADDRESSES if name in options] + values
    image = next((address for address in addresses if IMAGE.search(address)), "")
    if not image and IMAGE_NAME.search(mark.name):
        image = options.get("src", "")
    alt = options.get("alt", "")
    if image in values and not alt:
        alt = next((value for value in values[values.index(image) + 1 :] if " " in value), "")
    words = "\n".join(dict.fromkeys(options[name] for name in TEXT_ARGUMENTS if options.get(name)))
    url = next((options[name] for name in LINKS if name in options and options[name] != image), "")
    return DirectiveContent(words, image, alt, url)

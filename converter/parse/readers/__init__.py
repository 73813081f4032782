"""markdown-it's block tokens and common blocks -> `Block`s, in one pass with a stack of open containers.

One file a kind of block; `reader.py` holds what they share.
"""

from converter.parse.readers import (
    code_blocks,
    definitions,
    footnotes,
    headings,
    lines,
    lists,
    markup,
    paragraphs,
    quotes,
    tables,
)
from converter.parse.readers.reader import Handler, Reader

HANDLERS: dict[str, Handler] = {
    "common_paragraph": paragraphs.read_common_paragraph,
    "common_heading": headings.read_common_heading,
    "common_fence": code_blocks.read_common_fence,
    "common_table": tables.read_common_table,
    "common_list": lists.read_common_list,
    "common_definition": lines.read_common_definition,
    "heading_open": headings.read_heading,
    "paragraph_open": paragraphs.read_paragraph,
    "fence": code_blocks.read_code,
    "code_block": code_blocks.read_code,
    "html_block": markup.read_html,
    "math_block": code_blocks.read_math,
    "hr": lines.read_rule,
    "definition": lines.read_link_reference,
    "too_deep": paragraphs.read_text_too_deep,
    "directive": lines.read_directive,
    "callout_open": quotes.open_fenced_callout,
    "callout_close": quotes.close_quote,
    "blockquote_open": quotes.open_quote,
    "blockquote_close": quotes.close_quote,
    "footnote_reference_open": footnotes.open_footnote,
    "footnote_reference_close": footnotes.close_footnote,
    "bullet_list_open": lists.open_list,
    "ordered_list_open": lists.open_list,
    "bullet_list_close": lists.close_list,
    "ordered_list_close": lists.close_list,
    "list_item_open": lists.open_item,
    "list_item_close": lists.close_item,
    "dl_open": definitions.open_definitions,
    "dl_close": definitions.close_definitions,
    "dt_open": definitions.read_term,
    "dd_open": definitions.open_definition,
    "dd_close": definitions.close_definition,
    "table_open": tables.read_table,
}
"""The function for each type of token and of common block; other tokens hold nothing."""

__all__ = ["HANDLERS", "Reader"]

"""The markdown-it parsers of the reference: CommonMark, GFM and the extensions that real documents use."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt
from markdown_it.helpers import parseLinkDestination, parseLinkTitle
from markdown_it.rules_block import StateBlock, hr
from markdown_it.rules_inline import StateInline
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.gfm_autolink import gfm_autolink_plugin

from converter.parse.dialects.attributes import inline_attributes
from converter.parse.dialects.fenced import fenced_block
from converter.parse.dialects.highlights import highlight
from converter.parse.dialects.indented import indented_callout
from converter.parse.dialects.modules import module_code
from converter.parse.dialects.roles import role
from converter.parse.dialects.wikilinks import wikilink
from converter.parse.markdown_it.autolinks import link_email, link_protocol, link_www, refer_to_footnote
from converter.parse.markdown_it.private import replace_helpers, rule_functions
from converter.parse.markdown_it.tags import read_html_block, read_inline_html

# A nested block costs two Python frames of the interpreter's 1,000, and a list item nests two levels:
# this allows 128 nested lists or 256 nested quotes.
MAXIMUM_BLOCK_NESTING = 256
# Each quote reads all of its lines again, including those of nested quotes and lazy continuation lines. The quote's own
# marks pay for that; lazy continuation lines below hundreds of marks do not. Once the lines read exceed this number
# plus half the number of characters of the text, the quote's content is kept as it is.
FREE_QUOTED_LINES = 10_000
# Each bracket is tried this many levels deep, which is the cost factor of a run of brackets.
MAXIMUM_INLINE_NESTING = 32
BARE_AUTOLINKS = ("gfm_autolink_www", "gfm_autolink_protocol", "gfm_autolink_email")
LINEAR_RULES = {
    **dict(zip(BARE_AUTOLINKS, (link_www, link_protocol, link_email), strict=True)),
    "footnote_ref": refer_to_footnote,
    "html_inline": read_inline_html,
}
"""Inline rules of Parquetry that replace rules which take more than linear time."""
BLOCK_DIALECTS = {
    "indented_callout": indented_callout,
    "fenced_block": fenced_block,
    "module_code": module_code,
}
INLINE_DIALECTS = {"wikilink": wikilink, "attributes": inline_attributes, "role": role, "highlight": highlight}
"""Rules of what sites and note-takers add to Markdown."""


@cache
def block_parser() -> MarkdownIt:
    """Return this process's parser of block structure. The state of a parse lives in its `env`."""
    return make_block_parser()


@cache
def inline_parser() -> MarkdownIt:
    """Return this process's parser of inline content."""
    return make_inline_parser()


def make_block_parser() -> MarkdownIt:
    """Return a new parser of block structure."""
    md = _parser(nesting=10 * MAXIMUM_BLOCK_NESTING)
    md.use(deflist_plugin)
    md.block.ruler.before("table", "too_deep", _too_deep)
    display_math = rule_functions(md.block.ruler)["math_block"]

    def fenced_display_math(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        # `$$x$$` on one line is a paragraph that holds math; `$$` alone on its line fences a math block.
        line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
        return line.rstrip() == "$$" and display_math(state, start, end, silent)

    md.block.ruler.at("math_block", fenced_display_math)
    md.block.ruler.at("html_block", read_html_block, {"alt": ["paragraph", "reference", "blockquote"]})
    md.block.ruler.at("hr", _rule_line, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    for name, rule in BLOCK_DIALECTS.items():
        md.block.ruler.before("fence", name, rule, {"alt": ["paragraph", "reference", "blockquote"]})
    return md


def make_inline_parser() -> MarkdownIt:
    """Return a new parser of inline content."""
    md = _parser(nesting=MAXIMUM_INLINE_NESTING)
    for name, rule in INLINE_DIALECTS.items():
        md.inline.ruler.before("link", name, rule)
    return md


def _parser(nesting: int) -> MarkdownIt:
    md = MarkdownIt("commonmark", {"maxNesting": nesting, "inline_definitions": True})
    md.enable(["table", "strikethrough"])
    md.use(gfm_autolink_plugin)
    md.use(footnote_plugin, inline=False, move_to_end=False)
    # Pandoc's rule for `$`: no space inside the marks, no digit outside them, so that prices stay prices.
    md.use(dollarmath_plugin, allow_labels=False, allow_space=False, allow_digits=False, allow_blank_lines=False)
    for name, rule in LINEAR_RULES.items():
        md.inline.ruler.at(name, rule)
    replace_helpers(
        md, parseLinkLabel=_link_label_end, parseLinkDestination=parseLinkDestination, parseLinkTitle=parseLinkTitle
    )
    # Records hold addresses as the author wrote them: nothing is rendered here, so nothing is escaped or refused.
    for method, function in (
        ("normalizeLink", str),
        ("normalizeLinkText", str),
        ("validateLink", lambda url: True),
    ):
        setattr(md, method, function)
    return md


def _too_deep(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Keep content beyond the nesting limit as one token of raw text; markdown-it would drop it.

    Also keep the content of quotes beyond `FREE_QUOTED_LINES`, which each quote would read again.
    """
    if silent:
        return False
    if state.tokens and state.tokens[-1].type == "blockquote_open":
        vars(state)["quoted"] = quoted_lines = vars(state).get("quoted", 0) + end - start
        line = end if quoted_lines > FREE_QUOTED_LINES + len(state.src) // 2 else start
    else:
        line = start
    if line == start and state.level < MAXIMUM_BLOCK_NESTING:
        return False
    while line < end and (state.isEmpty(line) or state.sCount[line] >= state.blkIndent):
        line += 1
    token = state.push("too_deep", "", 0)
    token.map = [start, line]
    token.content = state.getLines(start, line, state.blkIndent, False)
    state.line = line
    return True


def _rule_line(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a thematic break as markdown-it does, but check the whole line at once first.

    A line of list markers is checked for each of the lists that it nests.
    """
    position = state.bMarks[start] + state.tShift[start]
    marker = state.src[position : position + 1]
    if state.src[position : state.eMarks[start]].strip(marker + " \t"):
        return False
    return hr(state, start, end, silent)


def _link_label_end(state: StateInline, start: int, no_links: bool = False) -> int:
    """Return the end of the label that opens at `start`, or -1: as markdown-it does, in a tenth of the time.

    An unclosed bracket scans everything after it, for each possible level of nesting; here, positions already scanned
    are read from the cache, without a call for each.
    """
    source, limit, tokens = state.src, state.posMax, state.cache
    position, level, saved_position = start + 1, 1, state.pos
    label_end = -1
    while position < limit:
        character = source[position]
        if character == "]":
            level -= 1
            if not level:
                label_end = position
                break
        next_position = tokens.get(position)
        if next_position is None:
            state.pos = position
            state.md.inline.skipToken(state)
            next_position = state.pos
        if character == "[":
            if next_position == position + 1:
                level += 1
            elif no_links:
                break
        position = next_position
    state.pos = saved_position
    return label_end

"""The markdown-it parsers, set up once: CommonMark, GFM and the extensions that documents really use."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.gfm_autolink import gfm_autolink_plugin

from converter.parse.autolinks import link_email, link_protocol, link_www, refer_to_footnote
from converter.parse.dispatch import dispatch_inlines

# A nested block costs two Python frames of the interpreter's 1,000, and a list item nests two levels:
# this keeps 128 nested lists or 256 nested quotes.
MAXIMUM_BLOCK_NESTING = 256
# Each quote looks at all of its lines again, those of the quotes inside it too and those without a mark, which only go
# on with a paragraph. Its own marks pay for that. Below hundreds of marks, lines without any do not: where the lines
# looked at come to more than these and half as many as the text has characters, what stands inside is kept as it is.
FREE_QUOTED_LINES = 10_000
# Each bracket is tried so many levels deep, which is the factor that a run of brackets costs.
MAXIMUM_INLINE_NESTING = 32
BARE_AUTOLINKS = ("gfm_autolink_www", "gfm_autolink_protocol", "gfm_autolink_email")
LINEAR_RULES = {
    **dict(zip(BARE_AUTOLINKS, (link_www, link_protocol, link_email), strict=True)),
    "footnote_ref": refer_to_footnote,
}
"""Inline rules of ours in place of the plugins', which take quadratic time."""


@cache
def block_parser() -> MarkdownIt:
    """Return this process's parser of block structure. What a parse needs to remember lives in its `env`."""
    md = _parser(nesting=10 * MAXIMUM_BLOCK_NESTING)
    md.use(deflist_plugin)
    md.block.ruler.before("table", "too_deep", _too_deep)
    math_block = next(rule for rule in md.block.ruler.__rules__ if rule.name == "math_block")
    display_math = math_block.fn

    def fenced_display_math(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        # `$$x$$` on one line is a paragraph that holds math; `$$` alone on its line fences a block of it.
        line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
        return line.rstrip() == "$$" and display_math(state, start, end, silent)

    md.block.ruler.at("math_block", fenced_display_math)
    return md


@cache
def inline_parser(autolinks: bool) -> MarkdownIt:
    """Return this process's parser of inline content, with or without GFM's bare autolinks.

    Bare autolinks make the parser stop at every `w`, `:` and `@`; content that can hold none is spared that.
    """
    md = _parser(nesting=MAXIMUM_INLINE_NESTING)
    if not autolinks:
        md.inline.ruler.disable(BARE_AUTOLINKS)
        dispatch_inlines(md)
        return md
    dispatch_inlines(md)
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
    # Records hold addresses as the author wrote them: nothing is rendered here, so nothing is escaped or refused.
    for method, function in (
        ("normalizeLink", str),
        ("normalizeLinkText", str),
        ("validateLink", lambda url: True),
    ):
        setattr(md, method, function)
    return md


def _too_deep(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Keep what lies below the nesting limit as one token of raw text, where markdown-it would drop it.

    So too what stands in quotes that would have to be looked at once for each of them.
    """
    if silent:
        return False
    if state.tokens and state.tokens[-1].type == "blockquote_open":
        vars(state)["quoted"] = quoted = vars(state).get("quoted", 0) + end - start
        line = end if quoted > FREE_QUOTED_LINES + len(state.src) // 2 else start
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

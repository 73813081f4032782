"""Paragraphs, where they stand: in the document, an item, a quote, a footnote or a definition."""

from __future__ import annotations

from markdown_it.token import Token

from converter.parse.dialects.alerts import cut_alert
from converter.parse.dialects.attributes import cut_attributes
from converter.parse.fast.blocks import Paragraph
from converter.parse.html_blocks import LONE_HEADING
from converter.parse.readers.fields import add_fields
from converter.parse.readers.lists import cut_box
from converter.parse.readers.markup import read_html
from converter.parse.readers.quotes import open_callout
from converter.parse.readers.reader import Frame, Reader, adopt, lines_of
from converter.problems import Problem


def read_common_paragraph(reader: Reader, piece: Paragraph) -> None:
    """Add a paragraph that was read from its lines."""
    content, lines_cut = cut_attributes(piece.content)
    if not content:
        reader.add_common("directive", piece, "", piece.content)
        return
    inline = reader.inline(content, piece.start + lines_cut)
    kind = "image" if inline.image_only else "paragraph"
    block = reader.add_common(kind, piece, inline.text, piece.content, inline)
    add_fields(reader, block, content, piece.start + lines_cut)


def read_paragraph(reader: Reader, token: Token) -> None:
    """Add a paragraph, or give it to the container that gathers it."""
    frame = reader.stack[-1] if reader.stack else None
    source = _next_source(reader, token, frame)
    if not source:
        return
    if not (frame and frame.gathers) and LONE_HEADING.fullmatch(source):
        read_html(reader, Token("html_block", "", 0, map=token.map, content=source))
        return
    content, lines_cut = cut_attributes(source)
    if not content and (frame is None or not frame.gathers):
        reader.add("directive", token, markdown=source)
        return
    content, start = content or source, lines_of(token)[0] + lines_cut
    inline = reader.inline(content, start)
    if frame is not None and frame.gathers:
        frame.paragraphs.append(inline)
        frame.sources.append(source)
        frame.starts.append(reader.span(token)[0])
        if frame.kind != "footnote":
            adopt(reader.blocks[frame.block], inline)
            if frame.item is not None:
                add_fields(reader, reader.blocks[frame.block], content, start, is_item=True)
            return
    text, markdown = inline.text, source
    if frame is not None and frame.kind == "footnote" and len(frame.paragraphs) == 1:
        # Readers see the mark before the note, even where footnotes are not supported.
        mark = f"[^{reader.blocks[frame.block].label}]: "
        text, markdown = mark + text, mark + markdown
    block = reader.add("image" if inline.image_only else "paragraph", token, text=text, markdown=markdown)
    adopt(block, inline)
    add_fields(reader, block, content, start)


def _next_source(reader: Reader, token: Token, frame: Frame | None) -> str:
    """Consume the inline token of a paragraph, without the part that goes to its item or callout."""
    source: str = next(reader.tokens).content
    if frame is not None and frame.item is not None and not frame.paragraphs:
        return cut_box(frame.item, source)
    if frame is not None and frame.kind == "quote" and not frame.children and (alert := cut_alert(source)):
        callout, mark, content = alert
        open_callout(reader, reader.blocks[frame.block], callout, mark, token)
        start = lines_of(token)[0] + source.count("\n") - content.count("\n")
        token.map = [start, max(start + 1, lines_of(token)[1])]
        return content
    return source


def read_text_too_deep(reader: Reader, token: Token) -> None:
    """Add a block that is nested too deeply as plain text, and report it."""
    block = reader.add("paragraph", token, text=token.content.strip(), markdown=token.content.strip())
    reader.problems.append(
        Problem("nesting", "the block is nested too deeply; it is kept as plain text", block.line_start, block.line_end)
    )

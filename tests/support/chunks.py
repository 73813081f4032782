"""What holds for the chunks of every document, tokenizer and budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import converter
from converter.records.context import section_text
from converter.records.tokenizers import count_words


def words_of_document(text: str) -> list[str]:
    """Return the words of a document: titles, and what stands below them."""
    context = converter.read_text(text).context
    left_out = frozenset(at for at, block in enumerate(context.blocks) if block.kind in ("directive", "link_reference"))
    texts = [
        (section.title or "") + "\n" + section_text(section, context.blocks, left_out) for section in context.sections
    ]
    return "".join(texts).split()


def check_chunks(text: str, budget: int, tokenizer: Callable[[str], int] = count_words, overlap: int = 0) -> None:
    document = converter.read_text(text, chunks=budget, tokenizer=tokenizer, chunk_overlap=overlap)
    chunks = document.rows("chunks")
    assert chunks == converter.read_text(text, chunks=budget, tokenizer=tokenizer, chunk_overlap=overlap).rows("chunks")
    blocks = document.context.blocks
    for number, chunk in enumerate(chunks):
        assert tokenizer(chunk["text"]) == chunk["token_count"] <= budget
        assert tokenizer(chunk["markdown"]) <= budget
        assert chunk["chunk_id"] == number and chunk["text"].strip()
        assert chunk["block_start"] <= chunk["block_end"] and chunk["line_start"] <= chunk["line_end"]
        lines = [blocks[at] for at in range(chunk["block_start"], chunk["block_end"] + 1)]
        assert min(block.line_start for block in lines) <= chunk["line_start"]
        assert chunk["line_end"] <= max(block.line_end for block in lines)
    assert [chunk["block_start"] for chunk in chunks] == sorted(chunk["block_start"] for chunk in chunks)
    if not overlap:
        assert "".join(words_of_document(text)) == "".join(words_of_chunks(chunks, blocks))


def words_of_chunks(chunks: Sequence[dict[str, Any]], blocks: Sequence[Any]) -> list[str]:
    """Return the words of chunks, headers that a part of a table repeats left out."""
    words: list[str] = []
    cut_table = None
    for chunk in chunks:
        text = chunk["text"]
        header = next(
            (" | ".join(cell.text for cell in table.header) for table in blocks[chunk["block_start"]].tables), ""
        )
        if header and cut_table == chunk["block_start"]:
            text = f"\n\n{text}".replace(f"\n\n{header}\n", "\n\n")
        last = blocks[chunk["block_end"]]
        cut_table = chunk["block_end"] if last.tables else None
        words += text.split()
    return words

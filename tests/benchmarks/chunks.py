"""python -m tests.benchmarks.chunks TOKENS FOLDER...: chunks of real documents, beside those of other splitters.

Each splitter gets the text of every Markdown and text file in the folders; a token is a word. Counted are, over all
documents: chunks over the budget; tables of which a chunk has rows without the header; sentences within the budget that
no chunk has whole; headings whose chunk has nothing of the text below them, neither in its text nor in its metadata;
sentences that no chunk and no pair of neighbours has; and the processor time. Splitters that are not installed are left
out: pip install langchain-text-splitters semantic-text-splitter unstructured 'docling-slim[format-markdown]'
'docling-core[chunking]'.

What a document holds is here what Parquetry reads in it; `tests.benchmarks.damaged_chunks` judges by clean documents.
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from markdown_it import MarkdownIt
from markdown_it.token import Token

import converter
from converter.document.document import Document
from converter.records.sentences import sentences
from converter.records.tokenizers import count_words

Chunk = tuple[str, str]
"""The text of a chunk, and what its metadata says of the headings above it."""
Splitter = Callable[[str, int], Iterable[Chunk]]
Truth = TypeVar("Truth")
FEWEST_WORDS = 5
COLUMNS = ("chunks", "over budget", "tables cut", "sentences cut", "headings cut", "lost", "seconds")


def cut(text: str, tokens: int) -> Iterator[Chunk]:
    """Cut by Parquetry."""
    for chunk in converter.read_text(text, chunks=tokens).chunks:
        yield chunk.markdown, " ".join(chunk.path)


def header_splitter(text: str, tokens: int) -> Iterator[Chunk]:
    """Cut by LangChain's MarkdownHeaderTextSplitter, which knows no budget."""
    from langchain_text_splitters import MarkdownHeaderTextSplitter

    splitter = MarkdownHeaderTextSplitter([("#" * level, f"h{level}") for level in range(1, 7)], strip_headers=False)
    for document in splitter.split_text(text):
        yield document.page_content, " ".join(document.metadata.values())


def header_and_recursive(text: str, tokens: int) -> Iterator[Chunk]:
    """Cut by the same, and then by LangChain's RecursiveCharacterTextSplitter, as its documentation shows."""
    from langchain_text_splitters import MarkdownHeaderTextSplitter, RecursiveCharacterTextSplitter

    splitter = MarkdownHeaderTextSplitter([("#" * level, f"h{level}") for level in range(1, 7)], strip_headers=False)
    cutter = RecursiveCharacterTextSplitter(chunk_size=tokens, chunk_overlap=0, length_function=count_words)
    for document in cutter.split_documents(splitter.split_text(text)):
        yield document.page_content, " ".join(document.metadata.values())


def semantic_splitter(text: str, tokens: int) -> Iterator[Chunk]:
    """Cut by semantic-text-splitter's MarkdownSplitter."""
    from semantic_text_splitter import MarkdownSplitter

    for chunk in MarkdownSplitter.from_callback(count_words, tokens).chunks(text):
        yield chunk, ""


def chunk_by_title(text: str, tokens: int) -> Iterator[Chunk]:
    """Cut by unstructured's chunk_by_title; its budget is in characters: about six a word."""
    from unstructured.chunking.title import chunk_by_title as chunks_of

    for element in chunks_of(unstructured_elements(text), max_characters=6 * tokens):
        yield element.text, ""


def unstructured_elements(text: str) -> Iterator[Any]:
    """Yield the blocks that markdown-it-py reads as elements of unstructured.

    unstructured's own reading of Markdown downloads a language model, which tells titles from text; marks do so here.
    """
    from unstructured.documents.elements import CodeSnippet, ElementMetadata, ListItem, NarrativeText, Table, Title

    parser = MarkdownIt("commonmark").enable("table")
    tokens = parser.parse(text)
    kinds = {"heading_open": Title, "list_item_open": ListItem}
    kind = NarrativeText
    rows: list[list[str]] = []
    table = 0
    for at, token in enumerate(tokens):
        if token.type == "table_open":
            table, rows = at, []
        elif token.type == "table_close":
            html = parser.renderer.render(tokens[table : at + 1], parser.options, {})
            words = " ".join(cell for row in rows for cell in row if cell)
            yield Table(words, metadata=ElementMetadata(text_as_html=html))
            rows = []
        elif token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            words = plain_text(token)
            if rows:
                rows[-1].append(words)
            elif words.strip():
                yield kind(words)
            kind = NarrativeText
        elif token.type in ("fence", "code_block"):
            yield CodeSnippet(token.content)
        else:
            kind = kinds.get(token.type, kind)


def plain_text(token: Token) -> str:
    """Return what a reader sees of inline content."""
    breaks = {"softbreak": " ", "hardbreak": "\n"}
    return "".join(breaks.get(part.type, part.content) for part in token.children or () if part.type != "html_inline")


def hybrid_chunker(text: str, tokens: int) -> Iterator[Chunk]:
    """Cut by docling's HybridChunker, of docling's own reading; tables stay Markdown, as its documentation shows."""
    from io import BytesIO

    from docling.backend.md_backend import MarkdownDocumentBackend
    from docling.datamodel.base_models import InputFormat
    from docling.datamodel.document import InputDocument

    input = InputDocument(
        path_or_stream=BytesIO(text.encode()), format=InputFormat.MD, backend=MarkdownDocumentBackend, filename="a.md"
    )
    for chunk in docling_chunker(tokens).chunk(input._backend.convert()):
        yield chunk.text, " ".join(chunk.meta.headings or ())


@cache
def docling_chunker(tokens: int) -> Any:
    """Return docling's chunker with words as tokens."""
    from docling_core.transforms.chunker.hierarchical_chunker import ChunkingDocSerializer, ChunkingSerializerProvider
    from docling_core.transforms.chunker.hybrid_chunker import HybridChunker
    from docling_core.transforms.chunker.tokenizer.base import BaseTokenizer
    from docling_core.transforms.serializer.markdown import MarkdownTableSerializer

    class Words(BaseTokenizer):  # type: ignore[misc]
        def count_tokens(self, text: str) -> int:
            return count_words(text)

        def get_max_tokens(self) -> int:
            return tokens

        def get_tokenizer(self) -> Any:
            return count_words

    class WithTables(ChunkingSerializerProvider):  # type: ignore[misc]
        def get_serializer(self, doc: Any) -> Any:
            return ChunkingDocSerializer(doc=doc, table_serializer=MarkdownTableSerializer())

    return HybridChunker(tokenizer=Words(), serializer_provider=WithTables())


SPLITTERS: Mapping[str, Splitter] = {
    "Parquetry": cut,
    "MarkdownHeaderTextSplitter": header_splitter,
    "the same, RecursiveCharacterTextSplitter": header_and_recursive,
    "semantic-text-splitter": semantic_splitter,
    "unstructured chunk_by_title": chunk_by_title,
    "docling HybridChunker": hybrid_chunker,
}


def letters(text: str) -> str:
    """Return the letters and digits of a text: marks and spaces differ from splitter to splitter."""
    return "".join(re.findall(r"\w+", text))


def plain_sentences(document: Document, tokens: int) -> Iterator[str]:
    """Yield the sentences of a document that are beyond doubt: unmarked and, of scraped text, on one line and below the
    end of another sentence."""
    is_scraped = converter.read_text("\n".join(document.source_lines)).is_repaired
    for block in document.context.blocks:
        is_plain = block.kind == "paragraph" and block.markdown.split() == block.text.split()
        is_start = True
        lines = block.markdown.split("\n") if is_scraped else [" ".join(block.text.split())]
        for line in lines if is_plain else ():
            for sentence in sentences(line.strip()):
                is_end = sentence.rstrip().endswith((".", "!", "?"))
                if is_start and is_end and FEWEST_WORDS <= count_words(sentence) <= tokens:
                    yield letters(sentence)
                is_start = is_end


def tables_of(document: Document) -> Iterator[tuple[str, list[str]]]:
    """Yield the header of each table, and its rows, of those that look the same in every output."""
    for block in document.context.blocks:
        if block.kind == "table" and block.parent is None:
            header = letters(" ".join(cell.text for cell in block.tables[0].header))
            rows = [row for row in block.tables[0].rows if all(cell.text == cell.markdown for cell in row)]
            texts = [letters(" ".join(cell.text for cell in row)) for row in rows]
            if header:
                yield header, [text for text in texts if len(text) >= 2 * FEWEST_WORDS]


def headings_of(document: Document) -> Iterator[tuple[str, str]]:
    """Yield the title of each section with text of its own, and the first words of it."""
    blocks = document.context.blocks
    for above, below in pairwise(blocks):
        if above.kind == "heading" and below.kind == "paragraph" and below.markdown.split() == below.text.split():
            words = below.text.split()[:FEWEST_WORDS]
            if len(words) == FEWEST_WORDS and above.markdown == above.text:
                yield letters(above.text), letters(" ".join(words))


def marks_of(document: Document, chunks: Sequence[Chunk], tokens: int) -> Counter[str]:
    """Count what is wrong with the chunks of a document."""
    texts = [letters(text) for text, _ in chunks]
    pairs = [above + below for above, below in pairwise(texts)]
    marks = Counter({"chunks": len(chunks)})
    marks["over budget"] = sum(count_words(text) > tokens for text, _ in chunks)
    for sentence in plain_sentences(document, tokens):
        if not any(sentence in text for text in texts):
            marks["sentences cut" if any(sentence in pair for pair in pairs) else "lost"] += 1
    for header, rows in tables_of(document):
        marks["tables cut"] += any(row in text and header not in text for row in rows for text in texts)
    above = [text + letters(headings) for text, (_, headings) in zip(texts, chunks, strict=True)]
    for title, words in headings_of(document):
        marks["headings cut"] += not any(title in text and words in text for text in above)
    return marks


def compare(texts: Sequence[str], tokens: int) -> Iterator[tuple[str, Counter[str]]]:
    """Yield the name of each splitter, and the marks of its chunks."""
    documents = [converter.read_text(text, repair="off") for text in texts]
    return judge_splitters(list(zip(texts, documents, strict=True)), tokens, marks_of)


def judge_splitters(
    texts: Sequence[tuple[str, Truth]],
    tokens: int,
    judge: Callable[[Truth, Sequence[Chunk], int], Counter[str]],
) -> Iterator[tuple[str, Counter[str]]]:
    """Yield the name of each splitter, and the marks of its chunks of texts, each beside what is true of it."""
    for name, split in SPLITTERS.items():
        marks: Counter[str] = Counter()
        seconds = 0.0
        try:
            list(split("# a\n\nb\n", tokens))  # imports are no part of the time
            for text, truth in texts:
                start = time.process_time()
                chunks = list(split(text, tokens))
                seconds += time.process_time() - start
                marks += judge(truth, chunks, tokens)
        except Exception as error:  # not installed, or without its data
            print(f"{name} is left out: {type(error).__name__}: {error}"[:200], file=sys.stderr)
            continue
        marks["seconds"] = round(seconds)
        yield name, marks


def main(tokens: int, folders: Iterable[str]) -> None:
    """Print the table."""
    files = [path for folder in folders for path in sorted(Path(folder).rglob("*")) if path.suffix in (".md", ".txt")]
    texts = [path.read_text("utf-8", "replace") for path in files]
    print(f"{len(texts)} documents, {sum(map(len, texts)):,} characters, at most {tokens} words a chunk\n")
    print(f"| splitter | {' | '.join(COLUMNS)} |\n|---|{'--:|' * len(COLUMNS)}")
    for name, marks in compare(texts, tokens):
        print(f"| {name} | {' | '.join(f'{marks[column]:,}' for column in COLUMNS)} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])

"""Chunks as documents of LangChain: `python langchain_documents.py PATH...`. Needs langchain-core."""

import sys
from collections.abc import Iterable, Iterator

from langchain_core.documents import Document

import converter


def documents(paths: Iterable[str], tokens: int = 512) -> Iterator[Document]:
    """Yield a LangChain document for each chunk, with the place that it comes from."""
    for document in converter.read_many(list(paths), chunks=tokens):
        for chunk in document.chunks:
            yield Document(
                page_content=chunk.markdown,
                id=f"{chunk.doc_id}-{chunk.chunk_id}",
                metadata={
                    "source": document.source,
                    "title": document.title,
                    "path": " > ".join(chunk.path),
                    "lines": f"{chunk.line_start}-{chunk.line_end}",
                    "confidence": chunk.confidence,
                },
            )


if __name__ == "__main__":
    for entry in documents(sys.argv[1:]):
        print(entry.metadata["path"], len(entry.page_content))

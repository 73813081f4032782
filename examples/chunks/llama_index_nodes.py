"""Chunks as nodes of LlamaIndex: `python llama_index_nodes.py PATH...`. Needs llama-index-core."""

import sys
from collections.abc import Iterable, Iterator

from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode

import converter


def nodes(paths: Iterable[str], tokens: int = 512) -> Iterator[TextNode]:
    """Yield a LlamaIndex node for each chunk, related to its source and to the chunk above."""
    for document in converter.read_many(list(paths), chunks=tokens):
        previous = None
        for chunk in document.chunks:
            node = TextNode(
                id_=f"{chunk.doc_id}-{chunk.chunk_id}",
                text=chunk.markdown,
                metadata={"source": document.source, "path": " > ".join(chunk.path), "lines": chunk.line_start},
            )
            node.relationships[NodeRelationship.SOURCE] = RelatedNodeInfo(node_id=chunk.doc_id)
            if previous is not None:
                node.relationships[NodeRelationship.PREVIOUS] = RelatedNodeInfo(node_id=previous.node_id)
            previous = node
            yield node


if __name__ == "__main__":
    for node in nodes(sys.argv[1:]):
        print(node.node_id, len(node.text))

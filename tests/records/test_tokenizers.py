"""Chunks of real tokenizers, trained on the project's own texts: nothing is downloaded, and no chunk is over budget."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import converter
from converter.records.tokenizers import token_counter
from tests.benchmarks.documents import generate_articles
from tests.support.chunks import check_chunks
from tests.support.combinations import sample
from tests.support.documents import EVERY_KIND, FRAGMENTS, SCRAPED
from tests.support.paths import PROJECT

TEXTS = [
    EVERY_KIND,
    SCRAPED,
    *generate_articles(8),
    *(path.read_text("utf-8") for path in sorted(PROJECT.glob("docs/*.md"))),
]
PATTERN = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"""
"""How GPT-2 parts a text before it joins bytes."""
ENCODING = """
import json, tiktoken_ext
from pathlib import Path

def trained():
    values = json.loads(Path(__file__).with_name("ranks.json").read_text())
    ranks = {bytes.fromhex(token): rank for token, rank in values["ranks"].items()}
    special = {"<|endoftext|>": len(ranks)}
    return {"name": "trained", "pat_str": values["pattern"], "mergeable_ranks": ranks, "special_tokens": special}

ENCODING_CONSTRUCTORS = {"trained": trained}
"""
"""A plug-in of tiktoken: how other packages give it encodings."""


@cache
def tokenizer_file(kind: str) -> Path:
    """Return a `tokenizer.json` that was trained here, as models have them."""
    tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is not installed")
    from tokenizers import models, normalizers, pre_tokenizers, processors, trainers

    trainer: Any
    special = ["[UNK]", "[CLS]", "[SEP]"]
    if kind == "bpe":  # GPT-2 and Llama
        tokenizer = tokenizers.Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
        trainer = trainers.BpeTrainer(
            vocab_size=800, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
        )
    elif kind == "word pieces":  # BERT, whose tokens leave out white space, and which adds tokens at both ends
        tokenizer = tokenizers.Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=20))
        tokenizer.normalizer = normalizers.BertNormalizer()
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer = trainers.WordPieceTrainer(vocab_size=800, special_tokens=special, show_progress=False)
    else:  # T5, whose tokens begin with the space above them
        tokenizer = tokenizers.Tokenizer(models.Unigram())
        tokenizer.normalizer = normalizers.NFKC()
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        trainer = trainers.UnigramTrainer(
            vocab_size=600, special_tokens=special, unk_token="[UNK]", show_progress=False
        )
    tokenizer.train_from_iterator(TEXTS, trainer)
    if kind == "word pieces":
        ends = [(name, tokenizer.token_to_id(name)) for name in special[1:]]
        tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", special_tokens=ends)
        tokenizer.enable_truncation(8)
        tokenizer.enable_padding(length=8)
    path = Path(mkdtemp()) / "tokenizer.json"
    tokenizer.save(str(path))
    return path


@cache
def ranks() -> dict[bytes, int]:
    """Return the bytes of each token of an encoding for tiktoken, and their ranks."""
    pytest.importorskip("tiktoken", reason="tiktoken is not installed")
    from tiktoken._educational import SimpleBytePairEncoding

    encoding = SimpleBytePairEncoding.train("\n".join(TEXTS[:4])[:20_000], 400, PATTERN)
    return dict(encoding.mergeable_ranks)


@cache
def counter(kind: str) -> Callable[[str], int]:
    """Return what counts the tokens of a real tokenizer."""
    if kind != "tiktoken":
        return token_counter(str(tokenizer_file(kind)))
    token_ranks = ranks()
    import tiktoken

    encoding = tiktoken.Encoding("trained", pat_str=PATTERN, mergeable_ranks=token_ranks, special_tokens={})
    return lambda text: len(encoding.encode_ordinary(text))


KINDS = ("bpe", "word pieces", "unigram", "tiktoken")


@pytest.mark.parametrize("kind", KINDS)
@given(st.lists(FRAGMENTS, max_size=20).map("".join), st.integers(16, 60), st.integers(0, 8))
def test_no_chunk_has_more_tokens_than_its_budget(kind: str, text: str, budget: int, overlap: int) -> None:
    check_chunks(text, budget, counter(kind), overlap)


@pytest.mark.parametrize(
    ("kind", "budget"), sample(zip(KINDS, (16, 128, 128, 16), strict=True), product(KINDS, (16, 128)))
)
def test_whole_documents_are_in_their_chunks(kind: str, budget: int) -> None:
    for text in TEXTS:
        check_chunks(text, budget, counter(kind))


def test_a_file_counts_all_of_a_text_and_nothing_else() -> None:
    """What a file says of padding, truncation and added tokens is for models."""
    count = counter("word pieces")
    assert count("") == 0 and count("the") == 1
    assert count("the " * 50) == 50


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Callable[..., list[int]]]:
    """Return a function that runs the command in a process of its own, and gives the `token_count` of its chunks."""
    for number, text in enumerate(TEXTS):
        (tmp_path / "documents").mkdir(exist_ok=True)
        (tmp_path / "documents" / f"{number}.md").write_text(text)

    def run(tokenizer: str, *arguments: str) -> list[int]:
        output = tmp_path / "chunks.ndjson"
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(PROJECT)])}
        options = ("--records", "chunks", "--chunks", "64", "--tokenizer", tokenizer, "-o", str(output), "--overwrite")
        subprocess.run(
            [sys.executable, "-m", "converter", "convert", "documents", *options, *arguments],
            cwd=tmp_path, env=environment, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return [json.loads(line)["token_count"] for line in output.read_text().splitlines()]

    yield run


def library_counts(kind: str) -> list[int]:
    """Return the tokens of all chunks, by the library."""
    documents = [converter.read_text(text, chunks=64, tokenizer=counter(kind)) for text in TEXTS]
    return sorted(chunk.token_count for document in documents for chunk in document.chunks)


@pytest.mark.slow
def test_the_command_takes_a_file_in_workers_too(command: Callable[..., list[int]], tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_bytes(tokenizer_file("bpe").read_bytes())
    alone, together = (command("tokenizer.json", "--jobs", jobs) for jobs in ("1", "2"))
    assert alone == together and sorted(alone) == library_counts("bpe") and max(alone) <= 64


@pytest.mark.slow
def test_the_command_takes_an_encoding_in_workers_too(command: Callable[..., list[int]], tmp_path: Path) -> None:
    values = {"pattern": PATTERN, "ranks": {token.hex(): rank for token, rank in ranks().items()}}
    (tmp_path / "tiktoken_ext").mkdir()
    (tmp_path / "tiktoken_ext" / "trained.py").write_text(ENCODING)
    (tmp_path / "tiktoken_ext" / "ranks.json").write_text(json.dumps(values))
    alone, together = (command("trained", "--jobs", jobs) for jobs in ("1", "2"))
    assert alone == together and sorted(alone) == library_counts("tiktoken") and max(alone) <= 64

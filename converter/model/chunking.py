"""How documents are cut into chunks (`Chunking`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

Tokenizer: TypeAlias = str | Callable[[str], int]
"""The name of a tokenizer, or a function that counts the tokens of a text; see `converter.records.tokenizers`."""

WORDS = "words"


@dataclass(frozen=True, slots=True)
class Chunking:
    """How large chunks are: at most `tokens` of the `tokenizer`, of which up to `overlap` repeat the chunk above."""

    tokens: int = 512
    overlap: int = 0
    tokenizer: Tokenizer = WORDS

"""Counts of tokens: words, tiktoken's encodings, Hugging Face's tokenizers, and functions of a user."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from numbers import Integral
from typing import Any

from converter.errors import UsageError, install_command
from converter.expressions import expression
from converter.model.chunking import WORDS, Tokenizer

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Scripts without spaces between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese."""
WORD = expression(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+")
FILE_SUFFIX = ".json"


def count_words(text: str) -> int:
    """Return the number of words, split at white space; in scripts without spaces, each character is one."""
    return len(text.split()) if text.isascii() else sum(1 for _ in WORD.finditer(text))


@lru_cache(maxsize=16)
def token_counter(tokenizer: Tokenizer) -> Callable[[str], int]:
    """Return the function that counts tokens: `tokenizer` itself, or the one that its name stands for.

    A name is `words`, a `tokenizer.json` file or a repository (`OWNER/NAME`) of Hugging Face, or one of tiktoken's
    encodings or models (`cl100k_base`, `gpt-4o`).

    Raises:
        UsageError: there is no such tokenizer here, or what reads it is not installed.
    """
    if not isinstance(tokenizer, str):
        return _checked(tokenizer)
    if tokenizer == WORDS:
        return count_words
    is_hugging_face = tokenizer.endswith(FILE_SUFFIX) or "/" in tokenizer
    try:
        return _hugging_face(tokenizer) if is_hugging_face else _tiktoken(tokenizer)
    except ImportError as error:
        package = "tokenizers" if is_hugging_face else "tiktoken"
        message = f"the tokenizer {tokenizer} needs {package}; {install_command(package)}"
        raise UsageError(message) from error
    except Exception as error:  # both libraries raise plain exceptions, those of their networks included
        message = f"the tokenizer {tokenizer} cannot be loaded: {error}"
        raise UsageError(
            f"{message}; use {WORDS}, a tokenizer.json file, or an encoding such as cl100k_base"
        ) from error


def _checked(tokenizer: Callable[[str], int]) -> Callable[[str], int]:
    """Return a function that calls that of a user, which may return the tokens by mistake."""

    def count(text: str) -> int:
        tokens: object = tokenizer(text)
        if not isinstance(tokens, Integral) or tokens < 0:
            raise UsageError(
                f"`tokenizer` returns the number of tokens of a text, not {type(tokens).__name__} {tokens!r:.40}"
            )
        return int(tokens)

    return count


def _hugging_face(name: str) -> Callable[[str], int]:
    from tokenizers import Tokenizer as HuggingFaceTokenizer  # an extra

    is_file = name.endswith(FILE_SUFFIX)
    tokenizer = HuggingFaceTokenizer.from_file(name) if is_file else HuggingFaceTokenizer.from_pretrained(name)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)


def _tiktoken(name: str) -> Callable[[str], int]:
    import tiktoken  # an extra

    is_encoding = name in tiktoken.list_encoding_names()
    encoding: Any = tiktoken.get_encoding(name) if is_encoding else tiktoken.encoding_for_model(name)
    return lambda text: len(encoding.encode_ordinary(text))

"""Documents for measurements: prose with every construct, and each construct alone at any size."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

WORDS = [
    "harbour",
    "winter",
    "pump",
    "of",
    "the",
    "and",
    "to",
    "table",
    "line",
    "a",
    "reader",
    "in",
    "it",
    "was",
    "for",
    "on",
    "with",
    "paper",
    "stone",
    "river",
    "glass",
    "every",
    "under",
    "three",
    "small",
    "machine",
    "water",
    "report",
    "year",
    "which",
    "from",
    "before",
    "after",
    "small",
    "council",
    "measure",
]


def generate_articles(count: int, seed: int = 0) -> Iterator[str]:
    """Yield Markdown articles of about 5 to 10 KB: headings, paragraphs, lists, tables, code, links."""
    chance = random.Random(seed)

    def sentence(words: int) -> str:
        return " ".join(chance.choices(WORDS, k=words)).capitalize() + "."

    for _ in range(count):
        parts = [f"# {sentence(5)[:-1]}"]
        for _ in range(chance.randint(3, 6)):
            parts.append(f"## {sentence(4)[:-1]}")
            parts.append(" ".join(sentence(chance.randint(8, 20)) for _ in range(5)))
            parts.append("\n".join(f"- **{sentence(2)[:-1]}:** {sentence(9)}" for _ in range(4)))
            rows = [f"| {sentence(2)} | {chance.randint(1, 9999)} | {chance.random():.3f} |" for _ in range(6)]
            parts.append("\n".join(["| Name | Count | Share |", "|---|---:|---:|", *rows]))
            parts.append(f"{sentence(8)} See [{sentence(2)}](https://example.org/{chance.random()}) and `code`.")
            parts.append("```python\nprint('x')\n```")
        yield "\n\n".join(parts) + "\n"


def paragraphs(words: int, size: int, seed: int = 0) -> str:
    """Return a document of one heading and paragraphs of this many words each, all different."""
    chance = random.Random(seed)
    parts, length = ["# Title"], 0
    while length < size:
        parts.append(" ".join(chance.choices(WORDS, k=words)).capitalize() + ".")
        length += len(parts[-1]) + 2
    return "\n\n".join(parts)


CONSTRUCTS: dict[str, Callable[[int], str]] = {
    "paragraphs": lambda size: "A plain line of words.\n\n" * (size // 24),
    "one long line": lambda size: "word " * (size // 5),
    "nested quotes": lambda size: "".join(">" * (1 + line % 30) + " text\n" for line in range(size // 24)),
    "nested lists": lambda size: "".join("  " * (line % 30) + "- item\n" for line in range(size // 38)),
    "flat list": lambda size: "- an item of a list\n" * (size // 20),
    "emphasis": lambda size: "*a **b** c* " * (size // 12),
    "open emphasis": lambda size: "*a **b " * (size // 7),
    "links": lambda size: "[text](https://example.org/a) " * (size // 30),
    "open brackets": lambda size: "[" * size,
    "references": lambda size: (
        "".join(f"[r{n}]: /url{n}\n" for n in range(size // 30)) + "\n"
        + "".join(f"[r{n}] " for n in range(size // 30))
    ),
    "long table": lambda size: "| a | b |\n|---|---|\n" + "| one | 2 |\n" * (size // 12),
    "wide table": lambda size: "\n".join(["|" + " a |" * (size // 12), "|" + "---|" * (size // 12),
                                          "|" + " 1 |" * (size // 12)]),
    "HTML": lambda size: "<div>text <b>bold</b></div>\n\n" * (size // 29),
    "open HTML": lambda size: "<" * size,
    "footnotes": lambda size: "".join(f"text[^{n}]\n\n[^{n}]: note\n\n" for n in range(size // 30)),
    "code": lambda size: "```\ncode\n```\n\n" * (size // 14),
    "backticks": lambda size: "".join("`" * (1 + n % 40) + " " for n in range(size // 21)),
    "autolinks": lambda size: "www.example.org a@b.cd https://x.y " * (size // 35),
    "scraped lines": lambda size: "A Title of Some Words\nA sentence that ends here, as all sentences do. "
    "It goes on.\n- item one\n- item two\n" * (size // 100),
}  # fmt: skip
"""A name and a function that makes a document of about so many characters."""

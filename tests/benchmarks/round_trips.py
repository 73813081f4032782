"""python -m tests.benchmarks.round_trips COUNT [SEED | FOLDER...]: documents, written as Markdown and read again.

Without a folder, COUNT documents are generated from the pieces that tests are made of, damaged or not, others with each
SEED (0), and the examples of the specifications are added; else the Markdown and text files of the folders are taken,
at most COUNT. Prints how many come back with the same records, without a repair and as the same Markdown, and the
records that differ. What a repair changes by design is not compared: places, confidences, hashes, and how headings were
marked.
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from multiprocessing import Pool
from pathlib import Path

import converter
from converter.records import ON_REQUEST, RECORDS
from tests.benchmarks.documents import WORDS
from tests.support.documents import EVERY_KIND, SCRAPED
from tests.support.specification import COUNTS, examples

PLACES = {"doc_id", "line_start", "line_end", "confidence", "evidence", "style", "sha256", "size_bytes", "line_count"}
COMPARED = [name for name in RECORDS if name not in ("repairs", *ON_REQUEST)]
LARGEST = 200_000
CUES = ["Skip to content", "Share this on Facebook", "By Anna Berg", "All rights reserved.", "Leave a reply", "Menu"]


def without_places(value: object) -> object:
    """Return rows without what a repair changes by design."""
    if isinstance(value, dict):
        return {key: without_places(item) for key, item in value.items() if key not in PLACES}
    return [without_places(item) for item in value] if isinstance(value, list) else value


def differences(text: str) -> list[str]:
    """Return the records that differ when the Markdown of a document is read again, `repair` and `Markdown`."""
    document = converter.read_text(text)
    markdown = document.to_markdown()
    second_document = converter.read_text(markdown)
    names = [
        name for name in COMPARED if without_places(document.rows(name)) != without_places(second_document.rows(name))
    ]
    repaired = ["repair"] if second_document.is_repaired else []
    return [*names, *repaired, *(["Markdown"] if second_document.to_markdown() != markdown else [])]


def files(folders: Iterable[str]) -> Iterator[str]:
    """Yield the texts of the files in folders, in the order of chance."""
    paths = sorted(path for folder in folders for path in Path(folder).rglob("*") if path.suffix in (".md", ".txt"))
    random.Random(0).shuffle(paths)
    for path in paths:
        if path.stat().st_size <= LARGEST:
            yield path.read_text("utf-8", "replace")


def generate_texts(count: int, seed: int = 0) -> Iterator[str]:
    """Yield texts of up to thirty blocks, each as Markdown or with its marks, its blank lines or both lost."""
    chance = random.Random(seed)
    pieces = [*re.split(r"\n{2,}", EVERY_KIND), *SCRAPED.splitlines()[:6], *CUES]

    def words(least: int, most: int) -> str:
        return " ".join(chance.choices(WORDS, k=chance.randint(least, most))).capitalize()

    def block() -> str:
        match chance.randrange(8):
            case 0:
                return f"{chance.choice(['# ', '## ', '##', '### ', '**'])}{words(1, 6)}"
            case 1 | 2:
                return " ".join(words(6, 18) + "." for _ in range(chance.randint(1, 5)))
            case 3:
                mark = chance.choice(["- ", "* ", "• ", "1. ", "", "-", "  - ", "o "])
                return "\n".join(f"{mark}{words(1, 5)}" for _ in range(chance.randint(2, 6)))
            case 4:
                cell = chance.choice([" | ", "|", "\t", "  "])
                rows = [cell.join([words(1, 2), str(chance.randint(1, 999))]) for _ in range(chance.randint(2, 5))]
                rows[1:1] = [cell.join(["---", "---"])] if chance.random() < 0.6 else []
                return "\n".join(rows)
            case 5:
                return words(2, 7)
            case _:
                return chance.choice(pieces)

    for _ in range(count):
        gap = chance.choice(["\n\n", "\n\n", "\n", "\n\n\n"])
        yield gap.join(block() for _ in range(chance.randint(1, 30))) + "\n"


def main(count: int, arguments: list[str]) -> None:
    """Print the figures."""
    seed = int(arguments[0]) if arguments and arguments[0].isdigit() else 0
    texts = (
        list(files(arguments))[:count]
        if arguments and not arguments[0].isdigit()
        else [*(text for name in COUNTS for text in examples(name)), *generate_texts(count, seed)]
    )
    totals: Counter[str] = Counter()
    with Pool() as pool:
        for text, names in zip(texts, pool.imap(differences, texts, 16), strict=True):
            totals.update(["equal"] if not names else [*names, "different"])
            if names and totals["different"] <= 3:
                print(f"{', '.join(names)}: {text[:2000]!r}", file=sys.stderr)
    print(f"{len(texts):,} documents: " + ", ".join(f"{number:,} {name}" for name, number in totals.most_common()))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])

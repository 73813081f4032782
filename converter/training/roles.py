"""Count the roles of blocks in texts from PDFs, for lists whose bullets are drawn.

    python -m converter.training.roles --extracts FOLDER... [--write]

`examples.py` says what the folders hold; texts without a margin of print, and those with bullets, are left out. The
report says, by extractor, how many items there are, and how many blocks of each role are taken for items, by counts
that have not seen the source. `--write` counts all sources and writes `role_counts.json`.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from converter.repair import block_roles, draft_before
from converter.repair.block_roles import END, ITEM, LEAD_IN, OTHER, PARAGRAPH, ROLES, START, TITLE, Look, Model
from converter.repair.item_runs import LEAD_IN as COLONS
from converter.repair.rules.list_inset import items_among, may_have_items
from converter.training.extracts import extracts_in, letters_of

FILE = Path(block_roles.__file__).with_name("role_counts.json")
NAMES = ("kind", "place", "form", "opening", "words", "gaps", "sentences")


class Example(NamedTuple):
    """A text: its source, its extractor, and the look, text and role of each block."""

    source: str
    name: str
    looks: Sequence[Look]
    texts: Sequence[str]
    roles: str


def examples_in(folder: Path) -> Iterator[Example]:
    """The texts of clean documents that were printed as PDFs."""
    for source, extractor, lines, units in extracts_in(folder):
        draft = draft_before("list_inset", lines, range(len(lines)))
        if may_have_items(draft):
            roles = _roles(units)
            blocks, looks = block_roles.blocks_of(draft)
            texts = [block.text for block in blocks]
            roles_of_blocks = map(_role, texts, (roles.get(letters_of(text), OTHER) for text in texts))
            yield Example(source, extractor, looks, texts, "".join(roles_of_blocks))


def _roles(fields: Mapping[str, Any]) -> dict[str, str]:
    kinds = ((ITEM, "items"), (PARAGRAPH, "paragraphs"), (TITLE, "headings"))
    return {letters_of(text): role for role, kind in kinds for text in fields[kind]}


def _role(text: str, role: str) -> str:
    return LEAD_IN if role in PARAGRAPH + OTHER and text.endswith(COLONS) else role


def counts_of(examples: Sequence[Example]) -> dict[str, Any]:
    """How often each role follows another, and how often each has each look."""
    follows: dict[str, Counter[str]] = defaultdict(Counter)
    looks: dict[str, dict[str, Counter[str]]] = {name: defaultdict(Counter) for name in NAMES}
    for example in examples:
        for above, below in pairwise((START, *example.roles, END)):
            follows[above][below] += 1
        for look, role in zip(example.looks, example.roles, strict=True):
            for name, value in zip(NAMES, look, strict=False):
                looks[name][role][value] += 1
    return {
        "follows": {role: dict(sorted(counts.items())) for role, counts in sorted(follows.items())},
        "looks": {
            name: {role: dict(sorted(counts.items())) for role, counts in sorted(table.items())}
            for name, table in looks.items()
        },
    }


def report(examples: Sequence[Example]) -> Iterator[str]:
    """Lines of a table: what is taken for an item in each extractor's texts, by counts without the source."""
    taken: dict[str, Counter[str]] = defaultdict(Counter)
    items: Counter[str] = Counter()
    for source in sorted({example.source for example in examples}):
        model = Model(**counts_of([example for example in examples if example.source != source]))
        for example in examples:
            if example.source == source:
                items[example.name] += sum(
                    role == ITEM and look[0] == "text" for look, role in zip(example.looks, example.roles, strict=True)
                )
                for at, _ in items_among(example.looks, example.texts, model.chances(example.looks, ITEM)):
                    taken[example.name][example.roles[at]] += 1
    yield f"{'':20}{'items':>7}" + "".join(f"{role:>7}" for role in ROLES)
    for name, counts in sorted(taken.items()):
        yield f"{name:20}{items[name]:7}" + "".join(f"{counts[role]:7}" for role in ROLES)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extracts", type=Path, nargs="+", required=True)
    parser.add_argument("--write", action="store_true", help="count all sources and write `role_counts.json`")
    arguments = parser.parse_args()
    examples = [example for folder in arguments.extracts for example in examples_in(folder)]
    print("\n".join(report(examples)))
    if arguments.write:
        FILE.write_text(json.dumps(counts_of(examples), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

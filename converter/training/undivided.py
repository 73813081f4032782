"""Texts that never had headings, made of the paragraphs of a document: the model must find none in them.

Only training uses this module. A document without its headings is not enough: letters, talks, notes and forms
contain short lines that are not headings, and a model that was not trained on these takes them for titles.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence

from converter.training.damage import CleanBlock

_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？।؟])")
_STOPS = " .,;:!?。、，；：！？।؟\"'()[]*_`"
_NAMES = (
    "Ann", "Bob", "Maria", "Yusuf", "Ольга", "Chen", "李", "José", "Keiko", "Amélie", "Lars", "Priya", "Bot",
    "User", "Host", "Q", "A",
)  # fmt: skip
_LABELS = (
    "Name", "Date", "Place", "Phone", "E-mail", "Status", "Author", "Size", "Price", "Adresse", "Datum", "Fecha",
    "Prix", "日期", "Тема", "Note", "Tip",
)  # fmt: skip
_UNITS = ("kg", "cm", "m", "km", "h", "min", "%", "€", "GB", "W")

Text = list[str]


def undivided_texts(pieces: Sequence[CleanBlock], chance: random.Random) -> Iterator[tuple[str, list[CleanBlock]]]:
    """Yield texts without headings from the blocks of one document, each with the name of its shape."""
    body = [piece for piece in pieces if piece.kind != "heading"]
    prose = [piece.lines[0] for piece in body if piece.kind == "paragraph" and len(piece.lines[0]) > 60]
    if len(prose) < 3:
        return
    for start in chance.sample(range(len(body)), min(2, len(body))):
        yield "part", body[start : start + chance.randint(2, 8)]
    for name, shape in SHAPES.items():
        yield name, [CleanBlock("paragraph", (line,)) for line in shape(chance, prose) if line.strip()]
    blocks = list(body)
    for _ in range(chance.randint(1, 2)):
        blocks.insert(chance.randrange(len(blocks)), CleanBlock("paragraph", (_scrap(chance, prose),)))
    yield "notes among prose", blocks


def _scrap(chance: random.Random, prose: Sequence[str], maximum: int = 7, capitalize: bool = False) -> str:
    """A few words from anywhere in the prose, as in a hasty note."""
    text = chance.choice(prose)
    words = text.split()
    if len(words) < 5:
        return text[: chance.randint(4, 20)].strip(_STOPS)
    start = chance.choice((0, chance.randrange(len(words))))
    scrap = " ".join(words[start : start + chance.randint(1, maximum)]).strip(_STOPS)
    return scrap[:1].upper() + scrap[1:] if capitalize else scrap


def _sentences(chance: random.Random, prose: Sequence[str], count: int) -> Text:
    """Single sentences, each a separate paragraph."""
    sentences = [sentence for text in prose for sentence in _SENTENCE.split(text) if len(sentence) > 3]
    start = chance.randrange(max(1, len(sentences) - count))
    return sentences[start : start + count]


def _letter(chance: random.Random, prose: Sequence[str]) -> Text:
    greeting = _scrap(chance, prose, 2, capitalize=True) + chance.choice((",", "!", ":", "", "，"))
    start = chance.randrange(len(prose))
    closing = (
        [_scrap(chance, prose, 3, capitalize=True) + chance.choice((",", "", "!"))] if chance.random() < 0.8 else []
    )
    return [greeting, *prose[start : start + chance.randint(2, 6)], *closing, chance.choice(_NAMES)]


def _talk(chance: random.Random, prose: Sequence[str]) -> Text:
    speaker, partner = chance.sample(_NAMES, 2)
    mark = chance.choice((": ", ":", " - ", "> "))
    lines: Text = []
    for at, sentence in enumerate(_sentences(chance, prose, chance.randint(8, 16))):
        text = sentence if chance.random() < 0.7 else _scrap(chance, prose) + chance.choice("?.! ")
        lines.append((partner if at % 2 else speaker) + mark + text.strip())
    return lines


def _messages(chance: random.Random, prose: Sequence[str]) -> Text:
    """Long and short messages, some without the final stop, some of only a few words."""
    lines: Text = []
    for sentence in _sentences(chance, prose, chance.randint(10, 20)):
        draw = chance.random()
        lines.append(sentence.rstrip(_STOPS) if draw < 0.4 else _scrap(chance, prose, 9) if draw < 0.7 else sentence)
    return lines


def _form(chance: random.Random, prose: Sequence[str]) -> Text:
    """Labels with short values before, among or after some prose."""
    mark, with_units = chance.choice((": ", ": ", " ")), chance.random() < 0.4
    entries = []
    for label in chance.sample(_LABELS, chance.randint(2, 6)):
        amount = f"{chance.randint(1, 400)} {chance.choice(_UNITS)}"
        entries.append(label + mark + (amount if with_units else _scrap(chance, prose, 5)))
    at = chance.randint(0, 3)
    return [*prose[:at], *entries, *prose[at : at + 3]]


def _stressed_prose(chance: random.Random, prose: Sequence[str]) -> Text:
    """Prose with one sentence in bold between two paragraphs."""
    at = chance.randrange(1, len(prose))
    sentence = _sentences(chance, prose, 1)[0].replace("*", "")
    return [*prose[max(0, at - 8) : at], f"**{sentence}**", *prose[at : at + 8]]


def _play(chance: random.Random, prose: Sequence[str]) -> Text:
    """Speakers' names on lines of their own, with speeches and directions below them."""
    speakers = [name.upper() for name in chance.sample(_NAMES, 3)] if chance.random() < 0.6 else list(_NAMES[:3])
    stop = chance.choice((".", "", ":"))
    lines: Text = []
    for sentence in _sentences(chance, prose, chance.randint(12, 30)):
        lines += [chance.choice(speakers) + stop, sentence]
        if chance.random() < 0.15:
            lines.append(chance.choice(("[{}]", "({})")).format(_scrap(chance, prose, 5, capitalize=True)))
    return lines


def _log(chance: random.Random, prose: Sequence[str]) -> Text:
    """Entries with a time and a level, some with a trace below them."""
    templates = ("2024-03-{:02} 10:{:02}:07,118 {} {}", "[{:02}/Mar/2024:10:{:02}:44] {} {}", "{:02}:{:02} {} {}")
    template = chance.choice(templates)
    lines: Text = []
    for minute in range(chance.randint(12, 40)):
        level = chance.choice(("INFO", "WARN", "ERROR", "DEBUG", "notice"))
        text = chance.choice(prose) if chance.random() < 0.2 else _scrap(chance, prose, 9)
        lines.append(template.format(chance.randint(1, 28), minute, level, text))
        if chance.random() < 0.1:
            lines += [_scrap(chance, prose, 3, capitalize=True), f"at {_scrap(chance, prose, 2)}:{minute}"]
    return lines


def _transcript(chance: random.Random, prose: Sequence[str]) -> Text:
    """Speakers with their words, each on a line of its own, some with a time."""
    names = chance.sample(_NAMES, 2) if chance.random() < 0.5 else ["Speaker 0", "Speaker 1"]
    times = chance.random() < 0.5
    lines: Text = []
    for at, text in enumerate(_sentences(chance, prose, chance.randint(10, 24)) if chance.random() < 0.5 else prose):
        lines += [names[at % 2] + (f"  {at // 3}:{7 * at % 60:02}" if times else ""), text]
    return lines


def _verse(chance: random.Random, prose: Sequence[str]) -> Text:
    """Prose cut into short lines, under some of which a name stands."""
    words = " ".join(chance.choice(prose) for _ in range(3)).split()
    lines: Text = []
    while words and len(lines) < 60:
        count = chance.randint(4, 8)
        line = " ".join(words[:count])
        lines.append(line[:1].upper() + line[1:])
        words = words[count:]
        if chance.random() < 0.05:
            lines.append(chance.choice(_NAMES))
    start = chance.randrange(len(prose))
    return [*prose[start : start + 2], *lines, *prose[start : start + 2]]


def _captions(chance: random.Random, prose: Sequence[str]) -> Text:
    """Prose, with captions, credits, dates and names between its paragraphs."""
    kinds = ("Photo: {}", "{} / dpa", "{} (archive)", "By {}", "{}, 12.03.2021", "© {}", "12 March 2021", "{} | {}")
    lines: Text = []
    for text in prose[:20]:
        lines.append(text)
        if chance.random() < 0.4:
            name = chance.choice(_NAMES) if chance.random() < 0.5 else _scrap(chance, prose, 5, capitalize=True)
            lines.append(chance.choice(kinds).format(name, _scrap(chance, prose, 2, capitalize=True)))
    return lines


def _records(chance: random.Random, prose: Sequence[str]) -> Text:
    """Rows of values, or statements of a program."""
    templates = (
        '{},{},"{}",{}',
        "{}\t{}\t{}\t{}",
        "{} = {}({}, {})",
        "if {}.{}: return {} + {}",
        '"{}": ["{}", "{}", {}],',
    )
    template = chance.choice(templates)
    lines = [
        template.format(
            _scrap(chance, prose, 2), chance.randint(1, 999), _scrap(chance, prose, 8), chance.randint(1, 9)
        )
        for _ in range(chance.randint(12, 40))
    ]
    return [_scrap(chance, prose, 3), *lines, *prose[:2]]


SHAPES: dict[str, Callable[[random.Random, Sequence[str]], Text]] = {
    "letter": _letter,
    "talk": _talk,
    "messages": _messages,
    "form": _form,
    "play": _play,
    "log": _log,
    "transcript": _transcript,
    "verse": _verse,
    "captions": _captions,
    "records": _records,
    "prose with a sentence in bold": _stressed_prose,
}

AMBIGUOUS = frozenset(("messages", "notes among prose"))
"""Shapes in which some lines look exactly like titles; learning too much from them would lose real titles."""

"""The features of the model in words: what a line shows, for `parquetry show --why`."""

from __future__ import annotations

import re
from math import exp

_FLAGS = {
    "all link": "it is a link as a whole",
    "all words raised": "all its words begin in upper case",
    "anchor": "an anchor ({#id}) stands behind it",
    "at or hash": "it has an @",
    "author": "it begins like a byline",
    "before: item, shorter": "it is shorter than the item above",
    "between items": "it stands between two list items",
    "bold": "it is bold",
    "bold label": "it begins with a bold label",
    "bracket inside": "it has a bracket",
    "capitals": "it is all in capitals",
    "closed": "it ends a sentence",
    "code inside": "it has code",
    "colon inside": "it has a colon",
    "colon, then list or table": "it has a colon, and a list or a table below",
    "comma inside": "it has a comma",
    "command": "it looks like a command",
    "credit": "it reads like a credit",
    "dash inside": "it has a dash",
    "date": "it has a date or a time",
    "digits": "it has digits",
    "ends with a bracket": "it ends with a bracket",
    "ends with a measure": "it ends with a number and a unit",
    "ends:colon": "it ends with a colon",
    "ends:comma": "it ends with a comma",
    "ends:exclamation": "it ends with an exclamation mark",
    "ends:other": "it ends with a sign",
    "ends:question": "it ends with a question mark",
    "ends:stop": "it ends with a full stop",
    "ends:stop in a text without": "it ends with a full stop, and hardly a paragraph does",
    "ends:word": "it ends with a word",
    "equals or brace": "it has an equals sign or a brace",
    "italic": "it is in italics",
    "item": "it has a list number",
    "item, bold": "it has a list number and is bold",
    "item, bold label": "it has a list number and a bold label",
    "item, counts on from the last": "its number follows that of the item above",
    "item, counts on through the document": "its number is one of a series through the document",
    "item, first": "it is number 1",
    "item, next counts on": "the item below has the next number",
    "item, next starts again": "the item below starts again at 1",
    "link": "it has a link",
    "name": "it is two to four words like a name",
    "numbered": "it begins with a number or a letter of a numbering",
    "numbered, dotted": "it begins with a number such as 2.1",
    "opens a sentence": "its first word opens sentences more often than titles",
    "semicolon inside": "it has a semicolon",
    "starts:bracket": "it begins with a bracket",
    "starts:digit": "it begins with a digit",
    "starts:letter": "it begins with a capital, or a letter without case",
    "starts:lower": "it begins in lower case",
    "starts:quote": "it begins with a quotation mark",
    "starts:sign": "it begins with a sign",
    "starts:symbol": "it begins with a symbol",
    "template": "it looks like a template's code",
    "two sentences": "it holds two sentences",
    "url": "it has an address",
    "after starts otherwise": "the block below begins in another case",
    "after three times as long": "the block below is three times as long",
    "before starts otherwise": "the block above begins in another case",
    "before three times as long": "the block above is three times as long",
    "bold label, then long": "a long text follows its bold label",
}
"""Features that are yes or no."""

_NUMBERS = {
    "as closed as the text": "{:.0%} of the paragraphs end as it does",
    "blocks above": "{log:.0f} blocks stand above it",
    "blocks below": "{log:.0f} blocks stand below it",
    "blocks from prose": "the last paragraph of prose is {:.0f} blocks above",
    "blocks to prose": "the next paragraph of prose is {:.0f} blocks below",
    "blocks from the last short line": "the last short line is {:.0f} blocks above",
    "blocks to the next short line": "the next short line is {:.0f} blocks below",
    "bold share": "{:.0%} of the short lines are bold",
    "bold titles": "{:.0f} bold lines look like titles",
    "body, log": "{log:.0f} long paragraphs in the document",
    "digits, share": "{:.0%} of it are digits",
    "first word elsewhere": "its first word begins {log:.0f} short lines",
    "last word elsewhere": "its last word ends {log:.0f} short lines",
    "pattern elsewhere": "{log:.0f} short lines have its pattern of words, numbers and marks",
    "text elsewhere": "its text stands {:.0f} times in the document",
    "its words in the last 2": "{:.0%} of its longer words stand in the 2 blocks above",
    "its words in the next 2": "{:.0%} of its longer words stand in the 2 blocks below",
    "its words in the next 4": "{:.0%} of its longer words stand in the 4 blocks below",
    "items above": "{:.0f} list items directly above",
    "items below": "{:.0f} list items directly below",
    "label again": "its label begins {:.0f} other lines",
    "label, share": "{:.0%} of it stands before a colon",
    "letters": "{:.0%} of it are letters",
    "little words": "{:.0%} of its words are the document's function words",
    "place": "it stands at {:.0%} of the document",
    "pointer": "{:.0f} of its first words lead elsewhere (`read more`)",
    "prose above": "{log:.0f} columns of prose above it",
    "prose below": "{log:.0f} columns of prose below it",
    "prose columns, log": "{log:.0f} columns of prose in the document",
    "prose, log": "{log:.0f} paragraphs of prose in the document",
    "prose from the last short line": "{log:.0f} columns of prose since the last short line",
    "prose to the next short line": "{log:.0f} columns of prose up to the next short line",
    "raised": "{:.0%} of its words begin in upper case",
    "raised words": "{:.0%} of its words after the first begin in upper case",
    "raised, else lower": "{:.0%} of its words are in upper case here and mostly in lower case elsewhere",
    "raised, to the document": "{:+.0%} words in upper case, compared with the short lines",
    "raised, to the paragraphs": "{:+.0%} words in upper case, compared with the paragraphs",
    "separators": "{:.0f} separators such as | or /",
    "share of prose above": "{:.0%} of the prose stands above it",
    "short around": "{:.0%} of the blocks around are short lines",
    "short lines above": "{:.0f} short lines directly above",
    "short lines below": "{:.0f} short lines directly below",
    "small blocks above": "{:.0f} short lines or items directly above",
    "small blocks below": "{:.0f} short lines or items directly below",
    "prose below it": "{:.0f} paragraphs directly below",
    "short lines, log": "{log:.0f} short lines in the document",
    "short share": "{:.0%} of the document's blocks are short lines",
    "text from the last short line": "{log:.0f} columns of text since the last short line",
    "text to the next short line": "{log:.0f} columns of text up to the next short line",
    "width": "it is {:.0f} columns wide",
    "width of a word": "its words take {:.1f} columns each",
    "width to median": "it is {:.0%} as wide as a paragraph",
    "width to short lines": "it is {:.0%} as wide as the other short lines",
    "words": "it has {:.0f} words",
    "words of the body": "{:.0%} of its longer words occur in the paragraphs",
    "its like": "{log:.0f} lines look like it",
    "its like among all": "{:.0%} of the short lines look like it",
    "its like, adjacent": "{:.0%} of the lines that look like it stand one below the other",
    "its like, after prose": "{:.0%} of the lines that look like it stand below prose",
    "its like, at equal distances": "{:.0%} of the lines that look like it stand at equal distances",
    "its like, before prose": "{:.0%} of the lines that look like it stand above prose",
    "its like, distance": "the lines that look like it are {:.0f} blocks apart",
    "its like, text below": "{log:.0f} columns of prose under a line that looks like it",
    "document: blocks": "{log:.0f} blocks in the document",
    "document: candidates": "{:.0%} of the document's blocks could be titles",
    "document: closed paragraphs": "{:.0%} of the paragraphs end a sentence",
    "document: colons": "{:.0%} of the short lines end with a colon",
    "document: dates": "{:.0%} of the short lines have a date",
    "document: items": "{:.0%} of the document's blocks are list items",
    "document: looks": "{:.2f} different looks for each short line",
    "document: median paragraph": "a paragraph has {:.0f} columns",
    "document: names": "{:.0%} of the short lines look like names",
    "document: prose": "{:.0%} of the document's blocks are prose",
    "document: questions": "{:.0%} of the short lines are questions",
    "document: raised words": "{:.0%} of the words in short lines begin in upper case",
    "document: runs of short lines": "{:.0%} of the short lines begin a run of them",
    "document: short lines": "{:.0%} of the document's blocks are short",
    "document: short lines after prose": "{:.0%} of the short lines stand below prose",
    "document: short lines before prose": "{:.0%} of the short lines stand above prose",
    "document: short lines to prose": "{:.1f} short lines for each paragraph",
    "document: width of short lines": "a short line has {:.0f} columns",
    "paragraphs: different words": "{:.0%} of the words of the paragraphs occur there for the first time",
    "paragraphs: letters of a word": "a word of the paragraphs has {:.1f} letters",
    "paragraphs: raised words": "{:.0%} of the words of the paragraphs begin in upper case",
    "paragraphs: words beyond ASCII": "{:.0%} of the words of the paragraphs have letters beyond ASCII",
}
"""Features that are numbers; `log` says that the feature is the logarithm of the number."""

_NEIGHBOURS = {
    "author": "begins like a byline",
    "bold": "is bold",
    "candidate": "could be a title too",
    "closed": "ends a sentence",
    "colon": "ends with a colon",
    "credit": "reads like a credit",
    "date": "has a date or a time",
    "question": "is a question",
    "same look": "looks the same",
    "same pattern": "has the same pattern",
    "starts lower": "begins in lower case",
}
_MEASURES = {
    "width": "is {:.0f} columns wide",
    "raised": "has {:.0%} of its words in upper case",
}
_KINDS = ("text", "a list item", "a table", "code", "something else")
_SIDE = re.compile(r"(\d) (above|below): (.+)")


def words_of(name: str, value: float) -> str:
    """The words for a feature with this value."""
    if match := _SIDE.fullmatch(name):
        distance, side, rest = match.groups()
        block = f"the block {side}" if distance == "1" else f"the block {distance} {side}"
        is_so = value or rest == "kind" or rest in _MEASURES
        return f"{'' if is_so else 'not so: '}{block} {_neighbour_words(rest, value)}"
    if name in _FLAGS:
        return _FLAGS[name] if value else f"not so: {_FLAGS[name]}"
    template = _NUMBERS.get(name, name.replace("{", "(").replace("}", ")") + ": {:.2g}")
    return template.format(value, log=exp(min(value, 30.0)))


def _neighbour_words(name: str, value: float) -> str:
    if name == "kind":
        return f"is {_KINDS[int(value)]}" if value >= 0 else "does not exist"
    if name in _MEASURES:
        return _MEASURES[name].format(value) if value >= 0 else "does not exist or cannot be a title"
    return _NEIGHBOURS.get(name, name)

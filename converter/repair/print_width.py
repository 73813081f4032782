"""How wide a text is in print: a PDF breaks its lines by the widths of letters, not by their number."""

from __future__ import annotations

from converter.repair.lines import width_of

_CLASSES = {
    0.25: "ijl'|!.,:;I[]()/\\ `ft",
    0.37: 'r-"*^{}',
    0.5: "acksvxyzJ?",
    0.72: "wABCDEGHKNOPQRSTUVXYZ&",
    0.9: "mMW%@—",
}
"""Widths in ems, between those of the usual fonts with and without serifs."""
_OTHER = 0.55
_EM = 0.44
"""The width in ems that one column stands for."""
_WIDTHS = {letter: round((width - _OTHER) * 100) for width, letters in _CLASSES.items() for letter in letters}


def print_width_of(text: str) -> float:
    """The width of a text in print, in columns of average letters."""
    usual = width_of(text) * _OTHER * 100
    return (usual + sum(_WIDTHS.get(letter, 0) for letter in text)) / (_EM * 100)

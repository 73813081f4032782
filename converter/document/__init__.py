"""One document for interactive use: its rows, and how to look them up."""
